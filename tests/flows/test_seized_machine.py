"""The seized machine: home and backup after two hundred tips, then one passphrase more, then what memory held.

The keys are tried by another program's reading of the format (`tests.fakes.opener`).
"""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import backup
from tests.fakes import home, opener, served
from tests.fakes.home import Home
from tests.fakes.opener import Closed, bound, rows
from tests.fakes.people import A_FEW
from tips.intake.reporter_notifications import Address

TIPS = 200
ASKED_EVERY = 4  # so often somebody asks to be told
FIRST_CHAT = 8_400_100_000
TEXTS = (
    "Quán karaoke đường Lê Văn Sỹ quận 3 bán ma tuý mỗi tối, chủ tên Chimsẻ{n}vàng.",
    "Đường Huỳnh Tấn Phát quận 7 có ổ đánh bạc mỗi đêm của Chimsẻ{n}vàng.",
    "Công an phường Võ Thị Sáu quận 3 nhận tiền bảo kê của Chimsẻ{n}vàng mỗi tháng.",
    "Họ bán pháo lậu cho người tên Chimsẻ{n}vàng.",
)


@dataclass(frozen=True)
class Seized:
    """What lay on the table."""

    folder: Path
    passphrases: dict[str, str] = field(repr=False)
    units: dict[str, str]  # person -> unit
    asked: frozenset[bytes]  # cases whose reporter asked to be told

    @property
    def database(self) -> Path:
        return self.folder / "home" / "tinbao.db"

    def files(self, *folders: str) -> list[Path]:
        return [path for name in folders for path in (self.folder / name).rglob("*") if path.is_file()]

    def cases(self) -> set[bytes]:
        return {case for (case,) in rows(self.database, "SELECT id FROM tip")}


@pytest.fixture(scope="module")
def seized() -> Iterator[Seized]:
    with tempfile.TemporaryDirectory(dir=served.MEMORY) as folder:
        yield asyncio.run(lived(Path(folder)))


async def lived(folder: Path) -> Seized:
    asked = set()
    async with home.opened(folder) as opened:
        for number in range(TIPS):
            text = TEXTS[number % len(TEXTS)].format(n=number)
            receipt = await opened.citizen(str(FIRST_CHAT + number), "telegram").sends(text)
            if number % ASKED_EVERY == 0:
                case = (await opened.case_of(receipt)).id
                asked.add(case)
                await opened.product.reporter_notifications.ask(
                    case, Address("telegram", str(FIRST_CHAT + number), "vi")
                )
        await opened.citizen(str(FIRST_CHAT - 1), "telegram").says(TEXTS[0].format(n="nháp"))  # never sent
        opened.clock.forward(hours=30)
        await opened.product.escalation.tick()  # some cases are awake at two desks
        (folder / "backup").mkdir()
        await opened.backs_up(folder / "backup" / "home.backup")
        shutil.copytree(run_folder(opened), folder / "run")
        shutil.copytree(opened.settings.secrets, folder / "secrets")
        (folder / "dump").write_bytes(b"".join(backup.dump(opened.settings.database_url, "a test", opened.clock())))
    return Seized(folder, opened.passphrases, {name: unit for name, unit, _ in A_FEW}, frozenset(asked))


def run_folder(opened: Home) -> Path:
    assert opened.settings.run is not None
    return opened.settings.run


def windows(files: list[Path]) -> set[bytes]:
    """Every 32 octets in a row that small files hold, as they are or in hex: whatever could be a key."""
    found = set()
    for path in files:
        data = path.read_bytes()
        with contextlib.suppress(ValueError):
            data += bytes.fromhex(data.decode("ascii").strip())
        found |= {data[at : at + 32] for at in range(len(data) - 31)}
    return found


# --- home and backup --------------------------------------------------------------------------------------------------


def test_nothing_that_was_written_is_in_home_or_backup(seized: Seized) -> None:
    """No name of a tip, no chat, whether its owner asked to be told or not."""
    assert len(seized.cases()) == TIPS
    canaries = [f"Chimsẻ{number}vàng".encode() for number in (*range(TIPS), "nháp")]
    chats = [str(FIRST_CHAT + number).encode() for number in range(-1, TIPS)]
    for path in seized.files("home", "backup", "secrets", "run"):
        data = path.read_bytes()
        assert not any(it in data for it in (*canaries, *chats)), path.name


def test_a_backup_holds_no_address_draft_or_login(seized: Seized) -> None:
    """What it would open into is left out line by line; the cases are there."""
    named = set()
    with (seized.folder / "dump").open("rb") as dump:
        for line in iter(dump.readline, b""):
            name, _, *lengths = json.loads(line)
            named.add(name)
            dump.seek(sum(lengths[0].values()) if lengths else 0, 1)  # long bytes stand behind their line
    assert {"manifest", "tip", "envelope", "reading_grant", "event"} <= named
    assert not named & {"address", "draft", "session", "link_code", "waiting_file", "push", "topic"}


# --- a passphrase more ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, _, _ in A_FEW])
def test_one_officers_passphrase_opens_exactly_their_units_cases(seized: Seized, name: str) -> None:
    """Those that their unit holds a waking grant of, no other one, and no word of who sent them."""
    held = opener.seeds(seized.database, name, seized.passphrases[name])
    awake = "SELECT DISTINCT case_id FROM reading_grant WHERE reader = ? AND NOT asleep"
    theirs = {case for (case,) in rows(seized.database, awake, seized.units[name])}
    opened = set()
    for case in seized.cases():
        with contextlib.suppress(Closed):
            pieces = opener.read_with(seized.database, case, held)
            opened.add(case)
            assert set(pieces["tip"]) <= {"v", "text", "at", "by", "facts"}
            assert pieces["tip"]["by"] == "reporter"
            assert not any(str(FIRST_CHAT + number) in str(pieces) for number in range(TIPS))
    assert opened == theirs


def test_between_them_the_units_hold_something(seized: Seized) -> None:
    """The claim above is about real numbers: desks, the inspectors and the overseer hold cases, an idle unit none."""
    sql = "SELECT reader, count(DISTINCT case_id) FROM reading_grant WHERE NOT asleep GROUP BY reader"
    awake = dict(rows(seized.database, sql))
    few = {unit: awake.get(unit, 0) for unit in ("area-770", "area-778", "px05", "duty", "vks-tp")}
    assert min(few.values()) >= 20, few
    assert "pc03" not in awake


# --- what memory held, and the secrets --------------------------------------------------------------------------------


def test_with_run_and_secrets_no_past_tip_opens(seized: Seized) -> None:
    """Keys of processes sign, wake, and open drafts: none is a reader's, even after every wrap is taken off."""
    tried = sorted(windows(seized.files("run", "secrets")))
    sealed = rows(seized.database, "SELECT sealed, case_id, id, part FROM envelope")
    for key in tried:
        aes = AESGCM(key)
        for locked, *rest in sealed[::20]:
            with pytest.raises(InvalidTag):
                aes.decrypt(locked[1:13], locked[13:], bound("envelope", *rest))
    files = [path for path in seized.files("run", "secrets") if path.stat().st_size == 32]
    whole = [path.read_bytes() for path in files]
    assert len(whole) >= 4
    for case in sorted(seized.cases())[::10]:
        with pytest.raises(Closed):
            opener.read_with(seized.database, case, whole)
        with pytest.raises(Closed):
            read_asleep(seized.database, case, whole)


def read_asleep(database: Path, case: bytes, held: list[bytes]) -> None:
    """Take the wraps off by whichever key is the clock's, then try every key on what is below; `Closed`: in vain."""
    taken_off = 0
    sql = (
        "SELECT e.id, e.release, g.reader, g.level, g.roster, g.sealed FROM envelope e"
        " JOIN reading_grant g ON g.envelope_id = e.id WHERE e.case_id = ? AND g.asleep"
    )
    for envelope, release, reader, level, roster, sealed in rows(database, sql, case):
        secret = unsealed(held, release, bound("release", case, envelope))
        info = bound("wrap", case, envelope, reader, level)
        grant = opener.unlock(opener.derived(secret, info), sealed, info)
        taken_off += 1
        with contextlib.suppress(Closed):
            unsealed(held, grant, bound("grant", case, envelope, reader, roster))
            return
    assert taken_off
    raise Closed


def unsealed(held: list[bytes], sealed: bytes, info: bytes) -> bytes:
    for seed in held:
        with contextlib.suppress(Closed):
            return opener.unseal(seed, sealed, info)
    raise Closed


def test_with_run_the_addresses_of_those_who_asked_open_and_no_others(seized: Seized) -> None:
    """A quarter asked: exactly theirs open, with the key that was in memory; home, secrets and backup open none."""
    stored = [(case, sealed[8:]) for case, sealed in rows(seized.database, "SELECT case_id, sealed FROM address")]
    assert {case for case, _ in stored} == seized.asked
    relay = (seized.folder / "run" / "relay.key").read_bytes()
    opened = [opener.unlock(relay, sealed, bound("address", case)) for case, sealed in stored]
    wanted = {str(FIRST_CHAT + number) for number in range(0, TIPS, ASKED_EVERY)}
    assert {chat for chat in wanted if any(chat.encode() in it for it in opened)} == wanted
    case, sealed = stored[0]
    for key in windows(seized.files("secrets")):
        with pytest.raises(Closed):
            opener.unlock(key, sealed, bound("address", case))
