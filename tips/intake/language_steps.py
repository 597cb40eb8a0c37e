"""In which language a conversation goes on: heard from its first words, asked for at any moment, or waited for.

Whatever a language does, nothing of the tip changes; and what triage cannot read is said once, as soon as it matters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tips.intake.draft import Draft
from tips.intake.languages import Language, Languages
from tips.intake.prompts import Prompts, tell
from tips.intake.stages import Stage
from tips.intake.turns import Decision, Inbound, Reply, ReplyKind, Say

SETTLED: Final = "language"  # a notice: the person asked for a language, so that words change it no more
WAITING, UNREAD = "waiting", "unread"  # and these: theirs is not spoken here; triage does not read theirs


def in_its_language(languages: Languages, draft: Draft, text: str) -> Draft:
    """The draft, in the language of the first words if they tell which."""
    if SETTLED in draft.notices_given or draft.fragments or draft.mailbox:
        return draft
    heard = languages.heard_in(text)
    return replace(draft, lang=heard.code) if heard and heard.code in languages.spoken else draft


def set_language(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Another language, from here on; where none is named, or one that is not spoken, those that are."""
    if heard.value in prompts.languages.spoken:
        noted = _noted(replace(draft, lang=heard.value), SETTLED)
        return tell(noted, _set(prompts, noted)) if _idle(draft) else prompts.again(noted, Say("language_set"))
    row = prompts.languages.named(heard.value)
    asked = _waiting(prompts, row) if row else Reply((Say("language_which"),), prompts.language_options(draft))
    return tell(draft, asked) if _idle(draft) else _before(prompts.again(draft), asked)


def told_of_language(prompts: Prompts, before: Draft, decision: Decision) -> Decision:
    """A decision that also says, once, that the words just added are in a language nobody speaks or reads here."""
    draft = decision.draft
    if draft.fragments == before.fragments or not (draft.fragments and decision.replies):
        return decision
    row = prompts.languages.heard_in(draft.fragments[-1].text)
    if row is None or row.triaged:
        return decision
    if row.code not in prompts.languages.spoken:
        return _once(decision, WAITING, _waiting(prompts, row))
    return _once(decision, UNREAD, Reply((Say("language_unread"),)))


def _once(decision: Decision, notice: str, reply: Reply) -> Decision:
    if notice in decision.draft.notices_given:
        return decision
    return _before(replace(decision, draft=_noted(decision.draft, notice)), reply)


def _before(decision: Decision, reply: Reply) -> Decision:
    """A decision with one more message in front, but never in front of what to do in danger."""
    calls = [it for it in decision.replies if it.kind is ReplyKind.DANGER]
    rest = [it for it in decision.replies if it.kind is not ReplyKind.DANGER]
    return replace(decision, replies=(*calls, reply, *rest))


def _waiting(prompts: Prompts, row: Language) -> Reply:
    """One sentence in each language that is spoken, for somebody who speaks another one; and the way to each."""
    says = tuple(Say("language_waiting", {"name": row.name}, code) for code in prompts.languages.spoken)
    return Reply(says, prompts.every_language())


def _set(prompts: Prompts, draft: Draft) -> Reply:
    return Reply((Say("language_set"), Say("welcome.ask")), prompts.language_options(draft))


def _noted(draft: Draft, notice: str) -> Draft:
    given = draft.notices_given
    return draft if notice in given else replace(draft, notices_given=(*given, notice))


def _idle(draft: Draft) -> bool:
    """Whether there is nothing that has to be shown again."""
    return draft.counts_as is Stage.IDLE
