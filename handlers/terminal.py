"""The terminal: a citizen's conversation for people, and line by line in JSON for tests and tools."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import locales
from handlers.channel import TERMINAL, Channel
from handlers.speech import Message, Paragraph, spoken
from handlers.uploads import MemoryFile, memory_file
from tips.evidence import limits
from tips.intake.promise import Promise
from tips.intake.reception import Outcome, Reception, Sender
from tips.intake.turns import Inbound

CHANNEL = "terminal"


async def converse(
    reception: Reception, sender: Sender, lines: AsyncIterator[str], write: Callable[[str], None]
) -> None:
    """One JSON event a line in, one JSON turn a line out, until the lines end."""
    channel = Channel(CHANNEL, reception, TERMINAL)
    async for line in lines:
        if line.strip():
            await _exchange(channel, sender, line, lambda plain: write(json.dumps(plain, ensure_ascii=False)))


async def _exchange(channel: Channel, sender: Sender, line: str, write: Callable[[dict[str, Any]], None]) -> None:
    async def show(outcome: Outcome) -> None:
        messages = [spoken(reply, outcome.lang) for reply in outcome.replies]
        promise = next((it.promise for it in outcome.replies if it.promise), None)
        write(_plain(messages, outcome.state, outcome.receipt, promise))

    with memory_file() as file:
        heard = _heard(line, file)
        if heard is None:
            write(_plain([Message((Paragraph(locales.say(locales.SOURCE, "error.bad_event")),))], "error"))
        else:
            await channel.exchange(sender, heard, show)


def _heard(line: str, file: MemoryFile) -> Inbound | None:
    try:
        return heard_from(json.loads(line), file)
    except (ValueError, TypeError, KeyError, OSError):
        return None


def _plain(
    messages: list[Message], state: str, receipt: str | None = None, promise: Promise | None = None
) -> dict[str, Any]:
    replies = [
        {"text": it.text, "options": [{"id": choice.id, "label": choice.label} for choice in it.choices]}
        for it in messages
    ]
    return {"replies": replies, "state": state, "receipt": receipt, "summary": _summary(promise)}


def _summary(promise: Promise | None) -> dict[str, Any] | None:
    """Who will read a tip and who will not, by unit codes."""
    if promise is None:
        return None
    return _sending(promise) | {"hide": _sending(promise.hide) if promise.hide else None}


def _sending(promise: Promise) -> dict[str, Any]:
    return {"owner": promise.owner, "next": list(promise.next), "excluded": list(promise.excluded)}


def heard_from(event: dict[str, Any], file: MemoryFile) -> Inbound:
    """An event of the JSON contract; the bytes of a file that it names go into `file`.

    Raises:
        ValueError, TypeError, KeyError, OSError: it is none, or its file cannot be read.
    """
    if not isinstance(event, dict):
        raise TypeError("no event")
    if isinstance(event.get("text"), str):
        return Inbound("text", text=event["text"])
    if isinstance(event.get("choose"), str):
        return Inbound("choose", choice=event["choose"])
    if "location" in event:
        place = event["location"]
        return Inbound("location", lat=float(place["lat"]), lon=float(place["lon"]))
    if "file" in event:
        with Path(event["file"]).open("rb") as source:
            file.write(source.read(limits.LARGEST + 1))  # a longer one is turned down, and some have no end
        return Inbound("file", upload=file)
    raise ValueError("no event")


async def chat(
    reception: Reception,
    sender: Sender,
    ask: Callable[[], Awaitable[str | None]],
    show: Callable[[Outcome, list[Message]], None],
) -> None:
    """A conversation for people: numbers or words choose, an empty end leaves."""
    channel, choices, heard = Channel(CHANNEL, reception, TERMINAL), list[str](), Inbound("start")

    async def shown(outcome: Outcome) -> list[str]:
        messages = [spoken(reply, outcome.lang) for reply in outcome.replies]
        show(outcome, messages)
        return [choice.id for message in messages for choice in message.choices]

    while True:
        choices = await channel.exchange(sender, heard, shown) or choices
        typed = await ask()
        if typed is None:
            return
        heard = _meant(typed, choices)


def _meant(typed: str, choices: list[str]) -> Inbound:
    number = typed.strip()
    if number.startswith("#") and number[1:].isdecimal() and 0 < int(number[1:]) <= len(choices):
        return Inbound("choose", choice=choices[int(number[1:]) - 1])
    return Inbound("text", text=typed)
