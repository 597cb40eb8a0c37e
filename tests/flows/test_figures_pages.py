"""The pages of statistics over HTTP: at the desk and for everybody, whatever an address says."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

import locales
from bot.wiring import Product
from tests.fakes import published
from tests.fakes.desk import browser, log_in
from tests.fakes.home import Home
from tips import errors
from tips.statistics.figures import Figures

DESK, PUBLIC = "/desk/statistics", "/minh-bach"
OF_EACH_KIND = 25  # links that ask for the same things
LARGEST = 60_000  # bytes of a page, as it is
BAD = (
    "period=2031-01", "period=2026-11", "period=nonsense", "period=1999", "period=2026-10%00", "period=" + "9" * 5000,
    "district=999", "district=%27%22%3E", "group=nothing", "group=..%2F", "view=all", "district=none&group=drugs",
    "period=2026-10&district=760&group=drugs&view=wards&period=zz", "district=760&group=%F0%9F%98%80",
)  # fmt: skip


def with_figures(home: Home, *periods: str) -> Home:
    """The same home, with made-up figures of these periods."""
    return replace(home, product=replace(home.product, archive=published.Shelf(*periods)))


@asynccontextmanager
async def at_desk(home: Home) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(home) as client:
        await log_in(client, home, "kiem")
        yield client


async def test_every_link_of_the_desks_page_leads_to_figures(a_home: Home) -> None:
    """To districts, groups, both, wards, and other periods; each page says how a hidden figure is shown."""
    waiting, seen, followed = [DESK], {DESK}, Counter[frozenset[str]]()
    async with at_desk(with_figures(a_home)) as client:
        while waiting:
            address = waiting.pop(0)
            answer = await client.get(address)
            assert answer.status_code == 200, address
            assert "“&lt;5”" in answer.text
            for link in re.findall(r'href="(\?[^"]*)"', answer.text):
                further = urljoin(address, unescape(link))
                asked = frozenset(re.findall(r"(\w+)=", further))
                if "lang" not in asked and further not in seen and followed[asked] < OF_EACH_KIND:
                    followed[asked] += 1
                    seen.add(further)
                    waiting.append(further)
    kinds = ((), ("district",), ("group",), ("view",), ("district", "group"))
    assert {frozenset({"period", *more}) for more in kinds} <= set(followed)


@pytest.mark.parametrize("path", [DESK, PUBLIC])
async def test_no_address_breaks_a_page(a_home: Home, path: str) -> None:
    """Whatever stands in it: figures, or a sentence with a link to figures; what was typed is not repeated."""
    async with at_desk(with_figures(a_home)) as desk, browser(with_figures(a_home), "intake") as everybody:
        client = desk if path == DESK else everybody
        for query in BAD:
            answer = await client.get(f"{path}?{query}")
            assert answer.status_code in {200, 404}, query
            assert 'role="status"' in answer.text or "“&lt;5”" in answer.text
            assert "nonsense" not in answer.text
            nearest = re.findall(r'href="(\?period=[^"]*)"', answer.text)
            assert nearest
            assert (await client.get(f"{path}{unescape(nearest[0])}")).status_code == 200


async def test_before_the_first_month_ends_the_pages_say_when_figures_come(a_home: Home) -> None:
    """That no period is closed is no error."""
    said = locales.say(locales.SOURCE, "statistics.bad.none_yet", first="Tháng 11 năm 2026")
    async with at_desk(a_home) as desk, browser(a_home, "intake") as everybody:
        for client, path in ((desk, DESK), (everybody, PUBLIC)):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert said in answer.text


@pytest.mark.parametrize("lang", locales.LANGUAGES)
async def test_the_pages_are_small_and_bring_no_script_and_no_style_of_their_own(a_home: Home, lang: str) -> None:
    """Their policy lets in nothing else; every view, in every language."""
    home = with_figures(a_home)
    async with at_desk(home) as desk, browser(home, "intake") as everybody:
        views = (
            (desk, f"{DESK}?view=wards"),
            (desk, f"{DESK}?district=769"),
            (desk, f"{DESK}?view=work&period=2026-Q3"),
            (desk, DESK),
            (everybody, PUBLIC),
        )
        for client, path in views:
            answer = await client.get(path, params={"lang": lang} if client is everybody else None)
            if client is desk:
                answer = await client.get(path, headers={"cookie": f"{cookies(client)}; l={lang}"})
            assert f'<html lang="{lang}">' in answer.text
            assert len(answer.content) < LARGEST, path
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=\"/static/)", answer.text)


async def test_no_two_regions_of_a_page_are_called_the_same(a_home: Home) -> None:
    """Who jumps from one to the next by ear hears which it is: a table by urgency is not called as the one above it."""
    home = with_figures(a_home)
    async with at_desk(home) as desk, browser(home, "intake") as everybody:
        for client, path in ((desk, f"{DESK}?view=work&period=2026-Q3"), (desk, DESK), (everybody, PUBLIC)):
            page = (await client.get(path)).text
            names = re.findall(r'role="region" aria-labelledby="([^"]*)"', page)
            assert names
            assert len({*names}) == len(names), path
            assert {one for it in names for one in it.split()} <= {*re.findall(r'id="([^"]*)"', page)}


def cookies(client: httpx.AsyncClient) -> str:
    return "; ".join(f"{it.name}={it.value}" for it in client.cookies.jar if it.name != "l")


async def test_everybodys_page_shows_less_than_the_desks(a_home: Home) -> None:
    """Neither wards nor a district's groups, nor how many accuse an office; and who runs this stays on top of it."""
    async with browser(with_figures(a_home), "intake") as client:
        page = (await client.get(f"{PUBLIC}?view=wards&district=760&group=drugs")).text
    assert "Bản đồ ô: quận, huyện cũ" in page
    for key in ("statistics.part.ward", "statistics.part.heat", "statistics.card.restricted", "statistics.part.trend"):
        assert f">{locales.say(locales.SOURCE, key)}</" not in page
    assert page.index(locales.say(locales.SOURCE, "about.run")) < page.index('id="so-lieu"')
    assert "district=" not in page


async def test_without_the_store_everybody_still_reads_who_runs_this(a_home: Home) -> None:
    """The figures are told to be away; the rest needs none."""

    class Away:
        async def figures(self) -> Sequence[Figures]:
            raise errors.StoreUnavailable

    shelf: Any = Away()
    product: Product = replace(a_home.product, archive=shelf)
    async with browser(replace(a_home, product=product), "intake") as client:
        answer = await client.get(PUBLIC)
    assert answer.status_code == 200
    assert locales.say(locales.SOURCE, "statistics.bad.away") in answer.text
    assert locales.say(locales.SOURCE, "about.run") in answer.text
