"""The table of actions: each opens its case once, whatever it does, and the page offers what would not be refused."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import desk
from tests.fakes.home import Home, opened
from tips import errors
from tips.cases.case import Case
from tips.cases.lifecycle import ActionName
from tips.desk import actions
from tips.desk.actions import Action, Fields, Situation
from tips.ports.cases import Cases
from tips.triage import Corrections

TIP = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý, mỗi đêm chừng 10 giờ."
PEOPLE = (
    ("an", "area-770", "officer"),
    ("ba", "area-770", "head"),
    ("kinh", "pc03", "officer"),
    ("kiem", "vks-tp", "overseer"),
    ("truc", "duty", "coordinator"),
    ("tra", "ttra-tp", "overseer"),
    ("tuy", "pc04", "officer"),
)
ACCUSED = Corrections(accused=("duty",))
LIFE = (  # every action, in an order in which each is allowed: who does it, and what they fill in
    ("an", ActionName.CLAIM, Fields()),
    ("an", ActionName.ASK, Fields(text="Ở đâu?")),
    ("an", ActionName.ANSWER, Fields(text="Đã nhận.")),
    ("an", ActionName.NOTE, Fields(text="ghi")),
    ("an", ActionName.CORRECT, Fields(corrections=Corrections(category="gambling.any"))),
    ("an", ActionName.HAND_BACK, Fields()),
    ("ba", ActionName.ASSIGN, Fields(who="an")),
    ("an", ActionName.HAND_OVER, Fields(unit="pc03")),
    ("kinh", ActionName.BOUNCE, Fields(text="không thuộc phòng này")),
    ("an", ActionName.ACCEPT, Fields()),
    ("an", ActionName.VERIFY, Fields()),
    ("ba", ActionName.EXTEND, Fields(text="nhiều nơi")),
    ("ba", ActionName.SUSPEND, Fields(text="chờ giám định")),
    ("ba", ActionName.RESUME, Fields()),
    ("an", ActionName.CONSULT, Fields(unit="vks-tp")),
    ("an", ActionName.SHARE, Fields(unit="pc04", text="xem giúp")),
    ("an", ActionName.CONCLUDE, Fields(result="unfounded", text="Chưa thấy cơ sở.")),
    ("kiem", ActionName.ENDORSE, Fields()),
    ("an", ActionName.CORRECT, Fields(corrections=ACCUSED)),  # from here on the duty desk is shut out
    ("an", ActionName.CLEAR, Fields(unit="duty")),
    ("ba", ActionName.AGREE, Fields()),
    ("an", ActionName.PRINT, Fields()),
    ("an", ActionName.CLOSE, Fields()),
)


class Counting:
    """Cases as they are, and how often each thing was read of them."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self.read: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.read[name] += 1
        return getattr(self._cases, name)


class Seeds(Mapping[str, tuple[bytes, ...]]):
    """A session's seeds, and how many keys were opened with them."""

    def __init__(self, seeds: Mapping[str, tuple[bytes, ...]]) -> None:
        self._seeds = seeds
        self.opened = 0

    def __getitem__(self, unit: str) -> tuple[bytes, ...]:
        self.opened += 1
        return self._seeds[unit]

    def __contains__(self, unit: object) -> bool:
        return unit in self._seeds

    def __iter__(self) -> Iterator[str]:
        return iter(self._seeds)

    def __len__(self) -> int:
        return len(self._seeds)


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, PEOPLE, database_url) as home:
        yield home


def watched(home: Home) -> tuple[Home, Counting]:
    """The same home, whose actions read from a store that counts."""
    cases = Counting(home.product.store.cases)
    writer = replace(home.product.casework.writer, cases=cases)
    exclusion = replace(home.product.casework.exclusion, writer=writer)
    casework = replace(home.product.casework, cases=cases, writer=writer, exclusion=exclusion)
    return replace(home, product=replace(home.product, casework=casework)), cases


async def pieces(home: Home, case: bytes) -> int:
    return len(await home.envelopes(case))


async def the_only(home: Home) -> Case:
    (row,) = await home.product.store.ledger.heads()
    return row


async def test_an_action_opens_its_case_once(office: Home) -> None:
    """One reading of the store, and one opening of each key, for every action; a correction opens its own piece too."""
    await office.citizen().sends(TIP)
    row = await the_only(office)
    counting, cases = watched(office)
    for name, action, fields in LIFE:
        session, before = await office.session(name), await pieces(office, row.id)
        seeds = Seeds(session.seeds)
        cases.read.clear()
        await counting.product.casework.act(replace(session, seeds=seeds), row.id, action, fields)
        read = {name: count for name, count in cases.read.items() if name not in {"apply", "mailbox_of"}}
        assert read == {"bundle": 1}, action
        assert seeds.opened == before + (action is ActionName.CORRECT), action
    assert (await the_only(office)).state == "closed"
    assert {action for _, action, _ in LIFE} | {ActionName.LINK, ActionName.RECUSE} == set(actions.TABLE)


async def test_a_link_opens_each_of_its_two_cases_once(office: Home) -> None:
    """And keeping away from a case opens it once."""
    for citizen in ("one", "two"):
        await office.citizen(citizen).sends(TIP)
    session = await office.session("an")
    one, other = await office.product.review.queue(session)
    counting, cases = watched(office)
    await counting.product.casework.act(session, one.id, ActionName.LINK, Fields(other=other.id))
    assert cases.read["bundle"] == 2
    await counting.product.casework.act(session, one.id, ActionName.RECUSE)
    assert cases.read["bundle"] == 3
    assert cases.read["get"] == cases.read["envelopes"] == cases.read["grants"] == 0


async def test_reading_a_case_opens_it_once(office: Home) -> None:
    """It is on record before it is shown, and what is shown names this very reading."""
    await office.citizen().sends(TIP)
    session, row = await office.session("an"), await the_only(office)
    cases = Counting(office.product.store.cases)
    seen = await replace(office.product.review, cases=cases).open(session, row.id)
    assert dict(cases.read) == {"bundle": 1}
    assert (seen.events[-1].kind, seen.events[-1].by) == ("read", "an")
    assert seen.case == await the_only(office)


async def tried(home: Home, person: str, row: Case) -> dict[ActionName, str]:
    """What a page offers somebody on a case, and the error's key where it is refused, the last choice being taken."""
    session, product = await home.session(person), home.product
    seen = await product.review.open(session, row.id)
    situation = Situation(session, seen, product.roster(), product.organisation, product.now())
    answers = {}
    for offer in product.casework.offers(session, seen):
        chosen = offer.choices[-1] if offer.choices else ""
        fields = Fields("x", chosen, chosen, "unfounded", corrections=Corrections(category="gambling.any"))
        answers[offer.action.name] = answer(offer.action, replace(situation, fields=fields, action=offer.action.name))
    return answers


def answer(action: Action, situation: Situation) -> str:
    try:
        action.decide(situation)
    except errors.Refused as error:
        return error.key
    return ""


async def test_what_a_page_offers_is_not_refused(office: Home) -> None:
    """To the unit's people and to an overseer who reads along, at every step of a case's way; and all of it is met."""
    await office.citizen().sends(TIP)
    row, met = await the_only(office), set[ActionName]()
    for who, action, fields in LIFE:
        for person in {"an", "ba", "kiem", who}:
            with contextlib.suppress(errors.NotFound):  # who does not read along yet
                answers = await tried(office, person, row)
                assert answers.pop(ActionName.LINK, "error.link") == "error.link"  # no other case was named
                assert set(answers.values()) <= {""}, (person, action, answers)
                met |= set(answers)
        await office.product.casework.act(await office.session(who), row.id, action, fields)
    assert met | {ActionName.LINK} == set(ActionName)


async def test_an_action_that_is_none_is_not_found(office: Home) -> None:
    """Neither by its name nor at its address."""
    await office.citizen().sends(TIP)
    session, row = await office.session("an"), await the_only(office)
    for name in ("", "open", "release", "handover"):
        with pytest.raises(errors.NotFound):
            await office.product.casework.act(session, row.id, name)
    async with desk.browser(office) as client:
        await desk.log_in(client, office, "an")
        assert (await desk.acts(client, row.id.hex(), "release")).status_code == 404
