"""Backups are ordinary age files: an independent age opens ours with the recovery seed alone, and we open its."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import tools
from tests.fakes import home
from tests.fakes.words import DRUGS_IN_ROOM_SIX_WITHOUT_ACCENTS as SENTENCE
from tips.crypto import age, keys, sealing
from tips.crypto.age import Stanza
from tips.crypto.pieces import Pieces
from tips.people import recovery

SCRIPT = Path(__file__).parents[2] / "scripts" / "age_interop.mjs"


def other_age(seed: bytes, file: bytes, content: bytes) -> Mapping[str, str]:
    """What npm's age-encryption makes of our file, and of a content that it seals to the same key."""
    given = json.dumps({"seed": seed.hex(), "file": file.hex(), "content": content.hex()})
    run = [tools.path("node"), "--input-type=module", "-e", SCRIPT.read_text()]
    done = subprocess.run(run, input=given, cwd=tools.path("age"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, "the other age does not open what we wrote"
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 300_000])
def test_another_age_opens_ours_and_we_open_its(size: int) -> None:
    """Stanzas of our own are passed over; the edges of chunks are the same."""
    seed, content = os.urandom(32), os.urandom(size)
    beside = [Stanza((recovery.STANZA, "2", "px05,vks-tp"), os.urandom(length)) for length in (48, 61)]
    ours = b"".join(age.seal(sealing.public_bytes(seed), [content], os.urandom, beside))
    answer = other_age(seed, ours, content)
    assert bytes.fromhex(answer["opened"]) == content
    assert answer["recipient"].startswith("age1pq1")
    theirs = Pieces([bytes.fromhex(answer["sealed"])])
    header = age.read_header(theirs)
    assert b"".join(age.open_payload(age.open_file_key(header, seed), theirs)) == content


async def test_a_backup_opens_in_another_age_by_the_seed_that_the_shares_bring_back(tmp_path: Path) -> None:
    """File and shares are enough; what comes out begins with the manifest, and holds no word of the tip."""
    file = tmp_path / "home.age"
    async with home.opened(tmp_path) as opened:
        await opened.citizen().sends(SENTENCE)
        await opened.backs_up(file)
        two = dict(list(opened.founding.shares.items())[1:])
        ledger = await opened.product.store.ledger.waiting()
    header = age.read_header(Pieces([file.read_bytes()]))
    own = {it.arguments[2]: it.body for it in header.stanzas if it.arguments[0] == recovery.STANZA}
    seed = keys.join_recovery(keys.Recovery(2, own), two)
    content = bytes.fromhex(other_age(seed, file.read_bytes(), b"")["opened"])
    name, manifest = json.loads(content.split(b"\n", 1)[0])
    assert (name, manifest["ledger"]["events"], manifest["rows"]["event"]) == ("manifest", len(ledger), len(ledger))
    assert SENTENCE.encode() not in content
