"""Giving a frozen account back to its holder, as it was before somebody else used it."""

import json
from datetime import datetime

from django.utils import timezone

from accounts import actions
from accounts.actions import Done, NeedsProof, NotAllowed
from accounts.changes import Kind as Change
from accounts.changes import changes_of, first_since, live_freeze
from accounts.mail import links, notices
from accounts.models import Account, NotificationAddress, State
from accounts.models.mail import Purpose
from accounts.second_factors import suspended
from accounts.second_factors.locks import lock_factors
from safeguards import audit


def unlock_staff(account: Account, *, by: object) -> Done | NotAllowed | NeedsProof:
    """Unlock the account of a member of staff. If it is frozen, give it back as it was before the reported moment.

    A beneficiary first proves again who they are, because nobody of staff can know that for them. A member of staff is
    not in DEERS and has colleagues who do know.
    """
    row = Account.objects.get(pk=account.pk)
    if row.state != State.FROZEN or not row.is_staff:
        return actions.unlock(account, by=by)
    under = live_freeze(row)
    return give_back(account, since=under.since if under else None, by=by)


def give_back(
    account: Account, *, since: datetime | None, by: object, typed_email: str = "", reads_along: bool = False
) -> Done | NotAllowed:
    """Give a frozen account back to its holder, as it was before a moment.

    Since that moment it was not theirs; None means that all changes were theirs. The email address, phone number,
    second factors and backup codes from before come back, and the later ones are deleted. The password, all sessions
    and all links end. Former addresses hear of it once more, without a link, and then of nothing: somebody who reads an
    old mailbox could otherwise freeze the account again and again.

    `typed_email` is an address that has just been shown to be the holder's. `reads_along` says that somebody else can
    read the mail of the address from before. The caller knows that it is the holder: from a new proof at the account's
    level.
    """
    with lock_factors(account):
        row = Account.objects.select_for_update().get(pk=account.pk)
        if row.state != State.FROZEN:
            return NotAllowed()
        links.void(row, list(Purpose))
        restored = give_back_addresses(row, since, typed_email, reads_along=reads_along, by=by)
        deleted, given = suspended.give_back_factors(row, since)
        details: dict[str, int | bool] = {"removed": deleted, "restored": given, "email": restored}
        audit.record("account.given-back", by=by, account_id=row.pk, dod_id=row.dod_id, **details)
        close_former_addresses(row)
        return actions.change_state(account, State.ACTIVE, by=by)


def close_former_addresses(row: Account) -> None:
    """Tell the addresses from before, which are still the holder's for all we know, for the last time.

    They are forgotten and not given up. Nobody has said that somebody else reads them.
    """
    in_deers = notices.address_in_deers(row).lower()
    for email in notices.addresses_of(row):
        if email.lower() not in (row.email.lower(), in_deers):
            notices.send("account-unfrozen", to=email, account_id=row.pk, first_name=row.first_name)
    NotificationAddress.objects.filter(account=row, given_up=False).delete()


def give_back_addresses(row: Account, since: datetime | None, typed: str, *, reads_along: bool, by: object) -> bool:
    """Restore the email address and phone number from before, and return whether the email address changed.

    An address that came with the account, if the account itself was not the holder's, one that was given up, and one
    that somebody reads along, are not restored. Then it is the address in DEERS, or the one that was typed and shown to
    be the holder's. Where there is neither, the account has none for now.
    """
    email, confirmed = row.email, row.email_confirmed_at
    change = first_since(row, since, Change.EMAIL)
    if change:
        email, confirmed = change.email_before, change.confirmed_before
    phone = first_since(row, since, Change.PHONE)
    if phone:
        actions.set_phone(row, json.loads(phone.before), by=by)
    not_theirs = bool(since and since <= row.created_at) or notices.is_given_up(row, email) or reads_along
    if not_theirs:
        email, confirmed = another_address(row, email, typed, reads_along=reads_along)
    if since:
        give_up_since(row, since, kept=email)
    if email.lower() == row.email.lower():
        return False
    actions.set_email(row, email, by=by, confirmed_at=confirmed, gives_up=actions.has_given_up(row, row.email))
    return True


def another_address(row: Account, email: str, typed: str, *, reads_along: bool) -> tuple[str, datetime | None]:
    """Return an address in place of one that is not the holder's, and when it was confirmed. Give that one up.

    One that was only reported, and waits for a second staff member, is not given up before that.
    """
    in_deers = notices.address_in_deers(row)
    usable = [one for one in (in_deers, typed) if one and not notices.is_given_up(row, one)]
    found = next((one for one in usable if not (reads_along and one.lower() == email.lower())), "")
    if email.lower() != found.lower() and (reads_along or not notices.is_given_up(row, email)):
        actions.give_up(row, email)
    return found, timezone.now() if found and found != in_deers else None


def give_up_since(account: Account, since: datetime, *, kept: str) -> None:
    """Give up the addresses that the account got since a moment.

    The one that it gets back is kept, and so are the one in DEERS and those that it had before the moment. A holder who
    takes a change back by the link in an old mailbox passes through such an address on the way.
    """
    left = NotificationAddress.objects.filter(account=account, until_at__gte=since, given_up=False)
    spared = {kept.lower(), notices.address_in_deers(account).lower(), *addresses_before(account, since)}
    for email in notices.distinct([account.email, *(row.email for row in left)]):
        if email.lower() not in spared:
            actions.give_up(account, email)


def addresses_before(account: Account, since: datetime) -> set[str]:
    """Return the addresses that the account had before a moment, in lower case. They count as the holder's."""
    if since <= account.created_at:
        return set()
    emails = changes_of(account).filter(kind=Change.EMAIL)
    first = first_since(account, since, Change.EMAIL)
    had = [change.email_before for change in emails.filter(at__lt=since)]
    had += [row.email for row in NotificationAddress.objects.filter(account=account, until_at__lt=since)]
    had.append(first.email_before if first else account.email)
    return {email.lower() for email in had}
