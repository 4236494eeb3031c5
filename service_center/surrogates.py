"""The desk's page of requests to act for a patient: two members of staff see the paper, and decide one after the other.

Nobody decides about people who are close to them: the patient and the one who asks both count.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts import actions
from accounts.models import Account
from core.fields import text_field
from deers import lookup
from deers.registry import Record
from portal.family import surrogates
from portal.family.access import TITLES
from portal.family.forms import OfferForm
from portal.family.models import Surrogacy
from portal.family.surrogate_states import State, can_be_told
from safeguards import audit
from service_center import confirmed_actions, reasons
from service_center.cases import comparing
from service_center.cases.admin import names_of_reviewers
from service_center.cases.finding import BIG_NUMBER
from service_center.confirmed_actions import ConfirmedAction, ConfirmingAdmin, Outcome
from service_center.conflicts import Conflicted, refuse_account, refuse_close

DECIDE, STOP = "family.decide_surrogacy", "family.stop_surrogacy"
BOTH_HEAR = "The person who asked and the patient hear of it at every address on record."
SECOND = "A second member of staff has to see the paper and confirm it. Until then nothing opens."


def day_field(label: str) -> forms.DateField:
    """Return a field for a day, as the desk enters it."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages=dict.fromkeys(("required", "invalid"), "Enter the day, such as 2027-01-30."),
    )


class PaperForm(forms.Form):
    """What identifies the paper, as this member of staff reads it."""

    paper_number = text_field(
        "Number on the paper, such as that of the court’s file. If there is none, who signed it",
        autocomplete="off",
        missing="Enter what is on the paper.",
    )
    paper_date = day_field("Date of the paper")

    def clean_paper_date(self) -> date:
        day: date = self.cleaned_data["paper_date"]
        if day > timezone.localdate():
            raise ValidationError("The date of the paper must be in the past.")
        return day

    def index(self, row: Surrogacy) -> bytes:
        """Return the keyed hash of the paper."""
        return surrogates.paper_index(row, self.cleaned_data["paper_number"], self.cleaned_data["paper_date"])


def reason_field(decision: str) -> forms.ChoiceField:
    reasons = [(one.value, one.label) for one in surrogates.REASONS[Surrogacy.Decision(decision)]]
    wrong = "Choose a reason."
    return forms.ChoiceField(
        label="Reason",
        choices=[("", "Choose"), *reasons],
        error_messages={"required": wrong, "invalid_choice": wrong},
    )


class ApprovalForm(OfferForm, PaperForm):
    """The paper, and what it lets the surrogate see and do up to when."""

    reason = reason_field(Surrogacy.Decision.APPROVE)
    ends = day_field("Last day: that of the paper, and at most a year from today")  # type: ignore[assignment]
    field_order = ["reason", "paper_number", "paper_date", "sees", "acts", "ends"]

    def __init__(self, data: Any, subject: Surrogacy) -> None:
        super().__init__(data)
        self.subject = subject
        self.fields["sees"].label = "What does the paper let the person see?"
        self.fields["sees"].error_messages["required"] = "Choose at least one part of the record."
        self.fields["acts"].label = "Where does it let the person act?"

    def clean_ends(self) -> date:
        ends: date = super().clean_ends()
        record = surrogates.find_record(self.subject)
        last = surrogates.last_day(record, timezone.localdate()) if record else ends
        if ends > last:
            raise ValidationError(
                f"The patient comes of age then. Enter {date_format(last, 'F j, Y')} or before.", "year"
            )
        return ends


class DeclineForm(forms.Form):
    """Why it is declined, as the person who asked reads it."""

    reason = reason_field(Surrogacy.Decision.DECLINE)

    def __init__(self, data: Any, subject: Surrogacy) -> None:
        super().__init__(data)


class ConfirmForm(PaperForm):
    """The paper once more, as the second member of staff reads it. To decline takes none."""

    def __init__(self, data: Any, subject: Surrogacy) -> None:
        super().__init__(data)
        self.subject = subject
        if subject.decision != Surrogacy.Decision.APPROVE:
            self.fields.clear()

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if {"paper_number", "paper_date"} <= typed.keys() and self.index(self.subject) != bytes(
            self.subject.paper or b""
        ):
            self.add_error(
                "paper_number",
                "Number and date are not those that your colleague entered. Look at the paper again. If you are right, "
                "send the request back.",
            )
        return typed


def decided(act: Callable[..., bool]) -> Callable[..., Outcome]:
    """Return the act of a button, which does nothing about people who are close."""

    def press(row: Surrogacy, *, by: Account, form: forms.Form | None = None) -> Outcome:
        if conflicted := conflict(row, by):
            return conflicted
        return actions.Done() if act(row, by=by, form=form) else actions.NotAllowed()

    return press


def conflict(row: Surrogacy, by: Account) -> Conflicted | None:
    """Return why this member of staff may not decide: both the one who asks and the patient count."""
    record = surrogates.find_record(row)
    if conflicted := refuse_account(by, row.asker, needs_deers=True):
        return conflicted
    return refuse_close(by, record.person.dod_id) if record else None


def approve(row: Surrogacy, *, by: Account, form: ApprovalForm) -> bool:
    given = form.cleaned_data
    scope = {name: given[name] for name in ("reason", "sees", "acts", "ends")}
    return surrogates.propose_approval(row, paper=form.index(row), by=by, **scope)


def decline(row: Surrogacy, *, by: Account, form: DeclineForm) -> bool:
    return surrogates.propose_decline(row, reason=form.cleaned_data["reason"], by=by)


def confirm(row: Surrogacy, *, by: Account, form: ConfirmForm) -> bool:
    return surrogates.confirm(row, by=by)


def send_back(row: Surrogacy, *, by: Account, form: None) -> bool:
    return surrogates.send_back(row, by=by)


def stop(row: Surrogacy, *, by: Account, form: None) -> bool:
    return row.state == State.OPEN and surrogates.stop(row, by=by)


def follows_confirmation(row: Surrogacy) -> list[str]:
    """Return what the colleague proposed, and what follows."""
    if row.decision != Surrogacy.Decision.APPROVE:
        said = f"The request is declined: {row.get_reason_display().lower()}."
        return [said, "The person who asked reads the reason, and can ask again. What was typed is deleted."]
    opens = f"{row.asker.get_full_name()} sees: {scope_of(row)}."
    last = f"It ends on {date_format(row.ends, 'F j, Y')}." if row.ends else ""
    return [opens, last, "An access that the person has to the same record ends.", BOTH_HEAR]


def scope_of(row: Surrogacy) -> str:
    """Return what an access opens, in words."""
    acts = " (and acts)"
    return ", ".join(f"{TITLES[slug]}{acts if slug in row.acts else ''}" for slug in TITLES if slug in row.sees)


def button(
    name: str,
    question: str,
    words: str,
    done: str,
    act: Callable[..., bool],
    *,
    follows: Callable[[Any], list[str]],
    form: Any = None,
    why: reasons.Reasons = (),
    permission: str = DECIDE,
) -> ConfirmedAction:
    """Return a button of a request."""
    return ConfirmedAction(
        name=name,
        permission=permission,
        question=question,
        button=words,
        follows=follows,
        act=decided(act),
        done=done,
        refused="That is not possible now. Look at the state of the request, and at what is on record.",
        form=form,
        why=why,
    )


say = confirmed_actions.say_always
BUTTONS = {
    one.name: one
    for one in (
        button(
            "approve",
            "Does the paper let this person act for the patient?",
            "Propose to approve it",
            "Proposed. A colleague has to confirm it.",
            approve,
            follows=say("You have the paper in front of you, and it names both people.", SECOND),
            form=ApprovalForm,
        ),
        button(
            "decline",
            "Decline this request?",
            "Propose to decline it",
            "Proposed. A colleague has to confirm it.",
            decline,
            follows=say("A second member of staff has to confirm it.", "The person who asked reads the reason."),
            form=DeclineForm,
        ),
        button(
            "confirm",
            "Confirm what your colleague proposes?",
            "Confirm it",
            "Confirmed.",
            confirm,
            follows=follows_confirmation,
            form=ConfirmForm,
            why=reasons.CONFIRMING,
        ),
        button(
            "send-back",
            "Send this request back?",
            "Send it back",
            "The request waits for a reviewer again.",
            send_back,
            follows=say("The proposal is deleted. The request waits for a reviewer again."),
            why=reasons.SENDING_BACK,
        ),
        button(
            "stop",
            "Stop this access?",
            "Stop the access",
            "The access is stopped.",
            stop,
            follows=say("It opens nothing any more, at once.", BOTH_HEAR),
            why=reasons.STOPPING,
            permission=STOP,
        ),
    )
}


@admin.register(Surrogacy)
class SurrogacyAdmin(ConfirmingAdmin):
    """Requests that are not decided by due date, and others by their state. No list shows what was typed."""

    list_display = ("number", "where", "due", "ground", "showing", "asked_at")
    list_display_links = ("number",)
    list_filter = ("state", "ground")
    list_per_page = 25
    ordering = ("due_at", "number")
    search_fields = ("number",)
    search_help_text = "The number of a request."
    fields = readonly_fields = (
        "number", "who", "ground", "showing", "state", "asked_at", "due", "decision", "reason", "scope", "starts",
        "ends", "by_whom",
    )  # fmt: skip
    change_form_template = "admin/family/surrogacy/change_form.html"
    confirmed = tuple(BUTTONS.values())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Surrogacy]:
        rows = super().get_queryset(request).select_related("asker")
        is_list = request.resolver_match and request.resolver_match.url_name == "family_surrogacy_changelist"
        asks = {"state__exact", "q"} & request.GET.keys()
        return rows.filter(state__in=Surrogacy.WAITING) if is_list and not asks else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Surrogacy], search_term: str
    ) -> tuple[QuerySet[Surrogacy], bool]:
        typed = search_term.strip()
        if not typed:
            return queryset, False
        is_number = typed.isascii() and typed.isdecimal() and len(typed) < BIG_NUMBER
        return (queryset.filter(number=int(typed)) if is_number else queryset.none()), False

    @admin.display(description="State", ordering="state")
    def where(self, row: Surrogacy) -> str:
        return row.get_state_display()

    @admin.display(description="Due", ordering="due_at")
    def due(self, row: Surrogacy) -> str:
        late = row.state in Surrogacy.WAITING and row.due_at < timezone.now()
        return f"{timezone.localtime(row.due_at):%b %-d, %Y}{' (overdue)' if late else ''}"

    @admin.display(description="Who asks")
    def who(self, row: Surrogacy) -> str:
        return row.asker.get_full_name()

    @admin.display(description="What it opens")
    def scope(self, row: Surrogacy) -> str | None:
        return scope_of(row) or None

    @admin.display(description="Decided by")
    def by_whom(self, row: Surrogacy) -> str | None:
        names = names_of_reviewers()
        both = (names.get(pk, "") for pk in (row.proposed_by, row.confirmed_by) if pk)
        return ", then ".join(both) or None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        more: dict[str, Any] = {}
        if row is not None and self.has_view_permission(request, row):
            more = self.comparison(request, row)
            more["buttons"] = self.buttons_of(request, row, fits=bool(more.get("fits")))
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def comparison(self, request: HttpRequest, row: Surrogacy) -> dict[str, Any]:
        """Return what was typed next to what is on record. Both people are on record as looked at."""
        record: Record | None = surrogates.find_record(row)
        patient = record.person.dod_id if record else None
        audit.record("support.account-viewed", by=request.user, account_id=row.asker_id)
        if patient:
            audit.record("support.account-viewed", by=request.user, dod_id=patient)
        typed = surrogates.read_typed(row)
        if typed is None:
            return {}
        is_shielded = record is not None and record.person.is_shielded
        beside = None if is_shielded else record
        return {
            "record": beside,
            "is_shielded": is_shielded,
            "silent": record is None and not lookup.answers(),
            "fits": surrogates.is_fitting(row, record),
            "untold": record is not None and not can_be_told(record.person),
            "lines": comparing.lines_of_patient(typed, beside) if beside else comparing.alone(typed),
        }

    def is_possible(self, request: HttpRequest, row: Surrogacy, action: ConfirmedAction) -> bool:
        return action.name in names_of_moves(row, request.user.pk)

    def buttons_of(self, request: HttpRequest, row: Surrogacy, *, fits: bool) -> list[tuple[str, str, str]]:
        """Return what this member of staff may do with the request now: name, address and words."""
        return [
            (name, reverse(f"admin:{self.name_of(BUTTONS[name])}", args=[row.pk]), BUTTONS[name].button)
            for name in names_of_moves(row, request.user.pk)
            if self.may_press(request, BUTTONS[name]) and (fits or name != "approve")
        ]


def names_of_moves(row: Surrogacy, reviewer: int | None) -> list[str]:
    """Return the names of the buttons that the state of a request allows this member of staff."""
    if row.state == State.PROPOSED:
        return ["send-back"] if row.proposed_by == reviewer else ["confirm", "send-back"]
    return {State.ASKED: ["approve", "decline"], State.OPEN: ["stop"]}.get(State(row.state), [])
