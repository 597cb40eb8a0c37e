"""The organisation at the desk: what is in force, what another document would do, and a request that signers sign."""

import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import roster_files
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home, opened
from tests.fakes.people import AN, BINH, KIEM, QUAN, THANH, TOAN, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_organisation_commands import reformed
from tests.flows.test_organisation_in_the_home import changed
from tips.cases import deadlines
from tips.cases.ledger import Kind
from tips.organisation import document_edits, templates, units
from tips.people import proposals

PAGE = "/desk/organisation"
DIGEST, DIGITS = re.compile(r'name="digest" value="([0-9a-f]{64})"'), re.compile(r'id="digits">([0-9 ]+)<')
LENGTH = {"whence": "length", "name": "accepted", "number": "5", "source": "Thông tư 01/2027"}


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, BINH, TRUC, KIEM, THANH, QUAN, TOAN), database_url) as home:
        yield home


async def sends(client: httpx.AsyncClient, place: str, file: bytes = b"", **fields: str) -> httpx.Response:
    csrf = CSRF.search((await client.get(PAGE)).text)
    files = {"file": ("new.json", file, "application/json")} if file else {"none": ("", b"")}
    data = {"csrf": csrf[1] if csrf else "", **fields}
    return await client.post(f"{PAGE}/{place}", data=data, files=files if file else None)


def other(change: Any) -> bytes:
    return changed(change).data


async def test_a_reform_is_asked_for_ahead_of_its_day(office: Home) -> None:
    """The day stands in the request, and its digits are those that signers hear. A day that is over is refused."""
    day = (office.clock() + timedelta(days=50)).date().isoformat()
    async with browser(office) as client:
        await log_in(client, office, "quan")
        looked = (await sends(client, "look", **LENGTH, **{"from": day})).text
        digest, digits = DIGEST.search(looked), DIGITS.search(looked)
        assert digest
        assert digits
        made = await sends(client, "request", **LENGTH, **{"from": day}, digest=digest[1])
        asked = office.settings.home / "asked"
        asked.write_bytes(made.content)
        proposal = roster_files.read_request(asked)
        coming = proposal.version.coming
        assert coming is not None
        assert coming.at.astimezone(deadlines.CITY).isoformat() == f"{day}T00:00:00+07:00"
        assert proposals.digits(proposal) == digits[1]
        assert proposals.changes(proposal)[0].text == "roster.adopts_from"
        await office.product.roster.put_into_force(office.signed(proposal))
        assert f"00:00 {day[8:]}/{day[5:7]}/{day[:4]}" in (await client.get(PAGE)).text
        for wrong in ("2020-01-01", "mai"):
            assert (await sends(client, "look", **LENGTH, **{"from": wrong})).status_code == 409


async def test_a_reform_that_was_signed_ahead_is_called_off_by_the_present_document(office: Home) -> None:
    """Which is no request as long as nothing is to come, and none for a later day."""
    present = office.product.organisation.document
    day = office.clock() + timedelta(days=50)
    async with browser(office) as client:
        await log_in(client, office, "quan")
        assert "Không có gì thay đổi" in (await sends(client, "look", present.data, whence="file")).text
        alone = await sends(client, "request", present.data, whence="file", digest=present.digest)
        assert alone.status_code == 409
        ahead = office.product.registrar().adopt(changed(reformed), day)
        await office.product.roster.put_into_force(office.signed(ahead))
        later = {"from": (day + timedelta(days=9)).date().isoformat()}
        other = await sends(client, "request", present.data, whence="file", digest=present.digest, **later)
        assert other.status_code == 409
        assert "bị huỷ" in (await sends(client, "look", present.data, whence="file")).text
        made = await sends(client, "request", present.data, whence="file", digest=present.digest)
    asked = office.settings.home / "asked"
    asked.write_bytes(made.content)
    proposal = roster_files.read_request(asked)
    assert [it.text for it in proposals.changes(proposal)] == ["roster.coming_gone"]
    await office.product.roster.put_into_force(office.signed(proposal))
    office.clock.moment = day + timedelta(days=1)
    assert office.product.organisation.digest == present.digest


async def test_what_is_in_force_is_shown_with_where_it_is_written(office: Home) -> None:
    """Units that read and by whom, lengths with their sources; an auditor sees the same and can change nothing."""
    for name, may in (("quan", True), ("toan", False)):
        async with browser(office) as client:
            await log_in(client, office, name)
            page = (await client.get(PAGE)).text
            for words in ("3 ngày làm việc", "BLTTHS art. 146(4)", "Quận 3", "1 người đọc", "khoá thứ 1"):
                assert words in page
            assert office.product.roster().organisation_digest[:16] in page
            assert ("/desk/organisation/look" in page) is may
    async with browser(office) as client:
        await log_in(client, office, "an")
        assert (await client.get(PAGE)).status_code == 404
        assert (await client.post(f"{PAGE}/look", data=LENGTH, files={})).status_code in {404, 409}


async def test_a_longer_deadline_is_a_request_that_signers_sign_and_nothing_before(office: Home) -> None:
    """What changes is said; the file is the proposal, its digits those on the page; signed and applied, it counts."""
    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = (await sends(client, "look", **LENGTH)).text
        assert "Thời hạn “đã tiếp nhận”: trước là 3 ngày làm việc, sau là 5 ngày làm việc." in page
        assert "Không vụ nào phải chuyển" in page
        digest, digits = DIGEST.search(page), DIGITS.search(page)
        assert digest
        assert digits
        answer = await sends(client, "request", **LENGTH, digest=digest[1])
    assert "attachment" in answer.headers["content-disposition"]
    file = office.settings.home / "roster.request"
    file.write_bytes(answer.content)
    proposal = roster_files.read_request(file)
    assert proposals.digits(proposal) == digits[1]
    assert office.product.organisation.terms.deadline("accepted") == {
        "clock": "notice", "source": "BLTTHS art. 146(4): 3 working days", "working_days": 3,
    }  # fmt: skip
    (told,) = await office.recorded(Kind.REQUESTED)
    assert (told.by, told.facts["digest"]) == ("quan", proposal.version.digest)
    await office.product.roster.put_into_force(office.signed(proposal))
    rule = office.product.organisation.terms.deadline("accepted")
    assert rule == {"clock": "notice", "source": "Thông tư 01/2027", "working_days": 5}
    assert (await office.product.audit()).sound


async def test_an_admin_alone_puts_nothing_into_force(office: Home) -> None:
    """One signature of those that are needed is none, also of an admin who signs the roster."""
    document = document_edits.with_length(
        office.product.organisation.document, "retention", 30, "policy", office.clock().date()
    )
    made = await office.product.reorganisation.request(await office.session("quan"), document, despite=False)
    alone = proposals.signed_here(made, office.founding.admins[:1])
    with pytest.raises(Exception, match="signatures"):
        await office.product.roster.put_into_force(alone)
    assert office.product.roster().organisation_digest != document.digest


async def test_a_document_of_ones_own_tells_what_comes_of_it(office: Home) -> None:
    """Cases that move, people without a unit; the request asks for the very file that was looked at."""
    await office.citizen().sends(TIP)
    file = other(reformed)
    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = (await sends(client, "look", file, whence="file")).text
        assert "1 vụ đang mở ở Quận 3" in page
        assert "1 người làm ở Quận 3" in page
        assert "Bỏ đơn vị area-770" in page
        digest = DIGEST.search(page)
        assert digest
        wrong = await sends(client, "request", templates.newest("company").data, whence="file", digest=digest[1])
        assert (wrong.status_code, "không phải tệp vừa xem" in wrong.text) == (409, True)
        made = await sends(client, "request", file, whence="file", digest=digest[1], despite="1")
        assert made.status_code == 200
        assert json.loads(made.content)["organisation"] == file.decode()


async def test_what_is_wrong_with_a_document_is_named_and_no_request_is_made(office: Home) -> None:
    """A circle, a length that no step may give, a file that is none, and one that is far too long."""

    def circle(plain: dict[str, Any]) -> None:
        plain["units"][0]["parent"] = plain["units"][0]["code"]

    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = (await sends(client, "look", other(circle), whence="file")).text
        assert "thành vòng" in page
        assert DIGEST.search(page) is None
        page = (await sends(client, "look", **LENGTH | {"number": "14"})).text
        assert "không kéo dài một khoảng dương và hợp lẽ" in page
        for file in (b"hello", b'{"schema": 2}', b"[" * 100_000):
            answer = await sends(client, "look", file, whence="file")
            assert (answer.status_code, "không phải tài liệu tổ chức" in answer.text) == (409, True)
        assert (await sends(client, "look", b"x" * 5_000_000, whence="file")).status_code == 409
        for instead, said in (
            ({"number": "ba"}, "số nguyên"), ({"source": " "}, "Thiếu căn cứ"), ({"name": "nobody"}, ""),
        ):  # fmt: skip
            answer = await sends(client, "look", **LENGTH | instead)
            assert answer.status_code in {404, 409}
            assert said in answer.text
    assert await office.recorded(Kind.REQUESTED) == []


async def test_who_is_no_admin_makes_no_request(office: Home) -> None:
    """An auditor's form is refused, whatever it says, and so is their program."""
    async with browser(office) as client:
        await log_in(client, office, "toan")
        assert (await sends(client, "look", **LENGTH)).status_code == 404
        assert (await sends(client, "request", **LENGTH, digest="0" * 64)).status_code == 404
    document = templates.newest("company")
    for name in ("toan", "an"):
        with pytest.raises(Exception, match=r"error\.role"):
            await office.product.reorganisation.request(await office.session(name), document, despite=True)


def test_every_length_can_be_changed_alone() -> None:
    """Each of the shipped ones; nothing else of the document is another but its day."""
    document = units.load().document
    for it in document_edits.lengths(document):
        made = document_edits.with_length(document, it.name, it.number + 1, "policy", date(2027, 1, 4))
        after = {one.name: one.number for one in document_edits.lengths(made)}
        assert after == {one.name: one.number + (one.name == it.name) for one in document_edits.lengths(document)}
        assert {key for key in made.plain if made.plain[key] != document.plain[key]} == {"policy", "issued"}
