"""Check a file that shows that a tip was taken, with nothing of Tin Báo but this page, and `pip install cryptography`.

    python verify_filing.py FILE VKEY [VKEY …]

FILE is what a receipt gives: a promise, or a proof that the ledger holds the tip. Each VKEY is the key of somebody whom
you believe, as they publish it: the ledger's own, or, better, a witness's that is neither the police's nor the
operator's. Ends with 0 where at least one of them signed what the file shows, and everything in it follows. Formats:
signed notes, checkpoints, cosignatures and log proofs of c2sp.org; trees of RFC 9162, section 2.1.
"""

import base64
import hashlib
import pathlib
import sys
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE, COSIGNATURE = 1, 4  # what a key signs: a text, or a time and a text


class Wrong(Exception):
    """Why the file shows nothing."""


def main(path, vkeys):
    raw = pathlib.Path(path).read_bytes().decode()
    keys = [key_of(it) for it in vkeys]
    if not raw.startswith("c2sp.org/tlog-proof@v1\n"):
        text, lines = note_of(raw)
        leaf, by = promise_of(text)
        signers = signed(text, lines, keys)
        print(f"promised: leaf {leaf.hex()} is in the ledger by {by}\nsigned by {', '.join(signers)}")
        return
    above, _, head = raw.partition("\n\n")
    extra, index, hashes = proof_of(above.split("\n")[1:])
    promise, below = note_of(extra.decode())
    leaf, by = promise_of(promise)
    text, lines = note_of(head)
    origin, size, root = text.split("\n")[:3]
    climb(leaf, index, int(size), hashes, base64.b64decode(root, validate=True))
    signers = signed(text, lines, keys)
    if promise.split("\n")[0] != origin + "/filing":
        raise Wrong("the promise is of another log than the proof")
    print(f"leaf {leaf.hex()} is number {index + 1} of the {size} in {origin}")
    print(f"head {root}\nsigned by {', '.join(signers)}")
    intake = [it for it in keys if it[0] == origin + "/filing"]
    if intake and signed(promise, below, intake):
        print(f"it is a tip's, and was promised by {by}")
    else:
        print("whether it is a tip's is not shown: that takes the intake's key as well")


def key_of(vkey):
    """A name, the id of its key, what it signs, and the key."""
    name, hint, material = vkey.split("+", 2)
    raw = base64.b64decode(material, validate=True)
    id_ = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if id_.hex() != hint or len(raw) != 33 or raw[0] not in {NOTE, COSIGNATURE}:
        raise Wrong(f"this is no key: {vkey}")
    return name, id_, raw[0], Ed25519PublicKey.from_public_bytes(raw[1:])


def note_of(raw):
    """The text of a signed note, and the lines of its signatures."""
    text, empty, below = raw.rpartition("\n\n")
    if not empty or not below.endswith("\n"):
        raise Wrong("a note is not signed")
    return text + "\n", below[:-1].split("\n")


def promise_of(text):
    """The leaf that was promised, and by when it will be there."""
    name, leaf, by = text[:-1].split("\n")
    if not name.endswith("/filing"):
        raise Wrong("the file holds no promise")
    return base64.b64decode(leaf, validate=True), datetime.fromisoformat(by)


def proof_of(lines):
    """What stands beside the proof, the leaf's place from 0, and the hashes on its way up."""
    if len(lines) < 2 or not lines[0].startswith("extra ") or not lines[1].startswith("index "):
        raise Wrong("the proof does not say of which promise it is, or where")
    hashes = [base64.b64decode(it, validate=True) for it in lines[2:]]
    if len(lines[1]) > 25:
        raise Wrong("there is no such leaf in this tree")
    return base64.b64decode(lines[0][6:], validate=True), int(lines[1][6:]), hashes


def climb(leaf, index, size, hashes, root):
    """RFC 9162, section 2.1.3.2: from the leaf to the root."""
    if not 0 <= index < size or any(len(it) != 32 for it in (leaf, root, *hashes)):
        raise Wrong("there is no such leaf in this tree")
    at, last, found = index, size - 1, leaf
    for beside in hashes:
        if last == 0:
            raise Wrong("the way up is too long")
        if at & 1 or at == last:
            found = hashlib.sha256(b"\x01" + beside + found).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + beside).digest()
        at, last = at >> 1, last >> 1
    if last or found != root:
        raise Wrong("the leaf is not in the tree of this head")


def signed(text, lines, keys):
    """Who of the believed signed a text, and when they say so; a signature of theirs that does not hold is none."""
    found = []
    for line in lines:
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
        for known, id_, kind, key in keys:
            if dash == "\u2014" and (known, id_) == (name, raw[:4]):
                found.append(f"{name}{checked(kind, key, raw[4:], text.encode())}")
    if not found:
        raise Wrong("nobody whom you believe signed it")
    return found


def checked(kind, key, signature, text):
    """Nothing for a plain signature that holds, the time for a cosignature."""
    when = ""
    if kind == COSIGNATURE:
        seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        text = b"cosignature/v1\ntime %d\n" % seconds + text
        when = f" at {datetime.fromtimestamp(seconds, UTC).isoformat()}"
    try:
        key.verify(signature, text)
    except InvalidSignature:
        raise Wrong("a signature does not hold") from None
    return when


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2:])
    except (Wrong, ValueError, OSError) as error:
        sys.exit(f"NOT SHOWN: {error}")
