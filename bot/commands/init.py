"""`tinbao init`: makes a home; what only its owners may know is printed once."""

from __future__ import annotations

import functools
import json
import sys

from bot import wiring
from bot.settings import Settings
from tips import errors
from tips.people.founding import Founding


async def initialise(settings: Settings, *, as_json: bool, trial: bool) -> int:
    """`tinbao init`."""
    await wiring.initialise(settings, trial=trial, tell=functools.partial(_show_once, as_json=as_json))
    return 0


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
