"""What monitoring is told of a process, as Prometheus reads it, at an address of its own on this machine alone.

How the home is, and what is left of the machine: nothing of what people do. A count of turns or tips that is asked for
every few seconds tells when somebody wrote; who watches the network besides would know who. Figures of what came are
for the published months.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import condition
from bot.serve.health import OK
from bot.wiring import Product
from handlers.version import program_version
from tips import errors

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

TWENTY: Final = 20  # parts in which room is told
MOST: Final = 1000  # late cases that are counted
UP: Final = frozenset({OK, "up"})


def app(product: Product) -> Starlette:
    """Answers `/metrics`."""

    async def answered(_: Request) -> Response:
        from prometheus_client import CollectorRegistry, exposition

        registry = CollectorRegistry()
        registry.register(_Found([it async for it in gathered(product)]))
        return Response(exposition.generate_latest(registry), media_type=exposition.CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", answered)])


class _Found:
    """Metrics that were gathered before: the library asks for them, and waits for nobody."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


async def gathered(product: Product) -> AsyncIterator[Metric]:
    """Everything that this process may look at: a part's role in the database does not show it the others' work.

    While the store is away the rest is told all the same. Of the process itself nothing is: its open connections and
    its seconds of processor time are counts of turns by another name.
    """
    yield _gauge("tinbao_info", "Which program this is.", [({"version": program_version()}, 1)])
    for group in _GROUPS:
        with suppress(errors.StoreUnavailable):  # away, or not this role's to look at
            for metric in await group(product):
                yield metric


async def _health(product: Product) -> Iterator[Metric]:
    report = await product.health.report()
    said = "Whether what this process needs is well: 1, or 0."
    return iter([_gauge("tinbao_well", said, [({"part": name}, int(it in UP)) for name, it in report.items()])])


async def _jobs(product: Product) -> Iterator[Metric]:
    if "clock" not in product.signs_as:
        return iter(())
    jobs = await condition.jobs(product)
    late = [({"job": it.name}, it.late) for it in jobs]
    done = [({"job": it.name}, it.last.timestamp()) for it in jobs if it.last]
    return iter(
        [
            _gauge("tinbao_job_late", "Whether nobody did what time asks for.", late),
            _gauge("tinbao_job_done_timestamp_seconds", "When a job was done last.", done),
        ]
    )


async def _cases(product: Product) -> Iterator[Metric]:
    if "clock" not in product.signs_as:
        return iter(())
    late = len(await product.store.cases.due(product.now(), MOST))
    held, stuck = len(await product.store.cases.held()), len(await product.store.clockwork.stuck())
    return iter(
        [
            _gauge(
                "tinbao_cases_late", f"Cases past their deadline that did not climb yet, {MOST} at most.", [({}, late)]
            ),
            _gauge("tinbao_cases_held", "Cases that nobody can read, which wait for the quorum.", [({}, held)]),
            _gauge("tinbao_cases_stuck", "Cases that the clock goes past because they fail.", [({}, stuck)]),
        ]
    )


async def _letters(product: Product) -> Iterator[Metric]:
    """Of those that were given up alone: one that waits tells that something came just now."""
    found = await condition.letters(product)
    values = [({"to": "officers"}, found.officers_dead), ({"to": "reporters"}, found.reporters_dead)]
    return iter([_gauge("tinbao_letters_given_up", "Words that could not be told.", values)])


async def _joining(product: Product) -> Iterator[Metric]:
    found = await condition.joining(product)
    said = "People whose keys wait for signers."
    return iter([_gauge("tinbao_keys_unsigned", said, [({}, found.taken_up)])])


async def _backups(product: Product) -> Iterator[Metric]:
    found = condition.nightly(product)
    if found is None:
        return iter(())
    newest = found.newest.timestamp() if found.newest else 0
    return iter(
        [
            _gauge("tinbao_backup_late", "Whether the newest backup is older than 36 hours.", [({}, found.late)]),
            _gauge("tinbao_backup_timestamp_seconds", "When the newest backup was made; 0: never.", [({}, newest)]),
        ]
    )


async def _head(product: Product) -> Iterator[Metric]:
    found = await condition.witnessed(product)
    at = found.at.timestamp() if found.at else 0
    return iter(
        [
            _gauge("tinbao_head_timestamp_seconds", "The hour of the ledger's newest head; 0: none.", [({}, at)]),
            _gauge("tinbao_head_cosigned", "Witnesses that cosigned it.", [({}, found.cosigned)]),
        ]
    )


async def _room(product: Product) -> Iterator[Metric]:
    """Of the disks, and of the tmpfs on which keys and drafts' neighbours lie; to a twentieth of each.

    To the byte it would show each file that somebody sends.
    """
    settings = product.settings
    places: dict[str, Path | None] = {"home": settings.home, "run": settings.run, "backups": settings.backups}
    found = [({"place": name}, _left(it)) for name, it in places.items() if it and it.is_dir()]
    return iter([_gauge("tinbao_free_bytes", "Room that is left.", found)])


def _left(place: Path) -> float:
    """The room that is left at a place, in bytes, to the nearest twentieth of the whole."""
    usage = shutil.disk_usage(place)
    step = usage.total / TWENTY
    return round(usage.free / step) * step if step else 0.0


_GROUPS: Final[tuple[Callable[[Product], Awaitable[Iterator[Metric]]], ...]] = (
    _health,
    _jobs,
    _cases,
    _letters,
    _joining,
    _backups,
    _head,
    _room,
)


def _gauge(name: str, said: str, values: Iterable[tuple[dict[str, str], float]]) -> Metric:
    from prometheus_client.metrics_core import GaugeMetricFamily

    listed = list(values)
    made = GaugeMetricFamily(name, said, labels=list(listed[0][0]) if listed else None)
    for labels, value in listed:
        made.add_metric(list(labels.values()), float(value))
    return made
