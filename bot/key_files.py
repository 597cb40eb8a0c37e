"""Process secrets: keys that are on no disk (`TINBAO_RUN`, tmpfs) and keys outside the home (`TINBAO_SECRETS`)."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tips import errors
from tips.cases.ledger import SignedEvent
from tips.intake import reporter_notifications
from tips.merkle import tree
from tips.organisation.roster import CLOCK, NEEDED, PROCESSES, SignedRoster, Signer, Signers
from tips.people.founding import Secrets

DRAFT_KEY_LIFE: Final = 26  # hours: a draft's 24, and the slack of hours at both ends
RELAYS_KEPT: Final = 500  # earlier relay keys that are remembered by their ids
LOSS_TOLD_FOR: Final = timedelta(hours=24)
ROSTER: Final = "roster.json"  # a file in the secrets folder: the newest roster that was believed
SEALED: Final = "sealed.json"  # another: what only the quorum opens, as this home had it first
STANDING: Final = "standing.json"  # another: what people laid down for the whole home, as they signed it
ORGANISATION: Final = "organisation-{}.json"  # others: the organisations that rosters named, by digest
ALL_COVERED: Final = "all-covered"  # another: no case of an earlier program is left that claims nothing
RAN_BEFORE: Final = "ran-before"  # a file in the secrets folder: a line for each relay key, its id and its boot
BOOT: Final = Path("/proc/sys/kernel/random/boot_id")  # changes when what lay on tmpfs is gone
_MEMORY: Final = frozenset({"tmpfs", "ramfs"})


@dataclass(slots=True)
class RunFolder:
    """Keys on tmpfs: they survive a killed process and not a power cut. Several processes share them."""

    folder: Path
    now: Callable[[], datetime]
    lost: frozenset[bytes] = frozenset()  # ids of relay keys that earlier boots of this machine had
    _drafts: dict[int, bytes] = field(default_factory=dict)
    _lookup: bytes = b""
    _relay: bytes = b""
    _device: bytes = b""
    _web: bytes = b""
    _count: tuple[int, bytes] = (0, b"")

    def lookup_key(self) -> bytes:
        """See `tips.ports.process.RunSecrets`."""
        if not self._lookup:
            self._lookup = read_or_make(self.folder / "lookup.key")
        return self._lookup

    def relay_key(self) -> bytes:
        """See `tips.ports.process.RunSecrets`."""
        if not self._relay:
            self._relay = read_or_make(self.folder / "relay.key")
        return self._relay

    def lost_relays(self) -> frozenset[bytes]:
        """See `tips.ports.process.RunSecrets`."""
        return self.lost

    def device_key(self) -> bytes:
        """See `tips.ports.process.RunSecrets`."""
        if not self._device:
            self._device = read_or_make(self.folder / "device.key")
        return self._device

    def count_key(self) -> bytes:
        """See `tips.ports.process.RunSecrets`."""
        hour = int(self.now().timestamp()) // 3600
        if self._count[0] != hour:
            self._count = (hour, read_or_make(self.folder / f"count-{hour}.key"))
            self._sweep("count", hour - 1)
        return self._count[1]

    def web_key(self) -> bytes:
        """See `tips.ports.process.RunSecrets`."""
        if not self._web:
            self._web = read_or_make(self.folder / "web.key")
        return self._web

    def draft_key(self, hour: int | None = None) -> tuple[int, bytes] | None:
        """See `tips.ports.process.RunSecrets`."""
        current = int(self.now().timestamp()) // 3600
        wanted = current if hour is None else hour
        if wanted not in self._drafts:
            path = self.folder / f"draft-{wanted}.key"
            if hour is not None and not path.exists():
                return None
            self._drafts[wanted] = read_or_make(path)
            oldest = current - DRAFT_KEY_LIFE
            self._sweep("draft", oldest)
            self._drafts = {at: key for at, key in self._drafts.items() if at >= oldest}
        return wanted, self._drafts[wanted]

    def _sweep(self, name: str, oldest: int) -> None:
        """Destroy the keys of the hours before `oldest`."""
        for path in self.folder.glob(f"{name}-*.key"):
            if int(path.stem.removeprefix(f"{name}-")) < oldest:
                path.unlink(missing_ok=True)

    def lost_since(self) -> datetime | None:
        """When drafts were last lost by a cold start; None: not on this machine's record."""
        marker = self.folder / "cold-start"
        return datetime.fromisoformat(marker.read_text("ascii")) if marker.exists() else None


def check_run(folder: Path | None, *, demo: bool) -> Path:
    """The run folder, made where it is missing; no key is made in it yet.

    Raises:
        BadSetting: it cannot be written, or is not on tmpfs and this is no demo; the message says what to set.
    """
    place = folder or _default_run()
    check_writable(place, "TINBAO_RUN", "choose a folder on tmpfs, such as /dev/shm/tinbao")
    kind = filesystem(place)
    if kind is not None and kind not in _MEMORY and not demo:
        raise errors.BadSetting(f"TINBAO_RUN is on {kind}, a disk: choose a folder on tmpfs, such as /dev/shm/tinbao")
    return place


def check_writable(place: Path, name: str, remedy: str) -> None:
    """Make a folder that only its owner enters, where it is missing, and see that a file can be made in it.

    Raises:
        BadSetting: it cannot be; the message names the setting.
    """
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise errors.BadSetting(f"{name} cannot be made or written ({error.strerror}): {remedy}") from error


def open_run(folder: Path | None, secrets: Path, now: Callable[[], datetime], *, demo: bool) -> RunFolder:
    """The run folder, made where it is missing.

    Raises:
        BadSetting: it is not on tmpfs and this is no demo; the message says what to set.
    """
    place = check_run(folder, demo=demo)
    _mark_cold_start(place, secrets, now())
    opened = RunFolder(place, now, _lost(secrets))
    opened.lookup_key()  # made at once: its absence is how the next start knows that the keys were lost
    if secrets.is_dir():
        _remember_relay(secrets, reporter_notifications.relay_id(opened.relay_key()).hex())
    return opened


def _lost(secrets: Path) -> frozenset[bytes]:
    """The relay keys of other boots. One of this boot may live in another run folder, or another process."""
    rows = [line.split() for line in _ran_before(secrets)]
    return frozenset(bytes.fromhex(id_) for id_, *boot in rows if boot and boot != [_boot()])


def _remember_relay(secrets: Path, id_: str) -> None:
    known = _ran_before(secrets)
    if id_ not in {line.split()[0] for line in known}:
        write_secret(secrets / RAN_BEFORE, "\n".join((*known[-RELAYS_KEPT:], f"{id_} {_boot()}")).encode("ascii"))


def _ran_before(secrets: Path) -> list[str]:
    record = secrets / RAN_BEFORE
    return record.read_text("ascii").splitlines() if record.exists() else []


def _boot() -> str:
    """This boot of the machine; nothing where the system does not tell (macOS)."""
    return BOOT.read_text("ascii").strip() if BOOT.exists() else ""


def _default_run() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "tinbao"
    shared = Path("/dev/shm")  # noqa: S108 (a tmpfs, and the folder below it is this user's alone)
    return (shared if shared.is_dir() else Path.home()) / f"tinbao-{os.getuid()}"


def filesystem(folder: Path) -> str | None:
    """The type of the file system that a folder is on; None where the system does not tell (macOS)."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return None
    found = ("", "unknown")
    for line in mounts.read_text("utf-8").splitlines():
        _, at, kind, *_ = line.split(" ")
        if folder.resolve().is_relative_to(at) and len(at) >= len(found[0]):
            found = (at, kind)
    return found[1]


def _mark_cold_start(place: Path, secrets: Path, now: datetime) -> None:
    """Remember that the keys of earlier drafts are gone, unless this is the first start of all."""
    if (place / "lookup.key").exists():
        return
    if (secrets / RAN_BEFORE).exists():
        (place / "cold-start").write_text(now.isoformat(), "ascii")
    elif secrets.is_dir():
        mark_run_before(secrets)


def mark_run_before(secrets: Path) -> None:
    """From now on a run folder without keys means that drafts were lost."""
    (secrets / RAN_BEFORE).touch(mode=0o600)


def webhook_secret(folder: Path, messenger: str) -> str:
    """The secret that only a messenger and this home's processes know, 64 hex digits; made at the first start."""
    return read_or_make(folder / f"{messenger}-webhook.key", lambda: os.urandom(32).hex().encode()).decode("ascii")


def read_or_make(path: Path, make: Callable[[], bytes] = lambda: os.urandom(32)) -> bytes:
    """A key's bytes; whichever process comes first makes it, by an atomic link."""
    if not path.exists():
        ours = path.with_suffix(f".{os.getpid()}")
        write_secret(ours, make())
        try:
            os.link(ours, path)
        except FileExistsError:
            pass
        finally:
            ours.unlink()
    return path.read_bytes()


def write_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def replace_secret(path: Path, data: bytes) -> None:
    """Put a file that only its owner reads in another's place; after a power cut, too, there is one that is whole."""
    new = path.with_suffix(f".{os.getpid()}")
    write_secret(new, data)
    _sync(new)
    new.replace(path)
    _sync(path.parent)


def _sync(place: Path) -> None:
    """Wait until a file, or what a folder names, is on the disk."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def store(folder: Path, secrets: Secrets) -> None:
    """Write what `init` made for the processes, outside the home."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for process, seed in secrets.signing.items():
        write_secret(folder / f"{process}.key", seed)
    write_secret(folder / "release.key", secrets.release)
    listed = [[it.name, it.office, it.verify.hex()] for it in secrets.signers.listed]
    plain = {"signers": listed, "threshold": secrets.signers.needed}
    write_secret(folder / "signers.json", json.dumps(plain).encode())


def load(folder: Path, credentials: Path | None, wanted: Collection[str] | None) -> Secrets:
    """Read back what these processes sign with, and nothing of the others.

    Args:
        folder: TINBAO_SECRETS.
        credentials: where a service manager puts what it hands over; it goes before the folder.
        wanted: the processes; None: all whose keys are here.

    Raises:
        BadSetting: missing, or readable by others; the message says what to do.
    """

    def place(name: str) -> Path:
        handed = credentials / name if credentials else None
        return handed if handed and handed.exists() else folder / name

    found = [it for it in PROCESSES if place(f"{it}.key").exists()] if wanted is None else list(wanted)
    signing = {process: secret(place(f"{process}.key")) for process in found}
    release = secret(place("release.key")) if CLOCK in found else b""
    return Secrets(signing, release, signers(folder, place("signers.json")))


def is_there(folder: Path, credentials: Path | None, process: str) -> bool:
    """Whether a process's key is on this machine."""
    return any((it / f"{process}.key").exists() for it in (credentials, folder) if it)


def signers(folder: Path, file: Path | None = None) -> Signers:
    """The pinned signers; the first homes had two, both of whom sign.

    Raises:
        BadSetting: others can read the file, or it is spoilt.
    """
    try:
        plain = json.loads(secret(file or folder / "signers.json"))
        rows, needed = (plain, NEEDED) if isinstance(plain, list) else (plain["signers"], plain["threshold"])
        return Signers(tuple(Signer(name, office, bytes.fromhex(verify)) for name, office, verify in rows), int(needed))
    except (ValueError, KeyError, TypeError) as error:
        raise errors.BadSetting("signers.json in TINBAO_SECRETS is spoilt: bring it back from a copy") from error


def keep_roster(folder: Path, newest: SignedRoster) -> None:
    """Keep the newest roster that a process of this home believed, whole: the database may forget it."""
    signatures = {name: it.hex() for name, it in newest.signatures.items()}
    plain = {"version": newest.version, "document": newest.document.decode(), "signatures": signatures}
    replace_secret(folder / ROSTER, json.dumps(plain).encode())


def kept_roster(folder: Path) -> SignedRoster | None:
    """The roster of `keep_roster`, its signatures not looked at; None: no process has believed one yet.

    Raises:
        BadSetting: others can read it, or it is spoilt.
    """
    if not (folder / ROSTER).exists():
        return None
    try:
        plain = json.loads(secret(folder / ROSTER))
        signatures = {name: bytes.fromhex(it) for name, it in plain["signatures"].items()}
        return SignedRoster(plain["version"], plain["document"].encode(), signatures)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.BadSetting(f"{ROSTER} in TINBAO_SECRETS is spoilt: bring it back from a copy") from error


def keep_standing(folder: Path, found: Iterable[SignedEvent]) -> None:
    """Keep what people laid down for the whole home outside the database as well."""
    plain = [[it.body.decode("ascii"), it.signature.hex()] for it in found]
    replace_secret(folder / STANDING, json.dumps(plain).encode())


def kept_standing(folder: Path) -> dict[bytes, SignedEvent]:
    """The events of `keep_standing` by their leaves, their signatures not looked at; what is spoilt is nothing."""
    if not (folder / STANDING).exists():
        return {}
    try:
        pairs = [(body.encode("ascii"), bytes.fromhex(it)) for body, it in json.loads(secret(folder / STANDING))]
    except (ValueError, TypeError, AttributeError):
        return {}
    found = [SignedEvent(tree.leaf_hash(body), b"", body, signature) for body, signature in pairs]
    return {it.leaf: it for it in found}


def keep_sealed(folder: Path, pieces: Mapping[str, bytes]) -> None:
    """Keep what only the quorum opens outside the database as well: spoilt there, it would spoil each later backup."""
    replace_secret(folder / SEALED, json.dumps({name: it.hex() for name, it in pieces.items()}).encode())


def kept_sealed(folder: Path) -> dict[str, bytes] | None:
    """The pieces of `keep_sealed`, by name; None: no process has kept them yet.

    Raises:
        BadSetting: others can read them, or the file is spoilt.
    """
    if not (folder / SEALED).exists():
        return None
    try:
        return {name: bytes.fromhex(it) for name, it in json.loads(secret(folder / SEALED)).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise errors.BadSetting(f"{SEALED} in TINBAO_SECRETS is spoilt: bring it back from a copy") from error


def keep_organisation(folder: Path, digest: str, data: bytes) -> None:
    """Keep the document of an organisation that a roster names: the database may forget it, or be edited."""
    replace_secret(folder / ORGANISATION.format(digest), data)


def kept_organisation(folder: Path, digest: str) -> bytes:
    """The document of `keep_organisation`, nothing of it looked at; b"": there is none.

    Raises:
        BadSetting: others can read it.
    """
    file = folder / ORGANISATION.format(digest)
    return secret(file) if file.exists() else b""


class AllCovered:
    """See `tips.ports.clock.AllCovered`: an empty file beside the secrets."""

    def __init__(self, folder: Path) -> None:
        self._mark = folder / ALL_COVERED

    def known(self) -> bool:
        """Whether the file is there."""
        return self._mark.exists()

    def note(self) -> None:
        """Make it."""
        if not self.known():
            replace_secret(self._mark, b"")


def secret(path: Path) -> bytes:
    """A file that only its owner reads.

    Raises:
        BadSetting: it is missing, or others can read it.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise errors.BadSetting(
            f"{path.name} is missing in TINBAO_SECRETS: copy it from the machine on which this home was made,"
            " or bring the home back by `tinbao restore`"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise errors.BadSetting(f"others can read {path.name} in TINBAO_SECRETS: chmod 600 it")
    return path.read_bytes()
