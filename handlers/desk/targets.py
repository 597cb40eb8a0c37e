"""Finding a unit by what is typed of its name: among those that may get a case, and those that may not and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tips.intake.phrases import fold
from tips.organisation.units import Organisation


@dataclass(frozen=True, slots=True)
class Target:
    """A unit to choose from."""

    code: str
    name: str
    why: str = ""  # an error's key: why it cannot be chosen


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for the words that were typed."""

    chosen: str = ""  # the code of the only one that was found, if its whole name stands there, sign by sign
    able: tuple[Target, ...] = ()  # that may be chosen
    refused: tuple[Target, ...] = ()


def targets(
    codes: Iterable[str], refused: Mapping[str, str], organisation: Organisation
) -> tuple[list[Target], list[Target]]:
    """Those that may be chosen, and those that may not, each in the order of the organisation."""
    able = set(codes)
    named = [(code, unit.name) for code, unit in organisation.units.items()]
    return (
        [Target(code, name) for code, name in named if code in able],
        [Target(code, name, refused[code]) for code, name in named if code in refused],
    )


def find(typed: str, able: Iterable[Target], refused: Iterable[Target]) -> Match:
    """The units in whose names each word that was typed begins one; accents, capitals and order are all one."""
    sought = fold(typed)
    if not sought:
        return Match()
    found = tuple(it for it in able if _bears(it.name, sought))
    not_able = tuple(it for it in refused if _bears(it.name, sought))
    chosen = [it.code for it in found if (*found, *not_able) == (it,) and it.name == typed.strip()]
    return Match("".join(chosen), found, not_able)


def _bears(name: str, sought: str) -> bool:
    """Whether each word that is sought begins one of a name's."""
    words = fold(name).split()
    return all(any(word.startswith(begun) for word in words) for begun in sought.split())
