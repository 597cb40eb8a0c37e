"""A session: a person at work, with the keys that their passphrase opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from tips.organisation.roles import Role

IDLE: Final = timedelta(minutes=20)  # nobody looked for so long: it ends
LONGEST: Final = timedelta(hours=12)  # after its login it ends in any case


@dataclass(frozen=True, slots=True)
class Session:
    """A person at work: who they are and the keys that their passphrase opened."""

    name: str
    unit: str
    role: Role
    signing: bytes = field(repr=False)
    seeds: Mapping[str, tuple[bytes, ...]] = field(repr=False)  # unit -> its seeds, newest first

    @property
    def units(self) -> tuple[str, ...]:
        """The units whose cases this person may read."""
        return tuple(self.seeds)
