#!/bin/sh
# Makes .venv of the chosen Python, unless it is of that one already, and says which it took.
set -eu
chosen=$1
[ "$(cat .venv/made-from 2>/dev/null || true)" = "$chosen" ] && exit
rm -rf .venv .tools/run-* .tools/dev-*
.tools/bin/uv venv -q --python "$chosen" .venv
echo "$chosen" > .venv/made-from
echo "setup: $("$chosen" --version) ($chosen)" >&2
