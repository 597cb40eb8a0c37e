"""What is asked and shown next: the next question, the summary, or once more where we are.

What the text already tells is not asked again; what is missing is asked for once, and a refusal is respected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tips.intake.draft import Draft
from tips.intake.stages import Stage
from tips.intake.turns import Decision, Option, Reply, Say
from tips.triage import AreaFinding, Corrections, Triage, Triager
from tips.triage.results import AreaCandidate

ASKED_AT_MOST: Final = 2  # how often a missing place is asked for; everything else once
QUESTIONS: Final = ("where", "when")  # in the order of asking; who and what come from the text or an edit
AREAS_SHOWN: Final = 10  # places to choose from

SUBMIT: Final = Option("submit", Say("option.submit"))
SEND_ANYWAY: Final = Option("send_anyway", Say("option.send_anyway"))
SKIP: Final = Option("skip", Say("option.skip"))
BACK: Final = Option("back", Say("option.back"))
CANCEL: Final = Option("cancel", Say("option.cancel"))
EDIT_WHAT: Final = Option("edit:what", Say("option.edit.what"))
EDIT_WHERE: Final = Option("edit:where", Say("option.edit.where"))
EDIT_FILES: Final = Option("edit:files", Say("option.edit.files"))
TAKE_OUT: Final = Option("edit:identifying", Say("option.edit.identifying"))


@dataclass(frozen=True, slots=True)
class Prompts:
    """Decides what is shown; holds only what it asks: triage, and names for people."""

    triager: Triager
    unit_name: Callable[[str], Say]  # a unit's name for people, by code
    operator: str  # who runs the intake machine, as people are told
    web: str  # the address of the web chat, which no messenger overhears
    languages: Sequence[str]  # codes, those that there are catalogues for

    def triage(self, draft: Draft) -> Triage:
        """The triage of the whole draft, with what the person chose."""
        return self.triager.triage(draft.text, Corrections(area=draft.area, category=draft.category))

    def language_options(self, draft: Draft) -> tuple[Option, ...]:
        """The way to every other language."""
        return tuple(Option(f"lang:{it}", Say(f"option.lang.{it}")) for it in self.languages if it != draft.lang)

    # --- what comes next ----------------------------------------------------------------------------------------

    def go_on(self, draft: Draft, *first: Say, known: Triage | None = None) -> Decision:
        """Ask for what is missing, or show the summary; danger comes before everything."""
        triage = known or self.triage(draft)
        says = [*first]
        if triage.hotlines and "danger" not in draft.notices_given:
            says.append(Say("danger", {"numbers": ", ".join(triage.hotlines)}))
            draft = replace(draft, notices_given=(*draft.notices_given, "danger"))
        if draft.messenger and triage.accusations and "messenger" not in draft.notices_given:
            says.append(Say("warn.messenger", {"address": self.web}))
            draft = replace(draft, notices_given=(*draft.notices_given, "messenger"))
        draft = replace(draft, stage=Stage.ASKING)
        for slot in QUESTIONS:
            if _missing(draft, triage, slot):
                return self._ask(draft, triage, slot, says)
        return tell(replace(draft, stage=Stage.SUMMARY, slot=""), self._summary(draft, triage, says))

    def which(self, draft: Draft, found: AreaFinding) -> Decision:
        """Ask which of several places is meant."""
        asking = replace(draft, stage=Stage.ASKING, slot="where", asked=(*draft.asked, "where"))
        return tell(asking, Reply((Say("ask.where.which"),), (*area_options(found.candidates[:AREAS_SHOWN]), SKIP)))

    def _ask(self, draft: Draft, triage: Triage, slot: str, says: Sequence[Say]) -> Decision:
        if slot == "where" and triage.area.ask and triage.area.candidates and slot not in draft.asked:
            decision = self.which(draft, triage.area)
            reply = replace(decision.replies[0], says=(*says, *decision.replies[0].says))
            return replace(decision, replies=(reply,))
        key = f"ask.{slot}.again" if slot in draft.asked else f"ask.{slot}"
        asking = replace(draft, slot=slot, asked=(*draft.asked, slot))
        return tell(asking, Reply((*says, Say(key)), (SKIP, CANCEL)))

    # --- the summary --------------------------------------------------------------------------------------------

    def _summary(self, draft: Draft, triage: Triage, says: Sequence[Say]) -> Reply:
        attached: tuple[Say, ...] = ()
        if draft.files:
            attached = (Say("summary.files", {"number": str(len(draft.files))}),)
        closed = tuple(
            Say("summary.excluded", {"kind": Say(f"accused.{kind}")})
            for kind in dict.fromkeys(it.kind for it in triage.accusations)
        )
        options = [SUBMIT, EDIT_WHAT, EDIT_WHERE, CANCEL]
        warning: tuple[Say, ...] = ()
        if draft.files:
            options.insert(3, EDIT_FILES)
        if triage.identifying:
            found = "; ".join(f"“{draft.text[a:b]}”" for a, b in (it.span for it in triage.identifying))
            warning = (Say("warn.identifying", {"found": found}),)
            options.insert(1, TAKE_OUT)
        body = self._body(draft, triage)
        return Reply((*says, body, *attached, *closed, *warning, Say("summary.ask")), tuple(options))

    def _body(self, draft: Draft, triage: Triage) -> Say:
        code = triage.area.ward or triage.area.district
        shown: Mapping[str, str | Say] = {
            "text": draft.text,
            "where": self.triager.area_name(code) if code else Say("where.unknown"),
            "category": Say(f"category.{triage.category}" if triage.category else "category.unknown"),
            "unit": self.unit_name(triage.route.owner),
        }
        return Say("summary", shown)

    # --- where we are -------------------------------------------------------------------------------------------

    def again(self, draft: Draft, *first: Say) -> Decision:
        """Answer something on the way, then show again where we are; nothing of the tip changes."""
        return _AGAIN[draft.counts_as](self, draft, first)

    def _mailbox_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        return tell(draft, Reply((*first, Say("mailbox.ask")), (BACK,)))

    def _nothing_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        said = tuple(first) or (Say("anyway"),)
        return tell(draft, Reply(said, (*_anyway(draft), *self.language_options(draft))))

    def _question_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        return tell(draft, Reply((*first, Say(f"ask.{draft.slot}")), (SKIP, *_anyway(draft), CANCEL)))

    def _edit_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        return tell(draft, Reply((*first, Say(f"edit.{draft.slot}")), (*_anyway(draft), BACK)))

    def _summary_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        summary = self._summary(draft, self.triage(draft), first)
        shown = replace(summary, options=(*summary.options, *_anyway(draft)))
        return tell(replace(draft, stage=Stage.SUMMARY), shown)

    def files_alone(self, draft: Draft, *notices: Say) -> Decision:
        """A file without words: it is kept, and words are asked for once there are none at all."""
        if draft.fragments or draft.mailbox or not draft.files:
            return self.again(draft, *notices)
        return tell(draft, Reply((*notices, Say("file.tell")), (CANCEL,)))


_AGAIN: Final[Mapping[Stage, Callable[[Prompts, Draft, Sequence[Say]], Decision]]] = {
    Stage.IDLE: Prompts._nothing_again,
    Stage.ASIDE: Prompts._nothing_again,
    Stage.ASKING: Prompts._question_again,
    Stage.EDITING: Prompts._edit_again,
    Stage.SUMMARY: Prompts._summary_again,
    Stage.MAILBOX: Prompts._mailbox_again,
}


def tell(draft: Draft, *replies: Reply) -> Decision:
    """Say something; whoever was told anything has been greeted."""
    given = draft.notices_given
    greeted = given if "welcome" in given else (*given, "welcome")
    return Decision(replace(draft, notices_given=greeted), replies)


def offering(decision: Decision) -> Decision:
    """A decision whose draft knows what can be chosen now; words set aside live while they can still be sent."""
    offered = tuple(option.id for reply in decision.replies for option in reply.options)
    aside = decision.draft.aside if SEND_ANYWAY.id in offered else ""
    return replace(decision, draft=replace(decision.draft, offered=offered, aside=aside))


def area_options(areas: Sequence[AreaCandidate]) -> list[Option]:
    """Places to choose from."""
    return [Option(f"area:{it.code}", Say("plain", {"text": it.name})) for it in areas]


def _missing(draft: Draft, triage: Triage, slot: str) -> bool:
    if slot in draft.settled:
        return False
    if slot == "when":
        return not triage.slots.when and not triage.ongoing and slot not in draft.asked
    known = triage.area.ward or triage.area.district or triage.area.outside
    return not known and draft.asked.count(slot) < ASKED_AT_MOST


def _anyway(draft: Draft) -> tuple[Option, ...]:
    return (SEND_ANYWAY,) if draft.aside else ()
