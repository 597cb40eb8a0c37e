"""The models: linear ones that share one matrix of weights, with a row for each code or name that they know.

`make learn` makes them (`scripts/learn.py`); the data file holds whole numbers of eight bits and, for each answer, what
one of them is worth. A text's sums are taken family by family, each divided by the root of how much of it is known, so
that long texts and short ones are judged alike.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from tips.data import opened
from tips.triage.grams import Codes, Grams

FILE: Final = "models.npz"
ORDER: Final = ("intent", "category", "kind", "accused", "danger")  # of the models, as their columns stand
TOLD: Final = 3
LONG: Final = 10_000  # codes: in a longer text most of them occur again and again
Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Scores:
    """What the models say of a text."""

    intents: Mapping[str, float]  # how likely each is; they add up to one
    categories: Mapping[str, float]  # the same
    accused: float  # how likely somebody in office is
    kinds: Mapping[str, float]  # of whom, if so
    danger: float  # how likely a life, or somebody's freedom, is in danger now


@dataclass(frozen=True, slots=True)
class Models:
    """All weights."""

    codes: Codes  # in order: the rows of stretches and words
    names: Mapping[str, int]  # the rows of named features
    weights: npt.NDArray[np.int8]  # rows × answers
    worth: Floats  # of one step of a weight, by answer
    base: Floats
    answers: Mapping[str, Sequence[str]]  # of each model, in the order of the columns
    cues: Mapping[str, float]  # what speaks for a mention's accusing the official that it names
    cues_base: float

    def judge(self, grams: Grams, names: Iterable[str]) -> Scores:
        """What the models say of a text, by its codes and the names of what was found in it."""
        sums = self._sums(grams, names)
        intents, categories, kinds, accused, danger = (sums[begin:end] for begin, end in self._columns())
        return Scores(
            intents=_shares(self.answers["intent"], intents),
            categories=_shares(self.answers["category"], categories),
            kinds=_shares(self.answers["kind"], kinds),
            accused=logistic(accused[0]),
            danger=logistic(danger[0]),
        )

    def accuses(self, cues: Iterable[str]) -> float:
        """How likely a mention accuses the official that it names, by its cues (`accusation_model.cues`)."""
        known = [weight for name in cues if (weight := self.cues.get(name)) is not None]
        return logistic(self.cues_base + sum(known) / math.sqrt(max(len(known), 1)))

    def telling(self, grams: Grams, model: str, answer: str) -> list[tuple[int, int]]:
        """The words that speak most for an answer, up to `TOLD` spots in the order of the text: from, up to."""
        column = self._begins(model) + self.answers[model].index(answer)
        codes = grams.words
        at = self.codes.searchsorted(codes)
        known = np.flatnonzero(self.codes.take(at, mode="clip") == codes)
        weights = self.weights[at.take(known), column]  # taking from a column would copy all of it
        best = known[np.argsort(-weights, kind="stable")][: np.count_nonzero(weights > 0)]
        count = (len(codes) + 1) // 2  # words, then pairs of neighbours
        spots: list[tuple[int, int]] = []
        for it in best.tolist():
            first, after = (it, it + 1) if it < count else (it - count, it - count + 2)
            if all(after <= a or b <= first for a, b in spots):
                spots.append((first, after))
                if len(spots) == TOLD:
                    break
        return sorted(spots)

    def _known(self, codes: Codes) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """Where each code's row would be, and whether there is one."""
        at = self.codes.searchsorted(codes)
        return at, self.codes.take(at, mode="clip") == codes

    def _rows(self, grams: Grams) -> Iterator[tuple[Rows, Floats]]:
        """The rows of what is known of each family, and what each of them counts."""
        at, known = self._known(grams.codes)
        ends = itertools.accumulate(grams.counts, initial=0)
        for begin, end in itertools.pairwise(ends):
            rows = at[begin:end][known[begin:end]]
            yield rows, _each(len(rows))

    def _rows_once(self, grams: Grams) -> Iterator[tuple[Rows, Floats]]:
        """The same with each row once, which counts for all."""
        for codes in (grams.letters, grams.words, grams.accented):
            distinct, often = np.unique(codes, return_counts=True)
            at, known = self._known(distinct)
            yield at[known], often[known] * _each(1, int(often[known].sum()))

    def _sums(self, grams: Grams, names: Iterable[str]) -> Floats:
        named = np.array([row for name in names if (row := self.names.get(name)) is not None], np.intp)
        families = [*(self._rows_once if len(grams.codes) > LONG else self._rows)(grams), (named, _each(len(named)))]
        rows, each = (np.concatenate(several) for several in zip(*families, strict=True))
        summed: Floats = each.astype(np.float32) @ self.weights.take(rows, 0).astype(np.float32)
        return self.base + self.worth * summed

    def _columns(self) -> Iterator[tuple[int, int]]:
        """Where the columns of each model begin and end."""
        ends = itertools.accumulate((len(self.answers[it]) for it in ORDER), initial=0)
        return itertools.pairwise(ends)

    def _begins(self, model: str) -> int:
        """The first column of a model."""
        return sum(len(self.answers[it]) for it in ORDER[: ORDER.index(model)])


def _each(rows: int, known: int | None = None) -> Floats:
    """What each of some rows counts, of a family of which so much is known."""
    return np.full(rows, 1.0 / math.sqrt(max(rows if known is None else known, 1)))


def _shares(answers: Sequence[str], sums: Floats) -> dict[str, float]:
    """Shares that add up to one, by answer."""
    powers = np.exp(sums - np.max(sums))
    return dict(zip(answers, (powers / powers.sum()).tolist(), strict=True))


def logistic(value: float) -> float:
    """How likely something is whose odds have this logarithm."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, float(value)))))


@functools.cache
def load() -> Models:
    """The models of the data file, read once."""
    with opened(FILE) as file:
        return read(file)


def read(file: IO[bytes]) -> Models:
    """The models of a file, as `scripts/learn.py` writes it."""
    with np.load(file, allow_pickle=False) as data:
        said: dict[str, Any] = json.loads(data["said"].tobytes())
        codes, weights, worth, base = (data[it] for it in ("codes", "weights", "worth", "base"))
        cues = (data["cues"].astype(np.float32) * data["cues_worth"]).tolist()
        cues_base = float(data["cues_base"])
    names = {name: len(codes) + at for at, name in enumerate(said["names"])}
    by_cue = dict(zip(said["cues"], cues, strict=True))
    return Models(codes, names, weights, worth, base, said["answers"], by_cue, cues_base)


UNLEARNT: Final = Models(  # what reads before anything was learnt
    np.zeros(0, np.uint64), {}, np.zeros((0, 0), np.int8), np.zeros(0, np.float32), np.zeros(0, np.float32), {}, {}, 0.0
)
