"""Make `tips/data/organisation.json` and `tips/data/taxonomy.json`: who can receive, who rules over whom, and the
conflict table.

    python scripts/make_organisation.py tips/data/areas.json TAXONOMY tips/data

Units: vnexpress 4908399 and thanhnien of 29-6-2025 (178 commune-level police units, 35 departments), TT
11/2025/TT-BCA (PC01 to PC04). The codes PC05, PC06, PX05 and PA04 are not confirmed for the time after 1 July 2025:
they stand here, as data, to be changed. The conflict table is a proposal from Art. 12 of the Luật Tố cáo and Art.
163 BLTTHS, to be confirmed by a lawyer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SINCE = "2025-07-01"
POLICE = "catp"  # the city police as a whole: nobody's queue, the root of what is below its leaders
FIXED = [  # code, name, kind, parent, receives
    (POLICE, "Công an Thành phố Hồ Chí Minh", "city_police", None, False),
    ("pc01", "Văn phòng Cơ quan Cảnh sát điều tra (PC01)", "city_department", POLICE, True),
    ("pc02", "Phòng Cảnh sát hình sự (PC02)", "city_department", POLICE, True),
    ("pc03", "Phòng Cảnh sát kinh tế (PC03)", "city_department", POLICE, True),
    ("pc04", "Phòng Cảnh sát điều tra tội phạm về ma túy (PC04)", "city_department", POLICE, True),
    ("pc05", "Phòng Cảnh sát môi trường (PC05)", "city_department", POLICE, True),
    ("pc06", "Phòng Cảnh sát quản lý hành chính về trật tự xã hội (PC06)", "city_department", POLICE, True),
    (
        "pc07",
        "Phòng Cảnh sát phòng cháy, chữa cháy và cứu nạn, cứu hộ (PC07)",
        "city_department",
        POLICE,
        True,
    ),
    ("pc08", "Phòng Cảnh sát giao thông (PC08)", "city_department", POLICE, True),
    ("pa04", "Phòng An ninh kinh tế (PA04)", "city_department", POLICE, True),
    (
        "pa05",
        "Phòng An ninh mạng và phòng, chống tội phạm công nghệ cao (PA05)",
        "city_department",
        POLICE,
        True,
    ),
    ("px05", "Thanh tra Công an Thành phố (PX05)", "city_department", POLICE, True),
    ("ttra-tp", "Thanh tra Thành phố Hồ Chí Minh", "inspectorate", None, True),
    ("vks-tp", "Viện kiểm sát nhân dân Thành phố Hồ Chí Minh", "procuracy", None, True),
    ("vks-tc", "Cơ quan điều tra Viện kiểm sát nhân dân tối cao", "procuracy", None, True),
    ("bca-c01", "Văn phòng Cơ quan Cảnh sát điều tra Bộ Công an (C01)", "ministry", None, True),
    (
        "bca-c03",
        "Cục Cảnh sát điều tra tội phạm về tham nhũng, kinh tế Bộ Công an (C03)",
        "ministry",
        None,
        True,
    ),
    ("ttcp", "Thanh tra Chính phủ", "inspectorate", None, True),
    ("bcd-138", "Ban Chỉ đạo 138 Thành phố Hồ Chí Minh", "steering", None, False),
    ("duty", "Trực ban hình sự Công an Thành phố (PC01)", "duty", POLICE, True),
    ("held", "Giữ lại chờ người điều phối", "held", None, True),
]
CLIMBS = {  # a unit or a kind -> where a late case of theirs climbs
    "area_desk": "duty",
    "city_department": "vks-tp",
    "city_police": "vks-tp",
    "duty": "vks-tp",
    "ttra-tp": "vks-tp",
    "ttcp": "vks-tc",
    "ministry": "vks-tc",
    "vks-tp": "vks-tc",
    "vks-tc": "held",
    "steering": "held",
}
CONFLICTS = {  # in order of rank, highest first; `also` is read by `tips.triage.routing`
    "city_police_leadership": {
        "to": ["bca-c01", "vks-tc"],
        "also": ["unit:catp", "unit:bcd-138"],
        "means": "unit:catp",
    },
    "city_peoples_committee": {
        "to": ["bca-c03", "ttcp"],
        "also": ["unit:ttra-tp", "unit:bcd-138"],
        "means": None,
    },
    "court_or_procuracy": {"to": ["vks-tc", "bca-c01"], "also": ["unit:vks-tp"], "means": "unit:vks-tp"},
    "city_department": {"to": ["bca-c01", "vks-tp"], "also": ["unit:px05"], "means": "kind:city_department"},
    "district_police": {"to": ["px05", "vks-tp"], "also": ["desks", "wards"], "means": "desks"},
    "ward_police": {"to": ["px05", "vks-tp"], "also": ["desks"], "means": "wards"},
    "ward_peoples_committee": {"to": ["pc03", "ttra-tp"], "also": [], "means": "wards"},
    "other_official": {"to": ["pc03", "ttra-tp"], "also": [], "means": None},
}
TOGETHER = [["duty", "pc01"]]  # one office under two codes: excluding one excludes both
OWNERS = {  # categories that no area desk owns, by the taxonomy's first department; the longest prefix counts
    "corruption": "pc03",
    "cover_up": "pc02",
    "cover_up.protection": "px05",
    "cover_up.mishandled_case": "vks-tp",
    "justice": "vks-tp",
    "cyber": "pa05",
    "trade.tax": "pc03",
    "trade.fake_money": "pa04",
}


def main(areas_file: str, taxonomy_file: str, folder: str) -> None:
    """Write both files."""
    areas = json.loads(Path(areas_file).read_text("utf-8"))
    table = {
        "source": "scripts/make_organisation.py; the conflict table is a proposal, to be confirmed by a lawyer",
        "as_of": "2026-08",
        "valid_from": SINCE,
        "climbs": CLIMBS,
        "conflicts": CONFLICTS,
        "together": TOGETHER,
        "owners": OWNERS,
        "organisations": {
            "hcmc-districts": [*_fixed(), *_desks(areas), *_wards(areas, desks=True)],
            "hcmc-2025": [*_fixed(), *_wards(areas, desks=False)],
        },
    }
    Path(folder, "organisation.json").write_text(_dump(table), "utf-8")
    taxonomy = json.loads(Path(taxonomy_file).read_text("utf-8"))
    rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in taxonomy)
    Path(folder, "taxonomy.json").write_text(f"[\n{rows}\n]\n", "utf-8")


def _fixed() -> list[dict[str, Any]]:
    return [_row(code, name, kind, parent, receives, None) for code, name, kind, parent, receives in FIXED]


def _desks(areas: dict[str, Any]) -> list[dict[str, Any]]:
    return [_row(f"area-{it['code']}", it["name"], "area_desk", POLICE, True, it["code"]) for it in areas["districts"]]


def _wards(areas: dict[str, Any], *, desks: bool) -> list[dict[str, Any]]:
    return [
        _row(
            f"ward-{it['code']}",
            f"Công an {it['name']}",
            "ward_police",
            f"area-{it['districts'][0]}" if desks else POLICE,
            True,
            it["code"],
        )
        for it in areas["wards"]
    ]


def _row(code: str, name: str, kind: str, parent: str | None, receives: bool, area: str | None) -> dict[str, Any]:
    return {"code": code, "name": name, "kind": kind, "parent": parent, "receives": receives, "area": area}


def _dump(table: dict[str, Any]) -> str:
    parts = [
        f'  "{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in table.items() if key != "organisations"
    ]
    lists = []
    for name, units in table["organisations"].items():
        rows = ",\n".join("      " + json.dumps(unit, ensure_ascii=False) for unit in units)
        lists.append(f'    "{name}": [\n{rows}\n    ]')
    parts.append('  "organisations": {\n' + ",\n".join(lists) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main(*sys.argv[1:4])
