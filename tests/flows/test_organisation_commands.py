"""`tinbao org`: what another organisation would change is said before anything is; what is wrong changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.commands import organisation
from tests.fakes.home import opened
from tests.fakes.people import AN, BINH, KIEM, THANH, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_organisation_in_the_home import IS, WARD, WAS, changed, renamed
from tips import errors
from tips.organisation import templates, units

PEOPLE = (AN, BINH, TRUC, KIEM, THANH)


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


def written(folder: Path, change: Any) -> str:
    file = folder / "other.json"
    file.write_bytes(changed(change).data)
    return str(file)


def reformed(plain: dict[str, Any]) -> None:
    """Quận 3's desk goes to Quận 1's, a ward is renamed, a department is new, and one climbs elsewhere."""
    renamed(plain)
    plain["units"] = [it for it in plain["units"] if it["code"] != "area-770"]
    for it in plain["units"]:
        if it["parent"] == "area-770":
            it["parent"] = "area-760"
    for ward in plain["areas"]["wards"]:
        ward["districts"] = list(dict.fromkeys("760" if it == "770" else it for it in ward["districts"]))
    plain["areas"]["districts"] = [it for it in plain["areas"]["districts"] if it["code"] != "770"]
    for it in plain["areas"]["old_wards"]:
        it["district"] = "760" if it["district"] == "770" else it["district"]
    plain["units"].append(
        {"code": "pc09", "name": "Phòng Kỹ thuật", "kind": "city_department", "parent": "catp", "receives": True,
         "area": None}
    )  # fmt: skip
    plain["climbs"]["duty"] = "ttra-tp"
    plain["policy"]["deadlines"]["screening"]["hours"] = 12


async def test_what_would_change_is_said_in_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Units, areas, rules; open cases of a unit that goes, its people, and who would lack a key. Nothing is changed."""
    async with opened(tmp_path, PEOPLE) as office:
        await office.citizen().sends(TIP)
        before = office.product.roster()
        capsys.readouterr()
        assert await organisation.diff(office.settings, written(tmp_path, reformed)) == 0
        said = capsys.readouterr().out
        for line in (
            "The unit area-770 goes: Quận 3.",
            "The area 770 goes: Quận 3.",
            f"The area {WARD} is called “{IS}”; it was “{WAS}”.",
            "New unit pc09: Phòng Kỹ thuật.",
            "Late cases of duty climb to ttra-tp; it was vks-tp.",
            "The time of screening is hours 12; it was hours 24.",
            "! 1 open cases are at Quận 3 (area-770), which goes: they climb to the next clean level.",
            "! 1 people work at Quận 3 (area-770), which goes: enrol them elsewhere.",
            "! Quận 3 (area-770) goes, and nobody is named who follows it: cases that shut it out shut out nobody in"
            " its place.",
            "! Phòng Kỹ thuật (pc09) has no key and nobody to read: tips pass it by until somebody joins.",
        ):
            assert line in said.splitlines()
        assert "karaoke" not in said
        assert office.product.roster() == before
        assert await organisation.diff(office.settings, templates.DEFAULT) == 0
        assert capsys.readouterr().out == "Nothing would change.\n"


async def test_whose_tips_nobody_clean_would_judge_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table that is sound on paper, where those whom it names have nobody in this home."""

    def elsewhere(plain: dict[str, Any]) -> None:
        plain["climbs"] |= {"city_department": "ttcp", "ttcp": "held", "vks-tp": "held"}
        for row in plain["conflicts"]:
            if row["accused"] == "ward_police":
                row["to"] = ["ttcp"]

    async with opened(tmp_path, PEOPLE) as office:
        capsys.readouterr()
        await organisation.diff(office.settings, written(tmp_path, elsewhere))
        said = capsys.readouterr().out.splitlines()
        name = office.product.organisation.unit_name(f"ward-{WARD}")
        assert f"! If {name} (ward-{WARD}) is accused, nobody clean who has a key would be left." in said


def test_what_is_wrong_is_named_and_no_terminal_is_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence each, exit code 1; signs that a terminal obeys are taken out."""

    def wrong(plain: dict[str, Any]) -> None:
        plain["units"][0]["parent"] = "pc01"
        plain["title"] = "red\x1b[31m"

    assert organisation.check(written(tmp_path, wrong)) == 1
    said = capsys.readouterr().out
    assert "These units command one another in a circle: catp > pc01 > catp." in said.splitlines()
    assert "\x1b" not in said
    assert organisation.check(templates.DEFAULT) == 0


def test_tables_of_a_spreadsheet_become_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Columns in any order, with the mark that spreadsheets write; a table that breaks something writes nothing."""
    table, out = tmp_path / "units.csv", tmp_path / "out.json"
    rows = [[row[key] for key in ("name", "code", "kind", "parent", "receives", "area")] for row in
            templates.newest("company").plain["units"]]  # fmt: skip
    rows.append(["Chi nhánh, miền Trung", "branch-middle", "branch", None, True, None])
    lines = [",".join(f'"{"" if it is None else it}"' for it in row) for row in rows]
    table.write_text("\n".join(["name,code,kind,parent,receives,area", *lines]), "utf-8-sig")
    assert organisation.take_tables("company", {"units": table, "wards": None}, out) == 0
    made = organisation.organisation_files.organisation(str(out))
    assert made.unit("branch-middle").name == "Chi nhánh, miền Trung"
    assert made.units.keys() - units.load("company").units.keys() == {"branch-middle"}
    out.unlink()
    for wrong in (lines[:-3], [*lines, '"X","x","branch","nobody","true",""'], [*lines, '"X","x","branch"'],
                  [*lines, '"X","x","branch","","perhaps",""'], [*lines, '"']):  # fmt: skip
        table.write_text("\n".join(["name,code,kind,parent,receives,area", *wrong]), "utf-8")
        with pytest.raises(errors.BadSetting):
            organisation.take_tables("company", {"units": table, "wards": None}, out)
        assert not out.exists()


def test_wards_of_a_spreadsheet_become_a_document(tmp_path: Path) -> None:
    """Districts are parted by spaces, the main one first."""
    table, out = tmp_path / "wards.csv", tmp_path / "out.json"
    wards = templates.newest("hcmc-2025").plain["areas"]["wards"]
    lines = [
        f"{it['code']},{it['name']},{' '.join(it['districts'])},{it['lat']},{it['lon']},{it['valid_from']},"
        for it in wards
    ]
    table.write_text("\n".join(["code,name,districts,lat,lon,valid_from,valid_to", *lines]), "utf-8")
    assert organisation.take_tables("hcmc-2025", {"units": None, "wards": table}, out) == 0
    assert json.loads(out.read_text("utf-8")) == templates.newest("hcmc-2025").plain
