"""Signed notes, checkpoints and cosignatures: others' open here, ours are what others write, and nothing bent holds."""

import base64
import contextlib
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tips import errors
from tips.merkle import checkpoints, notes, tree
from tips.merkle.checkpoints import Checkpoint
from tips.merkle.notes import Key, Kind, Note, Signature

# The example of C2SP's signed-note.md.
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
# What Go's golang.org/x/mod/sumdb/note signs with two throw-away seeds (note_test.go, example_test.go).
GO_SEEDS = {"PeterNeumann": "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=", "EnochRoot": "A" * 43 + "="}
GO_KEYS = [
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
]
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = f"""\
{GO_TEXT}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=
"""
# A head that a public log of certificates published, signed by it in two ways and cosigned by four public witnesses;
# florolf/tlog-scales' tests kept it. Remora's key is in transparency-dev/formats too, note/note_cosigv1_test.go.
PUBLIC_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
PUBLIC_HEAD = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501

SEED, WITNESS, AT = os.urandom(32), os.urandom(32), datetime(2026, 11, 30, 3, tzinfo=UTC)
KEY, THEIRS = notes.key_of("tinbao.example", SEED, Kind.NOTE), notes.key_of("news.example/w", WITNESS, Kind.COSIGNATURE)
HEAD = Checkpoint("tinbao.example", 64, os.urandom(32))


def signed() -> bytes:
    return bytes(checkpoints.sign(HEAD, SEED))


def cosigned() -> Note:
    note = checkpoints.sign(HEAD, SEED)
    return replace(note, signatures=(*note.signatures, notes.cosign(note.text, THEIRS.name, WITNESS, AT)))


def holds(raw: bytes, *known: Key) -> bool:
    try:
        notes.verified(notes.parse(raw), known)
    except errors.NotVerified:
        return False
    return True


def test_a_note_of_the_specification_and_two_of_go_open_here() -> None:
    """And the keys are written here as they are there."""
    for written, raw in ((C2SP_KEY, C2SP_NOTE), *((it, GO_NOTE) for it in GO_KEYS), (PUBLIC_LOG, PUBLIC_HEAD)):
        key = notes.parse_vkey(written)
        note = notes.parse(raw.encode())
        assert [it.key for it in notes.verified(note, [key])] == [key]
        assert key.vkey() == written
        assert bytes(note) == raw.encode()


def test_what_is_signed_here_is_to_the_byte_what_go_signs() -> None:
    mine = [notes.sign(GO_TEXT, name, base64.b64decode(seed)) for name, seed in GO_SEEDS.items()]
    assert bytes(Note(GO_TEXT, tuple(mine))) == GO_NOTE.encode()


def test_a_public_witness_cosignature_holds_and_tells_its_time() -> None:
    """A head out of the world: its log and one of its witnesses are known, the others are passed over."""
    note = notes.parse(PUBLIC_HEAD.encode())
    by_log, by_witness = notes.verified(note, [notes.parse_vkey(REMORA), notes.parse_vkey(PUBLIC_LOG)])
    assert (by_log.at, by_witness.at) == (None, datetime(2026, 5, 23, 21, 50, 24, tzinfo=UTC))
    head = checkpoints.parse(note.text)
    assert (head.origin, head.size, head.extensions) == (by_log.key.name, 1_432_088_532, ())
    assert head.text() == note.text


def test_an_altered_public_head_holds_by_nobody() -> None:
    bent = PUBLIC_HEAD.replace("1432088532", "1432088533").encode()
    assert not holds(bent, notes.parse_vkey(REMORA))
    assert not holds(bent, notes.parse_vkey(PUBLIC_LOG))


def test_a_head_is_known_by_its_log_and_its_witness_with_the_time_of_the_witness() -> None:
    by_log, by_witness = notes.verified(notes.parse(bytes(cosigned())), [KEY, THEIRS])
    assert (by_log.key, by_log.at) == (KEY, None)
    assert (by_witness.key, by_witness.at) == (THEIRS, AT)
    assert checkpoints.parse(notes.parse(signed()).text) == HEAD


def test_no_byte_of_a_signed_head_can_be_altered_dropped_or_put_in() -> None:
    raw = signed()
    assert holds(raw, KEY)
    for at in range(len(raw)):
        for bent in (raw[at] ^ 1, raw[at] ^ 0x20, raw[at] ^ 0x80):
            assert not holds(raw[:at] + bytes([bent]) + raw[at + 1 :], KEY)
        assert not holds(raw[:at] + raw[at + 1 :], KEY)
        assert not holds(raw[:at] + b"A" + raw[at:], KEY)
        assert not holds(raw[:at], KEY)


def test_a_cosignature_is_bound_to_its_time_and_its_text() -> None:
    """A witness's word is for this head at this hour; extension lines are part of what it signed."""
    note = cosigned()
    own, theirs = note.signatures
    later = (int.from_bytes(theirs.sealed[:8], "big") + 1).to_bytes(8, "big")
    for sealed in (later + theirs.sealed[8:], theirs.sealed[8:], theirs.sealed[:8], theirs.sealed[:-1], bytes(72)):
        assert not holds(bytes(replace(note, signatures=(own, replace(theirs, sealed=sealed)))), THEIRS)
    assert not holds(bytes(replace(note, text=note.text + "more\n")), THEIRS)


def test_one_kind_of_signature_is_not_taken_for_the_other() -> None:
    """The same seed and name, but a log's signature is no witness's, nor the other way round."""
    text = HEAD.text()
    as_witness = notes.key_of(KEY.name, SEED, Kind.COSIGNATURE)
    signed, cosigned = notes.sign(text, KEY.name, SEED), notes.cosign(text, KEY.name, SEED, AT)
    for key, signature in ((KEY, cosigned), (as_witness, signed)):
        assert not holds(bytes(Note(text, (signature,))), key)
        assert not holds(bytes(Note(text, (replace(signature, key_id=key.id),))), key)


def test_a_known_keys_bad_signature_spoils_the_note_and_a_strangers_is_passed_over() -> None:
    note = cosigned()
    own, theirs = note.signatures
    stranger = Signature("somebody.example", b"abcd", os.urandom(64))
    namesake = replace(own, key_id=b"abcd", sealed=os.urandom(64))
    assert holds(bytes(replace(note, signatures=(stranger, namesake, own))), KEY, THEIRS)
    assert not holds(bytes(replace(note, signatures=(stranger, namesake))), KEY, THEIRS)
    assert not holds(bytes(replace(note, signatures=(own, replace(theirs, sealed=bytes(72))))), KEY, THEIRS)
    assert not holds(bytes(note))


def test_who_signs_twice_counts_once() -> None:
    """A quorum of witnesses is not one that wrote two lines."""
    note = cosigned()
    own, theirs = note.signatures
    again = notes.cosign(note.text, THEIRS.name, WITNESS, AT.replace(hour=4))
    doubled = replace(note, signatures=(own, theirs, own, again))
    assert [it.key for it in notes.verified(doubled, [KEY, THEIRS])] == [KEY, THEIRS]


def sixteen(count: int) -> bytes:
    note = checkpoints.sign(HEAD, SEED)
    strangers = (Signature(f"w{at}.example", b"abcd", os.urandom(72)) for at in range(count - 1))
    return bytes(replace(note, signatures=(*strangers, *note.signatures)))


def test_sixteen_signatures_are_taken_and_a_flood_of_them_is_not() -> None:
    """The specification asks for sixteen at least."""
    assert holds(sixteen(16), KEY)
    assert holds(sixteen(notes.MOST_SIGNATURES), KEY)
    assert not holds(sixteen(notes.MOST_SIGNATURES + 1), KEY)
    assert not holds(bytes(notes.MOST_BYTES) + signed(), KEY)


LINE = notes.sign("text\n", KEY.name, SEED).line()
MALFORMED = {
    "nothing": "",
    "no signature": "text\n",
    "no signature below the empty line": "text\n\n",
    "no empty line": f"text\n{LINE}",
    "no newline at its end": f"text\n\n{LINE[:-1]}",
    "another line among the signatures": f"text\n\n{LINE}unexpected\n",
    "a hyphen for a dash": f"text\n\n{LINE.replace('— ', '- ')}",
    "a name with a space": f"text\n\n{LINE.replace('tinbao', 'tin bao')}",
    "a name with a space of another script": f"text\n\n{LINE.replace('tinbao', 'tin　bao')}",
    "a name with a plus": f"text\n\n{LINE.replace('tinbao', 'tin+bao')}",
    "no name": "text\n\n—  QUJDREVG\n",
    "no signature after its name": "text\n\n— tinbao.example\n",
    "a key id and nothing else": "text\n\n— tinbao.example QUJDRA==\n",
    "not base64": "text\n\n— tinbao.example !!!!\n",
    "base64 of the web": f"text\n\n— tinbao.example {base64.urlsafe_b64encode(b'abcd' + bytes([255]) * 64).decode()}\n",
    "base64 without its end": f"text\n\n{LINE.replace('=', '')}",
    "base64 in another form": "text\n\n— tinbao.example QUJDREVGRx==\n",
    "a carriage return": f"text\r\n\n{LINE}",
    "a tabulator": f"te\txt\n\n{LINE}",
    "a zero byte": f"te\0xt\n\n{LINE}",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_note_is_refused_in_words(raw: str) -> None:
    with pytest.raises(errors.NotVerified, match=r"\w+ \w+"):
        notes.parse(raw.encode())


def test_a_note_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(errors.NotVerified):
        notes.parse(b"te\xffxt\n\n" + LINE.encode())


@settings(deadline=None)
@given(
    st.binary(max_size=400)
    | st.text(max_size=200).map(str.encode)
    | st.text("— \nab+=QUJ", max_size=80).map(str.encode)
)
def test_whatever_comes_is_a_note_in_its_one_form_or_refused(raw: bytes) -> None:
    """No input is an error of the program, and no note can be written in two ways."""
    with contextlib.suppress(errors.NotVerified):
        note = notes.parse(raw)
        assert bytes(note) == raw
        assert not holds(raw, KEY)


@settings(deadline=None)
@given(st.text(max_size=200) | st.text("0123456789=\nA+", max_size=120))
def test_whatever_is_read_as_a_checkpoint_or_a_key_reads_as_it_was_written(written: str) -> None:
    with contextlib.suppress(errors.NotVerified):
        assert checkpoints.parse(written).text() == written
    with contextlib.suppress(errors.NotVerified):
        assert notes.parse_vkey(written).vkey() == written


def test_a_text_may_have_empty_lines() -> None:
    """The last one parts it from its signatures."""
    text = "one\n\n\ntwo\n"
    note = Note(text, (notes.sign(text, KEY.name, SEED),))
    assert notes.parse(bytes(note)) == note
    assert holds(bytes(note), KEY)


def test_no_piece_of_a_key_and_no_altered_one_is_a_key() -> None:
    """As Go's tests mangle it; base64 with a plus in it, as transparency-dev/formats has one, is read nevertheless."""
    plus = notes.parse_vkey("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6")
    assert (plus.name, plus.kind) == ("TEST", Kind.NOTE)
    whole = GO_KEYS[0]
    pieces = {whole[start:stop] for start in range(len(whole)) for stop in range(start, len(whole) + 1)} - {whole}
    altered = {whole[:at] + chr(ord(whole[at]) + 1) + whole[at + 1 :] for at in range(len(whole))}
    others = {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # of another length
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # of an unknown kind
        whole.replace("c74f20a3", "C74F20A3"),
    }
    for written in pieces | altered | others:
        with pytest.raises(errors.NotVerified):
            notes.parse_vkey(written)


ROOT = base64.b64encode(bytes(range(32))).decode()
NO_CHECKPOINT = {
    "too few lines": "log\n64\n",
    "no newline at its end": f"log\n64\n{ROOT}",
    "no origin": f"\n64\n{ROOT}\n",
    "an empty extension": f"log\n64\n{ROOT}\n\n",
    "no size": f"log\n\n{ROOT}\n",
    "a size with a zero in front": f"log\n064\n{ROOT}\n",
    "two zeros": f"log\n00\n{ROOT}\n",
    "a signed size": f"log\n+64\n{ROOT}\n",
    "a negative size": f"log\n-64\n{ROOT}\n",
    "a size with a space": f"log\n64 \n{ROOT}\n",
    "a size with an underscore": f"log\n6_4\n{ROOT}\n",
    "a size in other digits": f"log\n６４\n{ROOT}\n",
    "a size out of bounds": f"log\n{2**63}\n{ROOT}\n",
    "a size longer than a number": f"log\n{'9' * 5000}\n{ROOT}\n",
    "a root cut short": f"log\n64\n{base64.b64encode(bytes(31)).decode()}\n",
    "a root too long": f"log\n64\n{base64.b64encode(bytes(33)).decode()}\n",
    "a root in another form": f"log\n64\n{ROOT[:-2]}9=\n",
    "an empty tree with a root": f"log\n0\n{ROOT}\n",
}


@pytest.mark.parametrize("text", NO_CHECKPOINT.values(), ids=NO_CHECKPOINT.keys())
def test_what_is_no_checkpoint_is_refused_in_words(text: str) -> None:
    with pytest.raises(errors.NotVerified, match=r"\w+ \w+"):
        checkpoints.parse(text)


def test_a_checkpoint_reads_as_it_was_written() -> None:
    for head in (HEAD, replace(HEAD, size=0, root=tree.EMPTY), replace(HEAD, size=2**63 - 1, extensions=("a b", "c"))):
        assert checkpoints.parse(head.text()) == head


def test_nothing_is_signed_that_would_read_as_another_head() -> None:
    """An origin with a line break in it would say another size; a name with a space would be no signature."""
    for bent in (
        replace(HEAD, origin=f"other\n999\n{ROOT}"),
        replace(HEAD, origin="two words"),
        replace(HEAD, origin="a+b"),
        replace(HEAD, origin=""),
        replace(HEAD, extensions=("",)),
        replace(HEAD, extensions=("one\ntwo",)),
        replace(HEAD, size=-1),
        replace(HEAD, root=bytes(31)),
    ):
        with pytest.raises(errors.NotVerified):
            checkpoints.sign(bent, SEED)
