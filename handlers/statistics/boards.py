"""Which parts a page has: the whole city, its wards, a district, a group, both at once; and what everybody may see.

Everybody sees the same figures as the desk, only fewer of them: what is hidden is hidden from both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from babel.dates import format_date

from handlers.statistics import periods, shown
from handlers.statistics.asked import NOWHERE, WARDS, WORK, Asked, Chosen, Links, Unclear, groups
from handlers.statistics.making import Entry, Maker
from handlers.statistics.parts import Bars, Card, Part, Tiles
from handlers.statistics.words import Words
from handlers.statistics.work import Work
from tips.organisation import taxonomy
from tips.organisation.taxonomy import Urgency
from tips.organisation.units import Areas
from tips.statistics.cells import Key
from tips.statistics.figures import ALL, TOTAL, Figures, Hidden
from tips.statistics.tables import STATES

Link = tuple[str, str]  # what it says, and its address; empty: it is where one is


@dataclass(frozen=True, slots=True)
class Board:
    """A page, ready for its template."""

    title: str
    closed: str  # the day on which the figures were frozen
    hidden: str  # how a hidden figure is shown
    least: str
    before: str  # the name of the period before; empty: none is closed
    cards: tuple[Card, ...]
    parts: tuple[Part, ...]
    crumbs: tuple[Link, ...]
    further: tuple[Link, ...]  # other views of the same period
    beside: tuple[Link, ...]  # the periods before and after
    years: tuple[tuple[str, tuple[Link, ...]], ...]  # all closed periods, the newest year first


@dataclass(frozen=True, slots=True)
class Boards:
    """Makes the pages of one reader: where they are, and in which language."""

    areas: Areas
    lang: str
    links: Links
    drills: bool = True  # places and matters are links to what is known of them
    units: Mapping[str, str] = field(default_factory=dict)  # names by code, for who is told of units

    @property
    def words(self) -> Words:
        """What things are called."""
        return Words(self.lang, self.areas, self.units)

    def desk(self, chosen: Chosen, closed: Sequence[Figures]) -> Board:
        """What was asked for."""
        asked, make = chosen.asked, Maker(chosen, self.lang)
        work = Work(make, self.words)
        if asked.district or asked.group:
            return self._board(chosen, closed, self._narrow(make))
        if asked.view == WARDS:
            return self._board(chosen, closed, [self._ward_map(make, self.areas.wards)])
        if asked.view == WORK:
            return self._board(chosen, closed, work.parts(), *work.cards())
        restricted = make.count(("restricted",)).text
        card = Card(self._say("card.restricted"), restricted, self._say("card.restricted.why"))
        return self._board(chosen, closed, self._city(make, work), card, *work.beside())

    def public(self, chosen: Chosen, closed: Sequence[Figures]) -> Board:
        """What everybody sees."""
        make = Maker(chosen, self.lang)
        work = Work(make, self.words)
        parts: list[Part] = [self._groups(make), self._urgency(make), self._district_map(make)]
        parts += [work.funnel(), work.on_time(), work.times(), work.results()]
        return self._board(chosen, closed, parts, *work.cards())

    def nearest(self, unclear: Unclear) -> tuple[Link, ...]:
        """Where to go from a request that nothing answers."""
        return tuple((self._named(it), self.links.to(it)) for it in unclear.nearest)

    # --- what a view has ---------------------------------------------------------------------------------------------

    def _city(self, make: Maker, work: Work) -> list[Part]:
        parts: list[Part] = [make.trend(TOTAL), self._groups(make), self._urgency(make), work.funnel()]
        known = [it for it in STATES if ("state", it) in make.chosen.now.counts]  # of periods that were closed earlier
        states = [Entry(it, ("state", it), self.words.of("state", it)) for it in known]
        parts += [make.bars("state", states, whole=TOTAL), *work.talk(), self._district_map(make)]
        opens = [Entry(area, ("opens", area), self.words.place(area)) for (area,), _ in make.chosen.now.of("opens")]
        heat = make.heat(self._districts(make), self._group_entries(make))
        return [*parts, heat, make.ranked("opens", [it for it in opens if it.code != ALL])]

    def _narrow(self, make: Maker) -> list[Part]:
        """A district, a group, or a group in a district."""
        district, group = make.chosen.asked.district, make.chosen.asked.group
        if district and group:
            return [make.trend(("district", district, "group", group))]
        if group:
            return [make.trend(("group", group)), self._categories(make, group), self._district_map(make, group)]
        own = ("district", district)
        parts: list[Part] = [make.trend(own), make.ranked("group", self._group_entries(make, own))]
        wards = self.areas.touching.get(district, ())
        return [*parts, self._ward_map(make, wards)] if wards else parts

    def _groups(self, make: Maker) -> Bars:
        return make.ranked("group", self._group_entries(make))

    def _urgency(self, make: Maker) -> Bars:
        entries = [Entry(it, ("urgency", it), self.words.of("urgency", it)) for it in Urgency]
        return make.bars("urgency", entries, whole=TOTAL)

    def _categories(self, make: Maker, group: str) -> Bars:
        codes = [it for it in taxonomy.categories() if taxonomy.group_of(it) == group]
        return make.ranked("category", [Entry(it, ("category", it), self.words.category(it)) for it in codes])

    def _group_entries(self, make: Maker, within: Key = ()) -> list[Entry]:
        district = within[1] if within else ""
        return [
            Entry(it, (*within, "group", it), self.words.group(it), self._to(make, district=district, group=it))
            for it in groups()
        ]

    def _districts(self, make: Maker, group: str = "") -> list[Entry]:
        """Each district, or what it has of a group, those of the old city first; and what tells no place."""
        of: Key = ("group", group) if group else ()
        ordered = sorted(self.areas.districts, key=lambda code: not self.areas.districts[code].core)
        return [
            Entry(it, ("district", it, *of), self.words.place(it), self._to(make, district=it, group=group))
            for it in (*ordered, NOWHERE)
        ]

    def _district_map(self, make: Maker, group: str = "") -> Tiles:
        return make.tiles("district", "districts", self._districts(make, group))

    def _ward_map(self, make: Maker, wards: Iterable[str]) -> Tiles:
        """Wards; those of one district with the old ones that they were made of."""
        entries = [Entry(it, ("ward", it), self.words.place(it), made_of=self._made_of(make, it)) for it in wards]
        return make.tiles("ward", "wards", entries)

    def _made_of(self, make: Maker, ward: str) -> str:
        old = self.words.old_wards(ward) if make.chosen.asked.district else ""
        return self._say("made_of", names=old) if old else ""

    # --- what every view has -----------------------------------------------------------------------------------------

    def _board(self, chosen: Chosen, closed: Sequence[Figures], parts: Iterable[Part], *cards: Card) -> Board:
        now, period = chosen.now, chosen.period
        return Board(
            title=periods.name_of(period, chosen.months, self.lang),
            closed=format_date(now.closed, "long", locale=self.lang),
            hidden=f"<{now.least}",
            least=str(now.least),
            before=period.before.name(self.lang) if chosen.before else "",
            cards=(*self._cards(chosen), *cards),
            parts=tuple(it for it in parts if it.told),
            crumbs=self._crumbs(chosen.asked),
            further=self._further(chosen.asked),
            beside=self._beside(chosen, closed),
            years=self._years(chosen.asked, closed),
        )

    def _cards(self, chosen: Chosen) -> list[Card]:
        """The count that the view is about, that of the period before, and how much is hidden."""
        key, now, then = chosen.asked.key, chosen.now, chosen.before
        count, before = (shown.count(it, key or TOTAL, self.lang) for it in (now, then))
        only = periods.only(chosen.months, self.lang)
        note = only or self._changed(shown.change(count, before, self.lang))
        cards = [Card(self._say("card.total"), count.text, note)]
        if then:
            cards.append(Card(self._say("card.before", period=chosen.period.before.name(self.lang)), before.text))
        if not key:
            hidden = sum(isinstance(it, Hidden) for it in now.counts.values())
            why = self._say("card.hidden.why", hidden=f"<{now.least}")
            cards.append(Card(self._say("card.hidden"), shown.number(hidden, self.lang), why))
        return cards

    def _changed(self, ratio: str) -> str:
        return self._say("card.change", ratio=ratio) if ratio else ""

    def _crumbs(self, asked: Asked) -> tuple[Link, ...]:
        """The way from the whole city to here."""
        whole = Asked(period=asked.period)
        steps = [whole]
        if asked.district:
            steps.append(Asked(period=asked.period, district=asked.district))
        if asked.group:
            steps.append(Asked(period=asked.period, district=asked.district, group=asked.group))
        return tuple((self._last_word(it), "" if it == asked else self.links.to(it)) for it in steps)

    def _further(self, asked: Asked) -> tuple[Link, ...]:
        """From one view of the city to the others; from a group in a district to the group everywhere."""
        if asked.district and asked.group:
            return ((f"{self._say('city')}: {self.words.group(asked.group)}", self.links.to(asked, district="")),)
        if asked.key or not self.drills:
            return ()
        views = (it for it in ("", WARDS, WORK) if it != asked.view)
        return tuple((self._say(f"view.{it or 'districts'}"), self.links.to(asked, view=it)) for it in views)

    def _beside(self, chosen: Chosen, closed: Sequence[Figures]) -> tuple[Link, ...]:
        codes, period = {it.period for it in closed}, chosen.period
        found = [(it, sign) for it, sign in ((period.before, "← {}"), (period.after, "{} →")) if it.code in codes]
        return tuple(
            (sign.format(it.name(self.lang)), self.links.to(chosen.asked, period=it.code)) for it, sign in found
        )

    def _years(self, asked: Asked, closed: Sequence[Figures]) -> tuple[tuple[str, tuple[Link, ...]], ...]:
        found = sorted(
            (it for it in map(periods.parse, (figures.period for figures in closed)) if it),
            key=lambda it: (-it.first.year, -it.months, it.first),
        )
        by_year: dict[int, list[Link]] = {}
        for it in found:
            href = "" if it.code == asked.period else self.links.to(asked, period=it.code)
            by_year.setdefault(it.first.year, []).append((it.within_year(self.lang), href))
        return tuple((str(year), tuple(links)) for year, links in by_year.items())

    def _named(self, asked: Asked) -> str:
        """What an address shows, in words."""
        period = periods.parse(asked.period)
        places = [self.words.place(asked.district)] if asked.district else []
        matters = [self.words.group(asked.group)] if asked.group else []
        return " · ".join([*places, *matters, period.name(self.lang) if period else ""])

    def _last_word(self, asked: Asked) -> str:
        if asked.group:
            return self.words.group(asked.group)
        return self.words.place(asked.district) if asked.district else self._say("city")

    def _to(self, make: Maker, **where: str) -> str:
        return self.links.to(Asked(period=make.chosen.asked.period), **where) if self.drills else ""

    def _say(self, key: str, **values: str) -> str:
        return self.words.said(key, **values)
