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
    transport = httpx.ASGITransport(web.build(home.product, frozenset({part})))
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
    csrf = CSRF.search((await client.get(f"/desk/case/{case}")).text)
    return await client.post(f"/desk/case/{case}/{act}", data={"csrf": csrf.group(1) if csrf else "", **fields})
