"""What is drawn: the poster, in one or more languages, and a sheet of slips to tear off.

The poster is to be read from two metres, first in the language that most people read. On a slip there is nothing but a
code and an address: whoever is seen with it carries nothing that says what it is for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import segno

import locales
from bot.poster.drawing import HEIGHT, MAIN, SOFT, WARN, WIDTH, Box, Code, Rule, Sheet, fitting
from handlers import faces
from tips import errors

MARGIN, GAP = 15.0, 8.0  # mm
INSIDE: Final = WIDTH - 2 * MARGIN
ACROSS, DOWN = 4, 7  # slips
SLIP: Final = 25.0  # mm: a slip's code


@dataclass(frozen=True, slots=True)
class Look:
    """How large things are: words in points, codes in mm."""

    title: float
    lead: float
    code: float  # the web's, which is the safer way
    lesser: float  # a messenger's
    name: float
    hint: float
    step: float
    danger: float
    foot: float


ALONE: Final = Look(36, 18, 74, 48, 17, 11, 17, 17, 10)  # one language has the page
TOGETHER: Final = Look(27, 14.5, 58, 44, 13, 8.5, 10.5, 10.5, 8)
FURTHER: Final = replace(TOGETHER, title=16, lead=11)  # those after the first


@dataclass(frozen=True, slots=True)
class Door:
    """One way in, as a code; what is written under it is a key of the catalogues."""

    name: str
    address: str
    keys: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The address as people type it."""
        return self.address.partition("://")[2].partition("?")[0].rstrip("/")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the poster hangs."""

    name: str
    readers: str  # the address that shows who would read


def poster(place: Place, doors: Sequence[Door], langs: Sequence[str]) -> Sheet:
    """The page to hang up, in these languages, the first one large.

    Raises:
        BadSetting: a sign is in no font, or all of it does not fit a page.
    """
    sheet = Sheet(f"Tin Báo · {place.name}", langs[0])
    look = TOGETHER if len(langs) > 1 else ALONE
    y = _head(sheet, place)
    for lang in langs:
        y = _title(sheet, y, lang, look if lang == langs[0] else FURTHER)
    y = _doors(sheet, y + 1, place, doors, langs, look)
    y = _steps(sheet, y + 5, langs, look)
    y = _danger(sheet, y + 6, langs, look)
    y = _foot(sheet, y + 3, place, langs, look)
    if y > HEIGHT - 8:
        raise errors.BadSetting(f"the poster is {y - HEIGHT + 8:.0f} mm too long: choose fewer languages, with --lang")
    return sheet


def _head(sheet: Sheet, place: Place) -> float:
    sheet.shapes.append(Box(0, 0, WIDTH, 5, MAIN))
    sheet.line(MARGIN, 19, "Tin Báo", 24, bold=True, colour=MAIN)
    size = fitting(place.name, INSIDE / 2, 17, bold=True)
    sheet.line(WIDTH - MARGIN - faces.width(place.name, size, bold=True), 19, place.name, size, bold=True)
    return 23


def _title(sheet: Sheet, y: float, lang: str, look: Look) -> float:
    title = locales.say(lang, "poster.title")
    fits = faces.width(title, look.title, bold=True) <= INSIDE
    for said in [title] if fits else re.split(r"(?<=[?？])\s*", title):  # the call to tell stands by itself
        y = sheet.paragraph(MARGIN, y, INSIDE, said, look.title, bold=True, colour=MAIN)
    return sheet.paragraph(MARGIN, y + look.title * 0.07, INSIDE, locales.say(lang, "poster.lead"), look.lead) + 2.5


def _doors(sheet: Sheet, y: float, place: Place, doors: Sequence[Door], langs: Sequence[str], look: Look) -> float:
    """The codes in a row, standing on one line, each with its name and what to know of it."""
    sizes = [look.code, *(look.lesser for _ in doors[1:])]
    gap = (INSIDE - sum(sizes)) / len(doors)
    x, ends = MARGIN, []
    for door, size in zip(doors, sizes, strict=True):
        sheet.shapes.append(_code(door, x + gap / 2, y + look.code - size, size, langs[0]))
        at = sheet.centred(x, y + look.code, size + gap, door.name, look.name, bold=True)
        fits = fitting(door.shown, size + gap - 2, look.name - 2.5)
        at = sheet.centred(x, at, size + gap, door.shown, fits)
        hints = [locales.say(lang, key, area=place.name) for lang in langs for key in door.keys]
        for hint in hints:
            at = sheet.centred(x, at, size + gap - 1, hint, look.hint, colour=SOFT)
        x += size + gap
        ends.append(at)
    return max(ends)


def _code(door: Door, x: float, y: float, size: float, lang: str, error: str = "q") -> Code:
    rows = tuple(tuple(bool(it) for it in row) for row in segno.make(door.address, error=error, micro=False).matrix)
    return Code(x, y, size, rows, locales.say(lang, "poster.code", address=door.address))


def _steps(sheet: Sheet, y: float, langs: Sequence[str], look: Look) -> float:
    """What to do, a column a language."""
    wide = (INSIDE - GAP * (len(langs) - 1)) / len(langs)
    size = look.step
    ends = []
    for number, lang in enumerate(langs):
        x, at = MARGIN + number * (wide + GAP), y
        for step in (1, 2, 3):
            said = locales.say(lang, f"poster.step.{step}")
            sheet.line(x, at + 1 + size * 1.35 * faces.POINT, str(step), size, bold=True, colour=MAIN)
            at = sheet.paragraph(x + size / 2, at + 1, wide - size / 2, said, size)
        ends.append(at)
    return max(ends)


def _danger(sheet: Sheet, y: float, langs: Sequence[str], look: Look) -> float:
    """Whom to call, side by side in a frame."""
    wide = INSIDE / len(langs)
    ends = [
        sheet.centred(
            MARGIN + at * wide, y + 1, wide, locales.say(lang, "poster.danger"), look.danger, bold=True, colour=WARN
        )
        for at, lang in enumerate(langs)
    ]
    sheet.shapes.append(Box(MARGIN, y, INSIDE, max(ends) + 3 - y, WARN, thick=0.5))
    return max(ends) + 3


def _foot(sheet: Sheet, y: float, place: Place, langs: Sequence[str], look: Look) -> float:
    """That nobody accused reads, where to see who would, and what to mind; who works today is no matter for paper."""
    for lang in langs:
        said = f"{locales.say(lang, 'poster.area', area=place.name)} {locales.say(lang, 'poster.print')}"
        y = sheet.paragraph(MARGIN, y, INSIDE, said, look.foot, colour=SOFT) + 0.4
    return sheet.paragraph(
        MARGIN, y, INSIDE, locales.say(langs[0], "whoreads.poster", address=place.readers), look.foot
    )


def slips(place: Place, door: Door, lang: str) -> Sheet:
    """A page of slips to cut or tear, each with a code and an address and no other word."""
    sheet = Sheet(door.shown, lang)
    wide, high = WIDTH / ACROSS, HEIGHT / DOWN
    for column in range(1, ACROSS):
        sheet.shapes.append(Rule(column * wide, 0, column * wide, HEIGHT, dashed=True))
    for row in range(1, DOWN):
        sheet.shapes.append(Rule(0, row * high, WIDTH, row * high, dashed=True))
    size = fitting(door.shown, 2 * (wide - 8), 9)
    for column in range(ACROSS):
        for row in range(DOWN):
            x, y = column * wide, row * high
            sheet.shapes.append(_code(door, x + (wide - SLIP) / 2, y + 4, SLIP, lang, error="m"))
            sheet.centred(x + 4, y + 4 + SLIP, wide - 8, door.shown, size)
    return sheet
