"""A signer's keys: made on a machine of theirs, without a home. What leaves it is one public line."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from tips import errors
from tips.crypto import sealing
from tips.crypto.keys import Identity
from tips.crypto.sealing import binding
from tips.organisation.roles import NAME

LONGEST_LINE: Final = 4096  # signs
_VERIFY: Final = 32  # bytes of an Ed25519 key
_PUBLIC: Final = 1216  # bytes of an X-Wing key


@dataclass(frozen=True, slots=True)
class PublicSigner:
    """What a home knows of a signer."""

    name: str
    office: str
    verify: bytes
    public: bytes  # their share of the recovery seed is sealed to it

    def line(self) -> str:
        """`OFFICE BASE64 NAME`."""
        return f"{self.office} {base64.b64encode(self.verify + self.public).decode()} {self.name}"


def public_of(identity: Identity, office: str) -> PublicSigner:
    """What may leave the machine."""
    return PublicSigner(identity.name, office, identity.verify, identity.public)


def parse_line(line: str) -> PublicSigner:
    """The signer of a public line.

    Raises:
        Refused: it is none, or was cut.
    """
    try:
        office, material, name = line.strip().split(maxsplit=2)
        raw = base64.b64decode(material, validate=True)
    except (ValueError, binascii.Error) as error:
        raise errors.Refused("error.signer_line") from error
    if len(line) > LONGEST_LINE or len(raw) != _VERIFY + _PUBLIC or not NAME.fullmatch(name):
        raise errors.Refused("error.signer_line")
    return PublicSigner(name, office, raw[:_VERIFY], raw[_VERIFY:])


def seal_share(it: PublicSigner, share: str) -> bytes:
    """Seal an office's share of the recovery seed to its signer."""
    return sealing.seal_to(it.public, share.encode("ascii"), _bound(it.name))


def open_share(sealed: bytes, identity: Identity) -> str:
    """The share that was sealed to a signer.

    Raises:
        NotOpened: it was sealed to somebody else.
    """
    return sealing.open_with(identity.seed, sealed, _bound(identity.name)).decode("ascii")


def _bound(name: str) -> bytes:
    return binding("recovery share of", name=name)
