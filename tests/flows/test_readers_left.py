"""People come and go, and keys with them: no open case stays where nobody opens it, and none is taken from who does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import locales
from bot import wiring
from bot.commands import recovery
from tests.fakes.home import CHEAP, Home, opened
from tests.fakes.people import AN, KIEM, QUAN, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_recovery import opens_held, printed, write_printed
from tips import errors
from tips.cases.case import Case
from tips.clock.jobs import JobName
from tips.crypto import sealing
from tips.desk.actions.step import Fields
from tips.organisation.roles import Role
from tips.people.enrolment import Newcomer

__all__ = ["printed"]

DANGER = "Nhà số 12 đường Lê Văn Sỹ quận 3 đang cháy, có người mắc kẹt bên trong"


@pytest.fixture
async def story(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    """A desk with one officer, and a level above it."""
    async with opened(tmp_path, (AN, TRUC, QUAN), database_url) as home:
        yield home


async def who_reads(home: Home, case: bytes) -> set[str]:
    """Everybody of the roster who opens a case when they try."""
    found = set()
    for name in sorted({it.name for it in home.product.roster().people} & home.people.keys()):
        try:
            await home.product.review.open(await home.session(name), case)
            found.add(name)
        except errors.TinBaoError:
            continue
    return found


async def leaves(home: Home, name: str) -> None:
    await home.product.roster.put_into_force(
        home.signed(await home.product.moves.leave(await home.session("quan"), name))
    )


async def renewed(home: Home, name: str) -> None:
    """New keys for who lost theirs, in force."""
    proposal = home.product.registrar().renew(name)
    await home.product.roster.put_into_force(home.signed(proposal))
    (given,) = proposal.people
    home.people[name], home.passphrases[name] = given.identity, given.passphrase


async def verified(home: Home) -> Case:
    """A case that `an` verifies, which has months."""
    await home.citizen().sends(TIP)
    row = await home.the_case()
    await home.product.casework.act(await home.session("an"), row.id, "accept")
    return await home.product.casework.act(await home.session("an"), row.id, "verify")


async def hours(home: Home, many: int) -> None:
    """The clock's work of so many hours."""
    for _ in range(many):
        await home.product.escalation.tick_all()
        home.clock.forward(hours=1)


# --- a unit with people, none of whom has the older keys --------------------------------------------------------------


async def test_who_was_invited_first_reads_what_the_one_who_leaves_had(story: Home) -> None:
    """Who joined gets older keys at a login that nobody made in between."""
    row = await verified(story)
    await story.join(("moi", "area-770", "officer"))
    await leaves(story, "an")
    await hours(story, 3)
    assert await who_reads(story, row.id), "nobody at all reads it"


async def test_what_a_desk_had_climbs_though_another_joined_within_the_hour(story: Home) -> None:
    """Two requests are put into force one after the other: one leaves, another joins."""
    row = await verified(story)
    await leaves(story, "an")
    await story.join(("moi", "area-770", "officer"))
    await hours(story, 3)
    assert await who_reads(story, row.id), "nobody at all reads it"


async def test_what_an_officer_alone_had_who_got_new_keys_climbs(story: Home) -> None:
    """A passphrase was lost at a desk of one: whoever was alone reads nothing older."""
    row = await verified(story)
    await renewed(story, "an")
    await hours(story, 3)
    assert await who_reads(story, row.id), "nobody at all reads it"


async def test_nothing_climbs_to_a_level_whose_people_lack_its_key(tmp_path: Path, database_url: str) -> None:
    """The duty desk's only officer was replaced; a case of before climbs there and waits for nobody."""
    async with opened(tmp_path, (AN, TRUC, KIEM, QUAN), database_url) as home:
        await home.citizen().sends(TIP)
        row = await home.the_case()
        await leaves(home, "truc")
        await home.join(("moi", "duty", "officer"))
        home.clock.forward(days=2)
        await home.product.escalation.tick()
        now = await home.case(row.id)
        at_it = {it.name for it in home.product.roster().members(now.unit)}
        assert await who_reads(home, row.id) & at_it, f"it is at {now.unit}, and {at_it} cannot read it"


# --- levels that are empty --------------------------------------------------------------------------------------------


async def test_what_is_late_climbs_past_a_level_where_nobody_is(tmp_path: Path, database_url: str) -> None:
    """At once: a fire does not wait at each empty level for another hour."""
    async with opened(tmp_path, (AN, TRUC, KIEM, QUAN), database_url) as home:
        await home.citizen().sends(DANGER)
        row = await home.the_case()
        await leaves(home, "truc")
        home.clock.forward(hours=3)
        assert await home.product.escalation.tick() == 1
        now = await home.case(row.id)
        assert home.product.roster().members(now.unit), f"it climbed to {now.unit}, where nobody is"


async def test_a_case_is_not_taken_from_its_desk_when_the_level_above_it_goes(
    tmp_path: Path, database_url: str
) -> None:
    """It had climbed; those whom it climbed past read it still, and get it back."""
    async with opened(tmp_path, (AN, TRUC, QUAN), database_url) as home:
        await home.citizen().sends(TIP)
        row = await home.the_case()
        home.clock.forward(days=5)
        await home.product.escalation.tick()
        assert (await home.case(row.id)).unit == "duty"
        await leaves(home, "truc")
        await hours(home, 4)
        now = await home.case(row.id)
        assert now.state != "held"


# --- life in danger ---------------------------------------------------------------------------------------------------


async def test_who_claims_a_case_of_life_in_danger_gets_no_more_time(story: Home) -> None:
    """Its hour goes on."""
    await story.citizen().sends(DANGER)
    row = await story.the_case()
    claimed = await story.product.casework.act(await story.session("an"), row.id, "claim")
    assert row.due_at
    assert claimed.due_at
    assert claimed.due_at <= row.due_at


async def test_a_fire_that_was_claimed_and_given_back_climbs(story: Home) -> None:
    """Nobody has it then."""
    await story.citizen().sends(DANGER)
    row = await story.the_case()
    an = await story.session("an")
    await story.product.casework.act(an, row.id, "claim")
    await story.product.casework.act(an, row.id, "hand_back")
    story.clock.forward(hours=12)
    assert await story.product.escalation.tick() == 1


# --- at the top of the ladder -----------------------------------------------------------------------------------------


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    """A desk with one officer, and nobody above."""
    async with opened(tmp_path, (AN, QUAN), database_url) as home:
        yield home


async def test_what_no_key_of_anybody_opens_is_at_last_kept_for_the_quorum(office: Home) -> None:
    """An officer who was alone got new keys, and there is no level above."""
    row = await verified(office)
    await renewed(office, "an")
    office.clock.forward(days=90)
    await hours(office, 3)
    assert not await who_reads(office, row.id)
    assert (await office.case(row.id)).state == "held"


async def test_a_case_that_is_shared_is_not_kept_for_the_quorum(office: Home) -> None:
    """Who reads it along gets it: `held` is no level for a case that somebody can read."""
    await office.citizen().sends(TIP)
    row = await office.the_case()
    await office.join(("binh", "area-778", "officer"))
    an = await office.session("an")
    await office.product.casework.act(an, row.id, "accept")
    await office.product.casework.act(an, row.id, "share", Fields(unit="area-778", text="cùng xem"))
    await leaves(office, "an")
    await hours(office, 2)
    assert await who_reads(office, row.id) == {"binh"}
    assert (await office.case(row.id)).state != "held"


async def test_what_the_quorum_gave_to_a_desk_climbs_when_the_desk_is_empty(
    tmp_path: Path, printed: Path, database_url: str
) -> None:
    """Nobody worked here when it came. Nobody else has a key to it: it is the quorum's again."""
    async with opened(tmp_path, (), database_url) as home:
        await home.citizen().sends(TIP)
        row = await home.the_case()
        assert row.state == "held"
        await home.join(AN, TRUC, KIEM, QUAN)
        write_printed(printed, home)
        await opens_held(home, "admin-vks", printed, "area-770")
        assert (await home.case(row.id)).unit == "area-770"
        home.clock.forward(days=30)
        await home.product.escalation.tick()
        await leaves(home, "an")
        await hours(home, 3)
        now = await home.case(row.id)
        assert now.state == "held" or await who_reads(home, row.id)


# --- who is taken for accused -----------------------------------------------------------------------------------------


async def test_nobody_is_shut_out_of_a_case_because_their_desk_stood_empty_for_a_while(
    tmp_path: Path, printed: Path, database_url: str
) -> None:
    """The overseer left, a note was written, another overseer came and the quorum gave them the older keys."""
    async with opened(tmp_path, (AN, KIEM, QUAN), database_url) as home:
        await home.citizen().sends(TIP)
        row = await home.the_case()
        an = await home.session("an")
        await home.product.casework.act(an, row.id, "accept")
        await home.product.casework.act(an, row.id, "consult", Fields(unit="vks-tp"))
        assert await who_reads(home, row.id) == {"an", "kiem"}
        await leaves(home, "kiem")
        await home.product.casework.act(an, row.id, "note", Fields(text="Đã gọi cho tổ dân phố."))
        await home.join(("moi", "vks-tp", "overseer"))
        write_printed(printed, home)
        with home.types("admin-vks"):
            await recovery.reclaim(home.settings, "vks-tp", printed, "admin-vks")
        assert (await home.session("moi")).seeds
        assert await who_reads(home, row.id) == {"an", "moi"}


async def test_who_was_alone_opens_nothing_that_is_sealed_to_the_unit_afterwards(
    tmp_path: Path, database_url: str
) -> None:
    """With the keys that they had, and the whole database: later pieces are sealed to the unit's next key."""
    async with opened(tmp_path, (AN, KIEM, QUAN), database_url) as home:
        await home.citizen().sends(TIP)
        row, an, kiem = await home.the_case(), await home.session("an"), await home.session("kiem")
        await home.product.casework.act(an, row.id, "accept")
        await home.product.casework.act(an, row.id, "consult", Fields(unit="vks-tp"))
        await leaves(home, "kiem")
        await home.product.casework.act(an, row.id, "note", Fields(text="Đã gọi cho tổ dân phố."))
        (note,) = [it.id for it in await home.envelopes(row.id, "note")]
        (grant,) = [it for it in await home.grants(row.id) if (it.envelope, it.reader) == (note, "vks-tp")]
        with pytest.raises(errors.NotOpened):
            sealing.open_key(grant, kiem.seeds["vks-tp"])


async def test_what_is_late_climbs_to_a_level_that_stood_empty_for_a_while(
    tmp_path: Path, printed: Path, database_url: str
) -> None:
    """As before: it is a level like any other."""
    async with opened(tmp_path, (AN, KIEM, QUAN), database_url) as home:
        await home.citizen().sends(TIP)
        row = await home.the_case()
        await leaves(home, "kiem")
        an = await home.session("an")
        await home.product.casework.act(an, row.id, "note", Fields(text="Đã gọi cho tổ dân phố."))
        await home.join(("moi", "vks-tp", "overseer"))
        write_printed(printed, home)
        with home.types("admin-vks"):
            await recovery.reclaim(home.settings, "vks-tp", printed, "admin-vks")
        home.clock.forward(days=9)
        await home.product.escalation.tick()
        now = await home.case(row.id)
        assert now.unit == "vks-tp"


async def test_who_moved_and_came_back_reads_what_the_desk_has(story: Home) -> None:
    """Or else somebody above does: `an`, alone at the desk, moved to another and back."""
    row = await verified(story)
    await story.join(("binh", "area-778", "officer"))
    for unit in ("area-778", "area-770"):
        proposal = await story.product.moves.move(await story.session("quan"), Newcomer("an", unit, Role("officer")))
        await story.product.roster.put_into_force(story.signed(proposal))
    await hours(story, 3)
    assert await who_reads(story, row.id)


async def test_a_word_about_a_case_whose_desk_is_empty_does_not_say_that_it_is_late(story: Home) -> None:
    """It is not: its own clock had twenty days."""
    await verified(story)
    await leaves(story, "an")
    await story.product.escalation.tick_all()
    (told,) = [it for it in await story.pings() if it.unit == "duty"]
    assert "quá hạn" not in locales.say("vi", f"ping.{told.kind}")


# --- two processes ----------------------------------------------------------------------------------------------------


async def test_a_clock_that_is_behind_takes_no_case_from_a_desk_whose_people_just_joined(story: Home) -> None:
    """What the clock does to cases by the roster, it does by the newest one."""
    async with wiring.open_product(story.settings, ("clock",), now=story.clock, cost=CHEAP) as clock:
        await story.join(("binh", "area-778", "officer"))
        await story.citizen().sends(TIP.replace("quận 3", "quận 7"))
        row = await story.the_case()
        assert row.unit == "area-778"
        (hourly,) = [it for it in clock.jobs if it.name == JobName.MEND]
        await hourly.work()
        assert (await story.case(row.id)).unit == "area-778"


async def test_a_clock_that_is_behind_asks_who_works_there_now(story: Home) -> None:
    """Somebody took over while it knew of nobody but who left, and got the older keys before."""
    async with wiring.open_product(story.settings, ("clock",), now=story.clock, cost=CHEAP) as clock:
        row = await verified(story)
        await story.join(("moi", "area-770", "officer"))
        await story.session("an")
        await leaves(story, "an")
        (hourly,) = [it for it in clock.jobs if it.name == JobName.MEND]
        await hourly.work()
        assert (await story.case(row.id)).unit == "area-770"
        assert await who_reads(story, row.id) == {"moi"}


# --- a closing that is not accepted -----------------------------------------------------------------------------------


async def test_a_disputed_closing_goes_to_an_overseer_though_the_desk_that_closed_it_is_empty(
    tmp_path: Path, database_url: str
) -> None:
    """Past the levels between, as where somebody is left at the desk."""
    async with opened(tmp_path, (AN, TRUC, KIEM, QUAN), database_url) as home:
        citizen = home.citizen()
        code = await citizen.sends(TIP)
        row, act = await home.the_case(), home.product.casework.act
        an = await home.session("an")
        await act(an, row.id, "accept")
        await act(an, row.id, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
        await act(an, row.id, "close")
        await leaves(home, "an")
        await citizen.says(code)
        await citizen.presses("dispute")
        await citizen.says("quán vẫn bán, tối qua tôi thấy")
        assert await home.product.escalation.tick() == 1
        assert (await home.case(row.id)).unit == "vks-tp"


# --- what stands still ------------------------------------------------------------------------------------------------


async def test_what_was_suspended_is_read_by_somebody_after_its_officer_was_replaced(
    tmp_path: Path, database_url: str
) -> None:
    """No clock runs on it, so it never is late."""
    async with opened(tmp_path, (("an", "area-770", "head"), TRUC, QUAN), database_url) as home:
        row = await verified(home)
        await home.product.casework.act(await home.session("an"), row.id, "suspend", Fields(text="chờ giám định"))
        await home.join(("moi", "area-770", "head"))
        await leaves(home, "an")
        home.clock.forward(days=730)
        await hours(home, 3)
        await home.product.escalation.tick()
        assert await who_reads(home, row.id)


async def test_a_case_from_which_its_desk_s_only_officer_keeps_away_climbs(tmp_path: Path, database_url: str) -> None:
    """Nobody is left to read it there, as where the last one left."""
    async with opened(tmp_path, (("an", "area-770", "head"), TRUC, QUAN), database_url) as home:
        row = await verified(home)
        an = await home.session("an")
        await home.product.casework.act(an, row.id, "suspend", Fields(text="chờ giám định"))
        await home.product.casework.act(an, row.id, "recuse")
        home.clock.forward(days=90)
        await hours(home, 3)
        await home.product.escalation.tick()
        assert await who_reads(home, row.id)


# --- where it was -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("Drugs are sold every night in Ben Nghe ward", "yes"),
        ("toi nao cung co ban ma tuy o ben nghe", "có"),
        ("toi nao cung co ban ma tuy o ben nghe", "đúng"),
    ],
)
async def test_who_says_yes_to_the_only_place_has_said_where(story: Home, text: str, yes: str) -> None:
    """A yes is no word of the tip, and names the place."""
    citizen = story.citizen()
    asked = await citizen.says(text)
    assert "ask.where.is_it" in {say.key for reply in asked.replies for say in reply.says}
    answered = await citizen.says(yes)
    (facts,) = [say for reply in answered.replies for say in reply.says if say.key == "summary.facts"]
    assert "where.unknown" not in repr(facts.params["where"])


async def test_the_reporter_is_not_told_that_an_office_is_shut_out_whose_desk_stood_empty(
    tmp_path: Path, database_url: str
) -> None:
    """They accused nobody, and the overseer whom the desk asked was only without people."""
    async with opened(tmp_path, (AN, KIEM, QUAN), database_url) as home:
        citizen = home.citizen()
        code = await citizen.sends(TIP)
        row, an = await home.the_case(), await home.session("an")
        await home.product.casework.act(an, row.id, "accept")
        await home.product.casework.act(an, row.id, "consult", Fields(unit="vks-tp"))
        await leaves(home, "kiem")
        await home.product.casework.act(an, row.id, "note", Fields(text="Đã gọi cho tổ dân phố."))
        seen = await home.product.mailboxes.read(code)
        assert seen.still == ()
