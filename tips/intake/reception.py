"""Reception: one turn of one citizen.

The draft comes in, the conversation decides. Its effect is carried out as far as that can be taken back, the
conversation says what became of it, and the rest of the effect is made durable together with the next draft. Only then
does anybody answer. No word is chosen here: see `conversation`, `notices`.

Two messages of one conversation never race: they wait for each other in the `turn_queue`, and across processes the
draft's version decides. Nothing that a turn rests on is in this process alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from tips import errors
from tips.cases.ledger import SignedEvent
from tips.crypto import receipt
from tips.crypto.sealing import Random
from tips.evidence.files import MOST, File, Files
from tips.evidence.kinds import TurnedDown
from tips.intake import notices
from tips.intake.conversation import Conversation
from tips.intake.draft import Draft, Due, Stub, noted
from tips.intake.draft_vault import StoredDraft, Vault
from tips.intake.mailbox import Mailboxes
from tips.intake.numbering import numbered
from tips.intake.rate_limits import RateLimits
from tips.intake.reporter_notifications import Address, ReporterNotifications
from tips.intake.submission import Intake
from tips.intake.tallies import Tallies
from tips.intake.turn_queue import TurnQueue
from tips.intake.turns import (
    ALL,
    Answer,
    Decision,
    Done,
    FilesGone,
    Forget,
    Found,
    Inbound,
    Listen,
    LookUp,
    Missing,
    NotAllowed,
    Post,
    Reply,
    Submit,
    TooMany,
)
from tips.ports.cases import Change
from tips.ports.desk import Tallied
from tips.transparency.filing import Filed, Filings
from tips.triage import Corrections, Triage

GRACE: Final = timedelta(minutes=2)  # in which whoever took a message may still be answering it
TRIES: Final = 16  # how often a turn starts again when another process was quicker
PAUSE: Final = 0.0002  # seconds, times a random octet: so that two processes do not meet again and again


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a channel talks to; the id never leaves the channel but as a keyed hash."""

    channel: str
    id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a channel shows, and whether a receipt is due."""

    replies: tuple[Reply, ...]
    state: str
    lang: str
    receipt: str | None = field(default=None, repr=False)  # as shown; not None only while it is due
    tags: tuple[str, ...] = field(default=(), repr=False)  # of all receipts that are shown, to confirm them by
    numbers: Mapping[str, int] = field(default_factory=dict)  # by which of them an option can be chosen, by its id
    repeated: bool = False  # this very message was answered before: show nothing but a due receipt

    @property
    def silent(self) -> bool:
        """Whether nothing at all is shown: the message was answered before, and no receipt is due."""
        return self.repeated and self.receipt is None


@dataclass(slots=True)
class Reception:
    """Carries turns out; one for all channels of a process."""

    conversation: Conversation
    intake: Intake
    mailboxes: Mailboxes
    vault: Vault
    files: Files
    filings: Filings
    reporter_notifications: ReporterNotifications
    rate_limits: RateLimits
    now: Callable[[], datetime]
    tallies: Tallies
    random: Random
    queue: TurnQueue = field(default_factory=TurnQueue)

    def key(self, sender: Sender) -> bytes:
        """The 16 bytes under which a conversation's draft is found."""
        return self.vault.key(sender.channel, sender.id)

    def welcome(self, lang: str, place: str = "") -> Outcome:
        """What is shown to somebody who has said nothing yet, and came by a poster of a place; keeps nothing."""
        return _outcome(self.conversation.respond(Draft(bytes(32), lang=lang), Inbound("start", text=place)))

    def opened(self, payload: str) -> str:
        """The code of the place that a poster's link names, and one more came by it; "": it names none."""
        place = self.conversation.triager.area_of_poster(payload) if payload else None
        if place:
            self.tallies.count(Tallied.OPENS, place)
        return place or ""

    def excuse(self, error: errors.TinBaoError, lang: str) -> Outcome:
        """What is said when a turn failed: what is known of what was kept, and how to go on."""
        return Outcome((notices.excuse(error),), "error", lang)

    async def turn(self, sender: Sender, heard: Inbound, lang: str = "") -> Outcome:
        """Answer one message; what the answer rests on is durable when this returns.

        Args:
            lang: the language of a new conversation, where the channel knows it.

        Raises:
            StoreUnavailable: nothing was kept and no receipt is due: the person is asked to try again.
            Unsure: it may have been kept; the answer to the next message tells.
            Pending: the platform brings it again, and whoever took it first may still be answering.
        """
        key = self.key(sender)
        async with self.queue.alone(key):
            stored = await self.vault.load(key)
            repeated = bool(heard.ref) and heard.ref in stored.stub.seen  # what a platform repeats nobody wrote twice
            if not repeated and not await self.rate_limits.allow_turn(key):
                return Outcome((notices.too_many_turns(),), "busy", lang)
            for _ in range(TRIES):
                try:
                    return await self._turn(sender, stored, heard, lang)
                except errors.Stale:
                    await asyncio.sleep(PAUSE * self.random(1)[0])
                    stored = await self.vault.load(key)
        raise errors.StoreUnavailable

    async def current(self, sender: Sender) -> Outcome | None:
        """What a conversation showed last, as far as the draft tells; None: there is none. Changes nothing."""
        stored = await self.vault.load(self.key(sender))
        return self._standing(stored.key, stored.draft) if stored.draft else None

    async def would_send(self, sender: Sender, heard: Inbound) -> bool:
        """Whether a message would send the tip that is begun. Changes nothing."""
        draft = (await self.vault.load(self.key(sender))).draft
        return draft is not None and isinstance(self.conversation.respond(draft, heard).effect, Submit)

    async def references(self, sender: Sender) -> tuple[str, ...]:
        """The references of the last messages of a conversation, as its channel gave them."""
        return (await self.vault.load(self.key(sender))).stub.seen

    async def delivered(self, sender: Sender, ref: str = "", *, receipt: bool = True) -> None:
        """The platform took the whole answer to a message; a draft that held nothing else has done its work and ends.

        Args:
            ref: the message, where its answer is owed.
            receipt: whether what was due is in the answer.
        """
        await self._rewrite(self.key(sender), lambda it: _answered(it, ref, receipt=receipt))

    async def undelivered(self, sender: Sender, ref: str) -> None:
        """The platform did not take the answer to a message, and nobody tries any more: brought again, it is answered.

        What is answered then is where the conversation stands.
        """

        def given_up(it: StoredDraft) -> Draft | Stub | None:
            kept = it.draft or it.stub
            return replace(kept, owed_since=0) if ref and kept.owed == ref else None

        await self._rewrite(self.key(sender), given_up)

    async def forget(self, sender: Sender) -> None:
        """Nothing of an unfinished conversation stays but its stub."""
        forgotten = await self._rewrite(self.key(sender), StoredDraft.ended)
        await self._drop_files(forgotten.files if forgotten else ())

    async def takes(self, sender: Sender, ref: str, *, alone: bool = False, forgetting: bool = False) -> bool:
        """Take a message that its channel answers by itself; its answer is owed until `delivered`. False: it arrived.

        Args:
            alone: as `Inbound.alone`.
            forgetting: nothing of an unfinished conversation stays but its stub.

        Raises:
            Pending: another process may be at it.
        """
        heard, is_new = Inbound("unsupported", ref=ref, owes=True, alone=alone), True

        def taken(it: StoredDraft) -> Draft | Stub | None:
            nonlocal is_new
            is_new = ref not in it.stub.seen or not self._is_answered(replace(it, draft=None), heard)
            kept = it.ended() if forgetting else it.draft or it.stub
            return replace(kept, **self._owing(kept.seen, ref)) if is_new else None

        forgotten = await self._rewrite(self.key(sender), taken, begins=True)
        await self._drop_files(forgotten.files if forgotten and forgetting and is_new else ())
        return is_new

    async def _rewrite(
        self, key: bytes, made: Callable[[StoredDraft], Draft | Stub | None], *, begins: bool = False
    ) -> Draft | None:
        """Put something in a draft's place, where something is made of what is stored; the draft that was.

        Args:
            begins: also where nothing is stored yet.
        """
        async with self.queue.alone(key):
            for _ in range(TRIES):
                stored = await self.vault.load(key)
                kept = made(stored) if stored.size or begins else None
                try:
                    if kept is not None:
                        await self.vault.save(stored, kept)
                except errors.Stale:
                    continue
                return stored.draft
        raise errors.StoreUnavailable

    # --- a turn -------------------------------------------------------------------------------------------------

    async def _turn(self, sender: Sender, stored: StoredDraft, heard: Inbound, lang: str) -> Outcome:
        if heard.ref and heard.ref in stored.stub.seen:
            if self._is_answered(stored, heard):
                return self._repeat(stored, lang)
            heard = replace(heard, kind="resume", upload=None)  # its turn was taken: where we are is its answer
        if heard.kind == "start":
            self.opened(heard.text)
        current = stored.draft or Draft(self.random(32), lang=lang, seen=stored.stub.seen)
        if heard.confirms:
            current = replace(current, due=_unconfirmed(current.due, heard.confirms))
        taken = await self._taken(current, heard)
        decision = self.conversation.respond(self._noting(current, heard), taken)
        try:
            outcome = await self._carry_out(sender, stored, decision)
        except errors.Unsure:
            raise
        except errors.TinBaoError:
            await self._drop_files([taken.file] if taken.file else [])
            raise
        if not isinstance(decision.effect, Submit):
            await self._drop_files(it for it in current.files if it not in decision.draft.files)
        self._tally(sender, stored, current, decision.draft)
        if stored.lost:
            outcome = replace(outcome, replies=notices.drafts_lost(outcome.replies))
        return _after(self._receipts_due(stored.key, current), outcome) if current.due else outcome

    def _tally(self, sender: Sender, stored: StoredDraft, before: Draft, after: Draft) -> None:
        """Count a conversation that begins with this turn, and words that it set aside."""
        if not stored.size:
            self.tallies.count(Tallied.CHANNEL, sender.channel)
            self.tallies.count(Tallied.LANGUAGE, after.lang or self.conversation.languages.source)
        if after.aside and after.aside != before.aside:
            self.tallies.count(Tallied.ASIDE)

    def _noting(self, draft: Draft, heard: Inbound) -> Draft:
        """The draft that knows this message, and whether the channel will say that its answer arrived."""
        return replace(draft, **self._owing(draft.seen, heard.ref)) if heard.owes else draft.noting(heard.ref)

    def _owing(self, seen: tuple[str, ...], ref: str) -> dict[str, Any]:
        """What a draft or stub holds of a message whose answer is owed from now on."""
        kept = seen if ref in seen else noted(seen, ref)
        return {"seen": kept, "owed": ref, "owed_since": int(self.now().timestamp())}

    def _is_answered(self, stored: StoredDraft, heard: Inbound) -> bool:
        """Whether a message that comes again was answered; or what is owed for it is a receipt, which is due anyway.

        Raises:
            Pending: whoever took it may still be answering.
        """
        stub = stored.stub
        if stub.owed != heard.ref or not heard.owes:
            return True
        if not heard.alone and self.now().timestamp() - stub.owed_since < GRACE.total_seconds():
            raise errors.Pending
        return bool(stored.draft and stored.draft.due)

    def _repeat(self, stored: StoredDraft, lang: str) -> Outcome:
        """What a platform brings again was answered before: only a receipt that nobody confirmed is shown again."""
        standing = self._standing(stored.key, stored.draft) if stored.draft else Outcome((), "idle", lang)
        return replace(standing, repeated=True)

    def _standing(self, key: bytes, draft: Draft) -> Outcome:
        """A conversation without a new word: the receipts that are due, or nothing."""
        return self._receipts_due(key, draft) if draft.due else Outcome((), draft.stage, draft.lang)

    async def _taken(self, current: Draft, heard: Inbound) -> Inbound:
        """What was heard, its file cleaned and sealed for the tip, or the mailbox, that it belongs to."""
        if heard.upload is None:
            return heard
        if len(current.files) >= MOST:
            return replace(heard, problem="too_many", upload=None)
        try:
            mailbox = current.mailbox
            case = await self.mailboxes.case_of(mailbox) if mailbox else receipt.case_id(current.seed)
            return replace(heard, file=await self.files.take(case, heard.upload), upload=None)
        except TurnedDown as turned_down:
            return replace(heard, problem=turned_down.reason, upload=None)

    async def _carry_out(self, sender: Sender, stored: StoredDraft, decision: Decision) -> Outcome:
        """The effect, what the conversation says of it, and both made durable as one."""
        answer, step = await self._answer(sender, stored.key, decision)
        final = self.conversation.answered(decision, answer) if answer else decision
        try:
            await self._keep(stored, final, step)
        except errors.StoreUnavailable:  # a full disk keeps nobody from reading
            if not isinstance(answer, Found):
                raise
            final = self.conversation.answered(decision, replace(answer, kept=False))
        if step and isinstance(decision.effect, Submit):
            return self._receipts_due(stored.key, final.draft, first=len(decision.draft.due))
        return _outcome(final)

    async def _keep(self, stored: StoredDraft, decision: Decision, step: Change | None) -> None:
        """The next draft, whose files wait as long as it does; or its stub, if nothing of it is to stay."""
        if isinstance(decision.effect, Forget) and not decision.draft.due:
            await self.vault.save(stored, decision.draft.stub())
            return
        await self.files.stay(decision.draft.files)
        await self.vault.save(stored, decision.draft, step)

    async def _drop_files(self, files: Iterable[File]) -> None:
        """What no draft names any more goes at once; if it cannot, it ends by itself, and the turn stands."""
        with contextlib.suppress(errors.StoreUnavailable):
            await self.files.drop(files)

    # --- effects ------------------------------------------------------------------------------------------------

    async def _answer(self, sender: Sender, key: bytes, decision: Decision) -> tuple[Answer | None, Change | None]:
        """What becomes of an effect, and the step of a case that is stored together with the next draft."""
        draft = decision.draft
        match decision.effect:
            case Submit():
                return await self._submit(key, draft, decision.effect)
            case LookUp(typed, proof=proof):
                return await self._look_up(key, typed, to_keep=proof), None
            case Post():
                return await self._post(draft.mailbox, decision.effect)
            case Listen():
                return await self._listen(sender, draft, decision.effect), None
        return None, None

    async def _submit(self, key: bytes, draft: Draft, submit: Submit) -> tuple[Answer, Change | None]:
        """Tip and sent draft are one step: whoever reads the draft knows whether its tip is stored."""
        if not await self.rate_limits.allow_tip(key):
            return TooMany(), None
        gone = tuple([it for it in draft.files if not await self.files.whole(it)])
        if gone:
            return FilesGone(gone), None
        step = self.intake.step(draft, submit.triage, submit.readers)
        return Done(self.random(32), step.case.unit, step.case.due_at), step

    async def _look_up(self, key: bytes, typed: str, *, to_keep: bool) -> Answer:
        if not await self.rate_limits.allow_look_up(key):
            return TooMany()
        try:
            view = await self.mailboxes.read(typed)
        except errors.NotFound:
            await self.rate_limits.note_miss(key)
            return Missing()
        return Found(view, await self._filed(view.received, to_keep=to_keep) if view.received else None)

    async def _filed(self, received: SignedEvent, *, to_keep: bool) -> Filed | None:
        """How a tip stands in the log; a log that is spoilt keeps nobody from their mailbox."""
        try:
            return await self.filings.filed(received, to_keep=to_keep)
        except errors.StoreUnavailable:
            raise
        except errors.TinBaoError:
            return None

    async def _post(self, mailbox: str, post: Post) -> tuple[Answer, Change | None]:
        found = await self._found(mailbox, post) if post.text or post.shut_out else None
        done = Done(found=found)
        try:
            if post.dispute and found:
                return done, await self.mailboxes.dispute(mailbox, post.text, found)
            return done, await self.mailboxes.addition(mailbox, post.text, found, post.file)
        except errors.Refused as refused:
            await self._drop_files([post.file] if post.file else [])
            return NotAllowed(refused.key), None

    async def _found(self, mailbox: str, post: Post) -> Triage:
        """The triage of words, or a press, for a case: a kind without a name means those of its place.

        And every reader of that kind, whatever place the row tells: nobody signs a row, and who edits it would be read
        past.
        """
        place, readers = await self.mailboxes.about(mailbox)
        triager = self.conversation.triager
        found = triager.triage(post.text, Corrections(area=place, kept=post.shut_out))
        near = found.route.excluded | (triager.shut_anywhere(found.accusations) & readers)
        return replace(found, route=replace(found.route, excluded=near))

    async def _listen(self, sender: Sender, draft: Draft, listen: Listen) -> Answer:
        """Begin or end to tell a chat that something waits; ending works at any time and needs no receipt."""
        if not listen.on:
            await self.reporter_notifications.forget(sender.channel, sender.id)
            return Done()
        if draft.mailbox:
            case: bytes | None = await self.mailboxes.case_of(draft.mailbox)
        else:
            case = self.reporter_notifications.case_of_button(self.key(sender), listen.tip)
        if case is None:
            return Missing()
        await self.reporter_notifications.ask(case, Address(sender.channel, sender.id, draft.lang))
        return Done()

    # --- receipts -----------------------------------------------------------------------------------------------

    def _receipts_due(self, key: bytes, draft: Draft, first: int = 0) -> Outcome:
        """The receipts that nobody confirmed, from the `first` one on; the newest is the outcome's."""
        due = draft.due[first:]
        seeds = [bytes.fromhex(it.seed) for it in due]
        codes = [receipt.of_seed(seed) for seed in seeds]
        button = self.reporter_notifications.button(key, receipt.case_id(seeds[-1])) if _may_press(draft) else ""
        reply = notices.receipts(list(zip(codes, due, strict=True)), self.conversation.unit_name, button)
        return Outcome((reply,), "sent", draft.lang, codes[-1].shown, tuple(it.tag for it in codes))


def _outcome(decision: Decision) -> Outcome:
    draft = decision.draft
    return Outcome(decision.replies, draft.stage, draft.lang, numbers={it: at for at, it in numbered(draft).items()})


def _answered(stored: StoredDraft, ref: str, *, receipt: bool) -> Draft | Stub | None:
    """What is kept once an answer arrived; None: nothing changes."""
    if stored.draft is None:
        return replace(stored.stub, owed="") if ref and stored.stub.owed == ref else None
    left = replace(stored.draft, owed="") if stored.draft.owed == ref else stored.draft
    if receipt and left.due:
        return left.stub() if left.empty else replace(left, due=())
    return left if left is not stored.draft else None


def _may_press(draft: Draft) -> bool:
    """Whether a button can ask to be told of news; it alone knows of which tip, and words do not."""
    return draft.push and not draft.menus


def _unconfirmed(due: tuple[Due, ...], confirmed: tuple[str, ...]) -> tuple[Due, ...]:
    """The receipts that have not arrived; a page that never showed one cannot say that it did."""
    if confirmed == ALL:
        return ()
    return tuple(it for it in due if receipt.of_seed(bytes.fromhex(it.seed)).tag not in confirmed)


def _after(due: Outcome, outcome: Outcome) -> Outcome:
    """What nobody confirmed is shown again before anything else."""
    shown = outcome.receipt or due.receipt
    return replace(outcome, replies=(*due.replies, *outcome.replies), receipt=shown, tags=(*due.tags, *outcome.tags))
