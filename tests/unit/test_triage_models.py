"""The learnt part of triage: codes that are the same everywhere, answers to anything, messages that differ."""

import io
import json
import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from scripts import near_messages
from scripts.learning import fitting, messages, noise
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


def test_the_file_answers_what_the_learner_of_its_weights_answers() -> None:
    """Scikit-learn's own estimators over rows made another way, and eight bits read by numpy: also for a long text."""
    every = [it for it in messages.read()[::60] if it.intent == "tip" and it.category != "-"]
    signs = [TRIAGER.signs(it.text) for it in every]
    known = fitting.vocabulary([[it] for it in signs])
    labels = [it.accused != "none" for it in every], [it.category for it in every]
    whether, flat = fitting.whether(known.matrix(signs), labels[0], 1.0), fitting.many(known.matrix(signs), labels[1])
    nothing = fitting.Fitted(("",), np.full((1, len(known.worth)), 1e-3), np.zeros(1))
    parts = {"intent": nothing, "category": flat, "kind": nothing, "accused": whether, "danger": nothing}
    stored = io.BytesIO()
    np.savez(stored, **fitting.packed(known, parts, (("x",), np.ones(1), 0.0)))
    stored.seek(0)
    models = model.read(stored)

    counted = DictVectorizer(sparse=False)
    rows = counted.fit_transform([as_counted(known, it) for it in signs])
    logistic = LogisticRegression(C=fitting.SOFT, max_iter=fitting.MOST, tol=1e-4).fit(rows, labels[0])
    machine = LinearSVC(C=fitting.SLACK, dual=True, tol=0.02, max_iter=300, random_state=7).fit(rows, labels[1])
    asked = [*(it.text for it in messages.read()[7::400]), " ".join(it.text for it in messages.read()[11::80])[:20_000]]
    apart = []
    for text in asked:
        sign = TRIAGER.signs(text)
        row = counted.transform([as_counted(known, sign)])
        scores, wanted = models.judge(*sign), float(logistic.predict_proba(row)[0, 1])
        apart.append(abs(scores.accused - wanted))
        margins = dict(zip(machine.classes_, fitting.MARGIN * machine.decision_function(row)[0], strict=True))
        base = np.log(scores.categories["drugs.trade"]) - margins["drugs.trade"]
        apart += [abs(np.log(share) - base - margins[code]) for code, share in scores.categories.items()]
    assert np.mean(apart) < 0.03
    assert np.quantile(apart, 0.99) < 0.2


def as_counted(known: fitting.Vocabulary, sign: tuple[grams.Grams, list[str]]) -> dict[str, float]:
    """A text's features by name, each with what it counts; family by family over the root of how much is known."""
    worth = dict(zip([*known.codes.tolist(), *known.names], known.worth.tolist(), strict=True))
    found: dict[str, float] = {}
    for family in (sign[0].letters.tolist(), sign[0].words.tolist(), sign[0].accented.tolist(), sign[1]):
        listed = [it for it in family if it in worth]
        for it in listed:
            found[str(it)] = found.get(str(it), 0.0) + worth[it] / len(listed) ** 0.5
    return found


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
