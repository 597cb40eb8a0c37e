"""Runs and speaks: the command line, the processes, and the one place where everything is put together."""
