"""Between the product's records and the rows that keep them: one place for both directions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Table

from storage import tables
from tips import errors
from tips.cases.case import Case
from tips.cases.claims import Mailbox
from tips.cases.ledger import SignedEvent
from tips.cases.milestones import Milestone
from tips.cases.pings import Ping, Push
from tips.crypto.keys import Cost, LockedIdentity, SealedSeed
from tips.crypto.sealing import Envelope, Grant
from tips.organisation.roles import Role
from tips.organisation.roster import SignedRoster
from tips.ports.cases import Change
from tips.ports.desk import Contact, ContactState, Way
from tips.ports.intake import DraftRow
from tips.ports.people import Account, Invitation, StoredSession

Values = dict[str, Any]  # column name -> value


CASE_FIELDS: Final = tuple(field.name for field in fields(Case))


def of_case(case: Case) -> Values:
    """A case's columns; `asdict` would copy every value, on the hot path."""
    return {name: getattr(case, name) for name in CASE_FIELDS}


def case_columns(tip: Table) -> list[Column[Any]]:
    """The columns that `to_case` wants, in its order: rows without objects are ten times as fast."""
    return [tip.c[name] for name in CASE_FIELDS]


def to_case(row: Sequence[Any]) -> Case:
    """A case, from a row of `case_columns`."""
    return Case(*row)


def of_envelope(it: Envelope) -> Values:
    """An envelope's columns."""
    return {
        "id": it.id,
        "case_id": it.case,
        "part": it.part,
        "sealed": it.sealed,
        "commitment": it.commitment,
        "release": it.release,
    }


def to_envelope(row: tables.EnvelopeRow) -> Envelope:
    """An envelope."""
    return Envelope(row.id, row.case, row.part, row.sealed, row.commitment, row.release)


def envelope_of(row: Any) -> Envelope:
    """An envelope, from a plain row of its table."""
    return Envelope(row.id, row.case_id, row.part, row.sealed, row.commitment, row.release)


def of_grant(it: Grant) -> Values:
    """A grant's columns."""
    return {
        "envelope_id": it.envelope,
        "reader": it.reader,
        "case_id": it.case,
        "level": it.level,
        "asleep": it.asleep,
        "roster": it.roster,
        "sealed": it.sealed,
    }


def to_grant(row: tables.GrantRow) -> Grant:
    """A grant."""
    return Grant(row.envelope, row.case, row.reader, row.level, row.asleep, row.roster, row.sealed)


def grant_of(row: Any) -> Grant:
    """A grant, from a plain row of its table."""
    return Grant(row.envelope_id, row.case_id, row.reader, row.level, row.asleep, row.roster, row.sealed)


def of_event(it: SignedEvent) -> Values:
    """An event's columns."""
    return {"leaf": it.leaf, "case_id": it.case, "body": it.body, "signature": it.signature}


def to_event(row: tables.EventRow) -> SignedEvent:
    """An event."""
    return SignedEvent(row.leaf, row.case, row.body, row.signature)


def event_of(row: Any) -> SignedEvent:
    """An event, from a plain row of its table."""
    return SignedEvent(row.leaf, row.case_id, row.body, row.signature)


def of_mailbox(it: Mailbox) -> Values:
    """A mailbox's columns."""
    return {"lookup": it.lookup, "case_id": it.case, "public": it.public}


def to_mailbox(row: tables.MailboxRow) -> Mailbox:
    """A mailbox."""
    return Mailbox(row.lookup, row.case, row.public)


def mailbox_of(row: Any) -> Mailbox:
    """A mailbox, from a plain row of its table."""
    return Mailbox(row.lookup, row.case_id, row.public)


def of_ping(it: Ping) -> Values:
    """A ping's columns."""
    return {
        "id": it.id,
        "unit": it.unit,
        "kind": it.kind,
        "after": it.after,
        "spared": " ".join(it.spared),
        "case_id": it.case,
        "due_at": it.due,
    }


def to_ping(row: Any) -> Ping:
    """A ping, from a row of its table."""
    return Ping(row.id, row.unit, row.kind, row.after, tuple((row.spared or "").split()), row.case_id, row.due_at)


def of_milestone(it: Milestone) -> Values:
    """A milestone's columns."""
    return asdict(it)


def of_push(it: Push) -> Values:
    """A push's columns; nobody has claimed it."""
    values = {name: getattr(it, name) for name in ("id", "chat", "kind", "since", "after", "tries", "trouble")}
    return {**values, "case_id": it.case, "due_at": it.due, "claimed_until": None}


def to_push(row: Any) -> Push:
    """A push, from a row of its table that is still to be sent, or is a dead letter."""
    return Push(row.id, row.chat, row.kind, row.since, row.after, row.case_id, row.due_at, row.tries, row.trouble)


def of_draft(it: DraftRow) -> Values:
    """A draft's columns."""
    return {"key": it.key, "sealed": it.sealed, "version": it.version, "expires_at": it.expires_at}


def to_account(row: tables.PersonRow) -> Account:
    """A login."""
    cost = Cost(row.memory, row.iterations, row.lanes)
    locked = LockedIdentity(row.name, cost, row.salt, row.sealed)
    return Account(locked, row.totp_step, row.failures, row.blocked_until, row.code_misses, row.code_blocked_until)


def of_account(it: Account) -> Values:
    """A login's columns."""
    return {
        "name": it.locked.name,
        **asdict(it.locked.cost),
        "salt": it.locked.salt,
        "sealed": it.locked.sealed,
        "totp_step": it.totp_step,
        "failures": it.failures,
        "blocked_until": it.blocked_until,
        "code_misses": it.code_misses,
        "code_blocked_until": it.code_blocked_until,
    }


def to_contact(row: tables.ContactRow) -> Contact:
    """A contact; what a hand made no state of is trouble."""
    state = ContactState(row.state) if row.state in tuple(ContactState) else ContactState.TROUBLE
    return Contact(row.name, Way(row.way) if row.way in tuple(Way) else Way.POLLING, state, row.error, row.at)


def of_contact(it: Contact) -> Values:
    """A contact's columns."""
    return {"name": it.name, "way": str(it.way), "state": str(it.state), "error": it.error, "at": it.at}


def to_invitation(row: tables.InvitationRow) -> Invitation:
    """An invitation.

    Raises:
        NotFound: a hand was in the row: it invites nobody.
    """
    if row.role not in tuple(Role):
        raise errors.NotFound
    account = None
    if row.memory is not None and row.iterations is not None and row.lanes is not None and row.salt and row.sealed:
        cost = Cost(row.memory, row.iterations, row.lanes)
        account = Account(LockedIdentity(row.name, cost, row.salt, row.sealed), 0, 0, None)
    return Invitation(row.id, row.name, row.unit, Role(row.role), row.expires_at, account, row.public, row.verify)


def of_invitation(it: Invitation) -> Values:
    """An invitation's columns."""
    locked = it.account.locked if it.account else None
    cost = asdict(locked.cost) if locked else {"memory": None, "iterations": None, "lanes": None}
    return {
        "id": it.id,
        "name": it.name,
        "unit": it.unit,
        "role": str(it.role),
        "expires_at": it.expires_at,
        **cost,
        "salt": locked.salt if locked else None,
        "sealed": locked.sealed if locked else None,
        "public": it.public,
        "verify": it.verify,
    }


def of_session(it: StoredSession) -> Values:
    """A session's columns."""
    return asdict(it)


def to_session(row: tables.SessionRow) -> StoredSession:
    """A session."""
    return StoredSession(row.id, row.name, row.sealed, row.seen_at, row.expires_at)


def of_seed(it: SealedSeed) -> Values:
    """A sealed seed's columns."""
    return asdict(it)


def to_seed(row: tables.UnitSeedRow) -> SealedSeed:
    """A sealed seed."""
    return SealedSeed(row.unit, row.generation, row.holder, row.sealed)


def of_roster(it: SignedRoster) -> Values:
    """A roster version's columns."""
    signatures = {name: signature.hex() for name, signature in it.signatures.items()}
    return {"version": it.version, "document": it.document, "signatures": json.dumps(signatures)}


def to_roster(row: tables.RosterRow) -> SignedRoster:
    """A roster version; with no signature, where what is stored is none."""
    try:
        signatures = {name: bytes.fromhex(text) for name, text in json.loads(row.signatures).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        signatures = {}
    return SignedRoster(row.version, row.document, signatures)


def of_change(change: Change) -> dict[Table, list[Values]]:
    """The rows that a change adds, by table, its events and the case's own row left out; parents before children."""
    return {
        table("envelope"): [of_envelope(it) for it in change.envelopes],
        table("reading_grant"): [of_grant(it) for it in change.grants],
        table("mailbox"): [of_mailbox(change.mailbox)] if change.mailbox else [],
        table("ping"): [of_ping(it) for it in change.pings],
        table("milestone"): [of_milestone(it) for it in change.milestones],
    }


def table(name: str) -> Table:
    """A table by name."""
    return tables.metadata.tables[name]


def plain(values: Values) -> Values:
    """The same values as a driver without SQLAlchemy takes them: times as seconds."""
    return {name: int(value.timestamp()) if isinstance(value, datetime) else value for name, value in values.items()}
