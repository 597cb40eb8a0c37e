"""A case's page in a real browser: the next step stays in sight and hides nothing, and paper shows all of the case."""

from pathlib import Path

import pypdfium2
from playwright.async_api import Browser, Page, expect

from tests.fakes.served import Served
from tests.fakes.visitor import DESK, PHONE, log_in, send, visitor

TIP = "Đánh bạc ở đường Huỳnh Tấn Phát quận 7 mỗi tối, chừng chục người."
ZOOMED = {"width": 180, "height": 370}  # a phone of 360 pixels at twice the size
FIRST_VIEW = 390  # a step is in reach where a thumb is, with the browser's own bars on a phone
HIDDEN = """() => {
  const bar = document.querySelector(".actbar"), edges = bar.getBoundingClientRect();
  const it = document.activeElement, at = it.getBoundingClientRect();
  const may = getComputedStyle(bar).position === "sticky" && !it.closest(".actbar, .skip");
  const under = at.height > 0 && at.top >= edges.top && at.top + Math.min(at.height, 24) <= edges.bottom;
  return may && under ? it.outerHTML : "";
}"""


async def open_case(page: Page, site: Served, name: str) -> str:
    await log_in(page, site, name)
    await page.goto("/desk/")
    await page.locator("#rows a").first.click()
    await page.locator(".actbar").wait_for()
    return page.url


async def test_the_next_step_is_in_the_first_view_and_stays_in_sight(browser: Browser, site: Served) -> None:
    """On a phone and on a desk, at the top and after a thousand pixels; without a script too."""
    async with visitor(browser, site, PHONE) as citizen:
        await send(citizen, TIP)
    async with visitor(browser, site, DESK, scripts=False) as officer:
        case = await open_case(officer, site, "phim")
        for size in (PHONE, DESK):
            await officer.set_viewport_size(size)  # type: ignore[arg-type]
            await officer.goto(case)
            step = officer.locator(".actbar .main")
            await expect(step).to_have_count(1)
            box = await step.bounding_box()
            assert box
            assert box["y"] + box["height"] < FIRST_VIEW
            await officer.mouse.wheel(0, 1000)
            await expect(step).to_be_in_viewport(ratio=1)


async def test_the_bar_hides_nothing_that_has_the_focus(browser: Browser, site: Served) -> None:
    """Forwards and backwards through the whole page, all unfolded; where the view is low the bar scrolls away."""
    async with visitor(browser, site, PHONE) as citizen:
        await send(citizen, TIP)
    async with visitor(browser, site, DESK) as officer:
        case = await open_case(officer, site, "phim")
        for size in (DESK, PHONE, ZOOMED):
            await officer.set_viewport_size(size)  # type: ignore[arg-type]
            await officer.goto(case)
            await officer.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
            for key in ["Tab"] * 70 + ["Shift+Tab"] * 70:
                await officer.keyboard.press(key)
                assert await officer.evaluate(HIDDEN) == "", size
            assert not await officer.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert await officer.evaluate("getComputedStyle(document.querySelector('.actbar')).position") == "static"


async def test_paper_shows_the_whole_case_and_nothing_to_press(browser: Browser, site: Served) -> None:
    """What is folded on the screen is open; no bar, no form, no menu."""
    async with visitor(browser, site, PHONE) as citizen:
        await send(citizen, TIP)
    async with visitor(browser, site, DESK, scripts=False) as officer:
        await open_case(officer, site, "phim")
        await officer.emulate_media(media="print")
        for shown in (".card .text", ".timeline li", "dl", ".printed"):
            await expect(officer.locator(shown).first).to_be_visible()
        for gone in (".actbar", "main form", ".top", "#work", ".marks", "textarea"):
            assert not [it for it in await officer.locator(gone).all() if await it.is_visible()], gone


async def test_on_paper_the_mark_stands_below_the_words_of_each_page(
    browser: Browser, site: Served, tmp_path: Path
) -> None:
    """Also where a piece is longer than a page; that begins where the one before it ended, not on the next page."""
    async with visitor(browser, site, PHONE) as citizen:
        await send(citizen, TIP)
    async with visitor(browser, site, DESK) as officer:
        await open_case(officer, site, "phim")
        await officer.evaluate("document.querySelector('#do-note').open = true")
        await officer.fill("#note", "\n".join(f"Dòng {number}" for number in range(120)))
        await officer.locator("#do-note button").click()
        await officer.wait_for_selector(".done")
        await officer.pdf(path=tmp_path / "it.pdf", format="A4")
    document = pypdfium2.PdfDocument(tmp_path / "it.pdf")
    assert len(document) > 2
    lines = 0
    for paper in document:
        text = paper.get_textpage()
        signs = [(it, text.get_charbox(at)) for at, it in enumerate(text.get_text_range()) if not it.isspace()]
        words = "".join(it for it, _ in signs)  # left, bottom, right and top of each sign, in points
        mark = words.index("Bảncủaphim")
        assert min(box[1] for _, box in signs[:mark]) > signs[mark][1][3]
        lines += words.count("Dòng")
    assert lines == 120
    assert "Dòng0" in "".join(document[0].get_textpage().get_text_range().split())
