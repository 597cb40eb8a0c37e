"""Who leaves or works elsewhere: an admin asks, signers sign; keys, cases and what was signed follow from that."""

import base64
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot import roster_files
from tests.fakes import home as homes
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.machines import Machines, founded
from tests.fakes.people import AN, ANH, BA, BINH, KIEM, QUAN, THANH, TOAN, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN
from tests.flows.test_clock import behind
from tests.flows.test_incidents import WORDS
from tests.flows.test_insider import forged
from tips import errors
from tips.cases import deadlines, ledger, standing
from tips.cases.case import Case, QueueFilter
from tips.cases.claims import Signature
from tips.cases.ledger import Kind
from tips.desk.actions import Fields
from tips.organisation.roles import Role
from tips.people import proposals
from tips.people.enrolment import Newcomer
from tips.people.proposals import Proposal

PAGE = "/desk/people"
FILE = re.compile(r'download="roster-\d+\.request" href="data:application/json;base64,([\w+/=]+)"')
DIGITS = re.compile(r'id="digits">([\d ]{35})<')


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, ANH, BA, BINH, TRUC, KIEM, THANH, QUAN, TOAN), database_url) as home:
        yield home


async def sends(client: httpx.AsyncClient, place: str, **fields: str) -> httpx.Response:
    csrf = CSRF.search((await client.get("/desk/account")).text)
    return await client.post(f"{PAGE}/{place}", data={"csrf": csrf[1] if csrf else "", **fields})


async def asked(home: Home, name: str, unit: str, role: str = "officer") -> Proposal:
    return await home.product.moves.move(await home.session("quan"), Newcomer(name, unit, Role(role)))


async def moves(home: Home, name: str, unit: str, role: str = "officer") -> None:
    await home.product.roster.put_into_force(home.signed(await asked(home, name, unit, role)))


async def taken(home: Home, by: str = "an") -> Case:
    """A case that somebody has read and claimed."""
    row = await home.case_of(await home.citizen(secrets.token_hex(4)).sends(TIP))
    session = await home.session(by)
    await home.product.review.open(session, row.id)
    await home.product.casework.act(session, row.id, "claim", Fields())
    return await home.case(row.id)


async def test_an_admin_asks_and_nobody_moves_before_signers_signed(office: Home) -> None:
    """The file is the request that its name's digits stand for; it is on record; a signer is told who goes where."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        assert f'href="{PAGE}/move?name=an"' in (await client.get(PAGE)).text
        assert "chưa ai bị chuyển" in (await client.get(f"{PAGE}/move", params={"name": "an"})).text
        answer = await sends(client, "move", name="an", unit="area-778", role="head")
    file = office.settings.home / "roster.request"
    (given,), (digits,) = FILE.findall(answer.text), DIGITS.findall(answer.text)
    file.write_bytes(base64.b64decode(given))
    proposal = roster_files.read_request(file)
    assert digits == proposals.digits(proposal)
    assert digits.replace(" ", "") not in re.sub("[^0-9]", "", file.read_text())  # they do not travel with it
    (told,) = await office.recorded(Kind.REQUESTED)
    assert (told.by, told.facts["digest"]) == ("quan", proposal.version.digest)
    person = office.product.roster().person("an")
    assert person
    assert (person.unit, person.role) == ("area-770", Role.OFFICER)
    with pytest.raises(errors.NotVerified):
        await office.product.roster.put_into_force(proposals.signed_here(proposal, office.founding.admins[:1]))
    said = {it.text: it for it in proposals.changes(proposal)}
    assert said.keys() == {"roster.moves", "roster.until", "roster.unit_key"}
    values = said["roster.moves"].values
    assert (values["was"], values["as"], values["unit"], values["role"]) == ("area-770", "officer", "area-778", "head")
    assert said["roster.moves"].heard == ""
    await office.product.roster.put_into_force(office.signed(proposal))
    after = office.product.roster().person("an")
    assert after
    assert (after.unit, after.role, after.verify) == ("area-778", Role.HEAD, person.verify)


async def test_who_may_not_asks_for_nothing(office: Home) -> None:
    """An auditor sees the page and no way to change it; an officer sees neither; nothing is on record."""
    async with browser(office) as client:
        await log_in(client, office, "toan")
        assert "/desk/people/move" not in (await client.get(PAGE)).text
        assert (await client.get(f"{PAGE}/move", params={"name": "an"})).status_code == 404
    office.clock.forward(minutes=1)
    for name in ("toan", "ba"):
        async with browser(office) as client:
            await log_in(client, office, name)
            assert (await sends(client, "leave", name="an")).status_code == 404
            assert (await sends(client, "move", name="an", unit="area-778", role="officer")).status_code == 404
        with pytest.raises(errors.Refused):
            await office.product.moves.leave(await office.session(name), "an")
    assert await office.recorded(Kind.REQUESTED) == []


async def test_what_cannot_be_is_refused(office: Home) -> None:
    """Just there already, nowhere, as a reader where nothing is received, a signer, nobody."""
    (signer, *_) = [it.name for it in office.product.roster().signers.listed]
    cannot = (
        {"name": "an", "unit": "area-770", "role": "officer"},
        {"name": "an", "unit": "mars", "role": "officer"},
        {"name": "an", "unit": "held", "role": "officer"},
        {"name": "an", "unit": "area-770", "role": "king"},
        {"name": signer, "unit": "area-770", "role": "officer"},
    )
    async with browser(office) as client:
        await log_in(client, office, "quan")
        for wrong in cannot:
            assert (await sends(client, "move", **wrong)).status_code == 409
        assert (await sends(client, "leave", name="nobody")).status_code == 404
        assert (await sends(client, "leave", name=signer)).status_code == 409
    assert await office.recorded(Kind.REQUESTED) == []


async def test_who_moved_reads_the_new_unit_and_nothing_of_the_old_one(office: Home) -> None:
    """Sessions and copies of seeds are gone, one that is put back opens nothing; a colleague gives the other seeds."""
    there = await taken(office)
    seeds = [dict(zip(("unit", "generation", "holder", "sealed"), it, strict=True)) for it in behind(
        office, "SELECT unit, generation, holder, sealed FROM unit_seed WHERE holder = 'an'")]  # fmt: skip
    async with browser(office) as client:
        await log_in(client, office, "an")
        await moves(office, "an", "area-778")
        assert (await client.get("/desk/")).url.path == "/desk/login"
    assert await office.product.store.keyring.seeds("an") == []
    assert office.product.roster().generation("area-770") == 2
    for row in seeds:
        behind(office, "INSERT INTO unit_seed (unit, generation, holder, sealed) VALUES (:unit, :generation, :holder,"
               " :sealed)", **row)  # fmt: skip
    session = await office.session("an")
    assert session.units == ()
    with pytest.raises(errors.NotFound):
        await office.product.review.open(session, there.id)
    await office.session("binh")
    assert (await office.session("an")).units == ("area-778",)


async def test_an_admin_who_was_an_officer_reads_no_case_by_seeds_that_are_put_back(office: Home) -> None:
    """Also in the same unit: who holds no seed by their role has none."""
    seeds = behind(office, "SELECT unit, generation, holder, sealed FROM unit_seed WHERE holder = 'an'")
    await moves(office, "an", "area-770", "auditor")
    for unit, generation, holder, sealed in seeds:
        behind(office, "INSERT INTO unit_seed (unit, generation, holder, sealed) VALUES (:unit, :at, :holder, :sealed)",
               unit=unit, at=generation, holder=holder, sealed=sealed)  # fmt: skip
    assert (await office.session("an")).units == ()


async def test_a_new_role_in_the_same_unit_takes_no_seed_and_needs_no_new_key(office: Home) -> None:
    """What they could open is theirs to open as before."""
    row = await taken(office)
    await moves(office, "an", "area-770", "head")
    assert office.product.roster().generation("area-770") == 1
    assert (await office.product.review.open(await office.session("an"), row.id)).case.id == row.id
    assert (await office.product.audit()).sound


async def test_the_case_that_they_had_taken_goes_back_and_all_that_they_signed_holds(office: Home) -> None:
    """Before, after, and once they moved on and left: chains are checked by where they worked then."""
    first = await taken(office)
    await moves(office, "an", "area-778")
    assert await office.product.departures.tick() == 1
    assert (await office.case(first.id)).officer is None
    office.clock.forward(days=5)
    await office.session("binh")
    await office.citizen("x").sends(TIP.replace("quận 3", "quận 7").replace("Quận 3", "Quận 7"))
    await moves(office, "an", "duty")
    office.clock.forward(days=5)
    await office.product.roster.put_into_force(
        office.signed(await office.product.moves.leave(await office.session("quan"), "an"))
    )
    office.clock.forward(days=5)
    assert (await office.product.review.open(await office.session("ba"), first.id)).case.id == first.id
    assert not [it for it in (await office.product.audit()).problems if "case" in it]


@pytest.mark.parametrize("how", ["moves", "leaves"])
async def test_who_works_on_while_signers_sign_signs_what_holds(office: Home, how: str) -> None:
    """For two days, say; a request that is eight days old is refused, and has to be made anew."""
    if how == "moves":
        proposal = await asked(office, "an", "area-778")
    else:
        proposal = await office.product.moves.leave(await office.session("quan"), "an")
    office.clock.forward(days=2)
    row = await taken(office)
    await office.product.roster.put_into_force(office.signed(proposal))
    assert (await office.product.review.open(await office.session("ba"), row.id)).case.id == row.id
    assert not [it for it in (await office.product.audit()).problems if "case" in it]
    late = await asked(office, "anh", "area-778")
    office.clock.forward(days=8)
    with pytest.raises(errors.Refused) as refused:
        await office.product.roster.put_into_force(office.signed(late))
    assert refused.value.key == "error.roster_late"


@pytest.mark.parametrize("hours", [0, -24 * 9], ids=["today", "dated back"])
async def test_who_moved_signs_nothing_more_as_of_their_former_unit(office: Home, hours: int) -> None:
    """With the database and a program of their own: the event is named, and the case goes on without it."""
    await moves(office, "an", "area-778")
    office.clock.forward(days=10)
    await office.citizen().sends(TIP)
    row = await office.the_case()
    checked = (await office.product.store.cases.bundle(row.id, None)).checked(office.product.roster())
    at = office.clock() + timedelta(hours=hours)
    await office.product.store.cases.apply(forged(checked, Kind.READ, "an", office.people["an"].signing, at))
    assert any("an" in it.split() for it in (await office.product.audit()).problems)


async def test_an_officer_who_became_admin_has_signed_nothing_as_one_before(office: Home) -> None:
    """What they put among the events then, with the key that they still have, is no admin's word today."""
    said = {"subject": "x", "act": "open", "kind": "other", "since": "2026-11-01T00:00+00:00", "words": WORDS}
    who = Signature("an", office.people["an"].signing, deadlines.hour(office.clock()))
    row = ledger.sign(standing.laid_down(Kind.INCIDENT, said, (), who, secrets.token_bytes), who.seed)
    office.clock.forward(days=10)
    await moves(office, "an", "ttra-tp", "admin")
    assert not standing.is_signed(row, office.product.roster())
    office.clock.forward(days=1)
    later = Signature("an", office.people["an"].signing, deadlines.hour(office.clock()))
    fresh = ledger.sign(standing.laid_down(Kind.INCIDENT, said, (), later, secrets.token_bytes), later.seed)
    assert standing.is_signed(fresh, office.product.roster())


async def test_who_worked_in_an_accused_unit_does_not_read_the_case_where_they_work_now(office: Home) -> None:
    """A complaint about the police of Quận 3 lies elsewhere; who comes from there is told of no such case."""
    await office.citizen().sends(WARD_POLICE_BRIBED_SEEN)
    row = await office.the_case()
    assert row.unit not in {"area-770", "area-778"}
    colleague = (await office.session_at(row.unit)).name
    assert "area-770" in (await office.product.review.open(await office.session(colleague), row.id)).excluded
    await moves(office, "an", row.unit)
    await moves(office, "binh", row.unit)
    await office.session(colleague)
    assert (await office.session("an")).units == (row.unit,)
    with pytest.raises(errors.NotFound):
        await office.product.review.open(await office.session("an"), row.id)
    assert (await office.product.review.open(await office.session("binh"), row.id)).case.id == row.id


async def test_no_list_tells_who_came_from_an_accused_unit_of_the_case(office: Home) -> None:
    """Neither the queue, its counts and pages, loads nor its code; who came from another unit is told."""
    await office.citizen().sends(WARD_POLICE_BRIBED_SEEN)
    hidden = await office.the_case()
    await office.citizen("other").sends(WARD_POLICE_BRIBED_SEEN.replace("Võ Thị Sáu quận 3", "Tân Phong quận 7"))
    (other,) = [it for it in await office.cases() if it.id != hidden.id]
    assert other.unit == hidden.unit
    for name in ("an", "binh"):
        await moves(office, name, hidden.unit)
    review, search = office.product.review, office.product.search
    colleague, an, binh = [await office.session(name) for name in ("thanh", "an", "binh")]
    every, there = await review.queue(colleague), QueueFilter(category="restricted")
    assert {it.id for it in every} == {hidden.id, other.id}
    for who, row in ((an, other), (binh, hidden)):
        for wanted in (QueueFilter(), there):
            assert [it.id for it in await review.queue(who, wanted)] == [row.id]
            assert [it.id for it in await review.queue(who, wanted, limit=1)] == [row.id]
            assert await review.beside(who, row, wanted) == (None, None)
        assert (await review.counts(who)).open == (await review.counts(who)).unclaimed == 1
        assert [(it.officer, it.open) for it in await review.loads(who)] == [(None, 1)]
    assert await search.by_code(an, hidden.code) == []
    with pytest.raises(errors.NotFound):
        await review.was_read(an, hidden.id)
    assert [it.id for it in await search.by_code(binh, hidden.code)] == [hidden.id]
    assert (await review.counts(colleague)).open == 2


# --- signers apart ----------------------------------------------------------------------------------------------------


@pytest.fixture
def machines() -> Iterator[Machines]:
    with homes.in_memory() as folder:
        yield founded(folder)


def test_two_signers_on_their_machines_move_somebody(machines: Machines) -> None:
    """They read that `an` moves, and hear no digits but the version's; one of them moves nobody."""
    machines.joins("an", "area-770")
    machines.proposes("officer", "move", "an", "--unit", "area-778", "--role", "head")
    assert (
        "an, until now officer in Quận 3 (area-770), moves to Quận 7 (area-778) as head" in machines.sign("Minh").stderr
    )
    assert machines.apply("Minh").returncode == 1
    machines.signers["Minh"].folder.joinpath("consent").unlink()
    done = machines.signed("Lan Anh", "Minh")
    assert done.returncode == 0, done.stderr
    refused = machines.here("officer", "move", "an", "--unit", "area-778", "--request", str(machines.request))
    assert refused.returncode == 1
    assert "already" in refused.stderr
    listed = machines.here("unit", "list", "--json").stdout
    assert '"code": "area-778"' in listed
