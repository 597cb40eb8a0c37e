"""What only a quorum of offices can do: open what is held, and bring a home back from a backup."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot import wiring
from bot.commands import recovery
from bot.settings import Settings
from tests.fakes import home
from tests.fakes.home import Home
from tests.fakes.people import AN
from tests.fakes.words import DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS as SENTENCE
from tips import errors


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


async def test_a_held_case_is_opened_by_two_offices_and_given_to_a_unit_with_a_key(
    tmp_path: Path, printed: Path
) -> None:
    """Where nobody had a key the quorum gives the case on; a single office cannot."""
    async with home.opened(tmp_path, people=()) as opened:
        await opened.citizen().sends(SENTENCE)
        (case,) = await opened.product.store.cases.held()
        await opened.join(("kiem", "vks-tp", "overseer"))
        write_printed(printed, opened, offices=1)
        with pytest.raises(errors.WrongPassphrase):
            await recovery.open_held(opened.settings, case.id.hex(), printed, None)
        write_printed(printed, opened)
        await recovery.open_held(opened.settings, case.id.hex(), printed, None)
        read = await opened.product.review.open(await opened.session("kiem"), case.id)
        assert read.tip.text == SENTENCE
        assert "released" in [event.kind.value for event in read.events]


async def test_the_quorum_cannot_give_a_case_to_whom_it_accuses(tmp_path: Path, printed: Path) -> None:
    """Exclusions hold for the quorum too."""
    async with home.opened(tmp_path, people=(AN,)) as opened:
        await opened.citizen().sends("Công an quận 3 nhận tiền bảo kê sòng bạc đường Lê Văn Sỹ quận 3")
        (case,) = await opened.product.store.cases.held()
        write_printed(printed, opened)
        with pytest.raises(errors.Refused):
            await recovery.open_held(opened.settings, case.id.hex(), printed, "area-770")
        with pytest.raises(errors.Refused):
            await recovery.open_held(opened.settings, case.id.hex(), printed, None)


async def test_a_restored_home_opens_its_cases_and_wakes_what_slept(
    tmp_path: Path, printed: Path, database_url: str
) -> None:
    """From either database a backup comes back: logins work, receipts find their tip, and a late case climbs."""
    file = tmp_path / "home.backup"
    async with home.opened(tmp_path, url=database_url) as opened:
        receipt = await opened.citizen().sends(SENTENCE)
        write_printed(printed, opened)
        await recovery.back_up(opened.settings, file)
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
        await recovery.back_up(opened.settings, file)
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
