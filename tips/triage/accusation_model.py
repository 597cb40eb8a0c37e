"""Whether a mention of an official accuses it: "công an phường nhận tiền" does, "đã báo công an phường" does not.

A linear model weighs the words around the mention and how strongly the phrases there accuse; another one the whole
message, and of which kind the accused are. Both are joined. They may err to the side of accusing: who is shut out for
nothing loses a tip, who is let in wrongly may cost a life.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tips.organisation.taxonomy import Flag, categories, has
from tips.triage.lexicon import Evidence, Found, Hits, Spot
from tips.triage.model import Models, Scores, logistic
from tips.triage.text import Text

LIKELY: Final = 0.3  # so likely must it be that a mention accuses
UNNAMED: Final = 0.5  # so likely must it be that somebody in office is accused whom no words name
OF_A_KIND: Final = 0.2  # and that it is one of this kind: who it may be else is shut out too
OF_ANOTHER: Final = 0.5  # and of this one beside a unit that is named
AROUND, WHOLE, KIND, FIRST = 0.45, 0.5, 0.9, 0.2  # what speaks for an accusation; fitted on a third kept out
LEAST: Final = 1e-4  # nothing is less likely than this
BEFORE: Final = 14  # words in which an accusation may stand before a mention
AFTER: Final = 32  # and after it
LEADING: Final = 5  # words before a mention that are features themselves
FOLLOWING: Final = 12  # and after it
WEAK: Final = 3.0  # offences that weigh no more accuse nobody
MOST: Final = 8.0  # what offences add at most
STEPS: Final = (0.0, 2.0, 3.6, 6.0, 10.0)  # of the phrases' weight: each that is passed is a feature
_WEIGHTS: Final = {"accusing.6": 6.0, "accusing.4": 4.0, "accusing.2": 1.3}
_TOLD: Final = 3.0  # "báo công an", "quen công an": told, feared, boasted of
_CAME: Final = 4.0  # "công an đã tới dẹp"


@dataclass(frozen=True, slots=True)
class Official:
    """An official or unit that a text mentions."""

    kind: str
    units: tuple[str, ...]
    first: int  # words from, up to
    after: int
    named: bool  # with its place or number


def offences(found: Found) -> list[Evidence]:
    """What speaks for a crime that only officials commit."""
    return [it for code, listed in found.evidence.items() if code in _in_office() for it in listed]


@functools.cache
def _in_office() -> frozenset[str]:
    return frozenset(code for code in categories() if has(code, Flag.OFFENCE_IN_OFFICE))


def likelihood(official: Official, cues: Sequence[str], hits: Hits, models: Models, scores: Scores) -> float:
    """How likely the text accuses this official, by the words around the mention and by the whole message.

    Args:
        official: the mention.
        cues: what `cues` found around it.
        hits: the signals of the message.
        models: what weighs the words around it.
        scores: what they say of the message.
    """
    if any(official.first - 1 <= after <= official.first for _, after in hits.get("benign.never", ())):
        return 0.0  # whoever poses as an official, or boasts of knowing one, says nothing of them
    around = models.accuses(cues)
    of_kind = math.log(max(scores.kinds.get(official.kind, 0.0), LEAST))
    return logistic(AROUND * _odds(around) + WHOLE * _odds(scores.accused) + KIND * of_kind + FIRST)


def _odds(share: float) -> float:
    """The logarithm of its odds."""
    kept = min(max(share, LEAST), 1.0 - LEAST)
    return math.log(kept / (1.0 - kept))


def cues(
    text: Text, against: Sequence[Evidence], hits: Hits, official: Official, spoken: Collection[int] = ()
) -> list[str]:
    """The features of a mention, each once, in a fixed order; `make learn` finds their weights.

    Args:
        text: the message.
        against: what `offences` found in it.
        hits: its signals.
        official: the mention.
        spoken: the numbers of words that name offices of which something is wished: which they are, tells nothing.
    """
    score = _score(text, against, hits, official)
    listed = [f"!{official.kind}", *(f"!phrases>{step:g}" for step in STEPS if score > step)]
    listed += [f"!{name}" for name in ("benign.before", "benign.after") if _benign(hits, name, official)]
    if official.named:
        listed.append("!named")
    if hits.get("cover_up"):
        listed.append("!cover_up")
    for name in _WEIGHTS:
        listed += [f"!{name}{side}" for side in _sides(hits, name, official)]
    listed += _around(text, official, spoken)
    return list(dict.fromkeys(listed))


def _around(text: Text, official: Official, spoken: Collection[int]) -> Iterator[str]:
    """The words on both sides, bare, and pairs of neighbours; numbers are one word."""
    start, end = max(0, official.first - LEADING), min(len(text.words), official.after + FOLLOWING)
    before = _plain(text, range(start, official.first), spoken)
    behind = _plain(text, range(official.after, end), spoken)
    yield from (f"<{word}" for word in before)
    yield f"<<{' '.join(before[-2:]) or '^'}"
    yield f"<<{before[-1]}" if before else "<^"
    yield from (f">{word}" for word in behind)
    yield from (f">>{word}" for word in behind[:4])
    yield from (f">{one} {other}" for one, other in itertools.pairwise(behind))


def _plain(text: Text, spots: Iterable[int], spoken: Collection[int]) -> list[str]:
    said = ((at, text.words[at]) for at in spots)
    return ["@" if at in spoken else "#" if word.isdecimal() else word for at, word in said]


def _sides(hits: Hits, name: str, official: Official) -> Iterator[str]:
    for first, _ in _near(hits, name, official):
        yield "<" if first < official.first else ">"


def _near(hits: Hits, name: str, official: Official) -> list[Spot]:
    """The spots of a signal around a mention, of all that stand in the order of the text."""
    low, high = official.first - BEFORE, official.after + AFTER
    spots = hits.get(name, [])
    within = spots[bisect.bisect_left(spots, (low,)) : bisect.bisect_left(spots, (high,))]
    return [it for it in within if it[1] <= high]


def _benign(hits: Hits, name: str, official: Official) -> bool:
    """Whether words stand beside the mention by which it is told, feared, or at work."""
    if name == "benign.before":
        return any(official.first - 2 <= after <= official.first for _, after in hits.get(name, ()))
    return any(official.after <= first <= official.after + 3 for first, _ in hits.get(name, ()))


def _score(text: Text, against: Sequence[Evidence], hits: Hits, official: Official) -> float:
    """How much the phrases around a mention accuse it."""
    low, high = official.first - BEFORE, official.after + AFTER
    said: dict[tuple[str, ...], float] = {}
    for name, weight in _WEIGHTS.items():
        for first, after in _near(hits, name, official):
            if not (official.first <= first and after <= official.after):
                said[tuple(text.words[first:after])] = weight
    near = [it.weight for it in against if low <= it.first and it.after <= high and it.weight > WEAK]
    score = sum(sorted(said.values(), reverse=True)[:5]) + min(sum(near), MOST)
    if _benign(hits, "benign.before", official):
        score -= _TOLD
    if _benign(hits, "benign.after", official):
        score -= _CAME
    return score
