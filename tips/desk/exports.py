"""Exports: published figures that leave the house, each on record in the name of who took it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines, ledger, lifecycle
from tips.cases.milestones import DEADLINES, MISSED, TIMES
from tips.crypto.sealing import Random
from tips.organisation.units import Areas
from tips.people.session import Session
from tips.ports.cases import Ledger
from tips.statistics import periods
from tips.statistics.archive import Archive
from tips.statistics.figures import ALL, NO_PLACE, Figures, Hidden
from tips.statistics.work import STEPS

LENGTHS: Final = ("month", "quarter", "year")
TABLES: Final = (  # what is published, by the dimensions besides time
    (), ("district",), ("ward",), ("group",), ("category",), ("urgency",), ("district", "group"),
    ("step",), ("step", "time"), ("step", "urgency"), ("step", "urgency", "time"), ("step", "result"),
    ("deadline",), ("deadline", "met"), ("deadline", "missed"), ("deadline", "urgency"), ("deadline", "urgency", "met"),
    ("unit", "step"), ("unit", "deadline"), ("unit", "met"), ("unit", "missed"),
    ("opens",), ("channel",), ("language",), ("aside",), ("sign",),
)  # fmt: skip
_WHAT: Final = ("step", "deadline", "opens", "channel", "language", "aside", "sign")  # a line has one of these, or none
_HOW: Final = ("time", "result", "met", "missed")
_IN_ORDER: Final = (STEPS, DEADLINES, TIMES, lifecycle.results(), ("yes", "no"), MISSED)
_RANKS: Final = {ALL: -1} | {str(code): at for codes in _IN_ORDER for at, code in enumerate(codes)}
MARKS: Final = {Hidden.SMALL: "<{}", Hidden.LARGE: ">={}", Hidden.WITHHELD: "-"}  # in a file; `{}` is k


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for."""

    by: tuple[str, ...]  # one of `LENGTHS`, and the dimensions of one of `TABLES`
    first: str = ""  # months: from the one up to the other; "": no end
    last: str = ""

    @property
    def length(self) -> str:
        """The length of the periods."""
        return next((it for it in self.by if it in LENGTHS), LENGTHS[0])

    @property
    def table(self) -> tuple[str, ...]:
        """The dimensions besides time; a ward says its district, a category its group.

        Raises:
            Refused: such a table is not published.
        """
        named = {it for it in self.by if it not in LENGTHS}
        named -= {"district"} if "ward" in named else {"group"} if "category" in named else set()
        found = next((it for it in TABLES if set(it) == named), None)
        if found is None or sum(it in LENGTHS for it in self.by) > 1:
            raise errors.Refused("error.no_such_table")
        return found

    def wants(self, period: str) -> bool:
        """Whether a period is asked for."""
        months = periods.months(period)
        within = self.first <= months[0] and (not self.last or months[-1] <= self.last)
        return within and length_of(period) == self.length


def length_of(period: str) -> str:
    """Which of `LENGTHS` a period has."""
    return LENGTHS[(1, 3, 12).index(len(periods.months(period)))]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an export, in codes; dimensions that it does not have are empty."""

    period: str
    district: str
    ward: str
    category: str  # or a group
    unit: str
    what: str  # a step, a deadline, a poster's place, a channel, a language
    urgency: str
    how: str  # a class of time, a result; whether a deadline was kept
    count: str  # a number, or what stands in its place


@dataclass(frozen=True, slots=True)
class Export:
    """What leaves the house, and on whose word."""

    query: Query
    form: str  # the kind of file
    officer: str
    unit: str
    at: datetime
    closed: tuple[Figures, ...]  # every closed period, in the order of time
    lines: tuple[Line, ...]  # of the periods that are asked for

    @property
    def figures(self) -> tuple[Figures, ...]:
        """The periods that are asked for."""
        return tuple(it for it in self.closed if self.query.wants(it.period))


@dataclass(frozen=True, slots=True)
class Exports:
    """Gives figures away, and signs who took them before they leave."""

    archive: Archive
    ledger: Ledger
    areas: Callable[[], Areas]
    now: Callable[[], datetime]
    random: Random = field(repr=False)

    async def take(self, session: Session, query: Query, form: str) -> Export:
        """The figures of every closed period that is asked for.

        Args:
            session: whose act it is.
            query: what is asked for.
            form: the kind of file; the record says so.

        Raises:
            Refused: this role sees no figures, there is no such table, the first month comes after the last, or a
                month is to come or not closed; its detail says which ones are.
        """
        return await self._recorded(session, query, form, await self._closed(session, query))

    async def report(self, session: Session, query: Query, form: str) -> Export:
        """The newest period that is asked for, and all closed ones, for what stands beside it.

        Raises:
            Refused: as `take` does; and where no such period is closed.
        """
        closed = await self._closed(session, query)
        newest = next((it.period for it in reversed(closed) if query.wants(it.period)), None)
        if newest:
            months = periods.months(newest)
            query = replace(query, first=months[0], last=months[-1])
        export = await self._recorded(session, query, form, closed)
        if not export.lines:
            raise errors.Refused("error.nothing_to_export")
        return export

    async def _closed(self, session: Session, query: Query) -> tuple[Figures, ...]:
        """Every closed period, if what is asked for may be asked."""
        if not session.role.sees_counts:
            raise errors.Refused("error.role")
        closed = sorted(await self.archive.figures(), key=lambda it: periods.months(it.period)[-1])
        months = [it.period for it in closed if periods.is_month(it.period)]
        missing = next((it for it in (query.first, query.last) if it and it not in months), None)
        if missing:
            those = " … ".join(months[:1] + months[1:][-1:])
            if periods.is_month(missing) and missing > self.now().astimezone(deadlines.CITY).strftime("%Y-%m"):
                raise errors.Refused("error.month_to_come", those)
            raise errors.Refused("error.not_closed", those)
        if query.last and query.first > query.last:
            raise errors.Refused("error.from_after_to")
        return tuple(closed)

    async def _recorded(self, session: Session, query: Query, form: str, closed: Sequence[Figures]) -> Export:
        """What leaves, once it is on record; where nothing does, there is nothing to record."""
        table, now = query.table, self.now()
        lines = tuple(line for it in closed if query.wants(it.period) for line in lines_of(it, table, self.areas()))
        if lines:
            facts = {"by": ",".join((query.length, *table)), "from": query.first, "to": query.last, "form": form}
            hour = deadlines.hour(now)
            event = ledger.Event(ledger.Kind.EXPORTED, b"", ledger.FIRST, hour, session.name, self.random(32), facts)
            await self.ledger.append(ledger.sign(event, session.signing))
        return Export(query, form, session.name, session.unit, now, tuple(closed), lines)


def lines_of(figures: Figures, table: tuple[str, ...], areas: Areas) -> Iterator[Line]:
    """One of `TABLES` of a period, line by line, in the order of what is meant; of its codes where that has none."""
    cells = figures.of(*table) if table else ((("total",), figures.counts["total",]),)
    for values, shown in sorted(cells, key=lambda cell: [(_RANKS.get(code, 0), code) for code in cell[0]]):
        count = MARKS[shown].format(figures.least) if isinstance(shown, Hidden) else str(shown)
        yield _line(figures.period, dict(zip(table, values, strict=False)), count, areas)


def _line(period: str, of: dict[str, str], count: str, areas: Areas) -> Line:
    ward = of.get("ward", "")
    district = of.get("district", "") or (areas.district_of(ward) or NO_PLACE if ward else "")
    what, how = ("".join(of.get(it, "") for it in names) for names in (_WHAT, _HOW))
    matter = of.get("category", "") or of.get("group", "")
    return Line(period, district, ward, matter, of.get("unit", ""), what, of.get("urgency", ""), how, count)
