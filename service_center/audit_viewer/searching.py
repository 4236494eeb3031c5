"""Search of the audit trail: by person, by who acted, by kind and by time.

A page is read from the end of an index, with no count over everything. What was typed about a person is in no address:
there stands the number of an account, or the keyed hash of a person without one.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Account
from core.masks import mask_number
from deers import lookup
from deers.registry import Beneficiary
from safeguards import audit
from safeguards.events import EVENTS, FORMER_EVENTS
from safeguards.models import AuditEvent, AuditSeal
from service_center import account_search, conflicts

KEY = re.compile(r"a-([0-9]{1,18})|i-([0-9a-f]{64})")
NUMBER = re.compile(r"[0-9]{1,18}")
DOD_ID = re.compile(r"[0-9]{10}")
ONE_DAY = timedelta(days=1)
WITHOUT_ACCOUNT = "A person without an account, DoD ID number {}"


@dataclass(frozen=True)
class Close:
    """Who is close to a member of staff: accounts, and blind indexes of people. Nobody reads what happened to them."""

    accounts: frozenset[int] = frozenset()
    indexes: frozenset[bytes] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.accounts or self.indexes)

    def has(self, event: AuditEvent) -> bool:
        """Return whether an event is about one of them, or done by one."""
        index = bytes(event.person_index or b"")
        return bool(self.accounts & {event.account_id, event.actor_id}) or index in self.indexes


@dataclass(frozen=True)
class Search:
    """What is looked for. What is None, or empty, is not asked.

    `index` is the blind index of the person. Somebody with an account has events by both. `without` are those of whom
    nothing is found.
    """

    account: Account | None = None
    index: bytes | None = None
    actor: Account | None = None
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    without: Close = Close()


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a typed text may mean, with the key that stands for them in addresses.

    `dod_id` is the number of somebody without an account.
    """

    key: str
    label: str
    dod_id: str = ""


def families() -> dict[str, list[str]]:
    """Return every known kind of event by its family, the part of its name before the dot."""
    found: dict[str, list[str]] = {}
    for event in sorted({*EVENTS, *FORMER_EVENTS}):
        found.setdefault(event.partition(".")[0], []).append(event)
    return found


def kinds_of(chosen: str) -> tuple[str, ...]:
    """Return the kinds that a choice stands for: a whole family ("quiz."), one kind, or nothing."""
    if chosen.endswith("."):
        return tuple(families().get(chosen[:-1], ()))
    return (chosen,) if chosen else ()


def people_meant(text: str) -> list[Candidate]:
    """Return the people whom a text may mean: accounts, and by a number also people without an account."""
    accounts = list(Account.objects.filter(pk__in=account_search.accounts_matching(text)).order_by("username"))
    found = [Candidate(f"a-{account.pk}", account_label(account)) for account in accounts]
    plain = text.strip()
    if not account_search.is_number(plain):
        return found
    people = lookup.search(plain, most=account_search.MOST_FOUND)
    numbers = {person.dod_id: without_account(person) for person in people}
    if DOD_ID.fullmatch(plain):
        numbers.setdefault(plain, WITHOUT_ACCOUNT.format(mask_number(plain)))
    without = numbers.keys() - {account.dod_id for account in accounts}
    return found + [
        Candidate(f"i-{audit.index_of(number).hex()}", numbers[number], number) for number in sorted(without)
    ]


def staff_meant(text: str) -> list[Candidate]:
    """Return the staff whom a text may mean, by username, name or email."""
    staff = Account.objects.filter(pk__in=account_search.accounts_matching(text), is_staff=True).order_by("username")
    return [Candidate(str(account.pk), account_label(account)) for account in staff]


def account_label(account: Account) -> str:
    return f"{account.username}, {account.get_full_name()}"


def without_account(person: Beneficiary) -> str:
    return person.staff_name if person.is_shielded else WITHOUT_ACCOUNT.format(mask_number(person.dod_id))


def close_to(by: Account) -> Close:
    """Return who is close to a member of staff (service_center/conflicts.py)."""
    numbers = conflicts.people_close_to(by)
    accounts = Account.objects.filter(dod_id__in=numbers).values_list("pk", flat=True)
    return Close(frozenset(accounts), frozenset(map(audit.index_of, numbers)))


def account_of(key: str) -> Account | None:
    """Return the account with this number, or None for anything else."""
    return Account.objects.filter(pk=int(key)).first() if NUMBER.fullmatch(key) else None


def page_of(search: Search, before: int | None, size: int) -> tuple[list[AuditEvent], int | None]:
    """Return the newest events that fit, older than the event `before`, and the key of the page after it, if any."""
    keys = list(newest_keys(search, before, size + 1))
    events = list(AuditEvent.objects.filter(pk__in=keys[:size]).order_by("-pk"))
    return events, keys[size - 1] if len(keys) > size else None


def newest_keys(search: Search, before: int | None, most: int) -> QuerySet[AuditEvent, Any]:
    """Return the ids of the newest events that fit. Each branch of the search has an index that is in their order."""
    common = time_of(search) & without_close(search.without)
    if before is not None:
        common &= Q(pk__lt=before)
    by_person = branches_of(search)
    if search.actor is not None and by_person:
        common &= Q(actor_id=search.actor.pk)
    elif search.actor is not None:
        by_person = [Q(actor_id=search.actor.pk)]
    if by_person and search.kinds:
        common &= Q(event__in=search.kinds)
    branches = by_person or [Q(event=kind) for kind in search.kinds] or [Q()]
    first, *rest = (
        AuditEvent.objects.filter(branch & common).order_by("-pk").values_list("pk", flat=True)[:most]
        for branch in branches
    )
    return first.union(*rest).order_by("-pk")[:most] if rest else first


def without_close(close: Close) -> Q:
    """Return the condition that an event is neither about somebody close nor done by them."""
    if not close:
        return Q()
    theirs = Q(account_id__in=close.accounts) | Q(actor_id__in=close.accounts) | Q(person_index__in=close.indexes)
    return ~theirs


def branches_of(search: Search) -> list[Q]:
    """Return the ways in which an event can be about the person."""
    account = [Q(account_id=search.account.pk)] if search.account else []
    return [*account, *([Q(person_index=search.index)] if search.index else [])]


def time_of(search: Search) -> Q:
    """Return the condition on the time, with bounds on the ids from the seals of the days around it.

    Ids grow with time, give or take what ran at the same moment, so a whole day is left on either side. Without the
    bounds a search of an old day would read all that is newer.
    """
    found = Q()
    if search.since:
        found &= Q(at__gte=search.since)
        before = search.since.astimezone(UTC).date() - ONE_DAY
        # Without a seal for the day before, that day's events may lie outside of what later seals hold.
        first = id_of("first_id", before) if AuditSeal.objects.filter(day=before).exists() else None
        found &= Q(pk__gte=first) if first else Q()
    if search.until:
        found &= Q(at__lt=search.until)
        last = id_of("last_id", search.until.astimezone(UTC).date() + ONE_DAY)
        found &= Q(pk__lte=last) if last else Q()
    return found


def id_of(which: str, day: date) -> int | None:
    """Return the `first_id` or `last_id` of the first sealed day that has events, from `day` on."""
    seals = AuditSeal.objects.filter(day__gte=day, count__gt=0).order_by("day")
    return seals.values_list(which, flat=True).first()
