"""The conversation: one message in, the next reply out. Pure: no clock, no store, no platform.

A citizen writes freely. What follows is decided by three tables, and by nothing beside them:

- `TABLE`: what was heard, by the stage that the draft counts as (`Draft.counts_as` argues the exceptions);
- `CHOICES`: what was chosen, when it counts, and the step it takes, which for a few of them depends on the stage;
- `ANSWERS`: what is said once an effect was carried out.

A step gives the next draft, what to say (catalogue keys), and at most one effect for `tips.intake.reception`. It may
also give what is heard *then*, in the same turn: the words beside a file, or words that a person insists on. These
go through the tables again.

Two things are decided before the tables. What a text is (`_sense`): a receipt comes before a choice, and a choice
before words, so that nobody tells a code to an office or a command to a case. And its language: a conversation goes
on in that of its first words, until somebody asks for another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tips.crypto import receipt
from tips.intake import numbering, phrases
from tips.intake.anytime_steps import (
    ask_for_receipt,
    at_the_poster,
    cancel,
    cannot_read,
    erase,
    look_up,
    no_such_command,
    not_open,
    resume,
    show_again,
    show_help,
    show_transparency,
    show_who_reads,
    start,
    withheld,
)
from tips.intake.draft import Draft
from tips.intake.exclusion_steps import ask_whom, ask_whom_inside, let_in, nobody, shut_out, shut_out_inside
from tips.intake.language_steps import in_its_language, set_language, told_of_language
from tips.intake.languages import Languages
from tips.intake.mailbox_steps import (
    about_which_tip,
    ask_why,
    explain_inside,
    forget,
    guessed_too_often,
    leave,
    listening,
    no_such_receipt,
    not_posted,
    notify,
    post,
    post_file,
    posted,
    show_mailbox,
    show_proof,
    show_readers,
    silence,
    words_only,
)
from tips.intake.prompts import BOTH, MENU, SEND_ANYWAY, UNKNOWN, WHERE, Prompts, offering
from tips.intake.stages import Heard, Opens, Stage
from tips.intake.summary import ACCUSED, SUBMIT
from tips.intake.tip_steps import (
    add,
    answer,
    ask_for_words,
    beside,
    choose_area,
    choose_category,
    correct,
    edit,
    edit_message,
    explain,
    files_gone,
    in_danger,
    insist,
    open_tip,
    send,
    sent,
    sent_too_many,
    show_next,
    skip,
    take_file,
    turn_down,
    unusable,
    which_ward,
    write_anew,
)
from tips.intake.turns import (
    Answer,
    Decision,
    Done,
    Effect,
    FilesGone,
    Found,
    Inbound,
    Listen,
    LookUp,
    Missing,
    NotAllowed,
    Post,
    ReplyKind,
    Say,
    Submit,
    TooMany,
)

Step = Callable[[Prompts, Draft, Inbound], Decision]
AnswerStep = Callable[[Prompts, Decision, Any], Decision]  # the third is the answer that the row names


def _row(*steps: Step) -> Mapping[Stage, Step]:
    """A row: one step for every stage, or one for each, in their order."""
    return dict(zip(Stage, steps if len(steps) > 1 else steps * len(Stage), strict=True))


# fmt: off
TABLE: Final[Mapping[Heard, Mapping[Stage, Step]]] = {
    #                        IDLE        ASIDE       ASKING      EDITING     SUMMARY     MAILBOX
    Heard.START:           _row(start),
    Heard.RESUME:          _row(start,      show_again, show_again, show_again, resume,     show_again),
    Heard.WORDS:           _row(open_tip,   open_tip,   answer,     write_anew, add,        post),
    Heard.CORRECTION:      _row(open_tip,   open_tip,   correct,    correct,    correct,    post),
    Heard.QUESTION:        _row(open_tip,   open_tip,   explain,    explain,    explain,    explain_inside),
    Heard.RECEIPT:         _row(look_up),
    Heard.UNUSABLE:        _row(ask_for_words),
    Heard.UNKNOWN_COMMAND: _row(no_such_command),
    Heard.EDITED:          _row(edit_message),
    Heard.LOCATION:        _row(which_ward, which_ward, which_ward, which_ward, which_ward, words_only),
    Heard.FILE:            _row(take_file,  take_file,  take_file,  take_file,  take_file,  post_file),
    Heard.TURNED_DOWN:     _row(turn_down),
    Heard.UNSUPPORTED:     _row(cannot_read),
    Heard.WITHHELD:        _row(withheld),
    Heard.EXPIRED:         _row(not_open),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Choice:
    """One option: when it counts, and the step it takes."""

    opens: Opens
    step: Step
    but: Mapping[Stage, Step] = field(default_factory=dict)  # where it takes another


# By an option's id; one that ends in what it is about (`exclude:pc04`) by its words before that, with or without colon.
CHOICES: Final[Mapping[str, Choice]] = {
    "submit": Choice(Opens.WHILE_A_TIP_IS_BEGUN, send),
    "edit": Choice(Opens.WHILE_A_TIP_IS_BEGUN, edit),
    "exclude": Choice(Opens.AT_HAND, ask_whom, {Stage.MAILBOX: ask_whom_inside}),
    "exclude:": Choice(Opens.AT_HAND, shut_out, {Stage.MAILBOX: shut_out_inside}),
    "include:": Choice(Opens.WHILE_SHOWN, let_in),
    "danger": Choice(Opens.WHILE_A_TIP_IS_BEGUN, in_danger),
    "readers": Choice(Opens.WHILE_SHOWN, show_readers),
    "proof": Choice(Opens.WHILE_SHOWN, show_proof),
    "send_anyway": Choice(Opens.WHILE_SHOWN, insist),
    "skip": Choice(Opens.WHILE_SHOWN, skip),
    "area": Choice(Opens.WHILE_SHOWN, choose_area),
    "category": Choice(Opens.WHILE_SHOWN, choose_category),
    "yes": Choice(Opens.WHILE_SHOWN, send),
    "no": Choice(Opens.WHILE_SHOWN, show_next, {Stage.ASKING: nobody}),
    "back": Choice(Opens.WHILE_SHOWN, show_next, {Stage.MAILBOX: leave}),
    "dispute": Choice(Opens.WHILE_SHOWN, ask_why),
    "notify": Choice(Opens.ANYTIME, notify),
    "silence": Choice(Opens.ANYTIME, silence),
    "forget": Choice(Opens.ANYTIME, forget),
    "cancel": Choice(Opens.ANYTIME, cancel),
    "erase": Choice(Opens.ANYTIME, erase),
    "start": Choice(Opens.ANYTIME, start),
    "help": Choice(Opens.ANYTIME, show_help),
    "code": Choice(Opens.ANYTIME, ask_for_receipt),
    "transparency": Choice(Opens.ANYTIME, show_transparency),
    "who_reads": Choice(Opens.ANYTIME, show_who_reads),
    "lang": Choice(Opens.ANYTIME, set_language),
}

ANSWERS: Final[Mapping[tuple[type[Effect], type[Answer]], AnswerStep]] = {
    (Submit, Done): sent,
    (Submit, TooMany): sent_too_many,
    (Submit, FilesGone): files_gone,
    (LookUp, Found): show_mailbox,
    (LookUp, Missing): no_such_receipt,
    (LookUp, TooMany): guessed_too_often,
    (Post, Done): posted,
    (Post, NotAllowed): not_posted,
    (Listen, Done): listening,
    (Listen, Missing): about_which_tip,
}


_OF_MESSENGERS: Final = frozenset({"warn.messenger", "knows.messenger"})  # what is said of what they know


@dataclass(frozen=True, slots=True)
class Conversation(Prompts):
    """Decides replies, by the tables above."""

    def respond(self, draft: Draft, heard: Inbound) -> Decision:
        """The next reply to what was heard."""
        lang = draft.lang or self.languages.source
        here = at_the_poster(self, replace(_by_way_of(heard, draft), lang=lang), heard.place)
        decision = self._taken(here, heard)
        if heard.kind not in {"choose", "withheld"}:  # whoever presses our button was told; nobody can write on here
            decision = self._warned(self._noticed(told_of_language(self, draft, decision), heard))
        if decision.effect is not None:  # what is said then, and so what is offered, is the matter of its answer
            return decision
        return offering(decision)

    def answered(self, decision: Decision, answer: Answer) -> Decision:
        """What a decision comes to, once its effect was carried out; of effects, `Forget` may be left in it."""
        assert decision.effect is not None
        final = ANSWERS[type(decision.effect), type(answer)](self, decision, answer)
        return self._warned(final) if isinstance(decision.effect, LookUp) else final

    def _warned(self, decision: Decision) -> Decision:
        """Whoever writes through a messenger is told with the first reply, and once, that it overhears them."""
        draft = decision.draft
        if not draft.messenger or "messenger" in draft.notices_given or not decision.replies:
            return decision
        told = replace(draft, notices_given=(*draft.notices_given, "messenger"))
        if any(say.key in _OF_MESSENGERS for reply in decision.replies for say in reply.says):
            return replace(decision, draft=told)
        replies = list(decision.replies)
        at = next((at for at, it in enumerate(replies) if it.kind is not ReplyKind.DANGER), 0)
        replies[at] = replace(replies[at], says=(self.overheard(), *replies[at].says))
        return replace(decision, draft=told, replies=tuple(replies))

    def _noticed(self, decision: Decision, heard: Inbound) -> Decision:
        """What the home has to say to everybody for a time: with the first reply, and once; no message of its own.

        Beside a messenger the first words stand there before anybody writes any.
        """
        if not (decision.draft.messenger or heard.kind == "start"):
            return decision
        draft, replies = decision.draft, list(decision.replies)
        at = next((at for at, it in enumerate(replies) if it.kind is not ReplyKind.DANGER), None)
        words = self.notice(draft.lang) if at is not None and "notice" not in draft.notices_given else ""
        if at is None or not words:
            return decision
        replies[at] = replace(replies[at], says=(Say("notice", {"text": words}), *replies[at].says))
        told = replace(draft, notices_given=(*draft.notices_given, "notice"))
        return replace(decision, draft=told, replies=tuple(replies))

    def _taken(self, draft: Draft, heard: Inbound) -> Decision:
        """The step that the tables name, and those that follow in the same turn."""
        draft, heard = _understood(self.languages, draft, heard)
        decision = _step(draft, heard)(self, draft, heard)
        if decision.then is None:
            return decision
        further = self._taken(decision.draft, decision.then)
        return replace(further, replies=(*decision.replies, *further.replies))


def _by_way_of(heard: Inbound, draft: Draft) -> Draft:
    """The draft of a conversation whose platform can do what this message's can."""
    return replace(draft, messenger=heard.messenger, push=heard.push, menus=heard.menus)


def _understood(languages: Languages, draft: Draft, heard: Inbound) -> tuple[Draft, Inbound]:
    """A text as it is kept, and in its language; one that stands for a choice is that choice."""
    if heard.kind not in {"text", "caption"}:
        return draft, heard
    text = phrases.clean(heard.text)
    heard = replace(heard, text=text)
    if unusable(draft, text):
        return draft, heard
    draft = in_its_language(languages, draft, text)
    if heard.kind == "caption":
        return draft, heard
    about = phrases.behind("who_reads", text)
    if about is not None:
        return draft, replace(heard, kind="choose", choice="who_reads", text=about)
    if code := receipt.among_words(text) or receipt.nearly(text):
        return replace(draft, aside=beside(code, text)), replace(heard, text=code)
    meant = receipt.looks_like(text) and not draft.mailbox
    choice = None if meant else languages.asked_for(text) or _typed_choice(draft, text)
    draft = numbering.renumbered(draft, choice)
    return draft, replace(heard, kind="choose", choice=choice, text="") if choice else heard


def _step(draft: Draft, heard: Inbound) -> Step:
    if heard.kind != "choose":
        return TABLE[_sense(draft, heard)][draft.counts_as]
    choice = _choice(heard.choice)
    if choice is None or not _is_open(draft, heard.choice):
        return TABLE[Heard.EXPIRED][draft.counts_as]
    return choice.but.get(draft.counts_as, choice.step)


def _choice(id: str) -> Choice | None:
    """The row of an option's id."""
    name, colon, _ = id.partition(":")
    return CHOICES.get(name + colon) or CHOICES.get(name)


def _sense(draft: Draft, heard: Inbound) -> Heard:
    """What was heard, as the table knows it."""
    if heard.kind == "file":
        return Heard.FILE if heard.file else Heard.TURNED_DOWN
    if heard.kind == "text":
        return _sense_of_text(draft, heard.text)
    if heard.kind == "caption":
        return Heard.UNUSABLE if unusable(draft, heard.text) else _sense_of_words(heard.text)
    return Heard.WORDS if heard.kind == "insisted" else Heard(heard.kind)


def _sense_of_text(draft: Draft, text: str) -> Heard:
    if unusable(draft, text):
        return Heard.UNUSABLE
    if _is_receipt(draft, text):
        return Heard.RECEIPT
    return Heard.UNKNOWN_COMMAND if text.startswith("/") else _sense_of_words(text)


def _sense_of_words(text: str) -> Heard:
    if phrases.correction(text) is not None:
        return Heard.CORRECTION
    return Heard.QUESTION if phrases.question(text) else Heard.WORDS


def _is_receipt(draft: Draft, text: str) -> bool:
    """Whether a text is a receipt, or one with a slip; what is only like one in its groups is words in a mailbox."""
    found = receipt.among_words(text) or receipt.nearly(text)
    return found is not None or (receipt.looks_like(text) and not draft.mailbox)


def _typed_choice(draft: Draft, text: str) -> str | None:
    """The option that a message stands for: its number in a list of choices, or words for it."""
    by_number = numbering.chosen(draft, text)
    if by_number:
        return by_number
    named = phrases.command(text)
    if draft.counts_as is Stage.MAILBOX and draft.aside and (phrases.agrees(text) or named == SUBMIT.id):
        return SEND_ANYWAY.id  # "ok" beside words that wait means them, and is no word of its own
    if draft.counts_as is Stage.ASKING and draft.slot in {ACCUSED, BOTH} and phrases.agrees(text):
        return f"exclude:{UNKNOWN}"
    places = [it for it in draft.offered if it.startswith("area:")]
    if draft.counts_as is Stage.ASKING and draft.slot == WHERE and len(places) == 1 and phrases.agrees(text):
        return places[0]
    if draft.counts_as is Stage.EDITING and draft.slot == MENU and named == "cancel" and not text.startswith("/"):
        return numbering.NO_CHOICE  # "đừng gửi" in answer to "whom not?" is no farewell
    return named if named and (text.startswith("/") or _is_open(draft, named)) else None


def _is_open(draft: Draft, choice: str) -> bool:
    """Whether a choice counts now."""
    several = choice.split()
    if len(several) > 1 and not all(it.startswith("exclude:") for it in several):
        return False
    if all(it in draft.offered for it in several):
        return True
    row = _choice(choice)
    if row is None or row.opens is Opens.WHILE_SHOWN:
        return False
    at_hand = draft.begun or (row.opens is Opens.AT_HAND and bool(draft.mailbox))
    return row.opens is Opens.ANYTIME or at_hand
