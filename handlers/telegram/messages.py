"""What is said, as Telegram's messages: entities instead of marked-up text, and none longer than Telegram takes.

No text is ever read as markup, so what a person wrote cannot look like ours. Telegram counts offsets and lengths in
UTF-16 units, and so does whatever is measured here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from aiogram.methods import SendMessage
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from aiogram.utils.formatting import Bold, Code, ExpandableBlockQuote, Pre, Text, as_list, sizeof

from handlers import speech
from handlers.packing import BETWEEN, Box, packed
from handlers.speech import Paragraph, Style
from handlers.telegram import buttons
from tips.intake.turns import Reply, ReplyKind

BOX: Final = Box(4096, sizeof)  # in UTF-16 units
FOLDED: Final = 400  # characters of labelled lines: longer ones are folded, so that what to press stays in sight
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)  # a preview would have Telegram fetch the page
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
    *first, last = [_shaped(it) for it in packed(paragraphs, BOX)]
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
        case Style.FILE:
            return Pre(paragraph.text)
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
