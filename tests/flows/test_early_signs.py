"""Three tips of one kind in one ward within a week are a sign for the desk and its next level; nothing else is."""

import pytest

from tests.fakes.home import Home
from tips.clock import early_signs
from tips.ports.desk import CountRow

PLACE = "hẻm 12 đường Lê Văn Sỹ, phường 14, quận 3"
SELLING = ("Bán ma tuý ở", "Có người bán ma tuý đá tại", "Tối nào cũng có đứa giao heroin ở")
BRIBED = ("Công an phường 14 quận 3 nhận tiền bảo kê cho chỗ bán ma tuý ở",) * 3


async def send(home: Home, texts: tuple[str, ...]) -> None:
    for number, text in enumerate(texts):
        await home.citizen(f"neighbour {number}").sends(f"{text} {PLACE}")


async def test_three_tips_of_a_kind_in_a_ward_are_shown_to_the_desk_and_the_next_level(a_home: Home) -> None:
    """And each of both is pinged once a week, however often the clock ticks."""
    await send(a_home, SELLING)
    (sign,) = await a_home.product.early_signs.seen_by({"area-770"})
    assert (sign.group, sign.count) == ("drugs", 3)
    assert await a_home.product.early_signs.seen_by({"duty"}) == [sign]
    assert await a_home.product.early_signs.seen_by({"area-778", "px05", "vks-tp"}) == []
    assert [await a_home.product.early_signs.tick() for _ in range(3)] == [1, 0, 0]
    pings = await a_home.pings()
    assert sorted(it.unit for it in pings if it.kind == "sign") == ["area-770", "duty"]


async def test_restricted_tips_make_no_sign(a_home: Home) -> None:
    """The ward's police are accused: no count of it reaches anybody."""
    await send(a_home, BRIBED)
    await send(a_home, SELLING[:2])
    assert await a_home.product.early_signs.tick() == 0
    assert await a_home.product.early_signs.seen_by({"area-770", "duty", "px05"}) == []


async def test_a_sign_is_gone_after_a_week(a_home: Home) -> None:
    await send(a_home, SELLING)
    a_home.clock.forward(days=7, hours=2)
    assert await a_home.product.early_signs.seen_by({"area-770"}) == []


def counted(ward: str, category: str, count: int) -> CountRow:
    return CountRow("770", ward, category, "P2", "received", False, count)


@pytest.mark.parametrize("category", ["corruption.bribery", "cover_up.protection", "justice.torture", "unknown"])
def test_matters_of_officials_make_no_sign(category: str) -> None:
    """Not even where nobody is named: a count would warn them."""
    assert early_signs.found([counted("27139", category, 9)]) == []


def test_kinds_and_wards_are_counted_apart() -> None:
    """Two here and one there are no sign; codes of one group are."""
    rows = [counted("27139", "drugs.trade", 2), counted("27142", "drugs.use", 1)]
    assert early_signs.found(rows) == []
    assert early_signs.found([*rows, counted("27139", "drugs.use", 1)]) == [early_signs.EarlySign("27139", "drugs", 3)]
