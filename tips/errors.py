"""Everything that may go wrong on purpose: few errors, each naming its remedy.

A person never reads ``str(error)``: `key` is the catalogue key of what they are told, translated once at the
edge. A bug is none of these and passes through untouched.
"""

from __future__ import annotations


class TinBaoError(Exception):
    """Something foreseen went wrong; `key` names what the person is told."""

    key = "error.unexpected"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.__doc__)


class StoreUnavailable(TinBaoError):
    """The store is locked, read-only, full or away: nothing was kept, try again in a moment."""

    key = "error.try_again"


class Outdated(StoreUnavailable):
    """A later version of Tin Báo has taken this home over, and nothing was kept: start this process anew with it."""


class NotPermitted(StoreUnavailable):
    """The database lets this process do no such thing, and nothing was kept: see `tinbao doctor` for its role."""


class Unsure(StoreUnavailable):
    """The store went away while it was writing: it may have kept everything, or nothing. Look before trying again."""

    key = "error.unsure"


class Stale(TinBaoError):
    """Somebody changed this since it was read: read it again, then decide."""

    key = "error.stale"


class NotOpened(TinBaoError):
    """A ciphertext did not open: wrong key, moved to another place, altered, or from a later version."""

    key = "error.not_opened"


class ForeignFile(NotOpened):
    """This is no backup of Tin Báo."""

    key = "error.backup_foreign"


class OtherKey(NotOpened):
    """It was sealed to another key than this one, or its head was altered."""

    key = "error.backup_other_key"


class Altered(NotOpened):
    """It was altered after it was written."""

    key = "error.backup_altered"


class CutShort(Altered):
    """Its end is missing or was altered: it was not written or copied to the end."""

    key = "error.backup_cut_short"


class BadKey(TinBaoError):
    """A public key is none that can be sealed to: run `tinbao ledger verify`, then give its owner a new key."""

    key = "error.bad_key"


class Busy(TinBaoError):
    """More ask at once than can be answered in time: nothing was done, try again in a moment."""

    key = "error.busy"


class Pending(TinBaoError):
    """Another process took this message and may be answering it: look again in a while."""

    key = "error.try_again"


class NotVerified(TinBaoError):
    """A signature, a chain or a commitment does not hold: run `tinbao ledger verify`."""

    key = "error.not_verified"


class WrongPassphrase(TinBaoError):
    """The passphrase or the one-time code is wrong."""

    key = "error.login"


class WrongShares(WrongPassphrase):
    """These shares do not bring the recovery seed back: they are too few, or one is wrong."""

    key = "error.shares"


class WrongGroup(WrongShares):
    """A group of a share was typed wrong; the detail names the office and the group's number."""

    key = "error.share_group"


class NotFound(TinBaoError):
    """There is no such thing, or it is not yours: both get this one answer."""

    key = "error.not_found"


class Refused(TinBaoError):
    """The rules do not allow this: `key` says which rule, in the person's words."""

    def __init__(self, key: str, detail: str = "") -> None:
        super().__init__(detail or key)
        self.key = key


class BadSetting(TinBaoError):
    """A setting or secret is missing, unsafe or wrong; the message is the remedy."""

    key = "error.setting"
