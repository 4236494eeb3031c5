"""What an upgrade takes as evidence that the person in the session is the account's holder, and where its code goes.

A stolen session shows whatever a Basic account shows. So the details that an upgrade asks for stand on no Basic page,
and its code goes to an address that was known before the upgrade.
"""

import re
from datetime import datetime

from django.utils import timezone

from accounts.changes import Kind as Change
from accounts.mail.notices import given_up
from accounts.models import Account, CredentialChange
from core import policy
from deers.registry import Beneficiary


def is_evidence(person: Beneficiary, typed: dict[str, str]) -> bool:
    """Return whether what was typed holds a detail of record that no Basic page shows.

    It is the second of the two numbers, which the query to DEERS has compared, or the address: the number of the house
    (or box) with the ZIP or postal code.
    """
    return bool(typed["ssn"] and typed["dod_id"]) or lives_at(person, typed["street"], typed["postal_code"])


def lives_at(person: Beneficiary, street: str, postal_code: str) -> bool:
    """Return whether this is the address of record. Only its numbers count: people write "Street" in many ways."""
    code = plain(postal_code)[:5]
    return house(street) == house(person.street) != "" and code == plain(person.postal_code)[:5] != ""


def house(street: str) -> str:
    """Return the first number in the line of a street, or the whole line, bare, if there is none."""
    number = re.search(r"[0-9]+", street)
    return number[0].lstrip("0") if number else plain(street)


def plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def code_address(account: Account, person: Beneficiary | None, now: datetime | None = None) -> str:
    """Return the email address to which the code of an upgrade goes, or "" if there is none.

    It is the account's own, if it is confirmed and has been the account's for policy.UPGRADE_ADDRESS_AGE, or the one
    that DEERS has, unless the holder gave it up. Nobody types it in the upgrade. An address that was changed a moment
    ago would be as good as typed. While DEERS is silent there is no `person`.
    """
    without = given_up(account)
    is_own = account.email and account.email_confirmed_at and account.email.lower() not in without
    if is_own and not was_changed(account, now or timezone.now()):
        return account.email
    return person.email if person and person.email.lower() not in without else ""


def was_changed(account: Account, now: datetime) -> bool:
    """Return whether the account's address was changed within policy.UPGRADE_ADDRESS_AGE, no matter how."""
    since = now - policy.UPGRADE_ADDRESS_AGE
    return CredentialChange.objects.filter(account=account, kind=Change.EMAIL, at__gt=since).exists()
