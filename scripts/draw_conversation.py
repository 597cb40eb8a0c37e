"""Draw the tables of the conversation into docs/conversation.md: `make drawings`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tips.intake.conversation import ANSWERS, CHOICES, TABLE
from tips.intake.stages import Stage

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "conversation.md"
HEAD: Final = """# The conversation

Made by `make drawings` from the tables of `tips/intake/conversation.py`; a test holds that it is up to date.

A message comes in. A text may be a receipt, a choice, a command, or words; then one step is taken. It gives the next
draft, what is said, and at most one effect; what becomes of the effect names another step. `Draft.counts_as` says which
stage counts.
"""


def drawn() -> str:
    """The whole page."""
    return "\n".join((HEAD, *_heard(), *_chosen(), *_answered(), *_steps()))


def _heard() -> Iterable[str]:
    yield "## What was heard, by stage\n"
    yield from _table(("heard", *Stage), ((_words(heard), *map(_name, row.values())) for heard, row in TABLE.items()))


def _chosen() -> Iterable[str]:
    yield "## What was chosen\n"
    yield "An option's id may end in what it is about: `edit:where`, `area:770`.\n"
    rows = []
    for option, choice in CHOICES.items():
        but = "; ".join(f"in {stage}: {_name(step)}" for stage, step in choice.but.items())
        rows.append((f"`{option}`", _words(choice.opens), _name(choice.step), but))
    yield from _table(("option", "counts", "step", "but"), rows)


def _answered() -> Iterable[str]:
    yield "## What became of an effect\n"
    rows = [(effect.__name__, answer.__name__, _name(step)) for (effect, answer), step in ANSWERS.items()]
    yield from _table(("effect", "answer", "step"), rows)


def _steps() -> Iterable[str]:
    yield "## The steps\n"
    every = [*(step for row in TABLE.values() for step in row.values()), *_choice_steps(), *ANSWERS.values()]
    for step in sorted(set(every), key=lambda it: (it.__module__, it.__name__)):
        module = step.__module__.rpartition(".")[2]
        yield f"- **{_name(step)}** (`{module}`): {(step.__doc__ or '').splitlines()[0]}"
    yield ""


def _choice_steps() -> Iterable[Callable[..., Any]]:
    for choice in CHOICES.values():
        yield choice.step
        yield from choice.but.values()


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _name(step: Callable[..., Any]) -> str:
    return _words(step.__name__)


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(drawn(), "utf-8")
