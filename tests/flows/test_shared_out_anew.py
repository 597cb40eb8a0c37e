"""The recovery seed's shares, once other people sign: they go to the new signers, and who went has none that counts."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import home
from tests.fakes.machines import Done, Machines
from tests.fakes.machines import founded as a_founded
from tests.flows.test_signers_apart import rewritten


@pytest.fixture
def founded() -> Iterator[Machines]:
    """A home that three people founded; Hà signs instead of Phúc by now, and an administrator is there."""
    with home.in_memory() as folder:
        made = a_founded(folder)
        made.joins("quan", "ttra-tp", "admin")
        words = ("--signer", made.comes("Hà", "bca-c01").line, "--without", "Phúc")
        assert made.here("roster", "propose", str(made.request), *words).returncode == 0
        assert made.signed("Lan Anh", "Minh", **made.heard).returncode == 0
        yield made


def share(machines: Machines, who: str, request: Path) -> str:
    """What a signer prints on their own machine."""
    return machines.signers[who].does("signer", "share", str(request)).stdout.strip()


def splits(machines: Machines, *who: str) -> Done:
    """`tinbao roster split`, with the shares that these were given first."""
    quorum = machines.at.folder / "first-shares"
    first = machines.at.folder / "first-request"
    quorum.write_text("\n".join(share(machines, name, first) for name in who))
    lines = [machines.signers[name].does("signer", "show").stdout.strip() for name in ("Lan Anh", "Minh", "Hà")]
    words = [word for line in lines for word in ("--signer", line)]
    return machines.here("roster", "split", str(machines.request), "--shares", str(quorum), *words)


def backs_up(machines: Machines, name: str) -> Path:
    file = machines.at.folder / name
    by = {"TINBAO_PASSWORD": machines.people["quan"]["passphrase"]}
    done = machines.here("backup", str(file), "--officer", "quan", **by)
    assert done.returncode == 0, done.stderr
    return file


def restores(machines: Machines, file: Path, *shares: str) -> Done:
    """Into an empty home on another machine."""
    elsewhere = Machines(machines.at.__class__(machines.at.folder / "elsewhere", machines.at.port, {}, {}), {})
    shutil.rmtree(elsewhere.at.folder, ignore_errors=True)
    elsewhere.at.folder.mkdir()
    quorum = elsewhere.at.folder / "shares"
    quorum.write_text("\n".join(shares))
    return elsewhere.here("restore", str(file), "--shares", str(quorum), "--request", str(elsewhere.request))


def test_who_signs_now_brings_the_home_back_and_who_went_does_not(founded: Machines) -> None:
    """Lan Anh and Phúc have shares of before; the next backup opens with those of Lan Anh and Hà only."""
    first = founded.at.folder / "first-request"
    assert "others sign by now" in founded.here("doctor").stdout
    before = {name: share(founded, name, first) for name in ("Lan Anh", "Minh", "Phúc")}
    older = backs_up(founded, "older.age")
    assert splits(founded, "Lan Anh", "Phúc").returncode == 0
    told = founded.sign("Minh").stderr
    assert "shared out anew among bca-c01, ttra-tp, vks-tp; 2 shares" in told
    assert founded.signed("Lan Anh", "Minh").returncode == 0
    now = {name: share(founded, name, founded.request) for name in ("Lan Anh", "Minh", "Hà")}
    assert founded.signers["Phúc"].does("signer", "share", str(founded.request)).returncode == 1
    assert "2 of bca-c01, ttra-tp, vks-tp bring it back\n" in founded.here("doctor").stdout
    newer = backs_up(founded, "newer.age")
    assert restores(founded, newer, now["Lan Anh"], now["Hà"]).returncode == 0
    assert restores(founded, newer, before["Lan Anh"], before["Phúc"]).returncode != 0
    assert restores(founded, newer, before["Lan Anh"], now["Hà"]).returncode != 0
    assert restores(founded, older, before["Lan Anh"], before["Phúc"]).returncode == 0, "of before, as it was"
    verified = founded.here("ledger", "verify")
    assert verified.returncode == 0, verified.stdout


def test_a_machine_that_knew_the_former_shares_takes_up_the_new_ones(founded: Machines) -> None:
    """Its secrets are of before; its backups open for who signs now."""
    with home.in_memory() as aside:
        shutil.copy(founded.at.secrets / "sealed.json", aside / "sealed.json")
        assert splits(founded, "Lan Anh", "Minh").returncode == 0
        assert founded.signed("Lan Anh", "Minh").returncode == 0
        shutil.copy(aside / "sealed.json", founded.at.secrets / "sealed.json")
    shares = [share(founded, name, founded.request) for name in ("Minh", "Hà")]
    assert restores(founded, backs_up(founded, "it.age"), *shares).returncode == 0


def test_shares_that_were_swapped_on_the_way_are_not_put_into_force(founded: Machines) -> None:
    """Nor signed; a version that names other ones, without bringing them, is not signed either."""
    assert splits(founded, "Lan Anh", "Minh").returncode == 0
    assert founded.sign("Lan Anh").returncode == 0
    assert founded.sign("Minh").returncode == 0
    sound = json.loads(founded.request.read_text())
    founded.request.write_text(json.dumps({**sound, "pieces": {**sound["pieces"], "recovery": "Mw=="}}))
    assert founded.apply("Lan Anh", "Minh").returncode == 1
    assert "other shares" in founded.sign("Hà").stderr
    founded.request.write_text(json.dumps({**sound, "pieces": {}}))
    assert founded.sign("Hà").returncode == 1
    founded.request.write_text(json.dumps(sound))
    rewritten(founded.request, lambda it: it.update(quorum_digest="00" * 32))
    assert founded.sign("Hà").returncode == 1


def test_shares_go_to_who_signs_and_nobody_else(founded: Machines) -> None:
    """A line of somebody else, or one that is missing, is refused; so are too few shares of before."""
    lines = {name: it.line for name, it in founded.signers.items()}
    quorum = founded.at.folder / "first-shares"
    assert splits(founded, "Lan Anh").returncode != 0
    quorum.write_text("\n".join(share(founded, it, founded.at.folder / "first-request") for it in ("Lan Anh", "Minh")))
    for some in (("Lan Anh", "Minh"), ("Lan Anh", "Minh", "Phúc"), ("Lan Anh", "Minh", "Hà", "Phúc")):
        words = [word for name in some for word in ("--signer", lines[name])]
        done = founded.here("roster", "split", str(founded.request), "--shares", str(quorum), *words)
        assert done.returncode == 1
        assert "signer show" in done.stderr


def test_no_hand_in_the_database_shares_the_key_out(founded: Machines) -> None:
    """Rows that nobody signed open nothing, where the copy beside the secrets is gone too; it is named."""
    with contextlib.closing(sqlite3.connect(founded.at.database, isolation_level=None)) as database:
        database.execute("UPDATE kept SET value = ? WHERE name LIKE 'recovery:%'", (bytes(60),))
    (founded.at.secrets / "sealed.json").unlink()
    by = {"TINBAO_PASSWORD": founded.people["quan"]["passphrase"]}
    done = founded.here("backup", str(founded.at.folder / "x.age"), "--officer", "quan", **by)
    assert done.returncode == 1
    assert "recovery offices" in done.stderr
    verified = founded.here("ledger", "verify")
    assert verified.returncode == 1
    assert "recovery offices" in verified.stdout + verified.stderr
