"""Pages of statistics, for the desk and for everybody: figures of closed periods, as cards, pictures and tables.

An address says what is `asked`; of the figures that are there it chooses, or says why not. `boards` says which `parts`
a page has; a part is plain values for templates: a figure as it is `shown`, and where it stands in a picture.
"""
