"""What is inside an envelope: a version, the words, and for a tip what triage made of them. JSON, UTF-8."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from tips import errors

VERSION: Final = 1


class Part(StrEnum):
    """What an envelope of a case is."""

    TIP = "tip"
    FILE = "file"  # it describes a file, which is sealed apart
    ADDITION = "addition"  # the reporter's
    DISPUTE = "dispute"  # the reporter's: a closing is not accepted
    QUESTION = "question"  # to the reporter, as are the four that follow
    ANSWER = "answer"
    RESULT = "result"
    CLEARING = "clearing"  # an office takes back an exclusion
    SHUT_OUT = (
        "shut_out"  # the reporter's: the units that a tip or an addition shuts out, for whoever holds the receipt
    )
    EXCLUSION = "exclusion"  # who had access until they turned out to be accused
    NOTE = "note"  # for those who read the case, as are the two that follow
    CORRECTION = "correction"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Plaintext:
    """The plaintext of one envelope."""

    text: str
    at: datetime  # truncated to the hour
    by: str  # reporter, a unit's code, or an officer's name (notes only)
    facts: Mapping[str, Any] = field(default_factory=dict)  # for a tip: see `of_tip`

    @property
    def excluded(self) -> frozenset[str]:
        """The units that this piece shuts out."""
        return frozenset(self.facts.get("excluded", ()))

    def to_bytes(self) -> bytes:
        """The canonical bytes that are sealed."""
        plain = {
            "v": VERSION,
            "text": self.text,
            "at": self.at.isoformat(),
            "by": self.by,
            "facts": dict(self.facts),
        }
        return json.dumps(plain, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")

    @classmethod
    def from_bytes(cls, data: bytes) -> Plaintext:
        """The inverse of `Plaintext.to_bytes`.

        Raises:
            NotOpened: written by a later version, or by somebody's own program, and none of this kind.
        """
        try:
            plain = json.loads(data)
            json.dumps(plain, ensure_ascii=False).encode()  # halves of letters are nothing that a page could show
            if plain["v"] != VERSION:
                raise errors.NotOpened("written by another version of Tin Báo")
            found = cls(plain["text"], datetime.fromisoformat(plain["at"]), plain["by"], plain["facts"])
            named = isinstance(found.text, str) and isinstance(found.by, str) and isinstance(found.facts, dict)
            if named and found.at.tzinfo:
                hash(found.excluded)
                return found
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise errors.NotOpened("this is no piece of a case") from error
        raise errors.NotOpened("this is no piece of a case")
