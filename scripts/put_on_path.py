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
    COMMAND.write_text(f"#!{python}\nfrom bot.__main__ import main\n\nmain()\n")
    COMMAND.chmod(0o755)
    compileall.compile_dir(PACKAGES, quiet=2, workers=0)


if __name__ == "__main__":
    main()
