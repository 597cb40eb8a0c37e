"""A witness's folder: its key, the head that it cosigned last, every head that it saw, and what it found wrong.

The key stands in the field's own form, `PRIVATE+KEY+name+id+base64` (as Go's `sumdb/note` writes it), so that another
program can be this witness later.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import itertools
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot import key_files
from tips import errors
from tips.merkle import checkpoints, notes
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Kind
from tips.merkle.witnesses import Finding, Log, Witness

STATE: Final = "witnessed.json"  # the note that was cosigned last, and of which log
HEADS: Final = "heads.txt"  # a line for each head that was seen: when, size, root; and what was wrong with it
HALTED: Final = "halted"  # while it is there, nothing is cosigned
_LOCK: Final = "witness.lock"
_PRIVATE: Final = "PRIVATE+KEY+"
_SEED: Final = 32  # bytes


def write_new(file: Path, witness: Witness) -> None:
    """Write a witness's key; what is there already is never overwritten.

    Raises:
        BadSetting: it cannot be written, or no witness can bear this name.
    """
    key = witness.key
    try:
        notes.parse_vkey(key.vkey())
    except errors.NotVerified as error:
        raise errors.BadSetting(
            "--name: a name without spaces and without +, such as bao.example/nhan-chung"
        ) from error
    material = base64.b64encode(bytes([key.kind]) + witness.signing).decode()
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
            sink.write(f"{_PRIVATE}{key.name}+{key.id.hex()}+{material}\n")
    except OSError as error:
        raise errors.BadSetting(f"{file.name} cannot be written there ({error.strerror})") from error


def read(file: Path) -> Witness:
    """The witness of a key file.

    Raises:
        BadSetting: others can read it, or it is something else.
    """
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise errors.BadSetting(f"others can read {file.name}: chmod 600 it")
    try:
        name, key_id, material = file.read_text().strip().removeprefix(_PRIVATE).split("+", 2)
        raw = notes.decoded(material)
        found = Witness(name, raw[1:])
        if len(raw) == 1 + _SEED and raw[0] == Kind.COSIGNATURE and found.key.id.hex() == key_id:
            return found
    except (ValueError, errors.NotVerified):
        pass
    raise errors.BadSetting(f"{file.name} is not what `tinbao witness new` wrote")


@dataclass(frozen=True, slots=True)
class WitnessFolder:
    """What a witness keeps of one log; only who holds it (`held`) may use it."""

    place: Path
    key: Key  # the log's

    def known(self) -> Log:
        """What was cosigned last.

        Raises:
            BadSetting: the file is spoilt, or of another log: a witness that begins anew would cosign anything.
        """
        note = self.last_note()
        if note is None:
            return Log(self.key)
        try:
            return Log(self.key).after(checkpoints.parse(notes.parse(note).text))
        except errors.NotVerified as error:
            raise _spoilt() from error

    def last_note(self) -> bytes | None:
        """The head that was cosigned last, as it came."""
        file = self.place / STATE
        if not file.exists():
            return None
        try:
            plain = json.loads(file.read_bytes())
            origin, note = plain["log"], plain["note"].encode()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _spoilt() from error
        if origin != self.key.name:
            raise errors.BadSetting(f"this folder is for the log {origin}: give each log a folder of its own")
        return bytes(note)

    def keep(self, note: bytes, head: Checkpoint, now: datetime) -> None:
        """From now on, and after a power cut, this is the head that was cosigned last; it is in the list of heads."""
        before = self.last_note()
        if before is None or notes.parse(before).text != head.text():
            self._list(head, now)
        plain = {"log": self.key.name, "note": note.decode()}
        key_files.replace_secret(self.place / STATE, json.dumps(plain).encode())

    def halt(
        self, finding: Finding, head: Checkpoint | None, raw: bytes, proof: Sequence[bytes], now: datetime
    ) -> Path:
        """Keep both heads as evidence, and cosign nothing until somebody took the mark away; where the evidence is."""
        numbered = (self.place / f"evidence-{number}.txt" for number in itertools.count(1))
        evidence = next(it for it in numbered if not it.exists())
        parts = {
            "what": finding.encode(),
            "when": now.isoformat(timespec="seconds").encode(),
            "the key of the log": self.key.vkey().encode(),
            "the head that was cosigned before": self.last_note() or b"none",
            "the head that came now": raw,
            "the proof that came with it": b"\n".join(base64.b64encode(it) for it in proof) or b"none",
        }
        key_files.replace_secret(evidence, b"".join(b"=== %s\n%s\n" % (it.encode(), parts[it]) for it in parts))
        key_files.replace_secret(self.place / HALTED, f"{finding}: see {evidence.name}\n".encode())
        if head:
            self._list(head, now, f" {finding.upper()}")
        return evidence

    def halted(self) -> str:
        """Why nothing is cosigned; empty: nothing was wrong."""
        mark = self.place / HALTED
        return (mark.read_text().strip() or "?") if mark.exists() else ""

    def _list(self, head: Checkpoint, now: datetime, wrong: str = "") -> None:
        root = base64.b64encode(head.root).decode()
        with (self.place / HEADS).open("a") as file:
            file.write(f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {head.size} {root}{wrong}\n")
            file.flush()
            os.fsync(file.fileno())


def _spoilt() -> errors.BadSetting:
    return errors.BadSetting(f"{STATE} beside the witness's key is spoilt: bring it back from a copy")


@contextlib.contextmanager
def held(file: Path, key: Key) -> Iterator[WitnessFolder]:
    """The folder of a key file, for as long as this lasts nobody else's: two runs could cosign two heads.

    Raises:
        BadSetting: another run has it, or it cannot be written.
    """
    place = file.absolute().parent
    handle = _locked(place)
    try:
        yield WitnessFolder(place, key)
    finally:
        os.close(handle)


def _locked(place: Path) -> int:
    try:
        handle = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise errors.BadSetting(f"the witness's folder cannot be written ({error.strerror})") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise errors.BadSetting("another run of this witness is at work in this folder") from error
    return handle
