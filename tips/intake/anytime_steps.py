"""Steps that are open at any moment: beginning, coming back, what this is, and leaving no trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tips.crypto import receipt
from tips.intake.draft import Draft
from tips.intake.prompts import Prompts, tell
from tips.intake.stages import Stage
from tips.intake.turns import Decision, Forget, Inbound, LookUp, Option, Reply, Say

ERASE: Final = Option("erase", Say("option.erase"))


def start(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A greeting, with the place of the poster that led here; or, where something is begun, on with that."""
    outside = replace(draft, mailbox="")
    if draft.begun:
        return prompts.go_on(outside, Say("resume"))
    fresh = at_the_poster(prompts, replace(outside, stage=Stage.IDLE), heard.text)
    says = [Say("welcome"), Say("welcome.ask")]
    if fresh.messenger and "messenger" not in fresh.notices_given:
        says.insert(1, prompts.overheard())
    if fresh.poster:
        says.append(Say("start.place", {"place": prompts.triager.area_name(fresh.poster)}))
    return tell(fresh, Reply(tuple(says), prompts.language_options(draft)))


def at_the_poster(prompts: Prompts, draft: Draft, payload: str) -> Draft:
    """The place that a poster's link names, in the place of one that was chosen before anything was begun."""
    code = None if draft.begun or not payload else prompts.triager.area_of_poster(payload)
    return replace(draft, poster=code, area=None) if code else draft


def resume(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """On with the tip; words that are set aside beside it stay on offer."""
    return prompts.again(draft) if draft.aside else start(prompts, draft, heard)


def show_again(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Where we are."""
    return prompts.again(draft)


def cannot_read(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A kind of message that is not understood."""
    return prompts.again(draft, Say("unsupported"))


def withheld(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A message that a platform withholds to protect who wrote it: a child, for one. The page keeps back nothing."""
    return prompts.again(draft, Say("withheld", {"address": prompts.web}))


def no_such_command(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Something with a slash that nobody knows; it is no part of a tip."""
    return prompts.again(draft, Say("unknown_command"))


def not_open(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A button that is no longer, or never was, on offer."""
    return prompts.again(draft, Say("button.expired"))


def look_up(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A receipt, in the middle of whatever; what only looks like one may be words, and is set aside.

    So are words around a receipt, also around one with a slip: where it stood nobody who reads a tip sees it.
    """
    known = receipt.is_receipt(heard.text) or (draft.aside and receipt.nearly(heard.text))
    aside = draft.aside if known else heard.text
    return Decision(replace(draft, aside=aside), (), LookUp(heard.text))


def show_help(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """What can be done here."""
    return prompts.again(draft, Say("help"))


def ask_for_receipt(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """How to come back to a tip."""
    return prompts.again(draft, Say("ask.receipt"))


def show_transparency(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Who runs this, and who still knows the person."""
    contact = prompts.contact(draft.lang)
    says = (
        Say("transparency", {"operator": prompts.operator(draft.lang)}),
        *([Say("transparency.contact", {"contact": contact})] if contact else []),
        Say("knows.messenger", {"address": prompts.web}) if draft.messenger else Say("knows.web"),
    )
    return prompts.again(draft, *says)


def show_who_reads(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Who would read a tip of the words behind the command; without words, how to ask that."""
    if not heard.text:
        return prompts.again(draft, Say("whoreads.how"))
    told = prompts.again(draft, *prompts.would_read(heard.text))
    if draft.begun or draft.mailbox or not draft.messenger:
        return told
    (reply,) = told.replies
    return replace(told, replies=(replace(reply, options=(ERASE, *reply.options)),))


def cancel(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The draft goes."""
    return Decision(draft.fresh(draft.seed), (Reply((Say("cancelled"),)),), Forget())


def erase(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The draft goes; what a channel does about the messages on the screen is its own matter."""
    said = Say("erased.by_hand" if draft.messenger else "erased.draft")
    return Decision(draft.fresh(draft.seed), (Reply((said,)),), Forget())
