"""Urgency: P0 to P3 by the taxonomy, raised or lowered by what is going on; and whom to call when danger is now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tips.organisation import taxonomy
from tips.organisation.taxonomy import Flag, has
from tips.triage.lexicon import Hits

IN_DANGER: Final = 0.18  # so likely must it be that a life, or somebody's freedom, is in danger now


@dataclass(frozen=True, slots=True)
class Urgency:
    """How soon somebody must act."""

    level: str | None
    ongoing: bool
    danger: bool
    hotlines: tuple[str, ...]


def find(
    intent: str,
    code: str | None,
    second: str | None,
    usual: taxonomy.Urgency | None,
    hits: Hits,
    danger: float,
    *,
    endangered: bool = False,
) -> Urgency:
    """The urgency of a tip or emergency, of anything else none.

    Args:
        usual: the organisation's, of such a category.
        endangered: who wrote it, at this moment.
    """
    if intent not in {"tip", "emergency"}:
        return Urgency(None, False, False, ())
    ongoing = _ongoing(intent, code, hits)
    if endangered:
        return Urgency("P0", ongoing, True, tuple(dict.fromkeys(("113", *_hotlines(code, hits)))))
    if intent == "emergency" or danger >= IN_DANGER:
        return Urgency("P0", True, True, _hotlines(code, hits))
    return Urgency(f"P{_level(code, second, usual, ongoing, hits)}", ongoing, False, ())


def _ongoing(intent: str, code: str | None, hits: Hits) -> bool:
    """Whether it goes on, or keeps coming back; a crime that lasts does until the text says that it is past."""
    if intent == "emergency" or hits.get("now") or hits.get("recurring"):
        return True
    return not hits.get("past") and not (code and has(code, Flag.PASSING))


def _level(code: str | None, second: str | None, usual: taxonomy.Urgency | None, ongoing: bool, hits: Hits) -> int:
    base = int(usual[1]) if usual else 2
    code = code or ""
    if has(code, Flag.STEADY):
        active = second in {"drugs.trade", "child.sexual", "trafficking.any"}
        return 1 if active and ongoing else 2 if base < 3 or hits.get("child") else 3
    if base <= 1:
        return 1
    if base == 3:
        return 2 if hits.get("child") or hits.get("hurt") else 3
    return 1 if hits.get("day") and (hits.get("now") or hits.get("weapon")) else 2


def _hotlines(code: str | None, hits: Hits) -> tuple[str, ...]:
    """The numbers to call, the first one first."""
    code = code or ""
    found = []
    if hits.get("suicide") or code == "traffic.accident":
        found.append("115")
    if has(code, Flag.FIRE) or hits.get("trapped"):
        found.insert(0, "114")
    if not found or code not in {"fire.incident"}:
        found.insert(0 if code and code not in {"traffic.accident"} and not hits.get("suicide") else len(found), "113")
    if hits.get("hurt"):
        found.append("115")
    if has(code, Flag.CHILD):
        found.append("111")
    return tuple(dict.fromkeys(found))
