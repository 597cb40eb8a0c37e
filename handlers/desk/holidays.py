"""The page of holidays: decisions of the government's that swap working days, and the form to give one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

import locales
from handlers.desk import forms
from handlers.desk.frame import Frame
from tips import errors
from tips.cases.days_off import LONGEST_NUMBER, Decision
from tips.cases.deadlines import CITY
from tips.desk import holidays
from tips.desk.holidays import Holidays
from tips.organisation.roles import Page, Task
from tips.people.session import Session


@dataclass(frozen=True, slots=True)
class HolidayViews:
    """For those who set the calendar, and those who look at it; to others there is no such page."""

    frame: Frame
    holidays: Holidays

    async def page(self, request: Request, session: Session) -> Response:
        """What is in force; who may, is offered the form."""
        if not session.role.may_see(Page.HOLIDAYS):
            raise errors.NotFound
        lang, today = forms.language(request), self.frame.now().astimezone(CITY).date()
        listed = [
            (it.number, shown(it.dated), _named(it.off, lang), _named(it.worked, lang), it.by, it.is_over(today))
            for it in self.holidays.listed()
        ]
        may, longest = session.role.may_do(Task.HOLIDAYS), LONGEST_NUMBER
        return self.frame.page(request, session, "desk_holidays.html", listed=listed, may=may, longest=longest)

    async def give(self, request: Request, session: Session) -> Response:
        """Put a decision into force."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        off, worked = (holidays.days([forms.text(form, name)]) for name in ("off", "worked"))
        number, dated = forms.text(form, "number").strip(), holidays.day(forms.text(form, "dated").strip())
        await self.holidays.give(session, Decision(number, dated, off, worked))
        return RedirectResponse("/desk/holidays", status_code=303)

    async def take_back(self, request: Request, session: Session) -> Response:
        """Take a decision back."""
        form = await forms.form(request)
        self.frame.check_form(request, form)
        await self.holidays.take_back(session, forms.text(form, "number"))
        return RedirectResponse("/desk/holidays", status_code=303)


def shown(day: date) -> str:
    """A day as people of the city write it."""
    return day.strftime("%d/%m/%Y")


def _named(days: Iterable[date], lang: str) -> list[str]:
    """Days with their weekdays."""
    return [f"{locales.say(lang, f'weekday.{it.weekday()}')} {shown(it)}" for it in sorted(days)]
