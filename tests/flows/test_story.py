"""The whole line: a citizen writes, a desk opens and asks, the citizen reads it with the receipt and answers."""

import pytest

from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tips import errors
from tips.crypto.sealing import RECEIPT
from tips.desk.actions import Fields
from tips.intake.reception import Outcome


def text_of(outcome: Outcome) -> str:
    return "\n".join(f"{say.key} {dict(say.params)}" for reply in outcome.replies for say in reply.says)


async def test_a_complete_tip_takes_two_turns_to_a_receipt(a_home: Home) -> None:
    """What, where and when in one message: the next press sends it."""
    citizen = a_home.citizen()
    assert (await citizen.says(TIP)).state == "summary"
    assert (await citizen.presses("submit")).receipt
    assert citizen.turns <= 3


async def test_a_tip_reaches_its_desk_and_the_answer_comes_back(a_home: Home) -> None:
    """Question and answer go through the receipt alone, from another channel than the tip's."""
    code = await a_home.citizen().sends(TIP)
    officer = await a_home.session("an")
    (row,) = await a_home.product.review.queue(officer)
    opened = await a_home.product.review.open(officer, row.id)
    assert opened.tip.text == TIP
    await a_home.product.casework.act(officer, row.id, "claim")
    await a_home.product.casework.act(officer, row.id, "ask", Fields(text="Phòng số mấy?"))
    elsewhere = a_home.citizen("another phone", channel="elsewhere")
    shown = await elsewhere.says(f"  {code.lower()} ")
    assert "Phòng số mấy?" in text_of(shown)
    assert TIP not in text_of(shown)
    await elsewhere.says("phòng 6, lầu 2")
    opened = await a_home.product.review.open(officer, row.id)
    assert [piece.content.text for piece in opened.thread] == ["Phòng số mấy?", "phòng 6, lầu 2"]
    assert opened.case.state == "screening"


async def test_the_accused_unit_and_its_desk_never_get_the_tip(a_home: Home) -> None:
    """The area desk of an accused ward police holds no grant, waking or asleep, and sees no case."""
    await a_home.citizen().sends(COMPLAINT)
    row = await a_home.the_case()
    grants = await a_home.grants(row.id)
    assert row.unit == "px05"
    assert {grant.reader for grant in grants} - {RECEIPT} <= {"px05", "vks-tp", "held"}
    officer = await a_home.session("an")
    assert await a_home.product.review.queue(officer) == []
    with pytest.raises(errors.NotFound):
        await a_home.product.review.open(officer, row.id)


async def test_a_case_is_never_handed_to_an_excluded_unit(a_home: Home) -> None:
    """Exclusions hold against a hand-over too."""
    await a_home.citizen().sends(COMPLAINT)
    inspector = await a_home.session("thanh")
    (row,) = await a_home.product.review.queue(inspector)
    with pytest.raises(errors.Refused, match="excluded"):
        await a_home.product.casework.act(inspector, row.id, "hand_over", Fields(unit="area-770"))


async def test_a_hand_over_gives_the_whole_case(a_home: Home) -> None:
    """The next unit opens tip and thread; the case is in its queue."""
    await a_home.citizen().sends(TIP)
    officer, economic = await a_home.session("an"), await a_home.session("kinh")
    (row,) = await a_home.product.review.queue(officer)
    await a_home.product.casework.act(officer, row.id, "note", Fields(text="thuộc phòng kinh tế"))
    await a_home.product.casework.act(officer, row.id, "hand_over", Fields(unit="pc03"))
    opened = await a_home.product.review.open(economic, row.id)
    assert opened.tip.text == TIP
    assert [piece.content.text for piece in opened.thread] == ["thuộc phòng kinh tế"]
    assert opened.case.state == "forwarded"


async def test_a_desk_hands_a_case_to_a_ward_where_somebody_works(a_home: Home) -> None:
    """Only wards with members are offered; the ward has to accept, and reads the whole case."""
    await a_home.citizen().sends(TIP)
    officer = await a_home.session("an")
    (row,) = await a_home.product.review.queue(officer)
    offered = a_home.product.casework.targets(await a_home.product.review.open(officer, row.id))
    assert not [code for code in offered if code.startswith("ward-")]
    ward = next(it.code for it in a_home.product.organisation.units.values() if it.parent == "area-770")
    await a_home.join(("hoa", ward, "officer"))
    await a_home.product.casework.act(officer, row.id, "hand_over", Fields(unit=ward))
    local = await a_home.session("hoa")
    (handed,) = await a_home.product.review.queue(local)
    assert (handed.state, handed.clock) == ("forwarded", "acceptance")
    assert (await a_home.product.review.open(local, row.id)).tip.text == TIP
    assert (await a_home.product.casework.act(local, row.id, "accept")).state == "accepted"


async def test_a_unit_that_never_looks_loses_the_case_upward_with_its_text(a_home: Home) -> None:
    """Past its clock the next levels read what nobody of the late unit ever opened."""
    code = await a_home.citizen().sends(TIP)
    for name in ("truc", "kiem"):
        a_home.clock.forward(days=5)
        assert await a_home.product.escalation.tick() == 1
        session = await a_home.session(name)
        (row,) = await a_home.product.review.queue(session)
        assert (await a_home.product.review.open(session, row.id)).tip.text == TIP
    shown = await a_home.citizen("again").says(code)
    assert "mailbox.climbed" in text_of(shown)


async def test_an_addition_that_accuses_the_desk_shuts_it_out(a_home: Home) -> None:
    """Later words against a reader go to the clean ones only, and the clock takes the case away."""
    code = await a_home.citizen().sends(TIP)
    officer, overseer = await a_home.session("an"), await a_home.session("kiem")
    (row,) = await a_home.product.review.queue(officer)
    citizen = a_home.citizen("later")
    await citizen.says(code)
    await citizen.says(THE_DESK_IS_BRIBED)
    a_home.clock.forward(minutes=1)
    assert await a_home.product.escalation.tick() == 1
    with pytest.raises(errors.NotFound):
        await a_home.product.review.open(officer, row.id)
    moved = await a_home.case(row.id)
    reader = await a_home.session_at(moved.unit)
    opened = await a_home.product.review.open(reader, row.id)
    assert [(piece.part, piece.content.text) for piece in opened.thread] == [
        ("addition", THE_DESK_IS_BRIBED),
        ("shut_out", ""),
        ("exclusion", ""),
    ]
    assert moved.restricted
    assert overseer.unit in (*opened.readers, *opened.asleep)


async def test_a_tip_without_anybody_to_receive_it_is_held(a_home: Home) -> None:
    """Whoever is accused so high that no clean unit has a key: sealed to the quorum, in nobody's queue."""
    await a_home.citizen().sends("Giám đốc Công an thành phố nhận hối lộ của công ty xây dựng, tôi thấy tối qua.")
    row = await a_home.the_case()
    assert (row.unit, row.state) == ("held", "held")


async def test_a_wrong_and_a_mistyped_receipt_get_the_same_answer_then_a_wait(a_home: Home) -> None:
    """Ten tries, then a wait; nothing tells which was which."""
    code = await a_home.citizen().sends(TIP)
    guesser = a_home.citizen("guesser")
    wrong = ("0" if code[0] != "0" else "1") + code[1:]
    unknown = "0000-0000-0000-0000-0000-0000-0000"
    answers = {text_of(await guesser.says(guess)) for guess in [wrong, unknown] * 5}
    assert len(answers) == 1
    assert "receipt.wait" in text_of(await guesser.says(code))


async def test_everything_that_happened_is_in_the_ledger_and_holds(a_home: Home) -> None:
    """After a day of work the audit finds every signature, chain and envelope sound."""
    await a_home.citizen().sends(TIP)
    officer = await a_home.session("an")
    (row,) = await a_home.product.review.queue(officer)
    await a_home.product.casework.act(officer, row.id, "claim")
    await a_home.product.casework.act(officer, row.id, "ask", Fields(text="Khi nào?"))
    report = await a_home.product.audit()
    assert report.sound, report.problems
    assert report.kinds == {"received": 1, "claimed": 1, "asked": 1, "roster": 2}
