"""A second process over the same home: with `TINBAO_TEST_TWO=1` every other turn of a flow is taken there.

Both have the run folder, the database and the test's clock in common, and nothing else: what one of them only
remembers, the other does not know.
"""

import asyncio
import atexit
import contextlib
import functools
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import wiring
from bot.settings import Settings
from bot.wiring import Product
from handlers.uploads import memory_file
from tips.crypto.keys import Cost
from tips.intake.reception import Outcome, Reception, Sender
from tips.intake.turns import Inbound

ON = os.environ.get("TINBAO_TEST_TWO") == "1"
PROCESSES = 2 if ON else 1  # each of which grants its share of every limit
ROOT = Path(__file__).resolve().parents[2]
LENGTH = 4  # bytes before each message
LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Call:
    """One method of the other process's reception, at a moment; an upload goes as its bytes."""

    moment: datetime
    name: str
    arguments: tuple[Any, ...]
    upload: bytes | None = None
    named: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Other:
    """The other process, as this one reaches it; calls of several tasks wait for each other on the line only."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    count: int = 0

    async def call(self, call: Call) -> Any:
        self.count += 1
        number, future = self.count, asyncio.get_running_loop().create_future()
        self.waiting[number] = future
        write(self.writer, (number, call))
        return await future

    async def listen(self) -> None:
        while True:
            number, failed, answer = await read(self.reader)
            future = self.waiting.pop(number)
            if future.cancelled():
                continue
            if failed:
                future.set_exception(answer)
            else:
                future.set_result(answer)


@dataclass
class Alternating:
    """A reception whose turns are taken here and there in turn; what else it is asked is asked of the one here."""

    here: Reception
    there: Other
    now: Any
    turns: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.here, name)

    async def turn(self, sender: Sender, heard: Inbound, lang: str = "vi") -> Outcome:
        self.turns += 1
        if not self._is_there():
            return await self.here.turn(sender, heard, lang)
        upload = heard.upload
        octets = None if upload is None else os.pread(upload.fd, upload.size, 0) if upload.size else b""
        arguments = (sender, replace(heard, upload=None), lang)
        outcome: Outcome = await self.there.call(Call(self.now(), "turn", arguments, octets))
        return outcome

    async def current(self, sender: Sender) -> Outcome | None:
        found: Outcome | None = await self._do("current", sender)
        return found

    async def references(self, sender: Sender) -> tuple[str, ...]:
        found: tuple[str, ...] = await self._do("references", sender)
        return found

    async def delivered(self, sender: Sender, ref: str = "", *, receipt: bool = True) -> None:
        await self._do("delivered", sender, ref, receipt=receipt)

    async def undelivered(self, sender: Sender, ref: str) -> None:
        await self._do("undelivered", sender, ref)

    async def forget(self, sender: Sender) -> None:
        await self._do("forget", sender)

    async def takes(self, sender: Sender, ref: str, *, alone: bool = False, forgetting: bool = False) -> bool:
        new: bool = await self._do("takes", sender, ref, alone=alone, forgetting=forgetting)
        return new

    def _is_there(self) -> bool:
        return self.turns % 2 == 1

    async def _do(self, name: str, *arguments: Any, **named: Any) -> Any:
        if self._is_there():
            return await self.there.call(Call(self.now(), name, arguments, named=named))
        return await getattr(self.here, name)(*arguments, **named)


@contextlib.asynccontextmanager
async def alternating(product: Product, own: Settings, cost: Cost) -> AsyncIterator[Product]:
    """A product whose turns are taken by two processes; the other one opens the home anew for each caller."""
    reader, writer = await asyncio.open_unix_connection(await asyncio.to_thread(door))
    other = Other(reader, writer)
    write(writer, (own, cost, product.now()))
    assert await read(reader) == "ready"
    listening = asyncio.create_task(other.listen())
    try:
        both: Any = Alternating(product.reception, other, product.now)
        yield replace(product, reception=both)
    finally:
        listening.cancel()
        writer.close()


@functools.cache
def door() -> str:
    """Where the other process listens; it is started once and ends with this one."""
    folder = tempfile.mkdtemp(prefix="tinbao-two-")
    path = f"{folder}/door"
    process = subprocess.Popen([sys.executable, "-m", "tests.fakes.two", path], cwd=ROOT, stdout=subprocess.PIPE)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(process.terminate)
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    return path


def write(writer: asyncio.StreamWriter, message: object) -> None:
    data = pickle.dumps(message)
    writer.write(len(data).to_bytes(LENGTH, "big") + data)


async def read(reader: asyncio.StreamReader) -> Any:
    length = int.from_bytes(await reader.readexactly(LENGTH), "big")
    return pickle.loads(await reader.readexactly(length))


# --- the other process ------------------------------------------------------------------------------------------------


class Moment:
    """The moment that the test has told last."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


async def serve(path: str) -> None:
    """Take the turns of whoever connects, each at a home of their own."""
    async with await asyncio.start_unix_server(attend, path, limit=LONGEST) as server:
        print("open", flush=True)
        await server.serve_forever()


async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    own, cost, moment = await read(reader)
    clock = Moment(moment)
    async with wiring.open_product(own, now=clock, cost=cost) as product, asyncio.TaskGroup() as tasks:
        write(writer, "ready")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                number, call = await read(reader)
                clock.moment = call.moment
                tasks.create_task(answer(product, writer, number, call))


async def answer(product: Product, writer: asyncio.StreamWriter, number: int, call: Call) -> None:
    try:
        await product.roster.refresh()
        await product.standing.refresh()
        write(writer, (number, False, await called(product.reception, call)))
    except Exception as error:
        write(writer, (number, True, error))


async def called(reception: Reception, call: Call) -> Any:
    method, arguments = getattr(reception, call.name), call.arguments
    if call.upload is None:
        return await method(*arguments, **call.named)
    with memory_file() as file:
        file.write(call.upload)
        sender, heard, lang = arguments
        return await method(sender, replace(heard, upload=file), lang)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
