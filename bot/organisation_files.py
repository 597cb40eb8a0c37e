"""Organisations as files: what a home is founded from, compared with, and adopts."""

from __future__ import annotations

from pathlib import Path

from tips import errors
from tips.organisation import document_checks, documents, templates, units
from tips.organisation.documents import Document
from tips.organisation.units import Organisation


def document(named: str) -> Document:
    """The document of a file, or of an organisation that ships; its shape was looked at, and not what it says.

    Raises:
        BadSetting: there is neither, or the file holds no document.
    """
    if named in templates.names() or not Path(named).exists():
        return templates.newest(named)
    try:
        with Path(named).open("rb") as file:
            return documents.read(file.read(documents.LARGEST + 1))
    except OSError as error:
        raise errors.BadSetting(f"{named} cannot be read ({error.strerror})") from error


def organisation(named: str) -> Organisation:
    """The organisation of a file, or one that ships; whoever founds a home from it finds nothing wrong in it.

    Raises:
        BadSetting: as `document` does; or it has problems.
    """
    found = document(named)
    if problems := document_checks.check(found):
        raise errors.BadSetting(
            f"{named} has {len(problems)} problems, nothing was changed: `tinbao org check {named}` names them"
        )
    return units.of_document(found)
