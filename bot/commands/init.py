"""`tinbao init`: makes a home; what only its owners may know is printed once."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bot import new_home, roster_files
from bot.settings import Settings
from tips import errors
from tips.people import proposals, signer_keys
from tips.people.founding import Founding


async def initialise(
    settings: Settings, lines: Sequence[str], needed: int, request: Path, *, as_json: bool, trial: bool
) -> int:
    """`tinbao init`: for trying out, with signers from this shell; or for signers who each have keys of their own."""
    if trial and lines:
        raise errors.BadSetting("--trial makes signers of its own: leave out --signer")
    if trial:
        await new_home.initialise(settings, trial=True, tell=functools.partial(_show_once, as_json=as_json))
        return 0
    if not lines:
        raise errors.BadSetting(
            "a home has three to five signers, each with keys from a machine of their own: give --signer LINE for each,"
            " as `tinbao signer new` prints it; or --trial, for trying out"
        )
    signers = [signer_keys.parse_line(it) for it in lines]
    await new_home.initialise_for(settings, signers, needed, lambda made: _ask(made, request, as_json=as_json))
    return 0


def _ask(made: Founding, request: Path, *, as_json: bool) -> None:
    """Write the request for the first version, and say whom it waits for."""
    roster_files.write_request(request, made.proposal)
    signers = made.secrets.signers
    rows = [{"name": it.name, "fingerprint": proposals.fingerprint(it.verify)} for it in signers.listed]
    if as_json:
        said = {"request": str(request), "digits": proposals.digits(made.proposal)}
        print(json.dumps({**said, "threshold": signers.needed, "signers": rows}, ensure_ascii=False))
        return
    print(request)
    print(f"  {proposals.digits(made.proposal)}")
    for row in rows:
        print(f"  {row['name']}: {row['fingerprint']}")


def _show_once(made: Founding, *, as_json: bool) -> None:
    """Passphrases and shares.

    Raises:
        BadSetting: they cannot be written.
    """
    admins = [{"name": name, "passphrase": words} for name, words in made.passphrases.items()]
    shares = [f"{office}:{share}" for office, share in made.shares.items()]
    lines = [
        "Shown once. Give each line to its owner, then clear this screen.",
        *(f"  {admin['name']}: {admin['passphrase']}" for admin in admins),
        *(f"  {share}" for share in shares),
    ]
    printed = {"admins": admins, "recovery": {"k": 2, "n": len(shares), "shares": shares}}
    try:
        if sys.stdout is None:
            raise OSError
        print(json.dumps(printed) if as_json else "\n".join(lines), flush=True)
    except OSError as error:
        raise errors.BadSetting("the passphrases could not be written to standard output: no home was made") from error
