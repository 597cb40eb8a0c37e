"""Figures of closed periods as the pages show them: what is asked, what is chosen, what is drawn."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations

import pytest

import locales
from handlers.statistics import asked, periods, shown
from handlers.statistics.answers import Answer, answer
from handlers.statistics.asked import Asked, Chosen, Links, Unclear
from handlers.statistics.boards import Board, Boards
from handlers.statistics.parts import Bars, Grid, GridRow, Heat, Part, Tiles, Times, Trend
from handlers.statistics.shown import Shown
from tests.fakes import published
from tips import errors
from tips.cases.milestones import TIMES
from tips.data import read
from tips.organisation import units
from tips.statistics import reckoning
from tips.statistics.cells import Key
from tips.statistics.figures import Figures, Hidden

AREAS = units.load().areas
TODAY = date(2026, 11, 20)
OCTOBER = "2026-10"
WHOLE = Asked()


def told(
    closed: Sequence[Figures], wanted: Asked = WHOLE, *, lang: str = locales.SOURCE, public: bool = False
) -> Answer:
    """What somebody gets who asks for this."""

    async def figures() -> Sequence[Figures]:
        return closed

    boards = Boards(AREAS, lang, Links(), drills=not public)
    return asyncio.run(answer(figures, boards, boards.public if public else boards.desk, wanted, TODAY))


def board(counts: Mapping[Key, int | Hidden] | None = None, wanted: Asked = WHOLE, **how: bool) -> Board:
    """The board of one October, with these counts or with some of everything."""
    found = told(
        [published.figures(OCTOBER) if counts is None else published.figures(OCTOBER, counts=counts)], wanted, **how
    )
    assert found.board
    return found.board


def part(of: Board, id: str) -> Part:
    return next(it for it in of.parts if it.id == id)


def figures_of(it: Part) -> list[Shown]:
    """Every figure that a part shows."""
    if isinstance(it, Tiles):
        return [one.figure for one in it.tiles]
    if isinstance(it, Trend):
        return [one.figure for one in it.columns]
    if isinstance(it, Heat):
        return [one for row in it.rows for one in (row.total, *(cell for cell, _ in row.cells))]
    if isinstance(it, Grid):
        return [one for row in it.rows for one in row.cells]
    return [] if isinstance(it, Times) else [one.now for one in it.bars]


# --- periods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["2026-10", "2026-Q4", "2026", "2024-02"])
def test_a_period_is_read_as_it_is_written(code: str) -> None:
    """A month, a quarter, a year; and each has a name in every language."""
    found = periods.parse(code)
    assert found
    assert found.code == code
    assert found.before.after == found
    for lang in locales.LANGUAGES:
        assert str(found.first.year) in found.name(lang)
        assert found.name(lang) != found.before.name(lang)


@pytest.mark.parametrize(
    "code", ["", "2026-13", "2026-00", "2026-Q5", "1999-01", "2026-1", "26-10", "2026-10 ", "٢٠٢٦", "x"]
)
def test_what_is_no_period_is_none(code: str) -> None:
    assert periods.parse(code) is None


def test_the_period_before_is_in_the_year_before_where_it_has_to_be() -> None:
    """January after December, the first quarter after the fourth."""
    before = {"2026-01": "2025-12", "2026-Q1": "2025-Q4", "2026": "2025", "2026-03": "2026-02"}
    assert {code: found.before.code for code in before if (found := periods.parse(code))} == before
    assert [found.last for code in ("2024-02", "2026-Q4", "2026") if (found := periods.parse(code))] == [
        date(2024, 2, 29), date(2026, 12, 31), date(2026, 12, 31),
    ]  # fmt: skip


# --- what is asked ----------------------------------------------------------------------------------------------------


def chosen(*codes: str, **wanted: str) -> Chosen | Unclear:
    return asked.choose([published.figures(it) for it in codes], Asked(**wanted), AREAS, TODAY)


def test_who_asks_for_nothing_gets_the_newest_month() -> None:
    """Not a quarter that ended with it; only where no month is closed, what there is."""
    found = chosen("2026-08", "2026-09", "2026-Q3", "2025")
    assert isinstance(found, Chosen)
    assert (found.now.period, found.before and found.before.period) == ("2026-09", "2026-08")
    alone = chosen("2026-Q3")
    assert isinstance(alone, Chosen)
    assert alone.now.period == "2026-Q3"


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"period": "nonsense"}, "period"),
        ({"period": "2031-01"}, "future"),
        ({"period": "2026-11"}, "open"),
        ({"period": "2026-Q4"}, "open"),
        ({"period": "2020-05"}, "early"),
        ({"district": "999"}, "district"),
        ({"district": "26740"}, "district"),
        ({"group": "nothing"}, "group"),
        ({"view": "all"}, "view"),
        ({"district": "none", "group": "drugs"}, "nothing"),
    ],
)
def test_what_nothing_answers_is_told_with_the_nearest_that_does(wanted: dict[str, str], why: str) -> None:
    """Why not, in every language, and where to go: each of these places is there."""
    codes = ("2026-08", "2026-09", "2026-10", "2026-Q3")
    found = chosen(*codes, **wanted)
    assert isinstance(found, Unclear)
    assert found.why == why
    assert found.nearest
    for lang in locales.LANGUAGES:
        assert locales.say(lang, f"statistics.bad.{why}")
    for nearest in found.nearest:
        fields = {name: getattr(nearest, name) for name in Asked.__slots__}
        assert isinstance(chosen(*codes, **fields), Chosen)


def test_the_nearest_period_is_of_the_same_length() -> None:
    """Beside the newest month, which is always there."""
    found = chosen("2026-09", "2026-10", "2026-Q2", "2026-Q3", period="2026-Q4")
    assert isinstance(found, Unclear)
    assert [it.period for it in found.nearest] == ["2026-10", "2026-Q3"]


def test_before_the_first_month_is_closed_it_is_named() -> None:
    """And that nothing is there is nobody's fault."""
    found = told([])
    assert (found.why, found.first, found.status) == ("none_yet", "Tháng 11 năm 2026", 200)


def test_without_the_store_the_answer_says_so() -> None:
    """The page around it has its own use."""

    async def away() -> Sequence[Figures]:
        raise errors.StoreUnavailable

    boards = Boards(AREAS, locales.SOURCE, Links())
    found = asyncio.run(answer(away, boards, boards.public, Asked(), TODAY))
    assert (found.board, found.why, found.status) == (None, "away", 200)


def test_the_trend_has_twelve_periods_and_a_gap_where_one_is_missing() -> None:
    """It never reaches back before the first that was closed."""
    found = told([published.figures(it) for it in ("2025-09", "2025-12", "2026-09", OCTOBER)])
    assert found.board
    trend = part(found.board, "trend")
    assert isinstance(trend, Trend)
    assert len(trend.columns) == 12
    assert [it.short for it in trend.columns if it.figure.value is not None] == ["12", "9", "10"]
    assert [(it.short, it.year) for it in trend.columns if it.year] == [("11", "2025"), ("1", "2026")]
    short = told([published.figures(it) for it in ("2026-09", OCTOBER)])
    assert short.board
    assert len(figures_of(part(short.board, "trend"))) == 2


def test_a_quarter_that_has_not_all_of_its_months_says_so_and_nothing_is_compared_with_it() -> None:
    """A service that began in June has a second quarter of June alone: three months later nothing has tripled."""
    closed = [published.figures(it) for it in ("2026-06", "2026-Q2", "2026-07", "2026-08", "2026-09", "2026-Q3")]
    for lang, said in (("vi", "(chỉ có tháng 6)"), ("en", "(only June)"), ("zh", "(仅六月)")):
        began = told(closed, Asked("2026-Q2"), lang=lang).board
        assert began
        assert began.title.endswith(said)
        assert began.cards[0].note == said.strip("()")
        after = told(closed, Asked("2026-Q3"), lang=lang).board
        assert after
        assert "(" not in after.title
        trend = part(after, "trend")
        assert isinstance(trend, Trend)
        assert [it.name.endswith(said) for it in trend.columns] == [True, False]
        for found in (began, after):
            assert found.before == ""
            assert {it.before for one in found.parts if isinstance(one, Bars) for it in one.bars} == {shown.NONE}
            assert not [it for it in found.cards if "%" in it.note]
    whole = told([*closed, *(published.figures(it) for it in ("2026-04", "2026-05"))], Asked("2026-Q3")).board
    assert whole
    assert whole.before == "Quý 2 năm 2026"
    assert "%" in whole.cards[0].note


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_what_is_hidden_is_drawn_as_nothing_and_called_less() -> None:
    """No length, no height, no shade and no percentage of it or from it tells how many there are."""
    counts: dict[Key, int | Hidden] = dict.fromkeys(published.figures(OCTOBER).counts, Hidden.SMALL)
    hidden = board(counts)
    shown_as = {it.text for one in hidden.parts if one.id != "on_time" for it in figures_of(one)}
    assert shown_as == {"<5", shown.NOTHING}
    bars = [it for one in hidden.parts if isinstance(one, Bars) and one.id != "on_time" for it in one.bars]
    assert {(it.width, it.width_before, it.note) for it in bars} == {(0, 0, "")}
    assert {it.height for one in hidden.parts if isinstance(one, Trend) for it in one.columns} == {0}
    assert {it.shade for one in hidden.parts if isinstance(one, Tiles) for it in one.tiles} == {0}
    assert {cell[1] for one in hidden.parts if isinstance(one, Heat) for row in one.rows for cell in row.cells} == {0}
    assert hidden.cards[0].text == "<5"
    assert hidden.cards[0].note == ""


def test_how_many_figures_are_hidden_is_written_as_numbers_are() -> None:
    """With a sign between thousands, as in every other card."""
    counts: dict[Key, int | Hidden] = {("ward", str(it)): Hidden.SMALL for it in range(1237)}
    written = {it.label: it.text for it in board({("total",): 9, **counts}).cards}
    assert written[locales.say(locales.SOURCE, "statistics.card.hidden")] == "1.237"


def test_nothing_is_said_of_a_change_from_or_to_what_is_hidden() -> None:
    """A percentage and one number would give the other."""
    number, hidden, nothing = Shown("40", 40), Shown("<5", hidden=True), Shown("0", 0)
    assert shown.change(number, Shown("50", 50), locales.SOURCE) == "−20%"
    pairs = ((hidden, number), (number, hidden), (number, nothing))
    assert {shown.change(*pair, locales.SOURCE) for pair in pairs} == {""}
    assert shown.part(hidden, number, 5, locales.SOURCE) == shown.part(number, hidden, 5, locales.SOURCE) == ""


def test_a_share_and_a_change_tell_no_more_than_steps_of_five_and_no_share_whose_rest_is_few() -> None:
    """97 of 100 would tell that the others are three; on the page as in what the page is reckoned with."""

    def said(one: int, whole: int) -> str:
        return shown.part(Shown(str(one), one), Shown(str(whole), whole), 5, locales.SOURCE)

    assert [said(*it) for it in ((33, 100), (95, 100), (96, 100), (100, 100), (4, 100), (0, 100))] == [
        "35%", "95%", "", "", "", "",
    ]  # fmt: skip
    counts: dict[Key, int | Hidden] = {("total",): 100, ("urgency", "P2"): 97, ("urgency", "P1"): Hidden.SMALL}
    urgency = part(board(counts), "urgency")
    assert isinstance(urgency, Bars)
    assert {it.note for it in urgency.bars} == {""}
    split = part(board({("total",): 100, ("urgency", "P2"): 62, ("urgency", "P1"): 38}), "urgency")
    assert isinstance(split, Bars)
    assert [it.note for it in split.bars if it.note] == ["40%", "60%"]
    changes = [shown.change(Shown("", now), Shown("", 100), locales.SOURCE) for now in (101, 99, 133, 48)]
    assert changes == ["0%", "0%", "+35%", "−50%"]


def test_groups_come_largest_first_then_what_is_hidden_then_nothing() -> None:
    """And what is no cell is no line."""
    found = part(
        board({("group", "drugs"): 0, ("group", "loan"): 7, ("group", "vice"): Hidden.SMALL, ("group", "land"): 30}),
        "group",
    )
    assert [it.text for it in figures_of(found)] == ["30", "7", "<5", "0"]


def test_the_shades_split_the_figures_evenly_and_the_legend_says_where() -> None:
    """Nothing is a shade of its own; few figures have fewer shades."""
    values = [Shown(str(it), it) for it in (0, 5, 6, 7, 8, 20, 30, 40, 400)]
    scale = shown.scale(values, locales.SOURCE)
    assert [scale.shade(it) for it in values] == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert scale.ranges == ("5–6", "7–8", "20–30", "40–400")
    assert shown.scale([Shown("9", 9), Shown("9", 9)], locales.SOURCE).ranges == ("9",)
    assert shown.scale([], locales.SOURCE).ranges == ()


def test_every_figure_of_a_map_is_in_its_table() -> None:
    """Of districts with what tells no place, and of all wards."""
    for wanted, which, most in ((Asked(), "district", 39), (Asked(view="wards"), "ward", 168)):
        found = part(board(wanted=wanted), which)
        assert isinstance(found, Tiles)
        assert len(found.table) == most
        assert {(it.name, it.figure) for it in found.tiles} <= {(it.label, it.now) for it in found.table}


def test_a_district_shows_its_wards_and_its_groups_and_a_group_its_matters_and_districts() -> None:
    """And both at once only how many, period by period."""
    assert [it.id for it in board(wanted=Asked(district="769")).parts] == ["trend", "group", "ward"]
    wards = part(board(wanted=Asked(district="769")), "ward")
    assert isinstance(wards, Tiles)
    assert {it.label for it in wards.table} == {AREAS.wards[it].name for it in AREAS.touching["769"]}
    thu_duc = next(it for it in wards.table if it.label == "Phường Thủ Đức")
    assert "Linh Chiểu, Phường Linh Tây, Phường Linh Đông, Phường Bình Thọ" in thu_duc.made_of
    assert [it.id for it in board(wanted=Asked(group="drugs")).parts] == ["trend", "category", "district"]
    assert [it.id for it in board(wanted=Asked(district="769", group="drugs")).parts] == ["trend"]
    assert [it.id for it in board(wanted=Asked(district="none")).parts] == ["trend"]  # the figures have no more of it


def test_everybody_sees_fewer_things_and_nothing_to_drill_into() -> None:
    """No ward, no district by group, no count of tips that accuse an office."""
    found = board(public=True)
    assert [it.id for it in found.parts] == ["group", "urgency", "district", "work", "on_time", "times", "result"]
    hrefs = [
        it.href for one in found.parts for it in (one.bars if isinstance(one, Bars) else getattr(one, "tiles", ()))
    ]
    assert set(hrefs) == {""}
    assert found.further == ()
    assert locales.say(locales.SOURCE, "statistics.card.restricted") not in {it.label for it in found.cards}


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_whatever_is_counted_has_words(lang: str) -> None:
    """No code of a group, matter, step, time or result is seen."""
    closed = [published.figures(it) for it in (OCTOBER, "2026-Q3")]
    views = [
        Asked(),
        Asked("2026-Q3", view="work"),
        *(Asked(group=it) for it in published.GROUPS),
        Asked(district="none"),
    ]
    labels: set[str] = set()
    for found in (told(closed, wanted, lang=lang).board for wanted in views):
        assert found
        labels |= {head for it in found.parts if isinstance(it, Grid) for head in it.heads}
        for one in found.parts:
            rows = one.bars if isinstance(one, Bars) else getattr(one, "table", getattr(one, "rows", ()))
            labels |= {it.name if isinstance(one, Heat) else it.label for it in rows}
    assert len(labels) > 100
    assert not [it for it in labels if re.search(r"[._]", it)]


def test_a_code_that_no_catalogue_knows_stands_for_itself() -> None:
    """A channel that is told of before it has a name."""
    found = part(board({("channel", "all"): 50, ("channel", "pigeon"): 50}), "channel")
    assert isinstance(found, Bars)
    assert [(it.label, it.now.text) for it in found.bars] == [("pigeon", "50")]


# --- the work done ----------------------------------------------------------------------------------------------------


def of_read(*classes: int | Hidden, whole: int | Hidden) -> Figures:
    """A period that tells how long it took until tips were read."""
    times: dict[Key, int | Hidden] = {("step", "read", "time", it): n for it, n in zip(TIMES, classes, strict=True)}
    return published.figures(OCTOBER, counts={("total",): 9, ("step", "read"): whole, **times})


def test_a_median_is_told_where_the_published_counts_determine_it_and_nowhere_else() -> None:
    """By whatever stands in the place of what is hidden; nothing but these counts is looked at."""
    small, large, read = Hidden.SMALL, Hidden.LARGE, ("step", "read")
    for classes, whole, half, most in (
        ((20, 10, 5, 5, 0, 0), 40, "4h", "7d"),
        ((19, 10, 6, 5, 0, 0), 40, "24h", "7d"),
        ((large, 20, large, small, small, small), 60, None, None),
        ((40, 10, small, small, small, small), 60, "4h", None),
        ((50, large, small, small, small, small), 61, "4h", "24h"),
        ((40, 10, 5, 5, 0, 0), large, None, None),
        ((Hidden.WITHHELD,) * 6, 60, None, None),
    ):
        figures = of_read(*classes, whole=whole)
        assert reckoning.time(figures, read) == half, classes
        assert reckoning.time(figures, read, reckoning.NINE_OF_TEN) == most, classes


TWO: tuple[Key, ...] = (("deadline", "answer"), ("deadline", "screening"))


def test_what_a_period_does_not_count_of_the_work_is_no_row_and_no_column() -> None:
    """Periods closed earlier tell of more; no dashes stand for it in later ones."""
    now = published.figures("2026-Q3").counts
    levels: list[Key] = [("urgency", it) for it in ("P0", "P1", "P2", "P3")]
    deadlines: list[Key] = [("deadline", "answer"), *((*of, *it) for of in TWO for it in levels)]
    how: list[Key] = [("met", "yes"), ("met", "no"), ("missed", "late"), ("missed", "climbed")]
    further: list[Key] = [*deadlines, *((*it, *end) for it in deadlines for end in how[: 2 if "urgency" in it else 4])]
    read: list[Key] = [("step", "read", *it) for it in levels]
    further += [*read, *((*it, "time", time) for it in read for time in TIMES)]
    further += [("unit", it, "step", "read") for it in published.UNITS]
    every = now | dict.fromkeys(further, 9)
    rows, heads = [], []
    for counts in (every, now):
        found = told([published.figures("2026-Q3", counts=counts)], Asked("2026-Q3", view="work")).board
        assert found
        grids = {it.id: it for it in found.parts if isinstance(it, Grid)}
        assert {*grids} == {"on_time", "classes", "units"}
        for grid in grids.values():
            assert {len(row.cells) for row in (*grid.rows, *grid.further)} <= {len(grid.heads)}
        rows.append([len(one) for it in ("on_time", "classes") for one in (grids[it].rows, grids[it].further)])
        heads.append(grids["units"].heads)
    assert [one - other for one, other in zip(*rows, strict=True)] == [1, 8, 0, 4]
    assert heads[0][1:] == heads[1]


def test_a_median_that_is_not_determined_is_told_in_words() -> None:
    """No blank, and no guess."""
    figures = of_read(Hidden.LARGE, 20, Hidden.LARGE, 0, 0, 0, whole=60)
    found = told([figures], Asked(view="work")).board
    assert found
    times = part(found, "times")
    assert isinstance(times, Times)
    untold = locales.say(locales.SOURCE, "statistics.untold")
    assert [(it.median, it.reach) for it in times.rows] == [(untold, 0)]
    assert not [it for it in found.cards if untold in it.text]


def deadline(yes: int | Hidden, no: int | Hidden, whole: int | Hidden) -> GridRow:
    """The line of the only deadline that a period tells of."""
    own = ("deadline", "screening")
    counts: dict[Key, int | Hidden] = {own: whole, (*own, "met", "yes"): yes, (*own, "met", "no"): no}
    found = part(board({("total",): 9, **counts}, Asked(view="work")), "on_time")
    assert isinstance(found, Grid)
    return found.rows[0]


def test_a_share_is_told_only_where_what_is_left_of_the_whole_is_told_too() -> None:
    """In steps of five, and reckoned from whole numbers alike everywhere; else it says that it is not told."""
    assert [deadline(yes, 100 - yes, 100).cells[0].text for yes in (92, 93, 5, 50)] == ["90%", "95%", "5%", "50%"]
    for hidden in ((96, Hidden.SMALL, 100), (Hidden.LARGE, 40, 100), (60, 40, Hidden.LARGE)):
        row = deadline(*hidden)
        assert (row.cells[0].text, row.width) == (locales.say(locales.SOURCE, "statistics.untold"), 0)


def test_units_are_told_of_in_longer_periods_to_the_desk_and_never_to_everybody() -> None:
    """Whoever sees counts there; by name, with what was late and what climbed."""
    closed = [published.figures(it) for it in (OCTOBER, "2026-Q3")]
    for period, public, told_of in (("2026-Q3", False, True), (OCTOBER, False, False), ("2026-Q3", True, False)):
        found = told(closed, Asked(period, view="work"), public=public).board
        assert found
        assert ("units" in [it.id for it in found.parts]) is told_of


def test_a_period_that_was_closed_earlier_shows_what_it_has() -> None:
    """How many of its tips were read by then; and no part that it lacks."""
    counts: dict[Key, int | Hidden] = {("total",): 90, ("state", "read"): 80, ("left", "received"): 10}
    assert [it.id for it in board(counts).parts] == ["trend", "state"]
    assert [it.text for it in figures_of(part(board(counts), "state"))] == ["80"]


# --- the map of tiles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "codes"), [("districts", set(AREAS.districts)), ("wards", set(AREAS.wards))])
def test_every_area_has_a_tile_and_a_label_of_its_own(kind: str, codes: set[str]) -> None:
    """Short enough for a telephone."""
    rows = read("tiles.json")[kind]
    assert {it["code"] for it in rows} == codes
    assert len({(it["x"], it["y"]) for it in rows}) == len({it["label"] for it in rows}) == len(rows)
    assert max(len(it["label"]) for it in rows) <= 6


def test_the_map_looks_like_the_city() -> None:
    """Of two districts the one in the north stands higher, the one in the west further left: nine times of ten."""
    places = {
        code: [
            sum(getattr(it, axis) for it in own) / len(own) for axis in ("lon", "lat")
        ]
        for code in AREAS.districts
        for own in [[it for it in AREAS.wards.values() if it.districts[0] == code]]
    }  # fmt: skip
    tiles = {it["code"]: (it["x"], it["y"]) for it in read("tiles.json")["districts"]}
    for axis, sign in ((0, 1), (1, -1)):
        ordered = [
            (tiles[one][axis] - tiles[two][axis]) * (places[one][axis] - places[two][axis]) * sign >= 0
            for one, two in combinations(tiles, 2)
        ]
        assert sum(ordered) / len(ordered) > 0.9
