"""The desk over HTTP, in this process: a browser, a login, and a form that is sent from the case's own page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from bot.serve import web
from tests.fakes.home import Home
from tips.crypto import keys

CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@asynccontextmanager
async def browser(home: Home, part: str = "desk") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(web.build(home.product, frozenset(part.split(","))))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", follow_redirects=True) as client:
        yield client


async def log_in(client: httpx.AsyncClient, home: Home, name: str, /, **instead: str) -> httpx.Response:
    fields = {
        "name": name,
        "passphrase": home.passphrases[name],
        "code": keys.totp_code(home.people[name].totp, home.clock()),
    }
    return await client.post("/desk/login", data=fields | instead)


async def acts(client: httpx.AsyncClient, case: str, act: str, **fields: str) -> httpx.Response:
    """An act as who was asked about it, and is sure, sends it."""
    csrf = CSRF.search((await client.get(f"/desk/case/{case}")).text)
    data = {"csrf": csrf.group(1) if csrf else "", "sure": "1", **fields}
    return await client.post(f"/desk/case/{case}/{act}", data=data)
