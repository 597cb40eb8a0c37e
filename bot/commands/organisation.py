"""What the command line does with organisations: shows, checks and compares them, and makes documents of tables."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

import locales
from bot import organisation_files
from bot.commands.error_messages import language
from bot.commands.output import print_table, printable
from bot.commands.people import Signing, ask, unlock_signers
from bot.settings import Settings
from bot.wiring import open_product
from tips import errors
from tips.cases import deadlines
from tips.organisation import document_changes, document_checks, document_tables, documents, units
from tips.organisation.document_changes import Change
from tips.organisation.document_checks import Problem
from tips.organisation.documents import Document
from tips.people import proposals


async def show(settings: Settings, named: str, *, as_json: bool) -> int:
    """`tinbao org show`: of this home, of a file, or of what ships."""
    if named:
        _print(organisation_files.organisation(named).document, as_json=as_json)
        return 0
    async with open_product(settings) as product:
        _print(product.organisation.document, as_json=as_json)
        if (coming := product.roster().coming) and coming.at > product.now():
            said = locales.say(language(os.environ), "org.coming", **proposals.of_coming(coming))
            print(said, file=sys.stderr)
    return 0


def _print(document: Document, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(document.plain, ensure_ascii=False, indent=1))
        return
    plain = document.plain
    print(f"{plain['name']}  {document.digest[:16]}  {plain['issued']}\n{plain['title']}")
    rows = [[row[key] for key in ("code", "name", "kind", "parent", "receives", "area")] for row in plain["units"]]
    print_table(["code", "name", "kind", "parent", "receives", "area"], rows)


def check(named: str) -> int:
    """`tinbao org check`: every problem in a sentence; 0: there is none."""
    problems = document_checks.check(organisation_files.document(named))
    _name(problems, sys.stdout)
    if not problems:
        print(locales.say(language(os.environ), "org.sound"))
    return 1 if problems else 0


def _name(problems: Sequence[Problem], out: TextIO) -> None:
    """Each in a sentence."""
    for it in problems:
        print(locales.say(language(os.environ), it.key, what=printable(it.what)), file=out)


async def diff(settings: Settings, named: str) -> int:
    """`tinbao org diff`: what a document would change, and what would come of it here; changes nothing."""
    new = organisation_files.organisation(named)
    async with open_product(settings) as product:
        _tell([*document_changes.changes(product.organisation, new), *await product.reorganisation.consequences(new)])
    return 0


async def adopt(settings: Settings, named: str, signing: Signing, *, despite: bool, at: datetime | None = None) -> int:
    """`tinbao org adopt`: signers sign the roster version that names a document; then cases of units that go climb.

    `at`: the midnight from which on it is in force; None: at once.
    """
    new = organisation_files.organisation(named)
    async with open_product(settings) as product:
        registrar, day = product.registrar(), at and at.replace(tzinfo=deadlines.CITY)
        registrar.check_another(new.document, day)
        found = await product.reorganisation.consequences(new)
        _tell([*document_changes.changes(product.organisation, new), *found])
        if (bare := [it for it in found if it.kind == "no_overseer"]) and not despite:
            raise errors.Refused("error.org_no_overseer", ", ".join(it.params["code"] for it in bare[:10]))
        proposal = registrar.adopt(new.document, day)
        if signing.request:
            ask(signing.request, proposal)
            return 0
        signers = await unlock_signers(product, signing.signers)
        await product.roster.put_into_force(proposals.signed_here(proposal, signers))
        moved = await product.escalation.tick_all()
    if moved:
        print(locales.say(language(os.environ), "org.moved", count=str(moved)), file=sys.stderr)
    return 0


def _tell(found: Sequence[Change]) -> None:
    lang = language(os.environ)
    for it in found:
        print(locales.say(lang, it.key, **it.params))
    if not found:
        print(locales.say(lang, "org.same"))


def take_tables(base: str, tables: dict[str, Path | None], out: Path) -> int:
    """`tinbao org import`: a document with the units or wards of CSV files in it; one with problems is not written."""
    made = organisation_files.document(base)
    readers = {"units": document_tables.with_units, "wards": document_tables.with_wards}
    for name, file in tables.items():
        if file:
            made = readers[name](made, file.read_bytes()[: documents.LARGEST + 1])
    if problems := document_checks.check(made):
        _name(problems, sys.stderr)
        raise errors.BadSetting(f"{out.name} was not written: {len(problems)} problems")
    try:
        out.write_text(json.dumps(made.plain, ensure_ascii=False, indent=1), "utf-8")
    except OSError as error:
        raise errors.BadSetting(f"{out.name} cannot be written there ({error.strerror})") from error
    print(f"{out} {units.of_document(made).digest[:16]}")
    return 0
