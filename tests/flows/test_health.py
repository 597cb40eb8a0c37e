"""`/healthz` says that the process lives, `/readyz` whether a tip can be taken, and `doctor` says both in words."""

import asyncio
import contextlib
import resource
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import storage
from bot.serve import health
from bot.serve.health import Health
from storage import migrate
from tests.contract.test_store_failures import full, locked
from tests.fakes import home, loopback, served, servers
from tests.fakes.home import Home
from tests.fakes.served import Citizen, Served
from tests.fakes.words import DRUGS as TIP
from tips import errors


@pytest.fixture(scope="module")
def at() -> Iterator[Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


async def asked(at: Served) -> tuple[int, dict[str, str]]:
    """The status of `/readyz` and what it says; `/healthz` goes on saying that the process lives."""
    time.sleep(health.KEPT)  # noqa: ASYNC251 (an answer is kept so long)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        assert (await client.get(f"{at.url}/healthz")).status_code == 200
        answer = await client.get(f"{at.url}/readyz")
    return answer.status_code, answer.json()


@contextlib.contextmanager
def no_room(pid: int) -> Iterator[None]:
    """No file of a process may grow, as on a full disk."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


async def test_a_full_disk_is_said_and_so_is_that_there_is_room_again(at: Served) -> None:
    """Nobody is sent to a process that could not keep what they write."""
    async with served.serving(at, "intake,clock") as process:
        assert await asked(at) == (200, {"store": "ok", "drafts": "ok", "clock": "ok"})
        with no_room(process.pid):
            status, report = await asked(at)
            assert (status, report["store"]) == (503, health.ILL)
        assert (await asked(at))[0] == 200


async def test_valkey_away_is_said(at: Served) -> None:
    """Without drafts no conversation goes on."""
    with servers.valkey() as valkey:
        more = {"TINBAO_DRAFTS_URL": servers.valkey_url(valkey)}
        async with served.serving(at, more=more), Citizen(at.url) as citizen:
            assert await citizen.sends(TIP)
            assert await asked(at) == (200, {"store": "ok", "drafts": "ok"})
            valkey.stop()
            assert await asked(at) == (503, {"store": "ok", "drafts": health.ILL})
            valkey.start()


async def test_a_clock_that_stands_still_is_said(a_home: Home) -> None:
    """One that runs elsewhere is not this process's to speak of."""
    moment = [0.0]
    own = Health(a_home.product.store, monotonic=lambda: moment[0])
    assert "clock" not in await own.report()
    own.ticked()
    for seconds, state in ((health.LATE - 1, "ok"), (health.LATE + 5, "late")):
        moment[0] = seconds
        report = await own.report()
        assert (report["clock"], own.ready(report)) == (state, state == "ok")


async def test_a_messenger_out_of_reach_is_named_and_keeps_nobody_from_the_web(a_home: Home) -> None:
    """Never with more of the error than its kind."""
    own = Health(a_home.product.store)
    channel = own.messenger("telegram")
    for act, said in ((lambda: None, "connecting"), (channel.answered, "up")):
        act()
        assert (await own.report())["telegram"] == said
    channel.failed("TimedOut")
    report = await own.report()
    assert (report["telegram"], own.ready(report)) == ("trouble (TimedOut)", True)


async def test_asking_often_writes_no_more(a_home: Home) -> None:
    """Whoever asks a thousand times costs one write."""
    written = 0

    async def probe() -> None:
        nonlocal written
        written += 1

    class Store:
        drafts = a_home.product.store.drafts

    Store.probe = staticmethod(probe)  # type: ignore[attr-defined]
    own = Health(Store())  # type: ignore[arg-type]
    for _ in range(1000):
        await own.report()
    assert written == 1


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[storage.Store]:
    migrate.upgrade(database_url)
    async with storage.open_store(database_url, busy=0.1) as opened:
        yield opened


async def test_a_probe_leaves_nothing(store: storage.Store) -> None:
    """However often, and from several at once."""
    for _ in range(3):
        await store.probe()
    with pytest.raises(errors.NotFound):
        await store.keyring.kept("probe")


@pytest.mark.parametrize("trouble", [locked, full])
async def test_a_probe_finds_what_a_tip_would_find(trouble, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A database that is locked, or has no room."""
    path = tmp_path / "tinbao.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{path}")
    async with storage.open_store(f"sqlite+aiosqlite:///{path}", busy=0.1) as store:
        with trouble(path), pytest.raises(errors.StoreUnavailable):
            await store.probe()
        await store.probe()


async def test_doctor_asks_who_serves(at: Served) -> None:
    """Nobody, somebody else, or this home: each is said."""
    port = loopback.free_port()

    async def other(request: Request) -> Response:
        return Response("<html>")

    async with loopback.serving(Starlette(routes=[Route("/{path:path}", other)]), port):
        own = Served(at.folder, port, at.admins, at.officers)
        assert "no Tin Báo serves" in await asyncio.to_thread(served.command, own.folder, port, "doctor")
    assert "no Tin Báo serves" in await asyncio.to_thread(served.command, at.folder, at.port, "doctor")
    async with served.serving(at, "intake,clock"):
        assert "store ok, drafts ok, clock ok" in await asyncio.to_thread(served.command, at.folder, at.port, "doctor")


async def test_a_receipt_is_looked_up_while_the_disk_is_full(at: Served) -> None:
    """Reading needs no room: who comes back sees where their case is, from a new browser too."""
    async with served.serving(at) as process, Citizen(at.url) as writer, Citizen(at.url) as reader:
        receipt = await writer.sends(TIP)
        with no_room(process.pid):
            for citizen in (writer, reader):
                assert "chưa ai mở" in (await citizen.says(receipt)).text
        assert "chưa ai mở" in (await reader.says(receipt)).text
