"""Chain ends: what is kept outside the database of where each case's chain ended, and who read it then.

A chain whose end was cut off, with rows that agree, looks like one that ended there; a case that was deleted whole
leaves nothing. What was once seen at the end of a chain has to stay in it, unless the clock itself began it anew.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tips.cases import reading_grants
from tips.cases.checking import Checked
from tips.cases.ledger import Kind
from tips.crypto.sealing import RECEIPT

NOBODY: Final = frozenset[str]()


class Circle(NamedTuple):
    """Who stood how to a case."""

    awake: frozenset[str] = NOBODY  # units that could read all of it
    shut: frozenset[str] = NOBODY  # units that had a key once, and not to all of it any more
    above: str = ""  # the level above the case's unit, which is told of a hand in it; "": none


class ChainEnd(NamedTuple):
    """Where a case's chain ended."""

    leaf: bytes  # of its last event
    beginnings: int  # how often the clock had begun it anew
    length: int  # events since
    circle: Circle
    missed: bool = False  # it was found to be gone, and the hour's head says so

    @property
    def place(self) -> tuple[int, int]:
        """How far the chain was: the larger is the later one."""
        return self.beginnings, self.length


def is_cut(known: ChainEnd | None, checked: Checked) -> bool:
    """Whether a chain, which holds by itself, has lost what was once its end."""
    if known is None or not checked.covered or beginnings(checked) > known.beginnings:
        return False
    return known.leaf not in _leaves(checked)


def later(known: ChainEnd | None, checked: Checked) -> ChainEnd | None:
    """The end of a chain, where it is another than the known one and continues it; None: there is nothing to keep."""
    if not checked.covered or checked.mended or is_cut(known, checked):
        return None
    shut = known.circle.shut if known else NOBODY
    found = ChainEnd(checked.case.head, beginnings(checked), len(checked.events), _circle(checked, shut))
    return found if found != known and (known is None or known.place <= found.place) else None


def beginnings(checked: Checked) -> int:
    """How often the clock had begun this chain anew; it numbers them from one."""
    first = checked.events[0]
    return int(first.facts["number"]) if first.kind is Kind.RESTARTED else 0


def _leaves(checked: Checked) -> set[bytes]:
    return {checked.case.head, *(it.previous for it in checked.events[1:])}


def _circle(checked: Checked, shut: frozenset[str]) -> Circle:
    held = {it.reader for it in checked.keys if it.reader != RECEIPT} - reading_grants.shut_out(checked.keys)
    asleep = {it.reader for it in checked.keys if it.asleep}
    above = reading_grants.next_level(checked.keys, checked.case.unit) or ""
    return Circle(frozenset(held - asleep), frozenset((shut | _named(checked)) - held - {RECEIPT}), above)


def _named(checked: Checked) -> frozenset[str]:
    """Every reader to whom some event of the chain gave a key."""
    given = (some for event in checked.events for some in event.claims.get("keys", {}).values())
    return frozenset(reader for some in given for reader, *_ in some)
