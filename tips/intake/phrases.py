"""What short messages mean: commands typed instead of pressed, corrections, and questions in the middle.

The phrases are data (`data/phrases.json`), compared without case and punctuation. A phrase that is written there with
its accents is none where other accents were typed: "đừng" sends nothing that "đúng" sends. Who types none may mean
either, unless the phrase begins with `=`: then it takes its accents.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tips.data import read
from tips.triage import letters

_KEPT_CONTROLS: Final = frozenset("\n\t")
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_CHOOSING: Final = re.compile(r"^\s*(?:(?:chọn|chon|bấm|bam|số|so)\s+){1,2}(?=\d)|[)]", re.IGNORECASE)
_BESIDE_A_DIGIT: Final = frozenset({"Mn", "Me", "Cf"})  # what makes a key of it
_POLITE: Final = frozenset({"a", "da", "nha", "nhe", "di", "giup", "gium", "dum", "em", "con", "chau", "ban", "oi"})
_PUNCTUATION: Final = re.compile(r"[^\w/':-]+")
_ACCENTED: Final = re.compile("[à-ỹ]")
_SIGN: Final = "[\u2e80-\u9fff\uf900-\ufaff]"  # a letter that is a word: Chinese parts none by spaces
_STOPS: Final = "\\s,.;:!，。；：！、-"
_WORD: Final = re.compile(f"{_SIGN}|(?:(?!{_SIGN})[^{_STOPS}])+")
ASKING: Final = 3  # words at the beginning and the end by which a question is known
SHORT_YES: Final = 6  # words: "có mấy chục người tụ tập ở đó" says more than yes
SHORT: Final = 60  # characters: a longer message is never a mere command
SIGN_LENGTH: Final = 5  # so many more characters a letter that is a word counts for
QUESTION_LENGTH: Final = 160  # characters: a longer message is never a mere question


class Spoken:
    """Phrases that are whole messages, or how one begins, each with what it stands for."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        self._known: dict[str, list[tuple[str, str]]] = {}  # folded -> the phrase, and what it stands for
        for phrase, name in phrases:
            self._known.setdefault(fold(phrase.removeprefix("=")), []).append((phrase, name))

    def get(self, text: str) -> str | None:
        """What a whole message stands for; None: it is no such phrase."""
        return next((name for phrase, name in self._known.get(fold(text), ()) if _spelt_as(text, phrase)), None)

    def __contains__(self, text: str) -> bool:
        return self.get(text) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Each phrase as the data writes it, and what it stands for."""
        return (it for several in self._known.values() for it in several)

    def begins(self, text: str) -> bool:
        """Whether a message begins with one of them."""
        folded, marked = fold(text).split(), _marked(text)
        for size in range(1, len(folded) + 1):
            said = " ".join(marked[:size] if len(marked) == len(folded) else folded[:size])
            if any(_spelt_as(said, phrase) for phrase, _ in self._known.get(" ".join(folded[:size]), ())):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Phrases:
    """The lexicon, as it is looked up."""

    commands: Spoken  # each with an option's id or a command
    openers: tuple[str, ...]  # longest first
    questions: Mapping[str, tuple[str, ...]]  # topic -> folded phrases, in a text that asks
    told: Mapping[str, tuple[str, ...]]  # and in a short text that does not
    asking: frozenset[str]  # words with which questions begin or end
    never_asked: tuple[str, ...]
    never_corrected: tuple[str, ...]  # what only begins like a correction
    disputes: tuple[str, ...]  # that a closing is not accepted
    greetings: Spoken  # whole messages that say nothing yet
    calls_for_help: Spoken  # whole messages
    affirmations: tuple[str, ...]  # how an answer begins that says yes, or perhaps
    agreements: Spoken  # and whole messages that do
    preventing: Spoken  # how a message begins that says who must not read
    hesitations: Spoken  # whole messages from which nobody could tell whether to go on
    numerals: Mapping[str, str]  # numbers in words -> in digits


@functools.cache
def load() -> Phrases:
    """The lexicon of `data/phrases.json`."""
    raw = read("phrases.json")
    return Phrases(
        commands=Spoken((phrase, name) for name, phrases in raw["commands"].items() for phrase in phrases),
        openers=tuple(sorted(_folded(raw["correction_openers"]), key=len, reverse=True)),
        questions={topic: _folded(phrases) for topic, phrases in raw["questions"].items()},
        told={topic: _folded(phrases) for topic, phrases in raw["told"].items()},
        asking=frozenset(raw["asking"]),
        never_asked=_folded(raw["never_asked"]),
        never_corrected=_folded(raw["never_corrected"]),
        disputes=_folded(raw["commands"]["dispute"]),
        greetings=_spoken(raw["greetings"]),
        calls_for_help=_spoken(raw["calls_for_help"]),
        affirmations=_folded(raw["affirmations"]),
        agreements=_spoken(raw["agreements"]),
        preventing=_spoken(raw["preventing"]),
        hesitations=_spoken(raw["hesitations"]),
        numerals={fold(word): digits for word, digits in raw["numerals"].items()},
    )


def _folded(phrases: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(fold, phrases))


def _spoken(phrases: Sequence[str]) -> Spoken:
    return Spoken((phrase, phrase) for phrase in phrases)


def _marked(text: str) -> list[str]:
    """The words in lower case with their accents, without punctuation."""
    return _PUNCTUATION.sub(" ", unicodedata.normalize("NFC", text).lower()).split()


def _spelt_as(text: str, phrase: str) -> bool:
    """Whether a text that has a phrase's letters has its accents too, where any were typed or have to be."""
    if not _ACCENTED.search(phrase):
        return True
    said, meant = _marked(text), _marked(phrase.removeprefix("="))
    loose = not phrase.startswith("=")
    return len(said) == len(meant) and all(
        letters.canonical(one) == letters.canonical(other) or (loose and one.isascii())
        for one, other in zip(said, meant, strict=True)
    )


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
    return load().commands.get(text) or load().commands.get(_without_politeness(text))


def affirms(text: str) -> bool:
    """Whether an answer begins with a yes or a perhaps, or ends in one ("không biết ai nhưng có")."""
    folded = fold(text)
    begins = len(folded.split()) <= SHORT_YES and any(f"{folded} ".startswith(f"{it} ") for it in load().affirmations)
    return begins or agrees(text) or re.search(r"\b(nhung|nhung ma|ma) co\b", folded) is not None


def calls_for_help(text: str) -> bool:
    """Whether a message is nothing but a cry for help, or the number that should be called."""
    return text in load().calls_for_help


def disputes(text: str) -> bool:
    """Whether words say that a closing is not accepted."""
    folded = f" {fold(text)} "
    return any(f" {phrase} " in folded for phrase in load().disputes)


def agrees(text: str) -> bool:
    """Whether a message is nothing but a yes."""
    return text in load().agreements


def wavers(text: str) -> bool:
    """Whether a message is nothing but a word from which nobody could tell whether to go on ("thôi")."""
    return text in load().hesitations


def prevents(text: str) -> bool:
    """Whether a message begins by saying that somebody must not read; whom it names is another matter."""
    return load().preventing.begins(text)


def greets(text: str) -> bool:
    """Whether a message is nothing but a greeting."""
    return text in load().greetings


def behind(name: str, text: str) -> str | None:
    """The words behind a command with a slash, "" where there are none; None: it is not this command."""
    first, _, rest = text.partition(" ")
    named = first.partition("@")[0].lower()
    return rest.strip() if named.startswith("/") and load().commands.get(named) == name else None


def _without_politeness(text: str) -> str:
    return " ".join(word for word in _marked(text) if fold(word) not in _POLITE)


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
