"""Telling people what happened in their portal, as they chose it."""

from django.db import transaction
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account
from core.policy import Level
from portal.notices.models import How, Kind, Preference, Waiting
from safeguards import audit

# What counts until a person chooses. At once comes what a person waits for or has set up, once a day what has many
# steps, and nothing else.
USUAL = {
    Kind.MESSAGES: How.EMAIL,
    Kind.REQUESTS: How.DAILY,
    Kind.REMINDERS: How.EMAIL,
    Kind.MEASURING: How.EMAIL,
    Kind.RECORD: How.NOT,
}
# A reminder of the next morning would come too late.
NEVER_DAILY = (Kind.REMINDERS, Kind.MEASURING)
# Visits are all that Basic opens of what these are about.
BASIC = (Kind.REMINDERS,)


def kinds_for(account: Account) -> list[Kind]:
    """Return the kinds of notices that the account's level can bring."""
    return [kind for kind in Kind if kind in BASIC or account.level == Level.PREMIUM]


def ways_of(kind: Kind) -> list[How]:
    """Return how a person can be told of this kind."""
    return [how for how in How if how != How.DAILY or kind not in NEVER_DAILY]


def choices_of(account: Account) -> dict[str, str]:
    """Return how the account is told of each kind."""
    chosen = dict(Preference.objects.filter(account=account).values_list("kind", "how"))
    return {kind.value: chosen.get(kind, USUAL[kind].value) for kind in Kind}


def choose(account: Account, chosen: dict[str, str]) -> None:
    """Keep what the person chose, with one event if anything changed. What waits of a kind that is off is dropped."""
    rows = [Preference(account=account, kind=kind, how=how) for kind, how in chosen.items()]
    off = [kind for kind, how in chosen.items() if how == How.NOT]
    with transaction.atomic():
        before = choices_of(account)
        Preference.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["account", "kind"], update_fields=["how"]
        )
        Waiting.objects.filter(account=account, kind__in=off).delete()
        if before != before | chosen:
            audit.record("notices.chosen", by=account)


def tell(account: Account, kind: Kind, mail: str, *, page: str, waits: bool = True, **context: str) -> bool:
    """Email the account `templates/mail/<mail>.md`, or keep it for the email of the day, as the person chose.

    `page` is the address of what it is about, without the site. What must not wait for the next morning (`waits` is
    false) goes out at once to everybody who is told of the kind. Return whether the email goes out now.
    """
    how = choices_of(account)[kind]
    if how == How.NOT:
        return False
    if how == How.DAILY and waits:
        Waiting.objects.create(account=account, kind=kind, page=page, at=timezone.now())
        return False
    notices.send(mail, to=account.email, account_id=account.pk, first_name=account.first_name, page=page, **context)
    return True
