"""What is counted of the work on cases: each step once, by the unit that had it; of a case that accuses, nothing."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.commands import ledger as commands
from bot.wiring import CHANNELS
from handlers import telegram, terminal, webchat
from handlers.zalo import bot_platform, official_account
from storage import mapping
from tests.fakes import two
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BA, BINH, KIEM, KINH, QUAN, THANH, TRUC
from tests.fakes.words import DRUGS, WARD_POLICE_BRIBED_SEEN
from tips import errors
from tips.cases import ledger
from tips.desk.actions import Fields
from tips.intake.turns import Inbound
from tips.people.session import Session
from tips.ports.desk import MilestoneRow, Tally
from tips.statistics import recount

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
Done = Counter[tuple[str, str, str, str]]


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BA, BINH, TRUC, KIEM, THANH, KINH, QUAN), database_url) as home:
        yield home


async def done(home: Home) -> Done:
    """What was counted: kind, unit, detail, class of time."""
    rows = await home.product.store.statistics.milestones(SINCE, UNTIL)
    assert await by_events(home) == Counter({replace(it, detail=_ended(it), count=1): it.count for it in rows})
    assert {it.urgency for it in rows} <= {"P2", "P1"}
    return Counter({(it.kind, it.unit, it.detail, it.took): it.count for it in rows})


def _ended(it: MilestoneRow) -> str:
    """How a case ended no event says."""
    return recount.ANY_RESULT if it.kind == "closed" else it.detail


async def by_events(home: Home) -> Counter[MilestoneRow]:
    """The same, by the chains of all cases alone."""
    found: Counter[MilestoneRow] = Counter()
    for case in await home.product.store.ledger.heads():
        bundle = await home.product.store.cases.bundle(case.id, None)
        found.update(row for _, row in recount.of_case(bundle.checked(home.product.roster())))
    return found


async def tip(home: Home, text: str = DRUGS) -> tuple[str, bytes]:
    code = await home.citizen().sends(text)
    return code, (await home.case_of(code)).id


async def acts(home: Home, session: Session, case: bytes, *steps: str, **fields: str) -> None:
    for it in steps:
        await home.product.casework.act(session, case, it, Fields(**fields))  # type: ignore[arg-type]


def test_the_tables_of_channels_know_every_channel() -> None:
    """One that they did not know would have a cell from its first conversation on only."""
    assert {webchat.CHANNEL, telegram.CHANNEL, bot_platform.CHANNEL, official_account.CHANNEL, terminal.CHANNEL} == set(
        CHANNELS
    )


async def test_each_step_of_a_case_is_counted_once_with_how_long_after_the_tip_it_came(office: Home) -> None:
    """And how each deadline ended; to read, ask or accept again is nothing new."""
    _, case = await tip(office)
    an = await office.session("an")
    office.clock.forward(hours=1)
    for _ in range(2):
        await office.product.review.open(an, case)
    assert await done(office) == {("read", "area-770", "", "4h"): 1}
    await acts(office, an, case, "claim")
    office.clock.forward(hours=10)
    await acts(office, an, case, "ask", text="Quán mở lúc nào?")
    await acts(office, an, case, "answer", text="Cảm ơn anh/chị.")
    office.clock.forward(days=2)
    await acts(office, an, case, "accept", "verify")
    office.clock.forward(days=6)
    await acts(office, an, case, "conclude", result="administrative", text="Đã xử phạt.")
    await acts(office, an, case, "verify")
    await acts(office, an, case, "conclude", result="unfounded", text="Chưa thấy cơ sở.")
    await acts(office, an, case, "close")
    assert await done(office) == {
        ("read", "area-770", "", "4h"): 1,
        ("answered", "area-770", "", "24h"): 1,
        ("accepted", "area-770", "", "3d"): 1,
        ("closed", "area-770", "unfounded", "30d"): 1,
        ("met", "area-770", "screening", ""): 2,  # until it was claimed, and until the question
        ("met", "area-770", "notice", ""): 1,
        ("met", "area-770", "verification", ""): 2,
        ("met", "area-770", "answer", ""): 2,
    }


async def test_what_is_late_counts_for_the_unit_that_had_it_whether_it_climbed_or_was_done_all_the_same(
    office: Home,
) -> None:
    """A case that climbed and is taken anew is no further first reading by others."""
    _, case = await tip(office)
    office.clock.forward(days=3)
    an = await office.session("an")
    await acts(office, an, case, "claim")
    assert (await done(office))["late", "area-770", "screening", ""] == 1
    await acts(office, an, case, "accept")
    office.clock.forward(days=6)
    assert await office.product.escalation.tick() == 1
    truc = await office.session("truc")
    await office.product.review.open(truc, case)
    await acts(office, truc, case, "claim", "accept")
    assert await done(office) == {
        ("late", "area-770", "screening", ""): 1,
        ("met", "area-770", "screening", ""): 1,
        ("accepted", "area-770", "", "3d"): 1,
        ("climbed", "area-770", "notice", ""): 1,
        ("read", "duty", "", "30d"): 1,
        ("met", "duty", "screening", ""): 2,
    }


async def test_where_nobody_is_left_above_a_deadline_is_late_once(office: Home) -> None:
    """The clock stops; nothing is counted again however long it lies there."""
    await tip(office)
    for _ in range(8):
        office.clock.forward(days=9)
        await office.product.escalation.tick()
    counted = await done(office)
    assert {it[0] for it in counted} == {"climbed", "late"}
    assert sum(count for it, count in counted.items() if it[0] == "late") == 1


async def test_what_is_sent_back_and_what_is_disputed_counts_for_who_had_it(office: Home) -> None:
    code, case = await tip(office)
    an, binh = await office.session("an"), await office.session("binh")
    await acts(office, an, case, "claim")
    await acts(office, an, case, "hand_over", unit="area-778")
    await acts(office, binh, case, "bounce", text="Không thuộc địa bàn.")
    await acts(office, an, case, "accept", "conclude", text="Xong.", result="unfounded")
    await acts(office, an, case, "close")
    await office.product.store.cases.apply(
        await office.product.mailboxes.dispute(code, "Chưa đúng.", office.product.triager.triage("Chưa đúng."))
    )
    counted = await done(office)
    assert counted["bounced", "area-778", "", ""] == counted["disputed", "area-770", "", ""] == 1
    assert counted["met", "area-778", "acceptance", ""] == counted["met", "area-770", "acceptance", ""] == 1


async def test_of_a_case_that_accuses_somebody_in_office_nothing_is_counted_whatever_is_done(office: Home) -> None:
    """Else who knows how many there were of the others could subtract; nor once it came to accuse somebody."""
    code, case = await tip(office, WARD_POLICE_BRIBED_SEEN)
    row = await office.case(case)
    assert row.restricted
    owner = await office.session_at(row.unit)
    await office.product.review.open(owner, case)
    await acts(office, owner, case, "claim", "ask", text="Lúc nào?")
    await acts(office, owner, case, "accept", "verify")
    office.clock.forward(days=90)
    await office.product.escalation.tick()
    assert await done(office) == {}
    code, case = await tip(office)
    words = WARD_POLICE_BRIBED_SEEN
    added = await office.product.mailboxes.addition(code, words, office.product.triager.triage(words), None)
    await office.product.store.cases.apply(added)
    assert (await office.case(case)).restricted
    office.clock.forward(days=90)
    await office.product.escalation.tick()
    assert await done(office) == {}


async def test_a_tip_itself_writes_no_milestone(office: Home) -> None:
    await tip(office)
    assert await done(office) == {}


@pytest.mark.skipif(two.ON, reason="each process counts by itself until the hour ends")
async def test_conversations_are_counted_where_they_begin_and_apart_from_tips(a_home: Home) -> None:
    """By channel and language, once each; and what was set aside. Until their hour ends they wait in memory."""
    one, other = a_home.citizen("one", "web"), a_home.citizen("other", "telegram")
    await one.sends(DRUGS)
    await one.says("ban ma tuy o quan 7")
    for _ in range(2):
        await other.hears(Inbound("text", text="hello, good morning", ref="7"))
    kept = a_home.product.store.statistics
    assert await kept.tallies() == []
    await a_home.product.reception.tallies.keep()
    assert await kept.tallies() == [
        Tally("2026-11", "aside", "all", 1),
        Tally("2026-11", "channel", "telegram", 1),
        Tally("2026-11", "channel", "web", 1),
        Tally("2026-11", "language", "en", 1),
        Tally("2026-11", "language", "vi", 1),
    ]


async def audits(home: Home, period: str, name: str) -> int:
    """`tinbao ledger audit` in somebody's name."""
    with home.types(name):
        return await commands.audit(home.settings, period, name)


async def test_an_auditor_who_opens_no_case_reckons_the_published_figures_once_more(
    office: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """What they did is on record in their name; whose task it is not is told so."""
    await office.join(("soat", "ttra-tp", "auditor"))
    an = await office.session("an")
    for number in range(6):
        _, case = await tip(office, f"{DRUGS} Số nhà {number}.")
        await acts(office, an, case, "claim", "accept")
    office.clock.forward(days=40)
    await office.product.closing.tick()
    assert await audits(office, "2026-11", "soat") == 0
    assert "as the events say" in capsys.readouterr().out
    (audit,) = await office.recorded(ledger.Kind.AUDITED)
    assert (audit.by, audit.facts) == ("soat", {"period": "2026-11", "problems": "0"})
    with pytest.raises(errors.Refused):
        await audits(office, "2026-11", "an")
    with pytest.raises(errors.NotFound):
        await audits(office, "2026-10", "soat")


async def test_counts_that_a_hand_added_before_the_closing_are_named(
    office: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """No event tells of them."""
    await office.join(("soat", "ttra-tp", "auditor"))
    an = await office.session("an")
    _, case = await tip(office)
    await acts(office, an, case, "claim", "accept")
    of_a_hand = {"at": office.clock(), "kind": "met", "unit": "area-770", "urgency": "P2", "detail": "notice"}
    async with office.product.store.cases._database.write() as connection:  # type: ignore[attr-defined]
        rows = [{**of_a_hand, "took": "", "id": bytes([at]) * 16} for at in range(9)]
        await connection.execute(mapping.table("milestone").insert(), rows)
    office.clock.forward(days=40)
    await office.product.closing.tick()
    assert await audits(office, "2026-11", "soat") == 1
    said = capsys.readouterr().out
    assert "NOT as the events say" in said and "deadline" in said
