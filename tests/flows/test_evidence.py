"""Evidence on its way: from every channel, sealed as it comes, seen at the desk, gone where the person says so."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.serve import web
from handlers import terminal
from handlers.uploads import memory_file
from storage import engine
from tests.fakes import gallery
from tests.fakes.desk import browser, log_in
from tests.fakes.home import Citizen, Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED as ACCUSING
from tips import errors
from tips.cases import ledger
from tips.desk.actions import Fields
from tips.evidence.files import MOST, WAITS, padme, room_for
from tips.evidence.limits import LARGEST
from tips.intake.reception import Outcome, Sender
from tips.intake.turns import Inbound


def text_of(outcome: Outcome) -> str:
    return "\n".join(f"{say.key} {dict(say.params)}" for reply in outcome.replies for say in reply.says)


async def gives(citizen: Citizen, data: bytes, caption: str = "") -> Outcome:
    with memory_file() as file:
        file.write(data)
        return await citizen.hears(Inbound("file", text=caption, upload=file))


async def sent_with(home: Home, *files: bytes, name: str = "someone") -> str:
    """A tip with files, to its receipt."""
    citizen = home.citizen(name)
    await citizen.says(TIP)
    for data in files:
        assert "file.taken" in text_of(await gives(citizen, data))
    outcome = await citizen.presses("submit")
    assert outcome.receipt
    return outcome.receipt


async def bytes_of(home: Home, session_of: str, at: int = 0) -> bytes:
    session = await home.session(session_of)
    (row,) = await home.product.review.queue(session)
    opened = await home.product.review.open(session, row.id)
    file = await home.product.review.file(session, row.id, opened.files[at].envelope)
    found = b"".join([piece async for piece in home.product.review.files.read(row.id, file)])
    assert hashlib.sha256(found).hexdigest() == file.clean
    return found


def rows_of(home: Home, table: str) -> int:
    created = sa.create_engine(engine.sync_url(home.settings.database_url))
    with created.connect() as connection:
        count = connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar()
    created.dispose()
    return int(count or 0)


async def test_a_picture_reaches_the_desk_clean_and_whole(a_home: Home, tmp_path: Path) -> None:
    """The hashes of what was sent and of the copy are in the envelope; the copy opens chunk by chunk."""
    sent = gallery.planted(gallery.picture("JPEG"), ".jpg", tmp_path)
    await sent_with(a_home, sent)
    found = await bytes_of(a_home, "an")
    assert gallery.CANARY.encode() not in found
    session = await a_home.session("an")
    (row,) = await a_home.product.review.queue(session)
    (file,) = (await a_home.product.review.open(session, row.id)).files
    assert (file.kind, file.mime, file.size) == ("image", "image/jpeg", len(found))
    assert file.original == hashlib.sha256(sent).hexdigest()


async def test_nothing_of_a_file_is_readable_in_the_store(a_home: Home) -> None:
    """Neither while it waits nor after: the clean copy's bytes are nowhere, and its size is padded."""
    sent = gallery.recording("wav", audio="pcm_s16le", seconds=8)
    citizen = a_home.citizen()
    await gives(citizen, sent)
    for _ in range(2):
        created = sa.create_engine(engine.sync_url(a_home.settings.database_url))
        with created.connect() as connection:
            stored = [bytes(row[0]) for row in connection.execute(sa.text("SELECT sealed FROM blob"))]
        created.dispose()
        assert stored
        assert not any(b"RIFF" in chunk or bytes(200) in chunk for chunk in stored)
        plain = sum(len(chunk) - 16 for chunk in stored)
        assert plain == padme(plain)
        await citizen.says(TIP)
        await citizen.presses("submit")


async def test_a_file_comes_before_the_words_or_with_them(a_home: Home) -> None:
    """A file alone asks where it was; a caption is the tip."""
    first = a_home.citizen("first")
    assert "ask.where" in text_of(await gives(first, gallery.picture("PNG")))
    assert "summary.files" in text_of(await first.says(TIP))
    second = a_home.citizen("second")
    shown = text_of(await gives(second, gallery.picture("PNG"), TIP))
    assert "file.taken" in shown
    assert "summary.files" in shown


async def test_small_talk_beside_a_file_is_a_tip(a_home: Home) -> None:
    """Who gives evidence is not told that their words are none."""
    citizen = a_home.citizen()
    await gives(citizen, gallery.picture("JPEG"))
    assert (await citizen.says("chào bạn")).state in {"asking", "summary"}


async def test_a_file_that_is_turned_down_loses_nothing(a_home: Home) -> None:
    """The reason is said, the words stay, the tip is sent without it."""
    citizen = a_home.citizen()
    await citizen.says(TIP)
    assert "file.unknown" in text_of(await gives(citizen, b"<svg onload=alert(1)>"))
    assert "file.empty" in text_of(await gives(citizen, b""))
    assert (await citizen.presses("submit")).receipt
    assert rows_of(a_home, "blob") == 0


async def test_every_reason_is_told_in_each_language() -> None:
    """No reason without words for it."""
    import locales
    from tips.evidence.kinds import REASONS

    for lang in ("vi", "en"):
        for reason in REASONS:
            assert locales.say(lang, f"file.{reason}", most="10", megabytes="20") != f"file.{reason}"


async def test_there_are_only_so_many_files(a_home: Home) -> None:
    """One more than a tip takes is turned down with the way to send it."""
    citizen = a_home.citizen()
    await citizen.says(TIP)
    picture = gallery.picture("JPEG", (40, 40))
    for _ in range(MOST):
        await gives(citizen, picture)
    assert "file.too_many" in text_of(await gives(citizen, picture))
    assert (await citizen.presses("submit")).receipt


async def test_when_too_much_waits_the_longest_untouched_files_go_and_nobody_is_turned_away(
    a_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of files fills no disk and keeps nobody's out; who goes on with a tip keeps its files, and who does not
    is told that theirs went."""
    picture = gallery.picture("JPEG", (40, 40))
    monkeypatch.setattr("tips.evidence.files.ROOM", 4 * room_for(len(picture)))
    forgetful, busy = a_home.citizen("forgetful"), a_home.citizen("busy")
    for citizen in (forgetful, busy):
        assert "file.taken" in text_of(await gives(citizen, picture, TIP))
    for number in range(12):
        a_home.clock.forward(minutes=5)
        await busy.says(f"thêm chi tiết số {number}: phòng trong cùng")
        assert "file.taken" in text_of(await gives(a_home.citizen(f"flood {number}"), picture))
        assert rows_of(a_home, "waiting_file") <= 4
    assert rows_of(a_home, "blob") <= 4
    assert (await busy.presses("submit")).receipt
    assert "file.gone" in text_of(await forgetful.presses("submit"))
    assert (await forgetful.presses("submit")).receipt
    officer = await a_home.session("an")
    kept = [
        len((await a_home.product.review.open(officer, row.id)).files)
        for row in await a_home.product.review.queue(officer)
    ]
    assert sorted(kept) == [0, 1]


async def test_a_tiny_file_takes_the_room_of_a_chunk() -> None:
    """So that a million of them are not for nothing."""
    assert [room_for(size) for size in (0, 1, 65536, 65537)] == [65536, 65536, 65536, 2 * 65536]


async def test_a_file_waits_as_long_as_its_draft(a_home: Home) -> None:
    """Whoever goes on within the day keeps it, however often; whoever does not leaves nothing behind."""
    citizen, silent = a_home.citizen("one"), a_home.citizen("silent")
    for it in (citizen, silent):
        await gives(it, gallery.picture("JPEG"), TIP)
    for _ in range(3):
        a_home.clock.forward(hours=20)
        await citizen.says("Hôm nay lại thấy, cũng giờ đó.")
        await a_home.product.store.drafts.expire(a_home.clock())
        await a_home.product.store.blobs.expire(a_home.clock())
    assert rows_of(a_home, "waiting_file") == 1
    assert (await citizen.presses("submit")).receipt


async def test_the_row_of_a_waiting_file_tells_ten_minutes_at_most(a_home: Home) -> None:
    """Not when somebody wrote."""
    a_home.clock.forward(minutes=7, seconds=13)
    await gives(a_home.citizen(), gallery.picture("JPEG"))
    created = sa.create_engine(engine.sync_url(a_home.settings.database_url))
    with created.connect() as connection:
        (moment,) = connection.execute(sa.text("SELECT expires_at FROM waiting_file")).scalars()
    created.dispose()
    assert int(moment) % 600 == 0


@pytest.mark.parametrize("way", ["edit:files", "cancel", "leave"])
async def test_what_the_person_takes_back_is_gone(a_home: Home, way: str) -> None:
    """Taken off, cancelled, or left: no chunk stays."""
    citizen = a_home.citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("JPEG"))
    assert rows_of(a_home, "blob") > 0
    if way == "leave":
        await a_home.product.reception.forget(citizen.sender)
    else:
        await citizen.presses(way)
    assert rows_of(a_home, "blob") == 0
    assert rows_of(a_home, "waiting_file") == 0


async def test_a_file_that_waited_too_long_is_swept_and_its_person_told(a_home: Home) -> None:
    """Nothing is sent as if the file were there."""
    citizen = a_home.citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("JPEG"))
    await a_home.product.store.blobs.expire(a_home.clock() + WAITS)
    outcome = await citizen.presses("submit")
    assert outcome.receipt is None
    assert "file.gone" in text_of(outcome)
    assert (await citizen.presses("submit")).receipt
    assert rows_of(a_home, "waiting_file") == 0


async def test_a_sent_file_is_never_swept(a_home: Home) -> None:
    """Once its tip is stored a file does not wait any more."""
    await sent_with(a_home, gallery.picture("JPEG"))
    assert await a_home.product.store.blobs.expire(a_home.clock() + 10 * WAITS) == 0
    assert await bytes_of(a_home, "an")


async def test_a_file_can_come_later_with_the_receipt(a_home: Home) -> None:
    """From another phone; the desk is told, and sees it in the thread."""
    code = await sent_with(a_home)
    citizen = a_home.citizen("another phone")
    await citizen.says(code)
    assert "mailbox.added" in text_of(await gives(citizen, gallery.picture("JPEG"), "ảnh tối nay"))
    assert await bytes_of(a_home, "an")
    session = await a_home.session("an")
    (row,) = await a_home.product.review.queue(session)
    opened = await a_home.product.review.open(session, row.id)
    assert [piece.part for piece in opened.thread] == ["file", "addition"]


async def test_a_file_goes_up_and_over_with_its_case(a_home: Home) -> None:
    """Who gets the case by climbing or by a hand-over opens the file too."""
    await sent_with(a_home, gallery.picture("JPEG"))
    a_home.clock.forward(days=5)
    await a_home.product.escalation.tick()
    assert await bytes_of(a_home, "truc")
    duty = await a_home.session("truc")
    (row,) = await a_home.product.review.queue(duty)
    await a_home.product.casework.act(duty, row.id, "hand_over", Fields(unit="pc03"))
    assert await bytes_of(a_home, "kinh")


async def test_late_exclusion_seals_the_file_anew(a_home: Home) -> None:
    """The accused desk knows the old key, and nothing stored opens with it any more."""
    code = await sent_with(a_home, gallery.picture("JPEG"))
    officer = await a_home.session("an")
    (row,) = await a_home.product.review.queue(officer)
    known = (await a_home.product.review.open(officer, row.id)).files[0]
    citizen = a_home.citizen("later")
    await citizen.says(code)
    await citizen.says(ACCUSING)
    a_home.clock.forward(minutes=1)
    await a_home.product.escalation.tick()
    assert await bytes_of(a_home, "truc")
    with pytest.raises(errors.NotOpened):
        _ = [piece async for piece in a_home.product.review.files.read(row.id, known)]
    assert await a_home.product.store.blobs.count(known.envelope) == 0
    assert (await a_home.product.audit()).sound


async def test_a_chunk_that_vanishes_or_moves_is_seen(a_home: Home) -> None:
    """Whoever has the database can destroy a file, but not silently; and cannot swap its parts."""
    await sent_with(a_home, gallery.recording("wav", audio="pcm_s16le", seconds=8))
    created = sa.create_engine(engine.sync_url(a_home.settings.database_url))
    with created.begin() as connection:
        for old, new in ((0, -1), (1, 0), (-1, 1)):
            connection.execute(sa.text(f"UPDATE blob SET number = {new} WHERE number = {old}"))
    with pytest.raises(errors.NotOpened):
        await bytes_of(a_home, "an")
    with created.begin() as connection:
        connection.execute(sa.text("DELETE FROM blob WHERE number = 1"))
    created.dispose()
    report = await a_home.product.audit()
    assert any("file" in problem for problem in report.problems)


# --- at the desk ---------------------------------------------------------------------------------------------------


async def test_the_desk_shows_files_from_memory_in_ranges_and_records_it_first(a_home: Home) -> None:
    """An officer's browser gets the clean bytes, no-store, of the kind that the cleaner found; one leaf an hour."""
    await sent_with(a_home, gallery.recording("wav", audio="pcm_s16le", seconds=8), gallery.picture("PNG"))
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        session = await a_home.session("an")
        (row,) = await a_home.product.review.queue(session)
        page = (await client.get(f"/desk/case/{row.id.hex()}")).text
        assert page.count("<audio") == 1
        assert page.count('<img src="/desk') == 1
        sound, picture = (it.envelope.hex() for it in (await a_home.product.review.open(session, row.id)).files)
        whole = await client.get(f"/desk/case/{row.id.hex()}/file/{sound}")
        assert whole.headers["content-type"] == "audio/wav"
        assert whole.headers["cache-control"] == "no-store"
        assert whole.content.startswith(b"RIFF")
        for asked, span in (
            ("bytes=100-70000", (100, 70_001)),
            ("bytes=-5", (-5, None)),
            ("bytes=65530-", (65530, None)),
        ):
            part = await client.get(f"/desk/case/{row.id.hex()}/file/{sound}", headers={"range": asked})
            assert part.status_code == 206
            assert part.content == whole.content[slice(*span)]
        assert (await client.get(f"/desk/case/{row.id.hex()}/file/{picture}")).headers["content-type"] == "image/jpeg"
        assert (await client.get(f"/desk/case/{row.id.hex()}/file/{'0' * 32}")).status_code == 404
    chain = [it.body for it in await a_home.events(row.id)]
    assert sum(b'"' + sound.encode() + b'"' in body and b"read" in body for body in chain) == 1


async def test_a_page_of_pictures_is_shown_though_all_are_asked_for_at_once(a_home: Home) -> None:
    """Each reading is an event of the same chain; none of them sends another one away."""
    await sent_with(a_home, *(gallery.picture("PNG") for _ in range(5)))
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        session = await a_home.session("an")
        (row,) = await a_home.product.review.queue(session)
        files = [it.envelope.hex() for it in (await a_home.product.review.open(session, row.id)).files]
        asked = [client.get(f"/desk/case/{row.id.hex()}/file/{it}") for it in files]
        assert [it.status_code for it in await asyncio.gather(*asked)] == [200] * 5
    read = [it for it in map(ledger.parse, await a_home.events(row.id)) if it.kind == "read"]
    assert {it.facts["part"] for it in read} == {"all", *files}


async def test_another_desk_gets_no_file(a_home: Home) -> None:
    """404, as for a case that does not exist, and nothing is recorded as read."""
    await sent_with(a_home, gallery.picture("JPEG"))
    row = await a_home.the_case()
    envelopes = await a_home.envelopes(row.id)
    file = next(it.id.hex() for it in envelopes if it.part == "file")
    async with browser(a_home) as client:
        await log_in(client, a_home, "binh")
        assert (await client.get(f"/desk/case/{row.id.hex()}/file/{file}")).status_code == 404
    events = [ledger.verify(it, a_home.product.roster().verifiers) for it in await a_home.events(row.id)]
    assert ledger.Kind.READ not in [it.kind for it in events]


# --- through the channels -------------------------------------------------------------------------------------------


@asynccontextmanager
async def chatting(home: Home) -> AsyncIterator[httpx.AsyncClient]:
    app = web.build(replace(home.product), frozenset({"intake"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


async def test_the_web_chat_takes_a_file_without_a_folder(
    a_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without scripts; a large one leaves no temporary file."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    data = gallery.recording("wav", audio="pcm_s16le", seconds=120)
    async with chatting(a_home) as client:
        page = await client.post("/chat", data={"text": TIP}, files={"file": ("tên thật.wav", data, "image/png")})
        assert "Đã nhận tệp thứ 1" in page.text
        turn = (await client.post("/api/chat", files={"file": ("x", gallery.picture("JPEG"))})).json()
        assert "Đã nhận tệp thứ 2" in turn["messages"][0]["text"]
        turn = (await client.post("/api/chat", data={"choose": "submit"})).json()
        assert turn["receipt"]
        assert os.listdir(folder) == []  # noqa: PTH208
    assert await bytes_of(a_home, "an", at=1)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"file": ("x.jpg", b"")}, "trống"),
        ({"file": ("x.jpg", bytes(LARGEST + 1))}, "20 MB"),
        ({"file": ("x.jpg", bytes(LARGEST + 3 * 1024 * 1024))}, "20 MB"),
        ({"file": ("x.svg", b"<svg/>")}, "không nhận được"),
    ],
)
async def test_a_bad_file_from_the_web_gets_a_clear_answer(a_home: Home, files: dict[str, object], words: str) -> None:
    """Empty, too large, far too large, of no kind."""
    async with chatting(a_home) as client:
        await client.post("/chat", data={"text": TIP})
        turn = (await client.post("/api/chat", files=files)).json()  # type: ignore[arg-type]
        assert words in turn["messages"][0]["text"]
        assert (await client.post("/api/chat", data={"choose": "submit"})).json()["receipt"]


@pytest.mark.parametrize("body", [b"--x", b"--x\r\nno header", b"--y\r\n\r\nq\r\n--y--"])
async def test_a_broken_form_is_turned_down(a_home: Home, body: bytes) -> None:
    """Something that no browser sends: 400, and never an error of ours."""
    headers = {"content-type": "multipart/form-data; boundary=x"}
    async with chatting(a_home) as client:
        assert (await client.post("/api/chat", content=body, headers=headers)).status_code in {200, 400}
        assert (await client.post("/api/chat", data={"text": TIP})).json()["state"] == "summary"


async def test_the_terminal_takes_a_path(a_home: Home, tmp_path: Path) -> None:
    """As the JSON contract has it; a path that does not exist is a bad event."""
    path = tmp_path / "anh.jpg"
    path.write_bytes(gallery.picture("JPEG"))
    said: list[dict[str, object]] = []

    async def lines() -> AsyncIterator[str]:
        for event in ({"text": TIP}, {"file": str(path)}, {"file": str(tmp_path / "none")}, {"choose": "submit"}):
            yield json.dumps(event)

    sender = Sender("terminal", "x")
    await terminal.converse(a_home.product.reception, sender, lines(), lambda it: said.append(json.loads(it)))
    assert said[1]["state"] == "summary"
    assert said[2]["state"] == "error"
    assert said[3]["receipt"]
    assert await bytes_of(a_home, "an")


async def test_a_draft_with_a_file_outlives_the_process(a_home: Home) -> None:
    """The file's key lies in the sealed draft, nowhere else."""
    citizen = a_home.citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("JPEG"))
    a_home.clock.forward(seconds=timedelta(hours=3).total_seconds())
    assert (await citizen.presses("submit")).receipt
    assert await bytes_of(a_home, "an")
