"""The conversation: one message in, the next reply out. Pure: no clock, no store, no platform.

A citizen writes freely. What the text already tells is not asked again; what is missing is asked for once, and
a refusal is respected. Every turn gives the next draft, what to say (catalogue keys), and at most one effect for
`tips.intake.submission.reception` to carry out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from tips.crypto import receipt
from tips.evidence.files import MOST, File
from tips.intake import phrases
from tips.intake.draft import MAX_TEXT, Draft, Fragment
from tips.ports.evidence import Upload
from tips.triage import AreaFinding, Corrections, Triage, Triager

ASKED_AT_MOST: Final = 2  # how often a missing place is asked for; everything else once
EDITABLE: Final = frozenset({"what", "where", "when", "who"})  # slots whose words can be written anew
QUESTIONS: Final = ("where", "when")  # in the order of asking; who and what come from the text or an edit
LANGUAGES: Final = ("vi", "en")
ALL: Final = ("1",)  # what a client confirms that keeps no tags
ALWAYS: Final = frozenset(
    {"cancel", "lang", "start", "help", "code", "transparency", "notify", "silence", "forget", "erase"}
)  # open at any moment
_NO_TIP: Final = ("greeting", "status", "how_to", "administrative", "out_of_scope", "spam")


@dataclass(frozen=True, slots=True)
class Say:
    """One paragraph: a catalogue key and what is filled in; a `Say` as a value is translated too."""

    key: str
    params: Mapping[str, str | Say] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """A button: a stable id and its label."""

    id: str
    label: Say


@dataclass(frozen=True, slots=True)
class Reply:
    """One message: paragraphs, and buttons under it."""

    says: tuple[Say, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a channel heard, translated from its platform."""

    kind: Literal["text", "choose", "start", "resume", "location", "file", "unsupported", "edited"]
    text: str = ""  # also a file's caption
    choice: str = ""  # an option's id
    lat: float = 0.0  # degrees
    lon: float = 0.0
    problem: str = ""  # why a file is turned down: a reason of `evidence.REASONS`
    upload: Upload | None = field(default=None, repr=False)  # a file to be cleaned and sealed before this is decided
    file: File | None = field(default=None, repr=False)  # the upload, once that was done
    ref: str = ""  # the platform's id of this message, if it has one
    messenger: bool = False  # it came through a platform that keeps the words and knows who wrote them
    confirms: tuple[str, ...] = ()  # the tags of receipts that have arrived; ALL: whichever are due


@dataclass(frozen=True, slots=True)
class Submit:
    """Effect: the tip is complete and the person wants it sent."""

    triage: Triage


@dataclass(frozen=True, slots=True)
class Forget:
    """Effect: nothing of this draft stays."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """Effect: show the mailbox of a receipt, as it was typed; if there is none, `Conversation.no_receipt` goes on."""

    typed: str


@dataclass(frozen=True, slots=True)
class Post:
    """Effect: put the reporter's words, or a file, into the mailbox in use."""

    text: str = ""
    file: File | None = None
    dispute: bool = False  # these words say why a closing is not accepted


@dataclass(frozen=True, slots=True)
class Listen:
    """Effect: tell this chat when something waits, for the mailbox in use or the tip just sent; or stop telling it."""

    on: bool
    everything: bool = False  # stopping, also forget what this conversation holds
    tip: str = field(default="", repr=False)  # the tip just sent, as the button under its receipt names it


Effect = Submit | Forget | LookUp | Post | Listen | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a turn comes to."""

    draft: Draft
    replies: tuple[Reply, ...]
    effect: Effect = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Decides replies; holds only the triage that it asks."""

    triager: Triager
    unit_name: Callable[[str], Say]  # a unit's name for people, by code
    operator: str  # who runs the intake machine, as people are told
    web: str  # the address of the web chat, which no messenger overhears

    def respond(self, draft: Draft, heard: Inbound) -> Decision:
        """The next reply to what was heard."""
        draft = replace(draft, messenger=heard.messenger)
        decision = _HEARD[heard.kind](self, draft, heard)
        if decision.effect is not None:  # what is said then, and so what is offered, is the effect's matter
            return decision
        return _offering(decision)

    def no_receipt(self, draft: Draft, key: str) -> Decision:
        """Where we are after what was typed opened nothing; it may have been words, and none of them is lost."""
        return _offering(self._again(draft, Say(key)))

    # --- by what was heard ---------------------------------------------------------------------------------

    def _start(self, draft: Draft, heard: Inbound) -> Decision:
        if draft.fragments:
            return self._go_on(replace(draft, mailbox=""), Say("resume"))
        if draft.files:
            return self._after_file(replace(draft, mailbox=""), Say("resume"))
        fresh = replace(draft, stage="idle", mailbox="")
        return _tell(fresh, Reply((Say("welcome"), Say("welcome.ask")), _language(draft)))

    def _resume(self, draft: Draft, heard: Inbound) -> Decision:
        """Show where we are: a page was opened again, or asked again because it saw no answer."""
        if draft.mailbox or draft.aside or draft.stage in {"asking", "editing"}:
            return self._again(draft)
        return self._start(draft, heard)

    def _text(self, draft: Draft, heard: Inbound) -> Decision:
        text = phrases.clean(heard.text)
        problem = _unusable(draft, text)
        if problem:
            return self._again(draft, problem)
        if draft.stage == "idle" and not draft.told and phrases.is_english(text):
            draft = replace(draft, lang="en")
        if receipt.is_receipt(text) or (receipt.looks_like(text) and not draft.mailbox):
            return Decision(replace(draft, aside=text), (), LookUp(text))
        choice = _typed_choice(draft, text)
        if choice:
            return self._choose(draft, replace(heard, kind="choose", choice=choice, text=""))
        if text.startswith("/"):
            return self._again(draft, Say("unknown_command"))
        if draft.mailbox:
            return Decision(replace(draft, slot=""), (), Post(text, dispute=draft.slot == "dispute"))
        return self._words(draft, Fragment(text, ref=heard.ref))

    def _words(self, draft: Draft, fragment: Fragment) -> Decision:
        """Free words, outside a mailbox: a correction, a question, an answer, or a piece of the tip."""
        if draft.fragments:
            corrected = phrases.correction(fragment.text)
            if corrected is not None:
                return self._correct(draft, fragment, corrected)
            topic = phrases.question(fragment.text)
            if topic:
                return self._again(draft, Say(f"answer.{topic}"))
            if draft.stage == "editing" and draft.slot == "what":
                return self._go_on(replace(draft, fragments=(fragment,), stage="summary"))
            if draft.stage in {"asking", "editing"}:
                return self._answer(draft, fragment)
            return self._go_on(_with(draft, fragment))
        return self._open(draft, fragment)

    def _open(self, draft: Draft, fragment: Fragment) -> Decision:
        """The first words of a conversation: a tip, or something that gets an answer and is not kept."""
        topic = phrases.question(fragment.text)
        triage = self.triager.triage(fragment.text)
        if draft.files:  # words beside evidence are a tip, whatever they sound like
            return self._go_on(_with(draft, fragment))
        if topic and triage.intent in _NO_TIP:
            return self._aside(draft, fragment, Say(f"answer.{topic}"))
        if triage.intent in _NO_TIP:
            return self._aside(draft, fragment, Say(f"intent.{triage.intent}"))
        begun = _with(draft, fragment)
        return self._go_on(begun, known=triage if begun.text == fragment.text and not draft.chosen else None)

    def _aside(self, draft: Draft, fragment: Fragment, answer: Say) -> Decision:
        says = (answer,) if "welcome" in draft.told else (Say("hello"), answer)
        kept = replace(draft, stage="aside", aside=fragment.text)
        return _tell(kept, Reply(says, (_SEND_ANYWAY,)))

    def _edited(self, draft: Draft, heard: Inbound) -> Decision:
        text = phrases.clean(heard.text)
        known = [fragment for fragment in draft.fragments if heard.ref and fragment.ref == heard.ref]
        if not known or not text:
            return self._again(draft, Say("edited.unknown"))
        fragments = tuple(
            replace(fragment, text=text) if fragment.ref == heard.ref else fragment for fragment in draft.fragments
        )
        return self._go_on(replace(draft, fragments=fragments), Say("edited"))

    def _location(self, draft: Draft, heard: Inbound) -> Decision:
        if draft.mailbox:
            return self._again(draft, Say("mailbox.words_only"))
        near = self.triager.nearest(heard.lat, heard.lon)
        if not near:
            return self._again(draft, Say("location.outside"))
        asking = replace(draft, stage="asking", slot="where")
        options = [Option(f"area:{it.code}", Say("plain", {"text": it.name})) for it in near]
        return _tell(asking, Reply((Say("location.which"),), (*options, _SKIP)))

    def _file(self, draft: Draft, heard: Inbound) -> Decision:
        """A file that was taken or turned down; its caption counts as words beside it."""
        words = phrases.clean(heard.text)
        alone: tuple[Say, ...] = ()
        if receipt.looks_like(words) or receipt.is_receipt(words):  # no reader of the file may see it
            words, alone = "", (Say("receipt.alone"),)
        if heard.file and draft.mailbox:
            return Decision(draft, (Reply(alone),) if alone else (), Post(words, heard.file))
        if heard.file:
            draft = replace(draft, files=(*draft.files, heard.file))
        notice = Say("file.taken", {"number": str(len(draft.files))}) if heard.file else self._refusal(heard.problem)
        if not words:
            return self._after_file(draft, notice, *alone)
        decision = self._text(draft, replace(heard, kind="text"))
        return replace(decision, replies=(Reply((notice,)), *decision.replies))

    def _refusal(self, problem: str) -> Say:
        return Say(f"file.{problem}", {"most": str(MOST)})

    def _after_file(self, draft: Draft, *notices: Say) -> Decision:
        """A file without words: it is kept, and words are asked for once there are none at all."""
        if draft.fragments or draft.mailbox or not draft.files:
            return self._again(draft, *notices)
        return _tell(draft, Reply((*notices, Say("file.tell")), (_CANCEL,)))

    def _unsupported(self, draft: Draft, heard: Inbound) -> Decision:
        return self._again(draft, Say("unsupported"))

    # --- by what was chosen ----------------------------------------------------------------------------------

    def _choose(self, draft: Draft, heard: Inbound) -> Decision:
        name, _, value = heard.choice.partition(":")
        chosen = _CHOSEN.get(name)
        if chosen is None or not (name in ALWAYS or _offers(draft, heard.choice)):
            return self._again(draft, Say("button.expired"))
        return chosen(self, draft, value)

    def _send(self, draft: Draft, value: str) -> Decision:
        if not draft.fragments:
            return self._again(draft, Say("nothing_to_send"))
        if draft.stage != "summary":  # nobody sends what they have not seen
            return self._go_on(replace(draft, settled=QUESTIONS))
        return Decision(draft, (), Submit(self.triage(draft)))

    def _send_anyway(self, draft: Draft, value: str) -> Decision:
        if not draft.aside:
            return _tell(replace(draft, stage="idle"), Reply((Say("write_again"),)))
        if draft.fragments:
            return self._words(replace(draft, aside=""), Fragment(draft.aside))
        return self._go_on(_with(draft, Fragment(draft.aside)))

    def _skip(self, draft: Draft, value: str) -> Decision:
        return self._go_on(_settled(draft, draft.slot))

    def _back(self, draft: Draft, value: str) -> Decision:
        if draft.mailbox:
            return _tell(replace(draft, mailbox="", stage="idle", slot=""), Reply((Say("mailbox.left"),)))
        return self._go_on(draft)

    def _notify(self, draft: Draft, value: str) -> Decision:
        if not draft.messenger:
            return self._again(draft, Say("news.no_messenger"))
        return Decision(draft, (), Listen(on=True, tip=value))

    def _silence(self, draft: Draft, value: str) -> Decision:
        return Decision(draft, (), Listen(on=False))

    def _forget(self, draft: Draft, value: str) -> Decision:
        return Decision(draft.fresh(draft.seed), (), Listen(on=False, everything=True))

    def _erase(self, draft: Draft, value: str) -> Decision:
        """What a channel does about the messages on the screen is its own matter; here the draft goes."""
        return Decision(draft.fresh(draft.seed), (Reply((Say("erased.draft"),)),), Forget())

    def _dispute(self, draft: Draft, value: str) -> Decision:
        return _tell(replace(draft, slot="dispute"), Reply((Say("mailbox.dispute"),), (_BACK,)))

    def _cancel(self, draft: Draft, value: str) -> Decision:
        return Decision(draft.fresh(draft.seed), (Reply((Say("cancelled"),)),), Forget())

    def _yes(self, draft: Draft, value: str) -> Decision:
        return self._send(draft, value)

    def _no(self, draft: Draft, value: str) -> Decision:
        return self._skip(draft, value) if draft.stage == "asking" else self._go_on(draft)

    def _edit(self, draft: Draft, value: str) -> Decision:
        if value == "identifying":
            return self._take_out(draft)
        if value == "files":
            return self._go_on(replace(draft, files=()), Say("file.dropped"))
        if value not in EDITABLE:
            return self._again(draft, Say("button.expired"))
        asking = replace(draft, stage="editing", slot=value)
        return _tell(asking, Reply((Say(f"edit.{value}"),), (_BACK,)))

    def _take_out(self, draft: Draft) -> Decision:
        """Blank every span that gives the reporter away, in whichever message it stands."""
        spans = [it.span for it in self.triage(draft).identifying]
        fragments, start = [], 0
        for fragment in draft.fragments:
            end = start + len(fragment.text)
            inside = [(a - start, b - start) for a, b in spans if start <= a < end]
            fragments.append(replace(fragment, text=_blank(fragment.text, inside)))
            start = end + 1  # the line feed between messages
        return self._go_on(replace(draft, fragments=tuple(fragments)), Say("taken_out"))

    def _area(self, draft: Draft, value: str) -> Decision:
        return self._go_on(replace(_settled(draft, "where"), area=value))

    def _category(self, draft: Draft, value: str) -> Decision:
        return self._go_on(replace(draft, category=value))

    def _lang(self, draft: Draft, value: str) -> Decision:
        if value not in LANGUAGES:
            return self._again(draft, Say("button.expired"))
        return self._again(replace(draft, lang=value), Say("language_set"))

    def _help(self, draft: Draft, value: str) -> Decision:
        return self._again(draft, Say("help"))

    def _code(self, draft: Draft, value: str) -> Decision:
        return self._again(draft, Say("ask.receipt"))

    def _transparency(self, draft: Draft, value: str) -> Decision:
        says = (
            Say("transparency", {"operator": self.operator}),
            Say("knows.messenger", {"address": self.web}) if draft.messenger else Say("knows.web"),
        )
        return self._again(draft, *says)

    def _restart(self, draft: Draft, value: str) -> Decision:
        return self._start(draft, Inbound("start"))

    def without(self, draft: Draft, lost: Sequence[File]) -> Decision:
        """Where we are after files waited too long and are gone: the person is told before anything is sent."""
        return self._go_on(replace(draft, files=tuple(it for it in draft.files if it not in lost)), Say("file.gone"))

    # --- what comes next --------------------------------------------------------------------------------------

    def triage(self, draft: Draft) -> Triage:
        """The triage of the whole draft, with what the person chose."""
        return self.triager.triage(draft.text, Corrections(area=draft.area, category=draft.category))

    def _answer(self, draft: Draft, fragment: Fragment) -> Decision:
        """Words after a question: its answer, or more of the tip; either way they are kept."""
        with_answer = _with(draft, replace(fragment, slot=draft.slot))
        if draft.slot != "where":
            return self._go_on(_settled(with_answer, draft.slot))
        return self._placed(with_answer, self.triager.resolve_area(fragment.text))

    def _placed(self, draft: Draft, found: AreaFinding) -> Decision:
        code = found.ward or found.district
        if code:
            return self._go_on(replace(_settled(draft, "where"), area=code))
        if found.candidates:
            return self._which(draft, found)
        return self._go_on(draft)

    def _correct(self, draft: Draft, fragment: Fragment, corrected: str) -> Decision:
        found = self.triager.resolve_area(corrected or fragment.text)
        if found.ward or found.district or found.candidates:
            return self._placed(_with(draft, replace(fragment, slot="where")), found)
        return self._go_on(_with(draft, fragment), Say("corrected"))

    def _which(self, draft: Draft, found: AreaFinding) -> Decision:
        asking = replace(draft, stage="asking", slot="where", asked=(*draft.asked, "where"))
        options = [Option(f"area:{it.code}", Say("plain", {"text": it.name})) for it in found.candidates[:10]]
        return _tell(asking, Reply((Say("ask.where.which"),), (*options, _SKIP)))

    def _go_on(self, draft: Draft, *first: Say, known: Triage | None = None) -> Decision:
        """Ask for what is missing, or show the summary; danger comes before everything."""
        triage = known or self.triage(draft)
        says = [*first]
        if triage.hotlines and "danger" not in draft.told:
            says.append(Say("danger", {"numbers": ", ".join(triage.hotlines)}))
            draft = replace(draft, told=(*draft.told, "danger"))
        if draft.messenger and triage.accusations and "messenger" not in draft.told:
            says.append(Say("warn.messenger", {"address": self.web}))
            draft = replace(draft, told=(*draft.told, "messenger"))
        draft = replace(draft, stage="asking")
        for slot in QUESTIONS:
            if self._missing(draft, triage, slot):
                return self._ask(draft, triage, slot, says)
        return _tell(replace(draft, stage="summary", slot=""), self._summary(draft, triage, says))

    def _missing(self, draft: Draft, triage: Triage, slot: str) -> bool:
        if slot in draft.settled:
            return False
        if slot == "when":
            return not triage.slots.when and not triage.ongoing and slot not in draft.asked
        known = triage.area.ward or triage.area.district or triage.area.outside
        return not known and draft.asked.count(slot) < ASKED_AT_MOST

    def _ask(self, draft: Draft, triage: Triage, slot: str, says: Sequence[Say]) -> Decision:
        if slot == "where" and triage.area.ask and triage.area.candidates and slot not in draft.asked:
            decision = self._which(draft, triage.area)
            reply = replace(decision.replies[0], says=(*says, *decision.replies[0].says))
            return replace(decision, replies=(reply,))
        key = f"ask.{slot}.again" if slot in draft.asked else f"ask.{slot}"
        asking = replace(draft, slot=slot, asked=(*draft.asked, slot))
        return _tell(asking, Reply((*says, Say(key)), (_SKIP, _CANCEL)))

    def _summary(self, draft: Draft, triage: Triage, says: Sequence[Say]) -> Reply:
        attached: tuple[Say, ...] = ()
        if draft.files:
            attached = (Say("summary.files", {"number": str(len(draft.files))}),)
        body = Say(
            "summary",
            {
                "text": draft.text,
                "where": self._where(triage),
                "category": Say(f"category.{triage.category}" if triage.category else "category.unknown"),
                "unit": self.unit_name(triage.route.owner),
            },
        )
        closed = tuple(
            Say("summary.excluded", {"kind": Say(f"accused.{kind}")})
            for kind in dict.fromkeys(it.kind for it in triage.accusations)
        )
        options = [_SUBMIT, _EDIT_WHAT, _EDIT_WHERE, _CANCEL]
        warning: tuple[Say, ...] = ()
        if draft.files:
            options.insert(3, _EDIT_FILES)
        if triage.identifying:
            found = "; ".join(f"“{draft.text[a:b]}”" for a, b in (it.span for it in triage.identifying))
            warning = (Say("warn.identifying", {"found": found}),)
            options.insert(1, _TAKE_OUT)
        return Reply((*says, body, *attached, *closed, *warning, Say("summary.ask")), tuple(options))

    def _where(self, triage: Triage) -> str | Say:
        code = triage.area.ward or triage.area.district
        return self.triager.area_name(code) if code else Say("where.unknown")

    def _again(self, draft: Draft, *first: Say) -> Decision:
        """Answer something on the way, then show again where we are; nothing of the tip changes."""
        if draft.mailbox:
            return _tell(draft, Reply((*first, Say("mailbox.ask")), (_BACK,)))
        anyway = (_SEND_ANYWAY,) if draft.aside else ()
        if not draft.fragments:
            said = first or (Say("anyway"),)
            return _tell(draft, Reply(said, (*anyway, *_language(draft))))
        if draft.stage == "asking" and draft.slot:
            return _tell(draft, Reply((*first, Say(f"ask.{draft.slot}")), (_SKIP, *anyway, _CANCEL)))
        if draft.stage == "editing":
            return _tell(draft, Reply((*first, Say(f"edit.{draft.slot}")), (*anyway, _BACK)))
        summary = self._summary(draft, self.triage(draft), first)
        shown = replace(summary, options=(*summary.options, *anyway))
        return _tell(replace(draft, stage="summary"), shown)


_SUBMIT: Final = Option("submit", Say("option.submit"))
_SEND_ANYWAY: Final = Option("send_anyway", Say("option.send_anyway"))
_SKIP: Final = Option("skip", Say("option.skip"))
_BACK: Final = Option("back", Say("option.back"))
_CANCEL: Final = Option("cancel", Say("option.cancel"))
_EDIT_WHAT: Final = Option("edit:what", Say("option.edit.what"))
_EDIT_WHERE: Final = Option("edit:where", Say("option.edit.where"))
_EDIT_FILES: Final = Option("edit:files", Say("option.edit.files"))
_TAKE_OUT: Final = Option("edit:identifying", Say("option.edit.identifying"))

_HEARD: Final = {
    "start": Conversation._start,
    "resume": Conversation._resume,
    "text": Conversation._text,
    "choose": Conversation._choose,
    "edited": Conversation._edited,
    "location": Conversation._location,
    "file": Conversation._file,
    "unsupported": Conversation._unsupported,
}

_CHOSEN: Final = {
    "submit": Conversation._send,
    "send_anyway": Conversation._send_anyway,
    "skip": Conversation._skip,
    "back": Conversation._back,
    "dispute": Conversation._dispute,
    "notify": Conversation._notify,
    "silence": Conversation._silence,
    "forget": Conversation._forget,
    "erase": Conversation._erase,
    "cancel": Conversation._cancel,
    "yes": Conversation._yes,
    "no": Conversation._no,
    "edit": Conversation._edit,
    "area": Conversation._area,
    "category": Conversation._category,
    "lang": Conversation._lang,
    "start": Conversation._restart,
    "help": Conversation._help,
    "code": Conversation._code,
    "transparency": Conversation._transparency,
}


def _offering(decision: Decision) -> Decision:
    """A decision whose draft knows what can be chosen now; words set aside live while they can still be sent."""
    offered = tuple(option.id for reply in decision.replies for option in reply.options)
    aside = decision.draft.aside if "send_anyway" in offered else ""
    return replace(decision, draft=replace(decision.draft, offered=offered, aside=aside))


def _tell(draft: Draft, *replies: Reply) -> Decision:
    told = draft.told if "welcome" in draft.told else (*draft.told, "welcome")
    return Decision(replace(draft, told=told), replies)


def _with(draft: Draft, fragment: Fragment) -> Draft:
    return replace(draft, fragments=(*draft.fragments, fragment))


def _settled(draft: Draft, slot: str) -> Draft:
    return replace(draft, settled=(*draft.settled, slot))


def _language(draft: Draft) -> tuple[Option, ...]:
    other = "en" if draft.lang == "vi" else "vi"
    return (Option(f"lang:{other}", Say(f"option.lang.{other}")),)


def _unusable(draft: Draft, text: str) -> Say | None:
    if not text:
        return Say("empty")
    if len(draft.text) + len(text) > MAX_TEXT:
        return Say("too_long", {"limit": str(MAX_TEXT)})
    return None if phrases.has_words(text) else Say("no_words")


def _typed_choice(draft: Draft, text: str) -> str | None:
    """The option that a message stands for: its number in a list of choices, or words for it."""
    listed = any(choice == "submit" or choice.startswith("area:") for choice in draft.offered)
    if listed and text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= len(draft.offered):
        return draft.offered[int(text) - 1]
    named = phrases.command(text)
    if named is None or _offers(draft, named) or text.startswith("/"):
        return named
    return named if named.partition(":")[0] in ALWAYS else None


def _offers(draft: Draft, choice: str) -> bool:
    """Whether a choice is open now; a tip that has begun can always be sent, edited, or given a place."""
    if choice in draft.offered:
        return True
    return bool(draft.fragments) and choice.startswith(("submit", "edit:"))


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}[…]{text[end:]}"
    return text
