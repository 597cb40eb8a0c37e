"""What a request to the desk says: its form, its session, its language, an id in its address. Odd input is nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

import locales
from tips import errors
from tips.cases.lifecycle import ActionName
from tips.crypto import sealing
from tips.crypto.receipt import ALPHABET
from tips.desk.actions import Field, Fields
from tips.triage import Corrections

COOKIE: Final = "d"
LANGUAGE_COOKIE: Final = "l"
DONE_COOKIE: Final = "n"  # an action and a case's code, until a page has said that it was done
SAID_FOR: Final = 60  # seconds
_CODE: Final = re.compile(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")  # see `case.code_of`
FIELD_LIMIT: Final = 200_000  # bytes of one form field
LONGEST_RANGE: Final = 60  # characters: more digits than any file has bytes
MOST_FIELDS: Final = 70  # a page of picked cases, and what goes with them


def byte_range(asked: str, size: int) -> tuple[int, int]:
    """The first and last byte of a `Range` header's one range (RFC 9110, §14.1.2); anything else means all."""
    unit, _, span = asked.partition("=")
    first, dash, last = span.partition("-")
    if unit.strip() != "bytes" or not dash or not (first + last).isdecimal() or len(asked) > LONGEST_RANGE:
        return 0, size - 1
    if not first:
        return min(max(0, size - int(last)), size - 1), size - 1
    start = min(int(first), size - 1)
    return start, max(start, min(int(last), size - 1)) if last else size - 1


def language(request: Request) -> str:
    """The desk's language: asked for, remembered, or Vietnamese."""
    wanted = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    return wanted if wanted in locales.LANGUAGES else locales.SOURCE


async def form(request: Request) -> FormData:
    """A form's fields, in signs that can be written down.

    Raises:
        Refused: it has files, too many fields or an endless one, or cannot be read at all.
    """
    try:
        filled = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=FIELD_LIMIT)
    except (HTTPException, UnicodeError) as error:
        raise errors.Refused("error.odd_form") from error
    return FormData([(_clean(name), _clean(it)) for name, it in filled.multi_items() if isinstance(it, str)])


async def with_file(request: Request, name: str, largest: int) -> tuple[FormData, bytes]:
    """A form's fields, and the bytes of its one file; no more than one byte beyond `largest` of it.

    Raises:
        Refused: it has too many fields, an endless one, or cannot be read at all; or is far too long.
    """
    said = request.headers.get("content-length", "")
    if not said.isdecimal() or len(said) > 9 or int(said) > largest + FIELD_LIMIT:
        raise errors.Refused("error.odd_form")
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=FIELD_LIMIT) as filled:
            file = filled.get(name)
            data = b"" if file is None or isinstance(file, str) else await file.read(largest + 1)
            texts = FormData([(_clean(key), _clean(it)) for key, it in filled.multi_items() if isinstance(it, str)])
    except (HTTPException, UnicodeError) as error:
        raise errors.Refused("error.odd_form") from error
    return texts, data


async def kept(request: Request) -> FormData:
    """What was filled in of a form that something went wrong with; empty where it cannot be read."""
    try:
        return await form(request) if request.method == "POST" else FormData()
    except (errors.Refused, RuntimeError):  # Starlette's word for a body that was read before, in vain
        return FormData()


def _clean(words: str) -> str:
    """Half a sign (a surrogate without its other half), which some encodings have, is a question mark."""
    return words.encode(errors="replace").decode()


def count(request: Request, name: str) -> str:
    """A small number of the address, for a sentence."""
    value = request.query_params.get(name, "0")
    return value if value.isdecimal() and len(value) <= 2 else "0"


def text(form: FormData, name: str, otherwise: str = "") -> str:
    """A field's words; empty, or these, where there is none."""
    value = form.get(name, otherwise)
    return value if isinstance(value, str) else ""


def findable(words: str) -> str:
    """What is looked for in the store: PostgreSQL refuses a NUL, and whatever had one is found nowhere."""
    return words.replace("\0", "\N{REPLACEMENT CHARACTER}")


def fields(form: FormData, asked: Collection[Field]) -> Fields:
    """What was filled in of an action's form.

    Raises:
        NotFound: another case is asked for, and what stands there is no id.
    """
    return Fields(
        text=text(form, "text"),
        unit=text(form, "unit"),
        who=text(form, "who"),
        result=text(form, "result"),
        other=case_id(text(form, "other")) if Field.OTHER in asked else b"",
        corrections=_corrections(form),
    )


def _corrections(form: FormData) -> Corrections:
    """What an officer corrects of triage's findings."""
    area, kind, accused = (text(form, name) for name in ("area", "category", "accused"))
    return Corrections(area or None, kind or None, (accused,) if accused else ())


def token(request: Request) -> bytes:
    """The session's cookie; empty for a stranger."""
    return octets(request.cookies.get(COOKIE, ""))


def done(request: Request) -> tuple[str, str] | None:
    """The action that was just done, and the code of its case; None: none, or no action and code stand there."""
    action, _, code = request.cookies.get(DONE_COOKIE, "").partition(".")
    return (action, code) if action in tuple(ActionName) and _CODE.fullmatch(code) else None


def seen(form: FormData) -> bytes:
    """The head of the case on the page that a form comes from; empty where the page had none."""
    return octets(text(form, "seen"))


def octets(written: str) -> bytes:
    """Bytes written in hex; none for anything else."""
    try:
        return bytes.fromhex(written)
    except ValueError:
        return b""


def csrf(request: Request) -> str:
    """What a form of this session's own pages carries."""
    return sealing.derive(token(request) or b"\0", b"tinbao form", 16).hex()


def case_id(written: str) -> bytes:
    """The 16 bytes of an id in an address.

    Raises:
        NotFound: it is none.
    """
    found = octets(written)
    if len(found) != 16:
        raise errors.NotFound
    return found
