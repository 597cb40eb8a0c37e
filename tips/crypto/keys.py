"""People's and units' keys, and what brings them back.

A person's passphrase is generated, stretched by Argon2id (RFC 9106) and seals their identity: an X-Wing seed, an
Ed25519 signing seed and a TOTP secret. A unit's seed is sealed to each member. The recovery seed is split so that k of
n offices bring it back together.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tips import errors
from tips.crypto import receipt, sealing
from tips.crypto.sealing import Random, binding

PASSPHRASE_CHARS: Final = 16  # of 32 signs: 80 bits
SHARE_GROUPS: Final = 11  # of four random digits: 146 bits
GROUP_DIGITS: Final = 5  # four, and one that checks them
# The quasigroup of order 10 of H. M. Damm (2004): it finds each wrong digit and each two neighbours that were swapped.
_DAMM: Final = ("0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
                "3674209581", "5869720134", "8945362017", "9438617205", "2581436790")  # fmt: skip
RECOVERY: Final = "recovery"  # a holder of seeds that are sealed to the recovery key; what its sealed seeds are kept as
RELEASE: Final = "release"  # what the clock's sealed seed is kept as
TOTP_BYTES: Final = 20  # RFC 4226, section 4: 160 bits
TOTP_STEP: Final = 30  # seconds (RFC 6238)
TOTP_DRIFT: Final = 1  # steps accepted on either side


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of a passphrase costs (Argon2id); kept beside each identity so that it can grow."""

    memory: int = 65_536  # KiB
    iterations: int = 3
    lanes: int = 1


FULL_COST: Final = Cost()


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person's passphrase opens; lives in memory for a session only."""

    name: str
    seed: bytes = field(repr=False)  # 32: X-Wing
    signing: bytes = field(repr=False)  # 32: Ed25519
    totp: bytes = field(repr=False)  # 20

    @property
    def public(self) -> bytes:
        """The 1,216 bytes that the roster lists for this person."""
        return sealing.public_bytes(self.seed)

    @property
    def verify(self) -> bytes:
        """The 32 bytes that this person's signatures are checked by."""
        return verify_key(self.signing)


@dataclass(frozen=True, slots=True)
class LockedIdentity:
    """An identity as it is stored."""

    name: str
    cost: Cost
    salt: bytes
    sealed: bytes


def new_identity(name: str, random: Random) -> Identity:
    """A fresh identity."""
    return Identity(name, random(32), random(32), random(TOTP_BYTES))


def new_passphrase(random: Random) -> str:
    """A generated passphrase, in groups a person can type: 80 random bits."""
    return new_code(PASSPHRASE_CHARS, random)


def new_code(signs: int, random: Random) -> str:
    """So many random signs in groups a person can type: 5 bits each."""
    return _grouped(random_code(signs, random).lower())


def random_code(count: int, random: Random) -> str:
    """So many random signs of the receipts' alphabet: 5 bits each."""
    return "".join(receipt.ALPHABET[octet & 31] for octet in random(count))


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def _stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    typed = "".join(sign for sign in passphrase.lower() if sign.isalnum())
    kdf = Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory)
    return kdf.derive(typed.encode("utf-8", "replace"))


def lock_identity(identity: Identity, passphrase: str, cost: Cost, random: Random) -> LockedIdentity:
    """Seal an identity under a passphrase; takes about 0.2 s at the default cost, on purpose."""
    salt = random(16)
    content = identity.seed + identity.signing + identity.totp
    key = _stretched(passphrase, salt, cost)
    return LockedIdentity(
        identity.name,
        cost,
        salt,
        sealing.lock(key, content, binding("identity", name=identity.name), random),
    )


def nobody(random: Random) -> LockedIdentity:
    """What a name that is not there is tried against, so that the time an answer takes does not tell."""
    return LockedIdentity("", Cost(), random(16), bytes([sealing.VERSION]) + random(100))


def unlock_identity(locked: LockedIdentity, passphrase: str) -> Identity:
    """Open an identity.

    Raises:
        WrongPassphrase: or the stored identity was altered; which of them is not told.
    """
    key = _stretched(passphrase, locked.salt, locked.cost)
    try:
        content = sealing.unlock(key, locked.sealed, binding("identity", name=locked.name))
    except errors.NotOpened as error:
        raise errors.WrongPassphrase from error
    return Identity(locked.name, content[:32], content[32:64], content[64:])


# --- one-time codes -----------------------------------------------------------------------------------------------


def totp_code(secret: bytes, at: datetime) -> str:
    """The six digits of RFC 6238 at a moment."""
    return TOTP(secret, 6, SHA1(), TOTP_STEP).generate(int(at.timestamp())).decode()  # noqa: S303


def latest_step(at: datetime) -> int:
    """The last time step whose code counts at a moment."""
    return int(at.timestamp()) // TOTP_STEP + TOTP_DRIFT


def totp_step(secret: bytes, code: str, at: datetime, after: int) -> int:
    """The time step that a code belongs to.

    Args:
        after: the step last used: a code counts once. One that is still to come was used by a clock that ran ahead,
            and shuts nobody out until then.

    Raises:
        WrongPassphrase: no step near `at`, later than `after`, has this code.
    """
    digits = "".join(sign for sign in code if sign.isdigit())
    now = int(at.timestamp()) // TOTP_STEP
    totp = TOTP(secret, 6, SHA1(), TOTP_STEP)  # noqa: S303
    last = after if after <= latest_step(at) else now - TOTP_DRIFT - 1
    for step in range(max(now - TOTP_DRIFT, last + 1), latest_step(at) + 1):
        if totp.generate(step * TOTP_STEP).decode() == digits:
            return step
    raise errors.WrongPassphrase


def totp_uri(identity: Identity) -> str:
    """The otpauth address that an authenticator app reads."""
    return TOTP(identity.totp, 6, SHA1(), TOTP_STEP).get_provisioning_uri(identity.name, "Tin Báo")  # noqa: S303


# --- signatures ---------------------------------------------------------------------------------------------------


def verify_key(signing: bytes) -> bytes:
    """The 32 public bytes of an Ed25519 seed."""
    return Ed25519PrivateKey.from_private_bytes(signing).public_key().public_bytes_raw()


def check_verify_key(verify_bytes: bytes) -> None:
    """That these are the public bytes of an Ed25519 key. Raises `ValueError` where they are not."""
    Ed25519PublicKey.from_public_bytes(verify_bytes)


def sign(signing: bytes, message: bytes) -> bytes:
    """Ed25519 (RFC 8032); `message` carries its own domain."""
    return Ed25519PrivateKey.from_private_bytes(signing).sign(message)


def verify(verify_bytes: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature.

    Raises:
        NotVerified: it does not hold.
    """
    try:
        Ed25519PublicKey.from_public_bytes(verify_bytes).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise errors.NotVerified from error


def signed_by(verify_bytes: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature holds."""
    try:
        verify(verify_bytes, signature, message)
    except errors.NotVerified:
        return False
    return True


# --- unit seeds ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SealedSeed:
    """A unit's seed, sealed to one holder: a member, or `recovery`."""

    unit: str
    generation: int
    holder: str
    sealed: bytes


def seal_seed(unit: str, generation: int, holder: str, public: bytes, seed: bytes) -> SealedSeed:
    """Give a unit's seed to a holder."""
    info = binding("unit seed", unit=unit, generation=generation, holder=holder)
    return SealedSeed(unit, generation, holder, sealing.seal_to(public, seed, info))


def open_seed(sealed: SealedSeed, seed: bytes) -> bytes:
    """A unit's seed, by its holder's.

    Raises:
        NotOpened: not this holder's.
    """
    info = binding("unit seed", unit=sealed.unit, generation=sealed.generation, holder=sealed.holder)
    return sealing.open_with(seed, sealed.sealed, info)


# --- recovery -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recovery seed as it is stored: once for each set of k offices, opened by their shares together."""

    needed: int
    sealed: Mapping[str, bytes]  # "office,office" in sorted order -> the seed under their key

    @property
    def offices(self) -> tuple[str, ...]:
        """Who has a share, in sorted order."""
        return tuple(sorted({office for together in self.sealed for office in together.split(",")}))

    def pieces(self) -> dict[str, bytes]:
        """As it is kept: named pieces."""
        return {RECOVERY: str(self.needed).encode(), **{f"{RECOVERY}:{it}": seed for it, seed in self.sealed.items()}}

    @classmethod
    def of(cls, pieces: Mapping[str, bytes]) -> Recovery:
        """The inverse of `pieces`; others are passed over.

        Raises:
            NotFound: there is none among them.
        """
        if not pieces.get(RECOVERY, b"").isdigit():
            raise errors.NotFound
        begin = f"{RECOVERY}:"
        sealed = {name.removeprefix(begin): it for name, it in pieces.items() if name.startswith(begin)}
        return cls(int(pieces[RECOVERY]), sealed)


def pieces_digest(pieces: Mapping[str, bytes]) -> str:
    """SHA-256, in hex, over named pieces: the roster names by it what only the quorum opens."""
    parts = [part for name in sorted(pieces) for part in (name.encode(), pieces[name])]
    return hashlib.sha256(b"".join(len(it).to_bytes(4, "big") + it for it in parts)).hexdigest()


def split_recovery(seed: bytes, offices: Sequence[str], needed: int, random: Random) -> tuple[Recovery, dict[str, str]]:
    """Split the recovery seed among offices so that any `needed` of them bring it back.

    Raises:
        BadSetting: fewer than three or more than five offices, or a threshold that protects nothing.
    """
    if not 3 <= len(set(offices)) == len(offices) <= 5 or not 2 <= needed <= len(offices):
        raise errors.BadSetting("recovery wants 3 to 5 different offices and a threshold from 2 to their number")
    shares = {office: new_share(random) for office in offices}
    sealed = {}
    for chosen in itertools.combinations(sorted(offices), needed):
        key, info = _share_key({office: shares[office] for office in chosen})
        sealed[",".join(chosen)] = sealing.lock(key, seed, info, random)
    return Recovery(needed, sealed), shares


def new_share(random: Random) -> str:
    """A share that can be dictated: eleven groups of five digits, each checked by its last and by its place."""
    groups = [[_digit(random) for _ in range(GROUP_DIGITS - 1)] for _ in range(SHARE_GROUPS)]
    return "-".join(f"{''.join(map(str, group))}{_check_digit(at, group)}" for at, group in enumerate(groups, start=1))


def _digit(random: Random) -> int:
    """One of ten, each as likely as the others: bytes above 249 are drawn anew."""
    while (drawn := random(1)[0]) >= 250:
        pass
    return drawn % 10


def _check_digit(place: int, digits: Iterable[int]) -> int:
    """Damm's, begun with the group's place, so that whole groups that were swapped are found too."""
    check = place % 10
    for digit in digits:
        check = int(_DAMM[check][digit])
    return check


def read_share(office: str, typed: str) -> str:
    """The signs of a share that was typed, whatever stands between them; one spelled with letters is taken as it is.

    Raises:
        WrongGroup: the digits of a group, which is named, do not fit together.
    """
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    if not (signs.isascii() and signs.isdecimal()):
        return signs
    groups = [signs[at : at + GROUP_DIGITS] for at in range(0, len(signs), GROUP_DIGITS)]
    apart = typed.replace("-", " ").split()
    if len(apart) >= SHARE_GROUPS:  # typed in groups: a digit too many or too few spoils one, not all after it
        groups = apart
    for place, group in enumerate(groups[:SHARE_GROUPS], start=1):
        digits = [int(sign) for sign in group]
        if len(digits) != GROUP_DIGITS or _check_digit(place, digits[:-1]) != digits[-1]:
            raise errors.WrongGroup(f"{office}, {place}")
    if len(groups) != SHARE_GROUPS:
        raise errors.WrongGroup(f"{office}, {min(len(groups), SHARE_GROUPS) + 1}")
    return signs


def _share_key(shares: Mapping[str, str]) -> tuple[bytes, bytes]:
    info = binding("recovery share", offices=",".join(sorted(shares)))
    typed = "|".join(read_share(office, shares[office]) for office in sorted(shares))
    return sealing.derive(typed.encode(), info), info


def join_recovery(recovery: Recovery, shares: Mapping[str, str]) -> bytes:
    """The recovery seed, by the shares of enough offices.

    Raises:
        WrongGroup: a share has a group of digits that cannot be.
        WrongShares: too few shares, or wrong ones.
    """
    for chosen in itertools.combinations(sorted(shares), recovery.needed):
        key, info = _share_key({office: shares[office] for office in chosen})
        try:
            return sealing.unlock(key, recovery.sealed.get(",".join(chosen), b""), info)
        except errors.NotOpened:
            continue
    raise errors.WrongShares


def parse_shares(lines: Iterable[str]) -> dict[str, str]:
    """Shares as `init` prints them, `office:CODE`; other lines are passed over."""
    pairs = (line.strip().split(":", 1) for line in lines if ":" in line)
    return {office.strip(): code.strip() for office, code in pairs}
