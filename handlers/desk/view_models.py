"""What the desk's pages show of a case: plain values for templates, nothing decided here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tips import errors
from tips.cases import case as cases
from tips.cases import deadlines, lifecycle, plaintext
from tips.cases.case import Case, State
from tips.cases.lifecycle import ActionName
from tips.cases.plaintext import Part
from tips.clock.early_signs import EarlySign
from tips.desk.actions import Field, Offer
from tips.desk.open_case import OpenCase, Piece
from tips.organisation.taxonomy import categories
from tips.organisation.units import Organisation
from tips.triage import By

Speak = Callable[..., str]
ADDRESSES: Final = {
    ActionName.HAND_OVER: "handover",
    ActionName.PRINT: "dossier",
}  # of an action in pages and catalogues; else its name
UNKNOWN: Final = cases.UNKNOWN_CATEGORY
_CATEGORIES: Final = frozenset({cases.RESTRICTED_CATEGORY, UNKNOWN})  # that are in no taxonomy
_TALK: Final = frozenset({ActionName.ASK, ActionName.ANSWER, ActionName.NOTE})
_EXPLAINED: Final = frozenset({ActionName.HAND_BACK, ActionName.RECUSE, ActionName.AGREE})
_PAPER: Final = frozenset({ActionName.PRINT, ActionName.AGREE})
_OWN_PAGE: Final = frozenset({ActionName.HAND_OVER, ActionName.SHARE})  # units to look for, and words for them
_LAYOUTS: Final = {ActionName.RECUSE: "person"} | dict.fromkeys(_OWN_PAGE, "page")
_IN_THE_BAR: Final = (
    ActionName.CONCLUDE,
    ActionName.HAND_OVER,
    ActionName.ASK,
    ActionName.NOTE,
)  # beside the next step


@dataclass(frozen=True, slots=True)
class Line:
    """A case in a queue."""

    id: str
    code: str
    state: str
    urgency: str
    category: str
    area: str  # "": not known
    restricted: bool
    age: str
    due: str
    clock: str  # its key for words; "": none runs
    overdue: bool
    officer: str
    new: bool
    disputed: bool
    level: int
    unit: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of a case's thread."""

    part: str
    who: str
    when: str
    text: str
    case: str = ""  # the id of the case that a link names


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a case."""

    id: str
    kind: str
    size: str
    digest: str  # SHA-256 of the clean copy


@dataclass(frozen=True, slots=True)
class View:
    """A case, opened, as its page shows it."""

    text: str
    facts: list[tuple[str, str]]  # label key, value
    reasons: list[str]
    exclusions: list[str]
    thread: list[Entry]
    files: list[Attachment]
    readers: list[str]
    asleep: list[str]


@dataclass(frozen=True, slots=True)
class ActionForm:
    """An action that is offered, as the case's page draws it."""

    act: str  # its address, and how the catalogues call it
    section: str  # talk, work or paper
    layout: str  # button write choose person results corrections page, elsewhere (beside it), refused (only why)
    field: str = ""  # what is chosen
    choices: tuple[tuple[str, str], ...] = ()  # code, label
    why: str = ""  # a key of words beside it


def action_forms(row: Case, offers: Iterable[Offer], organisation: Organisation) -> Iterable[ActionForm]:
    """The forms of a case's page, in the order of the table; a closing that waits for somebody else says so."""
    offered = {offer.action.name: offer for offer in offers}
    for name in lifecycle.actions():
        if name in offered:
            yield _form(offered[name], organisation)
        elif name is ActionName.CLOSE and row.state == State.CONCLUDED:
            yield ActionForm(name, "work", "refused", why="desk.second_person")


def _form(offer: Offer, organisation: Organisation) -> ActionForm:
    name, fields = offer.action.name, offer.action.fields
    choices = [(code, organisation.unit_name(code) if Field.UNIT in fields else code) for code in offer.choices]
    return ActionForm(
        act=ADDRESSES.get(name, name),
        section="talk" if name in _TALK else "paper" if name in _PAPER else "work",
        layout=_LAYOUTS.get(name) or _layout(fields),
        field=fields[0] if fields else "",
        choices=tuple((code, code) for code in lifecycle.results()) if Field.RESULT in fields else tuple(choices),
        why=f"desk.{name}.why" if name in _EXPLAINED else "",
    )


def bar(forms: Iterable[ActionForm], first: ActionName | None) -> tuple[ActionForm | None, list[ActionForm]]:
    """Of a page's forms the one of the next step, and those that stay in reach beside it."""
    known = {it.act: it for it in forms if it.layout != "refused"}
    beside = [ADDRESSES.get(name, name) for name in _IN_THE_BAR if name is not first]
    return known.get(ADDRESSES.get(first, first)) if first else None, [known[it] for it in beside if it in known]


def _layout(fields: Sequence[Field]) -> str:
    """How a form is drawn, by what it asks first; a link is drawn beside the case that it names."""
    known = {Field.TEXT: "write", Field.RESULT: "results", Field.CORRECTIONS: "corrections", Field.OTHER: "elsewhere"}
    return known.get(fields[0], "choose") if fields else "button"


def action_at(address: str) -> str:
    """The name of the action whose address in a case's page this is; empty for anything else, also its own name."""
    return {ADDRESSES.get(name, name.value): name.value for name in ActionName}.get(address, "")


def line(row: Case, organisation: Organisation, now: datetime, speak: Speak) -> Line:
    """A case as a line of the queue; what a hand may have put in its row, and has no word, is unknown."""
    return Line(
        id=row.id.hex(),
        code=row.code,
        state=row.state if row.state in tuple(State) else UNKNOWN,
        urgency=row.urgency,
        category=row.category if row.category in _CATEGORIES or row.category in categories() else UNKNOWN,
        area=place(row.ward or row.area, organisation),
        restricted=row.restricted,
        age=_age(now - row.received_at, speak),
        due=short(row.due_at, now) if row.due_at else "",
        clock=f"clock.{row.clock}" if row.clock else "",
        overdue=row.overdue(now),
        officer=row.officer or "",
        new=not row.opened,
        disputed=row.disputed,
        level=row.level,
        unit=organisation.units[row.unit].name if row.unit in organisation.units else "",
    )


def _age(span: timedelta, speak: Speak) -> str:
    """Hours, and from the second day on days."""
    hours = max(0, int(span.total_seconds() // 3600))
    return speak("desk.age.hours", n=str(hours)) if hours < 48 else speak("desk.age.days", n=str(hours // 24))


def place(code: str | None, organisation: Organisation) -> str:
    """An area's name; empty where it is not known or not told."""
    return organisation.area_name(code) if code and code != cases.RESTRICTED_AREA else ""


def moment(at: datetime) -> str:
    """A time as people of the city read it."""
    return at.astimezone(deadlines.CITY).strftime("%H:%M %d/%m/%Y")


def short(at: datetime, now: datetime) -> str:
    """A time near now: the year only where it is another one."""
    there, here = at.astimezone(deadlines.CITY), now.astimezone(deadlines.CITY)
    return there.strftime("%H:%M %d/%m" if there.year == here.year else "%H:%M %d/%m/%Y")


def case(opened: OpenCase, organisation: Organisation, speak: Speak) -> View:
    """A case's page."""
    facts = facts_of(opened)
    return View(
        text=opened.tip.text,
        facts=list(_facts(facts, organisation, speak)),
        reasons=[reason_text(reason, organisation, speak) for reason in facts.get("reasons", ())],
        exclusions=[organisation.unit_name(code) for code in sorted(opened.excluded)],
        thread=[_entry(it, organisation, speak) for it in opened.thread if not _is_elsewhere(it)],
        files=[Attachment(it.envelope.hex(), it.kind, weight(it.size), it.clean) for it in opened.files],
        readers=[organisation.unit_name(code) for code in opened.readers],
        asleep=[organisation.unit_name(code) for code in opened.asleep],
    )


def facts_of(opened: OpenCase) -> dict[str, Any]:
    """What triage found, as corrected since."""
    facts = dict(opened.tip.facts)
    for piece in opened.thread:
        if piece.part == Part.CORRECTION:
            facts |= {name: value for name, value in piece.content.facts.items() if name != "excluded"}
    return facts


def weight(size: int) -> str:
    """A file's size as people read it."""
    return f"{size / 1_000_000:.1f} MB".replace(".", ",") if size >= 100_000 else f"{max(1, size // 1000)} KB"


def _is_elsewhere(piece: Piece) -> bool:
    """Whether the page shows a piece in another place: a file, or whom a tip or an addition shuts out."""
    return piece.part == Part.FILE or (piece.part == Part.SHUT_OUT and not piece.content.facts.get("accused"))


def _entry(piece: Piece, organisation: Organisation, speak: Speak) -> Entry:
    """A piece in words; one that is not what its kind says, which an officer's own program seals, without any."""
    try:
        return _said(piece, organisation, speak)
    except (errors.NotFound, KeyError, ValueError, TypeError, AttributeError):
        return Entry(piece.part, piece.content.by, moment(piece.content.at), "", "")


def _said(piece: Piece, organisation: Organisation, speak: Speak) -> Entry:
    """A correction says what it corrects, a link names the other case."""
    text, linked = piece.content.text, ""
    if piece.part == Part.CORRECTION or not text:  # a reporter's addition may be nothing but whom it shuts out
        said = _facts(piece.content.facts, organisation, speak)
        text = "\n".join(f"{speak(label)}: {value}" for label, value in said)
    if piece.part == Part.EXCLUSION:
        text = ", ".join(organisation.unit_name(code) for code in piece.content.facts["had"]) or speak("desk.nobody")
    if piece.part == Part.CLEARING:
        text = organisation.unit_name(piece.content.facts["cleared"])
    if piece.part == Part.LINK:
        text, linked = cases.code_of(bytes.fromhex(text)), text
    who = _author(piece.content, organisation, speak)
    return Entry(piece.part, who, moment(piece.content.at), text, linked)


def _facts(facts: Any, organisation: Organisation, speak: Speak) -> Iterable[tuple[str, str]]:
    where = place(facts.get("ward") or facts.get("district"), organisation)
    if where:
        yield "desk.fact.where", where
    for name in ("category", "category_2"):
        if facts.get(name):
            yield f"desk.fact.{name}", speak(f"category.{facts[name]}")
    if facts.get("accused"):
        found = dict.fromkeys(it["kind"] for it in facts["accused"] if it.get("by") != By.REPORTER)
        chosen = [it for it in facts["accused"] if it.get("by") == By.REPORTER]
        if found:
            yield "desk.fact.accused", "; ".join(speak(f"accused.{kind}") for kind in found)
        if chosen:
            yield "desk.fact.shut_out", "; ".join(dict.fromkeys(_shut_out(it, organisation, speak) for it in chosen))
    for name in ("ongoing", "cover_up"):
        if facts.get(name):
            yield f"desk.fact.{name}", speak("desk.yes")


def _shut_out(accusation: Any, organisation: Organisation, speak: Speak) -> str:
    """Whom the reporter shut out: the unit that they named, or a kind as a whole."""
    units = accusation["units"]
    return organisation.unit_name(units[0]) if len(units) == 1 else speak(f"accused.{accusation['kind']}")


def reason_text(reason: Any, organisation: Organisation, speak: Speak) -> str:
    """A reason of triage in words; codes of units, as it kept them, by their names."""
    params = dict(reason["params"])
    if "units" in params:
        params["units"] = ", ".join(_unit_name(code, organisation) for code in params["units"].split(", "))
    if "category" in params:
        params["category"] = speak(f"category.{params['category']}")
    return speak(f"reason.{reason['rule']}", **params).strip()


def _author(piece: plaintext.Plaintext, organisation: Organisation, speak: Speak) -> str:
    if piece.by == "reporter":
        return speak("desk.reporter")
    return _unit_name(piece.by, organisation)


def _unit_name(code: str, organisation: Organisation) -> str:
    """A unit's name; what is no code of one stays as it is."""
    unit = organisation.units.get(code)
    return unit.name if unit else code


def signs(listed: Iterable[EarlySign], organisation: Organisation) -> list[tuple[str, str, int]]:
    """Early signs as ward, group and count."""
    return [(place(it.ward, organisation), it.group, it.count) for it in listed]
