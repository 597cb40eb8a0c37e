"""kill -9 in the middle of everything: whoever holds a receipt has a stored tip, and the other way round."""

import asyncio
import contextlib
import itertools
import random
import re
import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.fakes import opener, served
from tests.fakes.served import Citizen, Screen, Served

TIPS, CLIENTS, KILLS = 200, 8, 25
TIP = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, mỗi đêm chừng 10 giờ, bàn số {}."
NUMBER = re.compile(r"bàn số (\d+)\.")
# A fresh Python that has read the program and waits for a word to run it: 25 starts would take most of the time.
AT_THE_READY = (
    "-c",
    "import sys, bot.serve.serving; from bot.__main__ import main; sys.stdin.readline(); main()",
    "serve",
)
IN_LINE = 3  # processes, the serving one with them
CONVERSATION = 5  # tips that are sent with one cookie
PATIENCE = 300.0  # seconds for all of it, on a machine that does much else


@dataclass
class Storm:
    """Clients that send tips, somebody who kills the process, and what they counted."""

    home: Served
    chance: random.Random
    receipts: list[str] = field(default_factory=list, repr=False)
    cut: int = 0  # requests that got no answer
    cut_at_submit: int = 0
    kills: int = 0
    _line: deque[asyncio.subprocess.Process] = field(default_factory=deque)

    async def rages(self) -> None:
        tips = iter(range(TIPS))
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._kill_again_and_again())
            for number in range(CLIENTS):
                tasks.create_task(self._send(tips, random.Random(number)))

    async def _kill_again_and_again(self) -> None:
        """Each time so many more tips have gone through, which was drawn before, and a random moment later."""
        try:
            for reached in sorted(self.chance.sample(range(TIPS - CLIENTS), KILLS)):
                await self._serve()
                await self._receipts(reached)
                await asyncio.sleep(self.chance.uniform(0, 0.05))
                await served.killed(self._line.popleft())
                self.kills += 1
            await self._serve()
            await self._receipts(TIPS)
        finally:
            for process in self._line:
                await served.killed(process)

    async def _receipts(self, count: int) -> None:
        while len(self.receipts) < count:
            await asyncio.sleep(0.002)

    async def _serve(self) -> None:
        """Let the first in line serve; others are lined up behind it."""
        while len(self._line) < IN_LINE:
            self._line.append(await served.launched(self.home, serve=AT_THE_READY))
        first = self._line[0]
        assert first.stdin
        first.stdin.write(b"\n")
        await served.answers(self.home, first)

    async def _send(self, tips: Iterator[int], chance: random.Random) -> None:
        async with Citizen(self.home.url) as citizen:
            for sent in itertools.count(1):
                number = next(tips, None)
                if number is None:
                    return
                receipt = await self._to_receipt(citizen, TIP.format(number), chance)
                self.receipts.append(receipt)
                if sent % CONVERSATION == 0:
                    citizen.forgets()

    async def _to_receipt(self, citizen: Citizen, text: str, chance: random.Random) -> str:
        """What a person does: look at the screen, do the next thing, and after a cut reload or press again."""
        screen = Screen("", (), "")
        while True:
            if screen.receipt and screen.receipt not in self.receipts:
                return screen.receipt
            try:
                submitting = "submit" in screen.choices
                screen = await (citizen.presses("submit") if submitting else citizen.says(text))
            except httpx.TransportError:
                self.cut += 1
                self.cut_at_submit += submitting
                await asyncio.sleep(0.1)
                if not submitting or chance.random() < 0.5:
                    screen = await self._reload(citizen)

    async def _reload(self, citizen: Citizen) -> Screen:
        while True:
            with contextlib.suppress(httpx.TransportError):
                return await citizen.reloads()
            await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Aftermath:
    """What the storm left behind."""

    storm: Storm
    texts: list[str] = field(repr=False)  # of every stored tip
    found: int  # receipts that open a mailbox over the web
    audit: str


@pytest.fixture(scope="module")
def aftermath() -> Iterator[Aftermath]:
    """200 tips from 8 people, 25 kills; then one quiet start, in which every receipt is tried."""
    with tempfile.TemporaryDirectory(dir=served.MEMORY) as folder:
        home = served.made(Path(folder))
        storm = Storm(home, random.Random(20_261_123))
        asyncio.run(storm.rages())
        found = asyncio.run(looked_up(home, storm.receipts))
        held = opener.seeds(home.database, "an", home.passphrase("an"))
        cases = [row[0] for row in opener.rows(home.database, "SELECT id FROM tip")]
        texts = [opener.read_with(home.database, case, held)["tip"]["text"] for case in cases]
        yield Aftermath(storm, texts, found, served.command(home.folder, home.port, "ledger", "verify"))


async def looked_up(home: Served, receipts: list[str]) -> int:
    """How many receipts show a mailbox to whoever types them."""
    async with served.serving(home):
        return sum(await asyncio.gather(*(opened_by(home, receipts[at::CLIENTS]) for at in range(CLIENTS))))


async def opened_by(home: Served, receipts: list[str]) -> int:
    async with Citizen(home.url) as citizen:
        return sum([(await citizen.says(receipt)).state == "mailbox" for receipt in receipts])


def test_the_kills_fell_into_the_middle_of_it(aftermath: Aftermath) -> None:
    """The process died 25 times, and tips were on their way when it did."""
    storm = aftermath.storm
    assert storm.kills == KILLS
    assert storm.cut >= KILLS
    assert storm.cut_at_submit >= 1


def test_every_tip_has_one_receipt_and_every_receipt_one_tip(aftermath: Aftermath) -> None:
    """As many different receipts in people's hands as tips on disk: none lost, none for nothing."""
    receipts = aftermath.storm.receipts
    assert (len(receipts), len(set(receipts)), len(aftermath.texts)) == (TIPS, TIPS, TIPS)


def test_every_receipt_finds_its_tip(aftermath: Aftermath) -> None:
    """Typed into a new browser, each of them opens a mailbox."""
    assert aftermath.found == TIPS


def test_no_tip_is_stored_twice_and_none_is_missing(aftermath: Aftermath) -> None:
    """However often somebody pressed: every person's words are in exactly one case."""
    stored = Counter(number for text in aftermath.texts for number in set(NUMBER.findall(text)))
    assert len(stored) == TIPS
    assert max(stored.values()) == 1


def test_the_ledger_is_sound_after_all_that(aftermath: Aftermath) -> None:
    """Every signature, chain and envelope holds."""
    assert "NOT SOUND" not in aftermath.audit
    assert aftermath.audit.startswith(f"{TIPS} cases")


async def test_a_receipt_is_shown_until_it_is_confirmed() -> None:
    """Answers may be lost one after the other: page or turn, the receipt that was due is on each of them."""
    with tempfile.TemporaryDirectory(dir=served.MEMORY) as folder:
        home = served.made(Path(folder))
        async with served.serving(home), Citizen(home.url) as citizen:
            due = await citizen.sends(TIP.format(1))
            shown = []
            for _ in range(2):
                citizen.misses_it()
                shown.append((await citizen.presses("submit")).receipt == due)
                citizen.misses_it()
                shown.append((await citizen.reloads()).receipt == due)
        assert all(shown), f"shown on {sum(shown)} of {len(shown)} answers"
