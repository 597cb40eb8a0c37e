"""Puts this checkout on the path of its .venv, with the command `tinbao`: no build step, and an edit counts at once."""

import compileall
import pathlib
import sysconfig

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = pathlib.Path(sysconfig.get_path("purelib"))
COMMAND = pathlib.Path(sysconfig.get_path("scripts")) / "tinbao"


def main() -> None:
    (PACKAGES / "tinbao.pth").write_text(f"{ROOT}\n")
    python = COMMAND.with_name("python")
    # A line for sh that Python reads as a text: `#!` takes no path that is long or has a space in it.
    start = f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
    COMMAND.write_text(f"{start}from bot.__main__ import main\n\nmain()\n")
    COMMAND.chmod(0o755)
    compileall.compile_dir(PACKAGES, quiet=2, workers=0)


if __name__ == "__main__":
    main()
