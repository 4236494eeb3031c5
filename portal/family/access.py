"""Who may open whose record, and what they may do there. Every page, form, file and id of another's record asks here.

A feature, a page of it or a form that is not in OPEN or ACTS is never opened to another person. Reminders and the
deletion of a whole tracker are in neither: they are about the owner's mailbox, and about all that the owner stored.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.models.account import State as AccountState
from core import policy
from core.dates import age_on, years_after
from deers import lookup
from deers.registry import Beneficiary, Reason
from portal.family.models import Delegation, Surrogacy
from portal.family.patients import Patient
from portal.family.surrogate_states import account_of_patient
from portal.record.sensitive import Guarded
from safeguards.cipher import blind_index

SEE, ACT = "see", "act"
# The pages of each feature that another person may open: "" is its own page, "item" that of one item.
OPEN: dict[str, tuple[str, ...]] = {
    "appointments": ("", "item", "visits", "calendar", "requests", "request"),
    "messages": ("", "sent", "drafts", "archive", "search", "thread", "message", "file"),
    "medications": ("", "item", "fills", "asked", "requests", "request"),
    "allergies": ("",),
    "conditions": ("",),
    "immunizations": ("", "certificate"),
    "labs": ("", "item", "single", "other", "more", "test", "csv"),
    "vitals": ("", "test", "csv"),
    "notes": ("", "item", "file", "download"),
    "procedures": ("",),
    # What is in the record and in no other feature. Copies of all of it belong to the account.
    "record": ("", "papers", "people", "paper"),
    "tools": ("", "measure", "download", "goal", "visit", "visit-pdf"),
}
TITLES = {
    "appointments": "Appointments",
    "messages": "Messages",
    "medications": "Medications",
    "allergies": "Allergies",
    "conditions": "Conditions",
    "immunizations": "Immunizations",
    "labs": "Lab results",
    "vitals": "Vitals",
    "notes": "Notes and documents",
    "procedures": "Procedures",
    "record": "Complete record",
    "tools": "Health tools",
}
# The pages whose forms another person may send. Those that are not in OPEN are nothing but a form, so who only sees
# does not open them.
ACTS: dict[str, tuple[str, ...]] = {
    "appointments": ("new", "request", "move", "cancel", "questions"),
    "messages": ("thread", "compose", "draft", "reply"),
    "medications": ("", "request"),
    "tools": ("new", "measure", "reading", "target", "file", "new-goal", "goal", "visit"),
}
# The whole record shows the newest of every part of it, so it is opened only with all of them.
WHOLE = "record"
# The version of the UUIDs that stand for parents' accesses. Rows have version 4.
CHILD_VERSION = 5
PARTS_OF_WHOLE = OPEN.keys() - {"messages", "tools"}
# Neither lets anybody in, nor goes anywhere.
OUT_OF_USE = (AccountState.FROZEN, AccountState.CLOSED)


class Why(StrEnum):
    """Why a record, or a page of it, does not open."""

    # There is no such access, or it is somebody else's.
    UNKNOWN = "unknown"
    OVER = "over"
    NOT_SHARED = "not-shared"
    ONLY_TO_SEE = "only-to-see"
    NO_ANSWER = "no-answer"


@dataclass(frozen=True)
class Open:
    """The page opens, with this patient's record."""

    patient: Patient


@dataclass(frozen=True)
class Shut:
    """The page does not open."""

    why: Why


def judge_access(
    account: Account, access: UUID, feature: str, how: str = SEE, *, page: str = "", today: date | None = None
) -> Open | Shut:
    """Return whether the account may see, or act on, a page of a feature of the record that `access` stands for.

    Without a `feature`, it is about the list of what is open. Say "act" for whatever is sent.
    """
    today = today or timezone.localdate()
    found = find_patient(account, access, today)
    if isinstance(found, Shut) or not feature:
        return found if isinstance(found, Shut) else Open(found)
    shows, acts = page in OPEN.get(feature, ()), page in ACTS.get(feature, ())
    if not (shows or acts):
        return Shut(Why.UNKNOWN)
    if feature not in found.sees:
        return Shut(Why.NOT_SHARED)
    if (how == ACT or not shows) and not (acts and feature in found.acts):
        return Shut(Why.ONLY_TO_SEE)
    return Open(found)


def find_patient(account: Account, access: UUID, today: date) -> Patient | Shut:
    """Return the patient of an access that the account has: by a delegation, by a case, or as a parent."""
    if not account.is_premium or account.state in OUT_OF_USE:
        return Shut(Why.UNKNOWN)
    mine = Delegation.objects.filter(Q(delegate=account), pk=access)
    row = None if is_of_child(access) else mine.select_related("owner").first()
    if row:
        return delegated(row, account) if row.is_open(today) and is_able(row.owner) else Shut(Why.OVER)
    if not is_of_child(access):
        opened = Surrogacy.objects.filter(Surrogacy.WAS_OPENED, asker=account, access=access).first()
        return represented(opened, account, today) if opened else Shut(Why.UNKNOWN)
    children = lookup.minors(account.dod_id or "", today=today)
    if children is None:
        return Shut(Why.NO_ANSWER)
    child = next((one for one in children if child_address(account, one.dod_id) == access), None)
    return raised(child, account, today) if child else Shut(Why.UNKNOWN)


def is_of_child(access: UUID) -> bool:
    """Return whether an access is made from numbers, as that of a parent is, and no row."""
    return access.version == CHILD_VERSION


def represented(row: Surrogacy, account: Account, today: date) -> Patient | Shut:
    """Return the patient for whom a surrogate acts, if the access is open and the patient alive.

    The paper opens it and not the patient's account, so it does not matter whether that is frozen.
    """
    if not row.is_open(today):
        return Shut(Why.OVER)
    record = lookup.record(dod_id=row.patient, today=today)
    if record is None:
        return Shut(Why.OVER if lookup.answers() else Why.NO_ANSWER)
    if record.ineligibility in (Reason.DECEASED, Reason.PROTECTED):
        return Shut(Why.OVER)
    age = age_on(record.person.date_of_birth, today)
    sees = seen_in(row)
    return Patient(
        id=row.access,
        name=record.person.full_name,
        dod_id=Guarded(row.patient) if policy.SENSITIVE_FROM_AGE <= age < policy.ADULT_AGE else row.patient,
        reader=account,
        account=account_of_patient(row) or account,
        sees=sees,
        acts=frozenset(row.acts) & sees & ACTS.keys(),
        ends=row.ends or today,
        by_case=True,
    )


def seen_in(row: Delegation | Surrogacy) -> frozenset[str]:
    """Return the features that a row opens. Only those count that can still be opened to another person."""
    sees = frozenset(row.sees) & OPEN.keys()
    return sees if sees >= PARTS_OF_WHOLE else sees - {WHOLE}


def find_access(account: Account, patient: str, feature: str) -> UUID | None:
    """Return by which access an account sees a feature of this patient's record today, or None."""
    rows = Delegation.objects.filter(delegate=account, owner__dod_id=patient, state=Delegation.State.ACCEPTED)
    cases = Surrogacy.objects.filter(asker=account, patient=patient, state=Surrogacy.State.OPEN)
    ids = [*rows.order_by("-offered_at").values_list("pk", flat=True), child_address(account, patient)]
    ids += cases.order_by("-pk").values_list("access", flat=True)
    return next((one for one in ids if isinstance(judge_access(account, one, feature), Open)), None)


def page_about(account: Account, patient: str, name: str, *args: object) -> str:
    """Return the address of a page for who reads an email about a patient: of their own record, or of the one they see.

    `name` is "<feature>-<page>". An access that is over leads to a page that says so.
    """
    if patient == account.dod_id:
        return reverse(name, args=args)
    access = find_access(account, patient, name.partition("-")[0]) or child_address(account, patient)
    return reverse(f"of-{name}", args=[access, *args])


def is_able(owner: Account) -> bool:
    """Return whether an account can let others in: a Premium one that is neither frozen nor closed."""
    return owner.is_premium and owner.state not in OUT_OF_USE


def delegated(row: Delegation, account: Account) -> Patient:
    """Return the patient who gave this delegation."""
    owner, sees = row.owner, seen_in(row)
    return Patient(
        id=row.pk,
        name=owner.get_full_name(),
        dod_id=owner.dod_id or "",
        reader=account,
        account=owner,
        sees=sees,
        acts=frozenset(row.acts) & sees & ACTS.keys(),
        ends=row.ends,
    )


def raised(child: Beneficiary, account: Account, today: date) -> Patient:
    """Return a minor child of the account holder. All is open, but from 13 on what is sensitive."""
    grown = age_on(child.date_of_birth, today) >= policy.SENSITIVE_FROM_AGE
    return Patient(
        id=child_address(account, child.dod_id),
        name=child.full_name,
        dod_id=Guarded(child.dod_id) if grown else child.dod_id,
        reader=account,
        account=account,
        sees=frozenset(OPEN),
        acts=frozenset(ACTS),
        ends=comes_of_age(child),
        is_child=True,
    )


def comes_of_age(child: Beneficiary) -> date:
    """Return the 18th birthday, from which on a parent's access is over."""
    return years_after(child.date_of_birth, policy.ADULT_AGE)


def child_address(account: Account, child: str) -> UUID:
    """Return what stands for a parent's access to a child: always the same, and it does not tell either number."""
    digest = blind_index(f"{account.dod_id}/{child}", purpose="family-address")
    return UUID(bytes=digest[:16], version=CHILD_VERSION)
