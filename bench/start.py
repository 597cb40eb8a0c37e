"""How long `tinbao serve` takes to its first answer, beside importing one library that it may need."""

from __future__ import annotations

import tempfile
import time

from bench import product
from bench.measure import Figure, at_most, paired

ROUNDS = 5


async def start() -> Figure:
    """Both find their modules compiled, as after any first start, whatever the surroundings say about writing them."""
    with tempfile.TemporaryDirectory() as compiled:
        own = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        async with product.a_home() as home:

            async def ours() -> float:
                async with product.serving({**home, **own}, "intake,desk") as served:
                    return served.seconds

            async def bare() -> float:
                return await _import_aiogram(own)

            value, ceiling = await paired(ours, bare, ROUNDS)
    how = (
        f"a new process of `serve --only intake,desk` to its first /healthz, median of {ROUNDS}, modules compiled; "
        "ceiling: a new process of `python -c 'import aiogram'`"
    )
    return at_most(value, ceiling, "s", how)


async def _import_aiogram(environment: product.Environment) -> float:
    begun = time.perf_counter()
    process = await product.spawned(["-c", "import aiogram"], environment)
    if await process.wait():
        raise RuntimeError("aiogram cannot be imported")
    return time.perf_counter() - begun
