"""Who works in the tests' homes: name, unit, role; and a roster in which every unit has somebody."""

from tips.organisation.roles import Role
from tips.organisation.roster import Person, Roster, Signers, UnitKey
from tips.organisation.units import HELD, Organisation

AN = ("an", "area-770", "officer")  # the desk of Quận 3, where most tips go
ANH = ("anh", "area-770", "officer")
CHI = ("chi", "area-770", "officer")
BA = ("ba", "area-770", "head")
BINH = ("binh", "area-778", "officer")  # the desk of Quận 7: another one
TRUC = ("truc", "duty", "officer")  # the city duty desk, where late cases climb
TRUC_COORDINATES = ("truc", "duty", "coordinator")
KIEM = ("kiem", "vks-tp", "overseer")
THANH = ("thanh", "px05", "officer")  # receives what accuses a ward's or a district's police
KINH = ("kinh", "pc03", "officer")
QUAN = ("quan", "ttra-tp", "admin")
TOAN = ("toan", "ttra-tp", "auditor")

A_FEW = (AN, BINH, TRUC, KIEM, THANH, KINH)


def full_roster(organisation: Organisation, without: tuple[str, ...] = ()) -> Roster:
    """One officer in every unit that receives, but for some; their keys open nothing."""
    codes = [it.code for it in organisation.units.values() if it.receives and it.code not in (HELD, *without)]
    return Roster(
        version=1,
        organisation=organisation.name,
        organisation_digest=organisation.digest,
        signers=Signers(()),
        people=tuple(Person(code, code, Role.OFFICER, bytes(32), bytes(32)) for code in codes),
        former={},
        units=tuple(UnitKey(code, 1, bytes(32)) for code in codes),
        processes={},
        release=bytes(32),
        recovery=bytes(32),
        previous="",
    )
