"""What is said, as Telegram's messages: entities instead of marked-up text, and none longer than Telegram takes.

No text is ever read as markup, so what a person wrote cannot look like ours. Telegram counts offsets and lengths in
UTF-16 units, and so does whatever is measured here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from aiogram.methods import SendMessage
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from aiogram.utils.formatting import Bold, Code, ExpandableBlockQuote, Text, as_list, sizeof

from handlers import speech
from handlers.speech import Paragraph, Style
from handlers.telegram import buttons
from tips.intake.turns import Reply, ReplyKind

MOST_TEXT: Final = 4096  # UTF-16 units of one message
FOLDED: Final = 400  # characters of labelled lines: longer ones are folded, so that what to press stays in sight
BETWEEN: Final = "\n\n"  # two paragraphs
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)  # a preview would have Telegram fetch the page
_ENDS: Final = tuple(re.compile(it) for it in (r"\n\n", r"\n", r"[.!?…]\s", r"\s"))  # where to cut, best first
_SENTENCE: Final = re.compile(r".+?[.!?…](?=\s|$)", re.DOTALL)


def plain(chat: int | str, text: str) -> SendMessage:
    """A message of nothing but words."""
    return SendMessage(chat_id=chat, text=text, link_preview_options=NO_PREVIEW)


def of_reply(chat: int, reply: Reply, lang: str, web: str = "") -> list[SendMessage]:
    """A reply as messages, its buttons under the last; `web` is the web chat's address for a button, if it may be one.

    What only this person should have is protected from being forwarded; a receipt is there to be copied.
    """
    spoken = speech.spoken(reply, lang)
    codes = [it.text for it in spoken.paragraphs if it.style is Style.CODE]
    rows = [*buttons.copying(codes, lang), *buttons.two_a_row(spoken.choices)]
    rows += buttons.leaving_no_trace(lang) if codes else []
    rows += buttons.web_page(web, lang) if web and _overheard(reply) else []
    return _messages(chat, spoken.paragraphs, rows, protected=not codes and _is_private(reply))


def _messages(
    chat: int, paragraphs: Sequence[Paragraph], rows: list[list[InlineKeyboardButton]], *, protected: bool
) -> list[SendMessage]:
    *first, last = [_shaped(it) for it in _packed(paragraphs)]
    keyboard = InlineKeyboardMarkup(inline_keyboard=rows) if rows else None
    made = [_message(chat, body, protected) for body in first]
    return [*made, _message(chat, last, protected, reply_markup=keyboard)]


def _message(chat: int, body: Text, protected: bool, **more: Any) -> SendMessage:
    text, entities = body.render()
    return SendMessage(
        chat_id=chat,
        text=text,
        entities=sorted(entities, key=lambda it: (it.offset, -it.length)) or None,  # what holds others first
        link_preview_options=NO_PREVIEW,
        protect_content=protected or None,
        **more,
    )


def _overheard(reply: Reply) -> bool:
    return any(say.key in {"warn.messenger", "knows.messenger"} for say in reply.says)


def _is_private(reply: Reply) -> bool:
    """Whether it repeats a tip or shows a mailbox."""
    return reply.kind is ReplyKind.SUMMARY or any(say.key.startswith("mailbox.") for say in reply.says)


# --- how paragraphs look ----------------------------------------------------------------------------------------------


def _shaped(paragraphs: Sequence[Paragraph]) -> Text:
    return as_list(*map(_shape, paragraphs), sep=BETWEEN)


def _shape(paragraph: Paragraph) -> Text:
    match paragraph.style:
        case Style.QUOTE:
            return ExpandableBlockQuote(paragraph.text)
        case Style.CODE:
            return Code(paragraph.text)
        case Style.WARNING:
            first = _SENTENCE.match(paragraph.text)
            end = first.end() if first else len(paragraph.text)
            return Text(Bold(paragraph.text[:end]), paragraph.text[end:])
        case Style.LABELLED:
            lines = as_list(*map(_labelled, paragraph.text.split("\n")))
            return ExpandableBlockQuote(lines) if len(paragraph.text) > FOLDED else lines
    return Text(paragraph.text)


def _labelled(line: str) -> Text:
    label, colon, rest = line.partition(":")
    return Text(Bold(label, colon), rest) if colon else Text(line)


# --- how long messages are cut ----------------------------------------------------------------------------------------


def _packed(paragraphs: Sequence[Paragraph]) -> list[list[Paragraph]]:
    """Paragraphs by message: as many as fit, each whole, but for one that alone is too long."""
    packed: list[list[Paragraph]] = [[]]
    room = MOST_TEXT
    for piece in (piece for it in paragraphs for piece in _cut(it)):
        needed = sizeof(piece.text) + (len(BETWEEN) if packed[-1] else 0)
        if needed > room:
            packed.append([])
            room, needed = MOST_TEXT, sizeof(piece.text)
        packed[-1].append(piece)
        room -= needed
    return packed


def _cut(paragraph: Paragraph) -> Iterator[Paragraph]:
    """A paragraph in pieces, each short enough for a message; what goes on with a line has no label of its own."""
    text, style = paragraph.text.strip(), paragraph.style
    while sizeof(text) > MOST_TEXT:
        end = _end(text, _fitting(text))
        yield Paragraph(text[:end].rstrip(), style)
        if style is Style.LABELLED and "\n" not in text[end - 1 : end + 1]:
            style = Style.QUOTE
        text = text[end:].lstrip()
    if text:
        yield Paragraph(text, style)


def _fitting(text: str) -> int:
    """How many characters of a text fit into one message; half of one is none."""
    return len(text.encode("utf-16-le")[: 2 * MOST_TEXT].decode("utf-16-le", "ignore"))


def _end(text: str, most: int) -> int:
    """Where to cut: at the last and best end in the second half of what fits."""
    for pattern in _ENDS:
        if ends := [found.end() for found in pattern.finditer(text, most // 2, most)]:
            return ends[-1]
    return most
