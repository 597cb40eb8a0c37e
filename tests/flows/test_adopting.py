"""A reorganisation that two admins sign: open cases of a unit that goes climb to the next clean level, none is lost."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.commands import organisation
from bot.commands.people import Signing
from bot.wiring import open_product
from tests.fakes import home
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, KIEM, THANH, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_organisation_commands import reformed, written
from tests.flows.test_organisation_in_the_home import IN_WARD, IS
from tips import errors
from tips.cases import deadlines
from tips.cases.ledger import Kind
from tips.desk.actions import Fields
from tips.people.session import Session

QUAN_1 = ("bao", "area-760", "officer")
PEOPLE = (AN, TRUC, KIEM, THANH, QUAN_1)


def signers(folder: Path, office: Home) -> Path:
    file = folder / "signers.json"
    admins = [{"name": name, "passphrase": words} for name, words in office.founding.passphrases.items()]
    file.write_text(json.dumps({"admins": admins}))
    return file


def sketched(plain: dict[str, Any]) -> None:
    """The same reform, with late cases where they climbed before."""
    reformed(plain)
    plain["climbs"]["duty"] = "vks-tp" if "vks-tp" in plain["climbs"] else "vks-tc"
    plain["policy"]["deadlines"]["screening"]["hours"] = 24


async def adopts(folder: Path, office: Home, change: Any = sketched) -> None:
    await organisation.adopt(office.settings, written(folder, change), Signing(signers(folder, office)), despite=False)
    await office.product.roster.refresh()


async def text(office: Home, session: Session, case: bytes) -> str:
    return (await office.product.review.open(session, case)).tip.text


async def test_cases_of_a_unit_that_goes_climb_with_their_text(tmp_path: Path, database_url: str) -> None:
    """At once, though nothing was late; the receipt finds it, all is on the ledger, no deadline counts as missed."""
    async with opened(tmp_path, PEOPLE, database_url) as office:
        office.clock.moment = datetime.now(UTC)  # as the command has it
        receipt = await office.citizen().sends(TIP)
        row = await office.the_case()
        assert row.unit == "area-770"
        await adopts(tmp_path, office)
        moved = await office.the_case()
        assert (moved.unit, moved.state, moved.officer) == ("duty", "received", None)
        assert await text(office, await office.session("truc"), row.id) == TIP
        assert (await office.case_of(receipt)).unit == "duty"
        (climbed,) = await office.recorded(Kind.ESCALATED)
        assert climbed.facts == {"from": "area-770", "to": "duty", "late": ""}
        told = {it.facts["version"]: it.facts["organisation"] for it in await office.recorded(Kind.ROSTER)}
        assert told[str(office.product.roster().version)] == office.product.organisation.digest
        assert (await office.product.audit()).sound
        assert await office.product.escalation.tick_all() == 0
        await office.citizen("another").sends(IN_WARD.format(IS))
        assert {it.unit for it in await office.cases()} == {"duty", "area-760"}


async def test_no_case_moves_to_a_unit_that_it_shuts_out(tmp_path: Path, database_url: str) -> None:
    """The duty desk was shut out by the reporter: it is passed over, and never gets a key."""
    async with opened(tmp_path, PEOPLE, database_url) as office:
        citizen = office.citizen()
        await citizen.says(TIP)
        await citizen.presses("exclude:duty")
        await citizen.presses("submit")
        row = await office.the_case()
        await adopts(tmp_path, office)
        assert (await office.the_case()).unit == "vks-tp"
        assert await text(office, await office.session("kiem"), row.id) == TIP
        assert "duty" not in {it.reader for it in await office.grants(row.id)}
        with pytest.raises(errors.NotFound):
            await text(office, await office.session("truc"), row.id)


async def test_a_level_that_goes_too_is_passed_over(tmp_path: Path) -> None:
    """Who slept above a case and is no longer there is not woken; the next one is."""

    def without_inspectors(plain: dict[str, Any]) -> None:
        plain["units"] = [it for it in plain["units"] if it["code"] != "vks-tp"]
        plain["climbs"] = {key: "vks-tc" if it == "vks-tp" else it for key, it in plain["climbs"].items()}
        del plain["climbs"]["vks-tp"]
        for row in (*plain["conflicts"], *plain["chosen"]):
            row["to"] = ["vks-tc" if it == "vks-tp" else it for it in row["to"]]
            row["also"] = [it for it in row["also"] if it != "unit:vks-tp"]
            row["means"] = "unit:vks-tc" if row["means"] == "unit:vks-tp" else row["means"]
        plain["owners"] = {key: "vks-tc" if it == "vks-tp" else it for key, it in plain["owners"].items()}
        for row in plain["categories"].values():
            row["department"] = "vks-tc" if row["department"] == "vks-tp" else row["department"]
        plain["founders"]["admins"][0]["office"] = plain["founders"]["shares"][0] = "vks-tc"

        sketched(plain)

    async with opened(tmp_path, (AN, KIEM, ("toi-cao", "vks-tc", "overseer"))) as office:
        await office.citizen().sends(TIP)
        row = await office.the_case()
        assert {"vks-tp", "vks-tc"} <= {it.reader for it in await office.grants(row.id) if it.asleep}
        await adopts(tmp_path, office, without_inspectors)
        assert (await office.the_case()).unit == "vks-tc"
        assert await text(office, await office.session("toi-cao"), row.id) == TIP


async def test_where_nobody_above_has_a_key_the_readers_go_on(tmp_path: Path) -> None:
    """The case stays with whoever can read it, and is handed over from there; it does not fall to the quorum."""
    async with opened(tmp_path, (AN, QUAN_1)) as office:
        office.clock.moment = datetime.now(UTC)  # as the command has it
        await office.citizen().sends(TIP)
        row = await office.the_case()
        await adopts(tmp_path, office)
        stayed = await office.the_case()
        assert (stayed.unit, stayed.clock, stayed.due_at, stayed.level) == ("area-770", row.clock, row.due_at, 0)
        assert await office.recorded(Kind.ESCALATED) == []
        session = await office.session("an")
        assert await text(office, session, row.id) == TIP
        await office.product.casework.act(session, row.id, "hand_over", Fields(unit="area-760"))
        assert (await office.the_case()).unit == "area-760"
        assert await text(office, await office.session("bao"), row.id) == TIP


async def test_what_arrives_at_a_unit_that_is_gone_climbs_within_the_hour(tmp_path: Path) -> None:
    """An intake that has not seen the newer roster yet still sends there; the clock sees it."""
    async with (
        opened(tmp_path, PEOPLE) as office,
        open_product(office.settings, now=office.clock, cost=home.CHEAP) as late,
    ):
        await adopts(tmp_path, office)
        await home.Citizen(late, office.citizen().sender).sends(TIP)
        assert (await office.the_case()).unit == "area-770"
        assert await office.product.escalation.tick_all() == 1
        assert (await office.the_case()).unit == "duty"


async def test_a_refused_adoption_changes_nothing(tmp_path: Path) -> None:
    """Problems, the same document, one hand alone, a wrong passphrase, an accused without anybody clean."""

    def wrong(plain: dict[str, Any]) -> None:
        plain["units"][0]["parent"] = "pc01"

    def nobody_clean(plain: dict[str, Any]) -> None:
        plain["climbs"] |= {"city_department": "ttcp", "ttcp": "held", "vks-tp": "held"}
        for row in plain["conflicts"]:
            if row["accused"] == "ward_police":
                row["to"] = ["ttcp"]

    async with opened(tmp_path, PEOPLE) as office:
        before, file = office.product.roster(), signers(tmp_path, office)
        forged = tmp_path / "forged.json"
        forged.write_text(json.dumps({"admins": [
            {**it, "passphrase": "wrong"} for it in json.loads(file.read_text())["admins"]
        ]}))  # fmt: skip
        tried: list[tuple[Any, Path, type[errors.TinBaoError]]] = [
            (wrong, file, errors.BadSetting),
            (lambda _: None, file, errors.Refused),
            (nobody_clean, file, errors.Refused),
            (sketched, forged, errors.WrongPassphrase),
        ]
        for change, by, error in tried:
            with pytest.raises(error):
                await organisation.adopt(office.settings, written(tmp_path, change), Signing(by), despite=False)
        await office.product.roster.refresh()
        assert office.product.roster() == before


async def test_deadlines_are_the_organisation_s(tmp_path: Path, database_url: str) -> None:
    """From the next step on, at the desk, at the clock and in what people are told; what runs already runs on."""

    def sooner(plain: dict[str, Any]) -> None:
        plain["policy"]["deadlines"]["received"]["by_urgency"]["P1"] = {"hours": 1}
        plain["policy"]["deadlines"]["screening"] = {**plain["policy"]["deadlines"]["screening"], "hours": 3}
        plain["policy"]["retention"] |= {"days": 7, "by_group": {}}

    async with opened(tmp_path, PEOPLE, database_url) as office:
        office.clock.moment = datetime.now(UTC).replace(minute=10)
        await office.citizen().sends(TIP)
        before = await office.the_case()
        await adopts(tmp_path, office, sooner)
        row = await office.the_case()
        assert row.due_at == before.due_at == deadlines.hour(office.clock()) + timedelta(hours=3)
        session, act = await office.session("an"), office.product.casework.act
        claimed = await act(session, row.id, "claim")
        assert claimed.due_at == deadlines.hour(office.clock()) + timedelta(hours=4)
        await act(session, row.id, "conclude", Fields(result="unfounded", text="Không có gì."))
        closed = await act(session, row.id, "close")
        assert closed.due_at == deadlines.hour(office.clock()) + timedelta(days=7, hours=1)
        office.clock.forward(days=8)
        assert await office.product.retention.tick() == 1
        await office.citizen("another").sends(TIP)
        (other,) = [it for it in await office.cases() if it.id != row.id]
        assert other.due_at == deadlines.hour(office.clock()) + timedelta(hours=2)


async def test_who_follows_a_unit_that_is_shut_out_is_shut_out_too(tmp_path: Path, database_url: str) -> None:
    """The desk that was accused goes; the one that takes over its people gets no key to that case, by no hand."""

    def followed(plain: dict[str, Any]) -> None:
        sketched(plain)
        plain["successors"] = {"area-770": ["area-760"]}

    async with opened(tmp_path, PEOPLE, database_url) as office:
        office.clock.moment = datetime.now(UTC)  # as the command has it
        citizen = office.citizen()
        await citizen.says(TIP)
        await citizen.presses("exclude:area-770")
        await citizen.presses("submit")
        row = await office.the_case()
        assert row.unit == "px05"
        await adopts(tmp_path, office, followed)
        session = await office.session("thanh")
        assert {"area-770", "area-760"} <= (await office.product.review.open(session, row.id)).excluded
        for act in ("hand_over", "share"):
            with pytest.raises(errors.Refused) as refused:
                await office.product.casework.act(session, row.id, act, Fields(unit="area-760"))
            assert refused.value.key == "error.excluded"
