"""What an address asks for, and the closed period that answers; or why none does, and where to go from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from handlers.statistics import periods
from handlers.statistics.periods import Period
from tips.organisation import taxonomy
from tips.organisation.units import Areas
from tips.statistics.cells import Key
from tips.statistics.figures import Figures

TREND: Final = 12  # periods
WARDS: Final = "wards"
WORK: Final = "work"
NOWHERE: Final = "none"  # the district of tips that tell no place


@dataclass(frozen=True, slots=True)
class Asked:
    """What part of the figures somebody wants; empty: all of it, of the newest month."""

    period: str = ""
    district: str = ""
    group: str = ""
    view: str = ""  # `wards`: the whole city by wards; `work`: what was done

    @property
    def key(self) -> Key:
        """The count that it is about; empty: the total."""
        named = (("district", self.district), ("group", self.group))
        return tuple(it for name, code in named if code for it in (name, code))


@dataclass(frozen=True, slots=True)
class Links:
    """Makes addresses of the page, as it names them itself: without a path."""

    lang: str = ""  # empty: the page remembers it
    anchor: str = ""

    def to(self, asked: Asked, **other: Any) -> str:
        """The address that asks for this, with some of it otherwise."""
        wanted = replace(asked, **other)
        fields = {name: getattr(wanted, name) for name in Asked.__slots__} | {"lang": self.lang}
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"?{query}{self.anchor}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The closed period that was asked for, and what stands beside it."""

    asked: Asked  # with the period's code
    period: Period
    now: Figures
    before: Figures | None  # None: none is closed, or it or this one has not all of its months
    trend: tuple[tuple[Period, Figures | None], ...]  # oldest first, this one last
    some: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)  # of periods that are not whole: their months

    @property
    def months(self) -> tuple[Period, ...]:
        """Of which months the figures are, where not of all that the period has."""
        return self.some.get(self.period.code, ())


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why nothing is shown, and what may be meant."""

    why: str  # `statistics.bad.WHY` says it
    nearest: tuple[Asked, ...]  # the first is of the whole city


def asked(params: Mapping[str, str]) -> Asked:
    """What an address says, as it says it."""
    return Asked(**{name: params.get(name, "") for name in Asked.__slots__})


def choose(closed: Sequence[Figures], wanted: Asked, areas: Areas, today: date) -> Chosen | Unclear:
    """The period that is asked for, if there is one and if it has what is asked of it.

    At least one period is closed.
    """
    by_period = {found: it for it in closed if (found := periods.parse(it.period))}
    period = periods.parse(wanted.period) if wanted.period else _newest(by_period)
    if period is None or period not in by_period:
        return Unclear(_why_not(period, by_period, today), _nearest(period, by_period))
    here = replace(wanted, period=period.code)
    trend = [period]
    while len(trend) < TREND and trend[0].first > min(it.first for it in by_period):
        trend.insert(0, trend[0].before)
    codes = {it.code for it in by_period}
    some = {it.code: months for it in by_period if (months := periods.some_months(it, codes))}
    before = by_period.get(period.before) if not {period.code, period.before.code} & some.keys() else None
    chosen = Chosen(here, period, by_period[period], before, tuple((it, by_period.get(it)) for it in trend), some)
    why = _lacks(chosen, areas)
    return Unclear(why, _wider(here, areas)) if why else chosen


def _newest(among: Mapping[Period, Figures]) -> Period:
    """The last month; where none is closed, the last of what is."""
    return max(among, key=lambda it: (it.months == periods.MONTH, it.last))


def _why_not(period: Period | None, among: Mapping[Period, Figures], today: date) -> str:
    if period is None:
        return "period"
    if period.first > today:
        return "future"
    return "early" if period.last < min(it.first for it in among) else "open"


def _nearest(period: Period | None, among: Mapping[Period, Figures]) -> tuple[Asked, ...]:
    """The newest month, and the closed period of the same length that is nearest in time."""
    found = [_newest(among)]
    if period:
        alike = [it for it in among if it.months == period.months]
        found += sorted(alike, key=lambda it: abs(it.first - period.first))[:1]
    return tuple(Asked(period=it.code) for it in dict.fromkeys(found))


def _lacks(chosen: Chosen, areas: Areas) -> str:
    """What of the request cannot be answered; empty: nothing."""
    wanted = chosen.asked
    if wanted.view not in {"", WARDS, WORK}:
        return "view"
    if wanted.district and not _is_place(wanted.district, areas):
        return "district"
    if wanted.group and wanted.group not in groups():
        return "group"
    return "nothing" if wanted.key and wanted.key not in chosen.now.counts else ""


def _wider(wanted: Asked, areas: Areas) -> tuple[Asked, ...]:
    """The same period for the whole city, and for what of the filters is good by itself."""
    found = [Asked(period=wanted.period)]
    if _is_place(wanted.district, areas):
        found.append(Asked(period=wanted.period, district=wanted.district))
    if wanted.group in groups():
        found.append(Asked(period=wanted.period, group=wanted.group))
    return tuple(it for it in found if it != wanted)


def _is_place(code: str, areas: Areas) -> bool:
    return code in areas.districts or code == NOWHERE


def groups() -> tuple[str, ...]:
    """The groups of the taxonomy, in its order, and what nobody has classified yet."""
    return tuple(dict.fromkeys([*map(taxonomy.group_of, taxonomy.categories()), "unknown"]))
