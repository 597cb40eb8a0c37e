"""Logs: what happened to the machine, never what anybody said. No text, id, address, receipt or token.

Libraries that would log requests, URLs or SQL are kept at a level where they do not, whatever the level of ours.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from datetime import UTC, datetime
from typing import Any, Final, TextIO

# Loggers that name URLs (tokens), updates (texts) or statements below this level, and from which level they may speak.
QUIET: Final = {
    "alembic": logging.WARNING,
    "aiogram": logging.CRITICAL,
    "aiohttp": logging.CRITICAL,
    "aiosqlite": logging.WARNING,
    "apscheduler": logging.WARNING,
    "asyncio": logging.CRITICAL,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "multipart": logging.WARNING,
    "python_multipart": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "telegram": logging.CRITICAL,
    "uvicorn.access": logging.CRITICAL,
    "uvicorn.error": logging.ERROR,
}


class _Plain(logging.Formatter):
    """One line: time, level, logger, message; of an error only its type and place, never its values."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging's own name)
        kind, trace = ei[0], ei[2]
        if kind is None:  # said of no error at all, as some libraries do
            return "no error"
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}" if trace else "?"
        return f"{kind.__name__} at {place}"


class _Json(_Plain):
    """The same facts as an object a line, for whoever collects logs."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def configure(level: int = logging.INFO, *, as_json: bool = False) -> None:
    """Send logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else _Plain("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, floor in QUIET.items():
        logging.getLogger(name).setLevel(max(level, floor))
    warnings.showwarning = _warned
    sys.excepthook = _uncaught
    threading.excepthook = lambda it: _uncaught(it.exc_type, it.exc_value, it.exc_traceback)
    sys.unraisablehook = lambda it: _uncaught(it.exc_type, it.exc_value, it.exc_traceback)


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A library's warning by its kind and place: its words may be a whole update."""
    logging.getLogger("bot").warning("%s at %s:%d", category.__name__, filename.rsplit("/", 1)[-1], lineno)


def _uncaught(*error: Any) -> None:
    """What ends a thread or the process is an error like any other: Python's own words would show its values."""
    logging.getLogger("bot").critical("nobody caught this", exc_info=error)
