"""Closes things to readers and opens them again. Knows no case."""
