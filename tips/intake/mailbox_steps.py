"""Steps in a mailbox, and all that is said of one: what it shows, what became of words for it, and of being told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from tips.cases import deadlines
from tips.cases.case import State
from tips.cases.plaintext import Part
from tips.intake import phrases
from tips.intake.draft import Draft
from tips.intake.mailbox import Letter, View
from tips.intake.prompts import BACK, READERS, SEND_ANYWAY, Prompts, offering, tell
from tips.intake.stages import Stage
from tips.intake.summary import EXCLUDE
from tips.intake.tip_steps import answered, asks_more, caption
from tips.intake.turns import (
    Decision,
    Done,
    Forget,
    Found,
    Inbound,
    Listen,
    LookUp,
    Missing,
    NotAllowed,
    Option,
    Post,
    Reply,
    Say,
    TooMany,
)
from tips.merkle import notes
from tips.organisation.units import HELD
from tips.transparency.filing import Filed

PROOF: Final = Option("proof", Say("option.proof"))
ROOT_SHOWN: Final = 8  # characters of a head's root
NOTIFY: Final = Option("notify", Say("option.notify"))
DISPUTE: Final = Option("dispute", Say("option.dispute"))
ADD_ANYWAY: Final = replace(SEND_ANYWAY, label=Say("option.send_anyway.inside"))


# --- what is heard ----------------------------------------------------------------------------------------------------


def post(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Words for the case's readers; after `dispute` they say why its closing is not accepted."""
    disputes = draft.slot == "dispute" or (DISPUTE.id in draft.offered and phrases.disputes(heard.text))
    return Decision(replace(draft, slot=""), (), Post(heard.text, dispute=disputes))


def post_file(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A file for the case's readers, and the words beside it."""
    words, notices = caption(heard)
    return Decision(draft, (Reply(notices),) if notices else (), Post(words, heard.file))


def explain_inside(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A question about this channel is answered here too; who meant it for the case's readers says so."""
    if asks_more(prompts, heard.text):
        return Decision(draft, (Reply((answered(heard.text),)),), then=replace(heard, kind="insisted"))
    said = (answered(heard.text), Say("mailbox.not_added"))
    return tell(replace(draft, aside=heard.text), Reply(said, (ADD_ANYWAY, BACK)))


def show_readers(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Who reads it; a look-up alone tells nobody."""
    return Decision(draft, (), LookUp(draft.mailbox, readers=True))


def show_proof(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A file that shows others that the tip was taken; who asks for it is told what it is on a seized phone."""
    return Decision(draft, (), LookUp(draft.mailbox, proof=True))


def words_only(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """A point on the map means nothing here."""
    return prompts.again(draft, Say("mailbox.words_only"))


def ask_why(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Why is the closing not accepted?"""
    return tell(replace(draft, slot="dispute"), Reply((Say("mailbox.dispute"),), (BACK,)))


def leave(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Out of the mailbox; back at the tip that was begun before it."""
    left = replace(draft, mailbox="", stage=Stage.IDLE, slot="")
    return prompts.again(left, Say("mailbox.closed")) if left.begun else tell(left, Reply((Say("mailbox.left"),)))


def notify(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Tell this chat when something waits; only some messengers can be asked to."""
    if not draft.push:
        return prompts.again(draft, Say("notify.no_messenger"))
    return Decision(draft, (), Listen(on=True, tip=heard.value))


def silence(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Tell this chat nothing more."""
    return Decision(draft, (), Listen(on=False))


def forget(prompts: Prompts, draft: Draft, heard: Inbound) -> Decision:
    """Tell this chat nothing more, and let the draft go."""
    return Decision(draft.fresh(draft.seed), (), Listen(on=False, everything=True))


# --- what became of it ------------------------------------------------------------------------------------------------


def show_mailbox(prompts: Prompts, decision: Decision, found: Found) -> Decision:
    """The mailbox, or who reads it; one that cannot be kept open now is shown all the same."""
    assert isinstance(decision.effect, LookUp)
    if decision.effect.readers:
        shown = _who_reads(found.view, prompts.unit_name)
        shown = replace(shown, options=(*_dispute(decision.draft), *shown.options))
    elif decision.effect.proof:
        shown = _in_hand(found.filed)
        shown = replace(shown, options=(*_dispute(decision.draft), *shown.options))
    else:
        shown = _shown(found, prompts.unit_name, decision.draft.push)
    if decision.draft.aside and found.kept:
        shown = replace(shown, says=(*shown.says, Say("mailbox.not_added")), options=(ADD_ANYWAY, *shown.options))
    if not found.kept:
        return _after(decision, decision.draft, Reply((*shown.says, Say("mailbox.read_only"))))
    inside = replace(decision.draft, stage=Stage.MAILBOX, mailbox=decision.effect.typed, slot="")
    return offering(_after(decision, inside, shown))


def no_such_receipt(prompts: Prompts, decision: Decision, missing: Missing) -> Decision:
    """What was typed opened nothing; it may have been words, and none of them is lost.

    What the home has to say to everybody is said once more: after a restore it tells since when tips may be lost.
    """
    words, draft = prompts.notice(decision.draft.lang), decision.draft
    if not words:
        return _where_we_are(prompts, decision, Say("receipt.unknown"))
    told = replace(draft, notices_given=tuple(dict.fromkeys((*draft.notices_given, "notice"))))
    further = replace(decision, draft=told)
    return _where_we_are(prompts, further, Say("receipt.unknown"), Say("notice", {"text": words}))


def guessed_too_often(prompts: Prompts, decision: Decision, answer: TooMany) -> Decision:
    """Too many receipts were wrong: nothing was looked up."""
    return _where_we_are(prompts, decision, Say("receipt.wait"))


def posted(prompts: Prompts, decision: Decision, done: Done) -> Decision:
    """Words, a file, or whom the person shuts out, are with the case's readers."""
    assert isinstance(decision.effect, Post)
    if decision.effect.dispute:
        return _briefly(decision, Say("mailbox.disputed"))
    if not decision.effect.text and not decision.effect.shut_out:
        return _briefly(decision, Say("mailbox.added"))
    says = [Say("mailbox.added"), Say("mailbox.your_words", {"text": decision.effect.text})]
    return _briefly(decision, *(says if decision.effect.text else ()), *_changed(prompts, decision.effect, done))


def _changed(prompts: Prompts, post: Post, done: Done) -> list[Say]:
    """What words or a press changed about who reads: whom they accuse or shut out, and whom they ask for in vain."""
    found = done.found
    shut = prompts.shut_out(post.shut_out or (found.accusations if found else ()))
    wanted = found.wanted if found else ()
    asked = [Say("mailbox.wanted", {"units": tuple(map(prompts.unit_name, wanted))})] if wanted else []
    return [*shut, *([Say("mailbox.shut_out")] if shut else []), *asked]


def not_posted(prompts: Prompts, decision: Decision, answer: NotAllowed) -> Decision:
    """The case takes no words now, or no dispute."""
    return _briefly(decision, Say(answer.key))


def listening(prompts: Prompts, decision: Decision, done: Done) -> Decision:
    """This chat is told from now on, or no longer; or it is forgotten."""
    assert isinstance(decision.effect, Listen)
    alone, everything = replace(decision, replies=()), decision.effect.everything
    if decision.effect.on:
        return _briefly(alone, Say("notify.asked"))
    said = _briefly(alone, Say("notify.forgotten" if everything else "notify.silent"))
    return replace(said, effect=Forget() if everything else None)


def about_which_tip(prompts: Prompts, decision: Decision, missing: Missing) -> Decision:
    """It is not known which tip this chat wants to be told of."""
    return _briefly(replace(decision, replies=()), Say("notify.which"))


def _briefly(decision: Decision, *says: Say) -> Decision:
    options = (*_dispute(decision.draft), READERS, EXCLUDE, BACK) if decision.draft.mailbox else ()
    shown = tuple(it.id for it in options)
    draft = replace(decision.draft, offered=shown, listed=shown)
    return _after(decision, draft, Reply(says, options))


def _dispute(draft: Draft) -> tuple[Option, ...]:
    """The way to a review, where it was on offer: nothing that is said in between takes it away."""
    return (DISPUTE,) if DISPUTE.id in draft.offered else ()


def _where_we_are(prompts: Prompts, decision: Decision, *says: Say) -> Decision:
    further = prompts.again(decision.draft, *says)
    return offering(replace(further, replies=(*decision.replies, *further.replies)))


def _after(decision: Decision, draft: Draft, reply: Reply) -> Decision:
    """What was said of a file stands in front of what became of the words beside it."""
    return Decision(draft, (*decision.replies, reply))


# --- what a mailbox shows ---------------------------------------------------------------------------------------------


def _shown(found: Found, named: Callable[[str], Say], push: bool) -> Reply:
    """What the holder of a receipt sees; no unit by its name, for who looks over a shoulder learns nothing by it."""
    view, row = found.view, found.view.case
    says = [_state(view)]
    if view.escalations:
        says.append(Say("mailbox.climbed", {"times": str(view.escalations)}))
    says += [say for letter in view.letters for say in _letter(letter)]
    if view.closed_letters:
        says.append(Say("mailbox.letters_closed", {"number": str(view.closed_letters)}))
    if view.shared:
        says.append(Say("mailbox.shared.some", {"day": _day(view.shared[-1][1])}))
    says += _filed(found.filed)
    if view.shredded:
        days = {"day": _day(view.shredded), "backups": _day(deadlines.backups_gone(view.shredded))}
        return Reply((says[0], Say("mailbox.shredded", days), *_filed(found.filed)), (PROOF, BACK))
    if row.state == State.CLOSED:
        says.append(Say("mailbox.closing", {"day": _day(row.due_at or row.received_at)}))
        return Reply(tuple(says), (*((DISPUTE,) if view.may_dispute else ()), READERS, PROOF, BACK))
    says.append(Say("mailbox.answer_please" if view.awaits_answer else "mailbox.ask"))
    return Reply(tuple(says), (*((NOTIFY,) if push else ()), READERS, EXCLUDE, PROOF, BACK))


def _filed(filed: Filed | None) -> list[Say]:
    """That it is in the log, or by when it will be."""
    if filed is None:
        return []
    if filed.head and filed.number:
        root = notes.encoded(filed.head.root)[:ROOT_SHOWN]
        return [Say("filed", {"number": str(filed.number), "size": str(filed.head.size), "root": root})]
    return [Say("filed.late" if filed.late else "filed.soon", {"at": deadlines.moment(filed.by)})]


def _in_hand(filed: Filed | None) -> Reply:
    """The file, to be kept or shown."""
    if filed is None:
        return Reply((Say("proof.none"),), (BACK,))
    about = "proof.promise" if filed.number is None else "proof.proof"
    return Reply((Say("proof.warning"), Say(about), Say("proof.file", {"text": filed.file.decode()})), (BACK,))


def _state(view: View) -> Say:
    """Where it stands, in a sentence, and what happens next if nobody does anything."""
    row = view.case
    state = Say(f"state.{row.state}")
    if row.state in {State.CLOSED, State.HELD} or row.due_at is None:
        return Say("mailbox.state", {"state": state})
    if view.late:
        return Say("mailbox.state.late", {"state": state})
    key = "mailbox.state.unread" if row.state == State.RECEIVED and not row.opened else "mailbox.state.until"
    return Say(key, {"state": state, "at": deadlines.moment(row.due_at)})


def _who_reads(view: View, named: Callable[[str], Say]) -> Reply:
    """By name who reads it now, who follows while it is late, and who did until they were shut out."""
    later = [named(code) for code in view.later if code != HELD]
    says = [Say("mailbox.readers.nobody_now")]
    if view.readers:
        says = [Say("mailbox.readers", {"units": tuple(map(named, view.readers))})]
    if later:
        says.append(Say("mailbox.readers.later", {"units": tuple(later)}))
    told = {code for it in view.letters if it.part == Part.SHUT_OUT for code in it.facts["excluded"]}
    shut = sorted(told.difference(view.readers, view.later, view.still))
    if view.still:
        says.append(Say("mailbox.readers.still", {"units": tuple(map(named, view.still))}))
    if shut:
        says.append(Say("summary.excluded", {"units": tuple(map(named, shut)), "number": str(len(shut))}))
    says += [Say("mailbox.shared", {"unit": named(code), "day": _day(at)}) for code, at in view.shared]
    says.append(Say("mailbox.readers.nobody_else"))
    for letter in view.letters:
        if letter.part == Part.EXCLUSION:
            day = _day(letter.at)
            says += [Say("mailbox.exclusion", {"unit": named(code), "day": day}) for code in letter.facts["had"]]
        if letter.part == Part.CLEARING:
            says.append(Say("mailbox.clearing", {name: named(letter.facts[name]) for name in ("cleared", "office")}))
    return Reply(tuple(says), (EXCLUDE, BACK))


def _letter(letter: Letter) -> list[Say]:
    """What an officer wrote; or, without a name, that a unit was shut out late, or is to be no longer."""
    if letter.part == Part.SHUT_OUT:
        return []
    if letter.part == Part.EXCLUSION:
        return [Say("mailbox.exclusion.some")]
    if letter.part == Part.RESULT:
        return [Say("mailbox.result", {"result": Say(f"result.{letter.facts['result']}"), "text": letter.text})]
    if letter.part == Part.CLEARING:
        return [Say("mailbox.clearing.some")]
    written = [Say(f"mailbox.{letter.part}", {"text": letter.text})]
    return (
        [*written, Say("mailbox.answered", {"at": deadlines.moment(letter.answered)})] if letter.answered else written
    )


def _day(moment: datetime) -> str:
    return moment.astimezone(deadlines.CITY).strftime("%d/%m/%Y")
