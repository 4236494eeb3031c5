"""One search over everything at the desk: people with and without an account, and whatever has a reference.

What is searched for is personal. So it is sent by POST, and the address of the results holds it only sealed, for the
one member of staff. Each kind of result is one entry in KINDS, with the permission that it takes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import Account
from accounts.models.account import State as AccountState
from core import policy
from core.help_codes import BY_CODE, read_code
from core.masks import mask_email, mask_number
from deers import lookup
from deers.registry import SHIELDED, Beneficiary
from idproofing.models import Case, Letter, Proofing
from safeguards import audit
from service_center import account_search
from service_center.cases.finding import is_named
from service_center.person.keys import page_of_account, page_of_person
from service_center.read_only import admin_page, has_permission
from support.models import CallBack, ContactMessage
from support.reading import read_reference


@dataclass(frozen=True)
class Line:
    """One result: what it is, what tells it from others, and its page."""

    title: str
    about: str
    page: str


@dataclass(frozen=True)
class Asked:
    """What a member of staff searches for. DEERS is asked once, for all kinds."""

    text: str
    by: Account

    @cached_property
    def people(self) -> list[Beneficiary]:
        return lookup.search(self.text, most=policy.SEARCH_ALL)


@dataclass(frozen=True)
class Kind:
    """A kind of result. `find` returns at most as many lines as it is told. It takes `permission`, or "" for none."""

    name: str
    title: str
    permission: str
    find: Callable[[Asked, int], list[Line]]


@dataclass(frozen=True)
class Found:
    """What was found of one kind. `has_more` if there is more than the page shows."""

    kind: Kind
    lines: Sequence[Line]
    has_more: bool


def find_accounts(asked: Asked, most: int) -> list[Line]:
    keys = account_search.accounts_matching(asked.text, asked.people)
    rows = Account.objects.filter(pk__in=keys).order_by("last_name", "first_name", "pk")[:most]
    return [
        Line(name_of(row.first_name, row.last_name), describe_account(row), page_of_account(row.pk)) for row in rows
    ]


def name_of(first: str, last: str) -> str:
    return ", ".join(filter(None, [last, first]))


def describe_account(account: Account) -> str:
    """Return what tells an account from others, without anything that a caller could be asked."""
    level = account.get_level_display() if account.level else "Staff" if account.is_staff else ""
    numbers = [mask_email(account.email), f"DoD ID {mask_number(account.dod_id)}" if account.dod_id else ""]
    return " · ".join(filter(None, [account.username, level, account.get_state_display(), *numbers]))


def find_people(asked: Asked, most: int) -> list[Line]:
    """Find people who have begun to prove who they are, and have no account yet.

    Whose details never matched has begun nothing that is kept. They are found by what hardly two people have.
    """
    people = {person.dod_id: person for person in asked.people}
    if not people:
        return []
    having = Account.objects.filter(dod_id__in=people).exclude(state=AccountState.CLOSED)
    without = people.keys() - set(having.values_list("dod_id", flat=True))
    newest = Proofing.objects.filter(dod_id__in=without).order_by("dod_id", "-changed_at").distinct("dod_id")[:most]
    states = {row.dod_id: f"{row.get_level_display()}: {row.get_state_display()}" for row in newest}
    if account_search.is_of_one_person(asked.text):
        states = dict.fromkeys(sorted(without)[:most], "Nothing is begun that is kept") | states
    return [
        Line(*describe_person(people[dod_id], state), page_of_person(dod_id, asked.by))
        for dod_id, state in states.items()
    ][:most]


def describe_person(person: Beneficiary, state: str) -> tuple[str, str]:
    """Return what tells a person from others, and how far they came. Of a shielded record it is only the latter."""
    if person.is_shielded:
        return SHIELDED, state
    return name_of(person.first_name, person.last_name), f"DoD ID {mask_number(person.dod_id)} · {state}"


def find_cases(asked: Asked, most: int) -> list[Line]:
    rows = Case.objects.filter(is_named(asked.text)).exclude(state=Case.State.REPEATED).order_by("-pk")[:most]
    return [Line(str(row), f"{row.get_journey_display()} · {row.get_state_display()}", admin_page(row)) for row in rows]


def find_messages(asked: Asked, most: int) -> list[Line]:
    rows = ContactMessage.objects.filter(reference=read_reference(asked.text) or None)[:most]
    about = ((row, f"{row.get_topic_display()} · {row.get_state_display()}") for row in rows)
    return [Line(f"Message {row.reference}", words, admin_page(row)) for row, words in about]


def find_call_backs(asked: Asked, most: int) -> list[Line]:
    rows = CallBack.objects.filter(reference=read_reference(asked.text, "B") or None)[:most]
    about = ((row, f"{row.get_topic_display()} · {row.get_state_display()}") for row in rows)
    return [
        Line(f"Call back {row.reference}", words, reverse("admin:calls_call_back", args=[row.pk]))
        for row, words in about
    ]


def find_letters(asked: Asked, most: int) -> list[Line]:
    rows = Letter.objects.filter(reference=read_reference(asked.text, "L") or None)[:most]
    about = ((row, f"{row.get_kind_display()} · {row.get_state_display()}") for row in rows)
    return [Line(f"Letter {row.reference}", words, admin_page(row)) for row, words in about]


def find_help(asked: Asked, most: int) -> list[Line]:
    """Find the article to which the code on an error page or in an email leads."""
    found = BY_CODE.get(read_code(asked.text))
    return [Line(found.code, f"It stands on {found.shown_by}", found.address)] if found else []


# What can be found. Another kind is one more line.
LETTERS = "idproofing.view_letter"
KINDS = (
    Kind("accounts", "People with an account", "accounts.view_account", find_accounts),
    Kind("people", "People without an account yet", "idproofing.view_proofing", find_people),
    Kind("cases", "Reviews", "idproofing.view_case", find_cases),
    Kind("messages", "Messages to the service center", "support.view_contactmessage", find_messages),
    Kind("call-backs", "Calls back", "calls.take_call", find_call_backs),
    Kind("letters", "Letters", LETTERS, find_letters),
    Kind("codes", "Codes of error pages and emails", "", find_help),
)


class SearchForm(forms.Form):
    """The search box."""

    q = forms.CharField(
        label="Search for a person or a reference",
        help_text="Name, username or part of it, email address, phone number, DoD ID number, Social Security number or "
        "its last four digits; the reference of a review, message, call back or letter; the code of an error page.",
        max_length=policy.SEARCH_MAX,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Enter what the person can tell you.",
            "max_length": "Shorten your search to %(limit_value)d characters. It had %(show_value)d.",
        },
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        cleaned = {"q": data.get("q", "").replace("\x00", "")} if data is not None else None
        super().__init__(cleaned, label_suffix="", **options)

    def clean_q(self) -> str:
        """Refuse one letter. One digit may be the number of a review."""
        text: str = self.cleaned_data["q"]
        if len(text) < policy.SEARCH_MIN and not text.isdecimal():
            raise ValidationError("One letter would find too many. Enter more.")
        return text


def kinds_for(request: HttpRequest) -> list[Kind]:
    """Return what this member of staff may find. A role that sees nobody has no search, and nor has the print room."""
    kinds = [kind for kind in KINDS if not kind.permission or has_permission(request, kind.permission)]
    return kinds if any(kind.permission not in ("", LETTERS) for kind in kinds) else []


def search(asked: Asked, kinds: Sequence[Kind], most: int) -> list[Found]:
    """Return what was found, by kind, without the kinds of which nothing was found."""
    found = ((kind, kind.find(asked, most + 1)) for kind in kinds)
    return [Found(kind, lines[:most], len(lines) > most) for kind, lines in found if lines]


def page(request: HttpRequest) -> HttpResponse:
    """Search for everything at once. A POST leads to the results, without what was typed in their address."""
    kinds, by = kinds_for(request), request.user
    if not kinds or not isinstance(by, Account):
        raise PermissionDenied
    if request.method == "POST":
        return begin(request, by)
    sealed = request.GET.get("q", "")
    text = account_search.unseal(sealed, by) if sealed.startswith(account_search.SEALED) else ""
    if not text:
        return show(request, SearchForm())
    audit.record("support.person-searched", by=by)
    asked, one = Asked(text, by), next((kind for kind in kinds if kind.name == request.GET.get("kind")), None)
    found = search(asked, [one] if one else kinds, policy.SEARCH_ALL if one else policy.SEARCH_SHOWN)
    form = SearchForm(initial={"q": account_search.shown(text)})
    is_silent = not asked.people and not lookup.answers()
    return show(request, form, found=found, sealed=sealed, one=one, searched=True, is_silent=is_silent)


def begin(request: HttpRequest, by: Account) -> HttpResponse:
    """Count a search, and lead to its results."""
    form = SearchForm(request.POST)
    if not form.is_valid():
        return show(request, form)
    refused, status = account_search.refuse_search(by)
    if refused:
        form.add_error("q", refused)
        return show(request, form, status=status)
    return redirect(f"{request.path}?{urlencode({'q': account_search.seal(form.cleaned_data['q'], by)})}")


def show(request: HttpRequest, form: SearchForm, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"title": "Search", "form": form, "forms": [form], "all": policy.SEARCH_ALL}
    return render(request, "admin/search.html", {**admin.site.each_context(request), **context}, status=status)
