"""Threats against whoever reports: "nó dọa chém tôi nếu báo", "nó biết nhà em rồi, em sợ".

A fear of being found out is none, and no threat to sue; what counts is that somebody threatened the life of the writer
or of those at home, or any harm for reporting, or has found out and comes.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tips.data import read
from tips.triage import lexicon
from tips.triage.lexicon import Hits, Spot
from tips.triage.text import Phrases, Text

FILE: Final = "threats.json"
SETS: Final = (
    "act", "blow", "no_act", "whom", "not_me", "menace", "found_out", "done", "chase", "fear", "i_am", "when_told",
    "perhaps",
)  # fmt: skip
BESIDE: Final = 2  # words between an act and whom it strikes
REACH: Final = 8  # words between what is done and what makes it a threat
LOOKED_AT: Final = 12  # spots of a kind: nobody repeats a threat so often


@functools.cache
def load() -> Phrases[str]:
    """The tree of all phrases, built once."""
    data = read(FILE)
    tree: Phrases[str] = Phrases()
    for name in SETS:
        for phrase in data[name]:
            tree.add(phrase, name)
    return tree


def find(text: Text) -> Spot | None:
    """The words that tell of a threat against the writer; None: there are none."""
    every = lexicon.marks(text, load())
    if not any(name in every for name in ("act", "blow", "found_out", "chase")):
        return None
    marks = {name: spots[:LOOKED_AT] for name, spots in every.items()}
    found = (*_struck(marks), *_at_a_price(marks), *_found_out(marks))
    return found[0] if found else None


def _struck(marks: Hits) -> Iterator[Spot]:
    """The writer or somebody at home is to be killed, or hurt for reporting."""
    others = {first for first, _ in (*marks.get("not_me", ()), *marks.get("no_act", ()))}
    for name, makes in (("act", ("menace", "found_out", "when_told")), ("blow", ("found_out", "when_told"))):
        for act, whom in itertools.product(marks.get(name, ()), marks.get("whom", ())):
            beside = 0 <= whom[0] - act[1] <= BESIDE and others.isdisjoint((act[0], whom[0]))
            if beside and any(_near(act, _all(marks, makes))):
                yield act[0], whom[1]


def _at_a_price(marks: Hits) -> Iterator[Spot]:
    """Whoever reports will be killed, they look for the writer to do it, or the writer was told so."""
    for act in marks.get("act", ()):
        for spot in _near(act, _all(marks, ("when_told", "chase"))):
            if spot[0] < act[0] and not any(_doubts(spot, marks)):
                yield spot[0], act[1]
        yield from ((it[0], act[1]) for it in marks.get("i_am", ()) if 0 <= act[0] - it[1] <= BESIDE)


def _found_out(marks: Hits) -> Iterator[Spot]:
    """It is known who reports, or where they live, and that is no mere doubt."""
    for spot in _all(marks, ("found_out", "chase")):
        done = any(0 <= it[0] - spot[1] <= BESIDE for it in marks.get("done", ()))
        follows = any(0 <= it[0] - spot[1] <= REACH for it in _all(marks, ("fear", "chase", "menace", "found_out")))
        if (done or follows) and not any(_doubts(spot, marks)):
            yield spot


def _all(marks: Hits, names: Sequence[str]) -> list[Spot]:
    return [spot for name in names for spot in marks.get(name, ())]


def _near(spot: Spot, others: Iterable[Spot]) -> Iterator[Spot]:
    for it in others:
        if 0 <= spot[0] - it[1] <= REACH or 0 <= it[0] - spot[1] <= REACH:
            yield it


def _doubts(spot: Spot, marks: Hits) -> Iterator[Spot]:
    """What makes it a mere fear, or a question."""
    for it in marks.get("perhaps", ()):
        if 0 <= spot[0] - it[1] <= BESIDE:
            yield it
