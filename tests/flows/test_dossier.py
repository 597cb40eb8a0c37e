"""A case on paper, and read along: printing is on record, and takes two where somebody is shut out; sharing is told."""

import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest

from handlers.uploads import memory_file
from tests.fakes import gallery
from tests.fakes.desk import CSRF, acts, browser, log_in
from tests.fakes.home import Home, choices
from tests.fakes.people import BA
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tests.flows.test_clock import job
from tips import errors
from tips.cases import ledger
from tips.cases.case import Case
from tips.cases.ledger import Kind
from tips.cases.lifecycle import ActionName
from tips.desk.actions import Fields
from tips.intake.turns import Inbound
from tips.ports.cases import Cases, Change
from tips.triage import Corrections

SECOND = ("bich", "px05", "officer")


async def case_of_words(home: Home, text: str) -> Case:
    """A tip that says this, and its case."""
    return await home.case_of(await home.citizen(text).sends(text))


async def dossier(home: Home, name: str, case: bytes) -> Any:
    """What the button of the case's page answers."""
    async with browser(home) as client:
        home.clock.forward(minutes=1)
        await log_in(client, home, name)
        await client.get(f"/desk/case/{case.hex()}")
        token = CSRF.search((await client.get("/desk/account")).text)
        assert token
        return await client.post(f"/desk/case/{case.hex()}/dossier", data={"csrf": token.group(1)})


def pages(pdf: bytes) -> list[str]:
    """The words of each page."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return [document[number].get_textpage().get_text_bounded() for number in range(len(document))]


async def printed(home: Home, case: bytes) -> list[str]:
    return [it.by for it in map(ledger.parse, await home.events(case)) if it.kind is Kind.PRINTED]


# --- on paper ---------------------------------------------------------------------------------------------------------


async def test_a_dossier_has_the_whole_case_and_every_page_says_whose_copy_it_is(a_home: Home) -> None:
    """Facts, words, thread, history; on each page its number of how many, who printed it and when."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    act, an = a_home.product.casework.act, await a_home.session("an")
    await act(an, row.id, ActionName.ASK, Fields(text="Phòng số mấy?"))
    await act(an, row.id, ActionName.NOTE, Fields(text="Ghi chú rất dài. " * 500))
    answer = await dossier(a_home, "an", row.id)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    words = pages(answer.content)
    assert len(words) > 2
    for number, page in enumerate(words, start=1):
        assert f"{row.code} · trang {number}/{len(words)}" in page
        assert "Bản của an · Quận 3 · 10:21 23/11/2026" in page
    whole = " ".join(" ".join(words).split())
    for said in (TIP, "Phòng số mấy?", "Ma tuý", "Diễn biến", "in hồ sơ", "hỏi hoặc trả lời người báo tin", "Quận 3"):
        assert said.lower() in whole.lower(), said
    assert whole.count("Ghi chú rất dài.") == 500


async def test_who_has_not_read_a_case_is_led_to_it_before_it_is_printed(a_home: Home) -> None:
    """No file is made: the page is shown, the reading is on record, and nobody's case is unread any more."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        token = CSRF.search((await client.get("/desk/account")).text)
        assert token
        answer = await client.post(f"/desk/case/{row.id.hex()}/dossier", data={"csrf": token.group(1)})
    assert answer.url.path == f"/desk/case/{row.id.hex()}"
    assert answer.headers["content-type"].startswith("text/html")
    assert {it.kind for it in map(ledger.parse, await a_home.events(row.id))} == {Kind.RECEIVED, Kind.READ}
    assert (await a_home.case(row.id)).opened


async def test_a_dossier_names_files_by_kind_size_and_digest(a_home: Home) -> None:
    """And holds none of them."""
    citizen = a_home.citizen()
    with memory_file() as file:
        file.write(gallery.picture("PNG"))
        await citizen.hears(Inbound("file", upload=file))
    await citizen.sends(TIP)
    row = await a_home.the_case()
    opened = await a_home.product.review.open(await a_home.session("an"), row.id)
    (file,) = opened.files
    whole = "".join("".join(pages((await dossier(a_home, "an", row.id)).content)).split())
    assert f"SHA-256{file.clean}" in whole
    assert "Ảnh1" in whole


@pytest.mark.parametrize(
    "text",
    ["地点在第三郡黎文仕街的卡拉OK，每晚贩毒。", "Có 😀 và ខ្មែរ", "A" * 4000, "\t\r\n\n x \u202e y", "e\u0301 ơ\u0309"],
    ids=["chinese", "no face has it", "one long word", "controls", "letters and their accents apart"],
)
async def test_whatever_was_written_can_be_printed(a_home: Home, text: str) -> None:
    """A sign that no face has is shown by its number, nothing is cut off at the edge, and no page is lost."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    await a_home.product.casework.act(await a_home.session("an"), row.id, ActionName.NOTE, Fields(text=f"<{text}>"))
    whole = "".join("".join(pages((await dossier(a_home, "an", row.id)).content)).split())
    assert ("[U+1F600]" in whole) == ("😀" in text)
    if text.isascii() and text.isalpha():
        assert whole.count("A") >= 4000
    if "黎文仕街" in text:
        assert "黎文仕街" in whole


class Unwritable:
    """Cases as they are, on a disk that takes nothing more."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cases, name)

    async def apply(self, change: Change) -> None:
        raise errors.StoreUnavailable


async def test_printing_is_on_record_before_a_byte_leaves(a_home: Home) -> None:
    """Each printing is one signed event; a dossier that could not be recorded is not made."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    assert (await dossier(a_home, "an", row.id)).status_code == 200
    assert await printed(a_home, row.id) == ["an"]
    writer = replace(a_home.product.casework.writer, cases=Unwritable(a_home.product.store.cases))
    full = replace(a_home, product=replace(a_home.product, casework=replace(a_home.product.casework, writer=writer)))
    answer = await dossier(full, "an", row.id)
    assert answer.status_code == 503
    assert not answer.content.startswith(b"%PDF")
    assert await printed(a_home, row.id) == ["an"]


async def test_a_case_with_an_exclusion_is_printed_once_for_each_agreement_of_somebody_else(a_home: Home) -> None:
    """Not alone, not by one's own agreement, not twice by one; a colleague's counts, and an overseer's who reads it."""
    await a_home.join(SECOND)
    await a_home.citizen().sends(COMPLAINT)
    row = await a_home.the_case()
    act, thanh = a_home.product.casework.act, await a_home.session("thanh")
    bich, kiem = await a_home.session("bich"), await a_home.session("kiem")
    assert (await dossier(a_home, "thanh", row.id)).status_code == 409
    await act(thanh, row.id, ActionName.AGREE)
    assert (await dossier(a_home, "thanh", row.id)).status_code == 409
    await act(bich, row.id, ActionName.AGREE)
    assert (await dossier(a_home, "thanh", row.id)).status_code == 200
    assert (await dossier(a_home, "thanh", row.id)).status_code == 409
    with pytest.raises(errors.NotFound):  # an overseer who does not read it
        await act(kiem, row.id, ActionName.AGREE)
    await act(thanh, row.id, ActionName.CONSULT, Fields(unit="vks-tp"))
    await act(kiem, row.id, ActionName.AGREE)
    with pytest.raises(errors.Refused, match="print_agreed"):  # once is once
        await act(kiem, row.id, ActionName.AGREE)
    assert (await dossier(a_home, "bich", row.id)).status_code == 200
    assert sorted(await printed(a_home, row.id)) == ["bich", "thanh"]


async def test_an_exclusion_that_comes_later_takes_a_second_person_too(a_home: Home) -> None:
    """What one could print alone in the morning takes two once somebody was shut out."""
    await a_home.join(BA)
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    act, an = a_home.product.casework.act, await a_home.session("an")
    with pytest.raises(errors.Refused, match="print_agreed"):  # nothing to agree to
        await act(await a_home.session("ba"), row.id, ActionName.AGREE)
    assert (await dossier(a_home, "an", row.id)).status_code == 200
    await act(an, row.id, ActionName.CORRECT, Fields(corrections=Corrections(accused=("duty",))))
    assert (await dossier(a_home, "an", row.id)).status_code == 409


async def test_who_reads_a_shared_case_along_does_not_print_it(a_home: Home) -> None:
    """Nor agree to it: only the unit that has it, and who oversees."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    await a_home.product.casework.act(await a_home.session("an"), row.id, ActionName.SHARE, Fields(unit="pc03"))
    assert (await dossier(a_home, "kinh", row.id)).status_code == 409
    with pytest.raises(errors.Refused, match="not_yours"):
        await a_home.product.casework.act(await a_home.session("kinh"), row.id, ActionName.AGREE)
    assert await printed(a_home, row.id) == []


# --- read along -------------------------------------------------------------------------------------------------------


async def said(turn: Callable[[str], Awaitable[Any]], words: str) -> str:
    """What a mailbox answers, as keys and values."""
    return repr([reply.says for reply in (await turn(words)).replies])


async def test_a_shared_case_is_read_along_and_the_reporter_is_told(a_home: Home) -> None:
    """The unit opens tip and note, finds it on its page, works at nothing; the receipt says who, and since when."""
    receipt = await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    an, kinh = await a_home.session("an"), await a_home.session("kinh")
    await a_home.product.casework.act(an, row.id, ActionName.SHARE, Fields(unit="pc03", text="Coi có dòng tiền không."))
    opened = await a_home.product.review.open(kinh, row.id)
    assert (opened.tip.text, opened.thread[-1].content.text) == (TIP, "Coi có dòng tiền không.")
    assert opened.case.unit == "area-770"
    assert [it.id for it in await a_home.product.review.shared(kinh)] == [row.id]
    assert await a_home.product.review.shared(an) == []
    offered = {it.action.name for it in a_home.product.casework.offers(kinh, opened)}
    assert offered == {ActionName.NOTE}
    reader = a_home.citizen("elsewhere")
    first = await reader.says(receipt)
    assert "mailbox.shared.some" in repr(first.replies)
    assert "pc03" not in repr(first.replies).lower()
    assert "readers" in choices(first)
    named = repr((await reader.presses("readers")).replies)
    assert "mailbox.shared" in named
    assert "23/11/2026" in named
    async with browser(a_home) as client:
        await log_in(client, a_home, "kinh")
        assert row.code in (await client.get("/desk/shared")).text


async def test_a_case_is_not_shared_with_whom_it_excludes(a_home: Home) -> None:
    """Nor with a unit without a key, with one that reads it, by one that only reads along; no grant comes of it."""
    await a_home.citizen().sends(COMPLAINT)
    row = await a_home.the_case()
    act, thanh = a_home.product.casework.act, await a_home.session("thanh")
    before = {(it.envelope, it.reader) for it in await a_home.grants(row.id)}
    for unit, why in (("area-770", "excluded"), ("pc04", "no_key"), ("px05", "reads_already"), ("nowhere", "receiver")):
        with pytest.raises(errors.Refused, match=why):
            await act(thanh, row.id, ActionName.SHARE, Fields(unit=unit, text="Coi giùm."))
    assert {(it.envelope, it.reader) for it in await a_home.grants(row.id)} == before
    await act(thanh, row.id, ActionName.SHARE, Fields(unit="pc03"))
    with pytest.raises(errors.Refused, match="not_yours"):
        await act(await a_home.session("kinh"), row.id, ActionName.SHARE, Fields(unit="duty"))


async def test_who_read_along_is_shut_out_once_accused(a_home: Home) -> None:
    """Sharing is no way around a later exclusion: it is sealed anew, and the reporter is told who had access."""
    receipt = await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    act, an = a_home.product.casework.act, await a_home.session("an")
    await act(an, row.id, ActionName.SHARE, Fields(unit="pc03"))
    await act(an, row.id, ActionName.CORRECT, Fields(corrections=Corrections(accused=("pc03",))))
    with pytest.raises(errors.NotFound):
        await a_home.product.review.open(await a_home.session("kinh"), row.id)
    assert await a_home.product.review.shared(await a_home.session("kinh")) == []
    view = await a_home.product.mailboxes.read(receipt)
    assert view.shared == ()
    assert any("pc03" in it.facts.get("had", ()) for it in view.letters)
    assert not re.search("pc03", str(view.readers))


async def test_an_agreement_of_the_former_unit_does_not_let_the_new_one_print(a_home: Home) -> None:
    await a_home.join(SECOND)
    await a_home.session("thanh")
    row = await case_of_words(a_home, COMPLAINT)
    act = a_home.product.casework.act
    await act(await a_home.session("bich"), row.id, ActionName.AGREE)
    await act(await a_home.session("thanh"), row.id, ActionName.HAND_OVER, Fields(unit="pc03"))
    assert (await dossier(a_home, "kinh", row.id)).status_code == 409


async def test_an_agreement_of_who_keeps_away_since_is_none(a_home: Home) -> None:
    await a_home.join(SECOND)
    await a_home.session("thanh")
    row = await case_of_words(a_home, COMPLAINT)
    act, bich = a_home.product.casework.act, await a_home.session("bich")
    await act(bich, row.id, ActionName.AGREE)
    await act(bich, row.id, ActionName.RECUSE)
    assert (await dossier(a_home, "thanh", row.id)).status_code == 409


async def test_an_agreement_of_who_is_shut_out_since_is_none(a_home: Home) -> None:
    await a_home.join(SECOND)
    await a_home.session("thanh")
    row = await case_of_words(a_home, COMPLAINT)
    act = a_home.product.casework.act
    await act(await a_home.session("bich"), row.id, ActionName.AGREE)
    await act(await a_home.session("thanh"), row.id, ActionName.HAND_OVER, Fields(unit="pc03"))
    await act(
        await a_home.session("kinh"), row.id, ActionName.CORRECT, Fields(corrections=Corrections(accused=("px05",)))
    )
    assert (await dossier(a_home, "kinh", row.id)).status_code == 409


async def test_an_agreement_counts_for_a_day(a_home: Home) -> None:
    await a_home.join(SECOND)
    await a_home.session("thanh")
    row = await case_of_words(a_home, COMPLAINT)
    await a_home.product.casework.act(await a_home.session("bich"), row.id, ActionName.AGREE)
    a_home.clock.forward(hours=26)
    assert (await dossier(a_home, "thanh", row.id)).status_code == 409


# --- read along -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("handover", {"unit": "pc03"}),
        ("handover", {"unit": "area-778"}),
        ("accept", {}),
        ("ask", {"text": "Anh tên gì?"}),
        ("correct", {"accused": "area-770"}),
    ],
)
async def test_who_reads_a_shared_case_along_works_at_nothing(a_home: Home, act: str, fields: dict[str, str]) -> None:
    row = await case_of_words(a_home, TIP)
    await a_home.session("kinh")
    await a_home.product.casework.act(await a_home.session("an"), row.id, ActionName.SHARE, Fields(unit="pc03"))
    async with browser(a_home) as client:
        await log_in(client, a_home, "kinh")
        await acts(client, row.id.hex(), act, **fields)
    after = await a_home.case(row.id)
    assert (after.unit, after.state) == (row.unit, row.state)


async def test_a_late_desk_cannot_end_or_fetch_back_what_climbed(a_home: Home) -> None:
    await a_home.session("an")
    rows = [await case_of_words(a_home, TIP), await case_of_words(a_home, TIP + " Phòng 2.")]
    a_home.clock.forward(days=30)
    await a_home.product.jobs.tick(job(a_home, "climb"))
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await acts(client, rows[0].id.hex(), "handover", unit="area-770")
        await acts(client, rows[1].id.hex(), "accept")
        await acts(client, rows[1].id.hex(), "conclude", result="unfounded", text="Không có cơ sở.")
    assert [((await a_home.case(it.id)).unit, (await a_home.case(it.id)).state) for it in rows] == [
        ("duty", "received")
    ] * 2


async def test_only_the_receiver_hands_on(a_home: Home) -> None:
    """desk.sure.hand_over: chỉ nơi nhận mới chuyển lại được."""
    row = await case_of_words(a_home, TIP)
    act, an = a_home.product.casework.act, await a_home.session("an")
    await act(an, row.id, ActionName.HAND_OVER, Fields(unit="pc03"))
    with pytest.raises(errors.Refused):
        await act(an, row.id, ActionName.HAND_OVER, Fields(unit="area-770"))
