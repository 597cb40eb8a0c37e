"""The tables. Keys are random and nothing counts up, so that no row tells when, or after whom, it came.

On SQLite the citizens' tables are WITHOUT ROWID: rows lie in the order of their random keys. Times are whole seconds
since 1970 in UTC, and hours where `tips` truncated them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from storage.loose_types import NO_NUMBER
from tips.cases.case import NEVER, NO_TIME, State
from tips.organisation.taxonomy import Urgency

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
UNORDERED: Final = {"sqlite_with_rowid": False}
OPEN: Final = text("state != 'closed'")
DUE: Final = f"coalesce(due_at, {NEVER})"  # what queues are ordered by: a case without a deadline comes last
CLAIMED: Final = "(officer IS NOT NULL)"
STANDING: Final = {  # events that concern no case and name a "subject": as the index says it, so does each query
    "sqlite": text("case_id = x'' AND instr(body, x'227375626a656374223a') > 0"),
    "postgresql": text(r"case_id = '\x'::bytea AND position('\x227375626a656374223a'::bytea IN body) > 0"),
}
LONGEST_STANDING: Final = 32 * 1024  # bytes of such an event; a longer one is nobody's word
# In no backup: worthless without keys that are in none, or of the hour. What is restored tells nobody again.
PASSING: Final = frozenset(
    {
        "draft",
        "session",
        "link_code",
        "invitation",
        "job_run",
        "stuck",
        "waiting_file",
        "address",
        "push",
        "topic",
        "contact",
    }
)
metadata = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An aware time as whole seconds since 1970: the same on every database, and no zone is ever lost."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database. What is no time, because a hand was in the row, reads as the oldest: late, and first."""
        if value is None:
            return None
        if value == NO_NUMBER:
            return NO_TIME
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OSError, OverflowError, TypeError, ValueError):
            return NO_TIME


class Base(SQLModel):
    """What all tables share."""

    metadata = metadata


def _octets(name: str, **options: Any) -> Any:
    return Field(sa_column=Column(name, LargeBinary, nullable=options.pop("nullable", False), **options))


def _key(name: str = "id") -> Any:
    return Field(sa_column=Column(name, LargeBinary, primary_key=True))


def _moment(name: str, *, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(name, Moment, nullable=nullable))


def _seconds(name: str) -> Any:
    return Field(default=None, sa_column=Column(name, BigInteger, nullable=True))


def _of_case(name: str = "case_id", *, unique: bool = False) -> Any:
    return Field(sa_column=Column(name, LargeBinary, ForeignKey("tip.id"), nullable=False, index=True, unique=unique))


def _one_of(name: str, values: Iterable[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{name} IN ({allowed})", name=name)


class Tip(Base, table=True):
    """A case in the clear; see `tips.cases.case.Case` for what each column means."""

    __tablename__ = "tip"
    __table_args__ = (
        _one_of("state", State),
        _one_of("urgency", Urgency),
        Index(
            "ix_tip_queue",
            "unit",
            "urgency",
            text(DUE),
            text(CLAIMED),
            "id",  # SQLite reflects no such index: a migration that makes this table anew makes it anew too
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("ix_tip_unit_state", "unit", "state"),
        Index(
            "ix_tip_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        UNORDERED,
    )
    id: bytes = _key()
    unit: str
    state: str
    urgency: str
    category: str
    area: str | None
    ward: str | None
    received_at: datetime = _moment("received_at")
    clock: str | None
    due_at: datetime | None = _moment("due_at", nullable=True)
    level: int
    officer: str | None
    opened: bool
    restricted: bool
    head: bytes = _octets("head")
    disputed: bool = Field(default=False, sa_column=Column("disputed", Boolean, nullable=False, server_default=false()))
    salt: bytes | None = _octets("salt", nullable=True)


class EnvelopeRow(Base, table=True):
    """A sealed piece of a case; `release` is NULL where no grant of it sleeps."""

    __tablename__ = "envelope"
    __table_args__ = (UNORDERED,)
    id: bytes = _key()
    case: bytes = _of_case()
    part: str
    sealed: bytes = _octets("sealed")
    commitment: bytes = _octets("commitment")
    release: bytes | None = _octets("release", nullable=True)


class GrantRow(Base, table=True):
    """An envelope's key, sealed to one reader."""

    __tablename__ = "reading_grant"
    __table_args__ = (Index("ix_reading_grant_reader", "reader", "case_id"), UNORDERED)
    envelope: bytes = _key("envelope_id")
    reader: str = Field(primary_key=True)
    case: bytes = _of_case()
    level: int
    asleep: bool
    roster: int
    sealed: bytes = _octets("sealed")


class BlobRow(Base, table=True):
    """A sealed chunk of a file, by the envelope that describes the file and the chunk's number."""

    __tablename__ = "blob"
    __table_args__ = (UNORDERED,)
    envelope: bytes = _key("envelope_id")
    number: int = Field(primary_key=True)
    sealed: bytes = _octets("sealed")


class WaitingFileRow(Base, table=True):
    """A file whose tip is not sent yet; the row goes when the envelope that describes the file is stored."""

    __tablename__ = "waiting_file"
    __table_args__ = (UNORDERED,)
    envelope: bytes = _key("envelope_id")
    expires_at: datetime = Field(sa_column=Column("expires_at", Moment, nullable=False, index=True))
    size: int = Field(sa_column=Column("size", BigInteger, nullable=False))


class EventRow(Base, table=True):
    """A ledger event that waits for the tree; its case is empty where it concerns none."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_standing", "leaf", sqlite_where=STANDING["sqlite"], postgresql_where=STANDING["postgresql"]),
        UNORDERED,
    )
    leaf: bytes = _key("leaf")
    case: bytes = Field(sa_column=Column("case_id", LargeBinary, nullable=False, index=True))
    body: bytes = _octets("body")
    signature: bytes = _octets("signature")


class WaitingLeafRow(Base, table=True):
    """An event's leaf that is not in the tree yet; `told`: a tally counts it."""

    __tablename__ = "waiting_leaf"
    __table_args__ = (UNORDERED,)
    leaf: bytes = _key("leaf")
    told: bool


class LeafTallyRow(Base, table=True):
    """What a process instance has added; see `tips.merkle.tallies`."""

    __tablename__ = "leaf_tally"
    __table_args__ = (UNORDERED,)
    instance: bytes = _key("instance")
    body: bytes = _octets("body")
    state: bytes = _octets("state")
    signature: bytes = _octets("signature")


class OrganisationRow(Base, table=True):
    """A document of an organisation, by its digest; believed only if a signed roster names that."""

    __tablename__ = "organisation"
    __table_args__ = (UNORDERED,)
    digest: str = Field(primary_key=True)
    document: bytes = _octets("document")


class TreeNodeRow(Base, table=True):
    """The hash of a complete subtree; see `tips.merkle.tree`."""

    __tablename__ = "tree_node"
    __table_args__ = (UNORDERED,)
    level: int = Field(sa_column=Column("level", Integer, primary_key=True, autoincrement=False))
    at: int = Field(sa_column=Column("at", BigInteger, primary_key=True, autoincrement=False))
    hash: bytes = _octets("hash")


class TreePlaceRow(Base, table=True):
    """Where an event's leaf stands in the tree."""

    __tablename__ = "tree_place"
    __table_args__ = (UNORDERED,)
    leaf: bytes = _key("leaf")
    place: int = Field(sa_column=Column("place", BigInteger, nullable=False))


class TreeBlindRow(Base, table=True):
    """What a dummy was blinded by, which shows that no event is hidden in its place."""

    __tablename__ = "tree_blind"
    __table_args__ = (UNORDERED,)
    place: int = Field(sa_column=Column("place", BigInteger, primary_key=True, autoincrement=False))
    blind: bytes = _octets("blind")


class TreeHeadRow(Base, table=True):
    """A signed head; see `tips.ports.tree.Head`."""

    __tablename__ = "tree_head"
    __table_args__ = (UNORDERED,)
    size: int = Field(sa_column=Column("size", BigInteger, primary_key=True, autoincrement=False))
    note: bytes = _octets("note")
    closing: bytes = _octets("closing")


class TreeCosignatureRow(Base, table=True):
    """What a witness signed of a head: its line below the note, as it came."""

    __tablename__ = "tree_cosignature"
    __table_args__ = (UNORDERED,)
    size: int = Field(sa_column=Column("size", BigInteger, primary_key=True, autoincrement=False))
    witness: str = Field(primary_key=True)
    line: bytes = _octets("line")


class MailboxRow(Base, table=True):
    """How a receipt finds its case."""

    __tablename__ = "mailbox"
    __table_args__ = (UNORDERED,)
    lookup: bytes = _key("lookup")
    case: bytes = _of_case(unique=True)
    public: bytes = _octets("public")


class AddressRow(Base, table=True):
    """Where a reporter who asked for it is told; sealed under a key on no disk. `news_from` NULL: nothing waits.

    Who tells them holds the row until `claimed_until`, in the database's own seconds, by the number of `tries`.
    """

    __tablename__ = "address"
    __table_args__ = (UNORDERED,)
    case: bytes = Field(sa_column=Column("case_id", LargeBinary, ForeignKey("tip.id"), primary_key=True))
    sealed: bytes = _octets("sealed")
    news_from: datetime | None = _moment("news_from", nullable=True)
    tries: int = Field(default=0, sa_column=Column("tries", Integer, nullable=False, server_default="0"))
    claimed_until: int | None = _seconds("claimed_until")
    trouble: str | None = None


class DraftTable(Base, table=True):
    """An unfinished tip, sealed under a key that is on no disk."""

    __tablename__ = "draft"
    __table_args__ = (UNORDERED,)
    key: bytes = _key("key")
    sealed: bytes = _octets("sealed")
    version: int = Field(sa_column=Column("version", BigInteger().with_variant(Integer, "sqlite"), nullable=False))
    expires_at: datetime = Field(sa_column=Column("expires_at", Moment, nullable=False, index=True))


class PingRow(Base, table=True):
    """A content-free word that waits to be sent."""

    __tablename__ = "ping"
    __table_args__ = (UNORDERED,)
    id: bytes = _key()
    unit: str
    kind: str
    after: datetime = Field(sa_column=Column("after", Moment, nullable=False, index=True))
    spared: str | None
    case: bytes | None = _octets("case_id", nullable=True)
    due_at: datetime | None = _moment("due_at", nullable=True)


class PushRow(Base, table=True):
    """A ping for one chat of the officers' bot. `after` NULL: a digest that was sent; `trouble`: a dead letter."""

    __tablename__ = "push"
    __table_args__ = (UNORDERED,)
    id: bytes = _key()
    chat: str = Field(index=True)
    kind: str
    since: datetime = _moment("since")
    after: datetime | None = Field(default=None, sa_column=Column("after", Moment, nullable=True, index=True))
    case: bytes | None = _octets("case_id", nullable=True)
    due_at: datetime | None = _moment("due_at", nullable=True)
    tries: int = Field(default=0, sa_column=Column("tries", Integer, nullable=False))
    claimed_until: int | None = _seconds("claimed_until")
    trouble: str | None


class TopicRow(Base, table=True):
    """A case's topic in an officer's chat."""

    __tablename__ = "topic"
    __table_args__ = (UNORDERED,)
    chat: str = Field(primary_key=True)
    case: bytes = _key("case_id")
    topic: int = Field(sa_column=Column("topic", BigInteger, nullable=False))


class JobRun(Base, table=True):
    """A job's lease; `tips.clock.leases` trusts no row that it did not mark. `until` NULL: the slot is done."""

    __tablename__ = "job_run"
    name: str = Field(primary_key=True)
    slot: int = Field(sa_column=Column("slot", BigInteger, primary_key=True, autoincrement=False))
    owner: bytes | None = _octets("owner", nullable=True)
    until: int | None = Field(default=None, sa_column=Column("until", BigInteger, nullable=True))
    mark: bytes | None = _octets("mark", nullable=True)


class StuckRow(Base, table=True):
    """A case that a job of the clock could not bring on."""

    __tablename__ = "stuck"
    __table_args__ = (UNORDERED,)
    job: str = Field(primary_key=True)
    case: bytes = _key("case_id")
    error: str
    since: datetime = _moment("since")


class ContactRow(Base, table=True):
    """When a channel's messenger answered last, as a process that serves it wrote; `at` NULL: never yet."""

    __tablename__ = "contact"
    name: str = Field(primary_key=True)
    way: str
    state: str
    error: str
    at: datetime | None = _moment("at", nullable=True)


class PeriodRow(Base, table=True):
    """A closed period's figures; see `tips.ports.desk.FrozenPeriod`. Nothing of it ever changes but `counted`."""

    __tablename__ = "period"
    __table_args__ = (UNORDERED,)
    period: str = Field(primary_key=True)
    number: int = Field(unique=True)  # in the order of closing
    figures: bytes = _octets("figures")
    counted: bytes = _octets("counted")
    leaf: bytes = _octets("leaf")
    body: bytes = _octets("body")
    signature: bytes = _octets("signature")


class OpensRow(Base, table=True):
    """How many came by a poster's link; see `tips.intake.tallies`."""

    __tablename__ = "opens"
    __table_args__ = (UNORDERED,)
    period: str = Field(primary_key=True)
    area: str = Field(primary_key=True)
    count: int


class TallyRow(Base, table=True):
    """How often something happened that is no tip; see `tips.ports.desk.Tally`."""

    __tablename__ = "tally"
    __table_args__ = (UNORDERED,)
    period: str = Field(primary_key=True)
    of: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    count: int


class MilestoneRow(Base, table=True):
    """What was reached with some case, that it does not name; see `tips.cases.milestones`.

    Rows lie by their hour, so that a month is read in one piece; within it in the order of their random ids.
    """

    __tablename__ = "milestone"
    __table_args__ = (UNORDERED,)
    at: datetime = Field(sa_column=Column("at", Moment, primary_key=True, autoincrement=False))
    id: bytes = _key()
    kind: str
    unit: str
    urgency: str
    detail: str
    took: str


class PersonRow(Base, table=True):
    """A login; what its passphrase opens is sealed."""

    __tablename__ = "person"
    name: str = Field(primary_key=True)
    memory: int
    iterations: int
    lanes: int
    salt: bytes = _octets("salt")
    sealed: bytes = _octets("sealed")
    totp_step: int = Field(sa_column=Column("totp_step", BigInteger, nullable=False))
    failures: int
    blocked_until: datetime | None = _moment("blocked_until", nullable=True)
    code_misses: int = 0
    code_blocked_until: datetime | None = _moment("code_blocked_until", nullable=True)


class SessionRow(Base, table=True):
    """An open login; its keys open only with the cookie."""

    __tablename__ = "session"
    id: bytes = _key()
    name: str
    sealed: bytes = _octets("sealed")
    seen_at: datetime = _moment("seen_at")
    expires_at: datetime = _moment("expires_at")


class LinkCodeRow(Base, table=True):
    """The hash of a one-time code that links an officer's chat, and once it was used that chat."""

    __tablename__ = "link_code"
    code: bytes = _key("code")
    name: str
    expires_at: datetime = _moment("expires_at")
    chat: str | None


class InvitationRow(Base, table=True):
    """Somebody who is asked to join; once they took it up with the keys that wait for signers to name them."""

    __tablename__ = "invitation"
    id: bytes = _key("id")
    name: str = Field(unique=True)
    unit: str
    role: str
    expires_at: datetime = _moment("expires_at")
    memory: int | None
    iterations: int | None
    lanes: int | None
    salt: bytes | None
    sealed: bytes | None
    public: bytes
    verify: bytes


class LinkRow(Base, table=True):
    """A chat of the officers' bot. Officers only: no reporter's chat is kept anywhere."""

    __tablename__ = "officer_chat"
    chat: str = Field(primary_key=True)
    name: str = Field(index=True)
    quiet: str | None


class UnitSeedRow(Base, table=True):
    """A unit's seed, sealed to one holder."""

    __tablename__ = "unit_seed"
    unit: str = Field(primary_key=True)
    generation: int = Field(primary_key=True)
    holder: str = Field(primary_key=True, index=True)
    sealed: bytes = _octets("sealed")


class RosterRow(Base, table=True):
    """A signed version of the roster; signatures as JSON of hex, by signer."""

    __tablename__ = "roster"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document: bytes = _octets("document")
    signatures: str


class KeptRow(Base, table=True):
    """A named sealed piece: the recovery seed's shares, the release seed's copy."""

    __tablename__ = "kept"
    name: str = Field(primary_key=True)
    value: bytes = _octets("value")
