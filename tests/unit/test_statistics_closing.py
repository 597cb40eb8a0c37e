"""Periods are closed once, some days after their end, and whoever collects all of it learns no small count."""

import asyncio
import itertools
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from storage import Store
from tests.attacker import Attacker
from tests.contract.conftest import new_case
from tests.fakes import memory_store
from tests.fakes.people import full_roster
from tips.cases import lifecycle
from tips.cases.case import Case, restricted
from tips.cases.milestones import TIMES, Milestone
from tips.crypto import keys
from tips.organisation import taxonomy, units
from tips.organisation.roster import CLOCK
from tips.ports.desk import Tallied, Tally
from tips.statistics import periods, tables
from tips.statistics.archive import Archive
from tips.statistics.cells import Key, Mark, Published, Sum, large, small
from tips.statistics.closing import SETTLED, Closing, grown
from tips.statistics.figures import RESTRICTED, TOTAL, Figures, Hidden

ORGANISATION = units.load("hcmc-districts")
AREAS = ORGANISATION.areas
SIGNING = secrets.token_bytes(32)
DESKS = ("area-770", "area-774", "area-778", "duty", "pc02", "vks-tp")
EVERYBODY = full_roster(ORGANISATION)
ROSTER = replace(
    EVERYBODY,
    units=tuple(it for it in EVERYBODY.units if it.unit in DESKS),
    processes={CLOCK: (keys.verify_key(SIGNING),)},
)
ALWAYS = {"770": "27139", "774": None, "760": "26740", "769": None, "778": None}
DISTRICTS = [("district", it) for it in (*AREAS.districts, "none")]
GROUPS = [("group", it) for it in dict.fromkeys([*map(taxonomy.group_of, taxonomy.categories()), "unknown"])]
CATEGORIES = ("drugs.trade", "gambling.any", "property.theft", "corruption.bribery", "unknown")


@dataclass
class Office:
    """A store, a clock that is set by hand, and who closes periods."""

    kept: memory_store.Kept
    store: Store
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def closing(self) -> Closing:
        return Closing(
            self.store.statistics, lambda: ROSTER, lambda: AREAS, 5, SIGNING, lambda: self.time, secrets.token_bytes
        )

    async def at(self, *date: int) -> int:
        """What was closed once this day of the city began."""
        self.time = datetime(*date, tzinfo=periods.CITY)  # type: ignore[arg-type, misc]
        return await self.closing.tick()

    def comes(self, when: datetime, area: str | None = "770", **other: object) -> Case:
        """A tip."""
        row = replace(new_case().case, id=secrets.token_bytes(16), received_at=when, area=area, **other)  # type: ignore[arg-type]
        self.kept.cases[row.id] = row
        return row

    def does(self, when: datetime, kind: str, unit: str, urgency: str, detail: str = "", took: str = "") -> None:
        """A milestone of some case."""
        row = Milestone(secrets.token_bytes(16), when, kind, unit, urgency, detail, took)
        self.kept.milestones[row.id] = row

    async def figures(self) -> dict[str, Figures]:
        return {it.period: it for it in await Archive(self.store.statistics, lambda: ROSTER).figures()}


@pytest.fixture
def office() -> Office:
    kept = memory_store.Kept()
    return Office(kept, memory_store.store(kept))


def day(month: int, of: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, of, 12, tzinfo=UTC)


async def test_a_month_is_closed_days_after_its_end_by_the_citys_calendar_and_once(office: Office) -> None:
    for _ in range(12):
        office.comes(day(2))
    office.comes(datetime(2026, 2, 28, 18, tzinfo=UTC))  # March, in the city
    assert await office.at(2026, 3, 1) == await office.at(2026, 3, 1 + SETTLED.days - 1) == 0
    assert await office.at(2026, 3, 1 + SETTLED.days) == 1
    assert await office.at(2026, 3, 1 + SETTLED.days) == 0
    assert (await office.figures())["2026-02"].counts[TOTAL] == 12


async def test_what_was_closed_stays_as_it_was_whatever_happens_to_its_tips(office: Office) -> None:
    """A tip corrected, withdrawn or backdated changes no figure; nor does a quarter count it otherwise."""
    rows = [office.comes(day(1, area), area="770") for area in range(1, 21)]
    await office.at(2026, 2, 8)
    before = (await office.figures())["2026-01"]
    for row in rows[:9]:
        del office.kept.cases[row.id]
    office.comes(day(1), area="774")
    for month in (2, 3):
        for _ in range(10):
            office.comes(day(month))
    assert await office.at(2026, 4, 8) == 3  # February, March and the quarter
    after = await office.figures()
    assert after["2026-01"] == before
    assert after["2026-Q1"].counts[TOTAL] == 40


async def test_with_the_last_month_quarter_and_year_are_closed_and_hidden_counts_are_forgotten(office: Office) -> None:
    """Counts that nothing longer needs are kept no more; what was published is."""
    for month in range(10, 13):
        for _ in range(8):
            office.comes(day(month))
    await office.at(2027, 1, 8)
    assert list(await office.figures()) == ["2026-10", "2026-11", "2026-12", "2026-Q4", "2026"]
    assert not any(it.counted for it in await office.store.statistics.frozen())
    assert await office.at(2027, 2, 8) == 1  # a month without tips is closed too
    assert (await office.figures())["2027-01"].counts[TOTAL] is Hidden.SMALL


async def test_tips_that_accuse_somebody_in_office_are_in_no_table(office: Office) -> None:
    """Counted for the whole city, and told anew only when there are at least five more."""
    for _ in range(20):
        office.comes(day(1))
    clean = Office(memory_store.Kept(dict(office.kept.cases)), office.store)
    clean.store = memory_store.store(clean.kept)
    for _ in range(4):
        row = restricted(office.comes(day(1), area="774"))
        office.kept.cases[row.id] = row
    for it in (office, clean):
        await it.at(2026, 2, 8)
    accused, nobody = (await office.figures())["2026-01"], (await clean.figures())["2026-01"]
    assert accused.counts == nobody.counts
    for counts, shown in (([4], Hidden.SMALL), ([5], 5), ([5, 9], 5), ([5, 9, 10], 10), ([12, 13], 12)):
        told: list[Figures] = []
        for count in counts:
            told.append(Figures("2026-01", day(1).date(), 5, {RESTRICTED: grown(count, told, 5)}))
        assert told[-1].counts[RESTRICTED] == shown


async def test_a_figure_that_a_hand_changed_is_shown_to_nobody(office: Office) -> None:
    """Nor is anything longer made of counts that were not signed."""
    for month in (1, 2, 3):
        for _ in range(9):
            office.comes(day(month))
    await office.at(2026, 3, 8)
    row = office.kept.periods["2026-01"]
    office.kept.periods["2026-01"] = replace(row, figures=row.figures.replace(b'"total":9', b'"total":8'))
    assert list(await office.figures()) == ["2026-02"]
    office.kept.periods["2026-01"] = replace(row, counted=row.counted.replace(b'"total":9', b'"total":8'))
    assert await office.at(2026, 4, 8) == 0
    office.kept.periods["2026-01"] = row
    assert await office.at(2026, 4, 8) == 2


async def test_a_row_that_was_taken_away_keeps_no_later_year_from_being_closed(office: Office) -> None:
    """Nor is its month told anew once its year's counts are forgotten."""
    for month in (11, 12):
        for _ in range(9):
            office.comes(day(month))
    await office.at(2027, 1, 8)
    del office.kept.periods["2026-11"]
    assert await office.at(2027, 2, 8) == 1
    assert [*await office.figures()] == ["2026-12", "2026-Q4", "2026", "2027-01"]


async def test_a_row_that_nobody_closed_keeps_no_month_from_being_closed(office: Office) -> None:
    """Somebody fills in what is to come: without a signature, and with that of another month."""
    for month in (1, 2):
        for _ in range(9):
            office.comes(day(month))
    await office.at(2026, 2, 8)
    true = office.kept.periods["2026-01"]
    event = replace(true.closing, leaf=bytes(32), signature=bytes(64))
    office.kept.periods["2026-02"] = replace(true, period="2026-02", closing=event)
    office.kept.periods["9999"] = replace(true, period="9999", closing=replace(true.closing, leaf=bytes(31)))
    assert await office.at(2026, 3, 8) == 1
    assert [*await office.figures()] == [*office.kept.periods] == ["2026-01", "2026-02"]
    assert (await office.figures())["2026-02"].counts[TOTAL] == 9


async def test_a_tally_of_less_than_none_keeps_no_month_from_being_closed(office: Office) -> None:
    """It counts as none, and one of a kind that there is not counts nowhere."""
    for _ in range(9):
        office.comes(day(1))
    hand = [Tally("2026-01", "channel", "web", -7), Tally("2026-01", "sign", "all", -(2**62)), Tally("", "x", "y", 3)]
    await office.store.statistics.add_tallies(hand)
    office.time = datetime(2026, 2, 8, tzinfo=UTC)
    assert await replace(office.closing, tallied={Tallied.CHANNEL: ("web",), Tallied.SIGN: ()}).tick() == 1
    assert (await office.figures())["2026-01"].counts["channel", "web"] is Hidden.SMALL


async def test_no_cell_is_there_for_one_tips_sake(office: Office) -> None:
    """A tip of a matter or a place that is no more counts as unknown; one that accuses opens no month."""
    office.kept.cases[b"r" * 16] = restricted(office.comes(day(1)))
    del office.kept.cases[next(it for it in office.kept.cases if it != b"r" * 16)]
    assert await office.at(2026, 3, 8) == 0
    for _ in range(6):
        office.comes(day(3))
    await office.at(2026, 4, 8)
    plain = (await office.figures())["2026-03"].counts.keys()
    office.comes(day(4), category="old.thing", area="999")
    await office.at(2026, 5, 8)
    assert (await office.figures())["2026-04"].counts.keys() == plain


async def test_two_processes_close_a_period_once(office: Office) -> None:
    for _ in range(9):
        office.comes(day(1))
    office.time = datetime(2026, 2, 8, tzinfo=UTC)
    assert sum(await asyncio.gather(office.closing.tick(), office.closing.tick())) == 1
    assert len(office.kept.periods) == len(office.kept.events) == 1


async def test_a_first_year_that_is_not_whole_is_closed_all_the_same(office: Office) -> None:
    """Its quarter and its year are the sums of the months that there were."""
    for month in (11, 12):
        for _ in range(7):
            office.comes(day(month))
    await office.at(2027, 1, 8)
    figures = await office.figures()
    assert figures["2026-Q4"].counts[TOTAL] == figures["2026"].counts[TOTAL] == 14


async def test_a_quarter_is_closed_though_a_month_of_it_was_closed_with_other_tables(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The month keeps what it told; the quarter tells of it what all its months can tell."""
    for month in (1, 2, 3):
        for _ in range(12):
            office.comes(day(month))
        office.does(day(month), "bounced", "duty", "P2")
    counted, earlier = tables.counted, {("state", "read"): 7, ("left", "received"): 5}
    with monkeypatch.context() as before:
        before.setattr(tables, "STAGES", (*tables.STAGES, {("state",), ("left",)}))
        before.setattr(tables, "counted", lambda rows, areas: counted(rows, areas) | earlier)
        assert await office.at(2026, 2, 8) == 1
    assert await office.at(2026, 4, 8) == 3
    found = await office.figures()
    assert {key: found["2026-01"].counts[key] for key in earlier} == earlier
    assert not [key for period in ("2026-02", "2026-Q1") for key in found[period].counts if key in earlier]
    assert found["2026-Q1"].counts[TOTAL] == 36
    assert found["2026-Q1"].counts["unit", "duty", "step", "bounced"] is Hidden.SMALL


async def test_when_a_year_is_closed_what_was_counted_of_its_work_goes(office: Office) -> None:
    """Not before: until then a month that a hand took away could be closed anew."""
    for month in (11, 12):
        office.comes(day(month))
        office.does(day(month), "bounced", "duty", "P2")
    office.does(day(1, year=2027), "bounced", "duty", "P2")
    await office.at(2026, 12, 8)
    assert len(office.kept.milestones) == 3
    await office.at(2027, 1, 8)
    assert [it.at for it in office.kept.milestones.values()] == [day(1, year=2027)]


async def test_who_collects_all_that_is_published_learns_no_small_count(office: Office) -> None:
    """Half a year of unequal months, by an attacker who reckons with sums of their own."""
    random = np.random.default_rng(7)
    for month in range(1, 7):
        for _ in range(int(random.poisson(140))):
            area = list(ALWAYS)[int(random.geometric(0.4) - 1) % len(ALWAYS)]
            category = CATEGORIES[int(random.geometric(0.45) - 1) % len(CATEGORIES)]
            state = ("screening", "accepted", "closed")[int(random.integers(3))]
            where = {"area": area, "ward": ALWAYS[area]} if random.random() < 0.9 else {"area": None, "ward": None}
            read = bool(random.random() < 0.8)
            office.comes(day(month), category=category, state=state, opened=read, urgency="P2", **where)
    opens = [Tally("2026-05", "opens", "770", 40), Tally("2026-05", "opens", "774", 2)]
    begun = [Tally("2026-05", "channel", *it) for it in (("web", 44), ("zalo", 31), ("telegram", 3))]
    await office.store.statistics.add_tallies([*opens, *begun, Tally("2026-04", "sign", "all", 2)])
    await office.at(2026, 7, 8)
    published = collected((await office.figures()).values())
    assert sum(it.guard is not None for it in published.hidden.values()) > 500
    assert Attacker(published).told() == []
    assert all(isinstance(it.counts[TOTAL], int) for it in (await office.figures()).values())
    assert len(published.shown) > 30


async def test_a_table_that_is_not_published_tells_no_small_count_by_its_margins(office: Office) -> None:
    """All tips are of one area or of one matter, 4 of both: no month says how many, and its margins would."""
    one, another = "770", "drugs.trade"
    matters = {taxonomy.group_of(it): it for it in taxonomy.categories() if not it.startswith(("drugs.", "gambling."))}
    elsewhere = [it for it in AREAS.districts if it not in {one, "774"}]
    tips = [(one, another, 4), (one, "gambling.any", 26), ("774", another, 26)]
    tips += [*((one, it, 2) for it in matters.values()), *((it, another, 2) for it in elsewhere)]
    for area, category, number in tips:
        for _ in range(number):
            office.comes(day(1), area=area, category=category, urgency="P2")
    await office.at(2026, 2, 8)
    published = collected((await office.figures()).values(), office.kept.cases.values())
    assert sum(key[0] == "2026-01" and "group" in key and "district" in key for key in published.hidden) > 500
    assert Attacker(published).told() == []


async def test_who_collects_the_figures_of_the_work_learns_no_small_count(office: Office) -> None:
    """Times, deadlines and units of a quarter and its months; as no sum ties them to tips, by themselves."""
    random = np.random.default_rng(9)
    for month in range(1, 4):
        for _ in range(int(random.poisson(140))):
            work(office, day(month), random)
        for _ in range(20):
            office.comes(day(month))
    await office.at(2026, 4, 8)
    figures = (await office.figures()).values()
    assert len(figures) == 4
    of_work = [
        replace(it, counts={key: count for key, count in it.counts.items() if key[0] in {"step", "deadline", "unit"}})
        for it in figures
    ]
    published = collected(of_work)
    assert sum(it.guard is not None for it in published.hidden.values()) > 300
    assert sum(len(it.parts) for it in published.sums) > 1000
    assert Attacker(published).told() == []
    assert len(published.shown) > 120
    assert not any(key[1] == "unit" for key in [*published.shown, *published.hidden] if "Q" not in key[0])


async def test_no_two_tables_count_the_same_so_that_one_less_the_other_tells_something(office: Office) -> None:
    """A reading less a tip is one that accuses since; a closing ends the deadline of the answer."""
    office.comes(day(1))
    await office.at(2026, 4, 8)
    for it in (await office.figures()).values():
        for key in it.counts:
            assert key[2:] != ("step", "read")  # of a unit
            assert key[:2] != ("deadline", "answer")
            assert not (key[:2] in {("step", "read"), ("deadline", "screening")} and "urgency" in key)
        assert ("step", "read") in it.counts


async def test_every_channel_and_language_has_a_cell_from_the_first_month_on(office: Office) -> None:
    """Or a month without one would tell that there was none, and the next one's mark that there was one."""
    names = {Tallied.CHANNEL: ("web", "zalo"), Tallied.LANGUAGE: ("vi", "zh"), Tallied.SIGN: ()}
    for month in (1, 2):
        for _ in range(9):
            office.comes(day(month))
    await office.store.statistics.add_tallies(
        [Tally("2026-02", "language", "zh", 2), Tally("2026-02", "sign", "all", 1)]
    )
    office.time = datetime(2026, 3, 8, tzinfo=UTC)
    await replace(office.closing, tallied=names).tick()
    figures = await office.figures()
    assert figures["2026-01"].counts.keys() == figures["2026-02"].counts.keys()
    assert figures["2026-01"].counts["language", "zh"] is figures["2026-02"].counts["language", "zh"] is Hidden.SMALL


def test_a_table_that_some_months_lack_is_none_of_their_quarter() -> None:
    months = (
        {TOTAL: 3, ("opens", "all"): 2},
        {TOTAL: 4, ("step", "read"): 2, ("opens", "all"): 1, ("opens", "770"): 1},
    )
    assert tables.added(months) == {TOTAL: 7, ("opens", "all"): 3, ("opens", "770"): 1}


def work(office: Office, when: datetime, random: np.random.Generator) -> None:
    """What becomes of a tip in its month."""
    unit, urgency = DESKS[int(random.geometric(0.4) - 1) % len(DESKS)], f"P{random.choice(4, p=(0.03, 0.17, 0.5, 0.3))}"
    for step, (kind, deadline) in enumerate((("read", "screening"), ("accepted", "acceptance"), ("closed", "answer"))):
        if random.random() < 0.3 * step:
            return
        took = TIMES[min(step + int(random.geometric(0.6)) - 1, 5)]
        office.does(when, kind, unit, urgency, lifecycle.results()[int(random.integers(5))] * (kind == "closed"), took)
        office.does(when, str(random.choice(("met", "late", "climbed"), p=(0.8, 0.1, 0.1))), unit, urgency, deadline)
    if random.random() < 0.1:
        office.does(when, "bounced", unit, urgency)


def collected(figures: Iterable[Figures], tips: Collection[Case] = ()) -> Published:
    """What a reader of all pages knows, by their own reckoning: which cells add up to which.

    A month's areas by groups are on no page; what these tips were of it stands for nothing but what is to be kept.
    """
    shown: dict[Key, int] = {}
    hidden: dict[Key, Mark] = {}
    by_key: defaultdict[Key, dict[str, Key]] = defaultdict(dict)
    sums = []
    for it in figures:
        marks = {Hidden.SMALL: small(it.least), Hidden.LARGE: large(it.least), Hidden.WITHHELD: Mark(0, None)}
        kept = crossed(it.period, tips) if tips and periods.is_month(it.period) else {}
        hidden |= {(it.period, *key): Mark(0, None, 4 if count < 5 else None) for key, count in kept.items()}
        cells = {key: (it.period, *key) for key in (*it.counts, *kept) if key != RESTRICTED}
        for key, cell in cells.items():
            by_key[key][it.period] = cell
            if key in kept:
                continue
            value = it.counts[key]
            if isinstance(value, int):
                shown[cell] = value
            else:
                hidden[cell] = marks[value]
        for total, parts in reckoned(set(cells)):
            sums.append(Sum(cells[total], tuple(cells[part] for part in parts)))
    for places in by_key.values():
        for quarter in ("2026-Q1", "2026-Q2"):
            months = [places[month] for month in periods.parts(quarter) if month in places]
            if quarter in places and months:
                sums.append(Sum(places[quarter], tuple(months)))
    return Published(shown, hidden, sums)


def crossed(month: str, tips: Collection[Case]) -> dict[Key, int]:
    """How many tips of each group came from each area in a month."""
    first, last = periods.bounds(month)
    found = {(*district, *group): 0 for district in DISTRICTS for group in GROUPS}
    for it in tips:
        if first <= it.received_at < last:
            found["district", it.area or "none", "group", taxonomy.group_of(it.category)] += 1
    return found


def reckoned(cells: set[Key]) -> list[tuple[Key, list[Key]]]:
    """The sums of one period, written down as a reader would."""
    districts, groups = DISTRICTS, GROUPS
    found: list[tuple[Key, list[Key]]] = [(TOTAL, list(districts)), (TOTAL, list(groups))]
    found.append((TOTAL, [("urgency", it) for it in ("P0", "P1", "P2", "P3")]))
    for group in groups:
        found.append((group, [it for it in cells if it[0] == "category" and it[1].split(".")[0] == group[1]]))
        found.append((group, [(*district, *group) for district in districts]))
    for district in districts:
        wards: list[Key] = [("ward", it.code) for it in AREAS.wards.values() if it.districts[0] == district[1]]
        if district[1] != "none":
            found.append((district, [*wards, (*district, "ward", "none")]))
        found.append((district, [(*district, *group) for group in groups]))
    steps: list[Key] = [TOTAL, ("state", "read"), ("state", "accepted"), ("state", "closed")]
    found += [
        (one, [other, ("left", one[-1] if one != TOTAL else "received")]) for one, other in itertools.pairwise(steps)
    ]
    for of in ("opens", "channel", "language"):
        found.append(((of, "all"), [it for it in cells if it[0] == of and it[1] != "all"]))
    found += [*of_work(cells), *of_deadlines(cells)]
    return [(total, parts) for total, parts in found if total in cells and parts and set(parts) <= cells]


LEVELS = ("P0", "P1", "P2", "P3")
HOW = (("met", "yes"), ("met", "no"), ("missed", "late"), ("missed", "climbed"))


def of_work(cells: set[Key]) -> list[tuple[Key, list[Key]]]:
    """Steps by class of time and by urgency, and by unit."""
    found: list[tuple[Key, list[Key]]] = []
    for name in ("read", "accepted", "answered", "closed", "bounced", "disputed"):
        step: Key = ("step", name)
        found.append((step, [(*step, "time", it) for it in TIMES]))
        found.append((step, [(*step, "urgency", it) for it in LEVELS]))
        found += [((*step, "urgency", of), [(*step, "urgency", of, "time", it) for it in TIMES]) for of in LEVELS]
        found += [((*step, "time", of), [(*step, "urgency", it, "time", of) for it in LEVELS]) for of in TIMES]
        found.append((step, [it for it in cells if it[0] == "unit" and it[2:] == step]))
    found.append((("step", "closed"), [("step", "closed", "result", it) for it in lifecycle.results()]))
    return found


def of_deadlines(cells: set[Key]) -> list[tuple[Key, list[Key]]]:
    """Each deadline was kept or not, late or climbed; all of them together; by urgency, and by unit."""
    names = ("screening", "acceptance", "notice", "verification")
    every: Key = ("deadline", "all")
    found: list[tuple[Key, list[Key]]] = [(every, [("deadline", it) for it in names])]
    found += [((*every, *how), [("deadline", it, *how) for it in names]) for how in HOW]
    units = {it[1] for it in cells if it[0] == "unit"}
    found.append((every, [("unit", it, *every) for it in units]))
    found += [((*every, *how), [("unit", it, *how) for it in units]) for how in HOW]
    wholes: list[tuple[Key, Key]] = [(("deadline", it), ("deadline", it)) for it in (*names, "all")]
    wholes += [(("unit", it, *every), ("unit", it)) for it in units]
    for whole, own in wholes:
        found.append((whole, [(*own, "met", "yes"), (*own, "met", "no")]))
        found.append(((*own, "met", "no"), [(*own, "missed", "late"), (*own, "missed", "climbed")]))
    for name in names:
        own = ("deadline", name)
        found.append((own, [(*own, "urgency", it) for it in LEVELS]))
        found += [((*own, "met", how), [(*own, "urgency", it, "met", how) for it in LEVELS]) for how in ("yes", "no")]
        levels: list[Key] = [(*own, "urgency", it) for it in LEVELS]
        found += [(level, [(*level, "met", "yes"), (*level, "met", "no")]) for level in levels]
    return found


async def test_a_period_lasts_by_the_citys_clock() -> None:
    first, last = periods.bounds("2026-12")
    assert (first, last - first) == (datetime(2026, 11, 30, 17, tzinfo=UTC), timedelta(days=31))
    assert [*periods.over(day(11), day(1, 1, 2027))] == ["2026-11", "2026-12", "2026-Q4", "2026"]
