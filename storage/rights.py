"""Rights: what each part may do with each table on PostgreSQL, as one table of data. `storage.roles` puts it in force.

The intake inserts, and finds by exact id: of tips, their pieces and keys, mailboxes, events and drafts it has only the
views of `storage.known`. Nobody but the tables' owner deletes a tip, or changes or deletes an event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storage.engine import KNOWN
from storage.known import PREFIX
from storage.tables import PASSING

ANY: Final = "true"  # whichever row
_WORDS: Final = re.compile(r"(select|insert|update|delete)(?:\(([\w, ]+)\))?")


class Part(StrEnum):
    """Whose rights: a part that serves, or whoever makes the nightly backup."""

    INTAKE = "intake"
    DESK = "desk"
    OFFICERS = "officers"
    CLOCK = "clock"
    BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class Right:
    """One command on a table."""

    command: str  # as SQL calls it
    columns: tuple[str, ...] = ()  # none: all of them
    rows: str = ANY  # those that are there for it, as a condition
    new: str = ANY  # what a row must be that it writes


Rights = tuple[Right, ...]


def may(words: str, rows: str = ANY, new: str = "") -> Rights:
    """Rights as words: `select`, `update(sealed, version)`.

    Args:
        rows: which rows these commands find.
        new: what a row must be that they write; "": one that they find.
    """
    return tuple(
        Right(command.upper(), tuple(columns.split(", ")) if columns else (), rows, new or rows)
        for command, columns in _WORDS.findall(words)
    )


INTAKE, DESK, OFFICERS, CLOCK, BACKUPS = Part
SERVING: Final = (INTAKE, DESK, OFFICERS, CLOCK)
STEPS: Final = (INTAKE, DESK, CLOCK)  # they bring cases on

PROBE: Final = "name = 'probe'"  # see `storage.probe`
UNSENT: Final = "NOT is_filed(envelope_id)"  # no tip has this file
WAITS: Final = f"EXISTS (SELECT FROM waiting_file AS it WHERE it.envelope_id = blob.envelope_id) AND {UNSENT}"
OF_A_CASE: Final = "case_id <> ''"  # what counts for the whole home is nobody's word there
OWN: Final = f"instance = ANY ((SELECT nullif(current_setting('{KNOWN}', true), '')::bytea[])::bytea[])"
COUNTED: Final = "of <> 'sign'"  # what the intake counts; early signs are the clock's
PUBLISHED: Final = may("select(period, number, figures, leaf, body, signature)")  # not `counted`: what was hidden

LOCKS: Final = {CLOCK: ("waiting_leaf", "leaf_tally")}  # for which PostgreSQL asks for the right to change the whole
_READ: Final = dict.fromkeys(SERVING, may("select"))
_PROBED: Final = may("select insert delete", PROBE)
_UNNAMED: Final = dict.fromkeys(STEPS, may("select(case_id) update(case_id, due_at)"))

TABLES: Final[Mapping[str, Mapping[Part, Rights]]] = {
    "alembic_version": _READ,
    # --- cases
    "tip": {
        INTAKE: may("insert"),
        DESK: may("select"),
        OFFICERS: may("select(unit, state, officer, opened, restricted, due_at)"),
        CLOCK: may("select"),
    },
    "known_tip": dict.fromkeys(STEPS, may("select update")),
    "envelope": {INTAKE: may("insert"), DESK: may("select insert delete"), CLOCK: may("select delete")},
    "known_envelope": dict.fromkeys(STEPS, may("select update(part, commitment, release)")),
    "reading_grant": {
        INTAKE: may("insert"),
        DESK: may("select insert update delete"),
        CLOCK: may("select insert update delete"),
    },
    "known_reading_grant": dict.fromkeys(STEPS, may("select delete")),
    "mailbox": {INTAKE: may("insert"), DESK: may("select insert"), CLOCK: may("select insert")},
    "known_mailbox": dict.fromkeys(STEPS, may("select delete")),
    "milestone": {INTAKE: may("insert"), DESK: may("insert"), CLOCK: may("select insert delete")},
    # --- files: who makes room for one looks at all that wait; what a chunk holds the intake never reads
    "blob": {
        INTAKE: may("insert", WAITS),
        DESK: may("select insert delete"),
        CLOCK: may("select(envelope_id, number) delete"),
    },
    "known_blob": dict.fromkeys(STEPS, may("select delete")),
    "waiting_file": {
        INTAKE: may("select update(expires_at) delete") + may("insert", UNSENT),
        DESK: may("select insert delete"),
        CLOCK: may("select delete"),
        BACKUPS: may("select(envelope_id)"),
    },
    # --- the ledger and its tree, which is public but for what stands behind its leaves
    "event": {INTAKE: may("insert", OF_A_CASE), DESK: may("select insert"), CLOCK: may("select insert")},
    "known_event": dict.fromkeys(STEPS, may("select")),
    "known_standing": _READ,
    "waiting_leaf": {
        INTAKE: may("insert"),
        DESK: may("select insert"),
        CLOCK: may("select insert update delete"),
    },
    "leaf_tally": {
        INTAKE: may("select insert update", OWN),
        DESK: may("select insert update", OWN),
        CLOCK: may("select insert update"),
    },
    "tree_head": {INTAKE: may("select"), DESK: may("select"), CLOCK: may("select insert update delete")},
    "tree_node": {INTAKE: may("select"), DESK: may("select"), CLOCK: may("select insert update")},
    "tree_place": {INTAKE: may("select"), DESK: may("select"), CLOCK: may("select insert update")},
    "tree_blind": {DESK: may("select"), CLOCK: may("select insert update")},
    "tree_cosignature": {INTAKE: may("select insert update"), DESK: may("select")},
    # --- unfinished tips, and who wants to be told: the intake goes through the addresses of all who asked
    "draft": {INTAKE: may("insert"), CLOCK: may("select delete")},
    "address": {
        INTAKE: may("select insert update delete"),
        DESK: may("select(case_id, news_from, trouble) update(news_from, tries, trouble)"),
        CLOCK: may("select(case_id) update(news_from, tries, trouble) delete"),
    },
    # --- what officers are told
    "ping": {
        INTAKE: may("insert"),
        DESK: may("insert"),
        OFFICERS: may("select update(after) delete"),  # who reads rows FOR UPDATE must be allowed to change something
        CLOCK: may("insert"),
    },
    "known_ping": _UNNAMED,
    "push": {DESK: may("select update delete"), OFFICERS: may("select insert update delete")},
    "known_push": _UNNAMED,
    "topic": {OFFICERS: may("select insert delete")},
    "known_topic": dict.fromkeys(STEPS, may("select delete")),
    "officer_chat": {DESK: may("select"), OFFICERS: may("select insert update delete")},
    "link_code": {DESK: may("insert"), OFFICERS: may("select update delete")},
    # --- the clock's own
    "job_run": {CLOCK: may("select insert delete")},
    "contact": dict.fromkeys(SERVING, may("select insert delete")),  # what is said of channels, no person among it
    "stuck": {DESK: may("select"), CLOCK: may("select insert delete")},
    # --- figures
    "period": {
        INTAKE: PUBLISHED,
        DESK: PUBLISHED,
        OFFICERS: PUBLISHED,
        CLOCK: may("select insert update delete"),
    },
    "opens": {INTAKE: may("select insert update(count)"), CLOCK: may("select")},
    "tally": {INTAKE: may("select insert update(count)", COUNTED), CLOCK: may("select insert update(count)")},
    # --- people and their keys
    "person": {DESK: may("select insert update delete")},
    "session": {DESK: may("select insert update delete"), CLOCK: may("select(seen_at) delete")},
    "invitation": {DESK: may("select insert update delete"), CLOCK: may("select(expires_at) delete")},
    "unit_seed": {  # a copy that does not open makes way for another; the clock asks who has any
        DESK: may("select insert delete"),
        CLOCK: may("select(unit, generation, holder)"),
    },
    "roster": _READ,
    "organisation": _READ,
    "kept": {INTAKE: _PROBED, OFFICERS: _PROBED, DESK: _PROBED + may("select"), CLOCK: _PROBED + may("select")},
    "known_kept": {INTAKE: may("select")},
}


FUNCTIONS: Final[Mapping[str, tuple[Part, ...]]] = {  # who may call those of `storage.known`
    "hold_schema()": SERVING,
    "is_filed(bytea)": (INTAKE,),
    "find_draft(bytea)": SERVING,  # every part says at `/readyz` whether drafts can be reached
    "put_draft(bytea, bigint, bigint, bytea, bigint)": (INTAKE,),
    "drop_draft(bytea, bigint)": (INTAKE,),
}


def of(table: str, part: Part) -> Rights:
    """A part's rights on a table, or on a view of one; a backup reads whatever lasts."""
    if part is BACKUPS and table not in PASSING and not table.startswith(PREFIX):
        return may("select")
    return TABLES[table].get(part, ())


def narrowed(table: str) -> bool:
    """Whether some part does not find each row of a table, or may not write each."""
    return any((right.rows, right.new) != (ANY, ANY) for part in Part for right in of(table, part))
