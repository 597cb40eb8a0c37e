"""The drill: a served home is flooded, backed up meanwhile, destroyed and brought back, all by commands.

Whoever was shown a receipt before the backup began finds their tip; what slept wakes, and what was held can be opened.
"""

import asyncio
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import loopback, opener, served
from tests.fakes.served import Citizen, Served

CLIENTS, BEFORE, AFTER = 6, 30, 12  # tips that are sent before the backup, and at least so many while it is written
TIP = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, mỗi đêm chừng 10 giờ, bàn số {}."
HELD = "Viện trưởng Viện kiểm sát nhân dân thành phố nhận hối lộ để đình chỉ vụ án ma tuý ở quận 3."
PEOPLE = (("an", "area-770", "officer"), ("truc", "duty", "coordinator"), ("c01", "bca-c01", "overseer"))
PATIENCE = 240.0  # seconds for each part, on a machine that does much else
LATER = "+60h"  # when the desk has let every tip wait for too long


@dataclass(frozen=True)
class Drill:
    """What was promised before the backup, and the home that came back."""

    home: Served
    receipts: list[str]  # of before the backup began
    held: str  # the receipt of the case that nobody could read
    signers: Path


def tinbao(home: Served, *words: str, password: str = "") -> None:
    surroundings = {**served.environment(home.folder, home.port), "TINBAO_PASSWORD": password}
    run = [sys.executable, "-m", "bot", *words]
    done = subprocess.run(run, cwd=served.ROOT, env=surroundings, capture_output=True, check=False)
    assert done.returncode == 0, f"`{words[0]}` ended with {done.returncode}"


@pytest.fixture(scope="module")
def drill() -> Iterator[Drill]:
    with tempfile.TemporaryDirectory(dir=served.MEMORY) as name:
        folder, port = Path(name), loopback.free_port()
        printed = served.command(folder, port, "init", "--json", "--trial")
        signers = folder / "signers.json"
        signers.write_text(printed)
        admins = {it["name"]: it["passphrase"] for it in json.loads(printed)["admins"]}
        bare = Served(folder, port, admins, {})
        held = asyncio.run(one_tip(bare, HELD))
        added = {
            person: json.loads(
                served.command(
                    folder, port, "officer", "add", person, "--unit", unit, "--role", role, "--signers", str(signers)
                )
            )
            for person, unit, role in PEOPLE
        }
        home = Served(folder, port, admins, added)
        receipts = asyncio.run(flooded(home))
        for part in (home.home, home.secrets, home.run):
            shutil.rmtree(part)
        tinbao(home, "restore", str(folder / "home.age"), "--shares", str(signers), "--signers", str(signers))
        yield Drill(home, receipts, held, signers)


async def one_tip(home: Served, text: str) -> str:
    async with served.serving(home), Citizen(home.url) as citizen:
        return await citizen.sends(text)


async def flooded(home: Served) -> list[str]:
    """Receipts that were shown before the backup began; the flood goes on until it is whole, then the process dies."""
    process, receipts, numbers = await served.started(home), list[str](), itertools.count()

    async def sends() -> None:
        async with Citizen(home.url) as citizen:
            while True:
                receipts.append(await citizen.sends(TIP.format(next(numbers))))
                citizen.forgets()

    async with asyncio.timeout(PATIENCE):
        flood = [asyncio.create_task(sends()) for _ in range(CLIENTS)]
        try:
            await reached(receipts, BEFORE)
            before = list(receipts)
            backing = asyncio.to_thread(
                tinbao, home, "backup", str(home.folder / "home.age"), "--officer", "admin-vks",
                password=home.admins["admin-vks"],
            )  # fmt: skip
            await asyncio.gather(backing, reached(receipts, len(before) + AFTER))
        finally:
            for task in flood:
                task.cancel()
            await asyncio.gather(*flood, return_exceptions=True)
            await served.killed(process)
    return before


async def reached(receipts: list[str], count: int) -> None:
    while len(receipts) < count:
        await asyncio.sleep(0.01)


def test_every_receipt_of_before_the_backup_opens_again(drill: Drill) -> None:
    """Over the web, by whoever types them; and the officer's passphrase opens every text."""

    async def found() -> int:
        async with served.serving(drill.home), Citizen(drill.home.url) as citizen:
            states = []
            for receipt in (*drill.receipts, drill.held):
                states.append((await citizen.says(receipt)).state)
                citizen.forgets()
            return states.count("mailbox")

    assert asyncio.run(found()) == len(drill.receipts) + 1
    held = opener.seeds(drill.home.database, "an", drill.home.passphrase("an"))
    theirs = opener.rows(drill.home.database, "SELECT id FROM tip WHERE unit = 'area-770'")
    texts = [opener.read_with(drill.home.database, case, held)["tip"]["text"] for (case,) in theirs]
    assert len(set(texts)) == len(texts) >= len(drill.receipts)


def test_the_restored_home_is_sound(drill: Drill) -> None:
    """Every signature and row; `doctor` ends with 0 and says that it came back."""
    served.command(drill.home.folder, drill.home.port, "ledger", "verify")
    said = served.command(drill.home.folder, drill.home.port, "doctor")
    assert "✓ epochs: came back 1 times" in said


def test_what_was_held_is_opened_and_what_slept_wakes(drill: Drill) -> None:
    """The quorum gives the held case on; the clock lets the late ones climb, text included, to who slept before."""
    (held,) = [case for (case,) in opener.rows(drill.home.database, "SELECT id FROM tip WHERE unit = 'held'")]
    words = ("--shares", str(drill.signers), "--officer", "admin-ttra", "--unit", "bca-c01")
    tinbao(drill.home, "held", "open", held.hex(), *words, password=drill.home.admins["admin-ttra"])
    theirs = opener.seeds(drill.home.database, "c01", drill.home.passphrase("c01"))
    assert opener.read_with(drill.home.database, held, theirs)["tip"]["text"] == HELD

    async def climbed() -> list[bytes]:
        async with asyncio.timeout(PATIENCE), served.serving(drill.home, "intake,clock", more={"TINBAO_NOW": LATER}):
            while not (found := opener.rows(drill.home.database, "SELECT id FROM tip WHERE unit = 'duty'")):
                await asyncio.sleep(0.2)
            return [case for (case,) in found]

    above = asyncio.run(climbed())
    seeds = opener.seeds(drill.home.database, "truc", drill.home.passphrase("truc"))
    assert "karaoke" in opener.read_with(drill.home.database, above[0], seeds)["tip"]["text"]
