"""How replies become plain text and labelled choices; every channel of citizens shares it."""

from __future__ import annotations

from dataclasses import dataclass

import locales
from tips.intake.turns import Reply


@dataclass(frozen=True, slots=True)
class Choice:
    """A button as it is shown."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Message:
    """A reply as it is shown."""

    text: str
    choices: tuple[Choice, ...]


def spoken(reply: Reply, lang: str) -> Message:
    """A reply in a language; paragraphs are parted by an empty line."""
    text = "\n\n".join(locales.render(lang, say) for say in reply.says)
    choices = tuple(Choice(option.id, locales.render(lang, option.label)) for option in reply.options)
    return Message(text, choices)
