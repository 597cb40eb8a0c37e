"""The summary: the tip as it stands, by name who will read it and who will not, and the ways to send it on.

Two lists stand in every summary. What they say is a `Promise`; sending keeps to it, or shows a new summary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from tips.intake.draft import Draft
from tips.intake.phrases import fold
from tips.intake.promise import Promise
from tips.intake.turns import Option, Reply, ReplyKind, Say
from tips.organisation.units import HELD
from tips.triage import Band, Triage

SUBMIT: Final = Option("submit", Say("option.submit"))
HIDE: Final = Option("submit:hide", Say("option.submit.hide"))
EXCLUDE: Final = Option("exclude", Say("option.exclude"))
CANCEL: Final = Option("cancel", Say("option.cancel"))
EDIT_WHAT: Final = Option("edit:what", Say("option.edit.what"))
EDIT_WHERE: Final = Option("edit:where", Say("option.edit.where"))
EDIT_FILES: Final = Option("edit:files", Say("option.edit.files"))
TAKE_OUT: Final = Option("edit:identifying", Say("option.edit.identifying"))
IN_DANGER: Final = Option("danger", Say("option.danger"))

ACCUSED: Final = "accused"  # what is settled once the person said who is involved, or that nobody is
LONGEST_PLACE: Final = 60  # characters: a longer answer says more than a place
_A_WARD: Final = re.compile(r"(p|f|ph|phuong|x|xa|tt|thi tran)\b|[pf]\d")


@dataclass(frozen=True, slots=True)
class Names:
    """How people are told of units and places."""

    unit: Callable[[str], Say]  # by code
    area: Callable[[str], str]  # a district or ward of today, by code
    every: Mapping[str, frozenset[str]]  # what can be said of as one, once it is whole: kind of unit -> codes

    def units(self, codes: Collection[str]) -> tuple[Say, ...]:
        """Units by name, in their order; every ward's is said in one: nobody reads two hundred names."""
        whole = {kind: them for kind, them in self.every.items() if len(them) > 1 and them <= {*codes}}
        said = frozenset[str]().union(*whole.values())
        named = tuple(self.unit(code) for code in codes if code not in said)
        return (*named, *(Say(f"units.every.{kind}", {"number": str(len(them))}) for kind, them in whole.items()))


def in_doubt(draft: Draft, triage: Triage) -> bool:
    """Whether somebody in office may be involved whom nobody shut out, and the person was not asked yet.

    An accusation that shuts nobody out ("an inspector") leaves open who else was hinted at.
    """
    hinted = triage.band is Band.ASK or (triage.hinted and not triage.route.excluded)
    return hinted and ACCUSED not in draft.settled


def summary(draft: Draft, triage: Triage, ways: Mapping[str, Promise], names: Names) -> Reply:
    """The tip as it stands, and what can be done with it.

    Args:
        ways: the ways to send it that are open, by the option's id, and what each comes to; `submit` is one of them.
    """
    says = [
        *_tip(draft, triage, names),
        *_readers(draft, triage, ways, names),
        *([Say("summary.excluded.more")] if ways[SUBMIT.id].excluded else []),
        *_warnings(draft, triage),
        Say("summary.ask"),
    ]
    return Reply(tuple(says), _options(draft, triage, ways, names), ReplyKind.SUMMARY, ways[SUBMIT.id])


def _tip(draft: Draft, triage: Triage, names: Names) -> list[Say]:
    facts = {
        "where": _where(draft, triage, names),
        "category": Say(f"category.{triage.category}" if triage.category else "category.unknown"),
    }
    says = [Say("summary.text", {"text": draft.text})] if draft.text else []
    says.append(Say("summary.facts", facts))
    if draft.files:
        says.append(Say("summary.files", {"number": str(len(draft.files))}))
    return says


def facts_and_readers(draft: Draft, triage: Triage, ways: Mapping[str, Promise], names: Names) -> tuple[Say, ...]:
    """What a text would come to, without the text: where and what it is about, who would read it and who could not."""
    facts = [say for say in _tip(draft, triage, names) if say.key == "summary.facts"]
    return (*facts, *_readers(draft, triage, ways, names))


def _where(draft: Draft, triage: Triage, names: Names) -> Say:
    """The place by its name of today, beside the name that the person gave it: most wards have a new one."""
    code = triage.area.ward or triage.area.district
    if not code:
        return Say("where.unknown")
    name = names.area(code)
    said = _said(draft, triage)
    if not said or not triage.area.ward or fold(name) in fold(said):
        return Say("plain", {"text": name})
    key = "where.now" if _A_WARD.match(fold(said)) else "where.in"
    return Say(key, {"said": said, "name": name})


def _said(draft: Draft, triage: Triage) -> str:
    """The words in which the person named the place."""
    if triage.area.span:
        return draft.text[slice(*triage.area.span)]
    answers = [it.text for it in draft.fragments if it.slot == "where"]
    return answers[-1] if answers and len(answers[-1]) <= LONGEST_PLACE else ""


def _readers(draft: Draft, triage: Triage, ways: Mapping[str, Promise], names: Names) -> list[Say]:
    """Who reads it and who cannot; then the same for every other way to send it, above its button."""
    usual = ways[SUBMIT.id]
    says = [_who_reads("summary.readers", usual, names)]
    if usual.excluded:
        says.append(Say("summary.excluded", _counted(usual.excluded, names)))
    else:
        says.append(Say("summary.excluded.ask" if in_doubt(draft, triage) else "summary.excluded.none"))
    if any(it.kind == "other_official" and not it.units for it in triage.accusations):
        says.append(Say("summary.not_ours"))
    for way, promise in ways.items():
        if way == HIDE.id:
            shut = Say("summary.hide.excluded", _counted(promise.excluded, names))
            says += [_who_reads("summary.hide", promise, names), shut]
        elif way != SUBMIT.id:
            says.append(_who_reads("summary.to", promise, names))
    return says


def _who_reads(key: str, promise: Promise, names: Names) -> Say:
    later = [code for code in promise.next if code != HELD]
    if promise.owner == HELD:
        return Say(f"{key}.held")
    if not later:
        return Say(f"{key}.only", {"owner": names.unit(promise.owner)})
    return Say(key, {"owner": names.unit(promise.owner), "next": names.units(later)})


def _counted(codes: Collection[str], names: Names) -> dict[str, str | Say | tuple[Say, ...]]:
    widest_first = sorted(codes, key=lambda it: (it.startswith("ward-"), it.startswith("area-"), it))
    return {"units": names.units(widest_first), "number": str(len(codes))}


def _warnings(draft: Draft, triage: Triage) -> list[Say]:
    if not triage.identifying:
        return []
    found = "; ".join(f"“{draft.text[a:b]}”" for a, b in (it.span for it in triage.identifying))
    return [Say("warn.identifying", {"found": found})]


def _options(draft: Draft, triage: Triage, ways: Mapping[str, Promise], names: Names) -> tuple[Option, ...]:
    further = [
        HIDE if way == HIDE.id else Option(way, Say("option.submit.to", {"unit": names.unit(promise.owner)}))
        for way, promise in ways.items()
        if way != SUBMIT.id
    ]
    identifying = [TAKE_OUT] if triage.identifying else []
    files = [EDIT_FILES] if draft.files else []
    danger = [] if triage.hotlines else [IN_DANGER]
    what = [EDIT_WHAT] if draft.text else []
    return (SUBMIT, *further, EXCLUDE, *identifying, *what, EDIT_WHERE, *files, *danger, CANCEL)
