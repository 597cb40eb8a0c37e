"""Recovery: what a quorum of offices brings back together: the home from a backup, and cases that nobody else may read.

A backup is an age file (`crypto/age.py`) to the recovery key, which other programs open with the recovery seed. Stanzas
of our own in its header carry that seed as `init` sealed it for each k of the offices: shares and file are enough.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.ledger import Kind
from tips.crypto import age, keys, sealing, stream
from tips.crypto.age import Header, Stanza
from tips.crypto.keys import Identity, Recovery
from tips.crypto.pieces import Pieces
from tips.crypto.sealing import Random, binding
from tips.organisation import roster, succession
from tips.organisation.roles import Task
from tips.organisation.roster import HELD, LEAST_OFFICES, PROCESSES, Roster, SignedRoster, Signers
from tips.people import proposals
from tips.people.founding import Secrets
from tips.people.proposals import Proposal
from tips.people.session import Session
from tips.ports.cases import Ledger
from tips.ports.people import Keyring

STANZA: Final = (
    "tinbao.recovery"  # its arguments: how many offices it takes, and which; its body: the seed under their key
)
FIRST_FORMAT: Final = b"tinbao backup 1\n"  # how files of earlier programs begin
KEY_BYTES: Final = 4  # how long the length of the sealed key is in them


@dataclass(frozen=True, slots=True)
class Custody:
    """What is done with a home as a whole, and by what the quorum opens: who may, and that they did is on record.

    The quorum has no signing key: whoever brings its shares together signs what is done by them.
    """

    ledger: Ledger
    keyring: Keyring
    now: Callable[[], datetime]
    random: Random = field(repr=False)
    pieces: Callable[[], Awaitable[Mapping[str, bytes]]]  # what only the quorum opens, as the roster names it

    def check(self, session: Session, task: Task) -> None:
        """Whether somebody may do this.

        Raises:
            Refused: it is not their role's.
        """
        if not session.role.may_do(task):
            raise errors.Refused("error.role")

    async def seed(self, session: Session, task: Task, shares: Mapping[str, str]) -> bytes:
        """The recovery seed, for somebody who may do with it what they want to do.

        Args:
            session: whose act it is.
            task: what it is.
            shares: office -> share.

        Raises:
            Refused: it is not their role's.
            WrongShares: too few shares, or wrong ones.
        """
        self.check(session, task)
        return keys.join_recovery(await self.kept(), shares)

    async def kept(self) -> Recovery:
        """The sealed recovery seed, as it was shared out last; rows that are others are set right first.

        Raises:
            NotFound: the home keeps none.
            NotVerified: what the roster names is nowhere.
        """
        stored, found = await sealed(self.keyring), await self.pieces()
        for name, piece in found.items():
            if stored.get(name) != piece:
                await self.keyring.keep(name, piece)
        return Recovery.of(found)

    async def record(self, kind: Kind, by: str, signing: bytes, **facts: str) -> None:
        """Put an act that concerns no case on the ledger; it is done after this returned, and not where it raises.

        Args:
            kind: what is done.
            by: a person, or the process that does it unasked.
            signing: their Ed25519 seed.
            facts: codes; see `ledger.Event`.
        """
        hour = deadlines.hour(self.now())
        event = ledger.Event(kind, b"", ledger.FIRST, hour, by, self.random(32), facts)
        await self.ledger.append(ledger.sign(event, signing))


async def sealed(keyring: Keyring) -> dict[str, bytes]:
    """What only the quorum opens, as it is stored, by its names: its own seed for each k offices, the release seed."""
    found = {name: await keyring.all_kept(name) for name in (keys.RECOVERY, keys.RELEASE)}
    return {f"{name}{rest}": piece for name, pieces in found.items() for rest, piece in pieces.items()}


async def named(keyring: Keyring, current: Roster) -> dict[str, bytes]:
    """What only the quorum opens, as it is stored, if it is what a roster names.

    Raises:
        NotVerified: it is not.
    """
    found = await sealed(keyring)
    if not count(found, current):
        raise errors.NotVerified(
            "what only the recovery offices open is not what this home was signed for: bring what is kept of it beside"
            " the secrets back, from another machine or a copy"
        )
    return found


def count(pieces: Mapping[str, bytes], current: Roster) -> bool:
    """Whether these are what only the quorum opens; of homes of earlier programs whichever there were first are."""
    return bool(pieces) and current.quorum_digest in {"", keys.pieces_digest(pieces)}


def with_seed(session: Session, seed: bytes) -> Session:
    """The session in which a held case is opened and given to a unit: a person's, but only the recovery seed opens."""
    return replace(session, seeds={HELD: (seed,)})


# --- backups ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LedgerState:
    """How far a ledger had come: how many events, and SHA-256 over their sorted leaf hashes, in hex."""

    events: int
    digest: str

    @classmethod
    def of(cls, leaves: Iterable[bytes]) -> LedgerState:
        """The state of these leaves (32 bytes each, sorted)."""
        count, hashed = 0, hashlib.sha256()
        for leaf in leaves:
            count += 1
            hashed.update(leaf)
        return cls(count, hashed.hexdigest())


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says that it holds, before anything else in it."""

    schema: str  # the revision of the tables that the rows are from
    product: str  # the version of the program that wrote it
    at: datetime
    rows: Mapping[str, int]  # of each table; one that is empty is left out
    roster: int  # its newest version
    roster_digest: str  # of that version's document, in hex
    ledger: LedgerState

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "at": self.at.isoformat(timespec="seconds")}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Manifest:
        """The inverse; what a later program tells besides is passed over.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(
            schema=str(plain["schema"]),
            product=str(plain["product"]),
            at=datetime.fromisoformat(plain["at"]),
            rows={str(name): int(count) for name, count in plain["rows"].items()},
            roster=int(plain["roster"]),
            roster_digest=str(plain["roster_digest"]),
            ledger=LedgerState(int(plain["ledger"]["events"]), str(plain["ledger"]["digest"])),
        )


def seal(public: bytes, recovery: Recovery, data: Iterable[bytes], random: Random) -> Iterator[bytes]:
    """A backup, piece by piece: an age file to the recovery key.

    Args:
        public: the recovery key's public bytes, from the roster.
        recovery: the recovery seed as the home keeps it, for stanzas of our own.
        data: what is backed up, in pieces of any length.
        random: the source of randomness.
    """
    own = [
        Stanza((STANZA, str(recovery.needed), offices), sealed) for offices, sealed in sorted(recovery.sealed.items())
    ]
    yield from age.seal(public, data, random, own)


def unseal(pieces: Iterable[bytes], shares: Mapping[str, str]) -> tuple[bytes, Pieces]:
    """The recovery seed and the data of a backup.

    Args:
        pieces: the file's bytes.
        shares: office -> share.

    Raises:
        ForeignFile: this is no backup of Tin Báo.
        OtherKey: it was sealed to another key than its shares open.
        Altered, CutShort: it is not as it was written; also while the data is read.
        WrongShares: too few shares, or wrong ones.
    """
    source = Pieces(pieces)
    if source.begins(FIRST_FORMAT):
        return _unseal_first(source, shares)
    header = age.read_header(source)
    seed = keys.join_recovery(_recovery_of(header), shares)
    return seed, Pieces(age.open_payload(age.open_file_key(header, seed), source))


def _recovery_of(header: Header) -> Recovery:
    """The sealed recovery seed that a header bears."""
    own = [it for it in header.stanzas if it.arguments[0] == STANZA]
    if not own:
        raise errors.ForeignFile
    try:
        needed = {int(it.arguments[1]) for it in own}
        return Recovery(needed.pop(), {it.arguments[2]: it.body for it in own})
    except (ValueError, IndexError) as error:
        raise errors.Altered from error


def _unseal_first(source: Pieces, shares: Mapping[str, str]) -> tuple[bytes, Pieces]:
    """A file of an earlier program: a header as JSON, a sealed key, and the data as a stream under it."""
    source.line()
    try:
        header = json.loads(source.line())
        recovery = Recovery(header["needed"], {name: bytes.fromhex(it) for name, it in header["sealed"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.Altered from error
    seed = keys.join_recovery(recovery, shares)
    locked = source.take(int.from_bytes(source.take(KEY_BYTES), "big"))
    try:
        key = sealing.open_with(seed, locked, binding("backup"))
    except errors.NotOpened as error:
        raise errors.OtherKey from error
    return seed, Pieces(stream.unseal(key, source, binding("backup")))


# --- coming back ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Return:
    """What a restored home needs: fresh process keys, and the version that names them, to be signed by its signers."""

    proposal: Proposal
    secrets: Secrets


def trusted(newest: SignedRoster, admins: Sequence[Identity]) -> Roster:
    """The roster of a restored home, by admins whose passphrases opened what lay in it.

    Raises:
        NotVerified: these admins did not sign it.
    """
    named = roster.parse(newest.document).signers
    known = {it.verify for it in admins}
    return roster.verify(newest, Signers(tuple(it for it in named.listed if it.verify in known), named.needed))


def of_backup(newest: SignedRoster) -> Roster:
    """The roster of a restored home, whose own signers have yet to say that it is theirs.

    Raises:
        NotVerified: too few of those whom it names itself signed it.
    """
    return succession.begin(roster.parse(newest.document).signers, newest)


def come_back(
    current: Roster,
    stored: SignedRoster,
    sealed_release: bytes,
    seed: bytes,
    state: LedgerState,
    now: datetime,
    random: Random,
) -> Return:
    """Make anew what is in no backup: the processes' signing keys. The clock's release seed comes by the quorum.

    With it a new epoch begins: each signer signs an event of their own that says from which ledger the home goes on.

    Args:
        current: the newest roster of the backup, `trusted`.
        stored: the same, as it is stored.
        sealed_release: the release seed as it is kept.
        seed: the recovery seed.
        state: the ledger as the backup had it.
        now: the present.
        random: the source of randomness.
    """
    signing = {process: random(32) for process in PROCESSES}
    processes = {
        process: (*current.processes.get(process, ()), keys.verify_key(own)) for process, own in signing.items()
    }
    version = current.next(processes=processes, epoch=random(16).hex())
    proposal = proposals.propose(version, stored, now, random)
    facts = {"events": str(state.events), "ledger": state.digest, "roster": str(proposal.version.version)}
    told = {
        name: (*events, replace(events[0], kind=Kind.RESTORED, facts=facts, blind=random(32)))
        for name, events in proposal.events.items()
    }
    release = sealing.open_with(seed, sealed_release, binding("release seed"))
    return Return(replace(proposal, events=told), Secrets(signing, release, current.signers))


@dataclass(frozen=True, slots=True)
class Epoch:
    """A home that came back: the roster version it began with, from which ledger, and by whose word."""

    roster: int
    ledger: LedgerState
    signers: frozenset[str]
    holds: bool  # as many signers of different offices said the same as the roster takes


def epochs(events: Iterable[ledger.Event], current: Roster) -> list[Epoch]:
    """Every time that a home came back, oldest first; one that does not hold was nobody's to declare.

    Args:
        events: their signatures hold.
        current: tells who the signers are.
    """
    said: dict[tuple[int, LedgerState], set[str]] = defaultdict(set)
    for it in events:
        if it.kind is Kind.RESTORED:
            said[int(it.facts["roster"]), LedgerState(int(it.facts["events"]), it.facts["ledger"])].add(it.by)
    offices, needed = {it.name: it.office for it in current.signers.listed}, current.signers.needed
    return [
        Epoch(version, state, frozenset(by), _enough([offices[it] for it in by if it in offices], needed))
        for (version, state), by in sorted(said.items(), key=lambda it: it[0][0])
    ]


def _enough(offices: Sequence[str], needed: int) -> bool:
    return len(offices) >= needed and len(set(offices)) >= LEAST_OFFICES
