"""Loose types: SQLite lets a value of any type lie in any column, and text that is no UTF-8.

What is not of its column's type no process of ours has written. It reads as a value that nobody writes, whatever it is:
so it is never what was signed, and the row that it lies in is found, named and set right like any other edit. It does
not raise, for then one row would hide all others of its page, and look as if the store were away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

NO_TEXT: Final = "\ufffd"
NO_NUMBER: Final = -1
NO_OCTETS: Final = b""


def text_of(octets: bytes) -> str | bytes:
    """What a connection makes of stored text; bytes, where it is no UTF-8."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


class _Text(sa.String):
    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return lambda value: value if value is None or type(value) is str else NO_TEXT


class _Whole(sa.Integer):
    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return lambda value: value if value is None or type(value) is int else _whole(value)


class _LongWhole(sa.BigInteger):
    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return lambda value: value if value is None or type(value) is int else _whole(value)


class _Octets(sa.LargeBinary):
    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return lambda value: value if value is None or type(value) is bytes else NO_OCTETS


def _whole(value: Any) -> int:
    """A sum is a float as soon as one of its numbers is."""
    return int(value) if isinstance(value, float) and value.is_integer() else NO_NUMBER


READ_AS: Final[Mapping[type[TypeEngine[Any]], type[TypeEngine[Any]]]] = {
    sa.String: _Text,
    sa.Integer: _Whole,
    sa.BigInteger: _LongWhole,
    sa.LargeBinary: _Octets,
}
