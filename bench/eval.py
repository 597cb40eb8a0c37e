"""Scores of triage on labelled messages: `python -m bench.eval [-v]` prints tables and writes `bench/eval.json`.

A third of the first sets, by hash, and the whole of the street's are never read while building; all parts are shown,
and `-v` lists what went wrong in the part that may be read. NEWS=FILE adds a set that is not part of the project, and
`--held` asks the models that `scripts/learn.py --held` learnt from two thirds of the messages.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.scores import Row, Scorer, Scores
from scripts.learning import noise
from tips.organisation import units
from tips.triage import Triager, model

HERE: Final = Path(__file__).parent
DATA: Final = HERE.parent / "tests" / "data"
STYLED: Final = ("intent", "category group top-1", "area right or asked", "accused found", "no false accusation")
TYPED: Final[dict[str, Callable[[str], str]]] = {  # the same rows, typed otherwise
    "bare": noise.bare,
    "with slips": lambda text: noise.slipped(text, random.Random(text[::-1])),
    "in telex": lambda text: noise.telex(text, random.Random(0)),
}
CONFUSED: Final = ("intent", "category", "urgency", "accused")
WORST: Final = 6  # confusions that are printed
_LOADING: Final = """
import pathlib, time
from tips.organisation import units
def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
org = units.load("hcmc-districts")
before, began = resident(), time.perf_counter()
from tips.triage import Triager
Triager(org).triage("ma tuy o q3")
print(time.perf_counter() - began, resident() - before)
"""
Table = dict[str, Any]


def _models() -> model.Models | None:
    if "--held" not in sys.argv:
        return None
    with (HERE.parent / ".tools" / "held.npz").open("rb") as file:
        return model.read(file)


def held_out(key: str) -> bool:
    """Whether a row is never looked at while building."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 3 == 0


def read(path: Path) -> list[Row]:
    """The rows of a file, one JSON object a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def main() -> None:
    """Score everything, print it, write it."""
    org = units.load("hcmc-districts")
    scorer = Scorer(Triager(org, _models()), org)
    chat, street = read(DATA / "dev_chat.jsonl"), read(DATA / "street_chat.jsonl")
    sets: list[tuple[str, list[Row], str, Callable[[list[Row]], tuple[Scores, Table]]]] = [
        ("chat", chat, "id", scorer.chat),
        ("aliases", read(DATA / "alias_cases.jsonl"), "text", scorer.aliases),
    ]
    if news := os.environ.get("NEWS"):
        sets.append(("news", read(Path(news)), "id", scorer.news))
    out: dict[str, Table] = {}
    for name, rows, key, score in sets:
        for part, wanted in (("read while building", False), ("held out", True)):
            scores, figures = score([row for row in rows if held_out(row[key]) is wanted])
            out[f"{name}, {part}"] = figures
            out |= {f"{name}, {part}: {it} taken for": worst for it in CONFUSED if (worst := scores.worst(it))}
            if "-v" in sys.argv and not wanted:
                explain(name, scores)
    out["street, held out"] = scorer.chat(street)[1]
    for typed, spell in TYPED.items():
        for name, rows in (("chat", chat), ("street, held out", street)):
            out[f"{name}, {typed}"] = scorer.chat([row | {"text": spell(row["text"])} for row in rows])[1]
    out |= styles(scorer, [*(row for row in chat if held_out(row["id"])), *street])
    out["speed and size"] = speed(scorer.triager, [row["text"] for row in chat]) | loading()
    (HERE / "eval.json").write_text(json.dumps(out, ensure_ascii=False, indent=2) + "\n", "utf-8")
    show(out)


def styles(scorer: Scorer, rows: Sequence[Row]) -> dict[str, Table]:
    """A few questions by the style in which a message is written."""
    found: dict[str, Table] = {}
    for style in sorted({row["style"] for row in rows}):
        figures = scorer.chat([row for row in rows if row["style"] == style])[1]
        found[f"held out, {style}"] = {key: figures[key] for key in ("rows", *STYLED) if key in figures}
    return found


def speed(triager: Triager, texts: Sequence[str]) -> Table:
    """Medians in milliseconds."""
    joined = " ".join(texts)
    cases = {"ms at 200 characters": joined[:200], "ms at 500 characters": joined[:500]}
    found = {name: median(partial(triager.triage, text), 51) for name, text in cases.items()}
    return found | {"ms at 20,000 characters": median(lambda: triager.triage((joined * 3)[:20_000]), 5)}


def median(act: Callable[[], Any], times: int) -> float:
    """The median time of an act in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return round(sorted(taken)[times // 2] * 1000, 3)


def loading() -> Table:
    """What loading costs in a process of its own that has the organisation already."""
    line = subprocess.run([sys.executable, "-c", _LOADING], capture_output=True, text=True, check=True, cwd=HERE.parent)
    seconds, megabytes = line.stdout.split()
    return {"s to load": round(float(seconds), 3), "MB on top of the process": round(float(megabytes), 1)}


def explain(name: str, scores: Scores) -> None:
    """Print what went wrong."""
    for question, wrong in scores.wrong.items():
        print(f"\n-- {name}: {question}", *wrong, sep="\n   ")


def show(out: dict[str, Table]) -> None:
    """Print the tables."""
    for name, figures in out.items():
        print(f"\n{name}")
        for figure, value in list(figures.items())[: WORST if name.endswith("taken for") else None]:
            print(f"  {figure:<44} {value}")


if __name__ == "__main__":
    main()
