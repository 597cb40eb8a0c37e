"""A home with people, as `tinbao init` and `tinbao officer add` would make it, on any database."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import new_home, settings, wiring
from bot.commands import people, recovery
from bot.settings import Settings
from bot.wiring import Product
from tests.fakes import databases, two, words
from tests.fakes.people import A_FEW
from tips.cases import ledger
from tips.cases.case import Case
from tips.cases.ledger import Event, Kind, SignedEvent
from tips.cases.pings import Ping
from tips.crypto import keys
from tips.crypto.keys import Cost, Identity
from tips.crypto.sealing import Envelope, Grant
from tips.intake.reception import Outcome, Sender
from tips.intake.turns import Inbound
from tips.organisation.roles import Role
from tips.people import proposals
from tips.people.enrolment import Newcomer
from tips.people.founding import Founding
from tips.people.proposals import Enrolment, Proposal
from tips.people.session import Session
from tips.ports.clock import Stuck

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
CHEAP = Cost(memory=64, iterations=1)


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

    def signed(self, proposal: Proposal) -> Enrolment:
        """A roster version as the founding admins sign it."""
        return proposals.signed_here(proposal, self.founding.admins)

    async def join(self, *rows: tuple[str, str, str]) -> None:
        newcomers = [Newcomer(name, unit, Role(role)) for name, unit, role in rows]
        joined = await people.enrol(self.product, self.founding.admins, newcomers)
        self.people |= {person.identity.name: person.identity for person in joined.people}
        self.passphrases |= {person.identity.name: person.passphrase for person in joined.people}

    def citizen(self, name: str = "someone", channel: str = "test") -> "Citizen":
        return Citizen(self.product, Sender(channel, name))

    @contextlib.contextmanager
    def types(self, name: str, words: str = "") -> Iterator[None]:
        """What somebody types where a command asks for their passphrase; `words`: instead of the true one."""
        known = {**self.founding.passphrases, **self.passphrases}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TINBAO_PASSWORD", words or known[name])
            yield

    async def backs_up(self, file: Path, name: str = "admin-vks") -> None:
        """`tinbao backup` by one of the founding admins."""
        with self.types(name):
            await recovery.back_up(self.settings, file, name)

    # --- what is stored, whoever may read it: the one place where tests look behind the product's doors ---------------

    async def cases(self) -> list[Case]:
        return await self.product.store.ledger.heads()

    async def the_case(self) -> Case:
        """The one case there is."""
        found = await self.cases()
        assert len(found) == 1, f"there should be one case, and there are {len(found)}"
        return found[0]

    async def case(self, id: bytes) -> Case:
        return await self.product.store.cases.get(id, None)

    async def case_of(self, receipt: str) -> Case:
        """The case of a receipt, by its mailbox."""
        return (await self.product.mailboxes.read(receipt)).case

    async def recorded(self, *kinds: Kind) -> list[Event]:
        """The events of these kinds, each with a signature that holds."""
        rows = await self.product.store.ledger.waiting()
        found = [ledger.verify(it, self.product.roster().verifiers) for it in rows]
        return [it for it in found if it.kind in kinds]

    async def grants(self, case: bytes) -> list[Grant]:
        return list((await self.product.store.cases.bundle(case, None)).grants)

    async def envelopes(self, case: bytes, part: str | None = None) -> list[Envelope]:
        """A case's envelopes, or only those of a part."""
        found = (await self.product.store.cases.bundle(case, None)).envelopes
        return [it for it in found if part in (None, it.part)]

    async def events(self, case: bytes) -> list[SignedEvent]:
        return await self.product.store.cases.events(case)

    async def seeds_of(self, person: Identity) -> list[bytes]:
        """Every unit's seed that this person opens with a copy of the whole database."""
        sealed = await self.product.store.keyring.seeds(person.name)
        return [keys.open_seed(it, person.seed) for it in sealed]

    async def pings(self) -> list[Ping]:
        """What the officers' bot would send by now."""
        return await self.product.store.outbox.due(self.clock(), 100)

    async def stuck(self) -> list[Stuck]:
        """What the clock could not bring on."""
        return await self.product.store.clockwork.stuck()


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
        return await words.to_the_receipt(await self.says(text), self.presses, choices)


def choices(outcome: Outcome) -> list[str]:
    return [option.id for reply in outcome.replies for option in reply.options]


@contextlib.asynccontextmanager
async def opened(
    folder: Path,
    people: Sequence[tuple[str, str, str]] = A_FEW,
    url: str = "",
    cost: Cost = CHEAP,
    organisation: str = "",
) -> AsyncIterator[Home]:
    with tempfile.TemporaryDirectory(dir=MEMORY) as run:
        said = {"TINBAO_HOME": str(folder / "home"), "TINBAO_RUN": run}
        said["TINBAO_PROCESSES"] = str(two.PROCESSES)
        own = replace(settings.read(said), demo=True)  # the run folder may be anywhere
        own = replace(own, database_url=url or own.database_url, organisation=organisation or own.organisation)
        clock = Clock()
        databases.prepare(own.database_url)
        founding = await new_home.initialise(own, now=clock, cost=cost)
        async with contextlib.AsyncExitStack() as stack:
            product = await stack.enter_async_context(wiring.open_product(own, now=clock, cost=cost))
            if two.ON:
                product = await stack.enter_async_context(two.alternating(product, own, cost))
            home = Home(product, clock, own, founding, {}, {})
            if people:
                await home.join(*people)
            yield home
