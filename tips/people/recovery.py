"""Recovery: what a quorum of offices brings back together: the home from a backup, and cases that nobody else may read.

A backup is a header in the clear, a key sealed to the recovery key, and the data as a stream under that key. The header
carries the recovery seed as `init` sealed it for each k of the offices, so that the shares alone open the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.ledger import Kind
from tips.crypto import keys, sealing, stream
from tips.crypto.keys import Identity, Recovery
from tips.crypto.sealing import Random, binding
from tips.organisation import roster
from tips.organisation.roles import Task
from tips.organisation.roster import HELD, PROCESSES, SignedRoster, Signer
from tips.people import founding
from tips.people.founding import Secrets
from tips.people.session import Session
from tips.ports.cases import Ledger
from tips.ports.people import Keyring

MAGIC: Final = b"tinbao backup 1\n"
KEY_BYTES: Final = 4  # how long the length of the sealed key is


@dataclass(frozen=True, slots=True)
class Custody:
    """What is done with a home as a whole, and by what the quorum opens: who may, and that they did is on record.

    The quorum has no signing key: whoever brings its shares together signs what is done by them.
    """

    ledger: Ledger
    keyring: Keyring
    now: Callable[[], datetime]
    random: Random = field(repr=False)

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
        return keys.join_recovery(await kept(self.keyring), shares)

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


async def kept(keyring: Keyring) -> Recovery:
    """The sealed recovery seed, as `init` left it.

    Raises:
        NotFound: the home keeps none.
    """
    needed = int(await keyring.kept("recovery"))
    return Recovery(needed, await keyring.all_kept("recovery:"))


def with_seed(session: Session, seed: bytes) -> Session:
    """The session in which a held case is opened and given to a unit: a person's, but only the recovery seed opens."""
    return replace(session, seeds={HELD: (seed,)})


# --- backups ----------------------------------------------------------------------------------------------------------


def seal(public: bytes, recovery: Recovery, data: Iterable[bytes], random: Random) -> Iterator[bytes]:
    """A backup, piece by piece.

    Args:
        public: the recovery key's public bytes, from the roster.
        recovery: the recovery seed as the home keeps it, for the header.
        data: what is backed up, in pieces of any length.
        random: the source of randomness.
    """
    key = random(32)
    sealed = {offices: piece.hex() for offices, piece in recovery.sealed.items()}
    header = json.dumps({"needed": recovery.needed, "sealed": sealed}, sort_keys=True).encode() + b"\n"
    locked = sealing.seal_to(public, key, binding("backup"))
    yield MAGIC + header + len(locked).to_bytes(KEY_BYTES, "big") + locked
    yield from stream.seal(key, data, binding("backup"))


def unseal(lines: Iterator[bytes], shares: Mapping[str, str]) -> tuple[bytes, Iterator[bytes]]:
    """The recovery seed and the data of a backup.

    Args:
        lines: the file's bytes in pieces, the first two of them its first two lines.
        shares: office -> share.

    Raises:
        NotOpened: this is no backup, or it was altered; also while the data is read.
        WrongShares: too few shares, or wrong ones.
    """
    if next(lines, b"") != MAGIC:
        raise errors.NotOpened("this is not a backup of Tin Báo")
    try:
        header = json.loads(next(lines, b""))
        recovery = Recovery(header["needed"], {name: bytes.fromhex(it) for name, it in header["sealed"].items()})
    except (ValueError, KeyError, TypeError) as error:
        raise errors.NotOpened("the backup's header does not hold") from error
    seed = keys.join_recovery(recovery, shares)
    rest = _Rest(lines)
    locked = rest.take(int.from_bytes(rest.take(KEY_BYTES), "big"))
    key = sealing.open_with(seed, locked, binding("backup"))
    return seed, stream.unseal(key, rest, binding("backup"))


class _Rest:
    """Pieces of which a part was taken off the front."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._front = pieces, b""

    def take(self, count: int) -> bytes:
        """The next `count` bytes; fewer where there are no more."""
        while len(self._front) < count and (piece := next(self._pieces, b"")):
            self._front += piece
        taken, self._front = self._front[:count], self._front[count:]
        return taken

    def __iter__(self) -> Iterator[bytes]:
        if self._front:
            yield self._front
        yield from self._pieces


# --- coming back ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Return:
    """What a restored home needs: fresh process keys, and the roster version that names them."""

    roster: SignedRoster
    event: ledger.SignedEvent
    secrets: Secrets


def come_back(
    newest: SignedRoster,
    sealed_release: bytes,
    seed: bytes,
    admins: Sequence[Identity],
    now: datetime,
    random: Random,
) -> Return:
    """Make anew what is in no backup: the processes' signing keys. The clock's release seed comes by the quorum.

    Args:
        newest: the newest stored roster version.
        sealed_release: the release seed as it is kept.
        seed: the recovery seed.
        admins: the two who sign, unlocked.
        now: the present.
        random: the source of randomness.

    Raises:
        NotVerified: these admins did not sign the stored roster.
    """
    listed = json.loads(newest.document).get("signers", [])
    offices = {bytes.fromhex(verify): office for _, office, verify in listed}
    pinned = tuple(Signer(it.name, offices[it.verify], it.verify) for it in admins if it.verify in offices)
    current = roster.verify(newest, pinned)
    signing = {process: random(32) for process in PROCESSES}
    processes = {
        process: (*current.processes.get(process, ()), keys.verify_key(own)) for process, own in signing.items()
    }
    following = current.next(processes=processes)
    return Return(
        roster=roster.sign(following, {it.name: it.signing for it in admins}),
        event=founding.roster_event(following, admins[0], now, random),
        secrets=Secrets(signing, sealing.open_with(seed, sealed_release, binding("release seed")), current.signers),
    )
