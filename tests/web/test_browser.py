"""The whole story in a real browser: a phone that chats, a desk that answers, a page without JavaScript."""

import asyncio

import httpx
import pytest
from playwright.async_api import Browser, FilePayload, Route, expect

from tests.fakes import gallery
from tests.fakes.served import Served
from tests.fakes.visitor import DESK, PHONE, follow, log_in, send, visitor
from tests.fakes.words import DRUGS_WITHOUT_ACCENTS as TIP
from tips.intake import flood

IN_QUARTER_FOUR = "ban ma tuy o karaoke duong hoang dieu q4"  # whose desk no other test sends anything
FIRST_LOAD = 40_000  # bytes of page, style and script together, not compressed


async def test_a_tip_is_sent_opened_asked_about_and_answered(browser: Browser, site: Served) -> None:
    """Phone, desk, and another phone without JavaScript: one receipt carries the conversation."""
    async with visitor(browser, site, PHONE) as citizen, visitor(browser, site, DESK) as officer:
        receipt = await send(citizen, IN_QUARTER_FOUR)
        await log_in(officer, site, "bon")
        top = officer.locator("tbody tr").first
        await expect(top.locator(".new")).to_have_count(1)
        await top.locator("a").click()
        await expect(officer.locator(".card .text").first).to_have_text(IN_QUARTER_FOUR)
        await officer.fill("#ask", "Phòng số mấy?")
        await officer.locator("form[action$='/ask'] button.do").click()
        await expect(officer.locator(".piece.question .text")).to_have_text("Phòng số mấy?")
        case = officer.url
        async with visitor(browser, site, PHONE, scripts=False) as elsewhere:
            await elsewhere.goto("/")
            await elsewhere.fill("#text", receipt)
            await elsewhere.click(".send")
            shown = elsewhere.locator("#talk")
            await expect(shown).to_contain_text("Phòng số mấy?")
            await expect(shown).not_to_contain_text("karaoke")
            await elsewhere.fill("#text", "phong 6 lau 2")
            await elsewhere.click(".send")
        await officer.goto(case)
        await expect(officer.locator(".piece.addition .text")).to_have_text("phong 6 lau 2")
        await officer.locator("form[action$='/accept'] button").click()
        await expect(officer.locator("h1")).to_contain_text("đã tiếp nhận")
        waiting = await officer.goto("/desk/") and await officer.locator("tbody tr").count()
        await send(citizen, "cong an phuong xom chieu quan 4 nhan tien bao ke song bac moi thang")
        await officer.goto("/desk/?lang=en")
        assert await officer.locator("tbody tr").count() == waiting  # the accused desk is not told
        await follow(officer, "form[action$='/logout'] button")
        await officer.goto(case)
        assert officer.url.endswith("/desk/login")


async def test_what_is_copied_or_printed_bears_who_did_it(browser: Browser, site: Served) -> None:
    """The words on the clipboard end with name, unit and time; paper shows the same, and no form."""
    async with visitor(browser, site, DESK, permissions=["clipboard-read", "clipboard-write"]) as officer:
        await log_in(officer, site, "mark")
        await officer.wait_for_load_state("load")  # what signs a copy is a script
        await officer.locator("h1").select_text()
        await officer.keyboard.press("Control+c")
        copied = await officer.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("Hàng đợi")
        assert "— Bản của mark · Quận 10 · " in copied
        await officer.emulate_media(media="print")
        await expect(officer.locator(".printed")).to_be_visible()
        await expect(officer.locator(".printed")).to_contain_text("mark")
        await expect(officer.locator(".top")).to_be_hidden()


async def test_who_types_on_while_a_message_is_on_its_way_loses_nothing(browser: Browser, site: Served) -> None:
    """On a slow network the second message waits for the first, and both arrive, in their order."""
    async with visitor(browser, site, PHONE) as citizen:
        await citizen.goto("/")
        await citizen.route("**/api/chat*", slowly)
        for words in (TIP, "phong so 6 lau 2", "toi nao cung co"):
            await citizen.fill("#text", words)
            await citizen.click(".send")
            await citizen.wait_for_timeout(450)
        await expect(citizen.locator(".said")).to_have_count(3)
        await expect(citizen.locator(".reply").last).to_contain_text("toi nao cung co")
        await expect(citizen.locator(".reply").last).to_contain_text("phong so 6")
        assert await citizen.input_value("#text") == ""


async def slowly(route: Route) -> None:
    await asyncio.sleep(0.4)
    await route.continue_()


async def test_the_quick_exit_leaves_nothing_to_come_back_to(browser: Browser, site: Served) -> None:
    """An empty page; going back shows a fresh chat, not the words that were written."""
    async with visitor(browser, site, PHONE) as citizen:
        await citizen.goto("/minh-bach")
        await citizen.goto("/")
        await citizen.fill("#text", TIP)
        await citizen.click(".send")
        await citizen.wait_for_selector("button[value=submit]")
        await citizen.click("#exit")
        await citizen.wait_for_url("**/leave")
        assert await citizen.locator("body").inner_text() == ""
        assert await citizen.context.cookies() == []
        await citizen.go_back()
        assert citizen.url.endswith("/minh-bach")
        await citizen.goto("/")
        await expect(citizen.locator("#talk")).not_to_contain_text("karaoke")


async def test_the_first_load_is_small_and_strict(browser: Browser, site: Served) -> None:
    """Few files, a policy that lets in nothing else, nothing kept by the browser but style, script and icon."""
    async with visitor(browser, site, PHONE) as citizen:
        sizes: list[int] = []
        answers = []
        citizen.on("response", lambda answer: answers.append(answer))
        await citizen.goto("/", wait_until="networkidle")
        for answer in answers:
            sizes.append(len(await answer.body()))
        assert sum(sizes) < FIRST_LOAD
        policy = answers[0].headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answers[0].headers["cache-control"] == "no-store"
        assert answers[0].headers["referrer-policy"] == "no-referrer"


async def test_every_field_has_a_name_and_every_page_a_language(browser: Browser, site: Served) -> None:
    """What a screen reader needs: labels, a heading or a log, the language; and no sideways scrolling on a phone."""
    async with visitor(browser, site, PHONE) as page:
        for address in ("/", "/?lang=en", "/minh-bach", "/ai-doc", "/desk/login"):
            await page.goto(address)
            assert await page.locator("html").get_attribute("lang") in {"vi", "en"}
            nameless = await page.evaluate(
                "[...document.querySelectorAll('input:not([type=hidden]),textarea,select,button,a')]"
                ".filter(it => !(it.labels && it.labels.length) && !it.textContent.trim() "
                "&& !it.getAttribute('aria-label')).length"
            )
            assert nameless == 0, address
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
            assert await page.locator("main").count() == 1


async def test_in_a_flood_the_page_does_the_work_and_the_person_is_told(browser: Browser, site: Served) -> None:
    """So many tips came before that each costs a proof; nobody has to press anything again."""
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as crowd:
        for _ in range(flood.OPEN_FOR):
            crowd.cookies.clear()
            await crowd.post("/api/chat", data={"text": TIP})
            await crowd.post("/api/chat", data={"choose": "submit"})
    async with visitor(browser, site, PHONE) as citizen:
        assert await send(citizen, TIP)
        told = f"{int(flood.PATIENCE.total_seconds())} giây"
        await expect(citizen.locator(".reply").filter(has_text=told)).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
async def test_while_files_cost_work_the_page_sends_one_once(browser: Browser, site: Served, scripts: bool) -> None:
    """With scripts it asks for the price before it sends; without them the words are kept and the file waits."""
    picture = gallery.picture("PNG")
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as crowd:
        while (await crowd.get("/api/toll")).json()["puzzle"] is None:
            crowd.cookies.clear()
            await crowd.post("/api/chat", files={"file": ("a.png", picture)})
    async with visitor(browser, site, PHONE, scripts=scripts) as citizen:
        posted: list[str] = []
        citizen.on("request", lambda it: posted.append(it.url) if it.method == "POST" else None)
        await citizen.goto("/")
        await citizen.fill("#text", TIP)
        chosen: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": picture}
        await citizen.set_input_files("#file", chosen)
        await citizen.click(".send")
        await expect(citizen.locator(".reply").filter(has_text="Đã nhận tệp" if scripts else "nửa phút")).to_have_count(
            1
        )
        await expect(citizen.locator("button[value=submit]")).to_have_count(1)
        assert len(posted) == 1
