"""The home's own texts: two offices say who runs it and, for a time, something to everybody; nobody does so alone."""

import json
import secrets
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

import locales
from bot import wiring
from bot.commands import texts as commands
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import CHEAP, Citizen, Home, opened
from tests.fakes.people import AN, KIEM, QUAN, TOAN
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_clock import behind
from tests.flows.test_holidays import INSERT
from tips import errors
from tips.cases import deadlines, home_texts, ledger
from tips.cases.claims import Signature
from tips.cases.home_texts import HomeText, TextName
from tips.cases.ledger import Kind
from tips.crypto import receipt
from tips.intake.reception import Outcome
from tips.intake.turns import Inbound
from tips.organisation.roles import Role
from tips.people.enrolment import Newcomer

PAGE = "/desk/texts"
WHO, REACH = "Phòng Công nghệ thông tin, Thanh tra Thành phố", "13 Trần Quốc Thảo, Quận 3, điện thoại 1800 6789"
SHUT = "Từ 3/2 đến 9/2/2027 nơi xử lý chỉ trực việc khẩn cấp."
LAST = date(2026, 12, 20)


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    people = (AN, KIEM, QUAN, TOAN, ("qui", "ttra-tp", "admin"))
    async with opened(tmp_path, people, database_url) as home:
        yield home


async def sends(client: httpx.AsyncClient, place: str = "", **fields: str) -> httpx.Response:
    csrf = CSRF.search((await client.get("/desk/account")).text)
    return await client.post(f"{PAGE}{place}", data={"csrf": csrf[1] if csrf else "", **fields})


async def about(home: Home, lang: str = "vi") -> str:
    async with browser(home, "intake") as client:
        return (await client.get("/minh-bach", params={"lang": lang})).text


async def agreed(home: Home, name: TextName, words: str, until: date | None = None, **more: str) -> None:
    """A text that an admin offered, or that there shall be none, and an overseer of another office agreed to it."""
    told = {"vi": words, **more} if words else {}
    await home.product.own_texts.offer(await home.session("quan"), name, told, until)
    offered = home.product.own_texts.known().offered[name]
    await home.product.own_texts.agree(await home.session("kiem"), name, offered.digest)


def text(home: Home, name: TextName, words: str, by: str, until: date | None = None) -> HomeText:
    return HomeText(name, {"vi": words}, until, by, deadlines.hour(home.clock()))


def written(home: Home, by: str, facts: dict[str, str], signer: str = "", number: int = 1) -> None:
    """What somebody with a program of their own, and the database, puts among the events."""
    who = Signature(by, home.people[signer or by].signing, deadlines.hour(home.clock()))
    told = {**facts, "number": str(number)}
    event = ledger.Event(Kind.HOME_TEXT, b"", ledger.FIRST, who.at, who.by, secrets.token_bytes(32), told)
    row = ledger.sign(event, who.seed)
    behind(home, INSERT, leaf=row.leaf, case=b"", body=row.body, signature=row.signature)


async def says(citizen: Citizen, words: str) -> Outcome:
    """By a messenger."""
    return await citizen.hears(Inbound("text", text=words, messenger=True))


def read(outcome: Outcome) -> str:
    return "\n".join(locales.render("vi", say) for reply in outcome.replies for say in reply.says)


async def test_two_offices_say_who_runs_the_home(office: Home) -> None:
    """One offers, another one agrees, at the desk; /minh-bach and the chat say it, in each language that it has."""
    async with browser(office) as admin, browser(office) as overseer:
        await log_in(admin, office, "quan")
        await log_in(overseer, office, "kiem")
        assert "Không bao giờ hỏi tên" in (await admin.get(PAGE)).text
        page = await sends(admin, name="operator", vi=WHO, en="The Inspectorate")
        assert "Chờ một người ở cơ quan khác đồng ý" in page.text
        digest = office.product.own_texts.known().offered[TextName.OPERATOR].digest
        assert (await sends(admin, "/agree", name="operator", digest=digest)).status_code == 409
        assert WHO not in await about(office)
        assert (await sends(overseer, "/agree", name="operator", digest="0" * 64)).status_code == 409
        assert WHO not in await about(office)
        assert (await sends(overseer, "/agree", name="operator", digest=digest)).status_code == 200
    await agreed(office, TextName.CONTACT, REACH)
    page = await about(office)
    assert WHO in page
    assert REACH in page
    assert "The Inspectorate" in await about(office, "en")
    told = read(await office.citizen().presses("transparency"))
    assert WHO in told
    assert REACH in told
    assert [(it.by, it.facts["act"]) for it in sorted(
        await office.recorded(Kind.HOME_TEXT), key=lambda it: int(it.facts["number"]))][:2] == [
        ("quan", "offer"), ("kiem", "agree")]  # fmt: skip
    assert (await office.product.audit()).sound


async def test_without_words_the_setting_is_told_again(office: Home) -> None:
    """Taking a text back needs the other office as well."""
    before = await about(office)
    await agreed(office, TextName.OPERATOR, WHO)
    await office.product.own_texts.offer(await office.session("quan"), TextName.OPERATOR, {}, None)
    assert WHO in await about(office)
    digest = office.product.own_texts.known().offered[TextName.OPERATOR].digest
    await office.product.own_texts.agree(await office.session("kiem"), TextName.OPERATOR, digest)
    assert await about(office) == before


async def test_one_office_alone_tells_nobody_anything(office: Home) -> None:
    """Who offered, a colleague of the same office, an officer, an auditor, and a stranger's key in another's name."""
    offered = text(office, TextName.NOTICE, SHUT, "quan", LAST)
    written(office, "quan", offered.facts())
    for at, (by, signer) in enumerate((("quan", ""), ("qui", ""), ("an", ""), ("toan", ""), ("kiem", "quan")), 2):
        written(office, by, home_texts.agreement(offered.name, offered.digest), signer, at)
    await office.product.standing.refresh()
    assert office.product.own_texts.known().in_force == {}
    with pytest.raises(errors.Refused) as refused:
        await office.product.own_texts.agree(await office.session("qui"), TextName.NOTICE, offered.digest)
    assert refused.value.key == "error.text_own"
    assert SHUT not in await about(office)
    assert SHUT not in read(await says(office.citizen(), "xin chào"))
    written(office, "kiem", home_texts.agreement(offered.name, offered.digest), number=9)
    await office.product.standing.refresh()
    assert SHUT in await about(office)


async def test_no_old_agreement_brings_a_text_back(office: Home) -> None:
    """Two took it back: who agreed to the overseer's offer once agrees again alone; and offers the same words again."""
    quan, kiem, texts = await office.session("quan"), await office.session("kiem"), office.product.own_texts
    await texts.offer(kiem, TextName.OPERATOR, {"vi": WHO}, None)
    offered = texts.known().offered[TextName.OPERATOR]
    await texts.agree(quan, TextName.OPERATOR, offered.digest)
    await agreed(office, TextName.OPERATOR, "")
    office.clock.forward(hours=1)
    written(office, "quan", home_texts.agreement(TextName.OPERATOR, offered.digest), number=50)
    written(office, "quan", offered.facts(), number=51)
    await office.product.standing.refresh()
    assert texts.said(TextName.OPERATOR, "vi") == ""
    office.clock.forward(hours=1)
    await texts.agree(kiem, TextName.OPERATOR, texts.known().offered[TextName.OPERATOR].digest)
    assert texts.said(TextName.OPERATOR, "vi") == WHO


async def test_the_same_person_by_two_keys_is_one(office: Home) -> None:
    """Who got new keys, and who moved to another office, agrees to nothing of their own."""
    offered = text(office, TextName.OPERATOR, WHO, "kiem")
    written(office, "kiem", offered.facts())
    renewed = office.product.registrar().renew("kiem")
    await office.product.roster.put_into_force(office.signed(renewed))
    office.people["kiem"] = renewed.people[0].identity
    office.clock.forward(hours=1)
    written(office, "kiem", home_texts.agreement(offered.name, offered.digest), number=2)
    await office.product.standing.refresh()
    assert office.product.own_texts.known().in_force == {}
    ours = text(office, TextName.CONTACT, REACH, "qui")
    written(office, "qui", ours.facts(), number=3)
    office.clock.forward(days=10)
    moved = office.product.registrar().move(Newcomer("qui", "vks-tp", Role.OVERSEER))
    await office.product.roster.put_into_force(office.signed(moved))
    office.clock.forward(days=10)
    written(office, "qui", home_texts.agreement(ours.name, ours.digest), number=4)
    await office.product.standing.refresh()
    assert office.product.own_texts.known().in_force == {}


async def test_a_row_that_is_taken_away_or_edited_changes_nothing(office: Home) -> None:
    """Neither here nor in a process that starts later; words that a hand wrote are nobody's."""
    await agreed(office, TextName.OPERATOR, WHO)
    for row in await office.product.store.ledger.standing():
        behind(office, "UPDATE event SET body = :body WHERE leaf = :leaf", leaf=row.leaf,
               body=row.body.replace(b"operator", b"contact"))  # fmt: skip
    await office.product.standing.refresh()
    assert WHO in await about(office)
    for row in await office.product.store.ledger.standing():
        behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=row.leaf)
    async with wiring.open_product(office.settings, now=office.clock, cost=CHEAP) as later:
        assert later.own_texts.said(TextName.OPERATOR, "vi") == WHO


@pytest.mark.parametrize("messenger", [True, False])
async def test_who_has_a_receipt_of_a_lost_tip_reads_the_notice_with_the_answer(office: Home, messenger: bool) -> None:
    """Told before or not: after a restore it says since when tips may be lost. Once in an answer."""
    await agreed(office, TextName.NOTICE, SHUT, LAST)
    someone = office.citizen()
    for _ in range(2):
        lost = receipt.of_seed(secrets.token_bytes(32)).shown
        said = await someone.hears(Inbound("text", text=lost, messenger=messenger))
        assert locales.say("vi", "receipt.unknown") in read(said)
        assert read(said).count(SHUT) == 1


async def test_a_notice_is_told_once_and_ends_by_itself(office: Home) -> None:
    """With the first reply and no message more; to who begins with a tip as well; not after its last day."""
    tip = await says(office.citizen("before"), TIP)
    await agreed(office, TextName.NOTICE, SHUT, LAST)
    someone = office.citizen("someone")
    first = await says(someone, TIP)
    assert read(first).count(SHUT) == 1
    assert len(first.replies) == len(tip.replies)
    sent = await someone.hears(Inbound("choose", choice="submit", messenger=True))
    assert sent.receipt
    assert SHUT not in read(sent)
    assert SHUT in read(await says(office.citizen("other"), "xin chào"))
    assert SHUT in await about(office)
    async with browser(office, "intake") as client:
        assert (await client.get("/")).text.count(SHUT) == 1
        assert SHUT not in (await client.post("/", data={"text": TIP})).text
    office.clock.forward(days=(LAST - date(2026, 11, 23)).days)
    assert SHUT in await about(office)
    office.clock.forward(days=1)
    assert SHUT not in await about(office)
    assert SHUT not in read(await says(office.citizen("late"), "xin chào"))


LURES = {
    "a link": (TextName.OPERATOR, "Vào tinbao-moi.com", None),
    "a link in wide letters": (TextName.CONTACT, "Vào tinbao．ｃｏｍ", None),
    "an @name": (TextName.CONTACT, "Nhắn @tinbao_moi", None),
    "a telephone number": (TextName.NOTICE, "Gọi 0901 234 567 ngay", LAST),
    "two lines": (TextName.NOTICE, "Nghỉ\ntết", LAST),
    "too long": (TextName.NOTICE, "a" * 281, LAST),
    "no end": (TextName.NOTICE, SHUT, None),
    "an end in a year": (TextName.NOTICE, SHUT, date(2027, 11, 23)),
    "an end that is over": (TextName.NOTICE, SHUT, date(2026, 11, 22)),
    "an end where there is none": (TextName.OPERATOR, WHO, LAST),
}


@pytest.mark.parametrize(("name", "words", "until"), LURES.values(), ids=LURES.keys())
async def test_what_could_lure_somebody_is_refused_and_not_believed(
    office: Home, name: TextName, words: str, until: date | None
) -> None:
    """By the form; and of two people with programs of their own."""
    with pytest.raises(errors.Refused):
        await office.product.own_texts.offer(await office.session("quan"), name, {"vi": words}, until)
    it = text(office, name, words, "quan", until)
    written(office, "quan", it.facts())
    written(office, "kiem", home_texts.agreement(it.name, it.digest), number=2)
    await office.product.standing.refresh()
    assert office.product.own_texts.known() == home_texts.HomeTexts({}, {})


async def test_vietnamese_is_needed(office: Home) -> None:
    with pytest.raises(errors.Refused):
        await office.product.own_texts.offer(await office.session("quan"), TextName.OPERATOR, {"en": "Us"}, None)


async def test_who_may_not_offers_none(office: Home) -> None:
    """An officer has no such page, an auditor only reads."""
    for name, status in (("an", 404), ("toan", 409)):
        async with browser(office) as client:
            await log_in(client, office, name)
            assert (await sends(client, name="operator", vi=WHO)).status_code == status
            assert "<textarea" not in (await client.get(PAGE)).text
    assert await office.recorded(Kind.HOME_TEXT) == []


async def test_the_commands_do_the_same(office: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Offered, agreed to by another office, shown. A command's time is the machine's own."""
    today = date.today() + timedelta(days=3)
    with office.types("quan"):
        await commands.offer(office.settings, "quan", "notice", [f"vi={SHUT}"], today.isoformat())
        with pytest.raises(errors.Refused):
            await commands.agree(office.settings, "quan", "notice", agreed=True)
        with pytest.raises(errors.BadSetting):
            await commands.offer(office.settings, "quan", "motto", [f"vi={SHUT}"], "")
    capsys.readouterr()
    with office.types("kiem"), pytest.raises(errors.Refused) as refused:
        await commands.agree(office.settings, "kiem", "notice", agreed=False)
    assert refused.value.key == "error.not_signed"
    assert f"vi: {SHUT}" in capsys.readouterr().out
    with office.types("kiem"):
        await commands.agree(office.settings, "kiem", "notice", agreed=True)
    capsys.readouterr()
    await commands.show(office.settings)
    found = json.loads(capsys.readouterr().out)
    assert found["in_force"]["notice"] == {"words": {"vi": SHUT}, "until": today.isoformat(), "by": "quan"}
    assert found["offered"] == {}
