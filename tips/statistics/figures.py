"""Figures: what is published of a closed period, the same for everybody and for ever."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from tips.statistics.cells import Key  # here names and values in turn: ("district", "760", "group", "drugs")

TOTAL: Final[Key] = ("total",)
RESTRICTED: Final[Key] = ("restricted",)
NO_PLACE: Final = "none"  # of a tip that tells no place, or no ward of its district
ALL: Final = "all"  # what the parts of some tables add up to


class Hidden(StrEnum):
    """What stands in the place of a count that is not told; see `cells` for what each mark means."""

    SMALL = "<"  # fewer than `least`
    LARGE = "+"  # as many, or more
    WITHHELD = "."  # nothing is told


@dataclass(frozen=True, slots=True)
class Figures:
    """What is published of one closed period."""

    period: str  # 2026-10, 2026-Q4, 2026
    closed: date  # the city's day on which it was frozen
    least: int  # a smaller count is hidden
    counts: Mapping[Key, int | Hidden]  # a key that is missing is no cell

    def of(self, *names: str) -> Iterator[tuple[Key, int | Hidden]]:
        """The cells of one table, by the values of the dimensions named: of ("district",) each district's count."""
        return ((key[1::2], shown) for key, shown in self.counts.items() if key[::2] == names)

    def to_bytes(self) -> bytes:
        """The canonical form: what is signed."""
        plain = {
            "period": self.period,
            "closed": self.closed.isoformat(),
            "least": self.least,
            "counts": _plain(self.counts.items()),
        }
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Figures:
        """The inverse of `to_bytes`."""
        plain = json.loads(content)
        counts = {key: it if isinstance(it, int) else Hidden(it) for key, it in _cells(plain["counts"])}
        return cls(plain["period"], date.fromisoformat(plain["closed"]), plain["least"], counts)


def counts_to_bytes(counts: Mapping[Key, int]) -> bytes:
    """Counts as they are, hidden ones too, for the longer periods that theirs is a part of."""
    return json.dumps(_plain(counts.items()), sort_keys=True, separators=(",", ":")).encode()


def counts_from_bytes(content: bytes) -> dict[Key, int]:
    """The inverse of `counts_to_bytes`."""
    return dict(_cells(json.loads(content)))


def _plain(cells: Iterable[tuple[Key, Any]]) -> dict[str, Any]:
    return {" ".join(key): value for key, value in cells}


def _cells(plain: Mapping[str, Any]) -> Iterator[tuple[Key, Any]]:
    return ((tuple(name.split(" ")), value) for name, value in plain.items())
