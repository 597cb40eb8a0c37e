#!/bin/sh
# Brings uv into .tools, never into the product's own .venv. Needs a Python >= 3.11 with venv, nothing else.
set -eu
# A proxy that looks into TLS has its certificate in the system's store, which an older pip does not look at.
for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
    if [ -z "${PIP_CERT:-}" ] && [ -n "$bundle" ] && [ -r "$bundle" ]; then
        export PIP_CERT="$bundle"
    fi
done
"$1" -m venv .tools
.tools/bin/pip install -q --disable-pip-version-check uv
