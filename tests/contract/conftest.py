"""What every storage test needs: an open store at the newest schema, and cases that look like real ones."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import storage
from tests.fakes import databases, memory_store
from tips import errors
from tips.cases import ledger
from tips.cases.case import Case
from tips.cases.claims import Mailbox
from tips.cases.pings import Ping
from tips.crypto.sealing import Envelope, Grant
from tips.ports.cases import Change
from tips.ports.intake import DraftRow

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
SIGNING = secrets.token_bytes(32)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[storage.Store]:
    """Every store, one after the other: what is asked of it here is the contract."""
    if request.param == "memory":
        yield memory_store.store(memory_store.Kept())
        return
    url = f"sqlite+aiosqlite:///{tmp_path}/contract.db"
    async with opened(request.getfixturevalue("postgres_url") if request.param == "postgresql" else url) as opening:
        yield opening


@pytest.fixture
async def sql_store(database_url: str) -> AsyncIterator[storage.Store]:
    """A store whose database a test may reach behind it."""
    async with opened(database_url) as opening:
        yield opening


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[storage.Store]:
    databases.prepare(url)
    async with storage.open_store(url, busy=0.2) as opening:
        yield opening


def event(case: bytes, before: bytes, kind: ledger.Kind = ledger.Kind.RECEIVED) -> ledger.SignedEvent:
    return ledger.sign(ledger.Event(kind, case, before, NOON, "intake", secrets.token_bytes(32), {}), SIGNING)


def new_case(unit: str = "area-770", asleep: tuple[str, ...] = ("duty",), urgency: str = "P2") -> Change:
    """A submission with one envelope, one waking grant and some that sleep."""
    id_, envelope = secrets.token_bytes(16), secrets.token_bytes(16)
    received = event(id_, ledger.FIRST)
    row = Case(
        id=id_,
        unit=unit,
        state="received",
        urgency=urgency,
        category="drugs.trade",
        area="770",
        ward=None,
        received_at=NOON,
        clock="received",
        due_at=NOON + timedelta(hours=24),
        level=0,
        officer=None,
        opened=False,
        restricted=False,
        head=received.leaf,
    )
    grants = [Grant(envelope, id_, unit, 0, False, 1, secrets.token_bytes(64))]
    grants += [Grant(envelope, id_, code, at, True, 1, secrets.token_bytes(64)) for at, code in enumerate(asleep, 1)]
    return Change(
        row,
        None,
        (received,),
        (Envelope(envelope, id_, "tip", secrets.token_bytes(4096), secrets.token_bytes(32), secrets.token_bytes(64)),),
        tuple(grants),
        mailbox=Mailbox(secrets.token_bytes(16), id_, secrets.token_bytes(1216)),
        pings=(Ping(secrets.token_bytes(16), unit, "new", NOON),),
    )


def step(row: Case, **changes: object) -> Change:
    """The next step of a stored case."""
    done = event(row.id, row.head, ledger.Kind.MOVED)
    return Change(replace(row, head=done.leaf, **changes), row.head, (done,))  # type: ignore[arg-type]


def draft(version: int = 1, key: bytes = b"k" * 16, hours: int = 24) -> DraftRow:
    return DraftRow(key, secrets.token_bytes(40), version, NOON + timedelta(hours=hours, days=3650))


async def is_stored(store: storage.Store, case: bytes) -> bool:
    """Whether a case of this id is there."""
    try:
        await store.cases.get(case, None)
    except errors.NotFound:
        return False
    return True
