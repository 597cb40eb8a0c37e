"""The archive of closed periods: what was published, as it was signed, and nothing else.

A row whose signature or digest does not hold is shown to nobody: a hand was in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tips import errors
from tips.cases import ledger
from tips.cases.ledger import Kind
from tips.organisation.roster import CLOCK, Roster
from tips.ports.desk import FrozenPeriod, Statistics
from tips.statistics.cells import Key
from tips.statistics.figures import Figures, counts_from_bytes

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Archive:
    """Reads what is published; each row is checked once a process."""

    statistics: Statistics
    roster: Callable[[], Roster]
    _checked: dict[FrozenPeriod, Figures] = field(default_factory=dict)

    async def figures(self) -> Sequence[Figures]:
        """The figures of every closed period, in the order in which they were closed."""
        found = [self._figures(row) for row in await self.statistics.published()]
        return [it for it in found if it is not None]

    def _figures(self, row: FrozenPeriod) -> Figures | None:
        if row not in self._checked:
            try:
                self._checked[row] = verified(row, self.roster())
            except errors.NotVerified:
                _log.error("statistics: a closed period is not what was signed, and is not shown")
                return None
        return self._checked[row]


def those_that_hold(rows: Iterable[FrozenPeriod], roster: Roster) -> list[Figures]:
    """The figures of the rows that are what was signed."""
    found = []
    for row in rows:
        with contextlib.suppress(errors.NotVerified):
            found.append(verified(row, roster))
    return found


def is_closing(row: FrozenPeriod, roster: Roster) -> bool:
    """Whether the clock closed this period, whatever became of its figures since; else a hand has filled it in."""
    try:
        return _signed(row, roster).get("period") == row.period
    except errors.NotVerified:
        return False


def verified(row: FrozenPeriod, roster: Roster) -> Figures:
    """The figures of a row, if the clock signed them.

    Raises:
        NotVerified: somebody else did, or they were changed since.
    """
    said = _signed(row, roster)
    if (said.get("period"), said.get("figures")) != (row.period, _digest(row.figures)):
        raise errors.NotVerified("the figures of a period are not those that were signed")
    return Figures.from_bytes(row.figures)


def counts(row: FrozenPeriod, roster: Roster) -> dict[Key, int]:
    """The counts of a row, hidden ones too.

    Raises:
        NotVerified: they are not those that were signed.
    """
    if _signed(row, roster).get("counted") != _digest(row.counted):
        raise errors.NotVerified("the counts of a period are not those that were signed")
    return counts_from_bytes(row.counted)


def facts(period: str, figures: bytes, counted: bytes) -> dict[str, str]:
    """What the event of a closing says."""
    return {"period": period, "figures": _digest(figures), "counted": _digest(counted)}


def _signed(row: FrozenPeriod, roster: Roster) -> Mapping[str, str]:
    event = ledger.verify(row.closing, roster.verifiers)
    if event.kind is not Kind.FROZEN or event.by != CLOCK:
        raise errors.NotVerified("this is not the closing of a period")
    return event.facts


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
