"""What a request for statistics gets: a page of figures, or a sentence and where to go; never nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from handlers.statistics import asked, periods
from handlers.statistics.asked import Asked, Chosen, Unclear
from handlers.statistics.boards import Board, Boards, Link
from tips import errors
from tips.statistics.figures import Figures

Provider = Callable[[], Awaitable[Sequence[Figures]]]  # every closed period there is
Making = Callable[[Chosen, Sequence[Figures]], Board]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown."""

    board: Board | None = None
    why: str = ""  # `statistics.bad.WHY`: why there is no board
    nearest: tuple[Link, ...] = ()
    first: str = ""  # the month that will be the first to be closed

    @property
    def status(self) -> int:
        """Of HTTP: that nothing is closed yet is no fault of who asks."""
        return 404 if self.nearest else 200


async def answer(figures: Provider, boards: Boards, making: Making, wanted: Asked, today: date) -> Answer:
    """The board of what is wanted, as `making` makes it. Without the store the rest of a page still has its use."""
    try:
        closed = [it for it in await figures() if periods.parse(it.period)]
    except errors.StoreUnavailable:
        return Answer(why="away")
    if not closed:
        return Answer(why="none_yet", first=periods.month_of(today).name(boards.lang))
    chosen = asked.choose(closed, wanted, boards.areas, today)
    if isinstance(chosen, Unclear):
        return Answer(why=chosen.why, nearest=boards.nearest(chosen))
    return Answer(making(chosen, closed))
