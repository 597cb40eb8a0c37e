"""Steps from words, places and files to a tip that is sent.

A step is one function: the draft and what was heard go in, a decision comes out. The conversation's tables say when
each is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tips.crypto import receipt
from tips.evidence.files import MOST
from tips.evidence.limits import MEGABYTES
from tips.intake import phrases
from tips.intake.anytime_steps import start
from tips.intake.draft import MAX_TEXT, Draft, Fragment
from tips.intake.exclusion_steps import choosing, name_whom
from tips.intake.prompts import (
    BACK,
    BOTH,
    MENU,
    SEND_ANYWAY,
    SKIP,
    UNKNOWN,
    WHERE,
    Prompts,
    area_options,
    judged,
    offering,
    tell,
)
from tips.intake.stages import Stage
from tips.intake.summary import ACCUSED, SUBMIT
from tips.intake.turns import EDIT, Decision, Done, FilesGone, Inbound, Reply, ReplyKind, Say, Submit, TooMany
from tips.triage import Accusation, AreaFinding, Band, Triage

HOTLINES: Final = ("113", "115")  # for whoever calls for help and says no more
EDITABLE: Final = frozenset({"what", "where", "when", "who"})  # slots whose words can be written anew
_NO_TIP: Final = ("greeting", "status", "how_to", "administrative", "out_of_scope", "spam")


# --- words ------------------------------------------------------------------------------------------------------------


def open_tip(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The first words: a tip, or something that gets an answer and is not kept.

    An area's name alone is what a poster asks for where its link cannot bring it along: a beginning, as by that link.
    """
    fragment = Fragment(heard.text, ref=heard.ref)
    begun = _with(draft, fragment)
    if draft.files:  # words beside evidence are a tip, whatever they sound like
        return prompts.go_on(begun)
    if phrases.calls_for_help(fragment.text):
        numbers = (Say("danger", {"numbers": ", ".join(HOTLINES)}), Say("danger.numbers"))
        return tell(draft, Reply(numbers, kind=ReplyKind.DANGER), Reply((Say("welcome.ask"),)))
    triage = prompts.triager.triage(fragment.text)
    place = triage.area.ward or triage.area.district
    if place and phrases.fold(prompts.triager.area_name(place)) == phrases.fold(fragment.text):
        return start(prompts, draft, Inbound("start", text=place))
    said = _no_tip(prompts, triage, fragment.text)
    if said is not None:
        return _aside(draft, fragment, said)
    return prompts.go_on(begun, known=None if draft.chosen else triage)


def _no_tip(prompts: Prompts, triage: Triage, text: str) -> Say | None:
    """What is answered to words that are no tip; None: they are one.

    Words that triage cannot read are a tip, unless they are plainly a greeting or a question about this channel; where
    not even their language is known, the person says whether they are one.
    """
    if triage.accusations or triage.danger:
        return None
    heard = prompts.languages.heard_in(text)
    intent = triage.intent if triage.intent in _NO_TIP else ""
    if heard and not heard.triaged:
        intent = "greeting" if phrases.greets(text) else "how_to" if phrases.question(text) else ""
    if triage.unclear and not heard:
        intent = "unclear"
    if not intent:
        return None
    return answered(text) if phrases.question(text) else Say(f"intent.{intent}")


def add(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """More words of the same tip; a mere yes, or a word that leaves it open, is none, and sends nothing."""
    if phrases.agrees(heard.text) or phrases.wavers(heard.text):
        return prompts.again(draft, Say("summary.unclear"))
    if phrases.prevents(heard.text):  # whoever begins so means the offices that they name, whatever the grammar
        return name_whom(prompts, draft, heard)
    return prompts.go_on(_with(draft, Fragment(heard.text, ref=heard.ref)))


def answer(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Words after the question: its answer, or more of the tip; either way they are kept, and it is not asked again."""
    if phrases.wavers(heard.text):
        return prompts.again(draft, Say("summary.unclear"))
    found = prompts.triager.resolve_area(heard.text) if draft.slot in {WHERE, BOTH} else AreaFinding()
    code = found.ward or found.district
    fragment = Fragment(heard.text, WHERE if draft.slot in {WHERE, BOTH} else "", heard.ref)
    answered = replace(_settled(_with(draft, fragment), WHERE), area=code or draft.area)
    asked = draft.slot in {ACCUSED, BOTH}
    involved = _who_is_involved(prompts, heard.text, placed=bool(code)) if asked else []
    chosen = choosing(prompts, answered, involved)
    return prompts.go_on(chosen, *prompts.shut_out(involved), places=() if code else found.candidates)


def _who_is_involved(prompts: Prompts, words: str, *, placed: bool) -> list[Accusation]:
    """Whom the answer to "is anybody in office involved?" names; a yes without a name shuts out whoever is near.

    Args:
        placed: it names a place, which was asked for too, and may be nothing but that.
    """
    named = prompts.triager.offices(words) if placed else prompts.triager.named_to_shut_out(words)
    if named or not phrases.affirms(words):
        return named
    return [it for it in [prompts.triager.chosen(UNKNOWN)] if it]


def write_anew(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Words for the slot that is being edited; for `what` they replace the whole text."""
    if draft.slot == MENU:
        return name_whom(prompts, draft, heard)
    fragment = Fragment(heard.text, ref=heard.ref)
    if draft.slot == "what":
        return prompts.go_on(replace(draft, fragments=(fragment,), stage=Stage.SUMMARY))
    kept = _with(draft, replace(fragment, slot=draft.slot))
    if draft.slot != WHERE:
        return prompts.go_on(_settled(kept, draft.slot))
    found = prompts.triager.resolve_area(heard.text)
    if found.ward or found.district or found.candidates:
        return _placed(prompts, kept, found)
    return prompts.go_on(kept, Say("ask.where.again"))


def correct(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A place that was corrected, or words that stand beside what they correct."""
    found = prompts.triager.resolve_area(phrases.correction(heard.text) or heard.text)
    fragment = Fragment(heard.text, ref=heard.ref)
    if found.ward or found.district or found.candidates:
        return _placed(prompts, _with(draft, replace(fragment, slot="where")), found)
    return prompts.go_on(_with(draft, fragment), Say("corrected"))


def explain(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A question about this channel in the middle of a tip: it is answered, and is no part of the tip."""
    if asks_more(prompts, heard.text):
        return Decision(draft, (Reply((answered(heard.text),)),), then=replace(heard, kind="insisted"))
    return prompts.again(draft, answered(heard.text))


def asks_more(prompts: Prompts, words: str) -> bool:
    """Whether a question about this channel also accuses somebody, or may, says who may read, or tells of danger."""
    found = prompts.triager.triage(words)
    return bool(found.accusations or found.wanted or found.danger or found.band is Band.ASK)


def answered(question: str) -> Say:
    """The answer to a question about this channel."""
    return Say(f"answer.{phrases.question(question)}", {"megabytes": str(MEGABYTES)})


def edit_message(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A message that was changed after it was sent changes its piece of the tip."""
    text = phrases.clean(heard.text)
    code = receipt.among_words(text) or receipt.nearly(text)
    text = beside(code, text) if code else text
    ref = heard.ref.partition(EDIT)[0]
    known = [fragment for fragment in draft.fragments if ref and fragment.ref == ref]
    if not known or not text:
        return prompts.again(draft, Say("edited.unknown"))
    fragments = tuple(replace(fragment, text=text) if fragment.ref == ref else fragment for fragment in draft.fragments)
    return prompts.go_on(replace(draft, fragments=fragments), Say("edited"))


def ask_for_words(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Words that cannot be taken: none, too many, or not one letter among them."""
    problem = unusable(draft, heard.text)
    return prompts.again(draft, problem) if problem else prompts.again(draft)


def unusable(draft: Draft, text: str) -> Say | None:
    """Why a cleaned text cannot be taken; None: it can."""
    if not text:
        return Say("empty")
    if len(draft.text) + len(text) > MAX_TEXT:
        return Say("too_long", {"limit": str(MAX_TEXT)})
    return None if phrases.has_words(text) else Say("no_words")


def _aside(draft: Draft, fragment: Fragment, said: Say) -> Decision:
    says = (said,) if "welcome" in draft.notices_given else (Say("hello"), said)
    kept = replace(draft, stage=Stage.ASIDE, aside=fragment.text)
    return tell(kept, Reply(says, (SEND_ANYWAY,)))


def insist(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Words that were set aside are meant to be sent: they become a tip, or part of the one that has begun."""
    if not draft.aside:
        return tell(replace(draft, stage=Stage.IDLE), Reply((Say("write_again"),)))
    if draft.fragments or draft.mailbox:
        return Decision(replace(draft, aside=""), (), then=Inbound("insisted", text=draft.aside))
    return prompts.go_on(_with(draft, Fragment(draft.aside)))


# --- places -----------------------------------------------------------------------------------------------------------


def which_ward(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A point on the map: which of the wards around it is meant."""
    found = prompts.triager.nearest(heard.lat, heard.lon)
    if not found:
        return prompts.again(draft, Say("location.outside"))
    asking = replace(draft, stage=Stage.ASKING, slot=WHERE)
    return tell(asking, Reply((Say("location.which"),), (*area_options(found), SKIP)))


def _placed(prompts: Prompts, draft: Draft, found: AreaFinding) -> Decision:
    code = found.ward or found.district
    if code:
        return prompts.go_on(replace(_settled(draft, WHERE), area=code))
    return prompts.which(draft, found) if found.candidates else prompts.go_on(draft)


# --- files ------------------------------------------------------------------------------------------------------------


def take_file(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A file that was cleaned and sealed waits for its tip."""
    assert heard.file
    kept = replace(draft, files=(*draft.files, heard.file))
    return _beside(prompts, kept, heard, Say("file.taken", {"number": str(len(kept.files))}))


def turn_down(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Why a file is not taken; the words beside it are."""
    limits = {"most": str(MOST), "megabytes": str(MEGABYTES)}
    return _beside(prompts, draft, heard, Say(f"file.{heard.problem}", limits))


def _beside(prompts: Prompts, draft: Draft, heard: Inbound, notice: Say) -> Decision:
    words, notices = caption(heard)
    if words:
        return Decision(draft, (Reply((notice,)),), then=replace(heard, kind="caption", text=words))
    if draft.begun and (draft.asked or draft.fragments or draft.mailbox):
        return prompts.again(draft, notice, *notices)
    return prompts.go_on(draft, notice, *notices) if draft.files else prompts.again(draft, notice, *notices)


def caption(heard: Inbound) -> tuple[str, tuple[Say, ...]]:
    """The words beside a file, and a notice where they were a receipt: no reader of the file may see that."""
    words = phrases.clean(heard.text)
    code = receipt.among_words(words) or receipt.nearly(words)
    if code:
        return beside(code, words), (Say("receipt.alone"),)
    return ("", (Say("receipt.alone"),)) if receipt.looks_like(words) else (words, ())


def beside(code: str, words: str) -> str:
    """The words around a receipt; "" where there are none: punctuation says nothing."""
    left = " ".join(words.replace(code, " ").split())
    return left if phrases.has_words(left) else ""


# --- choices ----------------------------------------------------------------------------------------------------------


def send(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Send the tip in one of the ways that its summary showed: nobody sends what they have not seen.

    What was shown last decides here, not the row: a summary may stand behind an open mailbox, or not be shown yet. Nor
    is anything sent to others than the summary named: where the roster changed meanwhile, a new one is shown.
    """
    if not draft.begun:
        return prompts.again(draft, Say("nothing_to_send"))
    if draft.stage is not Stage.SUMMARY:
        return prompts.go_on(replace(draft, asked=draft.asked or (BOTH,)))
    way = heard.choice if heard.choice.startswith(SUBMIT.id) else SUBMIT.id
    if way not in {SUBMIT.id, *draft.promised}:
        return prompts.again(draft, Say("button.expired"))
    triage = prompts.as_sent(draft, prompts.triage(draft), way)
    readers = prompts.promise(triage).readers
    if draft.promised.get(way) != readers:
        return prompts.go_on(draft, Say("summary.changed"))
    return Decision(draft, (), Submit(triage, readers))


def skip(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The question stays without an answer, and is not asked again."""
    return prompts.go_on(_settled(draft, draft.slot))


def in_danger(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Somebody is in danger at this moment: the tip is most urgent, and help is a call away."""
    return prompts.go_on(replace(draft, danger=True), Say("danger.noted"))


def show_next(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The next question, or the summary."""
    return prompts.go_on(draft)


def edit(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Write a slot anew, blank what gives the reporter away, or leave the files out."""
    if heard.value == "identifying":
        return _take_out(prompts, draft)
    if heard.value == "files":
        return prompts.go_on(replace(draft, files=()), Say("file.dropped"))
    if heard.value not in EDITABLE:
        return prompts.again(draft, Say("button.expired"))
    asking = replace(draft, stage=Stage.EDITING, slot=heard.value)
    return tell(asking, Reply((Say(f"edit.{heard.value}"),), (BACK,)))


def _take_out(prompts: Prompts, draft: Draft) -> Decision:
    """Blank every span that gives the reporter away, in whichever message it stands."""
    spans = [it.span for it in prompts.triage(draft).identifying]
    fragments, start = [], 0
    for fragment in draft.fragments:
        end = start + len(fragment.text)
        inside = [(a - start, b - start) for a, b in spans if start <= a < end]
        fragments.append(replace(fragment, text=_blank(fragment.text, inside)))
        start = end + 1  # the line feed between messages
    return prompts.go_on(judged(replace(draft, fragments=tuple(fragments))), Say("taken_out"))


def choose_area(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """The place is one of those that were offered."""
    return prompts.go_on(replace(_settled(draft, WHERE), area=heard.value))


def choose_category(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """What it is about, other than triage found."""
    return prompts.go_on(replace(draft, category=heard.value))


# --- what became of sending -------------------------------------------------------------------------------------------


def sent(prompts: Prompts, decision: Decision, done: Done) -> Decision:
    """The tip is sent: its receipt is due from now on, and is shown by whoever carries the turn out."""
    opened_by = done.opened_by.isoformat() if done.opened_by else ""
    return Decision(decision.draft.sent(done.seed, done.receiver, opened_by), ())


def sent_too_many(prompts: Prompts, decision: Decision, answer: TooMany) -> Decision:
    """The tip waits as it is."""
    return Decision(decision.draft, (Reply((Say("rate_limit.tips"),)),))


def files_gone(prompts: Prompts, decision: Decision, gone: FilesGone) -> Decision:
    """Files waited too long: the person is told before anything is sent."""
    left = tuple(it for it in decision.draft.files if it not in gone.files)
    return offering(prompts.go_on(replace(decision.draft, files=left), Say("file.gone")))


def _with(draft: Draft, fragment: Fragment) -> Draft:
    return replace(draft, fragments=(*draft.fragments, fragment))


def _settled(draft: Draft, slot: str) -> Draft:
    return replace(draft, settled=(*draft.settled, slot))


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for first, after in sorted(spans, reverse=True):
        text = f"{text[:first]}[…]{text[after:]}"
    return text
