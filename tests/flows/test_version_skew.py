"""Processes of two versions over one home: the older one stops, loses nothing, and says what helps."""

import asyncio
import base64
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from bot.commands import doctor
from bot.serve import health, polling
from handlers.channel import Channel
from storage import engine, migrate
from tests.fakes import home, loopback, served
from tests.fakes.home import Home
from tests.fakes.served import Citizen, Served
from tests.fakes.words import DRUGS as TIP
from tips import errors
from tips.cases.ledger import Event, Kind, SignedEvent
from tips.crypto import keys
from tips.intake.turns import Inbound
from tips.merkle import tree
from tips.organisation.roster import CLOCK

HEAD = migrate.revisions(migrate.SCRIPTS)[-1]
LATER = "9999"
MAIN = "import sys; sys.argv[:1] = ['tinbao', 'serve']; from bot.__main__ import main; main()"
PATIENCE = 40.0  # seconds that a process may take to notice


@pytest.fixture
def at() -> Iterator[Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


@pytest.fixture
def newer(tmp_path: Path) -> tuple[str, str]:
    """`tinbao serve` of a version whose schema goes on from today's."""
    scripts = shutil.copytree(migrate.SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / f"{LATER}_later.py").write_text(
        f'from alembic import op\n\nrevision = "{LATER}"\ndown_revision = "{HEAD}"\n\n'
        "def upgrade():\n    op.execute('ALTER TABLE tip ADD COLUMN later INTEGER')\n"
    )
    own = f"import pathlib; from storage import migrate; migrate.SCRIPTS = pathlib.Path({str(scripts)!r})"
    return "-c", f"{own}; {MAIN}"


def looking_every(seconds: float) -> tuple[str, str]:
    """Today's `tinbao serve`, which looks so often whether it is the newest."""
    return "-c", f"from bot.serve import serving; serving.ROSTER_EVERY = {seconds}; {MAIN}"


async def report(at: Served) -> tuple[int, dict[str, str]]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.get(f"{at.url}/readyz")
    return answer.status_code, answer.json()


@contextlib.asynccontextmanager
async def same_person(url: str, before: Citizen) -> AsyncIterator[Citizen]:
    """The browser as it was, at another process: as behind one address."""
    async with Citizen(url) as citizen:
        citizen._client.cookies.set("c", before.cookie)
        yield citizen


async def test_who_writes_to_the_older_process_is_asked_to_try_again_and_loses_nothing(
    at: Served, newer: tuple[str, str]
) -> None:
    """Before it noticed anything: nothing is kept by what it knows, and the newer process has the draft and the tip."""
    other = replace(at, port=loopback.free_port())
    async with served.serving(at, serve=looking_every(600)), Citizen(at.url) as citizen:
        assert "submit" in (await citizen.says(TIP)).choices
        async with served.serving(other, serve=newer):
            refused = await citizen.presses("submit")
            assert (refused.receipt, refused.state) == (None, "error")
            status, found = await report(at)
            assert (status, found["store"]) == (503, health.OUTDATED)
            async with same_person(other.url, citizen) as again:
                receipt = (await again.presses("submit")).receipt
                assert receipt
                assert "chưa ai mở" in (await again.says(receipt)).text


async def test_a_process_that_a_later_version_overtakes_serves_no_more_and_says_so(
    at: Served, newer: tuple[str, str], tmp_path: Path
) -> None:
    """At `/readyz`, in its log, to `doctor` and to whoever comes; it lives until somebody ends it."""
    log, other = tmp_path / "log", replace(at, port=loopback.free_port())
    only = "intake,desk,clock"
    async with served.serving(at, only, serve=looking_every(0.2), log=log) as process:
        async with served.serving(other, only, serve=newer):
            async with httpx.AsyncClient(base_url=at.url, trust_env=False, timeout=10) as client:
                async with asyncio.timeout(PATIENCE):
                    while "this process serves no more" not in log.read_text():
                        await asyncio.sleep(0.1)
                    while (await client.get("/")).status_code != 503:
                        await asyncio.sleep(0.1)
                assert (await report(at)) == (503, {"store": health.OUTDATED})
                assert (await report(other))[0] == 200
                said = await client.get("/desk/login")
                assert (said.status_code, "thử lại" in said.text, said.headers["retry-after"]) == (503, True, "30")
                assert (await client.post("/api/chat", data={"text": TIP})).status_code == 503
                assert (await client.get("/healthz")).status_code == 200
            asked = ["doctor", at.port, health.OUTDATED], ["doctor", other.port, "store ok"]
            for command, port, words in asked:
                assert words in await ended(newer, replace(at, port=port), command)
        assert process.returncode is None
        assert "Traceback" not in log.read_text()


async def ended(version: tuple[str, str], at: Served, command: str) -> str:
    """What a command of a version prints."""
    flag, code = version
    process = await asyncio.create_subprocess_exec(
        served.PROGRAM[0], flag, code.replace("'serve'", f"'{command}'"),
        cwd=served.ROOT, env=served.environment(at.folder, at.port), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return out.decode()


async def test_an_older_version_does_not_start(at: Served, newer: tuple[str, str]) -> None:
    """It says why, and what helps; `doctor` says the same."""
    async with served.serving(at, serve=newer):
        pass
    said = await ended(("-c", MAIN), at, "doctor")
    assert f"schema {LATER}" in said
    assert "a later version of Tin Báo was here. Install that version" in said


@contextlib.contextmanager
def overtaken(url: str) -> Iterator[None]:
    """A later version upgraded the database, as far as an older one sees."""
    created = sa.create_engine(engine.sync_url(url))
    for revision in (LATER, HEAD):
        with created.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
        if revision == LATER:
            yield
    created.dispose()


async def test_nothing_is_written_by_a_schema_that_is_no_more(a_home: Home) -> None:
    """Neither a draft nor a tip, nor what the desk or the clock does; all goes on where the version is right."""
    citizen, store = a_home.citizen(), a_home.product.store
    code = await citizen.sends(TIP)
    session, case = await a_home.session("an"), await a_home.the_case()
    with overtaken(a_home.settings.database_url):
        for attempt in (
            store.probe.schema,
            store.probe,
            lambda: a_home.citizen("another").says(TIP),
            lambda: a_home.product.review.open(session, case.id),
            a_home.product.heads.tick,
        ):
            with pytest.raises(errors.Outdated):
                await attempt()
    assert len(await a_home.cases()) == 1
    assert (await a_home.product.review.open(session, case.id)).tip.text == TIP
    assert (await a_home.product.mailboxes.read(code)).case.id == case.id
    assert (await a_home.product.audit()).sound


async def waited_for(url: str) -> None:
    """Until the upgrade stands before a lock; SQLite does not tell."""
    if engine.is_sqlite(url):
        await asyncio.sleep(3)
        return
    stands = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(PATIENCE), await psycopg.AsyncConnection.connect(plain(url), autocommit=True) as looking:
        while not await (await looking.execute(stands)).fetchall():
            await asyncio.sleep(0.1)


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


async def test_an_upgrade_waits_for_who_is_writing_and_nobody_writes_beside_it(
    a_home: Home, newer: tuple[str, str]
) -> None:
    """Neither waits for the other for ever: the upgrade is done once the transaction before it is, and none follows."""
    url = a_home.settings.database_url
    flag, code = newer
    upgrading = f"{code.removesuffix(MAIN)} migrate.upgrade({url!r})"
    database = engine.Database(url, schema=HEAD)
    async with database.write() as connection:
        process = await asyncio.create_subprocess_exec(served.PROGRAM[0], flag, upgrading, cwd=served.ROOT)
        await waited_for(url)
        assert process.returncode is None
        await connection.execute(sa.text("UPDATE tip SET area = area"))
    assert await process.wait() == 0
    with pytest.raises(errors.Outdated):
        async with database.write():
            pass
    await database.close()


async def test_what_a_platform_brought_is_left_to_who_serves_next(a_home: Home) -> None:
    """Where it brings a message again, nobody is told to write it once more; a person at a page is."""
    product, heard = a_home.product, Inbound("text", text=TIP, ref="1")
    page, bot = Channel("web", product.reception), Channel("bot", product.reception, patience=5.0)
    with overtaken(a_home.settings.database_url):
        assert (await page.answer(page.sender("a"), heard)).state == "error"
        with pytest.raises(errors.Outdated):
            await bot.answer(bot.sender("a"), heard)

        async def hear(update: polling.Raw) -> None:
            await bot.answer(bot.sender("a"), heard)

        poller = polling.Poller(hear)
        await poller.take([{"update_id": 7, "message": {"chat": {"id": 1}}}])
        assert poller.offset == 7  # it is not confirmed
        await poller.end()
    assert (await bot.answer(bot.sender("a"), heard)).state != "error"


async def test_events_of_a_later_version_are_named_as_such(a_home: Home) -> None:
    """Those that are signed; whoever has only the database makes nobody believe in a later version."""
    clock = a_home.founding.secrets.signing[CLOCK]
    event = Event(Kind.SEARCHED, b"", bytes(32), a_home.clock().replace(minute=0), CLOCK, bytes(32))
    body = event.body().replace(b'"searched"', b'"of_a_later_day"')
    forged = SignedEvent(tree.leaf_hash(body), b"", body, base64.b64decode(b"A" * 86 + b"=="))
    await a_home.product.store.ledger.append(forged)
    assert "nothing" in await doctor.CHECKS["data"](a_home.product)
    other = body.replace(b"00", b"01", 1)
    signature = keys.sign(clock, b"tinbao event\x00" + other)
    await a_home.product.store.ledger.append(SignedEvent(tree.leaf_hash(other), b"", other, signature))
    with pytest.raises(errors.BadSetting, match="written by a newer Tin Báo: 1 events"):
        await doctor.CHECKS["data"](a_home.product)
    assert [it for it in (await a_home.product.audit()).problems if "a later version of Tin Báo wrote it" in it]
    assert json.loads(other)["kind"] not in [*Kind]
