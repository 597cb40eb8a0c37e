"""Learning late that a reader is accused: nothing stored opens for them any more, and the reporter is told."""

import contextlib
from pathlib import Path

import pytest

from tests.fakes import home
from tests.fakes.home import Citizen, Home
from tests.fakes.people import A_FEW
from tests.fakes.words import DRUGS_IN_ROOM_SIX as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED_BY_ENVELOPE as ACCUSATION
from tips import errors
from tips.cases import clearing
from tips.cases.clearing import Clearing
from tips.cases.ledger import Kind
from tips.cases.plaintext import Part
from tips.crypto import sealing
from tips.crypto.sealing import RECEIPT
from tips.desk.actions import Fields
from tips.desk.actions.step import NewPiece, Step
from tips.intake.reception import Outcome
from tips.people.session import Session
from tips.triage import Corrections


def said(outcome: Outcome) -> list[str]:
    return [say.key for reply in outcome.replies for say in reply.says]


async def sent(home: Home) -> tuple[Citizen, str, bytes]:
    """A tip that the desk has read; who sent it, the receipt, the case."""
    citizen = home.citizen()
    receipt = await citizen.sends(TIP)
    row = await home.the_case()
    await home.product.review.open(await home.session("an"), row.id)
    return citizen, receipt, row.id


async def readable(home: Home, case: bytes, seeds: list[bytes]) -> int:
    """How many stored pieces open with these seeds, the clock's wrap taken off where there is one."""
    envelopes = {it.id: it for it in await home.envelopes(case)}
    opened = set()
    for grant in await home.grants(case):
        awake = grant
        if grant.asleep:
            awake = sealing.wake(envelopes[grant.envelope], grant, home.product.escalation.release_seed)
        try:
            opened.add(sealing.open_key(awake, seeds))
        except errors.NotOpened:
            continue
    return len(opened)


async def test_what_the_desk_could_read_it_cannot_once_an_addition_accused_it(a_home: Home) -> None:
    """The clock wakes the next level; its first look re-keys every piece, and even the desk's own seeds open none."""
    citizen, receipt, case = await sent(a_home)
    desk = await a_home.seeds_of(a_home.people["an"])
    assert await readable(a_home, case, desk) == 1
    await citizen.says(receipt)
    await citizen.says(ACCUSATION)
    await a_home.product.escalation.tick()
    row = await a_home.case(case)
    reader = await a_home.session_at(row.unit)
    opened = await a_home.product.review.open(reader, case)
    assert (opened.tip.text, opened.thread[0].content.text) == (TIP, ACCUSATION)
    assert await readable(a_home, case, desk) == 0
    with pytest.raises(errors.NotFound):
        await a_home.product.review.open(await a_home.session("an"), case)
    assert (await a_home.product.audit()).sound


async def test_the_reporter_is_told_who_had_access_and_until_when(a_home: Home) -> None:
    citizen, receipt, case = await sent(a_home)
    reader = await claimed_by_px05(a_home, case)
    await a_home.product.casework.act(reader, case, "correct", Fields(corrections=Corrections(accused=("area-770",))))
    assert "mailbox.exclusion.some" in said(await citizen.says(receipt))
    shown = await citizen.presses("readers")
    (late,) = [say for reply in shown.replies for say in reply.says if say.key == "mailbox.exclusion"]
    assert late.params["day"] == "23/11/2026"


async def test_questions_stay_readable_by_the_receipt(a_home: Home) -> None:
    """What was asked before is sealed to the reporter anew."""
    citizen, receipt, case = await sent(a_home)
    await a_home.product.casework.act(await a_home.session("an"), case, "ask", Fields(text="Phòng số mấy?"))
    reader = await claimed_by_px05(a_home, case)
    await a_home.product.casework.act(reader, case, "correct", Fields(corrections=Corrections(accused=("area-770",))))
    assert "mailbox.question" in said(await citizen.says(receipt))
    grants = await a_home.grants(case)
    assert {it.reader for it in grants if it.reader == RECEIPT} == {RECEIPT}


async def test_an_accused_reader_who_only_sleeps_is_shut_out_too(a_home: Home) -> None:
    """The duty desk would have been next; the clock passes it over."""
    _, _, case = await sent(a_home)
    officer = await a_home.session("an")
    await a_home.product.casework.act(officer, case, "correct", Fields(corrections=Corrections(accused=("duty",))))
    assert "duty" not in {it.reader for it in await a_home.grants(case)}
    assert await readable(a_home, case, await a_home.seeds_of(a_home.people["truc"])) == 0
    a_home.clock.forward(days=3)
    await a_home.product.escalation.tick()
    assert (await a_home.case(case)).unit == "vks-tp"


async def test_a_late_case_climbs_past_whom_a_piece_of_it_shuts_out(a_home: Home) -> None:
    """An addition accuses the duty desk, whose key to the tip still sleeps: the case goes to the overseer's."""
    citizen, receipt, case = await sent(a_home)
    await citizen.says(receipt)
    await citizen.says("Trực ban hình sự PC01 Công an thành phố nhận tiền của quán này mỗi tháng.")
    levels = sorted((it.level, it.reader) for it in await a_home.grants(case) if it.asleep and it.level)
    assert (1, "duty") in levels, "it is the next level of the tip itself"
    a_home.clock.forward(days=3)
    await a_home.product.escalation.tick()
    assert (await a_home.case(case)).unit == "vks-tp"
    assert await readable(a_home, case, (await a_home.session("kiem")).seeds["vks-tp"]) == 3
    with pytest.raises(errors.NotFound):
        await a_home.product.review.open(await a_home.session("truc"), case)


async def test_no_reader_can_swap_a_text_while_re_keying(a_home: Home) -> None:
    """The event of the re-keying names the new pieces; the commitment of the first event is what they must fit."""
    _, _, case = await sent(a_home)
    reader = await claimed_by_px05(a_home, case)
    await a_home.product.casework.act(reader, case, "correct", Fields(corrections=Corrections(accused=("area-770",))))
    (tip,) = await a_home.envelopes(case, "tip")
    first, *_ = (await a_home.product.review.open(reader, case)).events
    assert tip.id.hex() != first.facts["envelope"]
    assert tip.commitment.hex() == first.facts["commitment"]


async def claimed_by_px05(home: Home, case: bytes) -> Session:
    await home.product.casework.act(await home.session("an"), case, "hand_over", Fields(unit="px05"))
    return await home.session("thanh")


async def test_an_exclusion_is_taken_back_by_two_branches_and_by_no_one_alone(a_home: Home) -> None:
    """The overseer alone changes nothing, nor one branch twice; the accused has no say; the reporter sees each step."""
    citizen = a_home.citizen()
    receipt = await citizen.sends(
        "Công an phường Võ Thị Sáu quận 3 nhận tiền của quán karaoke đường Lê Văn Sỹ mỗi tối."
    )
    row = await a_home.the_case()
    review, casework = a_home.product.review, a_home.product.casework
    owner = await a_home.session_at(row.unit)
    assert "area-770" in (await review.open(owner, row.id)).excluded
    await casework.act(owner, row.id, "clear", Fields(unit="area-770"))
    with pytest.raises(errors.Refused):
        await casework.act(owner, row.id, "clear", Fields(unit="area-770"))
    with pytest.raises(errors.Refused):
        await casework.act(owner, row.id, "hand_over", Fields(unit="area-770"))
    a_home.clock.forward(days=3)
    await a_home.product.escalation.tick()
    overseer = await a_home.session("kiem")
    await casework.act(overseer, row.id, "clear", Fields(unit="area-770"))
    assert "area-770" not in (await review.open(overseer, row.id)).excluded
    assert said(await citizen.says(receipt)).count("mailbox.clearing.some") == 2
    assert said(await citizen.presses("readers")).count("mailbox.clearing") == 2
    await casework.act(overseer, row.id, "hand_over", Fields(unit="area-770"))
    assert (await review.open(await a_home.session("an"), row.id)).tip.text


async def test_two_of_one_branch_take_no_exclusion_back(tmp_path: Path) -> None:
    """Nor an overseer alone, nor two overseers of one branch, nor two branches of which none oversees."""
    people = (*A_FEW, ("cao", "vks-tc", "overseer"), ("mai", "vks-tp", "overseer"), ("bo", "bca-c01", "officer"))
    async with home.opened(tmp_path, people) as opened:
        await opened.citizen().sends(
            "Công an phường Võ Thị Sáu quận 3 nhận tiền của quán karaoke đường Lê Văn Sỹ mỗi tối."
        )
        row = await opened.the_case()
        casework, owner = opened.product.casework, await opened.session_at(row.unit)
        assert row.unit == "px05"

        async def is_shut_out() -> bool:
            with contextlib.suppress(errors.Refused):
                await casework.rehearse(owner, row.id, "hand_over", Fields(unit="area-770"))
                return False
            return True

        for unit in ("vks-tp", "vks-tc"):
            await casework.act(owner, row.id, "consult", Fields(unit=unit))
        await casework.act(await opened.session("kiem"), row.id, "clear", Fields(unit="area-770"))
        assert await is_shut_out()
        for name in ("mai", "cao", "kiem"):
            with pytest.raises(errors.Refused, match="cleared"):
                await casework.act(await opened.session(name), row.id, "clear", Fields(unit="area-770"))
        assert await is_shut_out()
        await casework.act(owner, row.id, "clear", Fields(unit="area-770"))
        assert not await is_shut_out()


async def test_an_office_clears_for_no_other_whatever_it_seals(tmp_path: Path) -> None:
    """The program of an overseer's colleague says that it is the owner's branch: what counts is who signed it."""
    async with home.opened(tmp_path, (*A_FEW, ("hai", "vks-tp", "officer"))) as opened:
        await opened.citizen().sends(
            "Công an phường Võ Thị Sáu quận 3 nhận tiền của quán karaoke đường Lê Văn Sỹ mỗi tối."
        )
        row = await opened.the_case()
        casework, review = opened.product.casework, opened.product.review
        await casework.act(await opened.session_at(row.unit), row.id, "consult", Fields(unit="vks-tp"))
        for name, office, branch, role in (
            ("kiem", "vks-tp", "procuracy", "overseer"),
            ("hai", "px05", "police", "officer"),
        ):
            session = await opened.session(name)
            opening = await review.open(session, row.id)
            piece = NewPiece(Part.CLEARING, "", "vks-tp", Clearing("area-770", office, branch, role, name).plain())
            await review.writer.store(session, opening, Step(Kind.CLEARED, opening.case, piece=piece))
        found = await review.open(await opened.session("kiem"), row.id)
        assert "area-770" in found.excluded
        assert {it.office for it in found.clearings("area-770")} == {"vks-tp"}


WORDS = {
    "nobody": ([], False),
    "one overseer": ([("vks-tp", "procuracy", "overseer")], False),
    "one office twice": ([("vks-tp", "procuracy", "overseer")] * 2, False),
    "two offices of one branch": (
        [("vks-tp", "procuracy", "overseer"), ("vks-tc", "procuracy", "overseer")], False,
    ),
    "two branches without an overseer": ([("px05", "police", "head"), ("ttra-tp", "inspectorate", "officer")], False),
    "two branches, one overseer": ([("px05", "police", "officer"), ("vks-tp", "procuracy", "overseer")], True),
}  # fmt: skip


@pytest.mark.parametrize(("said", "holds"), WORDS.values(), ids=WORDS.keys())
def test_an_exclusion_counts_until_two_branches_and_an_overseer_took_it_back(
    said: list[tuple[str, str, str]], holds: bool
) -> None:
    """Whatever words lie in a case: its reader's desk counts branches, not offices; who moved between them is one."""
    assert clearing.cleared([Clearing("area-770", *it, f"person {at}") for at, it in enumerate(said)]) is holds
    assert not clearing.cleared([Clearing("area-770", *it, "who moved between them") for it in said])
