"""The append-only log: its tree, the order of its leaves, its signed heads, their witnesses. Knows no event."""
