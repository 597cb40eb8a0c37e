"""A case's way to its end: who may do what, what starts each clock, and that nobody ends a case quietly."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import locales
from tests.fakes import desk, gallery
from tests.fakes.home import Citizen, Home, choices, opened
from tests.fakes.people import AN, ANH, BA, BINH, KIEM, KINH, QUAN, THANH, TOAN, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tests.flows.test_evidence import gives, rows_of, text_of
from tips import errors
from tips.cases import deadlines, ledger, lifecycle
from tips.cases.case import OPEN_STATES, Case, QueueFilter, State
from tips.cases.lifecycle import ActionName
from tips.data import read
from tips.desk import actions
from tips.desk.actions import Fields
from tips.desk.actions.step import Step
from tips.organisation import units
from tips.organisation.roles import Role
from tips.people.session import Session

TERMS = units.load().terms
PEOPLE = (AN, ANH, BA, BINH, TRUC_COORDINATES, KIEM, THANH, KINH, QUAN, TOAN)


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, PEOPLE, database_url) as home:
        yield home


async def begun(home: Home, name: str = "an", text: str = TIP) -> tuple[str, Session, Case]:
    """A tip, its receipt, and the officer who has claimed it."""
    code = await home.citizen().sends(text)
    session = await home.session(name)
    (row,) = await home.product.review.queue(session)
    return code, session, await home.product.casework.act(session, row.id, "claim")


async def verifying(home: Home) -> tuple[str, Session, Case]:
    code, session, row = await begun(home)
    await home.product.casework.act(session, row.id, "accept")
    return code, session, await home.product.casework.act(session, row.id, "verify")


async def closed(home: Home) -> tuple[str, Session, Case]:
    code, session, row = await verifying(home)
    await home.product.casework.act(session, row.id, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    return code, session, await home.product.casework.act(session, row.id, "close")


async def shown(citizen: Citizen, code: str) -> str:
    return text_of(await citizen.says(code))


async def test_a_case_goes_from_receipt_to_its_answer_and_closes(office: Home) -> None:
    """Each state has its clock; the result reaches the reporter in words, and the days of keeping with it."""
    code, session, row = await verifying(office)
    assert (row.state, row.clock) == ("verifying", "verification")
    assert row.due_at == deadlines.hour(office.clock()) + timedelta(days=20, hours=1)
    row = await office.product.casework.act(
        session, row.id, "conclude", Fields(result="administrative", text="Đã phạt 20 triệu.")
    )
    assert (row.state, row.clock) == ("concluded", "answer")
    row = await office.product.casework.act(session, row.id, "close")
    assert (row.state, row.clock) == ("closed", deadlines.RETENTION)
    answer = await shown(office.citizen("again"), code)
    assert "result.administrative" in answer
    assert "Đã phạt 20 triệu." in answer
    assert "mailbox.closing" in answer


async def test_a_question_does_not_stop_the_clock_of_the_law(office: Home) -> None:
    """Before acceptance it waits for the reporter; from then on the 20 days run on."""
    _, session, row = await begun(office)
    assert (await office.product.casework.act(session, row.id, "ask", Fields(text="Ở đâu?"))).state == "needs_info"
    _ = await office.product.casework.act(session, row.id, "accept")
    running = await office.product.casework.act(session, row.id, "verify")
    asked = await office.product.casework.act(session, row.id, "ask", Fields(text="Mấy giờ?"))
    assert (asked.state, asked.due_at) == ("verifying", running.due_at)


async def test_a_suspension_stops_the_clock_and_gives_back_what_was_left(office: Home) -> None:
    """Ten of twenty days are left after half a year of waiting; only the head may do it, with a reason."""
    _, session, row = await verifying(office)
    head = await office.session("ba")
    with pytest.raises(errors.Refused, match="role"):
        await office.product.casework.act(session, row.id, "suspend", Fields(text="chờ giám định"))
    with pytest.raises(errors.Refused, match="empty"):
        await office.product.casework.act(head, row.id, "suspend", Fields(text=" "))
    office.clock.forward(days=10)
    stopped = await office.product.casework.act(head, row.id, "suspend", Fields(text="chờ giám định"))
    assert (stopped.state, stopped.due_at) == ("suspended", None)
    office.clock.forward(days=180)
    assert await office.product.escalation.tick() == 0
    again = await office.product.casework.act(head, row.id, "resume")
    assert again.due_at
    assert again.due_at - office.clock() == pytest.approx(timedelta(days=10), abs=timedelta(hours=2))


async def test_a_verification_is_extended_twice_and_the_second_time_by_the_procuracy(office: Home) -> None:
    """By the head, then by an overseer who has the case; a third time by nobody."""
    _, _, row = await verifying(office)
    head, overseer = await office.session("ba"), await office.session("kiem")
    first = await office.product.casework.act(head, row.id, "extend", Fields(text="nhiều nơi"))
    assert row.due_at
    assert first.due_at == row.due_at + timedelta(days=60)
    with pytest.raises(errors.Refused, match="extension"):
        await office.product.casework.act(head, row.id, "extend", Fields(text="vẫn nhiều nơi"))
    await office.product.casework.act(head, row.id, "consult", Fields(unit="vks-tp"))
    second = await office.product.casework.act(overseer, row.id, "extend", Fields(text="phức tạp"))
    assert second.due_at == row.due_at + timedelta(days=120)
    with pytest.raises(errors.Refused, match="extension"):
        await office.product.casework.act(overseer, row.id, "extend", Fields(text="lần ba"))


async def test_a_case_that_is_sent_back_twice_climbs_by_itself(office: Home) -> None:
    """Two desks that pass it to and fro lose it upward."""
    _, session, row = await begun(office)
    other = await office.session("kinh")
    for number in (1, 2):
        await office.product.casework.act(session, row.id, "hand_over", Fields(unit="pc03"))
        back = await office.product.casework.act(other, row.id, "bounce", Fields(text="không thuộc phòng này"))
        assert back.unit == "area-770"
        assert (back.clock == deadlines.WAKE) == (number == 2)
    assert await office.product.escalation.tick() == 1
    assert (await office.case(row.id)).unit == "duty"


async def test_nobody_accepts_in_time_and_the_case_goes_up(office: Home) -> None:
    """A hand-over that the receiving unit neither accepts nor sends back climbs after 24 hours."""
    _, session, row = await begun(office)
    await office.product.casework.act(session, row.id, "hand_over", Fields(unit="pc03"))
    office.clock.forward(hours=26)
    assert await office.product.escalation.tick() == 1
    assert (await office.case(row.id)).unit == "duty"


async def test_a_complaint_about_police_closes_only_with_somebody_from_outside(office: Home) -> None:
    """The unit's own people cannot endorse; the overseer that was asked can, and then it closes."""
    _, session, row = await begun(office, "thanh", COMPLAINT)
    casework = office.product.casework
    await casework.act(session, row.id, "accept")
    await casework.act(session, row.id, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    with pytest.raises(errors.Refused, match="second_person"):
        await casework.act(session, row.id, "close")
    with pytest.raises(errors.Refused, match="second_person"):
        await casework.act(replace(session, role=Role.HEAD), row.id, "endorse")
    overseer = await office.session("kiem")
    with pytest.raises(errors.NotFound):
        await casework.act(overseer, row.id, "endorse")
    await casework.act(session, row.id, "consult", Fields(unit="vks-tp"))
    (seen,) = await office.product.review.consulted(overseer)
    assert seen.id == row.id
    await casework.act(overseer, row.id, "endorse")
    with pytest.raises(errors.Refused, match="not_yours"):
        await casework.act(overseer, row.id, "close")
    assert (await casework.act(session, row.id, "close")).state == "closed"


async def test_an_endorsement_counts_for_its_conclusion_only(office: Home) -> None:
    """Another conclusion needs another one."""
    _, session, row = await begun(office, "thanh", COMPLAINT)
    casework, overseer = office.product.casework, await office.session("kiem")
    await casework.act(session, row.id, "consult", Fields(unit="vks-tp"))
    await casework.act(session, row.id, "accept")
    await casework.act(session, row.id, "conclude", Fields(result="administrative", text="Đã khiển trách."))
    await casework.act(overseer, row.id, "endorse")
    await casework.act(session, row.id, "verify")
    await casework.act(session, row.id, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    with pytest.raises(errors.Refused, match="second_person"):
        await casework.act(session, row.id, "close")


async def test_an_overseer_who_reads_along_still_gets_the_late_case(office: Home) -> None:
    """Being asked early does not take the last step of the way up."""
    _, session, row = await begun(office)
    await office.product.casework.act(session, row.id, "consult", Fields(unit="vks-tp"))
    for unit in ("duty", "vks-tp"):
        office.clock.forward(days=5)
        assert await office.product.escalation.tick() == 1
        assert (await office.case(row.id)).unit == unit


async def test_an_accused_overseer_is_never_asked(office: Home) -> None:
    """Exclusions hold against being asked, too."""
    words = "Kiểm sát viên Viện kiểm sát nhân dân thành phố nhận tiền chạy án vụ đánh bạc quận 3, tôi thấy tối qua."
    await office.join(("coi", "vks-tc", "officer"))
    _, session, row = await begun(office, "coi", words)
    with pytest.raises(errors.Refused, match="excluded"):
        await office.product.casework.act(session, row.id, "consult", Fields(unit="vks-tp"))


async def test_who_keeps_away_opens_nothing_and_no_reason_is_kept(office: Home) -> None:
    """By oneself, or by the head; colleagues go on; the case has no officer then."""
    _, session, row = await begun(office)
    casework, review = office.product.casework, office.product.review
    assert (await casework.act(session, row.id, "recuse")).officer is None
    for act in (
        review.open(session, row.id),
        casework.act(session, row.id, "claim"),
        casework.act(session, row.id, "note", Fields(text="x")),
    ):
        with pytest.raises(errors.Refused, match="recused"):
            await act
    colleague, head = await office.session("anh"), await office.session("ba")
    with pytest.raises(errors.Refused, match="role"):
        await casework.act(colleague, row.id, "recuse", Fields(who="ba"))
    with pytest.raises(errors.Refused, match="role"):
        await casework.act(head, row.id, "recuse", Fields(who="binh"))
    await review.open(colleague, row.id)
    await casework.act(head, row.id, "recuse", Fields(who="anh"))
    with pytest.raises(errors.Refused, match="recused"):
        await review.open(colleague, row.id)
    reads = [it for it in (await review.open(head, row.id)).events if it.kind is ledger.Kind.READ]
    assert [it.by for it in reads] == ["anh", "ba"]


async def test_a_disputed_closing_goes_once_to_an_overseer_and_another_officer(office: Home) -> None:
    """It skips the levels between; whoever closed it cannot take it again; a second dispute is refused."""
    code, session, row = await closed(office)
    citizen = office.citizen("again")
    await citizen.says(code)
    assert "mailbox.dispute" in text_of(await citizen.presses("dispute"))
    assert "mailbox.disputed" in text_of(await citizen.says("quán vẫn bán, tối qua tôi thấy"))
    assert await office.product.escalation.tick() == 1
    moved = await office.case(row.id)
    assert (moved.unit, moved.state) == ("vks-tp", "received")
    overseer = await office.session("kiem")
    seen = await office.product.review.open(overseer, row.id)
    assert [it.part for it in seen.thread][-1] == "dispute"
    back = await office.product.casework.act(overseer, row.id, "hand_over", Fields(unit="area-770"))
    with pytest.raises(errors.Refused, match="disputed"):
        await office.product.casework.act(session, back.id, "claim")
    colleague = await office.session("anh")
    await office.product.casework.act(colleague, row.id, "claim")
    await office.product.casework.act(colleague, row.id, "accept")
    await office.product.casework.act(colleague, row.id, "conclude", Fields(result="administrative", text="Đã phạt."))
    await office.product.casework.act(colleague, row.id, "close")
    outcome = await citizen.says(code)
    assert "dispute" not in choices(outcome)


async def test_words_into_a_closed_case_are_answered_and_not_lost_silently(office: Home) -> None:
    """The person is told that it is closed and how to have it reviewed."""
    code, _, _ = await closed(office)
    citizen = office.citizen("again")
    assert "mailbox.closing" in await shown(citizen, code)
    assert "mailbox.closed" in text_of(await citizen.says("còn chuyện này nữa"))


# --- the end of retention ---------------------------------------------------------------------------------------------


async def test_a_closed_case_is_shredded_when_its_time_is_over_and_its_reporter_told(office: Home) -> None:
    """Keys, texts and files go; row, count and chain stay, and the audit holds."""
    citizen = office.citizen()
    await citizen.says(TIP)
    await gives(citizen, gallery.picture("JPEG"))
    code = (await citizen.presses("submit")).receipt or ""
    session = await office.session("an")
    (row,) = await office.product.review.queue(session)
    casework = office.product.casework
    await casework.act(session, row.id, "accept")
    await casework.act(session, row.id, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
    await casework.act(session, row.id, "close")
    office.clock.forward(days=90)
    assert await office.product.retention.tick() == 0
    assert rows_of(office, "blob") > 0
    office.clock.forward(hours=2)
    assert await office.product.retention.tick() == 1
    for table in ("envelope", "reading_grant", "blob"):
        assert rows_of(office, table) == 0
    assert (await office.product.audit()).sound
    assert len(await office.cases()) == 1
    with pytest.raises(errors.NotFound):
        await office.product.review.open(session, row.id)
    answer = await shown(office.citizen("again"), code)
    gone = deadlines.backups_gone(office.clock()).astimezone(deadlines.CITY)
    assert "mailbox.shredded" in answer
    assert gone.strftime("%d/%m/%Y") in answer
    assert await office.product.retention.tick() == 0


async def test_an_open_case_is_never_shredded_however_late(office: Home) -> None:
    """Ten years overdue it has climbed, and is all there."""
    _, _, row = await begun(office)
    for _ in range(4):
        office.clock.forward(days=900)
        await office.product.escalation.tick()
        assert await office.product.retention.tick() == 0
    with pytest.raises(errors.Refused):
        bundle = await office.product.store.cases.bundle(row.id, None)
        office.product.retention.change(bundle, bundle.checked(office.product.roster()))
    assert rows_of(office, "envelope") == 1


async def test_a_dispute_stops_the_shredding(office: Home) -> None:
    """On the last day the reporter disagrees: nothing is destroyed."""
    code, _, _ = await closed(office)
    office.clock.forward(days=89)
    citizen = office.citizen("again")
    await citizen.says(code)
    await citizen.presses("dispute")
    await citizen.says("tôi không đồng ý")
    office.clock.forward(days=30)
    assert await office.product.retention.tick() == 0


async def test_a_closed_case_does_not_climb(office: Home) -> None:
    """Its clock is the retention's, which is nobody's lateness."""
    _, _, row = await closed(office)
    office.clock.forward(days=200)
    assert await office.product.escalation.tick() == 0
    assert (await office.case(row.id)).unit == "area-770"


def test_corruption_is_kept_longer_as_the_table_says() -> None:
    """Per category group; 90 days where nothing else is said."""
    now = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)
    spans = {group: deadlines.retention(TERMS, group, now).due_at for group in ("drugs", "corruption", "restricted")}
    assert spans["drugs"] == deadlines.hour(now) + timedelta(days=90, hours=1)
    assert spans["corruption"] == spans["restricted"] == deadlines.hour(now) + timedelta(days=180, hours=1)


# --- the table -------------------------------------------------------------


def test_the_table_is_whole() -> None:
    """Each state has a clock or says that none runs; acts start and end in states; lengths have sources."""
    rules = read("deadlines_and_hours.json")
    assert set(rules["deadlines"]) == set(State)
    for name, action in lifecycle.actions().items():
        assert action.states, name
        assert action.roles, name
        assert not {Role.ADMIN, Role.AUDITOR} & action.roles, name
    lengths = [*filter(None, rules["deadlines"].values()), rules["retention"], rules["extension"], rules["bounces"]]
    for rule in lengths:
        assert "BLTTHS" in rule["source"] or "TTLT" in rule["source"] or "policy" in rule["source"]


@pytest.mark.parametrize("role", Role)
async def test_every_role_is_held_to_the_table_on_every_act(office: Home, role: Role) -> None:
    """Each act from each state: allowed acts are offered and none else gets through."""
    _, session, row = await begun(office)
    product, acting = office.product, replace(session, role=role)
    fields = Fields(text="x", unit="vks-tp", who="anh", result="unfounded", other=row.id)
    states = set(State) - {State.CLOSED, State.HELD}
    for state in sorted(states, key=lambda it: (it is State.SUSPENDED, it)):  # which follows verifying alone
        opened = await product.review.open(session, row.id)
        moved = replace(opened.case, state=state, officer=None)
        await product.review.writer.store(session, opened, Step(ledger.Kind.MOVED, moved, {"to": state}))
        for name in actions.TABLE:
            as_it_stands = await office.case(row.id)
            if name not in lifecycle.open_to(as_it_stands, role):
                with pytest.raises(errors.Refused, match=r"role|move"):
                    await product.casework.act(acting, row.id, name, fields)
                assert await office.case(row.id) == as_it_stands


def test_both_halves_of_the_table_name_the_same_actions() -> None:
    """What the data allows is what the desk can do, and the other way round."""
    assert set(lifecycle.actions()) == set(actions.TABLE) == set(ActionName)


# --- across Tết -------------------------------------------------------------


def test_working_days_pass_over_tet() -> None:
    """Three working days from the Thursday before Tết 2027 end after the holidays (BLTTHS art. 146(4))."""
    before = datetime(2027, 2, 4, 2, tzinfo=UTC)  # Thursday; Tết is on Saturday, 6 February 2027
    due = deadlines.start(TERMS, "accepted", "P2", before).due_at
    assert due is not None
    assert due.astimezone(deadlines.CITY).date() >= datetime(2027, 2, 15, tzinfo=UTC).date()


def test_twenty_days_are_calendar_days() -> None:
    """The law counts days there, not working days (art. 147(1))."""
    before = datetime(2027, 2, 4, 2, tzinfo=UTC)
    assert deadlines.start(TERMS, "verifying", "P2", before).due_at == before + timedelta(days=20, hours=1)


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_clock_names_its_article_or_says_that_it_is_policy(lang: str) -> None:
    """In the data that rules, and in the words that the desk shows beside a deadline."""
    rules = [rule for state in State if (rule := TERMS.deadline(state))]
    for rule in (*rules, TERMS.retention()):
        assert re.search(r"BLTTHS|TTLT|policy", rule["source"])
        said = locales.say(lang, f"clock.{rule['clock']}")
        assert re.search(r"BLTTHS|Criminal Procedure Code|01/2017|quy ước|policy|内部规定", said), said
    for name in (deadlines.WAKE, deadlines.DISPUTE):
        assert locales.say(lang, f"clock.{name}") != f"clock.{name}"


# --- who has it -----------------------------------------------------------------------------------------------------


async def seen_everywhere(home: Home, row: Case, name: str) -> dict[str, Any]:
    """What queue, counts and row say of who has a case."""
    session = await home.session(name)
    review, statistics = home.product.review, home.product.store.statistics
    mine = await review.queue(session, QueueFilter(OPEN_STATES, officer=name))
    return {
        "officer": (await home.case(row.id)).officer,
        "queue": [it.id for it in mine],
        "counted": (await statistics.workload([row.unit], name, home.clock())).mine,
    }


async def test_an_officer_hands_a_case_back_and_its_clock_runs_on(office: Home) -> None:
    """Nobody has it then, in the queue and in the counts; colleagues are told, it is on record, and no time is won."""
    _, session, row = await begun(office)
    assert await seen_everywhere(office, row, "an") == {"officer": "an", "queue": [row.id], "counted": 1}
    office.clock.forward(hours=3)
    back = await office.product.casework.act(session, row.id, "hand_back")
    assert (back.state, back.clock, back.due_at) == (row.state, row.clock, row.due_at)
    assert await seen_everywhere(office, row, "an") == {"officer": None, "queue": [], "counted": 0}
    pings = await office.pings()
    assert [(it.unit, it.spared) for it in pings if it.kind == "returned"] == [("area-770", ("an",))]
    with pytest.raises(errors.Refused, match="not_holding"):
        await office.product.casework.act(session, row.id, "hand_back")
    colleague = await office.session("anh")
    again = await office.product.casework.act(colleague, row.id, "claim")
    assert again.due_at == row.due_at
    kinds = [(it.kind, it.by) for it in (await office.product.review.open(colleague, row.id)).events]
    assert kinds[-4:-1] == [
        (ledger.Kind.CLAIMED, "an"), (ledger.Kind.HANDED_BACK, "an"), (ledger.Kind.CLAIMED, "anh")
    ]  # fmt: skip
    assert (await office.product.audit()).sound


async def test_what_was_handed_back_is_reminded_of_and_climbs_like_any_other(office: Home) -> None:
    """An urgent case that nobody has is said to be so each hour, and goes up when its time is over."""
    _, session, row = await begun(office)
    await office.product.review.open(session, row.id)
    await office.product.casework.act(session, row.id, "hand_back")
    office.clock.forward(hours=1)
    await office.product.reminders.tick()
    pings = await office.pings()
    assert [(it.unit, it.spared) for it in pings if it.kind == "unattended"] == [("area-770", ("an",))]
    office.clock.forward(days=2)
    assert await office.product.escalation.tick() == 1
    assert (await office.case(row.id)).unit == "duty"


async def test_a_head_gives_a_case_to_a_named_colleague(office: Home) -> None:
    """From nobody or from another officer; the one is told and nobody else, and the clocks are those of a claim."""
    await office.citizen().sends(TIP)
    head, casework = await office.session("ba"), office.product.casework
    (row,) = await office.product.review.queue(head)
    given = await casework.act(head, row.id, "assign", Fields(who="an"))
    assert (given.officer, given.state) == ("an", "screening")
    assert given.due_at == deadlines.start(TERMS, "screening", row.urgency, office.clock()).due_at
    office.clock.forward(hours=2)
    moved = await casework.act(head, row.id, "assign", Fields(who="anh"))
    assert (moved.officer, moved.due_at) == ("anh", given.due_at)
    assert await seen_everywhere(office, row, "anh") == {"officer": "anh", "queue": [row.id], "counted": 1}
    assert await seen_everywhere(office, row, "an") == {"officer": "anh", "queue": [], "counted": 0}
    pings = await office.pings()
    spared = [it.spared for it in pings if it.kind == "assigned"]
    assert sorted(spared) == sorted([("anh", "ba"), ("an", "ba")])
    with pytest.raises(errors.Refused, match="claimed"):
        await office.product.casework.act(await office.session("an"), row.id, "claim")
    facts = [dict(it.facts) for it in (await office.product.review.open(head, row.id)).events if "was" in it.facts]
    assert [(it["was"], it["who"]) for it in facts] == [("", "an"), ("an", "anh")]


async def test_a_case_is_given_to_nobody_who_may_not_have_it(office: Home) -> None:
    """Not to another unit's people, to who keeps away, or to who has it; and not by an officer."""
    _, session, row = await begun(office)
    head, casework = await office.session("ba"), office.product.casework
    for name in ("binh", "quan", "nobody", "an", ""):
        with pytest.raises(errors.Refused, match=r"error\.assign"):
            await casework.act(head, row.id, "assign", Fields(who=name))
    with pytest.raises(errors.Refused, match="role"):
        await casework.act(session, row.id, "assign", Fields(who="anh"))
    await office.product.casework.act(head, row.id, "recuse", Fields(who="anh"))
    with pytest.raises(errors.Refused, match=r"error\.assign"):
        await casework.act(head, row.id, "assign", Fields(who="anh"))
    overseer = await office.session("kiem")
    await office.product.casework.act(head, row.id, "consult", Fields(unit="vks-tp"))
    with pytest.raises(errors.Refused, match="not_yours"):
        await casework.act(overseer, row.id, "assign", Fields(who="kiem"))
    with pytest.raises(errors.Refused, match="not_yours"):
        await office.product.casework.act(overseer, row.id, "claim")


async def test_who_closed_a_disputed_case_is_not_given_it_again(office: Home) -> None:
    """By the head either."""
    code, _, row = await closed(office)
    citizen = office.citizen("again")
    await citizen.says(code)
    await citizen.presses("dispute")
    await citizen.says("quán vẫn bán, tối qua tôi thấy")
    await office.product.escalation.tick()
    await office.product.casework.act(await office.session("kiem"), row.id, "hand_over", Fields(unit="area-770"))
    with pytest.raises(errors.Refused, match=r"error\.assign"):
        await office.product.casework.act(await office.session("ba"), row.id, "assign", Fields(who="an"))


async def test_the_cases_of_an_officer_who_left_are_in_the_queue_again(office: Home) -> None:
    """With their clocks going on, signed by the clock and naming whose they were; colleagues keep theirs."""
    _, _, row = await begun(office)
    await office.citizen("second").sends(TIP)
    colleague = await office.session("anh")
    other = next(it for it in await office.product.review.queue(colleague) if it.id != row.id)
    await office.product.casework.act(colleague, other.id, "claim")
    here = office.product
    await here.roster.put_into_force(office.signed(here.registrar().leave("an")))
    await here.jobs.tick(next(it for it in here.jobs if it.name == "free"))
    freed, kept = [await office.case(it.id) for it in (row, other)]
    assert (freed.officer, freed.state, freed.due_at) == (None, row.state, row.due_at)
    assert kept.officer == "anh"
    assert (await here.casework.act(colleague, row.id, "claim")).officer == "anh"
    event = next(it for it in (await here.review.open(colleague, row.id)).events if "who" in it.facts)
    assert (event.kind, event.by, event.facts["who"]) == (ledger.Kind.HANDED_BACK, "clock", "an")
    assert (await here.audit()).sound
    assert await here.departures.tick() == 0


async def test_a_case_passes_from_hand_to_hand_at_the_desk(office: Home) -> None:
    """The officer's button, the head's list without who cannot have it, and both in the case's history."""
    _, _, row = await begun(office)
    id_ = row.id.hex()
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "an")
        page = (await client.get(f"/desk/case/{id_}")).text
        assert f"/desk/case/{id_}/hand_back" in page
        assert f"/desk/case/{id_}/assign" not in page
        page = (await desk.acts(client, id_, "hand_back")).text
        assert "trả về hàng đợi · an" in page.replace("</span>", "")
        assert f"/desk/case/{id_}/claim" in page
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "ba")
        page = (await client.get(f"/desk/case/{id_}")).text
        offered = re.search(r'<select id="assign" name="who">(.*?)</select>', page)
        assert offered
        assert re.findall(r'value="(\w+)"', offered.group(1)) == ["an", "anh", "ba"]
        page = (await desk.acts(client, id_, "assign", who="anh")).text
        assert "giao cho cán bộ · ba → anh" in page
        refused = await desk.acts(client, id_, "assign", who="binh")
        assert refused.status_code == 409
        assert "Không giao được" in refused.text
