"""From features and labels to one matrix of weights: regularised linear models, quantised to eight bits.

Linear support vector machines for what has many answers, logistic regression for what has two; both by liblinear's
dual coordinate descent, in a fixed order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from tips.triage.grams import Grams

SEEN: Final = 6  # messages in which something occurs that a weight is learnt for
FAMILIES: Final = {"letters": 1.0, "words": 1.3, "accented": 0.7, "names": 0.8}  # what a family counts
RARE: Final = 0.3  # what the logarithm of a code's rarity counts
SOFT: Final = 8.0  # how little logistic regression is held back
MOST: Final = 200  # steps of logistic regression
STEPS: Final = 127  # of a weight's eight bits
SLACK: Final = 0.5  # how little the machines are
CUT: Final = 0.0005  # of the weights, by column, that are as large as a step cannot say
MARGIN: Final = 3.0  # by how much a machine's margins are stretched before they become shares
Sign = tuple[Grams, list[str]]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Vocabulary:
    """What weights are learnt for, and what each of it counts where it occurs."""

    codes: npt.NDArray[np.uint64]  # in order
    names: Sequence[str]
    worth: Floats  # of the codes, then of the names

    def matrix(self, signs: Sequence[Sign]) -> csr_matrix:
        """A row for each text, a column for each code and name."""
        known = {name: len(self.codes) + at for at, name in enumerate(self.names)}
        columns, values, ends = [], [], [0]
        for grams, names in signs:
            families = [self._columns(it) for it in _families(grams)]
            families.append(np.array([known[it] for it in names if it in known], np.int64))
            columns += families
            values += [self.worth[it] / np.sqrt(max(len(it), 1)) for it in families]
            ends.append(ends[-1] + sum(map(len, families)))
        shape = (len(signs), len(self.worth))
        every, at = np.concatenate(values).astype(np.float32), np.concatenate(columns).astype(np.int32)
        found = csr_matrix((every, at, ends), shape=shape)
        found.sum_duplicates()
        return found

    def _columns(self, codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        at = self.codes.searchsorted(codes)
        return at[self.codes.take(at, mode="clip") == codes]


def _families(grams: Grams) -> tuple[npt.NDArray[np.uint64], ...]:
    return grams.letters, grams.words, grams.accented


def vocabulary(messages: Sequence[Sequence[Sign]]) -> Vocabulary:
    """What occurs in enough messages; each message comes with its variants."""
    counts: dict[str, Counter[int]] = {family: Counter() for family in FAMILIES if family != "names"}
    names: Counter[str] = Counter()
    for variants in messages:
        for family, several in zip(counts, zip(*(_families(it) for it, _ in variants), strict=True), strict=True):
            counts[family].update(np.unique(np.concatenate(several)).tolist())
        names.update({name for _, listed in variants for name in listed})
    worth = {
        code: FAMILIES[family] * RARE * float(np.log(len(messages) / count))
        for family, counted in counts.items()
        for code, count in counted.items()
        if count >= SEEN
    }
    codes, kept = sorted(worth), sorted(name for name, count in names.items() if count >= SEEN)
    counting = [worth[code] for code in codes] + [FAMILIES["names"]] * len(kept)
    return Vocabulary(np.array(codes, np.uint64), kept, np.array(counting))


@dataclass(frozen=True)
class Fitted:
    """One model: its answers, and for each a weight of every column, and what it begins with."""

    answers: Sequence[str]
    weights: Floats  # answers × columns
    base: Floats


def many(rows: csr_matrix, answers: Sequence[str]) -> Fitted:
    """Of many answers, one: linear support vector machines, flat."""
    machine = LinearSVC(C=SLACK, dual=True, tol=0.02, max_iter=300, random_state=7).fit(rows, list(answers))
    return Fitted(list(machine.classes_), MARGIN * machine.coef_, MARGIN * machine.intercept_)


def few(rows: csr_matrix, answers: Sequence[str]) -> Fitted:
    """Of some answers one, and how likely each is: multinomial logistic regression."""
    model = LogisticRegression(C=SOFT, max_iter=MOST, tol=1e-4).fit(rows, list(answers))
    return Fitted(list(model.classes_), model.coef_, model.intercept_)


def whether(rows: csr_matrix, holds: Sequence[bool], counts: float) -> Fitted:
    """Whether something holds; an example where it does counts so many times as much as another."""
    model = LogisticRegression(C=SOFT, max_iter=MOST, tol=1e-4, class_weight={True: counts, False: 1.0})
    model.fit(rows, list(holds))
    return Fitted(("",), model.coef_, model.intercept_)


def cues(mentions: Sequence[tuple[Sequence[str], bool]], counts: float) -> tuple[list[str], Floats, float]:
    """The weights of what stands around a mention: how it accuses the official that it names."""
    seen = Counter(name for listed, _ in mentions for name in listed)
    names = sorted(name for name, count in seen.items() if count >= SEEN)
    at = {name: column for column, name in enumerate(names)}
    known = [[at[it] for it in listed if it in at] for listed, _ in mentions]
    values = [1.0 / np.sqrt(max(len(it), 1)) for it in known for _ in it]
    ends = np.concatenate([[0], np.cumsum([len(it) for it in known])])
    rows = csr_matrix((values, [it for listed in known for it in listed], ends), shape=(len(known), len(names)))
    found = whether(rows, [accuses for _, accuses in mentions], counts)
    return names, found.weights[0], float(found.base[0])


def packed(
    known: Vocabulary, models: Mapping[str, Fitted], by_cue: tuple[Sequence[str], Floats, float]
) -> dict[str, npt.NDArray[Any]]:
    """The arrays of the data file."""
    weights = np.concatenate([it.weights for it in models.values()]).T * known.worth[:, None]
    steps, worth = _stepped(weights)
    names, cue_weights, cues_base = by_cue
    cue_steps, cues_worth = _stepped(cue_weights[:, None])
    said = {"answers": {name: it.answers for name, it in models.items()}, "names": known.names, "cues": names}
    return {
        "said": np.frombuffer(json.dumps(said, ensure_ascii=False).encode(), np.uint8),
        "codes": known.codes,
        "weights": steps,
        "worth": worth,
        "base": np.concatenate([it.base for it in models.values()]).astype(np.float32),
        "cues": cue_steps[:, 0],
        "cues_worth": cues_worth[0],
        "cues_base": np.float32(cues_base),
    }


def _stepped(weights: Floats) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Weights as whole steps, and what a step is worth, by column; the few largest weights are cut."""
    worth = np.quantile(np.abs(weights), 1 - CUT, axis=0) / STEPS
    return np.clip(np.rint(weights / worth), -STEPS, STEPS).astype(np.int8), worth.astype(np.float32)
