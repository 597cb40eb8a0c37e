"""PostgreSQL as servers are: it asks for something again, goes away, keeps others waiting, and stands behind PgBouncer.

What the server does is done by triggers in it, by another program's locks, and by a PgBouncer that hands three
connections from transaction to transaction.
"""

import ast
import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

import storage
from storage import engine, migrate, server
from tests.contract.conftest import draft, new_case, opened, step
from tests.fakes import databases, logins, servers
from tests.fakes.home import Home
from tests.fakes.home import opened as home_opened
from tests.fakes.words import DRUGS as TIP
from tips import errors

AGAIN = "RAISE EXCEPTION USING ERRCODE = '{}'"
GOES = "PERFORM pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[storage.Store]:
    """On a server, as processes open it."""
    async with opened(postgres_url) as opening:
        yield opening


def fails(url: str, times: int, how: str, table: str = "tip", *, at: str = "") -> None:
    """Let a server fail so often when a row of a table is written; `at`: when the transaction ends."""
    kind = "CONSTRAINT TRIGGER fails AFTER" if at else "TRIGGER fails BEFORE"
    run(
        url,
        "CREATE SEQUENCE tries",  # what was counted stays counted, whatever is rolled back
        f"CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
        f" IF nextval('tries') <= {times} THEN {how}; END IF; RETURN NEW; END $$",
        f"CREATE {kind} INSERT OR UPDATE ON {table} {at} FOR EACH ROW EXECUTE FUNCTION fails()",
    )


def run(url: str, *statements: str) -> None:
    """A hand of the owner's."""
    with psycopg.connect(logins.raw(url), autocommit=True) as connection:
        for it in statements:
            connection.execute(it.encode())


# --- a transaction that the server wants again ------------------------------------------------------------------------

PASSES = [AGAIN.format("40001"), AGAIN.format("40P01"), GOES]


@pytest.mark.parametrize("how", PASSES, ids=["serialization", "deadlock", "connection lost"])
async def test_a_tip_is_stored_though_the_server_asks_for_it_twice(
    store: storage.Store, postgres_url: str, how: str
) -> None:
    """Once, by the thread that groups them; and a step of it by the way of all other steps."""
    fails(postgres_url, 2, how)
    change = new_case()
    assert await store.tips.submit(change)
    run(postgres_url, "ALTER SEQUENCE tries RESTART")
    await store.cases.apply(step(change.case))
    assert len(await store.ledger.heads()) == 1
    assert (await store.cases.get(change.case.id, None)).head != change.case.head


@pytest.mark.parametrize("how", PASSES, ids=["serialization", "deadlock", "connection lost"])
async def test_after_three_times_nothing_is_kept_and_the_person_is_asked(
    store: storage.Store, postgres_url: str, how: str
) -> None:
    fails(postgres_url, 3, how)
    with pytest.raises(errors.StoreUnavailable) as raised:
        await store.tips.submit(new_case())
    assert not isinstance(raised.value, errors.Unsure)
    assert await store.ledger.heads() == []


async def test_what_may_have_been_committed_is_not_done_again(store: storage.Store, postgres_url: str) -> None:
    """The connection is lost when the transaction ends: nobody knows, and whoever asked looks first."""
    fails(postgres_url, 1, GOES, at="DEFERRABLE INITIALLY DEFERRED")
    change = new_case()
    with pytest.raises(errors.Unsure):
        await store.tips.submit(change)
    assert await store.tips.submit(change)
    run(postgres_url, "ALTER SEQUENCE tries RESTART")
    with pytest.raises(errors.Unsure):
        await store.cases.apply(step(change.case))
    assert (await store.cases.get(change.case.id, None)).head == change.case.head


async def test_a_server_that_was_started_anew_costs_nobody_a_turn(store: storage.Store, postgres_url: str) -> None:
    """Every connection of before is gone; the next question opens another."""
    change = new_case()
    assert await store.tips.submit(change)
    await store.cases.get(change.case.id, None)
    run(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        f" AND application_name = '{server.NAME}'",
    )
    assert (await store.cases.get(change.case.id, None)).id == change.case.id
    assert await store.tips.submit(new_case())


def test_whatever_is_done_again_is_one_transaction() -> None:
    """A method of an adapter that wrote twice would have its first half done twice."""
    twice = []
    for file in Path(storage.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                calls = [ast.unparse(it.func) for it in ast.walk(node) if isinstance(it, ast.Call)]
                if sum(it in {"self._database.write", "self._database.record"} for it in calls) > 1:
                    twice.append(node.name)
    assert twice == []


# --- nobody waits for ever --------------------------------------------------------------------------------------------


async def test_who_keeps_a_table_locked_is_waited_for_some_seconds(store: storage.Store, postgres_url: str) -> None:
    """By reader, step and the thread that groups tips; then the person is asked to try again."""
    with psycopg.connect(logins.raw(postgres_url)) as other:
        other.execute("LOCK TABLE tip, event IN ACCESS EXCLUSIVE MODE")
        work = store.tips.submit(new_case()), store.ledger.heads(), store.cases.apply(step(new_case().case))
        async with asyncio.timeout(server.LOCKED + 5):
            said = await asyncio.gather(*work, return_exceptions=True)
    assert [type(it) for it in said] == [errors.StoreUnavailable] * 3
    assert await store.tips.submit(new_case())


def test_a_process_that_stands_still_lets_go_of_its_locks(postgres_url: str) -> None:
    """One that is stopped in the middle of a step keeps the others out for a minute, and not until somebody comes."""
    how = server.arguments(postgres_url, serving=True)
    with psycopg.connect(logins.raw(postgres_url), **how) as connection:
        limits = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        said = [connection.execute(f"SHOW {it}".encode()).fetchone() for it in limits]
    assert said == [("5s",), ("1min",), ("1min",)]


# --- behind PgBouncer -------------------------------------------------------------------------------------------------


@pytest.fixture
def pooled(postgres_server: str, postgres_url: str) -> Iterator[str]:
    """The same database, through three connections that change hands."""
    with servers.pgbouncer(postgres_server) as pool:
        before = logins.raw(postgres_url).rpartition("/")[0]
        yield postgres_url.replace(before.partition("//")[2], pool.partition("//")[2]) + f"?{server.POOLER}=1"


async def test_many_at_once_share_three_connections(pooled: str) -> None:
    """Tips, drafts and readings, each by the way that a process goes: no statement looks for what another one has."""
    async with opened(pooled) as store:

        async def one(number: int) -> None:
            change, key = new_case(), bytes([number]) * 16
            assert await store.tips.submit(change)
            for version in range(1, 8):
                await store.drafts.put(draft(version, key), version - 1)
                found = await store.drafts.get(key)
                assert found is not None
                assert found.version == version
            await store.cases.apply(step(change.case))
            assert (await store.cases.get(change.case.id, None)).id == change.case.id

        await asyncio.gather(*(one(it) for it in range(40)))
        assert len(await store.ledger.heads()) == 40


async def test_what_one_transaction_names_no_other_one_finds(pooled: str) -> None:
    """A name that stayed with the connection would show a stranger's case to whoever has it next."""
    async with opened(pooled) as store:
        change = new_case()
        assert await store.tips.submit(change)
        database = engine.Database(pooled, schema=migrate.revisions(migrate.SCRIPTS)[-1])
        try:
            for _ in range(12):
                async with database.write(change.case.id):
                    pass  # a step that changes nothing, and is committed
                ((found,),) = await database.rows(sa.text("SELECT count(*) FROM known_tip"))
                assert found == 0
        finally:
            await database.close()


async def test_a_home_behind_it_takes_a_tip_and_answers(pooled: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """From the citizen's first word to the officer's question, and the clock's rounds."""
    async with home_opened(tmp_path_factory.mktemp("home"), url=pooled) as home:
        receipt = await home.citizen().sends(TIP)
        row = await home.the_case()
        opened_case = await home.product.review.open(await home.session("an"), row.id)
        assert opened_case.tip.text == TIP
        assert (await home.product.mailboxes.read(receipt)).case.id == row.id
        await rounds(home)


async def rounds(home: Home) -> None:
    """What the clock does in an hour."""
    for _ in range(2):
        home.clock.forward(hours=1)
        with contextlib.suppress(errors.Stale):
            await home.product.heads.tick()
        await home.product.escalation.tick_all()


# --- with a standby ---------------------------------------------------------------------------------------------------


async def test_no_tip_that_was_taken_is_lost_with_the_first_server() -> None:
    """It burns while tips come in; the standby takes over, and the same processes go on with it."""
    with servers.standby() as (first, second):
        with psycopg.connect(f"{first.server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE home")
        migrate.upgrade(databases.address(first.server, "home"))
        hosts = "&".join(f"host=127.0.0.1:{it.port}" for it in (first, second))
        async with opened(f"postgresql+psycopg://tinbao@/home?{hosts}&target_session_attrs=read-write") as store:
            taken: list[bytes] = []

            async def sends() -> None:
                for _ in range(40):
                    change = new_case()
                    with contextlib.suppress(errors.StoreUnavailable):
                        if await store.tips.submit(change):
                            taken.append(change.case.id)

            sending = [asyncio.create_task(sends()) for _ in range(4)]
            while len(taken) < 20:
                await asyncio.sleep(0.01)
            first.stop()
            second.promote()
            await asyncio.gather(*sending)
            before = len(taken)
            await sends()
            assert len(taken) == before + 40, "the processes do not find the other server"
            assert set(taken) <= {it.id for it in await store.ledger.heads()}
