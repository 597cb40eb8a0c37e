#!/bin/sh
# Checks types, units and the start on every other Python of this machine (ONLY=3.11: on that one), on the oldest one
# media too; the whole runs on the one in .venv.
set -eu
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
own=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
oldest=3.11
sh scripts/pythons.sh | while read -r version path; do
    [ "$version" = "$own" ] && continue
    [ -z "${ONLY:-}" ] || [ "$version" = "$ONLY" ] || continue
    echo "on Python $version"
    venv=.tools/python-$version
    .tools/bin/uv venv -q --clear --python "$path" "$venv"
    .tools/bin/uv pip sync -q --python "$venv/bin/python" requirements/dev.lock
    "$venv/bin/python" scripts/put_on_path.py
    "$venv/bin/mypy" --no-error-summary </dev/null
    "$venv/bin/python" scripts/check_licences.py </dev/null
    media=
    [ "$version" != "$oldest" ] || media="tests/flows/test_cleaning.py tests/flows/test_recordings.py \
        tests/flows/test_marks.py tests/flows/test_evidence.py"
    "$venv/bin/python" -m pytest -n "${WORKERS:-2}" --dist loadfile tests/unit tests/flows/test_demo.py \
        tests/flows/test_health.py $media </dev/null
done
