"""A report as a page to print: at the desk with the desk's style sheet, as a file with its own inside."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from handlers.exports.report import Report
from handlers.pages import FOLDER, Pages

TEMPLATE: Final = "report.html"
_STYLE: Final = FOLDER / "static" / "report.css"


def standing_alone(report: Report) -> bytes:
    """The page, which needs no other file."""
    style = Markup(_STYLE.read_text("utf-8"))  # noqa: S704 (ours)
    return bytes(Pages(demo=False).respond(TEMPLATE, lang=report.lang, report=report, style=style).body)
