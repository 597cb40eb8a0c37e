"""A home of any earlier schema: it is brought up with all that is in it, by one process, whole or not at all."""

import asyncio
import base64
import contextlib
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot import key_files, settings, wiring
from bot.commands import doctor
from bot.wiring import Product
from storage import engine, migrate
from storage.tables import metadata
from tests.fakes import databases, home, served
from tests.fakes.home import Home
from tests.fakes.people import AN, TRUC
from tests.fakes.words import DRUGS_WITHOUT_ACCENTS as TIP
from tips import errors
from tips.cases import case, ledger, plaintext
from tips.crypto import receipt, sealing
from tips.desk.actions import Fields
from tips.intake import draft
from tips.organisation import templates

DATA = Path(__file__).parents[1] / "data"
REVISIONS = migrate.revisions(migrate.SCRIPTS)
PEOPLE = (AN, TRUC)


@contextlib.contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    created = sa.create_engine(engine.sync_url(url))
    with created.begin() as connection:
        yield connection
    created.dispose()


def at(url: str, revision: str) -> None:
    """An empty database at a revision."""
    migrate.upgrade(url, revision)


def version(url: str) -> str:
    with connected(url) as connection:
        return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())


def poured(source: str, target: str) -> int:
    """Every row of one database into the tables and columns that the other has; how many rows."""
    count = 0
    with connected(source) as read, connected(target) as write:
        there, here = sa.MetaData(), sa.MetaData()
        there.reflect(read)
        here.reflect(write)
        for table in here.sorted_tables:
            if table.name in there.tables and table.name not in {"alembic_version", "job_run"}:
                names = [it.name for it in table.columns if it.name in there.tables[table.name].c]
                rows = read.execute(sa.select(*(there.tables[table.name].c[name] for name in names))).mappings().all()
                older = {"version": 5} if table.name == "draft" else {}  # they counted from 1
                if rows:
                    write.execute(table.insert(), [{**row, **older} for row in rows])
                count += len(rows)
    return count


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that nobody has made anything in."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
    else:
        with databases.on_server(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture
def older_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    """A second database beside `database_url`, of the same kind."""
    if engine.is_sqlite(database_url):
        yield f"sqlite+aiosqlite:///{tmp_path}/older.db"
    else:
        with databases.on_server(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture
async def lived_in(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with home.opened(tmp_path, PEOPLE, database_url) as opened:
        yield opened


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_home_of_any_schema_is_brought_up_and_read(lived_in: Home, older_url: str, revision: str) -> None:
    """An officer opens the tip, the receipt its mailbox, the clock climbs it, the audit holds; nothing is lost."""
    code = await lived_in.citizen().sends(TIP)
    session = await lived_in.session("an")
    (row,) = await lived_in.product.review.queue(session)
    await lived_in.product.casework.act(session, row.id, "ask", Fields(text="Quán mở tới mấy giờ?"))
    at(older_url, revision)
    rows = poured(lived_in.settings.database_url, older_url)
    assert rows > 20
    own = replace(lived_in.settings, database_url=older_url)
    async with wiring.open_product(own, now=lived_in.clock, cost=home.CHEAP) as product:
        assert version(older_url) == REVISIONS[-1]
        opened = await product.review.open(session, row.id)
        assert opened.tip.text == TIP
        assert [it.content.text for it in opened.thread] == ["Quán mở tới mấy giờ?"]
        assert [it.text for it in (await product.mailboxes.read(code)).letters] == ["Quán mở tới mấy giờ?"]
        lived_in.clock.forward(days=15)
        assert await product.escalation.tick() == 1
        assert (await product.audit()).sound
        assert await home.Citizen(product, lived_in.citizen("another").sender).sends(TIP)


def test_the_migrated_schema_is_the_one_of_the_tables(empty_url: str) -> None:
    """Alembic finds no difference between what the migrations made and what the models say."""
    migrate.upgrade(empty_url)
    created = sa.create_engine(engine.sync_url(empty_url))
    with created.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    created.dispose()
    assert [it for it in differences if it[0] != "remove_table"] == []
    assert [it[1].name for it in differences if it[0] == "remove_table"] == []


def test_the_newest_schema_is_the_one_that_alembic_finds() -> None:
    """The chain that is read from the scripts' text is the one that Alembic walks; there is one head."""
    with connected("sqlite://") as connection:
        scripts = ScriptDirectory.from_config(migrate.configuration(connection))
    assert scripts.get_heads() == [REVISIONS[-1]]
    assert [it.revision for it in reversed(list(scripts.walk_revisions()))] == list(REVISIONS)


def test_what_an_earlier_program_would_not_know_comes_with_a_schema_of_its_own() -> None:
    """A new kind of event, state, piece, or version of what is sealed takes a migration, be it one that does nothing.

    To an earlier program they would look like tampering; by the schema it knows that it is too old. The row of the
    newest schema in `formats.json` grows with it until it is released, and then never changes.
    """
    known = json.loads((DATA / "formats.json").read_text("utf-8"))
    assert [it for it in known if it not in REVISIONS] == []
    assert known.get(REVISIONS[-1]) == {
        "events": sorted(ledger.Kind),
        "states": sorted(case.State),
        "pieces": sorted(plaintext.Part),
        "versions": {"sealing": sealing.VERSION, "plaintext": plaintext.VERSION, "draft": draft.VERSION},
    }


def test_a_later_schema_stops_the_start_and_says_why(empty_url: str) -> None:
    """Nothing is written into a database that a later version made."""
    migrate.upgrade(empty_url)
    with connected(empty_url) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(errors.BadSetting, match=f"9999.*{REVISIONS[-1]}.*later version"):
        migrate.upgrade(empty_url)
    assert version(empty_url) == "9999"


@pytest.mark.parametrize("revision", [None, REVISIONS[0]])
def test_an_upgrade_that_fails_leaves_nothing_behind(
    empty_url: str, revision: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step breaks: tables and version are as before, and the same database is upgraded once it is mended."""
    if revision:
        at(empty_url, revision)
    scripts = shutil.copytree(migrate.SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    broken = scripts / "versions" / "9999_broken.py"
    broken.write_text(
        f'from alembic import op\n\nrevision = "9999"\ndown_revision = "{REVISIONS[-1]}"\n\n'
        "def upgrade():\n    op.execute('CREATE TABLE half (id INTEGER)')\n    op.execute('no such words')\n"
    )
    before = tables(empty_url)
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "SCRIPTS", scripts)
        with pytest.raises(errors.StoreUnavailable):
            migrate.upgrade(empty_url)
    assert tables(empty_url) == before
    migrate.upgrade(empty_url)
    assert version(empty_url) == REVISIONS[-1]


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(sa.inspect(connection).get_table_names())


UPGRADER = "import sys; from storage import migrate; migrate.upgrade(sys.argv[1]); print('alembic' in sys.modules)"


@contextlib.contextmanager
def held_up(url: str) -> Iterator[None]:
    """Everybody who wants to upgrade waits meanwhile."""
    if engine.is_sqlite(url):
        with contextlib.closing(sqlite3.connect(engine.sqlite_path(url), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(%s)", (migrate.LOCK,))
            yield


@pytest.mark.parametrize("revision", [None, REVISIONS[0]])
async def test_of_processes_that_upgrade_at_once_one_does_it(empty_url: str, revision: str | None) -> None:
    """Three start together, on an empty database or an old one: all of them end well, and the schema is whole."""
    if revision:
        at(empty_url, revision)
    with held_up(empty_url):
        racing = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", UPGRADER, empty_url, cwd=served.ROOT, stdout=asyncio.subprocess.PIPE
            )
            for _ in range(3)
        ]
        await asyncio.sleep(1.5)  # so that all three have seen the old schema, and wait
    done = [await process.communicate() for process in racing]
    assert [process.returncode for process in racing] == [0, 0, 0]
    assert [out.strip() for out, _ in done].count(b"True") >= 1
    assert version(empty_url) == REVISIONS[-1]


def test_a_start_at_the_newest_schema_loads_no_alembic(tmp_path: Path) -> None:
    """It costs 0.3 s and has nothing to do."""
    url = f"sqlite+aiosqlite:///{tmp_path}/tinbao.db"
    migrate.upgrade(url)
    done = subprocess.run(
        [sys.executable, "-c", UPGRADER, url], cwd=served.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


async def test_rows_that_refer_to_a_table_that_is_made_anew_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite changes a column by making the table anew: envelopes of the tips in it are not lost for that moment."""
    scripts = shutil.copytree(migrate.SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9999_wider.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f'revision = "9999"\ndown_revision = "{REVISIONS[-1]}"\n\n'
        "def upgrade():\n    with op.batch_alter_table('tip') as batch:\n"
        "        batch.alter_column('category', existing_type=sa.String(), type_=sa.String(200), nullable=True)\n"
    )
    url = f"sqlite+aiosqlite:///{tmp_path}/tinbao.db"
    async with home.opened(tmp_path, PEOPLE, url) as opened:
        await opened.citizen().sends(TIP)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    migrate.upgrade(url)
    with connected(url) as connection:
        assert version(url) == "9999"
        for table in ("tip", "envelope", "mailbox"):
            assert connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar() == 1
        assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []


@contextlib.asynccontextmanager
async def the_first_home(
    tmp_path: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch, clock: home.Clock, *, lookups: Sequence[bytes] = ()
) -> AsyncIterator[tuple[Product, dict[str, Any]]]:
    """The home that the first program made, as it lay on a disk, brought up; and what was known of it.

    `lookups`: of further mailboxes of its case, that a hand put there before.
    """
    made = json.loads((DATA / "first_home.json").read_text("utf-8"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home-secrets").mkdir()
    for name, data in made["secrets"].items():
        key_files.write_secret(tmp_path / "home-secrets" / name, base64.b64decode(data))
    at(empty_url, REVISIONS[0])
    with connected(empty_url) as connection:
        _as_it_lay(connection, made["tables"])
        for it in lookups:
            slipped = "INSERT INTO mailbox (lookup, case_id, public) SELECT :it, case_id, :public FROM mailbox LIMIT 1"
            connection.execute(sa.text(slipped), {"it": it, "public": bytes(1216)})
    signed_for = json.loads(octets(made["tables"]["roster"][0]["document"]))["organisation_digest"]
    shipped = templates.newest("hcmc-districts")
    monkeypatch.setattr(templates, "signed_as", lambda _, digest: shipped if digest == signed_for else None)
    with home.in_memory() as run:
        own = replace(
            settings.read({"TINBAO_HOME": str(tmp_path / "home"), "TINBAO_RUN": str(run)}), database_url=empty_url
        )
        async with wiring.open_product(own, now=clock, cost=home.CHEAP) as product:
            yield product, made


async def test_a_home_that_the_first_program_made_lives_on(
    tmp_path: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tables, roster and keys as they lay on a disk: the officer reads, the receipt opens, the audit holds."""
    async with the_first_home(tmp_path, empty_url, monkeypatch, home.Clock()) as (product, made):
        assert version(empty_url) == REVISIONS[-1]
        session = await product.logins.session_of(await product.logins.unlock("an", made["passphrases"]["an"]))
        (row,) = await product.review.queue(session)
        assert (await product.review.open(session, row.id)).tip.text == made["text"]
        assert (await product.mailboxes.read(made["receipt"])).case.id == row.id
        assert (await product.audit()).sound
        await product.escalation.tick_all()  # what its events claim nothing of is covered as it was found
        assert (await product.store.cases.bundle(row.id, None)).checked(product.roster()).covered
        with connected(empty_url) as connection:
            connection.execute(sa.text("UPDATE tip SET urgency = 'P3'"))
        assert f"case {row.id.hex()}: urgency is not what was signed" in (await product.audit()).problems
        assert (await product.mailboxes.read(made["receipt"])).case.urgency == row.urgency
        version_before = product.roster()
        assert version_before.next().previous == hashlib.sha256(version_before.signed).hexdigest()


async def test_a_case_with_two_mailboxes_keeps_no_home_from_starting(
    tmp_path: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever slipped one in is not the reporter, who reads on; before the clock has covered the case, and after."""
    mine, clock = receipt.of_seed(bytes(range(32))), home.Clock()
    slipped = the_first_home(tmp_path, empty_url, monkeypatch, clock, lookups=[mine.lookup])
    async with slipped as (product, made):
        (row,) = await product.store.ledger.heads()
        for _ in range(2):
            assert (await product.mailboxes.read(made["receipt"])).case.id == row.id
            with pytest.raises(errors.NotFound):
                await product.mailboxes.read(mine.code)
            await product.escalation.tick_all()
        assert "1 cases had several" in str(await doctor.CHECKS["mailboxes"](product))


@pytest.mark.parametrize("ends", [True, False], ids=["its end is kept", "its end is not kept"])
async def test_a_case_that_was_cut_back_to_before_it_was_covered_climbs_at_once(
    tmp_path: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    """Its rows may say what they like by then: it is on record, and nobody destroys it before it was read."""
    clock = home.Clock()
    async with the_first_home(tmp_path, empty_url, monkeypatch, clock) as (product, _):
        (before,) = await product.store.ledger.heads()
        for _ in range(2):
            await product.escalation.tick_all()
            clock.forward(hours=1)
        with connected(empty_url) as connection:
            for leaf, body in connection.execute(sa.text("SELECT leaf, body FROM event")).all():
                if b'"claims":' in bytes(body):
                    connection.execute(sa.text("DELETE FROM event WHERE leaf = :leaf"), {"leaf": leaf})
            cut = "UPDATE tip SET head = :head, salt = NULL, unit = :unit, level = 0, clock = NULL, due_at = NULL"
            connection.execute(sa.text(cut), {"head": before.head, "unit": before.unit})
        if not ends:
            product.heads.continuity.ends.forget()
        await product.escalation.tick_all()
        (after,) = await product.store.ledger.heads()
        assert (before.unit, after.unit, after.level) == ("area-770", "duty", 1)
        assert [it.differed for it in (await product.audit()).incidents] == [("chain",)]


def _as_it_lay(connection: sa.Connection, stored: dict[str, list[dict[str, Any]]]) -> None:
    """The rows of that home, in the tables of that time: there was no word of officers' chats yet."""
    for statement in (
        "DROP TABLE officer_chat",
        "DROP TABLE link_code",
        "DROP INDEX ix_tip_queue",
        "CREATE INDEX ix_tip_queue ON tip (unit, urgency, received_at, id) WHERE state != 'closed'",
    ):
        connection.execute(sa.text(statement))
    put_rows(connection, stored)


def put_rows(connection: sa.Connection, stored: dict[str, list[dict[str, Any]]]) -> None:
    """Rows of a kept home, into the tables of its time."""
    known = sa.MetaData()
    known.reflect(connection)
    for table in known.sorted_tables:
        if rows := stored.get(table.name, []) if table.name != "alembic_version" else []:
            boolean = {it.name for it in table.columns if isinstance(it.type, sa.Boolean)}
            connection.execute(
                table.insert(),
                [{name: bool(it) if name in boolean else octets(it) for name, it in row.items()} for row in rows],
            )


def octets(value: Any) -> Any:
    """A value of a kept home."""
    return base64.b64decode(value["b"]) if isinstance(value, dict) else value
