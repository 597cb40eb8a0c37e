"""`tinbao poster`: a page to print and hang up, with the chat's address as a QR code."""

from __future__ import annotations

from typing import IO

import segno

import locales
from bot.settings import Settings
from handlers import who_reads
from handlers.pages import Pages
from tips import errors
from tips.organisation import units
from tips.triage import Triager


def write(settings: Settings, area: str, sink: IO[str]) -> int:
    """Write the poster of an area.

    Raises:
        BadSetting: the place is unknown or could be several.
    """
    organisation = units.load(settings.organisation)
    found = Triager(organisation).resolve_area(area)
    place = found.ward or found.district
    if found.district is None or place is None:
        could_be = ", ".join(it.name for it in found.candidates) or "nowhere in the city"
        raise errors.BadSetting(f"which place is “{area}”? It could be: {could_be}")
    desk = locales.say(locales.SOURCE, "unit.area_desk", name=organisation.area_name(found.district))
    address = f"{settings.public_url}/"
    code = segno.make(address, error="q").svg_inline(omitsize=True, border=2)
    page = Pages(demo=False).respond(
        "poster.html",
        lang=locales.SOURCE,
        area=organisation.area_name(place),
        desk=desk,
        address=address,
        code=code,
        readers=f"{settings.public_url}{who_reads.PATH}?{who_reads.AREA}={place}",
    )
    sink.write(bytes(page.body).decode())
    return 0
