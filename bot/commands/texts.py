"""`tinbao texts`: the home's own texts, in an admin's or an overseer's name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

import locales
from bot.commands import asking
from bot.commands.cases import session_of
from bot.settings import Settings
from bot.wiring import open_product
from tips import errors
from tips.cases.home_texts import HomeText, TextName


async def show(settings: Settings) -> int:
    """`tinbao texts show`: what is in force, and what waits, as JSON."""
    async with open_product(settings) as product:
        known = product.own_texts.known()
    parts = {"in_force": known.in_force, "offered": known.offered}
    plain = {part: {str(name): _plain(it) for name, it in found.items()} for part, found in parts.items()}
    print(json.dumps(plain, ensure_ascii=False))
    return 0


def _plain(it: HomeText) -> dict[str, object]:
    return {"words": dict(it.words), "until": it.until.isoformat() if it.until else None, "by": it.by}


async def offer(settings: Settings, officer: str, name: str, said: Sequence[str], until: str) -> int:
    """`tinbao texts offer`; each that is `said` is a language and its words."""
    if unknown := [it for it in said if it.partition("=")[0] not in locales.LANGUAGES]:
        raise errors.BadSetting(f"--text is LANGUAGE=WORDS, and not {unknown[0]}")
    words = {lang: text for lang, _, text in (it.partition("=") for it in said)}
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError as error:
        raise errors.BadSetting("--until is written like 2027-02-05") from error
    async with open_product(settings) as product:
        await product.own_texts.offer(await session_of(product.logins, officer), _named(name), words, day)
    return 0


async def agree(settings: Settings, officer: str, name: str, *, agreed: bool) -> int:
    """`tinbao texts agree`: to what is offered now, once it was shown."""
    async with open_product(settings) as product:
        offered = product.own_texts.known().offered.get(_named(name))
        if offered is None:
            raise errors.NotFound
        for line in _shown(offered):
            print(line)
        asking.check("words.sure", agreed=agreed)
        await product.own_texts.agree(await session_of(product.logins, officer), offered.name, offered.digest)
    return 0


def _shown(it: HomeText) -> list[str]:
    """All that somebody agrees to."""
    head = f"{it.name}, offered by {it.by}" + (f", until {it.until}" if it.until else "")
    said = [f"  {lang}: {words}" for lang, words in sorted(it.words.items())]
    return [head, *(said or ["  without words: the home has none of its own any more"])]


def _named(name: str) -> TextName:
    if name not in tuple(TextName):
        raise errors.BadSetting(f"the texts are {', '.join(TextName)}")
    return TextName(name)
