"""`tinbao demo`: the product on a throw-away home, with invented tips."""
