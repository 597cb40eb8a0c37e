"""A head's own words for the unit: offered to its officers, told to nobody before an officer sends them."""

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.commands import unit_words as commands
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BA, BINH, KIEM, QUAN
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_clock import behind
from tests.flows.test_holidays import INSERT
from tips import errors
from tips.cases import deadlines, ledger, standing, unit_words
from tips.cases.claims import Signature
from tips.cases.ledger import Kind
from tips.cases.lifecycle import ActionName

PAGE = "/desk/words"
WORDS, OTHER = "Đơn vị đang xác minh, hẹn trả lời trước [ngày].", "Đơn vị đã nhận tin."


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BA, BINH, ("hai", "area-778", "head"), KIEM, QUAN), database_url) as home:
        for name in ("an", "binh"):
            await home.session(name)  # gives the heads their unit's key
        yield home


async def sends(client: httpx.AsyncClient, place: str = "", **fields: str) -> httpx.Response:
    csrf = CSRF.search((await client.get("/desk/account")).text)
    return await client.post(f"{PAGE}{place}", data={"csrf": csrf[1] if csrf else "", **fields})


async def keeps(home: Home, text: str = WORDS, use: ActionName = ActionName.ANSWER, lang: str = "vi") -> None:
    await home.product.unit_templates.add(await home.session("ba"), use, lang, text)


def offered(home: Home, unit: str = "area-770", use: ActionName = ActionName.ANSWER, lang: str = "vi") -> list[str]:
    return home.product.unit_templates.offered(unit, use, lang)


async def test_a_head_keeps_words_that_officers_are_offered_and_a_reporter_reads_what_is_sent(office: Home) -> None:
    """Added, changed and removed at the desk; pressed, they stand in the answer's field; unsent, nobody reads them."""
    receipt = await office.citizen().sends(TIP)
    row = await office.the_case()
    await office.product.casework.act(await office.session("an"), row.id, "claim")
    case = row.id.hex()
    async with browser(office) as head, browser(office) as officer:
        await log_in(head, office, "ba")
        await sends(head, use="answer", lang="vi", text=OTHER)
        page = (await sends(head, use="conclude", lang="vi", text="Cảm ơn anh/chị.")).text
        assert OTHER in page
        (mine, _) = office.product.unit_templates.of("area-770")
        assert WORDS in (await sends(head, "/change", words=mine.id, text=WORDS)).text
        await log_in(officer, office, "an")
        page = (await officer.get(f"/desk/case/{case}")).text
        assert f"+ {WORDS}" in page
        assert "Cảm ơn anh/chị." not in page
        assert "+ Cảm ơn anh/chị." in (await officer.get(f"/desk/case/{case}/conclusion/unfounded")).text
        csrf = CSRF.search(page)
        assert csrf
        filled = {"csrf": csrf[1], "text": "Chào anh/chị.", "add": "1"}
        page = (await officer.post(f"/desk/case/{case}/answer", data=filled)).text
        assert f"Chào anh/chị.\n{WORDS}</textarea>" in page
        assert (await office.product.mailboxes.read(receipt)).letters == ()
        refused = await officer.post(f"/desk/case/{case}/answer", data={"csrf": csrf[1], "text": WORDS})
        assert refused.status_code == 409  # what is in brackets is not filled in
        sent = {"csrf": csrf[1], "text": WORDS.replace("[ngày]", "thứ sáu")}
        await officer.post(f"/desk/case/{case}/answer", data=sent)
        assert [it.text for it in (await office.product.mailboxes.read(receipt)).letters] == [sent["text"]]
        page = (await sends(head, "/change", words=mine.id, remove="1")).text
        assert WORDS not in page
    assert offered(office) == []
    assert [it.by for it in await office.recorded(Kind.UNIT_WORDS)] == ["ba"] * 4


async def test_words_are_offered_in_the_reporters_language_and_to_no_other_unit(office: Home) -> None:
    """What one unit keeps, another is not offered."""
    await keeps(office)
    await keeps(office, "We have your tip.", lang="en")
    assert offered(office) == [WORDS]
    assert offered(office, lang="en") == ["We have your tip."]
    assert offered(office, "area-778") == offered(office, use=ActionName.ASK) == []


async def test_nobody_but_the_units_own_head_speaks_for_it(office: Home) -> None:
    """Another unit's head, an officer and an admin, at the desk or with a program of their own."""
    await keeps(office)
    (mine,) = office.product.unit_templates.of("area-770")
    for name in ("an", "quan", "kiem"):
        async with browser(office) as client:
            await log_in(client, office, name)
            assert (await client.get(PAGE)).status_code == 404
            assert (await sends(client, use="answer", lang="vi", text="x")).status_code == 404
        with pytest.raises(errors.Refused):
            await office.product.unit_templates.add(await office.session(name), ActionName.ASK, "vi", "x")
    with pytest.raises(errors.NotFound):
        await office.product.unit_templates.change(await office.session("hai"), mine.id, "x")
    for by, signer in (("hai", "hai"), ("an", "an"), ("ba", "an"), ("quan", "quan")):
        facts = {"subject": f"area-770 {mine.id}", "use": "answer", "lang": "vi", "words": "Gửi tên về đây."}
        who = Signature(by, office.people[signer].signing, deadlines.hour(office.clock()))
        row = ledger.sign(standing.laid_down(Kind.UNIT_WORDS, facts, (), who, secrets.token_bytes), who.seed)
        behind(office, INSERT, leaf=row.leaf, case=b"", body=row.body, signature=row.signature)
    await office.product.standing.refresh()
    assert offered(office) == [WORDS]


async def test_a_row_that_is_taken_away_takes_no_words_away(office: Home) -> None:
    """They are kept beside the secrets."""
    await keeps(office)
    for row in await office.product.store.ledger.standing():
        behind(office, "DELETE FROM event WHERE leaf = :leaf", leaf=row.leaf)
    await office.product.standing.refresh()
    assert offered(office) == [WORDS]


@pytest.mark.parametrize(("text", "said"), [(" ", "Câu trống"), ("a" * 1001, "dài quá 1000"), ("a\x00b", "Câu trống")])
async def test_what_are_no_words_is_refused(office: Home, text: str, said: str) -> None:
    """And nothing is on record."""
    async with browser(office) as client:
        await log_in(client, office, "ba")
        answer = await sends(client, use="ask", lang="vi", text=text)
        assert (answer.status_code, said in answer.text) == (409, True)
    assert await office.recorded(Kind.UNIT_WORDS) == []


async def test_a_unit_keeps_no_more_than_it_may(office: Home) -> None:
    """Thirty; one that is removed makes room."""
    for number in range(unit_words.MOST):
        await keeps(office, f"câu {number}")
    with pytest.raises(errors.Refused) as refused:
        await keeps(office, "một câu nữa")
    assert refused.value.key == "error.words_most"
    await office.product.unit_templates.remove(
        await office.session("ba"), office.product.unit_templates.of("area-770")[0].id
    )
    await keeps(office, "một câu nữa")
    assert offered(office)[-1] == "một câu nữa"


async def test_the_commands_do_the_same(office: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Added, shown, changed, removed; an unknown use is named with those that there are."""

    async def shown() -> list[dict[str, str]]:
        capsys.readouterr()
        await commands.show(office.settings, "area-770")
        found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
        return found

    with office.types("ba"):
        await commands.add(office.settings, "ba", "answer", "vi", WORDS)
        (kept,) = await shown()
        assert (kept["text"], kept["by"]) == (WORDS, "ba")
        await commands.change(office.settings, "ba", kept["id"], OTHER)
        assert [it["text"] for it in await shown()] == [OTHER]
        await commands.remove(office.settings, "ba", kept["id"])
        with pytest.raises(errors.BadSetting, match="conclude"):
            await commands.add(office.settings, "ba", "note", "vi", WORDS)
    assert await shown() == []
