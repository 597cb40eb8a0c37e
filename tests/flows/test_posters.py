"""Who comes by a poster: the place comes along, and of them nothing is kept but a number of the month."""

import re
from datetime import timedelta

import pytest

import locales
from tests.fakes import two
from tests.fakes.desk import browser, log_in
from tests.fakes.home import Home
from tips.intake.turns import Inbound
from tips.ports.desk import Tally

VAGUE = "Quán karaoke đầu hẻm tối nào cũng bán ma tuý, mỗi đêm chừng 10 giờ"
PLACE = "Quận 3. Chỗ khác thì cứ nói."

IN_ONE = pytest.mark.skipif(two.ON, reason="each process counts by itself until the hour ends")


async def kept(a_home: Home) -> list[Tally]:
    await a_home.product.reception.tallies.keep()
    return await opens(a_home)


async def opens(a_home: Home) -> list[Tally]:
    return [it for it in await a_home.product.store.statistics.tallies() if it.of == "opens"]


@pytest.mark.parametrize("script", [False, True], ids=["form", "script"])
async def test_a_poster_s_page_brings_its_place_along(a_home: Home, script: bool) -> None:
    """It is said on the page, goes along with the first words, and the tip is the desk's of that place."""
    async with browser(a_home, "intake") as client:
        page = (await client.get("/?area=770")).text
        assert PLACE in page
        assert '<input type="hidden" name="area" value="770">' in page
        path = "/api/chat" if script else "/chat"
        await client.post(path, data={"text": VAGUE, "area": "770"})
        await client.post(path, data={"choose": "submit"})
    assert (await a_home.the_case()).unit == "area-770"


async def test_words_and_a_begun_tip_win_over_a_poster_s_page(a_home: Home) -> None:
    """The poster hangs where somebody passed by."""
    async with browser(a_home, "intake") as client:
        await client.post("/chat", data={"text": f"{VAGUE} ở quận 7", "area": "770"})
        again = (await client.get("/?area=770")).text
        assert PLACE not in again
        await client.post("/chat", data={"choose": "submit", "area": "770"})
    assert (await a_home.the_case()).unit == "area-778"


@pytest.mark.parametrize("place", ["", "nonsense", "999999", "%22%3E%3Cscript%3E", "q3" * 40])
async def test_a_page_s_link_that_names_no_place_is_an_ordinary_page(a_home: Home, place: str) -> None:
    """Nothing is said of a place, nothing is counted."""
    async with browser(a_home, "intake") as client:
        page = (await client.get(f"/?area={place}")).text
        assert 'name="area"' not in page
        assert "Chỗ khác thì cứ nói" not in page
    assert await kept(a_home) == []


async def test_looking_at_a_poster_s_page_begins_no_conversation(a_home: Home) -> None:
    """Nothing is stored, and no cookie set: a crawler or a preview leaves no draft."""
    async with browser(a_home, "intake") as client:
        answer = await client.get("/?area=770")
        assert "set-cookie" not in answer.headers


@IN_ONE
async def test_opens_are_counted_by_place_and_month_and_only_when_their_hour_ends(a_home: Home) -> None:
    """From the web and from a messenger's start alike; until then they are in memory."""
    async with browser(a_home, "intake") as client:
        for area in ("770", "q3", "26740"):
            await client.get(f"/?area={area}")
    await a_home.citizen("someone", "telegram").hears(Inbound("start", text="770"))
    await a_home.citizen("another", "telegram").hears(Inbound("start"))
    assert await opens(a_home) == []
    assert timedelta(0) < a_home.product.reception.tallies.left() <= timedelta(hours=1)
    assert await kept(a_home) == [Tally("2026-11", "opens", "26740", 1), Tally("2026-11", "opens", "770", 3)]
    assert await kept(a_home) == [Tally("2026-11", "opens", "26740", 1), Tally("2026-11", "opens", "770", 3)]
    a_home.clock.forward(days=7, hours=14)  # the last evening of the month in UTC is December in the city
    await a_home.citizen("someone", "telegram").hears(Inbound("start", text="770"))
    assert Tally("2026-12", "opens", "770", 1) in await kept(a_home)


@IN_ONE
async def test_a_repeated_start_counts_once(a_home: Home) -> None:
    """What a platform brings again was heard before."""
    citizen = a_home.citizen("someone", "telegram")
    for _ in range(3):
        await citizen.hears(Inbound("start", text="770", ref="7"))
    assert await kept(a_home) == [Tally("2026-11", "opens", "770", 1)]


async def test_the_desk_sees_opens_with_small_counts_hidden(a_home: Home) -> None:
    """Whoever may see figures, and of closed months only; a count below five is not told, nor found by subtraction."""
    rows = [Tally("2026-11", "opens", *it) for it in (("770", 40), ("774", 2), ("760", 9))]
    await a_home.product.store.statistics.add_tallies([*rows, Tally("2026-12", "opens", "770", 33)])
    await a_home.citizen().sends("ban ma tuy o quan 3")
    a_home.clock.forward(days=14)
    await a_home.product.closing.tick()
    async with browser(a_home, "desk") as client:
        await log_in(client, a_home, "kiem")
        page = await client.get("/desk/statistics")
        heading, opens_part = locales.say("vi", "statistics.part.opens"), page.text.partition('id="opens-h"')[2]
        assert heading in opens_part
        shown = dict(
            re.findall(r'<th scope="row">([^<]+)<.*?<td[^>]*>([^<]+)</td>', opens_part.partition("</table>")[0])
        )
        assert shown["Quận 5"] == "&lt;5"
        assert len([it for it in shown.values() if it != "40"]) >= 2
        assert "33" not in shown.values()
