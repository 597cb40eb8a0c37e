"""How much memory everything in one process takes."""

from __future__ import annotations

import subprocess

from bench import product
from bench.measure import Figure, at_most
from tests.fakes import bot_api

CEILING = 350.0  # MB, as demanded
TIPS = 20
TIP = "ban ma tuy o karaoke duong le van sy q3"


async def memory() -> Figure:
    async with bot_api.serving(kind=bot_api.BotApi) as api, product.a_home() as home:
        more = {
            "TINBAO_TELEGRAM_TOKEN": bot_api.TOKEN,
            "TINBAO_OFFICERS_TOKEN": bot_api.TOKEN,
            "TINBAO_TELEGRAM_API": api.url,
        }
        async with product.serving({**home, **more}, "intake,desk,officers,clock") as served:
            for chat in range(1, TIPS + 1):
                await api.says(chat, TIP)
                await api.waits_for(chat, 1)
                await api.presses(chat, "submit")
                await api.waits_for(chat, 2)
            value = _resident(served.pid)
    how = f"resident, chat, desk, clock and both bots in one process, after {TIPS} tips; the ceiling is a demand"
    return at_most(value, CEILING, "MB", how)


def _resident(pid: int) -> float:
    """The resident set of a process, in MB."""
    words = ["ps", "-o", "rss=", "-p", str(pid)]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout) * 1024 / 1_000_000
