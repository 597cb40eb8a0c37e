"""Sharing: another unit gets keys to every piece of a case, to take it over or to read it along."""

from __future__ import annotations

from dataclasses import replace

from tips import errors
from tips.cases.ledger import Kind
from tips.cases.pings import PingKind
from tips.crypto.sealing import Reader
from tips.desk.actions.step import Notice, Situation, Step
from tips.desk.open_case import OpenCase
from tips.organisation.roster import Roster
from tips.organisation.units import Organisation, UnitKind


def hand_over(it: Situation) -> Step:
    """Give a case to another unit, with all its pieces.

    Raises:
        Refused: the unit is excluded by the case, receives nothing, has no key, or has the case already.
    """
    return _given(it, Kind.HANDED_OVER)


def release(it: Situation) -> Step:
    """The quorum's hand-over of a case that was held; it is in no table, the seed is what allows it.

    Raises:
        Refused: as for `hand_over`.
    """
    return _given(it, Kind.RELEASED)


def _given(it: Situation, kind: Kind) -> Step:
    target = it.fields.unit
    reader = _receiver(target, it.opened, it.roster, it.organisation)
    moved = replace(it.entering(), unit=target, officer=None, opened=False)
    facts = {"from": it.row.unit, "to": target}
    return Step(kind, moved, facts, shared_with=reader, notice=Notice(PingKind.NEW, target))


def receivers(opened: OpenCase, roster: Roster, organisation: Organisation) -> list[str]:
    """The units that a case may be handed to."""
    return [code for code in organisation.units if _may_receive(code, opened, roster, organisation)]


def targets(it: Situation) -> list[str]:
    """See `receivers`."""
    return receivers(it.opened, it.roster, it.organisation)


def _may_receive(code: str, opened: OpenCase, roster: Roster, organisation: Organisation) -> bool:
    try:
        _receiver(code, opened, roster, organisation)
    except errors.Refused:
        return False
    return True


def _receiver(code: str, opened: OpenCase, roster: Roster, organisation: Organisation) -> Reader:
    unit = organisation.units.get(code)
    if unit is None or not unit.receives or unit.kind == UnitKind.HELD or code == opened.case.unit:
        raise errors.Refused("error.not_a_receiver")
    return _reader(code, opened, roster)


def _reader(code: str, opened: OpenCase, roster: Roster) -> Reader:
    if code in opened.excluded:
        raise errors.Refused("error.excluded")
    reader = roster.reader(code)
    if reader is None:
        raise errors.Refused("error.no_key")
    return reader


def consult(it: Situation) -> Step:
    """Ask an overseer (BLTTHS art. 159): they read along from now on, and may endorse; the case stays here.

    Raises:
        Refused: it is none, is excluded, has no key, or reads along already.
    """
    unit = it.fields.unit
    if unit not in it.organisation.oversight or unit in it.opened.readers:
        raise errors.Refused("error.not_a_receiver")
    reader = _reader(unit, it.opened, it.roster)
    return Step(Kind.CONSULTED, it.row, {"with": unit}, shared_with=reader, notice=Notice(PingKind.CONSULTED, unit))


def overseers(it: Situation) -> list[str]:
    """The oversight units that may still be asked to read a case along."""
    known = it.organisation.oversight - it.opened.excluded - set(it.opened.readers)
    return [code for code in sorted(known) if it.roster.reader(code)]
