"""A second evening: what somebody with the database, or an officer's key beside it, did once the log was there."""

import contextlib
import io
import itertools
import json
import secrets
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.commands import ledger as commands
from bot.commands import recovery
from bot.commands.people import Signing
from storage import engine, mapping
from tests.fakes import desk, gallery
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BINH, KIEM, QUAN, THANH, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED as ACCUSES
from tests.flows.test_evidence import sent_with
from tests.flows.test_filing import in_hand, keys
from tests.flows.test_insider import has, looks, sent
from tests.flows.test_insider_attacks import evenings, puts, signs, unsigned
from tests.flows.test_nightly_backups import nights
from tests.flows.test_recovery import restored_into, write_printed
from tests.flows.test_tree import behind, closings, found
from tests.flows.test_tree_attacks import forged, put_event
from tips.cases import claims, deadlines, ledger, reading_grants
from tips.cases.case import State
from tips.cases.ledger import FIRST, Event, Kind
from tips.cases.plaintext import Part
from tips.crypto import sealing
from tips.desk.actions import Fields
from tips.merkle import notes, tree
from tips.organisation import units
from tips.organisation.taxonomy import Urgency
from tips.organisation.terms import LONGEST
from tips.transparency import filing

PEOPLE = (AN, BINH, TRUC_COORDINATES, KIEM, THANH, QUAN)


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, PEOPLE, database_url) as home:
        yield home


async def read_by(home: Home, who: str, case: bytes) -> str:
    return (await home.product.review.open(await home.session(who), case)).tip.text


def grown(plain: Mapping[str, Any], shape: str) -> bytes:
    """A body of these words whose leaf lies before all others, so that a store gives it first."""
    numbered = (json.dumps({**plain, "n": number}, separators=(",", ":")) for number in itertools.count())
    bodies = (shape.replace("?", it).encode() for it in numbered)
    return next(it for it in bodies if not tree.leaf_hash(it)[0])


# --- no key at all ----------------------------------------------------------------------------------------------------

SPOILT = {
    "gone": ("DELETE FROM reading_grant WHERE envelope_id = :id", "DELETE FROM envelope WHERE id = :id"),
    "another text": ("UPDATE envelope SET sealed = commitment WHERE id = :id",),
}


@pytest.mark.parametrize("edits", SPOILT.values(), ids=SPOILT.keys())
async def test_a_later_piece_that_was_destroyed_closes_a_case_to_nobody(office: Home, edits: tuple[str, ...]) -> None:
    """The tip is there, and is read by its desk, by who it climbs to, and its reporter is answered."""
    code, row = await sent(office)
    await has(office, code, "Thêm: phòng số 6.")
    (piece,) = await office.envelopes(row.id, "addition")
    for edit in edits:
        behind(office, edit, id=piece.id)
    assert any("is gone, or not the one" in it for it in await found(office))
    assert "karaoke" in await read_by(office, "an", row.id)
    await office.product.casework.act(await office.session("an"), row.id, "ask", Fields("Phòng số mấy?"))
    assert len((await office.product.mailboxes.read(code)).letters) == 1
    await evenings(office, 20)
    assert "karaoke" in await read_by(office, "truc", row.id)


async def test_whom_a_destroyed_piece_accused_is_still_shut_out(office: Home) -> None:
    """What it said nobody knows any more; who had no key to it, the chain tells."""
    code, row = await sent(office)
    fields = Fields("Xin ý kiến.", unit="vks-tp")
    await office.product.casework.act(await office.session("an"), row.id, "consult", fields)
    await has(office, code, ACCUSES)
    (piece,) = await office.envelopes(row.id, "addition")
    behind(office, "DELETE FROM reading_grant WHERE envelope_id = :id", id=piece.id)
    behind(office, "DELETE FROM envelope WHERE id = :id", id=piece.id)
    (other,) = await office.envelopes(row.id, "shut_out")
    behind(office, "DELETE FROM reading_grant WHERE envelope_id = :id", id=other.id)
    behind(office, "DELETE FROM envelope WHERE id = :id", id=other.id)
    await office.product.casework.act(await office.session("kiem"), row.id, "note", Fields("Đang xem."))
    (note,) = await office.envelopes(row.id, "note")
    assert "area-770" not in {it.reader for it in await office.grants(row.id) if it.envelope == note.id}
    await looks(office)
    assert (await office.case(row.id)).unit == "duty"
    await office.product.casework.act(await office.session("truc"), row.id, "ask", Fields("Phòng số mấy?"))
    await has(office, code, "Tối qua họ lại nhận tiền ở quán.")
    later = {it.id for it in await office.envelopes(row.id)} - {it.id for it in await office.envelopes(row.id, "tip")}
    assert "area-770" not in {it.reader for it in await office.grants(row.id) if it.envelope in later}


WORDS = {"half a letter": "\ud800", "a screen that is wiped": "\x1b[2J\x1b[H9 cases, 9 events: sound"}


@pytest.mark.parametrize("by", WORDS.values(), ids=WORDS.keys())
async def test_a_name_that_nobody_bears_is_printed_nowhere(office: Home, by: str) -> None:
    """One row that nobody signed; auditors read its name on their terminal, and overseers on a page."""
    await sent(office)
    put_event(office, forged(b"", by=by))
    assert await found(office)
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out):
        assert await commands.verify(office.settings, as_json=False) == 1
    out.flush()
    assert b"\x1b" not in out.buffer.getvalue()  # type: ignore[attr-defined]
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "kiem")
        assert (await client.get("/desk/ledger")).status_code == 200


async def test_a_case_with_a_file_that_began_anew_stops_no_audit(office: Home) -> None:
    """One row that nobody signed makes its chain begin anew: how many parts a file has no event tells any more."""
    code = await sent_with(office, gallery.picture("JPEG"))
    row = await office.case_of(code)
    unsigned(office, row.id, b"{}")
    await looks(office)
    assert all("this is not an event" in it for it in await found(office))


async def test_the_intake_promises_no_leaf_of_an_event_that_nobody_signed(office: Home) -> None:
    """A row with the blind of the true one, in a case whose chain began anew: the promise would never be kept."""
    await office.product.heads.tick()
    code, row = await sent(office)
    (first,) = await office.events(row.id)
    unsigned(office, row.id, b"{}")
    await looks(office)
    plain = json.loads(first.body)
    unsigned(office, row.id, grown(plain, "?"))
    shown = filing.verify(await in_hand(office, code), [notes.parse_vkey(it) for it in keys(office).values()])
    assert shown.promise.leaf == first.leaf
    unsigned(office, row.id, grown({}, json.dumps(plain["blind"]).join(['"blind":', "?"])))
    shown = filing.verify(await in_hand(office, code), [notes.parse_vkey(it) for it in keys(office).values()])
    assert shown.promise.leaf == first.leaf


async def test_heads_that_were_exchanged_for_one_another_are_named(office: Home) -> None:
    """Older ones, of which a page shows the hour."""
    for _ in range(4):
        await office.product.heads.tick()
        office.clock.forward(hours=1)
    assert await found(office) == ()
    one, two = (it for (it,) in behind(office, "SELECT closing FROM tree_head WHERE size IN (64, 128) ORDER BY size"))
    behind(office, "UPDATE tree_head SET closing = :it WHERE size = 64", it=two)
    behind(office, "UPDATE tree_head SET closing = :it WHERE size = 128", it=one)
    assert any("head 64" in it for it in await found(office))
    behind(office, "UPDATE tree_head SET closing = :it WHERE size = 64", it=one)
    behind(office, "UPDATE tree_head SET closing = :it WHERE size = 128", it=two)
    behind(office, "UPDATE tree_head SET note = closing WHERE size = 64")
    assert any("head 64" in it for it in await found(office))


async def test_a_seed_that_nobody_sealed_keeps_nobody_from_their_desk(office: Home) -> None:
    values = {"unit": "area-770", "holder": "an", "sealed": b"?"}
    put = "INSERT INTO unit_seed (unit, generation, holder, sealed) VALUES (:unit, 99, :holder, :sealed)"
    behind(office, put, **values)
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "an")
        assert (await client.get("/desk")).status_code == 200


async def test_who_deletes_what_the_clock_signed_takes_no_case_from_its_overseers(office: Home) -> None:
    """Each hour the newest event: the chain begins anew, and the case climbs past whom the clock had woken."""
    _, row = await sent(office)
    unsigned(office, row.id, b"{}")
    for _ in range(4):
        await looks(office)
        await office.product.escalation.tick()
        behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=(await office.case(row.id)).head)
    await looks(office)
    await office.product.escalation.tick()
    assert (await office.case(row.id)).state != "held"
    assert "karaoke" in await read_by(office, "truc", row.id)


async def test_a_case_that_is_deleted_whole_after_its_hour_is_missed_within_the_next(office: Home) -> None:
    _, row = await sent(office)
    await office.product.heads.tick()
    for table in ("reading_grant", "envelope", "mailbox", "event"):
        behind(office, f"DELETE FROM {table} WHERE case_id = :id", id=row.id)
    behind(office, "DELETE FROM tip WHERE id = :id", id=row.id)
    office.clock.forward(hours=1)
    await office.product.heads.tick()
    assert (await closings(office))[-1].facts["missing"] != "0"


async def test_who_cuts_off_the_end_of_a_chain_lets_no_accused_desk_in_again(office: Home) -> None:
    """Rows of yesterday are put back, when the desk had not been accused yet; its leaves are in the tree."""
    code, row = await sent(office)
    tables = {name: behind(office, f"SELECT * FROM {name}") for name in ("tip", "reading_grant", "event")}
    await has(office, code, ACCUSES)
    await office.product.escalation.tick()
    await office.product.heads.tick()
    assert "area-770" not in {it.reader for it in await office.grants(row.id)}
    for name in ("reading_grant", "envelope", "event"):
        kept = " AND part <> 'tip'" if name == "envelope" else ""
        behind(office, f"DELETE FROM {name} WHERE case_id = :id{kept}", id=row.id)
    for name in ("reading_grant", "event"):
        for old in tables[name]:
            if old.case_id == row.id:
                columns = [*old._mapping]
                marks = ", ".join(f":{it}" for it in columns)
                behind(office, f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", **old._mapping)
    (old,) = tables["tip"]
    changed = ", ".join(f"{it} = :{it}" for it in old._mapping)
    behind(office, f"UPDATE tip SET {changed} WHERE id = :id", **old._mapping)
    await looks(office)
    await has(office, code, "Tối qua họ lại nhận tiền ở quán.")
    assert not [it for it in await office.grants(row.id) if it.reader == "area-770"]


# --- backups ----------------------------------------------------------------------------------------------------------

ODD = {
    "text that is no UTF-8": "INSERT INTO tally (period, of, name, count) VALUES (CAST(x'ff' AS TEXT), 'x', 'y', 1)",
    "text where bytes are": "INSERT INTO kept (name, value) VALUES ('junk', 'é')",
    "a leaf that is text": "INSERT INTO event (leaf, case_id, body, signature) VALUES ('x', x'', x'', x'')",
    "a leaf that is a number": "INSERT INTO event (leaf, case_id, body, signature) VALUES (5, x'', x'', x'')",
    "a key to nothing": "INSERT INTO reading_grant VALUES (x'01', 'x', x'02', 0, 0, 1, x'03')",
    "a tip's row that is gone": "DELETE FROM tip",
    "a number that is text": "INSERT INTO tally (period, of, name, count) VALUES ('x', 'x', 'y', 'z')",
}


@pytest.mark.parametrize("edit", ODD.values(), ids=ODD.keys())
async def test_no_row_of_sqlite_stops_the_backups_or_spoils_them(tmp_path: Path, edit: str) -> None:
    """What its columns take of any type, and what hangs on nothing; who restores it may have to say `--despite`."""
    async with nights(tmp_path) as kept:
        await kept.opened.citizen().sends(TIP)
        with contextlib.closing(sqlite3.connect(engine.sqlite_path(kept.opened.settings.database_url))) as beside:
            beside.execute(edit)
            beside.commit()
        assert await kept.tick() == 1
        write_printed(tmp_path / "init.json", kept.opened)
        new = restored_into(tmp_path, kept.opened.settings)
    (file,) = kept.folder.glob("*.age")
    await recovery.restore(new, file, tmp_path / "init.json", Signing(tmp_path / "init.json"), despite=True)


@pytest.mark.parametrize("edit", ["DELETE FROM kept", "UPDATE kept SET value = :other WHERE name LIKE 'recovery:%'"])
async def test_a_recovery_seed_that_was_destroyed_is_named_and_spoils_no_backup(
    tmp_path: Path, database_url: str, edit: str
) -> None:
    """Or each backup from that night on would be one that no shares open."""
    async with nights(tmp_path, database_url) as kept:
        await kept.opened.citizen().sends(TIP)
        behind(kept.opened, edit, **({"other": b"?"} if ":other" in edit else {}))
        assert await found(kept.opened)
        assert await kept.tick() == 1
        write_printed(tmp_path / "init.json", kept.opened)
        new = restored_into(tmp_path, kept.opened.settings)
    (file,) = kept.folder.glob("*.age")
    await recovery.restore(new, file, tmp_path / "init.json", Signing(tmp_path / "init.json"), despite=True)


async def test_a_roster_that_nobody_signed_stops_no_later_one_and_no_restore(tmp_path: Path, database_url: str) -> None:
    """Put where the next version belongs, by whoever wants nobody to join or to leave any more."""
    async with nights(tmp_path, database_url) as kept:
        office = kept.opened
        junk = "INSERT INTO roster (version, document, signatures) VALUES (:version, :document, :signatures)"
        for _ in range(2):
            version = office.product.roster().version + 1
            behind(office, junk, version=version, document=b"{}", signatures="{}")
            await office.product.roster.put_into_force(office.signed(office.product.registrar().rotate("area-770")))
            assert office.product.roster().version == version
        assert (await office.product.audit()).sound
        behind(office, junk, version=version + 1, document=b"{}", signatures="{}")
        assert await kept.tick() == 1
        write_printed(tmp_path / "init.json", office)
        new = restored_into(tmp_path, office.settings)
    (file,) = kept.folder.glob("*.age")
    await recovery.restore(new, file, tmp_path / "init.json", Signing(tmp_path / "init.json"))


# --- with one officer's key -------------------------------------------------------------------------------------------

PIECES: dict[str, dict[str, str]] = {
    "a commitment that is none": {"commitment": "zz"},
    "a piece that is nowhere": {"envelope": "ab" * 16},
    "a file": {"part": "file"},
    "a file of so many parts": {"part": "file", "chunks": "x"},
    "another tip": {"part": "tip"},
    "no kind of piece": {"part": "x"},
    "hours that are none": {"left_h": "x"},
}


@pytest.mark.parametrize("told", PIECES.values(), ids=PIECES.keys())
async def test_a_note_of_nothing_closes_no_case_and_stops_no_audit(office: Home, told: dict[str, str]) -> None:
    """Truly signed by the case's own desk, with a piece in the database that is none."""
    code, row = await sent(office)
    sealed = secrets.token_bytes(64)
    values = {"id": secrets.token_bytes(16), "case": row.id, "sealed": sealed, "commitment": bytes(32)}
    put = (
        "INSERT INTO envelope (id, case_id, part, sealed, commitment) VALUES (:id, :case, 'note', :sealed, :commitment)"
    )
    behind(office, put, **values)
    (piece,) = [it for it in await office.envelopes(row.id) if it.id == values["id"]]
    facts = {**ledger.envelope_facts(piece), **told}
    await signs(office, row, "an", Kind.NOTED, facts=facts)
    assert await found(office)
    await evenings(office, 10)
    assert "karaoke" in await read_by(office, "truc", row.id)
    assert (await office.product.mailboxes.read(code)).case.id == row.id
    await found(office)


RENEWALS = ["aa", "aa>bb", "aa>bb>cc>dd", "aa>zz>cc"]


@pytest.mark.parametrize("told", RENEWALS)
async def test_a_sealing_anew_of_nothing_closes_no_case_and_stops_no_audit(office: Home, told: str) -> None:
    _, row = await sent(office)
    (tip,) = await office.envelopes(row.id, "tip")
    facts = {**ledger.envelope_facts(tip), "envelope": "ab" * 16, "part": "exclusion", "renewed": told}
    await signs(office, row, "an", Kind.EXCLUDED, facts=facts)
    assert await found(office)
    await evenings(office, 10)
    assert "karaoke" in await read_by(office, "truc", row.id)


DUES: dict[str, tuple[Kind, dict[str, str], dict[str, Any]]] = {
    "claimed until 2096": (Kind.CLAIMED, {}, {"due": 4_000_000_000, "officer": "an"}),
    "claimed without a clock": (Kind.CLAIMED, {}, {"due": None, "clock": None, "officer": "an"}),
    "linked until 2096": (Kind.LINKED, {}, {"due": 4_000_000_000}),
    "cleared until 2096": (Kind.CLEARED, {}, {"due": 4_000_000_000}),
    "extended before it was verified": (Kind.EXTENDED, {}, {"due": 4_000_000_000}),
    "to be woken in 2096": (Kind.NOTED, {}, {"due": 4_000_000_000, "clock": "wake"}),
    "suspended": (Kind.MOVED, {"to": "suspended"}, {"due": None, "clock": None, "state": "suspended"}),
    "closed": (
        Kind.MOVED,
        {"to": "closed", "officer": "an"},
        {"due": 4_000_000_000, "clock": "retention", "state": "closed"},
    ),
    "held": (Kind.CLAIMED, {}, {"due": None, "clock": None, "state": "held"}),
    "an urgency that is none": (Kind.CORRECTED, {}, {"urgency": "P9"}),
    "a name that no column takes": (Kind.CLAIMED, {}, {"officer": "a\0"}),
}


@pytest.mark.parametrize(("kind", "facts", "says"), DUES.values(), ids=DUES.keys())
async def test_an_officer_lets_no_case_lie_by_a_program_of_their_own(
    office: Home, kind: Kind, facts: dict[str, str], says: dict[str, Any]
) -> None:
    """By the case's own desk, which is to look at it within a day: it climbs when it must."""
    _, row = await sent(office)
    await signs(office, row, "an", kind, facts=facts, says=says)
    await evenings(office, 10)
    assert (await office.case(row.id)).unit == "duty"


@pytest.mark.parametrize("organisation", ["hcmc-districts", "hcmc-2025", "company"])
def test_no_term_is_longer_than_a_step_may_give(organisation: str) -> None:
    """On whichever day of some years it begins; a document with a longer one is refused."""
    terms = units.load(organisation).terms
    for state, urgency in itertools.product([it for it in State if terms.deadline(it)], Urgency):
        for day in range(3 * 365):
            now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
            term = deadlines.start(terms, state, urgency, now)
            assert term.name and term.due_at
            assert term.due_at - now <= timedelta(days=LONGEST[term.name])


async def test_nobody_lets_a_case_lie_by_an_event_that_is_dated_ahead(office: Home) -> None:
    _, row = await sent(office)
    ahead = deadlines.hour(office.clock().replace(year=2190))
    term = deadlines.start(office.product.organisation.terms, "screening", row.urgency, ahead)
    assert term.due_at
    says = {"due": int(term.due_at.timestamp()), "state": "screening", "officer": "an"}
    await signs(office, row, "an", Kind.CLAIMED, facts={}, says=says, at=ahead)
    await evenings(office, 10)
    assert (await office.case(row.id)).unit == "duty"


async def test_a_thousand_forks_keep_no_case_from_climbing(office: Home) -> None:
    _, row = await sent(office)
    ((body,),) = behind(office, "SELECT body FROM event WHERE case_id = :id", id=row.id)
    claims, previous = {"row": json.loads(bytes(body))["claims"]["row"]}, row.head
    for _ in range(1100):
        event = Event(Kind.READ, row.id, previous, deadlines.hour(office.clock()), "an", b"", {"part": "all"}, claims)
        both = [ledger.sign(replace(event, blind=it * 32), office.people["an"].signing) for it in (b"1", b"2")]
        for it in both:
            put_event(office, it)
        previous = max(it.leaf for it in both)
    await evenings(office)
    assert (await office.case(row.id)).unit == "duty"


async def test_a_due_time_that_was_none_for_a_while_stops_no_recount(office: Home) -> None:
    _, row = await sent(office)
    done = await signs(office, row, "an", Kind.CLAIMED, facts={}, says={"due": 10**30, "officer": "an"})
    stands = {**json.loads(done.body)["claims"]["row"], "due": int(row.due_at.timestamp()) if row.due_at else None}
    at = deadlines.hour(office.clock())
    puts(office, Event(Kind.READ, row.id, done.leaf, at, "an", bytes(32), {"part": "all"}, {"row": stands}), "an")
    await office.product.recount._reached(["2026-11"])


ROSTERS: list[dict[str, str]] = [
    {"version": "9" * 5000, "digest": ""},
    {"version": "7"},
    {"version": "1", "digest": "x"},
]


@pytest.mark.parametrize("facts", ROSTERS, ids=["a long version", "no digest", "another digest"])
async def test_an_admin_alone_tells_of_no_roster(office: Home, facts: dict[str, str]) -> None:
    """A true signature of one of the two: the audit names it, and goes on."""
    name, words = next(iter(office.founding.passphrases.items()))
    signing = (await office.product.logins.unlock(name, words)).signing
    for number in range(3):
        at = deadlines.hour(office.clock())
        put_event(office, ledger.sign(Event(Kind.ROSTER, b"", FIRST, at, name, bytes([number]) * 32, facts), signing))
    assert await found(office)


INSIDE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"[" * 100_000,
    "a list": b"[]",
    "no words": b'{"v":1}',
    "facts that are a list": b'{"v":1,"text":"x","at":"2026-11-23T03:00:00+00:00","by":"an","facts":[]}',
    "no facts": b'{"v":1,"text":"x","at":"2026-11-23T03:00:00+00:00","by":"an","facts":{}}',
    "shut out is a number": b'{"v":1,"text":"x","at":"2026-11-23T03:00:00+00:00","by":"an","facts":{"excluded":5}}',
    "half a letter": b'{"v":1,"text":"\\ud800","at":"2026-11-23T03:00:00+00:00","by":"\\ud800","facts":{}}',
}


@pytest.mark.parametrize("part", sorted(set(Part) - {Part.TIP, Part.FILE}))
@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE.keys())
async def test_what_an_officer_seals_that_is_no_piece_closes_no_case(tmp_path: Path, inside: bytes, part: Part) -> None:
    """Truly sealed to who reads the case and to its reporter, truly signed: nobody is kept from the tip by it."""
    async with opened(tmp_path, PEOPLE) as office:
        code, row = await sent(office)
        readers = office.product.roster().readers(["area-770", "duty", "vks-tp"])
        reporter = (await office.product.store.cases.bundle(row.id, None)).mailboxes[0].public
        readers = reading_grants.with_receipt(readers, reporter)
        piece, given = sealing.seal(row.id, part, inside, readers, secrets.token_bytes)
        for name, values in (
            ("envelope", mapping.of_envelope(piece)),
            *(("reading_grant", mapping.of_grant(it)) for it in given),
        ):
            marks = ", ".join(f":{it}" for it in values)
            behind(office, f"INSERT INTO {name} ({', '.join(values)}) VALUES ({marks})", **values)
        keys_ = claims._of_grants(given)
        kind = Kind.CLEARED if part is Part.CLEARING else Kind.NOTED
        await signs(office, row, "an", kind, facts=ledger.envelope_facts(piece), keys=keys_)
        async with desk.browser(office) as client:
            await desk.log_in(client, office, "an")
            assert (await client.get(f"/desk/case/{row.id.hex()}")).status_code == 200
        assert "karaoke" in await read_by(office, "an", row.id)
        assert (await office.citizen("later").says(code)).replies
        await evenings(office, 10)
        assert "karaoke" in await read_by(office, "truc", row.id)
