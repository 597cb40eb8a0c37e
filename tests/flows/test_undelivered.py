"""Dead letters at the desk: an admin sees that somebody could not be told, why, and what helps; and no chat."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from storage import mapping
from storage.engine import Database
from tests.fakes import bot_api
from tests.fakes.bot_api import BotApi, OfficersBot
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tips.cases.outbox import Trouble
from tips.desk.actions import Fields
from tips.intake.reporter_notifications import Address, relay_id

CHAT = 515_099_123
PAGE = "/desk/undelivered"


@asynccontextmanager
async def with_a_dead_letter(home: Home) -> AsyncIterator[tuple[BotApi, OfficersBot, httpx.AsyncClient]]:
    """A word that Telegram refused for good, and an admin who looks."""
    await home.join(("tri", "ttra-tp", "admin"))
    async with bot_api.serving() as api:
        own = replace(home.settings, officers_token=bot_api.TOKEN, telegram_api=api.url)
        with_bot = replace(home, product=replace(home.product, settings=own))
        async with bot_api.connected_officers_bot(with_bot.product) as bot, browser(with_bot) as client:
            notifications = home.product.officer_notifications
            await notifications.link(await notifications.code("an"), str(CHAT))
            await home.citizen().sends(TIP)
            api.refusals += [("sendMessage", 400)]
            assert await bot.looks() == 0
            home.clock.forward(minutes=1)
            await log_in(client, with_bot, "tri")
            yield api, bot, client


async def decides(client: httpx.AsyncClient, act: str, **instead: str) -> httpx.Response:
    page = (await client.get(PAGE)).text
    letter, csrf = re.search(r'name="letter" value="([0-9a-f]+)"', page), CSRF.search(page)
    assert letter
    assert csrf
    return await client.post(f"{PAGE}/{act}", data={"csrf": csrf[1], "letter": letter[1]} | instead)


async def test_an_admin_sees_whose_word_is_stuck_and_what_helps_and_no_chat(a_home: Home) -> None:
    """The officer's name, the kind of error, the remedy; neither the chat nor the case."""
    async with with_a_dead_letter(a_home) as (_, _, client):
        page = (await client.get(PAGE)).text
        assert "<td>an</td>" in page
        assert "không nhận lời nhắc này" in page
        assert "liên kết lại" in page
        case = await a_home.the_case()
        for hidden in (str(CHAT), case.id.hex(), "karaoke"):
            assert hidden not in page


async def test_a_dead_letter_is_sent_again(a_home: Home) -> None:
    """Once the reason is gone it arrives, and the page is empty."""
    async with with_a_dead_letter(a_home) as (api, bot, client):
        assert await bot.looks() == 0
        assert (await decides(client, "again")).status_code == 200
        assert await bot.looks() == 1
        assert len(api.sent[CHAT]) == 1
        assert "Không có lời nhắc nào bị kẹt" in (await client.get(PAGE)).text


async def test_a_dead_letter_is_dropped(a_home: Home) -> None:
    async with with_a_dead_letter(a_home) as (api, bot, client):
        await decides(client, "drop")
        assert "Không có lời nhắc nào bị kẹt" in (await client.get(PAGE)).text
        assert await bot.looks() == 0
        assert api.sent[CHAT] == []


@pytest.mark.parametrize(
    ("instead", "status"), [({"csrf": "0" * 32}, 409), ({"letter": "00" * 16}, 404), ({"letter": "x"}, 404)]
)
async def test_a_strange_form_decides_nothing(a_home: Home, instead: dict[str, str], status: int) -> None:
    """Another site's, or one about a letter that is none."""
    async with with_a_dead_letter(a_home) as (_, _, client):
        assert (await decides(client, "drop", **instead)).status_code == status
        assert len(await a_home.product.undelivered.letters()) == 1


async def test_nobody_but_an_admin_decides(a_home: Home) -> None:
    """To an officer the page and its buttons are not there."""
    async with with_a_dead_letter(a_home), browser(a_home) as client:
        await log_in(client, a_home, "an")
        csrf = CSRF.search((await client.get("/desk/account")).text)
        assert csrf
        (letter,) = await a_home.product.undelivered.letters()
        for act in ("again", "drop"):
            answer = await client.post(f"{PAGE}/{act}", data={"csrf": csrf[1], "letter": letter.id.hex()})
            assert answer.status_code == 404
        assert len(await a_home.product.undelivered.letters()) == 1


async def test_of_reporters_only_a_number_is_shown(a_home: Home) -> None:
    """Neither the case nor the channel."""
    async with with_a_dead_letter(a_home) as (_, _, client):
        case, asked = await a_home.the_case(), a_home.product.reporter_notifications
        await asked.ask(case.id, Address("telegram", "77001234", "vi"))
        officer = await a_home.session("an")
        await a_home.product.review.open(officer, case.id)
        await a_home.product.casework.act(officer, case.id, "ask", Fields(text="Phòng số mấy?"))
        (claim,) = await a_home.product.store.addresses.claim(relay_id(asked.secrets.relay_key()), a_home.clock(), 9)
        await a_home.product.store.addresses.bury(claim, Trouble.REFUSED)
        page = (await client.get(PAGE)).text
        assert "Chưa nhắn tới được: 1." in page
        assert "77001234" not in page
        assert case.id.hex() not in page


async def test_a_row_that_a_hand_was_in_breaks_neither_page_nor_bot(a_home: Home, database_url: str) -> None:
    """A kind, an error or a chat that nobody knows is shown or passed over."""
    async with with_a_dead_letter(a_home) as (_, bot, client):
        database, push = Database(database_url), mapping.table("push")
        async with database.write() as connection:
            await connection.execute(push.update().values(kind="no such kind", trouble="no such", chat="0"))
            values = {"chat": str(CHAT), "kind": "no such kind", "since": a_home.clock(), "after": a_home.clock()}
            await connection.execute(push.insert().values(id=b"x" * 16, tries=0, **values))
        await database.close()
        assert (await client.get(PAGE)).status_code == 200
        assert await bot.looks() == 0
