"""Calls of Zalo's servers: one request, one JSON object. HTTP 200 is no success there: each door reads its own codes.

The bot's token is a part of its address, so nothing that is raised here holds an address, and no redirect is followed.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

PATIENCE: Final = 10.0  # seconds for one call, whatever it waits for
LARGEST: Final = 1024 * 1024  # bytes of an answer
ASKED_TO_WAIT: Final = 429


class Unreachable(Exception):
    """No way to the platform, or somebody else answers in its place; of the error only its kind is kept."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    wait: float | None = None  # seconds that it asked to wait


def client() -> httpx.AsyncClient:
    """Asks nobody but whom it is told to: no proxy and no password of the surroundings, no redirect."""
    return httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False)


async def post(http: httpx.AsyncClient, url: str, *, seconds: float = PATIENCE, **content: Any) -> Answer:
    """Ask once.

    Args:
        seconds: how long the answer may take.
        content: `json`, `data` or `headers`, as httpx takes them.

    Raises:
        Unreachable: there is no answer, or one that is no JSON object.
    """
    try:
        async with asyncio.timeout(seconds), http.stream("POST", url, timeout=seconds, **content) as response:
            body = await _read(response)
            return Answer(response.status_code, body, _wait(response.headers.get("retry-after", "")))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
        raise Unreachable(type(error).__name__) from None
    except ValueError:
        raise Unreachable("NoZalo") from None


async def _read(response: httpx.Response) -> dict[str, Any]:
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > LARGEST:
            raise ValueError("a long answer")
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _wait(value: str) -> float | None:
    return float(value) if value.isdecimal() and math.isfinite(float(value)) else None
