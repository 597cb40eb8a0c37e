"""A home with people, as `tinbao init` and `tinbao officer add` would make it, on any database."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import settings, wiring
from bot.commands import people
from bot.settings import Settings
from bot.wiring import Product
from tests.fakes import two
from tips.crypto.keys import Cost, Identity
from tips.intake.reception import Outcome, Sender
from tips.intake.turns import Inbound
from tips.organisation.roles import Role
from tips.people.enrolment import Newcomer
from tips.people.founding import Founding
from tips.people.session import Session

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
CHEAP = Cost(memory=64, iterations=1)
PEOPLE = (
    ("an", "area-770", "officer"),
    ("binh", "area-778", "officer"),
    ("truc", "duty", "officer"),
    ("kiem", "vks-tp", "overseer"),
    ("thanh", "px05", "officer"),
    ("kinh", "pc03", "officer"),
)


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """A folder on tmpfs where the system has one, as `TINBAO_RUN` wants it."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


class Clock:
    """A clock that the test moves."""

    def __init__(self, moment: datetime = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)


@dataclass
class Home:
    """An open product, its folder, and the keys of everybody in it."""

    product: Product
    clock: Clock
    settings: Settings
    founding: Founding
    people: dict[str, Identity]
    passphrases: dict[str, str]

    async def session(self, name: str) -> Session:
        return await self.product.logins.session_of(self.people[name])

    async def session_at(self, unit: str) -> Session:
        member = self.product.roster().members(unit)[0]
        return await self.session(member.name)

    async def join(self, *rows: tuple[str, str, str]) -> None:
        admins = [await self.product.logins.unlock(*pair) for pair in self.founding.passphrases.items()]
        joined = await people.enrol(
            self.product, admins, [Newcomer(name, unit, Role(role)) for name, unit, role in rows]
        )
        self.people |= {person.identity.name: person.identity for person in joined.people}
        self.passphrases |= {person.identity.name: person.passphrase for person in joined.people}

    def citizen(self, name: str = "someone", channel: str = "test") -> "Citizen":
        return Citizen(self.product, Sender(channel, name))


@dataclass
class Citizen:
    """Somebody who chats."""

    product: Product
    sender: Sender
    turns: int = 0

    async def says(self, text: str) -> Outcome:
        return await self.hears(Inbound("text", text=text))

    async def presses(self, choice: str) -> Outcome:
        return await self.hears(Inbound("choose", choice=choice))

    async def hears(self, inbound: Inbound) -> Outcome:
        self.turns += 1
        outcome = await self.product.reception.turn(self.sender, inbound)
        if outcome.receipt:
            await self.product.reception.delivered(self.sender)
        return outcome

    async def sends(self, text: str) -> str:
        """A tip to its receipt, refusing every question."""
        outcome = await self.says(text)
        for _ in range(6):
            if outcome.receipt:
                return outcome.receipt
            offered = [option.id for reply in outcome.replies for option in reply.options]
            outcome = await self.presses(next(it for it in ("submit", "send_anyway", "skip") if it in offered))
        raise AssertionError("no receipt")


@contextlib.asynccontextmanager
async def opened(
    folder: Path, people: Sequence[tuple[str, str, str]] = PEOPLE, url: str = "", cost: Cost = CHEAP
) -> AsyncIterator[Home]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as run:
        said = {"TINBAO_HOME": str(folder / "home"), "TINBAO_RUN": run, "TINBAO_DATABASE_URL": url}
        said["TINBAO_PROCESSES"] = str(two.PROCESSES)
        own = replace(settings.read(said), demo=True)  # the run folder may be anywhere
        clock = Clock()
        founding = await wiring.initialise(own, now=clock, cost=cost)
        async with contextlib.AsyncExitStack() as stack:
            product = await stack.enter_async_context(wiring.open_product(own, now=clock, cost=cost))
            if two.ON:
                product = await stack.enter_async_context(two.alternating(product, own, cost))
            home = Home(product, clock, own, founding, {}, {})
            if people:
                await home.join(*people)
            yield home
