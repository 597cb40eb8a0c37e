"""Where the programs are that the tests use; `make setup-test` wrote it down."""

import json
from pathlib import Path

PATHS = Path(__file__).resolve().parent.parent / ".tools" / "paths.json"


def path(name: str) -> str:
    if not PATHS.exists():
        raise RuntimeError("run `make setup-test` first")
    return str(json.loads(PATHS.read_text())[name])
