"""Telling people what happened in their portal, as they chose it."""

from django.db import transaction

from accounts.mail import notices
from accounts.models import Account
from portal.notices.models import How, Kind, Preference
from safeguards import audit

# What counts until a person chooses.
USUAL = {Kind.REMINDERS: How.EMAIL, Kind.REQUESTS: How.EMAIL}


def choices_of(account: Account) -> dict[str, str]:
    """Return how the account is told of each kind."""
    chosen = dict(Preference.objects.filter(account=account).values_list("kind", "how"))
    return {kind.value: chosen.get(kind, USUAL[kind].value) for kind in Kind}


def choose(account: Account, chosen: dict[str, str]) -> None:
    """Keep what the person chose, with one event if anything changed."""
    with transaction.atomic():
        before = choices_of(account)
        for kind, how in chosen.items():
            Preference.objects.update_or_create(account=account, kind=kind, defaults={"how": how})
        if before != before | chosen:
            audit.record("notices.chosen", by=account)


def tell(account: Account, kind: Kind, mail: str, **context: str) -> bool:
    """Send the email `templates/mail/<mail>.md` to the account, unless it does not want to be told of this kind.

    Return whether it goes out.
    """
    if choices_of(account)[kind] == How.NOT:
        return False
    notices.send(mail, to=account.email, account_id=account.pk, first_name=account.first_name, **context)
    return True
