"""A session: a person at work, with the keys that their passphrase opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tips.organisation.roles import Role


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
