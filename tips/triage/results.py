"""What triage finds: plain values, shared by its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

UNSURE: Final = 0.5  # below this confidence an officer is shown the second category too

Span = tuple[int, int]  # offsets into the text as it was given: from, up to


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was found; people's text is the catalogue's `reason.{rule}`, filled with `params`."""

    rule: str
    span: Span | None = None
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AreaCandidate:
    """A place that may be meant."""

    code: str  # of a former district or a ward of today
    name: str
    level: str  # ward district city


@dataclass(frozen=True, slots=True)
class AreaFinding:
    """Where the incident is."""

    district: str | None = None  # code of the former district; None: not known
    ward: str | None = None  # code of today's ward; of a split one the main part, the others are candidates
    candidates: tuple[AreaCandidate, ...] = ()
    ask: bool = False  # several places may be meant: ask, do not guess
    outside: bool = False  # a place outside the city, and none inside
    span: Span | None = None


class By(StrEnum):
    """Who shut somebody out."""

    WORDS = "words"  # triage found it in the text
    REPORTER = "reporter"  # the person asked for it, or pressed it: it is on record as theirs


class Band(StrEnum):
    """How sure it is that somebody in office is accused."""

    SURE = "sure"
    ASK = "ask"  # it smells of it: one question tells
    NO = "no"


@dataclass(frozen=True, slots=True)
class Accusation:
    """Officials that a text accuses, or that its writer shuts out."""

    kind: str
    units: tuple[str, ...] = ()  # (): no unit was named, every unit of that kind that could be meant
    span: Span | None = None
    by: By = By.WORDS
    whole: bool = False  # these units are only those that the kind meant so far: whomever it means now counts too

    @property
    def open(self) -> bool:
        """Whether it means whatever unit of its kind could be meant."""
        return self.whole or not self.units


@dataclass(frozen=True, slots=True)
class Slots:
    """Which of the questions a text already answers."""

    where: bool = False
    when: Span | None = None
    who: Span | None = None


@dataclass(frozen=True, slots=True)
class Identifying:
    """A passage by which somebody who knows the place could tell who wrote it."""

    span: Span
    rule: str  # phone email name home class id_number relative only_insider


@dataclass(frozen=True, slots=True)
class Route:
    """Who gets a tip."""

    owner: str
    overseer: str | None  # who watches an accused unit's case; None: nobody is accused, or nobody clean is left
    chain: tuple[str, ...]  # owner first, then the clean levels upward, `held` last
    excluded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Triage:
    """All that was found in a text."""

    intent: str  # tip emergency status how_to administrative greeting out_of_scope spam
    confidence: float  # of the category, 0 to 1
    category: str | None
    category_2: str | None
    urgency: str | None  # P0 to P3; None: no tip
    ongoing: bool
    area: AreaFinding
    accusations: tuple[Accusation, ...]
    band: Band  # of officials accused: SURE wherever there is an accusation
    hinted: bool  # words hint at somebody in office whom they do not name, whoever is accused beside
    wanted: tuple[str, ...]  # units that the writer asks to send it to, in the order of the text
    cover_up: bool
    identifying: tuple[Identifying, ...]
    unclear: bool  # most of it is in no language that triage knows
    slots: Slots
    danger: bool
    hotlines: tuple[str, ...]  # numbers to call, in order; (): no danger now
    route: Route
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the person chose; it wins over what was found, but an accusation is only ever added."""

    area: str | None = None  # a district's or ward's code
    category: str | None = None
    accused: tuple[str, ...] = ()  # unit codes
    kept: tuple[Accusation, ...] = ()  # of earlier turns, and what was pressed: they count whatever the text says now
    let_in: tuple[str, ...] = ()  # unit codes, or kinds, that the person takes back by a press
    receiver: str | None = None  # a unit's code: who is to get it, if it may
    danger: bool = False  # the person says that somebody is in danger at this moment


def facts_of(triage: Triage) -> dict[str, Any]:
    """What an officer needs of a triage, as plain data."""
    return {
        "category": triage.category,
        "category_2": triage.category_2 if triage.confidence < UNSURE else None,
        "urgency": triage.urgency,
        "ongoing": triage.ongoing,
        "cover_up": triage.cover_up,
        "district": triage.area.district,
        "ward": triage.area.ward,
        "accused": [{"kind": it.kind, "units": list(it.units), "by": it.by} for it in triage.accusations],
        "excluded": sorted(triage.route.excluded),
        "identifying": [it.rule for it in triage.identifying],
        "reasons": [
            {"rule": it.rule, "span": list(it.span) if it.span else None, "params": dict(it.params)}
            for it in triage.reasons
        ],
    }
