"""`tinbao doctor`: checks what a start would need, and says the remedy of whatever is wrong."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from bot import settings
from bot.settings import Settings
from bot.wiring import Product, open_product
from tips import errors

OLDEST_SANE: Final = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST_ANSWER: Final = 10.0  # seconds
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 (compared, not listened on)
Check = Callable[[Product], Awaitable[str]]


async def check(environment: Mapping[str, str]) -> int:
    """Print a line for each check; 0 where all is well."""
    try:
        own = settings.read(environment)
        async with open_product(own) as product:
            return await _all(own, product)
    except errors.TinBaoError as error:
        print(f"✗ start: {error}")
        return 1


async def _all(own: Settings, product: Product) -> int:
    print("✓ settings, secrets, run folder, database schema, roster")
    print(f"  operator of the intake machine: {own.operator}")
    failed = 0
    for name, run in CHECKS.items():
        try:
            print(f"✓ {name}: {await run(product)}")
        except errors.TinBaoError as error:
            failed += 1
            print(f"✗ {name}: {error}")
    return 1 if failed else 0


async def _clock(product: Product) -> str:
    if product.now() < OLDEST_SANE:
        raise errors.BadSetting("the machine's clock is wrong: set it, or one-time codes and deadlines fail")
    return product.now().isoformat(timespec="seconds")


async def _write(product: Product) -> str:
    await product.store.probe()
    await product.store.drafts.get(bytes(16))
    return "takes a tip; drafts can be reached"


async def _serving(product: Product) -> str:
    """How the process is that serves at this home's address, by its own word."""
    own = product.settings
    host = own.host if own.host != EVERYWHERE else "127.0.0.1"
    report = await asyncio.to_thread(_asked, f"http://{host}:{own.port}/readyz")
    if report is None:
        return f"no Tin Báo serves at port {own.port} now"
    ill = {name: state for name, state in report.items() if state not in {"ok", "up"}}
    if ill:
        said = ", ".join(f"{name}: {state}" for name, state in ill.items())
        raise errors.StoreUnavailable(f"{said}; it goes on trying: check the disk, Valkey, the network and the tokens")
    return ", ".join(f"{name} {state}" for name, state in report.items())


def _asked(address: str) -> dict[str, str] | None:
    """What a process says of itself; None: there is none, or it is somebody else's."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        try:
            answer = opener.open(address, timeout=LONGEST_ANSWER)
        except urllib.error.HTTPError as error:  # 503 says which part is ill
            answer = error
        with answer:
            found: dict[str, str] = json.load(answer)
    except (OSError, ValueError):
        return None
    return found


async def _desks(product: Product) -> str:
    roster = product.roster()
    able = {unit.unit for unit in roster.units}
    if not able:
        raise errors.BadSetting("no unit has a key, every tip waits for the quorum: run `tinbao officer add`")
    return f"{len(able)} units have keys"


async def _ledger(product: Product) -> str:
    report = await product.audit()
    if not report.sound:
        raise errors.NotVerified(f"{len(report.problems)} problems: run `tinbao ledger verify`")
    return f"{report.events} events of {report.cases} cases hold"


async def _late(product: Product) -> str:
    late = await product.store.cases.due(product.now(), 1000)
    return f"{len(late)} cases are late; the clock takes them up" if late else "no case is late"


CHECKS: Final[Mapping[str, Check]] = {
    "clock": _clock,
    "database": _write,
    "serving": _serving,
    "desks": _desks,
    "ledger": _ledger,
    "deadlines": _late,
}
