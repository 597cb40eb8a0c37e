"""An Official Account of Zalo: what it brings, its one call, and when somebody may be written to unasked.

How long after somebody's last message they may be answered (48 hours or 7 days, as sources have it) is known to Zalo,
which says so with a code of its own. We keep no time of anybody's beside their id, so we ask, and believe the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import httpx

from handlers.text_chat import WORDS_ONLY, TextChat
from handlers.typed import typed
from handlers.zalo import calls
from handlers.zalo.calls import Unreachable
from handlers.zalo.media import Media
from handlers.zalo.payloads import Brought, Payload, object_of, ref_of, text_of, to_hear
from tips.cases import deadlines
from tips.cases.outbox import DELIVERED, GONE, REFUSED, Told, later
from tips.intake.turns import Inbound

CHANNEL: Final = "zalo_oa"
CAN: Final = replace(WORDS_ONLY, places=True)
FAILED: Final = 500  # from this status on Zalo failed itself
WRITTEN: Final = "user_send_"  # how the names of people's messages begin; others tell of our own
# Zalo's codes (developers.zalo.me, Official Account API, error codes).
STALE_TOKEN: Final = frozenset({-124, -216, -220})
UNREACHED: Final = frozenset({-213, -217, -227, -230, -232, -244})  # no follower, blocked, banned, or too long ago
BUSY: Final = frozenset({-32, -200, -211, -218})  # a rate, a quota, or it failed
AT_NIGHT: Final = -234
BUSY_FOR: Final = 60.0  # seconds


class Tokens(Protocol):
    """Where access tokens come from."""

    async def access(self, refused: str = "") -> str:
        """A token to send with; one that Zalo refused is not given again.

        Raises:
            Unreachable: there is none now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of the city's day in which somebody may be written to unasked."""

    first: int
    end: int  # not one of them

    def opens_in(self, now: datetime) -> float:
        """Seconds until they begin; 0 while they last."""
        local = now.astimezone(deadlines.CITY)
        if self.first <= local.hour < self.end:
            return 0.0
        day = local if local.hour < self.first else local + timedelta(days=1)
        return (day.replace(hour=self.first, minute=0, second=0, microsecond=0) - local).total_seconds()


class OfficialAccount:
    """The account's API, and the `Line` to its people."""

    def __init__(self, http: httpx.AsyncClient, api: str, tokens: Tokens) -> None:
        self._http, self._url, self._tokens = http, f"{api}/v3.0/oa/message/cs", tokens

    async def send(self, chat: str, text: str) -> Told:
        """See `text_chat.Line`; a token that expired is renewed, once."""
        try:
            token = await self._tokens.access()
            answer = await self._offer(token, chat, text)
            if _code(answer) in STALE_TOKEN:
                answer = await self._offer(await self._tokens.access(refused=token), chat, text)
        except Unreachable:
            return later()
        return _told(answer)

    async def _offer(self, token: str, chat: str, text: str) -> calls.Answer:
        body = {"recipient": {"user_id": chat}, "message": {"text": text}}
        return await calls.post(self._http, self._url, json=body, headers={"access_token": token})


def _code(answer: calls.Answer) -> int | None:
    """Zalo's code, 0 for a message that was taken; None: it said none."""
    code = answer.body.get("error")
    return code if isinstance(code, int) else None


def _told(answer: calls.Answer) -> Told:
    code = _code(answer)
    if answer.status == calls.ASKED_TO_WAIT or code in BUSY:
        return later(answer.wait or BUSY_FOR)
    if answer.status >= FAILED or code is None or code in STALE_TOKEN:
        return later()
    if code == AT_NIGHT:
        return later(BUSY_FOR * 60)
    if code == 0:
        return DELIVERED
    return GONE if code in UNREACHED else REFUSED


# --- what it brings ---------------------------------------------------------------------------------------------------


def brought(event: Payload) -> list[Brought]:
    """The messages that an event holds: one, or one for each of its files; none where it tells of something else."""
    name, message = text_of(event.get("event_name")), object_of(event.get("message"))
    if name == "follow":
        chat = text_of(object_of(event.get("follower")).get("id"))
        return [Brought(chat, Inbound("start", ref=ref_of(None, event)))] if chat else []
    chat = text_of(object_of(event.get("sender")).get("id"))
    if not chat or not name.startswith(WRITTEN) or "group" in name:
        return []
    ref = ref_of(message.get("msg_id"), event)
    return list(_said(chat, name.removeprefix(WRITTEN), message, ref))


def _said(chat: str, kind: str, message: Payload, ref: str) -> Iterator[Brought]:
    words, attached = text_of(message.get("text")), message.get("attachments")
    payloads = [object_of(object_of(it).get("payload")) for it in (attached if isinstance(attached, list) else [])]
    addresses = [it for payload in payloads if (it := text_of(payload.get("url")))]
    if kind == "location" and payloads:
        yield Brought(chat, _place(object_of(payloads[0].get("coordinates")), ref))
    elif kind in {"image", "audio", "video", "gif", "file"} and addresses:
        for at, address in enumerate(addresses):
            caption, its_ref = ("", f"{ref}+{at}") if at else (words, ref)
            yield Brought(chat, Inbound("file", text=caption, ref=its_ref), address)
    elif words and kind in {"text", "link"}:
        yield Brought(chat, typed(words, ref))
    else:
        yield Brought(chat, Inbound("unsupported", ref=ref))


def _place(coordinates: Payload, ref: str) -> Inbound:
    try:
        lat, lon = (float(text_of(coordinates.get(it)) or str(coordinates.get(it))) for it in ("latitude", "longitude"))
    except ValueError:
        return Inbound("unsupported", ref=ref)
    return Inbound("location", lat=lat, lon=lon, ref=ref)


def left(event: Payload) -> str:
    """Who does not follow the account any more; or nothing."""
    gone = event.get("event_name") == "unfollow"
    return text_of(object_of(event.get("follower")).get("id")) if gone else ""


# --- who answers ------------------------------------------------------------------------------------------------------


class Account:
    """Answers what the account brings."""

    def __init__(self, chat: TextChat, media: Media, hours: Hours, now: Callable[[], datetime]) -> None:
        self._chat, self._media, self._hours, self._now = chat, media, hours, now

    async def hear(self, event: Payload) -> None:
        """Take what was brought, and answer it; see `TextChat.hear`. Whoever leaves is told nothing more, quietly."""
        if chat := left(event):
            await self._chat.channel.reception.reporter_notifications.forget(CHANNEL, chat)
        for found in brought(event):
            await self._chat.hear(to_hear(found, self._media))

    async def tell(self, chat: str, lang: str) -> Told:
        """See `TextChat.tell`; at night it waits for the morning, and what comes too late for Zalo for the mailbox."""
        wait = self._hours.opens_in(self._now())
        return later(wait) if wait else await self._chat.tell(chat, lang)
