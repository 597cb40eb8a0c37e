"""Posters: one drawing (`sheets`, of shapes in `drawing`), and two writers, `pdf` and `svg`."""
