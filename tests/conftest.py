"""Fixtures that every folder of tests may use."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fakes import databases, home, servers, two


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Two processes take only what has turns."""
    if two.ON:
        kept = [item for item in items if _has_turns(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _has_turns(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    if "monkeypatch" in names:  # what is set in one process the other does not know
        return False
    return "a_home" in names or "opened" in vars(item.module)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def newest_database(postgres_server: str) -> str:
    databases.migrate_one(postgres_server)
    return databases.NEWEST


@pytest.fixture
def postgres_url(postgres_server: str, newest_database: str) -> Iterator[str]:
    with databases.on_server(postgres_server, newest_database) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Both databases, one after the other, at the newest schema and empty."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    url = f"sqlite+aiosqlite:///{tmp_path}/contract.db"
    databases.prepare(url)
    return url


@pytest.fixture
async def a_home(tmp_path: Path, database_url: str) -> AsyncIterator[home.Home]:
    """A home with a few people, on either database."""
    async with home.opened(tmp_path, url=database_url) as opened:
        yield opened
