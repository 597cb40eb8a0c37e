"""Working days as the government swaps them: an admin's signed word counts, in every process, and no row's."""

import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot import key_files, wiring
from bot.commands import holidays as commands
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import CHEAP, Home, opened
from tests.fakes.people import AN, BA, KIEM, QUAN, TOAN
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_clock import behind
from tips import errors
from tips.cases import deadlines, ledger, standing
from tips.cases.case import Case
from tips.cases.claims import Signature
from tips.cases.days_off import Decision
from tips.cases.ledger import Kind
from tips.crypto.keys import Identity
from tips.desk.actions import Fields
from tips.organisation.working_days import MOST_IN_A_ROW, USUAL, Calendar

PAGE = "/desk/holidays"
NUMBER = "1900/QĐ-TTg"
THURSDAY, SATURDAY = date(2026, 11, 26), date(2026, 11, 28)
USUALLY = datetime(2026, 11, 27, 10, tzinfo=UTC)  # three working days from Monday 23, over a holiday on Tuesday
LATER = datetime(2026, 11, 30, 10, tzinfo=UTC)
INSERT = "INSERT INTO event (leaf, case_id, body, signature) VALUES (:leaf, :case, :body, :signature)"


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BA, KIEM, QUAN, TOAN), database_url) as home:
        yield home


async def accepted(home: Home) -> Case:
    """A tip that is accepted now: three working days run."""
    await home.citizen(secrets.token_hex(4)).sends(TIP)
    session = await home.session("an")
    newest = next(it for it in await home.product.review.queue(session) if it.state == "received")
    for act in ("claim", "accept"):
        await home.product.casework.act(session, newest.id, act, Fields())
    return await home.case(newest.id)


async def sends(client: httpx.AsyncClient, place: str = PAGE, **fields: str) -> httpx.Response:
    csrf = CSRF.search((await client.get(PAGE)).text)
    return await client.post(place, data={"csrf": csrf[1] if csrf else "", **fields})


async def gives(client: httpx.AsyncClient, **instead: str) -> httpx.Response:
    """The form, as an admin fills it in."""
    filled = {"number": NUMBER, "dated": "2026-11-20", "off": "26/11/2026", "worked": ""}
    return await sends(client, **filled | instead)


def written(home: Home, by: str, given: Decision, signer: Identity, kind: Kind = Kind.HOLIDAYS) -> None:
    """What somebody with a program of their own, and the database, puts among the events."""
    who = Signature(by, signer.signing, deadlines.hour(home.clock()))
    event = standing.laid_down(kind, given.facts(), (), who, secrets.token_bytes)
    row = ledger.sign(event, who.seed)
    behind(home, INSERT, leaf=row.leaf, case=b"", body=row.body, signature=row.signature)


async def test_a_decision_counts_from_the_next_step_on_and_moves_no_deadline_that_runs(office: Home) -> None:
    """Three working days are a day longer; what runs keeps the day that was told; taken back, all is as it was."""
    running = await accepted(office)
    assert running.due_at == USUALLY
    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = await gives(client)
        assert NUMBER in page.text
        assert "thứ năm 26/11/2026" in page.text
        assert (await accepted(office)).due_at == LATER
        assert (await office.case(running.id)).due_at == USUALLY
        assert NUMBER not in (await sends(client, f"{PAGE}/back", number=NUMBER)).text
    assert (await accepted(office)).due_at == USUALLY
    told = await office.recorded(Kind.HOLIDAYS)
    assert [it.by for it in told] == ["quan", "quan"]
    assert (await office.product.audit()).sound


async def test_a_saturday_that_is_worked_instead_is_a_working_day(office: Home) -> None:
    """Thursday off, Saturday worked: three days end on Saturday at five. Given again, a decision is another."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        await gives(client, worked="2026-11-28")
        assert (await accepted(office)).due_at == datetime(2026, 11, 28, 10, tzinfo=UTC)
        await gives(client, off="2026-11-27", worked="28/11/2026")
        assert [(it.off, it.worked) for it in office.product.holidays.listed()] == [
            (frozenset({date(2026, 11, 27)}), frozenset({SATURDAY}))
        ]


async def test_what_is_taken_back_or_given_again_keeps_the_days_that_are_over(office: Home) -> None:
    """They were off; nobody can take them back any more, and a day to come goes as it came."""
    friday = THURSDAY + timedelta(days=1)
    given = Decision(NUMBER, date(2026, 11, 20), frozenset({THURSDAY, friday}), frozenset())
    await office.product.holidays.give(await office.session("quan"), given)
    office.clock.forward(days=4)
    await office.product.holidays.take_back(await office.session("quan"), NUMBER)
    assert [it.off for it in office.product.holidays.listed()] == [{THURSDAY}]
    assert not office.product.organisation.terms.calendar.works(THURSDAY)
    assert office.product.organisation.terms.calendar.works(friday)
    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = await client.get(PAGE)
        assert NUMBER in page.text
        assert f"{PAGE}/back" not in page.text


async def test_a_number_that_was_pasted_has_plain_spaces(office: Home) -> None:
    """So that it is found again as it is typed; one with signs that nobody sees is refused, and why is said."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        await gives(client, number="1900/QĐ-TTg\u00a0bổ sung")
        assert [it.number for it in office.product.holidays.listed()] == ["1900/QĐ-TTg bổ sung"]
        refused = await gives(client, number="1900/QĐ\u200b-TTg")
        assert refused.status_code == 409
        assert "ký tự ẩn" in refused.text
    unseen = Decision("1900/QĐ\u200b-TTg", date(2026, 11, 20), frozenset({date(2026, 12, 3)}), frozenset())
    written(office, "quan", unseen, office.people["quan"])
    await office.product.holidays.take_back(await office.session("quan"), "1900/QĐ-TTg bổ sung")
    assert office.product.holidays.listed() == []


async def test_every_process_goes_by_it_from_its_next_look_on(office: Home) -> None:
    """One that runs beside, and one that starts later; the clock's escalation and the desk reckon alike."""
    async with wiring.open_product(office.settings, now=office.clock, cost=CHEAP) as other:
        given = Decision(NUMBER, date(2026, 11, 20), frozenset({THURSDAY}), frozenset())
        await other.holidays.give(await office.session("quan"), given)
        assert office.product.organisation.terms.calendar == USUAL
        await office.product.standing.refresh()
        assert not office.product.organisation.terms.calendar.works(THURSDAY)
    async with wiring.open_product(office.settings, now=office.clock, cost=CHEAP) as later:
        assert not later.organisation.terms.calendar.works(THURSDAY)


async def test_the_commands_say_the_same_as_the_desk(office: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Added, shown, removed; an officer is refused. A command's time is the machine's own."""
    off = datetime.now(UTC).date() + timedelta(days=30)
    with office.types("an"), pytest.raises(errors.Refused) as refused:
        await commands.add(office.settings, "an", NUMBER, "2026-11-20", [off.isoformat()], [])
    assert refused.value.key == "error.role"
    with office.types("quan"):
        await commands.add(office.settings, "quan", NUMBER, "20/11/2026", [f"{off:%d/%m/%Y}"], [])
        await commands.show(office.settings, as_json=True)
        (shown,) = json.loads(capsys.readouterr().out)
        assert shown == {
            "number": NUMBER, "dated": "2026-11-20", "off": [off.isoformat()], "worked": [], "by": "quan",
        }  # fmt: skip
        await commands.remove(office.settings, "quan", NUMBER)
        await commands.show(office.settings, as_json=True)
    assert json.loads(capsys.readouterr().out) == []


async def test_a_row_that_is_taken_away_or_edited_moves_no_deadline(office: Home) -> None:
    """It is kept beside the secrets; the audit names what is gone, and nobody's deadline is another."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        await gives(client)
    mark = b"1900"
    (row,) = [it for it in await office.product.store.ledger.standing() if mark in it.body]
    behind(office, "UPDATE event SET body = :body WHERE leaf = :leaf",
           leaf=row.leaf, body=row.body.replace(b"2026-11-26", b"2026-11-25"))  # fmt: skip
    await office.product.standing.refresh()
    assert (await accepted(office)).due_at == LATER
    assert not (await office.product.audit()).sound
    behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=row.leaf)
    async with wiring.open_product(office.settings, now=office.clock, cost=CHEAP) as later:
        assert not later.organisation.terms.calendar.works(THURSDAY)
    assert (await accepted(office)).due_at == LATER
    (office.settings.secrets / key_files.STANDING).write_bytes(b"[[")
    await office.product.standing.refresh()  # what is kept is spoilt: nobody is stopped


async def test_what_no_admin_signed_is_no_decision(office: Home) -> None:
    """An officer's event, one in an admin's name with another's key, and an admin's of after they had left."""
    given = Decision(NUMBER, date(2026, 11, 20), frozenset({THURSDAY}), frozenset())
    written(office, "an", given, office.people["an"])
    written(office, "quan", given, office.people["an"])
    written(office, "toan", given, office.people["toan"])
    left = office.product.registrar().leave("quan")
    await office.product.roster.put_into_force(office.signed(left))
    office.clock.forward(hours=4)
    written(office, "quan", given, office.people["quan"])
    await office.product.standing.refresh()
    assert office.product.holidays.listed() == []
    assert (await accepted(office)).due_at == USUALLY
    problems = " ".join((await office.product.audit()).problems)
    assert "an may not sign this event: holidays" in problems
    assert "toan may not sign this event: holidays" in problems


async def test_who_left_has_given_what_they_gave(office: Home) -> None:
    """A calendar does not change because an admin went."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        await gives(client)
    left = office.product.registrar().leave("quan")
    await office.product.roster.put_into_force(office.signed(left))
    office.clock.forward(hours=4)
    await office.product.standing.refresh()
    assert not office.product.organisation.terms.calendar.works(THURSDAY)


@pytest.mark.parametrize(
    "off",
    [
        frozenset(date(2026, 11, 25) + timedelta(days=at) for at in range(20)),
        frozenset(date(2026, 12, 1) + timedelta(days=2 * at) for at in range(15)),
        frozenset({date(2199, 1, 1)}),
        frozenset({date(2026, 11, 20)}),
    ],
    ids=["twenty in a row", "every other day", "in another century", "a day that is over"],
)
async def test_an_admin_with_a_program_of_their_own_stops_no_clock(office: Home, off: frozenset[date]) -> None:
    """What no form takes counts for nothing, signed or not: no step gets a term that would count for nothing."""
    written(office, "quan", Decision(NUMBER, date(2026, 11, 20), off, frozenset()), office.people["quan"])
    await office.product.standing.refresh()
    assert office.product.holidays.listed() == []
    assert (await accepted(office)).due_at == USUALLY


async def test_a_word_of_a_time_to_come_waits_for_it(office: Home) -> None:
    """Else it would outlast every later word."""
    given = Decision(NUMBER, date(2026, 11, 20), frozenset({date(2026, 12, 3)}), frozenset())
    office.clock.forward(days=7)
    written(office, "quan", given, office.people["quan"])
    office.clock.forward(days=-7)
    await office.product.standing.refresh()
    assert office.product.holidays.listed() == []


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ({"number": " "}, "Thiếu số quyết định"),
        ({"number": "1" * 61}, "Thiếu số quyết định"),
        ({"off": " "}, "Chưa ghi ngày nào"),
        ({"dated": "2026-12-24"}, "Ngày ký quyết định chưa tới"),
        ({"dated": ""}, "Có chỗ không phải là ngày"),
        ({"off": "thứ hai tới"}, "Có chỗ không phải là ngày"),
        ({"off": "31/02/2027"}, "Có chỗ không phải là ngày"),
        ({"worked": "2026-11-27"}, "vốn đã là ngày làm việc"),
        ({"off": "2026-11-20"}, "Có ngày đã qua"),
        ({"off": "2028-01-03"}, "xa hơn năm tới"),
        ({"off": " ".join(f"2026-12-{day:02}" for day in range(1, 11))}, "Nhiều ngày nghỉ quá"),
        ({"off": "2026-11-28", "worked": "2026-11-28"}, "Nhiều ngày nghỉ quá"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_to_do(office: Home, instead: dict[str, str], said: str) -> None:
    """And nothing is on record."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = await gives(client, **instead)
        assert page.status_code == 409
        assert said in page.text
    assert await office.recorded(Kind.HOLIDAYS) == []


async def test_an_auditor_looks_and_others_have_no_such_page(office: Home) -> None:
    """Neither gives one, whatever they send."""
    for name, status in (("toan", 200), ("an", 404)):
        async with browser(office) as client:
            await log_in(client, office, name)
            page = await client.get(PAGE)
            assert page.status_code == status
            assert "name='off'" not in page.text
            csrf = CSRF.search((await client.get("/desk/account")).text)
            assert csrf
            filled = {"csrf": csrf[1], "number": NUMBER, "dated": "2026-11-20", "off": "2026-11-26", "worked": ""}
            assert (await client.post(PAGE, data=filled)).status_code == 409
    assert office.product.holidays.listed() == []


def test_a_calendar_has_no_term_that_a_step_may_not_give() -> None:
    """As many days off in a row as the terms are reckoned with, and not one more."""
    monday = date(2027, 7, 5)
    eleven = Calendar(off=frozenset(monday + timedelta(days=at) for at in range(9)))  # and the weekend before them
    assert MOST_IN_A_ROW == 11
    assert eleven.is_sane()
    assert Calendar(off=frozenset({date(2027, 2, 11), date(2027, 2, 12)})).is_sane()  # a long Tết, as it has been
    assert not Calendar(off=eleven.off | {date(2027, 7, 14)}).is_sane()
