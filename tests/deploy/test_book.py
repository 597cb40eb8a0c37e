"""`docs/deploy.md`, block by block: at its end a citizen's tip with a picture is read at the desk, over TLS."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.serve import serving
from scripts import release
from tests.deploy import debian
from tests.deploy.debian import Machine

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = {"citizens": "tinbao.example.vn", "desk": "desk.tinbao.example.vn"}
SIGNERS = {"Lan": "vks-tp", "Minh": "ttra-tp", "Phuc": "px05"}
OWNER = "/var/lib/tinbao/owner"
PARTS = ("intake", "desk", "officers", "clock")
EXPOSED = 2.0  # what `systemd-analyze security` may say at most; 10 is a service without any sandbox
MINUTES = 15  # from a bare Debian to a tip at the desk
TEXT = "Tối nào quán karaoke số 45 đường Lê Văn Sỹ quận 3 cũng bán ma tuý, chừng 10 giờ."


@dataclass
class Home:
    """The machine, once the book is at its end."""

    machine: Machine
    certificate: str
    signers: dict[str, dict[str, str]] = field(default_factory=dict)
    officer: dict[str, str] = field(default_factory=dict)
    seconds: float = 0

    def visits(self, what: str, **facts: Any) -> dict[str, Any]:
        """Somebody's browser."""
        words = self.machine.visits(sys.executable, "-m", "tests.deploy.visitor", what)
        told = json.dumps({**NAMES, "certificate": self.certificate, **facts})
        own = {**os.environ, "LANG": "C.UTF-8"}
        done = subprocess.run(words, input=told, cwd=ROOT, capture_output=True, text=True, check=False, env=own)
        assert done.returncode == 0, done.stderr[-3000:]
        return dict(json.loads(done.stdout))

    def sign(self, request: str, digits: str, **heard: str) -> None:
        """Two signers, each with a key that the machine does not have otherwise."""
        told = {"version": digits, **{name: it["fingerprint"] for name, it in self.signers.items()}, **heard}
        words = " ".join(f"--heard {name}={said.replace(' ', '-')}" for name, said in told.items())
        for name in ("Lan", "Minh"):
            self.machine.does(
                f"cd /usr/local/src/signers; /opt/tinbao/bin/tinbao roster sign {OWNER}/{request} --key {name}.keys"
                f" --yes {words} --out {OWNER}/{request}.{name}; chown tinbao-owner: {OWNER}/{request}.{name}",
                TINBAO_PASSWORD=self.signers[name]["passphrase"],
            )


def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / "docs" / "deploy.md").read_text("utf-8"))


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """The book, followed."""
    assert debian.is_root(), "a Debian of its own needs root"
    if not debian.has_namespaces():
        pytest.skip("this kernel gives no namespaces: no machine can be booted in it")
    with debian.in_memory() as folder:
        tree, began = debian.made(folder), time.monotonic()
        brought(tree)
        for kind, script in blocks():
            if kind == "install":
                debian.installs(tree, script)
        with debian.booted(tree) as machine:
            made = Home(machine, certificate_of(machine))
            followed(made)
            made.seconds = time.monotonic() - began
            yield made


def brought(tree: Path) -> None:
    """The files of a release, of the present commit."""
    place = tree / "usr/local/src/tinbao"
    place.mkdir(parents=True)
    sbom = tree / "sbom.json"
    sbom.write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "DIST", place)
        release.build(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"], sbom)


def certificate_of(machine: Machine) -> str:
    """The machine's own, as if somebody had issued it."""
    names = ",".join(f"DNS:{it}" for it in NAMES.values())
    machine.does(
        "mkdir -p /etc/tinbao/tls; cd /etc/tinbao/tls; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        f" -nodes -days 9 -subj /CN=tinbao -addext subjectAltName={names} -keyout key.pem -out cert.pem 2>/dev/null"
    )
    return machine.does("cat /etc/tinbao/tls/cert.pem")


def followed(home: Home) -> None:
    """Every block but the first, with what people do in between."""
    machine = home.machine
    for name, office in SIGNERS.items():
        said = machine.does(
            f"mkdir -p /usr/local/src/signers; cd /usr/local/src/signers; /opt/tinbao/bin/tinbao signer new {name}.keys"
            f" --name {name} --office {office} --json"
        )
        home.signers[name] = json.loads(said)
    lines = {name.upper(): it["line"] for name, it in home.signers.items()}
    for kind, script in blocks():
        if kind == "install":
            continue
        said = machine.does(script, **lines)
        if "init" in script:
            home.sign("roster-1.request", digits(said))
        elif "officer add" in script:
            home.officer = home.visits("activate", code=json.loads(said)["invitation"])
        elif kind == "people":
            home.sign("people.request", digits(said), an=home.officer["fingerprint"])
        elif kind == "signed":
            time.sleep(serving.ROSTER_EVERY + 3)  # the parts follow by themselves
        elif "enable" in script:
            answers(machine)


def digits(said: str) -> str:
    found = re.search(r"(?:\d{5} ?){6}", said)
    assert found, said
    return found[0].strip()


def answers(machine: Machine) -> None:
    """Each part says that it can serve; what one of them says otherwise is what there is to read."""
    ports = " ".join(str(8138 + at) for at, _ in enumerate(PARTS))
    asks = "import sys, urllib.request as it; it.urlopen(f'http://127.0.0.1:{sys.argv[1]}/readyz', timeout=5)"
    try:
        machine.does(
            f'for port in {ports}; do for _ in $(seq 60); do python3 -c "{asks}" $port 2>/dev/null && continue 2;'
            " sleep 0.5; done; echo $port does not answer; exit 1; done"
        )
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{machine.does('journalctl -q --no-pager -n 60 -u tinbao@*')}") from None


# --- what is so at its end --------------------------------------------------------------------------------------------


def test_a_tip_with_a_picture_is_read_at_the_desk(home: Home) -> None:
    """In the network's only way, through nginx, and within the time that the book promises."""
    sent = home.visits("tip", text=TEXT)
    assert sent["receipt"]
    page = home.visits("read", name="an", passphrase=home.officer["passphrase"], totp=home.officer["totp"])["page"]
    assert TEXT in page
    assert "Ảnh 1" in page
    assert home.seconds < MINUTES * 60
    print(f"\nfrom the bare machine to here: {home.seconds:.0f} s")


def test_nginx_answers_as_the_book_says(home: Home) -> None:
    headers = home.visits("tip", text=TEXT)["headers"]
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert headers["server"] == "nginx"
    assert headers["content-security-policy"]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_runs_as_its_own_user_in_its_sandbox(home: Home, part: str) -> None:
    """With the keys of no other part: what lies in its credentials is all that it can read."""
    said = home.machine.does(
        f"systemctl show -p MainPID -p User tinbao@{part}; systemd-analyze security --no-pager tinbao@{part} | tail -1"
    )
    assert f"User=tinbao-{part}" in said
    exposed = re.search(r"tinbao@\w+\.service: ([\d.]+)", said)
    assert exposed
    assert float(exposed[1]) <= EXPOSED
    keys = home.machine.does(f"ls /run/credentials/tinbao@{part}.service").split()
    own = {"intake": ["intake.key"], "clock": ["clock.key", "release.key"]}.get(part, ["desk.key"])
    assert sorted(keys) == sorted([*own, "signers.json"])


def test_the_units_are_what_systemd_takes_without_a_word(home: Home) -> None:
    units = " ".join(f"tinbao@{part}.service" for part in PARTS)
    assert home.machine.does(f"systemd-analyze verify tinbao.target {units} 2>&1") == ""


def test_no_part_reads_another_s_files(home: Home) -> None:
    for one, other in zip(PARTS, (*PARTS[1:], PARTS[0]), strict=True):
        folders = f"/var/lib/tinbao/{other}/secrets /run/tinbao/{other} /run/credentials/tinbao@{other}.service"
        as_one = f"setpriv --reuid=tinbao-{one} --regid=tinbao-{one} --init-groups"
        said = home.machine.does(f"{as_one} -- sh -c 'ls /etc/tinbao/keys {folders} 2>&1 || true'")
        assert said.count("Permission denied") == 4, said


def test_an_unfinished_tip_outlives_a_restart_of_its_service(home: Home) -> None:
    """The keys that open it lie on tmpfs, and stay there."""
    kept = home.machine.does("sha256sum /run/tinbao/intake/*.key; findmnt -no FSTYPE -T /run/tinbao/intake")
    home.machine.does("systemctl restart tinbao@intake")
    answers(home.machine)
    after = home.machine.does("sha256sum /run/tinbao/intake/*.key; findmnt -no FSTYPE -T /run/tinbao/intake")
    assert after == kept
    assert after.split()[-1] == "tmpfs"


def test_nobody_s_words_or_address_are_in_the_machine_s_logs(home: Home) -> None:
    home.visits("tip", text=TEXT)
    said = home.machine.does("journalctl -q --no-pager; cat /var/log/nginx/*.log 2>/dev/null || true")
    assert "karaoke" not in said
    assert "127.0.0.1 -" not in said
