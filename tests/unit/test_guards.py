"""Guards that nobody notices while all goes well: fresh salts, one waking reader, two signatures under every roster."""

import itertools
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import wiring
from tests.fakes.home import CHEAP, Home
from tests.fakes.words import DRUGS as TIP
from tips import errors
from tips.cases import reading_grants
from tips.crypto import keys, receipt, sealing
from tips.crypto.keys import Identity
from tips.crypto.sealing import Grant, Reader, Readers
from tips.organisation import roster, succession, units
from tips.organisation.roles import Role
from tips.organisation.roster import Person, Roster, SignedRoster, Signers, UnitKey
from tips.people import founding, proposals
from tips.people.enrolment import Newcomer, Registrar

NOW = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)
CHAIN = ("area-770", "duty")
HOME = units.load("hcmc-districts")
Office = tuple[Roster, dict[str, Identity], Signers]
Forge = Callable[[Roster, Sequence[Identity]], SignedRoster]

# --- salts and look-ups -----------------------------------------------------------------------------------------------


def test_the_same_words_are_committed_to_differently_each_time() -> None:
    """The salt is fresh: nobody recognises a text by the commitment that the ledger shows."""
    readers = Readers((Reader("owner", sealing.public_bytes(os.urandom(32))),), (), 1, b"")
    made = {sealing.seal(b"c" * 16, "tip", b"words", readers, os.urandom)[0].commitment for _ in range(3)}
    assert len(made) == 3
    assert sealing.commit(bytes(sealing.SALT_BYTES), b"words") not in made


def test_the_same_passphrase_is_stretched_differently_for_everybody() -> None:
    """One guess counts for one person only."""
    people = [keys.new_identity(name, os.urandom) for name in ("an", "binh", "an")]
    locked = [keys.lock_identity(person, "the same words", CHEAP, os.urandom) for person in people]
    assert len({it.salt for it in locked}) == 3


def test_two_receipts_share_nothing_that_they_derive() -> None:
    """Look-up, reading key, ledger opening and case are each receipt's own."""
    seeds = [os.urandom(32) for _ in range(2)]
    one, other = ({it.lookup, it.reading_seed, it.ledger_opening} for it in map(receipt.of_seed, seeds))
    assert not one & other
    assert receipt.case_id(seeds[0]) != receipt.case_id(seeds[1])


# --- readers ----------------------------------------------------------------------------------------------------------


async def test_only_the_owner_of_a_new_tip_is_awake(a_home: Home) -> None:
    """Every further level is stored asleep, and its own seed does not open what is stored."""
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    grants = await a_home.grants(row.id)
    assert [it.reader for it in grants if not it.asleep] == [row.unit]
    sleeping = [it for it in grants if it.asleep]
    assert {it.reader for it in sleeping} >= {"duty", "vks-tp"}
    for grant in sleeping:
        if grant.reader != roster.HELD:
            seeds = (await a_home.session_at(grant.reader)).seeds[grant.reader]
            with pytest.raises(errors.NotOpened):
                sealing.open_key(replace(grant, asleep=False), seeds)


# --- the roster -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office() -> Office:
    """A roster with a few people, its two admins, and the signers that every process pins."""
    made = founding.found(HOME, NOW, os.urandom, CHEAP)
    signed = made.enrolment
    admins = {
        it.locked.name: keys.unlock_identity(it.locked, made.passphrases[it.locked.name]) for it in signed.accounts
    }
    first = roster.verify(signed.roster, made.secrets.signers)
    people = [Newcomer("an", CHAIN[0], Role.OFFICER), Newcomer("truc", CHAIN[1], Role.OFFICER)]
    joined = Registrar(first, signed.roster, HOME, lambda _: HOME, NOW, os.urandom, CHEAP).enrol(people)
    return (
        roster.verify(proposals.signed_here(joined, made.admins).roster, made.secrets.signers),
        admins,
        made.secrets.signers,
    )


def with_an_intruder(current: Roster) -> Roster:
    """The next version, in which an area desk's newest key belongs to somebody else."""
    person = Person("intruder", CHAIN[0], "officer", sealing.public_bytes(os.urandom(32)), bytes(32))
    key = UnitKey(CHAIN[0], current.generation(CHAIN[0]) + 1, sealing.public_bytes(os.urandom(32)))
    return current.next(people=(*current.people, person), units=(*current.units, key))


FORGERIES: dict[str, Forge] = {
    "nobody signed": lambda it, admins: roster.sign(it, {}),
    "one admin signed": lambda it, admins: roster.sign(it, {admins[0].name: admins[0].signing}),
    "strangers signed": lambda it, admins: roster.sign(it, {"a": os.urandom(32), "b": os.urandom(32)}),
    "strangers signed by the admins' names": lambda it, admins: roster.sign(
        it, {admin.name: os.urandom(32) for admin in admins}
    ),
    "one admin signed for both": lambda it, admins: roster.sign(
        it, {admin.name: admins[0].signing for admin in admins}
    ),
    "the signatures of another version": lambda it, admins: SignedRoster(
        it.version,
        it.document(),
        roster.sign(it.next(), {admin.name: admin.signing for admin in admins}).signatures,
    ),
    "a document that was altered": lambda it, admins: _altered(
        roster.sign(it, {admin.name: admin.signing for admin in admins})
    ),
    "another version's number": lambda it, admins: replace(
        roster.sign(it, {admin.name: admin.signing for admin in admins}), version=it.version + 5
    ),
}


def _altered(signed: SignedRoster) -> SignedRoster:
    plain = json.loads(signed.document)
    plain["units"][0][2] = sealing.public_bytes(os.urandom(32)).hex()
    document = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return replace(signed, document=document)


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_roster_without_two_true_signatures_is_none(office: Office, forge: Forge) -> None:
    """Whatever lacks the signatures of both pinned admins over this very document is refused."""
    current, admins, signers = office
    with pytest.raises(errors.NotVerified):
        roster.verify(forge(with_an_intruder(current), list(admins.values())), signers)


def test_two_admins_of_one_office_are_not_enough(office: Office) -> None:
    """The pinned offices count, not the names."""
    current, admins, signers = office
    signed = roster.sign(current.next(), {name: it.signing for name, it in admins.items()})
    assert roster.verify(signed, signers).version == current.version + 1
    with pytest.raises(errors.NotVerified):
        roster.verify(signed, Signers(tuple(replace(it, office="vks-tp") for it in signers.listed)))


def test_nobody_becomes_a_signer_by_their_own_signatures(office: Office) -> None:
    """The set that comes and the one that goes sign; the process that knows the former one follows no other way."""
    current, admins, signers = office
    coming = {it.name: keys.new_identity(it.name, os.urandom) for it in signers.listed}
    new = Signers(tuple(replace(it, verify=coming[it.name].verify) for it in signers.listed))
    after = current.next(signers=new)
    theirs = roster.sign(after, {name: it.signing for name, it in coming.items()})
    with pytest.raises(errors.NotVerified):
        succession.follow(current, theirs)
    renamed = Signers(tuple(replace(it, name=f"{it.name} mới") for it in new.listed))
    both = current.next(signers=renamed)
    seeds = {it.name: it.signing for it in admins.values()}
    seeds |= {f"{name} mới": it.signing for name, it in coming.items()}
    assert succession.follow(current, roster.sign(both, seeds)).signers == renamed


def test_one_key_under_two_names_signs_once(office: Office) -> None:
    """A set that a hand made up, in which one person is two signers."""
    current, admins, signers = office
    one, another = signers.listed
    twice = Signers((one, replace(another, verify=one.verify)))
    signing = {it.name: admins[one.name].signing for it in twice.listed}
    with pytest.raises(errors.NotVerified):
        roster.verify(roster.sign(current.next(), signing), twice)


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_roster_slipped_into_the_database_is_never_sealed_to(a_home: Home, forge: Forge) -> None:
    """Every process stays with the version it verified, one that starts as well; an audit names the other one."""
    admins = [await a_home.product.logins.unlock(*pair) for pair in a_home.founding.passphrases.items()]
    current = a_home.product.roster()
    forged = forge(with_an_intruder(current), admins)
    await a_home.product.store.keyring.add_roster(forged, (), (), ())
    await a_home.product.roster.refresh()
    await a_home.citizen().sends(TIP)
    row = await a_home.the_case()
    session = await a_home.session("an")
    assert (await a_home.product.review.open(session, row.id)).tip.text == TIP
    assert a_home.product.roster().version == current.version
    async with wiring.open_product(a_home.settings, now=a_home.clock, cost=CHEAP) as another:
        assert another.roster() == current
    assert any(f"roster version {forged.version}" in it for it in (await a_home.product.audit()).problems)


# --- the next level ---------------------------------------------------------------------------------------------------


def test_the_next_level_is_the_same_in_whatever_order_a_store_keeps_grants() -> None:
    """A piece that the desk may not read numbers the others anew; the numbers of the tip itself decide."""
    tip = [Grant(b"t", b"c", unit, level, False, 1, b"") for level, unit in enumerate(("area-770", "duty", "vks-tp"))]
    note = [Grant(b"n", b"c", unit, level, False, 1, b"") for level, unit in enumerate(("duty", "vks-tp"))]
    orders = {reading_grants.next_level(order, "area-770") for order in itertools.permutations((*tip, *note))}
    assert orders == {"duty"}
