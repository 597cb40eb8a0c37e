"""Holds the licences of what the product runs on against a list. `make check` runs it; it needs no network.

What counts are the packages of `requirements/run.lock`. A licence is what a package's metadata say in SPDX's words, or
by its classifier where they say none; `SAID` has those whose metadata say it in no such way, or say less than what
their wheels carry. What is not plainly permissive has to be named in NOTICE, with what follows from it.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PERMISSIVE = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "HPND", "ISC", "MIT", "MIT-0", "MIT-CMU",
    "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
})  # fmt: skip
NAMED = frozenset({"MPL-2.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "GPL-2.0-or-later"})  # taken where NOTICE says so
SAID = {
    "async-timeout": "Apache-2.0",  # these two are for other systems than this one
    "colorama": "BSD-3-Clause",
    "av": "BSD-3-Clause AND GPL-2.0-or-later",  # its own code, and the x264 and x265 that its wheels carry
    "pi-heif": "BSD-3-Clause AND LGPL-3.0-or-later",  # its own code, and libheif and libde265
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "uvloop": "MIT OR Apache-2.0",
}
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def main(lock: Path, notice: Path, folders: list[str]) -> int:
    """Print what is wrong; how many things are."""
    found = list(
        problems(lock.read_text(), notice.read_text(), {_key(it.name): it for it in distributions(path=folders)})
    )
    for problem in found:
        print(f"licences: {problem}", file=sys.stderr)
    return len(found)


def problems(lock: str, notice: str, installed: Mapping[str, Distribution]) -> Iterator[str]:
    """A line for each package whose licence is unknown, not on the list, or not in NOTICE though it should be."""
    for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", lock):
        said = licence(name, installed.get(_key(name)))
        if not said:
            yield f"{name}: no licence that is known; look, and write it into SAID in {Path(__file__).name}"
        elif not allowed(said, PERMISSIVE | NAMED):
            yield f"{name}: {said} is not on the list"
        elif not allowed(said, PERMISSIVE) and not re.search(rf"(?m)^{re.escape(name)}\b", notice):
            yield f"{name}: {said} has to be named in NOTICE"


def licence(name: str, package: Distribution | None) -> str:
    """A package's licence as an SPDX expression; nothing where that cannot be told."""
    if name in SAID or package is None:
        return SAID.get(name, "")
    metadata = package.metadata
    plain = (metadata.get("License") or "").strip()
    classifiers = [it.rpartition(" :: ")[2] for it in metadata.get_all("Classifier") or [] if it.startswith("License")]
    known = [_CLASSIFIERS.get(it, "") for it in classifiers]
    return metadata.get("License-Expression") or (plain if plain in PERMISSIVE | NAMED else " AND ".join(known))


def allowed(expression: str, licences: frozenset[str]) -> bool:
    """Whether one of the choices of an SPDX expression has licences of the list only."""
    if "(" in expression:
        return False  # none of ours needs it; whoever meets one decides
    choices = [re.split(r"\s+AND\s+", choice) for choice in re.split(r"\s+OR\s+", expression.strip())]
    return any(all(it.strip() in licences for it in choice) for choice in choices)


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(ROOT / "requirements/run.lock", ROOT / "NOTICE", sys.path) > 0)
