"""The one table of what people do to cases. Pages, forms, the demo and the tests build their calls from it.

From which states and to which roles an action is open, says `data/lifecycle.json`, by the same names. Here stands what
a form asks, when an action is refused beyond that, and what it does. A new action is a name in
`lifecycle.ActionName`, a row there, a row here, and its words in the catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tips import errors
from tips.cases import lifecycle
from tips.cases.lifecycle import ActionName
from tips.desk.actions import assigning, correcting, ending, moving, printing, sharing, talking
from tips.desk.actions.step import Action, Field, Fields, Situation, always, lasting

__all__ = ["TABLE", "Action", "Field", "Fields", "Offer", "Situation", "named", "offers"]

_ROWS: Final = (
    Action(ActionName.ASK, talking.ask, (Field.TEXT,)),
    Action(ActionName.ANSWER, talking.answer, (Field.TEXT,), offered=always),
    Action(ActionName.NOTE, talking.note, (Field.TEXT,), own=False, offered=always),
    Action(ActionName.CLAIM, assigning.claim, refusal=assigning.no_claim, offered=assigning.nobody_has_it),
    Action(ActionName.HAND_BACK, assigning.hand_back, refusal=assigning.no_hand_back),
    Action(ActionName.ASSIGN, assigning.assign, (Field.WHO,), refusal=assigning.no_assignment, choices=assigning.able),
    Action(ActionName.ACCEPT, moving.accept),
    Action(ActionName.VERIFY, moving.verify),
    Action(ActionName.RESUME, moving.resume),
    Action(ActionName.ENDORSE, ending.endorse, refusal=ending.no_endorsement, own=False, offered=always),
    Action(ActionName.CLOSE, ending.close, refusal=ending.no_closing, leaves=True, lasts=lasting),
    Action(ActionName.CONCLUDE, ending.conclude, (Field.RESULT, Field.TEXT), lasts=lasting),
    Action(ActionName.BOUNCE, moving.bounce, (Field.TEXT,), refusal=moving.no_bounce, leaves=True, lasts=lasting),
    Action(ActionName.EXTEND, moving.extend, (Field.TEXT,), refusal=moving.no_extension),
    Action(ActionName.SUSPEND, moving.suspend, (Field.TEXT,)),
    Action(
        ActionName.HAND_OVER,
        sharing.hand_over,
        (Field.UNIT, Field.TEXT),
        refusal=sharing.no_hand_over,
        choices=sharing.targets,
        leaves=True,
        lasts=lasting,
    ),
    Action(ActionName.CONSULT, sharing.consult, (Field.UNIT,), choices=sharing.overseers, lasts=lasting),
    Action(
        ActionName.SHARE,
        sharing.share,
        (Field.UNIT, Field.TEXT),
        refusal=sharing.no_sharing,
        choices=sharing.further,
        lasts=lasting,
    ),
    Action(
        ActionName.RECUSE,
        assigning.recuse,
        (Field.WHO,),
        own=False,
        choices=assigning.colleagues,
        leaves=True,
        lasts=lasting,
    ),
    Action(
        ActionName.CLEAR,
        correcting.clear,
        (Field.UNIT,),
        own=False,
        offered=always,
        choices=correcting.shut_out,
        lasts=lasting,
    ),
    Action(ActionName.CORRECT, correcting.correct, (Field.CORRECTIONS,), lasts=correcting.accuses),
    Action(ActionName.LINK, correcting.link, (Field.OTHER,)),
    Action(ActionName.PRINT, printing.take_out, refusal=printing.no_printing, offered=always),
    Action(ActionName.AGREE, printing.agree, refusal=printing.no_agreement, offered=always, lasts=lasting),
)
TABLE: Final[Mapping[ActionName, Action]] = {row.name: row for row in _ROWS}


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that a page shows to somebody on a case."""

    action: Action
    choices: tuple[str, ...] = ()  # codes of units or names of people to choose from


def named(name: str) -> Action:
    """The row of an action.

    Raises:
        NotFound: there is none of this name.
    """
    try:
        return TABLE[ActionName(name)]
    except ValueError as error:
        raise errors.NotFound from error


def offers(it: Situation) -> tuple[Offer, ...]:
    """What a page offers: what would not be refused, and has something to choose from, in the order of the table."""
    found = [TABLE[name] for name in lifecycle.open_to(it.row, it.session.role)]
    able = [row for row in found if row.refused(it) is None and row.offered(it)]
    offered = [Offer(row, tuple(row.choices(it)) if row.choices else ()) for row in able]
    return tuple(offer for offer in offered if offer.choices or not offer.action.choices)
