"""The stages of a conversation, and what can be heard in each: the two axes of the conversation's table."""

from __future__ import annotations

from enum import StrEnum, auto


class Stage(StrEnum):
    """Where a conversation stands; the values are stored in drafts, and channels show them as `state`."""

    IDLE = auto()  # nothing is begun
    ASIDE = auto()  # words that were no tip: they are kept only if the person insists
    ASKING = auto()  # something is missing and was asked for
    EDITING = auto()  # a slot is being written anew
    SUMMARY = auto()  # the tip can be sent
    MAILBOX = auto()  # a receipt opened a mailbox


class Heard(StrEnum):
    """What can be heard: a channel's kinds of `Inbound`, and what a text turns out to be.

    Choices have a table of their own.
    """

    START = auto()
    RESUME = auto()  # a page was opened again, or asks again because it saw no answer
    EXPIRED = auto()  # a choice that is not, or no longer, open
    WORDS = auto()
    CORRECTION = auto()  # "à không, …": only of a tip that has begun
    QUESTION = auto()  # about this channel, in the middle of a tip
    RECEIPT = auto()  # or something that looks like one, outside a mailbox
    UNUSABLE = auto()  # empty, too long, or without a letter
    UNKNOWN_COMMAND = auto()
    EDITED = auto()  # a message that was changed after it was sent
    LOCATION = auto()
    FILE = auto()  # cleaned and sealed
    TURNED_DOWN = auto()  # a file that is not taken
    UNSUPPORTED = auto()
    WITHHELD = auto()  # the platform says that somebody wrote, and does not say what


class Opens(StrEnum):
    """When a choice counts."""

    ANYTIME = auto()
    WHILE_A_TIP_IS_BEGUN = auto()  # and whenever it is shown
    AT_HAND = auto()  # that, or while a mailbox is open
    WHILE_SHOWN = auto()
