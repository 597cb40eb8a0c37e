"""Whatever people do to cases, in any order: none is lost, none is without a clock, and no excluded unit has a key.

Hypothesis tries paths that nobody thought of; every step goes the product's way, and may be refused.
"""

import asyncio
import contextlib
import os
import secrets
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.fakes import home
from tests.fakes.home import Home
from tests.fakes.people import A_FEW
from tests.fakes.words import DRUGS, WARD_POLICE_BRIBED_SEEN
from tips import errors
from tips.cases import ledger, lifecycle
from tips.cases.case import Case
from tips.cases.lifecycle import ActionName
from tips.cases.plaintext import Plaintext
from tips.crypto import sealing
from tips.desk.actions import Fields
from tips.triage import Corrections

PEOPLE = (*A_FEW, ("chi", "area-770", "head"), ("ba", "pc03", "head"), ("tra", "ttra-tp", "overseer"))
TEXTS = (
    DRUGS,
    "Cán bộ địa chính ở quận 3 nhận hối lộ 50 triệu để cấp phép xây dựng hôm qua.",
    WARD_POLICE_BRIBED_SEEN,
)
LATER = (
    "phòng số 6",
    "Công an quận 3 bao che cho chủ quán, nhận tiền mỗi tháng",
    "Đội hình sự PC02 báo trước cho chúng",
)
UNITS = ("area-770", "area-778", "duty", "pc03", "px05", "vks-tp", "ttra-tp", "nowhere")
MOST = 3  # cases of one path
T = TypeVar("T")
SEED = "TINBAO_TEST_SEED"  # chooses the paths; without it they are other ones each time
NO_CLOCK = {"suspended", "held"}


class AnyPath(RuleBasedStateMachine):
    """People of a small city, and what they may try."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.stack = contextlib.AsyncExitStack()
        self.receipts: list[str] = []
        self.seen: list[bytes] = []

    @initialize()
    def founded(self) -> None:
        """A home with somebody at each unit."""
        folder = self.stack.enter_context(tempfile.TemporaryDirectory(dir=home.MEMORY))
        self.home: Home = self.run(self.stack.enter_async_context(home.opened(Path(folder), PEOPLE)))
        self.sessions = {name: self.run(self.home.session(name)) for name, *_ in PEOPLE}
        self.sessions |= {name: self.run(self.home.session(name)) for name, *_ in PEOPLE}  # seeds given on the way

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def attempt(self, work: Coroutine[Any, Any, Any]) -> None:
        """Something that may be refused, and then changes nothing."""
        with contextlib.suppress(errors.Refused, errors.NotFound, errors.Stale):
            self.run(work)

    def rows(self) -> list[Case]:
        """In the order of their coming, so that a path that is run again meets the same ones: their ids are random."""
        found = {it.id: it for it in self.run(self.home.cases())}
        self.seen += sorted(found.keys() - set(self.seen))
        return [found[id_] for id_ in self.seen]

    # --- what happens -------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.receipts) < MOST)
    @rule(text=st.sampled_from(TEXTS))
    def somebody_reports(self, text: str) -> None:
        """A new tip, by a new citizen."""
        self.receipts.append(self.run(self.home.citizen(f"citizen {len(self.receipts)}").sends(text)))

    @precondition(lambda self: self.receipts)
    @rule(which=st.integers(0, MOST), text=st.sampled_from(LATER), dispute=st.booleans())
    def a_reporter_comes_back(self, which: int, text: str, dispute: bool) -> None:
        """More words, which may accuse the desk itself; or a closing is disputed."""
        self.attempt(self.comes_back(self.receipts[which % len(self.receipts)], text, dispute))

    async def comes_back(self, code: str, text: str, dispute: bool) -> None:
        boxes, found = self.home.product.mailboxes, self.home.product.triager.triage(text)
        said = boxes.dispute(code, text, found) if dispute else boxes.addition(code, text, found, None)
        await self.home.product.store.cases.apply(await said)

    @precondition(lambda self: self.receipts)
    @rule(
        which=st.integers(0, MOST),
        name=st.sampled_from([name for name, *_ in PEOPLE]),
        act=st.sampled_from([*lifecycle.actions(), "open", "accuse"]),
        unit=st.sampled_from(UNITS),
        result=st.sampled_from([*lifecycle.results(), "nothing"]),
    )
    def somebody_acts(self, which: int, name: str, act: str, unit: str, result: str) -> None:
        """Anybody tries anything on any case."""
        rows = self.rows()
        id_, session = rows[which % len(rows)].id, self.sessions[name]
        fields = Fields(
            text="Ở đâu?",
            unit=unit,
            who="" if act == ActionName.RECUSE else PEOPLE[which % len(PEOPLE)][0],
            result=result,
            other=rows[0].id,
            corrections=Corrections(accused=(unit,)) if act == "accuse" else Corrections(category="gambling.any"),
        )
        if act == "open":
            self.attempt(self.home.product.review.open(session, id_))
        else:
            name = ActionName.CORRECT if act == "accuse" else act
            self.attempt(self.home.product.casework.act(session, id_, name, fields))

    @rule(hours=st.sampled_from([1, 5, 30, 24 * 8, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        """The clock's work is done as it would be."""
        self.home.clock.forward(hours=hours)
        self.run(self.home.product.escalation.tick())
        self.run(self.home.product.retention.tick())
        self.run(self.home.product.departures.tick())
        assert self.run(self.home.stuck()) == []

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def no_case_is_lost(self) -> None:
        """Each receipt finds its case, in a state that there is, at a unit that there is."""
        rows = self.rows()
        assert len(rows) == len(self.receipts)
        for code in self.receipts:
            view = self.run(self.home.product.mailboxes.read(code))
            assert view.case.unit in self.home.product.organisation.units

    @invariant()
    def none_is_without_a_clock(self) -> None:
        """But for those that stand still by the law or wait for the quorum, and where no level is left above."""
        for row in self.rows():
            events = [ledger.parse(it) for it in self.run(self.home.events(row.id))]
            shredded = any(it.kind is ledger.Kind.SHREDDED for it in events)
            topped = any(it.kind is ledger.Kind.ESCALATED and it.facts["from"] == it.facts["to"] for it in events)
            assert row.clock or row.state in NO_CLOCK or shredded or topped, (row.state, row.unit)

    @invariant()
    def nobody_excluded_has_a_key(self) -> None:
        """Each piece is closed to whom it accuses; once a clean reader has looked, so is every other piece."""
        for row in self.rows():
            whole = self.run(self.home.product.store.cases.bundle(row.id, None))
            keys = {
                grant.envelope: sealing.open_key(grant, self.sessions[name].seeds[unit])
                for name, unit, _ in PEOPLE
                for grant in whole.grants
                if grant.reader == unit and not grant.asleep and unit in self.sessions[name].seeds
            }
            for envelope in whole.envelopes:
                holders = {it.reader for it in whole.grants if it.envelope == envelope.id}
                if envelope.id in keys:
                    piece = Plaintext.from_bytes(sealing.open_envelope(envelope, keys[envelope.id]))
                    assert not holders & piece.excluded - self.cleared(row), envelope.part

    def cleared(self, row: Case) -> set[str]:
        """Units that two offices took an exclusion back for; they may be given the case again."""
        for session in self.sessions.values():
            with contextlib.suppress(errors.TinBaoError):
                opened = self.run(self.home.product.casework.opened_for(session, row.id, "note"))
                pieces = [opened.tip, *(piece.content for piece in opened.thread)]
                return set().union(*(it.excluded for it in pieces)) - opened.excluded
        return set()

    def teardown(self) -> None:
        """Every signature and chain holds at the end of every path."""
        try:
            if hasattr(self, "home"):
                report = self.run(self.home.product.audit())
                assert report.problems == ()
        finally:
            self.run(self.stack.aclose())
            self.loop.close()


@pytest.mark.slow  # by itself: each path is a city's life
def test_no_path_loses_a_case_or_gives_a_key_to_an_excluded_unit() -> None:
    """Twelve paths of thirty steps, other ones each time."""
    chosen = os.environ.get(SEED) or str(secrets.randbits(32))
    print(f"the same paths again: {SEED}={chosen} pytest tests/flows/test_any_path.py")  # shown if it fails
    run_state_machine_as_test(
        seed(int(chosen))(AnyPath),
        settings=settings(
            max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
