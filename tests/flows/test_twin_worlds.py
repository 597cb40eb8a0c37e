"""Twin worlds: alike but for one tip, which accuses U in the first and another unit of U's kind in the second.

What U's people can see is equal in both, up to random bytes: nobody learns that they are spoken of. Nor does an
official who can read the whole database.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage import tables
from storage.engine import Database
from tests.fakes import bot_api, databases
from tests.fakes.desk import browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.people import A_FEW
from tests.fakes.words import DRUGS
from tips import errors
from tips.crypto import sealing
from tips.statistics import periods
from tips.statistics import tables as figures
from tips.statistics.cells import Published
from tips.statistics.closing import grown

U = "area-770"  # the desk of Quận 3, spoken of in the first world
PEOPLE_OF_U = ("an", "chi")  # an officer and the head
OTHERS = (
    DRUGS,
    "Đêm qua ở quận 3 có nhóm thanh niên đua xe trên đường Võ Văn Tần.",
    "Cho vay nặng lãi ở phường Võ Thị Sáu quận 3, đánh người tối qua.",
    "Quán nhậu đường Phan Đăng Lưu quận Bình Thạnh đánh bạc mỗi tối.",
)
ACCUSING = (
    "Lãnh đạo công an quận {} nhận tiền bảo kê quán karaoke đường Lê Văn Sỹ quận 3, tôi thấy đưa phong bì tối qua."
)
RANDOM = re.compile(r"[A-Za-z0-9+/]{1000,}=*|[0-9a-f]{16,}|\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b")
CHAT = 6200
WITH = {"people": (*A_FEW, ("chi", U, "head"))}


@dataclass
class World:
    """One of the two: what U's people saw, what the database shows to who can read it, and what their keys open."""

    seen: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Counter[str]] = field(default_factory=dict)
    owner: str = ""
    opened: int = 0


@pytest.fixture(scope="module")
def urls(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str, newest_database: str
) -> Iterator[dict[str, str]]:
    """A fresh database for each world, on either store."""
    with ExitStack() as stack:
        fresh = [stack.enter_context(databases.on_server(postgres_server, newest_database)) for _ in "12"]
        folder = tmp_path_factory.mktemp("worlds")
        yield {
            **{f"postgresql {at}": url for at, url in enumerate(fresh)},
            **{f"sqlite {at}": f"sqlite+aiosqlite:///{folder}/{at}.db" for at in range(2)},
        }


async def lived(folder: Path, url: str, accused: str) -> World:
    """Days with four tips and one more; every page, message, count and row is written down."""
    world = World()
    async with opened(folder, url=url, **WITH) as made, bot_api.serving() as api:
        own = replace(made.settings, officers_token=bot_api.TOKEN, telegram_api=api.url)
        home = replace(made, product=replace(made.product, settings=own))
        async with bot_api.connected_officers_bot(home.product) as bot:
            for at, name in enumerate(PEOPLE_OF_U):
                code = await home.product.officer_notifications.code(name)
                await api.says(
                    CHAT + at, f"/lienket {code}", entities=[{"type": "bot_command", "offset": 0, "length": 8}]
                )
                await api.waits_for(CHAT + at, 1)
            for number, text in enumerate((*OTHERS[:2], ACCUSING.format(accused), *OTHERS[2:])):
                await home.citizen(f"citizen {number}").sends(text)
                home.clock.forward(hours=1)
                await bot.looks()
                await home.product.escalation.tick()
                if home.clock().hour in {1, 7, 13}:
                    await bot.digests()
            await pages(home, world)
            home.clock.forward(hours=40)  # what nobody took climbs, the accusation as well
            await home.product.escalation.tick()
            await bot.digests()
            await pages(home, world)
            shown = [[it["text"] for it in api.sent[CHAT + at]] for at in range(len(PEOPLE_OF_U))]
            world.seen["messages"] = [ordered("\n\n".join(texts)) for texts in shown]
        await counts(home, world)
        world.opened = await keys_of_u(home)
        world.owner = next(it.unit for it in await home.cases() if it.restricted)
    await rows(url, world)
    return world


async def pages(home: Home, world: World) -> None:
    """Every page that U's people can open, random names replaced by their order."""
    for name in PEOPLE_OF_U:
        home.clock.forward(minutes=1)
        async with browser(home) as client:
            await log_in(client, home, name)
            queue = await client.get("/desk/")
            world.seen[f"{name}'s queue at {home.clock()}"] = ordered(queue.text)
            for case in dict.fromkeys(re.findall(r"/desk/case/([0-9a-f]{32})\"", queue.text)):
                page = await client.get(f"/desk/case/{case}")
                world.seen[f"{name}'s page {len(world.seen)}"] = ordered(page.text)
            for path in ("/desk/?state=closed", "/desk/statistics", "/desk/ledger"):
                answer = await client.get(path)
                world.seen[f"{name}'s {path} at {home.clock()}"] = (answer.status_code, ordered(answer.text))


def ordered(text: str) -> str:
    """A page with each random value replaced by the number of its first appearance."""
    known: dict[str, str] = {}
    return RANDOM.sub(lambda it: known.setdefault(it[0], f"<{len(known)}>"), text)


async def counts(home: Home, world: World) -> None:
    """Every figure of the month, as an admin would hand it to U; nothing is stored, so that rows stay comparable."""
    statistics, closing = home.product.store.statistics, home.product.closing
    first, last = periods.bounds("2026-11")
    counted = figures.counted(await statistics.counts(first, last), home.product.organisation.areas)
    world.seen["figures"] = closing.safe("2026-11", counted, Published())
    world.seen["restricted"] = grown(await statistics.restricted(last), (), closing.least)


async def keys_of_u(home: Home) -> int:
    """How many grants of the accusing case any seed of U's people opens, asleep ones freed by the clock's own key."""
    case = next(it for it in await home.cases() if it.restricted)
    envelopes = {it.id: it for it in await home.envelopes(case.id)}
    found = 0
    for name in PEOPLE_OF_U:
        session = await home.session(name)
        seeds = [seed for unit in session.seeds.values() for seed in unit]
        for grant in await home.grants(case.id):
            woken = (
                sealing.wake(envelopes[grant.envelope], grant, home.product.escalation.release_seed)
                if grant.asleep
                else grant
            )
            try:
                sealing.open_key(woken, seeds)
                found += 1
            except errors.NotOpened:
                continue
    return found


async def rows(url: str, world: World) -> None:
    """Each table as who has rights on the database sees it: bytes by their length, bodies of events in words."""
    database = Database(url)
    for table in tables.metadata.tables.values():
        found = await database.rows(sa.select(table))
        world.shown[table.name] = Counter(" ".join(_face(value) for value in row) for row in found)
    await database.close()


def _face(value: Any) -> str:
    if isinstance(value, bytes):
        try:
            return RANDOM.sub("<random>", json.dumps(json.loads(value), sort_keys=True))
        except ValueError:
            return f"<{len(value)} bytes>"
    if isinstance(value, int) and value >= 2**33:  # versions of drafts begin at random, within 2**48
        return "<random>"
    return RANDOM.sub("<random>", str(value))


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_u_sees_the_same_whether_it_is_accused_or_another(
    urls: dict[str, str], tmp_path: Path, store: str
) -> None:
    """Pages, pings, digests, counts and the order of all: not one sign differs. Nor does a row of the database."""
    accused = await lived(tmp_path / "1", urls[f"{store} 0"], "3")
    another = await lived(tmp_path / "2", urls[f"{store} 1"], "1")
    assert accused.owner == another.owner
    for place in accused.seen:
        assert accused.seen[place] == another.seen[place], place
    assert set(accused.seen) == set(another.seen)
    for table in accused.shown:
        assert accused.shown[table] == another.shown[table], table
    assert accused.opened == 0
    assert accused.seen["messages"][0]


def test_the_comparison_notices_a_row_more() -> None:
    """Two pages that differ in the order of two cases are not the same."""
    one, other = "aaaa0000aaaa0000aaaa P1 bbbb0000bbbb0000bbbb P2", "bbbb0000bbbb0000bbbb P2 aaaa0000aaaa0000aaaa P1"
    assert ordered(one) != ordered(other)
    assert ordered(one) == ordered(one.replace("aaaa", "cccc"))
