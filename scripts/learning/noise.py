"""How people type what they mean: the same message without accents, in haste, shortened, or run together.

Added by rule where the models learn, each time the same for the same message, so that no spelling is a sign of
anything.
"""

from __future__ import annotations

import functools
import json
import random
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parents[2] / "tips" / "data"
SLIPS: Final = 0.03  # of letters
RUN_ON: Final = 0.08  # of spaces
SHORTENED: Final = 0.7  # of the words that have a short form
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_TONES: Final = "\u0301\u0300\u0309\u0303\u0323"
_SHAPES: Final = "\u0302\u031b\u0306"  # of a letter, struck right behind it; "^" stands for the letter once more
_TELEX: Final = dict(zip(_TONES + _SHAPES, "sfrxj^ww", strict=True))
_VNI: Final = dict(zip(_TONES + _SHAPES, "12345678", strict=True))
Noise = Callable[[str, random.Random], str]


def bare(text: str) -> str:
    """Without accents."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def shortened(text: str, chance: random.Random) -> str:
    """With the short forms of chats."""
    said = []
    for word in text.split(" "):
        forms = _short_forms().get(word.lower())
        said.append(chance.choice(forms) if forms and chance.random() < SHORTENED else word)
    return " ".join(said)


def slipped(text: str, chance: random.Random) -> str:
    """Letters lost, doubled, changed for one beside them on the keyboard, or in the wrong order."""
    said: list[str] = []
    for sign in text:
        kind = chance.randrange(4) if sign.isalpha() and chance.random() < SLIPS else None
        if kind == 0:
            continue
        if kind == 1:
            said.append(sign)
        struck = chance.choice(_beside(sign)) if kind == 2 else sign
        said.insert(len(said) - (kind == 3 and bool(said) and said[-1].isalpha()), struck)
    return "".join(said)


def run_on(text: str, chance: random.Random) -> str:
    """With spaces lost."""
    return re.sub(" ", lambda _: "" if chance.random() < RUN_ON else " ", text)


def telex(text: str, _: random.Random) -> str:
    """As the keys are struck where no program turns them into accents."""
    return _struck(text, _TELEX, "dd")


def vni(text: str, _: random.Random) -> str:
    """The same for the other way of typing."""
    return _struck(text, _VNI, "d9")


def dotted(text: str, chance: random.Random) -> str:
    """Some words with dots between their letters, as who fears a filter writes."""
    return " ".join(".".join(it) if it.isalpha() and chance.random() < SLIPS else it for it in text.split(" "))


OTHERWISE: Final[tuple[tuple[float, Noise], ...]] = (  # how often each is added
    (0.4, shortened), (0.3, slipped), (0.2, run_on), (0.04, telex), (0.03, vni), (0.03, dotted),
)  # fmt: skip


def variants(text: str) -> list[str]:
    """A message as it stands, without its accents, and once more in another way."""
    chance = random.Random(text)
    (noise,) = chance.choices([it for _, it in OTHERWISE], [often for often, _ in OTHERWISE])
    begun = text if noise in {telex, vni} or chance.random() < 1 / 2 else bare(text)
    return [text, bare(text), noise(begun, chance)]


def _struck(text: str, keys: Mapping[str, str], barred: str) -> str:
    said = []
    for word in text.split(" "):
        letters, tone = [], ""
        for sign in unicodedata.normalize("NFD", word.replace("đ", barred).replace("Đ", barred.upper())):
            key = keys.get(sign)
            if key == "^":
                letters.append(letters[-1])
            elif key and sign in _SHAPES:
                letters.append(key)
            elif key:
                tone = key
            else:
                letters.append(sign)
        said.append("".join(letters) + tone)
    return " ".join(said)


def _beside(sign: str) -> str:
    letter = bare(sign).lower()
    row = next((it for it in _ROWS if letter in it), letter)
    at = row.index(letter)
    return row[max(at - 1, 0) : at] + row[at + 1 : at + 2] or letter


@functools.cache
def _short_forms() -> Mapping[str, list[str]]:
    """The short forms of each word."""
    forms: dict[str, list[str]] = {}
    for short, full in json.loads(DATA.joinpath("words.json").read_text("utf-8"))["abbreviations"].items():
        if " " not in full:
            forms.setdefault(full, []).append(short)
    return forms
