"""What happened to a person, the latest first, before an event: by account, and by the index of the DoD ID number."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import QueryDict

from core import policy
from safeguards.cipher import blind_index
from safeguards.models import AuditEvent
from service_center.person.subject import Subject

# How the events are grouped for the filter: the name in the address, its words, and how its events begin.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "proofing": (
        "Registration and proof",
        ("registration.", "upgrade.", "proofing.", "quiz.", "code.", "letter.", "visit.", "case.", "deers."),
    ),
    "sign-in": (
        "Signing in",
        ("sign-in.", "sign-out.", "session.", "consent.", "passkey.", "second-factor.", "backup-code", "limit."),
    ),
    "account": ("Account", ("account.", "password.", "recovery.", "mail.")),
    "staff": ("Our staff", ("support.",)),
    "record": (
        "Health portal",
        (
            *("portal.", "refill.", "appointment.", "message.", "export.", "tools.", "family.", "surrogate.", "share."),
            "notices.",
        ),
    ),
}
BIGGEST = 18
"""Digits of an event's number that fit into the column."""


@dataclass(frozen=True)
class Timeline:
    """A page of events. `older` is what ?before= is for the next page, or None. `kind` is the filter, or ""."""

    events: list[AuditEvent]
    older: int | None
    kind: str
    before: int | None

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return the filters by name, with their words."""
        return [("", "Everything"), *((name, words) for name, (words, _) in KINDS.items())]


def timeline_of(subject: Subject, query: QueryDict) -> Timeline:
    """Return the page of events that ?kind= and ?before= ask for. Anything odd in them asks for the latest of all."""
    kind, before = query.get("kind", ""), query.get("before", "")
    kind = kind if kind in KINDS else ""
    start = int(before) if before.isascii() and before.isdecimal() and len(before) <= BIGGEST else None
    first, *rest = (page_of(whose, kind, start) for whose in about(subject))
    size = policy.DESK_TIMELINE
    found = list(first.union(*rest).order_by("-id")[: size + 1]) if rest else list(first)
    older = found[size - 1].pk if len(found) > size else None
    return Timeline(found[:size], older, kind, start)


def about(subject: Subject) -> list[Q]:
    """Return the conditions, at least one, under which an event is about the person. Each has an index of its own."""
    whose = [Q(account_id=subject.account.pk)] if subject.account else []
    if subject.dod_id:
        whose.append(Q(person_index=blind_index(subject.dod_id, purpose="audit-person")))
    return whose


def page_of(whose: Q, kind: str, before: int | None) -> QuerySet[AuditEvent]:
    """Return one page of events, and one more to know whether any are left."""
    events = AuditEvent.objects.filter(whose)
    if before is not None:
        events = events.filter(pk__lt=before)
    if kind:
        begins = (Q(event__startswith=prefix) for prefix in KINDS[kind][1])
        events = events.filter(Q(*begins, _connector=Q.OR))
    return events.order_by("-id")[: policy.DESK_TIMELINE + 1]
