"""Tables of a document as CSV (RFC 4180, UTF-8, a line of headings): what people keep in a spreadsheet. Pure.

Units: `code,name,kind,parent,receives,area`; wards: `code,name,districts,lat,lon,valid_from,valid_to`, where districts
are parted by spaces, the main one first. An empty cell says that there is none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from tips import errors
from tips.organisation import documents
from tips.organisation.documents import Document

Cell = Callable[[str], Any]
_TRUTHS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_UNITS: Final[Mapping[str, Cell]] = {
    "code": str, "name": str, "kind": str, "parent": lambda it: it or None,
    "receives": lambda it: _TRUTHS[it.lower()], "area": lambda it: it or None,
}  # fmt: skip
_WARDS: Final[Mapping[str, Cell]] = {
    "code": str, "name": str, "districts": str.split, "lat": float, "lon": float, "valid_from": str,
    "valid_to": lambda it: it or None,
}  # fmt: skip


def with_units(base: Document, data: bytes) -> Document:
    """A document with the units of a table in place of its own.

    Raises:
        BadSetting: it is no such table; the message names the line.
    """
    return documents.of_plain({**base.plain, "units": _rows(data, _UNITS)})


def with_wards(base: Document, data: bytes) -> Document:
    """A document with the wards of a table in place of its own.

    Raises:
        BadSetting: it is no such table; the message names the line.
    """
    return documents.of_plain({**base.plain, "areas": {**base.plain["areas"], "wards": _rows(data, _WARDS)}})


def _rows(data: bytes, columns: Mapping[str, Cell]) -> list[dict[str, Any]]:
    if len(data) > documents.LARGEST:
        raise errors.BadSetting(f"this table is larger than {documents.LARGEST // 1024 // 1024} MiB: nobody's is")
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        if sorted(reader.fieldnames or ()) != sorted(columns):
            raise errors.BadSetting(f"this table must have the headings {','.join(columns)}, in any order")
        return [_row(row, columns, reader.line_num) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise errors.BadSetting(f"this table is no CSV in UTF-8: {error}"[:160]) from error


def _row(row: Mapping[str | None, Any], columns: Mapping[str, Cell], line: int) -> dict[str, Any]:
    if None in row or None in row.values():
        raise errors.BadSetting(f"line {line} of this table has more or fewer cells than headings")
    try:
        return {name: read(row[name].strip()) for name, read in columns.items()}
    except (ValueError, KeyError) as error:
        raise errors.BadSetting(f"line {line} of this table: no number, true or false: {error}"[:160]) from error
