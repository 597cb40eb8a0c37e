"""Buttons under the bot's messages: how they are laid out, and what is left of them once one was pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final

from aiogram.enums import ButtonStyle, MessageEntityType
from aiogram.methods import EditMessageReplyMarkup, EditMessageText
from aiogram.types import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    MessageEntity,
)
from aiogram.utils.formatting import sizeof

import locales
from handlers.speech import Choice

Rows = list[list[InlineKeyboardButton]]

SENDS: Final = "submit"  # the choices that send a tip begin with it; only a summary offers them
ERASE: Final = "erase"
BURN: Final = "burn"
BURNING: Final = ("10", "60")  # minutes after which a receipt's message deletes itself
SHORT: Final = 18  # characters of a label that leaves room for another one beside it
MOST_COPIED: Final = 256  # characters, as the Bot API has it
_OURS: Final = {  # what our messages consist of; Telegram finds links and numbers by itself
    MessageEntityType.BOLD,
    MessageEntityType.CODE,
    MessageEntityType.PRE,
    MessageEntityType.EXPANDABLE_BLOCKQUOTE,
}


def two_a_row(choices: Sequence[Choice]) -> Rows:
    """Short ones side by side; long ones alone, and what sends a tip, for that cannot be taken back.

    One stands out: the button that sends it as usual. Another way to send is a choice of its own, never the first.
    """
    rows: Rows = []
    room = False
    for it in choices:
        sends = it.id.startswith(SENDS)
        style = ButtonStyle.PRIMARY if it.id == SENDS else None
        button = InlineKeyboardButton(text=it.label, callback_data=it.id, style=style)
        short = len(it.label) <= SHORT and not sends
        if short and room:
            rows[-1].append(button)
            room = False
        else:
            rows.append([button])
            room = short
    return rows


def copying(codes: Sequence[str], lang: str) -> Rows:
    """One for each receipt: a tap, and it can be put where it is safe."""
    rows: Rows = []
    for number, code in enumerate(codes, start=1):
        label = locales.say(lang, "telegram.copy" if len(codes) == 1 else "telegram.copy_one", number=str(number))
        rows.append([InlineKeyboardButton(text=label, copy_text=CopyTextButton(text=code[:MOST_COPIED]))])
    return rows


def leaving_no_trace(lang: str) -> Rows:
    """Under a receipt: when its message deletes itself, and erasing everything now."""
    times = [
        InlineKeyboardButton(text=locales.say(lang, "burn.after", minutes=it), callback_data=f"{BURN}:{it}")
        for it in BURNING
    ]
    return [times, [InlineKeyboardButton(text=locales.say(lang, "option.erase"), callback_data=ERASE)]]


def web_page(address: str, lang: str) -> Rows:
    """The way to the web chat: a plain link, for a page that Telegram opens in itself is told who opens it."""
    return [[InlineKeyboardButton(text=locales.say(lang, "telegram.web"), url=address)]]


# --- once one was pressed ---------------------------------------------------------------------------------------------


def is_summary(message: Message) -> bool:
    """Whether a message of ours shows a tip that can be sent."""
    return any((it.callback_data or "").startswith(SENDS) for it in _all(message))


def after(pressed: Message, choice: str, most_text: int) -> EditMessageText | EditMessageReplyMarkup | None:
    """The message whose button was pressed, as it stays: what was chosen stands under it, where its buttons were.

    A receipt stays as it is, for people come back to it: only the pressed button goes, with others of its kind. None:
    there was no such button.
    """
    label = next((it.text for it in _all(pressed) if it.callback_data == choice), "")
    if not label:
        return None
    if any(it.copy_text for it in _all(pressed)):
        kind = choice.partition(":")[0]
        return _with_buttons(pressed, lambda it: (it.callback_data or "").partition(":")[0] != kind)
    text = f"{pressed.text}\n\n✓ {label}"
    if pressed.text is None or sizeof(text) > most_text:
        return _with_buttons(pressed, _is_link)
    chosen = MessageEntity(type=MessageEntityType.BOLD, offset=sizeof(pressed.text) + 2, length=sizeof(f"✓ {label}"))
    return EditMessageText(
        chat_id=pressed.chat.id,
        message_id=pressed.message_id,
        text=text,
        entities=[*(it for it in pressed.entities or () if it.type in _OURS), chosen],
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_markup=_kept(pressed, _is_link),
    )


def _with_buttons(message: Message, stays: Callable[[InlineKeyboardButton], bool]) -> EditMessageReplyMarkup:
    return EditMessageReplyMarkup(
        chat_id=message.chat.id, message_id=message.message_id, reply_markup=_kept(message, stays)
    )


def _kept(message: Message, stays: Callable[[InlineKeyboardButton], bool]) -> InlineKeyboardMarkup | None:
    rows = [[it for it in row if stays(it)] for row in _rows(message)]
    left = [row for row in rows if row]
    return InlineKeyboardMarkup(inline_keyboard=left) if left else None


def _is_link(button: InlineKeyboardButton) -> bool:
    return button.url is not None


def _all(message: Message) -> chain[InlineKeyboardButton]:
    return chain.from_iterable(_rows(message))


def _rows(message: Message) -> Rows:
    return message.reply_markup.inline_keyboard if message.reply_markup else []
