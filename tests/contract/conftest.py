"""What every storage test needs: an open store at the newest schema, and cases that look like real ones."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import storage
from storage import migrate
from tips import errors
from tips.cases import ledger
from tips.cases.case import Case
from tips.cases.pings import Ping
from tips.crypto.sealing import Envelope, Grant
from tips.ports.cases import Change, Mailbox

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
SIGNING = secrets.token_bytes(32)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[storage.Store]:
    migrate.upgrade(database_url)
    async with storage.open_store(database_url, busy=0.2) as opened:
        yield opened


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


async def is_stored(store: storage.Store, case: bytes) -> bool:
    """Whether a case of this id is there."""
    try:
        await store.cases.get(case, None)
    except errors.NotFound:
        return False
    return True
