"""A hash of leaves that does not depend on their order: what a signed tally says of a multiset of them.

The construction is MuHash (Bellare and Micciancio 1997, "A new paradigm for collision-free hashing"), shown by Clarke
and others (2003, "Incremental multiset hash functions and their application to memory integrity checking":
MSet-Mu-Hash) to resist collisions of multisets while discrete logarithms are hard. Parameters, and the way from an
element to the group, are those of Bitcoin Core's MuHash3072 (`src/crypto/muhash.h`), whose vector the tests hold.

Each element becomes a random-looking number modulo a safe prime of 3,072 bits, and a multiset is the product of its
elements: some 128 bits of security even against whoever chooses the leaves. It takes no key, so that anybody who has
the leaves can check a tally. Sums modulo a short number fall to generalised birthdays (Wagner 2002), and sums in
lanes of 16 bits (LtHash) cannot tell one of an element from 65,537 of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from tips import errors

SIZE: Final = 384  # bytes (3,072 bits)
_PRIME: Final = 2 ** (8 * SIZE) - 1_103_717
_START: Final = bytes(16)  # ChaCha20's counter and nonce: each key, an element's hash, is used for this alone


@dataclass(frozen=True, slots=True)
class Multiset:
    """How many elements there are, and the product of them; two are equal when they hold the same, each as often."""

    count: int = 0
    product: int = 1  # modulo the prime; the empty product of none

    def adding(self, elements: Iterable[bytes]) -> Multiset:
        """The multiset with these added."""
        count, product = self.count, self.product
        for element in elements:
            count, product = count + 1, product * _number(element) % _PRIME
        return Multiset(count, product)

    def without(self, earlier: Multiset) -> Multiset:
        """What was added since an earlier state of this multiset; of another one the count may be below 0."""
        return Multiset(self.count - earlier.count, self.product * pow(earlier.product, -1, _PRIME) % _PRIME)

    def __add__(self, other: Multiset) -> Multiset:
        return Multiset(self.count + other.count, self.product * other.product % _PRIME)

    def digest(self) -> bytes:
        """The 32 bytes that a tally signs beside the count: SHA-256 of the product, as Bitcoin Core finalises it."""
        return hashlib.sha256(self.state()).digest()

    def state(self) -> bytes:
        """The 384 bytes that are kept to add more later; `restored` reads them."""
        return self.product.to_bytes(SIZE, "little")


def restored(count: int, state: bytes) -> Multiset:
    """A multiset as it was kept.

    Raises:
        NotVerified: no multiset has this state.
    """
    product = int.from_bytes(state, "little")
    if count < 0 or len(state) != SIZE or not 0 < product < _PRIME:
        raise errors.NotVerified("this is not the state of a multiset")
    return Multiset(count, product)


def _number(element: bytes) -> int:
    """An element as a number: the key stream of ChaCha20 under its SHA-256."""
    cipher = Cipher(ChaCha20(hashlib.sha256(element).digest(), _START), mode=None).encryptor()
    return int.from_bytes(cipher.update(bytes(SIZE)), "little") % _PRIME
