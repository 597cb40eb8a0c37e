"""Workers: several processes that answer at one address, kept alive, and replaced one by one without a gap.

They share the listening socket, which this process holds and never answers at, the run folder and the database; none
has to see a person twice. Each is told to end by the end of its standard input: so none outlives this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from bot import logs
from bot.serve import serving
from bot.serve.serving import READY
from bot.settings import Settings
from tips import errors

SIDE_BY_SIDE: Final = frozenset({"intake", "desk"})  # what several processes can do at one address
MOST: Final = 64
START: Final = 60  # seconds until a worker serves
GIVEN_UP: Final = 3  # times that none did, one after the other
PAUSE: Final = 0.5  # seconds before it is tried again
END: Final = 20.0  # seconds for the end of what is asked to end
log = logging.getLogger(__name__)


async def serve(settings: Settings, parts: frozenset[str], many: int, environment: Mapping[str, str]) -> int:
    """Keep so many workers until a signal ends them; SIGHUP replaces them. 1: none of them can serve.

    Raises:
        BadSetting: these parts, or their messengers, cannot be served by several processes.
    """
    _check(settings, parts, many)
    logs.configure(as_json=settings.json_logs)
    own = {**environment, "TINBAO_PROCESSES": str(max(settings.processes, many))}
    with contextlib.ExitStack() as stack:
        monitored = serving.listen_to_monitoring(settings)
        shared = [stack.enter_context(it) for it in (serving.listen(settings), monitored) if it]
        workers = _Workers(shared, ",".join(sorted(parts)), own)
        loop = asyncio.get_running_loop()
        for ends in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(ends, workers.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, workers.replacing.set)
        return await workers.kept(many)


def _check(settings: Settings, parts: frozenset[str], many: int) -> None:
    if not 1 <= many <= MOST:
        raise errors.BadSetting(f"--workers must be a number of processes, 1 to {MOST}")
    if others := parts - SIDE_BY_SIDE:
        raise errors.BadSetting(
            f"--workers is for intake and desk: {', '.join(sorted(others))} in a process of its own, with --only"
        )
    asks = {
        "TINBAO_TELEGRAM_WEBHOOK=1": settings.telegram_token and not settings.telegram_webhook,
        "TINBAO_ZALO_WEBHOOK=1": settings.zalo_token and not settings.zalo_webhook,
    }
    if wanted := [name for name, polls in asks.items() if polls and "intake" in parts]:
        raise errors.BadSetting(f"several workers would ask a messenger at once: set {' and '.join(wanted)}")


class _Workers:
    """The processes, and what they are asked."""

    def __init__(self, shared: Sequence[socket.socket], parts: str, environment: Mapping[str, str]) -> None:
        self._shared, self._parts, self._environment = shared, parts, environment
        self.stopping, self.replacing = asyncio.Event(), asyncio.Event()
        self._live: list[asyncio.subprocess.Process] = []  # those that serve
        self._begun_ones: list[asyncio.subprocess.Process] = []  # and those that are to
        self._failed = 0  # that ended before they served, one after the other

    async def kept(self, many: int) -> int:
        """Keep so many; the exit code. Who is asked to end begins nobody more, and waits for nobody to begin."""
        keeping, stopping = asyncio.ensure_future(self._keep(many)), asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait((keeping, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for it in (keeping, stopping):
                it.cancel()
            await asyncio.gather(keeping, stopping, return_exceptions=True)
            await asyncio.gather(*map(_ended, self._begun_ones))
        if not keeping.cancelled() and (error := keeping.exception()):
            raise error
        return 1 if self._failed >= GIVEN_UP and not self._live else 0

    async def _keep(self, many: int) -> None:
        while not self.stopping.is_set():
            self._live += await self._begun(many - len(self._live))
            if len(self._live) == many:
                await self._something_happens()
            self._live = [it for it in self._live if it.returncode is None]
            if self.replacing.is_set():
                await self._replace()

    async def _begun(self, many: int) -> list[asyncio.subprocess.Process]:
        """So many more, as far as they serve."""
        begun = await asyncio.gather(*(self._one() for _ in range(many)))
        serve = [it for it in begun if it]
        self._failed = 0 if serve or not many else self._failed + 1
        if self._failed >= GIVEN_UP and not self._live:
            log.error("no worker can serve: what they said stands above")
            self.stopping.set()
        elif len(serve) < many:
            await asyncio.sleep(PAUSE)
        return serve

    async def _one(self) -> asyncio.subprocess.Process | None:
        """One that serves; None: it ended before, or cannot even be begun."""
        numbers = [it.fileno() for it in self._shared]
        words = ["-m", "bot", "serve", "--only", self._parts, "--inherited", ",".join(map(str, numbers))]
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                env=self._environment,
                pass_fds=numbers,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            log.error("a worker cannot be begun: %s", type(error).__name__)
            return None
        self._begun_ones = [*(it for it in self._begun_ones if it.returncode is None), process]
        assert process.stdout
        try:
            if await asyncio.wait_for(process.stdout.read(len(READY)), START) == READY:
                return process
        except TimeoutError:
            log.error("a worker did not serve after %d seconds", START)
        except asyncio.CancelledError:  # it answers nobody yet
            await _killed(process)
            raise
        await _ended(process)
        return None

    async def _something_happens(self) -> None:
        """Until one ends, or a signal comes."""
        signals = (self.stopping.wait(), self.replacing.wait())
        tasks = [asyncio.ensure_future(it) for it in (*signals, *(it.wait() for it in self._live))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for it in tasks:
                it.cancel()

    async def _replace(self) -> None:
        """Each makes way once another one serves in its place; where that cannot be, the former ones go on."""
        self.replacing.clear()
        for old in list(self._live):
            new = await self._one()
            if new is None:
                log.error("the new program does not serve, and the former one goes on: what it said stands above")
                return
            self._live.append(new)
            await _ended(old)
            self._live.remove(old)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Ended in order, what it has begun with it; one that does not is killed."""
    assert process.stdin
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), END)
    except TimeoutError:
        await _killed(process)


async def _killed(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
