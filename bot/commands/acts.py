"""What the command line does with a product: each act opens it, does one thing, and prints."""

from __future__ import annotations

import functools
import getpass
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import locales
from bot import wiring
from bot.settings import Settings
from bot.wiring import Product, open_product
from handlers.desk import view_models
from tips import errors, triage
from tips.cases import case as cases
from tips.cases import deadlines, ledger, policy
from tips.desk import statistics
from tips.desk.open_case import OpenCase
from tips.organisation import units
from tips.people.founding import Founding
from tips.people.session import Session


async def initialise(settings: Settings, *, as_json: bool, trial: bool) -> int:
    """`tinbao init`."""
    await wiring.initialise(settings, trial=trial, tell=functools.partial(_show_once, as_json=as_json))
    return 0


def _show_once(made: Founding, *, as_json: bool) -> None:
    """Passphrases and shares.

    Raises:
        BadSetting: they cannot be written.
    """
    admins = [{"name": name, "passphrase": words} for name, words in made.passphrases.items()]
    shares = [f"{office}:{share}" for office, share in made.shares.items()]
    lines = [
        "Shown once. Give each line to its owner, then clear this screen.",
        *(f"  {admin['name']}: {admin['passphrase']}" for admin in admins),
        *(f"  {share}" for share in shares),
    ]
    printed = {"admins": admins, "recovery": {"k": 2, "n": len(shares), "shares": shares}}
    try:
        if sys.stdout is None:
            raise OSError
        print(json.dumps(printed) if as_json else "\n".join(lines), flush=True)
    except OSError as error:
        raise errors.BadSetting("the passphrases could not be written to standard output: no home was made") from error


def triage_lines(name: str, source: IO[str], sink: IO[str]) -> int:
    """`tinbao triage`."""
    home = units.load(name)
    triager = triage.Triager(home)

    def render(reason: triage.Reason) -> str:
        return view_models.reason_text(
            {"rule": reason.rule, "params": reason.params}, functools.partial(locales.say, "vi")
        )

    for number, line in enumerate(source, start=1):
        if line.strip():
            id_, text = _text_of(line, number)
            found = triage.as_json(id_, triager.triage(text), home, render)
            sink.write(json.dumps(found, ensure_ascii=False) + "\n")
            sink.flush()
    return 0


def _text_of(line: str, number: int) -> tuple[Any, str]:
    try:
        row = json.loads(line)
        return row.get("id"), str(row["text"])
    except (ValueError, KeyError, AttributeError) as error:
        raise errors.BadSetting(f'line {number} is not {{"id": …, "text": …}} as JSON') from error


def progress(pieces: Iterable[bytes], what: str) -> Iterable[bytes]:
    """The same pieces; a terminal sees how many went by."""
    if not sys.stderr.isatty():
        return pieces
    from rich.console import Console
    from rich.progress import track

    return track(pieces, what, total=None, console=Console(stderr=True))


async def _session(product: Product, officer: str) -> Session:
    words = os.environ.get("TINBAO_PASSWORD") or getpass.getpass(f"{officer}: ", stream=sys.stderr)
    return await product.logins.session_of(await product.logins.unlock(officer, words))


async def show_queue(settings: Settings, officer: str, *, as_json: bool) -> int:
    """`tinbao queue`."""
    async with open_product(settings) as product:
        session = await _session(product, officer)
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


def _queue_row(row: cases.Case, now: datetime, home: units.Organisation) -> dict[str, Any]:
    age = now - row.received_at
    return {
        "id": row.id.hex(),
        "unit": row.unit,
        "state": row.state,
        "urgency": row.urgency,
        "category": row.category,
        "area": cases.RESTRICTED_AREA if row.restricted else view_models.place(row.area, home) or None,
        "age_h": max(0, int(age.total_seconds() // 3600)),
        "due": row.due_at.isoformat() if row.due_at else None,
        "overdue": row.overdue(now),
    }


async def show_case(settings: Settings, id_: str, officer: str, *, as_json: bool) -> int:
    """`tinbao case show`."""
    async with open_product(settings) as product:
        session = await _session(product, officer)
        opened = await product.review.open(session, parse_id(id_))
        row = _queue_row(opened.case, product.now(), product.organisation) | _opened(opened)
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


def _opened(opened: OpenCase) -> dict[str, Any]:
    speak = functools.partial(locales.say, "vi")
    return {
        "text": opened.tip.text,
        "thread": [
            {"part": it.part, "by": it.content.by, "at": it.content.at.isoformat(), "text": it.content.text}
            for it in opened.thread
        ],
        "files": [{"id": it.envelope.hex(), **it.described()} for it in opened.files],
        "clocks": [_clock(opened.case)] if opened.case.clock else [],
        "reasons": [view_models.reason_text(reason, speak) for reason in opened.tip.facts["reasons"]],
        "exclusions": sorted(opened.excluded),
    }


def _clock(row: cases.Case) -> dict[str, Any]:
    rule = policy.deadline(row.state) or policy.retention()
    return {"clock": row.clock, "due": row.due_at.isoformat() if row.due_at else None, "source": rule["source"]}


async def export_statistics(
    settings: Settings, out: Path, form: str, by: str, first: str | None, last: str | None
) -> int:
    """`tinbao stats export`."""
    wanted = tuple(part.strip() for part in by.split(",") if part.strip())
    if set(wanted) - set(statistics.DIMENSIONS) or form not in {"csv", "xlsx", "json"}:
        raise errors.BadSetting(f"--by knows {', '.join(statistics.DIMENSIONS)}; --format knows csv, xlsx, json")
    async with open_product(settings) as product:
        raw = await product.store.statistics.counts(_month(first, 0), _month(last, 1))
        lines = statistics.table(view_models.named(raw, product.organisation), wanted)
        event = ledger.Event(
            ledger.Kind.EXPORTED,
            b"",
            ledger.FIRST,
            deadlines.hour(product.now()),
            "intake",
            product.random(32),
            {"by": by},
        )
        await product.store.ledger.append(ledger.sign(event, product.reception.intake.signing))
    from bot.commands import exports

    try:
        exports.write(out, form, lines)
    except OSError as error:
        raise errors.BadSetting(f"--out: {out.name} cannot be written there ({error.strerror})") from error
    return 0


def _month(text: str | None, later: int) -> datetime | None:
    """The start of a month, or of the one after it."""
    if text is None:
        return None
    try:
        year, month = (int(part) for part in text.split("-"))
        datetime(year, month, 1)
        return datetime(year + (month + later - 1) // 12, (month + later - 1) % 12 + 1, 1, tzinfo=deadlines.CITY)
    except ValueError as error:
        raise errors.BadSetting("a month is written like 2026-11") from error


async def verify_ledger(settings: Settings, *, as_json: bool) -> int:
    """`tinbao ledger verify`: 0 where everything holds, 1 where not."""
    async with open_product(settings) as product:
        report = await product.audit()
    if as_json:
        print(json.dumps(asdict(report) | {"sound": report.sound}))
    else:
        print(f"{report.cases} cases, {report.events} events: {'sound' if report.sound else 'NOT SOUND'}")
        for problem in report.problems:
            print(f"  {problem}")
    return 0 if report.sound else 1


def print_table(head: list[str], rows: list[list[Any]]) -> None:
    """Rows under their heads, for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*head)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)
