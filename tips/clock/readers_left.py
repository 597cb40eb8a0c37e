"""Readers left: whether anybody at a unit still opens what was sealed to it. People come and go, and keys with them.

Who joins a unit gets its older seeds when a colleague logs in. If the last of these left before, or lost their keys,
the unit has people, and none of them opens what it had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tips import errors
from tips.organisation import roster as rosters
from tips.organisation.roster import HELD, Roster
from tips.ports.people import Keyring

Holders = Mapping[tuple[str, int], Collection[str]]  # unit and generation of its key -> whom its seed is sealed to


@dataclass(frozen=True, slots=True)
class ReadersLeft:
    """How it is at one moment."""

    roster: Roster
    holders: Holders | None = None  # None: not known here, so that whoever works there counts
    generations: Mapping[int, Mapping[str, int]] = field(default_factory=dict)  # by roster version and unit

    def at(self, unit: str, version: int, away: Collection[str] = ()) -> bool:
        """Whether somebody at a unit opens what was sealed to it.

        Args:
            unit: its code; at `held` there always is somebody, the quorum.
            version: of the roster that named the key; of a later one than is known here, somebody is believed to.
            away: who keeps away from the case.
        """
        people = {it.name for it in self.roster.members(unit)}.difference(away)
        if unit == HELD or version > self.roster.version:
            return True
        if self.holders is None or not people:
            return bool(people)
        generation = self.generations.get(version, {}).get(unit) or self.roster.generation(unit)
        return not people.isdisjoint(self.holders.get((unit, generation), ()))


@dataclass(frozen=True, slots=True)
class Keepers:
    """Looks who has which keys."""

    keyring: Keyring
    roster: Callable[[], Roster]
    _generations: dict[int, Mapping[str, int]] = field(default_factory=dict)  # of versions that were looked at

    async def left(self) -> ReadersLeft:
        """How it is now; earlier versions are looked at only where somebody lacks a unit's older keys."""
        current, holders = self.roster(), defaultdict[tuple[str, int], set[str]](set)
        try:
            for unit, generation, holder in await self.keyring.holders():
                holders[unit, generation].add(holder)
        except errors.NotPermitted:  # a role from before may not; `tinbao roles` lets it
            return ReadersLeft(current)
        if _somebody_lacks_some(current, holders) and current.version not in self._generations:
            for it in await self.keyring.rosters():
                version = rosters.parse(it.document)
                self._generations[version.version] = {key.unit: version.generation(key.unit) for key in version.units}
        return ReadersLeft(current, holders, self._generations)


def _somebody_lacks_some(current: Roster, holders: Holders) -> bool:
    """Whether at some unit nobody has all of its keys."""
    for unit in {it.unit for it in current.units if current.members(it.unit)}:
        people = {it.name for it in current.members(unit)}
        have = [people.intersection(holders.get((unit, at + 1), ())) for at in range(current.generation(unit))]
        if not set.intersection(people, *have):
            return True
    return False
