"""Officers put triage right and link what may be one event; neither ever lets anybody in."""

from dataclasses import replace

import pytest

from tests.fakes.desk import acts, browser, log_in
from tests.fakes.home import Home
from tests.fakes.people import CHI
from tests.fakes.words import DRUGS_IN_ROOM_SIX as TIP
from tests.fakes.words import THE_DESK_IS_BRIBED
from tests.flows.test_desk_search import Unwritable, case_with, searches
from tests.flows.test_insider import signs
from tips import errors
from tips.cases import ledger
from tips.cases.ledger import Kind
from tips.desk import duplicates
from tips.desk.actions import Fields
from tips.people.session import Session
from tips.ports.cases import Change
from tips.triage import Corrections

SAME = "ban ma tuy trong karaoke le van sy q3, phong so 6, dem nao cung co"
OTHER = "Bãi đất trống phường 4 quận 3 có xe tải đổ xà bần mỗi khuya."
COMPLAINT = "Công an phường Võ Thị Sáu quận 3 nhận tiền bảo kê karaoke đường Lê Văn Sỹ bán ma tuý phòng số 6."


async def queue_of(home: Home, name: str) -> tuple[Session, list[bytes]]:
    session = await home.session(name)
    return session, [row.id for row in await home.product.review.queue(session)]


async def test_a_corrected_area_and_category_are_what_counts_from_then_on(a_home: Home) -> None:
    """Columns and page change, the reporter's text does not, and the ledger says that, not to what."""
    await a_home.citizen().sends(TIP)
    officer, (case,) = await queue_of(a_home, "an")
    row = await a_home.product.casework.act(
        officer, case, "correct", Fields(corrections=Corrections("776", "gambling.any"))
    )
    assert (row.area, row.category) == ("776", "gambling.any")
    opened = await a_home.product.review.open(officer, case)
    assert opened.tip.text == TIP
    (corrected,) = [event for event in opened.events if event.kind.value == "corrected"]
    assert not {"776", "gambling.any"} & set(corrected.facts.values())


async def test_an_added_accused_gets_nothing_further_and_the_clock_wakes_the_next(a_home: Home) -> None:
    """The officer's own desk is named: its later pieces are closed to it, and the duty desk reads them."""
    await a_home.citizen().sends(TIP)
    officer, (case,) = await queue_of(a_home, "an")
    row = await a_home.product.casework.act(
        officer, case, "correct", Fields(corrections=Corrections(accused=("area-770",)))
    )
    assert (row.restricted, row.area, row.category) == (True, "city", "restricted")
    await a_home.product.escalation.tick()
    grants = await a_home.grants(case)
    correction = {it.id for it in await a_home.envelopes(case) if it.part == "correction"}
    assert not [it for it in grants if it.envelope in correction and it.reader == "area-770"]
    unit = (await a_home.case(case)).unit
    assert unit != "area-770"
    reader = await a_home.session_at(unit)
    assert "area-770" in (await a_home.product.review.open(reader, case)).excluded


@pytest.mark.parametrize(
    "corrections",
    [Corrections(), Corrections("999"), Corrections(category="no.such"), Corrections(accused=("nobody",))],
)
async def test_an_empty_or_unknown_correction_is_refused(a_home: Home, corrections: Corrections) -> None:
    """Nothing is stored."""
    await a_home.citizen().sends(TIP)
    officer, (case,) = await queue_of(a_home, "an")
    with pytest.raises(errors.Refused):
        await a_home.product.casework.act(officer, case, "correct", Fields(corrections=corrections))
    assert len(await a_home.envelopes(case)) == 1


async def test_two_tips_of_one_event_are_offered_and_linked_not_merged(a_home: Home) -> None:
    """With and without accents; the third tip is not offered; both cases stay what they are."""
    for text in (TIP, SAME, OTHER):
        await a_home.citizen(text).sends(text)
    officer, cases = await queue_of(a_home, "an")
    review, casework, search = a_home.product.review, a_home.product.casework, a_home.product.search
    texts = {(await review.open(officer, case)).tip.text: case for case in cases}
    offered = await search.alike(officer, texts[TIP])
    assert [row.id for row, _ in offered] == [texts[SAME]]
    await casework.act(officer, texts[TIP], "link", Fields(other=texts[SAME]))
    for one, other in ((TIP, SAME), (SAME, TIP)):
        opened = await review.open(officer, texts[one])
        assert [(it.part, it.content.text) for it in opened.thread] == [("link", texts[other].hex())]
        assert opened.tip.text == one
    with pytest.raises(errors.Refused):
        await casework.act(officer, texts[TIP], "link", Fields(other=texts[TIP]))


async def test_comparing_is_on_record_and_leaves_no_sketch_and_no_read_behind(a_home: Home) -> None:
    """One event more, as of a search: who, and with how many cases. What cannot be recorded is not told."""
    for text in (TIP, SAME):
        await a_home.citizen(text).sends(text)
    officer, cases = await queue_of(a_home, "an")
    for case in cases:
        await a_home.product.review.open(officer, case)
    before = await a_home.product.store.ledger.waiting()
    await a_home.product.search.alike(officer, cases[0])
    new = [it for it in await a_home.product.store.ledger.waiting() if it not in before]
    (event,) = map(ledger.parse, new)
    assert (event.kind, event.by, event.case, dict(event.facts)) == (Kind.SEARCHED, "an", b"", {"cases": "1"})
    full = replace(a_home.product.search, ledger=Unwritable(a_home.product.search.ledger))
    with pytest.raises(errors.StoreUnavailable):
        await full.alike(officer, cases[0])


async def test_only_what_somebody_has_read_is_compared(a_home: Home) -> None:
    """Not what a colleague read, or wrote that they read: a tip of one's own probes nothing."""
    await a_home.join(CHI)
    probe, same, other = [await case_with(a_home, text) for text in (TIP, f"{TIP} Tầng hai.", f"{TIP} Tầng ba.")]
    # the bytes by which the store finds what somebody else read
    await signs(a_home, other, Kind.READ, "chi", Change(other), by="an")
    async with browser(a_home) as client, browser(a_home) as colleague:
        await log_in(client, a_home, "an")
        await log_in(colleague, a_home, "chi")
        await colleague.get(f"/desk/case/{same.id.hex()}")
        await client.get(f"/desk/case/{probe.id.hex()}")
        page = await client.get(f"/desk/case/{probe.id.hex()}/alike")
        assert page.status_code == 200
        assert not {it.code for it in (same, other) if it.code in page.text}
        await client.get(f"/desk/case/{same.id.hex()}")
        assert same.code in (await client.get(f"/desk/case/{probe.id.hex()}/alike")).text
    assert sorted(it.facts["cases"] for it in await searches(a_home)) == ["0", "1"]


async def test_who_keeps_away_or_is_shut_out_compares_nothing(a_home: Home) -> None:
    """Neither that case with others, nor others with it, though they read it before."""
    receipt = await a_home.citizen("accuses").sends(TIP)
    accusing = await a_home.case_of(receipt)
    left, other = [await case_with(a_home, f"{TIP} {more}") for more in ("Tầng hai.", "Tầng ba.")]
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for row in (accusing, left, other):
            await client.get(f"/desk/case/{row.id.hex()}")
        page = (await client.get(f"/desk/case/{other.id.hex()}/alike")).text
        assert accusing.code in page
        assert left.code in page
        found = a_home.product.triager.triage(THE_DESK_IS_BRIBED)
        said = await a_home.product.mailboxes.addition(receipt, THE_DESK_IS_BRIBED, found, None)
        await a_home.product.store.cases.apply(said)
        await acts(client, left.id.hex(), "recuse")
        assert (await client.get(f"/desk/case/{accusing.id.hex()}/alike")).status_code == 404
        assert (await client.get(f"/desk/case/{left.id.hex()}/alike")).status_code == 409
        page = (await client.get(f"/desk/case/{other.id.hex()}/alike")).text
        assert accusing.code not in page
        assert left.code not in page


async def test_a_link_that_would_tell_an_excluded_reader_is_refused(a_home: Home) -> None:
    """A unit above holds both; the area desk reads one and is shut out of the other."""
    await a_home.citizen("one").sends(TIP)
    await a_home.citizen("two").sends(COMPLAINT)
    officer, (plain,) = await queue_of(a_home, "an")
    inspector, (restricted,) = await queue_of(a_home, "thanh")
    await a_home.product.casework.act(officer, plain, "hand_over", Fields(unit="px05"))
    both = Session(inspector.name, inspector.unit, inspector.role, inspector.signing, inspector.seeds)
    for case in (plain, restricted):
        await a_home.product.review.open(both, case)
    assert [row.id for row, _ in await a_home.product.search.alike(both, restricted)] == [plain]
    with pytest.raises(errors.Refused):
        await a_home.product.casework.act(both, restricted, "link", Fields(other=plain))


def test_may_link_is_about_readers_on_both_sides() -> None:
    """Either side's exclusion is enough."""
    assert duplicates.may_link(["a"], frozenset(), ["b"], frozenset())
    assert not duplicates.may_link(["a"], frozenset(), ["b"], frozenset({"a"}))
    assert not duplicates.may_link(["a"], frozenset({"b"}), ["b"], frozenset())
