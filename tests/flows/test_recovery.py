"""What only a quorum of offices can do: open what is held, and bring a home back from a backup."""

import base64
import contextlib
import json
import os
import sqlite3
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import locales
import storage
from bot import backups, settings, wiring
from bot.commands import error_messages, recovery
from bot.commands.people import Signing
from bot.settings import Settings
from storage import backup, engine, migrate
from tests.fakes import databases, home
from tests.fakes.home import Home
from tests.fakes.people import A_FEW, AN, KIEM
from tests.fakes.words import DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS as SENTENCE
from tips import errors
from tips.cases import deadlines, ledger, milestones
from tips.cases.case import Case
from tips.cases.ledger import Kind
from tips.crypto import age, sealing
from tips.crypto.keys import Recovery
from tips.crypto.pieces import Pieces
from tips.desk.actions import Fields
from tips.merkle import checkpoints
from tips.merkle.checkpoints import Checkpoint
from tips.people import recovery as quorum
from tips.people.recovery import LedgerState
from tips.triage import Corrections


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    return tmp_path / "init.json"


def write_printed(file: Path, opened: Home, offices: int = 2) -> None:
    """What `tinbao init --json` printed, with the shares of so many offices."""
    shares = [f"{office}:{share}" for office, share in opened.founding.shares.items()][:offices]
    admins = [{"name": name, "passphrase": words} for name, words in opened.founding.passphrases.items()]
    file.write_text(json.dumps({"admins": admins, "recovery": {"k": 2, "n": 3, "shares": shares}}))


def restored_into(folder: Path, old: Settings) -> Settings:
    return replace(
        old,
        home=folder / "new",
        secrets=folder / "new-secrets",
        database_url=f"sqlite+aiosqlite:///{folder}/new/tinbao.db",
    )


async def opens_held(opened: Home, name: str, printed: Path, unit: str | None = None, words: str = "") -> None:
    """`tinbao held open` for the one case there is."""
    case = (await opened.the_case()).id
    with opened.types(name, words):
        await recovery.open_held(opened.settings, case.hex(), printed, name, unit)


async def held(opened: Home) -> Case:
    """A case that nobody had a key for when it came."""
    await opened.citizen().sends(SENTENCE)
    (case,) = await opened.product.store.cases.held()
    return case


async def test_a_held_case_is_opened_by_two_offices_and_given_to_a_unit_with_a_key(
    tmp_path: Path, printed: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody had a key the quorum gives the case on, in the name of a person; a single office cannot."""
    async with home.opened(tmp_path, people=(), url=database_url) as opened:
        case = await held(opened)
        await opened.join(("kiem", "vks-tp", "overseer"))
        write_printed(printed, opened, offices=1)
        with pytest.raises(errors.WrongPassphrase):
            await opens_held(opened, "kiem", printed)
        assert await opened.recorded(Kind.READ, Kind.RELEASED) == []
        write_printed(printed, opened)
        await opens_held(opened, "kiem", printed)
        assert capsys.readouterr().out == f"{opened.product.organisation.unit('vks-tp').name}\n"
        session, statistics = await opened.session("kiem"), opened.product.store.statistics
        era = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        assert await statistics.milestones(*era) == []
        assert not await opened.product.review.was_read(session, case.id)  # only the seed opened it, and showed nothing
        assert (await opened.product.search.by_words(session, "karaoke")).hits == ()
        read = await opened.product.review.open(session, case.id)
        assert read.tip.text == SENTENCE
        assert [it.kind for it in await statistics.milestones(*era)] == [milestones.Kind.READ]
        done = [(it.kind, it.by, it.facts.get("part")) for it in read.events[1:]]
        assert done == [(Kind.READ, "kiem", "held"), (Kind.RELEASED, "kiem", None), (Kind.READ, "kiem", "all")]
        assert (await opened.product.audit()).sound


@pytest.mark.parametrize(
    ("name", "role"), [("an", "officer"), ("ba", "head"), ("truc", "coordinator"), ("xet", "auditor")]
)
async def test_who_may_not_open_what_is_held_is_told_so_and_nothing_is_on_record(
    tmp_path: Path, printed: Path, name: str, role: str
) -> None:
    """Whoever brings the shares: an overseer or an admin signs for it."""
    async with home.opened(tmp_path, people=()) as opened:
        await held(opened)
        await opened.join((name, "pc03", role), KIEM)
        write_printed(printed, opened)
        with pytest.raises(errors.Refused) as refused:
            await opens_held(opened, name, printed)
        assert refused.value.key == "error.role"
        for words in ("wrong-wrong", opened.passphrases["kiem"]):
            with pytest.raises(errors.WrongPassphrase):
                await opens_held(opened, "admin-vks", printed, words=words)
        assert await opened.recorded(Kind.READ, Kind.RELEASED) == []
        assert (await opened.the_case()).unit == "held"


@pytest.mark.parametrize("kind", [Kind.READ, Kind.RELEASED])
async def test_a_held_case_stays_closed_where_its_opening_cannot_be_put_on_record(
    tmp_path: Path, printed: Path, kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the opening nor the giving is done without its record; the same command works once there is one."""
    async with home.opened(tmp_path, people=()) as opened:
        case = await held(opened)
        await opened.join(KIEM)
        write_printed(printed, opened)
        away = databases.without_events(opened.settings.database_url, kind)
        with away, pytest.raises(errors.StoreUnavailable):
            await opens_held(opened, "admin-ttra", printed)
        assert capsys.readouterr().out == ""
        assert (await opened.case(case.id)).unit == "held"
        assert "vks-tp" not in {it.reader for it in await opened.grants(case.id)}
        await opens_held(opened, "admin-ttra", printed)
        assert (await opened.case(case.id)).unit == "vks-tp"


async def test_the_quorum_cannot_give_a_case_to_whom_it_accuses(tmp_path: Path, printed: Path) -> None:
    """Exclusions hold for the quorum too; that somebody tried is on record in their name."""
    async with home.opened(tmp_path, people=(AN,)) as opened:
        await opened.citizen().sends("Công an quận 3 nhận tiền bảo kê sòng bạc đường Lê Văn Sỹ quận 3")
        write_printed(printed, opened)
        for unit in ("area-770", None):
            with pytest.raises(errors.Refused):
                await opens_held(opened, "admin-vks", printed, unit)
        assert [(it.kind, it.by) for it in await opened.recorded(Kind.READ, Kind.RELEASED)] == [
            (Kind.READ, "admin-vks")
        ] * 2


async def test_who_belongs_to_an_accused_office_opens_nothing_for_the_quorum(tmp_path: Path, printed: Path) -> None:
    """Neither their rank nor borrowed shares help: for them there is no such case, for another office there is."""
    async with home.opened(tmp_path, people=()) as opened:
        await opened.citizen().sends(
            "Viện trưởng Viện kiểm sát nhân dân thành phố nhận hối lộ để đình chỉ vụ án ma tuý ở quận 3."
        )
        await opened.join(KIEM, ("cuc", "bca-c01", "overseer"))
        write_printed(printed, opened)
        for name in ("kiem", "admin-vks"):
            with pytest.raises(errors.NotFound):
                await opens_held(opened, name, printed)
        assert (await opened.the_case()).unit == "held"
        await opens_held(opened, "admin-ttra", printed)
        assert (await opened.the_case()).unit == "bca-c01"


# --- backups ----------------------------------------------------------------------------------------------------------


def written(folder: Path) -> list[str]:
    """Backups and parts of them."""
    return sorted(it.name for it in folder.glob("*.backup*"))


async def test_a_backup_is_on_record_in_an_admins_name_before_it_is_written(tmp_path: Path, printed: Path) -> None:
    """So that the record of it is in the backup itself."""
    file = tmp_path / "home.backup"
    async with home.opened(tmp_path) as opened:
        await opened.backs_up(file, "admin-ttra")
        (event,) = await opened.recorded(Kind.BACKED_UP)
        assert (event.by, event.facts, event.case) == ("admin-ttra", {}, b"")
        assert (await opened.product.audit()).sound
        write_printed(printed, opened)
        clock = opened.clock
    new = restored_into(tmp_path, opened.settings)
    await recovery.restore(new, file, printed, Signing(printed))
    async with wiring.open_product(new, now=clock) as product:
        assert ledger.sign(event, b"x" * 32).leaf in {it.leaf for it in await product.store.ledger.waiting()}


async def test_who_may_not_back_up_is_told_so_and_nothing_is_written(tmp_path: Path) -> None:
    """No role but an admin's, no wrong passphrase, and nobody who has left."""
    people = (*A_FEW, ("ba", "area-770", "head"), ("nam", "duty", "coordinator"), ("xet", "ttra-tp", "auditor"))
    async with home.opened(tmp_path, people) as opened:
        for name in ("an", "ba", "kiem", "nam", "xet"):
            with pytest.raises(errors.Refused) as refused:
                await opened.backs_up(tmp_path / "home.backup", name)
            assert refused.value.key == "error.role"
        for name in ("admin-vks", "nobody"):
            with opened.types(name, "wrong-wrong"), pytest.raises(errors.WrongPassphrase):
                await recovery.back_up(opened.settings, tmp_path / "home.backup", name)
        assert written(tmp_path) == []
        assert await opened.recorded(Kind.BACKED_UP) == []


async def test_no_backup_is_written_that_is_not_on_record(tmp_path: Path) -> None:
    """The ledger takes nothing: no file, not half of one; and the one of yesterday is as it was."""
    file = tmp_path / "home.backup"
    async with home.opened(tmp_path) as opened:
        file.write_bytes(b"yesterday's")
        with databases.without_events(opened.settings.database_url), pytest.raises(errors.StoreUnavailable):
            await opened.backs_up(file)
        assert written(tmp_path) == ["home.backup"]
        assert file.read_bytes() == b"yesterday's"


async def test_a_backup_that_breaks_off_leaves_nothing_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever went wrong: the store went away in the middle, or somebody pressed Ctrl-C."""
    whole = backup.dump
    async with home.opened(tmp_path) as opened:
        for error in (errors.StoreUnavailable, KeyboardInterrupt):

            def broken(*how: Any, error: type[BaseException] = error) -> Iterator[bytes]:
                yield next(whole(*how))
                raise error

            monkeypatch.setattr(backup, "dump", broken)
            with pytest.raises(error):
                await opened.backs_up(tmp_path / "home.backup")
            assert written(tmp_path) == []


async def test_a_restored_home_opens_its_cases_and_wakes_what_slept(
    tmp_path: Path, printed: Path, database_url: str
) -> None:
    """From either database a backup comes back: logins work, receipts find their tip, and a late case climbs."""
    file = tmp_path / "home.backup"
    async with home.opened(tmp_path, url=database_url) as opened:
        receipt = await opened.citizen().sends(SENTENCE)
        write_printed(printed, opened)
        await opened.backs_up(file)
        seen, people, clock = await opened.cases(), opened.people, opened.clock
    assert SENTENCE.encode() not in file.read_bytes()
    new = restored_into(tmp_path, opened.settings)
    await recovery.restore(new, file, printed, Signing(printed))
    async with wiring.open_product(new, now=clock) as product:
        assert await product.store.ledger.heads() == seen
        assert (await product.audit()).sound
        assert (await product.mailboxes.read(receipt)).case.id == seen[0].id
        officer = await product.logins.session_of(people["an"])
        assert (await product.review.open(officer, seen[0].id)).tip.text == SENTENCE
        clock.forward(hours=60)
        await product.escalation.tick()
        above = await product.logins.session_of(people["truc"])
        assert (await product.review.open(above, seen[0].id)).tip.text == SENTENCE


def split(data: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each line of a dump with the bytes that stand behind it."""
    source = Pieces(data)
    while line := source.line():
        _, _, *lengths = json.loads(line)
        yield line, source.take(sum(lengths[0].values()) if lengths else 0)


@dataclass(frozen=True)
class Backed:
    """A home that is gone, its backup, and what brings it back."""

    file: Path
    printed: Path
    old: Settings
    opened: Home
    receipt: str = field(repr=False)

    @property
    def new(self) -> Settings:
        return restored_into(self.file.parent, self.old)

    async def restores(self, file: Path | None = None, *, despite: bool = False, head: Path | None = None) -> None:
        new, printed = self.new, self.printed
        await recovery.restore(new, file or self.file, printed, Signing(printed), despite=despite, head=head)

    def resealed(self, change: Callable[[list[bytes]], list[bytes]]) -> Path:
        """The file as somebody who holds the shares could write it anew: each row of the dump is one of the list."""
        seed, data = quorum.unseal([self.file.read_bytes()], self.opened.founding.shares)
        rows = [line + more for line, more in split(data)]
        kept = self.opened.founding.kept
        sealed = {it.removeprefix("recovery:"): kept[it] for it in kept if it.startswith("recovery:")}
        other = self.file.with_name("resealed.age")
        public = sealing.public_bytes(seed)
        other.write_bytes(b"".join(quorum.seal(public, Recovery(2, sealed), change(rows), os.urandom)))
        return other

    def is_empty(self) -> bool:
        """Whether a failed restore left nothing: neither rows nor keys."""
        if (self.new.secrets / "signers.json").exists():
            return False
        path = Path(engine.sqlite_path(self.new.database_url))
        if not path.exists():
            return True
        with closing(sqlite3.connect(path)) as connection:
            names = [it for (it,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return not any(
                connection.execute(f"SELECT 1 FROM {it} LIMIT 1").fetchone() for it in names if it != "alembic_version"
            )


@contextlib.asynccontextmanager
async def backed_up(
    folder: Path, before: Callable[[Home, str], Awaitable[None]] | None = None
) -> AsyncIterator[Backed]:
    """A home with one tip, backed up; `before`: what is done to it first."""
    file, printed = folder / "home.backup", folder / "init.json"
    async with home.opened(folder) as opened:
        receipt = await opened.citizen().sends(SENTENCE)
        if before:
            await before(opened, receipt)
        await opened.backs_up(file)
        write_printed(printed, opened)
    yield Backed(file, printed, opened.settings, opened, receipt)


async def test_a_backup_that_was_touched_restores_nothing_and_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    """Cut, altered, of another key or no backup at all: named in the person's language, and the home stays empty."""
    async with backed_up(tmp_path) as backed:
        whole, short = backed.file.read_bytes(), tmp_path / "short.backup"
        first = b"".join(age.seal(sealing.public_bytes(bytes(32)), [b"x"], os.urandom))
        begun, payload = whole.index(b"tinbao.recovery"), whole.index(b"\n", whole.index(b"\n--- ") + 1) + 1
        assert len(whole) > payload + 16 + 65_552
        stanza = whole[whole.index(b"-> mlkem768x25519 ") : begun - 3]
        others = first[first.index(b"-> mlkem768x25519 ") : first.index(b"--- ")]
        for damaged, key in (
            (whole[:-40], "error.backup_cut_short"),
            (whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:], "error.backup_cut_short"),
            (whole[: payload + 16 + 65_552], "error.backup_cut_short"),  # after a whole chunk
            (whole[:20_000] + bytes([whole[20_000] ^ 1]) + whole[20_001:], "error.backup_altered"),
            (whole.replace(b"\n--- ", b"\n---  "), "error.backup_altered"),
            (whole[:1000], "error.backup_altered"),
            (whole.replace(stanza, others), "error.backup_other_key"),
            (b"x" + whole[1:], "error.backup_foreign"),
            (b"", "error.backup_foreign"),
            (bytes(100_000), "error.backup_foreign"),  # no line in it ends
            (whole[:30] + b"A" * 3_000_000, "error.backup_altered"),
            (first, "error.backup_foreign"),
        ):
            short.write_bytes(damaged)
            with pytest.raises(errors.NotOpened) as refused:
                await backed.restores(short)
            said = {error_messages.said(refused.value, {"LANG": lang}) for lang in ("vi", "en", "zh")}
            assert said == {locales.say(lang, key) for lang in ("vi", "en", "zh")}, key
            assert backed.is_empty(), key
        await backed.restores()  # nothing of the failed tries is in the way


async def test_too_few_shares_or_a_wrong_digit_restore_nothing(tmp_path: Path) -> None:
    """A wrong digit is named by its office and group."""
    async with backed_up(tmp_path) as backed:
        write_printed(backed.printed, backed.opened, offices=1)
        with pytest.raises(errors.WrongShares):
            await backed.restores()
        write_printed(backed.printed, backed.opened)
        said = json.loads(backed.printed.read_text())
        share = said["recovery"]["shares"][1]
        at = share.index("-", share.index(":")) + 3
        said["recovery"]["shares"][1] = share[:at] + str((int(share[at]) + 1) % 10) + share[at + 1 :]
        backed.printed.write_text(json.dumps(said))
        with pytest.raises(errors.WrongGroup, match=rf"^{share.split(':')[0]}, 2$"):
            await backed.restores()
        assert backed.is_empty()


async def test_rows_that_are_not_those_of_the_manifest_restore_nothing(tmp_path: Path) -> None:
    """A row left out, or twice, or an event of another ledger: by somebody who could write the file anew."""
    async with backed_up(tmp_path) as backed:
        for change in (
            lambda rows: rows[:-1],
            lambda rows: [rows[0], *rows[2:]],
            lambda rows: [*rows, rows[-1]],
            lambda rows: [rows[0].replace(b'"digest":"', b'"digest":"0'), *rows[1:]],
        ):
            with pytest.raises(errors.Altered):
                await backed.restores(backed.resealed(change))
            assert backed.is_empty()
        later = backed.resealed(lambda rows: [rows[0].replace(b'"schema":"00', b'"schema":"99'), *rows[1:]])
        with pytest.raises(errors.BadSetting, match="later version"):
            await backed.restores(later)
        await backed.restores(backed.resealed(lambda rows: rows))


async def test_what_is_not_as_it_was_signed_is_named_and_stops_a_restore(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An edited row was backed up: nothing is restored; whoever wants it all the same says so, and it is mended."""

    async def edited(opened: Home, receipt: str) -> None:
        with closing(sqlite3.connect(engine.sqlite_path(opened.settings.database_url))) as connection, connection:
            connection.execute("UPDATE tip SET unit = 'area-760', due_at = NULL")

    async with backed_up(tmp_path, edited) as backed:
        with pytest.raises(errors.Refused) as refused:
            await backed.restores()
        assert (refused.value.key, backed.is_empty()) == ("error.restore_differs", True)
        assert "is not what was signed" in capsys.readouterr().err
        await backed.restores(despite=True)
        async with wiring.open_product(backed.new, now=backed.opened.clock) as product:
            await product.escalation.tick_all()
            (case,) = await product.store.ledger.heads()
            assert (case.unit, (await product.audit()).sound) == ("area-770", True)


async def test_what_the_ledger_says_is_destroyed_does_not_come_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hand put the text of a shredded case back into the rows before the backup: its own ledger says otherwise."""

    async def undead(opened: Home, receipt: str) -> None:
        case = (await opened.the_case()).id
        with closing(sqlite3.connect(engine.sqlite_path(opened.settings.database_url))) as connection:
            kept = {it: connection.execute(f"SELECT * FROM {it}").fetchall() for it in ("envelope", "reading_grant")}
        session, act = await opened.session("an"), opened.product.casework.act
        await act(session, case, "accept")
        await act(session, case, "conclude", Fields(result="unfounded", text="Chưa thấy cơ sở."))
        await act(session, case, "close")
        opened.clock.forward(days=91)
        assert await opened.product.retention.tick() == 1
        with closing(sqlite3.connect(engine.sqlite_path(opened.settings.database_url))) as connection, connection:
            for name, rows in kept.items():
                marks = ",".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)

    async with backed_up(tmp_path, undead) as backed:
        with pytest.raises(errors.Refused):
            await backed.restores()
        assert backed.is_empty()
        assert (await stored_cases(backed.old))[0].hex() in capsys.readouterr().err


async def test_what_the_ledger_says_is_shut_out_gets_no_key_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hand put the key of a unit that was found to be accused back before the backup: it is named, and stops it."""

    async def returned(opened: Home, receipt: str) -> None:
        case = (await opened.the_case()).id
        path = engine.sqlite_path(opened.settings.database_url)
        with closing(sqlite3.connect(path)) as connection:
            (theirs,) = connection.execute("SELECT * FROM reading_grant WHERE reader = 'duty'").fetchall()
        fields = Fields(corrections=Corrections(accused=("duty",)))
        await opened.product.casework.act(await opened.session("an"), case, "correct", fields)
        assert "duty" not in {it.reader for it in await opened.grants(case)}
        (envelope,) = await opened.envelopes(case, "tip")
        with closing(sqlite3.connect(path)) as connection, connection:
            marks = ",".join("?" * len(theirs))
            connection.execute(f"INSERT INTO reading_grant VALUES ({marks})", (envelope.id, *theirs[1:]))

    async with backed_up(tmp_path, returned) as backed:
        with pytest.raises(errors.Refused):
            await backed.restores()
        assert backed.is_empty()
        assert "is not what was signed" in capsys.readouterr().err


async def test_a_home_comes_back_on_postgresql_or_leaves_it_empty(tmp_path: Path, postgres_url: str) -> None:
    """From SQLite's rows: all of them, or after a refusal none, and the same database takes the next try."""

    async def edited(opened: Home, receipt: str) -> None:
        with closing(sqlite3.connect(engine.sqlite_path(opened.settings.database_url))) as connection, connection:
            connection.execute("UPDATE tip SET unit = 'area-760'")

    async with backed_up(tmp_path, edited) as backed:
        new = replace(backed.new, database_url=postgres_url)
        with pytest.raises(errors.Refused):
            await recovery.restore(new, backed.file, backed.printed, Signing(backed.printed))
        assert await stored_cases(new) == []
        assert await stored_events(new) == []
        await recovery.restore(new, backed.file, backed.printed, Signing(backed.printed), despite=True)
        async with wiring.open_product(new, now=backed.opened.clock) as product:
            assert (await product.mailboxes.read(backed.receipt)).case.unit == "area-770"


async def test_a_restored_home_says_by_both_admins_from_which_ledger_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An event each; what one says alone is no new epoch, and `doctor` says so. It is said since when tips are lost."""
    async with backed_up(tmp_path) as backed:
        stored = await stored_events(backed.old)
        state = LedgerState.of(sorted(it.leaf for it in stored))
        await backed.restores()
        said = deadlines.moment(max(ledger.parse(it).at for it in stored))
        assert said in capsys.readouterr().err
        async with wiring.open_product(backed.new, now=backed.opened.clock) as product:
            rows = await product.store.ledger.waiting()
            events = [ledger.verify(it, product.roster().verifiers) for it in rows]
            (epoch,) = quorum.epochs(events, product.roster())
            assert (epoch.ledger, epoch.roster, epoch.holds) == (state, product.roster().version, True)
            assert epoch.signers == {"admin-vks", "admin-ttra"}
            assert (await product.audit()).sound
            alone = [it for it in events if it.kind is not Kind.RESTORED or it.by != "admin-vks"]
            assert [it.holds for it in quorum.epochs(alone, product.roster())] == [False]


async def stored_cases(settings: Settings) -> list[bytes]:
    async with storage.open_store(settings.database_url) as store:
        return [it.id for it in await store.ledger.heads()]


async def stored_events(settings: Settings) -> list[ledger.SignedEvent]:
    async with storage.open_store(settings.database_url) as store:
        return await store.ledger.waiting()


async def test_a_backup_is_of_one_moment_whatever_is_written_meanwhile(tmp_path: Path, database_url: str) -> None:
    """A tip that comes while it is being written is in it as a whole or not at all: here, not at all."""
    async with home.opened(tmp_path, url=database_url) as opened:
        await opened.citizen("one").sends(SENTENCE)
        dumped = backup.dump(database_url, "a test", opened.clock())
        first = next(dumped)
        await opened.citizen("two").sends(SENTENCE)
        counted = Counter(json.loads(line)[0] for line, _ in split(dumped))
        manifest = json.loads(first)[1]["rows"]
        assert {name: counted[name] for name in manifest} == manifest
        assert (counted["tip"], len(await opened.cases())) == (1, 2)


async def test_a_large_home_is_backed_up_and_comes_back_in_little_memory(tmp_path: Path) -> None:
    """Sixty megabytes of files, and never more than a third of it in memory."""
    old, new = (f"sqlite+aiosqlite:///{tmp_path}/{name}.db" for name in ("old", "new"))
    for url in (old, new):
        databases.prepare(url)
    with closing(sqlite3.connect(engine.sqlite_path(old))) as connection, connection:
        rows = ((bytes(16), number, os.urandom(65_552)) for number in range(960))
        connection.executemany("INSERT INTO blob (envelope_id, number, sealed) VALUES (?, ?, ?)", rows)
    seed, file = os.urandom(32), tmp_path / "large.age"
    at, none = datetime(2026, 11, 1, tzinfo=UTC), Recovery(2, {"px05,vks-tp": b"x"})
    tracemalloc.start()
    with backups.whole(file) as out:
        for piece in backups.pieces(old, sealing.public_bytes(seed), none, at):
            out.write(piece)
    with file.open("rb") as source:
        data = Pieces(iter(lambda: source.read(65_536), b""))
        header = age.read_header(data)
        manifest, _ = backup.load(new, Pieces(age.open_payload(age.open_file_key(header, seed), data)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert manifest and manifest.rows == {"blob": 960}
    assert most < 20_000_000


async def test_rows_of_an_older_schema_are_brought_to_the_newest(tmp_path: Path) -> None:
    """The program was renewed between backup and disaster: the manifest says which tables the rows are from."""
    known = migrate.revisions(migrate.SCRIPTS)
    old, new = (f"sqlite+aiosqlite:///{tmp_path}/{name}.db" for name in ("old", "new"))
    migrate.upgrade(old, known[-3])
    with closing(sqlite3.connect(engine.sqlite_path(old))) as connection, connection:
        connection.execute("INSERT INTO kept (name, value) VALUES ('recovery', ?)", (b"2" * 2000,))
    data = b"".join(backup.dump(old, "an older one", datetime(2026, 11, 1, tzinfo=UTC)))
    manifest, _ = backup.load(new, Pieces([data]))
    assert manifest and (manifest.schema, manifest.rows) == (known[-3], {"kept": 1})
    with closing(sqlite3.connect(engine.sqlite_path(new))) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (known[-1],)
        assert connection.execute("SELECT value FROM kept").fetchone() == (b"2" * 2000,)


async def test_what_an_earlier_program_backed_up_still_comes_back(tmp_path: Path) -> None:
    """A file of the first format with shares spelled in letters, as that program wrote them."""
    kept = json.loads((Path(__file__).parents[1] / "data" / "first_backup.json").read_text())
    file, printed, made = tmp_path / "old.backup", tmp_path / "init.json", datetime.fromisoformat(kept["at"])
    file.write_bytes(base64.b64decode(kept["file"]))
    printed.write_text(json.dumps(kept["printed"]))
    with home.in_memory() as run:
        said = {"TINBAO_HOME": str(tmp_path / "new"), "TINBAO_RUN": str(run)}
        new = replace(settings.read(said), demo=True)
        short = tmp_path / "short.backup"
        for cut, key in ((-40, "error.backup_cut_short"), (100, "error.backup_altered")):
            short.write_bytes(file.read_bytes()[:cut])
            with pytest.raises(errors.NotOpened) as refused:
                await recovery.restore(new, short, printed, Signing(printed))
            assert refused.value.key == key
        await recovery.restore(new, file, printed, Signing(printed))
        async with wiring.open_product(new, now=lambda: made) as product:
            assert (await product.audit()).sound
            case = (await product.mailboxes.read(kept["receipt"])).case.id
            officer = await product.logins.unlock(kept["officer"]["name"], kept["officer"]["passphrase"])
            session = await product.logins.session_of(officer)
            assert (await product.review.open(session, case)).tip.text == SENTENCE


async def sequenced(opened: Home, receipt: str = "") -> None:
    """An hour passes, and what waits joins the log; then something waits again."""
    await opened.product.heads.tick()
    await opened.citizen("more").sends(SENTENCE)


async def test_a_backup_is_held_against_a_head_that_somebody_outside_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is all there, one of a log that went on, and one of a history that this backup does not have."""
    heads = {}

    async def lived(opened: Home, receipt: str) -> None:
        await sequenced(opened)
        size = (await opened.product.store.tree.heads(0, 1))[0].size
        await sequenced(opened)
        signing = opened.product.heads.signing
        other = Checkpoint(opened.product.heads.origin(), size, bytes(32))
        heads["other"] = tmp_path / "other.txt"
        heads["other"].write_bytes(bytes(checkpoints.sign(other, signing)))
        later = Checkpoint(opened.product.heads.origin(), size * 9, bytes(32))
        heads["later"] = tmp_path / "later.txt"
        heads["later"].write_bytes(bytes(checkpoints.sign(later, signing)))
        heads["stranger"] = tmp_path / "stranger.txt"
        heads["stranger"].write_bytes(bytes(checkpoints.sign(later, bytes(32))))

    async with backed_up(tmp_path, lived) as backed:
        for name in ("other", "stranger"):
            with pytest.raises(errors.Refused):
                await backed.restores(head=heads[name])
            assert backed.is_empty()
        assert "are not those of this backup" in capsys.readouterr().err
        await backed.restores(head=heads["later"])
        assert "the log went on to 576 leaves after this backup, which has 128" in capsys.readouterr().err


async def test_a_home_that_came_back_goes_on_in_the_log_under_another_name(tmp_path: Path) -> None:
    """Who kept a head of the old one must not see it shrink; what was in it still is, and is proved to its writer."""
    async with backed_up(tmp_path, sequenced) as backed:
        old = backed.opened.product.heads.origin()
        await backed.restores(head=None)
        async with wiring.open_product(backed.new, now=backed.opened.clock) as product:
            assert product.heads.origin() != old
            assert (await product.audit()).problems == ()
            received = (await product.mailboxes.read(backed.receipt)).received
            assert received
            filed = await product.reception.filings.filed(received)
            assert filed.head and filed.head.origin == product.heads.origin() and filed.head.size == 128
            assert await home.Citizen(product, backed.opened.citizen("later").sender).sends(SENTENCE)
            await product.heads.tick()
            assert (await product.audit()).problems == (), "what the lost home had counted is missed here"


async def test_what_a_stolen_head_row_says_is_no_history_of_a_home_that_came_back(tmp_path: Path) -> None:
    """A head of the old name, truly signed, larger than the new log, is passed over."""
    async with backed_up(tmp_path, sequenced) as backed:
        await backed.restores()
        async with wiring.open_product(backed.new, now=backed.opened.clock) as product:
            known, _ = await product.heads.believed()
            assert known
            older = Checkpoint(backed.opened.product.heads.origin(), 640, bytes(32))
            note = bytes(checkpoints.sign(older, backed.opened.product.heads.signing))
            with closing(sqlite3.connect(engine.sqlite_path(backed.new.database_url))) as connection:
                connection.execute("INSERT INTO tree_head (size, note, closing) VALUES (640, ?, ?)", (note, bytes(32)))
                connection.commit()
            assert await product.heads.believed() == (known, frozenset({640}))
