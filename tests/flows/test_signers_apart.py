"""A home in several hands: no two signers share a shell, and what each signs travels as a file."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bot import roster_files
from tests.fakes import home
from tests.fakes.machines import SIGNERS, Machines, asked, run
from tests.fakes.machines import founded as a_founded
from tips.organisation.roles import NAME
from tips.people import proposals


@pytest.fixture
def machines() -> Iterator[Machines]:
    """A home that nobody has signed yet."""
    with home.in_memory() as folder:
        yield asked(folder)


@pytest.fixture
def founded() -> Iterator[Machines]:
    """A home that three people founded; two of them sign each step."""
    with home.in_memory() as folder:
        yield a_founded(folder)


# --- the first version -----------------------------------------------------------------------------------------------


def test_a_home_serves_once_enough_have_signed_and_not_before(machines: Machines) -> None:
    """One signature of two is too few, and says so; the same request goes on with a further one."""
    heard = machines.heard
    said = machines.here("doctor")
    assert said.returncode == 1
    assert "tinbao roster apply" in said.stdout
    assert machines.sign("Lan Anh", heard).returncode == 0
    assert machines.apply("Lan Anh").returncode == 1
    assert machines.here("doctor").returncode == 1
    assert machines.sign("Phúc", heard).returncode == 0
    assert machines.apply("Lan Anh", "Phúc").returncode == 0
    assert machines.here("doctor").returncode == 0
    assert machines.roster()["threshold"] == 2


def test_nothing_of_a_signer_is_on_the_home_s_machine_and_nothing_of_the_home_on_theirs(founded: Machines) -> None:
    """No passphrase is printed at the home, and none is needed there."""
    home_holds = b"".join(it.read_bytes() for it in founded.at.folder.rglob("*") if it.is_file() and on_home(it))
    for it in founded.signers.values():
        keys = json.loads((it.folder / "keys").read_text())
        assert keys["locked"]["sealed"].encode() not in home_holds
        assert it.passphrase.encode() not in home_holds
        assert {file.name for file in it.folder.iterdir()} <= {"keys", "request", "consent"}


def on_home(file: Path) -> bool:
    return any(part in {"home", "secrets", "run"} for part in file.parts)


def test_each_signer_has_a_share_that_only_they_can_read(founded: Machines) -> None:
    """As the quorum brings them together; another one's file opens nothing of it."""
    shares = {}
    for name, it in founded.signers.items():
        shares[name] = it.does("signer", "share", str(founded.request)).stdout.strip()
    assert [it.partition(":")[0] for it in shares.values()] == [office for _, office in SIGNERS]
    founded.joins("quan", "ttra-tp", "admin")
    quorum = founded.at.folder / "shares"
    quorum.write_text("\n".join([*shares.values()][1:]))
    done = founded.here(
        "unit", "recover", "vks-tp", "--shares", str(quorum), "--officer", "quan",
        TINBAO_PASSWORD=founded.people["quan"]["passphrase"],
    )  # fmt: skip
    assert "the quorum keeps no seed of this unit" in done.stderr, done.stderr


FOUNDERS = {
    "two": ([("a", "vks-tp"), ("b", "ttra-tp")], "2", "3 to 5"),
    "one who signs alone": ([("a", "vks-tp"), ("b", "ttra-tp"), ("c", "px05")], "1", "At least two"),
    "more signatures than signers": ([("a", "vks-tp"), ("b", "ttra-tp"), ("c", "px05")], "4", "no more than"),
    "one branch that could sign alone": ([("a", "px05"), ("b", "pc03"), ("c", "vks-tp")], "2", "one branch"),
    "two of a name": ([("a", "vks-tp"), ("a ", "ttra-tp"), ("c", "px05")], "2", "share a name"),
    "an office that there is not": ([("a", "mars"), ("b", "ttra-tp"), ("c", "px05")], "2", "mars"),
}


@pytest.mark.parametrize(("rows", "needed", "said"), FOUNDERS.values(), ids=FOUNDERS.keys())
def test_signers_who_cannot_hold_each_other_found_no_home(
    tmp_path: Path, rows: Sequence[tuple[str, str]], needed: str, said: str
) -> None:
    lines = []
    for number, (name, office) in enumerate(rows):
        words = ("signer", "new", str(tmp_path / f"keys-{number}"), "--name", name.strip(), "--office", office)
        lines += ["--signer", run(tmp_path, 1, *words).stdout.strip()]
    with home.in_memory() as folder:
        request = folder / "request"
        done = run(folder, 1, "init", *lines, "--threshold", needed, "--request", str(request))
        assert done.returncode == 1
        assert said.lower() in done.stderr.lower()
        assert not request.exists()
        assert not (folder / "secrets" / "signers.json").exists()


# --- what is signed --------------------------------------------------------------------------------------------------


def test_whoever_joins_reads_out_the_digits_of_the_keys_that_are_signed(founded: Machines) -> None:
    """Where somebody put other keys into the request, the digits are others, and nobody's signature is given."""
    true = founded.activates(founded.invites("an", "area-770"))["fingerprint"]
    founded.proposes_who_waits()
    for heard, said in (({}, "--heard"), ({"an": "12345 " * 6}, "swapped"), ({"binh": true}, "--heard")):
        refused = founded.sign("Lan Anh", heard)
        assert refused.returncode == 1
        assert said in refused.stderr
    rewritten(founded.request, swap_the_keys)
    assert "swapped" in founded.sign("Lan Anh", {"an": true}).stderr
    assert not (founded.signers["Lan Anh"].folder / "consent").exists()


def rewritten(request: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Somebody had the request in their hands on its way."""
    plain = json.loads(request.read_text())
    document = json.loads(plain["document"])
    change(document)
    plain["document"] = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    request.write_text(json.dumps(plain, ensure_ascii=False))


def swap_the_keys(document: dict[str, object]) -> None:
    people = document["people"]
    assert isinstance(people, list)
    people[-1][3] = os.urandom(1216).hex()


HIDDEN: dict[str, Callable[[dict[str, object]], None]] = {
    "the clock's key": lambda it: it.update(release=os.urandom(1216).hex()),
    "the quorum's key": lambda it: it.update(recovery=os.urandom(1216).hex()),
    "a process's key": lambda it: it.update(processes={"clock": ["00" * 32], "intake": ["11" * 32]}),
    "somebody who once left": lambda it: it.update(former={"binh": ["22" * 32]}),
    "where they worked": lambda it: it.update(past={"binh": [["area-770", "officer", "22" * 32, None]]}),
    "who signed once": lambda it: it.update(signers_once=[["x", "vks-tp", "33" * 32]]),
    "a home for trying out": lambda it: it.update(trial=True),
}


@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_signer_is_told_of_whatever_a_version_changes(
    founded: Machines, hide: Callable[[dict[str, object]], None]
) -> None:
    """In a request that says to rotate a key, and was altered on its way."""
    founded.joins("an", "area-770")
    founded.proposes("unit", "rotate", "area-770")
    before = founded.sign("Phúc").stderr
    rewritten(founded.request, hide)
    founded.signers["Phúc"].folder.joinpath("consent").unlink()
    after = founded.sign("Lan Anh").stderr
    assert len([it for it in after.splitlines() if "  - " in it]) > len(
        [it for it in before.splitlines() if "  - " in it]
    )


def test_another_organisation_comes_along_and_is_told_of(founded: Machines, tmp_path: Path) -> None:
    """A reform is signed like all else; one that is named and does not come along is not."""
    founded.joins("an", "area-770")
    done = founded.here("org", "adopt", "hcmc-2025", "--request", str(founded.request), "--despite")
    assert done.returncode == 0, done.stderr
    sound = founded.request.read_text()
    assert "hcmc-2025" in founded.sign("Phúc").stderr
    rewritten(founded.request, lambda it: it.update(organisation_digest="00" * 32))
    refused = founded.sign("Lan Anh")
    assert refused.returncode == 1
    assert "another organisation" in refused.stderr
    founded.request.write_text(sound)
    assert founded.signed("Lan Anh", "Phúc").returncode == 0
    assert json.loads(founded.here("org", "show", "--json").stdout)["name"] == "hcmc-2025"


def test_a_signer_sees_each_thing_that_a_reform_changes(founded: Machines) -> None:
    """In sentences, on a machine without the home; nothing of a document with problems is signed."""
    document = json.loads(founded.here("org", "show", "--json").stdout)
    ward = document["areas"]["wards"][0]
    ward["name"] = "Phường Sài Gòn Mới"
    document["policy"]["retention"]["days"] = 100
    new = founded.at.folder / "new.json"
    new.write_text(json.dumps(document), "utf-8")
    founded.proposes("org", "adopt", str(new), "--despite")
    told = founded.sign("Phúc").stderr
    assert "Phường Sài Gòn Mới" in told
    assert "days 90" in told
    assert "days 100" in told
    sound = founded.request.read_text()
    founded.request.write_text(json.dumps({**json.loads(sound), "instead_of": None}))
    assert "does not bring the organisation" in founded.sign("Lan Anh").stderr


def a_unit_s_key(document: dict[str, object]) -> None:
    units = document["units"]
    assert isinstance(units, list)
    units[-1][2] = os.urandom(1216).hex()


@pytest.mark.parametrize("what", ["document", "seeds", "accounts"])
def test_whoever_carries_a_request_puts_no_key_of_their_own_into_it(founded: Machines, what: str) -> None:
    """Of a unit's new key no person reads anything out: the digits of the whole version are heard from the home."""
    code = founded.invites("an", "area-770")
    heard = {"an": founded.activates(code)["fingerprint"]}
    founded.proposes_who_waits()
    sound = founded.request.read_text()
    if what == "document":
        rewritten(founded.request, a_unit_s_key)
    else:
        plain = json.loads(sound)
        plain[what] = []
        founded.request.write_text(json.dumps(plain))
    refused = founded.sign("Lan Anh", heard)
    assert refused.returncode == 1
    assert "(version)" in refused.stderr
    founded.request.write_text(sound)
    assert founded.sign("Lan Anh", heard | {"version": ""}).returncode == 1
    assert founded.signed("Lan Anh", "Minh", **heard).returncode == 0


def test_a_request_that_brings_another_event_is_not_signed(founded: Machines) -> None:
    """Whatever a signer signs would count in their name: one event of a version, which says no more than that."""
    founded.joins("an", "area-770")
    founded.proposes("unit", "rotate", "area-770")
    sound = json.loads(founded.request.read_text())
    for change in ({"kind": "exported"}, {"facts": {"version": "9", "digest": "00"}}, {"claims": {"unit": "area-778"}}):
        event = json.loads(sound["events"]["Lan Anh"][0]) | change
        written = json.dumps(event, sort_keys=True, separators=(",", ":"))
        founded.request.write_text(json.dumps(sound | {"events": {**sound["events"], "Lan Anh": [written]}}))
        founded.digits = proposals.digits(roster_files.read_request(founded.request))  # the home itself is not honest
        refused = founded.sign("Lan Anh")
        assert refused.returncode == 1
        assert "event of something else" in refused.stderr


def test_a_signer_signs_one_history_only(founded: Machines) -> None:
    """A second version of a number that they have signed, or one from before it, is refused on their own machine."""
    founded.joins("an", "area-770")
    founded.proposes("unit", "rotate", "area-770")
    assert founded.sign("Lan Anh").returncode == 0
    assert founded.sign("Lan Anh").returncode == 0, "the same once more is no other history"
    founded.proposes("unit", "rotate", "area-770")
    refused = founded.sign("Lan Anh")
    assert refused.returncode == 1
    assert "--instead" in refused.stderr
    own = founded.signers["Lan Anh"]
    told = own.does(
        "roster", "sign", str(own.folder / "request"), "--yes", "--instead", "--heard", f"version={founded.digits}"
    )
    assert told.returncode == 0
    assert "you signed another version 3; it is not in force" in told.stderr
    shutil.copy(founded.at.folder / "first-request", founded.request)
    assert "signed a later version" in founded.sign("Lan Anh", founded.heard).stderr


ODD = {
    "no JSON": b"hello",
    "another kind of file": b'{"tinbao": "roster consent 1"}',
    "a part of one": None,
    "nothing": b"",
    "a deep one": b"[" * 100_000,
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_what_is_no_request_is_named(founded: Machines, data: bytes | None) -> None:
    """On a signer's machine, and at the home; nothing is signed."""
    founded.joins("an", "area-770")
    whole = founded.request.read_bytes()
    founded.request.write_bytes(whole[: len(whole) // 2] if data is None else data)
    for done in (founded.sign("Lan Anh"), founded.apply("Minh")):
        assert done.returncode == 1
        assert "request" in done.stderr
        assert "Traceback" not in done.stderr


def test_two_consents_of_one_signer_are_one(founded: Machines) -> None:
    founded.joins("an", "area-770")
    founded.proposes("unit", "rotate", "area-770")
    assert founded.sign("Minh").returncode == 0
    assert founded.apply("Minh", "Minh").returncode == 1
    assert founded.roster()["version"] == 2


def test_a_request_that_another_version_overtook_is_refused(founded: Machines) -> None:
    """Its number is taken; what is in force stays."""
    founded.joins("an", "area-770")
    founded.proposes("unit", "rotate", "area-770")
    for name in ("Lan Anh", "Minh"):
        assert founded.sign(name).returncode == 0
    assert founded.apply("Lan Anh", "Minh").returncode == 0
    again = founded.apply("Lan Anh", "Minh")
    assert again.returncode == 1
    assert founded.roster()["version"] == 3


# --- succession ------------------------------------------------------------------------------------------------------


def test_a_signer_who_is_lost_is_replaced_by_the_others(founded: Machines) -> None:
    """Phúc lost the file: Lan Anh and Minh bring Hà in; from then on Hà signs, and Phúc's key counts for nothing."""
    words = ("--signer", founded.comes("Hà", "bca-c01").line, "--without", "Phúc")
    assert founded.here("roster", "propose", str(founded.request), *words).returncode == 0
    assert founded.signed("Lan Anh", "Minh", **founded.heard).returncode == 0
    assert founded.here("unit", "rotate", "vks-tp", "--request", str(founded.request)).returncode == 1
    heard = {"an": founded.activates(founded.invites("an", "area-770"))["fingerprint"]}
    founded.proposes_who_waits()
    assert founded.signed("Lan Anh", "Hà", **heard).returncode == 0
    assert founded.sign("Phúc", heard).returncode == 1, "whoever signs no more gives no signature"
    assert founded.here("ledger", "verify").returncode == 0, "what the earlier signers signed still holds"


def test_new_signers_are_none_before_the_old_and_the_new_have_signed(founded: Machines) -> None:
    """Neither the newcomers alone nor today's signers without as many of the new set."""
    new = [founded.comes(*it) for it in (("Hà", "bca-c01"), ("Tú", "ttcp"), ("Vân", "vks-tc"))]
    coming = [word for it in new for word in ("--signer", it.line)]
    gone = [word for name, _ in SIGNERS for word in ("--without", name)]
    assert founded.here("roster", "propose", str(founded.request), *coming, *gone).returncode == 0
    for name in founded.signers:
        assert founded.sign(name, founded.heard).returncode == 0
    for some in (("Hà", "Tú", "Vân"), ("Lan Anh", "Minh", "Phúc"), ("Lan Anh", "Minh", "Hà"), ("Lan Anh", "Hà", "Tú")):
        assert founded.apply(*some).returncode == 1
        assert founded.roster()["version"] == 1
    assert founded.apply("Lan Anh", "Phúc", "Tú", "Vân").returncode == 0
    assert {it["name"] for it in founded.roster()["signers"]} == {"Hà", "Tú", "Vân"}


def test_a_set_of_signers_of_one_branch_is_not_proposed(founded: Machines) -> None:
    words = ("--signer", founded.comes("Hà", "pc03").line, "--without", "Minh")
    done = founded.here("roster", "propose", str(founded.request), *words)
    assert done.returncode == 1
    assert "one branch" in done.stderr


def test_a_process_that_slept_follows_over_every_step(founded: Machines) -> None:
    """It knows the founders alone, and the home has other signers by now; a row that was put in leads it nowhere."""
    asleep = founded.at.folder / "asleep"
    shutil.copytree(founded.at.secrets, asleep)
    for coming, office, going in (("Hà", "bca-c01", "Phúc"), ("Tú", "vks-tc", "Lan Anh")):
        words = ("--signer", founded.comes(coming, office).line, "--without", going)
        assert founded.here("roster", "propose", str(founded.request), *words).returncode == 0
        assert founded.signed(*({"Lan Anh", "Minh", "Hà"} - {going} | {"Minh"}), **founded.heard).returncode == 0
    newest = founded.roster()
    (asleep / "roster.json").unlink()
    shown = founded.here("roster", "show", "--json", TINBAO_SECRETS=str(asleep))
    assert json.loads(shown.stdout) == newest


# --- after a disaster ------------------------------------------------------------------------------------------------


def test_a_home_comes_back_when_its_signers_say_so(founded: Machines) -> None:
    """The shares open the backup, and the home serves again once enough signers have signed that it came back."""
    founded.joins("quan", "ttra-tp", "admin")
    file = founded.at.folder / "home.age"
    by = {"TINBAO_PASSWORD": founded.people["quan"]["passphrase"]}
    assert founded.here("backup", str(file), "--officer", "quan", **by).returncode == 0
    first = str(founded.at.folder / "first-request")
    shares = [it.does("signer", "share", first).stdout.strip() for it in founded.signers.values()]
    for part in (founded.at.home, founded.at.secrets, founded.at.run):
        shutil.rmtree(part)
    quorum = founded.at.folder / "shares"
    quorum.write_text("\n".join(shares[:2]))
    back = founded.here("restore", str(file), "--shares", str(quorum), "--request", str(founded.request))
    assert back.returncode == 0, back.stderr
    assert "tinbao roster apply" in founded.here("doctor").stdout
    told = founded.sign("Lan Anh").stderr
    assert "comes back from a backup" in told
    assert founded.sign("Phúc").returncode == 0
    assert founded.apply("Lan Anh").returncode == 1
    assert founded.apply("Lan Anh", "Phúc").returncode == 0
    done = founded.here("doctor")
    assert done.returncode == 0, done.stdout
    assert "came back 1 times" in done.stdout


def test_a_signer_s_file_is_what_it_was_or_nothing(tmp_path: Path) -> None:
    """Never written over; not read where others can read it; named where it is something else."""
    words = ("signer", "new", str(tmp_path / "keys"), "--name", "Lan", "--office", "vks-tp", "--json")
    first = run(tmp_path, 1, *words)
    assert first.returncode == 0
    assert run(tmp_path, 1, *words).returncode == 1
    assert roster_files.read_signer(tmp_path / "keys").locked.name == "Lan"
    (tmp_path / "keys").chmod(0o644)
    (tmp_path / "request").write_text("{}")
    done = run(tmp_path, 1, "roster", "sign", str(tmp_path / "request"), "--key", str(tmp_path / "keys"), "--yes")
    assert "chmod 600" in done.stderr
    assert (
        run(tmp_path, 1, "signer", "new", str(tmp_path / "x"), "--name", "a\nb", "--office", "vks-tp").returncode == 1
    )
    assert json.loads(first.stdout)["fingerprint"].count(" ") == 5
    assert NAME.fullmatch("Nguyễn Văn A")
