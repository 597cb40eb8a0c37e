"""The learnt part of triage: codes that are the same everywhere, answers to anything, messages that differ."""

import json
import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from scripts import near_messages
from scripts.learning import messages, noise
from tips.organisation import units
from tips.organisation.taxonomy import categories
from tips.triage import Triager, grams, model
from tips.triage import text as texts
from tips.triage.grams import SIZES

TRIAGER = Triager(units.load("hcmc-districts"))
ROWS = Path(__file__).parents[1] / "data"
MASK = (1 << 64) - 1


def codes(words: str) -> grams.Grams:
    text = texts.parse(words)
    return grams.grams(text.words, text.canons, (), accented=text.accented)


def by_hand(stretch: str) -> int:
    """The code of a stretch, as a sum over its letters in plain whole numbers."""
    return sum(ord(sign) * pow(grams._BASE, at, 1 << 64) for at, sign in enumerate(stretch)) & MASK


@pytest.mark.parametrize("words", ["bán ma tuý", "x", "công an phường 5", "第五郡有人卖毒品", ""])
def test_codes_are_what_their_definition_says(words: str) -> None:
    """Running sums give what adding up each stretch by itself gives."""
    line = f" {' '.join(grams.masked(texts.parse(words).words, ()))} "
    wanted = [by_hand(line[at : at + size]) for size in SIZES for at in range(len(line) - size + 1)]
    assert codes(words).letters.tolist() == wanted


def test_a_text_composed_or_decomposed_in_capitals_or_not_has_the_same_codes() -> None:
    """Whatever keyboard it was typed on."""
    words = "Cán bộ địa chính phường đòi tiền"
    for other in (unicodedata.normalize("NFD", words), words.upper()):
        for family in ("letters", "words", "accented"):
            assert np.array_equal(getattr(codes(words), family), getattr(codes(other), family))


def test_every_category_can_be_found_and_shares_add_up() -> None:
    """The file's answers are the taxonomy's codes."""
    models = model.load()
    assert {*models.answers["category"]} == {code for code in categories() if not code.startswith("out_of_scope")}
    scores = models.judge(*TRIAGER.signs("nó bán ma tuý ở quán cà phê đầu hẻm"))
    for shares in (scores.intents, scores.categories, scores.kinds):
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)
    assert max(scores.categories, key=lambda it: scores.categories[it]) == "drugs.trade"


@pytest.mark.parametrize("words", ["", " ", "\n\n", "zq", "9" * 50, "🙂" * 40, "ꦲꦤ" * 30])
def test_what_no_model_knows_is_still_judged(words: str) -> None:
    """Nothing divides by nothing."""
    found = TRIAGER.triage(words)
    assert found.route.chain


def test_words_that_spoke_for_a_category_are_told_where_the_lexicon_has_none() -> None:
    """An officer is shown words that stand in the message, in its order."""
    words = "thằng chủ trọ rình coi con gái tắm hoài, khoét lỗ vách"
    found = TRIAGER.triage(words)
    (told,) = [it.params["evidence"] for it in found.reasons if it.rule == "category.words"]
    spots = [words.index(it) for it in told.split(", ")]
    assert spots == sorted(spots)


def test_a_message_typed_bare_is_read_as_the_same_with_accents() -> None:
    """The labelled rows that may be read: at most six points apart by category, two by whether it is a tip."""
    rows = [json.loads(it) for it in (ROWS / "dev_chat.jsonl").read_text("utf-8").splitlines()]
    tips = [row for row in rows if row["intent"] == "tip" and row["category"]]
    both = [(TRIAGER.triage(row["text"]), TRIAGER.triage(noise.bare(row["text"])), row) for row in tips]
    right = [sum(it[at].category in {it[2]["category"], it[2]["category_alt"]} for it in both) for at in (0, 1)]
    kept = [sum(it[at].intent in {"tip", "emergency"} for it in both) for at in (0, 1)]
    assert right[0] - right[1] <= 0.06 * len(tips)
    assert kept[0] - kept[1] <= 0.02 * len(tips)


def test_no_two_messages_say_the_same_and_none_stands_near_a_labelled_row() -> None:
    """What is learnt is written, not varied; what is measured was not learnt."""
    measured = [
        json.loads(line)["text"]
        for name in ("dev_chat", "street_chat")
        for line in (ROWS / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    assert near_messages.near(messages.texts(), measured) == []


def test_the_check_sees_messages_that_say_the_same() -> None:
    """The same but for a word and its accents; and a row that was copied."""
    one = "ông chủ quán bida đường Phạm Hùng đêm nào cũng mở sòng bài cào trên lầu hai"
    other = "ong chu quan bida duong Pham Hung dem nao cung mo song bai cao tren lau ba"
    assert near_messages.near([one, other]) == [(one, other)]
    assert near_messages.near(["xin chào mọi người ở đây", one], [other]) == [(one, other)]


def test_every_message_is_labelled_with_what_exists() -> None:
    """Intents, codes and kinds; whatever is no tip accuses nobody and endangers nobody."""
    kinds = {*TRIAGER.kinds(), "none"}
    for it in messages.read():
        assert it.category in {*categories(), "-"}, it.text
        assert it.accused in kinds, it.text
        assert it.is_tip or (it.category, it.accused, it.danger) == ("-", "none", "-"), it.text


def test_noise_is_the_same_each_time_and_loses_no_letter() -> None:
    """A message is learnt as it stands, bare, and once more; what keys make of an accent stands in its word."""
    for words in messages.texts()[:200]:
        assert noise.variants(words) == noise.variants(words)
        assert noise.variants(words)[:2] == [words, noise.bare(words)]
    chance = random.Random(0)
    assert noise.telex("Đánh bạc ở phường nguyễn", chance) == "DDanhs bacj owr phuwowngf nguyeenx"
    assert noise.vni("Đánh bạc ở phường tố", chance) == "D9anh1 bac5 o73 phu7o7ng2 to61"
