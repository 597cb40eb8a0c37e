"""Files of figures: what is in them, as other programs read them."""

import asyncio
import csv
import io
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree as ET

import jsonschema
import pytest

import handlers.exports
import locales
from handlers import faces
from handlers.exports import page, paper, plain, report, workbook
from handlers.exports.files import ExportFiles
from handlers.exports.labels import named
from handlers.exports.report import Report
from handlers.statistics.parts import Heat, Part
from handlers.statistics.words import Words
from tests import tools
from tests.fakes import published
from tips.cases import lifecycle
from tips.cases.milestones import MISSED, TIMES
from tips.desk.exports import Export, Exports, Line, Query
from tips.organisation import units
from tips.organisation.roles import Role
from tips.people.session import Session
from tips.statistics.figures import Figures, Hidden
from tips.statistics.work import STEPS, TOLD

NOW = datetime(2026, 11, 8, 20, 30, tzinfo=UTC)  # early on the 9th in the city
ORGANISATION = units.load()
SCHEMA = json.loads((Path(handlers.exports.__file__).parent / "figures.schema.json").read_text())
TEXT, TABLE = (f"{{urn:oasis:names:tc:opendocument:xmlns:{it}:1.0}}" for it in ("text", "table"))
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
EVIL = (
    "=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example")',
    "\n=1+1", " =1+1", "\u00a0+1", " \n@SUM(1)", "＝1+1", "＋1", "－1", "＠SUM(1)",
)  # fmt: skip


def told(period: str, district: str, ward: str, category: str, count: str) -> Line:
    """A line of a table of tips."""
    return Line(period, district, ward, category, "", "", "", "", count)


class Records:
    """A ledger that takes everything."""

    async def append(self, event: object) -> None:
        """Keep nothing."""


async def taken(*by: str, form: str = "xlsx", figures: Sequence[Figures] = (), name: str = "kiem") -> Export:
    """An export of made-up figures."""
    shelf: Any = published.Shelf(*published.MONTHS, "2026-Q2", "2026-Q3", "2025")
    if figures:

        async def these() -> Sequence[Figures]:
            return figures

        shelf.figures = these
    made: Any = Exports(shelf, Records(), lambda: ORGANISATION.areas, lambda: NOW, os.urandom)  # type: ignore[arg-type]
    session = Session(name, "vks-tp", Role.OVERSEER, os.urandom(32), {})
    take = made.report if form in {"html", "pdf"} else made.take
    return await take(session, Query(by), form)


def lines(export: Export, lang: str = "vi") -> list[Line]:
    return [named(it, Words.of_home(ORGANISATION, lang), export.query.table) for it in export.lines]


async def reported(*by: str, lang: str = "vi", **other: Any) -> Report:
    return report.of(await taken(*by, form="pdf", **other), ORGANISATION, lang, "report.pdf")


def converted(file: Path, to: str, *more: str) -> Path:
    """A file as LibreOffice reads it, written in another form."""
    profile = f"-env:UserInstallation=file://{file.parent}/profile"
    words = [
        tools.path("soffice"),
        "--headless",
        profile,
        *more,
        "--convert-to",
        to,
        "--outdir",
        str(file.parent),
        str(file),
    ]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    return file.with_suffix(f".{to.split(':', maxsplit=1)[0]}")


def pdf_words(content: bytes, tmp_path: Path) -> list[str]:
    """What a reader copies out of each page, by poppler."""
    (tmp_path / "it.pdf").write_bytes(content)
    return poppler("pdftotext", "-layout", tmp_path / "it.pdf", "-").split("\f")[:-1]


def poppler(program: str, *words: str | Path) -> str:
    """What one of poppler's programs says."""
    command = [Path(tools.path("pdftoppm")).with_name(program), *words]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


# --- plain ------------------------------------------------------------------------------------------------------------


async def test_a_csv_has_the_contracts_header_or_a_languages_and_no_formula() -> None:
    """With the mark of its encoding; a mark in a count's place stays what it is."""
    written = [told("2026-11", "Quận 3", "", it, "7") for it in EVIL] + [told("2026-11", "Quận 1", "", "", "<5")]
    content = plain.csv_file(written, "")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["period", "district", "ward", "category", "count"]
    assert [row[3] for row in rows[1:-1]] == [f"'{it}" for it in EVIL]
    assert rows[-1] == ["2026-11", "Quận 1", "", "", "<5"]
    for lang in locales.LANGUAGES:
        head, *_ = csv.reader([plain.csv_file(written, lang).decode("utf-8-sig").splitlines()[0]])
        assert head == [locales.say(lang, f"statistics.heading.{it}") for it in rows[0]]


async def test_a_table_of_the_work_has_the_columns_that_it_fills_in_words() -> None:
    """Behind those of the contract, in a workbook too; whatever has a code by its name."""
    for line, table, expected in (
        (
            Line("2026-11", "", "", "", "", "read", "P2", "4h", "7"),
            ("step", "urgency", "time"),
            ("Đã đọc", "Trong 4 giờ"),
        ),
        (Line("2026-11", "", "", "", "", "closed", "", "resolved", "7"), ("step", "result"), ("Đã đóng", "")),
        (Line("2026-11", "", "", "", "area-770", "all", "", "no", "7"), ("unit", "met"), ("Tổng", "Trễ hạn")),
        (Line("2026-11", "", "", "", "", "zalo", "", "", "7"), ("channel",), ("Zalo", "")),
        (Line("2026-11", "", "", "", "", "770", "", "", "7"), ("opens",), ("Quận 3", "")),
        (Line("2026-11", "", "", "", "", "vi", "", "", "7"), ("language",), ("Tiếng Việt", "")),
    ):
        made = named(line, Words.of_home(ORGANISATION, "vi"), table)
        assert made.what == expected[0], table
        assert not expected[1] or made.how == expected[1]
        assert made.unit == (ORGANISATION.unit(line.unit).name if line.unit else "")
        head, row = csv.reader(io.StringIO(plain.csv_file([made], "").decode("utf-8-sig"), newline=""))
        assert head == [
            *("period", "district", "ward", "category", "count"),
            *(it for it in ("unit", "what", "urgency", "how") if getattr(line, it)),
        ]
        in_book = sheets(workbook.xlsx(await taken("month"), [made], "vi"))["sharedStrings"]
        texts = re.findall("<t[^>]*>([^<]*)</t>", in_book)
        in_words = [locales.say("vi", f"statistics.heading.{it}") for it in ("period", "often", *head[5:])]
        assert texts[: texts.index(made.what)] == [*in_words, *([made.unit] if made.unit else [])]
        assert dict(zip(head, row, strict=True))["what"] == expected[0]


@pytest.mark.parametrize("by", [("month",), ("quarter", "category"), ("month", "ward"), ("year",)])
async def test_a_json_file_is_what_its_schema_says(by: tuple[str, ...]) -> None:
    """The schema ships beside the writer; it knows what it describes, and a change of the one breaks the other."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    export = await taken(*by)
    made = json.loads(plain.json_file(export, lines(export)))
    jsonschema.validate(made, SCHEMA)
    assert made["schema"] == SCHEMA["properties"]["schema"]["const"] == plain.SCHEMA
    assert [*made["rows"][0]] == ["period", "district", "ward", "category", "count"]
    assert {it["period"] for it in made["rows"]} == {it["period"] for it in made["about"]["periods"]}
    for broken in (made | {"schema": "other"}, made | {"rows": [{"count": 7}]}, made | {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


async def test_each_period_says_the_k_that_it_was_frozen_with() -> None:
    """Not the setting of today: an older period may have had another one."""
    before = replace(published.figures("2026-09", counts={("total",): Hidden.SMALL}), least=10)
    export = await taken("month", figures=[before, published.figures("2026-10")])
    assert [(it["period"], it["least"]) for it in plain.about(export)["periods"]] == [("2026-09", 10), ("2026-10", 5)]
    assert export.lines[0].count == "<10"
    shown = sheets(workbook.xlsx(export, lines(export), "vi"))
    assert "“&lt;10”" in shown["sharedStrings"]
    assert "“&lt;5”" in shown["sharedStrings"]


async def test_a_quarter_that_has_not_all_of_its_months_says_which_in_every_file_about_it() -> None:
    """In JSON, in the workbook's sheet and in a report, which also has nothing beside it."""
    figures = [published.figures(it) for it in ("2026-06", "2026-Q2")]
    export = await taken("quarter", figures=figures)
    made = json.loads(plain.json_file(export, lines(export)))
    jsonschema.validate(made, SCHEMA)
    assert [it["months"] for it in made["about"]["periods"]] == [["2026-06"]]
    assert "Chỉ có các tháng" in sheets(workbook.xlsx(export, lines(export), "vi"))["sharedStrings"]
    printed = await reported("quarter", figures=figures)
    assert printed.about == "Số liệu tin báo: Quý 2 năm 2026 (chỉ có tháng 6)"
    assert printed.beside == ""


async def test_lines_of_an_export_are_in_the_order_of_what_is_meant() -> None:
    """Times from the shortest, steps and deadlines as a case meets them, kept before missed; the total first."""
    for by, name, expected in (
        (("step", "time"), "how", TIMES),
        (("step",), "what", STEPS),
        (("deadline",), "what", ("all", *TOLD)),
        (("deadline", "met"), "how", ("yes", "no")),
        (("unit", "missed"), "how", MISSED),
        (("step", "result"), "how", lifecycle.results()),
    ):
        export = await taken("quarter", *by, figures=[published.figures("2026-Q3")])
        assert [*dict.fromkeys(getattr(it, name) for it in export.lines)] == [*expected], by


async def test_a_table_of_what_was_done_does_not_say_that_it_counts_tips() -> None:
    """A deadline is no tip, nor is a conversation; in the chart of a workbook neither."""
    tips, times = (locales.say("vi", f"statistics.heading.{it}") for it in ("count", "often"))
    for by, said, other in (
        (("district",), tips, times),
        (("urgency",), tips, times),
        (("deadline", "met"), times, tips),
        (("channel",), times, tips),
        (("step", "urgency"), times, tips),
    ):
        export = await taken("quarter", *by, figures=[published.figures("2026-Q3")])
        made = lines(export)
        (head,) = csv.reader([plain.csv_file(made, "vi").decode("utf-8-sig").splitlines()[0]])
        assert said in head, by
        texts = sheets(workbook.xlsx(export, made, "vi"))["sharedStrings"]
        assert f">{said}<" in texts
        assert f">{other}<" not in texts


# --- the workbook -----------------------------------------------------------------------------------------------------


def sheets(content: bytes) -> dict[str, str]:
    """The parts of a workbook, by the names of their files."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {Path(it).stem: book.read(it).decode() for it in book.namelist() if it.endswith(".xml")}


async def test_a_workbook_has_figures_a_chart_and_what_they_are() -> None:
    """No formula in any of it, heads that stay, A4, and words for who cannot see the chart."""
    export = await taken("month", "district")
    made = [*lines(export)[:-1], told("2026-10", *(EVIL[0],) * 3, "<5")]
    found = sheets(workbook.xlsx(export, made, "vi"))
    for name in ("sheet1", "sheet2", "sheet3"):
        assert "<f>" not in found[name]
        assert 'paperSize="9"' in found[name]
    assert 'state="frozen"' in found["sheet1"]
    assert "<autoFilter" in found["sheet1"]
    assert re.search(r'descr="[^"]{40,}"', found["drawing1"])
    assert locales.say("vi", "export.chart.alt") in found["drawing1"]
    assert "_xlnm.Print_Titles" in found["workbook"]
    assert all(it in found["workbook"] for it in ("Số liệu", "Biểu đồ", "Cách tính"))


async def test_a_count_is_a_number_and_a_mark_stays_a_text() -> None:
    """Whatever table has them; a count of nothing is 0 and no mark."""
    export = await taken("month")
    made = [replace(lines(export)[0], count=it) for it in ("95", "<5", ">=5", "-", "0")]
    found = sheets(workbook.xlsx(export, made, "en"))
    assert "<v>95</v>" in found["sheet1"]
    assert "<v>0</v>" in found["sheet1"]
    assert all(f">{it}<" in found["sharedStrings"] for it in ("&lt;5", "&gt;=5", "-"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("by", "first", "shown"),
    [
        (("month", "district"), "2025-11-01", "2025-11"),
        (("quarter", "category"), "2026-04-01", "2026-Q2"),
        (("year",), "2025-01-01", "2025"),
    ],
)
async def test_libreoffice_reads_dates_numbers_and_marks_and_prints_a4(
    tmp_path: Path, by: tuple[str, ...], first: str, shown: str
) -> None:
    """Another program than the one that wrote it: a period is a date that sorts, and is shown by its name."""
    export = await taken(*by)
    book = tmp_path / "it.xlsx"
    book.write_bytes(workbook.xlsx(export, lines(export), "vi"))
    tree = ET.parse(converted(book, "fods"))
    cells = list(tree.iter(f"{TABLE}table-cell"))
    dates = [it for it in cells if it.get(f"{OFFICE}value-type") == "date"]
    assert dates[0].get(f"{OFFICE}date-value") == first
    assert "".join(dates[0].itertext()).strip() == shown
    assert not [it for it in cells if it.get(f"{TABLE}formula")]
    numbers = [it.get(f"{OFFICE}value") for it in cells if it.get(f"{OFFICE}value-type") == "float"]
    assert {it.count for it in export.lines if it.count.isdecimal()} <= set(numbers)
    assert "(A4)" in poppler("pdfinfo", converted(book, "pdf"))


@pytest.mark.slow
async def test_a_csv_is_inert_in_a_spreadsheet(tmp_path: Path) -> None:
    """LibreOffice makes no formula and no link of anything in it."""
    file = tmp_path / "it.csv"
    file.write_bytes(plain.csv_file([told("2026-11", it, "Phường Sài Gòn", it, "<5") for it in EVIL], ""))
    assert formulas(file) == []
    file.write_text('a,b\n=1+1,"=HYPERLINK(""http://x.example"")"\n')
    assert len(formulas(file)) == 2, "what is tried here would be one"


def formulas(file: Path) -> list[str | None]:
    """What LibreOffice takes for a formula in a CSV in UTF-8."""
    tree = ET.parse(converted(file, "fods", "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,0,true"))
    return [it.get(f"{TABLE}formula") for it in tree.iter(f"{TABLE}table-cell") if it.get(f"{TABLE}formula")]


# --- the report -------------------------------------------------------------------------------------------------------


def test_every_part_of_a_page_of_figures_is_a_table_of_the_report_but_the_widest() -> None:
    """A new kind of part says how it is printed."""
    assert {*get_args(Part)} - {*report.DRAWN} == {Heat}


async def test_a_report_says_whose_it_is_of_which_period_and_what_came_before() -> None:
    """By the usual form of the state's papers; the total, areas, groups, urgency and times are in it."""
    made = await reported("quarter")
    assert made.agency == ("Viện kiểm sát nhân dân Thành phố Hồ Chí Minh",)
    assert made.dated == "Thành phố Hồ Chí Minh, ngày 09 tháng 11 năm 2026"
    assert made.about == "Số liệu tin báo: Quý 3 năm 2026"
    assert made.beside == "Kỳ trước: Quý 2 năm 2026"
    keys = ("city", "part.trend", "part.group", "part.urgency", "part.times", "heading.district")
    assert {locales.say("vi", f"statistics.{it}") for it in keys} <= {it.title for it in made.tables}
    for table in made.tables:
        assert {len(row) for row in table.rows} == {len(table.heads)}


async def test_a_report_of_one_table_has_it_beside_the_period_before() -> None:
    """As many rows as the table has cells."""
    made = await reported("quarter", "district", "group")
    export = await taken("quarter", "district", "group", form="pdf")
    (table,) = made.tables
    assert len(table.rows) == len(export.lines)
    assert (table.named, len(table.heads)) == (2, 4)


@pytest.mark.parametrize("lang", locales.LANGUAGES)
async def test_page_and_pdf_say_the_same(tmp_path: Path, lang: str) -> None:
    """Every word of the content is in both; who took it, and the page's number of how many, on each page of the PDF."""
    made = await reported("quarter", lang=lang)
    html = page.standing_alone(made).decode()
    pages = pdf_words(paper.pdf(made), tmp_path)
    both = (squeezed(re.sub(r"<[^>]*>", "", html.split("</head>")[1])), squeezed("".join(pages)))
    said = [*made.agency, made.dated, made.about, made.beside, *made.words, *made.signed, made.mark]
    said += [cell for table in made.tables for row in (table.heads, *table.rows) for cell in row if " " not in cell]
    for words in (it for one in said for it in one.split("\n")):
        for text in both:
            assert squeezed(words).lower() in text.lower(), words
    for at, text in enumerate(pages, 1):
        assert squeezed(made.mark) in squeezed(text)
        assert f"{at}/{len(pages)}" in text


def squeezed(words: str) -> str:
    """Without spaces and entities: where a line breaks is nobody's matter."""
    plain = (
        words.replace("&lt;", "<")
        .replace("&#34;", '"')
        .replace("&#39;", "'")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )
    return re.sub(r"\s", "", plain)


async def test_a_report_of_a_home_for_trying_out_says_on_every_page_that_it_is_none(tmp_path: Path) -> None:
    """What bears the state's name and motto is not taken for true figures."""
    export, said = await taken("quarter", form="pdf"), locales.say("vi", "report.trial")
    made = report.of(export, ORGANISATION, "vi", "report.pdf", trial=True)
    assert all(squeezed(said) in squeezed(text) for text in pdf_words(paper.pdf(made), tmp_path))
    assert page.standing_alone(made).decode().count(said) == 2
    assert said not in page.standing_alone(await reported("quarter")).decode()


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("name", ["kiem", "Nguyễn Hoàng Thiên Ân " * 6, "n" * 400, "检察员" * 100])
async def test_the_foot_of_a_page_stays_on_it_and_off_the_pages_number(tmp_path: Path, lang: str, name: str) -> None:
    """With the notice of a trial, and whatever somebody is called."""
    export = await taken("quarter", form="pdf", name=name)
    (tmp_path / "it.pdf").write_bytes(paper.pdf(report.of(export, ORGANISATION, lang, "report.pdf", trial=True)))
    boxes = poppler("pdftotext", "-bbox", tmp_path / "it.pdf", "-")
    for at, on_page in enumerate(boxes.split("<page ")[1:], 1):
        found = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)', on_page)
        foot = [(*map(float, box), word) for *box, word in found if float(box[1]) > paper.A4[1] - paper.EDGE]
        (number,) = (it for it in foot if re.fullmatch(rf"{at}/\d+", it[4]))
        marks = [it for it in foot if it is not number]
        assert sum(it[0] < paper.LEFT + 1 for it in marks) in {2, 3}, "the notice has a line of its own"
        assert all(it[2] < number[0] for it in marks)
        assert all(it[0] >= paper.LEFT - 1 and it[3] < paper.A4[1] - 4 * paper.mm for it in marks)


async def test_a_page_needs_no_other_file_and_no_script() -> None:
    """As a file it has its style inside; everything has its language, a title and heads of rows."""
    html = page.standing_alone(await reported("quarter")).decode()
    assert not re.search(r"<script|<link|\ssrc=|\shref=|url\(|\sstyle=", html)
    assert '<html lang="vi">' in html
    assert "<title>Báo cáo: Số liệu tin báo: Quý 3 năm 2026</title>" in html
    assert html.count('<th scope="row">') > 60
    assert html.count("<caption>") == html.count("<table>")


async def test_a_pdf_has_its_fonts_inside_its_title_and_language_and_repeats_heads(tmp_path: Path) -> None:
    """The same report makes the same bytes, and its date is by our clock."""
    made = await reported("quarter", "ward")
    content = paper.pdf(made)
    assert content == paper.pdf(made)
    pages = pdf_words(content, tmp_path)
    assert len(pages) > 3
    wards = [text for text in pages if re.search("Phường|Xã", text)]
    assert all(made.tables[0].heads[0] in text for text in wards)
    told = poppler("pdfinfo", tmp_path / "it.pdf")
    assert re.search(r"Title: +Báo cáo: Số liệu tin báo: Quý 3 năm 2026\n", told)
    assert "Nov  8 20:30:00 2026" in told
    fonts = poppler("pdffonts", tmp_path / "it.pdf")
    assert fonts.count("NotoSans") >= 2
    for line in fonts.splitlines()[2:]:
        assert re.search(r"yes +yes +(yes|no) +\d", line) or "Helvetica" in line, line
    assert b"/Lang (vi)" in content


async def test_a_name_in_letters_that_no_font_has_stops_no_report(tmp_path: Path) -> None:
    """It gets a question mark on paper; the ledger has it as it is."""
    pages = pdf_words(paper.pdf(await reported("quarter", name="វិភាគ-kiem")), tmp_path)
    assert "?" in pages[0]
    assert "-kiem" in pages[0]


async def test_others_are_served_while_a_file_is_drawn() -> None:
    """A thousand rows on paper take a second: beside the event loop, which goes on."""
    shelf: Any = published.Shelf("2026-Q3")
    ledger: Any = Records()
    exports = Exports(shelf, ledger, lambda: ORGANISATION.areas, lambda: NOW, os.urandom)
    files = ExportFiles(exports, lambda: ORGANISATION)
    session = Session("kiem", "vks-tp", Role.OVERSEER, os.urandom(32), {})
    ticks = 0
    made = asyncio.ensure_future(files.make(session, Query(("quarter", "district", "group")), "pdf", "vi"))
    while not made.done():
        await asyncio.sleep(0.002)
        ticks += 1
    assert made.result().content
    assert ticks > 10


def test_every_sign_of_a_report_is_in_a_font() -> None:
    """The texts of every language; where one is not, run `make fonts`."""
    kinds = ("report.", "statistics.", "group.", "category.", "result.")
    for lang in locales.LANGUAGES:
        known = locales.catalogue(lang)._catalog  # type: ignore[attr-defined]
        for words in (said for key, said in known.items() if key.startswith(kinds) or key == "desk.mark"):
            missing = [it for it in words if it != "\n" and not faces.has(it, bold=True)]
            assert not missing, words


async def test_a_workbook_is_written_without_a_file_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it lies on a disk while it is made."""
    monkeypatch.setattr("tempfile.mkstemp", forbidden)
    monkeypatch.setattr("tempfile.TemporaryFile", forbidden)
    export = await taken("month", "district")
    assert workbook.xlsx(export, lines(export), "vi")
    assert paper.pdf(await reported("quarter"))


def forbidden(*args: object, **named: object) -> None:
    raise AssertionError("a temporary file")
