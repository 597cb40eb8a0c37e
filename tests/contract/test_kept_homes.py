"""A home of every version that was released, as it lay on a disk: it is brought up, and everybody goes on in it."""

import base64
import contextlib
import gzip
import hashlib
import json
import subprocess
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import key_files, settings, wiring
from bot.commands import recovery
from bot.commands.people import Signing
from bot.settings import Settings
from bot.wiring import Product
from storage import migrate
from tests.contract.test_upgrades import DATA, at, connected, empty_url, put_rows, version
from tests.fakes import home, served
from tests.fakes.home import Citizen
from tests.flows.test_recovery import restored_into
from tips.cases.case import State
from tips.cases.home_texts import TextName
from tips.intake.reception import Sender
from tips.people.session import Session
from tips.transparency import heads

__all__ = ("empty_url",)

HOMES = sorted((DATA / "homes").glob("*.json.gz"))
LARGEST = 400_000  # bytes of a file
NEW = "Một quán khác ở đường Trần Quang Diệu quận 3 cũng bán ma tuý mỗi tối, chừng 11 giờ."


@dataclass(frozen=True)
class Kept:
    """A kept home, brought up, and what was known of it."""

    product: Product
    settings: Settings
    clock: home.Clock
    made: dict[str, Any]

    async def session(self, name: str) -> Session:
        identity = await self.product.logins.unlock(name, self.made["passphrases"][name])
        return await self.product.logins.session_of(identity)

    def case(self, name: str) -> bytes:
        return bytes.fromhex(self.made["tips"][name]["case"])

    def receipt(self, name: str) -> str:
        return str(self.made["tips"][name]["receipt"])


@contextlib.asynccontextmanager
async def brought_up(made: dict[str, Any], url: str, folder: Path) -> AsyncIterator[Kept]:
    at(url, made["schema"])
    with connected(url) as connection:
        put_rows(connection, {name: rows for name, rows in made["tables"].items() if name != "alembic_version"})
    with home.in_memory() as run:
        said = {"TINBAO_HOME": str(folder / "home"), "TINBAO_SECRETS": str(folder / "secrets"), "TINBAO_RUN": str(run)}
        own, clock = replace(settings.read(said), database_url=url), home.Clock(datetime.fromisoformat(made["at"]))
        own.home.mkdir()
        for place, name in ((own.secrets, "secrets"), (run, "run")):
            for path, data in made[name].items():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                key_files.write_secret(place / path, base64.b64decode(data))
        async with wiring.open_product(own, now=clock, cost=home.CHEAP) as product:
            yield Kept(product, own, clock, made)


@pytest.fixture(params=HOMES, ids=[it.name.removesuffix(".json.gz") for it in HOMES])
async def kept(request: pytest.FixtureRequest, empty_url: str, tmp_path: Path) -> AsyncIterator[Kept]:
    async with brought_up(json.loads(gzip.decompress(request.param.read_bytes())), empty_url, tmp_path) as opened:
        assert version(empty_url) == migrate.revisions(migrate.SCRIPTS)[-1]
        yield opened


def test_a_home_of_each_released_version_is_kept() -> None:
    """`scripts/keep_home.py` makes one before a version is cut; each is small, for it is there for ever."""
    names = {it.name.removesuffix(".json.gz") for it in HOMES}
    tags = subprocess.run(["git", "tag", "--list", "v*"], cwd=served.ROOT, capture_output=True, text=True, check=False)
    assert {it.removeprefix("v") for it in tags.stdout.split()} <= names
    assert tomllib.loads((served.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] in names
    assert [it.name for it in HOMES if it.stat().st_size > LARGEST] == []


async def test_officers_read_what_they_could_read(kept: Kept) -> None:
    """Their queue, each tip, the question with its answer, the file; and nobody reads what they were shut out of."""
    an, above, inspector = await kept.session("an"), await kept.session("truc"), await kept.session("thanh")
    for name, session in (("closed", an), ("asked", an), ("pictured", an), ("late", above), ("excluded", inspector)):
        opened = await kept.product.review.open(session, kept.case(name))
        assert opened.tip.text == kept.made["tips"][name]["text"]
    asked = await kept.product.review.open(an, kept.case("asked"))
    told = kept.made["tips"]["asked"]
    assert {told["question"], told["answer"]} <= {it.content.text for it in asked.thread}
    assert kept.case("pictured") in {it.id for it in await kept.product.review.queue(an)}
    assert kept.case("excluded") not in {it.id for it in await kept.product.review.queue(an)}
    assert "area-770" not in {it.reader for it in await grants(kept, "excluded")}
    (file,) = (await kept.product.review.open(an, kept.case("pictured"))).files
    found = await kept.product.review.file(an, kept.case("pictured"), file.envelope)
    read = kept.product.review.files.read(kept.case("pictured"), found)
    assert hashlib.sha256(b"".join([it async for it in read])).hexdigest() == kept.made["tips"]["pictured"]["file"]


async def grants(kept: Kept, name: str) -> Any:
    return (await kept.product.store.cases.bundle(kept.case(name), None)).grants


async def test_receipts_open_their_mailboxes_and_the_draft_goes_on(kept: Kept) -> None:
    """From where it was left, to a tip of its own."""
    states = {name: (await kept.product.mailboxes.read(kept.receipt(name))).case for name in kept.made["tips"]}
    assert {name: it.id for name, it in states.items()} == {name: kept.case(name) for name in states}
    assert (states["closed"].state, states["late"].unit) == (State.CLOSED, "duty")
    letters = (await kept.product.mailboxes.read(kept.receipt("asked"))).letters
    assert kept.made["tips"]["asked"]["question"] in [it.text for it in letters]
    citizen = Citizen(kept.product, Sender(*kept.made["draft"]["sender"]))
    sent = await citizen.presses("submit")
    assert sent.receipt
    tip = await kept.product.mailboxes.read(sent.receipt)
    opened = await kept.product.review.open(await kept.session("an"), tip.case.id)
    assert opened.tip.text == kept.made["draft"]["text"]


async def test_what_was_said_for_the_whole_home_stands(kept: Kept) -> None:
    """Days off, an incident, a unit's own words and the home's."""
    laid, product = kept.made["laid"], kept.product
    assert date.fromisoformat(laid["off"]) in product.organisation.terms.calendar.off
    assert [it.entries[0].words for it in product.incidents.listed()] == [laid["incident"]]
    assert [it.text for it in product.unit_templates.of("area-770")] == [laid["words"]]
    assert product.own_texts.said(TextName.OPERATOR, "vi") == laid["operator"]


async def test_the_ledger_holds_the_clock_ticks_and_figures_stay(kept: Kept) -> None:
    """The log grows on from its last head, what is late climbs with its text, a closed month stays as it was."""
    product = kept.product
    assert (await product.audit()).problems == ()
    before, _ = await product.heads.believed()
    figures = [it for it in await product.archive.figures() if it.period == kept.made["month"]]
    assert len(figures) == 1
    assert await Citizen(product, Sender("test", "new")).sends(NEW)
    kept.clock.forward(days=3)
    for job in product.jobs:
        await product.jobs.tick(job)
    kept.clock.forward(hours=1)
    assert (await product.audit()).problems == ()
    after, _ = await product.heads.believed()
    assert heads.size_of(after) > heads.size_of(before) > 0
    assert (await product.store.cases.get(kept.case("pictured"), None)).unit == "duty"
    above = await product.review.open(await kept.session("truc"), kept.case("pictured"))
    assert above.tip.text == kept.made["tips"]["pictured"]["text"]
    assert [it for it in await product.archive.figures() if it.period == kept.made["month"]] == figures


async def test_a_backup_of_it_restores(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the shares and passphrases that were printed when it was founded."""
    admin = kept.made["admins"][0]
    monkeypatch.setenv("TINBAO_PASSWORD", kept.made["passphrases"][admin])
    file, printed = tmp_path / "home.age", tmp_path / "init.json"
    shares = [f"{office}:{share}" for office, share in kept.made["shares"].items()][:2]
    admins = [{"name": it, "passphrase": kept.made["passphrases"][it]} for it in kept.made["admins"]]
    printed.write_text(json.dumps({"admins": admins, "recovery": {"k": 2, "n": 3, "shares": shares}}))
    await recovery.back_up(kept.settings, file, admin)
    new = restored_into(tmp_path, kept.settings)
    await recovery.restore(new, file, printed, Signing(printed))
    async with wiring.open_product(new, now=kept.clock, cost=home.CHEAP) as product:
        assert (await product.audit()).problems == ()
        there = replace(kept, product=product)
        assert (await product.mailboxes.read(there.receipt("asked"))).case.id == there.case("asked")
        opened = await product.review.open(await there.session("an"), there.case("asked"))
        assert opened.tip.text == kept.made["tips"]["asked"]["text"]
