"""People make their own keys at the desk: what they see nobody else does, and what is signed is what they made."""

import os
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.fakes import home
from tests.fakes.desk import CSRF, browser, log_in
from tests.fakes.home import Home
from tests.fakes.machines import Machines
from tests.fakes.machines import founded as a_founded
from tests.fakes.people import AN, KIEM, QUAN
from tests.flows.test_clock import behind
from tips import errors
from tips.crypto import keys
from tips.organisation.roles import Role
from tips.people.enrolment import Newcomer

SECRET = re.compile(r'<p class="secret"><code>([^<]+)</code>')


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with home.opened(tmp_path, (AN, KIEM, QUAN), database_url) as opened:
        yield opened


@pytest.fixture
def founded() -> Iterator[Machines]:
    with home.in_memory() as folder:
        yield a_founded(folder)


async def sends(client: httpx.AsyncClient, path: str, page: str, **fields: str) -> httpx.Response:
    csrf = CSRF.search((await client.get(page)).text)
    return await client.post(path, data={"csrf": csrf.group(1) if csrf else "", **fields})


# --- the whole way ------------------------------------------------------------------------------------------------


def test_somebody_joins_whose_passphrase_nobody_else_ever_sees(founded: Machines) -> None:
    """Not the operator's shell, not the database, not the request; and they work once the signers have signed."""
    founded.joins("an", "area-770")
    an = founded.people["an"]
    everything = b"".join(it.read_bytes() for it in founded.at.folder.rglob("*") if it.is_file())
    assert an["passphrase"].encode() not in everything
    assert founded.here("queue", "--officer", "an", "--json", TINBAO_PASSWORD=an["passphrase"]).stdout.strip() == "[]"


def test_nobody_works_before_signers_have_named_their_keys(founded: Machines) -> None:
    an = founded.activates(founded.invites("an", "area-770"))
    refused = founded.here("queue", "--officer", "an", "--json", TINBAO_PASSWORD=an["passphrase"])
    assert refused.returncode == 3


def test_several_join_in_one_version_and_each_is_heard(founded: Machines) -> None:
    """Whoever is not heard by a signer stays out, and with them the version."""
    heard = {}
    for name, unit in (("an", "area-770"), ("anh", "area-770"), ("kiem", "vks-tp")):
        founded.people[name] = founded.activates(founded.invites(name, unit))
        heard[name] = founded.people[name]["fingerprint"]
    founded.invites("binh", "area-778")  # asked, and not there yet
    founded.proposes_who_waits()
    assert founded.sign("Lan Anh", {name: heard[name] for name in ("an", "kiem")}).returncode == 1
    assert founded.signed("Lan Anh", "Minh", **heard).returncode == 0
    for name in heard:
        password = founded.people[name]["passphrase"]
        assert founded.here("queue", "--officer", name, "--json", TINBAO_PASSWORD=password).returncode == 0
    assert founded.here("roster", "propose", str(founded.request)).returncode == 1, "nobody waits any more"


def test_who_lost_a_passphrase_makes_new_keys_and_the_old_ones_end(founded: Machines) -> None:
    founded.joins("an", "area-770")
    founded.joins("anh", "area-770")
    before = founded.people["an"]["passphrase"]
    done = founded.here("officer", "renew", "an")
    code = re.search(r'"invitation": "([^"]+)"', done.stdout)
    assert code
    an = founded.activates(code.group(1))
    words = ("queue", "--officer", "an", "--json")
    assert founded.here(*words, TINBAO_PASSWORD=before).returncode == 0, "until it is signed"
    founded.proposes_who_waits()
    assert founded.signed("Lan Anh", "Phúc", an=an["fingerprint"]).returncode == 0
    assert founded.here(*words, TINBAO_PASSWORD=before).returncode == 3
    assert founded.here(*words, TINBAO_PASSWORD=an["passphrase"]).returncode == 0
    assert founded.here("ledger", "verify").returncode == 0


# --- who tries to be somebody else --------------------------------------------------------------------------------


def test_an_admin_who_takes_up_another_one_s_invitation_is_not_signed(founded: Machines) -> None:
    """The person finds the code used, has no digits to read out, and the signers sign nothing."""
    code = founded.invites("an", "area-770")
    stolen = founded.activates(code)
    assert stolen
    assert founded.activates(code) == {}, "the person is told that somebody used it"
    founded.proposes_who_waits()
    assert founded.sign("Lan Anh", {}).returncode == 1
    assert founded.here("officer", "uninvite", "an").returncode == 0
    anew = founded.activates(founded.invites("an", "area-770"))
    assert "swapped" in founded.sign("Lan Anh", {"an": anew["fingerprint"]}).stderr
    founded.proposes_who_waits()
    assert founded.signed("Lan Anh", "Minh", an=anew["fingerprint"]).returncode == 0
    words = ("queue", "--officer", "an", "--json")
    assert founded.here(*words, TINBAO_PASSWORD=stolen["passphrase"]).returncode == 3


def test_a_desk_that_puts_keys_of_its_own_into_the_request_is_heard(founded: Machines) -> None:
    """Whoever rules its machine or its database knows the signers' work, and cannot read out other digits."""
    an = founded.activates(founded.invites("an", "area-770"))
    own = keys.new_identity("an", os.urandom)
    with sqlite3.connect(founded.at.database) as database:
        database.execute("UPDATE invitation SET public = ?, verify = ?", (own.public, own.verify))
    founded.proposes_who_waits()
    refused = founded.sign("Minh", {"an": an["fingerprint"]})
    assert refused.returncode == 1
    assert "swapped" in refused.stderr


# --- at the desk --------------------------------------------------------------------------------------------------


async def test_an_admin_invites_at_the_desk_and_the_code_counts_once(office: Home) -> None:
    async with browser(office) as admin, browser(office) as person:
        await log_in(admin, office, "quan")
        page = "/desk/people/invite"
        shown = await sends(admin, page, page, name="binh", unit="area-778", role="officer")
        (code,) = SECRET.findall(shown.text)
        assert "binh" in (await admin.get(page)).text
        taken = await person.post("/desk/activate", data={"code": f"  {code.upper().replace('-', ' ')} "})
        assert len(SECRET.findall(taken.text)) == 2
        assert "<svg" in taken.text
        again = await person.post("/desk/activate", data={"code": code})
        assert again.status_code == 404
        assert SECRET.findall(again.text) == []


@pytest.mark.parametrize("name", ["an", "kiem"])
async def test_only_an_admin_invites(office: Home, name: str) -> None:
    async with browser(office) as client:
        await log_in(client, office, name)
        assert (await client.get("/desk/people/invite")).status_code == 404
        fields = {"name": "x", "unit": "area-770", "role": "officer"}
        assert (await sends(client, "/desk/people/invite", "/desk/account", **fields)).status_code == 404
        assert await office.product.invitations.all() == []


@pytest.mark.parametrize("role", ["boss", "", "clock"])
@pytest.mark.parametrize("unit", ["area-770"])
async def test_an_odd_invitation_is_refused_on_a_page(office: Home, role: str, unit: str) -> None:
    async with browser(office) as client:
        await log_in(client, office, "quan")
        page = "/desk/people/invite"
        assert (await sends(client, page, page, name="x", unit=unit, role=role)).status_code == 409
        for name, where in (("", "area-770"), ("x", "mars"), ("intake", "area-770"), ("an", "area-778"), ("x", "held")):
            assert (await sends(client, page, page, name=name, unit=where, role="officer")).status_code == 409


async def test_an_invitation_is_over_after_two_days(office: Home) -> None:
    code = await office.product.invitations.invite(Newcomer("binh", "area-778", Role.OFFICER))
    office.clock.forward(hours=48)
    with pytest.raises(errors.NotFound):
        await office.product.invitations.take_up(code)
    assert await office.product.invitations.all() == []
    await office.product.jobs.tick(next(it for it in office.product.jobs if it.name == "invitations"))
    assert await office.product.store.invitations.all() == []


async def test_one_of_two_at_once_takes_it_up(office: Home) -> None:
    """Two processes, one code: the other is told that it was used."""
    invitations = office.product.invitations
    code = await invitations.invite(Newcomer("binh", "area-778", Role.OFFICER))
    (stored,) = await office.product.store.invitations.all()
    made = await invitations.take_up(code)
    (taken,) = await office.product.store.invitations.all()
    assert not await office.product.store.invitations.take_up(taken, office.clock())
    assert taken.verify == made.identity.verify
    assert stored.account is None


async def test_a_row_that_a_hand_was_in_hides_no_other(office: Home) -> None:
    await office.product.invitations.invite(Newcomer("binh", "area-778", Role.OFFICER))
    await office.product.invitations.invite(Newcomer("bo", "area-778", Role.OFFICER))
    behind(office, "UPDATE invitation SET role = 'boss' WHERE name = 'binh'")
    assert [it.name for it in await office.product.invitations.all()] == ["bo"]


# --- later --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["passphrase", "totp"])
async def test_somebody_changes_what_they_log_in_with_and_keeps_their_keys(office: Home, secret: str) -> None:
    """What was before opens nothing any more; other sessions end; what they could read they still read."""
    receipt = await office.citizen().sends("ban ma tuy o karaoke duong le van sy q3")
    async with browser(office) as client, browser(office) as elsewhere:
        await log_in(elsewhere, office, "an")
        office.clock.forward(minutes=2)
        await log_in(client, office, "an")
        office.clock.forward(minutes=2)
        before = {"passphrase": office.passphrases["an"], "code": totp(office.people["an"].totp, office)}
        shown = await sends(client, "/desk/account/renew", "/desk/account", secret=secret, **before)
        found = SECRET.findall(shown.text)
        assert len(found) == (secret == "passphrase")
        assert ("<svg" in shown.text) == (secret == "totp")
        assert (await elsewhere.get("/desk/")).url.path == "/desk/login"
        assert (await client.get("/desk/")).url.path == "/desk/"
    office.clock.forward(minutes=2)
    async with browser(office) as client:
        assert (await log_in(client, office, "an")).status_code == 401
        passphrase = found[0] if found else office.passphrases["an"]
        identity = await office.product.logins.unlock("an", passphrase)
        fresh = {"passphrase": passphrase, "code": totp(identity.totp, office)}
        assert (await log_in(client, office, "an", **fresh)).url.path == "/desk/"
        row = await office.case_of(receipt)
        assert "karaoke" in (await client.get(f"/desk/case/{row.id.hex()}")).text


def totp(secret: bytes, office: Home) -> str:
    return keys.totp_code(secret, office.clock())


async def test_a_stolen_session_changes_nothing(office: Home) -> None:
    """Without passphrase and code, whoever has the cookie makes no new ones; tries are counted as at the login."""
    async with browser(office) as client:
        await log_in(client, office, "an")
        office.clock.forward(minutes=2)
        true = office.passphrases["an"]
        for passphrase, code in (("wrong", totp(office.people["an"].totp, office)), (true, "000000"), ("", "")):
            fields = {"secret": "totp", "passphrase": passphrase, "code": code}
            refused = await sends(client, "/desk/account/renew", "/desk/account", **fields)
            assert refused.status_code == 401
            assert true not in refused.text
            assert "<svg" not in refused.text
        await sends(client, "/desk/account/renew", "/desk/account", secret="all", passphrase=true, code="1")
    assert (await office.product.store.accounts.get("an")).failures == 2
    assert (await office.product.logins.unlock("an", true)).totp == office.people["an"].totp
