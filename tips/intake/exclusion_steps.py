"""Steps by which a person decides who may not read: "don't send it to …", and taking that back.

Whoever is shut out stays so. Words only add; a press on a name lets somebody in again, and only where the person was
shown who would read then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from tips.intake.draft import Draft, Fragment
from tips.intake.prompts import BACK, MENU, Prompts, judged, tell
from tips.intake.stages import Stage
from tips.intake.summary import ACCUSED
from tips.intake.turns import Decision, Inbound, Option, Post, Reply, ReplyKind, Say
from tips.organisation.units import HELD, UnitKind
from tips.triage import Accusation, Triage

MOST_LET_IN: Final = 12  # who can be let in from one menu: those shut out last
# Kinds that can be told more closely, and the kinds of units, or further kinds, that are offered then.
CLOSER: Final = {
    "city_department": (UnitKind.CITY_DEPARTMENT,),
    "branch": (UnitKind.BRANCH,),
    "management": (UnitKind.OFFICE,),
    "other_official": (
        UnitKind.PROCURACY,
        UnitKind.INSPECTORATE,
        UnitKind.MINISTRY,
        UnitKind.COMMITTEE,
        UnitKind.OMBUDSPERSON,
    ),
}
FURTHER: Final = {"ward_peoples_committee": ("city_peoples_committee",), "other_official": ("court_or_procuracy",)}


def ask_whom(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Who may not read it? And whoever is shut out already can be let in, by name."""
    if not draft.begun:
        return prompts.again(draft, Say("nothing_to_send"))
    triage = prompts.triage(draft)
    let_in = _let_in_options(prompts, draft, triage)
    says = (Say("exclude.ask"), *(say for _, say in let_in))
    asking = replace(draft, stage=Stage.EDITING, slot=MENU)
    return tell(asking, Reply(says, (*prompts.whom, *(option for option, _ in let_in), BACK)))


def ask_whom_inside(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The same in an open mailbox, where nobody is let in again; under a tip that was shown meanwhile, for that tip."""
    if _another_tip(draft):
        return ask_whom(prompts, draft, heard)
    return tell(draft, Reply((Say("exclude.ask"),), (*prompts.whom, BACK)))


def shut_out(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Whoever was pressed never gets a key, from now on; the summary says what changed."""
    pressed = _pressed(prompts, heard)
    if not draft.begun or not pressed:
        return prompts.again(draft, Say("button.expired"))
    chosen = choosing(prompts, draft, pressed)
    triage = prompts.triage(chosen)
    closer = _closer(prompts, chosen, triage, pressed)
    return prompts.go_on(_asked_enough(chosen), *prompts.shut_out(pressed), known=triage, more=closer)


def shut_out_inside(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The same for a tip that was sent: whoever has read it has, but nothing further reaches them."""
    if _another_tip(draft):
        return shut_out(prompts, draft, heard)
    pressed = _pressed(prompts, heard)
    if not pressed:
        return prompts.again(draft, Say("button.expired"))
    if all(prompts.triager.shuts_nobody(it) for it in pressed):
        return prompts.again(draft, *prompts.shut_out(pressed))
    return Decision(draft, (), Post(shut_out=tuple(pressed)))


def _another_tip(draft: Draft) -> bool:
    """Whether a tip was shown after the mailbox that is still open: what is pressed then is about that tip."""
    return draft.begun and draft.stage is not Stage.MAILBOX


def let_in(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """One that was shut out may read again: the person pressed the name, and saw who would read then."""
    allowed = judged(replace(draft, let_in=(*draft.let_in, heard.value)))
    return prompts.go_on(_asked_enough(allowed), Say("exclude.undone", {"unit": _named(prompts, heard.value)}))


def nobody(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Nobody in office is involved, as the person says: that takes back nothing."""
    return prompts.go_on(_asked_enough(draft))


def name_whom(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Words in answer to who may not read it: offices among them are shut out, and the words stay in the tip."""
    named = prompts.triager.named_to_shut_out(heard.text)
    with_words = replace(draft, fragments=(*draft.fragments, Fragment(heard.text, ref=heard.ref)))
    if not named and prompts.triager.triage(heard.text).wanted:
        return prompts.go_on(with_words)
    if not named:
        return prompts.go_on(with_words, Say("exclude.not_understood"))
    chosen = choosing(prompts, with_words, named)
    triage = prompts.triage(chosen)
    return prompts.go_on(_asked_enough(chosen), *prompts.shut_out(named), known=triage)


def choosing(prompts: Prompts, draft: Draft, chosen: Iterable[Accusation]) -> Draft:
    """The draft after somebody was shut out by its writer; whoever of them was let in before no longer is."""
    listed = list(chosen)
    kept = replace(draft, kept=(*draft.kept, *(it for it in listed if it not in draft.kept)))
    if not draft.let_in:
        return kept
    triage = prompts.triage(replace(kept, let_in=()))
    return replace(kept, let_in=prompts.still_let_in(draft.let_in, triage, listed))


def _pressed(prompts: Prompts, heard: Inbound) -> list[Accusation]:
    """Whom a press means; several numbers in one message are several presses."""
    listed = [prompts.triager.chosen(it.partition(":")[2]) for it in heard.choice.split()]
    return [it for it in listed if it is not None]


def _asked_enough(draft: Draft) -> Draft:
    """Whoever chose has answered the question: what was left open of it is skipped."""
    return replace(draft, settled=(*draft.settled, ACCUSED), asked=draft.asked or (ACCUSED,))


def _closer(prompts: Prompts, draft: Draft, triage: Triage, pressed: Sequence[Accusation]) -> tuple[Reply, ...]:
    """After a choice of many: which of them, if the person knows; or the others of one that was told."""
    kinds = [it.kind for it in pressed if not it.units]
    known = prompts.triager.kinds()
    offered = [f"exclude:{kind}" for it in kinds for kind in FURTHER.get(it, ()) if kind in known]
    units = [it for kind in kinds for it in CLOSER.get(kind, ())]
    offered += [f"exclude:{it.code}" for it in prompts.triager.units() if it.kind in units]
    if offered:
        return (Reply((Say("exclude.which"),), tuple(_option(prompts, it) for it in offered), ReplyKind.BESIDE),)
    narrowed = next((it.kind for it in pressed if it.units and it.kind in CLOSER), "")
    if not any(it.kind == narrowed and it.open for it in draft.kept):
        return ()
    would = _would_read(prompts, draft, triage, narrowed)
    label = Say("option.include.others")
    return (Reply((Say("exclude.narrow", would),), (Option(f"include:{narrowed}", label),), ReplyKind.BESIDE),)


def _option(prompts: Prompts, choice: str) -> Option:
    what = choice.partition(":")[2]
    if what in prompts.triager.kinds():
        return Option(choice, Say(f"option.exclude.{what}"))
    return Option(choice, prompts.unit_name(what))


def _let_in_options(prompts: Prompts, draft: Draft, triage: Triage) -> list[tuple[Option, Say]]:
    """Everybody who can be let in, and who would read then."""
    whom: list[str] = []
    for it in triage.accusations:
        units = sorted(prompts.triager.meant(triage, it))
        whom += [it.kind] if not units or (it.open and len(units) > 1) else units
    found = []
    for code in [*dict.fromkeys(whom)][-MOST_LET_IN:]:
        name = _named(prompts, code)
        would = {"unit": name, **_would_read(prompts, draft, triage, code)}
        found.append((Option(f"include:{code}", Say("option.include", {"unit": name})), Say("exclude.would", would)))
    return found


def _would_read(prompts: Prompts, draft: Draft, triage: Triage, code: str) -> dict[str, Say | tuple[Say, ...]]:
    promise = prompts.promise(prompts.triager.routed(triage, let_in=(*draft.let_in, code)))
    later = [it for it in promise.next if it != HELD]
    return {"owner": prompts.unit_name(promise.owner), "next": tuple(map(prompts.unit_name, later))}


def _named(prompts: Prompts, code: str) -> Say:
    return Say(f"exclude.kind.{code}") if code in prompts.triager.kinds() else prompts.unit_name(code)
