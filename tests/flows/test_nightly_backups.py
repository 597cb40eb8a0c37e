"""The clock's backups: one each night, in its name, whole or not at all, and none for longer than people were told."""

import asyncio
import contextlib
import fcntl
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import backups, wiring
from bot.commands import doctor, recovery
from bot.commands.people import Signing
from bot.settings import read
from bot.wiring import Product
from tests.fakes import databases, home
from tests.fakes.home import Home
from tests.fakes.words import DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS as SENTENCE
from tips import errors
from tips.cases import deadlines
from tips.cases.ledger import Kind
from tips.clock import backup_rotation
from tips.clock.jobs import JobName
from tips.desk.actions import Fields


@dataclass
class Nights:
    """A home whose clock makes backups, and their folder."""

    opened: Home
    product: Product
    folder: Path

    def names(self) -> list[str]:
        return sorted(it.name for it in self.folder.iterdir() if it.name != backups.LOCK)

    async def tick(self) -> int:
        """What the scheduler does every few seconds."""
        (job,) = [it for it in self.product.jobs if it.name == JobName.BACK_UP]
        return await self.product.jobs.tick(job)

    async def pass_hours(self, count: int) -> int:
        """So many hours, with a look in each; how many backups were made."""
        made = 0
        for _ in range(count):
            self.opened.clock.forward(hours=1)
            made += await self.tick()
        return made


@contextlib.asynccontextmanager
async def nights(folder: Path, url: str = "") -> AsyncIterator[Nights]:
    async with home.opened(folder, url=url) as opened:
        own = replace(opened.settings, backups=folder / "nightly")
        async with wiring.open_product(own, now=opened.clock, cost=home.CHEAP) as product:
            yield Nights(opened, product, folder / "nightly")


async def test_one_is_made_each_night_signed_by_the_clock_and_comes_back(tmp_path: Path, database_url: str) -> None:
    """At once where there is none, then at two at night; each is on record in it, and the shares open it."""
    async with nights(tmp_path, database_url) as kept:
        receipt = await kept.opened.citizen().sends(SENTENCE)
        assert await kept.tick() == 1
        assert await kept.tick() == 0
        assert await kept.pass_hours(72) == 3
        local = [it.astimezone(deadlines.CITY).hour for it in sorted(backups.made(kept.folder))][1:]
        assert (len(kept.names()), set(local)) == (4, {2})
        assert [it.by for it in await kept.opened.recorded(Kind.BACKED_UP)] == ["clock"] * 4
        assert (await kept.product.audit()).sound
        newest = max(kept.folder.glob("*.age"))
        printed, clock = tmp_path / "init.json", kept.opened.clock
        founding = kept.opened.founding
        shares = [f"{office}:{share}" for office, share in founding.shares.items()]
        admins = [{"name": name, "passphrase": words} for name, words in founding.passphrases.items()]
        printed.write_text(json.dumps({"admins": admins, "recovery": {"shares": shares}}))
        old = kept.opened.settings
    new = replace(
        old,
        home=tmp_path / "new",
        secrets=tmp_path / "new-secrets",
        database_url=f"sqlite+aiosqlite:///{tmp_path}/new/tinbao.db",
    )
    await recovery.restore(new, newest, printed, Signing(printed))
    async with wiring.open_product(new, now=clock) as product:
        assert (await product.mailboxes.read(receipt)).case


async def test_one_that_fails_leaves_nothing_is_tried_in_an_hour_and_costs_no_earlier_one(tmp_path: Path) -> None:
    """The ledger takes nothing: no file and no half of one; the last good one is kept, however old it gets."""
    async with nights(tmp_path) as kept:
        assert await kept.tick() == 1
        first = kept.names()
        with databases.without_events(kept.opened.settings.database_url):
            assert await kept.pass_hours(40 * 24) == 0
            assert kept.names() == first
        assert await kept.pass_hours(1) == 1
        assert len(kept.names()) == 1
        assert kept.names() != first
        assert len(await kept.opened.recorded(Kind.BACKED_UP)) == 2


async def test_a_folder_that_cannot_be_written_stops_nothing_else(tmp_path: Path) -> None:
    """Its place is taken by a file: said in the log, and no event is written for what was not made."""
    async with nights(tmp_path) as kept:
        kept.folder.write_text("in the way")
        assert await kept.tick() == 0
        assert await kept.opened.recorded(Kind.BACKED_UP) == []
        kept.folder.unlink()
        assert await kept.pass_hours(1) == 1


async def test_what_a_killed_process_left_is_swept_and_what_is_no_backup_is_left(tmp_path: Path) -> None:
    """Half a file of ours goes at the next look; other people's files are none of ours."""
    async with nights(tmp_path) as kept:
        kept.folder.mkdir()
        for name in ("tinbao-20261101T190000Z.age.part", "notes.txt", "tinbao-mine.age"):
            (kept.folder / name).write_text("x")
        assert await kept.tick() == 1
        assert await kept.pass_hours(24 * 40) == 40
        assert {"notes.txt", "tinbao-mine.age"} < set(kept.names())
        assert not any(name.endswith(".part") for name in kept.names())


async def test_two_processes_never_write_one_backup_twice(tmp_path: Path) -> None:
    """One that takes longer than a lease: the other sees that somebody is at it."""
    async with nights(tmp_path) as kept:
        kept.folder.mkdir()
        with (kept.folder / backups.LOCK).open("wb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert await kept.pass_hours(3) == 0
        assert await kept.pass_hours(1) == 1


async def test_a_backup_that_is_stopped_ends_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while it is written: `serve` ends at once, and the next start finds no half file."""
    started, pulled = asyncio.Event(), 0
    loop = asyncio.get_running_loop()

    def endless(*_: object) -> object:
        nonlocal pulled
        while True:
            pulled += 1
            loop.call_soon_threadsafe(started.set)
            yield b"x"

    async with nights(tmp_path) as kept:
        monkeypatch.setattr(backups, "pieces", endless)
        ticking = asyncio.create_task(kept.tick())
        await started.wait()
        ticking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ticking
        before = pulled
        await asyncio.sleep(0.05)
        assert (kept.names(), pulled) == ([], before)


# --- as long as people were told --------------------------------------------------------------------------------------


async def test_none_is_kept_for_longer_than_35_days(tmp_path: Path) -> None:
    """Whatever was destroyed is in no backup once the day is over that its reporter was told."""
    async with nights(tmp_path) as kept:
        assert await kept.pass_hours(38 * 24) == 39  # one at once, then one a night
        made = sorted(backups.made(kept.folder))
        assert kept.opened.clock() - made[0] < timedelta(days=35)
        assert len(made) == 35


async def test_the_last_one_goes_too_where_it_holds_what_had_to_go(tmp_path: Path) -> None:
    """A case was destroyed after it was made, and no backup succeeded since: people were told 35 days."""
    async with nights(tmp_path) as kept:
        await kept.opened.citizen().sends(SENTENCE)
        case, session = (await kept.opened.the_case()).id, await kept.opened.session("an")
        act = kept.product.casework.act
        await act(session, case, "accept")
        await act(session, case, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
        await act(session, case, "close")
        kept.opened.clock.forward(days=90)
        assert await kept.tick() == 1
        (only,) = kept.names()
        with databases.without_events(kept.opened.settings.database_url, Kind.BACKED_UP):
            await kept.pass_hours(12)
            assert await kept.product.retention.tick() == 1
            destroyed = kept.opened.clock()
            await kept.pass_hours(35 * 24 - 13)
            assert kept.names() == [only]
            await kept.pass_hours(12)
            assert (kept.names(), kept.opened.clock() <= deadlines.backups_gone(destroyed)) == ([], True)


@pytest.mark.parametrize(
    ("newest", "due"),
    [("2026-11-30T01:59", True), ("2026-11-30T02:00", False), ("2026-11-30T09:00", False), ("2026-12-09T02:00", True)],
)
def test_one_is_due_once_two_in_the_morning_has_passed_since_the_newest(newest: str, due: bool) -> None:
    """By the city's clock; one that a clock which ran ahead stamped counts for none."""
    now = datetime(2026, 11, 30, 10, tzinfo=deadlines.CITY)
    made = datetime.fromisoformat(newest).replace(tzinfo=deadlines.CITY)
    assert backup_rotation.due([made.astimezone(UTC)], now.astimezone(UTC)) is due
    assert backup_rotation.due([], now)


# --- what whoever runs it is told -------------------------------------------------------------------------------------


async def test_doctor_says_where_none_is_made_or_the_newest_is_old(tmp_path: Path) -> None:
    """It stops nothing, and is said from 36 hours on."""
    check = doctor.CHECKS["backups"]
    async with nights(tmp_path) as kept:
        assert isinstance(found := await check(kept.opened.product), doctor.Advice)
        assert "TINBAO_BACKUPS" in found
        assert isinstance(await check(kept.product), doctor.Advice)
        assert await kept.tick() == 1
        kept.opened.clock.forward(hours=36)
        assert not isinstance(await check(kept.product), doctor.Advice)
        kept.opened.clock.forward(minutes=1)
        assert isinstance(found := await check(kept.product), doctor.Advice)
        assert "36 hours" in found
        assert JobName.BACK_UP not in {it.name for it in kept.opened.product.jobs}


@pytest.mark.parametrize("place", ["home", "home/backups", "home-secrets"])
def test_they_lie_outside_of_the_home_and_its_secrets(place: str, tmp_path: Path) -> None:
    """What is lost with the home is no backup."""
    with pytest.raises(errors.BadSetting, match="TINBAO_BACKUPS"):
        read({"TINBAO_HOME": str(tmp_path / "home"), "TINBAO_BACKUPS": str(tmp_path / place)})
