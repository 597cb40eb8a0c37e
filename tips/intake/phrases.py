"""What short messages mean: commands typed instead of pressed, corrections, and questions in the middle.

The phrases are data (`data/phrases.json`), compared without accents, case and punctuation.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tips.data import read

_KEPT_CONTROLS: Final = frozenset("\n\t")
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_CHOOSING: Final = re.compile(r"^\s*(?:(?:chọn|chon|bấm|bam|số|so)\s+){1,2}(?=\d)|[)]", re.IGNORECASE)
_BESIDE_A_DIGIT: Final = frozenset({"Mn", "Me", "Cf"})  # what makes a key of it
_POLITE: Final = frozenset({"a", "da", "nha", "nhe", "di", "giup", "em", "ban", "oi"})
_PUNCTUATION: Final = re.compile(r"[^\w/':-]+")
_SIGN: Final = "[\u2e80-\u9fff\uf900-\ufaff]"  # a letter that is a word: Chinese parts none by spaces
_STOPS: Final = "\\s,.;:!，。；：！、-"
_WORD: Final = re.compile(f"{_SIGN}|(?:(?!{_SIGN})[^{_STOPS}])+")
ASKING: Final = 3  # words at the beginning and the end by which a question is known
SHORT_YES: Final = 6  # words: "có mấy chục người tụ tập ở đó" says more than yes
SHORT: Final = 60  # characters: a longer message is never a mere command
SIGN_LENGTH: Final = 5  # so many more characters a letter that is a word counts for
QUESTION_LENGTH: Final = 160  # characters: a longer message is never a mere question


@dataclass(frozen=True, slots=True)
class Phrases:
    """The lexicon, as it is looked up."""

    commands: Mapping[str, str]  # folded phrase -> option id or command
    openers: tuple[str, ...]  # longest first
    questions: Mapping[str, tuple[str, ...]]  # topic -> folded phrases, in a text that asks
    told: Mapping[str, tuple[str, ...]]  # and in a short text that does not
    asking: frozenset[str]  # words with which questions begin or end
    never_asked: tuple[str, ...]
    never_corrected: tuple[str, ...]  # what only begins like a correction
    greetings: frozenset[str]  # whole messages that say nothing yet
    calls_for_help: frozenset[str]  # whole messages
    affirmations: tuple[str, ...]  # how an answer begins that says yes, or perhaps
    preventing: tuple[str, ...]  # how a message begins that says who must not read
    hesitations: frozenset[str]  # whole messages from which nobody could tell whether to go on
    numerals: Mapping[str, str]  # numbers in words -> in digits
    agreements: frozenset[str]  # and whole messages that do; "dung" may also be "đừng"


@functools.cache
def load() -> Phrases:
    """The lexicon of `data/phrases.json`."""
    raw = read("phrases.json")
    return Phrases(
        commands={fold(phrase): name for name, phrases in raw["commands"].items() for phrase in phrases},
        openers=tuple(sorted(_folded(raw["correction_openers"]), key=len, reverse=True)),
        questions={topic: _folded(phrases) for topic, phrases in raw["questions"].items()},
        told={topic: _folded(phrases) for topic, phrases in raw["told"].items()},
        asking=frozenset(raw["asking"]),
        never_asked=_folded(raw["never_asked"]),
        never_corrected=_folded(raw["never_corrected"]),
        greetings=frozenset(_folded(raw["greetings"])),
        calls_for_help=frozenset(_folded(raw["calls_for_help"])),
        affirmations=_folded(raw["affirmations"]),
        agreements=frozenset(_folded(raw["agreements"])),
        preventing=_folded(raw["preventing"]),
        hesitations=frozenset(_folded(raw["hesitations"])),
        numerals={fold(word): digits for word, digits in raw["numerals"].items()},
    )


def _folded(phrases: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(fold, phrases))


def clean(text: str) -> str:
    """The text as it is kept: NFC, without control, zero-width, direction and broken signs; never empty spaces."""
    if text.isascii() and text.isprintable():
        return text.strip()
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        sign for sign in composed if sign in _KEPT_CONTROLS or unicodedata.category(sign) not in _DROPPED
    ).strip()


def fold(text: str) -> str:
    """Lower case, no accents, đ as d, punctuation as single spaces; a letter that is a word stands by itself."""
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    if not bare.isascii():
        bare = re.sub(_SIGN, r" \g<0> ", bare)
    return _PUNCTUATION.sub(" ", bare).strip()


def has_words(text: str) -> bool:
    """Whether there is a letter or digit in it at all."""
    return any(sign.isalnum() for sign in text)


def command(text: str) -> str | None:
    """The option or command that a short message stands for; None: it is something else."""
    if len(text) > SHORT:
        return None
    folded = fold(text)
    return load().commands.get(folded) or load().commands.get(_without_politeness(folded))


def affirms(text: str) -> bool:
    """Whether an answer begins with a yes or a perhaps, or ends in one ("không biết ai nhưng có")."""
    folded = fold(text)
    begins = len(folded.split()) <= SHORT_YES and any(f"{folded} ".startswith(f"{it} ") for it in load().affirmations)
    return begins or agrees(text) or re.search(r"\b(nhung|nhung ma|ma) co\b", folded) is not None


def calls_for_help(text: str) -> bool:
    """Whether a message is nothing but a cry for help, or the number that should be called."""
    return fold(text) in load().calls_for_help


def disputes(text: str) -> bool:
    """Whether words say that a closing is not accepted."""
    folded = f" {fold(text)} "
    return any(f" {phrase} " in folded for phrase, name in load().commands.items() if name == "dispute")


def agrees(text: str) -> bool:
    """Whether a message is nothing but a yes."""
    return fold(text) in load().agreements


def wavers(text: str) -> bool:
    """Whether a message is nothing but a word from which nobody could tell whether to go on ("thôi")."""
    return fold(text) in load().hesitations


def prevents(text: str) -> bool:
    """Whether a message begins by saying that somebody must not read; whom it names is another matter."""
    return any(f"{fold(text)} ".startswith(f"{it} ") for it in load().preventing)


def greets(text: str) -> bool:
    """Whether a message is nothing but a greeting."""
    return fold(text) in load().greetings


def behind(name: str, text: str) -> str | None:
    """The words behind a command with a slash, "" where there are none; None: it is not this command."""
    first, _, rest = text.partition(" ")
    named = first.partition("@")[0].lower()
    return rest.strip() if named.startswith("/") and load().commands.get(named) == name else None


def _without_politeness(folded: str) -> str:
    return " ".join(word for word in folded.split() if word not in _POLITE)


def numbers(text: str) -> list[int]:
    """The numbers that a message consists of, as people part and say them ("1 nha"); []: it says something else."""
    plain = "".join(it for it in unicodedata.normalize("NFKC", text) if unicodedata.category(it) not in _BESIDE_A_DIGIT)
    words = re.split(r"[\s,;.+&]+|\bvà\b|\bva\b", _CHOOSING.sub("", plain))
    listed = [load().numerals.get(fold(word), word) for word in words if word and fold(word) not in _POLITE]
    return [int(word) for word in listed] if all(re.fullmatch(r"\d{1,2}", word) for word in listed) else []


def correction(text: str) -> str | None:
    """What follows "à không, …" and its kin; None: no correction."""
    folded = f"{fold(text)} "
    if any(folded.startswith(f"{it} ") for it in load().never_corrected):
        return None
    opener = next((it for it in load().openers if folded.startswith(f"{it} ")), None)
    return None if opener is None else _behind(text, len(opener.split()))


def _behind(text: str, words: int) -> str:
    """What stands behind so many words."""
    *_, last = itertools.islice(_WORD.finditer(text), words)
    return re.sub(f"^[{_STOPS}]+", "", text[last.end() :])


def question(text: str) -> str | None:
    """The topic of a question about this channel; None: it asks nothing that we know, or tells something."""
    if len(text) + SIGN_LENGTH * len(re.findall(_SIGN, text)) > QUESTION_LENGTH:
        return None
    folded = f" {fold(text)} "
    if _says(folded, load().never_asked):
        return None
    asked = load().questions if re.search("[?？]", text) or _asks(folded.split()) else {}
    told = load().told if len(text) <= SHORT else {}
    return next((topic for topics in (asked, told) for topic in topics if _says(folded, topics[topic])), None)


def _says(folded: str, phrases: tuple[str, ...]) -> bool:
    return any(f" {phrase} " in folded for phrase in phrases)


def _asks(words: Sequence[str]) -> bool:
    """Whether it begins or ends as a question does: who merely tells of a photo asks nothing."""
    return not load().asking.isdisjoint((*words[:ASKING], *words[-ASKING:]))
