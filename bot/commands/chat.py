"""`tinbao chat`: a citizen in the terminal."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator

from bot.settings import Settings
from bot.wiring import open_product
from handlers import terminal
from handlers.speech import Message
from tips.intake.reception import Outcome, Sender


async def run(settings: Settings, *, as_json: bool) -> int:
    """One conversation of a new citizen; nothing is resumed and nothing left behind."""
    async with open_product(settings) as product:
        reception = product.unlimited_reception()
        sender = Sender(terminal.CHANNEL, secrets.token_hex(16))
        try:
            if as_json:
                await terminal.converse(reception, sender, _lines(), _write)
            else:
                await terminal.chat(reception, sender, _ask, _show)
        finally:
            await reception.forget(sender)
    return 0


async def _lines() -> AsyncIterator[str]:
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        yield line.decode("utf-8", "replace")


def _write(line: str) -> None:
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


async def _ask() -> str | None:
    try:
        return await asyncio.to_thread(input, "> ")
    except EOFError:
        return None


def _show(outcome: Outcome, messages: list[Message]) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    console = Console()
    number = 0
    for message in messages:
        body = Text(message.text)
        for choice in message.choices:
            number += 1
            body.append(f"\n  #{number} {choice.label}", style="bold")
        console.print(Panel(body, border_style="green" if outcome.receipt else "dim"))
