"""What a person is told of who still knows them: a short screen for each channel and language, and once in time."""

from dataclasses import replace

import pytest

import locales
from tests.fakes.desk import browser
from tests.fakes.home import Home
from tests.fakes.words import DRUGS as TIP
from tests.fakes.words import WARD_POLICE_BRIBED as ACCUSING
from tips.intake.reception import Outcome, Sender
from tips.intake.turns import Inbound, Say

FIRST = {
    "start": Inbound("start"),
    "a tip about officials": Inbound("text", text=ACCUSING),
    "a tip": Inbound("text", text=TIP),
    "a greeting": Inbound("text", text="alo"),
    "no receipt": Inbound("text", text="0000-0000-0000-0000-0000-0000-0000"),
    "a place": Inbound("location", lat=10.7823, lon=106.6840),
    "a sticker": Inbound("unsupported"),
}
SHORT = 600  # characters of a screen on a telephone


def words(outcome: Outcome) -> str:
    return "\n".join(spoken(outcome.lang, say) for reply in outcome.replies for say in reply.says)


def spoken(lang: str, say: Say) -> str:
    values = {name: spoken(lang, it) if isinstance(it, Say) else it for name, it in say.params.items()}
    return locales.say(say.lang or lang, say.key, **values)


async def turn(home: Home, inbound: Inbound, lang: str) -> Outcome:
    return await home.product.reception.turn(Sender("test", lang), inbound, lang)


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize(
    ("messenger", "says"),
    [(True, {"vi": ("Telegram", "Zalo", "/xoa", "trang "), "en": ("Telegram", "Zalo", "/xoa", "page"),
             "zh": ("Telegram", "Zalo", "/xoa", "网页")}),
     (False, {"vi": ("wifi", "Thoát nhanh"), "en": ("wifi", "Quick exit"),
              "zh": ("wifi", "快速离开")})],
    ids=["messenger", "web"],
)  # fmt: skip
async def test_each_channel_says_who_still_knows_you(
    a_home: Home, lang: str, messenger: bool, says: dict[str, tuple[str, ...]]
) -> None:
    """The operator, who could read what and when, and what this very channel keeps; on one screen."""
    outcome = await turn(a_home, Inbound("choose", choice="transparency", messenger=messenger), lang)
    shown = words(outcome)
    assert all(it in shown for it in says[lang])
    assert spoken(lang, a_home.product.reception.conversation.operator(lang)) in shown
    assert len(shown) < SHORT


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize("heard", FIRST.values(), ids=FIRST.keys())
async def test_a_messenger_is_named_in_the_first_reply_and_once(a_home: Home, lang: str, heard: Inbound) -> None:
    """Whatever is heard first, the web chat is offered before anything is asked; never again, and never on the web."""
    address = a_home.product.reception.conversation.web
    first = await turn(a_home, replace(heard, messenger=True), lang)
    second = await turn(a_home, Inbound("text", text="sòng bạc nằm cuối hẻm", messenger=True), lang)
    assert words(first).count(address) == 1
    assert address not in words(second)
    keys = [say.key for reply in first.replies for say in reply.says]
    asked = [at for at, key in enumerate(keys) if key.startswith(("ask.", "summary", "welcome.ask", "location"))]
    assert all(keys.index("warn.messenger") < at for at in asked)
    other = await a_home.product.reception.turn(Sender("test", "web"), heard, lang)
    assert "warn.messenger" not in [say.key for reply in other.replies for say in reply.says]


async def test_whoever_presses_a_button_of_an_old_message_was_told_before(a_home: Home) -> None:
    """A conversation that ended leaves its receipt's buttons: pressing one brings no second warning."""
    outcome = await turn(a_home, Inbound("choose", choice="notify", messenger=True), "vi")
    assert "warn.messenger" not in [say.key for reply in outcome.replies for say in reply.says]


@pytest.mark.parametrize("lang", locales.LANGUAGES)
async def test_whose_words_are_kept_back_is_not_told_to_go_on_there(a_home: Home, lang: str) -> None:
    """Only where to write, and whom a child can call; the warning comes with the first words that do come through."""
    address = a_home.product.reception.conversation.web
    first = words(await turn(a_home, Inbound("withheld", messenger=True), lang))
    assert first.count(address) == 1
    assert "111" in first
    warned = await turn(a_home, Inbound("text", text=TIP, messenger=True), lang)
    assert "warn.messenger" in [say.key for reply in warned.replies for say in reply.says]


@pytest.mark.parametrize("lang", locales.LANGUAGES)
async def test_the_page_names_the_operator_and_the_limits(a_home: Home, lang: str) -> None:
    """`/minh-bach`, without a conversation: who runs it, what is kept, that it is no emergency line."""
    page = await about(a_home, lang)
    assert spoken(lang, a_home.product.reception.conversation.operator(lang)) in page
    for key in ("run", "kept", "readers", "limits", "channel", "silence"):
        assert locales.say(lang, f"about.{key}") in page
    assert "113" in page


async def about(home: Home, lang: str) -> str:
    async with browser(home, "intake") as client:
        return (await client.get(f"/minh-bach?lang={lang}")).text
