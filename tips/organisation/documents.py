"""An organisation as one document: what a home's roster names by its digest, and what travels as a file.

A document is JSON of schema 1; its canonical bytes (keys sorted, no spaces, UTF-8) are what is hashed, so that one
that was laid out anew is still the same. What depends on an order stands in lists. Here is only its shape; what it
says is looked at in `document_checks`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tips import errors

SCHEMA: Final = 1
LARGEST: Final = 4 * 1024 * 1024  # bytes; the city's has 150 KB
MOST: Final = 5_000  # entries of a list or a map: the whole country has 3,321 communes


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the right shape."""

    plain: Mapping[str, Any] = field(repr=False)
    data: bytes = field(repr=False)  # canonical
    digest: str  # SHA-256 of the canonical bytes, hex


@dataclass(frozen=True, slots=True)
class _Listed:
    of: Any


@dataclass(frozen=True, slots=True)
class _Mapped:
    to: Any


@dataclass(frozen=True, slots=True)
class _Perhaps:
    """A key that may be missing; `of`: what it holds where it is there."""

    of: Any


_OR_NULL: Final = (str, type(None))
_LENGTH: Final = {"hours": _Perhaps(int), "days": _Perhaps(int), "working_days": _Perhaps(int)}
_RULE: Final = {"accused": str, "to": _Listed(str), "also": _Listed(str), "means": _OR_NULL}
_SHAPE: Final[Mapping[str, Any]] = {
    "schema": int,
    "name": str,
    "title": str,
    "issued": str,
    "source": str,
    "areas": {
        "districts": _Listed({"code": str, "name": str, "core": bool, "valid_to": _OR_NULL}),
        "wards": _Listed(
            {
                "code": str,
                "name": str,
                "districts": _Listed(str),
                "lat": (float, int),
                "lon": (float, int),
                "valid_from": str,
                "valid_to": _OR_NULL,
            }
        ),
        "old_wards": _Listed(
            {
                "code": _OR_NULL,
                "name": str,
                "district": str,
                "to": _Listed(str),
                "valid_from": _OR_NULL,
                "valid_to": str,
            }
        ),
        "former": _Mapped(_Listed(str)),
    },
    "units": _Listed(
        {"code": str, "name": str, "kind": str, "parent": _OR_NULL, "receives": bool, "area": _OR_NULL},
    ),
    "climbs": _Mapped(str),
    "conflicts": _Listed(_RULE),  # highest first
    "chosen": _Listed(_RULE),  # what only a person can say, below all others
    "together": _Listed(_Listed(str)),
    "successors": _Perhaps(_Mapped(_Listed(str))),  # code, perhaps of a unit that is gone -> who followed
    "owners": _Mapped(str),
    "categories": _Mapped({"department": _OR_NULL, "urgency": _OR_NULL}),
    "policy": {
        "deadlines": _Mapped(
            (
                {"clock": str, "source": str, **_LENGTH, "by_urgency": _Perhaps(_Mapped(_LENGTH))},
                type(None),
            )
        ),
        "retention": {"clock": str, "source": str, "days": int, "by_group": _Mapped(int)},
        "extension": {"days": int, "at_most": int, "source": str},
        "resumption": {"hours": int, "source": str},
        "bounces": {"at_most": int, "source": str},
    },
    "founders": {"admins": _Listed({"name": str, "office": str}), "shares": _Listed(str), "needed": int},
}


def read(data: bytes) -> Document:
    """The document in a file's bytes.

    Raises:
        BadSetting: it is too large, no JSON, of another schema, or not of the shape of a document.
    """
    if len(data) > LARGEST:
        raise errors.BadSetting(f"this organisation is larger than {LARGEST // 1024 // 1024} MiB: nobody's is")
    try:
        plain = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise errors.BadSetting(f"this organisation is no JSON in UTF-8: {_why(error)}") from error
    return of_plain(plain)


def of_plain(plain: Any) -> Document:
    """The document that plain data is.

    Raises:
        BadSetting: it is of another schema, or not of the shape of a document.
    """
    if not isinstance(plain, dict):
        raise errors.BadSetting("this organisation is no JSON object")
    if (schema := plain.get("schema")) != SCHEMA or isinstance(schema, bool):
        raise errors.BadSetting(f"this organisation has schema {str(schema)[:20]!r}, this program reads {SCHEMA}")
    _see(plain, _SHAPE, "")
    data = canonical(plain)
    if len(data) > LARGEST:
        raise errors.BadSetting(f"this organisation is larger than {LARGEST // 1024 // 1024} MiB: nobody's is")
    return Document(plain, data, hashlib.sha256(data).hexdigest())


def canonical(plain: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed.

    Raises:
        BadSetting: there is half a sign in a text: a surrogate that stands alone.
    """
    try:
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:
        raise errors.BadSetting("this organisation holds what is no text or number") from error


def believed(data: bytes, digest: str) -> Document | None:
    """The document of stored bytes, if it is the one of a digest that somebody signed; None: a hand was in it."""
    if hashlib.sha256(data).hexdigest() != digest:
        return None
    try:
        found = read(data)
    except errors.BadSetting:  # nobody signs what is no document
        return None
    return found if found.digest == digest else None


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """What stands twice under one name would mean one thing to a person and another to a program."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:80]


def _see(value: Any, shape: Any, where: str) -> None:
    """That a value has a shape.

    Raises:
        BadSetting: it has not; the message says where.
    """
    match shape:
        case _Perhaps(of):
            _see(value, of, where)
        case _Listed(of):
            _expect(isinstance(value, list) and len(value) <= MOST, where, "must be a list")
            for at, it in enumerate(value):
                _see(it, of, f"{where}[{at}]")
        case _Mapped(to):
            _expect(isinstance(value, dict) and len(value) <= MOST, where, "must be an object")
            for key, it in value.items():
                _see(it, to, f"{where}.{key[:40]}")
        case dict():
            _see_object(value, shape, where)
        case (dict() as inner, _):
            if value is not None:
                _see_object(value, inner, where)
        case _:
            fits = isinstance(value, shape) and (not isinstance(value, bool) or shape is bool)
            _expect(fits, where, f"must be {_called(shape)}")


def _see_object(value: Any, shape: Mapping[str, Any], where: str) -> None:
    _expect(isinstance(value, dict), where, "must be an object")
    for key in value:
        _expect(key in shape, where, f"has a key that nobody knows: {key[:40]!r}")
    for key, inner in shape.items():
        if key in value:
            _see(value[key], inner, f"{where}.{key}".removeprefix("."))
        else:
            _expect(isinstance(inner, _Perhaps), where, f"lacks {key!r}")


def _expect(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise errors.BadSetting(f"this organisation: {ascii(where)[1:-1] or 'it'} {what}")


def _called(shape: Any) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}
    return " or ".join(names[it] for it in (shape if isinstance(shape, tuple) else (shape,)))
