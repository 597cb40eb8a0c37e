"""Write tests/data/hpke_vectors.json: what an independent HPKE and ours sealed for each other (`make interop`)."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tips.crypto import sealing  # noqa: E402

VECTORS = ROOT / "tests" / "data" / "hpke_vectors.json"
OTHER = ROOT / ".tools" / "interop"  # where `make interop` puts the other implementation
CASE, ENVELOPE = bytes(range(16)), bytes(range(16, 32))
GRANT = sealing.binding("grant", case=CASE, envelope=ENVELOPE, reader="area-770", roster=3)
UNIT_SEED = sealing.binding("unit seed", unit="area-770", generation=1, holder="an")
WANTED = {  # name -> (what it is bound to, plaintext)
    "an envelope's key for a unit": (GRANT, hashlib.sha256(b"key").digest()),
    "nothing": (b"", b""),
    "one octet, bound to nothing": (b"", b"\x00"),
    "Vietnamese words": (
        sealing.binding("unit seed", unit="area-770", generation=1, holder="an"),
        "tiếng Việt".encode(),
    ),
    "more than one block of everything": (b"i" * 1000, bytes(range(256)) * 5),
}


def main() -> None:
    """Seal, let the other side open and seal, and write down both."""
    rows = []
    for name, (info, plaintext) in WANTED.items():
        seed = os.urandom(32)
        public = sealing.public_bytes(seed)
        values = {"seed": seed, "public": public, "info": info, "plaintext": plaintext}
        values["ours"] = sealing.seal_to(public, plaintext, info)
        rows.append({"name": name, **{key: value.hex() for key, value in values.items()}})
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    done = subprocess.run(["node", OTHER / "interop.mjs"], input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for row, answer in zip(rows, answers, strict=True):
        if answer["opened"] != row["plaintext"]:
            raise SystemExit(f"the other implementation opened something else: {row['name']}")
        row["theirs"] = answer["theirs"]
    VECTORS.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"{len(rows)} vectors written; both implementations open each other's")


if __name__ == "__main__":
    main()
