"""Exports: published figures of closed periods leave the house on record, in the name of who took them."""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple, replace
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

import locales
from bot.commands import statistics
from handlers.exports.files import TYPES
from storage import engine
from tests.fakes import published
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home
from tips import errors
from tips.cases import ledger
from tips.cases.ledger import Event, Kind
from tips.desk.exports import LENGTHS, TABLES, Query
from tips.statistics.figures import Figures

PAGE = "/desk/statistics/export"
YEAR = (*published.MONTHS, "2026-Q2", "2026-Q3", "2025")


async def closed(home: Home, tips: int = 7) -> None:
    """A home whose November is over."""
    for number in range(tips):
        await home.citizen(f"citizen {number}").sends("bán ma tuý ở quán cà phê đường Lê Văn Sỹ quận 3 mỗi tối")
    home.clock.forward(days=14)
    await home.product.closing.tick()


def with_figures(home: Home, figures: Callable[[], Awaitable[Sequence[Figures]]] | None = None) -> Home:
    """The same home, with made-up figures of closed periods."""
    shelf: Any = published.Shelf(*YEAR)
    if figures:
        shelf.figures = figures
    exports = replace(home.product.exports, archive=shelf)
    files = replace(home.product.export_files, exports=exports)
    return replace(home, product=replace(home.product, archive=shelf, exports=exports, export_files=files))


async def recorded(home: Home) -> list[Event]:
    """Every export that is on record, each with a signature that holds."""
    rows = [ledger.verify(it, home.product.roster().verifiers) for it in await home.product.store.ledger.waiting()]
    return [it for it in rows if it.kind is Kind.EXPORTED]


@asynccontextmanager
async def at_desk(home: Home, name: str = "kiem") -> AsyncIterator[httpx.AsyncClient]:
    async with browser(home) as client:
        await log_in(client, home, name)
        yield client


async def asks(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    """The form of the page, sent as it was filled in."""
    csrf = CSRF.search((await client.get(PAGE)).text)
    filled = {"table": "district", "length": "month", "from": "2026-08", "to": "2026-10", "form": "xlsx", "period": ""}
    return await client.post(PAGE, data={"csrf": csrf.group(1) if csrf else "", **filled, **fields})


async def test_an_export_says_what_every_page_says(a_home: Home) -> None:
    """The same figures, by the table that is asked for; a month that is not closed is not in it."""
    await closed(a_home)
    (figures,) = await a_home.product.archive.figures()
    session = await a_home.session("kiem")
    for by, names in (("month,district", ("district",)), ("month,category", ("category",)), ("month,ward", ("ward",))):
        taken = await a_home.product.exports.take(session, Query(tuple(by.split(","))), "csv")
        assert {it.period for it in taken.lines} == {"2026-11"}
        assert len(taken.lines) == len([*figures.of(*names)])
    (total,) = (await a_home.product.exports.take(session, Query(("month",)), "csv")).lines
    assert astuple(total) == ("2026-11", *[""] * 7, "7")


async def test_what_leaves_nothing_leaves_no_record(a_home: Home) -> None:
    """A table of periods none of which is closed; a report of none cannot be made."""
    await closed(a_home, 1)
    session, query = await a_home.session("kiem"), Query(("quarter", "district", "group"))
    assert (await a_home.product.exports.take(session, query, "csv")).lines == ()
    with pytest.raises(errors.Refused) as refused:
        await a_home.product.exports.report(session, query, "pdf")
    assert refused.value.key == "error.nothing_to_export"
    assert await recorded(a_home) == []


async def test_every_table_of_a_closed_period_can_be_taken_and_each_line_says_what_it_is_of(a_home: Home) -> None:
    """No two lines of an export are alike but for their count; none is left out."""
    await closed(a_home)
    (figures,) = await a_home.product.archive.figures()
    session = await a_home.session("kiem")
    taken = {()}
    for table in TABLES:
        lines = (await a_home.product.exports.take(session, Query(("month", *table)), "csv")).lines
        assert len({astuple(it)[:-1] for it in lines}) == len(lines)
        taken |= {table} if lines else set()
    named = {key[::2] for key in figures.counts} - {("total",), ("restricted",), ("district", "ward")}
    assert named | {()} == taken
    (line,) = [
        it
        for it in (await a_home.product.exports.take(session, Query(("month", "step", "urgency", "time")), "csv")).lines
        if (it.what, it.urgency, it.how) == ("accepted", "P2", "4h")
    ]
    assert line.count == "<5"


async def test_an_export_is_on_record_before_it_leaves_signed_by_who_took_it(a_home: Home) -> None:
    await closed(a_home)
    await a_home.product.exports.take(await a_home.session("kiem"), Query(("month", "district"), "2026-11"), "xlsx")
    (event,) = await recorded(a_home)
    assert event.by == "kiem"
    assert event.facts == {"by": "month,district", "from": "2026-11", "to": "", "form": "xlsx"}


@pytest.mark.parametrize(
    ("who", "query", "key"),
    [
        ("an", Query(("month",)), "error.role"),
        ("kiem", Query(("month", "district", "category")), "error.no_such_table"),
        ("kiem", Query(("month", "year")), "error.no_such_table"),
        ("kiem", Query(("month",), "2026-10"), "error.not_closed"),
        ("kiem", Query(("month",), "nonsense"), "error.not_closed"),
        ("kiem", Query(("month",), "", "2031-01"), "error.month_to_come"),
    ],
)
async def test_what_is_not_published_is_not_exported_and_leaves_no_record(
    a_home: Home, who: str, query: Query, key: str
) -> None:
    await closed(a_home, 1)
    for take in (a_home.product.exports.take, a_home.product.exports.report):
        with pytest.raises(errors.Refused) as refused:
            await take(await a_home.session(who), query, "csv")
        assert refused.value.key == key
    assert await recorded(a_home) == []


async def test_a_period_whose_figures_were_taken_away_is_closed_anew_and_the_audit_says_so(a_home: Home) -> None:
    """Who deletes the row gets other figures beside the first ones; the ledger holds both closings."""
    await closed(a_home)
    assert (await a_home.product.audit()).sound
    created = sa.create_engine(engine.sync_url(a_home.settings.database_url))
    with created.begin() as connection:
        connection.execute(sa.text("DELETE FROM period"))
    created.dispose()
    await a_home.product.closing.tick()
    assert any("2026-11" in it for it in (await a_home.product.audit()).problems)


@pytest.mark.parametrize("form", TYPES)
async def test_the_command_line_writes_every_kind_of_file(
    a_home: Home, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same person's name, on the same record; a report has all tables of the newest period."""
    await closed(a_home)
    monkeypatch.setenv("TINBAO_PASSWORD", a_home.passphrases["kiem"])
    out, by = tmp_path / "out", ("month",) if form in {"html", "pdf"} else ("month", "district")
    assert await statistics.export(a_home.settings, out, "kiem", form, Query(by), "") == 0
    assert out.stat().st_size > 0
    if form == "html":
        assert "Quận 3" in out.read_text("utf-8")
    (event,) = await recorded(a_home)
    assert (event.by, event.facts["by"], event.facts["form"]) == ("kiem", ",".join(by), form)


async def test_the_command_line_writes_a_header_where_nothing_is_closed(
    a_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a program that reads it; it says so beside, and nothing is on record."""
    monkeypatch.setenv("TINBAO_PASSWORD", a_home.passphrases["kiem"])
    for form in ("csv", "xlsx", "json"):
        assert await statistics.export(a_home.settings, tmp_path / form, "kiem", form, Query(("month",)), "") == 0
    assert (tmp_path / "csv").read_text("utf-8-sig") == "period,district,ward,category,count\n"
    assert json.loads((tmp_path / "json").read_text())["rows"] == []
    assert "header only" in capsys.readouterr().err
    assert await recorded(a_home) == []


# --- at the desk -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", TYPES)
async def test_every_kind_of_file_is_taken_from_the_desk_in_the_persons_name(a_home: Home, form: str) -> None:
    """Each says what it is, has a name of plain letters, and is on record; the page to print opens by itself."""
    home = with_figures(a_home)
    async with at_desk(home) as client:
        answer = await asks(client, form=form)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[form]
    assert answer.headers["cache-control"] == "no-store"
    named = f'attachment; filename="tinbao-2026-{"10" if form == "pdf" else "08_2026-10"}_district.{form}"'
    assert answer.headers.get("content-disposition") == (None if form == "html" else named)
    assert not answer.url.query
    (event,) = await recorded(home)
    first = "2026-10" if form in {"html", "pdf"} else "2026-08"
    assert (event.by, event.facts) == (
        "kiem",
        {"by": "month,district", "from": first, "to": "2026-10", "form": form},
    )


async def test_nothing_leaves_that_could_not_be_put_on_record(a_home: Home) -> None:
    """The store is away when the export is signed: the person reads so, and no figure was sent."""

    class Away:
        async def append(self, event: object) -> None:
            raise errors.StoreUnavailable

    home = with_figures(a_home)
    away: Any = Away()
    files = home.product.export_files
    files = replace(files, exports=replace(files.exports, ledger=away))
    async with at_desk(replace(home, product=replace(home.product, export_files=files))) as client:
        for form in TYPES:
            answer = await asks(client, form=form)
            assert answer.status_code == 503
            assert "content-disposition" not in answer.headers
            assert "Quận 1" not in answer.text


async def test_every_table_is_written_in_every_form_and_language(a_home: Home) -> None:
    """Whatever is published, whoever reads it."""
    home = with_figures(a_home)
    session = await home.session("kiem")
    for by, lang in itertools.product(TABLES, locales.LANGUAGES):
        for form in TYPES:
            file = await home.product.export_files.make(session, Query(("quarter", *by)), form, lang, lang)
            assert file.content
            assert not file.empty
            assert file.name.isascii()


async def test_the_quarters_report_is_two_clicks_from_its_page(a_home: Home) -> None:
    """The link of the page leads to a form whose one button makes the PDF; as an admin, who reads no tip."""
    await a_home.join(("quan-tri", "ttra-tp", "admin"))
    home = with_figures(a_home)
    async with at_desk(home, "quan-tri") as client:
        page = (await client.get("/desk/statistics?period=2026-Q3")).text
        link = unescape(re.search(rf'href="({PAGE}[^"]*)"', page)[1])  # type: ignore[index]
        first = (await client.get(link)).text.split("</form>")[1]  # after the one that logs out
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', first))
        assert 'name="form" value="pdf"' in first
        answer = await client.post(PAGE, data=fields | {"form": "pdf"})
    assert answer.content.startswith(b"%PDF")
    assert 'filename="tinbao-2026-Q3_report.pdf"' in answer.headers["content-disposition"]
    (event,) = await recorded(home)
    assert event.facts == {"by": "quarter", "from": "2026-07", "to": "2026-09", "form": "pdf"}


CANNOT = (
    ({"from": "2026-11"}, "error.not_closed"),
    ({"from": "nonsense"}, "error.not_closed"),
    ({"to": "2031-01"}, "error.month_to_come"),
    ({"from": "2026-10", "to": "2026-08"}, "error.from_after_to"),
    ({"length": "year", "from": "2026-08"}, "error.nothing_to_export"),
    ({"length": "year", "from": "2026-08", "form": "pdf"}, "error.nothing_to_export"),
    ({"table": "district,category"}, "error.no_such_table"),
    ({"length": ""}, "error.no_such_table"),
    ({"form": "exe"}, "error.no_such_form"),
)


async def test_what_cannot_be_exported_is_said_in_words_and_the_form_stays_as_it_was(a_home: Home) -> None:
    """In the person's language; what was typed and is none of ours is not repeated; nothing is on record."""
    home = with_figures(a_home)
    async with at_desk(home) as client:
        for lang in ("vi", "en"):
            await client.get(f"{PAGE}?lang={lang}")
            for fields, key in CANNOT:
                answer = await asks(client, **fields)
                assert answer.status_code == 409
                assert locales.say(lang, key) in unescape(answer.text)
                kept = {"table": "district", "from": "2026-08", "to": "2026-10"} | fields
                chosen = re.findall(r'<option value="([^"]*)" selected', answer.text)
                assert {kept["from"], kept["to"]} & set(published.MONTHS) <= set(chosen)
                assert "nonsense" not in answer.text
    assert await recorded(home) == []


def test_whoever_asks_for_a_table_that_there_is_not_is_told_in_words_which_there_are() -> None:
    """Of the work too; no code of ours among them."""
    codes = {*LENGTHS, *(name for table in TABLES for name in table)}
    for lang, kinds in (
        ("vi", ("Quý", "phường", "mức khẩn", "bước", "hạn", "đơn vị", "kênh", "ngôn ngữ", "tờ dán", "dấu hiệu sớm")),
        ("en", ("quarter", "ward", "urgency", "step", "deadline", "unit", "channel", "language", "poster", "signs")),
        ("zh", ("季", "坊", "紧急", "步骤", "期限", "单位", "渠道", "语言", "张贴", "早期迹象")),
    ):
        said = locales.say(lang, "error.no_such_table")
        assert all(it.lower() in said.lower() for it in kinds), lang
        assert lang == "en" or not [it for it in codes if it in said]


async def test_a_table_that_a_period_does_not_have_is_not_exported(a_home: Home) -> None:
    """Areas by groups of a month: the page says so, and nothing is on record."""
    await closed(a_home)
    async with at_desk(a_home) as client:
        for form in TYPES:
            answer = await asks(client, **{"table": "district,group", "from": "", "to": "", "form": form})
            assert locales.say("vi", "error.nothing_to_export") in answer.text
    assert await recorded(a_home) == []


async def test_before_the_first_month_is_closed_the_page_says_when_figures_come(a_home: Home) -> None:
    """And has no form; who posts all the same is told."""

    async def nothing() -> Sequence[Figures]:
        return ()

    said = locales.say(locales.SOURCE, "statistics.bad.none_yet", first="Tháng 11 năm 2026")
    async with at_desk(with_figures(a_home, nothing)) as client:
        page = await client.get(PAGE)
        assert said in page.text
        assert "<select" not in page.text
        csrf = CSRF.search(page.text)
        for form in ("xlsx", "pdf"):
            posted = await client.post(
                PAGE, data={"csrf": csrf.group(1) if csrf else "", "form": form, "length": "month"}
            )
            assert posted.status_code == 409
            assert locales.say(locales.SOURCE, "error.nothing_to_export") in posted.text


@pytest.mark.parametrize("who", ["an", "nobody"])
async def test_who_sees_no_counts_has_no_page_of_exports(a_home: Home, who: str) -> None:
    """An officer is told that there is none, a stranger is asked to log in; and nothing is on record."""
    home = with_figures(a_home)
    async with browser(home) as client:
        if who != "nobody":
            await log_in(client, home, who)
            account = CSRF.search((await client.get("/desk/account")).text)
        for answer in (
            await client.get(PAGE),
            await client.post(
                PAGE, data={"csrf": account.group(1) if who != "nobody" and account else "", "form": "csv"}
            ),
        ):
            assert answer.status_code == (404 if who != "nobody" else 200)
            assert "export" not in answer.url.path or who != "nobody"
            assert "Quận 1" not in answer.text
    assert await recorded(home) == []


async def test_a_form_of_another_page_exports_nothing(a_home: Home) -> None:
    """Neither without the session's own mark, nor from another site."""
    home = with_figures(a_home)
    async with at_desk(home) as client:
        assert (await asks(client, csrf="00")).status_code == 409
        csrf = CSRF.search((await client.get(PAGE)).text)
        fields = {"csrf": csrf.group(1) if csrf else "", "form": "csv", "length": "month"}
        elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
        assert (await client.post(PAGE, data=fields, headers=elsewhere)).status_code == 409
    assert await recorded(home) == []


async def test_two_who_export_at_once_are_both_on_record(a_home: Home) -> None:
    """And each has a whole file, whatever is drawn beside it."""
    home = with_figures(a_home)
    async with at_desk(home) as client:
        forms = ("pdf", "xlsx", "pdf", "csv")
        answers = await asyncio.gather(*(asks(client, form=it) for it in forms))
    assert [it.status_code for it in answers] == [200] * len(forms)
    assert answers[0].content == answers[2].content
    assert sorted(it.facts["form"] for it in await recorded(home)) == sorted(forms)


async def test_no_address_of_the_page_breaks_it(a_home: Home) -> None:
    """Whatever stands in it, the form is there."""
    async with at_desk(with_figures(a_home)) as client:
        for query in ("period=nonsense", "period=" + "9" * 5000, "period=%27%22%3E", "period=2026-Q3", "period=2025"):
            answer = await client.get(f"{PAGE}?{query}")
            assert answer.status_code == 200
            assert 'name="table"' in answer.text
            assert "nonsense" not in answer.text
