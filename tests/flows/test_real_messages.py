"""Every labelled tip goes through the conversation to a sealed case that a person of its unit opens."""

import json
from pathlib import Path

from tests.fakes.home import Home

MESSAGES = Path(__file__).parent.parent / "data" / "dev_chat.jsonl"


async def test_every_labelled_tip_is_opened_by_a_person_of_the_unit_it_reached(a_home: Home, capsys) -> None:  # type: ignore[no-untyped-def]
    """No tip is lost, refused, or opened with other words than were written."""
    rows = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    tips = [row for row in rows if row["intent"] in {"tip", "emergency"}]
    newcomers = [
        (f"p-{unit.code}", unit.code, "officer")
        for unit in a_home.product.organisation.units.values()
        if unit.receives
        and unit.kind not in {"held", "ward_police"}
        and a_home.product.roster().reader(unit.code) is None
    ]
    await a_home.join(*newcomers)
    wrong = []
    for row in tips:
        new = await a_home.case_of(await a_home.citizen(row["id"]).sends(row["text"]))
        session = await a_home.session_at(new.unit) if new.unit != "held" else None
        if session is None:
            wrong.append(f"{row['id']} is held")
            continue
        opened = await a_home.product.review.open(session, new.id)
        if _letters(opened.tip.text) != _letters(row["text"]):
            wrong.append(f"{row['id']} was opened with other words")
    with capsys.disabled():
        print(f"\n{len(tips) - len(wrong)} of {len(tips)} labelled tips opened; {wrong or 'none went wrong'}")
    assert not wrong


def _letters(text: str) -> str:
    import unicodedata

    return "".join(sign for sign in unicodedata.normalize("NFC", text) if sign.isalnum())
