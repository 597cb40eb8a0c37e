"""The clock: APScheduler ticks, a lease in the database decides which process does the work of a slot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.serve import background
from bot.serve.health import Health
from tips import errors
from tips.clock.jobs import Job, Jobs

TICK: Final = 10  # seconds between looks; a slot is still done once

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def running(jobs: Jobs, health: Health) -> AsyncIterator[None]:
    """The clock, ticking."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    for job in jobs:
        scheduler.add_job(
            _guarded,
            IntervalTrigger(seconds=TICK),
            args=(jobs, health, job),
            id=job.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.start()
    health.ticked()
    try:
        async with background.working(_watch(scheduler), "clock"):
            yield
    finally:
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


async def _guarded(jobs: Jobs, health: Health, job: Job) -> None:
    """A tick that a store which is away does not end; the next one tries again."""
    try:
        done = await jobs.tick(job)
    except errors.StoreUnavailable:
        log.warning("the store is away: %s waits", job.name)
    except Exception as error:
        log.error("%s failed: %s", job.name, type(error).__name__)  # its values may be anybody's words
    else:
        health.ticked()
        if done:
            log.info("%s: %d", job.name, done)
