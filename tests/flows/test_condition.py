"""How a home is, at the desk and in `doctor`: the same facts, by the hour, and nobody's words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import condition, wiring
from bot.commands import doctor
from bot.serve import contacts
from bot.serve.health import Health
from tests.fakes.desk import browser, log_in
from tests.fakes.home import CHEAP, Home, opened
from tests.fakes.people import AN, KIEM, QUAN, TOAN
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_clock import behind
from tips.cases import deadlines
from tips.organisation.roles import Role
from tips.people.enrolment import Newcomer
from tips.ports.desk import Contact, ContactState, Way

PAGE = "/desk/condition"


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with opened(tmp_path, (AN, KIEM, QUAN, TOAN), database_url) as home:
        yield home


async def shown(home: Home, name: str = "quan") -> str:
    home.clock.forward(minutes=1)  # a one-time code counts once
    async with browser(home) as client:
        await log_in(client, home, name)
        page = await client.get(PAGE)
        assert page.status_code == 200
        return page.text


async def test_an_admin_sees_how_a_channel_of_another_process_was(office: Home) -> None:
    """When it answered last, by the hour; once it does not, since when, and the kind of the error."""
    served, known = Health(office.product.store), dict[str, Contact]()  # the intake's own process
    messenger, store = served.messenger("telegram", webhook=True), office.product.store
    await contacts.note(served, store.contacts, office.clock(), known)
    assert "chưa liên lạc được lần nào" in await shown(office)
    messenger.answered()
    await contacts.note(served, store.contacts, office.clock(), known)
    page = await shown(office)
    assert "✓ đang chạy, nhận qua webhook; lần liên lạc tốt gần nhất: 10:00 23/11/2026" in page
    assert "10:20" not in page.split("<main", 1)[1].split("</main", 1)[0]
    office.clock.forward(hours=1)
    messenger.failed("Unauthorized")
    await contacts.note(served, store.contacts, office.clock(), known)
    page = await shown(office)
    assert "! không liên lạc được (Unauthorized), nhận qua webhook; lần liên lạc tốt gần nhất: 10:00" in page
    assert "Unauthorized, last 2026-11-23 03:00" in await doctor.CHECKS["channels"](office.product)


async def test_a_process_that_began_in_trouble_leaves_the_hour_that_is_known(office: Home) -> None:
    """Else a restart would make it look as if the channel had never worked."""
    book, hour = office.product.store.contacts, deadlines.hour(office.clock())
    await book.note(Contact("zalo", Way.POLLING, ContactState.UP, "", hour))
    await book.note(Contact("zalo", Way.POLLING, ContactState.TROUBLE, "ConnectError", None))
    assert await book.all() == [Contact("zalo", Way.POLLING, ContactState.TROUBLE, "ConnectError", hour)]


async def test_a_channel_that_nobody_serves_any_more_is_said(office: Home) -> None:
    """It was well, and has not been heard of for hours."""
    hour = deadlines.hour(office.clock())
    await office.product.store.contacts.note(Contact("officers", Way.POLLING, ContactState.UP, "", hour))
    assert "✓ đang chạy" in await shown(office)
    office.clock.forward(hours=3)
    assert "! đang chạy" in await shown(office)


async def test_the_desk_and_doctor_have_the_same_facts(office: Home, tmp_path: Path) -> None:
    """Backups, rounds, letters, who joins: what one says the other says."""
    folder = tmp_path / "nightly"
    folder.mkdir()
    own = replace(office.settings, backups=folder)
    async with wiring.open_product(own, now=office.clock, cost=CHEAP) as product:
        await product.invitations.invite(Newcomer("moi", "area-770", Role.OFFICER))
        code = await product.invitations.invite(Newcomer("nua", "area-770", Role.OFFICER))
        await product.invitations.take_up(code)
        for job in product.jobs:
            if job.name != "climb":
                await product.jobs.tick(job)
        found = await condition.look(product)
        assert (found.joining.asked, found.joining.taken_up) == (1, 1)
        assert found.jobs is not None
        assert [it.name for it in found.jobs if it.late] == ["climb"]
        assert found.backups is not None
        assert (found.backups.many, found.backups.late) == (1, False)
        said = {name: await run(product) for name, run in doctor.CHECKS.items() if name != "serving"}
        page = await shown(replace(office, product=product))
        assert "not done of late: climb (never)" in said["jobs"]
        assert '<dd><span class="late">! chưa lần nào</span>' in page
        assert said["backups"].startswith("1, the newest of 2026-11-23")
        assert "1 bản, mới nhất 10:2" in page
        assert said["invitations"].startswith("1 took theirs up")
        assert "tinbao roster propose" in page
        assert found.witnessed.at == deadlines.hour(office.clock())


async def test_where_the_clocks_key_is_not_its_rounds_are_not_told(office: Home) -> None:
    """What somebody writes into the rows of leases is believed by nobody, so nothing is made up."""
    async with wiring.open_product(office.settings, ["desk"], now=office.clock, cost=CHEAP) as product:
        assert (await condition.look(product)).jobs is None
        assert "Khoá của đồng hồ nằm ở máy khác" in await shown(replace(office, product=product))


async def test_few_reporters_are_not_counted_and_no_case_is_named(office: Home) -> None:
    """Of three nobody is told how many they are; of officers' letters each is."""
    for number in range(3):
        await office.citizen(f"neighbour {number}").sends(TIP)
    for it in await office.cases():
        behind(office, "INSERT INTO address (case_id, sealed, news_from, tries, trouble)"
               " VALUES (:case, :sealed, 1, 1, :trouble)", case=it.id, sealed=b"x", trouble="refused")  # fmt: skip
    page = await shown(office)
    assert "bỏ cuộc: &lt;5" in page
    assert all(it.id.hex() not in page for it in await office.cases())


async def test_a_hand_in_the_row_makes_no_page_fail(office: Home) -> None:
    """What is no state is trouble, and a name is a name."""
    behind(office, "INSERT INTO contact (name, way, state, error, at) VALUES ('<b>', 'x', 'y', '<i>', 1)")
    page = await shown(office)
    assert "&lt;b&gt;" in page
    assert "! không liên lạc được (&lt;i&gt;)" in page


async def test_only_admins_have_the_page(office: Home) -> None:
    """To others there is none."""
    for name in ("an", "kiem", "toan"):
        async with browser(office) as client:
            await log_in(client, office, name)
            assert (await client.get(PAGE)).status_code == 404
