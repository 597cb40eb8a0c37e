"""The page of a case: what comes next, what is asked before and said after, and how few clicks a day's tasks take."""

import functools
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx
import pytest

import locales
from handlers.desk import timeline, wording
from handlers.desk.targets import Target, find
from tests.fakes.desk import CSRF, acts, browser, log_in
from tests.fakes.home import Home
from tests.fakes.people import BA, CHI
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED_SEEN as COMPLAINT
from tips.cases import ledger, lifecycle
from tips.cases.ledger import Kind
from tips.cases.lifecycle import ActionName
from tips.desk import actions
from tips.desk.actions import Fields

CODES = re.compile(
    r"\b(?:pc|px|pa)\d\d\b|\b(?:area|ward)-\d+|\b(?:vks|ttra)-\w+|\b[a-z]+\.(?:trade|any|bribery|abuse_of_office)\b"
)


def seen(page: str) -> str:
    """The words of a page that people see."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return unescape(re.sub(r"<[^>]*>", " ", main))


def bar(page: str) -> str:
    return page.partition('class="actbar"')[2].partition("</div>")[0]


@dataclass
class Clicks:
    """A browser that counts how often something is pressed: a link or a button; typing and choosing are not."""

    client: httpx.AsyncClient
    page: str = ""
    at: str = ""
    count: int = 0
    forms: list[str] = field(default_factory=list)

    async def _shown(self, answer: httpx.Response) -> str:
        assert answer.status_code == 200, answer.text
        self.page, self.at = answer.text, answer.url.path
        self.count += 1
        return self.page

    async def link(self, end: str) -> str:
        """Press the link whose address ends so; it has to be on the page."""
        found = re.search(rf'href="([^"#]*{end})"', self.page)
        assert found, f"no link {end}"
        return await self._shown(await self.client.get(found.group(1)))

    async def button(self, act: str, label: str = "", **typed: str) -> str:
        """Press a form's button, whose label begins so, having typed; all that the form hides goes along."""
        form = next(
            it for it in re.findall(r"<form method=\"post\".*?</form>", self.page, re.DOTALL) if f'/{act}"' in it
        )
        data = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        for name, words in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', form):
            data[name] = unescape(words)
        if label:
            named = re.search(rf'<button(?:[^>]*name="(\w+)" value="(\w+)")?[^>]*>{label}', form)
            assert named, label
            if named.group(1):
                data[named.group(1)] = named.group(2)
        address = re.search(r'action="([^"]+)"', form)
        assert address
        return await self._shown(await self.client.post(address.group(1), data=data | typed))


async def at_the_queue(home: Home, client: httpx.AsyncClient, name: str = "an") -> Clicks:
    await log_in(client, home, name)
    return Clicks(client, (await client.get("/desk/")).text)


# --- ten tasks --------------------------------------------------------------------------------------------------------


async def test_from_open_to_close_takes_six_clicks(a_home: Home) -> None:
    """Open, take, accept, conclude, choose the result, send and close; then the queue says that it is closed."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        officer = await at_the_queue(a_home, client)
        await officer.link(row.id.hex())
        await officer.button("claim")
        await officer.button("accept")
        await officer.link("conclusion")
        await officer.link("conclusion/administrative")
        words = "Đã phạt hành chính."
        page = await officer.button("conclude", "Gửi kết luận và đóng", text=words)
        assert officer.count == 6
        assert (officer.at, f"Đã đóng vụ {row.code}" in page) == ("/desk/", True)
    assert (await a_home.the_case()).state == "closed"


async def test_handing_over_takes_three_clicks(a_home: Home) -> None:
    """Open, hand over, send; the unit's whole name is chosen, a note goes along, and the queue says that it is gone."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        officer = await at_the_queue(a_home, client)
        await officer.link(row.id.hex())
        await officer.link("handover")
        page = await officer.button("handover", to="Phòng Cảnh sát kinh tế (PC03)", text="Thuộc phòng kinh tế.")
        assert officer.count == 3
        assert (officer.at, f"Đã bàn giao vụ {row.code}" in page) == ("/desk/", True)
    opened = await a_home.product.review.open(await a_home.session("kinh"), row.id)
    assert [it.content.text for it in opened.thread] == ["Thuộc phòng kinh tế."]


@pytest.mark.parametrize("typed", ["phong canh sat kinh te pc03", "kinh te", "Phòng Cảnh sát kinh tế"])
async def test_what_is_typed_of_a_receiver_s_name_never_acts_by_itself(a_home: Home, typed: str) -> None:
    """Nothing is handed over by less than the whole name; the one that is meant is shown by it, and pressed again."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        officer = await at_the_queue(a_home, client)
        await officer.link(row.id.hex())
        await officer.link("handover")
        assert "Phòng Cảnh sát kinh tế (PC03)" in seen(await officer.button("handover", to=typed))
        assert (await a_home.the_case()).unit == row.unit
        page = await officer.button("handover", to=typed, unit="pc03")
        assert (officer.count, f"Đã bàn giao vụ {row.code}" in page) == (4, True)


def test_a_name_that_others_begin_with_is_not_chosen_yet() -> None:
    """“Quận 1”, whole or not, while 10 begins so, also one that may not be chosen; alone and whole it is."""
    one, ten, eleven = (Target(f"area-{it}", f"Quận {it}") for it in (1, 10, 11))
    for typed in ("quan 1", "Quận 1"):
        assert find(typed, [one, ten], []).chosen == find(typed, [one], [ten]).chosen == ""
    assert find("quan 11", [one, ten, eleven], []).chosen == ""
    assert find("Quận 11", [one, ten, eleven], []).chosen == eleven.code


async def test_who_types_another_name_beside_a_choice_is_asked_again(a_home: Home) -> None:
    """The choice is that of the name that it was shown for; who only looks gives nothing away."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for more in ({"to": "Trực ban", "sought": "kinh te"}, {"to": "kinh te", "sought": "kinh te", "look": "1"}):
            page = (await acts(client, row.id.hex(), "handover", unit="pc03", **more)).text
            assert "Nơi nào trong số này?" in page
    assert (await a_home.the_case()).unit == row.unit


@pytest.mark.parametrize(
    ("task", "most"),
    [("read", 1), ("claim", 2), ("ask", 2), ("ready question", 3), ("answer", 2), ("note", 2), ("give back", 3),
     ("recuse", 3), ("share", 3), ("print", 2)],
)  # fmt: skip
async def test_other_tasks_take_few_clicks(a_home: Home, task: str, most: int) -> None:
    """Each from the queue, with the case's page on the way, and with its question where there is one."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    async with browser(a_home) as client:
        officer = await at_the_queue(a_home, client)
        await officer.link(row.id.hex())
        if task == "claim":
            await officer.button("claim")
        elif task in {"ask", "answer", "note"}:
            assert "Đã" in seen(await officer.button(task, text="Phòng số mấy?"))
        elif task == "ready question":
            await officer.button("ask", r"\+ Thường vào giờ nào")
            assert "Thường vào giờ nào" in await officer.button("ask")
        elif task == "give back":
            await officer.button("claim")
            await officer.button("hand_back")
        elif task == "recuse":
            await officer.button("recuse")
            assert "tránh" in await officer.button("recuse")
        elif task == "share":
            await officer.link("share")
            await officer.button("share", to="Phòng Cảnh sát kinh tế (PC03)")
        elif task == "print":
            form = re.search(r'action="([^"]+/dossier)"', officer.page)
            assert form
            token = CSRF.search(officer.page)
            assert token
            answer = await client.post(form.group(1), data={"csrf": token.group(1)})
            assert answer.content.startswith(b"%PDF")
            officer.count += 1
        assert officer.count <= most


# --- the bar ----------------------------------------------------------------------------------------------------------


async def test_the_bar_has_one_main_button_for_the_next_step(a_home: Home) -> None:
    """Take, accept, verify, conclude, close, and nothing after the end; for an overseer who reads along, endorse."""
    await a_home.citizen().sends(TIP)
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        first = (await client.get(f"/desk/case/{case}")).text
        for act, key in (("claim", "Nhận thụ lý"), ("accept", "Tiếp nhận"), ("verify", "Chuyển sang xác minh")):
            assert bar(first).count('class="main') == 1
            assert f'/{act}"' in bar(first)
            assert key in seen(first)
            first = (await acts(client, case, act)).text
        assert 'class="button main"' in bar(first)
        assert "/conclusion" in bar(first)
        concluded = (await acts(client, case, "conclude", result="unfounded", text="Chưa thấy cơ sở.")).text
        assert '/close"' in bar(concluded)
        await acts(client, case, "close")
        assert 'class="main' not in bar((await client.get(f"/desk/case/{case}")).text)


# --- asked before, said after -----------------------------------------------------------------------------------------


async def test_what_cannot_be_undone_is_asked_about_first_and_keeps_what_was_typed(a_home: Home) -> None:
    """Every such action of the table, sent without being sure, changes nothing; its page says what will follow."""
    await a_home.join(BA)
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    case = row.id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await acts(client, case, "claim")
        before = await a_home.the_case()
        for act, fields, shown in (
            ("handover", {"unit": "pc03", "text": "Coi giùm."}, "PC03"),
            ("share", {"unit": "pc03", "text": "Coi giùm."}, "PC03"),
            ("consult", {"unit": "vks-tp"}, "Viện kiểm sát"),
            ("recuse", {"who": "an"}, "không mở được"),
            ("correct", {"accused": "duty"}, "Trực ban"),
            ("conclude", {"result": "unfounded", "text": "Chưa thấy."}, "không rút lại"),
        ):
            page = await acts(client, case, act, **fields, sure="")
            assert shown in seen(page.text), act
            for value in fields.values():
                assert f'value="{value}"' in page.text, act
            assert {**vars_of(await a_home.the_case())} == {**vars_of(before)}, act
        assert "Đã sửa" in (await acts(client, case, "correct", category="gambling.any", sure="")).text
    asked = {name for name, row in actions.TABLE.items() if row.lasts(Fields())}
    assert asked >= {ActionName.CLOSE, ActionName.CONCLUDE, ActionName.HAND_OVER, ActionName.RECUSE, ActionName.SHARE}


def vars_of(row: Any) -> dict[str, Any]:
    """A case, but for what each event draws anew: looking at it is one."""
    return {name: getattr(row, name) for name in row.__slots__ if name not in {"head", "salt"}}


async def test_what_would_be_refused_is_not_asked_about(a_home: Home) -> None:
    """Nobody is asked whether they are sure of what they may not do."""
    await a_home.citizen().sends(TIP)
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for act, fields in (("close", {}), ("handover", {"unit": "nowhere"}), ("recuse", {"who": "kinh"})):
            assert (await acts(client, case, act, **fields, sure="")).status_code == 409


async def adds(home: Home, receipt: str, text: str) -> None:
    found = home.product.triager.triage(text)
    await home.product.store.cases.apply(await home.product.mailboxes.addition(receipt, text, found, None))


async def filled(client: httpx.AsyncClient, address: str, **pressed: str) -> dict[str, str]:
    """What the form of a page hides."""
    page = await (client.post(address, data=pressed) if pressed else client.get(address))
    form = next(it for it in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if 'name="seen"' in it)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.mark.parametrize(
    ("place", "act", "typed"),
    [
        ("", "close", {}),
        ("", "bounce", {"text": "Lời đã viết."}),
        ("ask", "ask", {"text": "Lời đã viết."}),
        ("conclusion/unfounded", "conclude", {"text": "Lời đã viết."}),
        ("handover", "handover", {"unit": "pc03", "text": "Lời đã viết."}),
        ("share", "share", {"unit": "pc03", "text": "Lời đã viết."}),
    ],
)
async def test_what_was_decided_on_before_something_new_came_is_not_done(
    a_home: Home, place: str, act: str, typed: dict[str, str]
) -> None:
    """The page comes again with a word of it, a link to the case and what was typed; pressed once more, it is done."""
    receipt = await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    work, an = a_home.product.casework.act, await a_home.session("an")
    if act == "bounce":
        await work(an, row.id, ActionName.HAND_OVER, Fields(unit="pc03"))
    who = "kinh" if act == "bounce" else "an"
    if act in {"close", "conclude"}:
        await work(an, row.id, ActionName.ACCEPT)
    if act == "close":
        await work(an, row.id, ActionName.CONCLUDE, Fields(result="unfounded", text="Không có gì."))
    case = f"/desk/case/{row.id.hex()}"
    async with browser(a_home) as client:
        await log_in(client, a_home, who)
        await client.get(case)  # who has not read it is led there first
        if place:
            form = await filled(client, f"{case}/{place}") | typed
        else:
            token = CSRF.search((await client.get(case)).text)
            assert token
            form = await filled(client, f"{case}/{act}", csrf=token.group(1), **typed)
        assert form["seen"]
        await client.get(case)  # a reading is nothing new
        await adds(a_home, receipt, "Khoan, tôi có video mới.")
        before = await a_home.the_case()
        again = await client.post(f"{case}/{act}", data=form)
        assert again.status_code == 409
        assert "điều mới" in seen(again.text)
        assert f'href="{case}"' in again.text
        assert typed.get("text", "") in again.text
        assert await a_home.the_case() == before
        anew = re.search(r'name="seen" value="(\w+)"', again.text)
        assert anew
        form["seen"] = anew.group(1)
        assert "Đã" in seen((await client.post(f"{case}/{act}", data=form)).text)
    assert await a_home.the_case() != before


async def test_a_question_that_is_pressed_twice_is_sent_once(a_home: Home) -> None:
    """From the case's page and from that of its words: the first one is something new to the second."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    case = f"/desk/case/{row.id.hex()}"
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        for number, place in enumerate((case, f"{case}/ask"), start=1):
            form = await filled(client, place) | {"text": "Phòng số mấy?"}
            assert [(await client.post(f"{case}/ask", data=form)).status_code for _ in range(2)] == [200, 409]
            assert len(await a_home.envelopes(row.id, "question")) == number


async def test_a_page_says_once_what_was_done_and_no_address_tells_it(a_home: Home) -> None:
    """After each action a line names it; the next page has none, and a made-up one says nothing."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    case = row.id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        done = await acts(client, case, "claim")
        assert f"Đã nhận xử lý vụ {row.code}" in done.text
        assert 'role="status"' in done.text
        assert not done.url.query
        assert "Đã nhận xử lý" not in (await client.get(f"/desk/case/{case}")).text
        for forged in ("close.<b>", "nothing.ABCD-1234", "close.ABCD", "close"):
            client.cookies.set("n", forged, path="/desk")
            assert 'role="status"' not in (await client.get("/desk/")).text


async def test_a_hole_in_ready_words_comes_back_with_what_was_written(a_home: Home) -> None:
    """The reason stands beside the words; nothing was sent."""
    await a_home.citizen().sends(TIP)
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await acts(client, case, "claim")
        page = (await client.get(f"/desk/case/{case}/conclusion/administrative")).text
        assert "[nêu hình thức]" in page
        words = "Đã phạt: [nêu hình thức]. Xin cảm ơn."
        answer = await acts(client, case, "conclude", result="administrative", text=words)
        assert answer.status_code == 409
        assert "ngoặc vuông" in answer.text
        assert words in answer.text
        more = (await acts(client, case, "conclude", result="administrative", text="Lời của tôi.", add="1")).text
        assert "Lời của tôi.\nChỗ này đã bị kiểm tra" in unescape(more)
    assert not await a_home.envelopes(bytes.fromhex(case), "result")


async def test_ready_words_are_in_the_reporter_s_language_and_of_the_case_s_matter(a_home: Home) -> None:
    """A tip in English about drugs gets the questions about drugs in English, whatever the desk speaks."""
    citizen = a_home.citizen()
    await citizen.says("english")
    await citizen.sends("They sell drugs every night at the karaoke bar on Le Van Sy street, district 3")
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(f"/desk/case/{case}")
        page = (await client.get(f"/desk/case/{case}/ask")).text
        assert "In which room, floor or house is it sold or used?" in page


def test_every_group_has_words_of_its_own() -> None:
    """Two to four questions, and as many endings; none in the catalogue that no group has."""
    known = {*wording.groups(), wording.ANY}
    from locales import catalogue

    named = {key.split(".")[2] for key in catalogue("vi")._catalog if key.startswith("words.ask.")}  # type: ignore[attr-defined]
    assert named == known


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
def test_no_ready_question_asks_who_the_reporter_is_or_supposes_that_they_did_it(lang: str) -> None:
    """Not what they paid, borrowed or reported before, nor how they know, nor from where they saw it."""
    supposed = re.compile(
        r"anh/chị là|sao anh/chị biết|nghe kể|^đưa bao nhiêu|^vay bao nhiêu|đã báo|vô lại|từ đâu|hoá đơn|biên lai"
        r"|do you know|your name|from where|go back|told|receipt|a bill|was lent"
        r"|您是谁|您如何|听说|从哪里起|再去|是否已报|发票|回执|^借了",
        re.IGNORECASE,
    )
    speak = functools.partial(locales.say, lang)
    found = [it for group in (*wording.groups(), "other") for it in wording.questions(f"{group}.any", speak)]
    assert len(found) > 50
    assert [it for it in found if supposed.search(it)] == []


@pytest.mark.parametrize("result", lifecycle.results())
def test_no_ready_ending_contradicts_the_result(result: str) -> None:
    """What says that somebody was dealt with goes with such a result alone; every matter has one for every result."""
    speak = functools.partial(locales.say, "vi")
    for group in (*wording.groups(), "other"):
        found = wording.endings(f"{group}.any", result, speak)
        assert found, group
        if result in {"unfounded", "not_prosecuted", "other_office"}:
            dealt_with = r"xử lý|biện pháp: cấm|buộc tháo|phải khắc phục|thu giữ hoặc kiểm tra|làm lại"
            assert not [it for it in found if re.search(dealt_with, it)], group
        if result == "other_office":
            assert not [it for it in found if it.startswith("Chúng tôi đã")], group


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
def test_what_another_office_has_to_do_is_not_said_to_be_handed_over(lang: str) -> None:
    """The words are sent where nothing was."""
    for key in ("template.other_office", "result.other_office"):
        assert not re.search(r"chuyển|passed|转", locales.say(lang, key), re.IGNORECASE)


# --- handing over -----------------------------------------------------------------------------------------------------


async def test_a_unit_is_found_by_a_piece_of_its_name_and_the_refused_say_why(a_home: Home) -> None:
    """One match is chosen and pressed again; an excluded one says that it is; the note is not lost on the way."""
    await a_home.citizen().sends(COMPLAINT)
    case = (await a_home.the_case()).id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "thanh")
        page = (await acts(client, case, "handover", to="kinh te", text="Coi giùm.")).text
        assert re.search(r'value="pc03" required checked', page)
        assert "Coi giùm." in page
        shut = await acts(client, case, "handover", to="quan 3", text="Coi giùm.")
        assert shut.status_code == 409
        assert "Quận 3: Đơn vị này bị loại trừ khỏi vụ việc." in seen(shut.text)
        assert "Coi giùm." in shut.text
        assert (await acts(client, case, "handover", to="sao Hoả")).status_code == 409
        listed = seen((await client.get(f"/desk/case/{case}/handover")).text)
        assert "Đơn vị này chưa có khoá" in listed
        assert (await acts(client, case, "handover", unit="pc03", text="Coi giùm.")).url.path == "/desk/"


async def test_a_note_for_the_receiver_is_sealed_with_the_hand_over_and_never_for_the_reporter(a_home: Home) -> None:
    """One event, one transaction; the receiver opens it, the receipt does not."""
    receipt = await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    an = await a_home.session("an")
    await a_home.product.casework.act(an, row.id, "hand_over", Fields(unit="pc03", text="Người này quen chủ quán."))
    last = max(map(ledger.parse, await a_home.events(row.id)), key=lambda it: it.kind is Kind.HANDED_OVER)
    assert (last.kind, last.facts["part"]) == ("handed_over", "note")
    opened = await a_home.product.review.open(await a_home.session("kinh"), row.id)
    assert opened.thread[-1].content.text == "Người này quen chủ quán."
    assert not (await a_home.product.mailboxes.read(receipt)).letters


# --- what is shown ----------------------------------------------------------------------------------------------------


async def test_readings_of_an_hour_are_one_line_and_nothing_else_is_folded(a_home: Home) -> None:
    """Five times read is one line that says so; every other event has a line of its own."""
    await a_home.join(CHI)
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    an = await a_home.session("an")
    for _ in range(5):
        await a_home.product.review.open(an, row.id)
    for words in ("một", "hai"):
        await a_home.product.casework.act(an, row.id, "note", Fields(text=words))
    a_home.clock.forward(hours=1)
    await a_home.product.review.open(await a_home.session("chi"), row.id)
    opened = await a_home.product.review.open(an, row.id)
    lines = timeline.timeline(opened.events, a_home.product.organisation, lambda key, **_: key)
    assert [(it.kind, it.who, it.times) for it in lines] == [
        ("received", "desk.by.intake", 1), ("read", "an", 5), ("noted", "an", 1), ("noted", "an", 1),
        ("read", "chi", 1), ("read", "an", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "typed"),
    [
        *((act, None) for act in ("handover", "share", "ask", "conclusion", "conclusion/unfounded", "alike")),
        ("handover", {"to": "quận", "look": "1"}),
        ("handover", {"unit": "pc03"}),
        ("handover", {"unit": "px05", "sure": "1"}),
        *((act, {"add": "1", "text": ""}) for act in ("ask", "conclude")),
        *((act, {}) for act in ("close", "claim")),
    ],
)
async def test_nothing_of_a_case_is_told_to_who_has_no_reading_of_it_on_record(
    a_home: Home, act: str, typed: dict[str, str] | None
) -> None:
    """Who is shut out, the sealed category, what is alike, what is refused why: the page of the case comes first."""
    await a_home.citizen().sends(COMPLAINT)
    row = await a_home.the_case()
    before, place = await a_home.events(row.id), f"/desk/case/{row.id.hex()}"
    async with browser(a_home) as client:
        await log_in(client, a_home, "thanh")
        csrf = CSRF.search((await client.get("/desk/")).text)
        assert csrf
        client.follow_redirects = False
        if typed is None:
            answer = await client.get(f"{place}/{act}")
        else:
            answer = await client.post(f"{place}/{act}", data={"csrf": csrf.group(1), **typed})
        assert (answer.status_code, answer.headers["location"], answer.text) == (303, place, "")
        assert await a_home.events(row.id) == before
        assert await a_home.the_case() == row
        await client.get(place)
        if typed is None:
            assert (await client.get(f"{place}/{act}")).status_code in {200, 409}  # what the state allows


@pytest.mark.parametrize("act", ["handover", "share", "ask", "conclusion", "alike"])
async def test_what_others_added_is_read_before_a_page_tells_whom_it_shuts_out(a_home: Home, act: str) -> None:
    """An old reading is none of what came since: the page of the case comes first. One's own words lead nowhere."""
    citizen = a_home.citizen()
    receipt = await citizen.sends(TIP)
    row = await a_home.the_case()
    place = f"/desk/case/{row.id.hex()}"
    async with browser(a_home) as client:
        await log_in(client, a_home, "an")
        await client.get(place)
        await acts(client, row.id.hex(), "accept")
        await acts(client, row.id.hex(), "note", text="Xem kỹ.")
        client.follow_redirects = False
        assert (await client.get(f"{place}/{act}")).status_code == 200
        await citizen.says(receipt)
        await citizen.says("Trực ban hình sự PC01 Công an thành phố nhận tiền của quán này mỗi tháng.")
        before = len(await a_home.events(row.id))
        answer = await client.get(f"{place}/{act}")
        assert (answer.status_code, answer.headers["location"], answer.text) == (303, place, "")
        assert len(await a_home.events(row.id)) == before
        await client.get(place)
        assert (await client.get(f"{place}/{act}")).status_code == 200


async def test_no_page_of_a_case_shows_a_code(a_home: Home) -> None:
    """Units, categories and states by their names: the case, its conclusion, what is like it, where it may go."""
    await a_home.citizen().sends(COMPLAINT)
    await a_home.citizen("other").sends(f"{COMPLAINT} Hôm qua cũng vậy.")
    row = (await a_home.cases())[0]
    case = row.id.hex()
    async with browser(a_home) as client:
        await log_in(client, a_home, "thanh")
        for act, fields in (
            ("claim", {}),
            ("consult", {"unit": "vks-tp"}),
            ("share", {"unit": "pc03"}),
            ("correct", {"category": "gambling.any"}),
        ):
            assert (await acts(client, case, act, **fields)).status_code == 200
        for place in ("", "/alike", "/conclusion/unfounded", "/handover", "/share", "/ask"):
            page = await client.get(f"/desk/case/{case}{place}")
            assert page.status_code == 200
            assert CODES.findall(seen(page.text)) == [], place
