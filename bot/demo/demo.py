"""The demo: the product on a throw-away home, with invented tips and logins that everybody may see."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot import logs, new_home, wiring
from bot.commands import people
from bot.demo.history import close_months
from bot.demo.seeding import PEOPLE, SHOWN, seed
from bot.demo.zalo_phone import Phone
from bot.serve import serving, web
from bot.settings import Settings, read
from bot.wiring import Product, open_product
from handlers.desk.login import DemoLogin
from tips.crypto import keys
from tips.crypto.keys import Cost, Identity
from tips.people.founding import Founding

PASSPHRASE: Final = "demo-demo-demo-demo"  # noqa: S105 (shown on the demo's own login page)
CHEAP: Final = Cost(memory=8 * 1024, iterations=1)  # the passphrase is public: stretching it protects nothing
SENTENCE: Final = "ban ma tuy o karaoke duong le van sy q3"
PARTS: Final = frozenset({"intake", "desk", "officers", "clock"})


async def run(environment: Mapping[str, str]) -> int:
    """Found a home, fill it, serve it; everything is erased at the end."""
    logs.configure()
    with _throw_away(environment) as settings:
        listener = serving.listen(settings)
        made = await new_home.initialise(settings, cost=CHEAP, trial=True)
        identities = await _fill(settings, made)
        phone = Phone(settings) if environment.get("ZALO") == "1" else None
        own = phone.settings(settings) if phone else settings
        async with open_product(own, cost=CHEAP) as product:
            ready = asyncio.Event()
            announcing = asyncio.create_task(_announce(settings, ready, phone))
            pages = phone.routes() if phone else []
            await serving.run(product, PARTS, listener, ready, _logins(product, identities), pages)
            await announcing
    return 0


@contextlib.contextmanager
def _throw_away(environment: Mapping[str, str]) -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="tinbao-demo-"))
    try:
        base = read(
            {
                **environment,
                "TINBAO_HOME": str(folder / "home"),
                "TINBAO_SECRETS": str(folder / "secrets"),
                "TINBAO_RUN": str(folder / "run"),
                "TINBAO_DATABASE_URL": "",
                "TINBAO_DRAFTS_URL": "",
                "TINBAO_LISTEN": f"127.0.0.1:{environment.get('PORT', '8138')}",
                "TINBAO_OPERATOR": "",
            },
            demo=True,
        )
        yield base
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _fill(settings: Settings, made: Founding) -> Sequence[Identity]:
    """Enrol everybody in one roster version, then let the tips of the last weeks come in by a moved clock."""
    moved = _MovedClock(wiring.wall_clock())
    async with open_product(settings, now=moved, cost=CHEAP) as product:
        admins = [await product.logins.unlock(name, words) for name, words in made.passphrases.items()]
        joined = await people.enrol(product, admins, PEOPLE, PASSPHRASE)
        identities = [person.identity for person in joined.people]
        await seed(product, identities, moved)
        await close_months(product)
    return identities


class _MovedClock:
    """A clock that the seeding sets; it never runs by itself."""

    def __init__(self, start: datetime) -> None:
        self.start = self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def set_back(self, hours: float) -> None:
        """So many hours before the start."""
        self.moment = self.start - timedelta(hours=hours)


def _logins(product: Product, identities: Sequence[Identity]) -> web.DemoLogins:
    shown = {identity.name: identity for identity in identities if identity.name in SHOWN}

    async def current() -> list[DemoLogin]:
        return [await _login(product, shown[name]) for name in SHOWN]

    return current


async def _login(product: Product, identity: Identity) -> DemoLogin:
    """The code that counts next: the present one, or the following where that was used already."""
    used = (await product.store.accounts.get(identity.name)).totp_step
    at = product.now()
    if int(at.timestamp()) // keys.TOTP_STEP <= used:
        at += timedelta(seconds=keys.TOTP_STEP)
    return DemoLogin(identity.name, PASSPHRASE, keys.totp_code(identity.totp, at))


async def _announce(settings: Settings, ready: asyncio.Event, phone: Phone | None) -> None:
    await ready.wait()
    names = ", ".join(SHOWN)
    print(f"Tin Báo demo. Chat: {settings.public_url}/")
    print(f"  paste: {SENTENCE}")
    print(f"Desk: {settings.public_url}/desk   (the login page shows the one-time codes)")
    print(f"  names: {names}")
    print(f"  passphrase of all: {PASSPHRASE}")
    if phone:
        print(f"Zalo, as on a telephone (an emulator): {phone.address}")
    print("Ctrl-C erases everything.", flush=True)
