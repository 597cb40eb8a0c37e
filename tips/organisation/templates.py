"""The organisations that ship, as documents: what a new home is founded from, and what a release offers to adopt.

`hcmc-districts` (a desk for the area of each former district, today's wards below it) and `hcmc-2025` (the 168 ward
queues) are composed of the same files; both know today's areas and every name that came before. `company` is a small
one. What an edition is made of is never changed again: a correction is a new edition, with files of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tips import errors
from tips.data import read
from tips.organisation import documents
from tips.organisation.documents import Document
from tips.organisation.taxonomy import categories

DEFAULT: Final = "hcmc-districts"
POLICE: Final = "catp"  # the city police as a whole: above every desk
NOWHERE: Final[Mapping[str, Any]] = {"districts": [], "wards": [], "old_wards": [], "former": {}}
_POLICY: Final = ("deadlines", "retention", "extension", "resumption", "bounces")


def names() -> tuple[str, ...]:
    """Every organisation that ships."""
    return tuple(_editions())


@functools.cache
def newest(name: str) -> Document:
    """A shipped organisation's newest edition.

    Raises:
        BadSetting: there is no such organisation.
    """
    if name not in _editions():
        raise errors.BadSetting(f"no organisation {name!r} (TINBAO_ORG, --org): choose one of {', '.join(names())}")
    return _composed(name, _editions()[name][-1])


@functools.cache
def signed_as(name: str, digest: str) -> Document | None:
    """The edition that homes were signed for before organisations were documents; None: no program had such a one."""
    editions = _editions().get(name, ())
    return next((_composed(name, it) for it in editions if it.get("signed_as") == digest), None)


def edition(name: str, digest: str) -> Document | None:
    """The shipped edition of such a digest; None: it is somebody's own, or of another program."""
    found = (_composed(name, it) for it in reversed(_editions().get(name, ())))
    return next((it for it in found if it.digest == digest), None) or signed_as(name, digest)


def _editions() -> Mapping[str, list[dict[str, Any]]]:
    found: Mapping[str, list[dict[str, Any]]] = read("templates.json")["templates"]
    return found


def _composed(name: str, edition: Mapping[str, Any]) -> Document:
    policy = read(edition["policy"])
    shared = {"schema": documents.SCHEMA, "name": name, "policy": {key: policy[key] for key in _POLICY}}
    if "document" in edition:
        return documents.of_plain({"areas": NOWHERE, "categories": {}, **shared, **read(edition["document"])})
    offices, areas, rules = read(edition["offices"]), read(edition["areas"]), read(edition["rules"])
    return documents.of_plain(
        {
            **shared,
            "title": edition["title"],
            "issued": edition["issued"],
            "source": offices["source"],
            "areas": {key: areas[key] for key in NOWHERE},
            "units": list(_units(offices["offices"], areas, desks=edition["desks"])),
            "climbs": offices["climbs"],
            "conflicts": _rules(rules["conflicts"]),
            "chosen": _rules(rules["chosen"]),
            "together": rules["together"],
            "owners": offices["owners"],
            "categories": {
                code: {"department": it.department, "urgency": it.urgency} for code, it in categories().items()
            },
            "founders": offices["founders"],
        }
    )


def _rules(listed: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"accused": kind, **rule} for kind, rule in listed.items()]


def _units(offices: list[dict[str, Any]], areas: Mapping[str, Any], *, desks: bool) -> Iterator[dict[str, Any]]:
    """The offices as listed; a desk for each former district, where there are such; the police of each ward."""
    yield from ({**row, "area": None} for row in offices)
    for it in areas["districts"] if desks else ():
        yield _unit("area", it["code"], it["name"], "area_desk", POLICE)
    for ward in areas["wards"]:
        above = f"area-{ward['districts'][0]}" if desks else POLICE
        yield _unit("ward", ward["code"], f"Công an {ward['name']}", "ward_police", above)


def _unit(level: str, area: str, name: str, kind: str, parent: str) -> dict[str, Any]:
    code = f"{level}-{area}"
    return {"code": code, "name": name, "kind": kind, "parent": parent, "receives": True, "area": area}
