"""Workers, monitoring, servers and the shipped proxy, as an operator, a watcher and a burning machine try them."""

import asyncio
import contextlib
import itertools
import json
import logging
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn

import storage
from bot import logs
from bot.serve import metrics, serving
from bot.settings import read
from storage import migrate, server
from tests.contract.conftest import draft, new_case, opened
from tests.fakes import databases, home, logins, loopback, served, servers
from tests.fakes.home import opened as home_opened
from tests.fakes.people import AN, KIEM, QUAN
from tests.fakes.served import Served
from tests.fakes.words import DRUGS as TIP
from tips import errors
from tips.intake.rate_limits import Memory, RateLimits
from tips.intake.tallies import Tallies
from tips.ports.desk import Tallied

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture
async def at() -> AsyncIterator[Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


def of(pid: int) -> set[int]:
    with contextlib.suppress(FileNotFoundError):
        return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    return set()


async def until(so: object, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not so():  # type: ignore[operator]
            await asyncio.sleep(0.05)


# --- monitoring -------------------------------------------------------------------------------------------------------


async def scraped(port: int) -> dict[str, float]:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200, f"monitoring was answered {answer.status_code}"
    lines = [it.rsplit(" ", 1) for it in answer.text.splitlines() if not it.startswith("#")]
    return {name: float(value) for name, value in lines}


async def test_no_figure_of_the_process_tells_when_somebody_wrote(at: Served) -> None:
    """Open connections and seconds of processor time would be counts of turns by another name."""
    port = loopback.free_port()
    async with served.serving(at, "intake", more={"TINBAO_METRICS": f"127.0.0.1:{port}"}):
        await scraped(port)
        await asyncio.sleep(1)
        quiet = [await scraped(port) for _ in range(5)]
        async with httpx.AsyncClient(base_url=at.url, trust_env=False, timeout=30) as somebody:
            assert (await somebody.post("/api/chat", data={"text": TIP})).json()["state"] == "summary"
            told = await scraped(port)
        name = "process_open_fds"
        assert max(it.get(name, 0) for it in quiet) >= told.get(name, 0), "open descriptors show who is connected"
        name = "process_cpu_seconds_total"
        steps = [b.get(name, 0) - a.get(name, 0) for a, b in itertools.pairwise(quiet)]
        assert told.get(name, 0) - quiet[-1].get(name, 0) <= 2 * max(steps) + 0.011, "processor time shows a turn"


async def test_room_that_is_left_does_not_show_a_file_that_somebody_sent(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the byte a photo of 3 MB would show to the second."""
    free = {"left": 50_000_000_000}

    def usage(_: Path) -> shutil._ntuple_diskusage:
        return shutil._ntuple_diskusage(100_000_000_000, 100_000_000_000 - free["left"], free["left"])

    monkeypatch.setattr(shutil, "disk_usage", usage)
    async with home_opened(tmp_path, (AN, KIEM, QUAN), database_url) as office:

        async def room() -> list[object]:
            found = [it async for it in metrics.gathered(office.product) if it.name == "tinbao_free_bytes"]
            return [(it.labels["place"], it.value) for family in found for it in family.samples]

        before = await room()
        free["left"] -= 3_000_000
        assert await room() == before


async def test_monitoring_says_that_the_store_is_away_while_it_is(
    tmp_path: Path,
) -> None:
    """The alert `TinBaoTakesNoTip` waits for it; a page that fails as a whole never says it."""
    with servers.postgres() as dsn:
        url = databases.address(dsn, "home")
        with psycopg.connect(f"{dsn}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE home")
        databases.prepare(url)
        async with home_opened(tmp_path, (AN, KIEM, QUAN), url) as office:
            transport = httpx.ASGITransport(metrics.app(office.product), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                assert (await client.get("/metrics")).status_code == 200
                with psycopg.connect(f"{dsn}/postgres", autocommit=True) as connection:
                    connection.execute("ALTER DATABASE home ALLOW_CONNECTIONS false")
                    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'home'")
                try:
                    await asyncio.sleep(2.5)  # what was found is good for 2 seconds
                    answer = await client.get("/metrics")
                finally:
                    with psycopg.connect(f"{dsn}/postgres", autocommit=True) as connection:
                        connection.execute("ALTER DATABASE home ALLOW_CONNECTIONS true")
                assert answer.status_code == 200, f"monitoring was answered {answer.status_code}"
                assert 'tinbao_well{part="store"} 0.0' in answer.text


async def test_monitoring_listens_at_the_other_loopback_that_it_takes(at: Served) -> None:
    """`::1` is among the addresses that the setting allows."""
    port = loopback.free_port()
    assert read({"TINBAO_METRICS": f"::1:{port}"}).metrics == ("::1", port)
    with serving._bound("::1", port, "TINBAO_METRICS"):
        pass


# --- workers ----------------------------------------------------------------------------------------------------------


async def test_workers_are_all_there_though_monitoring_is_on(at: Served, tmp_path: Path) -> None:
    """They share its port like the other: the second one would never start."""
    more = {"TINBAO_WORKERS": "2", "TINBAO_METRICS": f"127.0.0.1:{loopback.free_port()}"}
    log = tmp_path / "log"
    async with served.serving(at, "intake", more=more, log=log) as process:
        begun: set[int] = set()
        for _ in range(120):
            begun |= of(process.pid)
            await asyncio.sleep(0.1)
        said = log.read_text().count("is taken")
        assert len(begun) == 2, f"{len(begun)} processes were begun in 12 s; {said} said that the port is taken"


async def test_a_reload_of_a_part_without_workers_does_not_end_it(at: Served) -> None:
    """The unit of every part has it, and systemd takes SIGHUP for a clean end."""
    unit = (DEPLOY / "systemd/tinbao@.service").read_text()
    assert re.search("^ExecReload=.*kill -HUP", unit, re.MULTILINE)
    assert "Restart=on-failure" in unit  # SIGHUP is one of systemd's clean signals
    process = await served.started(at, "intake")
    try:
        process.send_signal(signal.SIGHUP)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                await process.wait()
        assert process.returncode is None, f"SIGHUP ended it: {process.returncode}"
    finally:
        await served.killed(process)


async def test_who_is_asked_to_end_begins_no_further_worker(at: Served) -> None:
    """SIGTERM while SIGHUP is under way: systemd waits for 40 s."""
    async with served.serving(at, "intake", more={"TINBAO_WORKERS": "4"}) as process:
        await until(lambda: len(of(process.pid)) == 4)
        await asyncio.sleep(3)
        before = of(process.pid)
        assert len(before) == 4
        process.send_signal(signal.SIGHUP)
        await until(lambda: of(process.pid) - before)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        known, later, began = of(process.pid), set(), time.monotonic()
        while process.returncode is None and time.monotonic() - began < 60:
            later |= of(process.pid) - known
            await asyncio.sleep(0.05)
        assert not later, f"{len(later)} were begun after SIGTERM; it took {time.monotonic() - began:.0f} s"


async def test_what_was_counted_is_kept_when_a_service_manager_ends_it(at: Served) -> None:
    """By SIGTERM as by SIGINT: uvicorn would raise it once more before anything behind it is put in order."""
    kept = {}
    for how in (signal.SIGINT, signal.SIGTERM):
        process = await served.started(at, "intake")
        async with served.Citizen(at.url) as somebody:
            await somebody.says(TIP)
        process.send_signal(how)
        await process.wait()
        with contextlib.closing(sqlite3.connect(at.database)) as database:
            (kept[how],) = database.execute("SELECT coalesce(sum(count), 0) FROM tally").fetchone()
    assert kept[signal.SIGINT] > 0
    assert kept[signal.SIGTERM] > kept[signal.SIGINT], "the counts of the last hour are gone"


# --- what a server does, once more ------------------------------------------------------------------------------------


@contextlib.contextmanager
def database() -> Iterator[tuple[str, str]]:
    """A server of its own with one database: its DSN, and the database's address."""
    with servers.postgres() as dsn:
        with psycopg.connect(f"{dsn}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE home")
        url = databases.address(dsn, "home")
        migrate.upgrade(url)
        yield dsn, url


async def test_a_draft_that_is_said_not_to_be_kept_is_not_kept() -> None:
    """Valkey has it; that the database, read-only for a while, cannot drop the older one does not matter."""
    with database() as (_, url), servers.valkey() as valkey:
        async with storage.open_store(url, servers.valkey_url(valkey)) as store:
            await store.drafts.put(draft(3), 0)
            due = draft(4)
            await store.drafts.put(type(due)(due.key, due.sealed, due.version, due.expires_at, due=True), 3, new_case())
            with psycopg.connect(logins.raw(url), autocommit=True) as owner:
                owner.execute("ALTER DATABASE home SET default_transaction_read_only = on")
                owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = 'home' AND pid <> pg_backend_pid()"
                )
            said = None
            try:
                await store.drafts.put(draft(5), 4)
            except errors.StoreUnavailable as error:
                said = error
            found = await store.drafts.get(draft(5).key)
            assert found is not None
            kept = found.version == 5
            assert kept == (said is None) or isinstance(said, errors.Unsure), f"{type(said).__name__}, and it is kept"


def test_a_silent_peer_is_given_up_after_the_seconds_that_are_promised() -> None:
    """Who waits for an answer has sent all: only probes tell that nobody is there."""
    with servers.postgres() as dsn:
        url = databases.address(dsn, "postgres")
        with psycopg.connect(**(server.connection(url) | server.arguments(url, serving=True))) as connection:
            kept = socket.socket(fileno=os.dup(connection.fileno()))
            with kept:
                idle = kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                again = kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
    assert idle + again <= 2 * server.SILENT, f"a peer that burned is noticed after {idle + again} s"


# --- deployment -------------------------------------------------------------------------------------------------------


def test_the_owner_s_commands_find_a_database_that_has_two_servers(tmp_path: Path) -> None:
    """The address of `docs/scale.md` has `&` in it, which a shell would take for itself."""
    address = "postgresql+psycopg://tinbao-owner@/tinbao?host=A:5432&host=B:5432&target_session_attrs=read-write"
    told = tmp_path / "owner.env"
    told.write_text((DEPLOY / "etc/owner.env").read_text() + f"TINBAO_DATABASE_URL={address}\n")
    script = (DEPLOY / "tinbao-owner").read_text()
    script = script.replace("/etc/tinbao/owner.env", str(told)).replace("cd /var/lib/tinbao/owner", f"cd {tmp_path}")
    script = re.sub(r"^exec .*", "exec env", script, flags=re.MULTILINE)
    told.write_text("".join(it for it in told.read_text().splitlines(True) if "host=/run" not in it))
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )
    assert f"TINBAO_DATABASE_URL={address}" in done.stdout.splitlines()


@contextlib.contextmanager
def proxied(folder: Path, intake: int) -> Iterator[tuple[int, int]]:
    """Debian's nginx.conf with the shipped files before an intake: the ports of http and https."""
    plain, tls = loopback.free_port(), loopback.free_port()
    files = ("-nodes", "-keyout", "key.pem", "-out", "cert.pem")
    words = ("openssl", "req", "-x509", "-newkey", "rsa:2048", *files, "-days", "2", "-subj", "/CN=tinbao.example.vn")
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{it}_temp_path {folder}/{it};\n" for it in names)
    # as Debian 12 ships it (/etc/nginx/nginx.conf), but for paths
    (folder / "nginx.conf").write_text(
        f"user www-data; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 768; }}\nhttp {{ {places} sendfile on; tcp_nopush on;\n"
        "include /etc/nginx/mime.types; default_type application/octet-stream;\n"
        f"access_log {folder}/access.log; gzip on;\ninclude {folder}/conf.d/*.conf; }}\n"
    )
    (folder / "conf.d").mkdir()
    shipped = (DEPLOY / "nginx/tinbao.conf").read_text()
    for before, after in (
        ("127.0.0.1:8138", f"127.0.0.1:{intake}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 80 default_server;", f"listen 127.0.0.1:{plain} default_server;"),
        ("snippets/tinbao-plain.conf", str(folder / "plain")),
        ("listen 443 ", f"listen 127.0.0.1:{tls} "),
        ("snippets/tinbao.conf", str(folder / "snippet")),
    ):
        shipped = shipped.replace(before, after)
    shipped = re.sub(r".*listen \[::\].*\n", "", shipped)
    (folder / "conf.d/tinbao.conf").write_text(shipped)
    (folder / "plain").write_text((DEPLOY / "nginx/plain.conf").read_text())
    (folder / "snippet").write_text((DEPLOY / "nginx/snippet.conf").read_text().replace("/etc/tinbao/tls", str(folder)))
    told = [
        shutil.which("nginx") or "/usr/sbin/nginx",
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "error.log"),
    ]
    process = subprocess.Popen([*told, "-g", "daemon off;"])
    try:
        servers._listens(tls)
        yield plain, tls
    finally:
        process.terminate()
        process.wait()


SITE = {"host": "tinbao.example.vn", "origin": "https://tinbao.example.vn"}


def browser(tls: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=False,
        base_url=f"https://127.0.0.1:{tls}",
        headers=SITE,
        trust_env=False,
        timeout=30,
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="tinbao-nginx-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


async def test_no_answer_that_may_hold_a_receipt_is_compressed_on_its_way(at: Served, folder: Path) -> None:
    """Debian's nginx.conf says `gzip on`."""
    async with served.serving(at, "intake", more={"TINBAO_PUBLIC_URL": "https://tinbao.example.vn"}):
        with proxied(folder, at.port) as (_, tls):
            async with browser(tls) as somebody:
                page = await somebody.get("/")
                answer = await somebody.post("/chat", data={"text": TIP * 9})
    assert answer.status_code == page.status_code == 200
    assert [it.headers.get("content-encoding") for it in (page, answer)] == [None, None]


def test_nginx_lets_go_of_a_connection_before_the_product_does() -> None:
    """Or else who writes at that very moment gets 502."""
    patience = uvicorn.Config(lambda: None).timeout_keep_alive  # as `serving.http_server` leaves it
    for block in re.findall(r"upstream \w+ \{(.*)\}", (DEPLOY / "nginx/tinbao.conf").read_text()):
        found = re.search(r"keepalive_timeout (\d+)", block)
        assert int(found[1] if found else 60) < patience, block


async def test_the_door_in_the_clear_redirects_to_nobody_else(at: Served, folder: Path) -> None:
    """It is the first at port 80, and so every name's; nor does it say which nginx it is."""
    with proxied(folder, at.port) as (plain, _):
        async with httpx.AsyncClient(trust_env=False) as somebody:
            answer = await somebody.get(f"http://127.0.0.1:{plain}/x", headers={"host": "elsewhere.example"})
            assert "elsewhere.example" not in answer.headers.get("location", "")
            assert "/" not in answer.headers.get("server", "")


async def test_how_the_home_is_is_not_told_to_everybody(at: Served, folder: Path) -> None:
    """Who looks each second would learn of each restart: it is asked on the machine."""
    async with served.serving(at, "intake", more={"TINBAO_PUBLIC_URL": "https://tinbao.example.vn"}):
        with proxied(folder, at.port) as (_, tls):
            async with browser(tls) as somebody:
                assert (await somebody.get("/readyz")).status_code == 404


# --- logs -------------------------------------------------------------------------------------------------------------


async def test_a_start_that_fails_is_an_object_a_line_too(at: Served, tmp_path: Path) -> None:
    """It is what a collector is for."""
    (at.secrets / "intake.key").unlink()
    log = tmp_path / "log"
    process = await served.launched(at, more={"TINBAO_LOGS": "json"}, log=log)
    assert await process.wait() == 1
    for line in log.read_text().splitlines():
        json.loads(line)


def test_a_line_that_cannot_be_made_shows_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    """An error that is said outside of an `except`: Python's own handler would print the arguments."""
    before = logging.getLogger().handlers[:]
    try:
        for as_json in (False, True):
            logs.configure(as_json=as_json)
            logging.getLogger("a.library").error("cannot read %s", "what somebody said", exc_info=True)
    finally:
        logging.getLogger().handlers[:] = before
    said = capsys.readouterr().err
    assert "Arguments" not in said
    assert "Traceback" not in said


# --- workers, once more -----------------------------------------------------------------------------------------------


async def test_a_program_that_cannot_even_be_begun_ends_nobody(at: Served, tmp_path: Path) -> None:
    """No such interpreter, while its folder is made anew: the former ones go on."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    code = f"import sys; sys.executable = {str(python)!r}; from bot.__main__ import main; main()"
    process = await served.started(at, "intake", serve=("-c", code, "serve"), more={"TINBAO_WORKERS": "2"})
    try:
        await until(lambda: len(of(process.pid)) == 2)
        await asyncio.sleep(4)
        python.rename(tmp_path / "away")
        process.send_signal(signal.SIGHUP)
        await asyncio.sleep(3)
        assert process.returncode is None, f"all of them ended with {process.returncode}"
    finally:
        await served.killed(process)


async def test_who_just_came_is_answered_though_the_process_ends(at: Served) -> None:
    """A connection that was let in has its first request on the way, and what follows would find nobody."""
    process = await served.started(at, "intake")
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in await reader.readline()
        writer.close()
        assert await process.wait() == 0
    finally:
        await served.killed(process)


async def test_a_worker_that_hangs_at_its_start_keeps_nobody_from_ending(at: Served) -> None:
    """It answers nobody yet, and systemd waits for 40 s."""
    process = await served.started(at, "intake", more={"TINBAO_WORKERS": "2"})
    try:
        await until(lambda: len(of(process.pid)) == 2)
        await asyncio.sleep(5)
        before = of(process.pid)
        os.kill(min(before), signal.SIGKILL)
        await until(lambda: of(process.pid) - before)
        (hangs,) = of(process.pid) - before
        os.kill(hangs, signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
        ended = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(40):
                ended = await process.wait()
        assert ended is not None, "it is still there after the 40 s that systemd waits"
    finally:
        for it in of(process.pid):
            os.kill(it, signal.SIGKILL)
        await served.killed(process)


@pytest.mark.parametrize("processes", [2, 8, 12])
async def test_who_mistypes_a_receipt_once_may_type_it_again(processes: int) -> None:
    """Each worker grants its share of every limit, and a browser stays with one of them."""
    limits = RateLimits(Memory(lambda: datetime.now(UTC), processes))
    await limits.note_miss(b"somebody")
    assert await limits.allow_look_up(b"somebody")


async def test_counts_whose_commit_was_not_answered_are_not_added_twice() -> None:
    """A month's published figures would be too high."""
    with database() as (_, url):
        async with opened(url) as store:

            class Loses:
                async def add_tallies(self, rows: object) -> None:
                    await store.statistics.add_tallies(rows)  # type: ignore[arg-type]
                    raise errors.Unsure

            counted = Tallies(Loses(), lambda: datetime.now(UTC))  # type: ignore[arg-type]

            counted.count(Tallied.CHANNEL, "web")
            for _ in range(2):
                with contextlib.suppress(errors.Unsure):
                    await counted.keep()
            (row,) = await store.statistics.tallies()
            assert row.count == 1
