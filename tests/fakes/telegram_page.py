"""A conversation with a bot as a page, about as a telephone shows it: to be looked at, not to be tested against."""

from collections.abc import Sequence
from html import escape
from typing import Any

from aiogram.types import MessageEntity
from aiogram.utils.text_decorations import html_decoration

STYLE = """
* { box-sizing: border-box; }
body { margin: 0; padding: 12px 8px; background: #d5e3cf; color: #111; font: 15px/1.35 "Noto Sans", sans-serif; }
article { width: fit-content; max-width: 88%; margin: 0 0 8px; }
article.own { margin-left: auto; }
.words { padding: 7px 10px; border-radius: 14px; background: #fff; white-space: pre-wrap; overflow-wrap: anywhere; }
.own .words { background: #e5fcd3; }
blockquote { margin: 2px 0; padding: 3px 8px; border-left: 3px solid #3a8ee0; border-radius: 4px; background: #eaf3fc; }
blockquote[expandable] { position: relative; max-height: calc(4.05em + 6px); overflow: hidden; }
code { color: #1a6fb5; font: 14px "DejaVu Sans Mono", monospace; }
.row { display: flex; gap: 3px; margin-top: 3px; }
.row span { flex: 1 1 0; overflow: hidden; padding: 8px 4px; border-radius: 8px; background: #7d9a73; color: #fff;
  font-size: 14px; text-align: center; text-overflow: ellipsis; white-space: nowrap; }
.row .primary { background: #3a8ee0; }
.row .link::after { content: " ↗"; }
.row .copy::after { content: " ⧉"; }
"""


def conversation_html(messages: Sequence[dict[str, Any]]) -> str:
    """Messages in their order, as the emulated Bot API keeps them in `BotApi.talk`; a person's own are on the right."""
    articles = "\n".join(_article(it) for it in messages)
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'><style>{STYLE}</style>"
    return f"<!doctype html><html lang=vi>{head}<body>{articles}</body></html>"


def _article(message: dict[str, Any]) -> str:
    entities = [MessageEntity(**it) for it in message.get("entities") or []]
    words = html_decoration.unparse(message.get("text") or "📎", entities)
    words = words.replace("</blockquote>\n", "</blockquote>")  # the end of a block is the end of its line
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    kind = "own" if "from" in message else "bot"
    return f"<article class={kind}><div class=words>{words}</div>{''.join(map(_row, rows))}</article>"


def _row(row: Sequence[dict[str, Any]]) -> str:
    return f"<div class=row>{''.join(map(_button, row))}</div>"


def _button(button: dict[str, Any]) -> str:
    kind = "link" if "url" in button else "copy" if "copy_text" in button else button.get("style", "plain")
    return f"<span class={kind}>{escape(button['text'])}</span>"
