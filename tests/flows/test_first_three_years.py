"""A home's first three years: founded in three hands, a thousand tips, a reform, a signer lost, an officer gone, two
upgrades, a second host, a restore. At the end every open case is read by exactly those who should, and by no more."""

import asyncio
import contextlib
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import wiring
from bot.commands import signers
from bot.settings import Settings, read
from bot.wiring import Product
from storage import migrate
from tests.fakes import home, served
from tests.fakes.home import CHEAP, Citizen
from tests.fakes.machines import Machines, founded
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tests.flows.test_adopting import sketched
from tests.flows.test_version_skew import HEAD
from tips import errors
from tips.desk.actions import Fields
from tips.intake.reception import Sender
from tips.people.session import Session

PEOPLE = {  # who takes up an invitation: unit, role
    "an": ("area-770", "head"),
    "binh": ("area-770", "officer"),
    "bao": ("area-760", "head"),
    "truc": ("duty", "officer"),
    "thanh": ("px05", "head"),
    "kiem": ("vks-tp", "overseer"),
    "quan": ("ttra-tp", "admin"),
}
MORE = {"area-760": 480, "area-770": 420, "px05": 100}  # tips of the first year, by the desk that gets them
CLOSED = 150  # of each of the first two
TEXTS = {
    "area-760": "Tối nào quán karaoke số {} đường Nguyễn Huệ quận 1 cũng bán ma tuý, chừng 10 giờ.",
    "area-770": "Tối nào quán karaoke số {} đường Lê Văn Sỹ quận 3 cũng bán ma tuý, chừng 10 giờ.",
    "px05": COMPLAINT + " Nhà số {}.",
}
SIGNERS = ("Lan Anh", "Minh")
ASKED = "REQUEST"


@dataclass
class Years:
    """The home, its machines, and the time that they all believe."""

    at: Machines
    moment: datetime
    receipts: dict[str, str] = field(default_factory=dict)  # receipt -> the desk that the tip was for
    closed: set[str] = field(default_factory=set)

    def now(self) -> datetime:
        return self.moment

    def settings(self) -> Settings:
        return read(served.environment(self.at.at.folder, self.at.at.port))

    @contextlib.asynccontextmanager
    async def opens(self, own: Settings | None = None, *parts: str) -> AsyncIterator[Product]:
        """A process of the home."""
        async with wiring.open_product(own or self.settings(), parts or None, now=self.now, cost=CHEAP) as product:
            yield replace(product, reception=product.unlimited_reception())

    def within(self, work: Callable[[Product], Awaitable[Any]]) -> Any:
        """Something that a process does."""

        async def runs() -> Any:
            async with self.opens() as product:
                return await work(product)

        return asyncio.run(runs())

    async def session(self, product: Product, name: str) -> Session:
        return await product.logins.session_of(await product.logins.unlock(name, self.at.people[name]["passphrase"]))

    async def sends(self, product: Product, desk: str, number: int) -> None:
        self.moment += timedelta(minutes=1)
        citizen = Citizen(product, Sender("web", f"{desk}-{number}-{len(self.receipts)}"))
        self.receipts[await citizen.sends(TEXTS[desk].format(number))] = desk

    def signs(self, *words: str, who: tuple[str, str] = SIGNERS, **heard: str) -> None:
        """A command that writes a request (`ASKED`), which two sign on their machines, and which is put into force."""
        done = self.at.here(*(str(self.at.request) if it == ASKED else it for it in words))
        assert done.returncode == 0, done.stderr
        done = self.at.signed(*who, **heard)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def years(monkeypatch: pytest.MonkeyPatch) -> Iterator[Years]:
    """Founded by three signers on three machines; whoever looks at a clock sees the story's time."""
    with home.in_memory() as folder:
        made = Years(founded(folder), datetime.now(UTC))

        class Told(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return made.moment.astimezone(tz)

        for module in (wiring, signers):
            monkeypatch.setattr(module, "datetime", Told)
        yield made


# --- what happens, in order -------------------------------------------------------------------------------------------


def everybody_activates_themselves(years: Years) -> None:
    codes = {name: years.at.invites(name, *where) for name, where in PEOPLE.items()}
    years.at.people |= {name: years.at.activates(code) for name, code in codes.items()}
    years.at.proposes_who_waits()
    heard = {name: years.at.people[name]["fingerprint"] for name in PEOPLE}
    assert years.at.signed(*SIGNERS, **heard).returncode == 0


async def a_thousand_tips(years: Years, product: Product) -> None:
    for desk, many in MORE.items():
        for number in range(many):
            await years.sends(product, desk, number)
    found = Counter(it.unit for it in await product.store.ledger.heads() if it.unit)
    assert found == Counter(MORE), "each is at its desk"


async def the_desks_do_their_work(years: Years, product: Product) -> None:
    """Of two desks many are closed; all others are verified, and stand still."""
    closing = Counter[str]()
    for name, desk in (("bao", "area-760"), ("an", "area-770"), ("thanh", "px05")):
        session, act = await years.session(product, name), product.casework.act
        for receipt in [it for it, at in years.receipts.items() if at == desk]:
            case = (await product.mailboxes.read(receipt)).case.id
            await act(session, case, "accept")
            await act(session, case, "verify")
            if desk != "px05" and closing[desk] < CLOSED:
                closing[desk] += 1
                await act(session, case, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
                await act(session, case, "close")
                years.closed.add(receipt)
            else:
                await act(session, case, "suspend", Fields(text="chờ giám định"))
    binh = await years.session(product, "binh")
    for receipt in [it for it, at in years.receipts.items() if at == "area-770" and it not in years.closed][:20]:
        await product.casework.act(binh, (await product.mailboxes.read(receipt)).case.id, "claim")


async def what_was_closed_is_destroyed(years: Years, product: Product) -> None:
    years.moment += timedelta(days=200)
    while await product.retention.tick():
        pass
    ended = [it for it in await product.store.ledger.waiting() if b'"shredded"' in it.body]
    assert len(ended) == len(years.closed) == 2 * CLOSED


async def nobody_has_what_binh_had(_: Years, product: Product) -> None:
    assert "binh" not in {it.officer for it in await all_cases(product)}


async def the_reform_is_in_force(years: Years, product: Product) -> None:
    """Quận 3's desk is no more; its open cases are at the duty desk, within the hour, and nothing else moved."""
    assert "area-770" in product.organisation.units
    years.moment += timedelta(days=31)
    assert "area-770" not in product.organisation.units
    await product.escalation.tick_all()
    at = Counter(it.unit for it in await all_cases(product) if it.state != "closed")
    assert at == {"area-760": MORE["area-760"] - CLOSED, "duty": MORE["area-770"] - CLOSED, "px05": MORE["px05"]}


def upgraded(years: Years, monkeypatch: pytest.MonkeyPatch, number: str, before: str) -> None:
    """A later program with a further revision takes over; the one of before does not start any more."""
    older, newer = migrate.SCRIPTS, years.at.at.folder / f"program-{number}"
    shutil.copytree(older, newer, ignore=shutil.ignore_patterns("__pycache__"))
    (newer / "versions" / f"{number}_later.py").write_text(
        f'revision = "{number}"\ndown_revision = "{before}"\n\n\ndef upgrade():\n    pass\n'
    )
    monkeypatch.setattr(migrate, "SCRIPTS", newer)
    assert years.at.here("doctor").returncode == 0
    monkeypatch.setattr(migrate, "SCRIPTS", older)
    assert "later version" in years.at.here("doctor").stdout
    monkeypatch.setattr(migrate, "SCRIPTS", newer)


async def a_second_host(years: Years) -> None:
    """An intake of its own, which has neither the clock's key nor what wakes keys, takes tips; the first one's desk
    reads them."""
    secrets, own = years.at.at.folder / "secrets-2", years.settings()
    shutil.copytree(own.secrets, secrets)
    for name in ("clock.key", "desk.key", "release.key"):
        (secrets / name).unlink()
    async with years.opens(replace(own, secrets=secrets, run=years.at.at.folder / "run-2"), "intake") as intake:
        for number in range(20):
            await years.sends(intake, "area-760", 1000 + number)


def lost_and_back(years: Years, shares: list[str]) -> None:
    """The machine burns; a backup, two shares and two signers bring the home back."""
    at, by = years.at, {"TINBAO_PASSWORD": years.at.people["quan"]["passphrase"]}
    file, quorum = at.at.folder / "home.age", at.at.folder / "shares"
    done = at.here("backup", str(file), "--officer", "quan", **by)
    assert done.returncode == 0, done.stderr
    for part in (at.at.home, at.at.secrets, at.at.run):
        shutil.rmtree(part)
    quorum.write_text("\n".join(shares))
    years.signs("restore", str(file), "--shares", str(quorum), "--request", ASKED, who=("Hà", "Minh"))


async def all_cases(product: Product) -> list[Any]:
    ids = [it.id for it in await product.store.ledger.heads()]
    return [it.case for it in await product.store.cases.bundles(ids, None)]


async def who_reads(years: Years, product: Product) -> dict[str, Counter[str]]:
    """Whoever works here tries to open every open case, by its number: desk that it was for -> who could, how often."""
    found: dict[str, Counter[str]] = {desk: Counter() for desk in MORE}
    sessions = [await years.session(product, it.name) for it in product.roster().people]
    for receipt, desk in years.receipts.items():
        if receipt in years.closed:
            continue
        mailbox = await product.mailboxes.read(receipt)
        for session in sessions:
            with contextlib.suppress(errors.TinBaoError):
                opened = await product.review.open(session, mailbox.case.id)
                assert opened.tip.text.startswith(TEXTS[desk][:20])
                found[desk][session.name] += 1
    return found


@pytest.mark.slow
def test_the_first_three_years(years: Years, monkeypatch: pytest.MonkeyPatch) -> None:
    """The story above, by commands where there are commands."""
    at = years.at
    everybody_activates_themselves(years)
    years.within(lambda it: a_thousand_tips(years, it))
    years.within(lambda it: the_desks_do_their_work(years, it))
    years.within(lambda it: what_was_closed_is_destroyed(years, it))

    years.signs("officer", "remove", "binh", "--request", ASKED)
    years.within(lambda it: nobody_has_what_binh_had(years, it))
    document = json.loads(at.here("org", "show", "--json").stdout)
    sketched(document)
    new = at.at.folder / "reform.json"
    new.write_text(json.dumps(document), "utf-8")
    day = (years.moment + timedelta(days=30)).date().isoformat()
    years.signs("org", "adopt", str(new), "--from", day, "--despite", "--request", ASKED)
    years.within(lambda it: the_reform_is_in_force(years, it))
    years.signs("officer", "remove", "an", "--request", ASKED)  # nobody works at a desk that is no more

    years.moment += timedelta(days=250)
    upgraded(years, monkeypatch, "9998", HEAD)
    ha = at.comes("Hà", "bca-c01").line
    years.signs("roster", "propose", ASKED, "--signer", ha, "--without", "Phúc", **at.heard)
    first = [at.signers[it].does("signer", "share", str(at.at.folder / "first-request")).stdout for it in SIGNERS]
    (at.at.folder / "first-shares").write_text("".join(first))
    lines = [it for name in ("Lan Anh", "Minh", "Hà") for it in ("--signer", at.signers[name].line)]
    years.signs("roster", "split", ASKED, "--shares", str(at.at.folder / "first-shares"), *lines)
    shares = [at.signers[it].does("signer", "share", str(at.request)).stdout.strip() for it in ("Minh", "Hà")]

    years.moment += timedelta(days=300)
    upgraded(years, monkeypatch, "9999", "9998")
    asyncio.run(a_second_host(years))
    lost_and_back(years, shares)
    years.moment += timedelta(days=30)

    readers = years.within(lambda it: who_reads(years, it))
    assert readers == {
        "area-760": {"bao": MORE["area-760"] - CLOSED + 20},
        "area-770": {"truc": MORE["area-770"] - CLOSED},
        "px05": {"thanh": MORE["px05"]},
    }
    verified = at.here("ledger", "verify")
    assert verified.returncode == 0, verified.stdout
    assert at.here("doctor").returncode == 0
    assert {it["name"] for it in at.roster()["signers"]} == {"Lan Anh", "Minh", "Hà"}
    assert len(years.receipts) == sum(MORE.values()) + 20
