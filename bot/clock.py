"""The clock: APScheduler ticks, the database decides who does the work. A slot is taken exactly once, whoever asks."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.wiring import Product
from tips import errors

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work and how often it is due."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[int]]


def jobs(product: Product) -> tuple[Job, ...]:
    """Everything that time does to this product."""
    return (
        Job("climb", timedelta(minutes=15), product.climber.tick),
        Job("shred", timedelta(hours=1), product.shredder.tick),
        Job("remind", timedelta(hours=1), product.reminders.tick),
        Job("signs", timedelta(hours=1), product.watch.tick),
        Job("drafts", timedelta(minutes=10), lambda: product.store.drafts.expire(product.now())),
        Job("files", timedelta(hours=1), lambda: product.store.blobs.expire(product.now())),
        Job("sessions", timedelta(minutes=5), product.logins.forget_idle),
    )


def slot(job: Job, now: datetime) -> datetime:
    """The start of the slot that a moment belongs to."""
    seconds = job.every.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


async def tick(product: Product, job: Job) -> int:
    """Do a job if nobody has done it for this slot; how much was done."""
    if not await product.store.outbox.take_slot(job.name, slot(job, product.now())):
        return 0
    return await job.work()


TICK: Final = 10  # seconds between looks; a slot is still taken once


@contextlib.asynccontextmanager
async def running(product: Product) -> AsyncIterator[None]:
    """The clock, ticking."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    for job in jobs(product):
        scheduler.add_job(
            _guarded,
            IntervalTrigger(seconds=TICK),
            args=(product, job),
            id=job.name,
            max_instances=1,
            coalesce=True,
        )
    scheduler.start()
    product.vitals.ticked()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


async def _guarded(product: Product, job: Job) -> None:
    """A tick that a store which is away does not end; the next one tries again."""
    try:
        done = await tick(product, job)
    except errors.StoreUnavailable:
        log.warning("the store is away: %s waits", job.name)
    else:
        product.vitals.ticked()
        if done:
            log.info("%s: %d", job.name, done)
