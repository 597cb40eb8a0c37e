"""What monitoring reads of a process: how the home is, and never when somebody wrote; and alerts that go off."""

import asyncio
import contextlib
import json
import logging
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import logs
from bot.serve import metrics, serving
from bot.settings import read
from tests import tools
from tests.fakes import home, loopback, served
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, KIEM, QUAN
from tests.fakes.words import DRUGS as TIP
from tips import errors

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, KIEM, QUAN), database_url) as it:
        yield it


async def read_of(home: Home) -> dict[tuple[str, ...], float]:
    """What is measured, by name and the labels' values, as Prometheus's own parser reads it."""
    transport = httpx.ASGITransport(metrics.app(home.product))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    found = text_string_to_metric_families(answer.text)
    return {(it.name, *it.labels.values()): it.value for family in found for it in family.samples}


async def test_monitoring_reads_whether_a_process_is_well(office: Home) -> None:
    found = await read_of(office)
    assert found["tinbao_well", "store"] == found["tinbao_well", "drafts"] == 1
    assert found["tinbao_cases_late",] == found["tinbao_cases_held",] == 0
    assert found["tinbao_free_bytes", "home"] > 0
    assert not [name for name, *_ in found if not name.startswith("tinbao_")]  # of the process itself nothing


async def test_a_case_past_its_deadline_is_counted_until_the_clock_comes(office: Home) -> None:
    await office.citizen().sends(TIP)
    office.clock.forward(days=9)
    assert (await read_of(office))["tinbao_cases_late",] == 1
    await office.product.escalation.tick_all()
    assert (await read_of(office))["tinbao_cases_late",] == 0


async def test_nothing_tells_when_somebody_wrote(office: Home) -> None:
    """Whoever asks each second sees the same before, while and after somebody tells and sends a tip."""
    ours = [name for name in await read_of(office) if name[0].startswith("tinbao_") and name[0] != "tinbao_free_bytes"]
    seen = [await read_of(office)]
    citizen = office.citizen()
    for words in (TIP, "phòng số 6"):
        await citizen.says(words)
        seen.append(await read_of(office))
    await citizen.sends("tầng hai")
    seen.append(await read_of(office))
    told = [{name: it.get(name) for name in ours} for it in seen]
    assert all(it == told[0] for it in told)


async def test_monitoring_is_answered_at_an_address_of_its_own(tmp_path: Path) -> None:
    """And the citizens' door knows no such page."""
    with home.in_memory() as folder:
        made = served.made(folder)
        port = loopback.free_port()
        more = {"TINBAO_METRICS": f"127.0.0.1:{port}", "TINBAO_LOGS": "json"}
        async with served.serving(made, "intake,clock", more=more, log=tmp_path / "log"), httpx.AsyncClient() as client:
            asked = await client.get(f"http://127.0.0.1:{port}/metrics")
            assert "tinbao_well{" in asked.text
            assert (await client.get(f"{made.url}/metrics")).status_code == 404
            assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 404
        lines = (tmp_path / "log").read_text().splitlines()
        assert all(json.loads(it)["level"] for it in lines)


@pytest.mark.parametrize("value", ["0.0.0.0:9100", "192.0.2.7:9100", "9100", "127.0.0.1:0"])
def test_monitoring_is_for_this_machine_alone(value: str) -> None:
    with pytest.raises(errors.BadSetting, match="TINBAO_METRICS"):
        read({"TINBAO_METRICS": value})


async def test_a_port_that_somebody_has_stops_the_start(office: Home) -> None:
    """Not found out when nobody was woken."""
    with contextlib.closing(serving.listen(office.product.settings, loopback.free_port())) as taken:
        settings = replace(office.product.settings, metrics=("127.0.0.1", taken.getsockname()[1]))
        listener = serving.listen(settings, loopback.free_port())
        with contextlib.closing(listener), pytest.raises(errors.BadSetting, match="TINBAO_METRICS"):
            await serving.run(
                replace(office.product, settings=settings), frozenset({"intake"}), listener, asyncio.Event()
            )


# --- logs -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def as_json() -> Iterator[None]:
    """Logs as objects, and afterwards as they were."""
    before = logging.getLogger().handlers[:]
    logs.configure(as_json=True)
    yield
    logging.getLogger().handlers[:] = before


def test_a_line_of_the_log_is_an_object_without_an_error_s_words(
    as_json: None, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(as_json=True)
    try:
        raise ValueError("what somebody said")
    except ValueError:
        logging.getLogger("bot").exception("a step failed")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["message"] == "a step failed"
    assert told["error"].startswith("ValueError at ")
    assert "somebody" not in line


# --- alerts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_alerts_go_off_when_they_should(words: tuple[str, ...]) -> None:
    """By Prometheus's own tool."""
    done = subprocess.run([tools.path("promtool"), *words], cwd=RULES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_each_alert_asks_for_what_there_is(office: Home) -> None:
    """A rule over a name that nobody measures is never raised."""
    from prometheus_client import exposition

    found = [it async for it in metrics.gathered(office.product)]
    names = {it.name for it in found}
    assert exposition.CONTENT_TYPE_LATEST
    for expression in re.findall(r"expr: (.*)", (RULES / "alerts.yml").read_text("utf-8")):
        assert set(re.findall(r"tinbao_\w+", expression)) <= names | {"tinbao_backup_late"}, expression
