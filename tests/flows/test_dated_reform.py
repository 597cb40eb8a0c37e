"""A reorganisation that is signed ahead of its day: until then nothing is another, from then on everything is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands import organisation
from bot.commands.people import Signing
from bot.wiring import open_product
from tests.fakes import home
from tests.fakes.desk import browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.machines import Machines
from tests.fakes.machines import founded as a_founded
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_adopting import PEOPLE, signers, sketched, text
from tests.flows.test_organisation_commands import written
from tests.flows.test_organisation_in_the_home import IN_WARD, IS, changed, renamed
from tests.flows.test_tree import behind
from tips import errors
from tips.cases import deadlines
from tips.cases.ledger import Kind
from tips.people import proposals

AHEAD = timedelta(days=40)


def midnight(office: Home) -> datetime:
    """As the command line reads `--from`: of the day that is so far ahead."""
    return (office.clock.moment.astimezone(deadlines.CITY) + AHEAD).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=None
    )


async def signs_ahead(folder: Path, office: Home) -> datetime:
    """The reform is signed today; when it comes into force."""
    office.clock.moment = datetime.now(UTC)  # as the command has it
    day = midnight(office)
    signing = Signing(signers(folder, office), None)
    await organisation.adopt(office.settings, written(folder, sketched), signing, despite=False, at=day)
    await office.product.roster.refresh()
    return day.replace(tzinfo=deadlines.CITY)


async def test_nothing_is_another_before_the_day_and_everything_is_from_then_on(
    tmp_path: Path, database_url: str
) -> None:
    """No process is started anew: tips go by the newer units at midnight, open cases of a unit that goes climb within
    the hour, and what was signed in between keeps the day."""
    async with opened(tmp_path, PEOPLE, database_url) as office:
        was = office.product.organisation.digest
        day = await signs_ahead(tmp_path, office)
        receipt = await office.citizen().sends(TIP)
        row = await office.the_case()
        assert (row.unit, office.product.organisation.digest) == ("area-770", was)
        await office.join(("moi", "area-760", "officer"))
        office.clock.moment = day - timedelta(seconds=1)
        assert office.product.organisation.digest == was
        office.clock.moment = day
        assert office.product.organisation.digest != was
        await office.citizen("another").sends(IN_WARD.format(IS))
        assert {it.unit for it in await office.cases()} >= {"area-760"}
        await office.product.escalation.tick_all()
        assert (await office.case_of(receipt)).unit == "duty"
        assert await text(office, await office.session("truc"), row.id) == TIP
        assert (await office.product.audit()).sound
        assert len(await office.recorded(Kind.ROSTER)) == office.product.roster().version


async def test_people_of_a_unit_to_come_join_before_its_day(tmp_path: Path) -> None:
    """So that nobody is without a desk on the first morning; a unit that nobody knows is still refused."""
    async with opened(tmp_path, PEOPLE) as office:
        day = await signs_ahead(tmp_path, office)
        await office.join(("ky", "pc09", "officer"), ("quan", "ttra-tp", "admin"))
        async with browser(office) as client:
            await log_in(client, office, "quan")
            assert 'value="pc09"' in (await client.get("/desk/people/invite")).text
        with pytest.raises(errors.Refused):
            await office.join(("xa", "pc99", "officer"))
        office.clock.moment = day + timedelta(hours=1)
        assert office.product.organisation.units["pc09"].receives
        reader = office.product.roster().reader("pc09")
        assert reader is not None
        session = await office.session("ky")
        assert list(session.seeds) == ["pc09"]


async def test_a_later_decision_takes_the_place_of_one_that_is_not_in_force_yet(tmp_path: Path) -> None:
    """Adopted at once, another one is; nothing happens on the day that was signed first. A day that is over is none,
    nor is one that somebody mistyped: nobody plans more than two years ahead."""
    async with opened(tmp_path, PEOPLE) as office:
        day = await signs_ahead(tmp_path, office)
        signing = Signing(signers(tmp_path, office), None)
        await organisation.adopt(office.settings, written(tmp_path, renamed), signing, despite=False)
        await office.product.roster.refresh()
        adopted = office.product.organisation.digest
        assert office.product.roster().coming is None
        office.clock.moment = day + timedelta(days=1)
        assert office.product.organisation.digest == adopted
        now = datetime.now(UTC).replace(tzinfo=None)
        for wrong, why in ((now - timedelta(days=1), "org_past"), (now + timedelta(days=740), "org_far")):
            with pytest.raises(errors.Refused) as refused:
                await organisation.adopt(office.settings, written(tmp_path, sketched), signing, despite=False, at=wrong)
            assert refused.value.key == f"error.{why}"


async def test_one_that_came_stays_when_the_next_is_signed_ahead(tmp_path: Path) -> None:
    """The second reform names the first as the one in force."""
    async with opened(tmp_path, PEOPLE) as office:
        day = await signs_ahead(tmp_path, office)
        office.clock.moment = day + timedelta(days=1)
        first = office.product.organisation
        proposal = office.product.registrar().adopt(changed(renamed), day + AHEAD)
        assert (proposal.version.organisation_digest, proposal.instead_of) == (first.digest, first.document)
        assert [it.text for it in proposals.changes(proposal)][:2] == ["roster.comes_in", "roster.adopts_from"]


async def test_a_document_that_a_hand_took_away_before_its_day_stops_nothing(tmp_path: Path, database_url: str) -> None:
    """Beside the secrets it lies too. Where both are gone, the present one stays in force, and an audit names it."""
    async with opened(tmp_path, PEOPLE, database_url) as office:
        day = await signs_ahead(tmp_path, office)
        coming = office.product.roster().coming
        assert coming is not None
        behind(office, "DELETE FROM organisation WHERE digest = :digest", digest=coming.digest)
        office.clock.moment = day
        async with open_product(office.settings, now=office.clock, cost=home.CHEAP) as again:
            assert again.organisation.digest == coming.digest
        behind(office, "DELETE FROM organisation WHERE digest = :digest", digest=coming.digest)
        for file in office.settings.secrets.glob(f"*{coming.digest}*"):
            file.unlink()
        async with open_product(office.settings, now=office.clock, cost=home.CHEAP) as again:
            assert again.organisation.digest == again.roster().organisation_digest
            assert not (await again.audit()).sound


def test_signers_are_told_the_day(tmp_path: Path) -> None:
    """In words, with each change; a later request that drops it says so."""
    with home.in_memory() as folder:
        machines: Machines = a_founded(folder)
        day = (datetime.now(UTC) + AHEAD).date().isoformat()
        machines.proposes("org", "adopt", "hcmc-2025", "--despite", "--from", day)
        told = machines.sign("Phúc").stderr
        assert f"from 00:00 {day[8:]}/{day[5:7]}/{day[:4]} on the organisation is “hcmc-2025”" in told
        assert machines.signed("Lan Anh", "Phúc").returncode == 0
        assert "hcmc-2025" in machines.here("org", "show").stderr
        machines.proposes("org", "adopt", "company", "--despite")
        assert "does not come into force any more" in machines.sign("Minh").stderr
