"""What only a quorum of offices can do: open what is held, and bring a home back from a backup."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.commands import recovery
from bot.settings import Settings
from storage import backup
from tests.fakes import databases, home
from tests.fakes.home import Home
from tests.fakes.people import A_FEW, AN, KIEM
from tests.fakes.words import DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS as SENTENCE
from tips import errors
from tips.cases import ledger, milestones
from tips.cases.case import Case
from tips.cases.ledger import Kind


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    return tmp_path / "init.json"


def write_printed(file: Path, opened: Home, offices: int = 2) -> None:
    """What `tinbao init --json` printed, with the shares of so many offices."""
    shares = [f"{office}:{share}" for office, share in opened.founding.shares.items()][:offices]
    admins = [{"name": name, "passphrase": words} for name, words in opened.founding.passphrases.items()]
    file.write_text(json.dumps({"admins": admins, "recovery": {"k": 2, "n": 3, "shares": shares}}))


def restored_into(folder: Path, old: Settings) -> Settings:
    return replace(
        old,
        home=folder / "new",
        secrets=folder / "new-secrets",
        database_url=f"sqlite+aiosqlite:///{folder}/new/tinbao.db",
    )


async def opens_held(opened: Home, name: str, printed: Path, unit: str | None = None, words: str = "") -> None:
    """`tinbao held open` for the one case there is."""
    case = (await opened.the_case()).id
    with opened.types(name, words):
        await recovery.open_held(opened.settings, case.hex(), printed, name, unit)


async def held(opened: Home) -> Case:
    """A case that nobody had a key for when it came."""
    await opened.citizen().sends(SENTENCE)
    (case,) = await opened.product.store.cases.held()
    return case


async def test_a_held_case_is_opened_by_two_offices_and_given_to_a_unit_with_a_key(
    tmp_path: Path, printed: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody had a key the quorum gives the case on, in the name of a person; a single office cannot."""
    async with home.opened(tmp_path, people=(), url=database_url) as opened:
        case = await held(opened)
        await opened.join(("kiem", "vks-tp", "overseer"))
        write_printed(printed, opened, offices=1)
        with pytest.raises(errors.WrongPassphrase):
            await opens_held(opened, "kiem", printed)
        assert await opened.recorded(Kind.READ, Kind.RELEASED) == []
        write_printed(printed, opened)
        await opens_held(opened, "kiem", printed)
        assert capsys.readouterr().out == f"{opened.product.organisation.unit('vks-tp').name}\n"
        session, statistics = await opened.session("kiem"), opened.product.store.statistics
        era = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        assert await statistics.milestones(*era) == []
        assert not await opened.product.review.was_read(session, case.id)  # only the seed opened it, and showed nothing
        assert (await opened.product.search.by_words(session, "karaoke")).hits == ()
        read = await opened.product.review.open(session, case.id)
        assert read.tip.text == SENTENCE
        assert [it.kind for it in await statistics.milestones(*era)] == [milestones.Kind.READ]
        done = [(it.kind, it.by, it.facts.get("part")) for it in read.events[1:]]
        assert done == [(Kind.READ, "kiem", "held"), (Kind.RELEASED, "kiem", None), (Kind.READ, "kiem", "all")]
        assert (await opened.product.audit()).sound


@pytest.mark.parametrize(
    ("name", "role"), [("an", "officer"), ("ba", "head"), ("truc", "coordinator"), ("xet", "auditor")]
)
async def test_who_may_not_open_what_is_held_is_told_so_and_nothing_is_on_record(
    tmp_path: Path, printed: Path, name: str, role: str
) -> None:
    """Whoever brings the shares: an overseer or an admin signs for it."""
    async with home.opened(tmp_path, people=()) as opened:
        await held(opened)
        await opened.join((name, "pc03", role), KIEM)
        write_printed(printed, opened)
        with pytest.raises(errors.Refused) as refused:
            await opens_held(opened, name, printed)
        assert refused.value.key == "error.role"
        for words in ("wrong-wrong", opened.passphrases["kiem"]):
            with pytest.raises(errors.WrongPassphrase):
                await opens_held(opened, "admin-vks", printed, words=words)
        assert await opened.recorded(Kind.READ, Kind.RELEASED) == []
        assert (await opened.the_case()).unit == "held"


@pytest.mark.parametrize("kind", [Kind.READ, Kind.RELEASED])
async def test_a_held_case_stays_closed_where_its_opening_cannot_be_put_on_record(
    tmp_path: Path, printed: Path, kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the opening nor the giving is done without its record; the same command works once there is one."""
    async with home.opened(tmp_path, people=()) as opened:
        case = await held(opened)
        await opened.join(KIEM)
        write_printed(printed, opened)
        away = databases.without_events(opened.settings.database_url, kind)
        with away, pytest.raises(errors.StoreUnavailable):
            await opens_held(opened, "admin-ttra", printed)
        assert capsys.readouterr().out == ""
        assert (await opened.case(case.id)).unit == "held"
        assert "vks-tp" not in {it.reader for it in await opened.grants(case.id)}
        await opens_held(opened, "admin-ttra", printed)
        assert (await opened.case(case.id)).unit == "vks-tp"


async def test_the_quorum_cannot_give_a_case_to_whom_it_accuses(tmp_path: Path, printed: Path) -> None:
    """Exclusions hold for the quorum too; that somebody tried is on record in their name."""
    async with home.opened(tmp_path, people=(AN,)) as opened:
        await opened.citizen().sends("Công an quận 3 nhận tiền bảo kê sòng bạc đường Lê Văn Sỹ quận 3")
        write_printed(printed, opened)
        for unit in ("area-770", None):
            with pytest.raises(errors.Refused):
                await opens_held(opened, "admin-vks", printed, unit)
        assert [(it.kind, it.by) for it in await opened.recorded(Kind.READ, Kind.RELEASED)] == [
            (Kind.READ, "admin-vks")
        ] * 2


async def test_who_belongs_to_an_accused_office_opens_nothing_for_the_quorum(tmp_path: Path, printed: Path) -> None:
    """Neither their rank nor borrowed shares help: for them there is no such case, for another office there is."""
    async with home.opened(tmp_path, people=()) as opened:
        await opened.citizen().sends(
            "Viện trưởng Viện kiểm sát nhân dân thành phố nhận hối lộ để đình chỉ vụ án ma tuý ở quận 3."
        )
        await opened.join(KIEM, ("cuc", "bca-c01", "overseer"))
        write_printed(printed, opened)
        for name in ("kiem", "admin-vks"):
            with pytest.raises(errors.NotFound):
                await opens_held(opened, name, printed)
        assert (await opened.the_case()).unit == "held"
        await opens_held(opened, "admin-ttra", printed)
        assert (await opened.the_case()).unit == "bca-c01"


# --- backups ----------------------------------------------------------------------------------------------------------


def written(folder: Path) -> list[str]:
    """Backups and parts of them."""
    return sorted(it.name for it in folder.glob("*.backup*"))


async def test_a_backup_is_on_record_in_an_admins_name_before_it_is_written(tmp_path: Path, printed: Path) -> None:
    """So that the record of it is in the backup itself."""
    file = tmp_path / "home.backup"
    async with home.opened(tmp_path) as opened:
        await opened.backs_up(file, "admin-ttra")
        (event,) = await opened.recorded(Kind.BACKED_UP)
        assert (event.by, event.facts, event.case) == ("admin-ttra", {}, b"")
        assert (await opened.product.audit()).sound
        write_printed(printed, opened)
        clock = opened.clock
    new = restored_into(tmp_path, opened.settings)
    await recovery.restore(new, file, printed, printed)
    async with wiring.open_product(new, now=clock) as product:
        assert ledger.sign(event, b"x" * 32).leaf in {it.leaf for it in await product.store.ledger.waiting()}


async def test_who_may_not_back_up_is_told_so_and_nothing_is_written(tmp_path: Path) -> None:
    """No role but an admin's, no wrong passphrase, and nobody who has left."""
    people = (*A_FEW, ("ba", "area-770", "head"), ("nam", "duty", "coordinator"), ("xet", "ttra-tp", "auditor"))
    async with home.opened(tmp_path, people) as opened:
        for name in ("an", "ba", "kiem", "nam", "xet"):
            with pytest.raises(errors.Refused) as refused:
                await opened.backs_up(tmp_path / "home.backup", name)
            assert refused.value.key == "error.role"
        for name in ("admin-vks", "nobody"):
            with opened.types(name, "wrong-wrong"), pytest.raises(errors.WrongPassphrase):
                await recovery.back_up(opened.settings, tmp_path / "home.backup", name)
        assert written(tmp_path) == []
        assert await opened.recorded(Kind.BACKED_UP) == []


async def test_no_backup_is_written_that_is_not_on_record(tmp_path: Path) -> None:
    """The ledger takes nothing: no file, not half of one; and the one of yesterday is as it was."""
    file = tmp_path / "home.backup"
    async with home.opened(tmp_path) as opened:
        file.write_bytes(b"yesterday's")
        with databases.without_events(opened.settings.database_url), pytest.raises(errors.StoreUnavailable):
            await opened.backs_up(file)
        assert written(tmp_path) == ["home.backup"]
        assert file.read_bytes() == b"yesterday's"


async def test_a_backup_that_breaks_off_leaves_nothing_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever went wrong: the store went away in the middle, or somebody pressed Ctrl-C."""
    whole = backup.dump
    async with home.opened(tmp_path) as opened:
        for error in (errors.StoreUnavailable, KeyboardInterrupt):

            def broken(*how: Any, error: type[BaseException] = error) -> Iterator[bytes]:
                yield next(whole(*how))
                raise error

            monkeypatch.setattr(backup, "dump", broken)
            with pytest.raises(error):
                await opened.backs_up(tmp_path / "home.backup")
            assert written(tmp_path) == []


async def test_a_restored_home_opens_its_cases_and_wakes_what_slept(
    tmp_path: Path, printed: Path, database_url: str
) -> None:
    """From either database a backup comes back: logins work, receipts find their tip, and a late case climbs."""
    file = tmp_path / "home.backup"
    async with home.opened(tmp_path, url=database_url) as opened:
        receipt = await opened.citizen().sends(SENTENCE)
        write_printed(printed, opened)
        await opened.backs_up(file)
        seen, people, clock = await opened.cases(), opened.people, opened.clock
    assert SENTENCE.encode() not in file.read_bytes()
    new = restored_into(tmp_path, opened.settings)
    await recovery.restore(new, file, printed, printed)
    async with wiring.open_product(new, now=clock) as product:
        assert await product.store.ledger.heads() == seen
        assert (await product.audit()).sound
        assert (await product.mailboxes.read(receipt)).case.id == seen[0].id
        officer = await product.logins.session_of(people["an"])
        assert (await product.review.open(officer, seen[0].id)).tip.text == SENTENCE
        clock.forward(hours=60)
        await product.escalation.tick()
        above = await product.logins.session_of(people["truc"])
        assert (await product.review.open(above, seen[0].id)).tip.text == SENTENCE


async def test_a_backup_that_was_touched_restores_nothing(tmp_path: Path, printed: Path) -> None:
    """One altered byte, a missing end or too few shares: an error, and the new home stays empty."""
    file, short = tmp_path / "home.backup", tmp_path / "short.backup"
    async with home.opened(tmp_path) as opened:
        await opened.citizen().sends(SENTENCE)
        await opened.backs_up(file)
        write_printed(printed, opened)
    whole = file.read_bytes()
    new = restored_into(tmp_path, opened.settings)
    for damaged in (whole[:-40], whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:], b"x" + whole[1:]):
        short.write_bytes(damaged)
        with pytest.raises(errors.NotOpened):
            await recovery.restore(new, short, printed, printed)
    write_printed(printed, opened, offices=1)
    with pytest.raises(errors.WrongPassphrase):
        await recovery.restore(new, file, printed, printed)
    write_printed(printed, opened)
    await recovery.restore(new, file, printed, printed)  # nothing of the failed tries is in the way
