"""Key rotation: a unit's next key, and who gets its seeds. Old seeds are kept for what was sealed to them.

Who joins, leaves or loses a passphrase rotates the key of their unit (`enrolment`); an administrator can at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from tips import errors
from tips.crypto import keys, sealing
from tips.crypto.keys import Identity, SealedSeed
from tips.crypto.sealing import Random
from tips.organisation.roster import Roster, UnitKey
from tips.organisation.units import OVERSIGHT, Organisation, UnitKind

_RECOVERABLE: Final = OVERSIGHT | {UnitKind.MINISTRY}  # their seeds are sealed to recovery too


def with_new_keys(
    version: Roster, knowing: Callable[[str], Organisation], units: Iterable[str], random: Random
) -> tuple[Roster, tuple[SealedSeed, ...]]:
    """A version with the next key of these units, and the seeds, sealed to every member, some units' to recovery."""
    named, seeds = list(version.units), []
    for unit in dict.fromkeys(units):
        seed, generation = random(32), version.generation(unit) + 1
        named.append(UnitKey(unit, generation, sealing.public_bytes(seed)))
        holders = [(it.name, it.public) for it in version.members(unit)]
        known = knowing(unit).units.get(unit)  # None: it is gone, and people of it are left who read what it had
        if known and known.kind in _RECOVERABLE:
            holders.append((keys.RECOVERY, version.recovery))
        seeds += [keys.seal_seed(unit, generation, holder, public, seed) for holder, public in holders]
    return replace(version, units=tuple(named)), tuple(seeds)


def open_seeds(identity: Identity, sealed: Iterable[SealedSeed]) -> dict[str, dict[int, bytes]]:
    """The unit seeds that a person holds: unit -> generation -> seed; those that a hand wrote open nothing."""
    opened: dict[str, dict[int, bytes]] = {}
    for seed in sealed:
        with suppress(errors.NotOpened):
            opened.setdefault(seed.unit, {})[seed.generation] = keys.open_seed(seed, identity.seed)
    return opened


def unopened(sealed: Iterable[SealedSeed], opened: dict[str, dict[int, bytes]]) -> list[SealedSeed]:
    """Those copies of `open_seeds` that open nothing: while they lie there, nobody gives their holder others."""
    return [it for it in sealed if it.generation not in opened.get(it.unit, {})]


def admit(current: Roster, unit: str, held: dict[int, bytes], holders: Iterable[SealedSeed]) -> list[SealedSeed]:
    """A present member's session gives the unit's seeds to members of the roster who still lack them."""
    have = {(seed.generation, seed.holder) for seed in holders}
    return [
        keys.seal_seed(unit, generation, person.name, person.public, seed)
        for person in current.members(unit)
        for generation, seed in held.items()
        if (generation, person.name) not in have
    ]
