"""Is kept: what `tips.ports` asks for, on SQLite or PostgreSQL, with drafts on Valkey where that is set."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace
from typing import Any

from storage import migrate, retrying
from storage.accounts import SqlAccounts
from storage.addresses import SqlAddresses
from storage.blobs import SqlBlobs
from storage.cases import SqlCases
from storage.clockwork import SqlClockwork
from storage.contacts import SqlContacts
from storage.drafts import SqlDrafts
from storage.engine import BUSY, Database, is_sqlite
from storage.invitations import SqlInvitations
from storage.keyring import SqlKeyring
from storage.ledger import SqlLedger
from storage.officer_chats import SqlOfficerChats
from storage.outbox import SqlOutbox
from storage.probe import SqlProbe
from storage.statistics import SqlStatistics
from storage.tips import SqlTips
from storage.tree import SqlTree
from storage.writer import Writer
from tips.ports.cases import Cases, Ledger, Tips
from tips.ports.clock import ChainEnds, Clockwork
from tips.ports.desk import Contacts, OfficerChats, Outbox, Statistics
from tips.ports.evidence import Blobs
from tips.ports.intake import Addresses, Drafts
from tips.ports.people import Accounts, Invitations, Keyring
from tips.ports.process import Probe
from tips.ports.tree import TallyBook, Tree


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept, over one database and one writer."""

    tips: Tips
    cases: Cases
    drafts: Drafts
    outbox: Outbox
    keyring: Keyring
    accounts: Accounts
    invitations: Invitations
    officer_chats: OfficerChats
    ledger: Ledger
    tree: Tree
    statistics: Statistics
    blobs: Blobs
    addresses: Addresses
    clockwork: Clockwork
    contacts: Contacts
    probe: Probe


@contextlib.asynccontextmanager
async def open_store(
    url: str,
    drafts_url: str | None = None,
    busy: float = BUSY,
    book: TallyBook | None = None,
    ends: ChainEnds | None = None,
) -> AsyncIterator[Store]:
    """Open the store of a database that is at the newest schema (`storage.migrate.upgrade`).

    Once a later version upgrades it, everything that writes raises `Outdated`.

    Args:
        url: of the database.
        drafts_url: of the store of drafts; None: in the database.
        busy: how many seconds a connection waits for another's lock.
        book: signs what this process adds to the ledger; None: nobody counts it.
        ends: where cases ended, which each of them is read with; None: nothing is kept of that.
    """
    schema = migrate.revisions(migrate.SCRIPTS)[-1]
    database = Database(url, busy, book, schema)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        writer = await stack.enter_async_context(Writer(url, busy, book, schema))
        beside = SqlDrafts(database, writer)
        stack.callback(beside.close)
        kept = beside if is_sqlite(url) else retrying.retried(beside)
        drafts: Drafts = kept
        if drafts_url:
            from storage.valkey import ValkeyDrafts

            drafts = await stack.enter_async_context(ValkeyDrafts(drafts_url, kept, schema))
        store = Store(
            tips=SqlTips(writer),
            cases=SqlCases(database, ends),
            drafts=drafts,
            outbox=SqlOutbox(database),
            keyring=SqlKeyring(database),
            accounts=SqlAccounts(database),
            invitations=SqlInvitations(database),
            officer_chats=SqlOfficerChats(database),
            ledger=SqlLedger(database),
            tree=SqlTree(database),
            statistics=SqlStatistics(database),
            blobs=SqlBlobs(database),
            addresses=SqlAddresses(database),
            clockwork=SqlClockwork(database),
            contacts=SqlContacts(database),
            probe=SqlProbe(database),
        )
        yield store if is_sqlite(url) else _retried(store)


def _retried(store: Store) -> Store:
    """The same store; what a server asks to be done again is. Drafts are so already, as Valkey's are two steps."""
    names = [it.name for it in fields(store) if it.name != "drafts"]
    again: dict[str, Any] = {name: retrying.retried(getattr(store, name)) for name in names}
    return replace(store, **again)
