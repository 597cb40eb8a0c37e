"""The program `tinbao`; its commands stand in `bot.commands`."""

from __future__ import annotations

import os
import sys
from typing import Final

from bot.commands import app, error_messages
from tips import errors

REFUSED: Final = 1
USAGE: Final = 2
WRONG_PASSPHRASE: Final = 3


def main() -> None:
    """The entry point; every foreseen error becomes its remedy and its exit code."""
    try:
        app()
    except errors.TinBaoError as error:
        print(f"tinbao: {error_messages.said(error, os.environ)}", file=sys.stderr)
        sys.exit(WRONG_PASSPHRASE if isinstance(error, errors.WrongPassphrase) else REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
