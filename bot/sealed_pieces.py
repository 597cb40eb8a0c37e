"""What only the quorum opens, kept outside the database as well: spoilt there, it would spoil each later backup."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot import key_files
from tips import errors
from tips.organisation.roster import Roster
from tips.people import recovery
from tips.ports.people import Keyring


@dataclass(frozen=True, slots=True)
class SealedPieces:
    """The sealed recovery and release seeds as the roster in force names them."""

    keyring: Keyring
    roster: Callable[[], Roster]
    secrets: Path

    async def __call__(self) -> Mapping[str, bytes]:
        """The pieces, by name; those that were shared out anew come from the database, and are kept beside the secrets.

        Raises:
            NotVerified: what the roster names is in neither place.
        """
        kept = key_files.kept_sealed(self.secrets)
        if kept and recovery.count(kept, self.roster()):
            return kept
        stored = await recovery.named(self.keyring, self.roster())
        key_files.keep_sealed(self.secrets, stored)
        return stored

    async def keep(self) -> None:
        """Keep them beside the secrets, where nobody did yet; a process starts whatever became of them."""
        with contextlib.suppress(errors.NotVerified, errors.NotPermitted):
            await self()
