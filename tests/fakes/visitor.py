"""Somebody with a real browser: they chat, log in, and ask nobody else for anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page

from tests.fakes.served import Served

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1024, "height": 768}
CLEARED = "Clear-Site-Data header on"  # the browser tells, now and then, that it did as it was asked

_SHOWN: dict[tuple[str, str], str] = {}  # the last code that was typed, by site and person
NOT_THERE = "Failed to load resource: the server responded with a status of 404"
AWAY = "Failed to load resource: the server responded with a status of 503"


@asynccontextmanager
async def visitor(
    browser: Browser,
    site: Served,
    size: dict[str, int],
    *,
    scripts: bool = True,
    absent: bool = False,
    away: bool = False,
    **more: Any,
) -> AsyncIterator[Page]:
    """Somebody with a fresh browser; whatever it asks of anybody else, or complains about, fails the test.

    `absent`: pages that are not there are among those that are visited; `away`: the store is, for a moment.
    `more` goes to the browser's context: a colour scheme, permissions.
    """
    context: BrowserContext = await browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        locale="vi-VN",
        java_script_enabled=scripts,
        base_url=site.url,
        **more,
    )
    page = await context.new_page()
    expected = (CLEARED, *[NOT_THERE] * absent, *[AWAY] * away)
    complaints: list[str] = []
    strangers: list[str] = []
    page.on("console", lambda it: None if it.text.startswith(expected) else complaints.append(it.text))
    page.on("pageerror", lambda error: complaints.append("error"))
    own = (site.url, "data:", f"blob:{site.url}")
    page.on("request", lambda it: strangers.append(it.url) if not it.url.startswith(own) else None)
    yield page
    await context.close()
    assert complaints == []
    assert strangers == []


async def follow(page: Page, element: str | Locator) -> None:
    """Click on what leads to another page, and go on once that is there: a click alone does not wait for it."""
    async with page.expect_navigation():
        await (page.locator(element) if isinstance(element, str) else element).click()


async def send(page: Page, text: str) -> str:
    """A tip to its receipt."""
    await page.goto("/")
    await page.fill("#text", text)
    await page.click(".send")
    await page.click("button[value=submit]")
    return await page.locator(".due code").last.inner_text()


async def log_in(page: Page, site: Served, name: str) -> None:
    """To the desk; a person's one-time code counts once in half a minute, so who was there a moment ago waits."""
    while _SHOWN.get((site.url, name)) == site.one_time_code(name):
        await asyncio.sleep(1)
    await page.goto("/desk/login")
    await page.fill("#name", name)
    await page.fill("#passphrase", site.passphrase(name))
    code = _SHOWN[site.url, name] = site.one_time_code(name)
    await page.fill("#code", code)
    await follow(page, "button.main")
