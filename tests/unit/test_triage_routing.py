"""Routing never reaches an accused unit, whatever is accused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips.organisation import taxonomy, units
from tips.triage import routing
from tips.triage.results import Accusation, AreaCandidate, AreaFinding

ORGANISATIONS = [units.load("hcmc-districts"), units.load("hcmc-2025")]
KINDS = sorted(ORGANISATIONS[0].conflicts)
DISTRICTS = sorted(ORGANISATIONS[0].areas.districts)
WARDS = sorted(ORGANISATIONS[0].areas.wards)
CATEGORIES = list(taxonomy.categories())

areas = st.one_of(
    st.just(AreaFinding()),
    st.sampled_from(DISTRICTS).map(lambda code: AreaFinding(district=code)),
    st.sampled_from(WARDS).map(lambda code: AreaFinding(ORGANISATIONS[0].areas.district_of(code), code)),
    st.lists(st.sampled_from(WARDS), min_size=2, max_size=4).map(
        lambda codes: AreaFinding(candidates=tuple(AreaCandidate(code, "", "ward") for code in codes), ask=True)
    ),
)


def accusations(units: list[str]) -> st.SearchStrategy[list[Accusation]]:
    one = st.builds(Accusation, st.sampled_from(KINDS), st.lists(st.sampled_from(units), max_size=3).map(tuple))
    return st.lists(one, max_size=4)


@pytest.mark.parametrize("org", ORGANISATIONS, ids=lambda it: it.name)
@given(data=st.data())
def test_no_excluded_unit_is_ever_in_the_chain(org, data):
    """Over every unit, kind, area and category: the chain is clean, ends in held, and shuts out all it must."""
    accused = data.draw(accusations(sorted(org.units)))
    found = routing.route(org, data.draw(areas), data.draw(st.sampled_from([*CATEGORIES, None, "no.such"])), accused)
    assert not set(found.chain) & found.excluded
    assert found.chain[-1] == "held"
    assert found.chain[0] == found.owner
    assert len(set(found.chain)) == len(found.chain)
    assert all(org.unit(code).receives for code in found.chain)
    assert found.overseer is None or found.overseer in found.chain[1:]
    for accusation in accused:
        for code in set(accusation.units) - {"held"}:
            assert {code} | (org.lineage(code) - {"held"}) | org.below(code) <= found.excluded
    assert ("duty" in found.excluded) == ("pc01" in found.excluded)


def _route(kind, *units, area=None, category="gambling.any", org=ORGANISATIONS[0]):
    return routing.route(org, area or AreaFinding("770", "27154"), category, [Accusation(kind, units)])


def test_nobody_accused_goes_to_the_area_desk():
    found = routing.route(ORGANISATIONS[0], AreaFinding("770", "27154"), "gambling.any", [])
    assert found.chain == ("area-770", "duty", "vks-tp", "vks-tc", "held")
    assert (found.owner, found.overseer, found.excluded) == ("area-770", None, frozenset())


def test_under_2025_the_ward_owns():
    found = routing.route(ORGANISATIONS[1], AreaFinding("770", "27154"), "gambling.any", [])
    assert found.chain == ("ward-27154", "duty", "vks-tp", "vks-tc", "held")


def test_no_area_goes_to_the_duty_desk():
    assert routing.route(ORGANISATIONS[0], AreaFinding(), None, []).owner == "duty"


@pytest.mark.parametrize(
    ("category", "owner"),
    [
        ("corruption.bribery", "pc03"),
        ("cover_up.protection", "px05"),
        ("cover_up.mishandled_case", "vks-tp"),
        ("cover_up.concealment", "pc02"),
        ("justice.torture", "vks-tp"),
        ("cyber.fraud", "pa05"),
        ("trade.tax", "pc03"),
        ("trade.fake_money", "pa04"),
        ("trade.food_safety", "area-770"),
    ],
)
def test_some_categories_go_to_a_department(category, owner):
    assert routing.route(ORGANISATIONS[0], AreaFinding("770"), category, []).owner == owner


def test_accused_ward_police_shuts_out_their_desk_but_no_sibling():
    found = _route("ward_police", "ward-27154")
    assert found.chain == ("px05", "vks-tp", "vks-tc", "held")
    assert found.overseer == "vks-tp"
    assert found.excluded == {"ward-27154", "area-770"}


def test_a_ward_across_old_lines_shuts_out_every_desk_it_touches():
    assert {"area-785", "area-776", "area-777"} <= _route("ward_police", "ward-27595").excluded


def test_unnamed_ward_police_means_every_ward_of_the_district():
    found = _route("ward_police", area=AreaFinding("770"))
    assert {"ward-27139", "ward-27142", "ward-27154", "area-770"} == found.excluded


def test_unnamed_ward_police_with_no_area_means_all_of_them():
    found = _route("ward_police", area=AreaFinding())
    assert sum(code.startswith("ward-") for code in found.excluded) == 168
    assert found.owner == "px05"


def test_accused_district_police_shuts_out_the_wards():
    found = _route("district_police", "area-786", area=AreaFinding("786"))
    assert found.owner == "px05"
    assert {"area-786", "ward-27655", "ward-27658"} == found.excluded


def test_accused_department_goes_to_the_ministry_and_not_to_a_sister():
    found = _route("city_department", "pc08")
    assert found.chain == ("bca-c01", "vks-tp", "vks-tc", "held")
    assert found.excluded == {"pc08", "px05"}


def test_pc01_and_the_duty_desk_fall_together():
    assert {"pc01", "duty", "px05"} == _route("city_department", "pc01").excluded


def test_accused_city_leadership_shuts_out_the_whole_city_police_and_the_committee():
    org = ORGANISATIONS[0]
    found = _route("city_police_leadership")
    assert found.chain == ("bca-c01", "vks-tc", "held")
    police = {
        code
        for code, unit in org.units.items()
        if unit.kind in {"area_desk", "ward_police", "city_department", "city_police", "duty"}
    }
    assert found.excluded == police | {"bcd-138"}


def test_accused_city_committee_is_hidden_from_the_inspectorate_and_the_138():
    found = _route("city_peoples_committee")
    assert found.chain[:2] == ("bca-c03", "ttcp")
    assert found.excluded == {"ttra-tp", "bcd-138"}


def test_accused_ward_committee_shuts_out_that_wards_police_only():
    found = _route("ward_peoples_committee", "ward-27154")
    assert found.chain[:2] == ("pc03", "ttra-tp")
    assert found.excluded == {"ward-27154"}


def test_court_or_procuracy_goes_to_the_top():
    found = _route("court_or_procuracy")
    assert found.chain == ("vks-tc", "bca-c01", "held")
    assert found.excluded == {"vks-tp"}


def test_several_accused_take_every_exclusion_and_the_highest_owner():
    found = routing.route(
        ORGANISATIONS[0],
        AreaFinding("770", "27154"),
        None,
        [Accusation("ward_police", ("ward-27154",)), Accusation("city_department", ("pc04",))],
    )
    assert found.owner == "bca-c01"
    assert {"ward-27154", "area-770", "pc04", "px05"} <= found.excluded


def test_nobody_clean_is_held():
    everybody = tuple(ORGANISATIONS[0].units)
    found = _route("other_official", *everybody)
    assert found.chain == ("held",)
    assert found.overseer is None
