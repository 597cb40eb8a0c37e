"""Zalo's bot against an emulated Bot Platform over HTTP: the whole story by typed words, and all that goes wrong."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

import locales
from bot.serve import serving
from handlers import delivery
from handlers.zalo import media
from tests.fakes import gallery, loopback, zalo_api
from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import DRUGS_WITHOUT_ACCENTS, RECEIPT
from tests.fakes.zalo_api import ZaloApi
from tips.cases.outbox import DELIVERED, GONE
from tips.desk.actions import Fields
from tips.evidence.limits import LARGEST
from tips.intake.reception import Sender

CHAT = "6ede9afa66b88fe6d6a9"


@pytest.fixture
async def api() -> AsyncIterator[ZaloApi]:
    async with zalo_api.serving() as served:
        yield served


def says(key: str, **values: str) -> str:
    return locales.say("vi", key, **values)


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_the_whole_story_by_numbers_and_words(a_home: Home, api: ZaloApi, webhook: bool) -> None:
    """Unaccented, from the first message to the officer's question and the citizen's answer."""
    async with zalo_api.connected(a_home, api, webhook=webhook):
        await api.says(CHAT, DRUGS_WITHOUT_ACCENTS)
        shown = await api.waits_for(CHAT, 1)
        assert "1. " in shown[-1]
        await api.says(CHAT, "gui di")
        shown = await api.waits_for(CHAT, 2)
        if not RECEIPT.search(shown[-1]):
            await api.says(CHAT, "gui di")
            shown = await api.waits_for(CHAT, 3)
        code = RECEIPT.search(shown[-1])
        assert code
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        await a_home.product.casework.act(officer, row.id, "ask", Fields(text="Phòng số mấy?"))
        before = len(shown)
        await api.says(CHAT, code.group())
        shown = await api.waits_for(CHAT, before + 1)
        assert "Phòng số mấy?" in shown[-1]
        await api.says(CHAT, "phong 6")
        await api.waits_for(CHAT, before + 2)
        opened = await a_home.product.review.open(officer, row.id)
        assert [piece.content.text for piece in opened.thread] == ["Phòng số mấy?", "phong 6"]


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "wrapped"])
async def test_whatever_is_brought_twice_is_answered_once(a_home: Home, api: ZaloApi, wrapped: bool) -> None:
    """Words, numbers and pictures; in the envelope of an answer or without."""
    api.wrapped = wrapped
    async with zalo_api.connected(a_home, api):
        updates = [await api.says(CHAT, TIP), await api.sends(CHAT, gallery.picture("JPEG")), await api.says(CHAT, "1")]
        shown = list(api.sent(CHAT))
        for update in (*updates, *reversed(updates)):
            assert await api.post(update) == 200
        assert api.sent(CHAT) == shown
        assert len(await a_home.cases()) == 1


async def test_two_replicas_never_double(a_home: Home, api: ZaloApi) -> None:
    """The same update to both at once: one answers, the other has it brought again, and then is silent."""
    async with zalo_api.connected(a_home, api):
        first = api.webhook
        async with zalo_api.connected(a_home, api):
            second = api.webhook
            assert first != second
            update = api.update(CHAT, "text", text=TIP)

            async def bring(url: str) -> int:
                async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
                    for _ in range(200):
                        answer = await http.post(url, json=update, headers={"X-Bot-Api-Secret-Token": api.secret})
                        if answer.status_code == 200:
                            return 200
                        await asyncio.sleep(0.02)
                return answer.status_code

            assert await asyncio.gather(bring(first), bring(second)) == [200, 200]
    assert len(api.sent(CHAT)) == 1


@pytest.mark.parametrize("code", [429, 500, 502])
async def test_what_the_platform_refused_comes_again(
    a_home: Home, api: ZaloApi, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the turn, and when that did not help with the update that is brought again; HTTP 200 is no success."""
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    async with zalo_api.connected(a_home, api):
        await api.says(CHAT, TIP)
        api.refusals += [("sendMessage", code)] * (delivery.TRIES + 2)
        await api.says(CHAT, "1")
        assert sum(bool(RECEIPT.search(it)) for it in api.sent(CHAT)) == 1
        assert not api.refusals
        assert len(await a_home.cases()) == 1


async def test_who_blocked_the_bot_holds_nothing_up(a_home: Home, api: ZaloApi) -> None:
    """The update counts as heard, and a push says that nobody is there."""
    async with zalo_api.connected(a_home, api) as served:
        api.refusals += [("sendMessage", 403), ("sendMessage", 403)]
        assert await api.post(api.update(CHAT, "text", text=TIP)) == 200
        assert not api.sent(CHAT)
        assert await served.door.tell(CHAT, "vi") == GONE
        assert await served.door.tell(CHAT, "vi") == DELIVERED
        assert api.sent(CHAT) == [says("notify.waiting")]


async def test_reordered_parts_end_up_in_one_tip(a_home: Home, api: ZaloApi) -> None:
    """What comes late, or before its time, is a part of the tip all the same."""
    async with zalo_api.connected(a_home, api):
        parts = [f"manh so {number} cua vu cuop o quan 3 toi qua" for number in range(6)]
        updates = [api.update(CHAT, "text", text=part) for part in parts]
        await asyncio.gather(*(api.post(it) for it in [*reversed(updates), *updates]))
        await api.says(CHAT, "gui di")
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        opened = await a_home.product.review.open(officer, row.id)
        assert all(opened.tip.text.count(part) == 1 for part in parts)


async def test_nothing_sent_is_longer_than_the_platform_takes(a_home: Home, api: ZaloApi) -> None:
    """A long tip's summary is cut where sentences end."""
    async with zalo_api.connected(a_home, api):
        await api.says(CHAT, f"{TIP} " * 40)
        assert len(api.sent(CHAT)) > 1
        assert all(len(it) <= 2000 for it in api.sent(CHAT))


# --- what comes in ----------------------------------------------------------------------------------------------------


async def test_a_photo_and_a_voice_reach_the_desk(a_home: Home, api: ZaloApi) -> None:
    """Fetched at once, cleaned; the words beside a picture are words, and the voice is raw AAC as Zalo sends it."""
    async with zalo_api.connected(a_home, api):
        await api.sends(CHAT, gallery.picture("JPEG"), caption=TIP)
        await api.sends(CHAT, gallery.recording("adts", audio="aac", seconds=2), "voice")
        api.files.clear()
        await api.says(CHAT, "gui di")
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        opened = await a_home.product.review.open(officer, row.id)
        assert [it.mime for it in opened.files] == ["image/jpeg", "audio/aac"]
        assert TIP in opened.tip.text


async def test_a_posters_place_can_be_typed(a_home: Home, api: ZaloApi) -> None:
    """Zalo has no link that brings it along."""
    async with zalo_api.connected(a_home, api):
        await api.says(CHAT, "/start q3")
        assert "Quận 3" in api.sent(CHAT)[-1]


async def test_send_it_means_with_the_picture(a_home: Home, api: ZaloApi) -> None:
    """Words that come while a picture is fetched wait for it."""
    fetched = asyncio.Event()

    async def slow(request: Request) -> Response:
        fetched.set()
        await asyncio.sleep(0.3)
        return Response(gallery.picture("JPEG"))

    async with zalo_api.connected(a_home, api):
        await api.says(CHAT, TIP)
        picture = asyncio.create_task(api.lied(CHAT, slow))
        await fetched.wait()
        await api.says(CHAT, "gui di")
        await picture
        officer = await a_home.session("an")
        (row,) = await a_home.product.review.queue(officer)
        assert len((await a_home.product.review.open(officer, row.id)).files) == 1


async def test_what_zalo_withholds_is_said_to_be_withheld(a_home: Home, api: ZaloApi) -> None:
    """Its writer may be a child: the page and 111, and not a word of formats."""
    async with zalo_api.connected(a_home, api):
        await api.brings(api.update(CHAT, "unsupported"))
        (shown,) = api.sent(CHAT)
        assert says("withheld", address=a_home.product.reception.conversation.web) in shown
        assert says("unsupported") not in shown
        assert await api.post({"event_name": "message.unsupported.received"}) == 200


@pytest.mark.parametrize("kind", ["sticker", "something_new"])
async def test_what_is_not_understood_is_answered(a_home: Home, api: ZaloApi, kind: str) -> None:
    """A sticker, and whatever Zalo thinks of next."""
    async with zalo_api.connected(a_home, api):
        await api.brings(api.update(CHAT, kind, sticker="s42", url="https://stickers.example/s42"))
        assert says("unsupported") in api.sent(CHAT)[-1]


async def test_a_group_gets_one_word_and_nothing_is_taken(a_home: Home, api: ZaloApi) -> None:
    """Everybody reads along there."""
    group = {"chat": {"id": "group77", "chat_type": "GROUP"}}
    async with zalo_api.connected(a_home, api):
        for text in (TIP, "1"):
            await api.brings(api.update(CHAT, "text", text=text, **group))
        assert api.sent("group77") == [says("group.private")]
        assert not api.sent(CHAT)
        assert await a_home.product.reception.current(Sender("zalo", "group77")) is None


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"from": {"id": CHAT, "is_bot": True}}, 0),
        ({"from": {"id": CHAT}}, 1),
        ({"from": None}, 1),
        ({"date": 99_999_999_999_999}, 1),
        ({"date": "yesterday"}, 1),
        ({"chat": {"id": 77, "chat_type": "PRIVATE"}}, 0),
        ({"message_id": "x" * 5000}, 1),
        ({"message_id": None}, 1),
    ],
    ids=["a bot", "no name", "no sender", "a clock ahead", "no date", "a number", "a long id", "no id"],
)
async def test_odd_messages_are_taken_once_or_not_at_all(
    a_home: Home, api: ZaloApi, change: dict[str, object], count: int
) -> None:
    """Nothing of them is relied on; a bot is not answered, or two would talk for ever."""
    async with zalo_api.connected(a_home, api):
        update = api.update(CHAT, "text", text=TIP)
        update["message"] |= change
        assert await api.post(update) == 200
        assert await api.post(update) == 200
        assert len(api.sent(CHAT)) == count


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"{}", b'{"ok":true,"result":[]}', b'{"message":7}'])
async def test_what_says_nothing_is_answered_with_nothing(a_home: Home, api: ZaloApi, body: bytes) -> None:
    """An update in a shape that nobody knows is taken and done with."""
    async with zalo_api.connected(a_home, api), httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(api.webhook, content=body, headers={"X-Bot-Api-Secret-Token": api.secret})
        assert answer.status_code == 200
        assert not any(api.talk.values())


@pytest.mark.parametrize(
    ("secret", "body", "status"),
    [("", b"{}", 401), ("wrong", b"{}", 401), ("", b"", 200), ("right", b"", 200), ("right", b"no json", 400),
     ("right", b"[" * 100_000, 400), ("right", b" " * 2_000_000, 413)],
    ids=["no secret", "wrong secret", "a stranger's probe", "a probe", "no json", "deep", "long"],
)  # fmt: skip
async def test_a_stranger_at_the_webhook_gets_nothing(
    a_home: Home, api: ZaloApi, secret: str, body: bytes, status: int
) -> None:
    """Only who knows the secret is heard; a probe without a body is greeted, whoever sends it."""
    async with zalo_api.connected(a_home, api), httpx.AsyncClient(trust_env=False) as http:
        headers = {"X-Bot-Api-Secret-Token": api.secret if secret == "right" else secret}
        answer = await http.post(api.webhook, content=body, headers=headers)
        assert answer.status_code == status
        assert not any(api.talk.values())


# --- addresses that lie -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_file_that_expired_is_asked_for_again(a_home: Home, api: ZaloApi, status: int) -> None:
    """In words; the tip stays."""

    async def over(request: Request) -> Response:
        return Response(status_code=status)

    async with zalo_api.connected(a_home, api):
        await api.says(CHAT, TIP)
        assert says("file.expired") in await api.lied(CHAT, over)
        await api.says(CHAT, "gui di")
        assert RECEIPT.search(api.sent(CHAT)[-1])


async def test_a_redirect_to_another_place_of_this_machine_is_not_followed(a_home: Home, api: ZaloApi) -> None:
    """Not to a neighbour's door, nor to a private network."""
    knocked = []

    async def door(request: Request) -> Response:
        knocked.append(request.url)
        return Response(gallery.picture("JPEG"))

    port = loopback.free_port()
    places = [f"http://127.0.0.1:{port}/x", f"http://localhost:{port}/x", f"http://[::ffff:127.0.0.1]:{port}/x",
              f"http://2130706433:{port}/x", "http://169.254.169.254/latest", "https://10.0.0.1/"]  # fmt: skip
    async with loopback.serving(Starlette(routes=[Route("/x", door)]), port), zalo_api.connected(a_home, api):
        for place in places:

            async def away(request: Request, place: str = place) -> Response:
                return RedirectResponse(place)

            assert says("file.broken") in await api.lied(CHAT, away)
    assert knocked == []


async def test_a_redirect_at_the_same_place_is_followed_three_times(a_home: Home, api: ZaloApi) -> None:
    """And not for ever."""
    api.files["real"] = gallery.picture("JPEG")

    async def on(request: Request) -> Response:
        count = int(request.query_params.get("n", "0")) + 1
        return RedirectResponse("/media/real" if count == 3 else f"{request.url.path}?n={count}")

    async def for_ever(request: Request) -> Response:
        return RedirectResponse(request.url.path)

    async with zalo_api.connected(a_home, api):
        assert says("file.taken", number="1") in await api.lied(CHAT, on)
        assert says("file.broken") in await api.lied(CHAT, for_ever)


async def test_an_address_that_lies_about_length_kind_or_time(
    a_home: Home, api: ZaloApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read is bounded, whatever is said; what it is tell its bytes."""
    monkeypatch.setattr(media, "LARGEST", 200_000)
    given = 0

    async def endless(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            nonlocal given
            for _ in range(2 * LARGEST // 50_000):
                given += 50_000
                yield bytes(50_000)
                await asyncio.sleep(0.001)

        return StreamingResponse(pieces(), media_type="image/jpeg")

    async def shorter(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield gallery.picture("JPEG")[:100]

        return StreamingResponse(pieces(), headers={"content-length": "100000"}, media_type="image/jpeg")

    async def a_page(request: Request) -> Response:
        return Response("<html>log in</html>", media_type="image/jpeg")

    async with zalo_api.connected(a_home, api):
        assert "MB" in await api.lied(CHAT, endless)
        assert given < LARGEST
        assert says("file.broken") in await api.lied(CHAT, shorter)
        assert says("file.unknown") in await api.lied(CHAT, a_page)


async def test_what_never_comes_is_not_waited_for(a_home: Home, api: ZaloApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly it drips."""
    from bot.serve import zalo_bot

    monkeypatch.setattr(zalo_bot, "Media", lambda http, local: media.Media(http, local, seconds=0.5))

    async def drip(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"\xff"
                await asyncio.sleep(0.1)

        return StreamingResponse(pieces())

    async with zalo_api.connected(a_home, api):
        assert says("file.busy") in await api.lied(CHAT, drip)


# --- silence ----------------------------------------------------------------------------------------------------------


async def test_no_token_chat_or_word_is_logged(
    a_home: Home, api: ZaloApi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the level of production and whatever goes wrong; the libraries' loggers are kept as `logs` keeps them."""
    from bot import logs

    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    caplog.set_level(logging.DEBUG)
    for name, floor in logs.QUIET.items():
        caplog.set_level(max(floor, logging.DEBUG), name)
    caplog.handler.setLevel(logging.DEBUG)
    async with zalo_api.connected(a_home, api):
        api.refusals += [("sendMessage", 500)] * 40
        await api.says(CHAT, TIP)
        api.refusals.clear()
        await api.says(CHAT, "gui di")
        await api.sends_from(CHAT, "http://10.0.0.1/Trangmuoisau.jpg")
    assert caplog.text
    for secret in (api.token, api.token.partition(":")[2], api.secret, CHAT, "karaoke", "Trangmuoisau"):
        assert secret not in caplog.text


async def test_polling_is_said_to_be_for_trying_out(
    a_home: Home, api: ZaloApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it begins."""
    async with zalo_api.connected(a_home, api, webhook=False):
        await api.says(CHAT, TIP)
        await api.waits_for(CHAT, 1)
    assert "polling is for trying out" in caplog.text


async def test_a_wrong_token_is_trouble_and_is_not_told(
    a_home: Home, api: ZaloApi, caplog: pytest.LogCaptureFixture
) -> None:
    """The web goes on; `doctor` reads it from `/readyz`."""
    own = replace(zalo_api.settings(a_home, api, 1, webhook=True), zalo_token="4242:other")
    product = replace(a_home.product, settings=own)
    async with serving.zalo_bot(product), asyncio.timeout(10):
        while product.health.messengers[-1].state != "trouble":
            await asyncio.sleep(0.01)
    assert str(product.health.messengers[-1]) == "trouble (Unauthorized)"
    assert "other" not in caplog.text


# --- the demo's telephone ---------------------------------------------------------------------------------------------


async def test_the_demos_telephone_talks_to_the_real_bot(a_home: Home) -> None:
    """A page without scripts: what is written is answered when it comes again; another site's form is refused."""
    async with (
        zalo_api.telephone(a_home) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, follow_redirects=True, timeout=20) as browser,
    ):
        shown = await browser.post("/zalo-phone", data={"text": TIP}, files={"file": ("", b"")})
        assert TIP in shown.text
        assert "1. " in shown.text
        assert "<script" not in shown.text
        picture = {"file": ("a.jpg", gallery.picture("JPEG"), "image/jpeg")}
        shown = await browser.post("/zalo-phone", data={"text": ""}, files=picture)
        assert says("file.taken", number="1") in shown.text
        shown = await browser.post("/zalo-phone", data={"text": "gửi đi"}, files={"file": ("", b"")})
        assert RECEIPT.search(shown.text)
        stranger = await browser.post("/zalo-phone", data={"text": "1"}, headers={"sec-fetch-site": "cross-site"})
        assert stranger.status_code == 403


async def test_there_is_no_telephone_but_in_a_demo(a_home: Home, api: ZaloApi) -> None:
    """Nor the platform behind it."""
    async with zalo_api.connected(a_home, api) as served, httpx.AsyncClient(trust_env=False) as http:
        for path in ("/zalo-phone", "/zalo-phone/platform/bot1:x/getMe"):
            assert (await http.get(served.url + path)).status_code == 404
