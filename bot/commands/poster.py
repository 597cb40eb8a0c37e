"""`tinbao poster`: a page to hang up and a page of slips, as PDF and as SVG, with codes that bring the place along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import locales
from bot import organisation_files
from bot.live_roster import known_organisation
from bot.poster import pdf, sheets, svg
from bot.poster.sheets import Door, Place
from bot.settings import Settings
from bot.wiring import wall_clock
from handlers import webchat, who_reads
from tips import errors
from tips.triage import Triager


def write(settings: Settings, area: str, langs: Sequence[str], folder: Path) -> int:
    """Write the files of an area into a folder, and say their names.

    Raises:
        BadSetting: the place is unknown or could be several, or a language is not spoken.
    """
    langs = langs or locales.LANGUAGES
    if unknown := [it for it in langs if it not in locales.LANGUAGES]:
        raise errors.BadSetting(f"--lang knows {', '.join(locales.LANGUAGES)}, not {', '.join(unknown)}")
    code, place = _place(settings, area)
    doors = _doors(settings, code)
    poster = sheets.poster(place, doors, langs)
    slips = sheets.slips(place, doors[0], langs[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (
        (f"poster-{code}.pdf", pdf.written([poster, slips])),
        (f"poster-{code}.svg", svg.written(poster).encode()),
        (f"slips-{code}.svg", svg.written(slips).encode()),
    ):
        (folder / name).write_bytes(data)
        print(folder / name)
    return 0


def _place(settings: Settings, area: str) -> tuple[str, Place]:
    """A place's code, and how it is told of."""
    known = known_organisation(settings.secrets, wall_clock())
    organisation = known or organisation_files.organisation(settings.organisation)
    found = Triager(organisation).resolve_area(area)
    code = found.ward or found.district
    if found.district is None or code is None:
        could_be = ", ".join(it.name for it in found.candidates) or "nowhere in the city"
        raise errors.BadSetting(f"which place is “{area}”? It could be: {could_be}")
    readers = f"{settings.public_url}{who_reads.PATH}?{who_reads.AREA}={code}"
    return code, Place(organisation.area_name(code), readers)


def _doors(settings: Settings, code: str) -> list[Door]:
    """The ways in that are told of in the settings, the web first. Zalo's links carry no place: it is to be written."""
    doors = [Door("Web", f"{settings.public_url}/?{webchat.AREA}={quote(code)}", ("poster.web",))]
    if settings.telegram_name:
        address = f"https://t.me/{settings.telegram_name}?start={quote(code)}"
        doors.append(Door("Telegram", address, ("poster.messenger",)))
    if settings.zalo_link:
        doors.append(Door("Zalo", settings.zalo_link, ("poster.zalo", "poster.messenger")))
    return doors
