"""People join, leave and lose their passphrases; tips stay readable to who should read them, and to nobody else."""

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands import people, recovery
from bot.commands.people import Signing
from tests.fakes import databases, home
from tests.fakes.home import Home
from tests.fakes.people import AN, BA, CHI, KIEM
from tests.fakes.words import DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS as TIP
from tips import errors
from tips.cases.ledger import Kind
from tips.crypto import keys, sealing
from tips.crypto.sealing import RECEIPT

STAFF = (AN, BA, KIEM)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Home]:
    async with home.opened(tmp_path, STAFF) as opened:
        await opened.session("an")  # whoever is here first hands the unit's seed to who joined with them
        write_printed(opened)
        yield opened


def printed(opened: Home) -> Path:
    return opened.settings.home.parent / "init.json"


def write_printed(opened: Home) -> None:
    """What `tinbao init --json` printed."""
    shares = [f"{office}:{share}" for office, share in opened.founding.shares.items()]
    admins = [{"name": name, "passphrase": words} for name, words in opened.founding.passphrases.items()]
    printed(opened).write_text(json.dumps({"admins": admins, "recovery": {"k": 2, "n": 3, "shares": shares}}))


async def tip(opened: Home) -> bytes:
    """A new tip; its case."""
    receipt = await opened.citizen(secrets.token_hex(8)).sends(TIP)
    return (await opened.case_of(receipt)).id


async def opens(opened: Home, case: bytes, seeds: list[bytes]) -> bool:
    """Whether any grant of a case opens with these seeds, as somebody with a copy of the database would try."""
    grants = await opened.grants(case)
    for grant in (it for it in grants if it.reader != RECEIPT and not it.asleep):
        try:
            return bool(sealing.open_key(grant, seeds))
        except errors.NotOpened:
            continue
    return False


async def test_an_admin_of_an_office_that_receives_holds_none_of_its_seeds(office: Home) -> None:
    """Nor an auditor: not when they join, not at a new key, and not when a colleague logs in who could give it."""
    await office.join(("quan", "vks-tp", "admin"), ("xet", "vks-tp", "auditor"))
    await people.rotate_unit(office.settings, "vks-tp", Signing(printed(office)))
    await office.product.roster.refresh()
    await office.session("kiem")
    await office.join(("soi", "vks-tp", "overseer"))
    case = await tip(office)
    office.clock.forward(days=9)
    while (await office.case(case)).unit != "vks-tp":
        assert await office.product.escalation.tick()
        office.clock.forward(days=9)
    assert (await office.product.review.open(await office.session("kiem"), case)).tip.text == TIP
    for name in ("quan", "xet"):
        assert await office.product.store.keyring.seeds(name) == []
        session = await office.session(name)
        assert session.seeds == {}
        assert await office.product.review.queue(session) == []
        with pytest.raises(errors.NotFound):
            await office.product.review.open(session, case)


async def test_who_left_opens_nothing_that_came_later(office: Home) -> None:
    """Their login ends at once, what they signed still holds, and their colleagues read on, old and new."""
    old = await tip(office)
    leaver = office.people["an"]
    taken = await office.seeds_of(leaver)
    await office.product.review.open(await office.session("an"), old)
    assert await opens(office, old, taken)
    await people.remove_officer(office.settings, "an", Signing(printed(office)))
    await office.product.roster.refresh()
    new = await tip(office)
    assert not await opens(office, new, taken)
    with pytest.raises(errors.WrongPassphrase):
        await office.session("an")
    with pytest.raises(errors.WrongPassphrase):
        await office.product.logins.unlock("an", office.passphrases["an"])
    assert await office.seeds_of(leaver) == []
    for case in (old, new):
        assert (await office.product.review.open(await office.session("ba"), case)).tip.text == TIP
    assert (await office.product.audit()).sound


async def test_a_name_that_left_is_not_given_again(office: Home) -> None:
    await people.remove_officer(office.settings, "an", Signing(printed(office)))
    await office.product.roster.refresh()
    with pytest.raises(errors.Refused):
        await office.join(("an", "area-778", "officer"))


async def test_a_lost_passphrase_costs_a_colleague_a_login_and_nobody_a_case(
    office: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """The new keys read what is new at once, and what is old once a colleague was there; the old ones read neither."""
    old = await tip(office)
    lost = office.people["an"]
    taken = await office.seeds_of(lost)
    await people.renew_officer(office.settings, "an", printed(office))
    told = json.loads(capsys.readouterr().out)
    await office.product.roster.refresh()
    new = await tip(office)
    assert not await opens(office, new, taken)
    again = await office.product.logins.unlock("an", told["passphrase"])
    office.people["an"] = again
    assert (await office.product.review.open(await office.session("an"), new)).tip.text == TIP
    with pytest.raises(errors.Refused, match="old_keys"):
        await office.product.review.open(await office.session("an"), old)
    await office.session("ba")
    assert (await office.product.review.open(await office.session("an"), old)).tip.text == TIP


async def test_a_unit_that_nobody_is_left_in_is_passed_over(office: Home) -> None:
    """Its tips go to the next level, and it comes back with a new key when somebody joins."""
    for name in ("an", "ba"):
        await people.remove_officer(office.settings, name, Signing(printed(office)))
    await office.product.roster.refresh()
    row = await office.case(await tip(office))
    assert row.unit == "vks-tp"
    await office.join(CHI)
    case = await tip(office)
    assert (await office.case(case)).unit == "area-770"
    assert (await office.product.review.open(await office.session("chi"), case)).tip.text == TIP


async def test_the_quorum_brings_back_what_an_overseer_lost(office: Home) -> None:
    """Everybody of the procuracy is gone; its next person reads the old cases by two offices' shares, not before."""
    case = await tip(office)
    office.clock.forward(hours=40)
    await office.product.escalation.tick()
    assert (await office.case(case)).unit == "vks-tp"
    await people.remove_officer(office.settings, "kiem", Signing(printed(office)))
    await office.product.roster.refresh()
    await office.join(("sat", "vks-tp", "overseer"))
    with pytest.raises(errors.Refused, match="old_keys"):
        await office.product.review.open(await office.session("sat"), case)
    with office.types("admin-vks"):
        await recovery.reclaim(office.settings, "vks-tp", printed(office), "admin-vks")
    assert (await office.product.review.open(await office.session("sat"), case)).tip.text == TIP
    (event,) = await office.recorded(Kind.RECLAIMED)
    assert (event.by, event.facts) == ("admin-vks", {"unit": "vks-tp"})


async def test_who_may_not_or_is_not_on_record_brings_no_old_keys_back(office: Home) -> None:
    """Another role, a wrong passphrase, or a ledger that takes nothing: whoever came reads no old case."""
    await people.remove_officer(office.settings, "kiem", Signing(printed(office)))
    await office.product.roster.refresh()
    await office.join(("sat", "vks-tp", "overseer"), ("xet", "vks-tp", "auditor"))
    seeds = await office.product.store.keyring.seeds("sat")
    for name, words, error in (
        ("an", "", errors.Refused), ("ba", "", errors.Refused), ("xet", "", errors.Refused),
        ("admin-vks", "wrong-wrong", errors.WrongPassphrase), ("nobody", "wrong-wrong", errors.WrongPassphrase),
    ):  # fmt: skip
        with office.types(name, words), pytest.raises(error):
            await recovery.reclaim(office.settings, "vks-tp", printed(office), name)
    away = databases.without_events(office.settings.database_url)
    with office.types("sat"), away, pytest.raises(errors.StoreUnavailable):
        await recovery.reclaim(office.settings, "vks-tp", printed(office), "sat")
    assert await office.product.store.keyring.seeds("sat") == seeds
    with office.types("sat"):
        await recovery.reclaim(office.settings, "vks-tp", printed(office), "sat")
    assert len(await office.product.store.keyring.seeds("sat")) > len(seeds)


async def test_the_quorum_keeps_no_desk_s_seed(office: Home) -> None:
    with office.types("admin-vks"), pytest.raises(errors.Refused):
        await recovery.reclaim(office.settings, "area-770", printed(office), "admin-vks")


async def test_a_session_ends_when_its_unit_got_a_new_key(office: Home) -> None:
    """It would show cases that it cannot open; its person logs in again and reads everything."""
    identity = office.people["an"]
    code = keys.totp_code(identity.totp, office.product.now())
    token, _ = await office.product.logins.log_in("an", office.passphrases["an"], code)
    assert (await office.product.logins.resume(token)).name == "an"
    await people.rotate_unit(office.settings, "area-770", Signing(printed(office)))
    await office.product.roster.refresh()
    with pytest.raises(errors.NotFound):
        await office.product.logins.resume(token)
    case = await tip(office)
    assert (await office.product.review.open(await office.session("an"), case)).tip.text == TIP


async def test_a_signer_of_the_roster_does_not_leave_this_way(office: Home) -> None:
    with pytest.raises(errors.Refused):
        await people.remove_officer(office.settings, "admin-vks", Signing(printed(office)))
