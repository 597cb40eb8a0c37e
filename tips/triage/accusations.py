"""Who is accused: an official or unit in a context that accuses, not a mere mention."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tips.data import read
from tips.organisation.units import ACCUSED_AS, OTHER, Organisation
from tips.triage import accusation_model
from tips.triage.accusation_model import Official
from tips.triage.gazetteer import Mention, Reading
from tips.triage.lexicon import Hits
from tips.triage.model import Models, Scores
from tips.triage.results import Accusation, By, Reason, Span
from tips.triage.text import Text, parse

MENTIONS: Final = 24  # of the same words that are looked at; nobody repeats an accusation so often
LEAST_SAID: Final = 4  # different words
BY_NAME: Final = frozenset({"city_department", "court_or_procuracy", "other_official"})  # by what they are called alone
_OFFICIAL: Final = "official."


def weighed(
    mentions: Iterable[tuple[Official, Sequence[str]]], hits: Hits, models: Models, scores: Scores
) -> list[tuple[Official, float]]:
    """How likely the text accuses each of the officials that it mentions, by their cues."""
    return [(it, accusation_model.likelihood(it, cues, hits, models, scores)) for it, cues in mentions]


def find(
    text: Text, likely: Iterable[tuple[Official, float]], organisation: Organisation
) -> tuple[list[Accusation], list[Reason]]:
    """The accusations of officials that a text names, and why; `likely` is what `weighed` found."""
    accused = [it for it, likelihood in likely if likelihood >= accusation_model.LIKELY]
    named = {it.kind for it in accused if it.units}
    merged: dict[str, list[Official]] = {}
    for it in sorted(accused, key=lambda one: one.first):
        if it.units or it.kind not in named:
            merged.setdefault(it.kind, []).append(it)
    accusations, reasons = [], []
    for kind, several in merged.items():
        units = tuple(dict.fromkeys(code for it in several for code in it.units))
        span = text.span(several[0].first, several[0].after)
        accusations.append(Accusation(kind, units, span))
        reasons.append(_reason(text, kind, units, span, organisation))
    return accusations, reasons


def unnamed(
    text: Text, officials: Iterable[Official], scores: Scores, *, beside: bool
) -> tuple[list[Accusation], list[Reason]]:
    """The accusations of officials whom no word names, where the whole message leaves little doubt.

    Which unit is meant nobody knows. A kind that words do mention is judged by these.

    Args:
        text: the message.
        officials: those that it mentions.
        scores: what the models say of it.
        beside: whether a unit is accused by its name; a mere "cán bộ" or "công an" may be of any.
    """
    least = accusation_model.OF_ANOTHER if beside else accusation_model.OF_A_KIND
    if scores.accused < accusation_model.UNNAMED or _says_little(text):
        return [], []
    known = {it.kind for it in officials}
    kinds = [it for it, share in scores.kinds.items() if share >= least and it not in known]
    return [Accusation(kind) for kind in kinds], [Reason("accused.unnamed")] if kinds else []


def _says_little(text: Text) -> bool:
    """Whether there are hardly any words from which the whole could be judged."""
    return len({word for word in text.words if not word.isdecimal()}) < LEAST_SAID


def mentioned(text: Text, hits: Hits, mentions: Sequence[Mention], organisation: Organisation) -> list[Official]:
    """The officials and units that a text speaks of, accused or not."""
    places = {it.first: it for it in reversed(mentions) if it.readings}
    found = [_official(text, kind, spot, places, mentions, organisation) for kind, spot in _spots(text, hits)]
    return [*found, *_of_a_district(found, places, organisation)]


def _of_a_district(
    officials: Iterable[Official], places: Mapping[int, Mention], organisation: Organisation
) -> Iterator[Official]:
    """The former district's force, where a department's name has a district right behind it: "CSGT quận 12"."""
    for it in (it for it in officials if it.kind == "city_department"):
        place = next((one for at, one in places.items() if it.first < at and one.after == it.after), None)
        if place is not None and place.kind == "district" and place.marked:
            districts = dict.fromkeys(reading.district for reading in place.readings)
            units = tuple(f"area-{code}" for code in districts if f"area-{code}" in organisation.units)
            yield Official("district_police", units, it.first, place.after, bool(units))


def chosen(codes: Iterable[str], organisation: Organisation) -> list[Accusation]:
    """What the person accuses by choosing units."""
    found = []
    for code in codes:
        unit = organisation.units.get(code)
        if unit:
            found.append(Accusation(ACCUSED_AS.get(unit.kind, OTHER), (code,)))
    return found


def merged(*several: Iterable[Accusation]) -> list[Accusation]:
    """Accusations of several sources, each once; what the reporter says themselves is kept as theirs."""
    found: dict[tuple[str, frozenset[str], bool], Accusation] = {}
    for it in itertools.chain(*several):
        key = (it.kind, frozenset(it.units), it.whole)
        if key not in found or (it.by is By.REPORTER and found[key].by is not By.REPORTER):
            found[key] = it
    return list(found.values())


def _reason(text: Text, kind: str, units: tuple[str, ...], span: Span, organisation: Organisation) -> Reason:
    names = ", ".join(organisation.units[code].name for code in units if code in organisation.units)
    return Reason(f"accused.{kind}", span, {"evidence": text.original[slice(*span)], "unit": names})


def _spots(text: Text, hits: Hits) -> list[tuple[str, tuple[int, int]]]:
    """Where officials are mentioned, by kind: none inside a longer mention, and of the same words not too many."""
    listed = [
        (kind.removeprefix(_OFFICIAL), spot)
        for kind, spots in hits.items()
        if kind.startswith(_OFFICIAL)
        for spot in spots
    ]
    kept: list[tuple[str, tuple[int, int]]] = []
    said: Counter[tuple[str, ...]] = Counter()
    longest = (0, 0)
    for kind, (first, after) in sorted(listed, key=lambda it: (it[1][0], -it[1][1])):
        if after <= longest[1] and (first, after) != longest:
            continue
        longest = (first, after)
        words = (kind, *text.words[first:after])
        said[words] += 1
        if said[words] <= MENTIONS:
            kept.append((kind, (first, after)))
    return kept


def _official(
    text: Text,
    kind: str,
    spot: tuple[int, int],
    places: Mapping[int, Mention],
    mentions: Sequence[Mention],
    organisation: Organisation,
) -> Official:
    first, after = spot
    place = next((places[at] for at in range(first + 1, after + 2) if at in places), None)
    end = max(after, place.after) if place else after
    if kind == "police":
        kind = _level(place)
    units = _units(text, kind, first, after, place, mentions, organisation)
    return Official(kind, units, first, end, bool(units))


def _level(place: Mention | None) -> str:
    """The level of a plain "công an", from the place that follows it."""
    if place and place.kind == "district":
        return "district_police"
    return "ward_police"


def _units(
    text: Text,
    kind: str,
    first: int,
    after: int,
    place: Mention | None,
    mentions: Sequence[Mention],
    organisation: Organisation,
) -> tuple[str, ...]:
    if kind in BY_NAME:
        return _unit(text, first, after)
    if place is None or kind not in {"ward_police", "district_police", "ward_peoples_committee"}:
        return ()
    readings = _around(place, mentions)
    if kind == "district_police":
        districts = dict.fromkeys(it.district for it in readings if it.level == "district")
        desks = [f"area-{code}" for code in districts if f"area-{code}" in organisation.units]
        return tuple(desks) or tuple(sorted(code for it in districts for code in organisation.wards_of(it)))
    wards = [code for it in readings if it.level == "ward" for code in it.wards]
    unknown = {it.district for it in readings if it.level == "ward" and not it.wards}
    found = dict.fromkeys(f"ward-{code}" for code in wards)
    found.update(dict.fromkeys(sorted(code for it in unknown for code in organisation.wards_of(it))))
    return tuple(found)


def _around(place: Mention, mentions: Sequence[Mention]) -> tuple[Reading, ...]:
    """The readings of a unit's place, narrowed by a district that stands right behind it."""
    following = next((it for it in mentions if place.after <= it.first <= place.after + 2), None)
    if place.kind != "ward" or following is None or following.kind != "district":
        return place.readings
    districts = {it.district for it in following.readings}
    inside = tuple(it for it in (*place.readings, *place.others) if it.district in districts)
    return tuple(dict.fromkeys(inside)) or place.readings


def _unit(text: Text, first: int, after: int) -> tuple[str, ...]:
    """The one unit that words name: by its code, or by what people call it."""
    known = _called()
    for size in range(after - first, 0, -1):
        for start in range(first, after - size + 1):
            code = known.get(tuple(text.words[start : start + size]))
            if code:
                return (code,)
    return ()


@functools.cache
def _called() -> dict[tuple[str, ...], str]:
    data = read("accused.json")
    return {tuple(parse(phrase).words): code for phrase, code in (data["units"] | data["old_codes"]).items()}
