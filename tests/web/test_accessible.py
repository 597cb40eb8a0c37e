"""WCAG 2.2 AA as far as a machine sees it: every page, both sizes, day and night; and the whole way by keyboard."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.fakes import gallery, home, replies, zalo_api
from tests.fakes.served import Served
from tests.fakes.visitor import DESK, PHONE, follow, log_in, send, visitor
from tests.fakes.words import WARD_POLICE_BRIBED as COMPLAINT
from tips.cases.outbox import Trouble

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
LAID_FLAT = """() => [...document.querySelectorAll("*")].filter((it) => getComputedStyle(it).position === "sticky")
  .forEach((it) => it.style.setProperty("position", "static"))"""
STUCK_AGAIN = """() => document.querySelectorAll("[style]").forEach((it) => it.style.removeProperty("position"))"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TIP = "Tối qua có nhóm thanh niên cướp điện thoại ở đường Nguyễn Huệ quận 1."
LOOKS = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]


async def faults(page: Page) -> list[str]:
    """What axe-core finds, as rule and element; and a page that scrolls sideways.

    What sticks to an edge is laid into the flow meanwhile: else a button that is scrolled half under it, as any may be
    at some moment, counts as too small a target.
    """
    await page.evaluate(LAID_FLAT)
    await page.evaluate(AXE)
    found: dict[str, Any] = await page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.evaluate(STUCK_AGAIN)
    named = [f"{it['id']} {node['target']}" for it in found["violations"] for node in it["nodes"]]
    return named + (["it scrolls sideways"] if wide else [])


async def citizens_pages(page: Page) -> AsyncIterator[str]:
    places = ("/ai-doc", "/ai-doc?khu-vuc=770&lang=en", "/ai-doc?khu-vuc=none")
    for address in ("/", "/?lang=en", "/minh-bach", "/minh-bach?lang=en", "/nowhere", *places):
        await page.goto(address)
        yield address
    await page.select_option("#co-quan", "ward_police")
    await follow(page, "main button")
    await page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    yield "who reads a tip about the police of every ward"
    await page.goto("/")
    await replies.says(page, "lời", *replies.OF_EVERY_KIND)
    yield "every kind of reply"
    await page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    picture: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": gallery.picture("PNG")}
    await page.set_input_files("#file", [picture, picture])
    yield "unfolded, with files"
    await page.unroute("**/api/chat*")
    await page.goto("/")
    for words, button in (("xin chào", "send_anyway"), (COMPLAINT, "submit")):
        shown = await page.locator(".reply").count()
        await page.fill("#text", words)
        await page.click(".send")
        await page.locator(".reply").nth(shown).wait_for()
        await page.wait_for_selector(f"button[value='{button}']")
        yield words
    await page.click("button[value=submit]")
    await page.wait_for_selector(".due")
    yield "the receipt"
    await page.fill("#text", await page.locator(".due code").last.inner_text())
    await page.click(".send")
    await page.wait_for_selector("button[value=back]")
    yield "the mailbox"


async def desk_pages(page: Page) -> AsyncIterator[str]:
    """Every page that an officer and an overseer have."""
    for address in (
        "/desk/",
        "/desk/?urgency=P0",
        "/desk/search",
        "/desk/account",
        "/desk/statistics",
        "/desk/ledger",
        "/desk/undelivered",
        "/desk/holidays",
        "/desk/condition",
        "/desk/organisation",
        "/desk/people",
        "/desk/incidents",
        "/desk/texts",
        "/desk/nowhere",
    ):
        await page.goto(address)
        yield address
    await page.goto("/desk/people")
    if await page.locator("a[href*='people/move']").count():
        await page.locator("a[href*='people/move']").first.click()
        await page.wait_for_selector("#unit")
        yield "who moves"
    await page.goto("/desk/")
    if await page.locator("#rows a").count():
        await page.locator("#rows a").first.click()
        await page.wait_for_selector(".timeline, .columns")
        await page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
        yield "a case"
        case = page.url
        await page.goto(f"{case}/alike")
        yield "cases like it"
        await page.goto(case)
        claim = page.locator("form[action$='/claim'] button")
        if await claim.count():
            await claim.click()
            await page.wait_for_selector("a[href*='/conclusion/']", state="attached")
        await page.goto(f"{case}/conclusion/unfounded")
        yield "a conclusion"
        for part in ("ask", "handover", "share", "conclusion"):
            await page.goto(f"{case}/{part}")
            yield part
        if await page.locator("#text, nav a.button").count():  # who only reads it along has no such page
            await page.goto(f"{case}/handover")
            await page.fill("#to", "tra")
            await follow(page, "button[name=look]")
            yield "units that were found"
            await page.goto(case)
            await page.locator("#do-recuse > summary").click()
            await follow(page, "form[action$='/recuse'] button")
            yield "a question before what lasts"
        await page.goto("/desk/shared")
        yield "cases that others share"
    await page.goto("/desk/")
    await page.keyboard.press("?")
    yield "the list of keys"


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=["phone, day", "phone, night", "desk, day", "desk, night"])
async def test_axe_finds_nothing_on_a_citizens_page(
    browser: Browser, site: Served, size: dict[str, int], scheme: str
) -> None:
    """From the first look to the answer of an officer."""
    async with visitor(browser, site, size, absent=True, color_scheme=scheme) as page:
        found = {at: wrong async for at in citizens_pages(page) if (wrong := await faults(page))}
    assert found == {}


@pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=["phone, day", "phone, night", "desk, day", "desk, night"])
async def test_axe_finds_nothing_on_the_demos_telephone(
    browser: Browser, tmp_path: Path, size: dict[str, int], scheme: str
) -> None:
    """Empty, and with both sides' messages; nothing of it asks for a script."""
    async with home.opened(tmp_path) as opened, zalo_api.telephone(opened) as url:
        where = SimpleNamespace(url=url)
        async with visitor(browser, where, size, scripts=True, color_scheme=scheme) as page:  # type: ignore[arg-type]
            await page.goto("/zalo-phone")
            assert await faults(page) == []
            await page.fill("#text", TIP)
            await page.click(".send")
            await page.locator(".reply").wait_for()
            assert await faults(page) == []
            assert await page.locator("#text").is_visible()


async def test_axe_finds_nothing_at_the_desk(browser: Browser, site: Served) -> None:
    """For an officer with a case, an overseer and an admin, on each page, at both sizes, by day and by night."""
    found: dict[str, list[str]] = {}
    async with visitor(browser, site, PHONE) as citizen:
        await send(citizen, TIP)
    dead_letters(site)
    for name in ("soi", "kiem", "quan"):
        async with visitor(browser, site, DESK, absent=True) as page:
            await page.goto("/desk/login")
            found["login"] = await faults(page)
            await log_in(page, site, name)
            if name == "quan":
                await gives_a_decision(page)
                await opens_an_incident(page)
                found |= await faults_before_a_change(page)
            for size, scheme in LOOKS:
                await page.set_viewport_size(size)  # type: ignore[arg-type]
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                async for at in desk_pages(page):
                    found[f"{name} {at} {size['width']} {scheme}"] = await faults(page)
    async with visitor(browser, site, DESK, absent=True) as head:
        await log_in(head, site, "truong")
        await head.goto("/desk/words")
        await head.fill("#text", "Đơn vị đang xác minh, hẹn trả lời trước [ngày].")
        await follow(head, "main form button.main")
        for size in (PHONE, DESK):
            await head.set_viewport_size(size)  # type: ignore[arg-type]
            found[f"a unit's own words, {size['width']}"] = await faults(head)
    assert {at: wrong for at, wrong in found.items() if wrong} == {}


async def faults_before_a_change(page: Page) -> dict[str, list[str]]:
    """The page that says what another length would change."""
    found = {}
    for size in (PHONE, DESK):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await page.goto("/desk/organisation")
        await page.select_option("#which", "accepted")
        for field, words in (("number", "5"), ("source", "policy")):
            await page.fill(f"#{field}", words)
        await follow(page, "form[action$='/look'] button >> nth=0")
        await page.wait_for_selector("#changes")
        found[f"a change of a length, {size['width']}"] = await faults(page)
    return found


async def opens_an_incident(page: Page) -> None:
    """One that is open, with words for everybody that wait."""
    await page.goto("/desk/incidents")
    await page.select_option("#kind", "channel")
    await page.fill("#text", "Zalo không gửi được từ trưa.")
    await follow(page, "main > form button.main")
    await page.locator(".incident summary").first.click()
    await page.fill(".incident form[action$='/offer'] textarea", "Kênh Zalo gián đoạn.")
    await follow(page, ".incident form[action$='/offer'] button")


async def gives_a_decision(page: Page) -> None:
    """A day off next month, for the page of holidays."""
    await page.goto("/desk/holidays")
    day = datetime.now(UTC).date() + timedelta(days=30)
    for field, words in (("number", "1/QĐ-TTg"), ("dated", "2026-08-01"), ("off", day.isoformat())):
        await page.fill(f"#{field}", words)
    await follow(page, "main form.card button.main")


def dead_letters(site: Served) -> None:
    """One of each kind of error, for the page that lists them."""
    with contextlib.closing(sqlite3.connect(site.database, isolation_level=None)) as database:
        database.execute("INSERT OR IGNORE INTO officer_chat (chat, name) VALUES ('1', 'soi')")
        for trouble in Trouble:
            letter = (f"dead {trouble}".encode(), "1", "new", 1, 1, 16, trouble)
            columns = "id, chat, kind, since, after, tries, trouble"
            database.execute(f"INSERT OR IGNORE INTO push ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", letter)


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def tab_to(page: Page, selector: str) -> None:
    """Tab on until the element has the focus; it has to be reached, and to be seen when it is."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", selector
            return
    raise AssertionError(f"no way by Tab to {selector}")


async def test_the_whole_way_goes_by_keyboard(browser: Browser, site: Served) -> None:
    """A tip without a mouse; at the desk: log in, pick and claim, open, ask, accept, log out, all by keys."""
    async with visitor(browser, site, PHONE) as citizen:
        await citizen.goto("/")
        await tab_to(citizen, "#text")
        await citizen.keyboard.type("dua xe o duong huynh tan phat quan 7 toi qua")
        await tab_to(citizen, ".send")
        await press(citizen, "Enter")
        await citizen.wait_for_selector("button[value=submit]")
        await tab_to(citizen, "button[value=submit]")
        await press(citizen, "Enter")
        await citizen.wait_for_selector(".due")
    async with visitor(browser, site, DESK) as officer:
        await officer.goto("/desk/login")
        await expect(officer.locator("#name")).to_be_focused()
        await officer.keyboard.type("phim")
        await press(officer, "Tab")
        await officer.keyboard.type(site.passphrase("phim"))
        await press(officer, "Tab")
        await officer.keyboard.type(site.one_time_code("phim"))
        await press(officer, "Enter")
        await officer.wait_for_selector("#rows a")
        await officer.wait_for_load_state()  # from then on the page's script hears the keys
        await press(officer, "j", "x", "c")
        await expect(officer.locator("[role=status]")).to_contain_text("1")
        await press(officer, "/")
        await expect(officer.locator("#words")).to_be_focused()
        await officer.keyboard.type("jxc")  # it takes letters itself
        await expect(officer.locator("#words")).to_have_value("jxc")
        await officer.goto("/desk/")
        await press(officer, "f")
        assert await officer.evaluate("document.activeElement.matches('#filter select')")
        await press(officer, "Tab", "Tab", "Tab", "Tab", "Tab")  # out of the filters, which take letters themselves
        await officer.goto("/desk/?mine=1")
        await press(officer, "j", "Enter")
        await officer.wait_for_selector("#ask")
        await tab_to(officer, "#ask")
        await officer.keyboard.type("Mấy giờ thì họ tới?")
        await tab_to(officer, "form[action$='/ask'] button.do")
        await press(officer, "Enter")
        await expect(officer.locator(".piece.question .text")).to_have_text("Mấy giờ thì họ tới?")
        await tab_to(officer, "form[action$='/accept'] button")
        await press(officer, "Enter")
        await expect(officer.locator("h1")).to_contain_text("đã tiếp nhận")
        await tab_to(officer, "form[action$='/logout'] button")
        await press(officer, "Enter")
        await officer.wait_for_url("**/desk/login")
