"""Zalo's Official Account against an emulated one: the story, signatures, tokens, hours, and what is too late."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

import locales
from bot import settings, zalo_tokens
from bot.zalo_tokens import AccountTokens, TokenLost
from handlers import delivery
from handlers.zalo import calls, official_account
from tests.fakes import gallery, zalo_oa
from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import DRUGS_WITHOUT_ACCENTS, RECEIPT
from tests.fakes.zalo_oa import ZaloOa
from tips import errors
from tips.cases.outbox import DELIVERED, GONE, Fate, later
from tips.desk.actions import Fields

WHO = "6142494823"
ACCOUNT = [f"TINBAO_ZALO_OA_{it}" for it in ("APP_ID", "APP_SECRET", "SECRET", "REFRESH")]


@pytest.fixture
async def api() -> AsyncIterator[ZaloOa]:
    async with zalo_oa.serving() as served:
        yield served


def says(key: str, **values: str) -> str:
    return locales.say("vi", key, **values)


async def test_the_whole_story_by_words(a_home: Home, api: ZaloOa) -> None:
    """From the first message to the officer's question and the citizen's answer."""
    async with zalo_oa.connected(a_home, api):
        await api.says(WHO, DRUGS_WITHOUT_ACCENTS)
        await api.says(WHO, "gui di")
        if not RECEIPT.search(api.talk[WHO][-1]):
            await api.says(WHO, "gui di")
        code = RECEIPT.search(api.talk[WHO][-1])
        assert code
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        await a_home.product.casework.act(officer, row.id, "ask", Fields(text="Phòng số mấy?"))
        await api.says(WHO, code.group())
        assert "Phòng số mấy?" in api.talk[WHO][-1]
        await api.says(WHO, "phong 6")
        opened = await a_home.product.review.open(officer, row.id)
        assert [piece.content.text for piece in opened.thread] == ["Phòng số mấy?", "phong 6"]


async def test_pictures_voices_and_places_are_taken(a_home: Home, api: ZaloOa) -> None:
    """What is nothing of ours is answered, what is about our own messages is not."""
    async with zalo_oa.connected(a_home, api):
        await api.says(WHO, TIP)
        await api.sends_file(WHO, gallery.picture("JPEG"))
        await api.sends_file(WHO, gallery.recording("adts", audio="aac", seconds=2), "audio")
        await api.sends(WHO, "location", coordinates={"latitude": "10.7823", "longitude": "106.6840"})
        await api.sends(WHO, "location", coordinates={"latitude": "x"})
        assert says("unsupported") in api.talk[WHO][-1]
        await api.sends(WHO, "sticker", url="https://x.example/")
        assert says("unsupported") in api.talk[WHO][-1]
        await api.sends(WHO, "image", url="https://10.0.0.1/x.jpg")
        assert says("file.broken") in api.talk[WHO][-1]
        before = len(api.talk[WHO])
        for name in ("oa_send_text", "user_seen_message", "user_received_message", "anything"):
            assert await api.post(api.event(WHO, name, text=TIP)) == 200
        assert len(api.talk[WHO]) == before
        for words in ("31", "gui di"):  # the ward of the place, and on
            await api.says(WHO, words)
        assert RECEIPT.search(api.talk[WHO][-1]), api.talk[WHO][-3:]
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        opened = await a_home.product.review.open(officer, row.id)
        assert [it.mime for it in opened.files] == ["image/jpeg", "audio/aac"]


async def test_whatever_is_brought_again_is_answered_once(a_home: Home, api: ZaloOa) -> None:
    """With its first time and signature, as Zalo does for about an hour, and as somebody would who replays it."""
    async with zalo_oa.connected(a_home, api):
        events = [await api.says(WHO, TIP), await api.says(WHO, "1")]
        shown = list(api.talk[WHO])
        for event in (*events, *reversed(events)):
            assert await api.post(event) == 200
        assert api.talk[WHO] == shown
        assert len(await a_home.cases()) == 1


@pytest.mark.parametrize("code", [429, 503, -32, -216])
async def test_what_was_refused_for_now_comes_again(
    a_home: Home, api: ZaloOa, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receipt is delayed and not lost; a token that Zalo forgot is renewed."""
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    monkeypatch.setattr(official_account, "BUSY_FOR", 0.01)
    async with zalo_oa.connected(a_home, api):
        await api.says(WHO, TIP)
        api.refusals += [code] * (delivery.TRIES + 1)
        await api.says(WHO, "1")
        assert sum(bool(RECEIPT.search(it)) for it in api.talk[WHO]) == 1
        assert not api.refusals


@pytest.mark.parametrize("code", [-213, -217, -227, -230, -232, -244])
async def test_what_comes_too_late_waits_in_the_mailbox(a_home: Home, api: ZaloOa, code: int) -> None:
    """Zalo says that the window is over, or the person gone: the push ends quietly."""
    a_home.clock.moment = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)
    async with zalo_oa.connected(a_home, api) as door:
        api.refusals += [code]
        assert await door.tell(WHO, "vi") == GONE
        assert await door.tell(WHO, "vi") == DELIVERED


@pytest.mark.parametrize(
    ("at", "seconds"),
    [("22:00", 8 * 3600), ("21:59", 0), ("05:59", 60), ("06:00", 0), ("00:30", 5.5 * 3600)],
)
async def test_at_night_nobody_is_written_to_unasked(a_home: Home, api: ZaloOa, at: str, seconds: float) -> None:
    """It waits for the morning of the city; whoever writes at night is answered at night."""
    a_home.clock.moment = datetime.fromisoformat(f"2026-11-23T{at}:00+07:00")
    async with zalo_oa.connected(a_home, api) as door:
        told = await door.tell(WHO, "vi")
        assert told == (later(seconds) if seconds else DELIVERED)
        await api.says(WHO, TIP)
        assert api.talk[WHO]


async def test_the_hours_are_a_setting(a_home: Home, api: ZaloOa) -> None:
    """All day, for one."""
    a_home.clock.moment = datetime.fromisoformat("2026-11-23T23:00:00+07:00")
    async with zalo_oa.connected(a_home, api, hours=(0, 24)) as door:
        assert await door.tell(WHO, "vi") == DELIVERED


async def test_who_unfollows_is_told_nothing_more(a_home: Home, api: ZaloOa) -> None:
    """Without a word."""
    async with zalo_oa.connected(a_home, api):
        await api.brings(api.event(WHO, "follow"))
        assert len(api.talk[WHO]) == 1
        await api.says(WHO, TIP)
        await api.says(WHO, "gui di")
        code = RECEIPT.search(api.talk[WHO][-1])
        assert code
        await api.says(WHO, code.group())
        await api.says(WHO, "bao cho toi")
        case = await a_home.the_case()
        assert await asked(a_home, case.id)
        before = len(api.talk[WHO])
        assert await api.post(api.event(WHO, "unfollow")) == 200
        assert not await asked(a_home, case.id)
        assert len(api.talk[WHO]) == before


async def asked(home: Home, case: bytes) -> bool:
    return case in [it for it, _ in await home.product.store.addresses.every()]


# --- who may bring anything -------------------------------------------------------------------------------------------


async def test_only_what_zalo_signed_lately_is_heard(a_home: Home, api: ZaloOa) -> None:
    """Another secret, other bytes, no signature, another app, an old one: 401, and nobody is answered."""
    async with zalo_oa.connected(a_home, api):
        event = api.event(WHO, "user_send_text", text=TIP)
        wrong = hashlib.sha256(b"anything").hexdigest()
        for given in (f"mac={wrong}", wrong, "", "mac=", "mac=é"):
            assert (
                await api.post(event, **{"X-ZEvent-Signature": given.encode("latin-1").decode("ascii", "ignore")})
                == 401
            )
        old = {**event, "timestamp": str(int(event["timestamp"]) - 25 * 3600 * 1000)}
        assert await api.post(old) == 401
        assert await api.post({**event, "timestamp": None}) == 401
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.post(api.webhook, content=b"")).status_code == 200
            assert (await http.post(api.webhook, content=b"no json")).status_code == 401
            assert (await http.post(api.webhook, content=b" " * 2_000_000)).status_code == 413
        assert not any(api.talk.values())
        late = {**event, "timestamp": str(int(event["timestamp"]) - 3600 * 1000)}
        assert await api.post(late) == 200
        assert api.talk[WHO]


# --- tokens -----------------------------------------------------------------------------------------------------------


def tokens(folder: Path, api: ZaloOa, http: httpx.AsyncClient) -> AccountTokens:
    return AccountTokens(folder, api.account(), http)


async def test_processes_renew_once_and_share_what_they_got(tmp_path: Path, api: ZaloOa) -> None:
    """A refresh token that two use would end them all."""
    async with calls.client() as http:
        several = [tokens(tmp_path, api, http) for _ in range(4)]
        got = await asyncio.gather(*(it.access() for it in several))
        assert set(got) == {api.access}
        again = await asyncio.gather(*(it.access(refused=api.access) for it in several))
        assert set(again) == {api.access}
        assert api.renewals == 2


async def test_the_next_refresh_token_is_on_the_disk_before_the_access_token_is_used(
    tmp_path: Path, api: ZaloOa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot keep it sends nothing with what came beside it; what is kept is sealed, and its owner's alone."""

    def full(folder: Path, kept: zalo_tokens.Kept) -> None:
        raise OSError

    async with calls.client() as http:
        mine = tokens(tmp_path, api, http)
        await mine.access()
        monkeypatch.setattr(zalo_tokens, "write", full)
        with pytest.raises(OSError):
            await mine.access(refused=api.access)
        assert zalo_tokens.read(tmp_path, api.account()).refresh != api.refresh
    for file in list(tmp_path.iterdir()):  # noqa: ASYNC240 (three small files)
        assert file.stat().st_mode & 0o077 == 0
        assert api.refresh.encode() not in file.read_bytes()
        assert b"refresh-" not in file.read_bytes()


async def test_a_lost_token_is_not_tried_again_and_its_remedy_is_said(
    tmp_path: Path, api: ZaloOa, caplog: pytest.LogCaptureFixture
) -> None:
    """Until a person gives another one."""
    api.refresh = "somebody-else-renewed"
    async with calls.client() as http:
        for _ in range(3):
            with pytest.raises(TokenLost):
                await tokens(tmp_path, api, http).access()
        assert zalo_tokens.REMEDY in caplog.text
        assert caplog.text.count(zalo_tokens.REMEDY) == 1
        assert zalo_tokens.read(tmp_path, api.account()).lost
        api.refresh = "from-a-person"
        anew = AccountTokens(tmp_path, replace(api.account(), refresh="from-a-person"), http)
        assert await anew.access() == api.access


async def test_no_token_person_or_word_is_logged(
    a_home: Home, api: ZaloOa, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong; the libraries' loggers are kept as `logs` keeps them."""
    from bot import logs

    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    caplog.set_level(logging.DEBUG)
    for name, floor in logs.QUIET.items():
        caplog.set_level(max(floor, logging.DEBUG), name)
    caplog.handler.setLevel(logging.DEBUG)
    async with zalo_oa.connected(a_home, api):
        api.refusals += [503] * 40
        await api.says(WHO, TIP)
        api.refusals[:] = [-201]
        await api.says(WHO, "gui di")
    assert caplog.text
    secret = (WHO, "karaoke", api.access, api.refresh, zalo_oa.FIRST, zalo_oa.SECRET, zalo_oa.APP_SECRET)
    assert [it for it in secret if it in caplog.text] == []


async def test_a_push_while_zalo_is_away_comes_later(a_home: Home, api: ZaloOa) -> None:
    """Nothing is lost by it."""
    async with zalo_oa.connected(a_home, api) as door:
        api.refusals += [500]
        assert (await door.tell(WHO, "vi")).fate is Fate.LATER


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"TINBAO_ZALO_OA_APP_ID": "1"}, "TINBAO_ZALO_OA_SECRET"),
        ({"TINBAO_ZALO_API": "http://zalo.example"}, "https://"),
        ({"TINBAO_ZALO_API": "http://127.0.0.1.example"}, "https://"),
        ({"TINBAO_ZALO_TOKEN": "no token"}, "TINBAO_ZALO_TOKEN"),
        (dict.fromkeys(ACCOUNT, "1") | {"TINBAO_ZALO_OA_HOURS": "22-6"}, "TINBAO_ZALO_OA_HOURS"),
        (dict.fromkeys(ACCOUNT, "1") | {"TINBAO_ZALO_OA_OAUTH": "ftp://127.0.0.1"}, "TINBAO_ZALO_OA_OAUTH"),
    ],
)
def test_what_cannot_be_is_said_at_the_start(said: dict[str, str], word: str) -> None:
    """By the setting's name; a token never goes anywhere in the clear but to an emulator on this machine."""
    with pytest.raises(errors.BadSetting) as found:
        settings.read(said)
    assert word in str(found.value)


def test_no_secret_shows_in_the_settings() -> None:
    """Whoever prints them tells nothing."""
    said = {name: f"hush-{name[-6:]}" for name in ACCOUNT} | {"TINBAO_ZALO_TOKEN": "1:hush"}
    shown = repr(settings.read(said))
    assert shown.count("hush") == 1  # the app's id, which is none
