"""What is asked and shown next: the one question, the summary, or once more where we are.

What the text already tells is not asked. What is missing is asked for once, all of it in one turn, and what is not
answered then is skipped: no tip takes more than three turns, the text, one answer, and sending it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tips.intake.draft import Draft, Found, Fragment
from tips.intake.languages import NAMED, Languages
from tips.intake.promise import Promise, promised
from tips.intake.stages import Stage
from tips.intake.summary import (
    ACCUSED,
    CANCEL,
    EXCLUDE,
    HIDE,
    IN_DANGER,
    SUBMIT,
    Names,
    facts_and_readers,
    in_doubt,
    summary,
)
from tips.intake.turns import Decision, Option, Reply, ReplyKind, Say
from tips.intake.who_reads import USUAL, within
from tips.organisation.roster import Roster
from tips.organisation.taxonomy import Flag, has
from tips.organisation.units import UnitKind
from tips.triage import Accusation, AreaFinding, By, Corrections, Triage, Triager, kept
from tips.triage.results import AreaCandidate

WHERE, BOTH = "where", "both"  # what a question is about, beside `ACCUSED`
MENU: Final = "exclude"  # the slot while it is asked who may not read
UNKNOWN: Final = "unknown"  # somebody in office is involved, and the person does not know who

SEND_ANYWAY: Final = Option("send_anyway", Say("option.send_anyway"))
SKIP: Final = Option("skip", Say("option.skip"))
BACK: Final = Option("back", Say("option.back"))
READERS: Final = Option("readers", Say("option.readers"))
NOBODY: Final = Option("no", Say("option.no"))
# Whom a person shuts out, in the order of asking; what each of them means is the conflict table's.
KINDS: Final = (
    "ward_police",
    "district_police",
    "city_department",
    "city_police_leadership",
    "ward_peoples_committee",
    "branch",
    "management",
    "other_official",
    UNKNOWN,
)


def _nothing(lang: str) -> str:
    """What a home says that has no text of its own."""
    return ""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Decides what is shown; holds only what it asks: triage, the roster, and names for people."""

    newest_triager: Callable[[], Triager]  # of the organisation in force
    roster: Callable[[], Roster]  # the newest verified version: who has a key, and who could use it
    unit_name: Callable[[str], Say]  # a unit's name for people, by code
    operator: Callable[[str], Say]  # who runs the intake machine, as people are told, by language
    web: str  # the address of the web chat, which no messenger overhears
    languages: Languages
    contact: Callable[[str], str] = _nothing  # how to reach them
    notice: Callable[[str], str] = _nothing  # to reporters, for a time

    @property
    def triager(self) -> Triager:
        """Reads texts for the organisation in force."""
        return self.newest_triager()

    @property
    def whom(self) -> tuple[Option, ...]:
        """Whom a person can shut out, of the kinds that this organisation knows."""
        known = self.triager.kinds()
        return tuple(Option(f"exclude:{it}", Say(f"option.exclude.{it}")) for it in KINDS if it in known)

    def triage(self, draft: Draft) -> Triage:
        """The triage of the whole draft, with what the person chose; where nobody names a place, a poster's counts."""
        if draft.found and draft.found.digest == self._digest(draft):
            return self.triager.again(draft.found.triage, draft.kept, draft.let_in)
        chosen = Corrections(
            area=draft.area, category=draft.category, kept=draft.kept, let_in=draft.let_in, danger=draft.danger
        )
        found = self.triager.triage(draft.text, chosen)
        if draft.poster and not (found.area.ward or found.area.district or found.area.outside):
            found = self.triager.triage(draft.text, replace(chosen, area=draft.poster))
        told = draft.category or any(not it.slot for it in draft.fragments)
        return found if told else self.triager.uncategorised(found, draft.let_in)

    def keeping(self, draft: Draft, triage: Triage) -> Draft:
        """The draft with the triage that was shown of it: a press that changes nothing of it triages nothing anew."""
        return replace(draft, found=Found(self._digest(draft), kept.plain(triage)))

    def _digest(self, draft: Draft) -> str:
        """Of all that decides what triage finds in a draft."""
        chosen = (draft.area, draft.category, draft.kept, draft.let_in, draft.danger, draft.poster)
        return _digest(repr((self.triager.version, draft.fragments, chosen)))

    def as_sent(self, draft: Draft, triage: Triage, way: str) -> Triage:
        """The triage of a draft that is sent in one of the `ways`."""
        if way == HIDE.id:
            return self.triager.routed(triage, Accusation(UNKNOWN, by=By.REPORTER), let_in=draft.let_in)
        receiver = way.partition(":")[2]
        return self.triager.routed(triage, let_in=draft.let_in, receiver=receiver) if receiver else triage

    def promise(self, triage: Triage, hide: Promise | None = None) -> Promise:
        """Who will read it and who will not."""
        return promised(self.roster(), triage.route, hide)

    def ways(self, draft: Draft, triage: Triage) -> dict[str, Promise]:
        """The ways to send it, by the option's id, and what each comes to."""
        usual, further = self.promise(triage), dict[str, Promise]()
        if has(triage.category or "", Flag.PROTECTED):
            hide = self.promise(self.as_sent(draft, triage, HIDE.id))
            if not set(hide.excluded) <= set(usual.excluded):
                further[HIDE.id] = hide
        for code in triage.wanted:
            way = f"{SUBMIT.id}:{code}"
            wished = self.promise(self.as_sent(draft, triage, way))
            if wished.owner == code != usual.owner:
                further[way] = wished
        return {SUBMIT.id: replace(usual, hide=further.get(HIDE.id)), **further}

    def would_read(self, text: str) -> tuple[Say, ...]:
        """Who would read a tip of these words; nothing of them is kept."""
        draft = Draft(bytes(32), fragments=(Fragment(text),))
        triage = self.triager.triage(text)
        named = [it for it in self.triager.offices(text) if not {*it.units} & {*triage.wanted}]
        triage = self.triager.routed(triage, *named)
        length = within(self.triager.terms, triage.urgency or USUAL)
        lists = facts_and_readers(draft, triage, {SUBMIT.id: self.promise(triage)}, self._names)
        opened = Say("whoreads.opened", {"length": Say(f"whoreads.{length.unit}", {"n": str(length.number)})})
        return (*lists, opened, Say("whoreads.not_kept"))

    @property
    def _names(self) -> Names:
        every = {
            str(kind): frozenset(it.code for it in self.triager.units() if it.kind == kind)
            for kind in (UnitKind.AREA_DESK, UnitKind.WARD_POLICE)
        }
        return Names(self.unit_name, self.triager.area_name, every)

    def language_options(self, draft: Draft) -> tuple[Option, ...]:
        """The way to every other language."""
        return tuple(it for it in self.every_language() if it.id != f"{NAMED}:{draft.lang}")

    def every_language(self) -> tuple[Option, ...]:
        """The way to every language, by the name that its speakers give it."""
        rows = (row for row in self.languages.table if row.code in self.languages.spoken)
        return tuple(Option(f"{NAMED}:{row.code}", Say("plain", {"text": row.name})) for row in rows)

    def overheard(self) -> Say:
        """What a messenger knows, and where it knows nothing."""
        return Say("warn.messenger", {"address": self.web})

    # --- what comes next ----------------------------------------------------------------------------------------

    def go_on(
        self,
        draft: Draft,
        *first: Say,
        known: Triage | None = None,
        places: Sequence[AreaCandidate] = (),
        more: Sequence[Reply] = (),
    ) -> Decision:
        """Ask for what is missing, or show the summary; danger is answered before anything is asked.

        Args:
            first: what is said before.
            known: the triage of this draft, where it was made already.
            places: which of them is meant was not clear: they stand under the summary.
            more: what is shown after the summary.
        """
        hardened = self._hardened(draft)
        triage = known if known and hardened.let_in == draft.let_in else self.triage(hardened)
        draft = hardened
        says = [*first, *self.shut_out(_newly_said(draft, triage))]
        about = "" if draft.asked else _missing(draft, triage, areas=self.triager.knows_areas)
        if about:
            pressed = tuple(replace(it, span=None) for it in triage.accusations)
            return self._asked(replace(draft, kept=pressed), triage, about, says)
        return self._summed_up(draft, triage, says, (*_which_place(places), *more))

    def shut_out(self, chosen: Collection[Accusation]) -> tuple[Say, ...]:
        """Whom a choice shut out, by the names of units or kinds."""
        says = []
        for key, them in (
            ("exclude.done", [it for it in chosen if not self.triager.shuts_nobody(it)]),
            ("exclude.not_ours", [it for it in chosen if self.triager.shuts_nobody(it)]),
        ):
            named = tuple(
                self.unit_name(it.units[0]) if len(it.units) == 1 else Say(f"exclude.kind.{it.kind}") for it in them
            )
            says += [Say(key, {"units": named})] if named else []
        return tuple(says)

    def still_let_in(self, let_in: Sequence[str], triage: Triage, accused: Collection[Accusation]) -> tuple[str, ...]:
        """Those let in, units and kinds, whom these accusations of a tip do not shut out again."""
        shut, kinds = self.triager.shut_by(triage, accused), {it.kind for it in accused if it.open}
        return tuple(code for code in let_in if code not in shut and code not in kinds)

    def _hardened(self, draft: Draft) -> Draft:
        """The draft without those let in whom words accuse that were written since: a press answers what was there."""
        new = [it.text for it in draft.fragments if _digest(it.text) not in draft.judged] if draft.let_in else ()
        let_in = draft.let_in
        for words in new:
            found = self.triager.triage(words, Corrections(area=draft.area))
            let_in = self.still_let_in(let_in, found, found.accusations)
        return judged(replace(draft, let_in=let_in)) if new else draft

    def _asked(self, draft: Draft, triage: Triage, about: str, says: Sequence[Say]) -> Decision:
        """The one question: where it was, whether somebody in office is involved, or both."""
        asked = replace(draft, stage=Stage.ASKING, slot=about, asked=(*draft.asked, about))
        asking = self.keeping(asked, triage)
        question = self._question(triage.area.candidates if triage.area.ask else (), about)
        return tell(asking, *self._danger(triage), replace(question, says=(*says, *question.says)))

    def _question(self, places: Sequence[AreaCandidate], about: str) -> Reply:
        where = () if about == ACCUSED else (_where(places),)
        if about == WHERE:
            return Reply(where, (*area_options(places), SKIP, IN_DANGER, CANCEL))
        return Reply((*where, Say("ask.accused")), (*self.whom, NOBODY, SKIP, IN_DANGER, CANCEL))

    def which(self, draft: Draft, found: AreaFinding) -> Decision:
        """Ask which of several places is meant, because the person wants to change it."""
        asking = replace(draft, stage=Stage.ASKING, slot=WHERE, asked=(*draft.asked, WHERE))
        return tell(asking, self._question(found.candidates, WHERE))

    def _summed_up(self, draft: Draft, triage: Triage, says: Sequence[Say], more: Sequence[Reply]) -> Decision:
        """The summary; from now on nothing but a press lets anybody in whom it shuts out."""
        ways = self.ways(draft, triage)
        shown = replace(
            draft,
            stage=Stage.SUMMARY,
            slot="",
            kept=self.triager.pinned(triage),
            promised={way: promise.readers for way, promise in ways.items()},
        )
        reply = summary(shown, triage, ways, self._names)
        return tell(
            self.keeping(shown, triage), replace(reply, says=(*says, *reply.says)), *self._danger(triage), *more
        )

    def _danger(self, triage: Triage) -> tuple[Reply, ...]:
        """Whom to call, in a message of its own; a press says that it is now."""
        if not triage.hotlines:
            return ()
        says = (Say("danger", {"numbers": ", ".join(triage.hotlines)}), Say("danger.numbers"))
        return (Reply(says, () if triage.urgency == "P0" else (IN_DANGER,), ReplyKind.DANGER),)

    # --- where we are -------------------------------------------------------------------------------------------

    def again(self, draft: Draft, *first: Say) -> Decision:
        """Answer something on the way, then show again where we are; nothing of the tip changes."""
        return _AGAIN[draft.counts_as](self, draft, first)

    def _mailbox_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        return tell(draft, Reply((*first, Say("mailbox.ask")), (*_anyway(draft), READERS, EXCLUDE, BACK)))

    def _nothing_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        said = tuple(first) or (Say("anyway"),)
        return tell(draft, Reply(said, (*_anyway(draft), *self.language_options(draft))))

    def _question_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        area = self.triage(draft).area
        question = self._question(area.candidates if area.ask else (), draft.slot)
        named = {it.id for it in question.options}
        still = [it for it in draft.offered if it.startswith("area:") and it not in named]  # around a point on the map
        listed = [Option(it, Say("plain", {"text": self.triager.area_name(it.removeprefix("area:"))})) for it in still]
        options = (*listed, *question.options[:-1], *_anyway(draft), CANCEL)
        return tell(draft, Reply((*first, *question.says), options))

    def _edit_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        menu = self.whom if draft.slot == MENU else ()
        return tell(draft, Reply((*first, Say(f"edit.{draft.slot}")), (*menu, *_anyway(draft), BACK)))

    def _summary_again(self, draft: Draft, first: Sequence[Say]) -> Decision:
        decision = self._summed_up(draft, self.triage(draft), first, ())
        shown, *further = decision.replies
        return replace(decision, replies=(replace(shown, options=(*shown.options, *_anyway(draft))), *further))


def _where(places: Sequence[AreaCandidate]) -> Say:
    """Which of these places it was, or whether the only one; where it was, if none comes into question."""
    if not places:
        return Say("ask.where")
    several = "ask.where.which" if len(places) > 1 else "ask.where.is_it"
    return Say(several, {"places": "; ".join(it.name for it in places)})


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


def judged(draft: Draft) -> Draft:
    """The draft whose words up to here were answered by a press."""
    return replace(draft, judged=tuple(_digest(it.text) for it in draft.fragments))


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def offering(decision: Decision) -> Decision:
    """A decision whose draft knows what can be chosen now; words set aside live while they can still be sent."""
    lists = [[option.id for option in reply.options] for reply in decision.replies if reply.kind != ReplyKind.DANGER]
    offered = tuple(option.id for reply in decision.replies for option in reply.options)
    listed = tuple(next((it for it in reversed(lists) if it), ()))
    aside = decision.draft.aside if SEND_ANYWAY.id in offered else ""
    return replace(decision, draft=replace(decision.draft, offered=offered, listed=listed, aside=aside))


def area_options(areas: Collection[AreaCandidate]) -> list[Option]:
    """Places to choose from."""
    return [Option(f"area:{it.code}", Say("plain", {"text": it.name})) for it in areas]


def _which_place(places: Sequence[AreaCandidate]) -> tuple[Reply, ...]:
    return (Reply((Say("ask.where.which_of"),), tuple(area_options(places)), ReplyKind.BESIDE),) if places else ()


def _missing(draft: Draft, triage: Triage, *, areas: bool) -> str:
    """What is open: the place, whether somebody in office is involved, or both."""
    known = triage.area.ward or triage.area.district or triage.area.outside
    where = areas and not known and WHERE not in draft.settled
    accused = in_doubt(draft, triage)
    return BOTH if where and accused else WHERE if where else ACCUSED if accused else ""


def _newly_said(draft: Draft, triage: Triage) -> list[Accusation]:
    """Whom the person's words shut out and did not before: that is answered."""
    known = [it for it in draft.kept if it.by is By.REPORTER]
    wished = (it for it in triage.accusations if it.by is By.REPORTER and not it.whole)
    return [it for it in wished if not any(it.kind == old.kind and {*it.units} <= {*old.units} for old in known)]


def _anyway(draft: Draft) -> tuple[Option, ...]:
    return (SEND_ANYWAY,) if draft.aside else ()
