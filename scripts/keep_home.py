"""Keeps a home as the present program makes it, for the tests of every later one: `tests/data/homes/VERSION.json.gz`.

Whatever a home can hold is in it once: cases in several states, a question with its answer, an exclusion, a picture, a
draft under way, a month that is closed, heads of the log, a mailbox for each tip. Rows, secrets and the keys of the run
folder stand there as they lie on a disk, beside what was known to people; every key was made for the file. What is
random in it differs from run to run; the story, its times and the order of rows do not. A home of a version that was
released cannot be made again, and is refused.
"""

import argparse
import asyncio
import base64
import contextlib
import gzip
import hashlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from storage import engine, migrate  # noqa: E402
from tests.fakes import gallery, home, words  # noqa: E402
from tests.fakes.home import Home  # noqa: E402
from tests.fakes.people import AN, BA, KIEM, QUAN, THANH, TOAN, TRUC_COORDINATES  # noqa: E402
from tests.flows.test_evidence import gives  # noqa: E402
from tips.cases.days_off import Decision  # noqa: E402
from tips.cases.home_texts import TextName  # noqa: E402
from tips.cases.incidents import IncidentKind  # noqa: E402
from tips.desk.actions import ActionName, Fields  # noqa: E402

KEPT = ROOT / "tests" / "data" / "homes"
LARGEST = 400_000  # bytes of a file: it is in the repository for ever
PEOPLE = (AN, BA, TRUC_COORDINATES, KIEM, THANH, QUAN, TOAN)
QUESTION, ANSWER = "Quán mở tới mấy giờ?", "Tới 2 giờ sáng."
MONTH = "2026-11"
DECISION, INCIDENT, UNIT_WORDS = "1/QĐ-TTg", "Zalo không gửi được từ sáng.", "Cho biết biển số xe."
OPERATOR = "Hội Luật gia Thành phố"
WRITING = ("test", "writing")  # the channel, and whose draft is under way


def main(arguments: list[str]) -> int:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("version", help="the one in pyproject.toml, which is about to be cut")
    version = reading.parse_args(arguments).version
    if version != tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]:
        print(f"keep_home: this is not version {version}", file=sys.stderr)
        return 1
    tagged = ["git", "tag", "--list", version, f"v{version}"]
    if subprocess.run(tagged, cwd=ROOT, capture_output=True, check=True).stdout:
        print(f"keep_home: {version} was released: its home stays as it is", file=sys.stderr)
        return 1
    plain = json.dumps({"version": version, **asyncio.run(made())}, ensure_ascii=False, indent=1, sort_keys=True)
    packed = gzip.compress(plain.encode(), mtime=0)
    print(f"{len(packed)} bytes")
    if len(packed) > LARGEST:
        return 1
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{version}.json.gz").write_bytes(packed)
    return 0


async def made() -> dict[str, Any]:
    """A home's life, and how it lay on a disk at the end of it."""
    with tempfile.TemporaryDirectory() as folder:
        async with home.opened(Path(folder), PEOPLE) as opened:
            tips = await worked_on(opened)
            tips |= await two_weeks_later(opened)
            laid = await laid_down(opened)
            assert (await opened.product.audit()).sound
            at, run, secrets = opened.clock(), opened.settings.run, opened.settings.secrets
            kept = {"run": files(run), "secrets": files(secrets)}
        return {
            "about": "A home as this version made it; every key, passphrase and share in it was made for this file.",
            "at": at.isoformat(),
            "month": MONTH,
            "tips": tips,
            "laid": laid,
            "draft": {"sender": WRITING, "text": words.DRUGS_IN_ROOM_SIX},
            "passphrases": {**opened.founding.passphrases, **opened.passphrases},
            "admins": sorted(opened.founding.passphrases),
            "shares": dict(opened.founding.shares),
            "schema": migrate.revisions(migrate.SCRIPTS)[-1],
            "tables": tables(engine.sqlite_path(opened.settings.database_url)),
            **kept,
        }


async def worked_on(opened: Home) -> dict[str, dict[str, Any]]:
    """What came first: each tip by what became of it, with its receipt."""
    casework, session = opened.product.casework, await opened.session("an")
    closed = await tip(opened, "closed", words.DRUGS_WITHOUT_ACCENTS)
    for action, said in (
        ("claim", Fields()),
        ("accept", Fields()),
        ("verify", Fields()),
        ("conclude", Fields(result="unfounded", text="Chưa thấy cơ sở.")),
        ("close", Fields()),
    ):
        await casework.act(session, bytes.fromhex(closed["case"]), action, said)
    asked = await tip(opened, "asked", words.DRUGS)
    await casework.act(session, bytes.fromhex(asked["case"]), "claim")
    await casework.act(session, bytes.fromhex(asked["case"]), "ask", Fields(text=QUESTION))
    citizen = opened.citizen("who was asked")
    await citizen.says(asked["receipt"])
    await citizen.says(ANSWER)
    excluded = await tip(opened, "excluded", words.WARD_POLICE_BRIBED_SEEN)
    late = await tip(opened, "late", words.DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS)
    asked |= {"question": QUESTION, "answer": ANSWER}
    return {"closed": closed, "asked": asked, "excluded": excluded, "late": late}


async def two_weeks_later(opened: Home) -> dict[str, dict[str, Any]]:
    """The log has grown, what was late has climbed, the month is closed; something new is there, and a draft."""
    await opened.product.heads.tick()
    opened.clock.forward(days=13)
    await opened.product.escalation.tick_all()
    await opened.product.escalation.tick()
    await opened.product.closing.tick()
    pictured = await with_picture(opened)
    await opened.product.heads.tick()
    await opened.citizen(WRITING[1]).says(words.DRUGS_IN_ROOM_SIX)
    return {"pictured": pictured}


async def laid_down(opened: Home) -> dict[str, str]:
    """What people said for the whole home: a decision on days off, an incident, words of a unit's, the home's own."""
    admin, overseer, head = [await opened.session(name) for name in ("quan", "kiem", "ba")]
    product, today = opened.product, opened.clock().date()
    off = today + timedelta(days=7 + (2 - today.weekday()) % 7)  # a Wednesday
    await product.holidays.give(admin, Decision(DECISION, today, frozenset({off}), frozenset()))
    await product.incidents.begin(admin, IncidentKind.CHANNEL, opened.clock(), INCIDENT)
    await product.unit_templates.add(head, ActionName.ASK, "vi", UNIT_WORDS)
    await product.own_texts.offer(admin, TextName.OPERATOR, {"vi": OPERATOR}, None)
    (offered,) = product.own_texts.known().offered.values()
    await product.own_texts.agree(overseer, TextName.OPERATOR, offered.digest)
    return {"off": off.isoformat(), "incident": INCIDENT, "words": UNIT_WORDS, "operator": OPERATOR}


async def tip(opened: Home, name: str, text: str) -> dict[str, Any]:
    """Somebody's tip."""
    return await known(opened, await opened.citizen(name).sends(text), text)


async def with_picture(opened: Home) -> dict[str, Any]:
    citizen = opened.citizen("pictured")
    await citizen.says(words.DRUGS)
    await gives(citizen, gallery.picture("JPEG", (64, 48)))
    sent = await citizen.presses("submit")
    assert sent.receipt
    found = await known(opened, sent.receipt, words.DRUGS)
    session = await opened.session("an")
    case = bytes.fromhex(found["case"])
    (file,) = (await opened.product.review.open(session, case)).files
    read = opened.product.review.files.read(case, await opened.product.review.file(session, case, file.envelope))
    return {**found, "file": hashlib.sha256(b"".join([it async for it in read])).hexdigest()}


async def known(opened: Home, receipt: str, text: str) -> dict[str, Any]:
    """What somebody who sent a tip knows, and which case it is."""
    return {"receipt": receipt, "text": text, "case": (await opened.case_of(receipt)).id.hex()}


def files(folder: Path | None) -> dict[str, str]:
    """Every file of a folder."""
    assert folder is not None
    return {str(it.relative_to(folder)): octets(it.read_bytes()) for it in folder.rglob("*") if it.is_file()}


def tables(path: str) -> dict[str, list[dict[str, Any]]]:
    """Every row, in the order of its values: it tells nothing of when it was written."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = {name: [written(it) for it in connection.execute(f"SELECT * FROM {name}")] for (name,) in names}
    return {name: sorted(found, key=json.dumps) for name, found in rows.items() if found}


def written(row: sqlite3.Row) -> dict[str, Any]:
    return {name: {"b": octets(it)} if isinstance(it, bytes) else it for name, it in dict(row).items()}


def octets(data: bytes) -> str:
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
