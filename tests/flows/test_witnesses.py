"""Witnesses of the log: they cosign one history, find out another, and are believed by their signatures alone."""

import asyncio
import base64
import json
import os
import stat
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import settings, witness_files
from bot.commands import witness
from bot.serve import web
from tests.fakes import home, loopback
from tests.fakes.home import Clock, Home
from tests.fakes.liar import Liar
from tests.fakes.served import PROGRAM, ROOT, environment
from tests.fakes.words import DRUGS as TIP
from tests.flows.test_tree import Forgetful, behind, recomputed
from tips import errors
from tips.merkle import checkpoints, notes, sequencing, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Kind, Note
from tips.merkle.witnesses import Witness
from tips.organisation.roster import CLOCK
from tips.transparency import heads, publication
from tips.transparency.heads import BelievedHeads

NAMES = ("vks.example/nhan-chung", "bao.example/nhan-chung", "138.example/nhan-chung")
STEP = sequencing.STEP


@dataclass
class Watcher:
    """Somebody outside with a folder of their own."""

    file: Path
    clock: Clock

    @property
    def key(self) -> Key:
        return witness_files.read(self.file).key

    @property
    def folder(self) -> Path:
        return self.file.parent

    async def looks(self, url: str, log: Key) -> int:
        return await witness.run(self.file, log.vkey(), url, once=True, now=self.clock)

    def seen(self) -> list[list[str]]:
        listed = self.folder / witness_files.HEADS
        return [line.split(" ") for line in listed.read_text().splitlines()] if listed.exists() else []

    def evidence(self) -> list[str]:
        return [it.read_text() for it in sorted(self.folder.glob("evidence-*"))]


@pytest.fixture
def watchers(tmp_path: Path) -> list[Watcher]:
    """The procuracy, a newspaper, the city's office 138."""
    clock, made = Clock(), []
    for number, name in enumerate(NAMES):
        folder = tmp_path / f"witness-{number}"
        folder.mkdir()
        assert witness.new(folder / "witness.key", name) == 0
        made.append(Watcher(folder / "witness.key", clock))
    return made


@pytest.fixture
async def city(tmp_path: Path, database_url: str, watchers: list[Watcher]) -> AsyncIterator[Home]:
    """A home that takes the cosignatures of these three."""
    async with home.opened(tmp_path, (), database_url) as opened:
        known = tuple(it.key for it in watchers)
        public = replace(opened.product.publication, witnesses=known)
        yield replace(opened, product=replace(opened.product, publication=public))


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    port = loopback.free_port()
    async with loopback.serving(app, port):
        yield f"http://127.0.0.1:{port}"


def pages(city: Home) -> Any:
    return web.build(city.product, frozenset({"intake"}))


@asynccontextmanager
async def visitor(city: Home) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(pages(city))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def cosigned(city: Home, watchers: Sequence[Watcher]) -> set[str]:
    """Who cosigned the head that is served, by signatures that hold."""
    async with visitor(city) as client:
        note = notes.parse((await client.get("/log/checkpoint")).content)
    log = await city.product.publication.key()
    found = notes.verified(note, [log, *(it.key for it in watchers)])
    assert found[0].key == log
    return {it.key.name for it in found[1:]}


def clocks_seed(city: Home) -> bytes:
    return (city.settings.secrets / f"{CLOCK}.key").read_bytes()


@dataclass
class History:
    """What whoever has the log's keys can sign: any leaves at all."""

    origin: str
    seed: bytes
    leaves: Sequence[bytes]

    def nodes(self) -> dict[tree.Node, bytes]:
        return tree.grown(0, self.leaves, {})

    def note(self, size: int) -> bytes:
        head = Checkpoint(self.origin, size, tree.root(size, self.nodes()))
        return bytes(checkpoints.sign(head, self.seed))

    def proof(self, old: int, new: int) -> list[bytes]:
        return tree.hashes(tree.consistency_path(old, new), self.nodes())


def invented(log: Key, seed: bytes, salt: bytes = b"") -> History:
    return History(log.name, seed, [tree.leaf_hash(salt + bytes([at])) for at in range(4 * STEP)])


SEED = os.urandom(32)
LOG = notes.key_of("tin-bao/0123456789abcdef", SEED, Kind.NOTE)
TRUE, BENT = invented(LOG, SEED), invented(LOG, SEED, b"bent")


# --- three witnesses of a home ----------------------------------------------------------------------------------------


async def test_three_witnesses_cosign_and_everybody_can_check_it(city: Home, watchers: list[Watcher]) -> None:
    """One is away, and comes back a hundred heads later; what it had not seen is proved to it."""
    await city.product.heads.tick()
    log = await city.product.publication.key()
    *here, away = watchers
    async with served(pages(city)) as url:
        assert [await it.looks(url, log) for it in watchers] == [0, 0, 0]
        assert await cosigned(city, watchers) == set(NAMES)
        for _ in range(100):
            await city.product.heads.tick()
        assert [await it.looks(url, log) for it in here] == [0, 0]
        assert await cosigned(city, watchers) == {*NAMES[:2]}
        assert await away.looks(url, log) == 0
        assert await cosigned(city, watchers) == set(NAMES)
    assert [[size for _, size, _ in it.seen()] for it in watchers] == [[str(STEP), str(101 * STEP)]] * 3
    newest = await city.product.publication.newest()
    assert away.seen()[-1][2] == base64.b64encode(newest.checkpoint.root).decode()
    assert newest.witnesses == tuple(sorted(NAMES))


async def test_a_head_that_was_seen_is_listed_once_and_cosigned_anew_for_nobody(
    city: Home, watchers: list[Watcher]
) -> None:
    await city.product.heads.tick()
    log, one = await city.product.publication.key(), watchers[0]
    async with served(pages(city)) as url:
        assert await one.looks(url, log) == 0
        before = behind(city, "SELECT line FROM tree_cosignature")
        one.clock.forward(minutes=10)
        assert await one.looks(url, log) == 0
    assert behind(city, "SELECT line FROM tree_cosignature") == before
    assert len(one.seen()) == 1


async def test_a_cosignature_that_was_lost_on_the_way_is_handed_in_again(city: Home, watchers: list[Watcher]) -> None:
    """A witness that ended between its own record and the home's."""
    await city.product.heads.tick()
    log, one = await city.product.publication.key(), watchers[0]
    async with served(pages(city)) as url:
        await one.looks(url, log)
        behind(city, "DELETE FROM tree_cosignature")
        assert await cosigned_nobody(city)
        await one.looks(url, log)
    assert await cosigned(city, watchers) == {NAMES[0]}


async def cosigned_nobody(city: Home) -> bool:
    return (await city.product.publication.newest()).witnesses == ()


async def test_whoever_has_the_database_and_the_keys_is_found_out_by_each_witness(
    city: Home, watchers: list[Watcher]
) -> None:
    """The tables are emptied, the kept head is forgotten, and the log's own key signs another history."""
    await city.citizen().sends(TIP)
    await city.product.heads.tick()
    log = await city.product.publication.key()
    async with served(pages(city)) as url:
        assert [await it.looks(url, log) for it in watchers] == [0, 0, 0]
    true = await city.product.publication.newest()
    for table in ("tree_head", "tree_node", "tree_place", "tree_blind"):
        behind(city, f"DELETE FROM {table}")
    forgetful = Forgetful()
    forger = replace(city.product.heads, kept=forgetful)
    for _ in range(3):
        await forger.tick()
    lies = replace(city.product.publication, heads=BelievedHeads(forger.tree, forgetful, forger.roster))
    forged = replace(city, product=replace(city.product, publication=lies))
    assert (await lies.key()) == log
    async with served(pages(forged)) as url:
        assert [await it.looks(url, log) for it in watchers] == [witness.WRONG] * 3
        assert [await it.looks(url, log) for it in watchers] == [witness.WRONG] * 3  # until somebody has looked
    assert await cosigned(forged, watchers) == set()
    for it in watchers:
        (evidence,) = it.evidence()
        found = signed_heads(evidence, log)
        assert [head.size for head in found] == [STEP, 3 * STEP]
        assert found[0].root == true.checkpoint.root
        assert it.seen()[-1][3] == "REWRITTEN"


def signed_heads(evidence: str, log: Key) -> list[Checkpoint]:
    """The heads in a piece of evidence, each with the log's own signature."""
    found = []
    for part in evidence.split("=== "):
        title, _, body = part.partition("\n")
        if title.startswith("the head"):
            note = notes.parse(body.removesuffix("\n").encode())
            notes.verified(note, [log])
            found.append(checkpoints.parse(note.text))
    return found


# --- one witness, and whatever a log tries ----------------------------------------------------------------------------


@pytest.fixture
async def liar(watchers: list[Watcher]) -> AsyncIterator[tuple[Liar, str, Watcher]]:
    """Doors that served a true head once, which a witness has cosigned."""
    made, one = Liar(TRUE.note(2 * STEP)), watchers[0]
    async with served(made.app()) as url:
        assert await one.looks(url, LOG) == 0
        made.handed_in.clear()
        yield made, url, one


@pytest.mark.parametrize(
    ("note", "proof", "said"),
    [
        (BENT.note(2 * STEP), [], "forked"),
        (TRUE.note(STEP), [], "shrunk"),
        (BENT.note(3 * STEP), BENT.proof(2 * STEP, 3 * STEP), "rewritten"),
        (BENT.note(3 * STEP), TRUE.proof(2 * STEP, 3 * STEP), "rewritten"),
        (TRUE.note(3 * STEP), [], "rewritten"),
        (invented(LOG, os.urandom(32)).note(3 * STEP), [], "not signed"),
        (invented(LOG, os.urandom(32)).note(3 * STEP), None, "not signed"),
        (replace(TRUE, origin="tin-bao/another").note(3 * STEP), None, "other log"),
    ],
)
async def test_what_does_not_continue_is_kept_as_evidence_and_ends_the_work(
    liar: tuple[Liar, str, Watcher], note: bytes, proof: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also once the true log is back: somebody has to look first."""
    log, url, one = liar
    log.note, log.proof = note, proof
    assert await one.looks(url, LOG) == witness.WRONG
    assert f"witness: {said}: see evidence-1.txt" in capsys.readouterr().err
    (evidence,) = one.evidence()
    assert note.decode() in evidence
    assert TRUE.note(2 * STEP).decode() in evidence
    assert one.seen()[-1][3:] == said.upper().split(" ")
    log.note, log.proof = TRUE.note(3 * STEP), TRUE.proof(2 * STEP, 3 * STEP)
    assert await one.looks(url, LOG) == witness.WRONG
    assert log.handed_in == []
    (one.folder / witness_files.HALTED).unlink()
    assert await one.looks(url, LOG) == 0
    assert len(log.handed_in) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"note": b"<html>log in here</html>"},
        {"note": b"x" * (notes.MOST_BYTES + 1)},
        {"status": 503},
        {"status": 307, "headers": {"location": "/log/elsewhere"}},
        {"note": TRUE.note(3 * STEP), "proof": None},
        {"note": TRUE.note(3 * STEP), "takes": 503},
    ],
)
async def test_whoever_answers_in_the_logs_place_accuses_nobody(
    liar: tuple[Liar, str, Watcher], answer: dict[str, Any]
) -> None:
    """A proxy's page, an outage, a proof that does not come: an error, looked at again later."""
    log, url, one = liar
    log.proof = TRUE.proof(2 * STEP, 3 * STEP)
    for name, value in answer.items():
        setattr(log, name, value)
    assert await one.looks(url, LOG) == 1
    assert one.evidence() == []
    log.note, log.proof, log.status, log.takes = TRUE.note(3 * STEP), TRUE.proof(2 * STEP, 3 * STEP), 200, 200
    assert await one.looks(url, LOG) == 0


async def test_a_witness_that_nobody_listens_to_still_keeps_its_list(liar: tuple[Liar, str, Watcher]) -> None:
    log, url, one = liar
    log.note, log.proof, log.takes = TRUE.note(3 * STEP), TRUE.proof(2 * STEP, 3 * STEP), 403
    assert await one.looks(url, LOG) == 0
    assert [size for _, size, _ in one.seen()] == [str(2 * STEP), str(3 * STEP)]


async def test_a_head_is_on_record_before_its_cosignature_is_given_away(liar: tuple[Liar, str, Watcher]) -> None:
    log, url, one = liar
    on_record: list[str] = []
    log.note, log.proof = TRUE.note(3 * STEP), TRUE.proof(2 * STEP, 3 * STEP)
    log.on_hand_in = lambda: on_record.append((one.folder / witness_files.STATE).read_text())
    assert await one.looks(url, LOG) == 0
    assert [json.loads(it)["note"] for it in on_record] == [TRUE.note(3 * STEP).decode()]


async def test_two_runs_of_a_witness_are_never_at_work_at_once(liar: tuple[Liar, str, Watcher]) -> None:
    _, url, one = liar
    with witness_files.held(one.file, LOG), pytest.raises(errors.BadSetting, match="another run"):
        await one.looks(url, LOG)
    assert await one.looks(url, LOG) == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "{}",
        json.dumps({"log": LOG.name, "note": "x"}),
        json.dumps({"log": "tin-bao/other", "note": TRUE.note(STEP).decode()}),
    ],
)
async def test_a_witness_whose_memory_is_spoilt_does_not_begin_anew(
    liar: tuple[Liar, str, Watcher], spoilt: str
) -> None:
    log, url, one = liar
    (one.folder / witness_files.STATE).write_text(spoilt)
    with pytest.raises(errors.BadSetting):
        await one.looks(url, LOG)
    assert log.handed_in == []


async def test_a_witness_that_stays_goes_on_looking_until_something_is_wrong(
    liar: tuple[Liar, str, Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through an outage, too."""
    monkeypatch.setattr("bot.commands.witness.EVERY", 0.01)
    monkeypatch.setattr("bot.commands.witness.FIRST_PAUSE", 0.01)
    log, url, one = liar
    log.status = 503
    stays = asyncio.create_task(witness.run(one.file, LOG.vkey(), url, once=False, now=one.clock))
    await asyncio.sleep(0.1)
    log.note, log.proof, log.status = TRUE.note(3 * STEP), TRUE.proof(2 * STEP, 3 * STEP), 200
    async with asyncio.timeout(10):
        while not log.handed_in:
            await asyncio.sleep(0.01)
        log.note = BENT.note(3 * STEP)
        assert await stays == witness.WRONG


async def test_the_command_needs_no_home_and_tells_by_how_it_ends(tmp_path: Path) -> None:
    """As cron runs it: 0, and 4 from the moment on that something was wrong."""
    file, log = tmp_path / "witness.key", Liar(TRUE.note(STEP))

    async def ends(*words: str) -> tuple[int | None, str]:
        program = await asyncio.create_subprocess_exec(
            *PROGRAM, "witness", *words, cwd=ROOT, env=environment(tmp_path / "no", 1), stdout=PIPE, stderr=PIPE
        )
        out, err = await program.communicate()
        return program.returncode, (out + err).decode()

    code, vkey = await ends("new", str(file), "--name", NAMES[1])
    assert (code, notes.parse_vkey(vkey.strip())) == (0, witness_files.read(file).key)
    async with served(log.app()) as url:
        asked = ("run", str(file), "--log", LOG.vkey(), "--url", url, "--once")
        assert await ends(*asked) == (0, "")
        log.note = BENT.note(STEP)
        code, said = await ends(*asked)
        assert (code, said.startswith("witness: forked: see evidence-1.txt;")) == (witness.WRONG, True)
        log.note = TRUE.note(STEP)
        assert (await ends(*asked))[0] == witness.WRONG
    assert len(log.handed_in) == 1
    assert not (tmp_path / "no").exists()


def test_pauses_after_errors_grow_and_have_an_end() -> None:
    waits = [witness.pause(failures) for failures in range(12)]
    assert waits[0] == witness.EVERY
    assert waits[1:] == sorted(waits[1:])
    assert (waits[1], waits[-1]) == (60, 3600)


def test_a_witnesses_key_is_its_own_and_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "witness.key"
    assert witness.new(file, NAMES[0]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = witness_files.read(file)
    with pytest.raises(errors.BadSetting):
        witness.new(file, NAMES[0])
    assert witness_files.read(file) == made
    file.chmod(0o644)
    with pytest.raises(errors.BadSetting, match="chmod 600"):
        witness_files.read(file)
    for name in ("", "two words", "a+b", "line\nbreak"):
        with pytest.raises(errors.BadSetting):
            witness.new(tmp_path / "other.key", name)
    assert not (tmp_path / "other.key").exists()


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+00000000+AAAA", "tin", "\x00"])
def test_another_file_is_no_witnesses_key(tmp_path: Path, text: str) -> None:
    file = tmp_path / "witness.key"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(errors.BadSetting):
        witness_files.read(file)


@pytest.mark.parametrize(
    ("log", "url"),
    [
        ("nonsense", "https://tin.example"),
        (Witness("a", SEED).key.vkey(), "https://tin.example"),
        (LOG.vkey(), "http://tin.example"),
        (LOG.vkey(), "tin.example"),
    ],
    ids=["no key", "a witness's key", "not sealed", "no address"],
)
async def test_what_a_witness_is_told_wrongly_is_said(watchers: list[Watcher], log: str, url: str) -> None:
    with pytest.raises(errors.BadSetting):
        await witness.run(watchers[0].file, log, url, once=True)


# --- the home's doors -------------------------------------------------------------------------------------------------


async def test_only_its_witnesses_signatures_of_published_heads_are_taken(city: Home, watchers: list[Watcher]) -> None:
    """A stranger's, one of another head, a true one under another head's text, and what is no note at all."""
    await city.product.heads.tick()
    text = (await city.product.publication.note()).text
    one, stranger = witness_files.read(watchers[0].file), Witness(NAMES[0], os.urandom(32))
    head = checkpoints.parse(text)
    other = replace(head, root=tree.leaf_hash(b"other")).text()
    larger = replace(head, size=2 * STEP).text()
    now = city.clock()

    def note(signed: str, by: Witness, shown: str = "") -> bytes:
        return bytes(Note(shown or signed, (notes.cosign(signed, by.name, by.signing, now),)))

    async with visitor(city) as client:

        async def status(raw: bytes) -> int:
            return (await client.post("/log/cosignature", content=raw)).status_code

        assert await status(note(text, stranger)) == 403
        assert await status(note(other, one, text)) == 403
        assert await status(note(other, one)) == await status(note(larger, one)) == 404
        assert await status(bytes(Note(text, (notes.sign(text, one.name, one.signing),)))) == 403
        assert await status(b"") == await status(b"\xff\x00") == 403
        assert await status(b"x" * (notes.MOST_BYTES + 1)) == 413
        assert await cosigned_nobody(city)
        assert behind(city, "SELECT * FROM tree_cosignature") == []
        assert await status(note(text, one)) == 200
    assert await cosigned(city, watchers) == {NAMES[0]}


async def test_a_cosignature_counts_once_and_an_older_one_that_is_replayed_not_at_all(
    city: Home, watchers: list[Watcher]
) -> None:
    await city.product.heads.tick()
    text, one = (await city.product.publication.note()).text, witness_files.read(watchers[0].file)

    def signed(minutes: int) -> bytes:
        at = city.clock() + timedelta(minutes=minutes)
        return bytes(Note(text, (notes.cosign(text, one.name, one.signing, at),)))

    async with visitor(city) as client:
        for minutes in (5, 5, 0, 3):
            assert (await client.post("/log/cosignature", content=signed(minutes))).status_code == 200
            served_now = notes.parse((await client.get("/log/checkpoint")).content)
            (kept,) = notes.verified(served_now, [one.key])
            assert kept.at == (city.clock() + timedelta(minutes=5)).replace(microsecond=0)


async def test_a_head_of_before_can_still_be_cosigned(city: Home, watchers: list[Watcher]) -> None:
    """By a witness that was slow; unless the log did not sign that head."""
    await city.product.heads.tick()
    text, one = (await city.product.publication.note()).text, witness_files.read(watchers[0].file)
    await city.product.heads.tick()
    await city.product.publication.cosign(bytes(Note(text, (notes.cosign(text, one.name, one.signing, city.clock()),))))
    assert behind(city, "SELECT size FROM tree_cosignature") == [(STEP,)]
    assert await cosigned_nobody(city)
    lie = replace(checkpoints.parse(text), root=tree.leaf_hash(b"lie"))
    unsigned = bytes(checkpoints.sign(lie, os.urandom(32)))
    behind(city, "UPDATE tree_head SET note = :note WHERE size = :size", note=unsigned, size=STEP)
    line = notes.cosign(lie.text(), one.name, one.signing, city.clock())
    with pytest.raises(errors.NotFound):
        await city.product.publication.cosign(bytes(Note(lie.text(), (line,))))


async def test_rows_of_cosignatures_are_believed_only_if_their_witness_signed_them(
    city: Home, watchers: list[Watcher]
) -> None:
    await city.product.heads.tick()
    text = (await city.product.publication.note()).text
    other = Witness(NAMES[1], os.urandom(32))
    forged = notes.cosign(text, other.name, other.signing, city.clock()).line().encode()
    for name, line in ((NAMES[0], b"nonsense"), (NAMES[1], forged), (NAMES[2], b"\xff"), ("stranger", forged)):
        await city.product.store.tree.cosign(STEP, name, line)
    assert await cosigned(city, watchers) == set()
    assert await cosigned_nobody(city)


async def test_a_proof_leads_from_any_published_head_to_any_later_one(city: Home) -> None:
    """Checked against roots that are computed from all leaves."""
    for _ in range(5):
        await city.product.heads.tick()
    leaves = await city.product.store.tree.leaves(0, 5 * STEP)
    async with visitor(city) as client:
        for old in range(STEP, 6 * STEP, STEP):
            for new in range(old, 6 * STEP, STEP):
                answer = await client.get(f"/log/consistency?old={old}&new={new}")
                assert answer.status_code == 200
                proof = [base64.b64decode(it, validate=True) for it in answer.text.splitlines()]
                roots = [recomputed([leaves[at] for at in range(size)]) for size in (old, new)]
                tree.verify_consistency(old, roots[0], new, roots[1], proof)
                assert not set(proof) & set(leaves.values())


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 400),
        ("old=64", 400),
        ("old=&new=64", 400),
        ("old=-64&new=64", 400),
        ("old=0&new=64", 400),
        ("old=64&new=1e2", 400),
        ("old=%D9%A6%D9%A4&new=64", 400),  # digits, but not ours
        ("old=064&new=128", 400),
        ("old=64&new=" + "9" * 400, 400),
        ("old=1&new=64", 404),
        ("old=64&new=100", 404),
        ("old=128&new=64", 404),
        ("old=64&new=192", 404),
        ("old=64&new=9999999999999999936", 404),
    ],
)
async def test_nonsense_gets_an_error_that_says_what_is_wanted(a_home: Home, asked: str, status: int) -> None:
    """And no hash of a single leaf: sizes of no head are not proved."""
    for _ in range(2):
        await a_home.product.heads.tick()
    async with visitor(a_home) as client:
        answer = await client.get(f"/log/consistency?{asked}")
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/plain")
        assert "old" in answer.text if status == 400 else "heads of" in answer.text


async def test_a_proof_of_nodes_that_somebody_edited_is_not_given(city: Home) -> None:
    """It would accuse the log of what was done to its tables, though they are another tree that is true in itself."""
    for _ in range(5):
        await city.product.heads.tick()
    other = tree.grown(0, [tree.leaf_hash(bytes([at % 256, 1])) for at in range(5 * STEP)], {})
    put = "UPDATE tree_node SET hash = :hash WHERE level = :level AND at = :at"
    for level, at in [it for it in other if it[0] >= 6]:
        behind(city, put, hash=other[level, at], level=level, at=at)
    assert await proofs(city) == {503}
    behind(city, "DELETE FROM tree_node")
    assert await proofs(city) == {503}


async def proofs(city: Home) -> set[int]:
    """How requests for proofs end."""
    async with visitor(city) as client:
        asked = [f"/log/consistency?old={old * STEP}&new={new * STEP}" for old, new in ((1, 2), (2, 3), (2, 5))]
        return {(await client.get(it)).status_code for it in asked}


async def test_proofs_and_cosignatures_have_a_limit_for_all_together(
    city: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.published_log.PROOFS", 2)
    monkeypatch.setattr("handlers.published_log.HANDED_IN", 2)
    await city.product.heads.tick()
    alone = replace(city, product=replace(city.product, counters=Counted()))
    async with visitor(alone) as client:
        asked = [(await client.get("/log/consistency?old=64&new=64")).status_code for _ in range(3)]
        handed = [(await client.post("/log/cosignature")).status_code for _ in range(3)]
    assert (asked, handed) == ([200, 200, 429], [403, 403, 429])


class Counted:
    """Counters that forget nothing."""

    def __init__(self) -> None:
        self.times: dict[bytes, int] = {}

    async def hit(self, name: bytes, limit: int, span: timedelta) -> bool:
        self.times[name] = self.times.get(name, 0) + 1
        return self.times[name] <= limit

    async def full(self, name: bytes, limit: int, span: timedelta) -> bool:
        return self.times.get(name, 0) >= limit


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
async def test_before_there_is_a_head_every_page_says_so(city: Home, watchers: list[Watcher], lang: str) -> None:
    async with visitor(city) as client:
        assert (await client.get("/log/checkpoint")).status_code == 404
        assert (await client.get("/log/consistency?old=64&new=64")).status_code == 404
        for path in ("/minh-bach", "/minh-bach/so-cai"):
            answer = await client.get(f"{path}?lang={lang}")
            assert answer.status_code == 200
            assert 'class="head"' not in answer.text
    async with served(pages(city)) as url:
        assert await watchers[0].looks(url, LOG) == 1


async def test_a_day_is_shown_by_its_last_head_for_thirty_one_days(city: Home, watchers: list[Watcher]) -> None:
    """Days are the city's; a head whose closing event was edited is left out."""
    for _ in range(3 * 35):
        await city.product.heads.tick()
        city.clock.forward(hours=8)
    city.clock.forward(hours=-8)
    log = await city.product.publication.key()
    async with served(pages(city)) as url:
        assert await watchers[1].looks(url, log) == 0
    days = await city.product.publication.days(city.clock())
    assert [it.checkpoint.size for it in days][:3] == [105 * STEP, 104 * STEP, 101 * STEP]
    assert 31 <= len(days) <= 32
    hours = [it.hour for it in days]
    assert None not in hours
    assert all(it is not None and city.clock() - it <= publication.DAYS for it in hours)
    assert [it.witnesses for it in days[:2]] == [(NAMES[1],), ()]
    async with visitor(city) as client:
        page = (await client.get("/minh-bach/so-cai")).text
    assert page.count("<tr>") == len(days) + 1
    assert base64.b64encode(days[0].checkpoint.root).decode() in page.replace("&#43;", "+")
    assert log.vkey() in page.replace("&#43;", "+")
    assert "<script" not in page
    (closing,) = behind(city, "SELECT closing FROM tree_head WHERE size = :size", size=104 * STEP)[0]
    behind(city, "UPDATE event SET signature = :no WHERE leaf = :leaf", no=bytes(64), leaf=closing)
    shown = [it.checkpoint.size for it in await city.product.publication.days(city.clock())]
    assert shown[:2] == [105 * STEP, 103 * STEP]


async def test_the_pages_need_no_key_of_the_clock(city: Home) -> None:
    """A process that has the roster and a kept head of its own believes what the clock signed, and nothing else."""
    await city.product.heads.tick()
    kept = Forgetful()
    own = BelievedHeads(city.product.store.tree, kept, city.product.roster)
    public = replace(city.product.publication, heads=own)
    assert (await public.newest()).checkpoint.size == STEP
    await city.product.heads.tick()
    assert (await public.newest()).checkpoint.size == 2 * STEP
    seed = os.urandom(32)
    forged = bytes(checkpoints.sign(Checkpoint(heads.head_of(kept.load()).origin, 3 * STEP, bytes(32)), seed))
    behind(city, "INSERT INTO tree_head (size, note, closing) VALUES (192, :note, :leaf)", note=forged, leaf=bytes(32))
    assert (await public.newest()).checkpoint.size == 2 * STEP


def test_the_witnesses_of_a_home_are_a_setting() -> None:
    one, other = Witness("a", os.urandom(32)).key, Witness("b", os.urandom(32)).key
    said = settings.read({"TINBAO_WITNESSES": f" {one.vkey()}\n{other.vkey()} "})
    assert said.witnesses == (one, other)
    assert settings.read({}).witnesses == ()
    twin = Witness("a", os.urandom(32)).key
    for bad in ("nonsense", LOG.vkey(), f"{one.vkey()} {twin.vkey()}", one.vkey()[:-2]):
        with pytest.raises(errors.BadSetting, match="TINBAO_WITNESSES"):
            settings.read({"TINBAO_WITNESSES": bad})
    many = " ".join(Witness(f"w{at}", os.urandom(32)).key.vkey() for at in range(settings.MOST_WITNESSES + 1))
    with pytest.raises(errors.BadSetting):
        settings.read({"TINBAO_WITNESSES": many})
