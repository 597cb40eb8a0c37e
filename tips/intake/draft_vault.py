"""The vault: drafts as they are kept, sealed under a key that is on no disk.

A draft is found by a keyed hash of the conversation's id, which stays in its channel. A row's versions are never used
again and its size never shrinks; what ends leaves a stub, so that no row tells whether its tip was sent.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tips import errors
from tips.cases import deadlines
from tips.crypto import sealing
from tips.crypto.sealing import Random
from tips.intake import draft
from tips.intake.draft import Draft, Stub
from tips.ports.cases import Change
from tips.ports.intake import DraftRow, Drafts
from tips.ports.process import RunSecrets

LIFE: Final = timedelta(hours=24)  # after the last turn
STEP: Final = 1024  # bytes: the length of a draft is not told more finely
_FIRST_BYTES: Final = 6  # of a random first version: one that was used before is not met again
_HOUR_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """What is stored of a conversation, as it was loaded."""

    key: bytes
    draft: Draft | None = field(default=None, repr=False)  # None: nothing begun, or it ended, or its key is gone
    stub: Stub = field(default=Stub(), repr=False)  # what stays of it if it ends, or what has stayed
    version: int = 0  # 0: there is no row
    size: int = 0  # bytes that the row's content was padded to
    lost: bool = False  # a draft may have been here whose key went with a power cut, and nobody was told yet

    def ended(self) -> Stub:
        """What stays if it ends now, with no answer owed."""
        return Stub(self.stub.seen)


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals drafts and opens them."""

    drafts: Drafts
    secrets: RunSecrets
    now: Callable[[], datetime]
    random: Random
    recent_loss: Callable[[], bool] = lambda: False  # within 24 h of a cold start

    def key(self, channel: str, id: str) -> bytes:
        """The 16 bytes under which a conversation's draft is found; they do not lead back to it."""
        name = f"{channel}\0{id}".encode()
        return hmac.digest(self.secrets.lookup_key(), name, hashlib.sha256)[:16]

    async def load(self, key: bytes) -> StoredDraft:
        """What is stored under a key of 16 bytes.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        row = await self.drafts.get(key)
        if row is None:
            return StoredDraft(key, lost=self.recent_loss())
        padded = self._opened(row) if row.expires_at > self.now() else None
        if padded is None:  # expired, or its key is gone (a power cut): nobody can read it, and its row is used anew
            return StoredDraft(key, version=row.version, lost=self.recent_loss())
        try:
            kept = draft.from_bytes(sealing.unpad(padded))
        except errors.NotOpened:  # a later program wrote it, and this one was put back: erasing must work all the same
            return StoredDraft(key, version=row.version, size=len(padded), lost=True)
        if isinstance(kept, Stub):
            return StoredDraft(key, None, kept, row.version, len(padded))
        return StoredDraft(key, kept, kept.stub(), row.version, len(padded))

    def _opened(self, row: DraftRow) -> bytes | None:
        found = self.secrets.draft_key(int.from_bytes(row.sealed[:_HOUR_BYTES], "big"))
        if found is None:
            return None
        try:
            return sealing.unlock(found[1], row.sealed[_HOUR_BYTES:], sealing.binding("draft", key=row.key))
        except errors.NotOpened:
            return None

    async def save(self, stored: StoredDraft, kept: Draft | Stub, step: Change | None = None) -> None:
        """Make the next state durable, and with it a step of a case: all of it, or nothing.

        Raises:
            Stale: the conversation, or the case, went on meanwhile.
            StoreUnavailable: nothing was kept.
            Unsure: it may have been kept; the next load tells.
        """
        plain = kept.to_bytes()
        fits = len(plain) + sealing.PAD_FRAME <= stored.size
        padded = sealing.pad(plain, stored.size if fits else STEP)
        current = self.secrets.draft_key()
        assert current is not None
        hour, secret = current
        sealed = sealing.lock(secret, padded, sealing.binding("draft", key=stored.key), self.random)
        version = stored.version + 1 if stored.version else int.from_bytes(self.random(_FIRST_BYTES), "big") + 1
        expires = deadlines.hour(self.now()) + LIFE + timedelta(hours=1)
        due = isinstance(kept, Draft) and bool(kept.due)
        row = DraftRow(stored.key, hour.to_bytes(_HOUR_BYTES, "big") + sealed, version, expires, due)
        await self.drafts.put(row, stored.version, step)
