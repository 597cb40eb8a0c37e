"""A guard at a door, goods in a room, something that is lit: words that a fire is told in too say what they say."""

from bot.demo.seeding import seeds
from tests.fakes.home import Home
from tips.triage.place_names import bare

FIRST_OF_THE_DEMO = next(it.text for it in seeds() if "hàng trắng" in it.text)
DRUGS = (
    FIRST_OF_THE_DEMO,
    bare(FIRST_OF_THE_DEMO),
    "Nhà trọ năm phòng ở quận 8, phòng cuối bán hàng đá, ông chủ trọ ngồi cầu thang canh",
    "bao ve quan bar quan 1 gac cua sau cho tui no ban keo",
    "quan 4 co thang chay hang trang cho ong Bay, di truoc co dua do duong",
    "Tụi nó đốt giấy bạc hít đá trong phòng số 2 quán hát quận 6, có đứa đứng ngoài cửa coi chừng",
)
FIRES = (
    "Cháy phòng số 6 quán karaoke quận 3, bảo vệ còn kẹt ngoài cửa sau, khói đen mù mịt",
    "chay quan bar quan 1 roi, nguoi trong phong chua ra duoc",
)


async def test_a_guarded_room_with_drugs_is_no_fire_and_nobody_is_told_to_call_for_help(a_home: Home) -> None:
    """As the demo's first tip tells it, and its siblings, with their accents and without."""
    for number, text in enumerate(DRUGS):
        case = await a_home.case_of(await a_home.citizen(f"neighbour {number}").sends(text))
        assert case.category.startswith("drugs."), text
        assert case.urgency in {"P1", "P2"}, text


async def test_a_fire_in_such_a_room_is_one(a_home: Home) -> None:
    """A guard, a number and a door take nothing from it."""
    for number, text in enumerate(FIRES):
        case = await a_home.case_of(await a_home.citizen(f"neighbour {number}").sends(text))
        assert (case.category, case.urgency) == ("fire.incident", "P0"), text
