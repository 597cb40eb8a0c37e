"""How a home is, gathered once for the page of admins and for `tinbao doctor`."""

from __future__ import annotations

from typing import Final

from bot import backups
from bot.wiring import Product
from tips import errors
from tips.clock import backup_rotation
from tips.desk.condition import Backups, Condition, JobState, Joining, Letters, Witnessed
from tips.organisation.roster import CLOCK

MISSED: Final = 3  # slots of a job that nobody did, before that is worth a word


async def look(product: Product) -> Condition:
    """All of it."""
    return Condition(
        parts=await product.health.report(),
        contacts=tuple(await product.store.contacts.all()),
        letters=await letters(product),
        jobs=await jobs(product) if CLOCK in product.signs_as else None,
        backups=nightly(product),
        joining=await joining(product),
        witnessed=await witnessed(product),
        stuck=len(await product.store.clockwork.stuck()),
        held=len(await product.store.cases.held()),
    )


async def letters(product: Product) -> Letters:
    """Words to officers and to reporters."""
    now, store = product.now(), product.store
    return Letters(
        await store.outbox.waiting(now),
        len(await store.outbox.dead()),
        await store.addresses.waiting(now),
        await store.addresses.dead(),
    )


async def jobs(product: Product) -> tuple[JobState, ...]:
    """What time asks for, and when it was done."""
    found = []
    for job in product.jobs:
        last = await product.jobs.last(job)
        found.append(JobState(job.name, last, last is None or product.now() - last > MISSED * job.every))
    return tuple(found)


def nightly(product: Product) -> Backups | None:
    """The backups; None: the settings name no folder."""
    folder = product.settings.backups
    if folder is None:
        return None
    made = backups.made(folder)
    return Backups(len(made), max(made, default=None), backup_rotation.late(made, product.now()))


async def joining(product: Product) -> Joining:
    """Who is asked to join."""
    every = await product.invitations.all()
    taken_up = sum(it.account is not None for it in every)
    return Joining(len(every) - taken_up, taken_up)


async def witnessed(product: Product) -> Witnessed:
    """The log's newest head."""
    listed = len(product.settings.witnesses)
    try:
        newest = await product.publication.newest()
    except errors.NotFound:
        return Witnessed(listed, 0, None)
    return Witnessed(listed, len(newest.witnesses), newest.hour)
