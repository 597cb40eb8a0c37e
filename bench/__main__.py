"""`python -m bench [NAME…]` prints each figure beside its ceiling, and writes them to `bench/latest.json`.

How each is measured stands there too. A ratio of 1.0 is as good as the ceiling, more is better.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench import audit, backup, crypto, export, ledger, memory, million, search, start, submit, tips, triage, turn
from bench.measure import Figure

LATEST: Final = Path(__file__).parent / "latest.json"
FIGURES: Final[dict[str, Callable[[], Coroutine[Any, Any, Figure]]]] = {
    "turn": turn.turn,
    "tips_telegram": tips.tips_telegram,
    "tips_web": tips.tips_web,
    "tips_two_processes": tips.tips_two_processes,
    "submit_sqlite": submit.submit_sqlite,
    "submit_postgres": submit.submit_postgres,
    "triage": triage.triage,
    "seal": crypto.seal,
    "open": crypto.open_,
    "file_seal": crypto.file_seal,
    "start": start.start,
    "memory": memory.memory,
    "queue_page_1m": million.queue_page,
    "statistics_1m": million.statistics,
    "month_close": million.month_close,
    "export": export.export,
    "search": search.search,
    "backup": backup.backup,
    "ledger_verify": audit.verify,
    **{f"ledger_append_{name}": partial(ledger.append, size) for name, size in ledger.SIZES.items()},
    **{f"ledger_prove_{name}": partial(ledger.prove, size) for name, size in ledger.SIZES.items()},
    **{f"ledger_check_{name}": partial(ledger.check, size) for name, size in ledger.SIZES.items()},
}


def main(names: list[str]) -> int:
    if unknown := set(names) - set(FIGURES):
        print(f"bench: unknown: {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    print(f"{'figure':<17} {'value':>10} {'ceiling':>10} {'':<4} {'ratio':>6}")
    measured = {name: measure(name) for name in names or FIGURES}
    LATEST.write_text(json.dumps({"figures": measured}, indent=2) + "\n", "utf-8")
    return 0


def measure(name: str) -> dict[str, float | str]:
    """Measure one figure and print it."""
    figure = asyncio.run(FIGURES[name]())
    numbers = f"{figure.value:>10,.3f} {figure.ceiling:>10,.3f} {figure.unit:<4} {figure.ratio:>6.2f}"
    print(f"{name:<17} {numbers}", flush=True)
    return {key: round(it, 4) if isinstance(it, float) else it for key, it in asdict(figure).items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
