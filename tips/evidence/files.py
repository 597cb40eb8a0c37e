"""Files: evidence, cleaned, then sealed chunk by chunk; nothing of it is ever whole in this process.

A file is sealed when it comes, under the key of the envelope that will describe it: so it is readable to nobody until
the tip is sent (its key lies in the draft), and then to whoever holds a grant of that envelope. Its length is padded
by Padmé (Nikitin and others, PETS 2019), which tells at most 12 % of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tips import errors
from tips.cases import deadlines
from tips.cases.ledger import envelope_facts
from tips.cases.plaintext import Part, Plaintext
from tips.crypto import sealing, stream
from tips.crypto.sealing import Envelope, Grant, Random, Readers
from tips.ports.evidence import Blobs, Cleaned, Cleaner, Upload

MOST: Final = 5  # files of one tip, and of each answer
STEP: Final = timedelta(minutes=10)  # a waiting file's row tells no more of when its draft was used
WAITS: Final = timedelta(hours=26) + STEP  # how long a sealed file waits for its tip: as long as a draft, and a slack
ROOM: Final = 4 * 1024**3  # bytes of all files without a tip; beyond that the longest untouched go
AT_ONCE: Final = 16  # chunks that are held in memory: 1 MiB
KINDS: Final = ("image", "audio", "video", "document")
_DESCRIBED: Final = ("kind", "mime", "size", "chunks", "original", "clean")


@dataclass(frozen=True, slots=True)
class File:
    """A cleaned, sealed file."""

    envelope: bytes  # id of the envelope that describes it
    key: bytes = field(repr=False)  # that envelope's key
    kind: str  # one of KINDS
    mime: str
    size: int  # bytes of the clean copy
    chunks: int
    original: str  # SHA-256 of what was sent, in hex
    clean: str  # SHA-256 of the clean copy

    def described(self) -> dict[str, Any]:
        """What its envelope tells its readers."""
        return {name: getattr(self, name) for name in _DESCRIBED}

    def plain(self) -> dict[str, Any]:
        """As a draft holds it."""
        return {**asdict(self), "envelope": self.envelope.hex(), "key": self.key.hex()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> File:
        """The inverse of `File.plain`."""
        return cls(**{**plain, "envelope": bytes.fromhex(plain["envelope"]), "key": bytes.fromhex(plain["key"])})

    @classmethod
    def of_envelope(cls, envelope: bytes, key: bytes, described: Mapping[str, Any]) -> File:
        """The file that an opened envelope describes."""
        return cls(envelope, key, **{name: described[name] for name in _DESCRIBED})


def padme(size: int) -> int:
    """The padded length of `size` bytes: at most 12 % more."""
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    low = exponent - exponent.bit_length()
    mask = (1 << low) - 1
    return (size + mask) & ~mask


def room_for(size: int) -> int:
    """The bytes that a file is counted with: whole chunks, at least one, so that tiny ones are not for nothing."""
    return max(1, -(-padme(size) // stream.CHUNK)) * stream.CHUNK


def padded(data: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The data and zeros up to its padded length."""
    yield from data
    left = padme(size) - size
    while left:
        zeros = bytes(min(left, stream.CHUNK))
        left -= len(zeros)
        yield zeros


def _secret(key: bytes, case: bytes, envelope: bytes) -> tuple[bytes, bytes]:
    """The stream's key, and what it is bound to."""
    info = sealing.binding("file", case=case, envelope=envelope)
    return sealing.derive(key, info), info


@dataclass(frozen=True, slots=True)
class Files:
    """Takes files in, and gives their bytes to whoever has the key."""

    cleaner: Cleaner
    blobs: Blobs
    now: Callable[[], datetime]
    random: Random

    async def take(self, case: bytes, upload: Upload) -> File:
        """Clean and seal an upload for a case; what is kept waits until a change of that case names it.

        Raises:
            TurnedDown: it cannot be taken; the reason says what the person may do.
            StoreUnavailable: nothing of it was kept.
        """
        cleaned = await self.cleaner.clean(upload.fd, upload.size)
        try:
            envelope, key = self.random(16), self.random(32)
            chunks = await self._keep(case, envelope, key, cleaned)
            return File(
                envelope, key, cleaned.kind, cleaned.mime, cleaned.size, chunks, cleaned.original, cleaned.clean
            )
        finally:
            cleaned.close()

    async def _keep(self, case: bytes, envelope: bytes, key: bytes, cleaned: Cleaned) -> int:
        """Seal and store a copy as it comes; how many chunks it has."""
        secret, info = _secret(key, case, envelope)
        data = padded(cleaned.chunks(), cleaned.size)
        await self.blobs.begin(envelope, self._until(), room_for(cleaned.size), ROOM)
        waiting: list[bytes] = []
        stored = 0
        for chunk in stream.seal(secret, data, info):
            waiting.append(chunk)
            if len(waiting) == AT_ONCE:
                await self.blobs.add(envelope, stored, waiting)
                stored += len(waiting)
                waiting = []
        await self.blobs.add(envelope, stored, waiting)
        return stored + len(waiting)

    async def stay(self, files: Iterable[File]) -> None:
        """Their draft was used: let them wait as long as it does."""
        wanted = [it.envelope for it in files]
        if wanted:
            await self.blobs.stay(wanted, self._until())

    def _until(self) -> datetime:
        seconds = STEP.total_seconds()
        step = self.now().timestamp() // seconds * seconds
        return datetime.fromtimestamp(step, self.now().tzinfo) + WAITS

    async def whole(self, file: File) -> bool:
        """Whether everything of a file is stored."""
        return await self.blobs.count(file.envelope) == file.chunks

    async def drop(self, files: Iterable[File]) -> None:
        """Forget files that no case has."""
        gone = [it.envelope for it in files]
        if gone:
            await self.blobs.drop(gone)

    async def read(self, case: bytes, file: File, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        """The bytes `first` to `last` (inclusive) of the clean copy, in pieces.

        Raises:
            NotOpened: a chunk is gone, or is not the one that was sealed.
        """
        end = file.size if last is None else min(last + 1, file.size)
        secret, info = _secret(file.key, case, file.envelope)
        for number in range(first // stream.CHUNK, -(-end // stream.CHUNK), AT_ONCE):
            sealed = await self.blobs.read(file.envelope, number, min(AT_ONCE, file.chunks - number))
            for at, chunk in enumerate(sealed, number):
                opened = stream.open_chunk(secret, at, last=at == file.chunks - 1, sealed=chunk, info=info)
                start = at * stream.CHUNK
                piece = opened[max(0, first - start) : max(0, end - start)]
                if piece:
                    yield piece
            if len(sealed) < min(AT_ONCE, file.chunks - number):
                raise errors.NotOpened("a part of this file is gone")

    async def renew(self, case: bytes, file: File, made: tuple[bytes, bytes]) -> None:
        """Seal a stored file anew under another envelope's id and key.

        Raises:
            NotOpened: as for `read`.
        """
        secret, info = _secret(made[1], case, made[0])
        old, bound = _secret(file.key, case, file.envelope)
        await self.blobs.begin(made[0], self._until(), room_for(file.size), ROOM)
        for number in range(0, file.chunks, AT_ONCE):
            count = min(AT_ONCE, file.chunks - number)
            sealed = await self.blobs.read(file.envelope, number, count)
            if len(sealed) < count:
                raise errors.NotOpened("a part of this file is gone")
            again = [
                self._again((old, bound), (secret, info), at, at == file.chunks - 1, chunk)
                for at, chunk in enumerate(sealed, number)
            ]
            await self.blobs.add(made[0], number, again)

    @staticmethod
    def _again(old: tuple[bytes, bytes], new: tuple[bytes, bytes], number: int, last: bool, chunk: bytes) -> bytes:
        plain = stream.open_chunk(old[0], number, last=last, sealed=chunk, info=old[1])
        return stream.seal_chunk(new[0], number, last=last, plain=plain, info=new[1])


def seal_file(
    case_id: bytes, file: File, readers: Readers, now: datetime, random: Random
) -> tuple[Envelope, tuple[Grant, ...]]:
    """The envelope that describes a file, under the key that the file itself is sealed under."""
    body = Plaintext("", deadlines.hour(now), "reporter", file.described()).to_bytes()
    return sealing.seal(case_id, Part.FILE, body, readers, random, (file.envelope, file.key))


def file_facts(envelope: Envelope, file: File) -> dict[str, str]:
    """How an event names a file: its envelope, and how many chunks must be stored."""
    return {**envelope_facts(envelope), "chunks": str(file.chunks)}
