"""What a signer does on a machine of their own, without a home: make their keys, look at a request, sign it."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import locales
from bot import roster_files
from bot.commands import asking, error_messages
from bot.commands.output import printable
from bot.roster_files import SignerFile
from tips import errors
from tips.crypto import keys
from tips.crypto.keys import Cost, Identity
from tips.organisation.roles import NAME, Role
from tips.people import proposals, signer_keys
from tips.people.proposals import Change, Proposal

PASSWORD: Final = "TINBAO_PASSWORD"  # noqa: S105 (the name of a variable)
_OF_UNITS: Final = frozenset({"unit", "was"})  # what a change says of units
_OF_ROLES: Final = frozenset({"role", "as"})
VERSION: Final = "version"  # under this name the digits of the whole version are given


def new(file: Path, name: str, office: str, *, as_json: bool) -> int:
    """`tinbao signer new`."""
    if not NAME.fullmatch(name):
        raise errors.Refused("error.name")
    identity, passphrase = keys.new_identity(name, os.urandom), keys.new_passphrase(os.urandom)
    roster_files.write_signer(file, SignerFile(keys.lock_identity(identity, passphrase, Cost(), os.urandom), office))
    line, heard = signer_keys.public_of(identity, office).line(), proposals.fingerprint(identity.verify)
    if as_json:
        print(json.dumps({"line": line, "passphrase": passphrase, "fingerprint": heard}, ensure_ascii=False))
        return 0
    print(line)
    print(_say("signer.once", passphrase=passphrase, fingerprint=heard), file=sys.stderr)
    return 0


def show(file: Path) -> int:
    """`tinbao signer show`."""
    signer = roster_files.read_signer(file)
    it = signer_keys.public_of(_unlocked(signer), signer.office)
    print(it.line())
    print(proposals.fingerprint(it.verify), file=sys.stderr)
    return 0


def share(file: Path, request: Path) -> int:
    """`tinbao signer share`."""
    signer, proposal = roster_files.read_signer(file), roster_files.read_request(request)
    sealed = proposal.shares.get(signer.locked.name)
    if sealed is None:
        raise errors.NotFound
    identity = _unlocked(signer)
    try:
        print(f"{signer.office}:{signer_keys.open_share(sealed, identity)}")
    except errors.NotOpened as error:
        raise errors.NotVerified("the share in this request was sealed to somebody else") from error
    return 0


def sign(
    file: Path, request: Path, out: Path | None, heard: Sequence[str], *, agreed: bool, instead: bool = False
) -> int:
    """`tinbao roster sign`: tell what a request changes, take what its people read out, and sign."""
    signer, proposal = roster_files.read_signer(file), roster_files.read_request(request)
    proposals.check_time(proposal, datetime.now(UTC))
    told = [*_seen(signer, proposal, instead=instead), *proposals.changes(proposal)]
    print(_say("roster.version", version=str(proposal.version.version), name=signer.locked.name), file=sys.stderr)
    names = proposals.unit_names(proposal)
    for it in told:
        print(f"  - {_say(it.text, **_in_words(it.values, names))}", file=sys.stderr)
    pairs = _pairs(heard)
    _hear(told, pairs)
    _compare(proposals.digits(proposal), pairs.get(VERSION) or _asked("roster.read_version"), VERSION)
    asking.check("roster.sure", agreed=agreed)
    identity = _unlocked(signer)
    given = proposals.consent(proposal, identity)
    roster_files.remember(file, signer, proposal.version.version, proposal.version.digest)
    place = out or request.with_name(f"{request.name}.{identity.name.replace(' ', '-')}")
    roster_files.write_consent(place, given)
    print(place)
    return 0


def _seen(signer: SignerFile, proposal: Proposal, *, instead: bool) -> list[Change]:
    """That a home does not go back and has no second history, but where it came back or a version was given up.

    Args:
        instead: the signer knows that what they signed under this number never came into force.

    Raises:
        Refused: it is behind what was signed, or another version of the same number was.
    """
    version, digest = signer.seen
    known = {proposal.version.version: proposal.version.digest, proposal.version.version - 1: proposal.version.previous}
    behind = proposal.version.version < version
    if not behind and known.get(version, digest) == digest:
        return []
    values = {"version": str(version), "before": str(proposal.version.version - 1)}
    if proposals.is_return(proposal):
        return [Change("roster.goes_back", values)]
    if not behind and version == proposal.version.version - 1:  # `changes` holds it to its signers' signatures
        return [Change("roster.given_up", values)]
    if not behind and instead:
        return [Change("roster.given_up", values)]
    raise errors.Refused("error.signed_later" if behind else "error.signed_other", str(version))


def _in_words(values: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """A change as a signer knows it: units by name beside their codes, roles by what people call them."""
    named = {key: f"{names[it]} ({it})" for key, it in values.items() if key in _OF_UNITS and it in names}
    roles = {key: _say(f"desk.role.{values[key]}") for key in _OF_ROLES & values.keys() if values[key] in set(Role)}
    return {**values, **named, **roles}


def _hear(told: Sequence[Change], heard: Mapping[str, str]) -> None:
    """Have every fingerprint of new keys typed as its owner reads it out.

    Raises:
        Refused: one is another one.
    """
    for it in (it for it in told if it.heard):
        name = it.values["name"]
        _compare(it.heard, heard[name] if name in heard else _asked("roster.read_out", name=name), name)


def _compare(digits: str, typed: str, of: str) -> None:
    if _digits(typed) != _digits(digits):
        raise errors.Refused("error.fingerprint", of)


def _asked(text: str, **values: str) -> str:
    if not sys.stdin.isatty():
        raise errors.Refused("error.fingerprint_missing", values.get("name", VERSION))
    return input(_say(text, **values) + " ")


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _pairs(heard: Sequence[str]) -> dict[str, str]:
    """`NAME=DIGITS`, as often as it is given."""
    pairs = (it.partition("=") for it in heard)
    return {name.strip(): digits for name, _, digits in pairs}


def _unlocked(signer: SignerFile) -> Identity:
    words = os.environ.get(PASSWORD) or getpass.getpass(f"{signer.locked.name}: ", stream=sys.stderr)
    return keys.unlock_identity(signer.locked, words)


def _say(key: str, **values: str) -> str:
    """In words; what a request says moves no terminal's cursor."""
    shown = {name: printable(it) for name, it in values.items()}
    return locales.say(error_messages.language(os.environ), key, **shown)
