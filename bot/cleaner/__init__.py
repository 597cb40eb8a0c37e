"""The cleaner: a program of its own that reads a file nobody can trust and writes a clean copy of it.

`python -m bot.cleaner IN OUT`: two open file numbers, both of anonymous memory; one line of JSON on the standard
output says what the copy is, or why there is none. `sandbox` gives away what the process does not need, one module a
family makes the copy (`images`, `recordings`, `documents`), and each compares what it wrote with what it read before
it says a word: a copy that differs is no copy.
"""
