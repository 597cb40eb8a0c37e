"""A bot of the Zalo Bot Platform: its calls, what it brings, and who answers it.

Its API looks like Telegram's and can less: no buttons, edits, deletion, uploads or places, and no call to leave a
group. A person's words go out as plain text, never as a parse mode's markup, so that nobody's words look like ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

import locales
from handlers.text_chat import TextChat
from handlers.typed import typed
from handlers.zalo import calls
from handlers.zalo.calls import Unreachable
from handlers.zalo.media import Media
from handlers.zalo.payloads import Brought, Payload, is_object, object_of, ref_of, text_of, to_hear
from tips.cases.outbox import DELIVERED, GONE, REFUSED, Told, later
from tips.intake.turns import Inbound

CHANNEL: Final = "zalo"
IDLE: Final = 408  # nobody wrote while it waited
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
FAILED: Final = 500  # from here on the platform failed itself
WITHHELD: Final = "message.unsupported.received"
GROUPS_KEPT: Final = 1000  # groups that are not told a second time
_NOBODY: Final = ("chat not found", "user not found", "chat_id", "user_id", "block", "recipient")

Watch = Callable[[str], None]  # is told of every call: the kind of trouble, or ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the platform did not do as it was asked."""

    code: int
    description: str = field(repr=False)
    wait: float | None = None


class BotPlatform:
    """The platform's API, and the `Line` to its people."""

    def __init__(self, http: httpx.AsyncClient, api: str, token: str, watch: Watch = lambda kind: None) -> None:
        self._http, self._base, self._watch = http, f"{api}/bot{token}", watch

    async def me(self) -> None:
        """See whether it is the platform that answers, and knows the token.

        Raises:
            Unreachable: it is not, or does not.
        """
        if isinstance(await self._call("getMe", {}, right=lambda it: bool(object_of(it).get("id"))), Refusal):
            raise self._trouble("NoBot")

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have everything brought to this address.

        Raises:
            Unreachable: that is not so now.
        """
        found = await self._call("setWebhook", {"url": url, "secret_token": secret})
        if isinstance(found, Refusal):
            raise self._trouble("NoWebhook")
        if not found:  # anybody says "ok"
            await self.me()

    async def delete_webhook(self) -> None:
        """Have nothing brought: who polls may have no webhook. There may be none."""
        await self._call("deleteWebhook", {})

    async def update(self, seconds: int) -> Payload | None:
        """Wait for what comes next; None: nothing did. It is gone then: the platform asks for no acknowledgement.

        Raises:
            Unreachable: no way to the platform, or it does not let us poll.
        """
        found = await self._call("getUpdates", {"timeout": str(seconds)}, seconds + calls.PATIENCE, is_object)
        if not isinstance(found, Refusal):
            return object_of(found)
        if found.code == IDLE:
            return None
        raise self._trouble("NoUpdates")

    async def send(self, chat: str, text: str) -> Told:
        """See `text_chat.Line`."""
        try:
            found = await self._call("sendMessage", {"chat_id": chat, "text": text})
        except Unreachable:
            return later()
        return _told(found) if isinstance(found, Refusal) else DELIVERED

    async def _call(
        self,
        method: str,
        values: Mapping[str, str],
        seconds: float = calls.PATIENCE,
        right: Callable[[object], bool] = lambda result: True,
    ) -> Any:
        """The result, or a `Refusal`.

        Args:
            right: whether a result is one of this method's; else somebody else answered.

        Raises:
            Unreachable: the platform did not answer, failed itself, or does not know the token.
        """
        try:
            answer = await calls.post(self._http, f"{self._base}/{method}", json=values, seconds=seconds)
        except Unreachable as unreachable:
            raise self._trouble(unreachable.kind) from None
        if answer.body.get("ok") is True and answer.status < FAILED:
            if not right(answer.body.get("result")):
                raise self._trouble("NoZalo")
            self._watch("")
            return answer.body.get("result")
        refusal = _refusal(answer)
        if refusal.code == UNAUTHORIZED or refusal.code >= FAILED:
            raise self._trouble("Unauthorized" if refusal.code == UNAUTHORIZED else "ServerError")
        if "ok" not in answer.body:
            raise self._trouble("NoZalo")
        self._watch("")
        return refusal

    def _trouble(self, kind: str) -> Unreachable:
        self._watch(kind)
        return Unreachable(kind)


def _refusal(answer: calls.Answer) -> Refusal:
    code, more = answer.body.get("error_code"), answer.body.get("parameters")
    asked = more.get("retry_after") if isinstance(more, dict) else None
    wait = float(asked) if isinstance(asked, int | float) else answer.wait
    return Refusal(code if isinstance(code, int) else answer.status, str(answer.body.get("description", "")), wait)


def _told(refusal: Refusal) -> Told:
    """What became of a message that was not taken."""
    said = refusal.description.lower()
    if refusal.code == calls.ASKED_TO_WAIT:
        return later(refusal.wait or 1.0)
    if refusal.code == IDLE or "internal" in said:
        return later()
    return GONE if refusal.code == FORBIDDEN or any(it in said for it in _NOBODY) else REFUSED


# --- what it brings ---------------------------------------------------------------------------------------------------


def brought(payload: object) -> Brought | None:
    """What an update says, bare or in the envelope of an answer; None: nothing that anybody could be answered.

    What a kind of message is tell its fields, for new kinds come under new names.
    """
    update = object_of(payload)
    update = object_of(update.get("result")) or update
    message = object_of(update.get("message"))
    chat, sender = object_of(message.get("chat")), object_of(message.get("from"))
    id_ = text_of(chat.get("id")) or text_of(sender.get("id"))
    if not id_ or sender.get("is_bot") is True:
        return None
    group = text_of(chat.get("chat_type")).upper() not in {"", "PRIVATE"}
    inbound, address = _said(text_of(update.get("event_name")), message)
    return Brought(id_, inbound, address, group)


def _said(event: str, message: Payload) -> tuple[Inbound, str]:
    """What a message says, and where its file is."""
    ref = ref_of(message.get("message_id"), message)
    if event == WITHHELD:
        return Inbound("withheld", ref=ref), ""
    address = next((it for name in ("photo_url", "photo", "voice_url") if (it := text_of(message.get(name)))), "")
    if address:
        return Inbound("file", text=text_of(message.get("caption")), ref=ref), address
    if words := text_of(message.get("text")):
        return typed(words, ref), ""
    return Inbound("unsupported", ref=ref), ""


# --- who answers ------------------------------------------------------------------------------------------------------


class Bot:
    """Answers what the platform brings."""

    def __init__(self, chat: TextChat, media: Media) -> None:
        self._chat, self._media = chat, media
        self._declined: dict[bytes, None] = {}

    async def hear(self, payload: object) -> None:
        """Take what was brought, and answer it; see `TextChat.hear`."""
        found = brought(payload)
        if found is None:
            return
        if found.group:
            await self._decline(found.chat)
            return
        await self._chat.hear(to_hear(found, self._media))

    async def tell(self, chat: str, lang: str) -> Told:
        """See `TextChat.tell`."""
        return await self._chat.tell(chat, lang)

    async def _decline(self, chat: str) -> None:
        """In a group everybody reads along: nothing is taken, and a word says where to write; one word a process."""
        channel = self._chat.channel
        key = channel.reception.key(channel.sender(chat))
        if key in self._declined:
            return
        self._declined[key] = None
        if len(self._declined) > GROUPS_KEPT:
            self._declined.pop(next(iter(self._declined)))
        await self._chat.line.send(chat, locales.say(locales.SOURCE, "group.private"))
