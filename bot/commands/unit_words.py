"""`tinbao words`: a unit's own words for questions, answers and conclusions, in its head's name."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import locales
from bot.commands.cases import session_of
from bot.settings import Settings
from bot.wiring import open_product
from tips import errors
from tips.cases.lifecycle import ActionName
from tips.cases.unit_words import USES
from tips.desk.unit_templates import UnitTemplates
from tips.people.session import Session

Do = Callable[[UnitTemplates, Session], Awaitable[None]]


async def show(settings: Settings, unit: str) -> int:
    """`tinbao words show`."""
    async with open_product(settings) as product:
        product.organisation.unit(unit)
        kept = product.unit_templates.of(unit)
    rows = [{"id": it.id, "use": str(it.use), "lang": it.lang, "text": it.text, "by": it.by} for it in kept]
    print(json.dumps(rows, ensure_ascii=False, indent=1))
    return 0


async def add(settings: Settings, officer: str, use: str, lang: str, text: str) -> int:
    """`tinbao words add`."""
    if use not in USES or lang not in locales.LANGUAGES:
        raise errors.BadSetting(f"--use knows {', '.join(USES)}; --lang knows {', '.join(locales.LANGUAGES)}")
    return await _done(settings, officer, lambda templates, who: templates.add(who, ActionName(use), lang, text))


async def change(settings: Settings, officer: str, id: str, text: str) -> int:
    """`tinbao words change`."""
    return await _done(settings, officer, lambda templates, who: templates.change(who, id, text))


async def remove(settings: Settings, officer: str, id: str) -> int:
    """`tinbao words remove`."""
    return await _done(settings, officer, lambda templates, who: templates.remove(who, id))


async def _done(settings: Settings, officer: str, do: Do) -> int:
    async with open_product(settings) as product:
        await do(product.unit_templates, await session_of(product.logins, officer))
    return 0
