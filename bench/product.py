"""The product as `tinbao serve` runs it: a home on the disk that temporary folders are on, and processes that serve."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fakes import home, loopback

ROOT: Final = Path(__file__).resolve().parent.parent
PATIENCE: Final = 30.0  # seconds for a start, and for an end
Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Served:
    """A process that answers, and how long it took from its spawning to its first answer."""

    pid: int
    port: int
    seconds: float


@contextlib.asynccontextmanager
async def a_home(url: str = "") -> AsyncIterator[Environment]:
    """The environment of a home with people, as `init` and `officer add` make it; the keys of drafts on tmpfs.

    Args:
        url: of its database; the one in its folder otherwise.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=home.MEMORY) as run:
        async with home.opened(Path(folder), url=url) as opened:
            made = opened.settings
        yield {
            "TINBAO_HOME": str(made.home),
            "TINBAO_SECRETS": str(made.secrets),
            "TINBAO_RUN": run,
            "TINBAO_OPERATOR": "bench",
            **({"TINBAO_DATABASE_URL": url} if url else {}),
        }


@contextlib.asynccontextmanager
async def serving(environment: Environment, only: str) -> AsyncIterator[Served]:
    """`tinbao serve --only …`, once it answers."""
    port = loopback.free_port()
    own = {"TINBAO_LISTEN": f"127.0.0.1:{port}", "TINBAO_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    async with running(["-m", "bot", "serve", "--only", only], {**own, **environment}, port) as served:
        yield served


@contextlib.asynccontextmanager
async def running(words: Sequence[str], environment: Environment, port: int) -> AsyncIterator[Served]:
    """A Python process that serves HTTP on a port, from its first answer on; ended in order."""
    start = time.perf_counter()
    process = await spawned(words, environment)
    try:
        async with asyncio.timeout(PATIENCE):
            await _answered(process, port)
        yield Served(process.pid, port, time.perf_counter() - start)
    finally:
        await _ended(process)


async def spawned(words: Sequence[str], environment: Environment) -> asyncio.subprocess.Process:
    """This Python with other words; of our own variables it gets only those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TINBAO_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=ROOT,
        env={**kept, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _answered(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait for the first answer. The door is open before there is somebody behind it: then this waits in line."""
    while True:
        if process.returncode is not None:
            raise RuntimeError(f"the process ended with {process.returncode} before it answered")
        with contextlib.suppress(ConnectionError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.readline()
            writer.close()
            if answer:
                return
        await asyncio.sleep(0.002)


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
