"""A poster's SVG as a browser draws it: its codes are scanned from the picture, and it asks nobody for anything."""

from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.async_api import Browser

from bot.commands import poster
from tests.unit.test_poster import BOT, EVERYWHERE, WEB, ZALO, settings


async def drawn(browser: Browser, path: Path) -> Image.Image:
    """The picture of a file, and that nothing else was asked for."""
    page = await browser.new_page(viewport={"width": 794, "height": 1123}, device_scale_factor=2)
    asked: list[str] = []
    page.on("request", lambda it: asked.append(it.url))
    await page.goto(path.as_uri())
    assert await page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].every((it) => it.status == 'loaded'))"
    )
    await page.screenshot(path=path.with_suffix(".png"))
    await page.close()
    assert [it for it in asked if not it.startswith("data:")] == [path.as_uri()]
    return Image.open(path.with_suffix(".png"))


async def test_the_codes_of_an_svg_lead_where_those_of_the_pdf_do(browser: Browser, tmp_path: Path) -> None:
    """And its words stand in its own fonts."""
    poster.write(settings(tmp_path, **EVERYWHERE), "q3", (), tmp_path)
    found = zxingcpp.read_barcodes(await drawn(browser, tmp_path / "poster-770.svg"))
    assert {it.text for it in found} == {f"{WEB}/?area=770", f"https://t.me/{BOT}?start=770", ZALO}
    slips = zxingcpp.read_barcodes(await drawn(browser, tmp_path / "slips-770.svg"))
    assert len(slips) == 28
    assert {it.text for it in slips} == {f"{WEB}/?area=770"}
