"""Incidents: whoever looks after the home says what went wrong; nobody takes it back, and two people tell everybody."""

import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from bot.commands import doctor
from bot.commands import incidents as commands
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, KIEM, QUAN, TOAN
from tests.flows.test_clock import behind
from tests.flows.test_holidays import INSERT
from tips import errors
from tips.cases import deadlines, incidents, ledger, standing
from tips.cases.claims import Signature
from tips.cases.incidents import IncidentKind
from tips.cases.ledger import Kind

PAGE = "/desk/incidents"
WORDS, PUBLIC = "Zalo không gửi được từ 9 giờ.", "Kênh Zalo gián đoạn, các kênh khác vẫn nhận tin."
OPENED = {"kind": "channel", "since": "2026-11-23T09:00", "text": WORDS}


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    people = (AN, KIEM, QUAN, TOAN, ("qui", "ttra-tp", "admin"))
    async with opened(tmp_path, people, database_url) as home:
        yield home


async def sends(client: httpx.AsyncClient, place: str = "", **fields: str) -> httpx.Response:
    csrf = CSRF.search((await client.get("/desk/account")).text)
    return await client.post(f"{PAGE}{place}", data={"csrf": csrf[1] if csrf else "", **fields})


async def about(home: Home) -> str:
    async with browser(home, "intake") as client:
        return (await client.get("/minh-bach")).text


async def began(home: Home) -> str:
    """One that an admin opened; its id."""
    at = home.clock() - timedelta(hours=1)
    await home.product.incidents.begin(await home.session("quan"), IncidentKind.CHANNEL, at, WORDS)
    return home.product.incidents.listed()[0].id


def written(home: Home, by: str, facts: dict[str, str], signer: str = "") -> None:
    """What somebody with a program of their own, and the database, puts among the events."""
    who = Signature(by, home.people[signer or by].signing, deadlines.hour(home.clock()))
    event = standing.laid_down(Kind.INCIDENT, facts, home.product.standing(), who, secrets.token_bytes)
    row = ledger.sign(event, who.seed)
    behind(home, INSERT, leaf=row.leaf, case=b"", body=row.body, signature=row.signature)


async def test_an_incident_is_opened_added_to_and_closed_and_each_word_is_on_record(office: Home) -> None:
    """The admin opens it, the overseer says more and closes it; the auditor reads all; the field warns."""
    async with browser(office) as admin, browser(office) as overseer:
        await log_in(admin, office, "quan")
        await log_in(overseer, office, "kiem")
        page = (await sends(admin, **OPENED)).text
        assert "Một kênh không liên lạc được" in page
        assert "từ 09:00 23/11/2026, chưa xong" in page
        assert "Đừng chép lời của tin báo nào" in page
        (found,) = office.product.incidents.listed()
        assert "1 are open: channel since 2026-11-23T02:00+00:00" in await doctor.CHECKS["incidents"](office.product)
        await sends(overseer, "/add", incident=found.id, text="Đã gọi nhà mạng.")
        page = (await sends(overseer, "/close", incident=found.id, text="Nhà mạng đã sửa.")).text
        assert "từ 09:00 23/11/2026 đến 10:00 23/11/2026" in page
        assert (await sends(admin, "/close", incident=found.id, text="lại")).status_code == 409
    office.clock.forward(minutes=1)
    async with browser(office) as auditor:
        await log_in(auditor, office, "toan")
        page = (await auditor.get(PAGE)).text
        assert WORDS in page
        assert "<textarea" not in page
    assert [(it.by, it.facts["act"]) for it in await told(office)] == [
        ("quan", "open"), ("kiem", "add"), ("kiem", "close"),
    ]  # fmt: skip
    assert await doctor.CHECKS["incidents"](office.product) == "none is open"
    assert (await office.product.audit()).sound


async def told(home: Home) -> list[ledger.Event]:
    return sorted(await home.recorded(Kind.INCIDENT), key=lambda it: int(it.facts["number"]))


async def test_everybody_reads_what_two_people_chose_and_no_other_word(office: Home) -> None:
    """What one offers shows nowhere; who offered it cannot agree; once another one did, it stands on /minh-bach."""
    id_ = await began(office)
    async with browser(office) as admin, browser(office) as overseer:
        await log_in(admin, office, "quan")
        await log_in(overseer, office, "kiem")
        await sends(admin, "/offer", incident=id_, text=PUBLIC)
        digest = incidents.digest(PUBLIC)
        assert (await sends(admin, "/agree", incident=id_, digest=digest)).status_code == 409
        assert PUBLIC not in await about(office)
        assert (await sends(overseer, "/agree", incident=id_, digest=incidents.digest("other"))).status_code == 409
        assert (await sends(overseer, "/agree", incident=id_, digest=digest)).status_code == 200
    page = await about(office)
    assert PUBLIC in page
    assert "Một kênh không liên lạc được" in page
    assert WORDS not in page
    assert "quan" not in page.split('id="su-co"', 1)[1].split("</section>", 1)[0]


async def test_what_was_agreed_to_is_not_what_is_offered_afterwards(office: Home) -> None:
    """Other words wait for an agreement of their own."""
    id_ = await began(office)
    quan, kiem = await office.session("quan"), await office.session("kiem")
    await office.product.incidents.offer(quan, id_, PUBLIC)
    await office.product.incidents.agree(kiem, id_, incidents.digest(PUBLIC))
    await office.product.incidents.offer(quan, id_, "Mọi thứ vẫn ổn.")
    assert "Mọi thứ vẫn ổn." not in await about(office)
    assert PUBLIC in await about(office)


async def test_one_person_with_a_program_of_their_own_tells_nobody_anything(office: Home) -> None:
    """Their own agreement, an officer's, and an overseer's with another one's key; and words with a link."""
    id_ = await began(office)
    lure = "Gửi tên của bạn về tinbao-moi.com để được thưởng."
    offer = {"subject": id_, "act": "offer", "words": PUBLIC}
    agree = {"subject": id_, "act": "agree", "digest": incidents.digest(PUBLIC)}
    written(office, "quan", offer)
    await office.product.standing.refresh()  # what comes now is said after it
    for by, signer in (("quan", ""), ("an", ""), ("toan", ""), ("kiem", "quan")):
        written(office, by, agree, signer)
    await office.product.standing.refresh()
    assert office.product.incidents.public() == []
    office.clock.forward(hours=1)
    written(office, "quan", {**offer, "words": lure})
    await office.product.standing.refresh()
    written(office, "kiem", {**agree, "digest": incidents.digest(lure)})
    await office.product.standing.refresh()
    assert "tinbao-moi" not in await about(office)
    assert office.product.incidents.public() == []


async def test_two_of_one_office_tell_nobody_anything(office: Home) -> None:
    """By the form, which offers them no button, and with programs of their own."""
    id_ = await began(office)
    await office.product.incidents.offer(await office.session("quan"), id_, PUBLIC)
    digest = incidents.digest(PUBLIC)
    async with browser(office) as colleague:
        await log_in(colleague, office, "qui")
        assert "/desk/incidents/agree" not in (await colleague.get(PAGE)).text
        assert (await sends(colleague, "/agree", incident=id_, digest=digest)).status_code == 409
    written(office, "qui", {"subject": id_, "act": "agree", "digest": digest})
    await office.product.standing.refresh()
    assert office.product.incidents.public() == []


async def test_an_hour_out_of_all_time_that_a_hand_wrote_keeps_nobody_from_the_list(office: Home) -> None:
    """Turned into the city's time there is no such hour."""
    facts = incidents.opening("quan", IncidentKind.OTHER, datetime.min.replace(tzinfo=timezone(timedelta(hours=9))),
                              "x", "00")  # fmt: skip
    written(office, "quan", facts)
    await office.product.standing.refresh()
    async with browser(office) as client:
        await log_in(client, office, "quan")
        assert (await client.get(PAGE)).status_code == 200


async def test_nobody_takes_back_what_was_written(office: Home) -> None:
    """An event that is deleted is kept beside the secrets, and nobody opens the same one in another way."""
    id_ = await began(office)
    await office.product.incidents.close(await office.session("kiem"), id_, "Xong.")
    before = office.product.incidents.listed()
    for row in await office.product.store.ledger.standing():
        behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=row.leaf)
    written(office, "quan", {"subject": id_, "act": "open", "kind": "other", "since": "2026-11-01T00:00+00:00",
                             "words": "khác"})  # fmt: skip
    await office.product.standing.refresh()
    assert office.product.incidents.listed() == before


async def test_nobody_opens_the_same_incident_in_another_way_before_it(office: Home) -> None:
    """An opening of the same id that is dated back would come first: its id does not follow from what it says."""
    id_ = await began(office)
    before = office.product.incidents.listed()
    now = office.clock.moment
    office.clock.moment = now - timedelta(hours=3)
    written(office, "quan", {"subject": id_, "act": "open", "kind": "other", "since": "2026-11-01T00:00+00:00",
                             "words": "khác"})  # fmt: skip
    office.clock.moment = now
    await office.product.standing.refresh()
    assert office.product.incidents.listed() == before


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ({"text": " "}, "Thiếu lời kể"),
        ({"text": "a" * 501}, "Thiếu lời kể"),
        ({"since": "2026-11-23T12:00"}, "chưa tới"),
        ({"since": "hôm qua"}, "Giờ bắt đầu không đúng"),
        ({"kind": "theft"}, ""),
    ],
)
async def test_what_cannot_be_is_refused(office: Home, instead: dict[str, str], said: str) -> None:
    """And nothing is on record."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = await sends(client, **OPENED | instead)
        assert page.status_code in {404, 409}
        assert said in page.text
    assert await office.recorded(Kind.INCIDENT) == []


@pytest.mark.parametrize(
    "words", ["http://a.vn", "viết cho a@b.vn", "t.me/abc", "hai\ndòng", "vào trang TINBAO.COM", "gọi 0901-234-567"]
)
async def test_no_link_is_offered_to_everybody(office: Home, words: str) -> None:
    """Whoever reads it has to go nowhere."""
    id_ = await began(office)
    with pytest.raises(errors.Refused) as refused:
        await office.product.incidents.offer(await office.session("quan"), id_, words)
    assert refused.value.key == "error.incident_public"


async def test_who_may_not_opens_none(office: Home) -> None:
    """An officer has no such page, an auditor only reads."""
    for name, status in (("an", 404), ("toan", 409)):
        async with browser(office) as client:
            await log_in(client, office, name)
            assert (await sends(client, **OPENED)).status_code == status
    assert office.product.incidents.listed() == []


async def test_the_commands_do_the_same(office: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Opened, added to, offered, agreed to by another one, closed, listed. A command's time is the machine's own."""
    since = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    with office.types("quan"):
        await commands.begin(office.settings, "quan", "store", since, WORDS)
        await commands.show(office.settings, as_json=True)
        (found,) = json.loads(capsys.readouterr().out)
        await commands.say(office.settings, "quan", "add", found["id"], "thêm")
        await commands.say(office.settings, "quan", "offer", found["id"], PUBLIC)
        with pytest.raises(errors.Refused):
            await commands.agree(office.settings, "quan", found["id"], agreed=True)
    with office.types("kiem"):
        capsys.readouterr()
        with pytest.raises(errors.Refused) as refused:
            await commands.agree(office.settings, "kiem", found["id"], agreed=False)
        assert refused.value.key == "error.not_signed"
        assert PUBLIC in capsys.readouterr().out
        await commands.agree(office.settings, "kiem", found["id"], agreed=True)
        await commands.say(office.settings, "kiem", "close", found["id"], "xong")
        capsys.readouterr()
        await commands.show(office.settings, as_json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert [it[:2] for it in found["entries"]] == [["open", "quan"], ["add", "quan"], ["close", "kiem"]]
    assert (found["public"], found["offered"]) == (PUBLIC, None)
    assert found["closed"]
