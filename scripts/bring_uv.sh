#!/bin/sh
# Brings uv into .tools, never into the product's own .venv. Needs a Python >= 3.11 with venv, nothing else.
set -eu
"$1" -m venv .tools
.tools/bin/pip install -q --disable-pip-version-check uv
