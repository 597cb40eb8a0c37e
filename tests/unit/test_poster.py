"""Posters: what is printed is scanned from its picture, in the fonts that are embedded; no sign is ever a box."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

import locales
from bot.commands import poster
from bot.poster import drawing, pdf, sheets, svg
from bot.poster.sheets import Door, Place
from bot.settings import Settings, read
from handlers import faces
from tips import errors
from tips.organisation import units
from tips.triage import Triager

WEB, BOT, ZALO = "https://tip.example", "TinBaoBot", "https://zalo.me/123456789"
EVERYWHERE = {"TINBAO_PUBLIC_URL": WEB, "TINBAO_TELEGRAM_NAME": f"@{BOT}", "TINBAO_ZALO_LINK": ZALO}
DPI = 150
ORGANISATION = units.load()


def settings(tmp_path: Path, **said: str) -> Settings:
    return read({"TINBAO_HOME": str(tmp_path / "home"), **said})


def pages(path: Path) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(path)
    return [page.render(scale=DPI / 72).to_pil() for page in document]


def scanned(picture: Image.Image) -> list[str]:
    """Where the codes of a picture lead, by a decoder that knows nothing of us."""
    return sorted(it.text for it in zxingcpp.read_barcodes(picture))


@pytest.mark.parametrize(("area", "code"), [("quận 3", "770"), ("q3", "770"), ("phường Sài Gòn", "26740")])
def test_every_code_of_a_poster_leads_to_its_door_and_brings_its_place(tmp_path: Path, area: str, code: str) -> None:
    """Scanned from the picture of the PDF; Zalo carries no place, so its name is written under the code."""
    poster.write(settings(tmp_path, **EVERYWHERE), area, (), tmp_path)
    first, second = pages(tmp_path / f"poster-{code}.pdf")
    assert scanned(first) == sorted([f"{WEB}/?area={code}", f"https://t.me/{BOT}?start={code}", ZALO])
    assert scanned(second) == [f"{WEB}/?area={code}"] * (sheets.ACROSS * sheets.DOWN)
    assert Triager(ORGANISATION).area_of_poster(code) == code
    words = text_of(tmp_path / f"poster-{code}.pdf")
    for lang in locales.LANGUAGES:
        assert locales.say(lang, "poster.zalo", area=ORGANISATION.area_name(code)) in words


@pytest.mark.parametrize("said", [{}, {"TINBAO_TELEGRAM_NAME": BOT}, {"TINBAO_ZALO_LINK": ZALO}])
def test_a_way_in_that_is_not_told_of_is_not_printed(tmp_path: Path, said: dict[str, str]) -> None:
    """The web is always there."""
    poster.write(settings(tmp_path, TINBAO_PUBLIC_URL=WEB, **said), "q5", (), tmp_path)
    first, _ = pages(tmp_path / "poster-774.pdf")
    expected = [f"{WEB}/?area=774"]
    expected += [f"https://t.me/{BOT}?start=774"] if "TINBAO_TELEGRAM_NAME" in said else []
    expected += [ZALO] if "TINBAO_ZALO_LINK" in said else []
    assert scanned(first) == sorted(expected)


def text_of(path: Path, page: int = 0) -> str:
    words: str = pypdfium2.PdfDocument(path)[page].get_textpage().get_text_bounded()
    return re.sub(r"\s+", " ", words)


@pytest.mark.parametrize("langs", [(), ("vi",), ("zh",), ("en", "vi")])
def test_a_poster_speaks_the_languages_that_were_asked_for(tmp_path: Path, langs: tuple[str, ...]) -> None:
    """All of them, where none was."""
    poster.write(settings(tmp_path, **EVERYWHERE), "q3", langs, tmp_path)
    words = text_of(tmp_path / "poster-770.pdf")
    for lang in locales.LANGUAGES:
        title = locales.say(lang, "poster.title").replace(" ", "")
        assert (title in words.replace(" ", "")) is (lang in (langs or locales.LANGUAGES))


def test_a_slip_says_nothing_but_an_address(tmp_path: Path) -> None:
    """Whoever is seen with it carries no word of what it is for."""
    poster.write(settings(tmp_path, **EVERYWHERE), "q3", (), tmp_path)
    words = set(text_of(tmp_path / "poster-770.pdf", page=1).split())
    assert words == {"tip.example"}
    slips = ET.fromstring((tmp_path / "slips-770.svg").read_text("utf-8"))
    drawn = {it.text for it in slips.iter() if it.tag.endswith("}text")}
    assert drawn == {"tip.example"}


def test_fonts_are_inside_and_nothing_is_fetched(tmp_path: Path) -> None:
    """Each face that the PDF uses is embedded; the SVG holds its faces as data."""
    poster.write(settings(tmp_path, **EVERYWHERE), "q3", (), tmp_path)
    raw = pypdfium2.raw
    document = pypdfium2.PdfDocument(tmp_path / "poster-770.pdf")
    fonts = [raw.FPDFTextObj_GetFont(it) for it in document[0].get_objects() if it.type == raw.FPDF_PAGEOBJ_TEXT]
    assert fonts
    assert all(raw.FPDFFont_GetIsEmbedded(it) == 1 for it in fonts)
    text = (tmp_path / "poster-770.svg").read_text("utf-8")
    assert set(re.findall(r"font-family:([\w-]+)", text)) >= set(re.findall(r'font-family="([\w-]+)"', text))
    assert not re.search(r'(?:href|src)="|url\((?!data:)', text)


def test_both_writers_draw_the_same_sheets(tmp_path: Path) -> None:
    """Every piece of words and every code of one is in the other; the same poster is the same bytes."""
    place = Place("Quận 3", f"{WEB}/ai-doc?khu-vuc=770")
    sheet = sheets.poster(place, [Door("Web", f"{WEB}/?area=770", ("poster.web",))], locales.LANGUAGES)
    drawn = ET.fromstring(svg.written(sheet))
    lines = [it.said for it in sheet.shapes if isinstance(it, drawing.Words)]
    assert "".join(it.text or "" for it in drawn.iter() if it.tag.endswith("}text")) == "".join(lines)
    assert pdf.written([sheet]) == pdf.written([sheet])
    (tmp_path / "one.pdf").write_bytes(pdf.written([sheet]))
    words = re.sub(r"\s", "", text_of(tmp_path / "one.pdf"))
    assert sorted(words) == sorted(re.sub(r"\s", "", "".join(lines)))


def test_every_sign_that_a_poster_can_have_is_in_a_font() -> None:
    """The texts of every language, and the name of every place; where one is not, run `make fonts`."""
    said = [locales.say(lang, key) for lang in locales.LANGUAGES for key in _keys(lang)]
    said += [it.name for it in (*ORGANISATION.areas.districts.values(), *ORGANISATION.areas.wards.values())]
    for words in said:
        for bold in (False, True):
            assert list(faces.pieces(words.replace("\n", " "), bold=bold))


def _keys(lang: str) -> list[str]:
    known = locales.catalogue(lang)._catalog  # type: ignore[attr-defined]
    return [key for key in known if key and key.startswith(("poster.", "whoreads.poster"))]


def test_a_sign_that_no_font_has_is_an_error_and_no_box() -> None:
    """It names the sign."""
    with pytest.raises(errors.BadSetting, match="U\\+1797"):
        faces.width("ភាសា", 10)
    with pytest.raises(errors.BadSetting, match="龘"):
        sheets.poster(Place("龘", WEB), [Door("Web", WEB, ())], ["vi"])


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("wide", [12.0, 40.0, 90.0])
def test_lines_are_no_wider_than_their_column_and_lose_nothing(lang: str, wide: float) -> None:
    """A word that is longer than a line is broken; no line begins with a stop."""
    said = f"{locales.say(lang, 'poster.lead')} https://a-very-long-name.tip.example/ai-doc?khu-vuc=770"
    lines = drawing.wrapped(said, wide, 11)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", said)
    assert all(faces.width(it, 11) <= wide for it in lines)
    assert not [it for it in lines if it[0] in "，。、？！"]


@pytest.mark.parametrize("long", [1, 3])
@pytest.mark.parametrize("area", sorted([*ORGANISATION.areas.districts, *ORGANISATION.areas.wards])[::9])
def test_a_poster_of_any_place_fits_its_page(area: str, long: int) -> None:
    """Also with a long address of the web page."""
    name = ORGANISATION.area_name(area)
    host = f"https://{'tip.' * long * 3}example"
    doors = [
        Door(it, f"{host}/?area={area}", ("poster.zalo", "poster.messenger")) for it in ("Web", "Telegram", "Zalo")
    ]
    sheet = sheets.poster(Place(name, f"{host}/ai-doc?khu-vuc={area}"), doors, locales.LANGUAGES)
    for it in sheet.shapes:
        if isinstance(it, drawing.Words):
            assert it.x >= sheets.MARGIN - 0.01
            assert it.x + faces.width(it.said, it.size, bold=it.bold) <= drawing.WIDTH - sheets.MARGIN + 0.01, it.said


@pytest.mark.parametrize(
    ("area", "langs", "said"),
    [("quận 99", (), {}), ("Phường 1", (), {}), ("q3", ("xx",), {}), ("q3", ("ko",), {})],
)
def test_what_cannot_be_printed_is_refused(
    tmp_path: Path, area: str, langs: tuple[str, ...], said: dict[str, str]
) -> None:
    """No place, several places, a language that is not spoken; nothing is written."""
    with pytest.raises(errors.BadSetting):
        poster.write(settings(tmp_path, **said), area, langs, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "said", [{"TINBAO_TELEGRAM_NAME": "a b"}, {"TINBAO_TELEGRAM_NAME": "x"}, {"TINBAO_ZALO_LINK": "zalo.me/1"}]
)
def test_a_door_that_is_told_of_wrongly_is_named(tmp_path: Path, said: dict[str, str]) -> None:
    (name,) = said
    with pytest.raises(errors.BadSetting, match=name):
        settings(tmp_path, **said)
