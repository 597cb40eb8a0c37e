"""Chain ends: what was in a case's chain yesterday is still in it today, or it is missed within the hour."""

import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands import doctor
from bot.tree_files import ENDS, ChainEndsFile
from tests.fakes import desk
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BINH, KIEM, QUAN, THANH, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED as ACCUSES
from tests.flows.test_clock import job
from tests.flows.test_insider import has, looks, sent
from tests.flows.test_insider_attacks import unsigned
from tests.flows.test_tree import another, behind, found
from tips import errors
from tips.cases.chain_ends import ChainEnd, Circle
from tips.cases.ledger import RESTART
from tips.desk.actions import Fields

TABLES = ("reading_grant", "envelope", "mailbox", "event")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BINH, TRUC_COORDINATES, KIEM, THANH, QUAN), database_url) as home:
        yield home


def rows_of(home: Home, case: bytes) -> Rows:
    """All that the database has of a case."""
    wanted = {**dict.fromkeys(TABLES, "case_id"), "tip": "id"}
    return {
        table: [dict(it._mapping) for it in behind(home, f"SELECT * FROM {table} WHERE {column} = :id", id=case)]
        for table, column in wanted.items()
    }


def wipe(home: Home, case: bytes) -> None:
    """A case goes whole; its leaves are in the tree."""
    for table in TABLES:
        behind(home, f"DELETE FROM {table} WHERE case_id = :id", id=case)
    behind(home, "DELETE FROM tip WHERE id = :id", id=case)


def put_back(home: Home, case: bytes, rows: Rows) -> None:
    """A case as it was once, and nothing of it since."""
    wipe(home, case)
    for table in ("tip", "envelope", "reading_grant", "mailbox", "event"):
        for row in rows[table]:
            behind(home, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{it}' for it in row)})", **row)


async def hour(home: Home) -> dict[str, str]:
    """The clock's look at every case, and the head of the next hour; what that says."""
    await looks(home)
    return await head(home)


async def head(home: Home) -> dict[str, str]:
    home.clock.forward(hours=1)
    await home.product.heads.tick()
    ((leaf,),) = behind(home, "SELECT closing FROM tree_head ORDER BY size DESC LIMIT 1")
    ((body,),) = behind(home, "SELECT body FROM event WHERE leaf = :leaf", leaf=leaf)
    return dict[str, str](json.loads(bytes(body))["facts"])


def begun(home: Home, case: bytes) -> list[int]:
    """The numbers of a chain's beginnings, as the clock signed them."""
    bodies = (bytes(body) for (body,) in behind(home, "SELECT body FROM event WHERE case_id = :id", id=case))
    return sorted(int(json.loads(it)["facts"]["number"]) for it in bodies if RESTART in it)


async def climbs(home: Home, days: int = 3) -> None:
    home.clock.forward(days=days)
    await home.product.escalation.tick()


async def closes(home: Home, case: bytes) -> None:
    """Its desk is done with it."""
    act, session = home.product.casework.act, await home.session("an")
    await act(session, case, "accept")
    await act(session, case, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    await act(session, case, "close")


async def readers(home: Home, case: bytes) -> set[str]:
    return {it.reader for it in await home.grants(case)}


async def reads(home: Home, who: str, case: bytes) -> bool:
    return "karaoke" in (await home.product.review.open(await home.session(who), case)).tip.text


# --- gone -------------------------------------------------------------------------------------------------------------

GONE = {
    "all of it": (*TABLES, "tip"),
    "its events": ("event",),
    "all but its events": ("reading_grant", "envelope", "mailbox", "tip"),
}


async def is_counted_once(home: Home) -> None:
    told = await head(home)
    assert (told["cut"], told["missing"]) == ("1", "1")
    again = await head(home)
    assert (again["cut"], again["missing"]) == ("0", "0")


@pytest.mark.parametrize("tables", GONE.values(), ids=GONE.keys())
async def test_a_case_that_is_gone_is_counted_by_the_next_head_and_once(office: Home, tables: tuple[str, ...]) -> None:
    _, row = await sent(office)
    await head(office)
    for table in tables:
        behind(office, f"DELETE FROM {table} WHERE {'id' if table == 'tip' else 'case_id'} = :id", id=row.id)
    await is_counted_once(office)


async def test_a_case_whose_events_were_moved_to_another_one_is_counted(office: Home) -> None:
    _, row = await sent(office)
    _, other = await sent(office, f"{TIP} Tầng hai.")
    await head(office)
    behind(office, "UPDATE event SET case_id = :other WHERE case_id = :id", id=row.id, other=other.id)
    await is_counted_once(office)


async def test_a_case_that_is_gone_is_named_to_auditors_and_who_stood_above_it_is_told(office: Home) -> None:
    _, row = await sent(office)
    await head(office)
    before = await office.pings()
    wipe(office, row.id)
    assert f"case {row.id.hex()}: an event that stood at the end of it is gone" in await found(office)
    await head(office)
    assert [(it.unit, it.case) for it in await office.pings() if it not in before] == [("duty", None)]
    assert any("1 cases were gone" in it for it in await found(office))
    assert any(row.id.hex() in it for it in await found(office))
    with pytest.raises(errors.NotVerified):
        await doctor.CHECKS["ledger"](office.product)
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "kiem")
        page = (await client.get("/desk/ledger")).text
        assert row.code in page and "1 cases were gone" in page


async def test_a_case_that_comes_and_goes_within_the_hour_is_missed_by_its_tally_and_only_once(office: Home) -> None:
    await head(office)
    _, row = await sent(office)
    behind(office, "DELETE FROM waiting_leaf WHERE leaf IN (SELECT leaf FROM event WHERE case_id = :c)", c=row.id)
    wipe(office, row.id)
    told = await head(office)
    assert (told["cut"], told["missing"]) == ("0", "1")
    assert (await head(office))["missing"] == "0"


# --- cut off ----------------------------------------------------------------------------------------------------------


async def test_nobody_who_was_shut_out_gets_a_key_while_the_clock_has_not_looked_yet(office: Home) -> None:
    """A process that has the file goes by it at once: what is added is refused for the hour, and sealed to nobody."""
    code, row = await sent(office)
    old = rows_of(office, row.id)
    await has(office, code, ACCUSES)
    await office.product.escalation.tick()
    await head(office)
    put_back(office, row.id, old)
    with contextlib.suppress(errors.NotVerified):
        await has(office, code, "Tối qua họ lại nhận tiền ở quán.")
    assert len(await office.envelopes(row.id)) == 1
    with pytest.raises(errors.NotVerified):
        await office.product.review.open(await office.session("an"), row.id)
    await looks(office)
    await has(office, code, "Tối qua họ lại nhận tiền ở quán.")
    assert "area-770" not in await readers(office, row.id)
    assert await reads(office, "truc", row.id)


async def test_as_many_events_as_there_were_are_not_the_ones_that_there_were(office: Home) -> None:
    """Another machine, which keeps no file, goes on at the end of what was cut."""
    code, row = await sent(office)
    old = rows_of(office, row.id)
    await has(office, code, ACCUSES)
    await head(office)
    put_back(office, row.id, old)
    kept = office.settings.secrets / ENDS
    aside = kept.rename(kept.with_suffix(".aside"))
    await has(office, code, "Thêm: phòng số 6.", "Thêm: mười giờ đêm.")
    aside.rename(kept)
    assert len(await office.events(row.id)) >= 3
    await hour(office)
    assert "area-770" not in await readers(office, row.id)
    assert (await office.case(row.id)).unit == "duty"
    assert await reads(office, "truc", row.id)


async def test_a_case_that_was_cut_climbs_and_stays_open_to_every_level_that_had_it(office: Home) -> None:
    """Its rows of the first day are put back, when all of them slept."""
    _, row = await sent(office)
    old = rows_of(office, row.id)
    for _ in range(2):
        await climbs(office)
    assert (await office.case(row.id)).unit == "vks-tp"
    await head(office)
    put_back(office, row.id, old)
    await looks(office)
    report = await office.product.audit()
    assert [(it.case, it.differed, it.waits) for it in report.incidents] == [(row.id, ("chain",), True)]
    assert (await office.case(row.id)).unit == "duty"
    assert await reads(office, "truc", row.id) and await reads(office, "kiem", row.id)


async def test_a_case_that_was_cut_back_to_its_closing_is_told_of_opened_again_and_not_destroyed(office: Home) -> None:
    """Its reporter had disputed that, and its retention would be over."""
    code, row = await sent(office)
    await closes(office, row.id)
    old = rows_of(office, row.id)
    citizen = office.citizen("again")
    await citizen.says(code)
    await citizen.presses("dispute")
    await citizen.says("Họ vẫn bán ma túy ở đó.")
    assert (await office.case(row.id)).disputed
    await head(office)
    put_back(office, row.id, old)
    before = await office.pings()
    office.clock.forward(days=100)
    assert await office.product.retention.tick() == 0
    await looks(office)
    assert {it.unit for it in await office.pings() if it not in before and it.kind == "mended"} == {"duty"}
    assert (await office.case(row.id)).unit == "duty"
    assert await reads(office, "truc", row.id)
    assert await office.product.retention.tick() == 0


async def test_who_was_shut_out_stays_so_however_often_a_chain_begins_anew(office: Home) -> None:
    """Their key is put back beside what the clock signed, the chain is broken once more, and no file is there."""
    code, row = await sent(office)
    old = rows_of(office, row.id)
    await has(office, code, ACCUSES)
    await office.product.escalation.tick()
    await head(office)
    put_back(office, row.id, old)
    await looks(office)
    (office.settings.secrets / ENDS).unlink()
    (key,) = [it for it in old["reading_grant"] if it["reader"] == "area-770"]
    columns = ", ".join(key)
    behind(office, f"INSERT INTO reading_grant ({columns}) VALUES ({', '.join(f':{it}' for it in key)})", **key)
    behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=(await office.case(row.id)).head)
    await looks(office)
    assert begun(office, row.id) == [1, 2]
    await has(office, code, "Tối qua họ lại nhận tiền ở quán.")
    assert "area-770" not in await readers(office, row.id)


async def test_what_the_clock_began_anew_is_missed_like_everything_else(office: Home) -> None:
    """The chain of before holds as well, and the row is the one of then."""
    _, row = await sent(office)
    old = rows_of(office, row.id)
    unsigned(office, row.id, b"{}")
    await hour(office)
    for number in (2, 3):
        put_back(office, row.id, old)
        assert (await head(office))["cut"] == "1"
        await looks(office)
        assert begun(office, row.id) == [number]
        assert (await head(office))["cut"] == "0"


# --- keys that the clock woke -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row_agrees", [True, False])
async def test_a_key_that_was_woken_by_an_event_that_is_gone_is_still_its_readers(
    office: Home, row_agrees: bool
) -> None:
    """Within the hour, before anything is kept of it; laid to sleep again it is the key that was given."""
    _, row = await sent(office)
    before = rows_of(office, row.id)["tip"][0]
    await climbs(office)
    behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=(await office.case(row.id)).head)
    if row_agrees:
        behind(office, f"UPDATE tip SET {', '.join(f'{it} = :{it}' for it in before)} WHERE id = :id", **before)
    await looks(office)
    assert (await office.case(row.id)).unit == "duty"
    assert await reads(office, "truc", row.id)


async def test_a_row_of_garbage_is_no_key_that_was_woken(office: Home) -> None:
    """It would keep the case where nobody can read it."""
    _, row = await sent(office)
    await climbs(office)
    behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=(await office.case(row.id)).head)
    spoil = "UPDATE reading_grant SET sealed = :it WHERE case_id = :id AND reader = 'duty'"
    behind(office, spoil, id=row.id, it=os.urandom(1168))
    await looks(office)
    assert (await office.case(row.id)).unit == "vks-tp"
    assert await reads(office, "kiem", row.id)


async def test_who_breaks_the_chain_of_a_case_at_the_top_takes_it_from_nobody(office: Home) -> None:
    """`held` is no level for a case that its unit can read."""
    _, row = await sent(office)
    for _ in range(4):
        await climbs(office, 10)
    top = await office.case(row.id)
    assert top.unit not in {"area-770", "held"}
    for _ in range(3):
        events = await office.events(row.id)
        behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=events[0].leaf)
        await looks(office)
        await office.product.escalation.tick()
    after = await office.case(row.id)
    assert (after.unit, after.state) != ("held", "held")


# --- the file ---------------------------------------------------------------------------------------------------------


async def test_honest_work_of_some_days_is_missed_by_nobody(office: Home) -> None:
    code, row = await sent(office)
    await sent(office, f"{TIP} Tầng hai.")
    session = await office.session("an")
    for step in ("claim", "note", "note"):
        await office.product.casework.act(session, row.id, step, Fields("Đang xem."))
        assert (await hour(office))["cut"] == "0"
    await has(office, code, ACCUSES)
    for _ in range(3):
        await climbs(office)
        assert (await hour(office))["cut"] == "0"
    assert begun(office, row.id) == []
    assert (await office.product.audit()).sound


async def test_a_home_of_an_earlier_program_accuses_nobody_and_is_kept_from_the_first_look_on(office: Home) -> None:
    _, row = await sent(office)
    await head(office)
    (office.settings.secrets / ENDS).unlink()
    assert (await head(office))["cut"] == "0"
    assert row.id not in ChainEndsFile(office.settings.secrets).load()
    await looks(office)
    wipe(office, row.id)
    assert (await head(office))["cut"] == "1"


@pytest.mark.parametrize("spoil", [lambda it: it[:-1], lambda it: b"", lambda it: it[:-9] + b"?" + it[-8:]])
async def test_a_file_that_is_spoilt_stops_no_clock_and_is_named_once(office: Home, spoil: Any) -> None:
    _, row = await sent(office)
    await head(office)
    file = office.settings.secrets / ENDS
    file.write_bytes(spoil(file.read_bytes()))
    await climbs(office)
    assert (await office.case(row.id)).unit == "duty"
    assert (await head(office))["spoilt"] == "yes"
    assert any("was spoilt, and begun anew" in it for it in await found(office))
    assert (await hour(office))["spoilt"] == "no"
    wipe(office, row.id)
    assert (await head(office))["cut"] == "1"


async def test_a_file_of_yesterday_accuses_nobody(office: Home) -> None:
    """The machine came back from an image; the database went on."""
    code, row = await sent(office)
    await head(office)
    file = office.settings.secrets / ENDS
    image = file.read_bytes()
    await has(office, code, "Thêm: phòng số 6.")
    unsigned(office, row.id, b"{}")
    await hour(office)
    await has(office, code, "Thêm: mười giờ đêm.")
    await sent(office, f"{TIP} Tầng hai.")
    await head(office)
    file.write_bytes(image)
    assert (await hour(office))["cut"] == "0"
    assert begun(office, row.id) == [1]
    wipe(office, row.id)
    assert (await head(office))["cut"] == "1"


async def test_two_clocks_on_one_machine_keep_one_file(office: Home) -> None:
    async with another(office) as second:
        code, row = await sent(office)
        await second.product.heads.tick()
        await has(office, code, "Thêm: phòng số 6.")
        office.clock.forward(hours=1)
        await office.product.heads.tick()
        await second.product.jobs.tick(job(second, "mend"))
        wipe(office, row.id)
        assert (await head(second))["cut"] == "1"
        assert (await head(office))["cut"] == "0"


def test_who_looked_earlier_takes_no_kept_end_back(tmp_path: Path) -> None:
    """Of two processes that keep at once; each case by itself."""
    ends, other = ChainEndsFile(tmp_path), ChainEndsFile(tmp_path)
    circle = Circle(frozenset({"duty"}), frozenset({"area-770"}), "vks-tp")
    earlier, later = ChainEnd(b"1" * 32, 1, 3, circle), ChainEnd(b"2" * 32, 1, 4, Circle())
    begun = ChainEnd(b"3" * 32, 2, 1, circle, missed=True)
    ends.keep({b"a" * 16: later, b"b" * 16: earlier})
    other.keep({b"a" * 16: earlier, b"b" * 16: begun, b"c" * 16: earlier})
    assert ends.load() == other.load() == {b"a" * 16: later, b"b" * 16: begun, b"c" * 16: earlier}
    assert (tmp_path / ENDS).stat().st_mode & 0o777 == 0o600


async def test_a_case_that_was_destroyed_in_its_time_is_missed_by_nobody(office: Home) -> None:
    """Its events stay; who deletes one of them is found."""
    _, row = await sent(office)
    await closes(office, row.id)
    office.clock.forward(days=100)
    assert await office.product.retention.tick() == 1
    assert (await head(office))["cut"] == "0"
    assert (await hour(office))["cut"] == "0"
    behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=(await office.case(row.id)).head)
    assert (await head(office))["cut"] == "1"


async def test_a_home_that_came_back_begins_with_nothing_kept(office: Home) -> None:
    """An older backup in the place of the database: it accuses nobody of what came after."""
    code, row = await sent(office)
    old = rows_of(office, row.id)
    await has(office, code, "Thêm: phòng số 6.")
    await head(office)
    put_back(office, row.id, old)
    await office.product.heads.begin_anew()
    assert (await hour(office))["cut"] == "0"
    assert begun(office, row.id) == []
