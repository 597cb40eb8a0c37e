"""How paragraphs become messages that a platform takes: each whole, and long ones cut where a sentence ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from handlers.speech import Paragraph, Style

BETWEEN: Final = "\n\n"  # two paragraphs of a message
_ENDS: Final = tuple(re.compile(it) for it in (r"\n\n", r"\n", r"[.!?…]\s|[。！？]", r"\s"))  # where to cut, best first


@dataclass(frozen=True, slots=True)
class Box:
    """The largest message of a platform."""

    most: int
    size: Callable[[str], int] = len  # of a text, as the platform counts


def packed(paragraphs: Sequence[Paragraph], box: Box) -> list[list[Paragraph]]:
    """Paragraphs by message: as many as fit, each whole, but for one that alone is too long."""
    messages: list[list[Paragraph]] = [[]]
    room = box.most
    for piece in (piece for it in paragraphs for piece in _cut(it, box)):
        needed = box.size(piece.text) + (len(BETWEEN) if messages[-1] else 0)
        if needed > room:
            messages.append([])
            room, needed = box.most, box.size(piece.text)
        messages[-1].append(piece)
        room -= needed
    return messages


def _cut(paragraph: Paragraph, box: Box) -> Iterator[Paragraph]:
    """A paragraph in pieces, each short enough for a message; what goes on with a line has no label of its own."""
    text, style = paragraph.text.strip(), paragraph.style
    while box.size(text) > box.most:
        end = _end(text, _fitting(text, box))
        yield Paragraph(text[:end].rstrip(), style)
        if style is Style.LABELLED and "\n" not in text[end - 1 : end + 1]:
            style = Style.QUOTE
        text = text[end:].lstrip()
    if text:
        yield Paragraph(text, style)


def _fitting(text: str, box: Box) -> int:
    """How many characters of a text fit into one message."""
    most = min(len(text), box.most)
    while box.size(text[:most]) > box.most:
        most -= max(1, (box.size(text[:most]) - box.most) // 2)
    return most


def _end(text: str, most: int) -> int:
    """Where to cut: at the last and best end in the second half of what fits."""
    for pattern in _ENDS:
        if ends := [found.end() for found in pattern.finditer(text, most // 2, most)]:
            return ends[-1]
    return most
