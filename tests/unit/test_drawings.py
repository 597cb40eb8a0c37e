"""Pictures of the code in the documents: they are made from it, and may not fall behind."""

from scripts import draw_conversation
from tips.intake.conversation import ANSWERS, CHOICES, TABLE
from tips.intake.stages import Heard, Stage


def test_the_conversation_is_drawn_as_it_is() -> None:
    """Whoever changes a table of the conversation runs `make drawings`."""
    committed = draw_conversation.PAGE.read_text("utf-8")
    assert committed == draw_conversation.drawn(), "docs/conversation.md is out of date: run `make drawings`"


def test_every_stage_has_a_step_for_whatever_is_heard() -> None:
    """And nothing stands in a table that is not told in a sentence."""
    assert set(TABLE) == set(Heard)
    assert all(list(row) == list(Stage) for row in TABLE.values())
    steps = [step for row in TABLE.values() for step in row.values()]
    assert all(it.__doc__ for it in [*steps, *(it.step for it in CHOICES.values()), *ANSWERS.values()])
