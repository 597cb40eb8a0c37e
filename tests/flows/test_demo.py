"""The demo's seeded tips show what the product does: states, districts, lateness, climbing, exclusion."""

from collections import Counter

from bot import new_home
from bot.demo import demo
from bot.demo.seeding import CORE_DESKS, seeds
from bot.wiring import open_product
from tips.cases.case import State


async def test_the_seeded_tips_show_every_side_of_the_product() -> None:
    """Sixty tips came in through the conversation and were worked on by the demo's people."""
    assert len(seeds()) == 60
    with demo._throw_away({"PORT": "8199"}) as own:
        made = await new_home.initialise(own, cost=demo.CHEAP)
        identities = await demo._fill(own, made)
        async with open_product(own, cost=demo.CHEAP) as product:
            cases = await product.store.ledger.heads()
            sessions = [await product.logins.session_of(it) for it in identities]
            threads = Counter(event.case for event in await product.store.ledger.waiting() if b'"added"' in event.body)
            now = product.now()
            mine = next(it for it in sessions if it.name == "can-bo-q3")
            new = [it for it in await product.review.queue(mine) if not it.opened and it.urgency <= "P1"]
            figures = await product.archive.figures()
            head, report = await product.publication.newest(), await product.audit()
    assert len(cases) == 60
    assert head.checkpoint.size >= 64 and report.problems == () and report.before  # there is something to be seen
    assert {it.state for it in cases} == set(State)
    assert {it.area for it in cases} >= set(CORE_DESKS)
    assert sum(it.overdue(now) for it in cases) >= 3
    assert sum(it.level > 0 for it in cases) >= 2
    assert any(it.restricted for it in cases)
    assert len(threads) >= 5
    assert len(figures) >= 5  # months before it, invented, closed by the rule of real ones
    assert all(it.counts["total",] > 1000 for it in figures)  # type: ignore[operator]
    assert new == []  # so that the visitor's own tip stands on top
