"""The buttons beside a reason: where each leads, and which role may press it."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from idproofing.models import ActivationCode
from service_center.person.stops import Stop
from service_center.person.subject import Subject
from service_center.read_only import has_permission

PERMISSIONS = {
    "unlock": "accounts.unlock_account",
    "lift": "accounts.unlock_account",
    "freeze": "accounts.freeze_account",
    "resend": "accounts.resend_code",
    "help": "accounts.assist_account",
    "attend": "idproofing.attend_visit",
    "case": "idproofing.view_case",
}
WORDS = {
    "unlock": "Unlock the account",
    "lift": "End the waits",
    "freeze": "Freeze the account",
    "resend": "Send a new code",
    "help": "Ask for help with it",
    "attend": "Open a slip",
    "case": "Look at the review",
}


@dataclass(frozen=True)
class Button:
    """A link that looks like a button: its name, its words and its address."""

    name: str
    words: str
    address: str


def button_for(stop: Stop, subject: Subject, request: HttpRequest) -> Button | None:
    """Return the button that helps with this reason, if there is one, the role allows it, and it leads somewhere."""
    name = stop.advice.button
    if not name or not has_permission(request, PERMISSIONS[name]):
        return None
    address = address_of(name, stop, subject)
    return Button(name, WORDS[name], address) if address else None


def address_of(name: str, stop: Stop, subject: Subject) -> str:
    """Return where a button leads, or "" if it leads nowhere now."""
    account = subject.account
    if name == "attend":
        return reverse("admin:idproofing_visit_attend")
    if name == "case":
        return reverse("admin:idproofing_case_change", args=[stop.pk]) if stop.pk else ""
    if name == "resend":
        return address_of_resend(subject)
    if name == "help":
        return "#help"
    return reverse(f"admin:accounts_account_{name}", args=[account.pk]) if account and not account.is_staff else ""


def address_of_resend(subject: Subject) -> str:
    """Return where a new code is sent from: the account's page, or that of the person's proofing."""
    if not waits_for_code(subject):
        return ""
    if subject.account:
        return reverse("admin:accounts_account_resend", args=[subject.account.pk])
    proofing = subject.steps_of_kind("proofing")
    return reverse("admin:idproofing_proofing_resend", args=[proofing[0].pk]) if proofing else ""


def waits_for_code(subject: Subject) -> bool:
    """Return whether the person has an unused code by email, so that another can be sent."""
    by_email = ActivationCode.Delivery.EMAIL
    return any(code.state == "live" and code.detail == by_email for code in subject.steps_of_kind("code"))
