"""Checking: a case as its chain says it is. Whoever seals, shows, climbs or destroys goes by this, and not by the rows.

Where a row is not what was signed it is told what differed, and how the next step sets it right again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from tips import errors
from tips.cases import claims, ledger, reading_grants, scope, signers
from tips.cases.case import Case
from tips.cases.claims import NOTHING, Claimed, Held, Mailbox, Mended
from tips.cases.ledger import Event, SignedEvent
from tips.crypto.sealing import Envelope, Grant
from tips.organisation.roster import Roster

_COLUMNS: Final = tuple(it.name for it in fields(Case) if it.name not in {"id", "head", "salt"})
_BESIDE: Final = ("key.strange", "key.lost", "key.edited", "piece.edited", "mailbox", "head", "chain")
WORDED: Final = (*_COLUMNS, *_BESIDE)  # all that may differ


@dataclass(frozen=True, slots=True)
class Checked:
    """A case as it was signed."""

    case: Case
    events: tuple[Event, ...]  # its chain, in order
    keys: tuple[Held, ...]  # who holds keys by the chain, whether their grants are there or not
    grants: tuple[Grant, ...]  # those that are there and are the ones that were given
    mailbox: Mailbox | None  # None: an earlier program signed all of the chain, and no row is there
    mended: Mended  # what differed
    covered: bool  # whether the chain claims anything; an earlier program's rows are taken as they are

    @property
    def receipt(self) -> bytes:
        """The public bytes of whoever holds its receipt.

        Raises:
            NotVerified: nothing that was signed says which these are, and no row is there.
        """
        if self.mailbox is None:
            raise errors.NotVerified("the mailbox of this case is gone")
        return self.mailbox.public

    @property
    def waits(self) -> bool:
        """Whether something differed, and nobody has read the case since: it is neither destroyed nor handed over."""
        numbered = list(enumerate(self.events))
        found = max((at for at, it in numbered if "differed" in it.claims), default=-1)
        read = (at for at, it in numbered if it.kind is ledger.Kind.READ and it.facts.get("part") == "all")
        return bool(self.mended) or found > max(read, default=-1)

    def after(self, row: Case, events: Sequence[SignedEvent], grants: Sequence[Grant]) -> Checked:
        """The same once a step was stored that gives these keys, to pieces that are new or were there."""
        chain = (*self.events, *map(ledger.parse, events))
        found = claims.claimed(chain)
        keys = tuple(found.keys.values()) if found else (*self.keys, *map(_named, grants))
        return replace(self, case=row, events=chain, keys=keys, grants=(*self.grants, *grants), mended=NOTHING)


def differed(event: Event) -> tuple[str, ...]:
    """What of a case's rows was not as it was signed, when this happened; see `WORDED`."""
    told = event.claims.get("differed")
    return tuple(it for it in WORDED if isinstance(told, list) and it in told)


def check(
    stored: Case,
    envelopes: Sequence[Envelope],
    grants: Sequence[Grant],
    mailboxes: Sequence[Mailbox],
    events: Sequence[SignedEvent],
    roster: Roster,
) -> Checked:
    """Hold the rows of a case against its chain.

    Args:
        stored: its row.
        envelopes: all its pieces; that one is gone is for who needs it to find.
        grants: all grants of the case.
        mailboxes: all rows that lead to the case.
        events: all its events, in any order.
        roster: who may have signed them.

    Raises:
        NotVerified: the chain does not hold: an event of it is gone, forged, or belongs elsewhere.
    """
    chain, head = _chain(stored, events, roster)
    found = _claimed(chain, roster)
    if found is None:
        return _as_stored(stored, grants, mailboxes, chain)
    row = claims.to_row(stored, head, found.row)
    given = claims.given(grants, found, stored.id)
    mended = _mended(stored, row, grants, given, found, mailboxes, reading_grants.set_aside(chain))
    mended = _with_pieces(mended, reading_grants.edited(envelopes, chain))
    return Checked(row, chain, tuple(found.keys.values()), given, found.mailbox, mended, covered=True)


def _chain(stored: Case, events: Sequence[SignedEvent], roster: Roster) -> tuple[tuple[Event, ...], bytes]:
    """The chain, and its last leaf: the row may call an earlier one the head, but none that is not there."""
    chain, end = ledger.ordered(events, lambda it: ledger.verify(it, roster.verifiers))
    if stored.head not in {it.leaf for it in events}:
        raise errors.NotVerified("the end of the chain of events is gone")
    return tuple(chain), end


def _claimed(chain: Sequence[Event], roster: Roster) -> Claimed | None:
    """What a chain claims, if each event of it was its signer's to sign, and claims no more than its kind may."""
    if not chain or chain[0].kind not in {ledger.Kind.RECEIVED, ledger.Kind.RESTARTED}:
        raise errors.NotVerified("a case begins when it is received")
    found = None
    for event in chain:
        signers.check(event, found, roster)
        before, found = found, claims.after(found, event)
        if before and found:
            scope.check(event, before, found)
    return found


def _as_stored(
    stored: Case, grants: Sequence[Grant], mailboxes: Sequence[Mailbox], chain: tuple[Event, ...]
) -> Checked:
    """A case of which an earlier program signed every event: these claim nothing of its rows."""
    keys = tuple(map(_named, grants))
    return Checked(stored, chain, keys, tuple(grants), next(iter(mailboxes), None), NOTHING, covered=False)


def _named(it: Grant) -> Held:
    return Held(it.envelope, it.reader, it.level, it.asleep, it.roster, claims.digest(it))


def _with_pieces(mended: Mended, pieces: tuple[Envelope, ...]) -> Mended:
    return replace(mended, differed=(*mended.differed, "piece.edited"), pieces=pieces) if pieces else mended


def _mended(
    stored: Case,
    row: Case,
    grants: Sequence[Grant],
    given: Sequence[Grant],
    found: Claimed,
    mailboxes: Sequence[Mailbox],
    aside: frozenset[bytes],
) -> Mended:
    """What differs, as the next step sets it right; keys to pieces of others, or set aside, stay where they are."""
    there, rows = {(it.envelope, it.reader) for it in given}, {(it.envelope, it.reader): it for it in grants}
    own = {it.envelope for it in found.keys.values()} - aside
    unclaimed = [it for it in grants if (it.envelope, it.reader) not in there and it.envelope in own]
    strange = tuple((it.envelope, it.reader) for it in unclaimed)
    lost = tuple(key for key, it in found.keys.items() if key not in there and not it.lost)
    again = tuple(it for it in given if rows.get((it.envelope, it.reader)) != it)
    mailbox = found.mailbox if [*mailboxes] != [found.mailbox] else None
    differed = [name for name in _COLUMNS if getattr(stored, name) != getattr(row, name)]
    if claims.about(stored) != found.row["about"] and "category" not in differed:
        differed.append("category")
    head = stored.head if stored.head != row.head else None
    of_keys = {"key.strange": strange, "key.lost": lost, "key.edited": again}
    differed += [code for code, some in of_keys.items() if some]
    differed += ["mailbox"] * bool(mailbox) + ["head"] * bool(head)
    return Mended(head, tuple(differed), strange, lost, again, mailbox)
