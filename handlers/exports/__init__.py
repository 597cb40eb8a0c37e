"""Files of figures, for the desk and the command line: `files` says which kinds there are, and has each written.

Data is written as it is (`plain`) or as a `workbook`. A `report` is its content, once, as plain values; two draw it: a
`page` to print, and `paper`, a PDF.
"""
