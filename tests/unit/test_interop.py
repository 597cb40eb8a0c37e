"""An independent HPKE (npm @hpke/core, X-Wing) and ours open each other's; `make interop` writes the vectors anew."""

import json
from pathlib import Path

import pytest

from tips import errors
from tips.crypto import sealing

FILE = Path(__file__).parents[1] / "data" / "hpke_vectors.json"
VECTORS = [
    pytest.param({key: bytes.fromhex(value) for key, value in row.items() if key != "name"}, id=row["name"])
    for row in json.loads(FILE.read_text())
]


@pytest.mark.parametrize("vector", VECTORS)
def test_a_seed_has_the_public_half_that_the_other_side_sealed_to(vector: dict[str, bytes]) -> None:
    """1,216 bytes, the lattice first and the curve last."""
    assert sealing.public_bytes(vector["seed"]) == vector["public"]
    assert len(vector["public"]) == sealing.PUBLIC_BYTES


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("by", ["ours", "theirs"])
def test_what_either_side_sealed_opens(vector: dict[str, bytes], by: str) -> None:
    """Same suite, same bytes in front, same binding: the other side opened `ours` when the file was made."""
    assert sealing.open_with(vector["seed"], vector[by], vector["info"]) == vector["plaintext"]


@pytest.mark.parametrize("vector", VECTORS)
def test_what_the_other_side_sealed_is_bound_and_authenticated(vector: dict[str, bytes]) -> None:
    """Another binding, another seed, or one bit of any part of it: it does not open."""
    sealed = vector["theirs"]
    for info, seed in ((vector["info"] + b"x", vector["seed"]), (vector["info"], bytes(32))):
        with pytest.raises(errors.NotOpened):
            sealing.open_with(seed, sealed, info)
    for at in (0, 1087, 1088, 1119, 1120, len(sealed) - 1):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(errors.NotOpened):
            sealing.open_with(vector["seed"], altered, vector["info"])
