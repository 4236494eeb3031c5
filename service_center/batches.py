"""Batches as one member of staff makes, opens and mails them: without letters to people who are close to them.

A batch may have been made by a colleague, so each of the three asks again who is close to whom.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.actions import Done, NotAllowed
from accounts.models import Account
from core import policy
from idproofing import letters
from idproofing.models import Batch, Letter
from service_center.conflicts import Conflict, Conflicted, conflicts_with_people, record_conflict


@dataclass(frozen=True)
class Share:
    """The letters that a member of staff may print, and those that are left for a colleague."""

    letters: list[Letter]
    close: list[Letter]

    @property
    def left(self) -> int:
        return len(self.close)


@dataclass(frozen=True)
class Made:
    """The new batch, or None if there was no letter for it. `left` letters wait for a colleague."""

    batch: Batch | None
    left: int


def make(*, by: Account) -> Made | Conflicted:
    """Put the letters that have waited longest into a batch, but none to people close to this member of staff."""
    share = set_apart(list(letters.waiting()[: policy.LETTERS_IN_BATCH]), by)
    if isinstance(share, Conflicted):
        return share
    # Only what was judged: a letter that has come since might go to anybody.
    return Made(letters.make_batch(by=by, only=[letter.pk for letter in share.letters]), share.left)


def share_of(batch: Batch, *, by: Account) -> Share | Conflicted:
    """Return which of the batch's letters this member of staff may print."""
    return set_apart(letters.to_print(batch), by)


def mail(batch: Batch, *, by: Account) -> Done | NotAllowed | Conflicted:
    """Note that the batch is in the mail. Letters to people close to this member of staff go into the next batch.

    They were not in this person's PDF. If a colleague has mailed them all the same, they go out twice with one code.
    """
    share = share_of(batch, by=by)
    if isinstance(share, Conflicted):
        return share
    with transaction.atomic():
        for letter in share.close:
            letters.print_again(letter, by="system")
        return NotAllowed() if letters.mailed(batch, by=by) is None else Done()


def set_apart(found: Sequence[Letter], by: Account) -> Share | Conflicted:
    """Set the letters to people close to this member of staff apart, and record that for each.

    Return Conflicted while DEERS does not answer, because then nobody is taken for a stranger. Call this outside a
    transaction, because it asks DEERS.
    """
    close = conflicts_with_people(by, [letter.dod_id for letter in found])
    if Conflict.SILENT in close.values():
        return Conflicted(Conflict.SILENT)
    for dod_id, why in close.items():
        record_conflict(why, by, dod_id=dod_id)
    return Share(
        [letter for letter in found if letter.dod_id not in close],
        [letter for letter in found if letter.dod_id in close],
    )
