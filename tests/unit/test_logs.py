"""Logs: what went wrong and where, at any level and from any library; never a value."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Đỗquyênvàng"
BEGIN = "import asyncio, logging, threading; from bot import logs; logs.configure(logging.DEBUG); x = 'Đỗquyênvàng'\n"

CRASHES = {
    "an error that is logged": """
try: raise ValueError(x)
except ValueError: logging.getLogger("tips").exception("it went wrong")
""",
    "an error with its cause": """
try:
    try: raise ValueError(x)
    except ValueError as error: raise RuntimeError(x) from error
except RuntimeError: logging.getLogger("storage").exception("it went wrong")
""",
    "one that nobody caught": "raise ValueError(x)",
    "one that ends a thread": """
def work(): raise ValueError(x)
one = threading.Thread(target=work); one.start(); one.join()
""",
    "one in a task that nobody awaits": """
async def work(): raise ValueError(x)
async def main():
    asyncio.create_task(work()); await asyncio.sleep(0.01)
asyncio.run(main())
import gc; gc.collect()
""",
    "one while something is thrown away": """
class Odd:
    def __del__(self): raise ValueError(x)
Odd()
""",
    "a driver that names the row": """
import sqlite3
from sqlalchemy import create_engine, text
from storage import engine
made = create_engine("sqlite://", hide_parameters=True)
with made.begin() as it: it.execute(text("create table t (a text primary key)"))
try:
    with made.begin() as it:
        for _ in range(2): it.execute(text("insert into t values (:a)"), {"a": x})
except Exception: logging.getLogger("storage").exception("it went wrong")
""",
    "an answer that aiogram cannot read": """
from aiogram.exceptions import ClientDecodeError
try: raise ClientDecodeError("Failed to decode object", ValueError(x), {"text": x})
except ClientDecodeError: logging.getLogger("aiogram.event").exception("it went wrong")
""",
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES.keys())
def test_of_an_error_only_its_type_and_place_are_written(crash: str) -> None:
    """However it comes to light, the value that it carries does not."""
    done = subprocess.run([sys.executable, "-c", BEGIN + crash], cwd=ROOT, capture_output=True, check=False)
    assert SECRET.encode() not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr


def test_an_error_is_still_told() -> None:
    """Type, file and line: enough to find it."""
    done = subprocess.run(
        [sys.executable, "-c", f"{BEGIN}raise ValueError(x)"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"CRITICAL bot nobody caught this" in done.stderr
    assert b"ValueError at" in done.stderr


@pytest.mark.parametrize(
    ("logger", "words"),
    [
        ("httpx", "HTTP Request: POST https://api.telegram.org/bot{x}/sendMessage"),
        ("httpcore.connection", "connect_tcp.started host={x}"),
        ("aiogram.dispatcher", "Failed to process update {x}"),
        ("aiohttp.client", "{x}"),
        ("telegram.ext.Application", "No error handlers are registered: {x}"),
        ("sqlalchemy.engine.Engine", "[parameters {x}]"),
        ("uvicorn.access", 'GET /?{x} HTTP/1.1" 200'),
        ("asyncio", "Executing <Task {x}> took 0.2 seconds"),
        ("python_multipart.multipart", "Calling on_part_data with {x}"),
    ],
)
def test_what_libraries_would_say_about_a_message_is_not_written(logger: str, words: str) -> None:
    """At our most talkative, what they log of URLs, updates, statements and forms is not there."""
    level = logging.getLevelName(logging.INFO)
    said = f"logging.getLogger({logger!r}).{level.lower()}({words!r}.format(x=x))"
    done = subprocess.run([sys.executable, "-c", BEGIN + said], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0
    assert SECRET.encode() not in done.stderr
