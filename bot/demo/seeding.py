"""Filling a demo: invented tips come in through the conversation and are worked on by the demo's people.

Every person, place of business, sum and accusation is invented; streets and units are real, so that routing shows.
"""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.wiring import Product
from tips import errors
from tips.cases.case import Case
from tips.cases.lifecycle import ActionName
from tips.clock.jobs import JobName
from tips.clock.readers_left import ReadersLeft
from tips.crypto.keys import Identity
from tips.desk import actions
from tips.desk.actions import Field, Fields
from tips.intake.reception import Sender
from tips.intake.turns import Inbound
from tips.organisation.roles import Role
from tips.people.enrolment import Newcomer
from tips.people.session import Session

CORE_DESKS: Final = (
    *("760", "761", "764", "765", "766", "767", "768", "769", "771", "772", "773", "774"),
    *("775", "776", "777", "778", "783", "784", "785", "786", "787"),
)
SHOWN: Final = ("can-bo-q3", "truong-q3", "kiem-sat", "quan-tri", "kiem-toan")
PEOPLE: Final = (
    Newcomer("can-bo-q3", "area-770", Role.OFFICER),
    Newcomer("truong-q3", "area-770", Role.HEAD),
    Newcomer("kiem-sat", "vks-tp", Role.OVERSEER),
    Newcomer("quan-tri", "ttra-tp", Role.ADMIN),
    Newcomer("kiem-toan", "ttra-tp", Role.AUDITOR),
    Newcomer("truc-ban", "duty", Role.COORDINATOR),
    *(Newcomer(f"thu-ly-{unit}", unit, Role.OFFICER) for unit in ("px05", "pc02", "pc03", "pc04", "pa05", "ttra-tp")),
    *(Newcomer(f"can-bo-{code}", f"area-{code}", Role.OFFICER) for code in CORE_DESKS),
)
ANSWERS_AT_MOST: Final = 5  # turns until a seeded tip must have been sent
BEFORE: Final = frozenset({JobName.SEQUENCE, JobName.AUDIT})  # done at once, so that the log has a head to be seen


class Movable(Protocol):
    """A clock that can be set back."""

    def set_back(self, hours: float) -> None:
        """So many hours before now."""
        ...


@dataclass(frozen=True, slots=True)
class Seed:
    """A tip and what is done with it, each step an hour or more after the one before."""

    hours: float  # how long ago it came in
    text: str
    steps: tuple[tuple[str, str], ...]  # what, and its words or target


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works on the seeded cases, by unit."""

    officers: dict[str, Session]
    heads: dict[str, Session]


def seeds() -> list[Seed]:
    """The invented tips of `seeds.json`, oldest first."""
    text = importlib.resources.files("bot.demo").joinpath("seeds.json").read_text("utf-8")
    raw: list[dict[str, Any]] = json.loads(text)["tips"]
    found = [Seed(it["hours"], it["text"], tuple((step[0], step[1]) for step in it["steps"])) for it in raw]
    return sorted(found, key=lambda it: -it.hours)


async def seed(product: Product, identities: Sequence[Identity], moved: Movable) -> None:
    """Let every seed come in and be worked on; then take the clock's present slot, so that what is late is seen."""
    sessions = [await product.logins.session_of(identity) for identity in identities]
    workers = Workers(
        {session.unit: session for session in reversed(sessions) if session.seeds},
        {session.unit: session for session in sessions if session.role is Role.HEAD},
    )
    for number, it in enumerate(seeds()):
        moved.set_back(it.hours)
        code = await _send(product, Sender("demo", str(number)), it.text)
        row = await _find(product, code)
        for at, (what, words) in enumerate(it.steps, start=1):
            moved.set_back(it.hours * (len(it.steps) + 1 - at) / (len(it.steps) + 1))
            await _step(product, workers, row.id, code, what, words)
    moved.set_back(0)
    for job in product.jobs:
        if job.name in BEFORE:
            await product.jobs.tick(job)
        async with product.leases.turn(job.name, job.slot(product.now())):
            pass


async def _send(product: Product, sender: Sender, text: str) -> str:
    """Write a tip as a citizen would, and send it; the receipt."""
    reception = product.unlimited_reception()
    outcome = await reception.turn(sender, Inbound("text", text=text))
    for _ in range(ANSWERS_AT_MOST):
        if outcome.receipt:
            await reception.delivered(sender)
            return outcome.receipt
        offered = [option.id for reply in outcome.replies for option in reply.options]
        choice = next(it for it in ("submit", "send_anyway", "skip") if it in offered)
        outcome = await reception.turn(sender, Inbound("choose", choice=choice))
    raise errors.Refused("error.unexpected", "a seeded tip was not sent")


async def _find(product: Product, code: str) -> Case:
    return (await product.mailboxes.read(code)).case


async def _step(product: Product, workers: Workers, id_: bytes, code: str, what: str, words: str) -> None:
    row = await product.store.cases.get(id_, None)
    session = (workers.heads if what == ActionName.SUSPEND else workers.officers).get(row.unit)
    if what == "climb":
        bundle = await product.store.cases.bundle(id_, None)
        checked, left = bundle.checked(product.roster()), ReadersLeft(product.roster())
        await product.store.cases.apply(product.escalation.change(bundle, checked, left))
    elif what == "reply":
        said = await product.mailboxes.addition(code, words, product.triager.triage(words), None)
        await product.store.cases.apply(said)
    elif session is None:
        raise errors.Refused("error.no_key", f"nobody works at {row.unit}")
    else:
        await _work(product, session, id_, what, words)


def _fields(what: str, words: str) -> Fields:
    """What an action asks: a unit, or words."""
    given = actions.named(what).fields
    return Fields(unit=words) if Field.UNIT in given else Fields(text=words, result="administrative")


async def _work(product: Product, session: Session, id_: bytes, what: str, words: str) -> None:
    """Read a case, or do something to it; who claims one has read it. `words` are a text, or the unit to hand it to."""
    if what in {"read", ActionName.CLAIM}:
        await product.review.open(session, id_)
    if what != "read":
        await product.casework.act(session, id_, what, _fields(what, words))
