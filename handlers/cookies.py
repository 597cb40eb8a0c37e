"""The web chat's cookies: a browser cannot invent a conversation, and no other site or plain connection sets one.

A conversation is 18 random bytes and a tag over them under a key of this run. Without the tag two browsers that send
the same would share what they write; with it, what was not given out here is nobody's, and gets a new conversation.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

CONVERSATION: Final = "c"
PUZZLE: Final = "w"  # what its browser is to solve, or to wait for, while too many write at once
NONCE_CHARS: Final = 24  # 18 random bytes in URL-safe base64
TAG_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Cookies:
    """Gives and recognises them; nothing of it is stored."""

    key: Callable[[], bytes]  # 32 bytes, the same in every process of this run
    https: bool  # pages are only ever seen through TLS

    def made(self) -> str:
        """A new conversation."""
        nonce = secrets.token_urlsafe(NONCE_CHARS * 3 // 4)
        return nonce + self._tag(nonce)

    def conversation(self, request: Request) -> str:
        """The conversation of a browser; empty where it has none, or one that was not made here."""
        token = request.cookies.get(self._name(CONVERSATION), "")
        nonce, tag = token[:NONCE_CHARS], token[NONCE_CHARS:]
        return token if hmac.compare_digest(tag.encode(), self._tag(nonce).encode()) else ""

    def puzzle(self, request: Request) -> str:
        """The puzzle that a browser holds; its own tag says whether it is one."""
        return request.cookies.get(self._name(PUZZLE), "")

    def keep(self, request: Request, response: Response, token: str, puzzle: str | None = None) -> None:
        """Give a browser its conversation, and a puzzle where there is one, unless it has them."""
        for name, value in ((self._name(CONVERSATION), token), (self._name(PUZZLE), puzzle)):
            if value and request.cookies.get(name) != value:
                response.set_cookie(name, value, httponly=True, samesite="strict", secure=self.https, path="/")

    def drop(self, response: Response) -> None:
        """Let a browser forget."""
        for name in map(self._name, (CONVERSATION, PUZZLE)):
            response.delete_cookie(name, path="/", secure=self.https, httponly=True, samesite="strict")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name

    def _tag(self, nonce: str) -> str:
        return hmac.digest(self.key(), b"conversation\0" + nonce.encode(), hashlib.sha256)[:TAG_BYTES].hex()
