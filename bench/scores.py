"""How triage is scored against labels. Every score is a share of rows with the right answer, from 0 to 1."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from tips.organisation.units import Organisation
from tips.triage import Band, Triage, Triager, as_json

Z: Final = 1.96  # standard deviations: 95 %
POLICE: Final = frozenset({"ward_police", "district_police", "city_department", "city_police_leadership"})
TIPS: Final = frozenset({"tip", "emergency"})
WORST: Final = 6  # confusions that are listed
Row = dict[str, Any]


@dataclass
class Scores:
    """Counts of right answers by question, and what was taken for what."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    confused: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)

    def add(self, question: str, right: bool, what: str = "") -> None:
        """Count an answer; `what` says what was wrong with it."""
        self.asked[question] += 1
        self.right[question] += right
        if not right:
            self.wrong.setdefault(question, []).append(what)

    def compare(self, question: str, wanted: str, got: str) -> None:
        """Count one answer out of many."""
        self.confused.setdefault(question, Counter())[wanted, got] += 1

    def shares(self) -> dict[str, str]:
        """Each question's share, and between what it lies with a likelihood of 95 % (Wilson's interval)."""
        return {name: share(self.right[name], count) for name, count in self.asked.items()}

    def worst(self, question: str) -> dict[str, int]:
        """The answers that were most often taken for another one."""
        pairs = self.confused.get(question, Counter()).most_common()
        return {f"{wanted} > {got}": count for (wanted, got), count in pairs if wanted != got and count > 0}


def share(right: int, count: int) -> str:
    """A share in per cent, its interval, and of how many."""
    middle, spread = (right + Z * Z / 2) / (count + Z * Z), Z / (count + Z * Z)
    spread *= math.sqrt(right * (count - right) / count + Z * Z / 4)
    return f"{right / count:6.1%}  ({max(middle - spread, 0):.0%} to {min(middle + spread, 1):.0%} of {count})"


@dataclass(frozen=True)
class Scorer:
    """Scores rows of one organisation's triage."""

    triager: Triager
    organisation: Organisation

    def chat(self, rows: list[Row]) -> tuple[Scores, dict[str, Any]]:
        """Chat messages: every question, with the figures by name."""
        scores, to_accused = Scores(), 0
        for row in rows:
            triage = self.triager.triage(row["text"])
            to_accused += bool(set(triage.route.chain) & triage.route.excluded)
            self._one(scores, row, triage)
        figures: dict[str, Any] = {"rows": len(rows), "intent macro-F1": macro_f1(scores.confused.get("intent"))}
        figures |= scores.shares()
        figures["routed to a found accused"] = to_accused
        return scores, figures

    def _one(self, scores: Scores, row: Row, triage: Triage) -> None:
        said = as_json(row["id"], triage, self.organisation, lambda reason: reason.rule)
        where = f"{row['id']} {row['text'][:90]!r}"
        scores.compare("intent", row["intent"], triage.intent)
        scores.add("intent", row["intent"] == triage.intent, f"{where} {row['intent']} -> {triage.intent}")
        if row["intent"] not in TIPS:
            scores.add("no false accusation", not triage.accusations, f"{where} {said['accused']}")
            scores.add("non-tips not taken for tips", triage.intent not in TIPS, f"{where} -> {triage.intent}")
            return
        scores.add("tip kept", triage.intent in TIPS, f"{where} -> {triage.intent}")
        self._area(scores, row, said["area"], where)
        _category(scores, row, triage, where)
        _accused(scores, row, triage, f"{where} want {row['accused_kind']} {row['accused_unit']} got {said['accused']}")
        if row["accused_kind"] in POLICE:
            meant, what = self._accused_units(row), f"{where} {row['accused_unit']} {said['excluded'][:4]}"
            shut = bool(meant) and meant <= triage.route.excluded
            scores.add("accused police unit excluded", shut, what)
            scores.add("accused police unit excluded or asked", shut or triage.band is Band.ASK, what)
            reached = bool(meant & {*triage.route.chain}) and triage.band is not Band.ASK
            scores.add("accused police unit never gets it unasked", not reached, what)
        _rest(scores, row, triage, where)

    def _area(self, scores: Scores, row: Row, area: Row, where: str) -> None:
        district, ward = area["district"], area["ward"]
        what = (
            f"{where} want {row['district']}/{row['ward_new']} {row['area_candidates'][:3]} ask={row['must_ask']}"
            f" got {district}/{ward} ask={area['ask']} {[it['name'] for it in area['candidates']][:4]}"
        )
        if row["must_ask"]:
            scores.add("area: asked when it must", area["ask"], what)
            scores.add("area right or asked", area["ask"], what)
            return
        if not row["district"] and not row["ward_new"] and not row["area_candidates"]:
            scores.add("area: none where none", not district and not ward, what)
            return
        wanted = row["district"] or self._district_of(row["ward_new"])
        fits = {row["ward_new"], *row["area_candidates"]}
        right = district == wanted and ward in {None, *fits}
        scores.add("area right or asked", right or area["ask"] or (not district and not ward), what)
        scores.add("area: not asked needlessly", not area["ask"] and bool(district), what)
        scores.add("area: no wrong district", district in {wanted, None}, what)
        if row["ward_new"]:
            scores.add("area: ward found", ward in fits, what)

    def _accused_units(self, row: Row) -> set[str]:
        """The units that a row accuses: by the name of the unit, else those that its place has of that kind."""
        named = self.triager.offices(row["accused_unit"] or "")
        units = {code for it in named if it.kind == row["accused_kind"] for code in it.units}
        if units or row["accused_kind"] in {"city_department", "city_police_leadership"}:
            return units or {"px05"}  # where no department is named all are meant; the table shuts this one out too
        ward = next((it.code for it in self.organisation.areas.wards.values() if it.name == row["ward_new"]), None)
        if row["accused_kind"] == "ward_police" and ward:
            return {f"ward-{ward}"}
        district = next(
            (it.code for it in self.organisation.areas.districts.values() if it.name == row["district"]), None
        )
        if row["accused_kind"] == "district_police" and district:
            return {f"area-{district}"}
        return {"px05"} if row["accused_kind"] == "city_police_leadership" else {self._any_ward(row)}

    def _any_ward(self, row: Row) -> str:
        """One of the wards that must be shut out where nobody knows which it is."""
        wards = self.organisation.areas.wards.values()
        inside = [it.code for it in wards if row["district"] in {None, self._district_of(it.name)}]
        return f"ward-{min(inside)}"

    def aliases(self, rows: list[Row]) -> tuple[Scores, dict[str, Any]]:
        """Spellings of places, as answers to "where?"."""
        scores = Scores()
        for row in rows:
            found = self.triager.resolve_area(row["text"])
            district = self._name(found.district)
            ward = self._name(found.ward)
            wards = (row["ward_new"] or "").split("|")
            wanted = row["district"][0] if row["district"] else self._district_of(wards[0])
            right = found.ask if row["note"].startswith("ask") else district == wanted and ward in {None, *wards}
            if "outside HCMC:" in row["note"] or ("outside HCMC" in row["note"] and "Hà Nội" in row["note"]):
                right = found.outside
            scores.add("right or asked", right or found.ask)
            what = f"{row['text']!r} {row['district']} {row['ward_new']} got {district}/{ward} ask={found.ask}"
            scores.add("right", right, what)
        return scores, {"rows": len(rows), **scores.shares()}

    def news(self, rows: list[Row]) -> tuple[Scores, dict[str, Any]]:
        """Newspaper text: formal, and written by nobody who is afraid."""
        scores = Scores()
        for row in rows:
            triage = self.triager.triage(row["text"])
            where = f"{row['id']} {row['text'][:90]!r}"
            if row["area_role"] == "incident" and not row["outside_old_hcmc"]:
                for question, code in (("district", triage.area.district), ("ward_new", triage.area.ward)):
                    if row[question]:
                        what = f"{where} want {row[question]} got {self._name(code)} ask={triage.area.ask}"
                        scores.add(f"{question} right", self._name(code) == row[question], what)
                        right = code is None or self._name(code) == row[question]
                        scores.add(f"{question} not wrong", right, what)
            elif row["area_role"] != "incident" and row["district"]:
                what = f"{where} {row['area_role']} got {self._name(triage.area.district)}"
                scores.add("residence or seat not taken for the place", triage.area.district is None, what)
            known = {"category": row["category_guess"], "category_alt": row["category_alt"]}
            if row["category_guess"] != "out_of_scope":
                _category(scores, known, triage, where)
            if not row["category_guess"].startswith(("corruption.", "cover_up.", "justice.")):
                said = [it.kind for it in triage.accusations]
                scores.add("no false accusation", not said, f"{where} {said}")
        return scores, {"rows": len(rows), **scores.shares()}

    def _name(self, code: str | None) -> str | None:
        return self.organisation.area_name(code) if code else None

    def _district_of(self, ward: str | None) -> str | None:
        areas = self.organisation.areas
        code = next((it.code for it in areas.wards.values() if it.name == ward), None)
        return self._name(areas.district_of(code)) if code else None


def group(code: str | None) -> str:
    """The upper level of a category's code."""
    return (code or "none").partition(".")[0]


def macro_f1(confused: Counter[tuple[str, str]] | None) -> float:
    """The mean F1 of all intents. Out of scope and spam are one: taking one for the other costs nothing."""
    merged: Counter[tuple[str, str]] = Counter()
    for (wanted, got), count in (confused or {}).items():
        merged[wanted.replace("spam", "out_of_scope"), got.replace("spam", "out_of_scope")] += count
    scores = []
    for intent in sorted({wanted for wanted, _ in merged}):
        labelled = sum(count for (it, _), count in merged.items() if it == intent)
        found = sum(count for (_, it), count in merged.items() if it == intent)
        scores.append(2 * merged[intent, intent] / (labelled + found))
    return round(sum(scores) / max(len(scores), 1), 4)


def _category(scores: Scores, row: Row, triage: Triage, where: str) -> None:
    wanted = {row["category"], row["category_alt"]} - {None}
    if not wanted:
        return
    groups = {group(it) for it in wanted}
    what = f"{where} {row['category']}|{row['category_alt']} -> {triage.category} / {triage.category_2}"
    got = group(triage.category)
    scores.add("category group top-1", got in groups, what)
    scores.add("category group top-2", bool({got, group(triage.category_2)} & groups), what)
    scores.add("category code top-1", triage.category in wanted, what)
    scores.compare("category", group(row["category"]), group(row["category"]) if got in groups else got)


def _accused(scores: Scores, row: Row, triage: Triage, what: str) -> None:
    scores.add("cover-up", row["cover_up"] == triage.cover_up, f"{row['cover_up']} -> {triage.cover_up} {what}")
    kinds = {it.kind for it in triage.accusations}
    if row["accused_kind"] == "none":
        scores.add("no false accusation", not kinds, what)
        scores.add("clean tips not asked", triage.band is not Band.ASK, what)
        return
    scores.add("accused found", bool(kinds), what)
    scores.add("accused: found or asked", triage.band is not Band.NO, what)
    scores.add("accused kind", row["accused_kind"] in kinds, what)
    scores.compare("accused", row["accused_kind"], min(kinds, default="none"))


def _rest(scores: Scores, row: Row, triage: Triage, where: str) -> None:
    wanted, got = row["urgency"], triage.urgency
    if wanted:
        what = f"{where} {wanted} -> {got}"
        scores.add("urgency exact", wanted == got, what)
        scores.add("urgency within one", got is not None and abs(int(wanted[1]) - int(got[1])) <= 1, what)
        scores.compare("urgency", wanted, got or "none")
        if wanted == "P0":
            scores.add("life in danger found", got == "P0", what)
        else:
            scores.add("no false P0", got != "P0", what)
        if wanted in {"P2", "P3"}:
            scores.add("P2 and P3 not taken for P0", got != "P0", what)
    scores.add("ongoing", row["ongoing"] == triage.ongoing, f"{where} {row['ongoing']} -> {triage.ongoing}")
    passages = [(row["text"][slice(*it.span)], it.rule) for it in triage.identifying]
    if row["self_identifying"]:
        scores.add("identifying recall", bool(passages), where)
    else:
        scores.add("identifying: none where none", not passages, f"{where} {passages}")
