"""Claims: which rows are whose to tell, for a while. Of several processes each gets others, and none waits for another.

A claim is a time on the row, in the database's own seconds, and a number of tries: it lapses by itself, and who comes
late with an answer finds another number. One that lies further ahead than any process claims is none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from storage.engine import seconds
from tips.cases import outbox


def claimed(
    table: sa.Table,
    key: sa.Column[Any],
    wanted: sa.ColumnElement[bool],
    order: sa.Column[Any],
    limit: int,
    lease: timedelta,
) -> sa.Executable:
    """Claim rows that are wanted and free, first in this order; it returns them, with this try counted."""
    until = table.c.claimed_until
    free = sa.or_(until.is_(None), until <= seconds(), until > seconds() + int(outbox.LEASE.total_seconds()))
    picked = (  # a table of its own: what is skipped because it is locked is picked once
        sa.select(key).where(wanted, free).order_by(order).limit(limit).with_for_update(skip_locked=True).cte("picked")
    )
    until_then = seconds() + int(lease.total_seconds())
    return (
        table.update()
        .where(key.in_(sa.select(picked.c[key.name])))
        .values(tries=table.c.tries + 1, claimed_until=until_then)
        .returning(*table.c)
    )
