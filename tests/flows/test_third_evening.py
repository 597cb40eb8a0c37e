"""A third evening: a home of some years, in several hands; whoever carries, mistypes, proposes, or has its database."""

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.commands import organisation
from bot.commands.people import Signing
from bot.settings import read
from tests.fakes import home, served
from tests.fakes.home import opened
from tests.fakes.machines import Done, Machines
from tests.fakes.machines import founded as a_founded
from tests.fakes.people import AN, ANH, KIEM, TRUC
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_adopting import PEOPLE, adopts, signers, sketched, text
from tests.flows.test_organisation_commands import written
from tests.flows.test_organisation_in_the_home import changed, renamed
from tests.flows.test_shared_out_anew import share
from tests.flows.test_signers_apart import rewritten
from tests.flows.test_tree import behind
from tips import errors
from tips.crypto import age, keys
from tips.crypto.pieces import Pieces
from tips.desk.actions import Fields
from tips.organisation import units
from tips.people import proposals, recovery
from tips.transparency.heads import Heads, head_of

AHEAD = (datetime.now(UTC) + timedelta(days=700)).date().isoformat()  # a day that is far, and that may be signed for


@pytest.fixture
def founded() -> Iterator[Machines]:
    """A home that three people founded, two of whom sign; an officer and an inspector work there."""
    with home.in_memory() as folder:
        yield a_founded(folder, (("an", "area-770"), ("thu", "ttra-tp")))


@pytest.fixture
def kept(founded: Machines) -> Machines:
    """The same, with an administrator who makes backups."""
    founded.joins("quyen", "ttra-tp", "admin")
    return founded


def with_parts(machines: Machines, **parts: Any) -> None:
    """The request on its way, with other parts beside what is signed."""
    machines.request.write_text(json.dumps({**json.loads(machines.request.read_text()), **parts}, ensure_ascii=False))


def they_sign(machines: Machines, *who: str, **heard: str) -> None:
    for name in who:
        done = machines.sign(name, heard)
        assert done.returncode == 0, done.stderr


def sql(machines: Machines, statement: str, *values: Any) -> list[Any]:
    with contextlib.closing(sqlite3.connect(machines.at.database, isolation_level=None)) as database:
        return database.execute(statement, values).fetchall()


def rotates(machines: Machines, *who: str) -> None:
    machines.proposes("unit", "rotate", "area-770")
    assert machines.signed(*who).returncode == 0


def goes_over(machines: Machines) -> None:
    """To the organisation of 2025, which has no desks of districts."""
    machines.proposes("org", "adopt", "hcmc-2025", "--despite")
    assert machines.signed("Lan Anh", "Minh").returncode == 0


def backs_up(machines: Machines) -> Path:
    file = machines.at.folder / "home.age"
    file.unlink(missing_ok=True)
    by = {"TINBAO_PASSWORD": machines.people["quyen"]["passphrase"]}
    done = machines.here("backup", str(file), "--officer", "quyen", **by)
    assert done.returncode == 0, done.stderr
    return file


def first_shares(machines: Machines, *who: str) -> list[str]:
    return [share(machines, it, machines.at.folder / "first-request") for it in who]


def is_restored(machines: Machines, file: Path, shares: list[str]) -> None:
    """The machine burnt down; the backup is brought back, and waits for its signers."""
    for part in (machines.at.home, machines.at.secrets, machines.at.run):
        shutil.rmtree(part, ignore_errors=True)
    quorum = machines.at.folder / "shares"
    quorum.write_text("\n".join(shares))
    back = machines.here("restore", str(file), "--shares", str(quorum), "--request", str(machines.request))
    assert back.returncode == 0, back.stderr


def splits(machines: Machines, *who: str) -> Done:
    quorum = machines.at.folder / "first-shares"
    quorum.write_text("\n".join(first_shares(machines, "Lan Anh", "Minh")))
    lines = [machines.signers[it].does("signer", "show").stdout.strip() for it in who]
    words = [word for line in lines for word in ("--signer", line)]
    return machines.here("roster", "split", str(machines.request), "--shares", str(quorum), *words)


# --- between the last signature and `apply` ---------------------------------------------------------------------------


def test_seeds_that_were_taken_out_after_signing_are_missed(founded: Machines) -> None:
    founded.proposes("unit", "rotate", "area-770")
    they_sign(founded, "Lan Anh", "Minh")
    with_parts(founded, seeds=[])
    assert founded.apply("Lan Anh", "Minh").returncode == 1


def test_logins_that_were_taken_out_after_signing_are_missed(founded: Machines) -> None:
    made = founded.activates(founded.invites("binh", "area-770"))
    founded.proposes_who_waits()
    they_sign(founded, "Lan Anh", "Minh", binh=made["fingerprint"])
    with_parts(founded, accounts=[])
    assert founded.apply("Lan Anh", "Minh").returncode == 1


def test_pieces_that_were_taken_out_after_signing_are_missed(kept: Machines) -> None:
    assert splits(kept, "Lan Anh", "Minh", "Phúc").returncode == 0
    they_sign(kept, "Lan Anh", "Minh")
    with_parts(kept, pieces={})
    done = kept.apply("Lan Anh", "Minh")
    assert done.returncode == 1 or splits(kept, "Lan Anh", "Minh", "Phúc").returncode == 0
    backs_up(kept)


def test_an_organisation_that_was_taken_out_after_signing_is_missed(founded: Machines) -> None:
    plain = json.loads(founded.here("org", "show", "--json").stdout)
    file = founded.at.folder / "next.json"
    file.write_text(json.dumps({**plain, "title": "Khác"}), "utf-8")
    founded.proposes("org", "adopt", str(file), "--despite")
    they_sign(founded, "Lan Anh", "Minh")
    with_parts(founded, organisation=None)
    founded.apply("Lan Anh", "Minh")
    assert founded.here("doctor").returncode == 0


def test_the_version_before_that_was_taken_out_after_signing_is_missed(founded: Machines) -> None:
    founded.joins("binh", "area-770")
    founded.proposes("officer", "remove", "binh")
    they_sign(founded, "Lan Anh", "Minh")
    with_parts(founded, before=None)
    done = founded.apply("Lan Anh", "Minh")
    left = sql(founded, "SELECT name FROM person WHERE name = 'binh'")
    assert done.returncode == 1 or not left


# --- what a signer is told --------------------------------------------------------------------------------------------


def test_events_that_were_taken_out_before_signing_are_missed(founded: Machines) -> None:
    founded.proposes("unit", "rotate", "area-770")
    with_parts(founded, events={})
    given = [founded.sign(it).returncode for it in ("Lan Anh", "Minh")]
    assert 1 in given or founded.apply("Lan Anh", "Minh").returncode == 1
    assert founded.here("ledger", "verify").returncode == 0


async def test_a_version_that_no_event_tells_of_is_not_signed(tmp_path: Path) -> None:
    """Also where the home itself left it out, and reads out the digits without it."""
    async with opened(tmp_path, (AN,)) as office:
        (admin, _), proposal = office.founding.admins, office.product.registrar().rotate("area-770")
        with pytest.raises(errors.NotVerified):
            proposals.consent(replace(proposal, events={}), admin)


async def test_a_request_of_another_time_is_not_signed(tmp_path: Path) -> None:
    """By the clock of the signer's own machine; a week is what it may take."""
    async with opened(tmp_path, (AN,)) as office:
        now, proposal = office.clock(), office.product.registrar().leave("an")
        proposals.check_time(proposal, now + timedelta(days=6))
        for other in (timedelta(days=8), timedelta(days=-1), timedelta(days=400)):
            with pytest.raises(errors.Refused):
                proposals.check_time(proposal, now + other)


def who_left(document: dict[str, Any]) -> None:
    unit, role, verify, until = document["past"]["binh"][0]
    document["past"]["binh"] = [["ttra-tp", "overseer", verify, 0], [unit, role, verify, until]]


def who_stays(document: dict[str, Any]) -> None:
    name, unit, role, _, verify = next(it for it in document["people"] if it[0] == "an")
    document["past"][name] = [[unit, role, verify, 0]]


@pytest.mark.parametrize("change", [who_left, who_stays])
def test_a_signer_is_told_when_whose_keys_ended(founded: Machines, change: Callable[[dict[str, Any]], None]) -> None:
    """Proposed so by whoever rules the home's machine: the digits that they read out are those of what is signed."""
    founded.joins("binh", "area-770")
    founded.proposes("officer", "remove", "binh")
    assert founded.signed("Lan Anh", "Minh").returncode == 0
    founded.proposes("unit", "rotate", "ttra-tp")
    rewritten(founded.request, change)
    told = [it for it in founded.sign("Lan Anh").stderr.splitlines() if it.startswith("  - ")]
    assert len(told) > 1


def test_a_reform_is_compared_with_the_organisation_in_force(founded: Machines) -> None:
    """On its way: the organisation that is signed for another year is put in the place of the present one."""
    founded.proposes("org", "adopt", "hcmc-2025", "--despite", "--from", AHEAD)
    coming = json.loads(founded.request.read_text())["organisation"]
    assert founded.signed("Lan Anh", "Minh").returncode == 0
    file = founded.at.folder / "next.json"
    file.write_text(json.dumps({**json.loads(coming), "title": "Khác"}), "utf-8")
    founded.proposes("org", "adopt", str(file), "--despite")
    with_parts(founded, instead_of=coming)
    done = founded.sign("Minh")
    assert done.returncode == 1 or "The unit area-770 goes" in done.stderr


def test_no_request_moves_a_signer_s_cursor(founded: Machines) -> None:
    """The procuracy's new key is in the line that is wiped."""
    founded.proposes("unit", "rotate", "area-770")

    def hides(document: dict[str, Any]) -> None:
        added = [["vks-tp", 1, os.urandom(1216).hex()], ["x\x1b[1A\x1b[2K", 1, "00"]]
        document["units"] = [*document["units"], *added]

    rewritten(founded.request, hides)
    assert "\x1b" not in founded.sign("Lan Anh").stderr


def test_a_reform_that_comes_in_before_its_day_is_told_as_that(founded: Machines) -> None:
    founded.proposes("org", "adopt", "hcmc-2025", "--despite", "--from", AHEAD)
    assert founded.signed("Lan Anh", "Minh").returncode == 0
    founded.proposes("unit", "rotate", "area-770")

    def early(document: dict[str, Any]) -> None:
        document["organisation"], document["organisation_digest"], _ = document.pop("coming")

    rewritten(founded.request, early)
    assert (
        f"signed ahead for 00:00 {date.fromisoformat(AHEAD):%d/%m/%Y}, is the present one"
        not in founded.sign("Lan Anh").stderr
    )


async def test_a_reform_that_has_come_is_not_called_one_that_never_comes(tmp_path: Path) -> None:
    async with opened(tmp_path, PEOPLE) as office:
        day = office.clock.moment + timedelta(days=10)
        ahead = office.product.registrar().adopt(changed(sketched), day)
        await office.product.roster.put_into_force(office.signed(ahead))
        office.clock.moment = day + timedelta(days=10)
        told = proposals.changes(office.product.registrar().adopt(changed(renamed)))
        assert "roster.coming_gone" not in {it.text for it in told}


# --- versions that were given up, and homes that come back ------------------------------------------------------------


def test_who_signed_a_version_that_was_given_up_signs_the_next_one(founded: Machines) -> None:
    """A mistake in the proposal was found after one had signed; two others signed the right one."""
    founded.proposes("unit", "rotate", "area-770")
    they_sign(founded, "Lan Anh")
    rotates(founded, "Minh", "Phúc")
    founded.proposes("unit", "rotate", "area-770")
    assert founded.sign("Lan Anh").returncode == 0


def test_a_home_comes_back_though_a_version_was_signed_after_the_backup(kept: Machines) -> None:
    file, shares = backs_up(kept), first_shares(kept, "Lan Anh", "Minh")
    rotates(kept, "Lan Anh", "Minh")
    is_restored(kept, file, shares)
    done = [kept.sign(it).returncode for it in ("Lan Anh", "Minh", "Phúc")]
    assert done.count(0) >= 2


def test_a_version_of_a_history_that_was_lost_does_not_come_into_force(kept: Machines) -> None:
    """Somebody with the database kept the last row, and puts it into the home that came back."""
    file, shares = backs_up(kept), first_shares(kept, "Lan Anh", "Minh")
    rotates(kept, "Lan Anh", "Minh")
    rotates(kept, "Lan Anh", "Minh")
    ((version, document, signatures),) = sql(
        kept, "SELECT version, document, signatures FROM roster ORDER BY version DESC LIMIT 1"
    )
    is_restored(kept, file, shares)
    for it in kept.signers.values():  # as it has to be, or nobody could sign: see the test before
        own = it.folder / "keys"
        own.write_text(json.dumps({**json.loads(own.read_text()), "seen": [0, ""]}))
    assert kept.signed("Lan Anh", "Phúc").returncode == 0
    now = kept.roster()
    sql(kept, "INSERT INTO roster (version, document, signatures) VALUES (?, ?, ?)", version, document, signatures)
    shown = kept.here("roster", "show", "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == now


def test_an_apply_that_was_killed_half_way_is_finished_by_the_next(
    kept: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As the process was."""

    async def dies(_: Heads) -> None:
        raise Killed

    was = origin(kept)
    file, shares = backs_up(kept), first_shares(kept, "Lan Anh", "Minh")
    is_restored(kept, file, shares)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Heads, "begin_anew", dies)
        kept.signed("Lan Anh", "Phúc")
    done = kept.apply("Lan Anh", "Phúc")
    assert (done.returncode, origin(kept) != was) == (0, True)
    now = (kept.at.secrets / "head.json").read_bytes()
    assert kept.apply("Lan Anh", "Phúc").returncode == 0
    assert (kept.at.secrets / "head.json").read_bytes() == now
    assert kept.here("ledger", "verify").returncode == 0


def origin(machines: Machines) -> str:
    """The log's name by its newest head."""

    async def newest() -> str:
        async with wiring.open_product(read(served.environment(machines.at.folder, machines.at.port))) as product:
            await product.heads.tick()
            known, _ = await product.heads.believed()
            return head_of(known).origin if known else ""

    return asyncio.run(newest())


def test_shares_of_who_went_still_open_backups_beside_an_older_one(kept: Machines) -> None:
    """Said, for the key stays the same: Phúc, whom Hà follows, one other share of before, and a backup of before that
    somebody kept."""
    older, gone = backs_up(kept).read_bytes(), first_shares(kept, "Lan Anh", "Phúc")
    words = ("--signer", kept.comes("Hà", "bca-c01").line, "--without", "Phúc")
    assert kept.here("roster", "propose", str(kept.request), *words).returncode == 0
    assert kept.signed("Lan Anh", "Minh", **kept.heard).returncode == 0
    assert splits(kept, "Lan Anh", "Minh", "Hà").returncode == 0
    assert kept.signed("Lan Anh", "Minh").returncode == 0
    seed, _ = recovery.unseal([older], keys.parse_shares(gone))
    newer = Pieces([backs_up(kept).read_bytes()])
    key = age.open_file_key(age.read_header(newer), seed)
    assert b'"manifest"' in b"".join(age.open_payload(key, newer))


# --- a clock that is wrong --------------------------------------------------------------------------------------------


async def test_a_clock_that_is_behind_when_somebody_leaves_takes_back_nothing(
    tmp_path: Path, database_url: str
) -> None:
    async with opened(tmp_path, (AN, ANH, TRUC, KIEM), database_url) as office:
        receipt = await office.citizen().sends(TIP)
        row = await office.the_case()
        await office.product.casework.act(await office.session("an"), row.id, "ask", Fields("Phòng số mấy?"))
        right = office.clock.moment
        for wrong in (timedelta(days=-400), timedelta(days=3650)):
            office.clock.moment = right + wrong
            leaves = office.product.registrar().leave("an")
            office.clock.moment = right + timedelta(hours=1)
            with pytest.raises(errors.Refused, match=r"an|roster_late"):
                await office.product.roster.put_into_force(office.signed(leaves))
        assert (await office.product.audit()).problems == ()
        assert len((await office.product.mailboxes.read(receipt)).letters) == 1


# --- after a reform ---------------------------------------------------------------------------------------------------


def test_who_worked_at_a_unit_that_is_gone_can_be_removed(founded: Machines) -> None:
    founded.joins("binh", "area-770")
    goes_over(founded)
    done = founded.here("officer", "remove", "binh", "--request", str(founded.request))
    assert done.returncode == 0, done.stderr


def test_who_worked_at_a_unit_that_is_gone_gets_new_keys(founded: Machines) -> None:
    """They read on what the desk had; a unit that is gone and empty has no key to rotate."""
    founded.joins("binh", "area-770")
    goes_over(founded)
    rotates(founded, "Lan Anh", "Minh")
    done = founded.here("officer", "renew", "an")
    assert done.returncode == 0, done.stderr
    made = founded.activates(json.loads(done.stdout)["invitation"])
    founded.proposes_who_waits()
    assert founded.signed("Lan Anh", "Minh", an=made["fingerprint"]).returncode == 0
    held = sql(founded, "SELECT DISTINCT holder FROM unit_seed WHERE unit = 'area-770' AND generation = 3")
    assert {it for (it,) in held} == {"an", "binh"}
    assert founded.here("unit", "rotate", "area-769", "--request", str(founded.request)).returncode == 1


def test_who_worked_at_a_unit_that_is_gone_works_at_another_under_their_name(founded: Machines) -> None:
    goes_over(founded)
    done = founded.here("officer", "move", "an", "--unit", "ward-27154", "--request", str(founded.request))
    assert done.returncode == 0, done.stderr
    assert founded.signed("Lan Anh", "Minh").returncode == 0


async def test_whose_code_is_used_again_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, PEOPLE) as office:
        office.clock.moment = datetime.now(UTC)  # as the command has it
        first = office.product.organisation.document
        await adopts(tmp_path, office)
        told = await office.product.reorganisation.consequences(units.of_document(first))
        proposal = office.product.registrar().adopt(first)
        assert "org.change.reused" in {it.text for it in proposals.changes(proposal)}, "those who sign are not told"
        await office.product.roster.put_into_force(office.signed(proposal))
        await office.citizen().sends(TIP)
        row = await office.the_case()
        assert await text(office, await office.session("an"), row.id) == TIP
        assert ("reused", "area-770", "1") in {(it.kind, it.params.get("code"), it.params.get("count")) for it in told}


async def test_a_reform_that_was_signed_ahead_can_be_called_off(tmp_path: Path) -> None:
    async with opened(tmp_path, PEOPLE) as office:
        office.clock.moment = datetime.now(UTC)  # as the command has it
        present = tmp_path / "present.json"
        present.write_bytes(office.product.organisation.document.data)
        signing = Signing(signers(tmp_path, office), None)
        day = (office.clock.moment + timedelta(days=40)).replace(tzinfo=None)
        await organisation.adopt(office.settings, written(tmp_path, sketched), signing, despite=False, at=day)
        with contextlib.suppress(errors.Refused):
            await organisation.adopt(office.settings, str(present), signing, despite=False)
        await office.product.roster.refresh()
        assert office.product.roster().coming is None


# --- who waits --------------------------------------------------------------------------------------------------------


def test_an_invitation_to_a_unit_that_is_gone_keeps_nobody_else_out(founded: Machines) -> None:
    founded.activates(founded.invites("binh", "area-769"))
    goes_over(founded)
    dung = founded.activates(founded.invites("dung", "ttra-tp"))
    done = founded.here("roster", "propose", str(founded.request), LC_ALL="vi_VN")
    assert done.returncode == 0, done.stderr
    assert "! binh (area-769) bị bỏ lại: Không có đơn vị nào" in done.stderr
    assert founded.signed("Lan Anh", "Minh", dung=dung["fingerprint"]).returncode == 0
    assert founded.here("roster", "propose", str(founded.request)).returncode == 1  # nobody else can join
    assert founded.here("officer", "uninvite", "binh").returncode == 0
    assert founded.here("officer", "uninvite", "binh").returncode == 1


@pytest.mark.parametrize(
    "edit",
    [
        "unit = 'nowhere'",
        "name = 'a' || char(10) || 'b'",
        "public = x'00'",
        "public = 'text'",
        "verify = x'00'",
        "role = 'boss'",
        "expires_at = 'soon'",
    ],
)
def test_a_row_that_a_hand_spoilt_keeps_nobody_else_out(founded: Machines, edit: str) -> None:
    founded.activates(founded.invites("dung", "ttra-tp"))
    founded.activates(founded.invites("dat", "ttra-tp"))
    sql(founded, f"UPDATE invitation SET {edit} WHERE name = 'dat'")
    done = founded.here("roster", "propose", str(founded.request))
    assert done.returncode == 0, done.stderr
    assert "dung" in done.stdout
    assert "dat" not in done.stdout


def test_a_second_invitation_of_a_name_drops_no_keys_that_were_made(founded: Machines) -> None:
    """Two administrators at once, and two people of one name. A code that nobody took up gives way to another."""
    founded.invites("binh", "area-770")
    made = founded.activates(founded.invites("binh", "area-770"))
    again = founded.here("officer", "add", "binh", "--unit", "ttra-tp")
    assert (again.returncode, "roster propose" in again.stderr) == (1, True)
    founded.proposes_who_waits()
    assert founded.signed("Lan Anh", "Minh", binh=made["fingerprint"]).returncode == 0


async def test_a_seed_that_a_hand_spoilt_is_made_again(tmp_path: Path, database_url: str) -> None:
    """Once they logged in, and a colleague did: nobody else can tell whether a copy opens."""
    async with opened(tmp_path, (AN, ANH), database_url) as office:
        for junk in (bytes(1200), *(["?"] if "sqlite" in database_url else [])):
            behind(office, "UPDATE unit_seed SET sealed = :junk WHERE holder = 'anh'", junk=junk)
            assert not (await office.session("anh")).seeds
            await office.session("an")
            assert "area-770" in (await office.session("anh")).seeds


def test_a_document_that_cannot_be_written_is_one_clear_error(founded: Machines, tmp_path: Path) -> None:
    plain = json.loads(founded.here("org", "show", "--json").stdout)
    columns = ("code", "name", "kind", "parent", "receives", "area")
    rows = [",".join("" if it[key] is None else f'"{it[key]}"' for key in columns) for it in plain["units"]]
    table = tmp_path / "units.csv"
    table.write_text("\n".join([",".join(columns), *rows]), "utf-8")
    words = ("org", "import", "--from", "hcmc-districts", "--units", str(table), "--out", str(tmp_path / "no" / "it"))
    try:
        done = founded.here(*words)
    except OSError as error:
        raise AssertionError from error
    assert done.returncode == 1
