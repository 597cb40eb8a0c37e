"""The log's heads as people see them: on a phone, in every language, by day and by night, without a script."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot import witness_files
from bot.commands import witness
from bot.serve import web
from tests.fakes import home, loopback
from tests.fakes.served import Served
from tests.fakes.visitor import visitor
from tests.web.test_accessible import LOOKS, faults

DAYS = 33
NAMES = ("bao-tuoi-tre-thanh-pho.example/nhan-chung-so-cai", "vks.example")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Served]:
    """A home with a month of heads; two cosigned the newest."""
    async with home.opened(tmp_path, ()) as city:
        for _ in range(DAYS):
            city.clock.forward(days=1)
            await city.product.heads.tick()
        files = [tmp_path / name.partition(".")[0] / "witness.key" for name in NAMES]
        for file, name in zip(files, NAMES, strict=True):
            file.parent.mkdir()
            witness.new(file, name)
        known = tuple(witness_files.read(it).key for it in files)
        public = replace(city.product.publication, witnesses=known)
        site = Served(tmp_path, loopback.free_port(), {}, {})
        app = web.build(replace(city.product, publication=public), frozenset({"intake"}))
        async with loopback.serving(app, site.port):
            vkey = (await public.key()).vkey()
            for file in files:
                assert await witness.run(file, vkey, site.url, once=True, now=city.clock) == 0
            yield site


async def test_a_month_of_heads_can_be_read_by_everybody(browser: Browser, log: Served) -> None:
    """No line is cut, nothing scrolls sideways, and every head has its whole root."""
    found = []
    for size, scheme in LOOKS:
        async with visitor(browser, log, size, color_scheme=scheme) as page:
            for lang in ("vi", "en", "zh"):
                for address in ("/minh-bach", "/minh-bach/so-cai"):
                    await page.goto(f"{address}?lang={lang}")
                    found += [f"{address} {lang}: {it}" for it in await faults(page)]
            await expect(page.locator(".heads tbody tr")).to_have_count(31)
            first = page.locator(".heads tbody tr").first
            await expect(first.locator("code")).to_have_text(re.compile(r"^[A-Za-z0-9+/]{43}=$"))
            await expect(first.locator(".of-witnesses")).to_have_text(", ".join(NAMES))
    assert found == []


async def test_the_page_needs_no_script_and_the_way_there_is_a_link(browser: Browser, log: Served) -> None:
    async with visitor(browser, log, {"width": 320, "height": 640}, scripts=False) as page:
        await page.goto("/minh-bach")
        await page.click("#so-cai a")
        await expect(page.locator("h1")).to_have_text("Sổ cái: các lần chốt")
        await expect(page.locator(".vkey")).to_contain_text("tin-bao/")
