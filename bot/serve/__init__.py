"""`tinbao serve`: the parts of a running process, started and stopped in order."""
