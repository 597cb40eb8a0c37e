"""Draw `docs/permissions.md` from the tables that rule: roles and their pages, actions and who may do them.

    python scripts/draw_permissions.py

`make drawings` runs it; a test holds that the committed page is what it draws.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tips.cases import lifecycle  # noqa: E402
from tips.cases.case import State  # noqa: E402
from tips.desk import actions  # noqa: E402
from tips.desk.actions.step import Action, never  # noqa: E402
from tips.organisation.roles import Page, Role, Task  # noqa: E402

FILE: Final = ROOT / "docs" / "permissions.md"
HEAD: Final = """# Permissions

Made by `make drawings` from `tips/organisation/roles.py`, `tips/data/lifecycle.json` and `tips/desk/actions`; change
those, not this.

What a person opens is a matter of keys before it is one of roles: who holds no seed of a unit with a waking grant finds
no case, whatever stands below.
"""
PAGES: Final = """
## Pages

*Holds a seed*: the unit's seed is sealed to them, so that they can read its cases. In **bold** the page that they come
to first.
"""
TASKS: Final = """
## In a terminal

What is done with a home as a whole: each asks for a person's passphrase, and is on record in their name before it is
done. For `held open` and `unit recover` the recovery offices' shares are needed besides.
"""
ACTIONS: Final = """
## Actions

By role, on a case that they can open. A page offers what would not be refused. People of another unit, who read the
case along, may do only what *reads along* says yes to; overseers all that is not *refused besides*, whatever the table
of states says.
"""
STATES: Final = """
## From which states

An action leads to the state after the arrow. Without one the case stays where it is; but a new case is screened once it
is claimed or assigned, and before it is accepted a question waits for the reporter (`needs_info`).
"""


def drawn() -> str:
    """The whole page."""
    parts = (HEAD, PAGES, *_pages(), TASKS, *_tasks(), ACTIONS, *_actions(), STATES, *_states())
    return "\n".join(part.removesuffix("\n") for part in parts) + "\n"


def _pages() -> Iterator[str]:
    yield from _head("role", "holds a seed", *Page)
    for role in Role:
        pages = [f"**{_yes(True)}**" if page is role.landing else _yes(role.may_see(page)) for page in Page]
        yield _row(role, _yes(role.holds_seed), *pages)


def _tasks() -> Iterator[str]:
    yield from _head("role", *(f"`{it}`" for it in Task))
    for role in Role:
        yield _row(role, *(_yes(role.may_do(it)) for it in Task))


def _actions() -> Iterator[str]:
    yield from _head("action", "what it is", *Role, "reads along", "refused besides")
    for name, rule in lifecycle.actions().items():
        action = actions.TABLE[name]
        roles = [_yes(role in rule.roles) for role in Role]
        yield _row(f"`{name}`", _first_line(action.run), *roles, _yes(not action.own), _refused(action))


def _states() -> Iterator[str]:
    yield from _head("action", *State, "leads to")
    for name, rule in lifecycle.actions().items():
        yield _row(
            f"`{name}`", *(_yes(state in rule.states) for state in State), f"→ {rule.leads_to}" if rule.leads_to else ""
        )


def _refused(action: Action) -> str:
    """What the action itself refuses, as its functions say it."""
    always_refused = [] if action.refusal is never else [_first_line(action.refusal)]
    raised = " ".join((action.run.__doc__ or "").partition("Raises:")[2].split())
    return "; ".join(it.removeprefix("Refused: ").removesuffix(".") for it in (*always_refused, raised) if it)


def _first_line(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").splitlines()[0]


def _yes(right: bool) -> str:
    return "yes" if right else ""


def _head(*columns: str) -> Sequence[str]:
    return "", _row(*columns), _row(*("---" for _ in columns))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    FILE.write_text(drawn(), "utf-8")
