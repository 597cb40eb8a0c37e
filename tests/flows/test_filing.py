"""Proof of filing: a promise at once, a proof from the next head on, by the receipt alone, for anybody to check."""

import base64
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import wiring
from bot.commands import ledger as commands
from storage import engine
from tests.fakes import home
from tests.fakes.home import Home
from tests.fakes.people import AN, KIEM
from tests.fakes.words import DRUGS as TIP
from tips import errors
from tips.intake.reception import Outcome
from tips.merkle import checkpoints, notes, proofs, sequencing, tree
from tips.merkle.notes import Kind
from tips.organisation.roster import CLOCK, INTAKE
from tips.transparency import filing

SCRIPT = Path(__file__).parents[2] / "scripts" / "verify_filing.py"
WITNESS = bytes(range(32))


@pytest.fixture
async def city(tmp_path: Path, database_url: str) -> AsyncIterator[Home]:
    async with home.opened(tmp_path, (AN, KIEM), database_url) as opened:
        await opened.product.heads.tick()
        yield opened


def said(outcome: Outcome) -> dict[str, dict[str, str]]:
    return {say.key: {name: str(it) for name, it in say.params.items()} for it in outcome.replies for say in it.says}


async def in_hand(city: Home, receipt: str, name: str = "somebody") -> bytes:
    """What the holder of a receipt gets, from any conversation."""
    citizen = city.citizen(name)
    await citizen.says(receipt)
    shown = said(await citizen.presses("proof"))
    assert "proof.warning" in shown, "nobody is told what it is on a seized phone"
    return shown["proof.file"]["text"].encode()


def keys(city: Home) -> dict[str, str]:
    """What `tinbao ledger keys` prints."""
    origin, roster = city.product.heads.origin(), city.product.roster()
    log = notes.Key(origin, roster.processes[CLOCK][0], Kind.NOTE)
    intake = notes.Key(origin + filing.NAME, roster.processes[INTAKE][0], Kind.NOTE)
    return {"log": log.vkey(), "intake": intake.vkey()}


def by_the_script(folder: Path, raw: bytes, *vkeys: str) -> subprocess.CompletedProcess[str]:
    """The same file, checked by a program that shares nothing with the product."""
    file = folder / "given.txt"
    file.write_bytes(raw)
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, file, *vkeys], cwd=folder, capture_output=True, text=True, check=False
    )


async def test_who_sent_a_tip_has_a_promise_at_once_and_a_proof_within_the_hour(city: Home, tmp_path: Path) -> None:
    receipt = await city.citizen().sends(TIP)
    shown = said(await city.citizen("later").says(receipt))
    assert "filed.soon" in shown and "filed" not in shown
    promise = await in_hand(city, receipt)
    assert (await in_hand(city, receipt, "another")) == promise, "the receipt alone brings it again"
    await city.product.heads.tick()
    shown = said(await city.citizen("evening").says(receipt))
    proof = await in_hand(city, receipt)
    known = keys(city)
    early = filing.verify(promise, [notes.parse_vkey(known["intake"])])
    late = filing.verify(proof, [notes.parse_vkey(known["log"])])
    assert early.promise == late.promise and early.number is None
    assert late.number == int(shown["filed"]["number"]) and late.head
    assert shown["filed"]["size"] == str(late.head.size)
    done = by_the_script(tmp_path, promise, known["intake"])
    assert done.returncode == 0 and early.promise.leaf.hex() in done.stdout, done.stderr
    done = by_the_script(tmp_path, proof, known["log"])
    assert done.returncode == 0 and f"is number {late.number} of the {late.head.size}" in done.stdout, done.stderr
    assert "is not shown" in done.stdout
    done = by_the_script(tmp_path, proof, known["log"], known["intake"])
    assert done.returncode == 0 and "it is a tip's, and was promised by 2026-11-23" in done.stdout, done.stderr


async def test_the_leaf_is_the_one_of_the_tip(city: Home) -> None:
    """What is promised is the first event of this case, and of no other."""
    first, second = await city.citizen("one").sends(TIP), await city.citizen("two").sends(TIP + " Số 12.")
    case = await city.case_of(first)
    (event,) = [it for it in await city.events(case.id) if b'"received"' in it.body]
    known = [notes.parse_vkey(keys(city)["intake"])]
    assert filing.verify(await in_hand(city, first), known).promise.leaf == event.leaf
    assert filing.verify(await in_hand(city, second), known).promise.leaf != event.leaf


async def test_what_is_in_hand_names_nobody_and_tells_nothing(city: Home) -> None:
    receipt = await city.citizen("0903123456").sends(TIP)
    await city.product.heads.tick()
    file = await in_hand(city, receipt)
    case = await city.case_of(receipt)
    extra = proofs.parse(file).extra
    for secret in (receipt, receipt.replace("-", ""), case.id.hex(), "0903123456", "Lê Văn Sỹ", case.unit, "karaoke"):
        assert secret.encode() not in file and secret.encode() not in extra


async def test_a_tip_that_was_taken_away_leaves_its_writer_a_promise_that_was_broken(city: Home) -> None:
    """They are told, and can show what the intake had signed."""
    receipt = await city.citizen().sends(TIP)
    created = sa.create_engine(engine.sync_url(city.settings.database_url))
    with created.begin() as connection:
        connection.execute(sa.text("DELETE FROM waiting_leaf"))
    created.dispose()
    city.clock.forward(hours=5)
    await city.product.heads.tick()
    assert "filed.late" in said(await city.citizen("later").says(receipt))
    promised = filing.verify(await in_hand(city, receipt), [notes.parse_vkey(keys(city)["intake"])]).promise
    assert promised.by < city.clock()


async def test_a_witness_that_is_neither_police_nor_operator_is_enough(city: Home, tmp_path: Path) -> None:
    """Its cosignature on the head, and no key of ours."""
    receipt = await city.citizen().sends(TIP)
    await city.product.heads.tick()
    proof = proofs.parse(await in_hand(city, receipt))
    note = notes.parse(proof.head)
    line = notes.cosign(note.text, "vks.example/witness", WITNESS, datetime(2026, 11, 23, 5, tzinfo=UTC))
    cosigned = bytes(replace(proof, head=bytes(replace(note, signatures=(*note.signatures, line)))))
    vkey = notes.key_of("vks.example/witness", WITNESS, Kind.COSIGNATURE).vkey()
    assert filing.verify(cosigned, [notes.parse_vkey(vkey)]).signed == ("vks.example/witness",)
    done = by_the_script(tmp_path, cosigned, vkey)
    assert done.returncode == 0 and "2026-11-23T05:00:00+00:00" in done.stdout, done.stderr
    done = by_the_script(tmp_path, bytes(proof), vkey)
    assert done.returncode == 1 and "nobody whom you believe" in done.stderr


def altered(raw: bytes) -> list[bytes]:
    """A proof in which one thing after the other is not as it was."""
    proof = proofs.parse(raw)
    note = notes.parse(proof.head)
    head = checkpoints.parse(note.text)
    other = notes.parse(proof.extra)
    name, _, by = other.text[:-1].split("\n")
    moved = base64.b64encode(bytes(32)).decode()
    return [
        bytes(replace(proof, index=proof.index + 1)),
        bytes(replace(proof, index=head.size)),
        bytes(replace(proof, hashes=proof.hashes[:-1])),
        bytes(replace(proof, hashes=(*proof.hashes, bytes(32)))),
        bytes(replace(proof, hashes=(bytes(32), *proof.hashes[1:]))),
        bytes(replace(proof, extra=bytes(replace(other, text=f"{name}\n{moved}\n{by}\n")))),
        bytes(replace(proof, extra=b"")),
        bytes(replace(proof, head=bytes(replace(note, text=replace(head, size=head.size * 2).text())))),
        bytes(replace(proof, head=bytes(replace(note, text=replace(head, root=bytes(32)).text())))),
        bytes(replace(proof, head=bytes(replace(note, signatures=note.signatures[:0])))),
        raw[: len(raw) // 2],
        raw.replace(b"index", b"indax"),
        b"",
        b"\xff" + raw,
    ]


async def test_nothing_that_was_altered_shows_anything(city: Home, tmp_path: Path) -> None:
    receipt = await city.citizen().sends(TIP)
    await city.product.heads.tick()
    raw, vkey = await in_hand(city, receipt), keys(city)["log"]
    for number, other in enumerate(altered(raw)):
        with pytest.raises(errors.NotVerified):
            filing.verify(other, [notes.parse_vkey(vkey)])
        assert by_the_script(tmp_path, other, vkey).returncode == 1, number


async def test_a_proof_is_checked_in_a_terminal_without_a_home(
    city: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = await city.citizen().sends(TIP)
    await city.product.heads.tick()
    file = tmp_path / "bang-chung.txt"
    file.write_bytes(await in_hand(city, receipt))
    assert commands.verify_file(file, [keys(city)["log"]]) == 0
    assert re.search(r"is number \d+ of the 128 in tin-bao/", capsys.readouterr().out)
    assert commands.verify_file(file, [keys(city)["intake"]]) == 1
    with pytest.raises(errors.BadSetting, match="ledger keys"):
        commands.verify_file(file, [])


async def test_a_log_that_was_spoilt_keeps_nobody_from_their_mailbox(city: Home) -> None:
    receipt = await city.citizen().sends(TIP)
    await city.product.heads.tick()
    created = sa.create_engine(engine.sync_url(city.settings.database_url))
    with created.begin() as connection:
        connection.execute(sa.text("DELETE FROM tree_node"))
    created.dispose()
    citizen = city.citizen("later")
    shown = said(await citizen.says(receipt))
    assert "mailbox.state.unread" in shown and "filed" not in shown
    assert "proof.none" in said(await citizen.presses("proof"))


async def test_a_head_that_a_witness_has_seen_is_shown_before_a_newer_one(city: Home, tmp_path: Path) -> None:
    """So that what is in hand is worth something to who believes neither police nor operator."""
    key = notes.key_of("vks.example/witness", WITNESS, Kind.COSIGNATURE)
    receipt = await city.citizen().sends(TIP)
    await city.product.heads.tick()
    own = replace(city.settings, witnesses=(key,))
    async with wiring.open_product(own, now=city.clock, cost=home.CHEAP) as product:
        other = replace(city, product=product)
        newest = await product.publication.note()
        line = notes.cosign(newest.text, key.name, WITNESS, city.clock())
        await product.publication.cosign(bytes(notes.Note(newest.text, (line,))))
        await product.heads.tick()
        raw = await in_hand(other, receipt)
        shown = filing.verify(raw, [key])
        assert shown.head and shown.head.text() == newest.text
        assert by_the_script(tmp_path, raw, key.vkey()).returncode == 0


async def test_a_promise_that_nobody_signed_makes_no_leaf_a_tip(
    city: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dummy's place in a true head, with a promise that somebody wrote: that it is there is all that is shown."""
    receipt = await city.citizen().sends(TIP)
    await city.product.heads.tick()
    proof = proofs.parse(await in_hand(city, receipt))
    blinds = await city.product.store.tree.blinds(64, 128)
    place, blind = next(iter(blinds.items()))
    size = checkpoints.parse(notes.parse(proof.head).text).size
    path = tree.inclusion_path(place, size)
    hashes = tree.hashes(path, await city.product.store.tree.nodes(tree.needed(path)))
    name = city.product.heads.origin() + filing.NAME
    text = filing.Promise(name, sequencing.dummy(blind), datetime(2020, 1, 1, tzinfo=UTC)).text()
    lie = bytes(notes.Note(text, (notes.sign(text, name, bytes(32)),)))
    forged = bytes(replace(proof, index=place, hashes=hashes, extra=lie))
    known = keys(city)
    assert not filing.verify(forged, [notes.parse_vkey(known["log"])]).promised
    done = by_the_script(tmp_path, forged, known["log"])
    assert "whether it is a tip's is not shown" in done.stdout and "2020" not in done.stdout
    both = [notes.parse_vkey(it) for it in known.values()]
    with pytest.raises(errors.NotVerified):
        filing.verify(forged, both)
    assert by_the_script(tmp_path, forged, *known.values()).returncode == 1
    file = tmp_path / "forged.txt"
    file.write_bytes(forged)
    assert commands.verify_file(file, [known["log"]]) == 0
    assert "2020" not in capsys.readouterr().out
