"""A tip in each language through the product's doors, and one more language by the recipe of CONTRIBUTING.md alone."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import locales
from tests.fakes import home, served
from tests.fakes.desk import browser
from tests.fakes.home import Home
from tests.fakes.words import DRUGS
from tips.intake.reception import Outcome

CHINESE = "每天晚上十点左右，有人在卡拉OK厅贩毒，公安收钱不管"
TALE = re.compile(r"[\u4e00-\u9fff]")


def said(outcome: Outcome) -> str:
    return "\n".join(locales.render(outcome.lang, say) for reply in outcome.replies for say in reply.says)


async def read_by(a_home: Home, unit: str) -> list[str]:
    """The tips that somebody at a unit reads."""
    session = await a_home.session_at(unit)
    rows = await a_home.product.review.queue(session)
    return [(await a_home.product.review.open(session, row.id)).tip.text for row in rows]


async def test_a_chinese_tip_without_a_place_reaches_the_duty_desk(a_home: Home) -> None:
    """Word for word, once the question for the place was skipped."""
    citizen = a_home.citizen()
    asked = await citizen.says(CHINESE)
    assert asked.lang == "zh"
    assert locales.say("zh", "ask.where") in said(asked)
    await citizen.says("不知道")
    sent = await citizen.says("发送")
    assert sent.receipt
    assert await read_by(a_home, "duty") == [CHINESE]
    assert "有人" in (await read_by(a_home, "duty"))[0]


async def test_a_chinese_tip_reaches_the_area_that_it_names_in_latin_letters(a_home: Home) -> None:
    """Whether the place stands between the words or is the answer to the question; nobody is guessed to be accused."""
    citizen = a_home.citizen()
    await citizen.says("有人每天晚上贩毒")
    shown = await citizen.says("Quận 3, đường Lê Văn Sỹ")
    assert "Quận 3" in said(shown)
    assert (await citizen.says("发送")).receipt
    other = a_home.citizen("other")
    await other.says("Quận 3有人在赌博")
    await other.says("没有")
    assert (await other.says("好的")).receipt
    assert len(await read_by(a_home, "area-770")) == 2


async def test_whom_a_chinese_tip_names_can_be_shut_out(a_home: Home) -> None:
    """By the buttons of the question, as the summary then says, in Chinese."""
    citizen = a_home.citizen()
    await citizen.says(CHINESE)
    shown = await citizen.presses("exclude:ward_police")
    await citizen.says("Phường Võ Thị Sáu, Quận 3")
    assert TALE.search(said(shown))
    summary = await citizen.presses("skip")
    (promise,) = [reply.promise for reply in summary.replies if reply.promise]
    assert promise.excluded
    assert (await citizen.says("发送")).receipt


async def test_a_receipt_s_mailbox_is_read_in_whichever_language_is_asked_for(a_home: Home) -> None:
    """The same tip, begun in Vietnamese, looked at in Chinese, then in English."""
    citizen = a_home.citizen()
    receipt = await citizen.sends(DRUGS)
    assert locales.say("zh", "mailbox.ask") not in said(await citizen.says(receipt))
    assert locales.say("zh", "mailbox.ask") in said(await citizen.says("中文"))
    assert locales.say("zh", "mailbox.added") in said(await citizen.says("昨天又来了"))
    assert locales.say("en", "mailbox.ask") in said(await citizen.says("/lang en"))


async def test_a_page_s_link_to_a_language_changes_a_conversation_that_has_begun(a_home: Home) -> None:
    """And its tip is still there."""
    async with browser(a_home, "intake") as client:
        await client.post("/chat", data={"text": DRUGS})
        page = (await client.get("/?lang=zh")).text
        assert '<html lang="zh">' in page
        assert locales.say("zh", "summary.ask") in page
        assert DRUGS in page
        again = (await client.get("/")).text
        assert locales.say("zh", "summary.ask") in again


async def test_a_browser_is_answered_in_its_language(a_home: Home) -> None:
    """Every page offers every language by its own name."""
    async with browser(a_home, "intake") as client:
        for path in ("/", "/minh-bach", "/ai-doc"):
            page = (await client.get(path, headers={"accept-language": "zh-TW,zh;q=0.9,en;q=0.8"})).text
            assert '<html lang="zh">' in page
            others = {name for code, name in locales.NAMES.items() if code != "zh"}
            assert all(f">{name}</a>" in page for name in others)
            assert "한국어" not in page


# --- a language by the recipe -------------------------------------------------------------------------------------

GEORGIAN = "აქ ყოველ ღამე ნარკოტიკებს ყიდიან"
SHOUT = "ტესტი"  # in front of each text of the toy language
ROW = {
    "code": "ka",
    "name": "ქართული",
    "ready": True,
    "triaged": False,
    "word": "[\u10a0-\u10ff]",
    "asked": ["ქართული"],
}


def toy(folder: Path) -> Path:
    """The product with one more language: its catalogue, its row, and what people type in it."""
    for name in ("bot", "handlers", "locales", "storage", "tips"):
        shutil.copytree(served.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    table = folder / "locales/languages.json"
    table.write_text(json.dumps([*json.loads(table.read_text("utf-8")), ROW], ensure_ascii=False), "utf-8")
    commands = folder / "tips/data/phrases.json"
    phrases = json.loads(commands.read_text("utf-8"))
    phrases["commands"]["submit"].append("გაგზავნა")
    commands.write_text(json.dumps(phrases, ensure_ascii=False), "utf-8")
    catalogue = folder / "locales/ka/LC_MESSAGES/tinbao.po"
    catalogue.parent.mkdir(parents=True)
    header, *entries = (folder / "locales/en/LC_MESSAGES/tinbao.po").read_text("utf-8").split("\n\n")
    words = [it if '.name"' in it else re.sub(r'msgstr "(?=.)', f'msgstr "{SHOUT} ', it, count=1) for it in entries]
    catalogue.write_text("\n\n".join([header.replace("Language: en", "Language: ka"), *words]), "utf-8")
    return folder


def compiled(folder: Path) -> None:
    po = folder / "locales/ka/LC_MESSAGES/tinbao.po"
    program = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "compile",
        "-i",
        str(po),
        "-o",
        str(po.with_suffix(".mo")),
    ]
    subprocess.run(program, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def at() -> Iterator[served.Served]:
    with home.in_memory() as folder:
        yield served.made(folder)


def run(code: Path, at: served.Served, *words: str, given: str = "") -> str:
    program = [sys.executable, *words]
    own = served.environment(at.folder, at.port)
    done = subprocess.run(
        program, cwd=code, env=own, input=given, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_language_is_added_by_its_catalogue_its_row_and_its_commands(tmp_path: Path, at: served.Served) -> None:
    """It is heard, offered by its own name, spoken, obeyed and told to Telegram; the tip arrives."""
    code = toy(tmp_path)
    asks = "import locales; print(*locales.LANGUAGES, sorted(locales.lacking('ka'))[:1])"
    assert "ka" not in run(code, at, "-c", asks).split()[:-1], "without its compiled catalogue it waits"
    compiled(code)
    assert run(code, at, "-c", asks).split() == [*locales.LANGUAGES, "ka", "[]"]
    typed = ("alo", "/lang", GEORGIAN, "/lang vi", "ქართული", "bỏ qua", "გაგზავნა")
    told = run(code, at, "-m", "bot", "chat", "--json", given="".join(json.dumps({"text": it}) + "\n" for it in typed))
    greeted, offered, heard, switched, back, _, sent = (json.loads(line) for line in told.splitlines())
    texts = ["\n".join(reply["text"] for reply in turn["replies"]) for turn in (greeted, heard, switched, back)]
    assert [SHOUT in it for it in texts] == [False, True, False, True]
    assert {"id": "lang:ka", "label": ROW["name"]} in [it for reply in offered["replies"] for it in reply["options"]]
    assert sent["receipt"]
    menu = "import locales; print(locales.say('ka', 'command.cancel.name'), locales.say('ka', 'command.cancel'))"
    assert run(code, at, "-c", menu).startswith(f"cancel {SHOUT}")


def test_a_catalogue_that_lacks_a_text_serves_nobody(tmp_path: Path, at: served.Served) -> None:
    """Half a language is none."""
    code = toy(tmp_path)
    po = code / "locales/ka/LC_MESSAGES/tinbao.po"
    po.write_text(re.sub(r'(msgid "welcome.ask"\nmsgstr )"[^"]*"', r'\1""', po.read_text("utf-8")), "utf-8")
    compiled(code)
    asks = "import locales; print(*locales.LANGUAGES, sorted(locales.lacking('ka')))"
    assert run(code, at, "-c", asks).split() == [*locales.LANGUAGES, "['welcome.ask']"]
