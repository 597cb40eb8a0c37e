"""Whoever is accused, unit by unit: no seed of theirs opens anything, wherever the tip goes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.home import Home, opened
from tips import errors
from tips.crypto import receipt
from tips.crypto.sealing import RECEIPT
from tips.desk.actions import Fields
from tips.organisation import units

ORG = units.load()
TIP = "Quán karaoke đường Lê Văn Sỹ quận 3 bán ma tuý mỗi tối, phòng số 6."
RECEIVING = [unit for unit in ORG.units.values() if unit.receives and unit.kind != "held"]
WARDS = [unit.code for unit in ORG.units.values() if unit.kind == "ward_police"]
ACCUSED = [code for code in ORG.units if code != units.HELD and code not in WARDS] + WARDS[::4]
LEVELS = 6  # more than any chain is long


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Home]:
    """Somebody works at every unit that can receive."""
    people = [(f"o-{unit.code}", unit.code, "officer") for unit in RECEIVING]
    async with opened(tmp_path, people) as home:
        yield home


async def accuse(home: Home, code: str) -> bytes:
    """A tip whose sender shut this unit out; its case, which those whom the summary named read, and nobody else."""
    someone = home.citizen(f"against {code}")
    await someone.says(TIP)
    (promise,) = [it.promise for it in (await someone.presses(f"exclude:{code}")).replies if it.promise]
    typed = (await someone.presses("submit")).receipt
    assert typed
    case = (await home.product.store.cases.mailbox(receipt.parse(typed).lookup)).case
    assert await readers(home, case) == {*promise.readers}
    assert code in promise.excluded
    assert (await home.case(case)).unit == promise.owner
    return case


async def readers(home: Home, case: bytes) -> set[str]:
    return {grant.reader for grant in await home.grants(case)} - {RECEIPT}


@pytest.mark.slow  # by itself: some hundred units are accused
async def test_no_unit_ever_gets_a_key_to_what_accuses_it(city: Home) -> None:
    """At intake, by climbing to the top, and offered as a target to whoever holds it on the way."""
    product = city.product
    cases = {code: await accuse(city, code) for code in ACCUSED}
    never = {code: {code} | (ORG.lineage(code) - {units.HELD}) | ORG.below(code) for code in cases}
    for _ in range(LEVELS):
        for code, case in cases.items():
            row = await city.case(case)
            assert not await readers(city, case) & never[code]
            if row.state != "held":
                session = await city.session_at(row.unit)
                offered = product.casework.targets(await product.review.open(session, case))
                assert not set(offered) & never[code]
        city.clock.forward(days=30)
        await product.escalation.tick()


async def test_a_hand_over_to_any_excluded_unit_is_refused(city: Home) -> None:
    """One unit of each kind is accused, and each unit that this excludes is tried."""
    review, casework = city.product.review, city.product.casework
    kinds = {unit.kind: unit.code for unit in ORG.units.values() if unit.kind != "held"}
    for code in kinds.values():
        case = await accuse(city, code)
        row = await city.case(case)
        session = await city.session_at(row.unit)
        for target in (await review.open(session, case)).excluded:
            with pytest.raises(errors.Refused):
                await casework.act(session, case, "hand_over", Fields(unit=target))
        assert not await readers(city, case) & {code}
