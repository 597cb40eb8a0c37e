"""Durable before said: in the system calls of the serving process, no receipt leaves before its tip is synced."""

import asyncio
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import tools
from tests.fakes import opener, served
from tests.fakes.served import Citizen
from tests.fakes.words import DRUGS as TIP

SYNCS = frozenset({"fsync", "fdatasync"})
KEPT = frozenset({"tinbao.db", "tinbao.db-wal"})  # the third file, -shm, is an index that is made anew
STRACE = (
    *("-D", "-f", "--seccomp-bpf"),  # the tracer steps aside, so that signals reach the product itself
    *("-y", "-xx", "-s", "20000"),  # paths beside descriptors, all strings in hex, whole pages and answers
    *("-e", "trace=fsync,fdatasync,pwrite64,sendto,sendmsg,write,writev"),
)
CALL = re.compile(r"^(\d+) +(\w+)\(\d+<((?:\\x[0-9a-f]{2})*)>(.*)$")
REST = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>.* = (-?\d+)")
RESULT = re.compile(r"\) += (-?\d+)")


@dataclass
class Call:
    """One system call: the lines of the trace on which it began and ended."""

    name: str
    path: str
    data: bytes = field(repr=False)
    began: int
    ended: int
    result: int


@dataclass(frozen=True)
class Trace:
    """What the serving process did while one tip was sent."""

    calls: list[Call] = field(repr=False)
    case: bytes = field(repr=False)
    receipt: bytes = field(repr=False)

    @property
    def told(self) -> Call:
        """The call that hands the receipt's bytes to the network."""
        return next(it for it in self.calls if self.receipt in it.data and it.path.startswith("socket:"))

    @property
    def stored(self) -> Call:
        """The call that writes the tip's row to a file of the database."""
        return next(it for it in self.writes if self.case in it.data)

    @property
    def writes(self) -> list[Call]:
        return [it for it in self.calls if it.name == "pwrite64" and Path(it.path).name in KEPT]

    def synced(self, written: Call, before: Call) -> bool:
        """Whether the file was synced after a write had ended and before another call began."""
        return any(
            it.name in SYNCS
            and it.path == written.path
            and it.result == 0
            and written.ended < it.began
            and it.ended < before.began
            for it in self.calls
        )


@pytest.fixture(scope="module")
def trace() -> Iterator[Trace]:
    with tempfile.TemporaryDirectory(dir=served.MEMORY) as folder:
        yield asyncio.run(traced(Path(folder)))


async def traced(folder: Path) -> Trace:
    home, file = served.made(folder), folder / "trace"
    strace = (tools.path("strace"), *STRACE, "-o", str(file))
    async with served.serving(home, before=strace), Citizen(home.url) as citizen:
        receipt = await citizen.sends(TIP)
    async with asyncio.timeout(10):
        while not file.read_bytes().endswith(b"+++ exited with 0 +++\n"):
            await asyncio.sleep(0.05)
    ((case,),) = opener.rows(home.database, "SELECT id FROM tip")
    return Trace(parsed(file.read_text("ascii").splitlines()), case, receipt.encode())


def parsed(lines: list[str]) -> list[Call]:
    """The calls in the order in which they began; one that another thread interrupted ends on a later line."""
    calls: list[Call] = []
    unfinished: dict[tuple[str, str], Call] = {}
    for at, line in enumerate(lines):
        if begun := CALL.match(line):
            thread, name, path, rest = begun.groups()
            result = RESULT.search(rest)
            call = Call(name, _octets(path).decode(), _octets(rest), at, at, int(result.group(1)) if result else -1)
            calls.append(call)
            if result is None:
                unfinished[thread, name] = call
        elif ended := REST.match(line):
            thread, name, code = ended.groups()
            call = unfinished.pop((thread, name))
            call.ended, call.result = at, int(code)
    for call in unfinished.values():
        call.ended = len(lines)
    return calls


def _octets(text: str) -> bytes:
    return bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", text)))


def test_the_tip_is_synced_before_its_receipt_leaves(trace: Trace) -> None:
    """Written to the database, synced, and only then on the socket."""
    assert trace.stored.ended < trace.told.began
    assert trace.synced(trace.stored, trace.told)


def test_nothing_of_the_submission_waits_for_a_sync_when_the_receipt_leaves(trace: Trace) -> None:
    """Every page that was written until then is on the disk: draft, tip, grants, event and mailbox."""
    pages = [it for it in trace.writes if it.began < trace.told.began]
    waiting = sum(not trace.synced(it, trace.told) for it in pages)
    assert pages
    assert waiting == 0, f"{waiting} of {len(pages)} pages were not synced"
