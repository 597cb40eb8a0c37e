"""What a poster is drawn of: shapes on an A4 page, in mm from its upper left corner; words in points."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from handlers import faces

WIDTH, HEIGHT = 210.0, 297.0  # mm
LEADING: Final = 1.35  # from line to line, in sizes
QUIET: Final = 4  # modules of nothing around a code, as scanners want it
INK, MAIN, SOFT, WARN, LINE = "#1b1d1b", "#14532d", "#454b46", "#8a2a0b", "#9aa09b"
_UNIT: Final = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60][”’]?[，。、：；！？）”’]*|\s+|[^\s\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60]+"
)


@dataclass(frozen=True, slots=True)
class Words:
    """One line; x and y are where its base line begins."""

    x: float
    y: float
    said: str
    size: float
    bold: bool = False
    colour: str = INK


@dataclass(frozen=True, slots=True)
class Rule:
    """A line."""

    x: float
    y: float
    to_x: float
    to_y: float
    colour: str = LINE
    thick: float = 0.2
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or, with `thick`, drawn around."""

    x: float
    y: float
    wide: float
    high: float
    colour: str
    thick: float = 0.0


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code with its quiet zone."""

    x: float
    y: float
    size: float
    rows: tuple[tuple[bool, ...], ...]  # True: dark
    said: str  # where it leads, for who cannot see it

    def dark(self) -> Iterator[tuple[float, float, float, float]]:
        """Its dark runs: x, y, width and height."""
        module = self.size / (len(self.rows) + 2 * QUIET)
        for down, row in enumerate(self.rows):
            for run in re.finditer("1+", "".join("1" if it else "0" for it in row)):
                x, y = self.x + (QUIET + run.start()) * module, self.y + (QUIET + down) * module
                yield x, y, module * len(run[0]), module


Shape = Words | Rule | Box | Code


@dataclass(slots=True)
class Sheet:
    """A page that is being drawn."""

    title: str
    lang: str
    shapes: list[Shape] = field(default_factory=list)

    def line(self, x: float, y: float, said: str, size: float, *, bold: bool = False, colour: str = INK) -> None:
        """One line that begins at x."""
        self.shapes.append(Words(x, y, said, size, bold, colour))

    def centred(
        self, x: float, y: float, wide: float, said: str, size: float, *, bold: bool = False, colour: str = INK
    ) -> float:
        """Lines in the middle of a column; where the next one would stand."""
        for it in wrapped(said, wide, size, bold=bold):
            y += size * LEADING * faces.POINT
            left = x + (wide - faces.width(it, size, bold=bold)) / 2
            self.line(left, y, it, size, bold=bold, colour=colour)
        return y

    def paragraph(
        self, x: float, y: float, wide: float, said: str, size: float, *, bold: bool = False, colour: str = INK
    ) -> float:
        """Lines below y; the base line of the last."""
        for it in wrapped(said, wide, size, bold=bold):
            y += size * LEADING * faces.POINT
            self.line(x, y, it, size, bold=bold, colour=colour)
        return y


def wrapped(said: str, wide: float, size: float, *, bold: bool = False) -> list[str]:
    """Words as lines no wider than a column; Chinese breaks anywhere but before a stop, a word that is too long too."""
    lines = [""]
    for unit in _UNIT.findall(said):
        for part in _parts(unit, wide, size, bold):
            if lines[-1].strip() and faces.width((lines[-1] + part).rstrip(), size, bold=bold) > wide:
                lines.append("")
            lines[-1] += part if lines[-1] or part.strip() else ""
    return [it.rstrip() for it in lines if it.strip()]


def _parts(unit: str, wide: float, size: float, bold: bool) -> Iterator[str]:
    """A word, or as much of it as a line holds."""
    begun = 0
    for end in range(1, len(unit) + 1):
        if end - begun > 1 and faces.width(unit[begun:end], size, bold=bold) > wide:
            yield unit[begun : end - 1]
            begun = end - 1
    yield unit[begun:]


def fitting(said: str, wide: float, size: float, *, bold: bool = False) -> float:
    """The size, or less, at which words stand in one line."""
    return min(size, size * wide / max(faces.width(said, size, bold=bold), 0.01))
