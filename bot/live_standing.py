"""What people laid down for the whole home, as it is in force: read among the ledger's events, and kept beside them.

It is kept outside the database as well, so that who takes its rows away takes nothing back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bot import key_files
from bot.live_roster import LiveRoster
from tips.cases import days_off, standing
from tips.cases.ledger import Event, SignedEvent
from tips.ports.cases import Ledger


class LiveStanding:
    """The events that are believed, oldest first; the roster's organisation goes by the days off among them."""

    def __init__(self, ledger: Ledger, roster: LiveRoster, secrets: Path, now: Callable[[], datetime]) -> None:
        self._ledger, self._roster, self._secrets, self._now = ledger, roster, secrets, now
        self._events: Sequence[Event] = ()

    def __call__(self) -> Sequence[Event]:
        """What was believed last."""
        return self._events

    async def refresh(self) -> None:
        """Look for what was laid down since."""
        kept = key_files.kept_standing(self._secrets)
        stored = {it.leaf: it for it in await self._ledger.standing()}
        found = {**self._sound(stored), **self._sound(kept)}
        if found.keys() != kept.keys():
            key_files.keep_standing(self._secrets, found.values())
        self._events = standing.believed(found.values(), self._roster(), self._now())
        self._roster.go_by(days_off.calendar(days_off.decisions(self._events)))

    def _sound(self, rows: Mapping[bytes, SignedEvent]) -> dict[bytes, SignedEvent]:
        """Those that whoever may have signed them signed, whatever the time: only these are worth keeping."""
        return {leaf: it for leaf, it in rows.items() if standing.is_signed(it, self._roster())}
