"""The page of the home's condition: channels, letters, the clock's rounds, backups, who joins, witnesses, the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from handlers.desk import view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.desk import condition
from tips.desk.condition import FEW, Condition
from tips.organisation.roles import Page
from tips.people.session import Session

_CHANNELS: Final = frozenset({"telegram", "zalo", "zalo_oa", "officers"})
_PARTS: Final = ("store", "drafts", "clock")
NEVER: Final = ""


@dataclass(frozen=True, slots=True)
class ConditionViews:
    """For those who look after the machine; whose page it is not, is told that there is none."""

    frame: Frame
    look: Callable[[], Awaitable[Condition]]
    now: Callable[[], datetime]

    async def page(self, request: Request, session: Session) -> Response:
        """How everything is; hours, numbers, and kinds of errors."""
        if not session.role.may_see(Page.CONDITION):
            raise errors.NotFound
        found, now = await self.look(), self.now()
        channels = [
            (it.name, it.name in _CHANNELS, it.way, it.state, it.error, _hour(it.at), condition.is_quiet(it, now))
            for it in found.contacts
        ]
        return self.frame.page(
            request,
            session,
            "desk_condition.html",
            found=found,
            channels=channels,
            parts=[(name, found.parts[name]) for name in _PARTS if name in found.parts],
            few=_few(found.letters.reporters),
            few_dead=_few(found.letters.reporters_dead),
            jobs=[(it.name, _hour(it.last), it.late) for it in found.jobs or ()],
            newest_backup=_hour(found.backups.newest if found.backups else None),
            head=_hour(found.witnessed.at),
        )


def _few(number: int) -> str:
    """How many reporters; a small number is not told."""
    return f"<{FEW}" if 0 < number < FEW else str(number)


def _hour(at: datetime | None) -> str:
    return view_models.moment(at) if at else NEVER
