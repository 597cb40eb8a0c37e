"""The commands that people and tools rely on: what they print, and how they end."""

import json
import os
import pty
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest

from tests.fakes import home, served
from tests.fakes.served import Served

TIP = '{"text": "ban ma tuy o karaoke duong le van sy q3"}\n{"choose": "submit"}\n'


@pytest.fixture(scope="module")
def made() -> Iterator[Served]:
    with home.in_memory() as folder:
        at = served.made(folder)
        tinbao(at, "chat", "--json", given=TIP)
        yield at


def tinbao(
    at: Served, *words: str, given: str = "", password: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    own = {**served.environment(at.folder, at.port), "TINBAO_PASSWORD": password or at.passphrase("an"), **more}
    program = [sys.executable, "-m", "bot", *words]
    return subprocess.run(
        program, cwd=served.ROOT, env=own, input=given, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_program_says_which_version_it_is(made: Served) -> None:
    """A checkout by its number, and as what it is; a doctor too, before anything else."""
    project = tomllib.loads((served.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = f"{project['version']}+checkout"
    assert tinbao(made, "--version").stdout == f"tinbao {version}\n"
    assert tinbao(made, "doctor").stdout.splitlines()[0].startswith(f"  Tin Báo {version}, database schema 0")


def test_units_are_listed_with_who_receives(made: Served) -> None:
    """Codes, names and members, as JSON."""
    rows = json.loads(tinbao(made, "unit", "list", "--json").stdout)
    by_code = {row["code"]: row for row in rows}
    assert set(rows[0]) == {"code", "name", "parent", "receives", "members"}
    assert by_code["area-770"] == {
        "code": "area-770", "name": "Quận 3", "parent": "catp", "receives": True, "members": 1
    }  # fmt: skip
    assert not by_code["area-760"]["receives"]


def test_figures_are_exported_by_who_may_see_them_only(made: Served) -> None:
    """An officer's session sees none; nothing is written."""
    out = made.folder / "counts.csv"
    ended = tinbao(made, "stats", "export", "--officer", "an", "--out", str(out), LC_ALL="C")
    assert ended.returncode != 0
    assert not out.exists()


def test_an_admin_backs_up_and_the_ledger_says_so(made: Served) -> None:
    """By their name and passphrase; the file is there whole, and the audit knows the event."""
    out = made.folder / "home.backup"
    name, words = next(iter(made.admins.items()))
    assert tinbao(made, "backup", str(out), "--officer", name, password=words).returncode == 0
    assert out.read_bytes().startswith(b"age-encryption.org/v1\n-> mlkem768x25519 ")
    report = json.loads(tinbao(made, "ledger", "verify", "--json").stdout)
    assert (report["kinds"]["backed_up"], report["sound"]) == (1, True)


def test_who_sits_at_a_terminal_sees_the_one_time_code_s_address_as_a_picture(made: Served) -> None:
    """On the terminal and nowhere else: what a program reads stays one line of JSON, and a log gets nothing."""
    signers = made.folder / "signers.json"
    admins = [{"name": name, "passphrase": words} for name, words in made.admins.items()]
    signers.write_text(json.dumps({"admins": admins}))
    ours, theirs = pty.openpty()
    words = ("officer", "add", "qr", "--unit", "area-764", "--signers", str(signers))
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=served.ROOT,
        env=served.environment(made.folder, made.port),
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert set(json.loads(done.stdout)) == {"name", "passphrase", "totp"}
    lines = [line for line in shown.splitlines() if set(line) & set("▀▄█")]
    assert len(lines) >= 15
    assert "otpauth" not in shown
    signers.unlink()


def test_a_text_is_triaged_without_a_home() -> None:
    """One line of the contract's shape for each line in."""
    line = '{"id": 7, "text": "Công an phường Võ Thị Sáu quận 3 nhận tiền bảo kê sòng bạc"}\n'
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TINBAO_")}
    program = [sys.executable, "-m", "bot", "triage"]
    done = subprocess.run(
        program, cwd=served.ROOT, env=environment, input=line, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert (found["id"], found["intent"], found["accused"]["kind"]) == (7, "tip", "ward_police")
    assert found["unit"] == "px05"
    assert "area-770" in found["excluded"]
    assert found["area"]["district"] == "Quận 3"
    assert all({"rule", "span", "text"} == set(reason) for reason in found["reasons"])


def test_the_ledger_and_the_home_are_found_sound(made: Served) -> None:
    """`ledger verify` and `doctor` end with 0 and say so."""
    assert "sound" in tinbao(made, "ledger", "verify").stdout
    checked = tinbao(made, "doctor")
    assert checked.returncode == 0
    assert "✗" not in checked.stdout


@pytest.mark.parametrize(
    ("words", "password", "code"),
    [
        (("queue", "--officer", "an", "--json"), "wrong-wrong", 3),
        (("case", "show", "00" * 16, "--officer", "an"), "", 1),
        (("case", "show", "zz", "--officer", "an"), "", 1),
        (("stats", "export", "--officer", "an", "--format", "exe", "--out", "x"), "", 1),
        (("poster", "quận 99"), "", 1),
        (("init",), "", 1),
        (("no-such-command",), "", 2),
        (("officer", "add"), "", 2),
    ],
)
def test_what_is_refused_ends_with_its_code_and_a_remedy(
    made: Served, words: tuple[str, ...], password: str, code: int
) -> None:
    """1 refused, 2 usage, 3 wrong passphrase; one line on the error's channel, never a traceback."""
    done = tinbao(made, *words, password=password)
    assert done.returncode == code
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TINBAO_LISTEN", "nowhere"),
        ("TINBAO_DATABASE_URL", "mysql://x"),
        ("TINBAO_RUN", "/proc/tinbao"),
        ("TINBAO_ORG", "hcmc-1975"),
        ("TINBAO_TELEGRAM_TOKEN", "no token"),
        ("TINBAO_SECRETS", "/nowhere"),
    ],
)
def test_a_bad_setting_stops_the_start_with_the_remedy(made: Served, name: str, value: str) -> None:
    """No half start, no traceback, and the setting's name in the message."""
    done = tinbao(made, "serve", **{name: value})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert name in done.stderr


def test_a_poster_is_written_as_pdf_and_svg(made: Served) -> None:
    """The files' names are printed; where is asked for with `--out`, in which languages with `--lang`."""
    folder = made.folder / "posters"
    own = {"TINBAO_PUBLIC_URL": "https://tip.example"}
    told = tinbao(made, "poster", "q3", "--lang", "vi,en", "--out", str(folder), **own).stdout.splitlines()
    assert [it.removeprefix(f"{folder}/") for it in told] == ["poster-770.pdf", "poster-770.svg", "slips-770.svg"]
    assert (folder / "poster-770.pdf").read_bytes().startswith(b"%PDF-")
    svg = (folder / "poster-770.svg").read_text("utf-8")
    assert "<title>Tin Báo · Quận 3</title>" in svg
    assert "https://tip.example/?area=770" in svg
