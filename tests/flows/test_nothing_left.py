"""After a long day: no sentence, receipt or chat that was planted is left in the home, its logs or temporary files."""

import asyncio
import base64
import hashlib
import hmac
import json
import multiprocessing
import re
import shutil
import sqlite3
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.fakes import bot_api, served, zalo_api, zalo_oa
from tests.fakes.bot_api import BotApi
from tests.fakes.served import RECEIPT, Citizen, Served
from tests.fakes.zalo_api import ZaloApi
from tests.fakes.zalo_oa import ZaloOa

# `serve` with the logs as talkative as their own parameter allows: there is no setting for it.
TALKATIVE = (
    "-c",
    "import functools, logging; from bot import __main__, logs; "
    "logs.configure = functools.partial(logs.configure, logging.DEBUG); __main__.main()",
    "serve",
)
# Every text has a name in it that nothing else in the world has, so that a piece of a text is found too.
WEB_TIP = "Tối nào quán Bạchtuộcxanh đường Lê Văn Sỹ quận 3 cũng bán ma tuý, hỏi người tên Đỗquyênvàng."
WEB_UNCONFIRMED = "Ông Thuỷtriềuđỏ ở hẻm 12 phường Võ Thị Sáu quận 3 cho vay nặng lãi, đánh người tối qua."
WEB_UNFINISHED = "Sòng bạc Mâytrắngbay ở quận Bình Thạnh mở mỗi đêm."
WEB_PLACELESS = "Họ bán pháo lậu cho người tên Gióđôngbắc."
WEB_ASIDE = "Xin chào, tôi là Hoamặttrời, cho hỏi mấy giờ làm việc?"
WEB_ADDITION = "Họ chuyển sang nhà Trăngmườisáu từ hôm qua."
WEB_CAPTION = "Hình chụp xe của Lákhôrơi ở quận 3 tối qua."
WEB_FILE = "Trong tệp có tên Sươngmùađông."
WEB_LOCKED = "Tiệm Đáhoacương ở quận 3 chứa hàng cấm tối qua."
CHAT_TIP = "Nhà Nắngbanmai đường Trần Quốc Thảo quận 3 tổ chức đá gà tối qua."
CHAT_UNFINISHED = "Có người tên Cátbiểnxanh cướp điện thoại ở quận 1."
CHAT_EDITED = "Xưởng Rừngtràmgió ở quận 8 đổ chất thải ra kênh tối qua."
ZALO_TIP = "Kho Dừanướcmặn ở quận 3 chứa hàng lậu tối qua."
ZALO_UNFINISHED = "Có người tên Mưaphùnbay giật túi ở quận 1."
CHAT_REFUSED = "Bãi xe Suốinướcngầm ở quận 3 nhận bảo kê tối qua."
QUESTION = "Người tên Đènlồnggiấy có ở đó không?"
NOTE = "Giao tổ của Cầutrehẹp xem trước."
TEXTS = (WEB_TIP, WEB_UNCONFIRMED, WEB_UNFINISHED, WEB_PLACELESS, WEB_ASIDE, WEB_ADDITION, WEB_CAPTION, WEB_FILE,
         WEB_LOCKED, CHAT_TIP, CHAT_UNFINISHED, CHAT_EDITED, CHAT_REFUSED,
         ZALO_TIP, ZALO_UNFINISHED, QUESTION, NOTE)  # fmt: skip
CHATS = (5_077_001_234, 5_077_001_987, 5_077_011_111, 5_077_022_222)
PEOPLE = ("6ede9afa66b88fe6d6a9", "8fe6d6a96ede9afa66b8", "6142494823997755331")  # ids of Zalo
CANDIDATES = range(CHATS[0] - 50_000, CHATS[0] + 50_000)
LARGE = 3 * 1024 * 1024  # bytes: a form with such a file does not stay in memory
CIPHERTEXT = frozenset({"sealed", "release", "signature", "signatures"})  # columns
HEX = re.compile(rb"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{64})(?![0-9a-f])")


@dataclass(frozen=True)
class Day:
    """What a day left on the disk, and what must not be there."""

    home: Served
    receipts: list[str] = field(repr=False)  # those that were shown, and one that somebody made up

    @property
    def files(self) -> list[Path]:
        """The home as it was when the process was killed and as it is now, secrets but for keys, logs, temporaries."""
        folders = [self.home.folder / name for name in ("home", "killed", "logs", "temporary", "user", "secrets")]
        found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        return [path for path in found if path.suffix != ".key"]


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    with tempfile.TemporaryDirectory(dir=served.MEMORY) as folder:
        yield asyncio.run(lived(Path(folder)))


async def lived(folder: Path) -> Day:
    """Tips, drafts, errors and an officer's words over every door; then a kill, a start, and an orderly end."""
    home = served.made(folder)
    for name in ("logs", "temporary", "user"):
        (folder / name).mkdir()
    async with bot_api.serving() as api, zalo_api.serving() as zalo, zalo_oa.serving() as account:
        more = {
            **zalo_settings(home, zalo, account),
            "TINBAO_TELEGRAM_TOKEN": bot_api.TOKEN,
            "TINBAO_TELEGRAM_API": api.url,
            "TMPDIR": str(folder / "temporary"),
            "HOME": str(folder / "user"),
            "PYTHONASYNCIODEBUG": "1",
        }
        how = {"serve": TALKATIVE, "more": more, "log": folder / "logs" / "serve.log"}
        only = "intake,desk,clock"
        async with served.serving(home, only, **how) as process:
            account.webhook = f"{home.url}/zalo/oa"
            receipts = [*await on_the_web(home), *await on_telegram(api), *await on_zalo(zalo, account)]
            await at_the_desk(home, receipts[0])
            await while_the_database_is_locked(home)
            await served.killed(process)
        shutil.copytree(home.home, folder / "killed")
        async with served.serving(home, only, **how):
            pass
    return Day(home, receipts)


async def on_the_web(home: Served) -> list[str]:
    async with Citizen(home.url) as someone:
        receipt = await someone.sends(WEB_TIP)
        await someone.says(WEB_PLACELESS)  # confirms the receipt, and begins another one
        someone.forgets()
        unconfirmed = await someone.sends(WEB_UNCONFIRMED)
        someone.forgets()
        await someone.says(WEB_UNFINISHED)
        someone.forgets()
        await someone.says(WEB_ASIDE)
        someone.forgets()
        await someone.uploads("Sươngmùađông.jpg", WEB_FILE.encode() * (LARGE // len(WEB_FILE.encode())), WEB_CAPTION)
        await someone.leaves()
        someone.forgets()
        await someone.says(receipt)
        assert (await someone.says(WEB_ADDITION)).state == "mailbox"
        someone.forgets()
        wrong = receipt[:-1] + ("0" if receipt[-1] != "0" else "1")
        assert (await someone.says(wrong)).state == "idle"
    return [receipt, unconfirmed, wrong]


async def on_telegram(api: BotApi) -> list[str]:
    tipster, unfinished, editor, refused = CHATS
    await api.says(tipster, CHAT_TIP)
    await api.waits_for(tipster, 1)
    await api.presses(tipster, "submit")
    shown = await api.waits_for(tipster, 2)
    found = RECEIPT.search(shown[-1]["text"])
    assert found
    await api.says(unfinished, CHAT_UNFINISHED)
    await api.waits_for(unfinished, 1)
    said = await api.says(editor, CHAT_EDITED.replace("quận 8", "quận 7"))
    await api.waits_for(editor, 1)
    await api.edits(editor, said["message"]["message_id"], CHAT_EDITED)
    await api.waits_for(editor, 2)
    await api.says(editor, f"0000{found.group()[4:]}")
    await api.sends(editor, location={"latitude": 10.7823, "longitude": 106.6840})
    await api.waits_for(editor, 4)
    api.refusals += [("sendMessage", 429), ("sendMessage", 403)]
    for words in (CHAT_REFUSED, CHAT_REFUSED, "/start"):
        await api.says(refused, words)
    await api.waits_for(refused, 1)
    return [found.group()]


def zalo_settings(home: Served, zalo: ZaloApi, account: ZaloOa) -> dict[str, str]:
    return {
        "TINBAO_PUBLIC_URL": home.url,
        "TINBAO_ZALO_TOKEN": zalo_api.TOKEN,
        "TINBAO_ZALO_API": zalo.url,
        "TINBAO_ZALO_WEBHOOK": "1",
        "TINBAO_ZALO_OA_API": account.url,
        "TINBAO_ZALO_OA_OAUTH": account.url,
        "TINBAO_ZALO_OA_APP_ID": zalo_oa.APP,
        "TINBAO_ZALO_OA_APP_SECRET": zalo_oa.APP_SECRET,
        "TINBAO_ZALO_OA_SECRET": zalo_oa.SECRET,
        "TINBAO_ZALO_OA_REFRESH": zalo_oa.FIRST,
    }


async def on_zalo(zalo: ZaloApi, account: ZaloOa) -> list[str]:
    tipster, unfinished, follower = PEOPLE
    async with asyncio.timeout(20):
        while not zalo.webhook:
            await asyncio.sleep(0.05)
    zalo.refusals += [("sendMessage", 400)]
    for words in (ZALO_TIP, "gui di", "gui di"):
        await zalo.says(tipster, words)
    await zalo.says(unfinished, ZALO_UNFINISHED)
    for words in (ZALO_TIP, "gui di", "gui di"):
        await account.says(follower, words)
    shown = "\n".join((*zalo.sent(tipster), *account.talk[follower]))
    found = RECEIPT.findall(shown)
    assert len(found) >= 2
    return list(found)


async def at_the_desk(home: Served, receipt: str) -> None:
    """An officer opens every case of the queue, asks and notes; the reporter reads it."""
    async with httpx.AsyncClient(base_url=f"{home.url}/desk", trust_env=False, timeout=20) as officer:
        login = {"name": "an", "passphrase": home.passphrase("an"), "code": home.one_time_code("an")}
        assert (await officer.post("/login", data=login)).status_code == 303
        cases = sorted(set(re.findall(r"/desk/case/([0-9a-f]{32})", (await officer.get("/")).text)))
        for case, act, words in (*((case, "ask", QUESTION) for case in cases), (cases[0], "note", NOTE)):
            csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', (await officer.get(f"/case/{case}")).text)
            assert csrf
            form = {"csrf": csrf.group(1), "text": words}
            assert (await officer.post(f"/case/{case}/{act}", data=form)).status_code == 303
    async with Citizen(home.url) as someone:
        assert QUESTION in (await someone.says(receipt)).text


async def while_the_database_is_locked(home: Served) -> None:
    """What cannot be stored is refused in words; what was said may not end up in a log instead."""
    with closing(sqlite3.connect(home.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with Citizen(home.url) as someone:
            assert (await someone.says(WEB_LOCKED)).state == "error"
        other.execute("ROLLBACK")


# --- looking for what must not be there -------------------------------------------------------------------------------


def planted(day: Day) -> list[str]:
    """Every text, the unheard-of names in them, the receipts as they may be typed, and the chats."""
    names = [word.strip(".,?") for text in TEXTS for word in text.split() if len(word.strip(".,?")) >= 9]
    codes = [spelt for receipt in day.receipts for spelt in (receipt, receipt.replace("-", ""))]
    return [*TEXTS, *names, *codes, *map(str, CHATS), *PEOPLE]


def faces(text: str) -> set[bytes]:
    """How a text could lie on a disk."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    spelt = {
        unicodedata.normalize("NFC", text),
        unicodedata.normalize("NFD", text),
        bare.replace("đ", "d").replace("Đ", "D"),
    }
    return {face for form in spelt for cased in (form, form.lower(), form.upper()) for face in _encoded(cased)}


def _encoded(text: str) -> Iterator[bytes]:
    octets = text.encode()
    yield octets
    yield from (text.encode("utf-16-le"), text.encode("utf-16-be"))
    yield from (octets.hex().encode(), octets.hex().upper().encode())
    percent = quote(text, safe="")
    yield from (percent.encode(), percent.replace("%20", "+").encode(), _lower(r"%\w\w", percent).encode())
    escaped = json.dumps(text)[1:-1]
    yield from (escaped.encode(), re.sub(r"\\u(\w{4})", lambda it: "\\u" + it[1].upper(), escaped).encode())
    for offset in range(3):  # where in a group of three octets it begins
        coded = base64.b64encode(bytes(offset) + octets).rstrip(b"=")
        coded = coded[(0, 2, 3)[offset] : len(coded) - ((offset + len(octets)) % 3 != 0)]
        yield from (coded, coded.replace(b"+", b"-").replace(b"/", b"_"))


def _lower(pattern: str, text: str) -> str:
    return re.sub(pattern, lambda it: it[0].lower(), text)


def numbers(chats: Iterable[int]) -> set[bytes]:
    """How a chat could lie on a disk as a number: SQLite's 6 octets, and a machine's 8."""
    return {face for chat in chats for face in (chat.to_bytes(6, "big"), chat.to_bytes(8, "little"))}


def finds(files: Iterable[Path], needles: set[bytes]) -> dict[str, int]:
    """File name -> how many different needles are in it."""
    found = {path.name: sum(map(path.read_bytes().__contains__, needles)) for path in files}
    return {name: count for name, count in found.items() if count}


def test_no_word_receipt_or_chat_is_left_anywhere(day: Day) -> None:
    """Database, WAL of a killed process, logs at their most talkative, temporary files: none of it, in no encoding."""
    needles = set().union(*map(faces, planted(day))) | numbers(CHATS)
    assert {"tinbao.db", "tinbao.db-wal"} <= {path.name for path in day.files}
    assert b" DEBUG " in (day.home.folder / "logs" / "serve.log").read_bytes()
    assert finds(day.files, needles) == {}


def test_the_names_of_files_tell_nothing_either(day: Day) -> None:
    """No file or folder is called after a chat, a receipt or a word."""
    paths = "\n".join(str(path) for path in day.home.folder.rglob("*")).encode()
    assert sum(face in paths for text in planted(day) for face in faces(text)) == 0


@pytest.mark.parametrize("text", [WEB_TIP, "Đỗquyênvàng", str(CHATS[0])], ids=["sentence", "name", "chat"])
def test_the_search_finds_what_is_there(tmp_path: Path, text: str) -> None:
    """Written among other octets in each of the encodings, it is noticed: the claims above are worth something."""
    nfd = unicodedata.normalize("NFD", text)
    ways = {
        "utf-8": text.encode(),
        "utf-16": text.encode("utf-16"),
        "nfd": nfd.encode(),
        "no accents": nfd.encode("ascii", "ignore") if "đ" not in text.lower() else b"",
        "hex": text.encode().hex().encode(),
        "percent": quote(text).encode(),
        "json": json.dumps({"text": text}).encode(),
        "upper": text.upper().encode(),
        **{f"base64 {offset}": base64.b64encode(b"x" * offset + text.encode() + b"yz") for offset in range(3)},
    }
    needles = faces(text)
    for number, octets in enumerate(filter(None, ways.values())):
        (tmp_path / str(number)).write_bytes(b"\x00\xff" * 50 + octets + b"\xff\x00" * 50)
    assert len(finds(tmp_path.iterdir(), needles)) == sum(map(bool, ways.values()))


# --- chats that were only hashed --------------------------------------------------------------------------------------


def keys_of(home: Served) -> list[bytes]:
    """Whatever could be a key: files of 32 octets outside the run folder, and such values in the database."""
    files = [path for folder in (home.home, home.secrets) for path in folder.rglob("*") if path.is_file()]
    short = [path.read_bytes() for path in files if path.stat().st_size == 32]
    return sorted({*short, *(value for value in _values(home.database) if len(value) == 32)})


def hashes_of(home: Served) -> frozenset[bytes]:
    """The first 16 octets of whatever could be a hash: values of 16 or 32 octets, plain or in hex."""
    values = _values(home.database)
    plain = {value[:16] for value in values if len(value) in {16, 32}}
    return frozenset(plain | {bytes.fromhex(it.decode())[:16] for value in values for it in HEX.findall(value)})


def _values(database: Path) -> set[bytes]:
    """Every text and BLOB of the database that is no ciphertext."""
    with closing(sqlite3.connect(database)) as connection:
        connection.text_factory = bytes
        tables = [
            name.decode() for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found = set()
        for table in tables:
            rows = connection.execute(f"SELECT * FROM {table}")
            wanted = [at for at, column in enumerate(rows.description) if column[0] not in CIPHERTEXT]
            found |= {row[at] for row in rows for at in wanted if isinstance(row[at], bytes)}
    return found


def hits(keys: Sequence[bytes], chats: Sequence[int], wanted: frozenset[bytes]) -> int:
    """How many chats have a digest, under any of these keys, among the values that are wanted."""
    messages = [form % chat for chat in chats for form in (b"%d", b"telegram\x00%d")]
    return sum(not wanted.isdisjoint(digests(key, message)) for key in keys for message in messages)


def digests(key: bytes, message: bytes) -> tuple[bytes, ...]:
    """The first 16 octets of each."""
    return (
        hmac.digest(key, message, "sha256")[:16],
        hashlib.sha256(key + message).digest()[:16],
        hashlib.blake2b(message, key=key, digest_size=16).digest(),
        hashlib.blake2b(message, key=key, digest_size=32).digest()[:16],
        hashlib.blake2b(message, key=key).digest()[:16],
    )


def test_no_chat_can_be_recognised_by_its_hash(day: Day) -> None:
    """100,000 candidates, every possible key of home and secrets, three kinds of hash: not one match."""
    keys, wanted = [b"", *keys_of(day.home)], hashes_of(day.home)
    assert set(CHATS) <= set(CANDIDATES)
    assert len(keys) > 4
    shares = [(keys, CANDIDATES[at::2], wanted) for at in range(2)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert sum(pool.starmap(hits, shares)) == 0


def test_with_the_key_that_is_on_no_disk_the_unfinished_ones_would_be_recognised(day: Day) -> None:
    """The same search with the run folder's key finds the drafts: it is that key's place that protects them."""
    lookup = (day.home.run / "lookup.key").read_bytes()
    assert hits([lookup], CHATS, hashes_of(day.home)) >= 2
    assert lookup not in keys_of(day.home)
