"""`tinbao queue` and `tinbao case`: what an officer sees at the desk, in a terminal."""

from __future__ import annotations

import functools
import getpass
import json
import os
import sys
from datetime import datetime
from typing import Any

import locales
from bot.commands.output import print_table
from bot.settings import Settings
from bot.wiring import open_product
from handlers.desk import view_models
from tips import errors
from tips.cases import case as cases
from tips.desk.open_case import OpenCase
from tips.organisation.units import Organisation
from tips.people.logins import Logins
from tips.people.session import Session


async def session_of(logins: Logins, officer: str) -> Session:
    """A person's session; the passphrase comes from a prompt or TINBAO_PASSWORD."""
    words = os.environ.get("TINBAO_PASSWORD") or getpass.getpass(f"{officer}: ", stream=sys.stderr)
    return await logins.session_of(await logins.unlock(officer, words))


async def show_queue(settings: Settings, officer: str, *, as_json: bool) -> int:
    """`tinbao queue`."""
    async with open_product(settings) as product:
        session = await session_of(product.logins, officer)
        found = await product.review.queue(session, cases.OPEN, limit=1000)
        rows = [_queue_row(row, product.now(), product.organisation) for row in found]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    print_table(
        ["id", "unit", "state", "urgency", "category", "area", "age_h", "due", "overdue"],
        [[*row.values()] for row in rows],
    )
    return 0


def _queue_row(row: cases.Case, now: datetime, organisation: Organisation) -> dict[str, Any]:
    age = now - row.received_at
    return {
        "id": row.id.hex(),
        "unit": row.unit,
        "state": row.state,
        "urgency": row.urgency,
        "category": row.category,
        "area": cases.RESTRICTED_AREA if row.restricted else view_models.place(row.area, organisation) or None,
        "age_h": max(0, int(age.total_seconds() // 3600)),
        "due": row.due_at.isoformat() if row.due_at else None,
        "overdue": row.overdue(now),
    }


async def show_case(settings: Settings, id_: str, officer: str, *, as_json: bool) -> int:
    """`tinbao case show`."""
    async with open_product(settings) as product:
        session = await session_of(product.logins, officer)
        opened = await product.review.open(session, parse_id(id_))
        row = _queue_row(opened.case, product.now(), product.organisation) | _opened(opened, product.organisation)
    if as_json:
        print(json.dumps(row, ensure_ascii=False))
        return 0
    for name, value in row.items():
        print(f"{name}: {value}")
    return 0


def parse_id(text: str) -> bytes:
    """A case's id as typed.

    Raises:
        NotFound: it is none.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise errors.NotFound from error


def _opened(opened: OpenCase, organisation: Organisation) -> dict[str, Any]:
    speak = functools.partial(locales.say, locales.SOURCE)
    return {
        "text": opened.tip.text,
        "thread": [
            {"part": it.part, "by": it.content.by, "at": it.content.at.isoformat(), "text": it.content.text}
            for it in opened.thread
        ],
        "files": [{"id": it.envelope.hex(), **it.described()} for it in opened.files],
        "clocks": [_deadline(opened.case, organisation)] if opened.case.clock else [],
        "reasons": [view_models.reason_text(reason, organisation, speak) for reason in opened.tip.facts["reasons"]],
        "exclusions": sorted(opened.excluded),
    }


def _deadline(row: cases.Case, organisation: Organisation) -> dict[str, Any]:
    rule = organisation.terms.deadline(row.state) or organisation.terms.retention()
    return {"clock": row.clock, "due": row.due_at.isoformat() if row.due_at else None, "source": rule["source"]}
