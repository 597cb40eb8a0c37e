"""Fixtures that every folder of tests may use."""

import os
import sys
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from storage import migrate
from tests.fakes import databases, home, memory_store, servers, two

SLOW_FAKES = {f"tests.fakes.{name}" for name in ("films", "opener", "planting", "served", "servers")} | {"tests.tools"}
SLOW_STORES = {"postgresql", "valkey"}


BEHIND = ("sqlalchemy", "sqlite3", "storage", "bot.commands.recovery")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--memory", action="store_true", help="flows that look at no database run on a store in memory")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is slow is marked so, and begins first: what comes last should be short. Two processes take only turns."""
    for item in items:
        if _is_slow(item):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.flaky(reruns=1))  # a browser or a server may be late on a busy machine
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: item.path not in slow)
    if two.ON:
        kept = [item for item in items if _has_turns(item) and _is_its_store(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _is_slow(item: pytest.Item) -> bool:
    """Whether it needs a browser, a server, a process that serves, or a program of `make setup-test`."""
    if item.path.parent.name == "web":
        return True
    callspec = getattr(item, "callspec", None)
    if callspec and SLOW_STORES & {it for it in callspec.params.values() if isinstance(it, str)}:
        return True
    if "postgres_server" in getattr(item, "fixturenames", ()):
        return True
    reached = vars(item.module).values()  # type: ignore[attr-defined]
    return bool(SLOW_FAKES & {getattr(it, "__name__", "") for it in reached}) or bool(
        SLOW_FAKES & {str(getattr(it, "__module__", "")) for it in reached}
    )


def _is_its_store(item: pytest.Item) -> bool:
    """Over two processes each test is run once more on one of its databases; which, its name decides."""
    callspec = getattr(item, "callspec", None)
    chosen = ("sqlite", "postgresql")[zlib.crc32(item.originalname.encode()) % 2]  # type: ignore[attr-defined]
    named = {"sqlite", "postgresql"} & {
        it for it in (callspec.params if callspec else {}).values() if isinstance(it, str)
    }
    return not named or chosen in named


def _has_turns(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    if "monkeypatch" in names:  # what is set in one process the other does not know
        return False
    return "a_home" in names or "opened" in vars(item.module)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A server of the tests' own, or the one of `make test-store URL=`."""
    if given := os.environ.get("TINBAO_TEST_SERVER"):
        yield given.rstrip("/")
        return
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def newest_database(postgres_server: str) -> Iterator[str]:
    """The name of a database at the newest schema, of which others are copies."""
    with databases.on_server(postgres_server) as url:
        migrate.upgrade(url)
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_url(postgres_server: str, newest_database: str) -> Iterator[str]:
    with databases.on_server(postgres_server, newest_database) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Both databases, one after the other, at the newest schema and empty.

    With `--memory` the store in memory stands for SQLite, unless the file of the test looks behind the store.
    """
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_url")
    elif request.config.getoption("memory") and not _looks_behind(request.module):
        with memory_store.in_place() as url:
            yield url
    else:
        url = f"sqlite+aiosqlite:///{tmp_path}/contract.db"
        databases.prepare(url)
        yield url


def _looks_behind(module: ModuleType) -> bool:
    """Whether a file of tests, or one that it takes something from, reaches a database without the product."""
    named = {getattr(it, "__module__", None) or getattr(it, "__name__", "") for it in vars(module).values()}
    further = [sys.modules[it] for it in named if str(it).startswith("tests.flows.") and it != module.__name__]
    return any(str(it).startswith(BEHIND) for it in named) or any(map(_looks_behind, further))


@pytest.fixture
async def a_home(tmp_path: Path, database_url: str) -> AsyncIterator[home.Home]:
    """A home with a few people, on either database."""
    async with home.opened(tmp_path, url=database_url) as opened:
        yield opened
