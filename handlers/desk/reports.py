"""The report on the ledger: what it holds, and whether it holds. No text of a tip is in it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from handlers.desk import view_models
from handlers.desk.frame import Frame
from tips import errors
from tips.cases import case
from tips.clock.jobs import JobName
from tips.desk.audit import Report
from tips.organisation.roles import Page
from tips.people.session import Session
from tips.ports.clock import Clockwork

_CASE: Final = re.compile(r"\bcase ([0-9a-f]{32})\b")  # as an audit names one
_OF_CASES: Final = frozenset(  # what goes over cases, and may not bring one on
    {JobName.MEND, JobName.ESCALATE, JobName.FREE, JobName.DESTROY, JobName.REMIND, "repeat"}
)


@dataclass(frozen=True, slots=True)
class ReportViews:
    """The pages for those who oversee; whose page it is not, is told that there is none."""

    frame: Frame
    audit: Callable[[], Awaitable[Report]]
    clockwork: Clockwork

    async def ledger(self, request: Request, session: Session) -> Response:
        """What the ledger holds, whether it holds, and what the clock could not do; no text."""
        if not session.role.may_see(Page.LEDGER):
            raise errors.NotFound
        stuck = [
            (it.job, case.code_of(it.case), view_models.moment(it.since))
            for it in await self.clockwork.stuck()
            if it.case and it.job in _OF_CASES
        ]
        report = await self.audit()
        problems = [
            _CASE.sub(lambda it: f"case {case.code_of(bytes.fromhex(it[1]))}", line) for line in report.problems
        ]
        incidents = [
            (view_models.moment(it.at), case.code_of(it.case), [f"differed.{code}" for code in it.differed], it.waits)
            for it in sorted(report.incidents, key=lambda it: it.at, reverse=True)
        ]
        return self.frame.page(
            request,
            session,
            "desk_ledger.html",
            report=report,
            before=view_models.moment(report.before.at) if report.before else "",
            problems=problems,
            incidents=incidents,
            stuck=stuck,
        )
