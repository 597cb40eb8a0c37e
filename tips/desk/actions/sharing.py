"""Sharing: another unit gets keys to every piece of a case, to take it over or to read it along."""

from __future__ import annotations

from dataclasses import replace

from tips import errors
from tips.cases.ledger import Kind
from tips.cases.pings import PingKind
from tips.cases.plaintext import Part
from tips.crypto.sealing import Reader
from tips.desk.actions.step import Fields, NewPiece, Notice, Situation, Step
from tips.desk.open_case import OpenCase
from tips.organisation.roster import Roster
from tips.organisation.units import DUTY, Organisation, UnitKind


def hand_over(it: Situation) -> Step:
    """Give a case to another unit, with all its pieces.

    Raises:
        Refused: the unit is excluded by the case, receives nothing, has no key, or has the case already.
    """
    return _given(it, Kind.HANDED_OVER)


def no_hand_over(it: Situation) -> str | None:
    """Refused: a hand was in its rows, and nobody has read it since; or in what it says, and nobody can."""
    return "error.mended" if it.opened.checked.waits or it.opened.closed else None


def release(it: Situation) -> Step:
    """The hand-over of a case that was held; it is in no table, the seed is what allows it.

    Where no unit is named, the first that is clean and has a key gets it, from the duty desk upward.

    Raises:
        Refused: as for `hand_over`; or there is no such unit.
    """
    return _given(it if it.fields.unit else replace(it, fields=Fields(unit=_first_clean(it))), Kind.RELEASED)


def _first_clean(it: Situation) -> str:
    able = targets(it)
    if not able:
        raise errors.Refused("error.no_key", "no clean unit has a key yet: `tinbao officer add` gives one to a unit")
    return next((code for code in it.organisation.chain(DUTY) if code in able), able[0])


def _given(it: Situation, kind: Kind) -> Step:
    target = it.fields.unit
    reader = _receiver(target, it.opened, it.roster, it.organisation)
    moved = replace(it.entering(), unit=target, officer=None, opened=False)
    facts = {"from": it.row.unit, "to": target}
    return Step(kind, moved, facts, _note(it), shared_with=reader, notice=Notice(PingKind.NEW, target))


def _note(it: Situation) -> NewPiece | None:
    """Words for whoever gets it, where there are any; the reporter does not see them."""
    return it.written(Part.NOTE) if it.fields.text.strip() else None


def receivers(opened: OpenCase, roster: Roster, organisation: Organisation) -> list[str]:
    """The units that a case may be handed to."""
    return [code for code in organisation.units if not _refusal(code, opened, roster, organisation)]


def targets(it: Situation) -> list[str]:
    """See `receivers`."""
    return receivers(it.opened, it.roster, it.organisation)


def refused(opened: OpenCase, roster: Roster, organisation: Organisation) -> dict[str, str]:
    """The units that receive cases, but not this one, each with an error's key that says why."""
    known = [code for code, it in organisation.units.items() if it.receives and it.kind != UnitKind.HELD]
    why = {code: _refusal(code, opened, roster, organisation) for code in known if code != opened.case.unit}
    return {code: key for code, key in why.items() if key}


def _refusal(code: str, opened: OpenCase, roster: Roster, organisation: Organisation) -> str:
    """An error's key; empty: the case may be handed to this unit."""
    try:
        _receiver(code, opened, roster, organisation)
    except errors.Refused as error:
        return error.key
    return ""


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


def share(it: Situation) -> Step:
    """Let another unit read a case along from now on, with all its pieces; it stays here, and the reporter is told.

    Raises:
        Refused: the unit is excluded by the case, receives nothing, has no key, or reads it already.
    """
    unit = it.fields.unit
    if unit in it.opened.readers:
        raise errors.Refused("error.reads_already")
    reader = _receiver(unit, it.opened, it.roster, it.organisation)
    notice = Notice(PingKind.SHARED, unit)
    return Step(Kind.SHARED, it.row, {"with": unit}, _note(it), shared_with=reader, notice=notice, news=True)


def no_sharing(it: Situation) -> str | None:
    """Refused: it is another unit's case; or nobody knows any more whom all its pieces accuse."""
    if it.opened.closed:
        return "error.mended"
    return None if it.in_own_unit else "error.not_yours"


def further(it: Situation) -> list[str]:
    """The units that could read a case along, and do not yet."""
    return [code for code in targets(it) if code not in it.opened.readers]
