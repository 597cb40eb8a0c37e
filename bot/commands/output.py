"""How commands speak to a terminal: tables, and how far a long piece of work has come."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any


def progress(pieces: Iterable[bytes], what: str) -> Iterable[bytes]:
    """The same pieces; a terminal sees how many went by."""
    if not sys.stderr.isatty():
        return pieces
    from rich.console import Console
    from rich.progress import track

    return track(pieces, what, total=None, console=Console(stderr=True))


def still(text: str) -> str:
    """The same words on one line: what a file or a row says moves no terminal's cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def print_table(head: list[str], rows: list[list[Any]]) -> None:
    """Rows under their heads, for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*head)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)
