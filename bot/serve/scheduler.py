"""The clock: APScheduler ticks, a lease in the database decides which process does the work of a slot."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
        Job("climb", timedelta(minutes=15), product.escalation.tick),
        Job("free", timedelta(minutes=15), functools.partial(free, product)),
        Job("shred", timedelta(hours=1), product.retention.tick),
        Job("remind", timedelta(hours=1), product.reminders.tick),
        Job("signs", timedelta(hours=1), product.early_signs.tick),
        Job("drafts", timedelta(minutes=10), lambda: product.store.drafts.expire(product.now())),
        Job("files", timedelta(hours=1), lambda: product.store.blobs.expire(product.now())),
        Job("sessions", timedelta(minutes=5), product.logins.forget_idle),
    )


async def free(product: Product) -> int:
    """Cases of officers who left, by the newest roster: who joined a moment ago has not left."""
    await product.roster.refresh()
    return await product.departures.tick()


def slot(job: Job, now: datetime) -> datetime:
    """The start of the slot that a moment belongs to."""
    seconds = job.every.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


async def tick(product: Product, job: Job) -> int:
    """Do a job if nobody has done it for this slot, or is at it; how much was done."""
    async with product.leases.turn(job.name, slot(job, product.now())) as mine:
        return await job.work() if mine else 0


TICK: Final = 10  # seconds between looks; a slot is still done once


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
            misfire_grace_time=None,
        )
    scheduler.start()
    watching = asyncio.create_task(_watch(scheduler), name="clock")
    product.health.ticked()
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        scheduler.shutdown(wait=False)


async def _watch(scheduler: AsyncIOScheduler) -> None:
    while True:
        await asyncio.sleep(TICK)
        catch_up(scheduler, datetime.now(UTC))


def catch_up(scheduler: AsyncIOScheduler, now: datetime) -> None:
    """Bring back ticks that lie far ahead: the machine's clock was set back, and all would wait until then."""
    for job in scheduler.get_jobs():
        if job.next_run_time - now > 2 * timedelta(seconds=TICK):
            job.modify(next_run_time=now)


async def _guarded(product: Product, job: Job) -> None:
    """A tick that a store which is away does not end; the next one tries again."""
    try:
        done = await tick(product, job)
    except errors.StoreUnavailable:
        log.warning("the store is away: %s waits", job.name)
    except Exception as error:
        log.error("%s failed: %s", job.name, type(error).__name__)  # its values may be anybody's words
    else:
        product.health.ticked()
        if done:
            log.info("%s: %d", job.name, done)
