"""Reorganisation: what another document would change here, and the request by which signers put it into force.

An admin alone changes nothing: a request is a version of the roster that nobody has signed, and that there was one is
on record before it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tips import errors
from tips.desk.laying_down import LayingDown
from tips.organisation import document_changes, document_checks, units
from tips.organisation.document_changes import Change
from tips.organisation.document_checks import Problem
from tips.organisation.documents import Document
from tips.organisation.units import Organisation
from tips.people import proposals
from tips.people.enrolment import Registrar
from tips.people.proposals import Proposal
from tips.people.session import Session
from tips.ports.cases import Cases


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would come of a document here; where it has problems, nothing."""

    problems: Sequence[Problem]
    changes: Sequence[Change] = ()
    consequences: Sequence[Change] = ()
    version: int = 0  # of the roster that would name it
    digits: str = ""  # what is read out to each signer; the same whenever it is asked for, while the roster stays

    @property
    def bare(self) -> Sequence[Change]:
        """Whom, once accused, nobody clean with a key could judge any more."""
        return [it for it in self.consequences if it.kind == "no_overseer"]


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """Compares documents with the one in force, and makes requests of them."""

    registrar: Callable[[], Registrar]  # makes the next version
    cases: Cases
    laying: LayingDown

    async def consequences(self, new: Organisation) -> list[Change]:
        """What would come of an organisation in this home."""
        registrar = self.registrar()
        gone = [code for code in registrar.organisation.units if code not in new.units]
        loads = {code: await self.cases.loads([code], self.laying.now()) for code in gone}
        counts = {code: sum(it.open for it in listed) for code, listed in loads.items()}
        found = document_changes.consequences(registrar.organisation, new, registrar.current, counts)
        if coming := registrar.awaited:
            found.append(Change("called_off", proposals.of_coming(coming)))
        return found

    async def look(self, document: Document, at: datetime | None = None) -> Outlook:
        """What is wrong with a document, or what it would change and what would come of that; changes nothing.

        Args:
            document: what is to be in force.
            at: from when on; None: at once.

        Raises:
            Refused: that is over, or too far ahead.
        """
        if problems := document_checks.check(document):
            return Outlook(problems)
        new, registrar = units.of_document(document), self.registrar()
        proposal = registrar.adopt(document, at)
        return Outlook(
            (),
            document_changes.changes(registrar.organisation, new),
            await self.consequences(new),
            proposal.version.version,
            proposals.digits(proposal),
        )

    async def request(
        self, session: Session, document: Document, *, despite: bool, at: datetime | None = None
    ) -> Proposal:
        """The version that names a document, for its signers to sign; on record before anybody has it.

        Args:
            session: whose request it is.
            document: what is to be in force.
            despite: although nobody clean with a key would be left for some accused.
            at: from when on; None: at once.

        Raises:
            Refused: it is not theirs to make, the document has problems, or is the one in force; or somebody would be
                left whom nobody could judge, and nobody said `despite`.
        """
        outlook = await self.look(document, at)
        if outlook.problems:
            raise errors.Refused("error.org_problems")
        self.registrar().check_another(document, at)
        if outlook.bare and not despite:
            raise errors.Refused("error.org_no_overseer", ", ".join(it.params["code"] for it in outlook.bare[:10]))
        proposal = self.registrar().adopt(document, at)
        await self.laying.requested(session, proposal.version)
        return proposal
