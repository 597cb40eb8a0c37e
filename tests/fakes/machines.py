"""A home in several hands: its own machine, and one for each signer; only files go from one to another.

Commands run in this process, each with the settings of its machine alone.
"""

import asyncio
import atexit
import contextlib
import functools
import html
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import __main__ as program
from bot import wiring
from bot.serve import web
from bot.settings import read
from tests.fakes import loopback, served
from tests.fakes.served import MEMORY, Served

DIGITS = re.compile(r"(?<=^  )(\d{5} ){5}\d{5}$", re.MULTILINE)
SIGNERS = (("Lan Anh", "vks-tp"), ("Minh", "ttra-tp"), ("Phúc", "px05"))


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, port: int, *words: str, **more: str) -> Done:
    """A command on the machine whose disk is this folder, with nobody at its keyboard."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in [it for it in os.environ if it.startswith(("TINBAO_", "LC_", "LANG"))]:
            patch.delenv(name)
        for name, value in (served.environment(folder, port) | {"LC_ALL": "en_US", "COLUMNS": "300"} | more).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["tinbao", *words])
        patch.setattr(sys, "stdin", io.StringIO())
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            program.main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Signer:
    """Somebody who signs on a machine of their own: a folder with nothing of the home in it."""

    folder: Path
    name: str
    line: str = field(repr=False)
    passphrase: str = field(repr=False)
    fingerprint: str

    def does(self, *words: str) -> Done:
        """A command on their machine, with their passphrase."""
        return run(self.folder, 1, *words, "--key", str(self.folder / "keys"), TINBAO_PASSWORD=self.passphrase)


def new_signer(folder: Path, name: str, office: str) -> Signer:
    """`tinbao signer new`."""
    place = folder / name
    place.mkdir()
    done = run(place, 1, "signer", "new", str(place / "keys"), "--name", name, "--office", office, "--json")
    said = json.loads(done.stdout)
    return Signer(place, name, said["line"], said["passphrase"], said["fingerprint"])


@dataclass
class Machines:
    """All of them."""

    at: Served
    signers: dict[str, Signer]
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    digits: str = ""  # of the version that was proposed last, as the home read them out

    @property
    def request(self) -> Path:
        return self.at.folder / "request"

    @property
    def heard(self) -> dict[str, str]:
        """The digits of every signer's key, as each reads them out."""
        return {name: it.fingerprint for name, it in self.signers.items()}

    def here(self, *words: str, **more: str) -> Done:
        """A command on the home's machine."""
        done = run(self.at.folder, self.at.port, *words, **more)
        if said := DIGITS.search(done.stdout):
            self.digits = said.group()
        return done

    def comes(self, name: str, office: str) -> Signer:
        """Somebody who is to sign from now on."""
        self.signers[name] = new_signer(self.at.folder, name, office)
        return self.signers[name]

    def proposes(self, *words: str) -> str:
        """A command that writes a request; what it prints."""
        done = self.here(*words, "--request", str(self.request))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sign(self, who: str, heard: Mapping[str, str] | None = None) -> Done:
        """`tinbao roster sign` on somebody's machine, with the request as it lies at the home."""
        it = self.signers[who]
        own, consent = it.folder / "request", it.folder / "consent"
        consent.unlink(missing_ok=True)
        shutil.copy(self.request, own)
        said = {"version": self.digits, **(heard or {})}
        told = [word for name, digits in said.items() for word in ("--heard", f"{name}={digits}")]
        return it.does("roster", "sign", str(own), "--out", str(consent), "--yes", *told)

    def apply(self, *who: str) -> Done:
        """`tinbao roster apply`, with what they gave."""
        consents = [str(self.signers[name].folder / "consent") for name in who]
        return self.here("roster", "apply", str(self.request), *consents)

    def signed(self, *who: str, **heard: str) -> Done:
        """They sign, and what they gave is brought home."""
        for name in who:
            done = self.sign(name, heard)
            assert done.returncode == 0, done.stderr
        return self.apply(*who)

    def invites(self, name: str, unit: str, role: str = "officer") -> str:
        """`tinbao officer add`; the code that is handed over."""
        done = self.here("officer", "add", name, "--unit", unit, "--role", role)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["invitation"])

    def activates(self, code: str) -> dict[str, str]:
        """What somebody sees at the desk who takes an invitation up: passphrase, totp, and fingerprint."""
        return asyncio.run(self._activated(code))

    async def _activated(self, code: str) -> dict[str, str]:
        settings = read({**served.environment(self.at.folder, self.at.port)})
        async with wiring.open_product(settings) as product:
            transport = httpx.ASGITransport(web.build(product, frozenset({"desk"})))
            async with httpx.AsyncClient(transport=transport, base_url=self.at.url) as browser:
                page = (await browser.post("/desk/activate", data={"code": code})).text
        found = re.findall(r'<p class="secret"><code>([^<]+)</code>', page)
        address = re.search(r'<code class="long">([^<]+)</code>', page)
        if not (found and address):
            return {}
        return {"passphrase": found[0], "fingerprint": found[1], "totp": html.unescape(address.group(1))}

    def proposes_who_waits(self) -> None:
        done = self.here("roster", "propose", str(self.request))
        assert done.returncode == 0, done.stderr

    def joins(self, name: str, unit: str, role: str = "officer") -> None:
        """Somebody joins, and reads their digits out to Lan Anh and Minh."""
        self.people[name] = self.activates(self.invites(name, unit, role))
        self.proposes_who_waits()
        done = self.signed("Lan Anh", "Minh", **{name: self.people[name]["fingerprint"]})
        assert done.returncode == 0, done.stderr

    def roster(self) -> dict[str, Any]:
        return dict(json.loads(self.here("roster", "show", "--json").stdout))


def asked(folder: Path) -> Machines:
    """A home that three people are to found, two of whom sign each step; nobody has signed yet."""
    made = Machines(Served(folder, loopback.free_port(), {}, {}), {})
    signers = [made.comes(name, office) for name, office in SIGNERS]
    made.proposes("init", *(word for it in signers for word in ("--signer", it.line)))
    return made


def founded(folder: Path, people: Sequence[tuple[str, str]] = ()) -> Machines:
    """The same, founded, with these people in it: a copy of one that was made once in this process."""
    once = _founded(tuple(people))
    for part in once.at.folder.iterdir():
        if part.is_dir():
            shutil.copytree(part, folder / part.name)
        else:
            shutil.copy(part, folder / part.name)
    signers = {name: replace(it, folder=folder / name) for name, it in once.signers.items()}
    at = replace(once.at, folder=folder, port=loopback.free_port(), officers=once.people)
    return Machines(at, signers, dict(once.people))


@functools.cache
def _founded(people: tuple[tuple[str, str], ...]) -> Machines:
    folder = Path(tempfile.mkdtemp(dir=MEMORY, prefix="tinbao-apart-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = asked(folder)
    done = made.signed("Lan Anh", "Minh", **made.heard)
    assert done.returncode == 0, done.stderr
    shutil.copy(made.request, folder / "first-request")
    for name, unit in people:
        made.joins(name, unit)
    return made
