#!/bin/sh
# Prints the Pythons of this machine that the project runs on, one a line (version, path), the preferred one first.
for minor in 3.13 3.12 3.11 3.14; do
    for candidate in $(command -v "python$minor" 2>/dev/null) "${PYENV_ROOT:-$HOME/.pyenv}/versions/$minor".*/bin/python; do
        found=$("$candidate" -c 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2], sys.executable)' \
            2>/dev/null) || continue
        case "$found" in "$minor "*) echo "$found"; break ;; esac
    done
done
