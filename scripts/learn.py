"""Make `tips/data/models.npz`: the linear models of triage, learnt from the project's own messages.

    make learn                      learns from all messages, and writes the file if it says something else
    python -m scripts.learn --held  learns from two thirds only, and writes it to another place, for `bench.eval --held`

The text is the invented messages of `scripts/messages/`, each also bare and once more with noise, and tips joined to
long ones; no newspaper and no labelled test message goes in.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scripts.learning import fitting, messages, noise
from scripts.learning.fitting import Sign
from scripts.learning.messages import Message
from tips.data import read
from tips.organisation import units
from tips.organisation.taxonomy import categories
from tips.triage import Triager, model

ROOT: Final = Path(__file__).resolve().parent.parent
FILE: Final = ROOT / "tips" / "data" / "models.npz"
HELD: Final = ROOT / ".tools" / "held.npz"
JOINED: Final = 0.15  # long tips that are made of several, for each message
WEIGHTY: Final = 4.0  # so much weighs a phrase of the lexicon that is a message by itself
ACCUSING: Final = 2.0  # what a message counts that accuses: missing one is worse than asking in vain
IN_DANGER: Final = 3.0
ONE_STEP: Final = 1  # two machines round a weight differently by so much
SAME: Final = 0.999  # of the weights, where a file says the same


def main(argv: Sequence[str]) -> None:
    """Learn, and write."""
    held = "--held" in argv
    given = [it for it in messages.read() if not (held and it.held_out)]
    learnt = arrays([*given, *joined(given), *said_in_short()])
    if held or not FILE.exists() or not says_the_same(learnt, dict(np.load(FILE))):
        target = HELD if held else FILE
        np.savez(target, **learnt)
        print(f"{target.name}: {len(learnt['weights'])} rows, {target.stat().st_size / 1e6:.1f} MB")


def joined(given: Sequence[Message]) -> Iterator[Message]:
    """Long tips: two or three of one category, one after the other, as who has much to tell writes."""
    chance = random.Random(7)
    plain = [it for it in given if it.intent == "tip" and it.accused == "none" and it.danger == "-"]
    by_category: dict[str, list[Message]] = {}
    for it in plain:
        by_category.setdefault(it.category, []).append(it)
    for it in chance.sample(plain, int(JOINED * len(plain))):
        several = [it, *chance.sample(by_category[it.category], min(2, len(by_category[it.category])))]
        text = " ".join(one.text for one in several[: chance.randint(2, 3)])
        yield Message(it.intent, it.category, "none", "?", it.style, "-", text, it.voice)


def said_in_short() -> Iterator[Message]:
    """What our data name: the lexicon's phrases as tips of their codes; offices and places that stand alone as tips."""
    for code, phrases in _lexicon("lexicon.json", "categories"):
        danger = "?" if categories()[code].urgency == "P0" else "-"
        yield from (Message("tip", code, "?", danger, "accented", "-", it, "lexicon") for it in phrases)
    for intent, phrases in _lexicon("intents.json", "intents"):
        if intent in {"status", "how_to", "administrative", "out_of_scope", "spam"}:
            yield from (Message(intent, "-", "none", "-", "accented", "-", it, "lexicon") for it in phrases)
    offices = (it for several in read("accused.json")["officials"].values() for it in several)
    areas = units.load("hcmc-districts").areas
    places = (it.name for it in (*areas.districts.values(), *areas.wards.values()))
    for alone in (*offices, *places):
        yield Message("tip", "-", "none", "-", "accented", "-", alone, "lexicon")


def _lexicon(file: str, what: str) -> Iterator[tuple[str, list[str]]]:
    """Of each name the phrases that weigh enough to stand for it by themselves."""
    for name, by_weight in read(file)[what].items():
        weighty = (phrases for weight, phrases in by_weight.items() if float(weight) >= WEIGHTY)
        yield name, [it.lstrip("^") for phrases in weighty for it in phrases]


def arrays(given: Sequence[Message]) -> dict[str, npt.NDArray[Any]]:
    """What the data file holds."""
    with Pool() as pool:
        read = pool.map(_read, [it.text for it in given], chunksize=50)
    known = fitting.vocabulary([signs for signs, _ in read])
    rows = known.matrix([sign for signs, _ in read for sign in signs])
    said = [it for it, (signs, _) in zip(given, read, strict=True) for _ in signs]
    models = {
        "intent": fitting.few(rows, [it.intent for it in said]),
        "category": _of(rows, said, [it.category != "-" for it in said], "category", fitting.many),
        "kind": _of(rows, said, [it.accused not in {"none", "?"} for it in said], "accused", fitting.few),
        "accused": _whether(rows, said, "accused", lambda it: it != "none", ACCUSING),
        "danger": _whether(rows, said, "danger", lambda it: it == "P0", IN_DANGER),
    }
    mentions = [
        (cues, it.accused == kind)
        for it, (_, mentioned) in zip(given, read, strict=True)
        for kind, cues in mentioned
        if it.accused in {"none", kind}  # nobody said whether the others are accused too
    ]
    return fitting.packed(known, models, fitting.cues(mentions, ACCUSING))


def _of(rows: Any, said: Sequence[Message], kept: Sequence[bool], what: str, fit: Any) -> fitting.Fitted:
    at = np.flatnonzero(kept)
    found: fitting.Fitted = fit(rows[at], [getattr(said[it], what) for it in at])
    return found


def _whether(
    rows: Any, said: Sequence[Message], what: str, holds: Callable[[str], bool], counts: float
) -> fitting.Fitted:
    labels = [getattr(it, what) for it in said]
    at = np.flatnonzero([it != "?" for it in labels])
    return fitting.whether(rows[at], [holds(labels[it]) for it in at], counts)


def _read(text: str) -> tuple[list[Sign], list[tuple[str, list[str]]]]:
    """The signs of a message's variants, and the mentions of officials in it, bare and not."""
    written = noise.variants(text)
    mentions = [it for words in dict.fromkeys(written[:2]) for it in _TRIAGER.cues(words)]
    return [_TRIAGER.signs(it) for it in written], mentions


_TRIAGER: Final = Triager(units.load("hcmc-districts"), model.UNLEARNT)


def says_the_same(one: dict[str, npt.NDArray[Any]], other: dict[str, npt.NDArray[Any]]) -> bool:
    """Whether two files say the same: another processor may round a few weights the other way."""
    for name in ("said", "codes"):
        if not np.array_equal(one[name], other[name]):
            return False
    apart = np.abs(one["weights"].astype(np.int16) - other["weights"])
    return bool((apart <= ONE_STEP).mean() >= SAME) and np.allclose(one["worth"], other["worth"], rtol=1e-2)


if __name__ == "__main__":
    main(sys.argv[1:])
