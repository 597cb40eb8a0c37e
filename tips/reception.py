"""Reception: one turn of one citizen.

The draft comes in, the conversation decides, the effect is carried out, the next draft is durable, and only then does
anybody answer.

A draft is sealed under a key that is on no disk and found by a keyed hash of the conversation's id, which stays in
its channel. Two messages of one conversation never race: they wait for each other here, and across processes the
draft's version decides.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from tips import clocks, draft, errors, receipt, sealing
from tips.budget import Budgets
from tips.conversation import (
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
from tips.draft import Draft
from tips.evidence import TurnedDown
from tips.files import MOST, Files
from tips.intake import Intake
from tips.mailbox import Letter, Mailboxes, View
from tips.news import Address, News
from tips.ports import DraftRow, Drafts, RunSecrets
from tips.sealing import Random

T = TypeVar("T")
DRAFT_LIFE: Final = timedelta(hours=24)
RECENT_KEPT: Final = 20_000  # messages of drafts that are gone, remembered against repeats
REMEMBERED: Final = 10_000  # conversations of which something waits in memory: for `send anyway`, or for `notify`
TRIES: Final = 4  # how often a turn starts again when another process was quicker


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
    repeated: bool = False  # this very message was answered before: show nothing but a due receipt


@dataclass(slots=True)
class Reception:
    """Carries turns out; one for all channels of a process."""

    conversation: Conversation
    intake: Intake
    mailboxes: Mailboxes
    drafts: Drafts
    files: Files
    news: News
    secrets: RunSecrets
    budgets: Budgets
    now: Callable[[], datetime]
    random: Random
    welcome_after_loss: Callable[[], bool] = lambda: False  # within 24 h of a cold start
    _turns: dict[bytes, asyncio.Lock] = field(default_factory=dict)
    _asides: OrderedDict[bytes, str] = field(default_factory=OrderedDict)
    _lately: OrderedDict[bytes, bytes] = field(default_factory=OrderedDict)  # the case of the tip that was sent last
    _recent: OrderedDict[tuple[bytes, str], None] = field(default_factory=OrderedDict)

    def key(self, sender: Sender) -> bytes:
        """The 16 bytes under which a conversation's draft is found."""
        name = f"{sender.channel}\0{sender.id}".encode()
        return hmac.digest(self.secrets.lookup_key(), name, hashlib.sha256)[:16]

    def welcome(self, lang: str) -> Outcome:
        """What is shown to somebody who has said nothing yet; touches nothing."""
        decision = self.conversation.respond(Draft(bytes(32), lang=lang), Inbound("start"))
        return _outcome(decision)

    def excuse(self, error: errors.TinBaoError, lang: str) -> Outcome:
        """What is said when a turn failed: nothing was kept, and how to go on."""
        return Outcome((Reply((Say(error.key),)),), "error", lang)

    async def turn(self, sender: Sender, heard: Inbound, lang: str = "vi") -> Outcome:
        """Answer one message; what the answer rests on is durable when this returns.

        Args:
            lang: the language of a new conversation, where the channel knows it.

        Raises:
            StoreUnavailable: nothing was kept and no receipt is due: the person is asked to try again.
        """
        key = self.key(sender)
        if not await self.budgets.allow_turn(key):
            return Outcome((Reply((Say("budget.turns"),)),), "busy", lang)
        async with self._alone(key):
            for _ in range(TRIES):
                try:
                    return await self._turn(sender, key, heard, lang)
                except errors.Stale:
                    continue
        raise errors.StoreUnavailable

    async def current(self, sender: Sender) -> Outcome | None:
        """What a conversation showed last, as far as the draft tells; None: there is none. Changes nothing."""
        key = self.key(sender)
        held, _ = await self._load(key)
        if held is None:
            return None
        held = await self._settled(held)
        if held.due:
            return _receipts_due(held)
        return Outcome((), held.stage, held.lang)

    async def delivered(self, sender: Sender) -> None:
        """The platform accepted what was due: a draft that held nothing else has done its work and goes."""
        key = self.key(sender)
        async with self._alone(key):
            held, version = await self._load(key)
            current = await self._settled(held) if held else None
            if current is None or not current.due:
                return
            if current.fragments or current.mailbox:
                await self._save(key, version, replace(current, due=()))
            else:
                await self.drafts.drop(key)

    async def forget(self, sender: Sender) -> None:
        """Nothing of an unfinished conversation stays."""
        key = self.key(sender)
        async with self._alone(key):
            held, _ = await self._load(key)
            await self.drafts.drop(key)
            self._asides.pop(key, None)
            await self.files.drop(held.files if held else ())

    @asynccontextmanager
    async def _alone(self, key: bytes) -> AsyncIterator[None]:
        lock = self._turns.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._turns.pop(key, None)

    async def _turn(self, sender: Sender, key: bytes, heard: Inbound, lang: str) -> Outcome:
        held, version = await self._load(key)
        if held is None and (key, heard.ref) in self._recent:
            return Outcome((), "idle", lang, repeated=True)
        lost = held is None and self.welcome_after_loss()
        current = await self._settled(held) if held else Draft(self.random(32), lang=lang)
        if heard.ref and heard.kind != "edited" and heard.ref in current.seen:
            return _repeat(current)
        due = _receipts_due(current) if current.due else None
        current = replace(current.noting(heard.ref), aside=self._asides.pop(key, ""))
        decision = self.conversation.respond(current, await self._taken(current, heard))
        outcome = await self._carry_out(sender, key, version, decision)
        if not isinstance(decision.effect, Submit):
            await self.files.drop(it for it in current.files if it not in decision.draft.files)
        self._note(key, heard.ref)
        if lost:
            outcome = _told_first(Say("drafts_lost"), outcome)
        return _after(due, outcome) if due else outcome

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

    async def _settled(self, held: Draft) -> Draft:
        """A draft whose sending was cut off: if its tip is stored, its receipt is due; if not, nothing was sent."""
        if held.stage != "sending":
            return held
        if await self.intake.tips.stored(receipt.case_id(held.seed)):
            return held.sent(self.random(32))
        return replace(held, stage="summary")

    def _note(self, key: bytes, ref: str) -> None:
        """Remember a message beyond its draft: what a platform repeats after the receipt is no new conversation."""
        if ref:
            self._recent[key, ref] = None
            if len(self._recent) > RECENT_KEPT:
                self._recent.popitem(last=False)

    async def _carry_out(self, sender: Sender, key: bytes, version: int, decision: Decision) -> Outcome:
        match decision.effect:
            case Submit():
                return await self._submit(key, version, decision)
            case Forget() if not decision.draft.due:
                await self.drafts.drop(key)
                return _outcome(decision)
            case LookUp(typed):
                return await self._look_up(key, version, decision.draft, typed)
            case Post():
                return await self._post(key, version, decision.draft, decision.effect)
            case Listen():
                return await self._listen(sender, key, version, decision)
        await self._save(key, version, decision.draft)
        return _outcome(decision)

    async def _submit(self, key: bytes, version: int, decision: Decision) -> Outcome:
        assert isinstance(decision.effect, Submit)
        if not await self.budgets.allow_tip(key):
            await self._save(key, version, decision.draft)
            return _outcome(replace(decision, replies=(Reply((Say("budget.tips"),)),)))
        lost = [it for it in decision.draft.files if not await self.files.whole(it)]
        if lost:
            told = self.conversation.without(decision.draft, lost)
            await self._save(key, version, told.draft)
            return _outcome(told)
        # The draft is durable before the tip: if this process dies in between, the seed is still there, and the
        # next message finds out whether the tip of that seed was stored (`_settled`).
        kept = await self._save(key, version, replace(decision.draft, stage="sending"))
        await self.intake.submit(decision.draft, decision.effect.triage)
        sent = decision.draft.sent(self.random(32))
        await self._save(key, kept, sent)
        self._remember(self._lately, key, receipt.case_id(decision.draft.seed))
        return _receipts_due(sent, first=len(decision.draft.due))

    async def _look_up(self, key: bytes, version: int, held: Draft, typed: str) -> Outcome:
        if not await self.budgets.allow_look_up(key):
            return await self._told(key, version, held, Say("receipt.wait"))
        try:
            view = await self.mailboxes.read(typed)
        except errors.NotFound:
            await self.budgets.note_miss(key)
            return await self._told(key, version, held, Say("receipt.unknown"))
        shown = _shown(view, self.conversation, held.messenger)
        offered = tuple(option.id for option in shown.options)
        await self._save(key, version, replace(held, stage="mailbox", mailbox=typed, slot="", offered=offered))
        return Outcome((shown,), "mailbox", held.lang)

    async def _post(self, key: bytes, version: int, held: Draft, post: Post) -> Outcome:
        try:
            if post.file:
                await self.mailboxes.add_file(held.mailbox, post.file)
            if post.text:
                put = self.mailboxes.dispute if post.dispute else self.mailboxes.add
                await put(held.mailbox, post.text, self.conversation.triager.triage(post.text))
        except errors.Refused as refused:
            await self.files.drop([post.file] if post.file else [])
            return await self._told(key, version, held, Say(refused.key))
        return await self._told(key, version, held, Say("mailbox.disputed" if post.dispute else "mailbox.added"))

    async def _listen(self, sender: Sender, key: bytes, version: int, decision: Decision) -> Outcome:
        """Begin or end to tell a chat of news; ending works at any time and needs no receipt."""
        held = decision.draft
        assert isinstance(decision.effect, Listen)
        if not decision.effect.on:
            await self.news.forget(sender.channel, sender.id)
            self._lately.pop(key, None)
            say = Say("news.forgotten" if decision.effect.everything else "news.silent")
            if not decision.effect.everything or held.due:
                return await self._told(key, version, held, say)
            await self.drafts.drop(key)
            return Outcome((Reply((say,)),), "idle", held.lang)
        case = await self.mailboxes.case_of(held.mailbox) if held.mailbox else self._lately.get(key)
        if case is None:
            return await self._told(key, version, held, Say("news.which"))
        await self.news.ask(case, Address(sender.channel, sender.id, held.lang))
        return await self._told(key, version, held, Say("news.asked"))

    async def _told(self, key: bytes, version: int, held: Draft, say: Say) -> Outcome:
        options = (Option("back", Say("option.back")),) if held.mailbox else ()
        await self._save(key, version, replace(held, offered=tuple(it.id for it in options)))
        return Outcome((Reply((say,), options),), held.stage, held.lang)

    async def _load(self, key: bytes) -> tuple[Draft | None, int]:
        row = await self.drafts.get(key)
        if row is None:
            return None, 0
        if row.expires_at <= self.now():
            return None, row.version
        return self._open(row), row.version

    def _open(self, row: DraftRow) -> Draft | None:
        """The draft of a row; None where its key is gone (a power cut): then it is lost, and nobody can read it."""
        found = self.secrets.draft_key(int.from_bytes(row.sealed[:4], "big"))
        if found is None:
            return None
        try:
            plain = sealing.unlock(found[1], row.sealed[4:], sealing.binding("draft", key=row.key))
            return draft.from_bytes(sealing.unpad(plain))
        except errors.NotOpened:
            return None

    async def _save(self, key: bytes, version: int, held: Draft) -> int:
        """Make a draft durable as the next version; that version."""
        current = self.secrets.draft_key()
        assert current is not None
        hour, secret = current
        plain = sealing.pad(held.to_bytes(), 1024)
        sealed = sealing.lock(secret, plain, sealing.binding("draft", key=key), self.random)
        expires = clocks.hour(self.now()) + DRAFT_LIFE + timedelta(hours=1)
        await self.files.stay(held.files)
        await self.drafts.put(DraftRow(key, hour.to_bytes(4, "big") + sealed, version + 1, expires))
        self._remember_aside(key, held.aside)
        return version + 1

    def _remember_aside(self, key: bytes, words: str) -> None:
        if words:
            self._remember(self._asides, key, words)

    @staticmethod
    def _remember(memory: OrderedDict[bytes, T], key: bytes, value: T) -> None:
        memory[key] = value
        if len(memory) > REMEMBERED:
            memory.popitem(last=False)


def _outcome(decision: Decision) -> Outcome:
    return Outcome(decision.replies, decision.draft.stage, decision.draft.lang)


def _receipts_due(held: Draft, first: int = 0) -> Outcome:
    """The receipts that nobody confirmed, from the `first` one on; the newest is the outcome's."""
    shown = [receipt.of_seed(bytes.fromhex(seed)).shown for seed in held.due[first:]]
    says = [Say("receipt", {"code": code}) for code in shown]
    options = (_NOTIFY,) if held.messenger else ()
    return Outcome((Reply((*says, Say("receipt.keep")), options),), "sent", held.lang, shown[-1])


def _repeat(held: Draft) -> Outcome:
    due = _receipts_due(held) if held.due else Outcome((), held.stage, held.lang)
    return replace(due, repeated=True)


def _told_first(notice: Say, outcome: Outcome) -> Outcome:
    """A notice in front of what is said anyway: a message of its own would cost the platform another round."""
    if not outcome.replies:
        return replace(outcome, replies=(Reply((notice,)),))
    first, *others = outcome.replies
    return replace(outcome, replies=(replace(first, says=(notice, *first.says)), *others))


def _after(due: Outcome, outcome: Outcome) -> Outcome:
    """What nobody confirmed is shown again before anything else."""
    return replace(outcome, replies=(*due.replies, *outcome.replies), receipt=outcome.receipt or due.receipt)


def _letter(letter: Letter, named: Callable[[str], Say]) -> list[Say]:
    """What an officer wrote, or that a unit was shut out late, or is no longer."""
    if letter.part == "exclusion":
        day = _day(letter.at)
        return [Say("mailbox.exclusion", {"unit": named(code), "day": day}) for code in letter.facts["had"]]
    if letter.part == "result":
        return [Say("mailbox.result", {"result": Say(f"result.{letter.facts['result']}"), "text": letter.text})]
    if letter.part == "clearing":
        units = {name: named(letter.facts[name]) for name in ("cleared", "office")}
        return [Say("mailbox.clearing", units)]
    return [Say(f"mailbox.{letter.part}", {"text": letter.text})]


def _shown(view: View, conversation: Conversation, messenger: bool) -> Reply:
    row = view.case
    facts: Mapping[str, str | Say] = {
        "state": Say(f"state.{row.state}"),
        "unit": conversation.unit_name(row.unit),
        "due": row.due_at.astimezone(clocks.CITY).strftime("%H:%M %d/%m/%Y") if row.due_at else Say("due.none"),
    }
    says = [Say("mailbox.state", facts)]
    if view.climbed:
        says.append(Say("mailbox.climbed", {"times": str(view.climbed)}))
    says += [say for letter in view.letters for say in _letter(letter, conversation.unit_name)]
    if view.shredded:
        days = {"day": _day(view.shredded), "backups": _day(clocks.backups_gone(view.shredded))}
        return Reply((says[0], Say("mailbox.shredded", days)), (_BACK,))
    if row.state == "closed":
        says.append(Say("mailbox.closing", {"day": _day(row.due_at or row.received_at)}))
        return Reply(tuple(says), (_DISPUTE, _BACK) if view.may_dispute else (_BACK,))
    says.append(Say("mailbox.answer_please" if view.awaits_answer else "mailbox.ask"))
    return Reply(tuple(says), (_NOTIFY, _BACK) if messenger else (_BACK,))


_NOTIFY: Final = Option("notify", Say("option.notify"))
_BACK: Final = Option("back", Say("option.back"))
_DISPUTE: Final = Option("dispute", Say("option.dispute"))


def _day(moment: datetime) -> str:
    return moment.astimezone(clocks.CITY).strftime("%d/%m/%Y")
