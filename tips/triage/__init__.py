"""Triage: from what a person wrote to what it is about, who must not see it, and who gets it. Pure.

text = text.parse(words)                     folded words that know where they stood
  by letters, vocabulary, keyboards, mending: each sign, what is a word, keys that spell one, pieces of one
area = areas: mentions -> addresses -> one place, or a question
wishes = whom the writer does not want to read it, and whom they want to
accusations = accused: officials in a context that accuses them; smell: where it only hints, one question tells
category, intent, urgency = weighted words, read in the light of the accusations; threats against the writer come first
route = routing: owner, levels above, units shut out
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from tips.organisation.taxonomy import categories
from tips.organisation.units import HELD, Organisation, Unit
from tips.triage import (
    accusation_model,
    accusations,
    areas,
    category,
    features,
    gazetteer,
    intent,
    lexicon,
    routing,
    self_identification,
    slots,
    smell,
    threats,
    urgency,
    wishes,
)
from tips.triage import text as texts
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


class Triager:
    """Reads texts for one organisation."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._places = areas.Places(organisation.areas, gazetteer.load())
        lexicon.load()

    def triage(self, text: str, corrections: Corrections = NOTHING) -> Triage:
        """Everything that a text tells; what the person chose wins. Never raises."""
        parsed = texts.parse(text)
        found, hits = lexicon.find(parsed)
        area, mentions, reasons = self._places.find(parsed, corrections)
        wished, likely = self._officials(parsed, found, hits, mentions)
        accused, why = accusations.find(parsed, likely, self._organisation)
        accused = accusations.merged(
            accused, corrections.kept, accusations.chosen(corrections.accused, self._organisation)
        )
        kind, words = category.find(parsed, found, hits, mentions, accused)
        dangers, hinted = _of_danger(parsed, corrections), smell.hints(parsed)
        meant = intent.find(
            parsed,
            found,
            hits,
            category.phrase_strength(found, accused),
            placed=_placed(area),
            accused=bool(accused),
            wished=bool(wished.shut_out or wished.wanted),
            hinted=bool(hinted.get("alone")),
            endangered=bool(dangers),
        )
        code, second = kind.code, kind.second
        if corrections.category in categories():
            code, second = corrections.category, (kind.code if kind.code != corrections.category else second)
        if meant.name not in {"tip", "emergency"}:
            code, second = corrections.category, None
        pressing = urgency.find(meant.name, code, second, hits, endangered=bool(dangers))
        accused = wishes.joined(accused, wished.shut_out)
        let_in, receiver = corrections.let_in, corrections.receiver
        route = routing.route(self._organisation, area, code, accused, let_in, receiver)
        accused = routing.standing(self._organisation, area, accused, let_in)
        return Triage(
            intent=meant.name,
            confidence=kind.confidence if code == kind.code else 1.0 if code else meant.confidence,
            category=code,
            category_2=second,
            urgency=pressing.level,
            ongoing=pressing.ongoing,
            area=area,
            accusations=tuple(accused),
            band=smell.band(
                hinted, accused, likely, kind.in_office, tip=meant.name not in intent.NO_TIP, unread=parsed.unread
            ),
            hinted=smell.smells(hinted),
            wanted=wished.wanted,
            cover_up=_cover_up(code, hits, accused),
            identifying=self_identification.find(parsed, hits),
            slots=slots.find(parsed, hits, area, accused[0].span if accused else None),
            danger=pressing.danger,
            hotlines=pressing.hotlines,
            route=route,
            reasons=(*reasons, *words, *why, *wished.reasons, *dangers, *_of_route(pressing.level, route)),
        )

    def offices(self, text: str) -> list[Accusation]:
        """Whom the answer to "who is involved?" names, as the person's own choice."""
        parsed = texts.parse(text)
        _, hits = lexicon.find(parsed)
        listed = accusations.mentioned(parsed, hits, self._places.find(parsed, NOTHING)[1], self._organisation)
        return accusations.merged(Accusation(it.kind, it.units, by=By.REPORTER) for it in listed)

    def named_to_shut_out(self, text: str) -> list[Accusation]:
        """The same where nothing else was asked: in any words for an office, but not who is asked to read it."""
        parsed = texts.parse(text)
        found, hits = lexicon.find(parsed)
        mentions = self._places.find(parsed, NOTHING)[1]
        listed = accusations.mentioned(parsed, hits, mentions, self._organisation)
        wanted = {*self._officials(parsed, found, hits, mentions)[0].wanted}
        named = wishes.offices(parsed, listed, mentions, self._organisation)
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

    def features(self, text: str) -> list[str]:
        """What the intent of a text is judged by; for learning the weights."""
        parsed = texts.parse(text)
        found, hits = lexicon.find(parsed)
        area, mentions, _ = self._places.find(parsed, NOTHING)
        accused, _ = accusations.find(parsed, self._officials(parsed, found, hits, mentions)[1], self._organisation)
        strength = category.phrase_strength(found, accused)
        return features.names(parsed, found, hits, strength, placed=_placed(area), accused=bool(accused))

    def category_features(self, text: str, *, bare: bool = False) -> list[str]:
        """What the category of a text is judged by; for learning the weights."""
        parsed = texts.parse(text)
        found, hits = lexicon.find(parsed)
        mentions = self._places.find(parsed, NOTHING)[1]
        accused, _ = accusations.find(parsed, self._officials(parsed, found, hits, mentions)[1], self._organisation)
        return category.features(parsed, found, hits, mentions, accused, bare=bare)

    def cues(self, text: str) -> list[tuple[str, list[str]]]:
        """For each mention of an official its kind, and what it is judged by; for learning the weights."""
        parsed = texts.parse(text)
        found, hits = lexicon.find(parsed)
        _, mentions, _ = self._places.find(parsed, NOTHING)
        against = accusation_model.offences(found)
        likely = self._officials(parsed, found, hits, mentions)[1]
        return [(it.kind, accusation_model.cues(parsed, against, hits, it)) for it, _ in likely]

    def _officials(
        self, parsed: texts.Text, found: lexicon.Found, hits: lexicon.Hits, mentions: Sequence[gazetteer.Mention]
    ) -> tuple[wishes.Wishes, list[tuple[accusation_model.Official, float]]]:
        """What the writer wishes of offices, and how likely each other one that is mentioned is accused."""
        officials = accusations.mentioned(parsed, hits, mentions, self._organisation)
        wished = wishes.find(parsed, officials, mentions, self._organisation)
        return wished, accusations.weighed(parsed, found, hits, wished.others)

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
        if near[0][0] > FAR:
            return ()
        return tuple(AreaCandidate(code, self.area_name(code), "ward") for _, code in near[:limit])

    def area_name(self, code: str) -> str:
        """The name of a district or ward code."""
        return self._organisation.area_name(code)


def _placed(area: AreaFinding) -> bool:
    return bool(area.district or area.ward or area.ask)


def _cover_up(code: str | None, hits: lexicon.Hits, accusations: Sequence[Accusation]) -> bool:
    """Whether somebody is said to protect, tip off, bury, falsify or hide."""
    return bool(code and code.startswith("cover_up.")) or bool(accusations and hits.get("cover_up"))


def _of_danger(parsed: texts.Text, corrections: Corrections) -> list[Reason]:
    """Why the writer is in danger at this moment."""
    found = [Reason("danger.chosen")] if corrections.danger else []
    threat = threats.find(parsed)
    if threat:
        found.append(Reason("danger.threat", parsed.span(*threat), {"evidence": parsed.said(*threat)}))
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
    """The highest-ranking accusation."""
    if not accusations:
        return {"kind": "none", "unit": None}
    rank = list(organisation.conflicts)
    highest = min(accusations, key=lambda it: rank.index(it.kind))
    return {"kind": highest.kind, "unit": highest.units[0] if highest.units else None}
