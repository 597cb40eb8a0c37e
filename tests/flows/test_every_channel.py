"""One conversation, many faces: every story on every channel, and a tip begun on one followed up on another."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

import locales
from tests.fakes import gallery
from tests.fakes.faces import FACES, Face
from tests.fakes.home import Home
from tests.fakes.words import DRUGS, DRUGS_WITHOUT_ACCENTS, RECEIPT, WARD_POLICE_BRIBED
from tips.desk.actions import Fields

Story = Callable[[Face, Home], Awaitable[None]]


def label(key: str, lang: str = "vi", **values: str) -> str:
    return locales.say(lang, key, **values)


async def receipt_after(face: Face) -> str:
    shown = await face.chooses(label("option.submit"))
    found = RECEIPT.search(shown.text)
    assert found, "no receipt"
    return found.group()


# --- stories ----------------------------------------------------------------------------------------------------------


async def a_tip_without_accents(face: Face, home: Home) -> None:
    """Two messages, and the desk reads it."""
    shown = await face.says(DRUGS_WITHOUT_ACCENTS)
    assert DRUGS_WITHOUT_ACCENTS in shown.text
    await receipt_after(face)
    officer = await home.session("an")
    assert (await home.product.review.open(officer, (await home.the_case()).id)).tip.text == DRUGS_WITHOUT_ACCENTS


async def one_question(face: Face, home: Home) -> None:
    """The place is asked for, and answered in words."""
    await face.says("có người bán ma tuý trong quán cà phê mỗi tối")
    shown = await face.says("quận 3")
    assert "Quận 3" in shown.text
    await receipt_after(face)


async def a_question_that_is_skipped(face: Face, home: Home) -> None:
    """Nothing has to be answered."""
    await face.says("có người bán ma tuý trong quán cà phê mỗi tối")
    await face.chooses(label("option.skip"))
    await receipt_after(face)


async def somebody_is_shut_out(face: Face, home: Home) -> None:
    """By what the menu offers; the summary names them, and they get no key."""
    await face.says(DRUGS)
    await face.chooses(label("option.exclude"))
    shown = await face.chooses(label("option.exclude.district_police"))
    assert "Quận 3" in shown.text
    await receipt_after(face)
    readers = {it.reader for it in await home.grants((await home.the_case()).id)}
    assert "area-770" not in readers


async def the_accused_cannot_read(face: Face, home: Home) -> None:
    """Whom the words accuse is shut out without a press."""
    await face.says(WARD_POLICE_BRIBED)
    await receipt_after(face)
    case = await home.the_case()
    assert case.restricted
    assert not {it.reader for it in await home.grants(case.id)} & {"area-770", "ward-27139"}


async def nothing_is_kept(face: Face, home: Home) -> None:
    """Whoever changes their mind leaves nothing."""
    await face.says(DRUGS)
    shown = await face.chooses(label("option.cancel"))
    assert label("cancelled") in shown.text
    assert not await home.cases()


async def words_that_were_no_tip(face: Face, home: Home) -> None:
    """A person may insist."""
    await face.says("cho hỏi làm căn cước ở đâu vậy")
    await face.chooses(label("option.send_anyway"))
    shown = await face.says("gửi")
    assert RECEIPT.search(shown.text) or await receipt_after(face)
    assert len(await home.cases()) == 1


async def another_language(face: Face, home: Home) -> None:
    """In the middle of a tip; nothing of it is lost."""
    await face.says(DRUGS)
    shown = await face.says("english")
    assert DRUGS in shown.text
    assert label("option.submit", "en") in shown.choices
    shown = await face.chooses(label("option.submit", "en"))
    assert RECEIPT.search(shown.text)


async def a_picture_alone(face: Face, home: Home) -> None:
    """It needs no words to be a tip."""
    shown = await face.sends_picture(gallery.picture("JPEG"))
    if label("option.skip") in shown.choices:
        await face.chooses(label("option.skip"))
    await receipt_after(face)
    assert len(await home.envelopes((await home.the_case()).id, "file")) == 1


async def a_question_of_the_desk(face: Face, home: Home) -> None:
    """It is read with the receipt, and answered in a word that is a number."""
    await face.says(DRUGS)
    receipt = await receipt_after(face)
    officer = await home.session("an")
    case = (await home.the_case()).id
    await home.product.casework.act(officer, case, "ask", Fields(text="Mấy người?"))
    assert "Mấy người?" in (await face.says(receipt)).text
    await face.says("3")
    shown = await face.chooses(label("option.back"))
    assert label("mailbox.left") in shown.text
    opened = await home.product.review.open(officer, case)
    assert [it.content.text for it in opened.thread] == ["Mấy người?", "3"]


async def somebody_is_shut_out_afterwards(face: Face, home: Home) -> None:
    """In the mailbox, by name and by number."""
    await face.says(DRUGS)
    await face.says(await receipt_after(face))
    await face.chooses(label("option.exclude"))
    await face.chooses(label("option.exclude.district_police"))
    shown = await face.chooses(label("option.readers"))
    assert "Quận 3" in shown.text


async def every_trace_goes(face: Face, home: Home) -> None:
    """What is not sent is forgotten, on any channel and by one word."""
    await face.says(DRUGS)
    await face.says("/xoa")
    shown = await face.says("gửi")
    assert not RECEIPT.search(shown.text)
    assert not await home.cases()


STORIES: dict[str, Story] = {
    it.__name__: it
    for it in (
        a_tip_without_accents,
        one_question,
        a_question_that_is_skipped,
        somebody_is_shut_out,
        the_accused_cannot_read,
        nothing_is_kept,
        words_that_were_no_tip,
        another_language,
        a_picture_alone,
        a_question_of_the_desk,
        somebody_is_shut_out_afterwards,
        every_trace_goes,
    )
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
@pytest.mark.parametrize("name", FACES)
async def test_every_story_on_every_channel(a_home: Home, name: str, story: Story) -> None:
    """The same turns, whatever a platform can do; messengers bring every message twice."""
    async with FACES[name](a_home) as face:
        await story(face, a_home)


@pytest.mark.parametrize(("begun", "followed"), list(itertools.permutations(FACES, 2)))
async def test_a_tip_begun_on_one_channel_is_followed_up_on_another(a_home: Home, begun: str, followed: str) -> None:
    """The receipt is all it takes."""
    async with FACES[begun](a_home) as one, FACES[followed](a_home) as other:
        await one.says(DRUGS)
        receipt = await receipt_after(one)
        officer = await a_home.session("an")
        case = (await a_home.the_case()).id
        await a_home.product.casework.act(officer, case, "ask", Fields(text="Phòng số mấy?"))
        assert "Phòng số mấy?" in (await other.says(receipt)).text
        await other.says("phòng 6")
        opened = await a_home.product.review.open(officer, case)
        assert [it.content.text for it in opened.thread] == ["Phòng số mấy?", "phòng 6"]


async def test_a_story_begun_on_zalo_answered_on_the_web_and_closed_on_telegram(a_home: Home) -> None:
    """One receipt; each platform sees its own part, and none of them the tip again."""
    faces = [FACES[name](a_home) for name in ("zalo", "web", "telegram")]
    async with faces[0] as zalo, faces[1] as web, faces[2] as telegram:
        await zalo.says(DRUGS_WITHOUT_ACCENTS)
        receipt = await receipt_after(zalo)
        officer, case = await a_home.session("an"), (await a_home.the_case()).id
        act = a_home.product.casework.act
        await act(officer, case, "claim")
        await act(officer, case, "ask", Fields(text="Phòng số mấy?"))
        assert "Phòng số mấy?" in (await web.says(receipt)).text
        await web.says("phong 6, tang 2")
        for name in ("accept", "verify"):
            await act(officer, case, name)
        await act(officer, case, "conclude", Fields(result="administrative", text="Đã phạt 20 triệu."))
        await act(officer, case, "close")
        told = (await telegram.says(receipt)).text
        assert "Đã phạt 20 triệu." in told
        assert DRUGS_WITHOUT_ACCENTS not in told
