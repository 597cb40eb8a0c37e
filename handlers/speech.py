"""How replies become paragraphs and labelled choices; every channel of citizens shares it.

A paragraph has a style, found by what is said; a channel shows it as its platform can, or as plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

import locales
from tips.intake.turns import Reply, ReplyKind


class Style(StrEnum):
    """How a paragraph is meant to look."""

    PLAIN = auto()
    LABELLED = auto()  # each line's words up to its first colon are a label
    QUOTE = auto()  # a person's own words: long ones are folded
    CODE = auto()  # a receipt, for copying
    FILE = auto()  # lines to be kept as they are
    CALL = auto()  # each line begins with a number to call
    WARNING = auto()  # to be seen before anything else of its message


STYLES: Final[Mapping[str, Style]] = {
    "summary.text": Style.QUOTE,
    "summary.facts": Style.LABELLED,
    "summary.files": Style.LABELLED,
    "summary.readers": Style.LABELLED,
    "summary.readers.only": Style.LABELLED,
    "summary.readers.held": Style.LABELLED,
    "summary.hide.held": Style.LABELLED,
    "summary.excluded": Style.LABELLED,
    "summary.excluded.none": Style.LABELLED,
    "summary.excluded.ask": Style.LABELLED,
    "summary.hide": Style.LABELLED,
    "summary.hide.only": Style.LABELLED,
    "summary.hide.excluded": Style.LABELLED,
    "summary.to": Style.LABELLED,
    "summary.to.only": Style.LABELLED,
    "mailbox.readers": Style.LABELLED,
    "mailbox.readers.later": Style.LABELLED,
    "mailbox.your_words": Style.QUOTE,
    "start.place": Style.LABELLED,
    "receipt.code": Style.CODE,
    "proof.file": Style.FILE,
    "proof.warning": Style.WARNING,
    "danger.numbers": Style.CALL,
    "warn.identifying": Style.WARNING,
    "warn.messenger": Style.WARNING,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A button as it is shown."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph as it is shown; it may have several lines."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Message:
    """A reply as it is shown."""

    paragraphs: tuple[Paragraph, ...]
    choices: tuple[Choice, ...] = ()
    kind: ReplyKind = ReplyKind.TALK

    @property
    def text(self) -> str:
        """The whole message as plain text; paragraphs are parted by an empty line."""
        return "\n\n".join(it.text for it in self.paragraphs)


def spoken(reply: Reply, lang: str) -> Message:
    """A reply in a language."""
    paragraphs = tuple(Paragraph(locales.render(lang, say), STYLES.get(say.key, Style.PLAIN)) for say in reply.says)
    choices = tuple(Choice(option.id, locales.render(lang, option.label)) for option in reply.options)
    return Message(paragraphs, choices, reply.kind)
