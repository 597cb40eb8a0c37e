"""What a person is told of who still knows them: a short screen for each channel and language, and once in time."""

import pytest

import locales
from tests.fakes.desk import browser
from tests.fakes.home import Home
from tests.fakes.words import WARD_POLICE_BRIBED as ACCUSING
from tips.intake.reception import Outcome, Sender
from tips.intake.turns import Inbound, Say

SHORT = 600  # characters of a screen on a telephone


def words(outcome: Outcome) -> str:
    return "\n".join(spoken(outcome.lang, say) for reply in outcome.replies for say in reply.says)


def spoken(lang: str, say: Say) -> str:
    values = {name: spoken(lang, it) if isinstance(it, Say) else it for name, it in say.params.items()}
    return locales.say(lang, say.key, **values)


async def turn(home: Home, inbound: Inbound, lang: str) -> Outcome:
    return await home.product.reception.turn(Sender("test", lang), inbound, lang)


@pytest.mark.parametrize("lang", locales.LANGUAGES)
@pytest.mark.parametrize(
    ("messenger", "says"),
    [(True, {"vi": ("Telegram", "/xoa", "trang "), "en": ("Telegram", "/xoa", "page")}),
     (False, {"vi": ("wifi", "Thoát nhanh"), "en": ("wifi", "Quick exit")})],
    ids=["messenger", "web"],
)  # fmt: skip
async def test_each_channel_says_who_still_knows_you(
    a_home: Home, lang: str, messenger: bool, says: dict[str, tuple[str, ...]]
) -> None:
    """The operator, who could read what and when, and what this very channel keeps; on one screen."""
    outcome = await turn(a_home, Inbound("choose", choice="transparency", messenger=messenger), lang)
    shown = words(outcome)
    assert all(it in shown for it in says[lang])
    assert a_home.product.reception.conversation.operator in shown
    assert len(shown) < SHORT


@pytest.mark.parametrize("lang", locales.LANGUAGES)
async def test_a_messenger_interrupts_once_before_it_asks_more(a_home: Home, lang: str) -> None:
    """The first answer to a text about officials offers the web chat; the next one does not; the web never does."""
    address = a_home.product.reception.conversation.web
    first = await turn(a_home, Inbound("text", text=ACCUSING, messenger=True), lang)
    second = await turn(a_home, Inbound("text", text="sòng bạc nằm cuối hẻm", messenger=True), lang)
    assert address in words(first)
    assert address not in words(second)
    keys = [say.key for reply in first.replies for say in reply.says]
    assert all(keys.index("warn.messenger") < at for at, key in enumerate(keys) if key.startswith(("ask.", "summary")))
    other = await a_home.product.reception.turn(Sender("test", "web"), Inbound("text", text=ACCUSING), lang)
    assert "warn.messenger" not in [say.key for reply in other.replies for say in reply.says]


@pytest.mark.parametrize("lang", locales.LANGUAGES)
async def test_the_page_names_the_operator_and_the_limits(a_home: Home, lang: str) -> None:
    """`/minh-bach`, without a conversation: who runs it, what is kept, that it is no emergency line."""
    page = await about(a_home, lang)
    assert a_home.product.reception.conversation.operator in page
    for key in ("run", "kept", "readers", "limits", "channel", "silence"):
        assert locales.say(lang, f"about.{key}") in page
    assert "113" in page


async def about(home: Home, lang: str) -> str:
    async with browser(home, "intake") as client:
        return (await client.get(f"/minh-bach?lang={lang}")).text
