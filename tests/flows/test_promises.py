"""What a person is told of who reads is what happens: at the desk, in the keys, in the mailbox, on the receipt."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import locales
from handlers.desk import view_models
from tests.fakes import gallery, home
from tests.fakes.home import Citizen, Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED
from tests.flows.test_clock import behind
from tests.flows.test_evidence import gives
from tips import errors
from tips.crypto.receipt import of_seed
from tips.crypto.sealing import RECEIPT
from tips.desk.actions import Fields
from tips.intake.draft import Draft, Fragment
from tips.intake.promise import Promise
from tips.intake.reception import Outcome
from tips.intake.turns import EDIT, Inbound, ReplyKind
from tips.organisation import units
from tips.organisation.units import Organisation
from tips.triage import Accusation, AreaFinding, routing

ORG = units.load("hcmc-districts")
NEW = units.load("hcmc-2025")


def promised(outcome: Outcome) -> Promise:
    (found,) = [reply.promise for reply in outcome.replies if reply.kind is ReplyKind.SUMMARY]
    assert found
    return found


def said(outcome: Outcome) -> str:
    return "\n".join(locales.render(outcome.lang, say) for reply in outcome.replies for say in reply.says)


def keys(outcome: Outcome) -> list[str]:
    return [say.key for reply in outcome.replies for say in reply.says]


async def receipt_after(citizen: Citizen, choice: str = "submit") -> str:
    typed = (await citizen.presses(choice)).receipt
    assert typed
    return typed


async def levels(a_home: Home, receipt: str) -> tuple[str, ...]:
    """Who holds a grant of the tip, in the order in which it reaches them."""
    row = await a_home.case_of(receipt)
    (tip,) = await a_home.envelopes(row.id, "tip")
    listed = [it for it in await a_home.grants(row.id) if it.envelope == tip.id and it.reader != RECEIPT]
    return tuple(it.reader for it in sorted(listed, key=lambda it: it.level))


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Home]:
    """Somebody works at half of the desks, by code, and at the units above."""
    desks = [it.code for it in ORG.units.values() if it.code.startswith("area-")][::2]
    above = ("duty", "pc04", "px05", "vks-tp", "pc03", "bca-c01")
    async with home.opened(tmp_path, [(f"o-{code}", code, "officer") for code in (*desks, *above)]) as a_home:
        yield a_home


def places(organisation: Organisation) -> list[str]:
    return [*organisation.areas.districts, *organisation.areas.wards]


@pytest.mark.slow  # by itself: some four hundred tips are sent
async def test_both_buttons_send_to_whom_they_say_for_every_place(city: Home) -> None:
    """38 districts and 168 wards, each by both buttons: the promise, the keys, and the receipt's words agree."""
    for code in places(ORG):
        for way in ("submit", "submit:hide"):
            someone = city.citizen(f"{code} {way}")
            await someone.says("bán ma tuý trong quán karaoke mỗi tối")
            shown = promised(await at(someone, code))
            expected = shown if way == "submit" else shown.hide
            assert expected, code
            outcome = await someone.presses(way)
            assert outcome.receipt
            assert await levels(city, outcome.receipt) == expected.readers
            name = locales.render("vi", city.product.reception.conversation.unit_name(expected.owner))
            assert name in said(outcome)
            assert (await city.case_of(outcome.receipt)).unit == expected.owner
            assert not set(expected.readers) & set(expected.excluded)


async def at(someone: Citizen, code: str) -> Outcome:
    """The answer to where it was: a district by its name, a ward by a point on the map and a press."""
    ward = ORG.areas.wards.get(code)
    if ward is None:
        return await someone.says(ORG.area_name(code))
    await someone.hears(Inbound("location", lat=ward.lat, lon=ward.lon))
    return await someone.presses(f"area:{code}")


async def test_the_desk_shows_what_the_summary_promised(a_home: Home) -> None:
    """Whoever may not read it stands there by the same names, and as the reporter's own choice."""
    someone = a_home.citizen()
    await someone.says(TIP)
    shown = promised(await someone.presses("exclude:unknown"))
    row = await a_home.case_of(await receipt_after(someone))
    opened = await a_home.product.review.open(await a_home.session_at(row.unit), row.id)
    view = view_models.case(opened, ORG, lambda key, **values: locales.say("vi", key, **values))
    assert sorted(view.exclusions) == sorted(ORG.unit(code).name for code in shown.excluded)
    assert [*view.readers, *view.asleep] == [ORG.unit(code).name for code in shown.readers]
    assert dict(view.facts)["desk.fact.shut_out"] == locales.say("vi", "accused.unknown")
    assert row.restricted


async def test_a_look_up_names_nobody_until_it_is_asked_for(a_home: Home) -> None:
    """Who looks over a shoulder learns neither who has the case nor who is shut out."""
    someone = a_home.citizen()
    await someone.says(TIP)
    shown = promised(await someone.presses("exclude:area-770"))
    receipt = await receipt_after(someone)
    other = a_home.citizen("another phone")
    looked = await other.says(receipt)
    names = [locales.render("vi", a_home.product.reception.conversation.unit_name(code)) for code in ORG.units]
    assert not [name for name in names if name in said(looked)]
    asked = said(await other.presses("readers"))
    assert "Thanh tra Công an Thành phố (PX05)" in asked
    for code in shown.excluded:
        assert locales.render("vi", a_home.product.reception.conversation.unit_name(code)) in asked


async def test_whoever_is_shut_out_later_gets_nothing_further(a_home: Home) -> None:
    """In an open mailbox: the desk that holds the case is not sealed to again, and the case moves on by itself."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    row = await a_home.case_of(receipt)
    assert row.unit == "area-770"
    opened = await someone.says(receipt)
    assert "exclude" in home.choices(opened)
    await someone.presses("exclude")
    done = await someone.presses("exclude:district_police")
    assert keys(done)[:2] == ["exclude.done", "mailbox.shut_out"]
    await someone.says("thêm: phòng số 6")
    added = [*await a_home.envelopes(row.id, "addition"), *await a_home.envelopes(row.id, "shut_out")]
    grants = await a_home.grants(row.id)
    assert added
    assert not {it.reader for it in grants if it.envelope in {one.id for one in added}} & {"area-770"}
    await a_home.product.escalation.tick()
    assert (await a_home.case_of(receipt)).unit == "duty"


async def test_a_question_about_the_channel_is_answered_in_a_mailbox_too(a_home: Home) -> None:
    """And is no part of the case, unless the person says so."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    await someone.says(receipt)
    answered = await someone.says("mất mã rồi làm sao")
    assert "answer.receipt" in keys(answered)
    row = await a_home.case_of(receipt)
    assert not await a_home.envelopes(row.id, "addition")
    await someone.presses("send_anyway")
    assert len(await a_home.envelopes(row.id, "addition")) == 1


@pytest.mark.parametrize(
    "said", ["mã của em là {} cho em hỏi tới đâu rồi", "Mã tra cứu: {}", "{}, sao lâu vậy", "({})"]
)
async def test_a_receipt_is_found_among_words_and_is_part_of_none(a_home: Home, said: str) -> None:
    """The mailbox opens; the words around it go to the case's readers only if the person says so, and without it."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    shown = await someone.says(said.format(receipt))
    assert keys(shown)[0].startswith("mailbox.state")
    row = await a_home.case_of(receipt)
    assert not await a_home.envelopes(row.id, "addition")
    if "mailbox.not_added" in keys(shown):
        await someone.presses("send_anyway")
        opened = await a_home.product.review.open(await a_home.session("an"), row.id)
        (added,) = [it.content.text for it in opened.thread if it.part == "addition"]
        assert added == " ".join(said.format("").split())


async def test_a_receipt_of_nothing_is_never_part_of_a_tip(a_home: Home) -> None:
    """Nor is it in a message that was changed afterwards."""
    someone = a_home.citizen()
    code = of_seed(bytes(32)).shown
    await someone.says(f"{TIP} mã trước của em {code}")
    await someone.presses("send_anyway")
    await someone.hears(Inbound("text", text="phòng số 6", ref="7"))
    await someone.hears(Inbound("edited", text=f"phòng số 7 {code}", ref=f"7{EDIT}1"))
    receipt = await someone.sends("lầu 2")
    row = await a_home.case_of(receipt)
    tip = (await a_home.product.review.open(await a_home.session("an"), row.id)).tip.text
    assert TIP in tip
    assert "phòng số 7" in tip
    assert code not in tip


async def test_a_question_that_was_answered_looks_answered(a_home: Home) -> None:
    """The person sees their own words once, and later that and when they wrote."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    row = await a_home.case_of(receipt)
    await a_home.product.casework.act(await a_home.session("an"), row.id, "ask", Fields(text="Phòng số mấy?"))
    assert "mailbox.answered" not in keys(await someone.says(receipt))
    assert "phòng số 6" in said(await someone.says("phòng số 6"))
    looked = await someone.says(receipt)
    assert keys(looked).index("mailbox.answered") == keys(looked).index("mailbox.question") + 1


async def test_a_recording_alone_is_a_tip(a_home: Home) -> None:
    """It goes to the desk of the place that is asked for, without whom its sender shuts out; a person listens to it."""
    someone = a_home.citizen()
    asked = await gives(someone, gallery.picture("JPEG"))
    assert "ask.where" in keys(asked)
    await someone.says("phường Võ Thị Sáu quận 3")
    shown = promised(await someone.presses("exclude:ward_police"))
    row = await a_home.case_of(await receipt_after(someone))
    assert row.unit == shown.owner == "px05"
    opened = await a_home.product.review.open(await a_home.session("thanh"), row.id)
    assert len(opened.files) == 1
    assert someone.turns == 4


async def test_a_blank_of_a_template_never_reaches_the_reporter(a_home: Home) -> None:
    """Refused while anything stands in square brackets, however wide, long or empty."""
    receipt = await a_home.citizen().sends(TIP)
    row = await a_home.case_of(receipt)
    officer = await a_home.session("an")
    for blank in (
        "[nêu lý do dễ hiểu]", "[tên cơ quan]", "[…]",
        "[...]", "[ ngày ]", "[2 ngày]", "[nêu\nlý do]", "［ngày］", "[__]",
    ):  # fmt: skip
        with pytest.raises(errors.Refused, match=r"error\.blank"):
            await a_home.product.casework.act(officer, row.id, "answer", Fields(text=f"Chờ {blank}."))
    await a_home.product.casework.act(officer, row.id, "answer", Fields(text="Đoạn “… tối qua” là mấy giờ?"))


async def test_the_receipt_says_who_got_it_and_by_when_it_is_opened_also_when_it_is_shown_again(a_home: Home) -> None:
    """A crash between the tip and its receipt loses none of that."""
    someone = a_home.citizen()
    await someone.says(WARD_POLICE_BRIBED)
    outcome = await a_home.product.reception.turn(someone.sender, Inbound("choose", choice="submit"))
    again = await a_home.product.reception.turn(someone.sender, Inbound("resume"))
    for shown in (outcome, again):
        assert "Thanh tra Công an Thành phố (PX05)" in said(shown)
        assert "Chậm nhất" in said(shown)
    assert shown.receipt == outcome.receipt


def test_every_kind_that_can_be_pressed_is_in_both_organisations() -> None:
    """And routes to somebody, wherever it happened, in each of them."""
    for organisation in (ORG, NEW):
        for code in places(organisation):
            area = AreaFinding(organisation.areas.district_of(code), code if code in organisation.areas.wards else None)
            for kind in organisation.conflicts:
                route = routing.route(organisation, area, "drugs.trade", [Accusation(kind)])
                assert route.owner not in route.excluded
                assert route.owner != units.HELD


@pytest.mark.parametrize("act", ["accept", "claim", "ask", "hand_over"])
async def test_whoever_is_shut_out_after_sending_cannot_keep_the_case_or_pass_it_on(a_home: Home, act: str) -> None:
    """Until the clock takes it from them they only look on; then it is the next clean level's."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    row = await a_home.case_of(receipt)
    officer = await a_home.session("an")
    await someone.says(receipt)
    await someone.presses("exclude:district_police")
    with pytest.raises(errors.Refused, match=r"error\.excluded"):
        await a_home.product.casework.act(officer, row.id, act, Fields(text="Mấy giờ?", unit="area-778"))
    with pytest.raises(errors.NotFound):  # nor are they shown what they still have keys to
        await a_home.product.review.open(officer, row.id)
    await a_home.product.escalation.tick()
    assert (await a_home.case_of(receipt)).unit == "duty"


async def test_shutting_somebody_out_is_no_answer_to_a_question(a_home: Home) -> None:
    """The question still waits, and the desk sees whom the reporter pressed, not an empty message."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    row = await a_home.case_of(receipt)
    await a_home.product.casework.act(await a_home.session("an"), row.id, "ask", Fields(text="Phòng số mấy?"))
    await someone.says(receipt)
    await someone.presses("exclude:ward_police")
    looked = await someone.says(receipt)
    assert "mailbox.answered" not in keys(looked)
    assert "mailbox.answer_please" in keys(looked)
    await a_home.product.escalation.tick()
    moved = await a_home.case_of(receipt)
    opened = await a_home.product.review.open(await a_home.session_at(moved.unit), row.id)
    view = view_models.case(opened, ORG, lambda key, **values: locales.say("vi", key, **values))
    assert [it.part for it in view.thread if it.part == "addition"] == []
    assert "công an phường" in " ".join(it.text for it in view.thread)


async def test_a_wish_in_a_mailbox_is_answered_with_what_it_changed(a_home: Home) -> None:
    """Whom it shuts out, of the place alone; or that words cannot choose another receiver any more."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    await someone.says(receipt)
    assert "mailbox.wanted" in keys(await someone.says("gửi lên viện kiểm sát giùm"))
    changed = await someone.says("đừng gửi cho công an quận nữa")
    assert {"exclude.done", "mailbox.shut_out"} <= {*keys(changed)}
    shown = said(await someone.presses("readers"))
    assert "Quận 3" in shown
    assert "Quận 7" not in shown


async def test_who_still_opens_what_was_sent_before_is_said_until_it_is_sealed_anew(a_home: Home) -> None:
    """No list calls somebody shut out who can read at that moment."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    row = await a_home.case_of(receipt)
    await someone.says(receipt)
    await someone.presses("exclude:area-770")
    now = await someone.presses("readers")
    assert "mailbox.readers.still" in keys(now)
    shut = [locales.render("vi", say) for say in now.replies[0].says if say.key == "summary.excluded"]
    assert not any("khu vực Quận 3" in it for it in shut)
    await a_home.product.escalation.tick()
    await a_home.product.review.open(await a_home.session("truc"), row.id)  # seals it anew
    later = await someone.presses("readers")
    assert "mailbox.readers.still" not in keys(later)


async def test_an_exclusion_after_a_clearing_counts(a_home: Home) -> None:
    """Two offices cleared what was said before; the press came later."""
    someone = a_home.citizen()
    receipt = await someone.sends(WARD_POLICE_BRIBED)
    row = await a_home.case_of(receipt)
    owner = await a_home.session("thanh")
    await a_home.product.casework.act(owner, row.id, "clear", Fields(unit="area-770"))
    a_home.clock.forward(days=3)
    await a_home.product.escalation.tick()
    overseer = await a_home.session("kiem")
    await a_home.product.casework.act(overseer, row.id, "clear", Fields(unit="area-770"))
    assert "area-770" not in (await a_home.product.review.open(overseer, row.id)).excluded
    await someone.says(receipt)
    await someone.presses("exclude:area-770")
    assert "area-770" in (await a_home.product.review.open(overseer, row.id)).excluded


async def test_intake_itself_seals_to_nobody_but_who_was_promised(a_home: Home) -> None:
    """A roster that changed after the last look starts the turn again; nothing is written."""
    draft = Draft(bytes(32), fragments=(Fragment(TIP),))
    triage = a_home.product.triager.triage(TIP)
    intake, readers = a_home.product.reception.intake, ("area-770", "duty", "vks-tp", "held")
    assert {it.reader for it in intake.step(draft, triage, readers).grants} == {*readers}
    for others in (("duty", "vks-tp", "held"), ("area-770", "vks-tp", "held"), ()):
        with pytest.raises(errors.Stale):
            intake.step(draft, triage, others)


async def test_a_place_edited_behind_its_back_keeps_no_reader_in(a_home: Home) -> None:
    """Who writes another district into the row is shut out by a press on the kind all the same."""
    someone = a_home.citizen()
    receipt = await someone.sends(TIP)
    behind(a_home, "UPDATE tip SET area = '778', ward = NULL")
    await someone.says(receipt)
    await someone.presses("exclude:district_police")
    with pytest.raises(errors.NotFound):
        await a_home.product.review.open(await a_home.session("an"), (await a_home.case_of(receipt)).id)
