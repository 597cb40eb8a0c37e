"""Triage: from what a person wrote to what it is about, who must not see it, and who gets it. Pure.

text = text.parse(words)                     folded words that know where they stood
  by letters, vocabulary, keyboards, mending: each sign, what is a word, keys that spell one, pieces of one
area = areas: mentions -> addresses -> one place, or a question
wishes = whom the writer does not want to read it, and whom they want to
all of that = one `Reading`, from which the models judge: linear ones, by letters, words and what was found
accusations = officials in a context that accuses them; smell: where it only hints, one question tells
category, intent, urgency = by the models' scores; threats against the writer come first
route = routing: owner, levels above, units shut out
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tips.organisation.taxonomy import categories
from tips.organisation.terms import Terms
from tips.organisation.units import HELD, Organisation, Unit
from tips.triage import (
    accusations,
    areas,
    category,
    gazetteer,
    grams,
    intent,
    kept,
    lexicon,
    model,
    routing,
    self_identification,
    slots,
    smell,
    urgency,
    wishes,
)
from tips.triage import text as texts
from tips.triage.accusation_model import Official
from tips.triage.category import Category
from tips.triage.intent import Intent
from tips.triage.model import Models, Scores
from tips.triage.reading import Reading, read
from tips.triage.results import (
    Accusation,
    AreaCandidate,
    AreaFinding,
    Band,
    By,
    Corrections,
    Identifying,
    Reason,
    Route,
    Slots,
    Triage,
)

__all__ = [
    "Accusation",
    "AreaCandidate",
    "AreaFinding",
    "Band",
    "By",
    "Corrections",
    "Identifying",
    "Reason",
    "Route",
    "Slots",
    "Triage",
    "Triager",
    "as_json",
]

FAR: Final = 40.0  # km from every ward's centre: outside the city
_KM_PER_DEGREE: Final = 111.2
NOTHING: Final = Corrections()
TIPS: Final = frozenset({"tip", "emergency"})


class Triager:
    """Reads texts for one organisation."""

    def __init__(self, organisation: Organisation, models: Models | None = None) -> None:
        """Read for an organisation, by the models of the data file or by others."""
        self._organisation = organisation
        self._models = models or model.load()
        self._places = areas.Places(organisation.areas, gazetteer.load(organisation.areas))
        lexicon.load()

    def triage(self, text: str, corrections: Corrections = NOTHING) -> Triage:
        """Everything that a text tells; what the person chose wins. Never raises."""
        it = read(text, self._places, self._organisation, corrections)
        scores = self._models.judge(it.grams, it.names())
        likely = accusations.weighed(it.cues, it.hits, self._models, scores)
        told, why = self._told(it, likely, scores, corrections)
        kind, words = category.find(it, self._models, scores, told)
        dangers = _of_danger(it, corrections)
        meant = intent.find(it, scores, accused=bool(told), endangered=bool(dangers))
        code, second = _codes(kind, meant, corrections.category)
        danger = 0.0 if it.unsaid else scores.danger  # a few stretches of letters tell nothing
        pressing = urgency.find(
            meant.name, code, second, self._organisation.urgency(code), it.hits, danger, endangered=bool(dangers)
        )
        accused = wishes.joined(told, it.wished.shut_out)
        route = routing.route(self._organisation, it.area, code, accused, corrections.let_in, corrections.receiver)
        accused = routing.standing(self._organisation, it.area, accused, corrections.let_in)
        return Triage(
            intent=meant.name,
            confidence=kind.confidence if code == kind.code else 1.0 if code else meant.confidence,
            category=code,
            category_2=second,
            urgency=pressing.level,
            ongoing=pressing.ongoing,
            area=it.area,
            accusations=tuple(accused),
            band=smell.band(it.hinted, accused, likely, scores, tip=meant.name in TIPS, open_to_doubt=it.open_to_doubt),
            hinted=smell.doubtful(it.hinted, scores),
            wanted=it.wished.wanted,
            cover_up=_cover_up(code, it.hits, accused),
            identifying=self_identification.find(it.text, it.hits),
            unclear=it.unclear,
            slots=slots.find(it.text, it.hits, it.area, accused[0].span if accused else None),
            danger=pressing.danger,
            hotlines=pressing.hotlines,
            route=route,
            reasons=(*it.why_there, *words, *why, *it.wished.reasons, *dangers, *_of_route(pressing.level, route)),
        )

    def _told(
        self, it: Reading, likely: Sequence[tuple[Official, float]], scores: Scores, corrections: Corrections
    ) -> tuple[list[Accusation], list[Reason]]:
        """Whom a text accuses, by name or as a whole, and whom the person chose, with the reasons."""
        named, why = ([], []) if it.names_only else accusations.find(it.text, likely, self._organisation)
        if not (it.wished.shut_out or it.wished.wanted):
            beside = any(one.units for one in named)
            unnamed, felt = accusations.unnamed(it.text, it.officials, scores, beside=beside)
            named, why = [*named, *unnamed], [*why, *felt]
        return accusations.merged(
            named, corrections.kept, accusations.chosen(corrections.accused, self._organisation)
        ), why

    def offices(self, text: str) -> list[Accusation]:
        """Whom the answer to "who is involved?" names, as the person's own choice."""
        parsed = texts.parse(text)
        _, hits = lexicon.find(parsed)
        listed = accusations.mentioned(parsed, hits, self._places.find(parsed, NOTHING)[1], self._organisation)
        return accusations.merged(Accusation(it.kind, it.units, by=By.REPORTER) for it in listed)

    def named_to_shut_out(self, text: str) -> list[Accusation]:
        """The same where nothing else was asked: in any words for an office, but not who is asked to read it."""
        it = read(text, self._places, self._organisation, NOTHING)
        wanted = {*it.wished.wanted}
        named = wishes.offices(it.text, it.officials, it.places, self._organisation)
        chosen = (Accusation(it.kind, it.units, by=By.REPORTER) for it in named if not wanted & {*it.units})
        return accusations.merged(chosen)

    def kinds(self) -> Collection[str]:
        """The kinds of whom can be shut out, highest first."""
        return self._organisation.conflicts.keys()

    def units(self) -> Collection[Unit]:
        """Everybody who can receive, or be shut out."""
        return self._organisation.units.values()

    def chosen(self, what: str) -> Accusation | None:
        """Whom a pressed kind or unit code shuts out; None: there is no such."""
        if what in self._organisation.conflicts:
            return Accusation(what, by=By.REPORTER)
        found = accusations.chosen([what] if what != HELD else [], self._organisation)
        return replace(found[0], by=By.REPORTER) if found else None

    def routed(
        self, triage: Triage, *more: Accusation, let_in: Collection[str] = (), receiver: str | None = None
    ) -> Triage:
        """The same tip, with more units shut out, or with another receiver."""
        accused = accusations.merged(triage.accusations, more)
        route = routing.route(self._organisation, triage.area, triage.category, accused, let_in, receiver)
        standing = routing.standing(self._organisation, triage.area, accused, let_in)
        return replace(triage, accusations=tuple(standing), route=route)

    @property
    def knows_areas(self) -> bool:
        """Whether it makes a difference where something was."""
        return bool(self._organisation.areas.districts)

    @property
    def terms(self) -> Terms:
        """How long those who receive may take."""
        return self._organisation.terms

    @property
    def version(self) -> str:
        """What a triage that was kept depends on beside the draft: the units, and what a triage holds."""
        return f"{self._organisation.digest} {kept.SHAPE}"

    def again(self, plain: Mapping[str, Any], accused: Collection[Accusation], let_in: Collection[str] = ()) -> Triage:
        """A triage that was kept (`tips.triage.kept`), with who was accused since, routed anew."""
        return self.routed(kept.from_plain(plain), *accused, let_in=let_in)

    def uncategorised(self, triage: Triage, let_in: Collection[str] = ()) -> Triage:
        """The same tip, its matter left to a person: a place and a recording tell none."""
        return self.routed(replace(triage, category=None, category_2=None), let_in=let_in)

    def meant(self, triage: Triage, accusation: Accusation) -> frozenset[str]:
        """The units that an accusation of a tip means."""
        return routing.meant(self._organisation, triage.area, accusation)

    def shuts_nobody(self, accusation: Accusation) -> bool:
        """Whether an accusation means no unit that could ever receive a tip here."""
        return not self.shut_anywhere((accusation,))

    def shut_anywhere(self, accused: Collection[Accusation]) -> frozenset[str]:
        """Every unit that some accusations would shut out if nobody knew where it was."""
        return routing.route(self._organisation, AreaFinding(), None, tuple(accused)).excluded

    def shut_by(self, triage: Triage, accused: Collection[Accusation]) -> frozenset[str]:
        """Every unit that some accusations of a tip shut out, with all that the conflict table adds to them."""
        return routing.route(self._organisation, triage.area, triage.category, tuple(accused)).excluded

    def pinned(self, triage: Triage) -> tuple[Accusation, ...]:
        """The accusations of a tip, by the units that they mean now: a place corrected later lets none of these in."""
        pinned = (
            replace(it, units=tuple(sorted(self.meant(triage, it))), whole=True) if it.open else it
            for it in triage.accusations
        )
        return tuple(accusations.merged(replace(it, span=None) for it in pinned))

    def signs(self, text: str) -> tuple[grams.Grams, list[str]]:
        """What the models judge a text by; for learning the weights."""
        it = read(text, self._places, self._organisation, NOTHING)
        return it.grams, it.names()

    def cues(self, text: str) -> list[tuple[str, list[str]]]:
        """For each mention of an official its kind, and what it is judged by; for learning the weights."""
        it = read(text, self._places, self._organisation, NOTHING)
        return [(one.kind, list(cues)) for one, cues in it.cues]

    def resolve_area(self, text: str) -> AreaFinding:
        """The place that an answer to "where?" names: also a bare "q3", "3" or "thu duc"."""
        return self._places.find(texts.parse(text), NOTHING, answer=True)[0]

    def area_of_poster(self, payload: str) -> str | None:
        """The code of the one place that a poster's link names, by its code or a word such as q3; None: no one."""
        if self._organisation.areas.district_of(payload):
            return payload
        found = self.resolve_area(payload.replace("-", " ").replace("_", " "))
        return None if found.ask else found.ward or found.district

    def nearest(self, lat: float, lon: float, limit: int = 4) -> tuple[AreaCandidate, ...]:
        """The wards around a point in degrees, nearest first; empty far outside the city."""
        if not (math.isfinite(lat) and math.isfinite(lon)):
            return ()
        shrink = math.cos(math.radians(max(-90.0, min(90.0, lat))))
        near = sorted(
            (math.hypot(ward.lat - lat, (ward.lon - lon) * shrink) * _KM_PER_DEGREE, ward.code)
            for ward in self._organisation.areas.wards.values()
        )
        if not near or near[0][0] > FAR:
            return ()
        return tuple(AreaCandidate(code, self.area_name(code), "ward") for _, code in near[:limit])

    def area_name(self, code: str) -> str:
        """The name of a district or ward code."""
        return self._organisation.area_name(code)


def _cover_up(code: str | None, hits: lexicon.Hits, accusations: Sequence[Accusation]) -> bool:
    """Whether somebody is said to protect, tip off, bury, falsify or hide."""
    return bool(code and code.startswith("cover_up.")) or bool(accusations and hits.get("cover_up"))


def _codes(kind: Category, meant: Intent, chosen: str | None) -> tuple[str | None, str | None]:
    """What a text is filed under, and what else it may be; what the person chose wins, and what is no tip has none."""
    code, second = kind.code, kind.second
    if chosen in categories():
        code, second = chosen, (kind.code if kind.code != chosen else second)
    return (code, second) if meant.name in TIPS else (chosen, None)


def _of_danger(it: Reading, corrections: Corrections) -> list[Reason]:
    """Why the writer is in danger at this moment."""
    found = [Reason("danger.chosen")] if corrections.danger else []
    if it.threat:
        found.append(Reason("danger.threat", it.text.span(*it.threat), {"evidence": it.text.said(*it.threat)}))
    return found


def _of_route(level: str | None, route: Route) -> list[Reason]:
    found = []
    if level:
        found.append(Reason("urgency", None, {"urgency": level}))
    if route.excluded:
        found.append(Reason("route.excluded", None, {"units": ", ".join(sorted(route.excluded)[:20])}))
    return found


def as_json(id: Any, triage: Triage, organisation: Organisation, render: Callable[[Reason], str]) -> dict[str, Any]:
    """The line of `tinbao triage`; `render` turns a reason into a person's language."""
    return {
        "id": id,
        "intent": triage.intent,
        "category": triage.category,
        "category_2": triage.category_2,
        "urgency": triage.urgency,
        "ongoing": triage.ongoing,
        "area": _area_json(triage.area, organisation),
        "accused": _accused_json(triage.accusations, organisation) | {"band": triage.band},
        "cover_up": triage.cover_up,
        "self_identifying": bool(triage.identifying),
        "unit": triage.route.owner,
        "excluded": sorted(triage.route.excluded),
        "reasons": [
            {"rule": it.rule, "span": list(it.span) if it.span else None, "text": render(it)} for it in triage.reasons
        ],
    }


def _area_json(area: AreaFinding, organisation: Organisation) -> dict[str, Any]:
    return {
        "district": organisation.area_name(area.district) if area.district else None,
        "ward": organisation.area_name(area.ward) if area.ward else None,
        "candidates": [{"code": it.code, "name": it.name, "level": it.level} for it in area.candidates],
        "ask": area.ask,
    }


def _accused_json(accusations: Sequence[Accusation], organisation: Organisation) -> dict[str, str | None]:
    """The highest-ranking accusation, one by name before one that the whole message tells."""
    if not accusations:
        return {"kind": "none", "unit": None}
    rank = list(organisation.conflicts)
    highest = min(accusations, key=lambda it: (it.span is None, rank.index(organisation.rule(it.kind))))
    return {"kind": highest.kind, "unit": highest.units[0] if highest.units else None}
