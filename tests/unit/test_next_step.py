"""Which action a case's page puts first."""

from datetime import UTC, datetime, timedelta

import pytest

from tips.cases.case import Case, State
from tips.cases.lifecycle import ActionName
from tips.desk.next_step import next_step

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
A = ActionName


def row(state: str, clock: str | None = None, left: timedelta = timedelta(days=9), officer: str | None = "an") -> Case:
    due = NOW + left if clock else None
    return Case(
        bytes(16), "area-770", state, "P2", "drugs.trade", "770", None, NOW, clock, due, 0, officer, True, False, b""
    )


@pytest.mark.parametrize(
    ("state", "offered", "first"),
    [
        (State.RECEIVED, {A.CLAIM, A.ACCEPT, A.ASK, A.HAND_OVER}, A.CLAIM),
        (State.SCREENING, {A.ACCEPT, A.CONCLUDE, A.ASK}, A.ACCEPT),
        (State.FORWARDED, {A.CLAIM, A.ACCEPT, A.BOUNCE}, A.CLAIM),
        (State.ACCEPTED, {A.VERIFY, A.CONCLUDE}, A.VERIFY),
        (State.ACCEPTED, {A.CONCLUDE}, A.CONCLUDE),  # a coordinator verifies nothing
        (State.VERIFYING, {A.CONCLUDE, A.EXTEND, A.SUSPEND}, A.CONCLUDE),
        (State.SUSPENDED, {A.RESUME, A.CONCLUDE}, A.RESUME),
        (State.CONCLUDED, {A.VERIFY, A.CLOSE}, A.CLOSE),
        (State.CONCLUDED, {A.VERIFY, A.CONSULT}, A.CONSULT),  # somebody from outside has to agree first
        (State.CONCLUDED, {A.NOTE, A.ENDORSE}, A.ENDORSE),
        (State.CLOSED, {A.NOTE, A.ANSWER, A.PRINT}, None),
        (State.HELD, set(), None),
        ("a hand was here", {A.CLAIM}, None),
    ],
)
def test_the_next_step_follows_from_the_state_and_what_may_be_done(
    state: str, offered: set[ActionName], first: ActionName | None
) -> None:
    """Never one that is not offered; none where nothing is left."""
    assert next_step(row(state), offered, NOW) == first


def test_a_verification_that_ends_soon_is_extended_first_where_that_is_left() -> None:
    """By somebody who may, and only once somebody has the case."""
    ends = timedelta(days=2)
    offered = {A.CONCLUDE, A.EXTEND}
    assert next_step(row(State.VERIFYING, "verification", ends), offered, NOW) == A.EXTEND
    assert next_step(row(State.VERIFYING, "verification", -ends), offered, NOW) == A.EXTEND
    assert next_step(row(State.VERIFYING, "verification"), offered, NOW) == A.CONCLUDE
    assert next_step(row(State.VERIFYING, "verification", ends), {A.CONCLUDE}, NOW) == A.CONCLUDE
    assert next_step(row(State.VERIFYING, "verification", ends, None), {*offered, A.CLAIM}, NOW) == A.CLAIM
