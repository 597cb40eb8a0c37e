"""An organisation's document: what is none is refused with one error, and what is wrong in one is found and named."""

import copy
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import locales
from tips import errors
from tips.cases.case import State
from tips.data import read
from tips.organisation import document_checks, documents, templates, units
from tips.organisation.document_checks import Problem
from tips.triage import Accusation, Triager, routing

SHIPPED = templates.names()
CITY = templates.newest("hcmc-districts")


def changed(change: Callable[[dict[str, Any]], object], name: str = "hcmc-districts") -> documents.Document:
    plain = copy.deepcopy(dict(templates.newest(name).plain))
    change(plain)
    return documents.of_plain(plain)


def unit(plain: dict[str, Any], code: str) -> dict[str, Any]:
    return next(row for row in plain["units"] if row["code"] == code)


def rule(plain: dict[str, Any], accused: str) -> dict[str, Any]:
    return next(row for row in plain["conflicts"] if row["accused"] == accused)


# --- what ships -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_has_no_problem_and_survives_its_own_file(name: str) -> None:
    """Laid out anew, with its keys in another order, it is the same document."""
    shipped = templates.newest(name)
    assert document_checks.check(shipped) == []
    other = dict(reversed(list(json.loads(shipped.data).items())))
    assert documents.read(json.dumps(other, indent=3).encode()).digest == shipped.digest
    assert units.of_document(shipped).digest == hashlib.sha256(shipped.data).hexdigest()


@pytest.mark.parametrize(("name", "desks"), [("hcmc-districts", True), ("hcmc-2025", False)])
def test_homes_of_earlier_programs_are_understood_for_ever(name: str, desks: bool) -> None:
    """The digest that their rosters name is reckoned here as those programs did: from units, rules and area tables."""
    offices, exclusions, areas = read("organisation.json"), read("exclusions.json"), read("areas.json")
    listed = [asdict(it) for it in units.of_document(templates.newest(name)).units.values()]
    rules = {key: offices[key] for key in ("climbs", "owners")}
    rules |= {key: exclusions[key] for key in ("conflicts", "together")}
    parts = json.dumps([name, listed, rules, areas], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(parts.encode()).hexdigest()
    found = templates.signed_as(name, digest)
    assert found is not None
    assert [row["kind"] == "area_desk" for row in found.plain["units"]].count(True) == (38 if desks else 0)
    assert templates.signed_as("company", digest) is None


def test_the_states_that_have_deadlines_are_those_of_a_case() -> None:
    """The document's states are looked for in the shipped file, which has all of them."""
    assert {*read("deadlines_and_hours.json")["deadlines"]} == {*State}


# --- what is no document ----------------------------------------------------------------------------------------------

DEEP = b'{"schema": 1, "units": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
NO_DOCUMENTS = {
    "empty": b"",
    "no JSON": b"units: none",
    "no UTF-8": b'{"schema": 1, "name": "\xff"}',
    "a list": b"[]",
    "half": CITY.data[:5000],
    "deep": DEEP,
    "50 MB": b'{"schema": 1, "name": "' + b"x" * 50_000_000 + b'"}',
    "another schema": CITY.data.replace(b'"schema":1', b'"schema":2'),
    "a schema that is true": CITY.data.replace(b'"schema":1', b'"schema":true'),
    "no schema": CITY.data.replace(b'"schema":1', b'"scheme":1'),
    "an unknown key": CITY.data.replace(b'"schema":1', b'"schema":1,"zz":1'),
    "a key twice": CITY.data.replace(b'"schema":1', b'"schema":1,"schema":1'),
    "an unknown key deep inside": CITY.data.replace(b'"core":true', b'"core":true,"colour":"red"', 1),
    "a key that is missing": CITY.data.replace(b'"receives":true', b'"receive":true', 1),
    "text for a truth": CITY.data.replace(b'"receives":true', b'"receives":"yes"', 1),
    "a truth for a number": CITY.data.replace(b'"needed":2', b'"needed":true'),
    "a number that is none": CITY.data.replace(b'"needed":2', b'"needed":NaN'),
    "a number of many digits": CITY.data.replace(b'"needed":2', b'"needed":' + b"9" * 5000),
    "half a sign": CITY.data.replace(b'"name":"hcmc-districts"', b'"name":"\\ud800"'),
    "too many units": json.dumps({**CITY.plain, "units": [CITY.plain["units"][0]] * 5001}).encode(),
}


@pytest.mark.parametrize("what", NO_DOCUMENTS)
def test_what_is_no_document_is_refused_with_one_error(what: str) -> None:
    """Within a second, in one line that repeats no more of it than a few words."""
    data, begun = NO_DOCUMENTS[what], time.monotonic()
    with pytest.raises(errors.BadSetting) as refused:
        documents.read(data)
    assert time.monotonic() - begun < 1
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


def test_bytes_that_somebody_was_in_are_believed_no_more() -> None:
    """Only what has the digest that was signed is a document of the home."""
    assert documents.believed(CITY.data, CITY.digest) is not None
    assert documents.believed(CITY.data.replace("Quận 3".encode(), "Quận 4".encode()), CITY.digest) is None
    assert documents.believed(b"", CITY.digest) is None
    loose = json.dumps(CITY.plain, indent=1).encode()  # the same document in other bytes has another digest
    assert documents.believed(loose, hashlib.sha256(loose).hexdigest()) is None


# --- what is wrong in a document --------------------------------------------------------------------------------------

PROBLEMS: dict[str, tuple[Callable[[dict[str, Any]], object], Problem]] = {
    "a cycle": (
        lambda it: unit(it, "catp").update(parent="pc03"),
        Problem("cycle", "catp > pc03 > catp"),
    ),
    "a missing parent": (
        lambda it: unit(it, "pc03").update(parent="pc99"),
        Problem("parent", "pc03: pc99"),
    ),
    "a code twice": (lambda it: it["units"].append(unit(it, "pc03")), Problem("twice", "pc03")),
    "a ward twice": (lambda it: it["areas"]["wards"].append(it["areas"]["wards"][0]), Problem("twice", "25747")),
    "an unknown kind": (lambda it: unit(it, "pc03").update(kind="agency"), Problem("kind", "pc03: agency")),
    "two desks for an area": (
        lambda it: unit(it, "area-778").update(area="770"),
        Problem("two_desks", "Quận 3"),
    ),
    "a desk under another code": (
        lambda it: unit(it, "ward-27475").update(code="wd-27475"),
        Problem("desk_code", "wd-27475"),
    ),
    "no duty desk": (lambda it: unit(it, "duty").update(receives=False), Problem("needed", "duty")),
    "a circle of climbing": (lambda it: it["climbs"].update({"vks-tc": "vks-tp"}), Problem("climbs", "vks-tp")),
    "climbing to nobody": (lambda it: it["climbs"].update({"duty": "vks-99"}), Problem("unit", "vks-99")),
    "an owner that is gone": (lambda it: it["owners"].update({"cyber": "pa99"}), Problem("unit", "pa99")),
    "an owner of no category": (lambda it: it["owners"].update({"magic": "pc03"}), Problem("category", "magic")),
    "a category that nobody has learnt": (
        lambda it: it["categories"].update({"magic.any": {"department": None, "urgency": "P2"}}),
        Problem("category", "magic.any"),
    ),
    "a table that sends the accused their own tip": (
        lambda it: rule(it, "ward_police").update(to=["px05"]) or it["climbs"].update({"city_department": "held"}),
        Problem("no_overseer", "ward-25747"),
    ),
    "a table that lacks whom it cannot name": (
        lambda it: it["conflicts"].remove(rule(it, "other_official")),
        Problem("rule", "other_official"),
    ),
    "a rule in words of its own": (
        lambda it: rule(it, "ward_police").update(also=["friends"]),
        Problem("rule", "ward_police: friends"),
    ),
    "a deadline of nothing": (
        lambda it: it["policy"]["deadlines"]["verifying"].update(days=0),
        Problem("duration", "verifying"),
    ),
    "a deadline of two lengths": (
        lambda it: it["policy"]["deadlines"]["verifying"].update(hours=3),
        Problem("duration", "verifying"),
    ),
    "a deadline longer than a step may give": (
        lambda it: it["policy"]["deadlines"]["accepted"].update(working_days=30),
        Problem("duration", "accepted"),
    ),
    "a deadline that nobody sees end": (
        lambda it: it["policy"]["deadlines"]["verifying"].update(days=10**15),
        Problem("duration", "verifying"),
    ),
    "a state without a word": (
        lambda it: it["policy"]["deadlines"].pop("screening"),
        Problem("state", "screening"),
    ),
    "what is kept for minus a day": (
        lambda it: it["policy"]["retention"]["by_group"].update(corruption=-1),
        Problem("duration", "corruption"),
    ),
    "a name that is not composed": (
        lambda it: unit(it, "pc03").update(name="Pho\u0300ng"),
        Problem("form", "Pho\u0300ng"),
    ),
    "a name with a sign that nobody sees": (
        lambda it: unit(it, "pc03").update(name="Phòng\u202e"),
        Problem("name", "Phòng\u202e"),
    ),
    "a code that is no slug": (
        lambda it: unit(it, "pc03").update(code="PC/03"),
        Problem("code", "PC/03"),
    ),
    "a day that is none": (
        lambda it: it["areas"]["wards"][0].update(valid_from="2025-02-30"),
        Problem("day", "Phường Thủ Dầu Một"),
    ),
    "a ward in a district that is none": (
        lambda it: it["areas"]["wards"][0].update(districts=["999"]),
        Problem("district", "Phường Thủ Dầu Một"),
    ),
    "shares that one branch brings together": (
        lambda it: it["founders"].update(shares=["px05", "pc03", "vks-tp"]),
        Problem("shares", "2"),
    ),
    "an admin who would sign as the clock": (
        lambda it: it["founders"]["admins"][0].update(name="clock"),
        Problem("reserved", "clock"),
    ),
    "a unit that would have the reporter's keys": (
        lambda it: unit(it, "pc03").update(code="receipt"),
        Problem("reserved", "receipt"),
    ),
    "a day of issue that is none": (lambda it: it.update(issued="soon"), Problem("day", "soon")),
    "admins of one branch": (
        lambda it: (
            it["founders"]["admins"][0].update(office="px05") or it["founders"]["admins"][1].update(office="pc03")
        ),
        Problem("admins", "2"),
    ),
}


@pytest.mark.parametrize("what", PROBLEMS)
def test_what_is_wrong_in_a_document_is_found(what: str) -> None:
    """Each by its own sentence, which names what it is about."""
    change, problem = PROBLEMS[what]
    assert problem in document_checks.check(changed(change))


def test_every_problem_has_its_sentence_in_every_language() -> None:
    """Each names what it is about, and none is said with the words of another."""
    rules = set(re.findall(r'Problem\("(\w+)"', Path(document_checks.__file__).read_text()))
    assert {it.rule for _, it in PROBLEMS.values()} <= rules
    for lang in locales.LANGUAGES:
        said = {locales.say(lang, Problem(it, "X99").key, what="X99") for it in rules}
        assert len(said) == len(rules)
        assert all("X99" in it for it in said)


def test_a_ward_without_a_desk_is_found() -> None:
    """Wards own where there are no desks; without their police nobody does."""
    without = changed(
        lambda it: it.update(units=[row for row in it["units"] if row["code"] != "ward-25747"]), "hcmc-2025"
    )
    assert document_checks.check(without) == [Problem("no_desk", "Phường Thủ Dầu Một")]


def test_a_large_document_full_of_mistakes_is_checked_in_time() -> None:
    """Five thousand units, each below the last one."""

    def deep(plain: dict[str, Any]) -> None:
        first = plain["units"][0]
        plain["units"] += [
            {**first, "code": f"u-{n}", "parent": f"u-{n - 1}" if n else None}
            for n in range(5000 - len(plain["units"]))
        ]

    begun = time.monotonic()
    assert Problem("deep", "u-4000") in document_checks.check(changed(deep))
    assert time.monotonic() - begun < 5


def test_a_document_says_whose_a_category_is_and_how_urgent() -> None:
    """Both count in triage at once; the codes stay those that the models have learnt."""
    text = "Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý"
    before = Triager(units.load()).triage(text)

    def otherwise(plain: dict[str, Any]) -> None:
        plain["categories"]["drugs.trade"] = {"department": "pc05", "urgency": "P3"}

    other = units.of_document(changed(otherwise))
    after = Triager(other).triage(text)
    assert before.category == after.category == "drugs.trade"
    assert (before.urgency, after.urgency) == ("P1", "P3")
    hidden = [
        routing.route(it, after.area, after.category, [Accusation("unknown")]).owner for it in (units.load(), other)
    ]
    assert hidden == ["pc04", "pc05"]
