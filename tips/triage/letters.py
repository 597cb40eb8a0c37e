"""Letters, one by one: to lower case, to the bare letter, and a tone apart from its letter.

Look-alikes of other scripts and styled letters (full-width, circled, mathematical, small capitals) are the letters that
they stand for. Each sign stays one sign, so that offsets hold.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

Origin = tuple[list[int], list[int]]  # for each sign of a line its start and its end in the original

TONES: Final = {
    "\u0300": "1",
    "\u0301": "2",
    "\u0303": "3",
    "\u0309": "3",
    "\u0323": "4",
}  # ngã is often hỏi
_MARKS: Final = re.compile("[\u0300-\u036f]")
_HIDDEN: Final = re.compile(
    "[\u0300-\u036f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
# What is no plain Vietnamese or English: only such a text is looked at sign by sign.
_ODD: Final = re.compile(
    "[^\t\n -~\u00a0-\u00ac\u00ae-\u00ffĂăĐđĨĩŨũƠơƯưẠ-ỹ\u2013\u2014\u2018-\u201d\u2022\u2026"
    "\u2600-\u27bf\U0001f300-\U0001faff]"
)
_LOOKALIKE: Final = {
    **dict(zip("аеорсхуіѕјһкмнтвԁԛԝ", "aeopcxyisjhkmhtbdqw", strict=True)),
    **dict(zip("αενορτυικ", "aevoptuik", strict=True)),
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)),
    "ı": "i",
    "ß": "s",
    "æ": "a",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
}
_BLOCKS: Final = (
    (0x41, 0x5B),
    (0xC0, 0x2B9),
    (0x370, 0x530),
    (0x1D00, 0x1F00),
    (0x2100, 0x2139),
    (0x2460, 0x2500),
    (0xA730, 0xA732),
    (0xFF10, 0xFF5B),
    (0x1D400, 0x1D800),
    (0x1F100, 0x1F190),
)
_BOXED: Final = (0x1F150, 0x1F170)  # A in a black circle, and in a black square
_ENDS_IN_Y: Final = {
    "hy": "hi",
    "ky": "ki",
    "ly": "li",
    "my": "mi",
    "sy": "si",
    "ty": "ti",
    "vy": "vi",
    "quy": "qui",
}


def _tables() -> tuple[dict[int, str], dict[int, str]]:
    """Two one-to-one tables: to lower case, and to the bare letter."""
    lower: dict[int, str] = {}
    bare: dict[int, str] = {}
    for code in (code for first, last in _BLOCKS for code in range(first, last)):
        small = _small(code)
        if len(small) != 1:
            continue
        base = unicodedata.normalize("NFD", small)[0]
        bare[code] = _LOOKALIKE.get(small) or _LOOKALIKE.get(base) or base
        lower[code] = small if small == "đ" or base.isascii() else bare[code]  # only looks like a letter of ours
    return lower, bare


def _small(code: int) -> str:
    """A sign in plain lower case."""
    for first in _BOXED:
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return unicodedata.normalize("NFKC", chr(code)).lower()


def _toned() -> dict[str, tuple[str, str]]:
    """The letters that bear a tone: each without it, and the tone's sign."""
    found = {}
    for sign in map(chr, (*range(0xE0, 0x180), *range(0x1EA0, 0x1EFA))):
        signs = unicodedata.normalize("NFD", sign)
        for tone in TONES.keys() & set(signs):
            found[sign] = unicodedata.normalize("NFC", signs.replace(tone, "")), tone
    return found


_LOWER, _BARE = _tables()
_TONED = _toned()


def line(original: str) -> tuple[str, Origin | None]:
    """A text in lower case without hidden signs, and where its signs came from; None: each stands where it stood."""
    if plain(original):
        return original.lower(), None
    signs, origin = _visible(original) if _HIDDEN.search(original) else (original, None)
    return signs.lower() if plain(signs) else signs.translate(_LOWER), origin


def plain(text: str) -> bool:
    """Whether it has no letters but those of Vietnamese and English, and no hidden signs."""
    return _ODD.search(text) is None


def _visible(original: str) -> tuple[str, Origin]:
    """The text composed, without hidden signs, and where each of its signs came from."""
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    seen = 0
    for hidden in (*map(re.Match.start, _HIDDEN.finditer(original)), len(original)):
        signs += original[seen:hidden]
        starts += range(seen, hidden)
        ends += range(seen + 1, hidden + 1)
        seen = hidden + 1
        mark = original[hidden:seen]
        if signs and _MARKS.match(mark):
            composed = unicodedata.normalize("NFC", signs[-1] + mark)
            if len(composed) == 1:
                signs[-1] = composed
            ends[-1] = seen
    return "".join(signs), (starts, ends)


def bare(raw: str) -> str:
    """Without accents, letter for letter."""
    return raw if raw.isascii() else raw.translate(_BARE)


def folded(bare_word: str) -> str:
    """A bare word as it is compared: my and mi are one."""
    return _ENDS_IN_Y.get(bare_word, bare_word)


def canonical(word: str) -> str:
    """A word with its tone moved to the end, so that hoà and hòa are one; hỏi and ngã count as one tone."""
    if word.isascii():
        return folded(word)
    plain, tone = apart(word)
    return folded(unicodedata.normalize("NFD", plain)) + TONES.get(tone, "")


def apart(word: str) -> tuple[str, str]:
    """A word without its tone, and the tone's sign; "" where it has none."""
    for sign in word:
        if sign in _TONED:
            plain, tone = _TONED[sign]
            return word.replace(sign, plain, 1), tone
    return word, ""
