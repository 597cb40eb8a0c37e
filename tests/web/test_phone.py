"""The chat as a phone shows it: what is new is in view, the way out never leaves it, one button stands out."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FileChooser, FilePayload, Page, Request, Route, expect

from tests.fakes import gallery, replies
from tests.fakes.replies import CODE, DANGER, OF_EVERY_KIND, RECEIPT, SUMMARY, TALK, says
from tests.fakes.served import Served
from tests.fakes.visitor import DESK, PHONE, follow, send, visitor
from tests.fakes.words import DRUGS as TIP

WITH_KEYBOARD = {"width": 360, "height": 440}
TOUCH: dict[str, Any] = {"has_touch": True, "is_mobile": True}
PRIMARY = ".main:visible"


def picture(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": gallery.picture("PNG")}


async def box(page: Page, selector: str) -> dict[str, float]:
    """Where something is on the screen, once it stands still."""
    place = "selector => document.querySelector(selector).getBoundingClientRect().toJSON()"
    before: dict[str, float] = await page.evaluate(place, selector)
    for _ in range(50):
        await page.wait_for_timeout(60)
        now: dict[str, float] = await page.evaluate(place, selector)
        if now == before:
            break
        before = now
    return before


@pytest.mark.parametrize("size", [PHONE, WITH_KEYBOARD], ids=["phone", "with its keyboard"])
async def test_the_top_of_a_reply_is_in_view_and_so_is_the_way_out(
    browser: Browser, site: Served, size: dict[str, int]
) -> None:
    """After many turns too: the reply begins right under the header, and what is written stays at the bottom."""
    async with visitor(browser, site, size, **TOUCH) as page:
        await page.goto("/")
        for number in range(4):
            await says(page, f"lời {number}", TALK)
        await says(page, "lời cuối", SUMMARY)
        header = await box(page, ".top")
        reply = await box(page, ".reply:last-child")
        assert header["top"] == 0
        assert 0 <= reply["top"] - header["bottom"] < 24
        await expect(page.locator("#exit")).to_be_in_viewport(ratio=1)
        form = await box(page, "#form")
        assert form["bottom"] == pytest.approx(size["height"], abs=1)
        assert form["top"] - header["bottom"] > size["height"] / 2
        await expect(page.locator("#text")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("wish", "scrolls"), [("reduce", "auto"), ("no-preference", "smooth")])
async def test_nothing_moves_for_whom_motion_disturbs(browser: Browser, site: Served, wish: str, scrolls: str) -> None:
    """Answers come into view at once."""
    async with visitor(browser, site, PHONE, reduced_motion=wish) as page:
        await page.goto("/")
        assert await page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == scrolls


async def test_numbers_to_call_are_seen_first_and_call_by_a_touch(browser: Browser, site: Served) -> None:
    """They have a bubble of their own, before the button in it, in view though a long summary stands above."""
    async with visitor(browser, site, WITH_KEYBOARD, **TOUCH) as page:
        await page.goto("/")
        await says(page, "có người bị đánh", SUMMARY, DANGER)
        calls = page.locator(".reply.danger > a.button.call")
        assert [await it.get_attribute("href") for it in await calls.all()] == ["tel:113", "tel:115"]
        assert await calls.first.inner_text() == "113 Công an"
        await expect(page.locator(".danger .choices button")).to_have_attribute("value", "danger")
        assert await page.locator(".summary button[value=danger]").count() == 0
        await box(page, ".danger")
        for number in range(2):
            await expect(calls.nth(number)).to_be_in_viewport(ratio=1)


async def test_no_answer_opens_the_keyboard_of_a_phone(browser: Browser, site: Served) -> None:
    """With a mouse the field takes the next words at once."""
    focused = "document.activeElement.id"
    async with visitor(browser, site, PHONE, **TOUCH) as page:
        await page.goto("/")
        await says(page, "một", SUMMARY)
        assert await page.evaluate(focused) != "text"
        await replies.answered(page, [TALK])
        await page.tap("button[value='edit:what']")
        await expect(page.locator(".reply").last).to_contain_text("xảy ra khi nào")
        assert await page.evaluate(focused) != "text"
    async with visitor(browser, site, DESK) as page:
        await page.goto("/")
        await says(page, "một", SUMMARY)
        await expect(page.locator("#text")).to_be_focused()


async def test_enter_begins_a_line_on_a_phone_and_sends_with_a_keyboard(browser: Browser, site: Served) -> None:
    """The field grows with its lines, up to five, and is one line again after it was sent."""
    async with visitor(browser, site, PHONE, **TOUCH) as page:
        await page.goto("/")
        one = (await box(page, "#text"))["height"]
        await page.tap("#text")
        for word in ("một", "hai", "ba"):
            await page.keyboard.type(word)
            await page.keyboard.press("Enter")
        assert await page.input_value("#text") == "một\nhai\nba\n"
        assert (await box(page, "#text"))["height"] > 2 * one
        await page.fill("#text", "dòng\n" * 40)
        assert (await box(page, "#text"))["height"] < 5 * one
        await says(page, "ngắn", TALK)
        assert (await box(page, "#text"))["height"] == one
    async with visitor(browser, site, DESK) as page:
        await page.goto("/")
        await replies.answered(page, [TALK])
        await page.focus("#text")
        await page.keyboard.type("một")
        await page.keyboard.press("Enter")
        await expect(page.locator(".said")).to_have_text("một")


async def test_escape_twice_within_a_second_leaves(browser: Browser, site: Served) -> None:
    """Once, or slowly, is a slip; the page says so nowhere but in the exit's title."""
    async with visitor(browser, site, DESK) as page:
        await page.goto("/")
        await page.fill("#text", TIP)
        await page.keyboard.press("Escape")
        await page.wait_for_timeout(1100)
        await page.keyboard.press("Escape")
        await page.wait_for_timeout(1100)
        assert page.url == f"{site.url}/"
        assert "Esc" not in await page.locator("body").inner_text()
        assert "Esc" in str(await page.get_attribute("#exit", "title"))
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await page.wait_for_url("**/leave")
        assert await page.locator("body").inner_text() == ""


async def test_one_button_stands_out_at_a_time(browser: Browser, site: Served) -> None:
    """Send, then the summary's, then the copy of the code; hiding is never the one."""
    async with visitor(browser, site, PHONE) as page:
        await page.goto("/")
        await expect(page.locator(PRIMARY)).to_have_text("Gửi")
        for messages, stands_out in (([TALK], "Gửi"), ([SUMMARY, DANGER], "Gửi tin"), ([RECEIPT], "Chép mã")):
            await says(page, "lời", *messages)
            await expect(page.locator(PRIMARY)).to_have_text(stands_out)
    async with visitor(browser, site, PHONE, scripts=False) as page:
        for messages, stands_out in (([TALK], "Gửi"), ([SUMMARY, DANGER], "Gửi tin"), ([RECEIPT], "Gửi")):
            await replies.is_shown(page, site, *messages)
            await expect(page.locator(PRIMARY)).to_have_text(stands_out)


async def test_a_summary_takes_the_place_of_the_one_before(browser: Browser, site: Served) -> None:
    """And what could be pressed under older messages is gone."""
    async with visitor(browser, site, PHONE) as page:
        await page.goto("/")
        await says(page, "một", SUMMARY)
        await says(page, "hai", TALK)
        await expect(page.locator(".summary")).to_have_count(1)
        await expect(page.locator("button[value=submit]")).to_have_count(0)
        await says(page, "ba", SUMMARY)
        await expect(page.locator(".summary")).to_have_count(1)
        await expect(page.locator(".summary button[value=submit]")).to_have_count(1)
        await expect(page.locator(".said")).to_have_text(["một", "hai", "ba"])


async def test_long_words_are_folded_and_open_whole(browser: Browser, site: Served) -> None:
    """Of a person's own words, and of a long list of names; labels stand out."""
    async with visitor(browser, site, PHONE) as page:
        await page.goto("/")
        await says(page, "một", SUMMARY)
        folded = page.locator(".summary details")
        await expect(folded).to_have_count(2)
        await expect(page.locator(".summary strong")).to_have_text(
            ["Nơi xảy ra:", "Loại việc:", "Nhận tin:", "Không đọc được:"]
        )
        last = folded.last
        await expect(last.locator("p")).to_be_hidden()
        await last.locator("summary").click()
        await expect(last.locator("p")).to_have_text(replies.SHUT_OUT)
        await expect(last.locator(".start")).to_be_hidden()


async def test_files_are_seen_before_they_are_sent_and_each_can_be_left_out(browser: Browser, site: Served) -> None:
    """Chosen at once, sent one after the other; the words go with the first."""
    async with visitor(browser, site, PHONE, **TOUCH) as page:
        posted: list[bytes] = []

        async def seen(route: Route, request: Request) -> None:
            posted.append(request.post_data_buffer or b"")
            await route.continue_()

        await page.goto("/")
        await page.route("**/api/chat*", seen)
        recording: FilePayload = {"name": "ghi-am.mp3", "mimeType": "audio/mpeg", "buffer": b"x"}
        await page.set_input_files("#file", [picture("mot.png"), recording, picture("hai.png")])
        rows = page.locator("#chosen li")
        await expect(rows.locator(".name")).to_have_text(["mot.png", "ghi-am.mp3", "hai.png"])
        await expect(rows.locator("img")).to_have_count(2)
        assert await rows.first.locator("img").evaluate("it => it.decode().then(() => it.naturalWidth)") > 0
        await page.get_by_role("button", name="Bỏ ghi-am.mp3").click()
        await expect(rows.locator(".name")).to_have_text(["mot.png", "hai.png"])
        assert posted == []
        await page.fill("#text", TIP)
        await page.click(".send")
        await expect(page.locator(".reply").last).to_contain_text("Tệp kèm theo: 2")
        await expect(page.locator(".said")).to_have_text([f"{TIP}\nmot.png\nhai.png"], use_inner_text=True)
        await expect(page.locator("#chosen")).to_be_hidden()
        assert [b"mot.png" in it for it in posted] == [True, False]
        assert [TIP.encode() in it for it in posted] == [True, False]
        assert await page.input_value("#text") == ""


async def test_a_file_is_chosen_and_left_out_by_keyboard(browser: Browser, site: Served) -> None:
    """The field is out of sight and in reach; its button shows that it has the focus."""
    async with visitor(browser, site, DESK) as page:
        opened: asyncio.Queue[FileChooser] = asyncio.Queue()
        page.on("filechooser", opened.put_nowait)  # from the start: one opened unheard stays open alone
        await page.goto("/")
        await page.focus("#text")
        await page.keyboard.press("Shift+Tab")
        await expect(page.locator("#file")).to_be_focused()
        assert await page.locator(".attach label").evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        chooser = await asyncio.wait_for(opened.get(), 30)
        await chooser.set_files([picture("a.png"), picture("b.png")])
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#chosen .name")).to_have_text(["a.png"])
        await expect(page.locator("#chosen button")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#chosen")).to_be_hidden()
        await expect(page.locator("#file")).to_be_focused()


async def test_a_file_that_is_too_large_is_not_even_listed(browser: Browser, site: Served, tmp_path: Path) -> None:
    """The others that were chosen with it are."""
    large = tmp_path / "phim.mp4"
    with large.open("wb") as sink:
        sink.truncate(21 * 1024 * 1024)
    async with visitor(browser, site, PHONE) as page:
        await page.goto("/")
        await page.set_input_files("#file", str(large))
        await expect(page.locator(".reply").last).to_contain_text("20 MB")
        await expect(page.locator("#chosen")).to_be_hidden()


async def test_what_was_not_sent_is_still_there_and_counts_once(browser: Browser, site: Served) -> None:
    """No answer came: words and file stay, and are sent again under the same reference."""
    async with visitor(browser, site, PHONE, absent=True) as page:
        posted: list[bytes] = []

        async def lost(route: Route, request: Request) -> None:
            posted.append(request.post_data_buffer or b"")
            await route.fulfill(status=404)

        await page.goto("/")
        await page.route("**/api/chat*", lost)
        await page.fill("#text", TIP)
        await page.set_input_files("#file", picture("a.png"))
        for times in (1, 2):
            await page.click(".send")
            await expect(page.locator(".reply", has_text="Chưa gửi được")).to_have_count(times)
            assert await page.input_value("#text") == TIP
            await expect(page.locator("#chosen .name")).to_have_text(["a.png"])
            await expect(page.locator(".said")).to_have_count(0)
        first, second = (it.split(b'name="ref"')[1].split()[0] for it in posted)
        assert first == second
        await page.unroute("**/api/chat*")
        await page.click(".send")
        await expect(page.locator(".reply").last).to_contain_text("Tệp kèm theo: 1")


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_foot_stands_under_the_first_words_only(browser: Browser, site: Served, scripts: bool) -> None:
    """It leads to who reads, and goes as soon as something was said; a reload does not bring it back."""
    async with visitor(browser, site, PHONE, scripts=scripts) as page:
        await page.goto("/")
        await expect(page.locator(".foot a[href^='/ai-doc']")).to_have_count(1)
        await page.fill("#text", TIP)
        await page.click(".send")
        await page.wait_for_selector("button[value=submit]")
        await expect(page.locator(".foot")).to_have_count(0)
        await page.goto("/")
        await expect(page.locator("button[value=submit]")).to_have_count(1)
        await expect(page.locator(".foot")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
async def test_paper_bears_the_code_and_the_address_alone(browser: Browser, site: Served, scripts: bool) -> None:
    """Not the name of the product, nor a word of what was sent."""
    async with visitor(browser, site, PHONE, scripts=scripts) as page:
        receipt = await send(page, TIP)
        await page.emulate_media(media="print")
        shown = await page.locator("body").inner_text()
        assert shown.split() == [receipt, f"{site.url}/"]
        if scripts:
            await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
            assert await page.title() == "Ghi chú"
            await page.evaluate("window.dispatchEvent(new Event('afterprint'))")
            assert "Tin Báo" in await page.title()


async def test_a_code_is_copied_printed_and_saved_without_a_word_of_what_it_is(browser: Browser, site: Served) -> None:
    """The file has a neutral name, and only the newest code is on paper."""
    rights = ["clipboard-read", "clipboard-write"]
    async with visitor(browser, site, PHONE, permissions=rights) as page:
        await page.add_init_script("window.print = () => { window.printed = true; }")
        await send(page, TIP)
        await page.fill("#text", TIP)
        await page.click(".send")
        await page.click("button[value=submit]")
        await page.locator(".receipt").nth(1).wait_for()
        await expect(page.locator(".due")).to_have_count(1)
        receipt = await page.locator(".due code").inner_text()
        await page.click("button:has-text('Chép mã')")
        await expect(page.locator(PRIMARY)).to_have_text("Đã chép")
        assert await page.evaluate("navigator.clipboard.readText()") == receipt
        async with page.expect_download() as download:
            await page.click("text=Lưu tệp")
        saved = await download.value
        assert saved.suggested_filename == "ghi-chu.txt"
        assert (await saved.path()).read_text() == f"{receipt}\n{site.url}/\n"
        await page.click("text=In mã")
        assert await page.evaluate("window.printed")
        await page.emulate_media(media="print")
        assert (await page.locator("body").inner_text()).split() == [receipt, f"{site.url}/"]


LINES = """() => {
  const text = document.querySelector(".due code").firstChild, range = document.createRange(), lines = new Map();
  [...text.data].forEach((sign, at) => {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const top = range.getBoundingClientRect().top;
    lines.set(top, (lines.get(top) || "") + sign);
  });
  return [...lines.values()];
}"""


async def test_a_code_breaks_between_its_groups(browser: Browser, site: Served) -> None:
    """Two lines on every screen; selected, it is one code."""
    for size in (PHONE, DESK):
        async with visitor(browser, site, size) as page:
            await page.goto("/")
            await says(page, "gửi", RECEIPT)
            assert await page.evaluate(LINES) == ["7KQM-2XWD-91BC-T5RA-", "PV8Y-G3HN-4JEZ"]
            assert await page.locator(".due code").inner_text() == CODE


OUTLINE = """() => {
  const outline = (it) => [it.tagName, it.className, it.getAttribute("href"), it.getAttribute("value"),
    it.children.length ? [...it.children].filter((one) => one.type !== "button").map(outline) : it.textContent.trim()];
  return [...document.querySelectorAll(".reply")].map(outline);
}"""


async def test_the_page_and_its_script_draw_alike(browser: Browser, site: Served) -> None:
    """Every kind and every style; only what needs a script is the script's alone."""
    async with visitor(browser, site, PHONE) as page:
        for message in OF_EVERY_KIND:
            await page.goto("/")
            await says(page, "lời", message)
            by_script = (await page.evaluate(OUTLINE))[1:]
            await replies.is_shown(page, site, message)
            assert await page.evaluate(OUTLINE) == by_script


async def test_without_scripts_an_answer_is_in_view_and_its_buttons_work(browser: Browser, site: Served) -> None:
    """The browser goes to the reply by itself; another language is still the chat."""
    async with visitor(browser, site, WITH_KEYBOARD, scripts=False) as page:
        await page.goto("/")
        await expect(page.locator("input[type=file]")).to_be_visible()
        assert await page.get_attribute("#file", "multiple") is None
        await page.fill("#text", TIP)
        await page.click(".send")
        header, reply = await box(page, ".top"), await box(page, "#reply")
        assert header["bottom"] <= reply["top"] < WITH_KEYBOARD["height"] / 2
        await page.click("button[value=submit]")
        await expect(page.locator(".due code")).to_be_visible()
        await follow(page, "a[hreflang=en]")
        assert page.url == f"{site.url}/?lang=en"
        await expect(page.locator(".due code")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
async def test_words_that_were_too_many_stay_where_they_were_written(
    browser: Browser, site: Served, scripts: bool
) -> None:
    """Whoever has to cut them has them."""
    words = "tối nào cũng ồn " * 1300
    async with visitor(browser, site, PHONE, scripts=scripts) as page:
        await page.goto("/")
        await page.fill("#text", words)
        await page.click(".send")
        await expect(page.locator(".reply").last).to_contain_text("dài quá")
        assert (await page.input_value("#text")).strip() == words.strip()
