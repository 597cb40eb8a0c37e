"""A backup of a home with 200 MB of files, beside a bare copy of its database to the same disk."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.measure import Figure, at_least, paired, seconds
from bot import backups, new_home, settings
from storage import engine
from tips.crypto import sealing
from tips.crypto.keys import Cost, Recovery
from tips.crypto.stream import CHUNK, TAG

MEGABYTES: Final = 200
FILES: Final = 20
ROUNDS: Final = 5


async def backup() -> Figure:
    """Both are on disk when they end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = settings.read({"TINBAO_HOME": str(folder / "home"), "TINBAO_RUN": str(folder / "run")}, demo=True)
        await new_home.initialise(own, cost=Cost(memory=64, iterations=1))
        database = Path(engine.sqlite_path(own.database_url))
        size = _fill(database) / 1e6

        async def ours() -> float:
            return size / seconds(lambda: _back_up(own.database_url, folder / "home.age"))

        async def bare() -> float:
            return size / seconds(lambda: _copy(database, folder / "copy.db"))

        value, ceiling = await paired(ours, bare, ROUNDS)
        how = f"{size:.0f} MB of SQLite, {FILES} files of {MEGABYTES // FILES} MB; ceiling: copying the file, fsync"
        return at_least(value, ceiling, "MB/s", how)


def _fill(database: Path) -> int:
    """Sealed chunks of files, as evidence lies there; how many bytes the database has then."""
    chunks = MEGABYTES * 1_000_000 // FILES // CHUNK
    with closing(sqlite3.connect(database)) as connection, connection:
        for _ in range(FILES):
            envelope = os.urandom(16)
            rows = ((envelope, number, os.urandom(CHUNK + TAG)) for number in range(chunks))
            connection.executemany("INSERT INTO blob (envelope_id, number, sealed) VALUES (?, ?, ?)", rows)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.stat().st_size


def _back_up(url: str, file: Path) -> None:
    public, sealed = sealing.public_bytes(bytes(32)), Recovery(2, {"px05,vks-tp": bytes(61)})
    with backups.whole(file) as out:
        for piece in backups.pieces(url, public, sealed, datetime.now(UTC)):
            out.write(piece)


def _copy(database: Path, copy: Path) -> None:
    with database.open("rb") as source, copy.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
