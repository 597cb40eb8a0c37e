"""Posters: one drawing (`sheets`, of shapes in `drawing`, with fonts in `faces`), and two writers, `pdf` and `svg`."""
