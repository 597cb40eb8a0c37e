#!/bin/sh
# Prints the path of the Python to use: the one that is asked for (3.13, python3.13 or a path), else the one that was
# used before, else the first of `pythons.sh`.
set -eu
cd "$(dirname "$0")/.."
wanted=${1:-}
if [ -z "$wanted" ] && [ -x "$(cat .venv/made-from 2>/dev/null || true)" ]; then
    cat .venv/made-from
    exit
fi
case "$wanted" in
    */*) found=$wanted ;;
    *) found=$(sh scripts/pythons.sh | awk -v minor="${wanted#python}" 'minor == "" || minor == "3" || $1 == minor {print $2; exit}') ;;
esac
if [ -z "$found" ] || ! "$found" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
    echo "${wanted:-Python 3.11 or later} with venv is not here. On Debian: apt-get install python3 python3-venv" >&2
    exit 1
fi
echo "$found"
