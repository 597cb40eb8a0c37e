"""The taxonomy: what tips are about, as codes of a group and a matter, and what each implies (`data/taxonomy.json`)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tips.data import read


class Urgency(StrEnum):
    """How soon somebody must act: P0 where life is in danger."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Flag(StrEnum):
    """What a category, or all of its group, implies; the data file says each in a sentence."""

    OFFICIALS_ONLY = "officials_only"
    OFFENCE_IN_OFFICE = "offence_in_office"
    STEADY = "steady"
    SECOND_PERSON = "second_person"
    NO_EARLY_SIGN = "no_early_sign"
    PASSING = "passing"
    LASTING = "lasting"
    CHILD = "child"
    FIRE = "fire"
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True)
class Category:
    """One matter that a tip can be about."""

    code: str  # group.matter
    urgency: Urgency | None  # where nothing raises or lowers it; None: it is nobody's business here
    flags: frozenset[Flag]  # its own; see `has` for those of its group too
    department: str | None = None  # code of the first department that it belongs to; None: a ward's or desk's matter


@functools.cache
def categories() -> Mapping[str, Category]:
    """All of them by code, in the order of the data."""
    return {row["code"]: _category(row) for row in read("taxonomy.json")["categories"]}


def group_of(code: str) -> str:
    """The upper level of a category."""
    return code.partition(".")[0]


@functools.cache
def has(code: str, flag: Flag) -> bool:
    """Whether a category has a flag, by itself or by its group; a code of an earlier taxonomy by its group alone."""
    known = categories().get(code)
    return flag in _group_flags().get(group_of(code), ()) or (known is not None and flag in known.flags)


@functools.cache
def _group_flags() -> Mapping[str, frozenset[Flag]]:
    return {group: frozenset(map(Flag, flags)) for group, flags in read("taxonomy.json")["groups"].items()}


def _category(row: Mapping[str, Any]) -> Category:
    urgency = Urgency(row["urgency"]) if row["urgency"] in tuple(Urgency) else None
    return Category(row["code"], urgency, frozenset(map(Flag, row.get("flags", ()))), row.get("department"))
