"""Who would read a tip, asked beforehand, is who gets a grant once it is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips import errors
from tips.intake import who_reads
from tips.intake.who_reads import Asked, Length
from tips.organisation import units
from tips.organisation.roles import Role
from tips.organisation.roster import HELD, Person, Roster, UnitKey
from tips.triage import Triager
from tips.triage.results import Corrections

CITY = units.load("hcmc-districts")
WARDS = units.load("hcmc-2025")
AREAS = ["", *CITY.areas.districts, *CITY.areas.wards]
OFFICES = [it.code for it in who_reads.offices(CITY)]
ACCUSED = ["", *who_reads.kinds(CITY), *OFFICES]


def roster(*with_keys: str) -> Roster:
    """A roster with somebody and a key in each of these units."""
    people = tuple(Person(f"p-{code}", code, Role.OFFICER, bytes(32), bytes(32)) for code in with_keys)
    keys = tuple(UnitKey(code, 1, bytes(32)) for code in with_keys)
    return Roster(1, "", "", (), people, {}, keys, {}, bytes(32), bytes(32), "")


@given(
    area=st.sampled_from(AREAS),
    category=st.sampled_from(["", *who_reads.matters()]),
    accused=st.sampled_from(ACCUSED),
    keys=st.sets(st.sampled_from([it for it in CITY.units if it != HELD])),
)
def test_nobody_who_is_shut_out_or_has_no_key_is_named_as_a_reader(
    area: str, category: str, accused: str, keys: set[str]
) -> None:
    """For every place, matter and accused, whoever has a key; somebody is always named."""
    promise = who_reads.who_reads(roster(*keys), CITY, Asked(area, category, accused)).promise
    assert set(promise.readers) <= keys | {HELD}
    assert not set(promise.readers) & set(promise.excluded)
    if accused in CITY.units:
        assert {accused} | CITY.below(accused) <= set(promise.excluded)


@pytest.mark.parametrize("org", [CITY, WARDS], ids=lambda it: it.name)
@given(area=st.sampled_from(AREAS), category=st.sampled_from(who_reads.matters()), accused=st.sampled_from(OFFICES))
def test_it_is_the_route_of_a_tip_that_says_the_same(
    org: units.Organisation, area: str, category: str, accused: str
) -> None:
    """As triage routes it when a person chose place, matter and accused."""
    chosen = Corrections(area=area or None, category=category, accused=(accused,))
    route = TRIAGERS[org.name].triage("toi to giac viec nay", chosen).route
    promise = who_reads.who_reads(roster(*org.units), org, Asked(area, category, accused)).promise
    assert (promise.owner, set(promise.excluded)) == (route.owner, set(route.excluded))


TRIAGERS = {org.name: Triager(org) for org in (CITY, WARDS)}


@pytest.mark.parametrize(
    ("category", "within", "at_rest"),
    [
        ("", Length("hours", 24), None),
        ("drugs.trade", Length("hours", 2), None),
        ("violence.homicide", Length("hours", 1), Length("hours", 2)),
        ("trade.tax", Length("working_days", 3), None),
    ],
)
def test_the_time_is_that_of_the_matter(category: str, within: Length, at_rest: Length | None) -> None:
    """The shortest only holds while somebody is in danger, and that is said."""
    answer = who_reads.who_reads(roster("duty"), CITY, Asked("", category))
    assert (answer.within, answer.at_rest) == (within, at_rest)


@pytest.mark.parametrize(
    "asked", [Asked("999"), Asked("\0"), Asked("", "no.such"), Asked("", "out_of_scope"), Asked("", "", "nobody")]
)
def test_what_is_not_in_the_lists_is_not_found(asked: Asked) -> None:
    """Whatever a link or a form says."""
    with pytest.raises(errors.NotFound):
        who_reads.who_reads(roster(), CITY, asked)


def test_the_ministry_s_police_is_police_and_who_watches_them_is_not() -> None:
    """As people would say it."""
    police = {it.code for it in CITY.units.values() if who_reads.is_police(it)}
    assert {"bca-c01", "bca-c03", "duty", "px05", "area-770"} <= police
    assert not police & {"vks-tp", "vks-tc", "ttra-tp", "ttcp", HELD}
