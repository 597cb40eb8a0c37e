"""What a fourth evening of attacks found: each claim is what a user would expect."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from storage import backup
from storage.rights import Part
from tests.fakes import gallery, logins
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, KIEM, QUAN, THANH, TOAN
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN
from tests.flows.test_clock import behind
from tests.flows.test_evidence import gives
from tests.flows.test_holidays import INSERT
from tests.flows.test_rights_by_part import Parted, parted
from tips import errors
from tips.cases import days_off, deadlines, incidents, ledger
from tips.cases.days_off import Decision
from tips.cases.home_texts import HomeText, TextName
from tips.cases.incidents import IncidentKind
from tips.cases.ledger import Kind
from tips.crypto.pieces import Pieces
from tips.organisation.roles import Role
from tips.people.enrolment import Newcomer

__all__ = ["parted"]


# --- who has one part's login, and another program --------------------------------------------------------------------


async def a_file_that_was_sent(parted: Parted) -> bytes:
    """The id of a file's envelope, as only the owner knows it."""
    citizen = parted.parts[Part.INTAKE].citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("PNG"))
    await citizen.sends("phòng số 6")
    with psycopg.connect(logins.raw(parted.owner.settings.database_url)) as connection:
        ((envelope,),) = connection.execute("SELECT DISTINCT envelope_id FROM blob").fetchall()
    return bytes(envelope)


async def test_who_has_the_intake_s_login_destroys_no_file_that_was_sent(parted: Parted) -> None:
    """It saw the id while the file waited; it says again that the file waits, and takes its chunks away."""
    envelope = await a_file_that_was_sent(parted)
    with psycopg.connect(logins.raw(parted.urls[Part.INTAKE])) as connection:
        try:
            connection.execute("INSERT INTO waiting_file VALUES (%s, 0, 0)", (envelope,))
            gone = connection.execute("DELETE FROM blob WHERE envelope_id = %s", (envelope,)).rowcount
        except psycopg.errors.InsufficientPrivilege:
            gone = 0
    assert gone == 0


async def test_nobody_but_the_owner_says_that_a_sent_file_waits(parted: Parted) -> None:
    """A backup leaves out what waits, and the clock takes it away."""
    envelope = await a_file_that_was_sent(parted)
    with (
        psycopg.connect(logins.raw(parted.urls[Part.INTAKE])) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("INSERT INTO waiting_file VALUES (%s, 0, 0)", (envelope,))


async def test_a_backup_has_the_files_of_tips_that_were_sent_whatever_a_row_says(a_home: Home, tmp_path: Path) -> None:
    """A hand in the database says that they wait still; what is not sent is in no backup."""
    citizen = a_home.citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("PNG"))
    await citizen.sends("phòng số 6")
    await gives(a_home.citizen(), gallery.picture("PNG"))
    of_it = "FROM blob WHERE envelope_id IN (SELECT id FROM envelope)"
    ((file, chunks),) = behind(a_home, f"SELECT envelope_id, count(*) {of_it} GROUP BY envelope_id")
    behind(a_home, "INSERT INTO waiting_file VALUES (:id, 0, 0)", id=file)
    dumped = backup.dump(a_home.settings.database_url, "a test", a_home.clock())
    manifest, _ = backup.load(f"sqlite+aiosqlite:///{tmp_path}/new.db", Pieces(dumped))
    assert manifest is not None
    assert manifest.rows["blob"] == chunks


@pytest.mark.parametrize("relation", ["blob", "known_blob"])
async def test_who_has_the_intake_s_login_lists_no_file_of_a_tip(parted: Parted, relation: str) -> None:
    """By halving the range of ids: a plan says how many rows a policy removed."""
    envelope = await a_file_that_was_sent(parted)
    first, last = 0, 1 << 128
    with (
        contextlib.suppress(psycopg.errors.InsufficientPrivilege),
        psycopg.connect(logins.raw(parted.urls[Part.INTAKE])) as connection,
    ):
        while last - first > 1:
            there = removed(connection, relation, first, (first + last) // 2)
            first, last = (first, (first + last) // 2) if there else ((first + last) // 2, last)
    assert first.to_bytes(16) != envelope


def removed(connection: psycopg.Connection, relation: str, first: int, last: int) -> bool:
    """Whether a plan tells of rows between two ids."""
    plan = connection.execute(
        SQL(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT FROM {} WHERE envelope_id >= %s"
            " AND envelope_id <= %s"
        ).format(Identifier(relation)),
        (first.to_bytes(16), (last - 1).to_bytes(16)),
    )
    return any("Rows Removed by Filter" in line for (line,) in plan.fetchall())


@pytest.mark.parametrize("part", [Part.OFFICERS, Part.INTAKE])
async def test_who_has_one_part_s_login_stops_no_other_part(parted: Parted, part: Part) -> None:
    """One transaction that stays open and does nothing holds up every tip and every step of the home."""
    with psycopg.connect(logins.raw(parted.urls[part])) as connection:
        try:
            connection.execute("SELECT * FROM alembic_version FOR UPDATE")
        except psycopg.errors.InsufficientPrivilege:
            connection.rollback()
        sending = asyncio.create_task(parted.parts[Part.INTAKE].citizen().sends(TIP))
        done, _ = await asyncio.wait([sending], timeout=8)
        connection.rollback()
    receipt = await sending
    assert receipt
    assert done, "nobody could send a tip for eight seconds"


async def test_who_has_the_intake_s_login_keeps_the_desk_from_no_view(parted: Parted) -> None:
    """The same for `blob`, `waiting_file`, `contact`, `address`: who may delete or update may lock the whole."""
    with psycopg.connect(logins.raw(parted.urls[Part.INTAKE])) as one, parted.psql(Part.DESK) as other:
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            one.execute("LOCK TABLE known_tip IN ACCESS EXCLUSIVE MODE")
        other.execute("SET LOCAL lock_timeout = '2s'")
        other.execute("SELECT FROM known_tip")


HUGE = b'{"facts":{"subject":"x"},"claims":[' + b"[]," * 1_000_000 + b"1]}"


async def test_the_intake_s_login_says_nothing_for_the_whole_home(parted: Parted) -> None:
    """Each process looks every 15 seconds; nobody but the owner can take such a row away."""
    for body in (HUGE, b'{"facts":{"subject":"x"}}'):
        with (
            psycopg.connect(logins.raw(parted.urls[Part.INTAKE])) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("INSERT INTO event VALUES (%s, '', %s, '')", (secrets.token_bytes(32), body))


async def test_a_huge_row_of_a_hand_s_is_read_by_nobody(a_home: Home) -> None:
    behind(a_home, INSERT, leaf=secrets.token_bytes(32), case=b"", body=HUGE, signature=b"")
    assert await a_home.product.store.ledger.standing() == []


# --- an admin alone ---------------------------------------------------------------------------------------------------

WHO, OTHER = "Phòng Công nghệ thông tin, Thanh tra Thành phố", "Một công ty tư nhân"


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    people = (AN, KIEM, QUAN, TOAN, ("qui", "ttra-tp", "admin"))
    async with opened(tmp_path, people, database_url) as home:
        yield home


def written(home: Home, kind: Kind, facts: dict[str, str], at: datetime, by: str = "quan") -> None:
    """What an admin with a program of their own, and the database, puts among the events: as of whichever hour."""
    event = ledger.Event(kind, b"", ledger.FIRST, deadlines.hour(at), by, secrets.token_bytes(32), facts)
    row = ledger.sign(event, home.people[by].signing)
    behind(home, INSERT, leaf=row.leaf, case=b"", body=row.body, signature=row.signature)


async def agreed(home: Home, words: str) -> datetime:
    """What an admin offered, and an overseer agreed to an hour later; the hour of the offer."""
    at = home.clock()
    await home.product.own_texts.offer(
        await home.session("quan"), TextName.OPERATOR, {"vi": words} if words else {}, None
    )
    home.clock.forward(hours=2)
    offered = home.product.own_texts.known().offered[TextName.OPERATOR]
    await home.product.own_texts.agree(await home.session("kiem"), TextName.OPERATOR, offered.digest)
    home.clock.forward(hours=2)
    return at


def between(home: Home, at: datetime) -> None:
    """An offer of the admin's, dated back to between an offer and its agreement."""
    other = HomeText(TextName.OPERATOR, {"vi": OTHER}, None, "quan", deadlines.hour(at))
    written(home, Kind.HOME_TEXT, {**other.facts(), "number": "99"}, at + timedelta(hours=1))


async def test_an_admin_alone_takes_no_text_back(office: Home) -> None:
    """Taking one back needs the same two; the agreement is to these very words, whatever was offered besides."""
    at = await agreed(office, WHO)
    assert office.product.own_texts.said(TextName.OPERATOR, "vi") == WHO
    between(office, at)
    await office.product.standing.refresh()
    assert office.product.own_texts.said(TextName.OPERATOR, "vi") == WHO


async def test_an_admin_alone_brings_no_text_back_that_two_took_back(office: Home) -> None:
    await agreed(office, WHO)
    at = await agreed(office, "")
    assert office.product.own_texts.said(TextName.OPERATOR, "vi") == ""
    between(office, at)
    await office.product.standing.refresh()
    assert office.product.own_texts.said(TextName.OPERATOR, "vi") == ""


async def test_an_admin_alone_hides_no_incident_that_everybody_reads(office: Home) -> None:
    """Nothing is taken back."""
    quan, kiem = await office.session("quan"), await office.session("kiem")
    await office.product.incidents.begin(quan, IncidentKind.SEEN, office.clock(), "Lộ.")
    (it,) = office.product.incidents.listed()
    at = office.clock()
    await office.product.incidents.offer(quan, it.id, "Một người đã xem dữ liệu không được xem.")
    office.clock.forward(hours=2)
    await office.product.incidents.agree(kiem, it.id, incidents.digest("Một người đã xem dữ liệu không được xem."))
    assert len(office.product.incidents.public()) == 1
    office.clock.forward(hours=2)
    facts = {"subject": it.id, "act": "offer", "words": "Không có gì.", "number": "99"}
    written(office, Kind.INCIDENT, facts, at + timedelta(hours=1))
    await office.product.standing.refresh()
    assert len(office.product.incidents.public()) == 1


async def test_no_year_has_more_days_off_than_twelve_whatever_is_given_again(office: Home) -> None:
    """The bound by which one admin is enough: a week off every other week, under one number, by the form."""
    off = set[date]()
    for monday in (date(2027, 3, 15), date(2027, 3, 29), date(2027, 4, 12)):
        office.clock.moment = datetime(monday.year, monday.month, monday.day, 1, tzinfo=UTC) - timedelta(days=1)
        week = frozenset(monday + timedelta(days=it) for it in range(5))
        try:
            given = Decision("1/QĐ-TTg", date(2027, 2, 1), week, frozenset())
            await office.product.holidays.give(await office.session("quan"), given)
        except errors.Refused:
            continue
        calendar = days_off.calendar(office.product.holidays.listed())
        off |= {it for it in week if not calendar.works(it)}
    assert len(off) <= 12


async def test_who_just_moved_is_told_that_their_agreement_does_not_count(office: Home) -> None:
    """For seven days both places are theirs: the form takes the agreement, says nothing, and nothing comes of it."""
    asked = await office.product.moves.move(await office.session("quan"), Newcomer("qui", "vks-tp", Role.OVERSEER))
    await office.product.roster.put_into_force(office.signed(asked))
    office.clock.forward(hours=3)
    await office.product.own_texts.offer(await office.session("quan"), TextName.OPERATOR, {"vi": WHO}, None)
    offered = office.product.own_texts.known().offered[TextName.OPERATOR]
    with pytest.raises(errors.Refused):
        await office.product.own_texts.agree(await office.session("qui"), TextName.OPERATOR, offered.digest)


async def test_who_came_from_an_accused_desk_is_told_of_no_such_case(tmp_path: Path, database_url: str) -> None:
    """Their queue shows it, and opening it finds nothing: then it accuses where they worked before."""
    async with opened(tmp_path, (AN, THANH, QUAN), database_url) as home:
        await home.citizen().sends(WARD_POLICE_BRIBED_SEEN)
        row = await home.the_case()
        await home.product.review.open(await home.session("thanh"), row.id)
        asked = await home.product.moves.move(await home.session("quan"), Newcomer("an", row.unit, Role.OFFICER))
        await home.product.roster.put_into_force(home.signed(asked))
        await home.session("thanh")
        an = await home.session("an")
        with pytest.raises(errors.NotFound):
            await home.product.review.open(an, row.id)
        assert [it.id for it in await home.product.review.queue(an)] == []


async def test_two_admins_of_one_office_lure_nobody_by_an_incident(office: Home) -> None:
    """What a notice may not say, and one office not alone, stands on the same page as an incident."""
    lure = "Kênh này hỏng, từ nay gọi 0901 234 567 để báo tin."
    quan, qui = await office.session("quan"), await office.session("qui")
    await office.product.incidents.begin(quan, IncidentKind.CHANNEL, office.clock(), "Hỏng.")
    (it,) = office.product.incidents.listed()
    with contextlib.suppress(errors.Refused):
        await office.product.incidents.offer(quan, it.id, lure)
        await office.product.incidents.agree(qui, it.id, incidents.digest(lure))
    async with browser(office, "intake") as client:
        assert lure not in (await client.get("/minh-bach")).text


# --- odd words and hours ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Vào tinbao.site", "Vào tinbao。com", "Mở tg://resolve?domain=tinbao"])
async def test_no_other_link_is_offered_to_everybody(office: Home, words: str) -> None:
    """Messengers and browsers make links of these as well."""
    with pytest.raises(errors.Refused):
        await office.product.own_texts.offer(await office.session("quan"), TextName.OPERATOR, {"vi": words}, None)


@pytest.mark.parametrize("words", ["Vào ｔｉｎｂａｏ．ｃｏｍ", "Nhắn ＠tinbao_moi"])
async def test_no_link_in_wide_letters_is_offered_of_an_incident(office: Home, words: str) -> None:
    quan = await office.session("quan")
    await office.product.incidents.begin(quan, IncidentKind.OTHER, office.clock(), "Lộ.")
    (it,) = office.product.incidents.listed()
    with pytest.raises(errors.Refused):
        await office.product.incidents.offer(quan, it.id, words)


@pytest.mark.parametrize("number", ["0901–234–567", "0901,234,567", "0901·234·567", "0901/234/567"])
async def test_no_notice_has_a_telephone_number_however_it_is_parted(office: Home, number: str) -> None:
    until = office.clock().date() + timedelta(days=9)
    with pytest.raises(errors.Refused):
        await office.product.own_texts.offer(
            await office.session("quan"), TextName.NOTICE, {"vi": f"Gọi {number} ngay"}, until
        )


@pytest.mark.parametrize("odd", ["0001-01-01T00:00", "9999-12-31T23:00-14:00"])
async def test_an_incident_s_hour_out_of_all_time_is_refused_in_words(office: Home, odd: str) -> None:
    """A year that was typed too short; it is no failure of the program's."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        csrf = CSRF.search((await client.get("/desk/account")).text)
        assert csrf
        told = {"csrf": csrf[1], "kind": "other", "since": odd, "text": "Kẹt."}
        assert (await client.post("/desk/incidents", data=told)).status_code == 409


@pytest.mark.parametrize("space", ["\N{NO-BREAK SPACE}", "\t", "\N{ZERO WIDTH SPACE}"])
async def test_words_that_were_pasted_from_a_letter_are_taken(office: Home, space: str) -> None:
    """Word and web pages put such spaces between words; nobody sees them."""
    words = f"Zalo không{space}gửi được."
    await office.product.incidents.begin(await office.session("quan"), IncidentKind.CHANNEL, office.clock(), words)


@pytest.mark.parametrize("number", ["1/\u202egTT-ĐQ", "\u200b", "1\x7f/QĐ", "1\u2028/QĐ"])
async def test_a_decision_s_number_is_one_that_can_be_read(office: Home, number: str) -> None:
    """Two that look alike are two; one of signs without width looks like none."""
    given = Decision(number, date(2026, 11, 20), frozenset({date(2026, 11, 27)}), frozenset())
    with pytest.raises(errors.Refused):
        await office.product.holidays.give(await office.session("quan"), given)
