"""How sure it is that somebody in office is accused: sure, worth a question, or no.

Rules over words that hint at an office without naming one (`data/smell.json`): a patron, money for nobody named, a
report that came to nothing, a raid known beforehand, a relative in the force; and an offence that is one of office
though nobody is accused of it. A question asked in vain costs a moment; one that was not asked may bring a tip to the
desk that it is about.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Final

from tips.data import read
from tips.triage import lexicon
from tips.triage.accusation_model import Official
from tips.triage.lexicon import Hits, Spot
from tips.triage.model import Scores
from tips.triage.results import Accusation, Band
from tips.triage.text import Phrases, Text

FILE: Final = "smell.json"
DOUBTFUL: Final = 0.09  # so likely must it be that a mention accuses, to ask
LOOKED_AT: Final = 24  # spots of a kind
APART: Final = 8  # words between who is hinted at and what is done
FURTHER: Final = 20  # between a station and the harm done there, or a report and what came of it


@functools.cache
def load() -> Phrases[str]:
    """The tree of all phrases, built once."""
    data = read(FILE)
    tree: Phrases[str] = Phrases()
    for name in ("who", "what", "posing", *itertools.chain.from_iterable(data["together"])):
        for phrase in data[name]:
            tree.add(phrase, name)
    for phrase in (phrase for phrases in data["alone"].values() for phrase in phrases):
        tree.add(phrase, "alone")
    return tree


def hints(text: Text) -> Hits:
    """Where words hint at somebody in office."""
    return lexicon.marks(text, load())


def band(
    hinted: Hits,
    accused: Sequence[Accusation],
    likely: Sequence[tuple[Official, float]],
    scores: Scores,
    *,
    tip: bool,
    open_to_doubt: bool,
) -> Band:
    """How sure it is.

    Args:
        hinted: what `hints` found.
        accused: who is accused for sure.
        likely: how likely each mention of an official accuses it.
        scores: what the models say.
        tip: whether it is a tip at all.
        open_to_doubt: whether the text itself leaves open whom it accuses.
    """
    if accused:
        return Band.SURE
    if not tip:
        return Band.NO
    asks = open_to_doubt or doubtful(hinted, scores) or any(it >= DOUBTFUL for _, it in likely)
    return Band.ASK if asks else Band.NO


def doubtful(hinted: Hits, scores: Scores) -> bool:
    """Whether words hint at somebody in office, or the whole message does, whoever is accused beside."""
    return scores.accused >= DOUBTFUL or smells(hinted)


def smells(hinted: Hits) -> bool:
    """Whether words hint at somebody in office, whoever is accused beside."""
    if hinted.get("alone"):
        return True
    if any(_both(hinted, one, other, FURTHER) for one, other in read(FILE)["together"]):
        return True
    posing = {after for _, after in hinted.get("posing", ())}
    who = [it for it in hinted.get("who", ()) if it[0] not in posing][:LOOKED_AT]
    return any(_near(one, other, APART) for one in who for other in hinted.get("what", ())[:LOOKED_AT])


def _both(hinted: Hits, one: str, other: str, apart: int) -> bool:
    ones, others = (hinted.get(name, ())[:LOOKED_AT] for name in (one, other))
    return any(_near(first, second, apart) for first in ones for second in others)


def _near(one: Spot, other: Spot, apart: int) -> bool:
    return 0 <= other[0] - one[1] <= apart or 0 <= one[0] - other[1] <= apart
