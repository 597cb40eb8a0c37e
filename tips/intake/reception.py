"""Reception: one turn of one citizen.

The draft comes in, the conversation decides, the effect is carried out together with the next draft, and only when
both are durable does anybody answer.

Two messages of one conversation never race: they wait for each other here, and across processes the draft's version
decides. Nothing that a turn rests on is in this process alone.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tips import errors
from tips.cases import deadlines
from tips.cases.case import State
from tips.cases.plaintext import Part
from tips.crypto import receipt, sealing
from tips.crypto.sealing import Random
from tips.evidence.files import MOST, File, Files
from tips.evidence.kinds import TurnedDown
from tips.intake.conversation import (
    ALL,
    Conversation,
    Decision,
    Forget,
    Inbound,
    Listen,
    LookUp,
    Option,
    Post,
    Reply,
    Say,
    Submit,
)
from tips.intake.draft import Draft, Stub
from tips.intake.draft_vault import Held, Vault
from tips.intake.mailbox import Letter, Mailboxes, View
from tips.intake.rate_limits import RateLimits
from tips.intake.reporter_notifications import Address, ReporterNotifications
from tips.intake.submission import Intake
from tips.ports.cases import Change
from tips.ports.process import RunSecrets

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
    repeated: bool = False  # this very message was answered before: show nothing but a due receipt


@dataclass(slots=True)
class _Line:
    """The turns of one conversation that wait for each other, and how many there are."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclass(slots=True)
class Reception:
    """Carries turns out; one for all channels of a process."""

    conversation: Conversation
    intake: Intake
    mailboxes: Mailboxes
    vault: Vault
    files: Files
    reporter_notifications: ReporterNotifications
    secrets: RunSecrets
    rate_limits: RateLimits
    now: Callable[[], datetime]
    random: Random
    welcome_after_loss: Callable[[], bool] = lambda: False  # within 24 h of a cold start
    _lines: dict[bytes, _Line] = field(default_factory=dict)

    def key(self, sender: Sender) -> bytes:
        """The 16 bytes under which a conversation's draft is found."""
        name = f"{sender.channel}\0{sender.id}".encode()
        return hmac.digest(self.secrets.lookup_key(), name, hashlib.sha256)[:16]

    def welcome(self, lang: str) -> Outcome:
        """What is shown to somebody who has said nothing yet; touches nothing."""
        decision = self.conversation.respond(Draft(bytes(32), lang=lang), Inbound("start"))
        return _outcome(decision)

    def excuse(self, error: errors.TinBaoError, lang: str) -> Outcome:
        """What is said when a turn failed: what is known of what was kept, and how to go on."""
        return Outcome((Reply((Say(error.key),)),), "error", lang)

    async def turn(self, sender: Sender, heard: Inbound, lang: str = "vi") -> Outcome:
        """Answer one message; what the answer rests on is durable when this returns.

        Args:
            lang: the language of a new conversation, where the channel knows it.

        Raises:
            StoreUnavailable: nothing was kept and no receipt is due: the person is asked to try again.
            Unsure: it may have been kept; the answer to the next message tells.
        """
        key = self.key(sender)
        if not await self.rate_limits.allow_turn(key):
            return Outcome((Reply((Say("budget.turns"),)),), "busy", lang)
        async with self._alone(key):
            for _ in range(TRIES):
                try:
                    return await self._turn(sender, await self.vault.load(key), heard, lang)
                except errors.Stale:
                    await asyncio.sleep(PAUSE * self.random(1)[0])
        raise errors.StoreUnavailable

    async def current(self, sender: Sender) -> Outcome | None:
        """What a conversation showed last, as far as the draft tells; None: there is none. Changes nothing."""
        held = await self.vault.load(self.key(sender))
        if held.draft is None:
            return None
        if held.draft.due:
            return self._receipts_due(held.key, held.draft)
        return Outcome((), held.draft.stage, held.draft.lang)

    async def references(self, sender: Sender) -> tuple[str, ...]:
        """The references of the last messages of a conversation, as its channel gave them."""
        return (await self.vault.load(self.key(sender))).seen

    async def delivered(self, sender: Sender) -> None:
        """The platform accepted what was due: a draft that held nothing else has done its work and ends."""

        def left(held: Draft) -> Draft | Stub:
            return Stub(held.seen) if held.empty else replace(held, due=())

        await self._rewrite(self.key(sender), lambda held: left(held) if held.due else None)

    async def forget(self, sender: Sender) -> None:
        """Nothing of an unfinished conversation stays but its stub."""
        forgotten = await self._rewrite(self.key(sender), lambda held: Stub(held.seen))
        await self._drop_files(forgotten.files if forgotten else ())

    async def _rewrite(self, key: bytes, made: Callable[[Draft], Draft | Stub | None]) -> Draft | None:
        """Put something in a draft's place, where there is one and something is made of it; the draft that was."""
        async with self._alone(key):
            for _ in range(TRIES):
                held = await self.vault.load(key)
                kept = made(held.draft) if held.draft else None
                try:
                    if kept is not None:
                        await self.vault.save(held, kept)
                except errors.Stale:
                    continue
                return held.draft
        raise errors.StoreUnavailable

    @contextlib.asynccontextmanager
    async def _alone(self, key: bytes) -> AsyncIterator[None]:
        """One turn of a conversation at a time; the others of this process wait in the order they came."""
        line = self._lines.setdefault(key, _Line())
        line.waiting += 1
        try:
            async with line.lock:
                yield
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[key]

    async def _turn(self, sender: Sender, held: Held, heard: Inbound, lang: str) -> Outcome:
        if heard.ref and heard.kind != "edited" and heard.ref in held.seen:
            return self._repeat(held, lang)
        lost = held.draft is None and not held.ended and self.welcome_after_loss()
        current = held.draft or Draft(self.random(32), lang=lang, seen=held.seen)
        if heard.confirms:
            current = replace(current, due=_unconfirmed(current.due, heard.confirms))
        taken = await self._taken(current, heard)
        decision = self.conversation.respond(current.noting(heard.ref), taken)
        try:
            outcome = await self._carry_out(sender, held, decision)
        except errors.Unsure:
            raise
        except errors.TinBaoError:
            await self._drop_files([taken.file] if taken.file else [])
            raise
        if not isinstance(decision.effect, Submit):
            await self._drop_files(it for it in current.files if it not in decision.draft.files)
        if lost:
            outcome = _told_first(Say("drafts_lost"), outcome)
        return _after(self._receipts_due(held.key, current), outcome) if current.due else outcome

    async def _drop_files(self, files: Iterable[File]) -> None:
        """What no draft names any more goes at once; if it cannot, it ends by itself, and the turn stands."""
        with contextlib.suppress(errors.StoreUnavailable):
            await self.files.drop(files)

    def _repeat(self, held: Held, lang: str) -> Outcome:
        """What a platform brings again was answered before: only a receipt that nobody confirmed is shown again."""
        if held.draft is None:
            return Outcome((), "idle", lang, repeated=True)
        if held.draft.due:
            return replace(self._receipts_due(held.key, held.draft), repeated=True)
        return Outcome((), held.draft.stage, held.draft.lang, repeated=True)

    async def _taken(self, current: Draft, heard: Inbound) -> Inbound:
        """What was heard, its file cleaned and sealed for the tip, or the mailbox, that it belongs to."""
        if heard.upload is None:
            return heard
        if len(current.files) >= MOST:
            return replace(heard, problem="too_many", upload=None)
        try:
            own = current.mailbox
            case = await self.mailboxes.case_of(own) if own else receipt.case_id(current.seed)
            return replace(heard, file=await self.files.take(case, heard.upload), upload=None)
        except TurnedDown as turned_down:
            return replace(heard, problem=turned_down.reason, upload=None)

    async def _carry_out(self, sender: Sender, held: Held, decision: Decision) -> Outcome:
        match decision.effect:
            case Submit():
                return await self._submit(held, decision)
            case Forget() if not decision.draft.due:
                await self.vault.save(held, Stub(decision.draft.seen))
                return _outcome(decision)
            case LookUp(typed):
                return _before(decision.replies, await self._look_up(held, decision.draft, typed))
            case Post():
                return _before(decision.replies, await self._post(held, decision.draft, decision.effect))
            case Listen():
                return await self._listen(sender, held, decision.draft, decision.effect)
        await self._keep(held, decision.draft)
        return _outcome(decision)

    async def _submit(self, held: Held, decision: Decision) -> Outcome:
        """Tip and sent draft are one step: whoever reads the draft knows whether its tip is stored."""
        assert isinstance(decision.effect, Submit)
        if not await self.rate_limits.allow_tip(held.key):
            await self._keep(held, decision.draft)
            return _outcome(replace(decision, replies=(Reply((Say("budget.tips"),)),)))
        lost = [it for it in decision.draft.files if not await self.files.whole(it)]
        if lost:
            told = self.conversation.without(decision.draft, lost)
            await self._keep(held, told.draft)
            return _outcome(told)
        sent = decision.draft.sent(self.random(32))
        await self.vault.save(held, sent, self.intake.step(decision.draft, decision.effect.triage))
        return self._receipts_due(held.key, sent, first=len(decision.draft.due))

    async def _look_up(self, held: Held, draft: Draft, typed: str) -> Outcome:
        if not await self.rate_limits.allow_look_up(held.key):
            return await self._no_receipt(held, draft, "receipt.wait")
        try:
            view = await self.mailboxes.read(typed)
        except errors.NotFound:
            await self.rate_limits.note_miss(held.key)
            return await self._no_receipt(held, draft, "receipt.unknown")
        shown = _shown(view, self.conversation, draft.messenger)
        offered = tuple(option.id for option in shown.options)
        inside = replace(draft, stage="mailbox", mailbox=typed, slot="", offered=offered, aside="")
        try:
            await self._keep(held, inside)
        except errors.StoreUnavailable:  # a full disk keeps nobody from reading
            return Outcome((Reply((*shown.says, Say("mailbox.read_only"))),), draft.stage, draft.lang)
        return Outcome((shown,), "mailbox", draft.lang)

    async def _no_receipt(self, held: Held, draft: Draft, key: str) -> Outcome:
        decision = self.conversation.no_receipt(draft, key)
        await self._keep(held, decision.draft)
        return _outcome(decision)

    async def _post(self, held: Held, draft: Draft, post: Post) -> Outcome:
        told = "mailbox.disputed" if post.dispute else "mailbox.added"
        try:
            return await self._told(held, draft, Say(told), await self._posted(draft.mailbox, post))
        except errors.Refused as refused:
            await self._drop_files([post.file] if post.file else [])
            return await self._told(held, draft, Say(refused.key))

    async def _posted(self, mailbox: str, post: Post) -> Change:
        found = self.conversation.triager.triage(post.text) if post.text else None
        if post.dispute and found:
            return await self.mailboxes.dispute(mailbox, post.text, found)
        return await self.mailboxes.addition(mailbox, post.text, found, post.file)

    async def _listen(self, sender: Sender, held: Held, draft: Draft, listen: Listen) -> Outcome:
        """Begin or end to tell a chat of news; ending works at any time and needs no receipt."""
        if not listen.on:
            await self.reporter_notifications.forget(sender.channel, sender.id)
            say = Say("news.forgotten" if listen.everything else "news.silent")
            if not listen.everything or draft.due:
                return await self._told(held, draft, say)
            await self.vault.save(held, Stub(draft.seen))
            return Outcome((Reply((say,)),), "idle", draft.lang)
        case = await self.mailboxes.case_of(draft.mailbox) if draft.mailbox else self._tip_of(held.key, listen.tip)
        if case is None:
            return await self._told(held, draft, Say("news.which"))
        await self.reporter_notifications.ask(case, Address(sender.channel, sender.id, draft.lang))
        return await self._told(held, draft, Say("news.asked"))

    async def _told(self, held: Held, draft: Draft, say: Say, step: Change | None = None) -> Outcome:
        options = (Option("back", Say("option.back")),) if draft.mailbox else ()
        await self._keep(held, replace(draft, offered=tuple(it.id for it in options)), step)
        return Outcome((Reply((say,), options),), draft.stage, draft.lang)

    async def _keep(self, held: Held, draft: Draft, step: Change | None = None) -> None:
        """The next draft; the files that it holds wait as long as it does."""
        await self.files.stay(draft.files)
        await self.vault.save(held, draft, step)

    def _receipts_due(self, key: bytes, held: Draft, first: int = 0) -> Outcome:
        """The receipts that nobody confirmed, from the `first` one on; the newest is the outcome's."""
        seeds = [bytes.fromhex(seed) for seed in held.due[first:]]
        shown = [receipt.of_seed(seed) for seed in seeds]
        says = [Say("receipt", {"code": own.shown}) for own in shown]
        options = (self._tell_me(key, receipt.case_id(seeds[-1])),) if held.messenger else ()
        reply = Reply((*says, Say("receipt.keep")), options)
        return Outcome((reply,), "sent", held.lang, shown[-1].shown, tuple(own.tag for own in shown))

    def _tell_me(self, key: bytes, case: bytes) -> Option:
        """The button under a receipt: it alone remembers which tip it is about, sealed, for this conversation only."""
        sealed = sealing.lock(self.secrets.relay_key(), case, sealing.binding("news button", key=key), self.random)
        return Option(f"notify:{base64.b85encode(sealed).decode()}", Say("option.notify"))

    def _tip_of(self, key: bytes, tip: str) -> bytes | None:
        """The case that such a button is about; None: it is another conversation's, or its key is gone."""
        try:
            sealed = base64.b85decode(tip.encode())
            return sealing.unlock(self.secrets.relay_key(), sealed, sealing.binding("news button", key=key))
        except (ValueError, binascii.Error, errors.NotOpened):
            return None


def _outcome(decision: Decision) -> Outcome:
    return Outcome(decision.replies, decision.draft.stage, decision.draft.lang)


def _told_first(notice: Say, outcome: Outcome) -> Outcome:
    """A notice in front of what is said anyway: a message of its own would cost the platform another round."""
    if not outcome.replies:
        return replace(outcome, replies=(Reply((notice,)),))
    first, *others = outcome.replies
    return replace(outcome, replies=(replace(first, says=(notice, *first.says)), *others))


def _unconfirmed(due: tuple[str, ...], confirmed: tuple[str, ...]) -> tuple[str, ...]:
    """The seeds whose receipts have not arrived; a page that never showed one cannot say that it did."""
    if confirmed == ALL:
        return ()
    return tuple(seed for seed in due if receipt.of_seed(bytes.fromhex(seed)).tag not in confirmed)


def _before(notices: tuple[Reply, ...], outcome: Outcome) -> Outcome:
    """What was said of a file, in front of what became of the words beside it."""
    return replace(outcome, replies=(*notices, *outcome.replies))


def _after(due: Outcome, outcome: Outcome) -> Outcome:
    """What nobody confirmed is shown again before anything else."""
    shown = outcome.receipt or due.receipt
    return replace(outcome, replies=(*due.replies, *outcome.replies), receipt=shown, tags=(*due.tags, *outcome.tags))


def _letter(letter: Letter, named: Callable[[str], Say]) -> list[Say]:
    """What an officer wrote, or that a unit was shut out late, or is no longer."""
    if letter.part == Part.EXCLUSION:
        day = _day(letter.at)
        return [Say("mailbox.exclusion", {"unit": named(code), "day": day}) for code in letter.facts["had"]]
    if letter.part == Part.RESULT:
        return [Say("mailbox.result", {"result": Say(f"result.{letter.facts['result']}"), "text": letter.text})]
    if letter.part == Part.CLEARING:
        units = {name: named(letter.facts[name]) for name in ("cleared", "office")}
        return [Say("mailbox.clearing", units)]
    return [Say(f"mailbox.{letter.part}", {"text": letter.text})]


def _shown(view: View, conversation: Conversation, messenger: bool) -> Reply:
    row = view.case
    facts: Mapping[str, str | Say] = {
        "state": Say(f"state.{row.state}"),
        "unit": conversation.unit_name(row.unit),
        "due": row.due_at.astimezone(deadlines.CITY).strftime("%H:%M %d/%m/%Y") if row.due_at else Say("due.none"),
    }
    says = [Say("mailbox.state", facts)]
    if view.climbed:
        says.append(Say("mailbox.climbed", {"times": str(view.climbed)}))
    says += [say for letter in view.letters for say in _letter(letter, conversation.unit_name)]
    if view.shredded:
        days = {"day": _day(view.shredded), "backups": _day(deadlines.backups_gone(view.shredded))}
        return Reply((says[0], Say("mailbox.shredded", days)), (_BACK,))
    if row.state == State.CLOSED:
        says.append(Say("mailbox.closing", {"day": _day(row.due_at or row.received_at)}))
        return Reply(tuple(says), (_DISPUTE, _BACK) if view.may_dispute else (_BACK,))
    says.append(Say("mailbox.answer_please" if view.awaits_answer else "mailbox.ask"))
    return Reply(tuple(says), (_NOTIFY, _BACK) if messenger else (_BACK,))


_NOTIFY: Final = Option("notify", Say("option.notify"))
_BACK: Final = Option("back", Say("option.back"))
_DISPUTE: Final = Option("dispute", Say("option.dispute"))


def _day(moment: datetime) -> str:
    return moment.astimezone(deadlines.CITY).strftime("%d/%m/%Y")
