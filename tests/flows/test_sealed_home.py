"""A home's files give a tip to a member's passphrase, by another program too, and to nobody without one."""

import asyncio
import contextlib
import hashlib
import json
import multiprocessing
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.fakes import opener, served
from tests.fakes.opener import Closed, bound, rows
from tests.fakes.served import Citizen, Served
from tests.fakes.words import DRUGS as TIP

LARGEST = 1024 * 1024  # bytes of the whole home
KEY = 32
SHARES = 8  # pieces of the work, for as many processes as there are
HEX = re.compile(rb"[0-9a-fA-F]{64,}")


@dataclass(frozen=True)
class Locks:
    """What a key could open: locked pieces with what they are bound to, and the curve halves of all public keys."""

    locked: list[tuple[bytes, bytes]] = field(repr=False)  # (version, nonce and ciphertext; binding)
    publics: frozenset[bytes] = field(repr=False)

    def opened_by(self, key: bytes) -> int:
        """How many of them open with 32 octets: as an X25519 key, an X-Wing seed, a signing seed, or an AES key."""
        curves = (key, hashlib.shake_256(key).digest(96)[64:])
        pairs: list[X25519PrivateKey | Ed25519PrivateKey] = [
            *map(X25519PrivateKey.from_private_bytes, curves),
            Ed25519PrivateKey.from_private_bytes(key),
        ]
        found = sum(pair.public_key().public_bytes_raw() in self.publics for pair in pairs)
        aes = AESGCM(key)
        for sealed, info in self.locked:
            with contextlib.suppress(InvalidTag):
                aes.decrypt(sealed[1:13], sealed[13:], info)
                found += 1
        return found


@dataclass(frozen=True)
class Found:
    """A served home with one tip, after an orderly end."""

    home: Served
    case: bytes = field(repr=False)

    @property
    def files(self) -> list[Path]:
        """The home as the process left it: reading a database adds files of its own."""
        return [path for path in (self.home.folder / "left").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def found() -> Iterator[Found]:
    with tempfile.TemporaryDirectory(dir=served.MEMORY) as folder:
        home = served.made(Path(folder), [("an", "area-770"), ("binh", "area-778")])
        asyncio.run(one_tip(home))
        shutil.copytree(home.home, home.folder / "left")
        ((case,),) = rows(home.database, "SELECT id FROM tip")
        yield Found(home, case)


async def one_tip(home: Served) -> None:
    async with served.serving(home), Citizen(home.url) as citizen:
        await citizen.sends(TIP)
        await citizen.leaves()


# --- with a passphrase ------------------------------------------------------------------------------------------------


def test_another_program_opens_the_tip_with_a_members_passphrase(found: Found) -> None:
    """Argon2id, identity, unit seed, grant, envelope, text: the format stands for itself."""
    pieces = opener.read(found.home.database, found.case, "an", found.home.passphrase("an"))
    assert pieces["tip"]["text"] == TIP
    assert pieces["tip"]["by"] == "reporter"


@pytest.mark.parametrize("name", ["an", "nobody"])
def test_a_wrong_passphrase_opens_nothing(found: Found, name: str) -> None:
    """One sign off, or a name that is not there."""
    right = found.home.passphrase("an")
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    with pytest.raises(Closed):
        opener.read(found.home.database, found.case, name, wrong)


def test_a_member_of_another_unit_opens_nothing(found: Found) -> None:
    """Binh's own keys open with Binh's passphrase, and none of the case's grants, waking or asleep, does."""
    own = opener.seeds(found.home.database, "binh", found.home.passphrase("binh"))
    assert len(own) == 1
    with pytest.raises(Closed):
        opener.read_with(found.home.database, found.case, own)


def test_an_admin_opens_nothing(found: Found) -> None:
    """Whoever signs the roster holds no unit's seed."""
    for name, passphrase in found.home.admins.items():
        with pytest.raises(Closed):
            opener.read(found.home.database, found.case, name, passphrase)


# --- without one ------------------------------------------------------------------------------------------------------


def locks(home: Served) -> Locks:
    """Everything in the database that is under a key of its own, and everybody whom something is sealed to."""
    ask = partial(rows, home.database)
    envelopes = "SELECT sealed, case_id, id, part FROM envelope"
    wraps = "SELECT sealed, case_id, envelope_id, reader, level FROM reading_grant WHERE asleep"
    shares = "SELECT value, substr(name, 10) FROM kept WHERE name LIKE 'recovery:%'"
    locked = [(sealed, bound("envelope", *rest)) for sealed, *rest in ask(envelopes)]
    locked += [(sealed, bound("identity", name)) for sealed, name in ask("SELECT sealed, name FROM person")]
    locked += [(sealed, bound("wrap", *rest)) for sealed, *rest in ask(wraps)]
    locked += [(value, bound("recovery share", offices)) for value, offices in ask(shares)]
    rosters = [json.loads(document) for (document,) in ask("SELECT document FROM roster")]
    publics = {public for (public,) in ask("SELECT public FROM mailbox")}
    for roster in rosters:
        publics |= {bytes.fromhex(it[-1]) for it in (*roster["signers"], *roster["people"])}
        publics |= {bytes.fromhex(key) for keys in roster["processes"].values() for key in keys}
        publics |= {bytes.fromhex(row[2]) for row in roster["units"]} | {
            bytes.fromhex(it[3]) for it in roster["people"]
        }
        publics |= {bytes.fromhex(roster["release"]), bytes.fromhex(roster["recovery"])}
    return Locks(locked, frozenset(public[-KEY:] for public in publics))


def windows(file: Path) -> set[bytes]:
    """Every 32 octets in a row that are in a file as they are, or written in hex; empty pages apart."""
    data = file.read_bytes()
    stretches = [data]
    for written in HEX.findall(data):
        stretches += [bytes.fromhex(written[at : at + (len(written) - at) // 2 * 2].decode()) for at in (0, 1)]
    every = {it[at : at + KEY] for it in stretches for at in range(len(it) - KEY + 1)}
    return every - {bytes(KEY)}


def opened(files: list[Path], locks: Locks, share: int, shares: int = SHARES) -> tuple[int, int]:
    """How many windows one share of the work tried, and how many things they opened."""
    own = [it for it in set().union(*map(windows, files)) if it[-1] % shares == share]
    return len(own), sum(map(locks.opened_by, own))


def test_nothing_in_the_home_opens_anything_in_it(found: Found) -> None:
    """Every 32 octets of every file, tried as a key of every kind: not one opens a thing."""
    assert sum(path.stat().st_size for path in found.files) <= LARGEST
    assert {path.name for path in found.files} == {"tinbao.db"}
    work = [(found.files, locks(found.home), share) for share in range(SHARES)]
    with multiprocessing.get_context("spawn").Pool() as pool:
        done = pool.starmap(opened, work)
    assert sum(tried for tried, _ in done) > 40_000
    assert sum(hits for _, hits in done) == 0


def test_the_search_would_notice_a_key_that_was_left(found: Found, tmp_path: Path) -> None:
    """A unit's seed, its X25519 half, a tip's key, a signing seed, a seed in hex: each, among other octets, opens."""
    (seed,) = opener.seeds(found.home.database, "an", found.home.passphrase("an"))
    left = {
        "seed": seed,
        "half": hashlib.shake_256(seed).digest(96)[64:],
        "key": key_of_the_tip(found, seed),
        "signing": (found.home.secrets / "intake.key").read_bytes(),
        "hex": seed.hex().encode(),
    }
    for name, octets in left.items():
        file = tmp_path / name
        file.write_bytes(b"before " + octets + b" after")
        assert opened([file], locks(found.home), 0, 1)[1] >= 1, name


def key_of_the_tip(found: Found, seed: bytes) -> bytes:
    sql = "SELECT envelope_id, roster, sealed FROM reading_grant WHERE reader = 'area-770' AND case_id = ?"
    ((envelope, roster, sealed),) = rows(found.home.database, sql, found.case)
    return opener.unseal(seed, sealed, bound("grant", found.case, envelope, "area-770", roster))


def test_what_was_left_with_the_home_in_its_secrets_opens_no_tip_either(found: Found, tmp_path: Path) -> None:
    """Whoever takes home and secrets together can wake sleeping grants and sign; they read nothing."""
    for path in found.home.secrets.rglob("*"):
        shutil.copy(path, tmp_path)
    envelopes = Locks(locks(found.home).locked[:1], frozenset(unit_keys(found.home)))
    assert opened(list(tmp_path.iterdir()), envelopes, 0, 1)[1] == 0


def unit_keys(home: Served) -> list[bytes]:
    """The X25519 halves of the units' public keys, as the newest roster lists them."""
    ((document,),) = rows(home.database, "SELECT document FROM roster ORDER BY version DESC LIMIT 1")
    return [bytes.fromhex(row[2])[-KEY:] for row in json.loads(document)["units"]]
