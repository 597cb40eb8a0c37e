"""`tinbao witness`: watch a log's heads from outside. It gets heads and proofs, never an event, and needs no home."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from bot import witness_files
from bot.settings import is_emulator
from bot.wiring import Now, wall_clock
from bot.witness_files import WitnessFolder
from handlers.published_log import CHECKPOINT, CONSISTENCY, COSIGNATURE
from tips import errors
from tips.merkle import checkpoints, notes
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Kind, Note, Signature
from tips.merkle.witnesses import Finding, Refused, Witness

WRONG: Final = 4  # the exit code that says: look at the evidence
EVERY: Final = 600.0  # seconds
FIRST_PAUSE: Final = 60.0  # after an error; doubled after each further one
LONGEST_PAUSE: Final = 3600.0
PATIENCE: Final = 20.0  # seconds for one answer


class NoAnswer(Exception):
    """The log is away, or answers something else; looked at again later."""


class NotTaken(Exception):
    """The home does not list this witness."""


def new(file: Path, name: str) -> int:
    """`tinbao witness new`."""
    made = Witness(name, os.urandom(32))
    witness_files.write_new(file, made)
    print(made.key.vkey())
    return 0


async def run(file: Path, log: str, url: str, *, once: bool, now: Now = wall_clock) -> int:
    """`tinbao witness run`."""
    witness, key, base = witness_files.read(file), _log_key(log), _checked(url)
    with witness_files.held(file, key) as folder:
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE, follow_redirects=False, trust_env=False) as http:
            return await _watched(Watch(witness, folder, http, now), once=once)


async def _watched(watch: Watch, *, once: bool) -> int:
    """Look once, or until something is wrong; the exit code."""
    failures = 0
    while True:
        if not watch.folder.halted():
            failures = 0 if await _looked(watch) else failures + 1
        if wrong := watch.folder.halted():
            print(f"witness: {wrong}; nothing is cosigned until {witness_files.HALTED} is gone", file=sys.stderr)
            return WRONG
        if once:
            return 1 if failures else 0
        await asyncio.sleep(pause(failures))


async def _looked(watch: Watch) -> bool:
    """Look, and say what is not as it should be; whether there was an answer."""
    try:
        await watch.look()
    except NotTaken:
        print("witness: the home keeps no cosignature of this witness (TINBAO_WITNESSES)", file=sys.stderr)
    except NoAnswer as error:
        print(f"witness: {error}", file=sys.stderr)
        return False
    return True


def pause(failures: int) -> float:
    """Seconds until the next look, after so many without an answer."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE) if failures else EVERY


@dataclass(frozen=True, slots=True)
class Watch:
    """A witness at work on one log."""

    witness: Witness
    folder: WitnessFolder
    http: httpx.AsyncClient
    now: Now

    async def look(self) -> None:
        """Cosign the newest head, or keep what is wrong with it as evidence.

        Raises:
            NoAnswer: see there.
            NotTaken: see there; the head was kept.
        """
        raw, known = await self._fetch(CHECKPOINT), self.folder.known()
        note, head = _read(raw)
        proof = await self._proof(known.size, head.size) if 0 < known.size < head.size else []
        said = self.witness.cosign(known, raw, proof or (), self.now())
        if isinstance(said, Refused):
            if proof is None and said.finding is Finding.REWRITTEN:
                raise NoAnswer(f"no proof comes that {known.size} leaves are the beginning of {head.size}")
            self.folder.halt(said.finding, said.head, raw, proof or (), self.now())
            return
        self.folder.keep(raw, said.head, self.now())  # before anybody has the cosignature
        if not self._is_there(note):
            await self._hand_in(Note(note.text, (*_of_log(note, known.key), said.signature)))

    def _is_there(self, note: Note) -> bool:
        """Whether the head has a cosignature of this witness's already."""
        try:
            return bool(notes.verified(note, [self.witness.key]))
        except errors.NotVerified:
            return False

    async def _proof(self, old: int, new: int) -> list[bytes] | None:
        """None: the log gives none."""
        try:
            lines = (await self._fetch(f"{CONSISTENCY}?old={old}&new={new}")).decode("ascii").splitlines()
            return [notes.decoded(it) for it in lines]
        except (NoAnswer, UnicodeDecodeError, errors.NotVerified):
            return None

    async def _hand_in(self, note: Note) -> None:
        status, _ = await self._answer("POST", COSIGNATURE, bytes(note))
        if status == httpx.codes.FORBIDDEN:
            raise NotTaken
        if status != httpx.codes.OK:
            raise NoAnswer(f"the cosignature was not taken (HTTP {status})")

    async def _fetch(self, path: str) -> bytes:
        status, body = await self._answer("GET", path)
        if status != httpx.codes.OK:
            raise NoAnswer(f"no answer to {path.partition('?')[0]} (HTTP {status})")
        return body

    async def _answer(self, method: str, path: str, content: bytes | None = None) -> tuple[int, bytes]:
        body = bytearray()
        try:
            async with asyncio.timeout(PATIENCE), self.http.stream(method, path, content=content) as response:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > notes.MOST_BYTES:
                        raise NoAnswer(f"a long answer to {path.partition('?')[0]}")
                return response.status_code, bytes(body)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise NoAnswer(f"no answer to {path.partition('?')[0]} ({type(error).__name__})") from None


def _read(raw: bytes) -> tuple[Note, Checkpoint]:
    """A note that came; whoever else answers in the log's place, a proxy say, accuses nobody."""
    try:
        note = notes.parse(raw)
        return note, checkpoints.parse(note.text)
    except errors.NotVerified:
        raise NoAnswer("what came is not a head") from None


def _of_log(note: Note, key: Key) -> Sequence[Signature]:
    return [it for it in note.signatures if (it.name, it.key_id) == (key.name, key.id)]


def _log_key(written: str) -> Key:
    try:
        key = notes.parse_vkey(written)
    except errors.NotVerified as error:
        raise errors.BadSetting(f"--log: {error}; /minh-bach/so-cai of the home shows it") from error
    if key.kind is not Kind.NOTE:
        raise errors.BadSetting("--log: this is a witness's key; /minh-bach/so-cai of the home shows the log's")
    return key


def _checked(url: str) -> str:
    found = urlsplit(url)
    if not found.hostname or (found.scheme != "https" and not is_emulator(url)):
        raise errors.BadSetting("--url must begin with https:// (http:// only for 127.0.0.1)")
    return url.rstrip("/")
