"""A database that is locked, read-only, full or away: one error, nothing kept, and no receipt."""

import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import storage
from tests.contract.conftest import is_stored, new_case, step
from tests.fakes import databases, home
from tests.fakes.words import DRUGS_WITHOUT_ACCENTS
from tips import errors


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextlib.contextmanager
def full(path: Path) -> Iterator[None]:
    """No file of this process may grow beyond what the database is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("trouble", [locked, full])
async def test_sqlite_in_trouble_keeps_nothing_and_recovers(trouble, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """While it lasts every write is refused; afterwards the same writes work."""
    path = tmp_path / "tinbao.db"
    url = f"sqlite+aiosqlite:///{path}"
    databases.prepare(url)
    async with storage.open_store(url, busy=0.1) as store:
        known, fresh = new_case(), new_case()
        await store.tips.submit(known)
        with trouble(path):
            with pytest.raises(errors.StoreUnavailable):
                await store.tips.submit(fresh)
            with pytest.raises(errors.StoreUnavailable):
                await store.cases.apply(step(known.case))
        assert not await is_stored(store, fresh.case.id)
        assert await store.tips.submit(fresh)
        await store.cases.apply(step(known.case))


async def test_a_read_only_sqlite_can_be_read_and_not_written(tmp_path: Path) -> None:
    """What is stored stays readable."""
    path = tmp_path / "tinbao.db"
    databases.prepare(f"sqlite+aiosqlite:///{path}")
    known = new_case()
    async with storage.open_store(f"sqlite+aiosqlite:///{path}") as store:
        await store.tips.submit(known)
    async with storage.open_store(f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true", busy=0.1) as store:
        assert await is_stored(store, known.case.id)
        with pytest.raises(errors.StoreUnavailable):
            await store.tips.submit(new_case())


async def test_postgresql_in_trouble_keeps_nothing_and_recovers(postgres_url: str) -> None:
    """Read-only, then with every connection cut."""
    databases.prepare(postgres_url)
    plain = postgres_url.replace("+psycopg", "")
    name = plain.rpartition("/")[2]
    async with storage.open_store(postgres_url) as store:
        await store.tips.submit(new_case())
        with psycopg.connect(plain, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            fresh = new_case()
            for _ in range(2):  # the cut connection, then the new one that may not write
                with pytest.raises(errors.StoreUnavailable):
                    await store.tips.submit(fresh)
            admin.execute(f"SET default_transaction_read_only = off; ALTER DATABASE {name} RESET ALL")
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with contextlib.suppress(errors.StoreUnavailable):
            await store.tips.submit(fresh)
        await store.tips.submit(fresh)
        assert await is_stored(store, fresh.case.id)


async def test_a_citizen_is_asked_to_try_again_and_loses_nothing(tmp_path: Path) -> None:
    """A database that is locked at the moment of sending: no receipt; then the same tip is sent, once."""
    url = f"sqlite+aiosqlite:///{tmp_path}/tinbao.db"
    async with home.opened(tmp_path, url=url) as opened:
        citizen = opened.citizen()
        await citizen.says(DRUGS_WITHOUT_ACCENTS)
        with locked(tmp_path / "tinbao.db"), pytest.raises(errors.StoreUnavailable):
            await citizen.presses("submit")
        assert await opened.product.store.ledger.heads() == []
        assert (await citizen.presses("submit")).receipt
        assert len(await opened.product.store.ledger.heads()) == 1
