"""A home for trying out says so, and only there a setting moves the time: in every part and every command."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot import new_home, settings, wiring
from tests.fakes import home, machines, served
from tests.fakes.people import AN
from tests.fakes.served import Served
from tests.flows.test_command_line import tinbao
from tips import errors
from tips.crypto import keys
from tips.organisation import roster
from tips.people import signer_keys

NOW = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)
TIP = '{"text": "ban ma tuy o karaoke duong le van sy q3"}\n{"choose": "submit"}\n'


@pytest.fixture(scope="module")
def trial() -> Iterator[Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


@pytest.fixture(scope="module")
def real() -> Iterator[Served]:
    with home.in_memory() as folder:
        yield machines.founded(folder, [("an", "area-770")]).at


@pytest.mark.parametrize(
    ("written", "believed"),
    [
        ("+35d", NOW + timedelta(days=35)),
        ("-3h", NOW - timedelta(hours=3)),
        ("+1d12h30m", NOW + timedelta(days=1, hours=12, minutes=30)),
        ("+2w5s", NOW + timedelta(weeks=2, seconds=5)),
        ("2027-02-06T08:00:00+07:00", datetime(2027, 2, 6, 1, tzinfo=UTC)),
        ("2027-02-06T01:00:00Z", datetime(2027, 2, 6, 1, tzinfo=UTC)),
        ("2027-02-06T08:00", datetime(2027, 2, 6, 1, tzinfo=UTC)),
    ],
)
def test_a_moved_time_is_a_span_or_a_moment_and_goes_on_from_there(written: str, believed: datetime) -> None:
    """The second look is as much later as the machine's own."""
    moved = settings.read({"TINBAO_NOW": written}).moved
    assert moved
    machine = home.Clock(NOW)
    clock = moved.clock(machine)
    assert clock() == believed
    machine.forward(minutes=7)
    assert clock() == believed + timedelta(minutes=7)


@pytest.mark.parametrize("written", ["35d", "+", "+35", "+d", "tomorrow", "+1y", "2027-13-01", "+35d and more", "0"])
def test_another_time_is_refused_with_examples(written: str) -> None:
    """And not taken for the present."""
    with pytest.raises(errors.BadSetting, match=r"TINBAO_NOW.*\+35d"):
        settings.read({"TINBAO_NOW": written})


@pytest.mark.parametrize(
    "words",
    [
        ("serve",), ("doctor",), ("chat", "--json"), ("unit", "list"), ("queue", "--officer", "an"),
        ("ledger", "verify"), ("backup", "never-written", "--officer", "an"), ("unit", "rotate", "area-770"),
    ],
)  # fmt: skip
def test_a_real_home_moves_no_time_and_says_so(real: Served, words: tuple[str, ...]) -> None:
    """By any command."""
    done = tinbao(real, *words, TINBAO_NOW="+35d")
    assert done.returncode == 1
    assert "TINBAO_NOW" in done.stdout + done.stderr
    assert "--trial" in done.stdout + done.stderr


def test_a_real_home_is_not_made_in_a_moved_time(tmp_path: Path) -> None:
    """`init` without --trial refuses it before anything is made."""
    made = [signer_keys.public_of(keys.new_identity(office, os.urandom), office) for _, office in machines.SIGNERS]
    signers = [word for it in made for word in ("--signer", it.line())]
    done = subprocess.run(
        [*served.PROGRAM, "init", *signers, "--json"], cwd=served.ROOT, capture_output=True, text=True, check=False,
        env={**served.environment(tmp_path, 8138), "TINBAO_NOW": "+35d"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "TINBAO_NOW" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_trial_home_says_what_it_is(trial: Served, real: Served) -> None:
    """`doctor` says it, and that time is moved; it fails nothing; a real home says nothing of the kind."""
    said = tinbao(trial, "doctor")
    assert said.returncode == 0
    assert "trial" in said.stdout
    moved = tinbao(trial, "doctor", TINBAO_NOW="+35d")
    assert moved.returncode == 0
    assert "TINBAO_NOW (35 days" in moved.stdout
    assert "trial" not in tinbao(real, "doctor").stdout


def test_every_command_of_a_trial_home_believes_the_moved_time(trial: Served) -> None:
    """A tip of today is an hour late tomorrow; the commands agree."""
    assert tinbao(trial, "chat", "--json", given=TIP).returncode == 0
    (today,) = json.loads(tinbao(trial, "queue", "--officer", "an", "--json").stdout)
    assert (today["age_h"], today["overdue"]) == (0, False)
    (later,) = json.loads(tinbao(trial, "queue", "--officer", "an", "--json", TINBAO_NOW="+35d").stdout)
    assert (later["age_h"] // 24, later["overdue"]) == (35, True)
    shown = json.loads(
        tinbao(trial, "case", "show", today["id"], "--officer", "an", "--json", TINBAO_NOW="+35d").stdout
    )
    assert (shown["age_h"], shown["overdue"]) == (later["age_h"], True)


async def test_every_part_of_a_trial_home_believes_the_moved_time(trial: Served) -> None:
    """The chat and the desk, which takes the codes of then; and the page says what this is."""
    in_time = timedelta(days=40)
    async with (
        served.serving(trial, "intake,desk", more={"TINBAO_NOW": "+40d"}),
        httpx.AsyncClient(base_url=trial.url, trust_env=False, follow_redirects=True, timeout=20) as client,
    ):
        assert "BẢN DÙNG THỬ" in (await client.get("/minh-bach?lang=vi")).text
        fields = {"name": "an", "passphrase": trial.passphrase("an"), "code": trial.one_time_code("an", in_time)}
        page = (await client.post("/desk/login", data=fields)).text
        then = datetime.now(UTC) + in_time + timedelta(hours=7)
        assert then.strftime("%d/%m/%Y") in page
        async with served.Citizen(trial.url) as citizen:
            assert await citizen.sends("Tối nào quán karaoke đường Lê Văn Sỹ quận 3 cũng bán ma tuý")
    queue = json.loads(tinbao(trial, "queue", "--officer", "an", "--json", TINBAO_NOW="+40d").stdout)
    assert min(it["age_h"] for it in queue) <= 1


async def test_no_row_turns_a_real_home_into_a_trial(tmp_path: Path) -> None:
    """The mark stands in the roster, which two admins sign: a document with a mark put in is none."""
    async with home.opened(tmp_path) as opened:
        assert not opened.product.roster().trial
        newest = await opened.product.store.keyring.newest_roster()
        assert newest
        forged = replace(newest, document=newest.document[:-1] + b',"trial":true}')
        with pytest.raises(errors.NotVerified):
            roster.verify(forged, opened.founding.secrets.signers)
        own = replace(opened.settings, moved=settings.Moved(timedelta(days=35)))
        with pytest.raises(errors.BadSetting, match="--trial"):
            async with wiring.open_product(own, now=opened.clock, cost=home.CHEAP):
                raise AssertionError("it opened")


async def test_a_trial_stays_one_whoever_joins(tmp_path: Path) -> None:
    """Each later version of the roster carries the mark on."""
    with home.in_memory() as run:
        own = settings.read({"TINBAO_HOME": str(tmp_path / "home"), "TINBAO_RUN": str(run)}, demo=True)
        founding = await new_home.initialise(own, cost=home.CHEAP, trial=True)
        async with wiring.open_product(own, cost=home.CHEAP) as product:
            opened = home.Home(product, home.Clock(), own, founding, {}, {})
            await opened.join(AN)
            assert product.roster().version == 2
            assert product.roster().trial
