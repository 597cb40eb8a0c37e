"""Written words: what people of the home type or paste, and what of it everybody may be told; pure.

Words for everybody must lead nobody away: there is no link in them, and where a number could be rung, no number. Both
are looked for as people and messengers read them, in whichever letters, and not by lists of names.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SPACES: Final = re.compile(r"[\t\N{NO-BREAK SPACE}\u1680\u2000-\u200a\u202f\u205f\u3000]")
_WIDTHLESS: Final = re.compile(r"[\N{SOFT HYPHEN}\u200b-\u200d\N{WORD JOINER}\N{ZERO WIDTH NO-BREAK SPACE}]")

# Full stops are parts of names as well: TP.HCM, Q.Tân Bình, PGS.TS. What stands so is read as words.
_NAME: Final = r"(?:HCM|hcm|An|(?!Com|Net|Org|Top|Vip|App|Xyz)[A-Z][a-z]{2,})\b(?!/|\.\w)"
_TITLE: Final = "(?:TSKH|TS|ThS|BS|KS|KTS|LS)"
_SHORT: Final = re.compile(rf"(?<![\w.])(?:(?i:tp|tx|tt|q|p|h|kp)\.{_NAME}|(?:(?:PGS|GS|{_TITLE})\.)+{_TITLE}\b)")
_STOPS: Final = str.maketrans(dict.fromkeys("\u3002\u06d4\u0701\u0702\ua4f8", "."))  # that browsers take for one too
_LINK: Final = re.compile(
    r"@"
    r"|[a-z][a-z0-9+-]*:/"  # of whichever scheme
    r"|\bwww\."
    r"|(?<!\.)\.(?:xn--|[a-z\u0370-\u058f]{2,}(?!\w))",  # a top level is letters, also those that look like ours
    re.IGNORECASE,
)

FEWEST_DIGITS: Final = 8  # of a number that is rung here, but for the short ones that authorities have (113, 1022)
_LIKE_NOUGHT: Final = re.compile(r"(?<=\d)O|O(?=\d)", re.IGNORECASE)
_RUN: Final = re.compile(r"\d(?:[\W_]*\d)*")  # digits that no letter parts
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_SUM: Final = r"[1-9]\d{0,2}(?:[.,]\d{3})+"
_OF_IT: Final = r"(?:đồng\b(?! (?:chí|bào|nghiệp|hương|đội))|(?:đ|VNĐ|VND|USD|người|lượt)\b)"
_COUNTED: Final = re.compile(  # what the word behind it makes a sum, an hour, or a document's number
    r"(?<!\d)(?<!\d[\W_])(?<!\d[\W_]{2})"
    rf"(?:{_SUM}(?:\s?[-–]\s?{_SUM})?(?=\s?{_OF_IT})"
    rf"|\d{{1,4}}/{_YEAR}(?=/[^\W\d_]))"
    r"|\b(?:[01]?\d|2[0-4])[hg](?:[0-5]\d)?\b",
    re.IGNORECASE,
)
_DATED: Final = re.compile(
    rf"(?<!\d)(?:{_DAY}([/.-]){_MONTH}\1{_YEAR}|{_YEAR}-{_MONTH}-{_DAY}|{_DAY}/{_MONTH}|{_MONTH}/{_YEAR}"
    r"|20\d\d\s?[-–]\s?20\d\d|(?<!\d:)(?:[01]?\d|2[0-4]):[0-5]\d(?!:))(?!\d)"
)
_LISTED: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{1,2})?(?:, [1-9]\d{0,2}(?:\.\d{1,2})?)+")


def spaced(text: str) -> str:
    """Words in one form, with plain spaces: what a letter or a page is set in has others, which look the same."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def pasted(text: str) -> str:
    """As `spaced`, line by line, and without what has no width: nobody sees that it comes along."""
    return "\n".join(map(spaced, _WIDTHLESS.sub("", text).splitlines())).strip()


def is_plain(text: str, longest: int) -> bool:
    """Whether these are words, in signs that can be printed, and not too many."""
    return bool(text.strip()) and len(text) <= longest and all(it.isprintable() or it == "\n" for it in text)


def may_be_told(text: str, longest: int, *, numbers: bool = False) -> bool:
    """Whether everybody may be told so: in one line, without links and @names.

    Args:
        text: the words.
        longest: signs, at most.
        numbers: telephone numbers may be among them.
    """
    read = unicodedata.normalize("NFKC", text)
    if not is_plain(text, longest) or "\n" in text or _LINK.search(_SHORT.sub(" ", read).translate(_STOPS)):
        return False
    return numbers or not any(map(_may_be_rung, _RUN.findall(_COUNTED.sub("x", _LIKE_NOUGHT.sub("0", read)))))


def _may_be_rung(run: str) -> bool:
    """Whether digits are as many as a telephone number has, and no days, hours, or list of growing numbers."""
    if sum(map(str.isdigit, run)) < FEWEST_DIGITS or not re.search(r"\d", _DATED.sub("", run)):
        return False
    listed = [tuple(map(int, it.split("."))) for it in run.split(", ")] if _LISTED.fullmatch(run) else []
    return not listed or listed != sorted(set(listed))
