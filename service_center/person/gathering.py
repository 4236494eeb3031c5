"""What belongs to a person on the page, in one statement: the account, and rows of many tables beside it."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from accounts.models import Account, LostFactor, Notice, RegistrationDraft, UpgradeDraft
from accounts.second_factors.factors import KINDS
from core import policy
from portal.family.models import Delegation
from safeguards import rows
from service_center.calls import calling
from service_center.calls.models import Call
from support.chat.models import Chat
from support.models import CallBack, ContactMessage

# Of the rows that belong to an account, what the page needs. Where it asks for `account.<name>.all()`, they are there.
RELATED = {
    "trusted_devices": ("id", "expires_at"),
    "former_addresses": ("id", "email", "until_at", "given_up"),
    "assistance": ("id", "kind", "reason", "asked_by_id", "asked_at", "decided_at", "approved", "mailboxes"),
    "credential_changes": ("id", "kind", "at", "factor", "address", "device"),
    "freezes": ("id", "frozen_at", "since", "by_id", "ended_at"),
}
MOST_DRAFTS = 3
NONE = Call.Identity.NONE
Lists = dict[str, list[Any]]
"""The rows of the lists of the page, newest first, by the name of the list."""


def gather_account(account_id: int, staff: Account, now: datetime) -> tuple[Account, str, Lists] | None:
    """Return an account with what the page says of it, what the staff member's caller has shown, and the lists.

    The account has `has_app`, `has_passkey` and its `factors`. `factor_at` and `factor_until` are when a lost one was
    reported and may be replaced. Return None if there is no such account.
    """
    mine = {"account": OuterRef("pk")}
    waits = LostFactor.objects.filter(**mine, ended_at=None)
    factors = {kind.flag: kind.model._default_manager.filter(user=OuterRef("pk"), confirmed=True) for kind in KINDS}
    related = {
        name: (getattr(Account, name).rel.related_model._default_manager.filter(**mine), columns)
        for name, columns in RELATED.items()
    }
    about = Q(**mine) | Q(dod_id=OuterRef("dod_id"))
    accounts = Account.objects.filter(pk=account_id).annotate(
        **{flag: Exists(held) for flag, held in factors.items()},
        factor_at=Subquery(waits.values("asked_at")[:1]),
        factor_until=Subquery(waits.values("ready_at")[:1]),
        identity=Subquery(calling.shown_in_call(staff, about, now).values("identity")[:1]),
    )
    held = {flag: (rows_of_kind, ("id", "created_at")) for flag, rows_of_kind in factors.items()}
    lists = lists_about(about, OuterRef("dod_id")) | lists_of_account()
    found = rows.first_with(accounts, related | held | lists)
    if found is None:
        return None
    account, read = found
    for name in related:
        rows.prefetch(account, name, read.pop(name))
    account.factors = [factor for flag in held for factor in read.pop(flag)]  # type: ignore[attr-defined]
    return account, account.identity or NONE, read  # type: ignore[attr-defined]


def gather_person(dod_id: str, staff: Account, now: datetime) -> tuple[str, Lists]:
    """Return what the staff member's caller has shown of being this person, and the lists.

    The person has no account, so they are read beside the row of the staff member.
    """
    about = Q(dod_id=dod_id)
    shown = calling.shown_in_call(staff, about, now).values("identity")[:1]
    beside = Account.objects.filter(pk=staff.pk).annotate(identity=Subquery(shown))
    found = rows.first_with(beside, lists_about(about, dod_id))
    assert found is not None  # who asks is there
    return found[0].identity or NONE, found[1]  # type: ignore[attr-defined]


def lists_about(about: Q, dod_id: Any) -> dict[str, rows.Nested]:
    """Return the lists of a person, with an account or without."""
    return {
        "calls": newest(Call.objects.filter(about), "began_at", "id", "about", "outcome", "note", "identity"),
        "registrations": newest_drafts(RegistrationDraft.objects.filter(dod_id=dod_id)),
    }


def lists_of_account() -> dict[str, rows.Nested]:
    """Return the lists of an account. They refer to it by OuterRef."""
    mine, pk = Q(account=OuterRef("pk")), OuterRef("pk")
    family = Delegation.objects.filter(Q(owner=pk) | Q(delegate=pk), state=Delegation.State.ACCEPTED).annotate(
        owner_name=name_of("owner"), delegate_name=name_of("delegate")
    )
    return {
        "mails": newest(
            Notice.objects.filter(mine), "created_at", "id", "kind", "handed_over_at", "sent_at", "given_up_at"
        ),
        "call_backs": newest(CallBack.objects.filter(mine), "made_at", "id", "starts_at", "state"),
        "messages": newest(ContactMessage.objects.filter(mine), "created_at", "id", "reference", "topic", "state"),
        "chats": newest(Chat.objects.filter(mine), "opened_at", "id", "topic", "ended_at", "reason", "agent_id"),
        "family": newest(
            family, "offered_at", "id", "owner_id", "delegate_id", "owner_name", "delegate_name", "sees", "acts", "ends"
        ),
        "upgrades": newest_drafts(UpgradeDraft.objects.filter(mine)),
    }


def newest(found: QuerySet[Any], at: str, *columns: str) -> rows.Nested:
    """Return the newest rows, by the time in the column `at`."""
    return found.order_by(f"-{at}")[: policy.DESK_LIST], (at, *columns)


def newest_drafts(drafts: QuerySet[Any]) -> rows.Nested:
    """Return the newest drafts with all of their columns. Only their journey knows which of them says how far it is."""
    columns = [field.attname for field in drafts.model._meta.concrete_fields]
    return drafts.order_by("-touched_at")[:MOST_DRAFTS], columns


def name_of(account: str) -> Concat:
    """Return the full name of the account that a column refers to."""
    return Concat(F(f"{account}__first_name"), Value(" "), F(f"{account}__last_name"))
