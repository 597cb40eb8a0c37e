"""Somebody with every right on the database and no key: what they edit is not believed, is set right, and is named."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import locales
from bot.commands import doctor
from bot.wiring import open_product
from tests.fakes import desk
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BINH, KIEM, QUAN, THANH, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED as ACCUSES
from tests.flows.test_clock import behind, job
from tips import errors
from tips.cases import deadlines, ledger
from tips.cases.case import Case
from tips.cases.checking import Checked
from tips.cases.claims import Entry, Mailbox, Signature
from tips.cases.ledger import Kind
from tips.crypto import receipt, sealing
from tips.crypto.sealing import RECEIPT
from tips.desk.actions import Fields
from tips.desk.actions.step import Step
from tips.people import proposals
from tips.ports.cases import Change

EDITS = {  # of a case that lies unread at the desk of Quận 3
    "unit": "unit = 'area-778'",
    "state": "state = 'verifying'",
    "urgency": "urgency = 'P3'",
    "category": "category = 'gambling.any'",
    "area": "area = '778'",
    "ward": "ward = '27139'",
    "received_at": "received_at = received_at - 3600",
    "clock": "clock = 'retention'",
    "due_at": "due_at = due_at + 864000",
    "level": "level = 3",
    "officer": "officer = 'binh'",
    "opened": "opened = true",
    "restricted": "restricted = true",
    "disputed": "disputed = true",
}


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BINH, TRUC_COORDINATES, KIEM, THANH, QUAN), database_url) as home:
        yield home


async def sent(home: Home, text: str = TIP) -> tuple[str, Case]:
    """A tip's receipt, and its case as it was signed."""
    code = await home.citizen(secrets.token_hex(4)).sends(text)
    return code, await home.case_of(code)


async def looks(home: Home) -> None:
    """The clock's look at every case."""
    home.clock.forward(hours=1)
    await home.product.jobs.tick(job(home, "mend"))


def forged(checked: Checked, kind: Kind, by: str, signing: bytes, at: datetime) -> Change:
    """An event that somebody signs by a program of their own, with all claims as they must be."""
    entries = [Entry(kind, {"unit": "area-778", "part": "all", "who": by}, secrets.token_bytes(32))]
    who = Signature(by, signing, deadlines.hour(at))
    return Change(checked.case).signed(checked.case.head, entries, who, secrets.token_bytes(16))


def plain(row: Case) -> Case:
    """A row without what every event draws anew."""
    return replace(row, head=b"", salt=None)


# --- columns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", EDITS)
async def test_an_edited_column_is_named_and_set_right_within_the_hour(office: Home, column: str) -> None:
    """By `ledger verify` at once, by the clock's look for good; the desk and `doctor` say what it was."""
    _, row = await sent(office)
    behind(office, f"UPDATE tip SET {EDITS[column]} WHERE id = :id", id=row.id)
    found = (await office.product.audit()).problems
    assert f"case {row.id.hex()}: {column} is not what was signed" in found
    await looks(office)
    expected = plain(row) if column not in {"category", "area", "ward"} else None
    after = await office.case(row.id)
    assert expected in (None, plain(after))
    assert (after.unit, after.state, after.due_at) == (row.unit, row.state, row.due_at)
    report = await office.product.audit()
    assert report.sound
    assert [(it.case, column in it.differed, it.waits) for it in report.incidents] == [(row.id, True, True)]
    assert "a hand was in the rows of 1 cases" in str(await doctor.CHECKS["ledger"](office.product))
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "an")
        page = (await client.get(f"/desk/case/{row.id.hex()}")).text
        assert "Có người đã sửa dữ liệu của vụ này ngoài hệ thống" in page
        await desk.log_in(client, office, "kiem")
        assert row.code in (await client.get("/desk/ledger")).text


async def test_what_a_case_is_about_is_never_believed_from_a_row_that_was_edited(office: Home) -> None:
    """A salt that was edited with it helps nothing; an officer corrects it from the text."""
    _, row = await sent(office)
    behind(office, "UPDATE tip SET category = 'gambling.any', salt = :salt WHERE id = :id", salt=bytes(16), id=row.id)
    await looks(office)
    after = await office.case(row.id)
    assert (after.category, after.area, after.ward) == ("unknown", None, None)


@pytest.mark.parametrize("first", ["clock", "desk", "reporter"])
async def test_the_next_level_is_told_that_a_hand_was_in_a_case_and_not_in_which(office: Home, first: str) -> None:
    """Whoever comes upon it first; a friend at the desk who opens the case keeps it quiet for nobody."""
    code, row = await sent(office)
    before = await office.pings()
    behind(office, "UPDATE tip SET officer = 'binh' WHERE id = :id", id=row.id)
    if first == "desk":
        await office.product.review.open(await office.session("an"), row.id)
    elif first == "reporter":
        await has(office, code, "Thêm: phòng số 6.")
    await looks(office)
    told = [it for it in await office.pings() if it not in before and it.kind == "mended"]
    assert [(it.unit, it.case) for it in told] == [("duty", None)]


# --- the clock --------------------------------------------------------------------------------------------------------


async def test_rows_that_say_closed_and_over_destroy_nothing(office: Home) -> None:
    """Of three unread tips; they stay open, wait for somebody to read them, and climb in their time."""
    rows = [(await sent(office, f"{TIP} Tầng {number}."))[1] for number in range(3)]
    behind(office, "UPDATE tip SET state = 'closed', clock = 'retention', due_at = 1000000")
    office.clock.forward(hours=1)
    assert await office.product.retention.tick() == 0
    assert behind(office, "SELECT count(*) FROM envelope") == [(3,)]
    assert {(await office.case(it.id)).state for it in rows} == {"received"}
    office.clock.forward(days=30)
    assert await office.product.escalation.tick() == 3


async def test_a_case_in_whose_rows_a_hand_was_is_destroyed_only_once_somebody_has_read_it(office: Home) -> None:
    """Its time is over, and still it waits."""
    _, row = await sent(office)
    session = await office.session("an")
    for name, fields in (
        ("accept", Fields()),
        ("conclude", Fields(result="unfounded", text="Chưa thấy cơ sở.")),
        ("close", Fields()),
    ):
        await office.product.casework.act(session, row.id, name, fields)
    behind(office, "UPDATE tip SET due_at = due_at - 864000 WHERE id = :id", id=row.id)
    office.clock.forward(days=100)
    assert await office.product.retention.tick() == 0
    await office.product.review.open(session, row.id)
    assert await office.product.retention.tick() == 1


async def test_a_retention_that_an_officer_signed_too_short_destroys_nothing(office: Home) -> None:
    """By a program of their own: closed, and over at once. The event says when it was closed; that counts."""
    _, row = await sent(office)
    session = await office.session("an")
    await office.product.casework.act(session, row.id, "accept")
    await office.product.casework.act(session, row.id, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    opening = await office.product.review.open(session, row.id)
    ended = replace(opening.case, state="closed", clock="retention", due_at=office.clock())
    step = Step(Kind.MOVED, ended, {"from": "concluded", "to": "closed", "officer": "an"})
    await office.product.review.writer.store(session, opening, step)
    office.clock.forward(hours=2)
    assert await office.product.retention.tick() == 0
    office.clock.forward(days=100)
    assert await office.product.retention.tick() == 1


async def test_a_due_time_that_was_put_off_keeps_no_case_from_climbing(office: Home) -> None:
    """Nor does a clock that was taken away, or a level, or a sleeping key whose columns were edited."""
    _, row = await sent(office)
    behind(office, "UPDATE tip SET due_at = due_at + 86400000, clock = NULL, level = 9 WHERE id = :id", id=row.id)
    behind(office, "UPDATE reading_grant SET level = 0, asleep = false, roster = 9 WHERE reader = 'duty'")
    office.clock.forward(days=2)
    for _ in range(2):
        await looks(office)
        await office.product.escalation.tick()
    assert (await office.case(row.id)).unit == "duty"
    assert "karaoke" in (await office.product.review.open(await office.session("truc"), row.id)).tip.text


async def test_a_case_is_handed_over_only_once_it_was_read_again(office: Home) -> None:
    """Whoever decided on what a hand had written is asked to look again."""
    _, row = await sent(office)
    session = await office.session("an")
    await office.product.review.open(session, row.id)
    behind(office, "UPDATE tip SET urgency = 'P3' WHERE id = :id", id=row.id)
    for _ in range(2):  # before the clock has set it right, and after
        with pytest.raises(errors.Refused, match=r"error\.mended"):
            await office.product.casework.act(session, row.id, "hand_over", Fields(unit="area-778"))
        await looks(office)
    await office.product.review.open(session, row.id)
    assert (
        await office.product.casework.act(session, row.id, "hand_over", Fields(unit="area-778"))
    ).urgency == row.urgency


# --- keys -------------------------------------------------------------------------------------------------------------


async def test_a_key_row_that_nobody_gave_gets_nothing_sealed_to_its_reader(office: Home) -> None:
    """Garbage grants of the accused desk, awake: what the reporter adds is not sealed to its true key."""
    code, row = await sent(office, ACCUSES)
    assert "area-770" not in {it.reader for it in await office.grants(row.id)}
    for envelope in await office.envelopes(row.id):
        behind(
            office,
            "INSERT INTO reading_grant (envelope_id, reader, case_id, level, asleep, roster, sealed)"
            " VALUES (:envelope, 'area-770', :case, 0, false, 2, :sealed)",
            envelope=envelope.id,
            case=row.id,
            sealed=b"garbage",
        )
    assert f"case {row.id.hex()}: key.strange is not what was signed" in (await office.product.audit()).problems
    someone = office.citizen("again")
    await someone.says(code)
    await someone.says("Tối qua họ lại nhận tiền ở quán.")
    assert len(await office.envelopes(row.id, "addition")) == 1
    assert "area-770" not in {it.reader for it in await office.grants(row.id)}
    with pytest.raises(errors.NotFound):
        await office.product.review.open(await office.session("an"), row.id)
    events = [ledger.parse(it) for it in await office.events(row.id)]
    assert ["key.strange"] in [it.claims.get("differed") for it in events]


async def test_a_key_that_was_deleted_shuts_nobody_out(office: Home) -> None:
    """One row of an honest reader's goes, of a later piece: they read the rest, and what comes is sealed to them."""
    code, row = await sent(office)
    someone = office.citizen("again")
    await someone.says(code)
    await someone.says("Thêm: phòng số 6.")
    (addition,) = await office.envelopes(row.id, "addition")
    behind(office, "DELETE FROM reading_grant WHERE envelope_id = :id AND reader = 'area-770'", id=addition.id)
    session = await office.session("an")
    assert "karaoke" in (await office.product.review.open(session, row.id)).tip.text
    await someone.says(code)
    await someone.says("Thêm nữa: mỗi đêm lúc mười giờ.")
    assert len((await office.product.review.open(session, row.id)).thread) == 1
    report = await office.product.audit()
    assert report.sound
    assert ("key.lost",) in [it.differed for it in report.incidents]
    office.clock.forward(days=2)
    await office.product.escalation.tick()
    assert len((await office.product.review.open(await office.session("truc"), row.id)).thread) == 2


async def test_a_unit_whose_key_to_a_tip_is_deleted_loses_it_upward_at_once(office: Home) -> None:
    """With its text; so is one whose key was overwritten, and a level whose key is gone is passed over."""
    rows = [(await sent(office, f"{TIP} Tầng {number}."))[1] for number in range(3)]
    gone, spoilt, both = (it.id for it in rows)
    behind(office, "DELETE FROM reading_grant WHERE reader = 'area-770' AND case_id = :id", id=gone)
    behind(
        office, "UPDATE reading_grant SET sealed = :b WHERE reader = 'area-770' AND case_id = :id", b=b"x", id=spoilt
    )
    behind(office, "DELETE FROM reading_grant WHERE reader IN ('area-770', 'duty') AND case_id = :id", id=both)
    await looks(office)
    await office.product.escalation.tick()
    assert [(await office.case(it.id)).unit for it in rows] == ["duty", "duty", "vks-tp"]
    assert "Tầng 0" in (await office.product.review.open(await office.session("truc"), gone)).tip.text
    assert "Tầng 2" in (await office.product.review.open(await office.session("kiem"), both)).tip.text


# --- the mailbox ------------------------------------------------------------------------------------------------------


async def test_a_mailbox_key_that_was_swapped_is_never_sealed_to(office: Home) -> None:
    """The officer's question opens with the receipt, and not with the insider's key."""
    code, row = await sent(office)
    seed = secrets.token_bytes(32)
    behind(office, "UPDATE mailbox SET public = :mine", mine=sealing.public_bytes(seed))
    await office.product.casework.act(await office.session("an"), row.id, "ask", Fields("Phòng số mấy?"))
    assert [it.text for it in (await office.product.mailboxes.read(code)).letters] == ["Phòng số mấy?"]
    for grant in await office.grants(row.id):
        if grant.reader == RECEIPT:
            with pytest.raises(errors.NotOpened):
                sealing.open_key(grant, [seed])
    assert behind(office, "SELECT public FROM mailbox") != [(sealing.public_bytes(seed),)]


@pytest.mark.parametrize("beside", [True, False], ids=["beside it", "in its place"])
async def test_whoever_slips_in_a_mailbox_is_not_the_reporter(office: Home, beside: bool) -> None:
    """A look-up id of their own leads to somebody's case: it opens nothing, and the true one is set again."""
    code, row = await sent(office)
    mine = receipt.of_seed(secrets.token_bytes(32))
    if beside:
        behind(office, "DROP INDEX ix_mailbox_case_id")
        behind(
            office,
            "INSERT INTO mailbox (lookup, case_id, public) VALUES (:lookup, :case, :public)",
            lookup=mine.lookup,
            case=row.id,
            public=sealing.public_bytes(mine.reading_seed),
        )
    else:
        behind(office, "UPDATE mailbox SET lookup = :lookup", lookup=mine.lookup)
    with pytest.raises(errors.NotFound):
        await office.product.mailboxes.read(mine.code)
    await looks(office)
    assert (await office.product.mailboxes.read(code)).case.id == row.id
    assert len(behind(office, "SELECT lookup FROM mailbox")) == 1


async def test_a_mailbox_that_was_deleted_is_there_again_within_the_hour(office: Home) -> None:
    code, _ = await sent(office)
    behind(office, "DELETE FROM mailbox")
    await looks(office)
    assert (await office.product.mailboxes.read(code)).letters == ()


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
async def test_a_letter_whose_key_was_deleted_is_told_of_in_the_reporters_language(office: Home, lang: str) -> None:
    """One of two questions: before the clock has found it, and after."""
    code, row = await sent(office)
    for words in ("Phòng số mấy?", "Mấy giờ?"):
        await office.product.casework.act(await office.session("an"), row.id, "ask", Fields(words))
    first, _ = await office.envelopes(row.id, "question")
    behind(office, "DELETE FROM reading_grant WHERE reader = 'receipt' AND envelope_id = :id", id=first.id)
    for _ in range(2):
        someone = office.citizen(secrets.token_hex(4))
        await someone.says({"vi": "tiếng việt", "en": "english", "zh": "中文"}[lang])
        outcome = await someone.says(code)
        words = [locales.render(outcome.lang, say) for reply in outcome.replies for say in reply.says]
        assert locales.say(lang, "mailbox.letters_closed", number="1") in words
        await looks(office)


# --- who may sign -----------------------------------------------------------------------------------------------------

FORGED = {
    "the end of a case, by another desk": (Kind.SHREDDED, "binh"),
    "the end of a case, by its own desk": (Kind.SHREDDED, "an"),
    "an agreement, by its own desk": (Kind.ENDORSED, "an"),
    "an agreement, by a desk that does not read it": (Kind.ENDORSED, "binh"),
    "a reading, by a desk that does not read it": (Kind.READ, "binh"),
    "a reading, by an overseer who sleeps on it": (Kind.READ, "kiem"),
    "a climb, by an officer": (Kind.ESCALATED, "an"),
    "the reporter's words, by an officer": (Kind.ADDED, "an"),
    "a mending, by an officer": (Kind.MENDED, "an"),
    "a case given by the quorum, by an officer": (Kind.RELEASED, "an"),
    "a closing, by an admin": (Kind.MOVED, "quan"),
}


@pytest.mark.parametrize(("kind", "by"), FORGED.values(), ids=FORGED.keys())
async def test_what_is_truly_signed_by_who_may_not_sign_it_is_no_event(office: Home, kind: Kind, by: str) -> None:
    """With their own key, all claims as they must be, straight into the database."""
    _, row = await sent(office)
    bundle = await office.product.store.cases.bundle(row.id, None)
    change = forged(bundle.checked(office.product.roster()), kind, by, office.people[by].signing, office.clock())
    await office.product.store.cases.apply(change)
    report = await office.product.audit()
    assert any(f"{by} may not sign this event" in it for it in report.problems)
    with pytest.raises(errors.NotVerified):
        await office.product.review.open(await office.session("an"), row.id)
    await looks(office)
    assert "karaoke" in (await office.product.review.open(await office.session("an"), row.id)).tip.text
    assert [it.differed for it in (await office.product.audit()).incidents] == [("chain",)]


async def test_the_clock_itself_ends_no_case_before_its_time(office: Home) -> None:
    """Its key in an insider's hand: an event that destroys an open case is no event."""
    _, row = await sent(office)
    checked = (await office.product.store.cases.bundle(row.id, None)).checked(office.product.roster())
    signing = office.product.retention.signing
    change = forged(checked, Kind.SHREDDED, "clock", signing, office.clock())
    await office.product.store.cases.apply(Change(change.case, change.before, change.events))
    assert any("before its time" in it for it in (await office.product.audit()).problems)


async def goes(home: Home, name: str, *, as_then: bool = False) -> None:
    """Somebody leaves; `as_then`: by a program that did not write down where they had worked."""
    product = home.product
    step = product.registrar().leave(name)
    if as_then:
        version = replace(step.version, past={})
        told = proposals.propose(version, step.before, home.clock(), secrets.token_bytes).events
        step = replace(step, version=version, events=told)
    await product.roster.put_into_force(home.signed(step))


@pytest.mark.parametrize("as_then", [False, True], ids=["now", "by an earlier program"])
async def test_who_was_dismissed_signs_nothing_in_cases_that_their_unit_never_read(office: Home, as_then: bool) -> None:
    """Their key is still true, and what they once signed still holds."""
    _, row = await sent(office)
    _, theirs = await sent(office, f"{TIP} Tầng hai.")
    await office.product.casework.act(await office.session("an"), theirs.id, "share", Fields(unit="area-778"))
    await office.product.review.open(await office.session("binh"), theirs.id)
    await goes(office, "binh", as_then=as_then)
    assert not any("case" in it for it in (await office.product.audit()).problems)
    checked = (await office.product.store.cases.bundle(row.id, None)).checked(office.product.roster())
    change = forged(checked, Kind.READ, "binh", office.people["binh"].signing, office.clock())
    await office.product.store.cases.apply(change)
    assert any("binh may not sign this event" in it for it in (await office.product.audit()).problems)


@pytest.mark.parametrize("hours", [0, -24], ids=["today", "dated back"])
async def test_who_was_dismissed_signs_nothing_that_happened_since(office: Home, hours: int) -> None:
    """In a case that their unit reads, which came after they had left."""
    await office.join(("bo", "area-770", "officer"))
    await goes(office, "bo")
    office.clock.forward(hours=20)
    _, row = await sent(office)
    checked = (await office.product.store.cases.bundle(row.id, None)).checked(office.product.roster())
    at = office.clock() + timedelta(hours=hours)
    await office.product.store.cases.apply(forged(checked, Kind.READ, "bo", office.people["bo"].signing, at))
    assert any("bo" in it.split() for it in (await office.product.audit()).problems)


async def test_who_was_dismissed_signs_nothing_more_that_concerns_no_case(office: Home) -> None:
    """Such events have no chain and no readers: the time until which a key counts is all that there is."""
    await office.join(("bo", "area-770", "officer"))
    await goes(office, "bo")
    office.clock.forward(hours=20)
    at = deadlines.hour(office.clock())
    event = ledger.Event(Kind.SEARCHED, b"", ledger.FIRST, at, "bo", secrets.token_bytes(32), {})
    await office.product.store.ledger.append(ledger.sign(event, office.people["bo"].signing))
    assert any("bo" in it.split() for it in (await office.product.audit()).problems)


# --- a chain that does not hold ---------------------------------------------------------------------------------------


async def has(home: Home, code: str, *words: str) -> None:
    """What the reporter adds, one by one."""
    someone = home.citizen(secrets.token_hex(4))
    for it in words:
        await someone.says(code)
        await someone.says(it)


async def test_a_case_whose_chain_is_broken_climbs_at_once_with_its_text_and_is_never_destroyed(office: Home) -> None:
    """An event is deleted, of an addition: what the others name goes up, what it named lies where it is."""
    code, row = await sent(office)
    await has(office, code, "Thêm: phòng số 6.", "Thêm: mười giờ đêm.")
    events = {it.leaf: ledger.parse(it) for it in await office.events(row.id)}
    second = next(leaf for leaf, it in events.items() if it.previous != ledger.FIRST and it.previous != row.head)
    first = next(leaf for leaf, it in events.items() if it.previous == row.head)
    assert {first, second} < events.keys()
    behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=first)
    assert any("chain of events is broken" in it for it in (await office.product.audit()).problems)
    office.clock.forward(hours=1)
    await office.product.escalation.tick()
    assert await office.product.jobs.tick(job(office, "mend")) == 1
    await office.product.escalation.tick()
    opening = await office.product.review.open(await office.session("truc"), row.id)
    assert "karaoke" in opening.tip.text
    assert [it.content.text for it in opening.thread] == ["Thêm: mười giờ đêm."]
    assert len(await office.envelopes(row.id)) == 3
    report = await office.product.audit()
    assert report.sound
    assert [it.differed for it in report.incidents] == [("chain",)]
    assert (await office.product.mailboxes.read(code)).case.unit == "duty"
    await has(office, code, "Họ vẫn bán.")
    assert len((await office.product.review.open(await office.session("truc"), row.id)).thread) == 2


async def test_an_event_of_garbage_closes_a_case_to_nobody_for_longer_than_an_hour(office: Home) -> None:
    """It is passed over, and so is the next one."""
    _, row = await sent(office)
    for number in (1, 2):
        statement = "INSERT INTO event (leaf, case_id, body, signature) VALUES (:leaf, :case, :garbage, :garbage)"
        behind(office, statement, leaf=bytes([number]) * 32, case=row.id, garbage=b"{}")
        await looks(office)
        assert "karaoke" in (await office.product.review.open(await office.session("an"), row.id)).tip.text


async def test_of_a_case_whose_first_event_is_gone_nothing_is_made_up(office: Home) -> None:
    """Too little is left: it is named, stands in the list of what stands still, and the next level is told once."""
    code, row = await sent(office)
    await has(office, code, "Thêm: phòng số 6.")
    (first,) = [it.leaf for it in await office.events(row.id) if ledger.parse(it).previous == ledger.FIRST]
    behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=first)
    before = await office.pings()
    for _ in range(2):
        await looks(office)
    assert [(it.unit, it.case) for it in await office.pings() if it not in before] == [("duty", None)]
    assert [it.case for it in await office.stuck()] == [row.id]
    assert not (await office.product.audit()).sound


# --- what a signer may claim ------------------------------------------------------------------------------------------


async def signs(home: Home, row: Case, kind: Kind, signer: str, change: Change, **facts: str) -> None:
    """An event of a reader's own program, with whatever claims they like."""
    entries = [Entry(kind, {"part": "all", **facts}, secrets.token_bytes(32))]
    who = Signature(signer, home.people[signer].signing, deadlines.hour(home.clock()))
    await home.product.store.cases.apply(change.signed(row.head, entries, who, secrets.token_bytes(16)))


WISHES = {
    "more time": {"due_at": datetime(2030, 1, 1, tzinfo=UTC)},
    "no deadline": {"clock": None},
    "another desk": {"unit": "area-778"},
    "a level that skips the overseer": {"level": 9},
    "an end": {"state": "closed", "clock": "retention"},
    "another time of receipt": {"received_at": datetime(2020, 1, 1, tzinfo=UTC)},
    "no restriction": {"restricted": True},
}


@pytest.mark.parametrize("wish", WISHES)
async def test_a_reading_claims_that_somebody_read_and_nothing_else(office: Home, wish: str) -> None:
    """Truly signed by an officer of the desk that has the case."""
    _, row = await sent(office)
    await signs(office, row, Kind.READ, "an", Change(replace(row, **WISHES[wish])))  # type: ignore[arg-type]
    assert any(row.id.hex() in it and it.endswith("read") for it in (await office.product.audit()).problems)
    with pytest.raises(errors.NotVerified):
        await office.product.review.open(await office.session("an"), row.id)


async def test_no_reader_gives_keys_by_the_way(office: Home) -> None:
    """As they claim it: to the tip, to a desk of their choice; or a mailbox of their own; or by taking somebody's."""
    mine = receipt.of_seed(secrets.token_bytes(32))
    behind(office, "DROP INDEX ix_mailbox_case_id")
    slipped = {
        "keys": lambda it: Change(it.case, woken=tuple(replace(key, reader="area-778") for key in it.grants[:1])),
        "mailbox": lambda it: Change(it.case, mailbox=Mailbox(mine.lookup, it.case.id, bytes(1216))),
        "shut": lambda it: Change(it.case, shut=("vks-tp",)),
    }
    for change in slipped.values():
        _, row = await sent(office)
        bundle = await office.product.store.cases.bundle(row.id, None)
        await signs(office, row, Kind.CLAIMED, "an", change(bundle))
        assert any(row.id.hex() in it and "may not: claimed" in it for it in (await office.product.audit()).problems)


TOLD = {
    "sealed anew": ("renewed", "{tip}>{other}>{digest}"),
    "set aside": ("aside", "{tip}"),
    "other pieces": ("pieces", "{other}:{digest}:{digest}:tip"),
}


@pytest.mark.parametrize(("fact", "told"), TOLD.values(), ids=TOLD.keys())
async def test_no_reading_tells_that_a_piece_is_another_or_none(office: Home, fact: str, told: str) -> None:
    """By facts that only sealing anew, or a beginning, may state: nobody's key to the tip goes by that."""
    _, row = await sent(office)
    (tip,) = await office.envelopes(row.id, "tip")
    said = told.format(tip=tip.id.hex(), other="00" * 16, digest="00" * 32)
    await signs(office, row, Kind.READ, "an", Change(row), **{fact: said})
    assert any("tells what one of its kind may not: read" in it for it in (await office.product.audit()).problems)
    await looks(office)
    assert "karaoke" in (await office.product.review.open(await office.session("an"), row.id)).tip.text


async def test_sealing_anew_gives_nobody_a_key_who_had_none(office: Home) -> None:
    """An officer's own program seals the tip anew, to a desk of their choice as well."""
    _, row = await sent(office)
    bundle = await office.product.store.cases.bundle(row.id, None)
    (tip,) = bundle.envelopes
    again = replace(tip, id=bytes(16))
    given = [replace(it, envelope=again.id, reader=who) for it in bundle.grants[:1] for who in ("area-770", "area-778")]
    letter = {**ledger.envelope_facts(tip), "part": "exclusion"}
    renewed = {"renewed": f"{tip.id.hex()}>{again.id.hex()}>{tip.digest.hex()}", **letter}
    change = Change(row, envelopes=(again,), grants=tuple(given), dropped=(tip.id,))
    await signs(office, row, Kind.EXCLUDED, "an", change, **renewed)
    assert any("gives keys that one of its kind may not" in it for it in (await office.product.audit()).problems)


# --- the roster -------------------------------------------------------------------------------------------------------


async def test_a_roster_row_that_was_taken_away_brings_nobody_back(tmp_path: Path, database_url: str) -> None:
    """An officer who left stays gone, in a process that starts anew too; `ledger verify` names the row."""
    async with opened(tmp_path, (AN, BINH, KIEM), database_url) as office:
        await office.product.roster.put_into_force(office.signed(office.product.registrar().leave("binh")))
        newest = office.product.roster().version
        behind(office, "DELETE FROM roster WHERE version = :version", version=newest)
        async with open_product(office.settings, now=office.clock) as again:
            assert again.roster().version == newest
            assert again.roster().person("binh") is None
            await again.roster.refresh()
            assert again.roster().version == newest
            assert f"roster version {newest}: its row is gone" in (await again.audit()).problems


async def test_rosters_and_what_the_ledger_tells_of_them_agree(office: Home) -> None:
    """An older version that is gone or altered, and an event of one, are named."""
    assert (await office.product.audit()).sound
    behind(office, "UPDATE roster SET document = :other WHERE version = 1", other=b"{}")
    assert "roster version 1: it is not what was signed" in (await office.product.audit()).problems
    behind(office, "DELETE FROM roster WHERE version = 1")
    assert "roster version 1: its row is gone" in (await office.product.audit()).problems
    marked = b'"kind":"roster"'.hex()
    for leaf, body in behind(office, "SELECT leaf, body FROM event"):
        if marked in bytes(body).hex() and b'"version":"2"' in bytes(body):
            behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=leaf)
    assert "roster version 2: no event tells of it" in (await office.product.audit()).problems
