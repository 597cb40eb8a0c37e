"""An insider's evening: edits behind the product's back, and events of people who sign more than is theirs.

What each of these says should hold; see decision 35.
"""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import desk
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BINH, KIEM, QUAN, THANH, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED as ACCUSES
from tests.flows.test_clock import behind
from tests.flows.test_insider import has, looks, sent
from tips import errors
from tips.cases import claims, deadlines, ledger
from tips.cases.case import Case
from tips.cases.ledger import Event, Kind, SignedEvent
from tips.crypto import keys, receipt, sealing
from tips.crypto.sealing import RECEIPT
from tips.desk.actions import Fields
from tips.merkle import tree

INSERT = "INSERT INTO event (leaf, case_id, body, signature) VALUES (:leaf, :case, :body, :signature)"
CLOSED = "UPDATE tip SET state = 'closed', clock = 'retention', due_at = :due WHERE id = :id"


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BINH, TRUC_COORDINATES, KIEM, THANH, QUAN), database_url) as home:
        yield home


@pytest.fixture
async def loose(tmp_path: Path) -> AsyncIterator[Home]:
    """A home on SQLite, whose columns take values of any type."""
    async with opened(tmp_path, (AN, BINH, TRUC_COORDINATES, KIEM, THANH, QUAN)) as home:
        yield home


async def evenings(home: Home, days: int = 3) -> None:
    """The clock's work of some days."""
    home.clock.forward(days=days)
    for _ in range(2):
        await looks(home)
        await home.product.escalation.tick()


def unsigned(home: Home, case: bytes, body: bytes) -> None:
    """A row of events that nobody signed."""
    row = {"leaf": tree.leaf_hash(body), "case": case, "body": body, "signature": bytes(64)}
    behind(home, INSERT, **row)


async def signs(
    home: Home,
    row: Case,
    by: str,
    kind: Kind = Kind.READ,
    *,
    facts: Mapping[str, str] | None = None,
    at: datetime | None = None,
    says: Mapping[str, Any] | None = None,
    raw: tuple[bytes, bytes] = (b"", b""),
    **told: Any,
) -> SignedEvent:
    """One more event of a case, truly signed by somebody's own program: claims as they stand, but for `told`."""
    checked = (await home.product.store.cases.bundle(row.id, None)).checked(home.product.roster())
    found = claims.claimed(checked.events)
    assert found is not None
    stands = {**found.row, **(says or {})}
    at = at or deadlines.hour(home.clock())
    facts = {"part": "all"} if facts is None else facts
    event = Event(kind, row.id, checked.case.head, at, by, secrets.token_bytes(32), facts, {"row": stands} | told)
    return puts(home, event, by, raw)


def puts(home: Home, event: Event, by: str, raw: tuple[bytes, bytes] = (b"", b"")) -> SignedEvent:
    """Straight into the database, and the case's row names it as the head; `raw`: bytes of it that are others."""
    body = event.body()
    assert raw[0] in body
    body = body.replace(*raw) if raw[0] else body
    signature = keys.sign(home.people[by].signing, b"tinbao event\x00" + body)
    done = SignedEvent(tree.leaf_hash(body), event.case, body, signature)
    behind(home, INSERT, leaf=done.leaf, case=done.case, body=done.body, signature=done.signature)
    behind(home, "UPDATE tip SET head = :head WHERE id = :id", head=done.leaf, id=done.case)
    return done


async def refused(home: Home, row: Case) -> bool:
    """Whether an audit takes some event of a case for none; that a row differs is another thing."""
    found = [it for it in (await home.product.audit()).problems if row.id.hex() in it]
    return any(not it.endswith("is not what was signed") for it in found)


# --- no key at all: one edit as an off switch -------------------------------------------------------------------------

OFF = {
    "a head that is none": "UPDATE tip SET head = salt WHERE id = :id",
    "a later piece that is gone": "DELETE FROM envelope WHERE case_id = :id AND part = 'addition'",
    "a later piece that moved to another case": (
        "UPDATE envelope SET case_id = :other WHERE case_id = :id AND part = 'addition'"
    ),
    "an unsigned event": "unsigned",
}


@pytest.mark.parametrize("edit", OFF.values(), ids=OFF.keys())
async def test_no_edit_keeps_a_case_from_climbing(office: Home, edit: str) -> None:
    """Decision 35: an edited row stops nothing, and is no off switch for whoever is accused."""
    code, row = await sent(office)
    _, other = await sent(office, f"{TIP} Tầng hai.")
    someone = office.citizen("again")
    await someone.says(code)
    await someone.says("Thêm: phòng số 6.")
    if edit == "unsigned":
        unsigned(office, row.id, b"{}")
    else:
        values = {"id": row.id, "other": other.id}
        behind(office, edit, **{name: it for name, it in values.items() if f":{name}" in edit})
    await evenings(office)
    assert behind(office, "SELECT unit FROM tip WHERE id = :id", id=row.id) != [("area-770",)]


async def test_a_due_time_that_is_put_off_again_after_each_look_keeps_no_case_from_climbing(office: Home) -> None:
    """A hand (or a trigger) that is quicker than the clock's next page: what is late by the chain climbs."""
    _, row = await sent(office)
    for _ in range(72):
        await looks(office)
        behind(office, "UPDATE tip SET due_at = due_at + 86400000 WHERE unit = 'area-770'")
        await office.product.escalation.tick()
    assert (await office.case(row.id)).unit != "area-770"


async def test_a_piece_that_no_event_names_closes_a_case_to_nobody(office: Home) -> None:
    """Its row is named, and the case is read, and added to, as it was signed."""
    code, row = await sent(office)
    values = {"id": secrets.token_bytes(16), "case": row.id, "b": b"x" * 32}
    behind(
        office,
        "INSERT INTO envelope (id, case_id, part, sealed, commitment) VALUES (:id, :case, 'note', :b, :b)",
        **values,
    )
    assert not (await office.product.audit()).sound
    assert "karaoke" in (await office.product.review.open(await office.session("an"), row.id)).tip.text
    assert (await office.product.mailboxes.read(code)).case.id == row.id


@pytest.mark.parametrize("value", ["commitment", "NULL"])
async def test_a_release_that_was_destroyed_is_named_and_comes_back_from_the_chain(office: Home, value: str) -> None:
    """Without it no level above would ever be woken with the text."""
    code, row = await sent(office)
    await has(office, code, "Thêm: phòng số 6.")
    behind(office, f"UPDATE envelope SET release = {value}")
    assert not (await office.product.audit()).sound
    await evenings(office, 10)
    assert (await office.case(row.id)).unit != "area-770"
    opened = await office.product.review.open(await office.session("truc"), row.id)
    assert ("karaoke" in opened.tip.text, len(opened.thread)) == (True, 1)
    assert (await office.product.audit()).sound


# --- no key at all: what is decided by a row --------------------------------------------------------------------------


async def test_a_state_that_was_edited_opens_no_action(office: Home) -> None:
    """A tip that was only received is not closed by a click because its row said that it was concluded."""
    _, row = await sent(office)
    behind(office, "UPDATE tip SET state = 'concluded' WHERE id = :id", id=row.id)
    with pytest.raises(errors.Refused):
        await office.product.casework.act(await office.session("an"), row.id, "close", Fields())
    await looks(office)
    assert (await office.case(row.id)).state == "received"


async def test_a_state_that_was_edited_refuses_no_action(office: Home) -> None:
    _, row = await sent(office)
    behind(office, "UPDATE tip SET state = 'closed' WHERE id = :id", id=row.id)
    done = await office.product.casework.act(await office.session("an"), row.id, "claim", Fields())
    assert done.officer == "an"


# --- no key at all: what spoils it for all ----------------------------------------------------------------------------


async def test_an_event_that_nests_too_deep_stops_no_audit(office: Home) -> None:
    """One row that nobody signed; the page, `doctor` and `ledger verify` name it."""
    await sent(office)
    unsigned(office, b"", b"[" * 200_000)
    assert not (await office.product.audit()).sound


async def test_an_event_that_nests_too_deep_stops_no_search(office: Home) -> None:
    _, row = await sent(office)
    session = await office.session("an")
    await office.product.review.open(session, row.id)
    unsigned(office, row.id, b"[" * 200_000)
    assert (await office.product.search.by_words(session, "karaoke")).searched == 1


async def test_an_event_that_nobody_signed_leaves_the_queue_of_who_reads_along(office: Home) -> None:
    _, row = await sent(office)
    await office.product.casework.act(
        await office.session("an"), row.id, "consult", Fields("Xin ý kiến.", unit="vks-tp")
    )
    unsigned(office, row.id, b"{}")
    await office.product.review.shared(await office.session("kiem"))


WORDLESS = {
    "a ward": "ward = 'x'",
    "an area": "area = 'x'",
    "a clock": "clock = 'x'",
    "a level": "level = -7",
    "a due time": "due_at = 9000000000000000000",
    "a received time": "received_at = -9000000000000000000",
    "an officer": "officer = ''",
}


@pytest.mark.parametrize("edit", WORDLESS.values(), ids=WORDLESS.keys())
async def test_a_value_that_has_no_word_breaks_no_queue(office: Home, edit: str) -> None:
    """Three tips whose rows say what no table of the product knows, within the hour before they are set right."""
    for number in range(3):
        await sent(office, f"{TIP} Tầng {number}.")
    behind(office, f"UPDATE tip SET {edit}")
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "an")
        assert (await client.get("/desk")).status_code == 200
    await office.product.early_signs.tick()
    await looks(office)
    await office.product.reminders.tick()


SWAPS = {
    "mailboxes": "UPDATE mailbox SET case_id = CASE WHEN case_id = :one THEN :two ELSE :one END",
    "mailbox keys": "UPDATE mailbox SET public = (SELECT m.public FROM mailbox m WHERE m.case_id != mailbox.case_id)",
    "cases of keys": (
        "UPDATE reading_grant SET case_id = CASE WHEN case_id = :one THEN :two ELSE :one END WHERE reader != 'duty'"
    ),
    "salts": "UPDATE tip SET salt = (SELECT t.salt FROM tip t WHERE t.id != tip.id)",
    "times and levels": "UPDATE tip SET level = 7, due_at = (SELECT max(t.due_at) + 9 FROM tip t), clock = NULL",
    "all plain columns of keys": "UPDATE reading_grant SET level = 9 - level, asleep = NOT asleep, roster = 7",
}


@pytest.mark.parametrize("edit", SWAPS.values(), ids=SWAPS.keys())
async def test_two_cases_whose_rows_were_swapped_are_both_as_they_were_within_the_hour(office: Home, edit: str) -> None:
    codes, rows = zip(*[await sent(office, f"{TIP} Tầng {number}.") for number in range(2)], strict=True)
    if edit.startswith("UPDATE mailbox SET case"):
        behind(office, "DROP INDEX ix_mailbox_case_id")
    values = {"one": rows[0].id, "two": rows[1].id}
    behind(office, edit, **{name: it for name, it in values.items() if f":{name}" in edit})
    await looks(office)
    assert (await office.product.audit()).sound
    for code, row in zip(codes, rows, strict=True):
        assert (await office.product.mailboxes.read(code)).case.id == row.id
        assert ((await office.case(row.id)).due_at, (await office.case(row.id)).level) == (row.due_at, 0)
        await office.product.casework.act(await office.session("an"), row.id, "ask", Fields("Phòng số mấy?"))
        assert len((await office.product.mailboxes.read(code)).letters) == 1
    before = [len(await office.events(it.id)) for it in rows]
    await looks(office)
    assert [len(await office.events(it.id)) for it in rows] == before
    assert not any("key.lost" in it.differed for it in (await office.product.audit()).incidents)


@pytest.mark.parametrize("column", ["reader", "envelope_id"])
async def test_a_key_goes_back_to_whom_it_was_given(office: Home, column: str) -> None:
    """Its row says that it is somebody else's, or opens something else; what is sealed tells whose it is."""
    code, row = await sent(office)
    await has(office, code, "Thêm: phòng số 6.")
    before = {(it.envelope, it.reader, it.sealed) for it in await office.grants(row.id)}
    (tip,) = await office.envelopes(row.id, "tip")
    said = f"UPDATE reading_grant SET {column} = :other WHERE reader = 'area-770' AND envelope_id = :tip"
    behind(office, said, tip=tip.id, other={"reader": "area-778", "envelope_id": bytes(16)}[column])
    await looks(office)
    after = {(it.envelope, it.reader, it.sealed) for it in await office.grants(row.id)}
    assert before <= after
    assert "karaoke" in (await office.product.review.open(await office.session("an"), row.id)).tip.text


# --- with one officer's key -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["binh", "quan"])
async def test_nobody_but_intake_begins_a_case_anew(office: Home, by: str) -> None:
    """All events of a case go, and one of somebody's own takes their place: another desk's officer, an admin."""
    code, row = await sent(office, ACCUSES)
    (tip,) = await office.envelopes(row.id, "tip")
    bundle = await office.product.store.cases.bundle(row.id, None)
    found = claims.claimed(bundle.checked(office.product.roster()).events)
    assert found is not None
    keys: dict[str, list[list[Any]]] = {tip.id.hex(): [["area-770", 0, False, 2, bytes(32).hex()]]}
    told = {
        "whole": True,
        "row": {**found.row, "due": None, "clock": None},
        "keys": keys,
        "mailbox": claims._of_mailbox(bundle.mailboxes[0]),
    }
    event = Event(Kind.READ, row.id, ledger.FIRST, row.received_at, by, bytes(32), ledger.envelope_facts(tip), told)
    behind(office, "DELETE FROM event WHERE case_id = :id", id=row.id)
    behind(office, "DELETE FROM reading_grant WHERE case_id = :id AND envelope_id != :tip", id=row.id, tip=tip.id)
    behind(office, "DELETE FROM envelope WHERE case_id = :id AND id != :tip", id=row.id, tip=tip.id)
    puts(office, event, by)
    assert not (await office.product.audit()).sound
    someone = office.citizen("again")
    with suppress(errors.NotVerified):
        await someone.says(code)
        await someone.says("Tối qua họ lại nhận tiền ở quán.")
    assert "area-770" not in {it.reader for it in await office.grants(row.id)}


async def test_a_closing_that_is_dated_back_destroys_nothing(office: Home) -> None:
    """The desk's officer signs it today, and writes that it was five years ago."""
    _, row = await sent(office)
    long_ago = datetime(2021, 1, 1, tzinfo=UTC)
    over = {"state": "closed", "clock": "retention", "due": int(long_ago.timestamp())}
    await signs(office, row, "an", Kind.MOVED, facts={"to": "closed", "officer": "an"}, at=long_ago, says=over)
    behind(office, CLOSED, due=over["due"], id=row.id)
    await office.product.retention.tick()
    assert behind(office, "SELECT count(*) FROM envelope") == [(1,)]


async def test_a_reading_closes_and_destroys_nothing(office: Home) -> None:
    """Of a unit that only reads along: its event says that it read, and claims that the case was closed long ago."""
    _, row = await sent(office)
    await office.product.casework.act(await office.session("an"), row.id, "share", Fields(unit="area-778"))
    long_ago = datetime(2021, 1, 1, tzinfo=UTC)
    over = {"state": "closed", "clock": "retention", "due": int(long_ago.timestamp())}
    await signs(office, row, "binh", facts={"to": "closed", "part": "all"}, at=long_ago, says=over)
    behind(office, CLOSED, due=over["due"], id=row.id)
    await office.product.retention.tick()
    assert behind(office, "SELECT count(*) FROM envelope") == [(1,)]


CLAIMS: dict[str, Mapping[str, Any]] = {
    "no clock": {"clock": None},
    "a due time in years": {"due": 2_000_000_000},
    "a state that no clock looks at": {"state": "closed", "clock": None, "due": None},
    "a level of text": {"level": "x"},
    "a unit that is none": {"unit": "nowhere"},
}


@pytest.mark.parametrize("says", CLAIMS.values(), ids=CLAIMS.keys())
async def test_a_reading_changes_nothing_but_that_it_was_read(office: Home, says: Mapping[str, Any]) -> None:
    """By the case's own desk: the case climbs when it must, or the event is none."""
    _, case = await sent(office)
    await signs(office, case, "an", says=says)
    await evenings(office, 10)
    assert behind(office, "SELECT unit FROM tip WHERE id = :id", id=case.id) == [("duty",)]


async def test_a_reading_takes_nobody_s_keys(office: Home) -> None:
    """The desk's officer says that they read, and that all above them are shut out."""
    _, row = await sent(office)
    before = {it.reader for it in await office.grants(row.id)}
    await signs(office, row, "an", shut=sorted(before - {"area-770", RECEIPT}))
    await evenings(office)
    assert before <= {it.reader for it in await office.grants(row.id)}
    assert behind(office, "SELECT unit FROM tip WHERE id = :id", id=row.id) == [("duty",)]


async def test_a_key_to_a_piece_that_is_none_shuts_nobody_out(office: Home) -> None:
    """Whoever lacks a key to some piece is shut out; so one that is nobody's, claimed, would shut out all."""
    _, row = await sent(office)
    await signs(office, row, "an", keys={bytes(16).hex(): [["area-778", 0, False, 2, bytes(32).hex()]]})
    await evenings(office)
    assert behind(office, "SELECT unit FROM tip WHERE id = :id", id=row.id) == [("duty",)]


async def test_who_was_shut_out_gets_no_key_by_a_reading_of_somebody_else_s(office: Home) -> None:
    """The desk was shut out late; a friend who reads the case claims a key for it, and intake seals on."""
    code, row = await sent(office)
    await office.product.review.open(await office.session("an"), row.id)
    someone = office.citizen("again")
    await someone.says(code)
    await someone.says(ACCUSES)
    await office.product.escalation.tick()
    await office.product.review.open(await office.session("truc"), row.id)
    after = await office.case(row.id)
    assert after.unit == "duty"
    pieces = {it.id.hex(): [["area-770", 0, False, 2, bytes(32).hex()]] for it in await office.envelopes(row.id)}
    await signs(office, after, "truc", keys=pieces)
    with suppress(errors.NotVerified):
        await someone.says(code)
        await someone.says("Tối qua họ lại nhận tiền ở quán.")
    assert "area-770" not in {it.reader for it in await office.grants(row.id)}


ALL = {"part": "all"}
GARBAGE: dict[str, dict[str, Any]] = {
    "claims that are a list": {"raw": (b'"claims":{"gone":1,', b'"claims":[1],"was":{'), "gone": 1},
    "a row that is a number": {"raw": (b'"row":{', b'"row":5,"was":{')},
    "no word of what it is about": {"raw": (b'"about":', b'"above":')},
    "a level without end": {"keys": {"00" * 16: [["area-770", float("inf"), False, 2, "00"]]}},
    "a due time without end": {"says": {"due": float("inf")}},
    "a due time that is none": {"says": {"due": float("nan")}},
    "what differed is a number": {"differed": 5},
    "an officer who is a list": {"says": {"officer": ["an"]}},
    "a unit that is a table": {"says": {"unit": {}}},
    "facts that are a list": {"raw": (b'"facts":{"part":"all"}', b'"facts":["x"]')},
    "a time without a zone": {"at": datetime(2026, 11, 23, 4)},
    "a sharing with nobody": {"kind": Kind.SHARED},
    "nobody who keeps away": {"kind": Kind.RECUSED},
    "a piece without a digest": {"facts": {"envelope": "00", "part": "tip"}},
    "a sealing anew of nothing": {"kind": Kind.EXCLUDED, "facts": {"renewed": "x"}},
}


@pytest.mark.parametrize("told", GARBAGE.values(), ids=GARBAGE.keys())
async def test_what_cannot_be_claimed_is_named(office: Home, told: dict[str, Any]) -> None:
    """Truly signed by the case's own desk: an audit goes on, and says so."""
    _, row = await sent(office)
    await signs(office, row, "an", **told)
    assert (await office.product.audit()).problems


@pytest.mark.parametrize("told", GARBAGE.values(), ids=GARBAGE.keys())
async def test_what_cannot_be_claimed_breaks_no_page_and_holds_no_case_back(office: Home, told: dict[str, Any]) -> None:
    _, row = await sent(office)
    _, other = await sent(office, f"{TIP} Tầng hai.")
    await signs(office, row, "an", **told)
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "an")
        assert (await client.get("/desk")).status_code == 200
        await client.get(f"/desk/case/{row.id.hex()}")  # it may be closed; it raises nothing
        await desk.log_in(client, office, "kiem")
        assert (await client.get("/desk/ledger")).status_code == 200
    await evenings(office)
    assert behind(office, "SELECT unit FROM tip WHERE id = :id", id=other.id) == [("duty",)]


@pytest.mark.parametrize("says", [{"due": 1_800_000_000.5}, {"officer": 5}, {"opened": 2}], ids=str)
async def test_what_no_column_keeps_as_it_was_claimed_is_not_mended_for_ever(
    office: Home, says: Mapping[str, Any]
) -> None:
    """An event each hour, and a word to the next level each hour."""
    _, case = await sent(office)
    await signs(office, case, "an", says=says)
    for _ in range(4):
        await looks(office)
    assert len([it for it in await office.events(case.id) if b'"kind":"mended"' in it.body]) <= 1


async def test_a_closing_that_only_a_row_claims_breaks_no_dispute(office: Home) -> None:
    """The reporter disputes what an officer's own program closed without an event of closing."""
    code, row = await sent(office)
    over = {"state": "closed", "clock": "retention", "due": 2_000_000_000}
    await signs(office, row, "an", Kind.MOVED, says=over, facts={})
    someone = office.citizen("again")
    with suppress(errors.NotVerified):
        await someone.says(code)
        await someone.presses("dispute")
        await someone.says("Tôi không đồng ý, quán vẫn bán.")


async def test_who_only_reads_along_takes_no_case_by_a_reading(office: Home) -> None:
    """The event of another desk, with which it was shared, claims that the case is that desk's own."""
    _, row = await sent(office)
    await office.product.casework.act(await office.session("an"), row.id, "share", Fields(unit="area-778"))
    await signs(office, row, "binh", says={"unit": "area-778", "officer": "binh"})
    await looks(office)
    assert behind(office, "SELECT unit FROM tip WHERE id = :id", id=row.id) == [("duty",)]


async def test_an_officer_agrees_with_no_conclusion_where_it_takes_a_lead(office: Home) -> None:
    """`lifecycle.json` lets heads and overseers endorse; who signs by a program of their own is bound by it too."""
    _, row = await sent(office)
    session = await office.session("an")
    await office.product.casework.act(session, row.id, "share", Fields(unit="area-778"))
    await office.product.casework.act(session, row.id, "accept")
    await office.product.casework.act(session, row.id, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    await signs(office, row, "binh", Kind.ENDORSED, facts={"unit": "area-778"})
    assert await refused(office, row)


async def test_a_reading_gives_nobody_the_mailbox(office: Home) -> None:
    """By the case's own desk: a look-up id and a key of their own."""
    _, row = await sent(office)
    mine = receipt.of_seed(secrets.token_bytes(32))
    box = claims.Mailbox(mine.lookup, row.id, sealing.public_bytes(mine.reading_seed))
    await signs(office, row, "an", mailbox=claims._of_mailbox(box))
    await looks(office)
    with pytest.raises((errors.NotFound, errors.NotVerified)):
        await office.product.mailboxes.read(mine.code)


async def test_a_reading_hides_no_key_that_was_deleted(office: Home) -> None:
    """The event says that the overseer's key was lost, and not that anything differed; then the row goes."""
    _, row = await sent(office)
    (tip,) = await office.envelopes(row.id, "tip")
    await signs(office, row, "an", lost=[[tip.id.hex(), "vks-tp"]])
    behind(office, "DELETE FROM reading_grant WHERE reader = 'vks-tp'")
    await looks(office)
    report = await office.product.audit()
    assert report.problems or report.incidents


async def test_nobody_keeps_somebody_else_away_from_a_case(office: Home) -> None:
    """The desk's officer signs that the overseers keep away."""
    _, row = await sent(office)
    await office.product.casework.act(
        await office.session("an"), row.id, "consult", Fields("Xin ý kiến.", unit="vks-tp")
    )
    await signs(office, row, "an", Kind.RECUSED, facts={"who": "kiem"})
    with suppress(errors.NotVerified):
        assert "karaoke" in (await office.product.review.open(await office.session("kiem"), row.id)).tip.text


# --- homes of earlier programs ----------------------------------------------------------------------------------------


# --- what stands beside the cases -------------------------------------------------------------------------------------
