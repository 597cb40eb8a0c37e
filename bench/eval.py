"""Scores of triage on labelled messages: `python -m bench.eval` prints a table and writes `bench/eval.json`.

A third of each set, by hash, is never read while building: both parts are shown. NEWS=FILE adds a set that is
not part of the project.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tips import organisation
from tips.triage import Triager, as_json

HERE = Path(__file__).parent
DATA = HERE.parent / "tests" / "data"
INTENTS = ("tip", "emergency", "status", "how_to", "administrative", "greeting", "out_of_scope", "spam")
Row = dict[str, Any]


def held_out(key: str) -> bool:
    """Whether a row is never looked at while building."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 3 == 0


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


class Scores:
    """Counts of right answers, by name."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.all: Counter[str] = Counter()
        self.wrong: dict[str, list[str]] = {}

    def add(self, name: str, right: bool, what: str = "") -> None:
        self.all[name] += 1
        self.right[name] += right
        if not right:
            self.wrong.setdefault(name, []).append(what)

    def shares(self) -> dict[str, float]:
        return {name: round(self.right[name] / count, 4) for name, count in self.all.items()}


def main() -> None:
    org = organisation.load("hcmc-districts")
    triager = Triager(org)
    rows = read(DATA / "dev_chat.jsonl")
    aliases = read(DATA / "alias_cases.jsonl")
    out: dict[str, Any] = {}
    for part, wanted in (("seen", False), ("held out", True)):
        chat = [row for row in rows if held_out(row["id"]) is wanted]
        out[part] = {
            "chat": score_chat(triager, org, chat, show=not wanted and "-v" in sys.argv),
            "aliases": score_aliases(
                triager,
                org,
                [it for it in aliases if held_out(it["text"]) is wanted],
                show=not wanted and "-v" in sys.argv,
            ),
        }
    if os.environ.get("NEWS"):
        out["news"] = score_news(triager, org, read(Path(os.environ["NEWS"])))
    out["speed"] = speed(triager, [row["text"] for row in rows])
    (HERE / "eval.json").write_text(json.dumps(out, ensure_ascii=False, indent=2) + "\n", "utf-8")
    table(out)


def table(out: dict[str, Any]) -> None:
    for part, sets in out.items():
        for name, figures in sets.items():
            if isinstance(figures, dict):
                print(f"\n{part}: {name}")
                for figure, value in figures.items():
                    print(f"  {figure:<34} {value}")
            else:
                print(f"  {part} {name:<28} {figures}")


def score_chat(triager: Triager, org: Any, rows: list[Row], *, show: bool) -> dict[str, Any]:
    scores, confusion = Scores(), Counter[tuple[str, str]]()
    routed_to_accused = 0
    for row in rows:
        triage = triager.triage(row["text"])
        said = as_json(row["id"], triage, org, lambda reason: reason.rule)
        where = f"{row['id']} {row['text'][:90]!r}"
        confusion[row["intent"], triage.intent] += 1
        scores.add("intent", row["intent"] == triage.intent, f"{where} {row['intent']} -> {triage.intent}")
        routed_to_accused += bool(set(triage.route.chain) & triage.route.excluded)
        if row["intent"] not in {"tip", "emergency"}:
            scores.add("false accusation (none)", not triage.accusations, f"{where} {said['accused']}")
            continue
        scores.add("tip kept", triage.intent in {"tip", "emergency"}, f"{where} -> {triage.intent}")
        score_area(scores, row, said, where, org)
        score_category(scores, row, triage, where)
        score_accused(scores, row, triage, said, where, org)
        score_rest(scores, row, triage, where)
    if show:
        for name, wrong in scores.wrong.items():
            print(f"\n-- {name}")
            for line in wrong:
                print("  ", line)
    figures: dict[str, Any] = {"rows": len(rows), "intent macro-F1": macro_f1(confusion), **scores.shares()}
    figures["routed to a found accused"] = routed_to_accused
    return figures


def place_of(org: Any, ward: str | None) -> str | None:
    """The district name of a ward's name."""
    code = next((it.code for it in org.areas.wards.values() if it.name == ward), None)
    return org.area_name(org.areas.district_of(code)) if code else None


def score_area(scores: Scores, row: Row, said: Row, where: str, org: Any) -> None:
    area = said["area"]
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
    wanted = row["district"] or place_of(org, row["ward_new"])
    right = district == wanted and (ward in {row["ward_new"], None, *row["area_candidates"]})
    scores.add("area right or asked", right or area["ask"] or (not district and not ward), what)
    scores.add("area: not asked needlessly", not area["ask"] and bool(district), what)
    scores.add("area: no wrong district", district in {wanted, None}, what)
    if row["ward_new"]:
        scores.add("area: ward found", ward == row["ward_new"] or ward in row["area_candidates"], what)


def group(code: str | None) -> str:
    return (code or "").partition(".")[0]


def score_category(scores: Scores, row: Row, triage: Any, where: str) -> None:
    wanted = {row["category"], row["category_alt"]} - {None}
    if not wanted:
        return
    groups = {group(it) for it in wanted}
    what = f"{where} {row['category']}|{row['category_alt']} -> {triage.category} / {triage.category_2}"
    scores.add("category group top-1", group(triage.category) in groups, what)
    scores.add("category group top-2", bool({group(triage.category), group(triage.category_2)} & groups))
    scores.add("category code top-1", triage.category in wanted, what)


def score_accused(scores: Scores, row: Row, triage: Any, said: Row, where: str, org: Any) -> None:
    what = f"{where} want {row['accused_kind']} {row['accused_unit']} got {said['accused']}"
    scores.add("cover-up", row["cover_up"] == triage.cover_up, f"{where} {row['cover_up']} -> {triage.cover_up}")
    if row["accused_kind"] == "none":
        scores.add("false accusation (none)", not triage.accusations, what)
        return
    scores.add("accused found", bool(triage.accusations), what)
    scores.add("accused kind", row["accused_kind"] in {it.kind for it in triage.accusations}, what)


def score_rest(scores: Scores, row: Row, triage: Any, where: str) -> None:
    wanted, got = row["urgency"], triage.urgency
    if wanted:
        what = f"{where} {wanted} -> {got}"
        scores.add("urgency exact", wanted == got, what)
        scores.add("urgency within one", got is not None and abs(int(wanted[1]) - int(got[1])) <= 1)
        if wanted == "P0":
            scores.add("P0 recall", got == "P0", what)
    scores.add("ongoing", row["ongoing"] == triage.ongoing, f"{where} {row['ongoing']} -> {triage.ongoing}")
    if row["self_identifying"]:
        scores.add("identifying recall", bool(triage.identifying), where)
    else:
        scores.add(
            "identifying: none where none",
            not triage.identifying,
            f"{where} {[(row['text'][slice(*it.span)], it.rule) for it in triage.identifying]}",
        )


def macro_f1(confusion: Counter[tuple[str, str]]) -> float:
    """Out of scope and spam count as one: taking one for the other costs nothing."""

    def one(intent: str) -> str:
        return "out_of_scope" if intent == "spam" else intent

    merged: Counter[tuple[str, str]] = Counter()
    for (wanted, got), count in confusion.items():
        merged[one(wanted), one(got)] += count
    scores = []
    for intent in sorted({wanted for wanted, _ in merged}):
        right = merged[intent, intent]
        labelled = sum(count for (it, _), count in merged.items() if it == intent)
        found = sum(count for (_, it), count in merged.items() if it == intent)
        scores.append(2 * right / (labelled + found))
    return round(sum(scores) / max(len(scores), 1), 4)


def score_aliases(triager: Triager, org: Any, rows: list[Row], *, show: bool) -> dict[str, Any]:
    scores = Scores()
    for row in rows:
        found = triager.resolve_area(row["text"])
        district = org.area_name(found.district) if found.district else None
        ward = org.area_name(found.ward) if found.ward else None
        wards = (row["ward_new"] or "").split("|")
        wanted = row["district"][0] if row["district"] else place_of(org, wards[0])
        asks = row["note"].startswith("ask")
        right = found.ask if asks else district == wanted and ward in {None, *wards}
        if "outside HCMC:" in row["note"] or ("outside HCMC" in row["note"] and "Hà Nội" in row["note"]):
            right = found.outside
        scores.add("right or asked", right or found.ask, "")
        scores.add(
            "right",
            right,
            f"{row['text']!r} {row['district']} {row['ward_new']} got {district}/{ward} ask={found.ask}",
        )
    if show:
        print("\n-- aliases", *scores.wrong.get("right", []), sep="\n   ")
    return {"rows": len(rows), **scores.shares()}


def score_news(triager: Triager, org: Any, rows: list[Row]) -> dict[str, Any]:
    scores = Scores()
    for row in rows:
        triage = triager.triage(row["text"])
        if row.get("area_role") == "incident":
            for key, code in (("old_district", triage.area.district), ("new_ward", triage.area.ward)):
                if row.get(key):
                    scores.add(f"{key} right", code is not None and org.area_name(code) == row[key])
        if row.get("category"):
            scores.add("category group top-1", group(triage.category) == group(row["category"]))
    return {"rows": len(rows), **scores.shares()}


def speed(triager: Triager, texts: list[str]) -> dict[str, Any]:
    def median(text: str, times: int) -> float:
        return sorted(timed(lambda: triager.triage(text)) for _ in range(times))[times // 2]

    short = [text for text in texts if 150 <= len(text) <= 250] or texts
    at_200 = sorted(median(text, 9) for text in short)
    joined = " ".join(texts)
    return {
        "ms at 200 characters": round(at_200[len(at_200) // 2] * 1000, 3),
        "ms at 500 characters": round(median(joined[:500], 25) * 1000, 3),
        "ms at 20,000 characters": round(median((joined * 3)[:20_000], 5) * 1000, 2),
    }


def timed(act: Callable[[], Any]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


if __name__ == "__main__":
    main()
