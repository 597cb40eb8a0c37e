#!/bin/sh
# Brings uv into .tools, never into the product's own .venv. Needs a Python >= 3.11 with venv, nothing else.
set -eu
for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 \
        && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        found=$("$candidate" -c 'import sys; print(sys.executable)')
        break
    fi
done
if [ -z "${found:-}" ]; then
    echo "Python 3.11 or later with venv is needed. On Debian: apt-get install python3 python3-venv" >&2
    exit 1
fi
# A proxy that looks into TLS has its certificate in the system's store, which an older pip does not look at.
for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
    if [ -z "${PIP_CERT:-}" ] && [ -n "$bundle" ] && [ -r "$bundle" ]; then
        export PIP_CERT="$bundle"
    fi
done
"$found" -m venv .tools
.tools/bin/pip install -q --disable-pip-version-check uv
echo "$found" > .tools/python
