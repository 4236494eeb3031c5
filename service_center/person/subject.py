"""The person whom a page of the desk is about, and everything that is known of them, each thing asked for once."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    IntegerField,
    Model,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.journeys import draft_states
from accounts.journeys.registration.steps import REGISTRATION
from accounts.journeys.upgrade.steps import UPGRADE
from accounts.models import Account, State
from accounts.sign_in import pauses
from accounts.sign_in.pauses import Try
from core import policy
from core.policy import Level
from deers import lookup
from deers.registry import SHIELDED, Beneficiary, Record
from idproofing import models as proofing
from safeguards import limits
from safeguards.cipher import blind_index
from service_center.calls.models import Call
from service_center.person.gathering import Lists, gather_account, gather_person


@dataclass(frozen=True)
class Step:
    """One thing that proofing has of a person: a quiz, a code, a letter, a slip for a visit, a case, a proof …

    `kind` says which, `pk` is the row's key, and `state` its state. `detail` is how a code is delivered, a letter's
    reference, why a visit was refused, or which journey a case is about. `until` is when it ends.
    """

    kind: str
    pk: str
    level: int
    state: str
    detail: str
    at: datetime
    changed_at: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class Begun:
    """A journey under way: its kind ("registration", "upgrade"), how far it came, and why its route cannot continue."""

    kind: str
    state: draft_states.State
    blocked: str
    level: int
    touched_at: datetime


@dataclass
class Subject:
    """A person at the desk, with an account or without. `dod_id` is "" for staff, whom DEERS does not know.

    `caller` is what the caller of `staff` has shown of being the person (a Call.Identity).
    """

    dod_id: str
    account: Account | None
    staff: Account
    now: datetime
    caller: str = Call.Identity.NONE
    lists: Lists = field(default_factory=dict)

    @cached_property
    def record(self) -> Record | None:
        """Return what DEERS has of the person. Return None if that is nobody, or if it does not answer."""
        return lookup.record(dod_id=self.dod_id) if self.dod_id else None

    @property
    def person(self) -> Beneficiary | None:
        return self.record.person if self.record else None

    @property
    def is_silent(self) -> bool:
        """Return whether DEERS does not answer for a person whom it must know."""
        return bool(self.dod_id) and self.record is None

    @property
    def is_shielded(self) -> bool:
        """Return whether nothing may be shown of the person's record, because somebody may be looking for them."""
        return bool(self.person and self.person.is_shielded)

    @cached_property
    def number(self) -> str:
        """Return the Social Security number, for counts and keyed hashes. No page shows it."""
        return lookup.number_of(self.dod_id) if self.dod_id else ""

    @property
    def name(self) -> str:
        """Return the name by which to speak to the person. Of a shielded record not even that is shown."""
        if self.account:
            return self.account.get_full_name()
        if self.person is None:
            return "Nobody in DEERS"
        return SHIELDED if self.is_shielded else f"{self.person.first_name} {self.person.last_name}"

    @property
    def level_reached(self) -> int:
        """Return the level of the person's open account, or 0 if there is none."""
        account = self.account
        return account.level or 0 if account and account.state != State.CLOSED else 0

    @cached_property
    def steps(self) -> list[Step]:
        """Return everything that proofing has of the person, the latest first."""
        return sorted(steps_of(self), key=lambda step: step.at, reverse=True) if self.dod_id else []

    def steps_of_kind(self, *kinds: str) -> list[Step]:
        """Return the steps of these kinds, the latest first."""
        return [step for step in self.steps if step.kind in kinds]

    @cached_property
    def tries(self) -> dict[Try, str]:
        """Return the limits that may make the person wait, each with what has to wait in words."""
        if self.account:
            return dict(pauses.guarding(self.account, number=self.number))
        return {(policy.DEERS_PER_SSN, number): "" for number in self.numbers}

    @property
    def numbers(self) -> list[str]:
        """Return the numbers by which the person is matched in DEERS."""
        return [number for number in (self.number, self.dod_id) if number]

    @cached_property
    def counted(self) -> dict[Try, int]:
        """Return how many tries were counted of each limit."""
        return limits.counts(self.tries)

    @cached_property
    def paused(self) -> list[pauses.Pause]:
        """Return what has to wait now for the account."""
        return pauses.pauses_in(self.tries, limits.waits(self.counted), self.now) if self.account else []

    @cached_property
    def begun(self) -> list[Begun]:
        """Return the journeys that the person has under way or has just ended, the latest first."""
        found = list(begun_of(self)) if self.dod_id else []
        return sorted(found, key=lambda one: one.touched_at, reverse=True)


def find_subject(account_id: int | None, dod_id: str, staff: Account) -> Subject | None:
    """Return the person with this account, or with this DoD ID number. Return None if there is neither."""
    now = timezone.now()
    if account_id:
        gathered = gather_account(account_id, staff, now)
        if gathered is None:
            return None
        account, caller, lists = gathered
        return Subject(account.dod_id or "", account, staff, now, caller, lists)
    found = Subject(dod_id, None, staff, now)
    if not dod_id or not (found.person or found.steps):
        return None
    found.caller, found.lists = gather_person(dod_id, staff, now)
    return found


def begun_of(subject: Subject) -> list[Begun]:
    """Return the registrations and upgrades of the person that are not deleted yet."""
    drafts = (("registration", REGISTRATION, "registrations"), ("upgrade", UPGRADE, "upgrades"))
    return [
        Begun(kind, draft_states.state_of(journey, draft), draft.blocked, draft.level, draft.touched_at)
        for kind, journey, name in drafts
        for draft in subject.lists.get(name, ())
    ]


def steps_of(subject: Subject) -> list[Step]:
    """Return what the tables of proofing have of the person, in one query."""
    dod_id, now, no_time = subject.dod_id, subject.now, Value(None, output_field=DateTimeField())
    is_over = Case(
        When(used_at__isnull=False, then=Value("used")),
        When(voided_at__isnull=False, then=Value("void")),
        When(expires_at__lte=now, then=Value("expired")),
        default=Value("live"),
    )
    mine = {"dod_id": dod_id}
    parts = [
        some("code", proofing.ActivationCode, Q(**mine), is_over, "delivery", "issued_at", "used_at", "expires_at"),
        some("letter", proofing.Letter, Q(**mine), "state", "reference", "made_at", "changed_at", "expires_at"),
        some("visit", proofing.Visit, Q(**mine), "state", "reason", "made_at", "changed_at", "expires_at"),
        some("case", proofing.Case, cases_of(subject), "state", "journey", "opened_at", "changed_at", "due_at"),
        some("quiz", proofing.Quiz, Q(**mine), "state", Value(""), "started_at", "ended_at", no_time),
        some("proof", proofing.Proof, Q(**mine), Value("proven"), "route", "proven_at", no_time, no_time),
        some(
            "proofing", proofing.Proofing, Q(**mine), "state", Value(""), "changed_at", no_time, "attempts_forgotten_at"
        ),
        some(
            "notice", proofing.FailureNotice, Q(lifted_at=None, **mine), "kind", Value(""), "made_at", "stopped_at",
            no_time,
        ),
    ]  # fmt: skip
    first, *rest = parts
    return [Step(*row) for row in first.union(*rest, all=True)]


def some(kind: str, model: type[Model], whose: Q, *columns: Any) -> QuerySet[Any, Any]:
    """Return the latest rows of one table, in the columns of a Step."""
    state, detail, at, changed_at, until = columns
    rows = model._default_manager.filter(whose).order_by(f"-{at}")[: policy.DESK_LIST]
    return rows.values_list(
        Value(kind),
        Cast("pk", CharField()),
        Cast("level", IntegerField()),
        Cast(state, CharField()),
        Cast(detail, CharField()),
        at,
        changed_at,
        until,
    )


def cases_of(subject: Subject) -> Q:
    """Return which cases are about the person: of the account, with the record chosen, or with the number typed."""
    hashes = [blind_index(f"number:{number}", purpose="case-subject") for number in subject.numbers]
    about = Q(dod_id=subject.dod_id) | Q(subject__in=hashes, state__in=proofing.Case.WAITING)
    return about | Q(account_id=subject.account.pk) if subject.account else about


def level_word(level: int) -> str:
    """Return the name of a level as people read it."""
    return Level(level).label if level else ""
