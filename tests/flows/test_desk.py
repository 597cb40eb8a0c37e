"""The desk over HTTP: who comes in, what they see, and what a form from elsewhere can do (nothing)."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.commands import people
from bot.commands.people import Signing
from tests.fakes.desk import CSRF, acts, browser, log_in
from tests.fakes.home import Home
from tests.fakes.people import CHI
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tips import errors
from tips.cases import ledger
from tips.ports.cases import Cases, Change


@pytest.mark.parametrize(
    "instead",
    [{"passphrase": "wrong"}, {"code": "000000"}, {"name": "nobody"}, {"name": "", "code": ""}, {"name": "an\0"}],
)
async def test_wrong_and_unknown_get_one_answer(a_home: Home, instead: dict[str, str]) -> None:
    """Passphrase, code or name: 401 and the same words."""
    async with browser(a_home) as client:
        answer = await log_in(client, a_home, "an", **instead)
        assert answer.status_code == 401
        assert "Tên, mật khẩu hoặc mã" in answer.text
        assert (await client.get("/desk/")).url.path == "/desk/login"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("category=%00", False),
        ("area=770%00", False),
        ("category=drugs.trade&area=%00", False),
        ("after=P0%00.0.0.00", True),
        ("after=%00", True),
    ],
)
async def test_a_filter_that_no_database_can_hold_finds_nothing(a_home: Home, query: str, found: bool) -> None:
    """A NUL is a sign like any other that no case has; a place with one is still a place."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for page in ("/desk/", "/desk/rows"):
            answer = await client.get(f"{page}?{query}")
            assert answer.status_code == 200
            assert (row.id.hex() in answer.text) == found


async def test_a_code_counts_once(a_home: Home) -> None:
    """Whoever saw a code being typed cannot use it again."""
    async with browser(a_home) as client, browser(a_home) as thief:
        assert (await log_in(client, a_home, "an")).status_code == 200
        assert (await log_in(thief, a_home, "an")).status_code == 401


async def test_a_session_ends_when_nobody_touches_it(a_home: Home) -> None:
    """After the idle time the keys are gone, and the login stands there again."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert (await client.get("/desk/")).url.path == "/desk/"
        a_home.clock.moment += timedelta(hours=2)
        assert (await client.get("/desk/")).url.path == "/desk/login"


async def test_an_officer_works_a_case_through(a_home: Home) -> None:
    """Open, claim, ask, move, hand over: each is on the page, in words."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    case = row.id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert "mới</span>" in (await client.get("/desk/")).text
        page = (await client.get(f"/desk/case/{case}")).text
        assert TIP in page
        assert "Vì sao tới đây" in page
        assert "· đang sàng lọc" in (await acts(client, case, "claim")).text
        asked = await acts(client, case, "ask", text="Phòng số mấy?")
        assert "Phòng số mấy?" in asked.text
        assert "· đã tiếp nhận" in (await acts(client, case, "accept")).text
        handed = await acts(client, case, "handover", unit="pc03")
        assert handed.url.path == "/desk/"
        assert f"/desk/case/{case}" not in handed.text
        assert "Queue" in (await client.get("/desk/?lang=en")).text


async def test_reading_is_on_record_before_anything_is_shown(a_home: Home) -> None:
    """Each opening is a signed event with who, when and which part; a page that could not be recorded is not shown."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for _ in range(2):
            await client.get(f"/desk/case/{row.id.hex()}")
        read = [it for it in map(ledger.parse, await a_home.events(row.id)) if it.kind == "read"]
        assert [(it.by, it.facts["part"], it.at.minute) for it in read] == [("an", "all", 0)] * 2
        writer = replace(a_home.product.review.writer, cases=Unwritable(a_home.product.store.cases))
        review = replace(a_home.product.review, writer=writer)
        home = replace(a_home, product=replace(a_home.product, review=review))
    async with browser(home) as client:
        a_home.clock.forward(minutes=1)
        await log_in(client, home, "an")
        page = await client.get(f"/desk/case/{row.id.hex()}")
        assert page.status_code == 503
        assert TIP not in page.text


class Unwritable:
    """Cases as they are, on a disk that takes nothing more."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cases, name)

    async def apply(self, change: Change) -> None:
        raise errors.StoreUnavailable


async def test_an_exclusion_is_shown_and_not_offered(a_home: Home) -> None:
    """The receiving inspector sees who is shut out and cannot choose them; a forged choice is refused."""
    await a_home.citizen().sends(COMPLAINT)
    row = await a_home.the_case()
    case = row.id.hex()
    async with browser(a_home) as inspector, browser(a_home) as accused:
        await log_in(inspector, a_home, "thanh")
        page = (await inspector.get(f"/desk/case/{case}")).text
        assert "<li>Quận 3</li>" in page
        targets = (
            (await inspector.get(f"/desk/case/{case}/handover"))
            .text.partition("<datalist")[2]
            .partition("</datalist>")[0]
        )
        assert 'value="Quận 3"' not in targets
        assert "(PC03)" in targets
        forged = await acts(inspector, case, "handover", unit="area-770")
        assert forged.status_code == 409
        await log_in(accused, a_home, "an")
        assert (await accused.get(f"/desk/case/{case}")).status_code == 404


async def test_another_unit_s_case_is_not_there(a_home: Home) -> None:
    """Reading, acting, and an id that is none: the same 404."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "binh")
        for id_ in (row.id.hex(), "00" * 16, "zz", "1" * 400):
            assert (await client.get(f"/desk/case/{id_}")).status_code == 404
        token = CSRF.search((await client.get("/desk/")).text)
        assert token
        answer = await client.post(f"/desk/case/{row.id.hex()}/claim", data={"csrf": token.group(1)})
        assert answer.status_code == 404


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {}])
async def test_a_form_from_elsewhere_does_nothing(a_home: Home, headers: dict[str, str]) -> None:
    """Without the page's token, or from another site, an act is refused and the case stays."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        answer = await client.post(f"/desk/case/{row.id.hex()}/claim", data={"csrf": "0" * 32}, headers=headers)
        assert answer.status_code == 409
    assert await a_home.cases() == [row]


ROLES = ("officer", "head", "overseer", "coordinator", "admin", "auditor")
PAGES = {  # what answers with 200; to everybody else it is not there
    "/desk/account": set(ROLES),
    "/desk/statistics": {"head", "overseer", "coordinator", "admin"},
    "/desk/ledger": {"overseer", "admin", "auditor"},
    "/desk/people": {"admin", "auditor"},
    "/desk/undelivered": {"admin"},
    "/desk/condition": {"admin"},
    "/desk/organisation": {"admin", "auditor"},
    "/desk/holidays": {"admin", "auditor"},
    "/desk/incidents": {"overseer", "admin", "auditor"},
    "/desk/texts": {"overseer", "admin", "auditor"},
    "/desk/words": {"head"},
    "/desk/rows": set(ROLES),
    "/desk/search": {"officer", "head", "overseer", "coordinator"},
    "/desk/case/{own}": {"officer", "head"},
    "/desk/case/{own}/alike": {"officer", "head"},
    "/desk/case/{own}/conclusion/unfounded": {"officer", "head"},
    "/desk/case/{theirs}": set(),
    "/desk/case/{theirs}/alike": set(),
    "/desk/case/{theirs}/conclusion/unfounded": set(),
}


async def test_every_page_is_there_for_its_roles_and_for_no_other(a_home: Home) -> None:
    """Role by role, page by page: 200 or the 404 of a page that does not exist; and no row of anybody else's."""
    places = {"officer": "area-770", "head": "area-770", "overseer": "ttra-tp", "coordinator": "duty"}
    await a_home.join(*((f"a-{role}", places.get(role, "ttra-tp"), role) for role in ROLES))
    for name in ("an", "truc"):
        await a_home.session(name)  # gives the newcomers their unit's key
    await a_home.citizen("one").sends(TIP)
    await a_home.citizen("two").sends("Cướp điện thoại ở đường Huỳnh Tấn Phát quận 7 tối qua.")
    heads = {row.unit: row.id for row in await a_home.cases()}
    for name, case in (("an", heads["area-770"]), ("binh", heads["area-778"])):
        await a_home.product.casework.act(await a_home.session(name), case, "claim")
    for role in ROLES:
        a_home.clock.forward(minutes=1)
        async with browser(a_home) as client:
            await log_in(client, a_home, f"a-{role}")
            for page, allowed in PAGES.items():
                path = page.format(own=heads["area-770"].hex(), theirs=heads["area-778"].hex())
                answer = await client.get(path)
                assert answer.status_code == (200 if role in allowed else 404), (role, page)
                assert heads["area-778"].hex() not in answer.text
                assert (heads["area-770"].hex() in answer.text) <= (role in {"officer", "head"}), (role, page)


async def test_pages_by_role(a_home: Home) -> None:
    """Counts for heads and admins, the ledger for auditors; an officer has neither."""
    await a_home.join(("chi", "area-770", "head"), ("ke", "ttra-tp", "auditor"))
    async with browser(a_home) as officer, browser(a_home) as head, browser(a_home) as auditor:
        await log_in(officer, a_home, "an")
        assert (await officer.get("/desk/statistics")).status_code == 404
        assert (await officer.get("/desk/ledger")).status_code == 404
        await log_in(head, a_home, "chi")
        assert (await head.get("/desk/statistics")).status_code == 200
        await log_in(auditor, a_home, "ke")
        landed = await auditor.get("/desk/")
        assert landed.url.path == "/desk/ledger"
        assert "đều khớp" in landed.text


async def test_a_telegram_code_is_given_where_a_bot_runs(a_home: Home) -> None:
    """The page shows a code that links a chat; without a bot nothing offers it."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert "/desk/link" not in (await client.get("/desk/")).text
    a_home.clock.forward(minutes=1)
    own = replace(a_home.settings, officers_token="1:x")
    home = replace(a_home, product=replace(a_home.product, settings=own))
    async with browser(home) as client:
        await log_in(client, home, "an")
        token = CSRF.search((await client.get("/desk/")).text)
        assert token
        page = (await client.post("/desk/link", data={"csrf": token.group(1)})).text
        code = re.search(r"/lienket ([0-9A-Z]{8})", page)
        assert code
        assert await home.product.officer_notifications.link(code.group(1), "99") == "an"


# --- the queue --------------------------------------------------------------------------------------------------------


async def fill(home: Home, count: int) -> None:
    for number in range(count):
        await home.citizen(f"citizen {number}").sends(f"{TIP} Phòng số {number}.")


def listed(page: str) -> list[str]:
    return re.findall(r'<a href="/desk/case/([0-9a-f]{32})(?:\?list=[^"]*)?">', page)


async def test_a_queue_is_paged_without_gaps_and_keeps_its_filters(a_home: Home) -> None:
    """Every case is on one page, though the last one of a page is read before the next page is asked for."""
    await fill(a_home, 55)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        first = (await client.get("/desk/?area=770&state=received")).text
        assert len(listed(first)) == 50
        await a_home.product.review.open(await a_home.session("an"), bytes.fromhex(listed(first)[-1]))
        more = re.search(r'href="(/desk/\?[^"]*after=[^"]+)"', first)
        assert more
        assert "area=770" in more.group(1)
        second = (await client.get(more.group(1).replace("&amp;", "&"))).text
        assert len({*listed(first), *listed(second)}) == 55


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("state=received", 2), ("state=closed", 0), ("urgency=P0", 0), ("area=770", 2), ("area=778", 0),
     ("age=1", 0), ("mine=1", 0), ("overdue=1", 0), ("state=nonsense&area=", 2), ("after=nonsense", 2),
     ("after=P1.0.99999999999999999999.zz", 2), ("category=%27%3B--", 0)],
)  # fmt: skip
async def test_filters_narrow_the_queue_and_nonsense_is_no_filter(a_home: Home, query: str, count: int) -> None:
    """Whatever stands in the address, the page is a queue."""
    await fill(a_home, 2)
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = await client.get(f"/desk/?{query}")
        assert page.status_code == 200
        assert len(listed(page.text)) == count


async def test_several_cases_are_claimed_at_once_and_a_colleagues_stay_theirs(a_home: Home) -> None:
    """Two of three were free; what was not claimed is said, and another unit's case is not even there."""
    await a_home.join(CHI)
    await fill(a_home, 3)
    async with browser(a_home) as client, browser(a_home) as colleague:
        await log_in(client, a_home, "an")
        await log_in(colleague, a_home, "chi")
        page = (await client.get("/desk/")).text
        cases = listed(page)
        await acts(colleague, cases[0], "claim")
        form = {"csrf": CSRF.search(page).group(1), "case": [*cases, "00" * 16]}  # type: ignore[union-attr]
        answer = await client.post("/desk/claim", data=form)
        assert "Đã nhận thụ lý 2 vụ." in answer.text
        assert "2 vụ không nhận được" in answer.text
        assert len(listed((await client.get("/desk/?mine=1")).text)) == 2


async def test_a_page_that_refreshes_itself_keeps_no_session_open(a_home: Home) -> None:
    """The rows come alone, with what is new in them; twenty minutes without a person lock the screen all the same."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await fill(a_home, 1)
        counts = re.findall(r'class="count">(\d+)<', (await client.get("/desk/")).text)
        for _ in range(4):
            rows = await client.get("/desk/rows")
            assert len(listed(rows.text)) == 1
            assert "<html" not in rows.text
            assert re.findall(r"<b>(\d+)</b>", rows.text) == counts
            a_home.clock.forward(minutes=4)
        a_home.clock.forward(minutes=5)
        assert (await client.get("/desk/rows")).url.path == "/desk/login"


# --- coming in --------------------------------------------------------------------------------------------------------


async def guesses(home: Home, count: int, name: str = "an") -> None:
    """Somebody elsewhere tries passphrases for a name."""
    async with browser(home) as stranger:
        for _ in range(count):
            await log_in(stranger, home, name, passphrase="0000-0000-0000-0000")


async def test_nobody_locks_an_officer_out_of_their_own_desk_by_guessing(a_home: Home) -> None:
    """Strangers have to wait after a few wrong passphrases; a device that was here before does not."""
    async with browser(a_home) as own, browser(a_home) as fresh:
        await log_in(own, a_home, "an")
        await guesses(a_home, 5)
        a_home.clock.forward(seconds=31)
        await guesses(a_home, 5)
        a_home.clock.forward(seconds=31)
        assert (await log_in(fresh, a_home, "an")).status_code == 401  # they wait longer each time
        assert (await log_in(own, a_home, "an")).status_code == 200
        a_home.clock.forward(minutes=16)
        assert (await log_in(fresh, a_home, "an")).status_code == 200


async def test_a_known_device_may_not_guess_without_end_either(a_home: Home) -> None:
    """After ten wrong passphrases it is a stranger again; and its cookie is worth nothing for another name."""
    async with browser(a_home) as own:
        await log_in(own, a_home, "an")
        a_home.clock.forward(seconds=31)
        for _ in range(16):
            await log_in(own, a_home, "an", passphrase="0000-0000-0000-0000")
        assert (await log_in(own, a_home, "an")).status_code == 401
    async with browser(a_home) as other:
        await log_in(other, a_home, "truc")
        a_home.clock.forward(seconds=31)
        await guesses(a_home, 5, "binh")
        assert (await log_in(other, a_home, "binh")).status_code == 401


async def test_sessions_are_listed_and_ended_one_by_one_or_all_others(a_home: Home) -> None:
    """Each person sees their own; another's id ends nothing."""
    async with browser(a_home) as one, browser(a_home) as two, browser(a_home) as three, browser(a_home) as binh:
        for client in (one, two, three):
            await log_in(client, a_home, "an")
            a_home.clock.forward(seconds=61)
        await log_in(binh, a_home, "binh")
        foreign = await a_home.product.store.accounts.sessions("binh")
        page = (await one.get("/desk/account")).text
        ids = re.findall(r'name="session" value="([0-9a-f]+)"', page)
        assert len(ids) == 2
        token = CSRF.search(page)
        assert token
        for id_ in (ids[0], foreign[0].id.hex()):
            await one.post("/desk/account", data={"csrf": token.group(1), "session": id_})
        assert (await three.get("/desk/")).url.path == "/desk/login"
        assert (await two.get("/desk/")).url.path == "/desk/"
        assert (await binh.get("/desk/")).url.path == "/desk/"
        await one.post("/desk/account", data={"csrf": token.group(1)})
        assert (await two.get("/desk/")).url.path == "/desk/login"
        assert (await one.get("/desk/")).url.path == "/desk/"


async def test_the_language_switch_is_remembered(a_home: Home) -> None:
    """Pressed on any page, it holds on the next one."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert "Queue" in (await client.get("/desk/?lang=en&mine=1")).text
        assert "Account" in (await client.get("/desk/account")).text
        assert "Tài khoản" in (await client.get("/desk/account?lang=vi")).text


# --- bad input --------------------------------------------------------------------------------------------------------


async def test_a_stale_tab_and_a_double_click_change_nothing_twice(a_home: Home) -> None:
    """An act that the table no longer allows is refused in words; the case stays as it is."""
    await fill(a_home, 1)
    row = await a_home.the_case()
    case = row.id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        page = (await client.get(f"/desk/case/{case}")).text
        token = CSRF.search(page)
        assert token
        once = {"csrf": token.group(1)}
        assert (await client.post(f"/desk/case/{case}/accept", data=once)).status_code == 200
        again = await client.post(f"/desk/case/{case}/accept", data=once)
        assert again.status_code == 409
        assert "không" in again.text.lower()
        both = await asyncio.gather(*(client.post(f"/desk/case/{case}/claim", data=once) for _ in range(4)))
        assert {it.status_code for it in both} <= {200, 409}
        events = [it.kind for it in map(ledger.parse, await a_home.events(row.id))]
        assert events.count(ledger.Kind.MOVED) == 1


async def test_two_officers_claim_at_once_and_one_has_it(a_home: Home) -> None:
    """The other one is told, and the case is not torn."""
    await a_home.join(CHI)
    await fill(a_home, 1)
    row = await a_home.the_case()
    sessions = [await a_home.session(name) for name in ("an", "chi")]
    done = await asyncio.gather(
        *(a_home.product.casework.act(it, row.id, "claim") for it in sessions), return_exceptions=True
    )
    assert sorted(type(it).__name__ for it in done) in (["Case", "Stale"], ["Case", "Refused"])
    now = await a_home.case(row.id)
    assert now.officer in {"an", "chi"}


@pytest.mark.parametrize("text", ["", "   ", "x" * 50_000])
async def test_a_note_that_is_empty_or_far_too_long_is_refused_in_words(a_home: Home, text: str) -> None:
    """409 with the reason and what was written; nothing is stored."""
    await fill(a_home, 1)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        answer = await acts(client, row.id.hex(), "note", text=text)
        assert answer.status_code == 409
        assert text in answer.text
    assert not await a_home.envelopes(row.id, "note")


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("answer", {"text": "Lời đã viết. Vì [nêu lý do]"}),
        ("handover", {"unit": "pc03", "text": "Lời đã viết " + "x" * 20_000}),
        ("conclude", {"result": "", "text": "Lời đã viết"}),
        ("conclude", {"result": "unfounded", "text": "Lời đã viết"}),  # from a state in which that is not allowed
        ("answer", {"text": "Lời đã viết", "csrf": "0" * 32}),
    ],
)
async def test_what_was_typed_comes_back_with_the_reason_and_can_be_sent_again(
    a_home: Home, act: str, fields: dict[str, str]
) -> None:
    """In a box, with the rest of the form, on a page that no browser keeps; another site's form gets nothing."""
    await fill(a_home, 1)
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        if fields.get("result"):
            await acts(client, case, "accept")
            await acts(client, case, "conclude", result="unfounded", text="Đã kết luận.")
        answer = await acts(client, case, act, **fields)
        assert answer.status_code == 409
        assert f">{fields['text']}</textarea>" in answer.text
        assert f'action="/desk/case/{case}/{act}"' in answer.text
        assert (answer.headers["cache-control"], answer.url.query) == ("no-store", b"")
        again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
        assert again.get("unit") == fields.get("unit")
        if act == "answer":
            sent = await client.post(f"/desk/case/{case}/{act}", data=again | {"text": "Chờ hai ngày."})
            assert "Đã gửi" in sent.text
        foreign = {"sec-fetch-site": "cross-site"}
        elsewhere = await client.post(f"/desk/case/{case}/{act}", data=again | fields, headers=foreign)
        assert "Lời đã viết" not in elsewhere.text


async def test_a_locked_screen_loses_no_words(a_home: Home) -> None:
    """They are shown to who sent them, and nothing else; without words the login comes."""
    await fill(a_home, 1)
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        token = CSRF.search((await client.get(f"/desk/case/{case}/ask")).text)
        assert token
        a_home.clock.forward(minutes=21)
        answer = await client.post(f"/desk/case/{case}/ask", data={"csrf": token.group(1), "text": "Lời đã viết."})
        assert (answer.status_code, "Lời đã viết." in answer.text) == (401, True)
        assert (await client.post(f"/desk/case/{case}/claim", data={"csrf": token.group(1)})).url.path == "/desk/login"
    assert not await a_home.envelopes(bytes.fromhex(case), "question")


@pytest.mark.parametrize(
    ("act", "fields"),
    [("ask", {"text": "x", "add": "9" * 5000}), ("hand_over", {"to": "zzz"}), ("print", {})],
)
async def test_odd_forms_are_answered_and_do_nothing(a_home: Home, act: str, fields: dict[str, str]) -> None:
    """Endless numbers, and actions under a name that is no page's address."""
    await fill(a_home, 1)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert (await acts(client, row.id.hex(), act, **fields)).status_code in {200, 404}
    kinds = {ledger.parse(it).kind for it in await a_home.events(row.id)}
    assert kinds == {ledger.Kind.RECEIVED, ledger.Kind.READ}


@pytest.mark.parametrize("charset", ["utf-7", "idna", "punycode", "none-such"])
async def test_no_charset_and_no_size_breaks_a_page(a_home: Home, charset: str) -> None:
    """Half signs are question marks; too many or too large fields get the desk's own page, in its language."""
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        token = CSRF.search((await client.get("/desk/")).text)
        assert token
        parts = {"csrf": token.group(1), "words": "+2AA-x", "+2AA-": "y"}
        body = "".join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts.items())
        head = {"content-type": f"multipart/form-data; boundary=b; charset={charset}"}
        assert (await client.post("/desk/search", content=f"{body}--b--\r\n", headers=head)).status_code < 500
        for odd in ({str(it): "1" for it in range(100)}, {"words": "x" * 300_000}):
            answer = await client.post("/desk/search", data=odd)
            assert (answer.status_code, "Biểu mẫu này" in answer.text) == (409, True)
            assert (await client.post("/desk/login", data=odd)).status_code == 401


async def test_a_page_that_answers_a_form_has_no_link_to_itself_in_another_language(a_home: Home) -> None:
    """There is nothing at that address to be asked for."""
    await fill(a_home, 1)
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        assert "?lang=" in (await client.get(f"/desk/case/{case}")).text
        assert "?lang=" not in (await acts(client, case, "recuse", who="an", sure="")).text


@pytest.mark.parametrize("unit", ["", "nowhere", "bcd-138", "area-778"])
async def test_a_hand_over_to_nowhere_is_refused(a_home: Home, unit: str) -> None:
    """A unit that is none, has no key, or holds the case already."""
    await fill(a_home, 1)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        answer = await acts(client, row.id.hex(), "handover", unit=unit if unit != "area-778" else "area-770")
        assert answer.status_code == 409
    assert (await a_home.case(row.id)).unit == "area-770"


async def test_who_is_removed_in_mid_session_is_out_with_the_next_click(a_home: Home, tmp_path: Path) -> None:
    """The session ends, whatever it was doing; the case is as it was."""
    await a_home.join(CHI)
    await fill(a_home, 1)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "chi")
        assert "đồng nghiệp" in (await client.get("/desk/")).text  # nobody has given them the unit's key yet
        await a_home.session("an")
        a_home.clock.forward(minutes=1)
        await log_in(client, a_home, "chi")
        token = CSRF.search((await client.get("/desk/")).text)
        assert token
        signers = tmp_path / "signers.json"
        admins = [{"name": name, "passphrase": words} for name, words in a_home.founding.passphrases.items()]
        signers.write_text(json.dumps({"admins": admins}))
        await people.remove_officer(a_home.settings, "chi", Signing(signers))
        await a_home.product.roster.refresh()
        answer = await client.post(f"/desk/case/{row.id.hex()}/claim", data={"csrf": token.group(1)})
        assert answer.url.path == "/desk/login"
    assert (await a_home.case(row.id)).officer is None
