"""Coming in, while somebody else tries to: guesses end, and neither guessing nor pushing keeps an officer out."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from tests.fakes.desk import browser, log_in
from tests.fakes.home import Home
from tips.crypto import keys
from tips.people import device_cookies, logins

WRONG_WORDS = "0000-0000-0000-0000"


def wrong_code(home: Home, number: int = 0) -> str:
    """Six digits that no step near now has."""
    now = int(home.clock().timestamp())
    near = {keys.totp_code(home.people["an"].totp, home.clock())}
    near |= {keys.totp_code(home.people["an"].totp, home.clock().fromtimestamp(now + at, home.clock().tzinfo))
             for at in (-30, 30)}  # fmt: skip
    return next(code for it in range(number, 1_000_000) if (code := f"{it:06}") not in near)


async def test_who_has_the_passphrase_does_not_guess_the_code(a_home: Home) -> None:
    """After a few wrong codes even the right one is refused, longer each time; the person's own device is let in."""
    async with browser(a_home) as own, browser(a_home) as thief:
        assert (await log_in(own, a_home, "an")).status_code == 200
        a_home.clock.forward(seconds=61)
        for number in range(40):
            assert (await log_in(thief, a_home, "an", code=wrong_code(a_home, number))).status_code == 401
        assert (await log_in(thief, a_home, "an")).status_code == 401
        assert (await log_in(own, a_home, "an")).status_code == 200
        tried = 0
        for _ in range(24):
            a_home.clock.forward(hours=1)
            before = (await a_home.product.store.accounts.get("an")).code_misses
            await log_in(thief, a_home, "an", code=wrong_code(a_home))
            tried += (await a_home.product.store.accounts.get("an")).code_misses - before
        assert tried <= 11  # 30 s, doubled each time up to half a day
        a_home.clock.moment += logins.LONGEST_CODE_WAIT
        assert (await log_in(thief, a_home, "an")).status_code == 200  # whoever has both is who they say


async def test_many_at_once_guess_no_more_codes_than_one_after_the_other(a_home: Home) -> None:
    """A try is counted before the next one begins."""
    async with browser(a_home) as thief:
        for _ in range(5):
            await asyncio.gather(*(log_in(thief, a_home, "an", code=wrong_code(a_home, at)) for at in range(8)))
    assert (await a_home.product.store.accounts.get("an")).code_misses == logins.FREE_TRIES


async def test_without_the_passphrase_nobody_makes_a_code_wait(a_home: Home) -> None:
    """A name alone costs its owner a quarter of an hour on a new device at most."""
    async with browser(a_home) as stranger, browser(a_home) as new:
        for _ in range(16):
            await log_in(stranger, a_home, "an", passphrase=WRONG_WORDS)
            a_home.clock.forward(minutes=16)
        a_home.clock.moment += logins.LONGEST_WAIT
        assert (await log_in(new, a_home, "an")).status_code == 200


async def test_a_known_device_guesses_no_codes_either(a_home: Home) -> None:
    """After ten it is a stranger, and waits as these do."""
    async with browser(a_home) as own:
        await log_in(own, a_home, "an")
        a_home.clock.forward(seconds=61)
        for number in range(device_cookies.TRIES + logins.FREE_TRIES):
            await log_in(own, a_home, "an", code=wrong_code(a_home, number))
        assert (await log_in(own, a_home, "an")).status_code == 401


async def test_a_right_code_on_a_new_device_forgives_the_wrong_ones(a_home: Home) -> None:
    """Slips of a year do not add up."""
    for _ in range(4):
        async with browser(a_home) as new:
            for _ in range(3):
                await log_in(new, a_home, "an", code=wrong_code(a_home))
            a_home.clock.forward(seconds=61)
            assert (await log_in(new, a_home, "an")).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-30, 200), (30, 200), (-120, 401), (-60, 401), (60, 401), (120, 401)])
async def test_a_code_counts_for_its_half_minute_and_the_ones_beside_it(
    a_home: Home, seconds: int, status: int
) -> None:
    """Clocks differ a little; a code that somebody saw two minutes ago, or made for later, opens nothing."""
    code = keys.totp_code(a_home.people["an"].totp, a_home.clock() + timedelta(seconds=seconds))
    async with browser(a_home) as client:
        assert (await log_in(client, a_home, "an", code=code)).status_code == status


async def test_half_a_day_after_its_login_a_session_ends_whatever_is_done_in_it(a_home: Home) -> None:
    """Work without a pause keeps it open until then and no longer; after that the cookie opens nothing."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        end = a_home.clock() + timedelta(hours=12)
        while a_home.clock() + timedelta(minutes=10) < end:
            a_home.clock.forward(minutes=10)
            assert (await client.get("/desk/")).url.path == "/desk/"
        a_home.clock.moment = end
        assert (await client.get("/desk/")).url.path == "/desk/login"


async def push(stranger: httpx.AsyncClient, home: Home, name: str) -> tuple[int, float]:
    began = time.monotonic()
    answer = await log_in(stranger, home, "an", name=name)
    return answer.status_code, time.monotonic() - began


@pytest.mark.parametrize("name", ["nobody", "an"])
async def test_sixty_bogus_logins_hold_no_officer_up(a_home: Home, name: str) -> None:
    """Known devices have a lane of their own; of strangers a few wait, and the others are told so at once."""
    async with browser(a_home) as own, browser(a_home) as stranger:
        await log_in(own, a_home, "an")
        a_home.clock.forward(seconds=5)
        for _ in range(logins.FREE_TRIES):
            await log_in(stranger, a_home, "an", passphrase=WRONG_WORDS)
        pushing = [asyncio.create_task(push(stranger, a_home, name)) for _ in range(60)]
        await asyncio.sleep(0.1)
        a_home.clock.forward(seconds=26)  # the next code; strangers wait half a minute still
        began = time.monotonic()
        assert (await log_in(own, a_home, "an")).status_code == 200
        assert time.monotonic() - began < 2
        found = await asyncio.gather(*pushing)
    busy = [seconds for status, seconds in found if status == 503]
    assert len(busy) == 60 - logins.STRANGERS_PLACES
    assert max(busy) < 1
    assert {status for status, _ in found} == {401, 503}


async def test_who_is_told_to_wait_reads_so_in_words(a_home: Home) -> None:
    """The form stands there still."""
    lane = logins.Lane(0)
    full = replace(a_home.product.logins, _strangers=lane)
    home = replace(a_home, product=replace(a_home.product, logins=full))
    async with browser(home) as stranger:
        answer = await log_in(stranger, home, "an")
        assert answer.status_code == 503
        assert "thử lại sau vài giây" in answer.text
        assert 'name="passphrase"' in answer.text


async def test_a_blocked_name_takes_as_long_as_an_unknown_one(a_home: Home) -> None:
    """Nobody learns by the clock who works here, or whom they have shut out."""
    async with browser(a_home) as stranger:
        for _ in range(logins.FREE_TRIES):
            await log_in(stranger, a_home, "an", passphrase=WRONG_WORDS)
        spans: dict[str, list[float]] = {"an": [], "nobody": []}
        for _ in range(7):  # in turn, so that whatever else the machine does costs both alike
            for name, taken in spans.items():
                taken.append((await push(stranger, a_home, name))[1])
    assert 0.6 < min(spans["an"]) / min(spans["nobody"]) < 1.6


async def test_a_clock_that_ran_ahead_shuts_nobody_out_when_it_is_right_again(a_home: Home) -> None:
    """Codes and waits of a day that has not come count for nothing; the last true code still counts once."""
    async with browser(a_home) as own, browser(a_home) as stranger:
        true = a_home.clock()
        a_home.clock.forward(hours=24)
        assert (await log_in(own, a_home, "an")).status_code == 200
        for _ in range(logins.FREE_TRIES + 1):
            await log_in(stranger, a_home, "an", passphrase=WRONG_WORDS)
        a_home.clock.moment = true
        assert (await log_in(stranger, a_home, "an")).status_code == 200
        assert (await log_in(own, a_home, "an")).status_code == 401
        a_home.clock.forward(seconds=30)
        assert (await log_in(own, a_home, "an")).status_code == 200
