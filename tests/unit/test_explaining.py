"""Why a tip went where it went, in words that an officer understands."""

import functools
import json
from pathlib import Path

import pytest

import locales
from handlers.desk import view_models
from tips.organisation import units
from tips.triage import Triager

MESSAGES = Path(__file__).parent.parent / "data" / "dev_chat.jsonl"


ORGANISATION = units.load("hcmc-districts")


@pytest.mark.parametrize("lang", locales.LANGUAGES)
def test_every_reason_of_every_labelled_message_has_words(lang: str) -> None:
    """No rule lacks its sentence, no sentence keeps a brace or a code of the taxonomy."""
    triager = Triager(ORGANISATION)
    speak = functools.partial(locales.say, lang)
    rules = set()
    for line in MESSAGES.read_text("utf-8").splitlines():
        for reason in triager.triage(json.loads(line)["text"]).reasons:
            said = view_models.reason_text({"rule": reason.rule, "params": reason.params}, ORGANISATION, speak)
            assert "{" not in said and said
            assert not (reason.rule == "category.words" and reason.params["category"] in said)
            assert not set(ORGANISATION.units) & set(said.replace(":", " ").replace(",", " ").split())
            rules.add(reason.rule.partition(".")[0])
    assert rules == {"accused", "area", "category", "danger", "route", "urgency"}
