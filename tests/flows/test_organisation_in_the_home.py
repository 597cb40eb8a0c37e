"""The organisation is data in the home: no release, no row that is gone and no edit changes it, or stops the home."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import key_files, wiring
from bot.commands import recovery
from bot.commands.people import Signing
from bot.live_roster import LiveRoster
from bot.wiring import open_product
from tests.fakes import home
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, KIEM, TRUC
from tests.flows.test_clock import behind
from tests.flows.test_recovery import restored_into, write_printed
from tips import errors
from tips.data import read
from tips.organisation import documents, templates, units
from tips.organisation.documents import Document

PEOPLE = (AN, TRUC, KIEM)
IN_WARD = "Tối nào quán karaoke ở {} cũng bán ma tuý, 113 tới là họ tắt đèn"
WARD = "27154"  # Phường Bàn Cờ, of the former Quận 3
WAS, IS = "Phường Bàn Cờ", "Phường Bàn Cờ Mới"


def renamed(plain: dict[str, Any]) -> None:
    """What a release may bring: one ward has another name."""
    (ward,) = (it for it in plain["areas"]["wards"] if it["code"] == WARD)
    ward["name"] = IS


def changed(change: Callable[[dict[str, Any]], None], name: str = "") -> Document:
    plain = copy.deepcopy(dict(templates.newest("hcmc-districts").plain))
    change(plain)
    return documents.of_plain({**plain, "name": name or plain["name"]})


def a_later_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ships a newer edition beside the first one, with an area table of its own."""

    def files(name: str) -> Any:
        found = copy.deepcopy(read(name.replace("areas-2027", "areas")))
        if name == "areas-2027.json":
            renamed({"areas": found})
        if name == "templates.json":
            editions = found["templates"]["hcmc-districts"]
            editions.append({**editions[0], "areas": "areas-2027.json", "signed_as": None})
        return found

    monkeypatch.setattr(templates, "read", files)
    for cached in (templates.newest, templates.signed_as, units.load):
        cached.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _as_it_ships() -> Any:
    yield
    for cached in (templates.newest, templates.signed_as, units.load):
        cached.cache_clear()  # type: ignore[attr-defined]


async def adopts(office: Home, document: Document) -> None:
    await office.product.roster.put_into_force(office.signed(office.product.registrar().adopt(document)))


def its_file(office: Home) -> Path:
    digest = office.product.roster().organisation_digest
    return office.settings.secrets / key_files.ORGANISATION.format(digest)


async def test_a_home_of_an_earlier_program_outlives_a_release_that_corrects_a_ward(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its roster names the digest of what shipped then; it goes on with that, and new homes begin with the other."""
    shipped = units.load()
    (first,) = read("templates.json")["templates"]["hcmc-districts"]
    with monkeypatch.context() as then:
        then.setattr(units, "of_document", lambda _: replace(shipped, digest=first["signed_as"]))
        async with opened(tmp_path, (), database_url) as office:
            assert office.product.roster().organisation_digest == first["signed_as"]
    for file in office.settings.secrets.glob("organisation-*"):  # those programs kept none
        file.unlink()
    behind(office, "DELETE FROM organisation")
    a_later_release(monkeypatch)
    async with open_product(office.settings, now=office.clock, cost=home.CHEAP) as product:
        assert product.organisation.area_name(WARD) == WAS
        assert units.load().area_name(WARD) == IS
        again = Home(product, office.clock, office.settings, office.founding, {}, {})
        await again.join(*PEOPLE)
        await again.citizen().sends(IN_WARD.format(WAS))
        assert (await again.the_case()).ward == WARD
        assert (await product.audit()).sound


async def test_a_home_of_this_program_outlives_it_too(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document that its roster names lies in it."""
    async with opened(tmp_path, PEOPLE, database_url) as office:
        a_later_release(monkeypatch)
        async with open_product(office.settings, now=office.clock, cost=home.CHEAP) as product:
            assert product.organisation.area_name(WARD) == WAS


@pytest.mark.parametrize("gone", ["row", "file"])
@pytest.mark.parametrize("how", ["deleted", "edited"])
async def test_a_document_that_a_hand_was_in_is_no_off_switch(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, gone: str, how: str
) -> None:
    """Of row and file one is enough; the other one is brought back, and what somebody wrote there is never believed."""
    own = changed(renamed, "quan-3")
    (tmp_path / "own.json").write_bytes(own.data)
    evil = own.data.replace(b'"duty":"vks-tp"', b'"duty":"held"')
    async with opened(tmp_path, PEOPLE, database_url, organisation=str(tmp_path / "own.json")) as office:
        if gone == "row" and how == "deleted":
            behind(office, "DELETE FROM organisation")
        elif gone == "row":
            behind(office, "UPDATE organisation SET document = :it", it=evil)
        elif how == "deleted":
            its_file(office).unlink()
        else:
            key_files.write_secret(its_file(office), evil)
        told = [
            it for it in (await office.product.audit()).problems if it.startswith(f"organisation {own.digest[:16]}")
        ]
        assert len(told) == (gone == "row")
        async with open_product(office.settings, now=office.clock, cost=home.CHEAP) as again:
            assert again.organisation.area_name(WARD) == IS
            assert again.organisation.chain("duty")[1] == "vks-tp"
            ((row,),) = behind(office, "SELECT document FROM organisation")
            assert (await again.audit()).sound
            assert bytes(row) == its_file(office).read_bytes() == own.data


async def test_where_no_copy_holds_nothing_is_guessed(tmp_path: Path) -> None:
    """What ships under its name is another organisation: the start ends, and says which file to bring back."""
    own = changed(renamed)
    (tmp_path / "own.json").write_bytes(own.data)
    async with opened(tmp_path, PEOPLE, organisation=str(tmp_path / "own.json")) as office:
        behind(office, "DELETE FROM organisation")
        its_file(office).unlink()
        with pytest.raises(errors.NotVerified, match=own.digest):
            async with open_product(office.settings, now=office.clock, cost=home.CHEAP):
                raise AssertionError("it opened")
        key_files.write_secret(its_file(office), own.data)
        async with open_product(office.settings, now=office.clock, cost=home.CHEAP) as product:
            assert product.organisation.area_name(WARD) == IS


async def test_whoever_holds_the_organisation_sees_the_next_one(tmp_path: Path, database_url: str) -> None:
    """In the process that adopts it, and in one that only looks for a newer roster; nothing is started anew."""
    async with (
        opened(tmp_path, PEOPLE, database_url) as office,
        open_product(office.settings, now=office.clock, cost=home.CHEAP) as other,
    ):
        before = office.product.triager

        def reformed(plain: dict[str, Any]) -> None:
            renamed(plain)
            plain["owners"]["drugs"] = "pc04"
            plain["climbs"]["area_desk"] = "pc02"

        await adopts(office, changed(reformed))
        await other.roster.refresh()
        for product in (office.product, other):
            assert product.organisation.area_name(WARD) == IS
            assert product.triager is not before
            assert product.triager.area_name(WARD) == IS
            assert product.triager.resolve_area(IS).ward == WARD
            assert product.triager.triage(IN_WARD.format(IS)).route.chain[:2] == ("pc04", "vks-tp")
            assert product.casework.organisation().escalates_to["area_desk"] == "pc02"
            assert product.exports.areas().name(WARD) == IS
            assert product.export_files.organisation().digest == product.roster().organisation_digest
            assert product.closing.areas().name(WARD) == IS
        assert (await office.product.audit()).sound


async def test_a_roster_whose_organisation_is_nowhere_does_not_come_into_force(tmp_path: Path) -> None:
    """Another machine's process goes on with the last one that holds, and says so, until the document is there."""
    async with (
        opened(tmp_path, PEOPLE) as office,
        open_product(office.settings, now=office.clock, cost=home.CHEAP) as other,
    ):
        version = other.roster().version
        await adopts(office, next_one := changed(renamed))
        behind(office, "DELETE FROM organisation WHERE digest = :it", it=next_one.digest)
        its_file(office).unlink()
        with pytest.raises(errors.NotVerified):
            await other.roster.refresh()
        assert other.roster().version == version
        assert other.organisation.area_name(WARD) == WAS
        key_files.write_secret(its_file(office), next_one.data)
        assert (await other.roster.refresh()).version == version + 1


async def test_a_backup_carries_the_organisation(tmp_path: Path) -> None:
    """The home comes back with it, beside the new secrets as well; nobody has to remember from what it was founded."""
    own, printed = changed(renamed, "quan-3"), tmp_path / "init.json"
    (tmp_path / "own.json").write_bytes(own.data)
    async with opened(tmp_path, PEOPLE, organisation=str(tmp_path / "own.json")) as office:
        receipt = await office.citizen().sends(IN_WARD.format(IS))
        await office.backs_up(tmp_path / "a.age")
        write_printed(printed, office)
        new = replace(restored_into(tmp_path, office.settings), organisation=templates.DEFAULT)
        await recovery.restore(new, tmp_path / "a.age", printed, Signing(printed))
        async with wiring.open_product(new, now=office.clock, cost=home.CHEAP) as product:
            assert product.organisation.name == "quan-3"
            assert (await product.mailboxes.read(receipt)).case.ward == WARD
            assert product.organisation.document.data == own.data
        kept = key_files.kept_organisation(new.secrets, own.digest)
        assert json.loads(kept) == own.plain


async def test_a_backup_without_its_organisation_comes_back_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before anything is kept: the folder for the next try is as empty as before."""
    own, printed = changed(renamed, "quan-3"), tmp_path / "init.json"
    (tmp_path / "own.json").write_bytes(own.data)
    async with opened(tmp_path, PEOPLE, organisation=str(tmp_path / "own.json")) as office:
        behind(office, "DELETE FROM organisation")
        with monkeypatch.context() as unhealed:

            async def nothing(*_: Any) -> None:
                return

            unhealed.setattr(LiveRoster, "_keep", nothing)
            await office.backs_up(tmp_path / "a.age")
        write_printed(printed, office)
        new = restored_into(tmp_path, office.settings)
        with pytest.raises(errors.NotVerified, match=own.digest):
            await recovery.restore(new, tmp_path / "a.age", printed, Signing(printed), despite=True)
        assert list(new.secrets.iterdir()) == []


async def test_nobody_founds_a_home_from_what_has_problems(tmp_path: Path) -> None:
    """Nothing was made: neither folder nor secrets."""

    def circular(plain: dict[str, Any]) -> None:
        plain["units"][0]["parent"] = "pc01"

    (tmp_path / "own.json").write_bytes(changed(circular).data)
    with pytest.raises(errors.BadSetting, match="tinbao org check"):
        async with opened(tmp_path, PEOPLE, organisation=str(tmp_path / "own.json")):
            raise AssertionError("it opened")
    assert not (tmp_path / "home-secrets").exists()
