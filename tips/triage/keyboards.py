"""Keyboards: the syllable that the keys of a Vietnamese keyboard spell, where they stand in a text themselves.

telex   tieenf tiền · nhungx nhũng · dduwowcj được · danhsd đánh
VNI     tie62n tiền · tuy1 túy · d9u7o75c được
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tips.triage import letters, vocabulary

LONGEST: Final = 10  # keys of a syllable, with those for its accents
_VOWELS: Final = frozenset("aeiouyăâêôơư")
_TONES: Final = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}  # by the keys of telex
_OF_VNI: Final = str.maketrans("123456789", "sfrxj^wwd")  # the key of telex for each of VNI; ^ for a hat
_HATS: Final = {"a": "â", "e": "ê", "o": "ô"}
_HOOKS: Final = {"a": "ă", "o": "ơ", "u": "ư"}
_LATE_HAT: Final = re.compile(r"([aeo])([cghmnpt]+)\1([sfrxj])$")  # tienef
_HALF_HOOKED: Final = re.compile("ưo(?=.)")  # dduwoc
_TWICE_HOOKED: Final = re.compile("ươ$")  # thuowr is thuở
_ONSET_WITH_VOWEL: Final = re.compile("qu|gi[aeouyăâêôơư]")
_VNI: Final = re.compile(r"([^\W\d_]+)([1-9]{1,2})([^\W_0]*)")


def telex(token: str) -> str | None:
    """The syllable that the keys of a telex keyboard spell; None: they spell none, or no accents.

    A tone in the middle counts only beside another key for accents: a test is a test.
    """
    found = _spelt(_LATE_HAT.sub(r"\1\1\2\3", token))
    if not found or not (found.signed or token[-1] in _TONES):
        return None
    return found.word


def vni(token: str, *, sure: bool = False) -> str | None:
    """The same of a VNI keyboard, whose keys are digits.

    None also where they may be a number, unless it is sure that they are keys.
    """
    shape = _VNI.fullmatch(token)
    if not shape:
        return None
    lead, digits, rest = shape.groups()
    one_number = not rest or (len(digits) == 1 and rest.isalpha())
    if one_number and not sure and lead in vocabulary.counted():
        return None
    found = _spelt(token.translate(_OF_VNI))
    if not found or rest or sure:
        return found.word if found else None
    known = len(lead) > 1 and lead.isascii() and found.word in vocabulary.words()  # "tuy1", "tieng61"
    return found.word if known and len(digits) <= 1 + found.signed else None


@dataclass(frozen=True, slots=True)
class _Spelt:
    word: str
    signed: bool  # with a hat, a hook or a bar


def _spelt(keys: str) -> _Spelt | None:
    """What the keys spell; None: no syllable, or one with a tone already."""
    if not 2 < len(keys) <= LONGEST or letters.apart(keys)[1]:
        return None
    spelt: list[str] = []
    tone, signed, before = "", False, ""
    for key in keys:
        if key in _TONES and not _VOWELS.isdisjoint(spelt):
            if tone:
                return None
            tone = _TONES[key]
        elif _signs(spelt, key, before) or (key == "d" and (tone or signed) and _bars(spelt)):
            signed = True
        else:
            spelt.append(key)
        before = key
    word = _toned("".join(spelt), tone)
    return _Spelt(word, signed) if word and (signed or tone) else None


def _signs(spelt: list[str], key: str, before: str) -> bool:
    """Whether a key puts a hat, a hook or a bar on a letter before it, and is no letter itself."""
    if key == before == "d":
        return _bars(spelt)
    if key == "^" or (key in _HATS and key == before):
        return _puts(spelt, _HATS)
    if key == "w" and spelt and not _puts(spelt, _HOOKS):
        spelt.append("ư")  # nhwng
        return True
    return key == "w" and bool(spelt)


def _bars(spelt: list[str]) -> bool:
    """Whether a d begins the syllable, which gets its bar."""
    barred = spelt[:1] == ["d"]
    if barred:
        spelt[0] = "đ"
    return barred


def _puts(spelt: list[str], signs: Mapping[str, str]) -> bool:
    """Whether a letter can bear a sign, which is put on the last one that can."""
    for at in range(len(spelt) - 1, -1, -1):
        if spelt[at] in signs:
            if signs is _HOOKS and spelt[at - 1 : at + 1] == ["u", "o"] and spelt[0] != "q":
                spelt[at - 1] = "ư"
            spelt[at] = signs[spelt[at]]
            return True
    return False


def _toned(toneless: str, tone: str) -> str | None:
    """A syllable with its tone where it is written; None: there is no such syllable."""
    if "ư" in toneless:
        toneless = _HALF_HOOKED.sub("ươ", _TWICE_HOOKED.sub("uơ", toneless))
    if not vocabulary.well_formed(toneless, tone):
        return None
    at = _bearer(toneless) + 1
    return unicodedata.normalize("NFC", toneless[:at] + tone + toneless[at:])


def _bearer(toneless: str) -> int:
    """Which letter of a syllable bears its tone."""
    skipped = 2 if _ONSET_WITH_VOWEL.match(toneless) else 0
    vowels = [at for at in range(skipped, len(toneless)) if toneless[at] in _VOWELS] or [skipped - 1]  # gì, gìn
    signed = [at for at in vowels if not toneless[at].isascii()]
    if signed:
        return signed[-1]
    return vowels[(len(vowels) - 1) // 2] if toneless[-1] in _VOWELS else vowels[-1]
