"""Every command with bad input: what it says is a remedy in words, never a text's name, a riddle or a traceback."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import bot.__main__ as program
import locales
from bot import settings
from bot.commands import error_messages
from tests.fakes import home, served
from tests.fakes.served import Served
from tips import errors
from tips.people import proposals

KEY = re.compile(r"\b(?:error|desk|ledger|mailbox|ping|officers|state|about|page|job)\.[a-z_]+\b")
HERE = "{folder}"

Told = tuple[int, str]
Run = Callable[..., Told]


@pytest.fixture(scope="module")
def made() -> Iterator[Served]:
    """A home, and files of every wrong kind beside it."""
    with home.in_memory() as folder:
        at = served.made(folder)
        admins = [{"name": name, "passphrase": words} for name, words in at.admins.items()]
        wrong = [{**admins[0], "passphrase": "not-this-one"}, admins[1]]
        files = {
            "signers": json.dumps({"admins": admins}), "one": json.dumps({"admins": admins[:1]}),
            "wrong": json.dumps({"admins": wrong}), "other": '{"a": 1}', "list": "[1]", "words": "hello", "empty": "",
            "shares": json.dumps({"recovery": {"shares": ["vks-tp:AAAA"]}}),
        }  # fmt: skip
        for name, text in files.items():
            (folder / name).write_text(text)
        (folder / "binary").write_bytes(bytes(range(256)))
        yield at


@pytest.fixture
def run(made: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """A command in this process; its exit code, and all that it wrote."""

    def running(*words: str, **more: str) -> Told:
        own = (
            served.environment(made.folder, made.port)
            | {"TINBAO_PASSWORD": made.passphrase("an"), "COLUMNS": "300"}
            | more
        )
        for name in [it for it in os.environ if it.startswith(("TINBAO_", "LC_", "LANG"))]:
            monkeypatch.delenv(name)
        for name, value in own.items():
            monkeypatch.setenv(name, value.replace(HERE, str(made.folder)))
        monkeypatch.setattr(sys, "argv", ["tinbao", *(word.replace(HERE, str(made.folder)) for word in words)])
        with pytest.raises(SystemExit) as ended:
            program.main()
        code = ended.value.code
        return int(code or 0), "".join(capfd.readouterr())

    return running


SIGNED = ("--signers", f"{HERE}/signers")
BY_AN = ("--officer", "an")
BY_ADMIN = ("--officer", "admin-vks")
ADD = ("officer", "add", "binh", "--unit", "area-778")
BAD = [
    (("officer", "add", "an", "--unit", "area-770", *SIGNED), 1, "name is taken"),
    (("officer", "uninvite", "nobody"), 1, "Nobody of this name is invited"),
    (("officer", "add", "intake", "--unit", "area-770", *SIGNED), 1, "name is taken"),
    (("officer", "add", "", "--unit", "area-770", *SIGNED), 1, "letter or digit"),
    (("officer", "add", "a\nb", "--unit", "area-770", *SIGNED), 1, "letter or digit"),
    (("officer", "add", "binh", "--unit", "nowhere", *SIGNED), 1, r"unit list.*\(nowhere\)"),
    (("officer", "add", "binh", "--unit", "area-778", "--role", "king", *SIGNED), 1, "officer, head, overseer"),
    (("officer", "add", "binh", "--unit", "catp", *SIGNED), 1, "does not receive"),
    (("officer", "add", "binh", "--unit", "held", *SIGNED), 1, "does not receive"),
    ((*ADD, "--signers", f"{HERE}/none"), 2, "does not exist"),
    ((*ADD, "--signers", HERE), 2, "is a directory"),
    *(((*ADD, "--signers", f"{HERE}/{it}"), 1, "admin-vks and admin-ttra") for it in ("one", "other", "list", "words")),
    ((*ADD, "--signers", f"{HERE}/binary"), 1, "admin-vks and admin-ttra"),
    ((*ADD, "--signers", f"{HERE}/wrong"), 3, "passphrase"),
    (("officer", "remove", "nobody", *SIGNED), 1, "Nobody"),
    (("officer", "remove", "admin-vks", *SIGNED), 1, "signs the roster"),
    (("officer", "renew", "nobody", *SIGNED), 1, "Nobody"),
    (("unit", "rotate", "nowhere", *SIGNED), 1, r"unit list.*\(nowhere\)"),
    (("unit", "rotate", "duty", *SIGNED), 1, "no key"),
    (("unit", "recover", "nowhere", "--shares", f"{HERE}/shares", *BY_AN), 1, r"unit list.*\(nowhere\)"),
    (("unit", "recover", "duty", "--shares", f"{HERE}/shares", *BY_AN), 1, "role"),
    (("unit", "recover", "duty", "--shares", f"{HERE}/shares", *BY_ADMIN), 3, "passphrase"),
    (("unit", "recover", "duty", "--shares", f"{HERE}/shares"), 2, "--officer"),
    *(
        (("unit", "recover", "duty", "--shares", f"{HERE}/{it}", *BY_AN), 1, "office:CODE")
        for it in ("other", "binary")
    ),
    (("unit", "recover", "duty", "--shares", f"{HERE}/none", *BY_AN), 2, "does not exist"),
    (("queue", "--officer", "nobody"), 3, "passphrase"),
    (("queue", "--officer", "admin-vks"), 3, "passphrase"),
    (("case", "show", "zz", "--officer", "an"), 1, "no such thing"),
    (("case", "show", "00" * 16, "--officer", "an"), 1, "no such thing"),
    (("stats", "export", "--officer", "nobody", "--out", f"{HERE}/out"), 3, "passphrase"),
    (("stats", "export", "--officer", "an", "--out", "x", "--from", "2026-12", "--to", "2026-11"), 1, "--from"),
    (("stats", "export", "--officer", "an", "--out", HERE), 2, "is a directory"),
    (("stats", "export", "--officer", "an", "--out", f"{HERE}/out", "--from", "2026-13"), 1, "2026-11"),
    (("stats", "export", "--officer", "an", "--out", f"{HERE}/out", "--to", "last year"), 1, "2026-11"),
    (("stats", "export", "--officer", "an", "--out", f"{HERE}/out", "--by", "colour"), 1, "--by knows"),
    (("held", "open", "zz", "--shares", f"{HERE}/shares", *BY_AN), 1, "role"),
    (("held", "open", "zz", "--shares", f"{HERE}/shares", *BY_ADMIN), 3, "passphrase"),
    (("held", "open", "zz", "--shares", f"{HERE}/shares"), 2, "--officer"),
    (("backup", f"{HERE}/no/such/file", *BY_AN), 1, "role"),
    (("backup", f"{HERE}/file", *BY_ADMIN), 3, "passphrase"),
    (("backup", f"{HERE}/file"), 2, "--officer"),
    (("backup", HERE, *BY_AN), 2, "is a directory"),
    (("restore", f"{HERE}/none", "--shares", f"{HERE}/shares"), 2, "does not exist"),
    (("restore", f"{HERE}/words", "--shares", f"{HERE}/shares"), 1, "exists already"),
    (("poster", "quận 99"), 1, "nowhere in the city"),
    (("serve", "--only", "nothing"), 1, "--only knows"),
    (("triage", "--org", "mars"), 1, "hcmc-districts"),
    (("init", "--trial", "--org", "mars"), 1, "hcmc-districts"),
    (("init", "--trial"), 1, "exists already"),
    (("init",), 1, "--signer LINE"),
]


@pytest.mark.parametrize(("words", "code", "told"), BAD, ids=[" ".join(words)[:60] for words, _, _ in BAD])
def test_bad_input_is_answered_with_a_remedy(run: Run, words: tuple[str, ...], code: int, told: str) -> None:
    """In the terminal's language where it is a rule of the product; with the code of the contract."""
    ended, said = run(*words)
    assert ended == code
    assert re.search(told, said), said
    assert not KEY.search(said), said
    assert "Traceback" not in said


BY_AN_ADMIN = [
    (("backup", f"{HERE}/no/such/file"), 1, "cannot be written"),
    (("held", "open", "zz", "--shares", f"{HERE}/shares"), 3, "shares"),
    (("unit", "recover", "duty", "--shares", f"{HERE}/shares"), 3, "shares"),
    (("unit", "recover", "duty", "--shares", f"{HERE}/empty"), 3, "shares"),
]


@pytest.mark.parametrize(("words", "code", "told"), BY_AN_ADMIN, ids=[" ".join(words) for words, _, _ in BY_AN_ADMIN])
def test_what_an_admin_asks_for_in_vain_is_answered_with_a_remedy(
    run: Run, made: Served, words: tuple[str, ...], code: int, told: str
) -> None:
    """Their name and passphrase alone bring nothing together."""
    ended, said = run(*words, *BY_ADMIN, TINBAO_PASSWORD=made.admins["admin-vks"])
    assert ended == code
    assert re.search(told, said), said
    assert "Traceback" not in said


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_who_is_refused_reads_why_in_their_language(run: Run, made: Served, lang: str) -> None:
    """Another's role, a wrong passphrase, wrong shares: by each command that asks for more than an officer."""
    with_shares = ("--shares", f"{HERE}/shares")
    for words in (
        ("backup", f"{HERE}/file"),
        ("held", "open", "00" * 16, *with_shares),
        ("unit", "recover", "duty", *with_shares),
    ):
        assert run(*words, *BY_AN, LANG=f"{lang}.UTF-8") == (1, f"tinbao: {locales.say(lang, 'error.role')}\n")
        wrong = run(*words, *BY_ADMIN, LANG=f"{lang}.UTF-8")
        assert wrong == (3, f"tinbao: {locales.say(lang, 'error.login')}\n")
    held = run("held", "open", "zz", *with_shares, *BY_ADMIN, LANG=lang, TINBAO_PASSWORD=made.admins["admin-vks"])
    assert held == (3, f"tinbao: {locales.say(lang, 'error.shares')}\n")


def test_a_refusal_is_said_in_vietnamese_to_who_asks_for_it(run: Run) -> None:
    """By the locale of the terminal."""
    assert "Tên này đã có." in run("officer", "add", "an", "--unit", "area-770", *SIGNED, LANG="vi_VN.UTF-8")[1]


def is_refusal(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"error\.\w+", value) is not None


def test_every_refusal_in_the_code_has_words_in_every_language() -> None:
    """A key that is raised somewhere and stands in no catalogue would be said raw, or crash the page."""
    files = [it for part in ("tips", "bot", "handlers", "storage") for it in (served.ROOT / part).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    found = {str(node.value) for node in nodes if isinstance(node, ast.Constant) and is_refusal(node.value)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "Refused"]
    found |= {str(it.args[0].value) for it in calls if it.args and isinstance(it.args[0], ast.Constant)}
    other = {it.args[0].id for it in calls if it.args and isinstance(it.args[0], ast.Name)}
    assert other == {"refused", "refusal", "wrong"}  # what the check of an action, or of the home's texts, says
    found |= {it.key for it in errors.TinBaoError.__subclasses__() if "key" in vars(it)}
    assert len(found) > 30
    for lang in ("vi_VN", "en_GB"):
        for key in found:
            assert error_messages.said(errors.Refused(key), {"LANG": lang}) == locales.say(lang[:2], key)


# --- nothing is half done ------------------------------------------------------------------------------------------

UNUSABLE = {
    "a run folder that cannot be made": {"TINBAO_RUN": "/proc/tinbao"},
    "a run folder on a disk": {"TINBAO_RUN": "/var/tmp/tinbao-test-run"},
    "a home that cannot be made": {"TINBAO_HOME": "/proc/tinbao"},
    "secrets that cannot be kept": {"TINBAO_SECRETS": "/proc/tinbao"},
    "drafts out of reach": {"TINBAO_DRAFTS_URL": "valkey://127.0.0.1:9/0"},
    "a database out of reach": {"TINBAO_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"},
    "another home's database": {"TINBAO_DATABASE_URL": f"sqlite+aiosqlite:///{HERE}/home/tinbao.db"},
    "a bad listening address": {"TINBAO_LISTEN": "nowhere"},
    "a token that is none": {"TINBAO_TELEGRAM_TOKEN": "no token"},
}


@pytest.mark.parametrize("unusable", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_init_prints_no_secret_before_a_start_is_sure(run: Run, tmp_path: Path, unusable: dict[str, str]) -> None:
    """What a start needs is tried first: nothing is printed, and the same command works once that is mended."""
    own = {"TINBAO_HOME": str(tmp_path / "home"), "TINBAO_SECRETS": str(tmp_path / "secrets")}
    try:
        ended, said = run("init", "--trial", "--json", **(own | unusable))
        assert ended == 1
        assert next(iter(unusable)) in said
        assert "passphrase" not in said
        assert not (tmp_path / "secrets" / "signers.json").exists()
        ended, said = run("init", "--trial", "--json", **own)
        assert ended == 0
        assert set(json.loads(said)) == {"admins", "recovery"}
    finally:
        shutil.rmtree("/var/tmp/tinbao-test-run", ignore_errors=True)


async def test_a_roster_with_one_signature_is_never_put_into_force(tmp_path: Path) -> None:
    """It would be stored, and no process would believe anything any more: the home would be closed for good."""
    async with home.opened(tmp_path) as opened:
        product = opened.product
        step = proposals.signed_here(product.registrar().rotate("area-770"), opened.founding.admins[:1])
        with pytest.raises(errors.NotVerified):
            await product.roster.put_into_force(step)
        newest = await product.store.keyring.newest_roster()
        assert newest
        assert newest.version == product.roster().version
        with pytest.raises(errors.NotVerified):
            product.roster.check(replace(step.roster, signatures={}))


@pytest.mark.parametrize("line", ["nonsense", '{"id": 1}', "[1]", '"text"'])
def test_a_line_that_triage_cannot_take_is_named(
    run: Run, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its number, and the shape of a good one; what came before it was answered."""
    source = tmp_path / "lines"
    source.write_text(f'{{"id": 7, "text": "ban ma tuy"}}\n{line}\n')
    with source.open() as lines:
        monkeypatch.setattr(sys, "stdin", lines)
        ended, said = run("triage")
    assert ended == 1
    assert '"id": 7' in said
    assert re.search(r'tinbao: line 2 is not \{"id"', said)


def test_a_backup_that_cannot_be_put_in_place_leaves_no_part_of_it(run: Run, made: Served) -> None:
    """Nothing lies beside the place that was asked for."""
    taken = made.folder / "taken"
    taken.mkdir()
    (taken / "x").touch()
    ended, said = run("backup", str(taken / "x" / "file"), *BY_ADMIN, TINBAO_PASSWORD=made.admins["admin-vks"])
    assert ended == 1
    assert "cannot be written" in said
    assert [it.name for it in made.folder.iterdir() if it.name.endswith(".part")] == []


def test_no_home_is_made_whose_secrets_nobody_could_read(tmp_path: Path) -> None:
    """Onto a full disk, or to nowhere: it is said, and `init` can be run again."""
    words = [sys.executable, "-m", "bot", "init", "--trial", "--json"]
    with home.in_memory() as run, Path("/dev/full").open("w") as full:
        own = served.environment(tmp_path, 1) | {"TINBAO_RUN": str(run)}
        done = subprocess.run(
            words, check=False, cwd=served.ROOT, env=own, stdout=full, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode != 0
        assert "no home was made" in done.stderr
        again = subprocess.run(words, cwd=served.ROOT, env=own, check=True, capture_output=True, text=True)
        assert json.loads(again.stdout)["admins"]


@pytest.mark.parametrize("moved", ["+999999w", "-999999d", "-999999w", "0001-01-01", "9999-12-31"])
def test_a_time_out_of_range_is_a_setting_that_cannot_be(moved: str) -> None:
    """Said with the remedy, in any command that reads settings."""
    with pytest.raises(errors.BadSetting):
        settings.read({"TINBAO_NOW": moved})
