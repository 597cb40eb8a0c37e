"""Take the pictures of docs/pictures from the running demo, in a real browser. `make pictures` runs it.

Everything on them is invented; nothing is retouched. What Telegram would show is drawn as its telephones do, from what
the bot said to an emulated Bot API.
"""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import tools  # noqa: E402
from tests.fakes import bot_api, home, loopback, telegram_page  # noqa: E402
from tests.fakes.words import RECEIPT  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1024, "height": 768}
FIRST, SECOND = "ban ma tuy o karaoke duong le van sy q3", "toi nao cung co, khoang 10 gio"
START = 60  # seconds that the demo may take


async def main() -> None:
    """Start the demo on a free port, walk through it as a citizen, an officer and an overseer, and end it."""
    if not subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=True).stdout:  # noqa: ASYNC221
        raise SystemExit("the pictures need a font with Chinese signs, as Debian's fonts-noto-cjk is")
    port = loopback.free_port()
    demo = await asyncio.create_subprocess_exec(
        ROOT / ".venv" / "bin" / "tinbao",
        "demo",
        cwd=ROOT,
        env={**os.environ, "PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await answers(port)
        await walk(f"http://127.0.0.1:{port}")
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.wait()


async def answers(port: int) -> None:
    """Wait until the demo does."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(START * 2):
            try:
                await client.get(f"http://127.0.0.1:{port}/healthz")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.5)
    raise SystemExit("the demo does not answer")


async def walk(address: str) -> None:
    """The way of a tip, picture by picture."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=tools.path("chromium"), args=["--no-sandbox", "--lang=vi"]
        )
        phone = await opened(browser, address, PHONE)
        desk = await opened(browser, address, DESK)
        dark = await opened(browser, address, PHONE, color_scheme="dark")
        await phone.goto("/")
        await kept(phone, "start")
        await phone.fill("#text", FIRST)
        await phone.click(".send")
        await phone.locator("button[value=submit]").wait_for()
        await kept(phone, "summary")
        await phone.click("button[value=submit]")
        await phone.locator(".due").wait_for()
        await kept(phone, "chat")
        await enter(desk, "can-bo-q3")
        await kept(desk, "queue")
        await desk.locator("#rows a").first.click()
        await desk.locator("#ask").wait_for()
        await desk.fill("#ask", "Phòng số mấy, và thường có mấy người?")
        await desk.locator("form[action$='/ask'] button.do").click()
        await kept(desk, "case", whole=True)
        await enter(dark, "truong-q3")
        await kept(dark, "queue-phone")
        await desk.locator("form[action$='/logout'] button").click()
        await enter(desk, "kiem-sat")
        await kept(desk, "overseer")
        await desk.goto("/desk/ledger")
        await kept(desk, "ledger")
        await desk.goto("/desk/statistics")
        await kept(desk, "statistics")
        await phone.goto("/minh-bach")
        await kept(phone, "about", whole=True)
        blank = await opened(browser, address, PHONE)  # the site's policy would leave it without its style
        await blank.set_content(telegram_page.conversation_html(await over_telegram()))
        await kept(blank, "telegram", whole=True)
        await browser.close()


async def over_telegram() -> list[dict[str, Any]]:
    """The messages of somebody who comes by a poster's link, tells, sends, and comes back with the receipt."""
    chat = 1
    with home.in_memory() as folder:
        async with home.opened(folder) as opened, bot_api.serving() as api:
            reception = opened.product.reception
            reception.conversation = replace(reception.conversation, web="https://tinbao.example/")
            async with bot_api.connected_citizens_bot(opened, api, webhook=True):
                await api.says(chat, "/start q3")
                await api.says(chat, f"{FIRST}, tôi là bảo vệ của quán, tên Hùng")
                await api.says(chat, SECOND)
                await api.presses(chat, "edit:identifying")
                await api.presses(chat, "submit")
                receipt = RECEIPT.search(api.sent[chat][-1]["text"])
                assert receipt
                await api.says(chat, receipt.group())
    return api.talk[chat]


async def opened(browser: Browser, address: str, size: dict[str, int], **more: Any) -> Page:
    """A fresh browser of this size."""
    context = await browser.new_context(locale="vi-VN", base_url=address, viewport=size, **more)  # type: ignore[arg-type]
    return await context.new_page()


async def enter(page: Page, name: str) -> None:
    """Log in by the demo's own button."""
    await page.goto("/desk/login")
    await page.locator("tr", has=page.get_by_role("cell", name=name, exact=True)).locator("button").click()
    await page.wait_for_url("**/desk/")


async def kept(page: Page, name: str, *, whole: bool = False) -> None:
    """Save what the page shows."""
    await page.wait_for_timeout(300)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


if __name__ == "__main__":
    asyncio.run(main())
