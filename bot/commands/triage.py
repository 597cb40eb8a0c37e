"""`tinbao triage`: what triage makes of texts, line by line; needs no home and keeps nothing."""

from __future__ import annotations

import functools
import json
from typing import IO, Any

import locales
from bot import organisation_files
from handlers.desk import view_models
from tips import errors, triage


def run(name: str, source: IO[str], sink: IO[str]) -> int:
    """`tinbao triage`."""
    organisation = organisation_files.organisation(name)
    triager = triage.Triager(organisation)

    def render(reason: triage.Reason) -> str:
        return view_models.reason_text(
            {"rule": reason.rule, "params": reason.params}, organisation, functools.partial(locales.say, locales.SOURCE)
        )

    for number, line in enumerate(source, start=1):
        if line.strip():
            id_, text = _text_of(line, number)
            found = triage.as_json(id_, triager.triage(text), organisation, render)
            sink.write(json.dumps(found, ensure_ascii=False) + "\n")
            sink.flush()
    return 0


def _text_of(line: str, number: int) -> tuple[Any, str]:
    try:
        row = json.loads(line)
        return row.get("id"), str(row["text"])
    except (ValueError, KeyError, AttributeError) as error:
        raise errors.BadSetting(f'line {number} is not {{"id": …, "text": …}} as JSON') from error
