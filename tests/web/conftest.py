"""A real browser that talks to loopback only."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests import tools
from tests.fakes import home, served

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PEOPLE = (  # each the first of a unit, or without a key
    ("an", "area-770"),
    ("kiem", "vks-tp", "overseer"),
    ("bon", "area-773"),
    ("phim", "area-778"),
    ("soi", "area-760"),
    ("mark", "area-771"),
    ("quan", "ttra-tp", "admin"),
    ("tri", "ttra-tp", "admin"),
    ("toan", "ttra-tp", "auditor"),
    ("truong", "area-772", "head"),
    ("thanh", "px05"),
    ("giam-sat", "vks-tc", "overseer"),
    ("truc", "duty", "coordinator"),
)


@pytest.fixture(scope="session")
def made_home() -> Iterator[served.Served]:
    with home.in_memory() as folder:
        yield served.made(folder, PEOPLE)


@pytest.fixture
async def site(made_home: served.Served) -> AsyncIterator[served.Served]:
    """The home, served."""
    async with served.serving(made_home, "intake,desk"):
        yield made_home


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=tools.path("chromium"), args=FLAGS)
        yield opened
        await opened.close()
