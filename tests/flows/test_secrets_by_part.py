"""Each part has its own keys and no other's: what is not on a machine nobody takes from it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import settings, wiring
from bot.settings import Settings
from tests.fakes import home
from tests.fakes.desk import acts, browser, log_in
from tests.fakes.home import Home
from tests.fakes.machines import founded
from tests.fakes.people import AN, KIEM, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_filing import in_hand
from tests.flows.test_tree_attacks import put_event
from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.ledger import Event, Kind
from tips.organisation.roster import PROCESSES

KEYS = {"intake": {"intake.key"}, "desk": {"desk.key"}, "officers": {"desk.key"}, "clock": {"clock.key", "release.key"}}


def on_a_machine(office: Home, folder: Path, part: str) -> Settings:
    """The home's settings on a host of its own, with the keys of one part only."""
    own = folder / f"secrets-{part}"
    shutil.copytree(office.settings.secrets, own)
    for file in own.glob("*.key"):
        if file.name in {"release.key", *(f"{it}.key" for it in PROCESSES)} - KEYS[part]:
            file.unlink()
    run = folder / f"run-{part}"
    return replace(office.settings, secrets=own, run=run)


async def test_three_machines_do_the_work_of_a_home_with_a_key_each(tmp_path: Path, database_url: str) -> None:
    """The intake takes a tip, the desk reads and asks, the clock lets it climb; all is signed, counted and sound."""
    async with home.opened(tmp_path, (AN, TRUC, KIEM), database_url) as office:
        hosts = {part: on_a_machine(office, tmp_path, part) for part in ("intake", "desk", "clock")}
        async with wiring.open_product(hosts["intake"], {"intake"}, now=office.clock, cost=home.CHEAP) as product:
            intake = replace(office, product=product)
            citizen = intake.citizen()
            receipt = await citizen.sends(TIP)
            assert "proof" in home.choices(await citizen.says(receipt))
            assert await in_hand(intake, receipt)
        row = await office.the_case()
        async with (
            wiring.open_product(hosts["desk"], {"desk"}, now=office.clock, cost=home.CHEAP) as product,
            browser(replace(office, product=product)) as client,
        ):
            await log_in(client, office, "an")
            assert "karaoke" in (await client.get(f"/desk/case/{row.id.hex()}")).text
            await acts(client, row.id.hex(), "ask", text="Tầng mấy?")
        office.clock.forward(days=40)
        async with wiring.open_product(hosts["clock"], {"clock"}, now=office.clock, cost=home.CHEAP) as product:
            await product.heads.tick()
            await product.escalation.tick()
            await product.heads.tick()
        assert (await office.the_case()).unit == "duty"
        for it in await office.recorded(Kind.SEQUENCED):
            assert (it.facts["missing"], it.facts["untold"], it.facts["odd"]) == ("0", "0", "0")
        assert (await office.product.audit()).sound
        assert (await office.product.mailboxes.read(receipt)).case.id == row.id


@pytest.mark.parametrize("part", KEYS)
async def test_a_part_loads_no_other_one_s_keys_where_all_are_at_hand(tmp_path: Path, part: str) -> None:
    """The process of the intake has nothing in its memory that wakes a key, or speaks for the clock."""
    async with home.opened(tmp_path, (AN,)) as office:
        seeds = {it: (office.settings.secrets / f"{it}.key").read_bytes() for it in (*PROCESSES, "release")}
        own = replace(office.settings, run=tmp_path / "run")
        async with wiring.open_product(own, {part}, now=office.clock, cost=home.CHEAP) as product:
            parts = product.escalation.release_seed, product.escalation.signing, product.reception.intake.signing
        expected = {it for it in parts if it}
        allowed = {seeds[file.removesuffix(".key")] for file in KEYS[part]}
        assert expected <= allowed
        assert bool(expected) == (part in {"intake", "clock"})


@pytest.mark.parametrize("kind", [Kind.EXPORTED, Kind.RECLAIMED, Kind.BACKED_UP, Kind.AUDITED, Kind.SEQUENCED])
async def test_the_desk_s_own_key_signs_no_event(tmp_path: Path, kind: Kind) -> None:
    """It counts what officers add; whoever takes it speaks for nobody."""
    async with home.opened(tmp_path, (AN,)) as office:
        event = Event(kind, b"", ledger.FIRST, deadlines.hour(office.clock()), "desk", bytes(32), {"problems": "0"})
        signed = ledger.sign(event, (office.settings.secrets / "desk.key").read_bytes())
        put_event(office, signed)
        assert any("desk may not sign this event" in it for it in (await office.product.audit()).problems)


@pytest.mark.parametrize("part", ["intake", "clock"])
async def test_a_part_without_its_keys_does_not_start_and_names_them(tmp_path: Path, part: str) -> None:
    async with home.opened(tmp_path, (AN,)) as office:
        own = on_a_machine(office, tmp_path, "desk")
        with pytest.raises(errors.BadSetting, match=f"{part}.key is missing in TINBAO_SECRETS"):
            async with wiring.open_product(own, {part}, now=office.clock, cost=home.CHEAP):
                raise AssertionError("it opened")


async def test_a_machine_without_any_key_says_so(tmp_path: Path) -> None:
    async with home.opened(tmp_path, (AN,)) as office:
        own = on_a_machine(office, tmp_path, "desk")
        (own.secrets / "desk.key").unlink()
        with pytest.raises(errors.BadSetting, match="no process has its key"):
            async with wiring.open_product(own, now=office.clock, cost=home.CHEAP):
                raise AssertionError("it opened")


async def test_what_a_service_manager_hands_over_goes_before_the_folder(tmp_path: Path) -> None:
    """Keys that lie in no folder of ours: systemd's credentials."""
    async with home.opened(tmp_path, (AN,)) as office:
        handed = tmp_path / "credentials"
        handed.mkdir()
        own = on_a_machine(office, tmp_path, "intake")
        for name in ("intake.key", "signers.json"):
            shutil.move(own.secrets / name, handed / name)
        own = replace(own, credentials=settings.read({"CREDENTIALS_DIRECTORY": str(handed)}).credentials)
        async with wiring.open_product(own, {"intake"}, now=office.clock, cost=home.CHEAP) as product:
            assert await replace(office, product=product).citizen().sends(TIP)
        (handed / "intake.key").chmod(0o644)
        with pytest.raises(errors.BadSetting, match="others can read"):
            async with wiring.open_product(own, {"intake"}, now=office.clock, cost=home.CHEAP):
                raise AssertionError("it opened")


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "secret"


@pytest.mark.parametrize("name", settings.SECRET)
def test_a_secret_setting_may_stand_in_a_file(file: Path, name: str) -> None:
    """As containers and service managers hand secrets over; the line's end is no part of it."""
    value = {"TINBAO_DATABASE_URL": "postgresql+psycopg://a@b/c", "TINBAO_DRAFTS_URL": "valkey://b:1"}.get(
        name, "12345678:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )
    file.write_text(f"{value}\n")
    whole = {f"TINBAO_ZALO_OA_{it}": value for it in ("APP_ID", "APP_SECRET", "SECRET", "REFRESH")}
    beside = {key: it for key, it in whole.items() if "ZALO_OA" in name and key != name}
    assert settings.read({**beside, f"{name}_FILE": str(file)}) == settings.read({**beside, name: value})


def test_a_file_that_is_none_is_named(file: Path) -> None:
    """As is one that holds more than a line, and a setting that is said twice."""
    name = "TINBAO_TELEGRAM_TOKEN"
    for data in (None, b"", b"a\nb\n", os.urandom(64)):
        if data is not None:
            file.write_bytes(data)
        with pytest.raises(errors.BadSetting, match=f"{name}_FILE"):
            settings.read({f"{name}_FILE": str(file)})
    with pytest.raises(errors.BadSetting, match="both set"):
        settings.read({f"{name}_FILE": str(file), name: "x"})


def test_doctor_looks_at_one_part_where_only_one_is(tmp_path: Path) -> None:
    """On the intake's machine: it can serve, and needs no other's keys; the clock's part cannot, and it is said."""
    with home.in_memory() as folder:
        machines = founded(folder, [("an", "area-770")])
        for name in ("desk.key", "clock.key", "release.key"):
            (machines.at.secrets / name).unlink()
        assert machines.here("doctor", "--only", "intake").returncode == 0
        said = machines.here("doctor", "--only", "intake,clock")
        assert said.returncode == 1
        assert "clock.key is missing" in said.stdout
        assert machines.here("doctor").returncode == 0
        assert machines.here("doctor", "--only", "kitchen").returncode == 1
