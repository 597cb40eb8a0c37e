"""What somebody missed who lived a home's first three years by hand, from the book."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

import locales
from bot import condition, key_files
from bot.commands import doctor, incidents, recovery
from tests.fakes.desk import acts, browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.machines import Machines
from tests.fakes.people import AN, QUAN, TRUC, TRUC_COORDINATES
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_shared_out_anew import founded, splits
from tips import errors
from tips.cases.incidents import IncidentKind
from tips.desk.actions.step import Fields
from tips.people import proposals

__all__ = ["founded"]


DANGER = "Nhà số 12 đường Lê Văn Sỹ quận 3 đang cháy, có người mắc kẹt bên trong"


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_no_text_shows_a_backslash(lang: str) -> None:
    catalogue = Path(locales.__file__).parent / lang / "LC_MESSAGES" / "tinbao.po"
    assert "\\\\" not in catalogue.read_text()


def test_a_key_that_is_missing_is_copied_and_no_home_is_made_anew(tmp_path: Path) -> None:
    with pytest.raises(errors.BadSetting, match="copy it from the machine") as refused:
        key_files.secret(tmp_path / "release.key")
    assert "init" not in str(refused.value)


# --- cases that nobody can read ---------------------------------------------------------------------------------------


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    """A home in which Quận 7 has nobody, nor anybody above it."""
    async with opened(tmp_path, (AN, QUAN), database_url) as home:
        yield home


@pytest.fixture
async def story(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    """One with a level above its district."""
    async with opened(tmp_path, (AN, TRUC, QUAN), database_url) as home:
        yield home


async def test_cases_that_nobody_can_read_are_named_to_who_looks_after_the_home(
    office: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a list, by `doctor`, and on the page of the home's condition; there was nowhere to learn their ids."""
    assert await doctor.CHECKS["held"](office.product) == "each case is somebody's to read"
    await office.citizen().sends(TIP.replace("q3", "q7").replace("quận 3", "quận 7"))
    row = await office.the_case()
    assert row.state == "held"
    said = await doctor.CHECKS["held"](office.product)
    assert isinstance(said, doctor.Advice)
    assert "1 cases wait for the quorum" in said
    assert (await condition.look(office.product)).held == 1
    async with browser(office) as client:
        await log_in(client, office, "quan")
        assert "Vụ chưa ai đọc được" in (await client.get("/desk/condition")).text
    assert await recovery.list_held(office.product.settings, as_json=True) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["id"] == row.id.hex()
    assert found["code"] == row.code


# --- what is said when a version is in force --------------------------------------------------------------------------


def test_who_shares_the_key_out_anew_is_told_to_keep_the_old_paper(founded: Machines) -> None:
    """Every backup of before opens by the former shares alone, until the last of them is gone."""
    assert splits(founded, "Lan Anh", "Phúc").returncode == 0
    done = founded.signed("Lan Anh", "Minh")
    assert done.returncode == 0, done.stderr
    assert "follow it within a quarter of a minute" in done.stderr
    assert "keep the former shares for 35 days" in done.stderr


def test_a_signer_reads_units_by_their_names_and_roles_in_words(founded: Machines) -> None:
    """Codes beside them: `area-770` says nothing to somebody of the Procuracy."""
    founded.joins("an", "area-770")
    founded.proposes("officer", "move", "an", "--unit", "area-778", "--role", "head")
    said = founded.sign("Minh").stderr
    assert "officer in Quận 3 (area-770)" in said
    assert "moves to Quận 7 (area-778) as head" in said


# --- who is late, and who is left -------------------------------------------------------------------------------------


async def test_a_question_quiets_no_case_of_life_in_danger(story: Home) -> None:
    """One officer alone had fourteen days by it, as whoever waits for an answer has."""
    await story.citizen().sends(DANGER)
    row = await story.the_case()
    assert row.urgency == "P0"
    asked = await story.product.casework.act(await story.session("an"), row.id, "ask", Fields(text="Ở đâu?"))
    assert (asked.state, asked.clock, asked.due_at) == (row.state, row.clock, row.due_at)
    story.clock.forward(hours=3)
    assert await story.product.escalation.tick() == 1
    assert (await story.the_case()).unit != row.unit


async def test_what_a_unit_has_climbs_once_nobody_is_left_to_read_for_it(story: Home) -> None:
    """Within the hour, long before its deadline: whoever joins later gets the unit's next key, and none to it."""
    await story.citizen().sends(TIP)
    await story.product.casework.act(await story.session("an"), (await story.the_case()).id, "accept")
    proposal = await story.product.moves.leave(await story.session("quan"), "an")
    told = {it.text: it.values for it in proposals.changes(proposal)}
    assert told["roster.nobody_left"]["unit"] == "area-770"
    assert await story.product.escalation.tick_all() == 0
    await story.product.roster.put_into_force(story.signed(proposal))
    assert await story.product.escalation.tick_all() == 1
    row = await story.the_case()
    assert row.unit == "duty"
    assert (await story.product.review.open(await story.session("truc"), row.id)).tip.text == TIP


async def test_who_looks_after_the_home_is_told_where_nobody_is_left_to_read(story: Home) -> None:
    """A unit's key is counted no more where it has no people."""
    assert await doctor.CHECKS["desks"](story.product) == "2 units have keys and people"
    gone = await story.product.moves.leave(await story.session("quan"), "an")
    await story.product.roster.put_into_force(story.signed(gone))
    said = await doctor.CHECKS["desks"](story.product)
    assert isinstance(said, doctor.Advice)
    assert "nobody is left to read for area-770" in said


async def test_what_nobody_is_left_for_at_any_level_is_kept_for_the_quorum(office: Home) -> None:
    """And is named there; it lay at a unit without people until it was late, and after."""
    await office.citizen().sends(TIP)
    await office.product.roster.put_into_force(
        office.signed(await office.product.moves.leave(await office.session("quan"), "an"))
    )
    assert await office.product.escalation.tick_all() == 1
    assert (await office.the_case()).state == "held"


async def test_who_lacks_a_key_of_before_is_told_how_to_get_it(story: Home) -> None:
    """Who got new ones reads no "wrong key": a colleague logs in, then they once more."""
    await story.citizen().sends(TIP)
    row = await story.the_case()
    await story.join(("moi", "area-770", "officer"))
    renewed = story.product.registrar().renew("moi")
    await story.product.roster.put_into_force(story.signed(renewed))
    (given,) = renewed.people
    story.people["moi"], story.passphrases["moi"] = given.identity, given.passphrase
    async with browser(story) as client:
        await log_in(client, story, "moi")
        refused = await client.get(f"/desk/case/{row.id.hex()}")
        assert refused.status_code == 409
        assert "đồng nghiệp" in refused.text
        await story.session("an")
        story.clock.forward(minutes=1)  # a code counts once
        await log_in(client, story, "moi")
        assert (await client.get(f"/desk/case/{row.id.hex()}")).status_code == 200


async def test_in_a_home_of_wards_a_case_is_corrected_to_a_ward(tmp_path: Path, database_url: str) -> None:
    """The form offered the districts of before alone."""
    async with opened(tmp_path, (TRUC_COORDINATES, QUAN), database_url, organisation="hcmc-2025") as home:
        await home.citizen().sends("Có nhóm người bán ma tuý mỗi tối ở gần nhà tôi")
        row = await home.the_case()
        async with browser(home) as client:
            await log_in(client, home, "truc")
            page = (await client.get(f"/desk/case/{row.id.hex()}")).text
            assert '<option value="27139">' in page
            await acts(client, row.id.hex(), "correct", area="27139")
        assert (await home.the_case()).ward == "27139"


@pytest.mark.parametrize(
    ("text", "key"), [("Drugs are sold every night in Ben Nghe ward", "is_it"), ("They gamble in ward 5", "which")]
)
async def test_the_only_place_that_may_be_meant_is_not_one_of_several(story: Home, text: str, key: str) -> None:
    """One name alone stood under "several places have this name"."""
    said = await story.citizen().says(text)
    asked = [say for reply in said.replies for say in reply.says if say.key.startswith("ask.where.")]
    assert [say.key for say in asked] == [f"ask.where.{key}"]
    assert (";" in asked[0].params["places"]) == (key == "which")


# --- the desk by itself -----------------------------------------------------------------------------------------------


async def test_a_desk_on_its_own_leads_nobody_to_the_citizens_pages(story: Home) -> None:
    """Its address leads in, and what is not there says so as a page of the desk; so too beside the chat."""
    async with browser(story) as client:
        assert (await client.get("/")).url.path == "/desk/login"
        lost = await client.get("/nothing")
        assert lost.status_code == 404
        assert 'href="/desk/"' in lost.text
        assert 'href="/"' not in lost.text
    async with browser(story, "intake,desk") as client:
        assert 'href="/"' not in (await client.get("/desk/nothing")).text
        assert 'href="/"' in (await client.get("/nothing")).text


@pytest.mark.parametrize("error", [errors.StoreUnavailable, errors.Unsure])
async def test_an_officer_reads_of_no_tip_that_was_not_sent(
    story: Home, error: type[errors.TinBaoError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the database away they read what was written for citizens."""
    async with browser(story) as client:
        await log_in(client, story, "an")

        async def away(*words: object, **more: object) -> None:
            raise error

        monkeypatch.setattr(type(story.product.logins), "sessions", away)
        answer = await client.get("/desk/account")
        assert answer.status_code == 503
        assert "mã tra cứu" not in answer.text
        assert locales.say("vi", f"error.desk_{error.key.removeprefix('error.')}") in answer.text


async def test_the_hours_of_an_incident_say_whose_they_are(story: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """They are given in the city's time, and were shown in another that nobody named."""
    at = datetime.fromisoformat("2026-11-23T09:00+07:00")
    await story.product.incidents.begin(await story.session("quan"), IncidentKind.CHANNEL, at, "Zalo không gửi được.")
    assert await incidents.show(story.product.settings, as_json=False) == 0
    assert "2026-11-23T09:00+07:00" in capsys.readouterr().out
