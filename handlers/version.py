"""Which version of the product runs: what commands, backups and exports say of it."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"


def program_version() -> str:
    """Of the installed program; a checkout, which may be further than its number, is marked as one (PEP 440)."""
    try:
        return version("tinbao")
    except PackageNotFoundError:
        return f"{tomllib.loads(PROJECT.read_text('utf-8'))['project']['version']}+checkout"
