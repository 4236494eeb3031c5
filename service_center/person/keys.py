"""The key in the address of a person's page. It names an account, or it is a DoD ID number sealed for one colleague."""

import re

from django.urls import reverse

from accounts.models import Account
from service_center import account_search

OF_ACCOUNT = re.compile(r"a-([0-9]{1,18})")


def page_of_account(account_id: int) -> str:
    """Return the address of the page of an account's holder."""
    return reverse("admin:person", args=[f"a-{account_id}"])


def page_of_person(dod_id: str, staff: Account) -> str:
    """Return the address of the page of a person, with or without an account, for this member of staff alone."""
    return reverse("admin:person", args=[account_search.seal(dod_id, staff)])


def account_in(key: str) -> int | None:
    """Return the primary key of the account that a key names, or None if it names none."""
    found = OF_ACCOUNT.fullmatch(key)
    return int(found[1]) if found else None


def dod_id_in(key: str, staff: Account) -> str:
    """Return the DoD ID number that is sealed in a key, or "" if there is none for this member of staff."""
    return account_search.unseal(key, staff) if key.startswith(account_search.SEALED) else ""
