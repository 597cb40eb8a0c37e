"""Each part does its work in the database by a role of its own, and no other's: PostgreSQL refuses whoever tries.

What a role can do is tried by another program, which has the role's login and nothing of the product's.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier, Literal

from bot import wiring
from bot.commands import database_roles, doctor
from bot.settings import Settings
from storage import engine, known, migrate, rights, standing, tables
from storage.rights import SERVING, Part
from tests.fakes import databases, gallery, home, logins
from tests.fakes.desk import acts, browser, log_in
from tests.fakes.home import Citizen, Home
from tests.fakes.people import AN, KIEM, QUAN, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED
from tests.flows.test_evidence import gives
from tests.flows.test_filing import in_hand
from tests.flows.test_secrets_by_part import on_a_machine
from tips import errors
from tips.cases.ledger import Kind
from tips.clock.jobs import JobName

CHAT = "5150"


@dataclass
class Parted:
    """A home whose parts serve in processes of their own, each by its login."""

    owner: Home
    urls: dict[Part, str]
    parts: dict[Part, Home]

    @contextlib.contextmanager
    def psql(self, part: Part) -> Iterator[psycopg.Connection]:
        """Another program that has a part's login."""
        with psycopg.connect(logins.raw(self.urls[part])) as connection:
            yield connection
            connection.rollback()

    def changed(self, statement: str) -> None:
        """A hand of the owner's in the database."""
        with psycopg.connect(logins.raw(self.owner.settings.database_url), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
async def parted(tmp_path: Path, postgres_url: str) -> AsyncIterator[Parted]:
    async with (
        home.opened(tmp_path, (AN, TRUC, KIEM, QUAN), postgres_url) as office,
        contextlib.AsyncExitStack() as stack,
    ):
        urls = stack.enter_context(logins.of_each_part(postgres_url))
        parts = {}
        for part in SERVING:
            own = replace(on_a_machine(office, tmp_path, part), database_url=urls[part])
            if part is Part.CLOCK:
                own = replace(own, backups=tmp_path / "nightly")
            opening = wiring.open_product(own, {part}, now=office.clock, cost=home.CHEAP)
            parts[part] = replace(office, settings=own, product=await stack.enter_async_context(opening))
        yield Parted(office, urls, parts)


async def round_of_the_clock(clock: Home) -> None:
    for job in clock.product.jobs:
        await clock.product.jobs.tick(job)


async def answered(citizen: Citizen, receipt: str, *presses: str, words: str) -> None:
    await citizen.says(receipt)
    for it in presses:
        await citizen.presses(it)
    await citizen.says(words)


# --- each part's whole work -------------------------------------------------------------------------------------------


async def test_four_processes_do_the_work_of_a_home_each_by_a_role_of_its_own(parted: Parted) -> None:
    """From tip to answer and closing, over levels, rounds of the clock and a backup; all is signed and sound."""
    intake, desk, officers, clock = (parted.parts[it] for it in SERVING)
    citizen = intake.citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("PNG"))
    receipt = await citizen.sends("phòng số 6")
    assert await in_hand(intake, receipt)
    case = (await parted.owner.the_case()).id.hex()
    told = officers.product.officer_notifications
    assert await told.link(await desk.product.officer_notifications.code("an"), CHAT) == "an"
    assert await told.gather() == 1
    assert [it.chat for it in await told.outbox.claim(parted.owner.clock(), 9)] == [CHAT]
    async with browser(desk) as client:
        await log_in(client, desk, "an")
        assert "karaoke" in (await client.get(f"/desk/case/{case}")).text
        await acts(client, case, "ask", text="Tầng mấy?")
        await answered(citizen, receipt, words="Tầng hai.")
        assert "Tầng hai." in (await client.get(f"/desk/case/{case}")).text
    async with browser(desk) as client:
        await log_in(client, desk, "kiem")
        assert (await client.get("/desk/ledger")).status_code == 200
    async with browser(desk) as client:
        await log_in(client, desk, "quan")
        pages = (
            "condition",
            "holidays",
            "organisation",
            "incidents",
            "people",
            "people/invite",
            "undelivered",
            "statistics",
        )
        for page in pages:
            assert (await client.get(f"/desk/{page}")).status_code == 200, page
    await round_of_the_clock(clock)
    parted.owner.clock.forward(days=40)
    await round_of_the_clock(clock)
    assert (await parted.owner.the_case()).unit == "duty"
    for it in await parted.owner.recorded(Kind.SEQUENCED):
        assert (it.facts["missing"], it.facts["untold"], it.facts["odd"]) == ("0", "0", "0")
    assert (await parted.owner.product.audit()).sound
    assert (await intake.product.mailboxes.read(receipt)).case.id.hex() == case
    for it in parted.parts.values():
        assert set((await it.product.health.report()).values()) <= {"ok", "up"}


async def test_rows_in_which_a_hand_was_are_set_right_by_the_intake_s_own_step(parted: Parted) -> None:
    """Keys that were moved, a mailbox that was exchanged: the reporter's answer mends them, by the case's id alone."""
    intake = parted.parts[Part.INTAKE]
    receipt = await intake.citizen().sends(TIP)
    row = await parted.owner.the_case()
    parted.changed(f"UPDATE tip SET urgency = 'P0' WHERE id = '\\x{row.id.hex()}'")
    parted.changed("UPDATE envelope SET part = 'note'")
    parted.changed("UPDATE reading_grant SET level = 7 WHERE reader = 'area-770'")
    parted.changed("UPDATE mailbox SET public = '\\x00'")
    await answered(intake.citizen("another"), receipt, words=THE_DESK_IS_BRIBED)
    assert (await parted.owner.product.audit()).problems == ()
    assert (await parted.owner.the_case()).restricted
    assert all(it.case is None for it in await parted.owner.pings())


async def test_a_part_that_may_not_put_a_document_back_serves_without_its_row(parted: Parted) -> None:
    """The organisation is gone from the database: the intake has it beside its secrets, and leaves rows alone."""
    parted.changed("DELETE FROM organisation")
    own = parted.parts[Part.INTAKE].settings
    async with wiring.open_product(own, {"intake"}, now=parted.owner.clock, cost=home.CHEAP) as product:
        assert await replace(parted.owner, product=product).citizen().sends(TIP)


async def test_the_clock_makes_the_nightly_backup_only_where_its_role_may_read_everything(parted: Parted) -> None:
    """The clock's own rights are too few for it; a login that is a member of both roles makes one."""
    clock = parted.parts[Part.CLOCK]
    (nightly,) = [it for it in clock.product.jobs if it.name == JobName.BACK_UP]
    assert await nightly.work() == 0
    groups = standing.look(parted.urls[Part.CLOCK], ())
    assert groups is not None
    user, more = groups.user, groups.groups[Part.BACKUPS]
    parted.changed(f'GRANT "{more}" TO "{user}"')
    assert await nightly.work() == 1


# --- nobody does another's --------------------------------------------------------------------------------------------

OTHERS = {
    Part.INTAKE: (
        *(f"SELECT * FROM {it}" for it in (
            "tip", "envelope", "reading_grant", "mailbox", "event", "draft", "milestone", "waiting_leaf", "ping",
            "push", "topic", "person", "session", "unit_seed", "link_code", "officer_chat", "invitation", "job_run",
        )),
        "SELECT * FROM stuck", "SELECT id FROM tip", "SELECT counted FROM period", "SELECT sealed FROM blob",
        "DELETE FROM event",
        "UPDATE event SET body = ''", "DELETE FROM known_tip", "UPDATE tip SET state = 'closed'", "DELETE FROM tip",
        "INSERT INTO roster VALUES (99, '', '')", "DELETE FROM organisation", "UPDATE period SET figures = ''",
        "INSERT INTO tree_head VALUES (1, '', '')", "DELETE FROM tree_node", "SELECT * FROM known_push",
        "UPDATE alembic_version SET version_num = '9999'", "TRUNCATE blob", "CREATE TABLE mine (id int)",
        "DELETE FROM opens", "LOCK TABLE tip IN ACCESS EXCLUSIVE MODE", "INSERT INTO kept VALUES ('release', '')",
    ),
    Part.DESK: (
        *(f"SELECT * FROM {it}" for it in (
            "draft", "address", "link_code", "job_run", "opens", "tally", "ping", "topic",
        )),
        "SELECT sealed FROM address", "SELECT counted FROM period", "UPDATE tip SET state = 'closed'",
        "DELETE FROM tip", "INSERT INTO tip SELECT * FROM tip", "DELETE FROM event", "UPDATE event SET body = ''",
        "INSERT INTO roster VALUES (99, '', '')", "INSERT INTO period SELECT * FROM period",
        "INSERT INTO tree_head VALUES (1, '', '')", "DELETE FROM job_run", "DELETE FROM draft",
        "INSERT INTO officer_chat VALUES ('1', 'an', '')", "INSERT INTO kept VALUES ('release', '')",
        "SELECT put_draft('', 1, 0, '', 1)", "SELECT drop_draft('', 1)",
    ),
    Part.OFFICERS: (
        *(f"SELECT * FROM {it}" for it in (
            "tip", "envelope", "reading_grant", "mailbox", "event", "blob", "draft", "address", "person", "session",
            "unit_seed", "invitation", "milestone", "tally", "opens", "job_run", "known_tip", "known_event",
        )),
        "SELECT id FROM tip", "SELECT category FROM tip", "UPDATE tip SET state = 'closed'", "DELETE FROM event",
        "INSERT INTO event VALUES ('', '', '', '')", "INSERT INTO link_code VALUES ('', 'an', 0, NULL)",
        "SELECT put_draft('', 1, 0, '', 1)",
    ),
    Part.CLOCK: (
        *(f"SELECT * FROM {it}" for it in (
            "person", "session", "unit_seed", "officer_chat", "link_code", "invitation", "push", "ping", "topic",
        )),
        "SELECT sealed FROM blob", "SELECT sealed FROM session", "SELECT sealed FROM address",
        "INSERT INTO tip SELECT * FROM tip", "UPDATE tip SET state = 'closed'", "DELETE FROM tip", "DELETE FROM event",
        "INSERT INTO envelope SELECT * FROM envelope", "INSERT INTO blob VALUES ('', 0, '')",
        "INSERT INTO draft VALUES ('', '', 1, 0)", "INSERT INTO roster VALUES (99, '', '')",
        "INSERT INTO person SELECT * FROM person", "UPDATE session SET expires_at = 9999999999",
    ),
    Part.BACKUPS: (
        *(f"DELETE FROM {it}" for it in ("tip", "event", "roster", "person", "blob")), "SELECT * FROM session",
        "SELECT * FROM draft", "SELECT * FROM address", "INSERT INTO event VALUES ('', '', '', '')",
        "SELECT * FROM known_tip", "UPDATE tip SET state = 'closed'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("part", "statement"), [(part, it) for part, those in OTHERS.items() for it in those])
def test_a_part_s_login_does_none_of_another_s_work(roles_of_one: dict[Part, str], part: Part, statement: str) -> None:
    """By another program that has its password: refused by PostgreSQL, whatever our programs would do."""
    with psycopg.connect(logins.raw(roles_of_one[part])) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.fixture(scope="module")
def roles_of_one(postgres_server: str, newest_database: str) -> Iterator[dict[Part, str]]:
    """A database in which nobody writes, and a login for each part."""
    with databases.on_server(postgres_server, newest_database) as url, logins.of_each_part(url) as urls:
        yield urls


# --- the intake finds by exact id, and by nothing else ----------------------------------------------------------------


async def test_who_has_the_intake_s_login_lists_nothing_and_finds_what_they_can_name(parted: Parted) -> None:
    """Not one row of any tip, piece, key, mailbox, event or draft; with a case's id that case, and no other."""
    citizen = parted.parts[Part.INTAKE].citizen()
    await citizen.sends(TIP)
    mine = (await parted.owner.the_case()).id
    await parted.parts[Part.INTAKE].citizen("another").sends(TIP)
    with parted.psql(Part.INTAKE) as connection:
        for view in known.VIEWS:
            assert counted(connection, f"known_{view}") == 0
        for others in (secrets.token_bytes(16), b"", mine[:15]):
            connection.execute(engine.NAMING.replace("?", "%s"), (engine.listed([others]),))
            assert sum(counted(connection, f"known_{it}") for it in known.VIEWS) == 0
        connection.execute(engine.NAMING.replace("?", "%s"), (engine.listed([mine]),))
        assert connection.execute("SELECT id FROM known_tip").fetchall() == [(mine,)]
        assert {it for (it,) in connection.execute("SELECT case_id FROM known_event").fetchall()} == {mine}
        assert {it for (it,) in connection.execute("SELECT case_id FROM known_reading_grant").fetchall()} == {mine}
        connection.commit()
        assert counted(connection, "known_tip") == 0, "what was named outlives its transaction"


def counted(connection: psycopg.Connection, table: str) -> int:
    found = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
    assert found
    return int(found[0])


async def test_no_plan_tells_whether_an_id_is_there(parted: Parted) -> None:
    """Policies on rows would: a range of ids is looked up in an index first, and who asks is told how many it had."""
    await parted.parts[Part.INTAKE].citizen().sends(TIP)
    row = await parted.owner.the_case()
    whole = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT 1 FROM known_tip WHERE id BETWEEN {} AND {}"
    with parted.psql(Part.INTAKE) as connection:
        plans = [
            connection.execute(SQL(whole).format(Literal(first), Literal(last))).fetchall()
            for first, last in ((b"", b"\xff" * 17), (row.id, row.id), (b"", b"\x00"))
        ]
        told = [[line.partition("(actual")[2] or line.split(":")[0] for (line,) in plan] for plan in plans]
        assert told[0] == told[1] == told[2]
        with pytest.raises(InsufficientPrivilege):
            connection.execute(SQL(whole.replace("known_tip", "tip")).format(Literal(b""), Literal(b"")))


async def test_a_step_that_was_overtaken_changes_nothing_in_a_view(parted: Parted) -> None:
    """Two who read a case at once: the second finds it changed, as it would in the table itself."""
    await parted.parts[Part.INTAKE].citizen().sends(TIP)
    mine = (await parted.owner.the_case()).id
    with parted.psql(Part.INTAKE) as one, parted.psql(Part.DESK) as other:
        for it in (one, other):
            it.execute(engine.NAMING.replace("?", "%s"), (engine.listed([mine]),))
        assert one.execute("UPDATE known_tip SET level = 1 WHERE level = 0").rowcount == 1
        late = asyncio.create_task(asyncio.to_thread(other.execute, "UPDATE known_tip SET level = 2 WHERE level = 0"))
        while not waits(parted):
            await asyncio.sleep(0.01)
        one.commit()
        assert (await late).rowcount == 0
    assert (await parted.owner.the_case()).level == 1


def waits(parted: Parted) -> bool:
    """Whether somebody waits for another's row."""
    with psycopg.connect(logins.raw(parted.owner.settings.database_url)) as connection:
        return bool(connection.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall())


async def test_files_that_have_their_tip_are_out_of_the_intake_s_hands(parted: Parted) -> None:
    """It takes away and adds to what waits for its tip, and to nothing that was sent."""
    citizen = parted.parts[Part.INTAKE].citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("PNG"))
    with parted.psql(Part.INTAKE) as connection:
        ((file,),) = connection.execute("SELECT envelope_id FROM waiting_file").fetchall()
        connection.execute(engine.NAMING.replace("?", "%s"), (engine.listed([file]),))
        chunks = counted(connection, "known_blob")
        assert connection.execute("DELETE FROM known_blob").rowcount == chunks > 0
        connection.rollback()
    await citizen.sends("phòng số 6")
    parted.changed(f"INSERT INTO waiting_file VALUES ('\\x{file.hex()}', 0, 0)")  # as if it never stopped waiting
    with parted.psql(Part.INTAKE) as connection:
        connection.execute(engine.NAMING.replace("?", "%s"), (engine.listed([file]),))
        assert connection.execute("DELETE FROM known_blob").rowcount == 0
        with pytest.raises(InsufficientPrivilege):
            connection.execute("INSERT INTO blob VALUES (%s, 99, '')", (file,))
    assert await parted.parts[Part.CLOCK].product.store.blobs.expire(datetime.now(UTC)) == 1
    assert await parted.parts[Part.DESK].product.store.blobs.count(file) == chunks


# --- the table of rights ----------------------------------------------------------------------------------------------


def test_every_table_has_its_row_in_the_table_of_rights() -> None:
    """A migration that adds a table says who may do what with it."""
    views = {known.PREFIX + it for it in known.VIEWS}
    assert set(rights.TABLES) - views == {*tables.metadata.tables, "alembic_version"}
    assert views <= set(rights.TABLES)
    assert set(wiring.SIGNS_AS) == set(SERVING)


@pytest.mark.parametrize("part", Part)
def test_a_part_s_role_has_its_rights_and_no_others(roles_of_one: dict[Part, str], part: Part) -> None:
    found = standing.look(roles_of_one[part], [part])
    assert found is not None
    assert (found.made, found.owns, found.missing, found.more) == (True, False, (), ())


WIDER = (
    "GRANT SELECT ON tip TO {}",
    "GRANT SELECT (chat) ON push TO {}",
    "GRANT TRUNCATE ON blob TO {}",
    "GRANT CREATE ON SCHEMA public TO {}",
    "CREATE POLICY wider ON kept FOR SELECT TO {} USING (true)",
    "ALTER TABLE kept DISABLE ROW LEVEL SECURITY",
)


@pytest.mark.parametrize("widened", WIDER)
async def test_a_grant_that_was_widened_is_named_and_taken_back(parted: Parted, widened: str) -> None:
    """By `doctor`, and by `tinbao roles`; an upgrade does it as well."""
    found = standing.look(parted.urls[Part.INTAKE], [Part.INTAKE])
    assert found is not None
    parted.changed(widened.format(f'"{found.groups[Part.INTAKE]}"'))
    wider = standing.look(parted.urls[Part.INTAKE], [Part.INTAKE])
    assert wider is not None
    assert len(wider.more) == 1
    assert "has more than intake needs" in database_roles.advice(wider, ["intake"])
    assert migrate.renew_roles(parted.owner.settings.database_url)
    again = standing.look(parted.urls[Part.INTAKE], [Part.INTAKE])
    assert again == found


# --- roles of a server ------------------------------------------------------------------------------------------------


def test_two_homes_of_one_server_have_roles_of_their_own(postgres_server: str, newest_database: str) -> None:
    """Who has the one's login has no right in the other."""
    with contextlib.ExitStack() as stack:
        one, other = (stack.enter_context(databases.on_server(postgres_server, newest_database)) for _ in range(2))
        urls, _ = (stack.enter_context(logins.of_each_part(it)) for it in (one, other))
        there = logins.as_user(other, urls[Part.DESK].split("//")[1].split("@")[0])
        with psycopg.connect(logins.raw(there)) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute("SELECT * FROM tip")


def test_an_owner_who_may_make_no_roles_serves_with_one_and_doctor_says_so(postgres_server: str) -> None:
    """Managed servers are often so: the home is upgraded all the same; once somebody made the roles they are filled."""
    with databases.on_server(postgres_server) as url, logins.created(url, f"o{secrets.token_hex(8)}", "") as own:
        user = own.split("//")[1].split("@")[0]
        with psycopg.connect(logins.raw(url), autocommit=True) as admin:
            admin.execute(SQL("GRANT ALL ON SCHEMA public TO {}").format(Identifier(user)))
        migrate.upgrade(own)
        found = standing.look(own, None)
        assert found is not None
        assert (found.made, found.owns) == (False, True)
        assert "no roles by part" in database_roles.advice(found, None)
        assert migrate.renew_roles(own) is None
        with psycopg.connect(logins.raw(url), autocommit=True) as admin:
            for name in found.groups.values():
                admin.execute(SQL("CREATE ROLE {}").format(Identifier(name)))
        assert migrate.renew_roles(own) == found.groups


def test_a_name_that_somebody_logs_in_by_gets_no_rights(postgres_server: str) -> None:
    """Whoever had it before the home did would have them unasked."""
    with databases.on_server(postgres_server) as url:
        name = url.rpartition("/")[2]
        with logins.created(url, f"{name}_intake", ""):
            migrate.upgrade(url)
            found = standing.look(url, None)
            assert found is not None
            assert not found.made
            with (
                psycopg.connect(logins.raw(logins.as_user(url, f"{name}_intake"))) as connection,
                pytest.raises(InsufficientPrivilege),
            ):
                connection.execute("SELECT * FROM roster")


def test_a_long_name_of_a_database_has_roles_that_are_its_own(postgres_server: str) -> None:
    """PostgreSQL cuts names at 63 bytes: two homes would share what is left."""
    made = []
    for end in ("a", "b"):
        name = "ă" * 30 + end
        with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as admin:
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = databases.address(postgres_server, name)
        migrate.upgrade(url)
        made.append({*(migrate.renew_roles(url) or {}).values()})
    assert len(made[0] | made[1]) == 2 * len(Part)


# --- the schema, and doctor -------------------------------------------------------------------------------------------


def test_a_part_does_not_upgrade_and_says_who_does(postgres_server: str) -> None:
    """At its start it needs no right to build; where the schema is older it names the remedy, and touches nothing."""
    with databases.on_server(postgres_server) as url, logins.of_each_part(url) as urls:
        for own in urls.values():
            migrate.upgrade(own)
        with psycopg.connect(logins.raw(url), autocommit=True) as owner:
            owner.execute("UPDATE alembic_version SET version_num = '0016'")
        with pytest.raises(errors.BadSetting, match=r"has schema 0016.*run `tinbao roles` with the owner's"):
            migrate.upgrade(urls[Part.INTAKE])


def test_a_login_of_no_part_is_told_that_it_lacks_its_role(postgres_server: str, newest_database: str) -> None:
    with (
        databases.on_server(postgres_server, newest_database) as url,
        logins.created(url, f"n{secrets.token_hex(8)}", "") as own,
        pytest.raises(errors.NotPermitted, match="tinbao doctor"),
    ):
        migrate.upgrade(own)


def environment(own: Settings, run: Path, url: str) -> dict[str, str]:
    return {
        "TINBAO_HOME": str(own.home), "TINBAO_SECRETS": str(own.secrets), "TINBAO_RUN": str(run),
        "TINBAO_DATABASE_URL": url,
    }  # fmt: skip


async def test_doctor_says_whose_rights_a_process_has(parted: Parted, capsys: pytest.CaptureFixture[str]) -> None:
    """The owner's for one part: worth a word. A part's own: all is well, and what it cannot see is not looked at."""
    own, owner = parted.parts[Part.INTAKE].settings, parted.owner.settings.database_url
    with home.in_memory() as run:
        assert await doctor.check(environment(own, run / "a", owner), ["intake"]) == 0
        assert "owns the tables, and intake needs far less" in capsys.readouterr().out
        assert await doctor.check(environment(own, run / "b", parted.urls[Part.INTAKE]), ["intake"]) == 0
        said = capsys.readouterr().out
        assert "✓ rights" in said
        assert "not looked at: data, ledger" in said
        assert await doctor.check(environment(own, run / "c", parted.urls[Part.DESK]), ["intake"]) == 1
        assert "lacks" in capsys.readouterr().out


async def test_roles_prints_how_a_process_gets_one_and_no_password(
    parted: Parted, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its statement makes a login that `psql` gives a password; the address that is shown has none."""
    secret = secrets.token_hex(8)
    url = parted.owner.settings.database_url.replace("tinbao@", f"tinbao:{secret}@")
    assert database_roles.give(replace(parted.owner.settings, database_url=url)) == 0
    said = capsys.readouterr().out
    assert "LOGIN IN ROLE" in said
    assert secret not in said
    statement = next(line.strip() for line in said.splitlines() if "CREATE ROLE" in line)
    name = f"i{secrets.token_hex(8)}"
    parted.changed(statement.replace("intake_1 ", f"{name} "))
    found = standing.look(logins.as_user(parted.owner.settings.database_url, name), None)
    assert found is not None
    assert found.parts == {Part.INTAKE}


def test_sqlite_has_no_roles() -> None:
    with pytest.raises(errors.BadSetting, match="PostgreSQL"):
        migrate.renew_roles("sqlite+aiosqlite:///x.db")
    assert standing.look("sqlite+aiosqlite:///x.db", None) is None
