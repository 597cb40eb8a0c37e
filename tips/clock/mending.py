"""Mending: a row that is not what was signed is set right again from its chain, on record, and the next level is told.

Whoever else comes upon such a case goes by its chain too, and their step sets it right. This looks at all of them, so
that no edit of a row keeps a case from its deadline for longer than an hour.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from tips import errors
from tips.cases import claims, deadlines, reading_grants, restarting
from tips.cases.case import OPEN_STATES, Case, State
from tips.cases.checking import Checked
from tips.cases.claims import Added, Entry, Mended, Signature
from tips.cases.ledger import Kind
from tips.cases.pings import Ping, of_a_hand
from tips.cases.plaintext import Part
from tips.cases.restarting import Remains
from tips.crypto.sealing import Random
from tips.organisation.roster import CLOCK, Roster
from tips.ports.cases import CaseBundle, Cases, Change
from tips.ports.clock import AllCovered, ChainEnds
from tips.ports.desk import Outbox


@dataclass(frozen=True, slots=True)
class Mending:
    """Gives the clock each case as it was signed."""

    cases: Cases
    roster: Callable[[], Roster]
    refresh: Callable[[], Awaitable[Roster]]  # looks for a newer one first
    all_covered: AllCovered
    ends: ChainEnds
    outbox: Outbox
    release_seed: bytes = field(repr=False)
    signing: bytes = field(repr=False)
    now: Callable[[], datetime]
    random: Random

    async def believed(self, case: bytes, bundle: CaseBundle | None = None) -> tuple[CaseBundle, Checked]:
        """A case, whose rows are what was signed when this returns.

        Args:
            case: its id.
            bundle: the case as it was loaded together with others, a moment ago; None: it is loaded by itself.

        Raises:
            NotVerified: its chain does not hold, or holds and lacks what it had.
            Stale: somebody else brought the case on in between.
        """
        bundle = bundle or await self.cases.bundle(case, None)
        checked = bundle.checked(self.roster())
        if self._lacks(bundle, checked):
            raise errors.NotVerified("the event that woke a key of this case is gone")
        if checked.covered and not checked.mended:
            return bundle, checked
        await self.cases.apply(self._change(bundle, checked))
        bundle = await self.cases.bundle(case, None)
        return bundle, bundle.checked(self.roster())

    async def restart(self, case: bytes) -> None:
        """Begin a chain anew that does not hold; the case climbs at once, and is never destroyed.

        Raises:
            NotVerified: too little is left of it.
            Stale: somebody else brought the case on in between.
        """
        bundle = await self.cases.bundle(case, None)
        with suppress(errors.NotVerified):  # a version that nobody signed keeps no case from beginning anew
            await self.refresh()  # after what is looked at: whoever signed any of it is in force by now
        roster = self.roster()
        with suppress(errors.NotVerified):
            if not self._lacks(bundle, bundle.checked(roster)):
                return
        left = restarting.remains(
            bundle.case,
            bundle.envelopes,
            bundle.grants,
            bundle.events,
            roster,
            self.release_seed,
            bundle.end,
        )
        await self.cases.apply(self._begun_anew(bundle, left))

    def _lacks(self, bundle: CaseBundle, checked: Checked) -> bool:
        """Whether a chain that holds has lost the event that woke a key, which is awake."""
        there = {it.digest for it in checked.keys} & {claims.digest(it) for it in bundle.grants}
        missed = [it for it in checked.keys if it.asleep and it.digest not in there]
        whole = {it.id: it for it in (*bundle.envelopes, *checked.mended.pieces)}
        return any(restarting.woken_before(whole, bundle.grants, missed, self.release_seed))

    async def tell(self, cases: Iterable[bytes]) -> None:
        """A word to the level above each of these, which cannot be brought on: that a hand was in a case, not in which.

        By the keys as they lie: nothing tells better of such a case, and a word that says so little harms nobody.
        """
        found: list[Ping] = []
        for case in cases:
            with suppress(errors.NotFound):
                left = await self.cases.bundle(case, None)
                found += of_a_hand(left.grants, left.case.unit, self.now(), self.random)
        if found:
            await self.outbox.add(found)

    def _begun_anew(self, bundle: CaseBundle, left: Remains) -> Change:
        hour = deadlines.hour(self.now())
        kept = {it.id for it in left.pieces}
        facts = {
            "number": str(left.number),
            "pieces": reading_grants.as_pieces(left.pieces),
            "aside": " ".join(it.id.hex() for it in bundle.envelopes if it.id not in kept),
        }
        opened = left.cut and left.case.state == State.CLOSED  # nobody knows whether its reporter had disputed that
        state = State.RECEIVED if opened else left.case.state
        row = replace(left.case, state=state, clock=deadlines.WAKE, due_at=hour)
        mended = Mended(differed=("chain",), mailbox=left.mailbox)
        given = tuple(it for it in left.grants if it.envelope in kept)
        woken = tuple(it for it in left.woken if it.envelope in kept)
        told = of_a_hand(given, row.unit, self.now(), self.random)
        change = Change(row, woken=woken, shut=left.shut, pings=told, mended=mended)
        who, entries = Signature(CLOCK, self.signing, hour), [Entry(Kind.RESTARTED, facts, self.random(32))]
        added = Added(given, left.shut, left.mailbox, whole=True)
        return change.claiming(added, bundle.case.head, entries, who, self.random(claims.SALT_BYTES))

    def _change(self, bundle: CaseBundle, checked: Checked) -> Change:
        """Rows are set right; those of a case that an earlier program signed are claimed as they are.

        Once no such case was left, one that seems to be is none: its chain was cut back to before it was covered, and
        its rows may say anything. Then it climbs at once, on record, and waits to be read.
        """
        if not checked.covered and self.all_covered.known():
            checked = _cut_back(checked, deadlines.hour(self.now()))
        row = self._awake(checked.case, bundle, checked)
        told = of_a_hand(checked.keys, checked.case.unit, self.now(), self.random) if checked.mended else ()
        change = Change(row, pings=told, mended=checked.mended)
        kind = Kind.MENDED if checked.covered else Kind.COVERED
        added = Added() if checked.covered else Added(checked.grants, (), checked.mailbox, whole=True)
        who = Signature(CLOCK, self.signing, deadlines.hour(self.now()))
        entries = [Entry(kind, {}, self.random(32))]
        return change.claiming(added, checked.case.head, entries, who, self.random(claims.SALT_BYTES))

    def _awake(self, row: Case, bundle: CaseBundle, checked: Checked) -> Case:
        """A case whose unit lost its key to the tip climbs at once."""
        tips = {it.id for it in bundle.envelopes if it.part == Part.TIP}
        lost = {reader for envelope, reader in checked.mended.lost if envelope in tips}
        if row.unit not in lost or row.state not in OPEN_STATES:
            return row
        return replace(row, clock=deadlines.WAKE, due_at=deadlines.hour(self.now()))


def _cut_back(checked: Checked, hour: datetime) -> Checked:
    row = checked.case
    late = replace(row, clock=deadlines.WAKE, due_at=hour) if row.state in OPEN_STATES else row
    return replace(checked, case=late, mended=Mended(differed=("chain",)))
