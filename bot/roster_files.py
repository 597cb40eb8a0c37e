"""How the roster's versions travel: a request that goes to each signer, and the consent that comes back; JSON both.

A signer's own file holds their keys under a passphrase, and the newest version that they have signed.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot import key_files
from tips import errors
from tips.cases import ledger
from tips.crypto.keys import Cost, LockedIdentity, SealedSeed
from tips.organisation import documents, roster
from tips.organisation.documents import Document
from tips.organisation.roster import SignedRoster
from tips.people.proposals import Consent, Proposal
from tips.ports.people import Account

REQUEST: Final = "tinbao roster request 1"  # what the files say that they are
CONSENT: Final = "tinbao roster consent 1"
SIGNER: Final = "tinbao signer 1"
LARGEST: Final = 64 * 1024 * 1024  # bytes that are read of a file that somebody else wrote


@dataclass(frozen=True, slots=True)
class SignerFile:
    """A signer's keys as they lie on a machine of theirs."""

    locked: LockedIdentity
    office: str
    seen: tuple[int, str] = (0, "")  # the newest version that was signed with them, and its digest


def write_signer(file: Path, signer: SignerFile) -> None:
    """Write a new signer's file; what is there already is never overwritten.

    Raises:
        BadSetting: it cannot be written.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as sink:
            sink.write(_signer(signer))
    except OSError as error:
        raise errors.BadSetting(f"{file.name} cannot be written there ({error.strerror})") from error


def remember(file: Path, signer: SignerFile, version: int, digest: str) -> None:
    """Keep the newest version that was signed: none that is older, and no other one of its number, will be."""
    key_files.replace_secret(file, _signer(replace(signer, seen=(version, digest))))


def _signer(it: SignerFile) -> bytes:
    return _written(SIGNER, office=it.office, locked=_of_locked(it.locked), seen=list(it.seen))


def read_signer(file: Path) -> SignerFile:
    """What `tinbao signer new` wrote.

    Raises:
        BadSetting: others can read it, or it is something else.
    """
    if file.stat().st_mode & 0o077:
        raise errors.BadSetting(f"others can read {file.name}: chmod 600 it")
    try:
        plain = _read(file, SIGNER)
        version, digest = plain["seen"]
        return SignerFile(_to_locked(plain["locked"]), str(plain["office"]), (int(version), str(digest)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.BadSetting(f"{file.name} is not what `tinbao signer new` wrote") from error


def write_request(file: Path, it: Proposal) -> None:
    """Write what travels to the signers.

    Raises:
        BadSetting: it cannot be written.
    """
    _put(file, request(it))


def request(it: Proposal) -> bytes:
    """What travels to the signers, as it stands in a file."""
    return _written(
        REQUEST,
        document=it.version.document().decode(),
        before=_of_signed(it.before) if it.before else None,
        events={name: [event.body().decode() for event in them] for name, them in it.events.items()},
        accounts=[_of_locked(account.locked) for account in it.accounts],
        seeds=[[seed.unit, seed.generation, seed.holder, _text(seed.sealed)] for seed in it.seeds],
        shares={name: _text(sealed) for name, sealed in it.shares.items()},
        organisation=it.organisation.data.decode() if it.organisation else None,
        instead_of=it.instead_of.data.decode() if it.instead_of else None,
        pieces={name: _text(piece) for name, piece in it.pieces.items()},
    )


def read_request(file: Path) -> Proposal:
    """What `write_request` wrote.

    Raises:
        BadSetting: it is something else, or was cut.
    """
    try:
        plain = _read(file, REQUEST)
        document = plain["document"].encode()
        version = roster.parse(document)
        if version.document() != document:
            raise ValueError("this program would write it otherwise")
        return Proposal(
            version=replace(version, signed=b""),
            before=_to_signed(plain["before"]) if plain["before"] else None,
            events={name: tuple(ledger.unsigned(it.encode()) for it in them) for name, them in plain["events"].items()},
            accounts=tuple(Account(_to_locked(it), 0, 0, None) for it in plain["accounts"]),
            seeds=tuple(SealedSeed(unit, int(at), holder, _bytes(it)) for unit, at, holder, it in plain["seeds"]),
            shares={name: _bytes(it) for name, it in plain["shares"].items()},
            organisation=_to_document(plain.get("organisation")),
            instead_of=_to_document(plain.get("instead_of")),
            pieces={name: _bytes(it) for name, it in plain.get("pieces", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, errors.NotVerified) as error:
        raise errors.BadSetting(
            f"{file.name} is not a request of this program's, or was cut on its way: ask for it again"
        ) from error


def write_consent(file: Path, it: Consent) -> None:
    """Write what a signer gives back.

    Raises:
        BadSetting: it cannot be written.
    """
    events = [_text(signature) for signature in it.events]
    seen = {"whole": _text(it.whole), "bound": _text(it.bound)}
    _put(file, _written(CONSENT, name=it.name, digest=it.digest, signature=_text(it.signature), events=events, **seen))


def read_consent(file: Path) -> Consent:
    """What `write_consent` wrote.

    Raises:
        BadSetting: it is something else, or was cut.
    """
    try:
        plain = _read(file, CONSENT)
        return Consent(
            str(plain["name"]),
            str(plain["digest"]),
            _bytes(plain["signature"]),
            tuple(map(_bytes, plain["events"])),
            _bytes(plain["whole"]),
            _bytes(plain["bound"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.BadSetting(f"{file.name} is not what `tinbao roster sign` wrote, or was cut on its way") from error


def _written(kind: str, **fields: Any) -> bytes:
    return json.dumps({"tinbao": kind, **fields}, ensure_ascii=False, indent=1).encode() + b"\n"


def _read(file: Path, kind: str) -> Mapping[str, Any]:
    if file.stat().st_size > LARGEST:
        raise ValueError("too large")
    plain = json.loads(file.read_bytes())
    if not isinstance(plain, dict) or plain.get("tinbao") != kind:
        raise ValueError("of another kind")
    return plain


def _put(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as error:
        raise errors.BadSetting(f"{file.name} cannot be written there ({error.strerror})") from error


def _to_document(text: str | None) -> Document | None:
    return documents.read(text.encode()) if text else None


def _of_signed(it: SignedRoster) -> dict[str, Any]:
    signatures = {name: _text(signature) for name, signature in it.signatures.items()}
    return {"version": it.version, "document": it.document.decode(), "signatures": signatures}


def _to_signed(plain: Mapping[str, Any]) -> SignedRoster:
    signatures = {name: _bytes(it) for name, it in plain["signatures"].items()}
    return SignedRoster(int(plain["version"]), plain["document"].encode(), signatures)


def _of_locked(it: LockedIdentity) -> dict[str, Any]:
    cost = [it.cost.memory, it.cost.iterations, it.cost.lanes]
    return {"name": it.name, "cost": cost, "salt": _text(it.salt), "sealed": _text(it.sealed)}


def _to_locked(plain: Mapping[str, Any]) -> LockedIdentity:
    memory, iterations, lanes = map(int, plain["cost"])
    return LockedIdentity(
        str(plain["name"]), Cost(memory, iterations, lanes), _bytes(plain["salt"]), _bytes(plain["sealed"])
    )


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
