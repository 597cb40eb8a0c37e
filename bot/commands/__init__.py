"""The commands of `tinbao`, each with its arguments and help; what it does stands in a module of its group.

A module is imported when its command runs: it opens the product, does one thing, and prints. A function that would
bear the name of its module is called `run_…`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bot import settings
from tips.cases.home_texts import TextName
from tips.cases.incidents import IncidentKind
from tips.organisation import roles
from tips.organisation.roles import Role

HELP: Final = "What citizens, officers and administrators of Tin Báo do in a terminal."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
org_app = typer.Typer(no_args_is_help=True, help="The organisation: units, areas and rules, as one document.")
unit_app = typer.Typer(no_args_is_help=True, help="Units of the organisation.")
officer_app = typer.Typer(no_args_is_help=True, help="People who work at a unit.")
case_app = typer.Typer(no_args_is_help=True, help="One case, in an officer's session.")
stats_app = typer.Typer(no_args_is_help=True, help="Counts for the city.")
ledger_app = typer.Typer(no_args_is_help=True, help="The ledger.")
witness_app = typer.Typer(no_args_is_help=True, help="Watch the ledger's heads from outside; needs no home.")
signer_app = typer.Typer(no_args_is_help=True, help="A signer's own keys; needs no home.")
roster_app = typer.Typer(no_args_is_help=True, help="Versions of the roster, as files that travel.")
words_app = typer.Typer(no_args_is_help=True, help="A unit's own words for questions, answers and conclusions.")
texts_app = typer.Typer(no_args_is_help=True, help="What people are told of who runs this home, and for a time.")
incident_app = typer.Typer(no_args_is_help=True, help="What went wrong with this home; each word is on record.")
holidays_app = typer.Typer(no_args_is_help=True, help="Working days, as the government swaps them.")
held_app = typer.Typer(no_args_is_help=True, help="Cases that only the recovery quorum can open.")
for name, group in (
    ("org", org_app),
    ("unit", unit_app),
    ("officer", officer_app),
    ("case", case_app),
    ("stats", stats_app),
    ("ledger", ledger_app),
    ("witness", witness_app),
    ("held", held_app),
    ("holidays", holidays_app),
    ("incident", incident_app),
    ("texts", texts_app),
    ("words", words_app),
    ("signer", signer_app),
    ("roster", roster_app),
):
    app.add_typer(group, name=name)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Officer = Annotated[
    str,
    typer.Option("--officer", help="Whose session; the passphrase comes from a prompt or TINBAO_PASSWORD."),
]
Signers = Annotated[
    Path | None,
    typer.Option(
        "--signers", exists=True, dir_okay=False, help="What `init --trial --json` printed; else you are asked."
    ),
]
Request = Annotated[
    Path | None,
    typer.Option("--request", dir_okay=False, help="Where signers sign apart: write what they sign into this file."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask once more.")]
SignerKey = Annotated[Path, typer.Option("--key", exists=True, dir_okay=False, help="What `signer new` wrote.")]
SignerLine = Annotated[
    list[str] | None, typer.Option("--signer", help="A line that `signer new` printed; again for each signer.")
]
Shares = Annotated[
    Path,
    typer.Option("--shares", exists=True, dir_okay=False, help="Lines `office:CODE`, or what `init --json` printed."),
]
TextNamed = Annotated[str, typer.Argument(help=f"{' '.join(TextName)}.")]
IncidentId = Annotated[str, typer.Argument(help="Its id, as `incident list` prints it.")]
Words = Annotated[str, typer.Option("--words", help="A few words; nobody's tip.")]
Decided = Annotated[str, typer.Argument(help="The decision's number, as it stands on the paper.")]
Name = Annotated[str, typer.Argument(help="A person's name.")]
Unit = Annotated[str, typer.Argument(help="A unit's code.")]
Trial = Annotated[
    bool, typer.Option("--trial", help="For trying out: `doctor` and /minh-bach say so, and TINBAO_NOW moves its time.")
]
Org = Annotated[
    str | None, typer.Option("--org", help="A document's file, or what ships: hcmc-districts, hcmc-2025, company.")
]
Document = Annotated[str, typer.Argument(help="A document's file, or the name of an organisation that ships.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from handlers.version import program_version

        print(f"tinbao {program_version()}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version, and nothing else.")
]


@app.callback(help=HELP)
def every_command(version: Version = False) -> None:
    """What may stand before any command."""


def _settings(**overrides: str | None) -> settings.Settings:
    named = {f"TINBAO_{name.upper()}": value for name, value in overrides.items() if value}
    return settings.read({**os.environ, **named})


def _run(work: Coroutine[Any, Any, int | None]) -> None:
    raise typer.Exit(asyncio.run(work) or 0)


def _parts(only: str) -> frozenset[str]:
    return frozenset(_listed(only))


@app.command("init")
def run_init(
    org: Org = None,
    json: Json = False,
    trial: Trial = False,
    signer: SignerLine = None,
    threshold: Annotated[int, typer.Option("--threshold", help="How many of them sign a version.")] = 2,
    request: Annotated[Path, typer.Option("--request", dir_okay=False, help="Where to write what they sign.")] = Path(
        "roster-1.request"
    ),
) -> None:
    """Create the home at TINBAO_HOME; it serves once enough of its signers have signed the request."""
    from bot.commands import init as creation

    work = creation.initialise(_settings(org=org), signer or [], threshold, request, as_json=json, trial=trial)
    _run(work)


@signer_app.command("new")
def signer_new(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write the keys.")],
    name: Annotated[str, typer.Option("--name", help="Who signs.")],
    office: Annotated[str, typer.Option("--office", help="The code of their office, such as vks-tp.")],
    json: Json = False,
) -> None:
    """Make a signer's keys, on a machine of their own; prints the line that the home is founded or continued with."""
    from bot.commands import signers

    raise typer.Exit(signers.new(file, name, office, as_json=json))


@signer_app.command("show")
def signer_show(key: SignerKey) -> None:
    """Print a signer's public line once more, and the digits of their key."""
    from bot.commands import signers

    raise typer.Exit(signers.show(key))


@signer_app.command("share")
def signer_share(
    request: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `init` wrote.")], key: SignerKey
) -> None:
    """Print a signer's share of the recovery key, once more whenever it is asked for: to be kept on paper."""
    from bot.commands import signers

    raise typer.Exit(signers.share(key, request))


@roster_app.command("show")
def roster_show(json: Json = False) -> None:
    """The version in force, who signs, and whose signatures it bears."""
    from bot.commands import rosters

    _run(rosters.show(_settings(), as_json=json))


@roster_app.command("propose")
def roster_propose(
    request: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write what is to be signed.")],
    signer: SignerLine = None,
    without: Annotated[list[str] | None, typer.Option("--without", help="A signer who goes; again for more.")] = None,
    threshold: Annotated[int | None, typer.Option("--threshold", help="How many sign from then on.")] = None,
    signers: Signers = None,
) -> None:
    """Propose whoever took up an invitation; or other signers, or another number of them, whom both sets sign."""
    from bot.commands import rosters

    if signer or without or threshold:
        _run(rosters.succeed(_settings(), request, signer or [], without or [], threshold))
    _run(rosters.welcome(_settings(), request, signers))


@roster_app.command("split")
def roster_split(
    request: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write what is to be signed.")],
    shares: Shares,
    signer: SignerLine = None,
) -> None:
    """Share the recovery key out anew, among the offices of those who sign now; enough shares of before are needed."""
    from bot.commands import rosters

    _run(rosters.split(_settings(), request, shares, signer or []))


@roster_app.command("sign")
def roster_sign(
    request: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What was proposed.")],
    key: SignerKey,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="Where to write the signature.")] = None,
    heard: Annotated[
        list[str] | None,
        typer.Option("--heard", help="NAME=DIGITS, as somebody read them out; again for each, and for `version`."),
    ] = None,
    yes: Yes = False,
    instead: Annotated[
        bool, typer.Option("--instead", help="What you signed under this number was given up, and never in force.")
    ] = False,
) -> None:
    """Look at what a version changes, and sign it; needs no home. Whose keys are new reads their digits out to you."""
    from bot.commands import signers

    raise typer.Exit(signers.sign(key, request, out, heard or [], agreed=yes, instead=instead))


@roster_app.command("apply")
def roster_apply(
    request: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What was proposed.")],
    signatures: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="What `roster sign` wrote.")],
) -> None:
    """Put a version into force that enough signers have signed."""
    from bot.commands import rosters

    _run(rosters.apply(_settings(), request, signatures))


@app.command()
def serve(
    only: Annotated[str, typer.Option("--only", help="Parts to run, parted by commas.")] = "intake,desk,officers,clock",
    workers: Annotated[
        int,
        typer.Option("--workers", envvar="TINBAO_WORKERS", help="Processes at one address, for intake and desk."),
    ] = 1,
    inherited: Annotated[str, typer.Option("--inherited", hidden=True)] = "",
) -> None:
    """Run the chat, the desk, the officers' bot and the clock."""
    from bot.serve import serving

    if workers == 1 or inherited:
        _run(serving.serve(_settings(), _parts(only), [int(it) for it in inherited.split(",") if it]))
        return
    from bot.serve import workers as side_by_side

    _run(side_by_side.serve(_settings(), _parts(only), workers, os.environ))


@app.command("roles")
def run_roles() -> None:
    """Give each part's role on PostgreSQL its rights, by the tables' owner, and say how a process gets one."""
    from bot.commands import database_roles

    raise typer.Exit(database_roles.give(_settings()))


@app.command()
def demo() -> None:
    """Run the product on a throw-away home with invented tips."""
    from bot.demo import demo as demonstration

    _run(demonstration.run(os.environ))


@app.command("doctor")
def run_doctor(
    only: Annotated[str, typer.Option("--only", help="The parts that run on this machine; else by its keys.")] = "",
) -> None:
    """Check configuration, keys, database and clocks, and say the remedy."""
    from bot.commands import doctor as doctoring

    _run(doctoring.check(os.environ, _parts(only) or None))


@app.command("chat")
def run_chat(json: Json = False) -> None:
    """Be a citizen in the terminal; each run is a new one."""
    from bot.commands import chat

    _run(chat.run(_settings(), as_json=json))


@app.command("triage")
def run_triage(org: Org = None) -> None:
    """Triage JSON lines from standard input; needs no home and keeps nothing."""
    from bot.commands import triage as triaging

    raise typer.Exit(triaging.run(org or "hcmc-districts", sys.stdin, sys.stdout))


@org_app.command("show")
def org_show(
    document: Annotated[str, typer.Argument(help="A document's file, or a name; without it: this home's.")] = "",
    json: Json = False,
) -> None:
    """Show an organisation; with --json the whole document, to be changed and adopted."""
    from bot.commands import organisation

    _run(organisation.show(_settings(), document, as_json=json))


@org_app.command("check")
def org_check(document: Document) -> None:
    """Name everything that is wrong with a document; needs no home."""
    from bot.commands import organisation

    raise typer.Exit(organisation.check(document))


@org_app.command("diff")
def org_diff(document: Document) -> None:
    """Say what a document would change in this home: units, areas, rules; cases, keys, readers and overseers."""
    from bot.commands import organisation

    _run(organisation.diff(_settings(), document))


@org_app.command("adopt")
def org_adopt(
    document: Document,
    signers: Signers = None,
    request: Request = None,
    despite: Annotated[
        bool, typer.Option("--despite", help="Go on although nobody clean with a key would be left for some accused.")
    ] = False,
    day: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The day on which it comes into force; else at once."),
    ] = None,
) -> None:
    """Have a document signed as this home's organisation, from a day on or at once; cases of units that go climb."""
    from bot.commands import organisation
    from bot.commands.people import Signing

    _run(organisation.adopt(_settings(), document, Signing(signers, request), despite=despite, at=day))


@org_app.command("import")
def org_import(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="Where to write the document.")],
    base: Annotated[str, typer.Option("--from", help="The document whose tables are replaced.")],
    units: Annotated[Path | None, typer.Option("--units", exists=True, dir_okay=False, help="CSV of units.")] = None,
    wards: Annotated[Path | None, typer.Option("--wards", exists=True, dir_okay=False, help="CSV of wards.")] = None,
) -> None:
    """Make a document of CSV tables.

    Units have the headings code,name,kind,parent,receives,area; wards code,name,districts,lat,lon,valid_from,valid_to.
    """
    from bot.commands import organisation

    raise typer.Exit(organisation.take_tables(base, {"units": units, "wards": wards}, out))


@unit_app.command("list")
def unit_list(json: Json = False) -> None:
    """All units, who receives, and how many members each has."""
    from bot.commands import people

    _run(people.list_units(_settings(), as_json=json))


@unit_app.command("rotate")
def unit_rotate(unit: Unit, signers: Signers = None, request: Request = None) -> None:
    """Give a unit a new key, sealed to everybody in it; old cases stay readable to them."""
    from bot.commands import people

    _run(people.rotate_unit(_settings(), unit, people.Signing(signers, request)))


@unit_app.command("recover")
def unit_recover(unit: Unit, shares: Shares, officer: Officer) -> None:
    """Bring shares together and give an overseer's old seeds to the people who work there now; on record first."""
    from bot.commands import recovery

    _run(recovery.reclaim(_settings(), unit, shares, officer))


@officer_app.command("add")
def officer_add(
    name: Name,
    unit: Annotated[str, typer.Option("--unit", help="A unit's code.")],
    role: Annotated[str, typer.Option("--role", help=f"{' '.join(Role)}.")] = "officer",
    signers: Signers = None,
) -> None:
    """Invite a person to a unit; prints a code that counts once, for two days. In a trial home: a login at once."""
    from bot.commands import people
    from tips.people.enrolment import Newcomer

    _run(people.add_officer(_settings(), Newcomer(name, unit, roles.parse(role)), signers))


@officer_app.command("uninvite")
def officer_uninvite(name: Name) -> None:
    """Take an invitation back, and the keys that somebody made by it and that wait for signers."""
    from bot.commands import people

    _run(people.uninvite(_settings(), name))


@officer_app.command("remove")
def officer_remove(name: Name, signers: Signers = None, request: Request = None) -> None:
    """Let a person go: their login and keys end, and their unit gets a new key."""
    from bot.commands import people

    _run(people.remove_officer(_settings(), name, people.Signing(signers, request)))


@officer_app.command("move")
def officer_move(
    name: Name,
    unit: Annotated[str, typer.Option("--unit", help="A unit's code; without it, the one where they are.")] = "",
    role: Annotated[str, typer.Option("--role", help=f"{' '.join(Role)}; without it, the one that they have.")] = "",
    signers: Signers = None,
    request: Request = None,
) -> None:
    """Let a person work in another unit, or as something else: they keep name, keys and login."""
    from bot.commands import people

    _run(people.move_officer(_settings(), name, unit, role, people.Signing(signers, request)))


@officer_app.command("renew")
def officer_renew(name: Name, signers: Signers = None) -> None:
    """Invite who lost their passphrase to make new keys; in a trial home: a new login, at once."""
    from bot.commands import people

    _run(people.renew_officer(_settings(), name, signers))


@holidays_app.command("show")
def holidays_show(json: Json = False) -> None:
    """The decisions that are in force."""
    from bot.commands import holidays

    _run(holidays.show(_settings(), as_json=json))


@holidays_app.command("add")
def holidays_add(
    number: Decided,
    officer: Officer,
    dated: Annotated[str, typer.Option("--dated", help="The decision's day, such as 2026-12-01.")],
    off: Annotated[list[str] | None, typer.Option("--off", help="A day that is off; again for more.")] = None,
    worked: Annotated[
        list[str] | None, typer.Option("--worked", help="A weekend day or holiday that is worked; again for more.")
    ] = None,
) -> None:
    """Give a decision that swaps working days, in place of what was given of it; deadlines that run keep their day."""
    from bot.commands import holidays

    _run(holidays.add(_settings(), officer, number, dated, off or [], worked or []))


@holidays_app.command("remove")
def holidays_remove(number: Decided, officer: Officer) -> None:
    """Take a decision back."""
    from bot.commands import holidays

    _run(holidays.remove(_settings(), officer, number))


@incident_app.command("list")
def incident_list(json: Json = False) -> None:
    """Every incident, the newest first."""
    from bot.commands import incidents

    _run(incidents.show(_settings(), as_json=json))


@incident_app.command("open")
def incident_open(
    officer: Officer,
    kind: Annotated[str, typer.Option("--kind", help=f"{' '.join(IncidentKind)}.")],
    since: Annotated[str, typer.Option("--since", help="An hour of the city's, such as 2026-11-30T14:00.")],
    words: Words,
) -> None:
    """Say that something went wrong."""
    from bot.commands import incidents

    _run(incidents.begin(_settings(), officer, kind, since, words))


@incident_app.command("add")
def incident_add(id: IncidentId, officer: Officer, words: Words) -> None:
    """Say more of one."""
    from bot.commands import incidents

    _run(incidents.say(_settings(), officer, "add", id, words))


@incident_app.command("close")
def incident_close(id: IncidentId, officer: Officer, words: Words) -> None:
    """Say how one ended."""
    from bot.commands import incidents

    _run(incidents.say(_settings(), officer, "close", id, words))


@incident_app.command("offer")
def incident_offer(id: IncidentId, officer: Officer, words: Words) -> None:
    """Offer words for everybody at /minh-bach, which count once somebody of another office agrees."""
    from bot.commands import incidents

    _run(incidents.say(_settings(), officer, "offer", id, words))


@incident_app.command("agree")
def incident_agree(id: IncidentId, officer: Officer, yes: Yes = False) -> None:
    """Agree to the words that somebody of another office offered; they are shown first."""
    from bot.commands import incidents

    _run(incidents.agree(_settings(), officer, id, agreed=yes))


@texts_app.command("show")
def texts_show() -> None:
    """What is in force and what waits, as JSON."""
    from bot.commands import texts

    _run(texts.show(_settings()))


@texts_app.command("offer")
def texts_offer(
    name: TextNamed,
    officer: Officer,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="LANGUAGE=WORDS, again for each; without any, the text goes.")
    ] = None,
    until: Annotated[str, typer.Option("--until", help="A notice's last day, such as 2027-02-05.")] = "",
) -> None:
    """Offer a text, which counts once somebody of another office agrees. Nobody is ever asked for a name in one."""
    from bot.commands import texts

    _run(texts.offer(_settings(), officer, name, text or [], until))


@texts_app.command("agree")
def texts_agree(name: TextNamed, officer: Officer, yes: Yes = False) -> None:
    """Agree to the text that somebody of another office offered; it is shown first."""
    from bot.commands import texts

    _run(texts.agree(_settings(), officer, name, agreed=yes))


@words_app.command("show")
def words_show(unit: Unit) -> None:
    """The words that a unit keeps, as JSON."""
    from bot.commands import unit_words

    _run(unit_words.show(_settings(), unit))


@words_app.command("add")
def words_add(
    officer: Officer,
    use: Annotated[str, typer.Option("--use", help="ask, answer or conclude.")],
    text: Annotated[str, typer.Option("--text", help="The words; [holes] are filled in before they are sent.")],
    lang: Annotated[str, typer.Option("--lang", help="The reporter's language; else Vietnamese.")] = "",
) -> None:
    """Keep words for the officers of a head's unit; what a reporter reads stays what an officer sends."""
    import locales
    from bot.commands import unit_words

    _run(unit_words.add(_settings(), officer, use, lang or locales.SOURCE, text))


@words_app.command("change")
def words_change(
    id: Annotated[str, typer.Argument(help="Their id, as `words show` prints it.")],
    officer: Officer,
    text: Annotated[str, typer.Option("--text", help="The words.")],
) -> None:
    """Put other words in the place of some."""
    from bot.commands import unit_words

    _run(unit_words.change(_settings(), officer, id, text))


@words_app.command("remove")
def words_remove(
    id: Annotated[str, typer.Argument(help="Their id, as `words show` prints it.")], officer: Officer
) -> None:
    """Keep some no longer."""
    from bot.commands import unit_words

    _run(unit_words.remove(_settings(), officer, id))


@app.command()
def queue(officer: Officer, json: Json = False) -> None:
    """The cases of an officer's unit, urgent and old first."""
    from bot.commands import cases

    _run(cases.show_queue(_settings(), officer, as_json=json))


@case_app.command("show")
def case_show(id: Annotated[str, typer.Argument(help="The case's id.")], officer: Officer, json: Json = False) -> None:
    """Open one case; that it was read is on record first."""
    from bot.commands import cases

    _run(cases.show_case(_settings(), id, officer, as_json=json))


@stats_app.command("export")
def stats_export(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="Where to write.")],
    officer: Officer,
    format: Annotated[str, typer.Option("--format", help="csv, xlsx, json; html or pdf: a report.")] = "csv",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="month, quarter or year; and district, ward, group, category, or (not by month) district,group. "
            "A report is of the newest such period, with all its tables where none is named.",
        ),
    ] = "",
    first: Annotated[str, typer.Option("--from", help="First month, such as 2026-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last month.")] = "",
    headings: Annotated[
        str,
        typer.Option("--headings", help="The language of header and names; else vi under fields' names."),
    ] = "",
) -> None:
    """Export figures of closed periods, in an officer's name; it is on record before the file is written."""
    from bot.commands import statistics
    from handlers.exports.files import REPORTS
    from tips.desk.exports import Query

    by = by or ("month" if format in REPORTS else "month,district")
    _run(statistics.export(_settings(), out, officer, format, Query(_listed(by), first, last), headings))


def _listed(names: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in names.split(",") if part.strip())


@ledger_app.command("verify")
def ledger_verify(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="What a receipt gave; needs no home.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="With FILE: whom you believe, as `name+id+base64`; again for more."),
    ] = None,
    json: Json = False,
) -> None:
    """Check everything that is stored against what was signed; or what a file of a reporter's shows."""
    from bot.commands import ledger

    if file:
        raise typer.Exit(ledger.verify_file(file, key or []))
    _run(ledger.verify(_settings(), as_json=json))


@ledger_app.command("audit")
def ledger_audit(
    period: Annotated[str, typer.Argument(help="A closed month, quarter or year: 2026-10, 2026-Q3, 2026.")],
    officer: Officer,
) -> None:
    """Reckon the published figures of the work once more from the signed events; an auditor's, who opens no case."""
    from bot.commands import ledger

    _run(ledger.audit(_settings(), period, officer))


@ledger_app.command("keys")
def ledger_keys() -> None:
    """Print the keys that heads and promises are verified by."""
    from bot.commands import ledger

    _run(ledger.keys(_settings()))


@witness_app.command("new")
def witness_new(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write its key, in a folder of its own.")],
    name: Annotated[str, typer.Option("--name", help="As it stands below heads, such as bao.example/nhan-chung.")],
) -> None:
    """Make a witness's key; prints what a home lists in TINBAO_WITNESSES."""
    from bot.commands import witness

    raise typer.Exit(witness.new(file, name))


@witness_app.command("run")
def witness_run(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `witness new` wrote.")],
    log: Annotated[str, typer.Option("--log", help="The log's key, as /minh-bach/so-cai shows it.")],
    url: Annotated[str, typer.Option("--url", help="Where the home is: https://HOST.")],
    once: Annotated[bool, typer.Option("--once", help="Look once, for cron; else every ten minutes.")] = False,
) -> None:
    """Cosign heads that continue what was seen; ends with 4, and cosigns no more, once one does not."""
    from bot.commands import witness

    _run(witness.run(file, log, url, once=once))


@held_app.command("list")
def held_list(as_json: Json = False) -> None:
    """List cases that nobody can read yet: their ids, and the hour in which they came."""
    from bot.commands import recovery

    _run(recovery.list_held(_settings(), as_json=as_json))


@held_app.command("open")
def held_open(
    id: Annotated[str, typer.Argument(help="The case's id.")],
    shares: Shares,
    officer: Officer,
    unit: Annotated[str | None, typer.Option("--unit", help="Who shall get it; else the first clean level.")] = None,
) -> None:
    """Bring shares together and give a held case to a unit that has a key; on record in an officer's name first."""
    from bot.commands import recovery

    _run(recovery.open_held(_settings(), id, shares, officer, unit))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write.")],
    officer: Officer,
) -> None:
    """Write a backup that only a quorum of the recovery offices opens; on record in an officer's name first."""
    from bot.commands import recovery

    _run(recovery.back_up(_settings(), file, officer))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `backup` wrote.")],
    shares: Shares,
    signers: Signers = None,
    request: Request = None,
    despite: Annotated[
        bool, typer.Option("--despite", help="Go on although rows in it are not what was signed; all are named.")
    ] = False,
    head: Annotated[
        Path | None,
        typer.Option(
            "--head", exists=True, dir_okay=False, help="A head of the log that a witness kept: is it all here?"
        ),
    ] = None,
) -> None:
    """Bring a backup back into a new, empty home, after all of it was checked; its signers sign that it came back."""
    from bot.commands import recovery
    from bot.commands.people import Signing

    _run(recovery.restore(_settings(), file, shares, Signing(signers, request), despite=despite, head=head))


@app.command("poster")
def run_poster(
    area: Annotated[str, typer.Argument(help="A place, such as “quận 3”.")],
    lang: Annotated[str, typer.Option("--lang", help="Languages, parted by commas, the first one large; all.")] = "",
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="The folder to write into.")] = Path(),
) -> None:
    """Write a page to hang up and one of slips to tear off, A4, as PDF and SVG; their codes bring the place along."""
    from bot.commands import poster as posters

    raise typer.Exit(posters.write(_settings(), area, [it.strip() for it in lang.split(",") if it.strip()], out))
