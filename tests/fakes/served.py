"""A home as people have it: made by the command line, served by a real process, reached over HTTP."""

import asyncio
import atexit
import base64
import contextlib
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tests.fakes import loopback
from tests.fakes.words import RECEIPT, to_the_receipt

ROOT = Path(__file__).resolve().parents[2]
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a home's run folder has to lie there
PROGRAM = (sys.executable, "-m", "bot")
SERVE = ("-m", "bot", "serve")
START = 30.0  # seconds that a start may take, under strace too


@dataclass(frozen=True)
class Served:
    """A home on disk, what opens it, and where it is served."""

    folder: Path
    port: int
    admins: Mapping[str, str] = field(repr=False)  # name -> passphrase
    officers: Mapping[str, Mapping[str, str]] = field(repr=False)  # name -> what `officer add` printed

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def database(self) -> Path:
        return self.home / "tinbao.db"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def passphrase(self, name: str) -> str:
        return self.officers[name]["passphrase"]

    def one_time_code(self, name: str, ahead: timedelta = timedelta(0)) -> str:
        """The six digits that an authenticator would show so long from now."""
        query = parse_qs(urlsplit(self.officers[name]["totp"]).query)
        text = query["secret"][0]
        secret = base64.b32decode(text + "=" * (-len(text) % 8))
        return TOTP(secret, 6, SHA1(), 30).generate(int((datetime.now(UTC) + ahead).timestamp())).decode()


def made(folder: Path, people: Sequence[tuple[str, ...]] = (("an", "area-770"),)) -> Served:
    """`tinbao init --trial --json`, then `tinbao officer add` for each person: name, unit, and another role.

    The commands run once for all who want the same home in this process; each gets a copy, which is its own.
    """
    once = _founded(tuple(map(tuple, people)))
    for part in (once.home, once.secrets, once.run):
        shutil.copytree(part, folder / part.name)
    return replace(once, folder=folder, port=loopback.free_port())


@functools.cache
def _founded(people: tuple[tuple[str, ...], ...]) -> Served:
    folder = Path(tempfile.mkdtemp(dir=MEMORY, prefix="tinbao-founded-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    port = loopback.free_port()
    printed = json.loads(command(folder, port, "init", "--trial", "--json"))
    signers = folder / "signers.json"
    signers.write_text(json.dumps(printed))
    added = {}
    for name, unit, *role in people:
        words = ("officer", "add", name, "--unit", unit, "--role", *(role or ["officer"]), "--signers", str(signers))
        added[name] = json.loads(command(folder, port, *words))
    signers.unlink()
    return Served(folder, port, {it["name"]: it["passphrase"] for it in printed["admins"]}, added)


def command(folder: Path, port: int, *words: str) -> str:
    """What a command of `tinbao` prints; it has to succeed."""
    done = subprocess.run([*PROGRAM, *words], cwd=ROOT, env=environment(folder, port), capture_output=True, check=False)
    assert done.returncode == 0, f"`{words[0]}` ended with {done.returncode}"
    return done.stdout.decode()


def environment(folder: Path, port: int) -> dict[str, str]:
    """This process's surroundings, with nothing of another Tin Báo in them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TINBAO_")}
    return {
        **kept,
        "TINBAO_HOME": str(folder / "home"),
        "TINBAO_SECRETS": str(folder / "secrets"),
        "TINBAO_RUN": str(folder / "run"),
        "TINBAO_LISTEN": f"127.0.0.1:{port}",
        "TINBAO_OPERATOR": "a test",
    }


async def launched(
    home: Served,
    only: str = "intake",
    *,
    before: Sequence[str] = (),
    serve: Sequence[str] = SERVE,
    more: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> asyncio.subprocess.Process:
    """`tinbao serve`, as soon as it is a process.

    `before` goes before the program, `serve` says what Python runs, `more` adds to its environment, and `log` gets
    everything that it writes.
    """
    words = [*before, sys.executable, *serve, "--only", only]
    with (log or Path(os.devnull)).open("ab") as sink:
        return await asyncio.create_subprocess_exec(
            *words,
            cwd=ROOT,
            env={**environment(home.folder, home.port), **(more or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=sink,
            stderr=sink,
        )


async def started(home: Served, only: str = "intake", **how: Any) -> asyncio.subprocess.Process:
    """`tinbao serve`, once it answers; `how` is as for `launched`."""
    process = await launched(home, only, **how)
    await answers(home, process)
    return process


async def answers(home: Served, process: asyncio.subprocess.Process) -> None:
    """Wait for the first answer of a process; one that gives none is ended."""
    try:
        async with asyncio.timeout(START), httpx.AsyncClient(trust_env=False, timeout=START) as client:
            while not await _healthy(client, home.url):
                assert process.returncode is None, f"`serve` ended with {process.returncode}"
                await asyncio.sleep(0.02)
    except BaseException:
        await killed(process)
        raise


async def _healthy(client: httpx.AsyncClient, url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get(f"{url}/healthz")).status_code == 200
    return False


async def killed(process: asyncio.subprocess.Process) -> None:
    """kill -9."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def stopped(process: asyncio.subprocess.Process) -> None:
    """Ended in order (Ctrl-C), so that the database is one file again."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    async with asyncio.timeout(15):
        await process.wait()


@contextlib.asynccontextmanager
async def serving(home: Served, only: str = "intake", **how: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that serves, ended in order unless the test has ended it."""
    process = await started(home, only, **how)
    try:
        yield process
    finally:
        try:
            await stopped(process)
        except TimeoutError:
            await killed(process)


@dataclass(frozen=True)
class Screen:
    """What somebody sees after a turn."""

    text: str = field(repr=False)
    choices: tuple[str, ...]
    state: str  # "" on a page, which does not tell

    @property
    def receipt(self) -> str | None:
        """The receipt on the screen, also where it stands before something else."""
        found = RECEIPT.search(self.text)
        return found.group() if found else None


class Citizen:
    """Somebody with a browser: it keeps the cookie, and confirms a receipt with the next request."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)
        self._holds_receipt = False

    async def __aenter__(self) -> "Citizen":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    @property
    def cookie(self) -> str:
        return self._client.cookies.get("c") or ""

    def forgets(self) -> None:
        """The browser was closed: the next request is somebody new's."""
        self._client.cookies.clear()
        self._holds_receipt = False

    def misses_it(self) -> None:
        """The last answer never arrived: there is no receipt to confirm."""
        self._holds_receipt = False

    async def says(self, text: str) -> Screen:
        return await self._turn({"text": text})

    async def presses(self, choice: str) -> Screen:
        return await self._turn({"choose": choice})

    async def uploads(self, name: str, content: bytes, caption: str) -> Screen:
        return await self._turn({"text": caption}, {"file": (name, content)})

    async def _turn(self, fields: dict[str, str], files: Any = None) -> Screen:
        if self._holds_receipt:
            fields = {**fields, "ack": "1"}
        answer = await self._client.post("/api/chat", data=fields, files=files)
        answer.raise_for_status()
        turn = answer.json()
        choices = tuple(choice for message in turn["messages"] for choice, _ in message["choices"])
        return self._shown(Screen("\n".join(it["text"] for it in turn["messages"]), choices, turn["state"]))

    async def reloads(self) -> Screen:
        """The page again, as after a lost connection."""
        page = await self._client.get("/")
        page.raise_for_status()
        return self._shown(Screen(page.text, tuple(re.findall(r'name="choose" value="([^"]+)"', page.text)), ""))

    def _shown(self, screen: Screen) -> Screen:
        self._holds_receipt = screen.receipt is not None
        return screen

    async def leaves(self) -> None:
        """The quick exit."""
        await self._client.get("/leave")

    async def sends(self, text: str) -> str:
        """A tip to its receipt, refusing every question."""
        return await to_the_receipt(await self.says(text), self.presses, lambda screen: screen.choices)
