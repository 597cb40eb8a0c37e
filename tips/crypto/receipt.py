"""The receipt: the one secret that lets a reporter come back, from any channel.

It is derived from the draft's seed, so that a crash shows the same one again, and it is never stored: the
store knows only the look-up id, which HKDF gives and which does not lead back.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from tips import errors
from tips.crypto import sealing

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_LOOKS_LIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
SECRET_CHARS: Final = 25  # 125 bits
CHECK_CHARS: Final = 3  # 15 bits: a slip of the finger is told from a code in all but 1 of 32,768
GROUP: Final = 4
GROUPS: Final = (SECRET_CHARS + CHECK_CHARS) // GROUP
APART: Final = 4  # signs between two pieces of a code at most: " – ", a line's end with a dash
_RUN: Final = re.compile(r"[0-9A-Za-z]+")
_DIGIT: Final = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt and what it derives; 125 random bits behind each."""

    code: str = field(repr=False)  # 28 characters without separators

    @property
    def shown(self) -> str:
        """The code as a person copies it: seven groups of four."""
        return "-".join(self.code[at : at + GROUP] for at in range(0, len(self.code), GROUP))

    @property
    def tag(self) -> str:
        """16 hexadecimal digits by which a page says which receipts it has shown; they do not lead back."""
        return sealing.derive(self._secret, sealing.binding("receipt tag"), 8).hex()

    @property
    def lookup(self) -> bytes:
        """16 bytes: the key of the mailbox row."""
        return sealing.derive(self._secret, sealing.binding("receipt look-up"), 16)

    @property
    def reading_seed(self) -> bytes:
        """32 bytes: the X-Wing seed that opens officers' questions and answers, never what the reporter wrote."""
        return sealing.derive(self._secret, sealing.binding("receipt reading"))

    @property
    def ledger_opening(self) -> bytes:
        """32 bytes: what blinds the tip's first leaf, so that only the receipt's holder can point at it."""
        return sealing.derive(self._secret, sealing.binding("receipt ledger"))

    @property
    def _secret(self) -> bytes:
        return self.code[:SECRET_CHARS].encode()


def of_seed(seed: bytes) -> Receipt:
    """The receipt of a draft; `seed` is 32 random bytes."""
    bits = int.from_bytes(sealing.derive(seed, sealing.binding("receipt"), 16), "big")
    body = "".join(ALPHABET[(bits >> (5 * at)) & 31] for at in range(SECRET_CHARS))
    return Receipt(body + _check(body))


def case_id(seed: bytes) -> bytes:
    """The 16-byte id of the case that a draft becomes: the same at each try, so that no tip is stored twice."""
    return sealing.derive(seed, sealing.binding("case id"), 16)


def plain_code(typed: str) -> str:
    """The signs of a code as a person types it: any case, spaces, dashes or dots; O for 0, I or L for 1."""
    return "".join(sign for sign in typed.upper() if sign.isalnum()).translate(_LOOKS_LIKE)


def parse(typed: str) -> Receipt:
    """Read a receipt as a person types it: any case, spaces, dashes or dots; O for 0, I or L for 1.

    Raises:
        NotFound: it is no receipt; the answer is the one that an unknown receipt gets.
    """
    code = plain_code(typed)
    body, check = code[:SECRET_CHARS], code[SECRET_CHARS:]
    if len(code) != SECRET_CHARS + CHECK_CHARS or set(code) - set(ALPHABET) or _check(body) != check:
        raise errors.NotFound
    return Receipt(code)


def is_receipt(typed: str) -> bool:
    """Whether a text is a receipt, by its check: words pass it once in 32,768 times, if they are as long as one."""
    try:
        parse(typed)
    except errors.NotFound:
        return False
    return True


def among_words(text: str) -> str | None:
    """A receipt that stands among words, or alone, as it is typed there; None: there is none.

    Whatever no letter or digit stands between its signs: dashes of every kind, dots, spaces, line ends.
    """
    if is_receipt(text):
        return text
    return next(filter(is_receipt, _stretches(text)), None)


def nearly(text: str) -> str | None:
    """What stands among words, or alone, as only a receipt with a slip of the finger does; None: nothing does.

    Seven groups of which all but one are of four letters and digits, or as many signs in one piece.
    """
    runs = list(_RUN.finditer(text))
    lengths = [len(it[0]) for it in runs]
    for at, first in enumerate(runs):
        if lengths[at] >= SECRET_CHARS and _one_piece(first[0]):
            return first[0]
        if lengths[at : at + GROUPS].count(GROUP) < GROUPS - 1:
            continue
        group = runs[at : at + GROUPS]
        if len(group) == GROUPS and _of_groups([it[0] for it in group]) and _near_each_other(text, group):
            return text[first.start() : group[-1].end()]
    return None


def _one_piece(run: str) -> bool:
    """Whether signs without a gap are as many as a receipt's, give or take one, and mixed like its signs."""
    whole = abs(len(run) - SECRET_CHARS - CHECK_CHARS) <= 1
    return whole and sum(map(str.isdigit, run)) > 1 and sum(map(str.isalpha, run)) > 1


def _of_groups(runs: Sequence[str]) -> bool:
    odd = [it for it in runs if len(it) != GROUP]
    mixed = all(sum(any(map(kind, it)) for it in runs) > 1 for kind in (str.isdigit, str.isalpha))
    return mixed and len(odd) <= 1 and all(abs(len(it) - GROUP) == 1 for it in odd)


def _near_each_other(text: str, runs: Sequence[re.Match[str]]) -> bool:
    gaps = (text[one.end() : other.start()] for one, other in itertools.pairwise(runs))
    return all(len(gap) <= APART and not any(map(str.isalnum, gap)) for gap in gaps)


def _stretches(text: str) -> Iterator[str]:
    """Every stretch of as many signs as a receipt has, with a digit: of receipts all but one in 30,000 have one."""
    runs = list(_RUN.finditer(text))
    before = list(itertools.accumulate((len(it[0]) for it in runs), initial=0))  # signs, by the number of pieces
    pieces = {length: number for number, length in enumerate(before)}
    for at, length in enumerate(before):
        after = pieces.get(length + SECRET_CHARS + CHECK_CHARS)
        if after:
            start, end = runs[at].start(), runs[after - 1].end()
            if _DIGIT.search(text, start, end) and _near_each_other(text, runs[at:after]):
                yield text[start:end]


def looks_like(typed: str) -> bool:
    """Whether a text that is no receipt was meant as one: about seven groups of four, with digits among them.

    Words do not look so, accents or not; of receipts with a slip of the finger fewer than one in a thousand do not.
    """
    groups = re.split(r"[-.\s]+", typed.strip())
    if len(groups) == 1:
        groups = [typed.strip()[at : at + GROUP] for at in range(0, len(typed.strip()), GROUP)]
    fours = [it for it in groups if len(it) == GROUP and it.isascii() and it.isalnum()]
    with_digits = sum(any(map(str.isdigit, it)) for it in fours)
    return 6 <= len(groups) <= 8 and len(groups) - len(fours) <= 1 and with_digits >= 2


def _check(body: str) -> str:
    number = int.from_bytes(hashlib.sha256(b"tinbao receipt" + body.encode()).digest()[:4], "big")
    return "".join(ALPHABET[(number >> (5 * at)) & 31] for at in range(CHECK_CHARS))
