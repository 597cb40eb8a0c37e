"""Sealing: who opens what, and that nothing moved, cut or altered opens."""

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips import errors
from tips.crypto import sealing
from tips.crypto.sealing import Reader, Readers

OWNER, LEVEL, CLOCK = os.urandom(32), os.urandom(32), os.urandom(32)
CASE = b"c" * 16
READERS = Readers(
    (Reader("owner", sealing.public_bytes(OWNER)),),
    (Reader("level", sealing.public_bytes(LEVEL)),),
    7,
    sealing.public_bytes(CLOCK),
)


def sealed(content: bytes = b"words", readers: Readers = READERS) -> tuple[sealing.Envelope, dict[str, sealing.Grant]]:
    envelope, grants = sealing.seal(CASE, "tip", content, readers, os.urandom)
    return envelope, {grant.reader: grant for grant in grants}


def another() -> tuple[sealing.Envelope, dict[str, sealing.Grant]]:
    """A piece of another case, sealed under another roster's version to the same readers."""
    envelope, grants = sealing.seal(b"d" * 16, "note", b"other", replace(READERS, roster=8), os.urandom)
    return envelope, {grant.reader: grant for grant in grants}


def test_the_owner_opens_what_was_sealed_to_it() -> None:
    """A waking grant and its reader's seed give the words back."""
    envelope, grants = sealed("chữ".encode())
    assert sealing.open_envelope(envelope, sealing.open_key(grants["owner"], [OWNER])) == "chữ".encode()


def test_nobody_else_opens_it() -> None:
    """Every other seed fails, the clock's included."""
    _, grants = sealed()
    for seed in (LEVEL, CLOCK, os.urandom(32)):
        with pytest.raises(errors.NotOpened):
            sealing.open_key(grants["owner"], [seed])


def test_a_sleeping_grant_opens_neither_by_its_reader_nor_by_the_clock_alone() -> None:
    """The wrap keeps the reader out, the reader's seal keeps the clock out."""
    envelope, grants = sealed()
    with pytest.raises(errors.NotOpened):
        sealing.open_key(replace(grants["level"], asleep=False), [LEVEL])
    with pytest.raises(errors.NotOpened):
        sealing.wake(envelope, grants["level"], LEVEL)
    woken = sealing.wake(envelope, grants["level"], CLOCK)
    with pytest.raises(errors.NotOpened):
        sealing.open_key(woken, [CLOCK])
    assert sealing.open_envelope(envelope, sealing.open_key(woken, [LEVEL])) == b"words"


def test_two_envelopes_never_share_a_key() -> None:
    """The key of one envelope does not open another of the same case and readers."""
    first, grants = sealed()
    second, _ = sealed()
    with pytest.raises(errors.NotOpened):
        sealing.open_envelope(second, sealing.open_key(grants["owner"], [OWNER]))
    assert first.sealed != second.sealed


@pytest.mark.parametrize("field", ["case", "id", "part"])
def test_an_envelope_that_was_moved_does_not_open(field: str) -> None:
    """Case, envelope id and part are bound into the ciphertext."""
    envelope, grants = sealed()
    key = sealing.open_key(grants["owner"], [OWNER])
    other = "note" if field == "part" else b"x" * 16
    with pytest.raises(errors.NotOpened):
        sealing.open_envelope(replace(envelope, **{field: other}), key)


@pytest.mark.parametrize(
    ("field", "other"), [("reader", "level"), ("case", b"x" * 16), ("envelope", b"x" * 16), ("roster", 8)]
)
def test_a_grant_that_was_moved_does_not_open(field: str, other: object) -> None:
    """Case, envelope, reader and roster version are bound into a grant."""
    _, grants = sealed()
    with pytest.raises(errors.NotOpened):
        sealing.open_key(replace(grants["owner"], **{field: other}), [OWNER])


@given(st.integers(0, 4200), st.integers(1, 255))
def test_any_altered_octet_is_noticed(at: int, change: int) -> None:
    """Whatever octet of the ciphertext is changed, it is one clear error."""
    envelope, grants = sealed()
    octets = bytearray(envelope.sealed)
    octets[at % len(octets)] ^= change
    key = sealing.open_key(grants["owner"], [OWNER])
    with pytest.raises(errors.NotOpened):
        sealing.open_envelope(replace(envelope, sealed=bytes(octets)), key)


@given(st.sampled_from(["case", "id", "part", "sealed", "commitment"]))
def test_no_part_of_an_envelope_can_be_taken_from_another(name: str) -> None:
    """Two tips, each whole: whichever part is swapped between them, neither opens."""
    (first, grants), (second, _) = sealed(b"one"), another()
    key = sealing.open_key(grants["owner"], [OWNER])
    with pytest.raises(errors.NotOpened):
        sealing.open_envelope(replace(first, **{name: getattr(second, name)}), key)


@given(st.sampled_from(["case", "envelope", "reader", "level", "roster", "sealed"]), st.booleans())
def test_no_part_of_a_grant_can_be_taken_from_another(name: str, asleep: bool) -> None:
    """Nor of a grant, waking or asleep; whose it is, of what, at which level and under which roster is bound."""
    (envelope, grants), (_, others) = sealed(), another()
    mine, theirs = (grants["level"], others["owner"]) if asleep else (grants["owner"], others["level"])
    mixed = replace(mine, **{name: getattr(theirs, name)})
    if asleep:
        with pytest.raises(errors.NotOpened):
            sealing.open_key(sealing.wake(envelope, mixed, CLOCK), [LEVEL])
    elif name != "level":  # of a waking grant the level says nothing any more
        with pytest.raises(errors.NotOpened):
            sealing.open_key(mixed, [OWNER])


def test_the_clocks_secret_of_one_envelope_wakes_no_other() -> None:
    """The release is bound to its envelope, the wraps to theirs."""
    (first, grants), (second, _) = sealed(), another()
    with pytest.raises(errors.NotOpened):
        sealing.wake(replace(first, release=second.release), grants["level"], CLOCK)


@given(st.integers(0, 2**16), st.integers(0, 7), st.booleans())
def test_any_flipped_bit_of_a_grant_is_noticed(at: int, bit: int, asleep: bool) -> None:
    """In the encapsulation, the ciphertext or the tag: one clear error."""
    envelope, grants = sealed()
    grant = grants["level" if asleep else "owner"]
    octets = bytearray(grant.sealed)
    octets[at % len(octets)] ^= 1 << bit
    altered = replace(grant, sealed=bytes(octets))
    with pytest.raises(errors.NotOpened):
        sealing.open_key(sealing.wake(envelope, altered, CLOCK) if asleep else altered, [LEVEL if asleep else OWNER])


@given(st.integers(2, 255))
def test_a_sleeping_grant_of_a_later_version_is_refused(version: int) -> None:
    """The wrap says which version wrote it."""
    envelope, grants = sealed()
    later = replace(grants["level"], sealed=bytes([version]) + grants["level"].sealed[1:])
    with pytest.raises(errors.NotOpened, match="another version"):
        sealing.wake(envelope, later, CLOCK)


@given(st.binary(max_size=200))
def test_what_was_never_sealed_is_one_clear_error(junk: bytes) -> None:
    """Empty, short or made up: as an envelope, as a grant, as a wrap."""
    envelope, grants = sealed()
    key = sealing.open_key(grants["owner"], [OWNER])
    tries = (
        lambda: sealing.open_envelope(replace(envelope, sealed=junk), key),
        lambda: sealing.open_key(replace(grants["owner"], sealed=junk), [OWNER]),
        lambda: sealing.wake(envelope, replace(grants["level"], sealed=junk), CLOCK),
        lambda: sealing.wake(replace(envelope, release=junk), grants["level"], CLOCK),
    )
    for attempt in tries:
        with pytest.raises(errors.NotOpened):
            attempt()


PUBLIC = sealing.public_bytes(OWNER)


@pytest.mark.parametrize(
    "public",
    [b"", PUBLIC[:-1], PUBLIC + b"x", bytes(1216), b"\xff" * 1216, PUBLIC[:1184] + bytes(32), PUBLIC[1184:]],
    ids=["empty", "cut", "longer", "zeros", "coefficients too large", "a point of small order", "half"],
)
def test_what_is_no_public_key_is_one_clear_error(public: bytes) -> None:
    """Whatever is wrong with it, nothing is sealed, for itself or as the reader of an envelope."""
    with pytest.raises(errors.BadKey):
        sealing.seal_to(public, b"words", b"")
    with pytest.raises(errors.BadKey):
        sealed(readers=replace(READERS, awake=(Reader("owner", public),)))


def test_a_later_version_is_refused_by_name() -> None:
    """A version byte from the future is not guessed at."""
    envelope, grants = sealed()
    key = sealing.open_key(grants["owner"], [OWNER])
    with pytest.raises(errors.NotOpened, match="another version"):
        sealing.open_envelope(replace(envelope, sealed=b"\x02" + envelope.sealed[1:]), key)


def test_a_swapped_text_breaks_its_commitment() -> None:
    """A reader who re-seals other words under the same key is found out."""
    envelope, grants = sealed()
    key = sealing.open_key(grants["owner"], [OWNER])
    info = sealing.binding("envelope", case=CASE, envelope=envelope.id, part="tip")
    forged = sealing.lock(key, sealing.pad(bytes(32) + b"other words"), info, os.urandom)
    with pytest.raises(errors.NotOpened, match="committed"):
        sealing.open_envelope(replace(envelope, sealed=forged), key)


@given(st.binary(max_size=9000))
def test_a_length_shows_only_in_steps_of_four_kibibytes(content: bytes) -> None:
    """Padding hides how much was written, and comes off again."""
    assert len(sealing.pad(content)) % sealing.PAD_STEP == 0
    assert sealing.unpad(sealing.pad(content)) == content


def test_texts_of_any_short_length_are_equally_long_when_sealed() -> None:
    """Two tips differ in length on disk only by whole steps."""
    assert len(sealed(b"a")[0].sealed) == len(sealed(b"a" * 4000)[0].sealed)


def test_every_kind_of_ciphertext_has_another_binding() -> None:
    """No two domains produce the same bytes from the same fields."""
    fields = dict.fromkeys({name for row in sealing.BINDINGS.values() for name in row}, "same")
    made = [sealing.binding(domain, **{name: fields[name] for name in row}) for domain, row in sealing.BINDINGS.items()]
    assert len(set(made)) == len(made)
