"""The pharmacy's desk: requests for refills and renewals, those that wait longest first.

Each button is a move of portal/medications/states.py. Nobody answers the requests of people who are close to them.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.timesince import timesince

from accounts import actions
from accounts.models import Account
from core.fields import text_field
from deers import lookup
from portal.medications import asking
from portal.medications.models import Request
from portal.medications.states import State, TransitionRefused, can_move, change_state
from portal.record.models import Prescription
from safeguards import audit
from service_center import confirmed_actions
from service_center.confirmed_actions import ConfirmedAction, Outcome, say_always
from service_center.conflicts import refuse_close
from service_center.read_only import ReadOnlyAdmin, admin_page, has_permission

HANDLE = "medications.handle_request"
PERSON_HEARS = "The person gets an email that something has changed, without saying what."


class ShipmentForm(forms.Form):
    """How a medication is on its way."""

    carrier = forms.ChoiceField(label="Carrier", choices=[("", "Choose"), *Request.Carrier.choices])
    tracking = text_field("Tracking number", autocomplete="off", most=40)

    def __init__(self, data: Any, subject: Any) -> None:
        super().__init__(data)


class RefusalForm(forms.Form):
    """Why it is not possible, as the person reads it."""

    reason = forms.ChoiceField(label="Why", choices=[("", "Choose"), *Request.Reason.choices])

    def __init__(self, data: Any, subject: Any) -> None:
        super().__init__(data)


def moving(to: str) -> Callable[..., Outcome]:
    """Return the act of a button that moves a request to this state, with what its form says."""

    def act(request: Request, *, by: Account, form: forms.Form | None = None) -> Outcome:
        if conflicted := refuse_close(by, request.patient):
            return conflicted
        try:
            change_state(request, to, by=by, **(form.cleaned_data if form else {}))
        except TransitionRefused:
            return actions.NotAllowed()
        return actions.Done()

    return act


def button(
    to: State, question: str, words: str, done: str, *follows: str, form: type[forms.Form] | None = None
) -> tuple[State, ConfirmedAction]:
    """Return the button that moves a request to a state."""
    return to, ConfirmedAction(
        name=to.value,
        permission=HANDLE,
        question=question,
        button=words,
        follows=say_always(*follows, PERSON_HEARS),
        act=moving(to),
        done=done,
        refused="That is not possible now. Look at the request's state.",
        form=form,
    )


BUTTONS = (
    button(State.RECEIVED, "Have you received this request?", "Received", "The request is received."),
    button(
        State.FILLING,
        "Is it being filled?",
        "Begin to fill it",
        "It is being filled.",
        "The person can no longer withdraw it.",
    ),
    button(
        State.SHIPPED,
        "Is it on its way?",
        "Shipped",
        "It is shipped.",
        "The person sees carrier and tracking number.",
        form=ShipmentForm,
    ),
    button(State.READY, "Can it be picked up?", "Ready to pick up", "It is ready."),
    button(State.DONE, "Is it done?", "Done", "The request is done.", "Another refill or renewal can be asked for."),
    button(
        State.REFUSED,
        "Is it not possible?",
        "Not possible",
        "The request is refused.",
        "The person reads why. Another one can be asked for.",
        form=RefusalForm,
    ),
)


@admin.register(Request)
class RequestAdmin(ReadOnlyAdmin):
    """Requests that nobody has ended, the oldest first."""

    list_display = ("__str__", "kind", "state", "made_at", "waits")
    list_filter = ("state", "kind")
    list_per_page = 25
    show_full_result_count = False
    ordering = ("made_at",)
    fields = readonly_fields = (
        "person", "medication", "kind", "state", "made_at", "changed_at", "reason", "carrier", "tracking_number",
        "what_happened",
    )  # fmt: skip
    change_form_template = "admin/idproofing/letter/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Request]:
        rows = super().get_queryset(request).select_related("account")
        is_list = request.resolver_match and request.resolver_match.url_name == "medications_request_changelist"
        return rows.exclude(state__in=asking.ENDED) if is_list and "state__exact" not in request.GET else rows

    @admin.display(description="Waits")
    def waits(self, row: Request) -> str:
        late = " (overdue)" if asking.is_overdue(row, timezone.now()) else ""
        return f"{timesince(row.made_at)}{late}" if row.is_open else "ended"

    @admin.display(description="Person")
    def person(self, row: Request) -> str:
        person = lookup.person(row.patient)
        return f"{person.full_name}, born {person.date_of_birth:%B %-d, %Y}" if person else "DEERS does not answer now"

    @admin.display(description="Medication")
    def medication(self, row: Request) -> str:
        found = Prescription.objects.filter(patient=row.patient, resource_id=row.prescription_id).first()
        if found is None:
            return "No longer in the record"
        left = "not recorded" if found.refills_left is None else found.refills_left
        return (
            f"{found.display}. {found.sig} Refills left: {left}. Prescribed by {found.prescriber or 'nobody recorded'}."
        )

    @admin.display(description="Tracking number")
    def tracking_number(self, row: Request) -> str:
        return row.tracking or ""

    @admin.display(description="What happened")
    def what_happened(self, row: Request) -> str:
        steps = row.steps.order_by("at", "pk").select_related("staff", "helper")
        return "\n".join(
            f"{timezone.localtime(step.at):%b %-d, %Y, %-I:%M %p}: {step.get_state_display()}"
            f"{f' ({step.staff.get_full_name()})' if step.staff else ''}"
            f"{f' (by {step.helper.get_full_name()} for the patient)' if step.helper else ''}"
            for step in steps
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row):
            audit.record("support.account-viewed", by=request.user, dod_id=row.patient)
        more = {"buttons": self.buttons(request, row) if row else []}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def buttons(self, request: HttpRequest, row: Request) -> list[tuple[str, str, str]]:
        """Return the moves that are possible now: name, address and words."""
        if not has_permission(request, HANDLE):
            return []
        return [
            (action.name, reverse(f"admin:medications_request_{action.name}", args=[row.pk]), action.button)
            for to, action in BUTTONS
            if can_move(row, to)
        ]

    def get_urls(self) -> list[URLPattern]:
        staff = self.admin_site.admin_view
        own = [
            path(
                f"<uuid:pk>/{action.name}/",
                staff(partial(self.press, action=action)),
                name=f"medications_request_{action.name}",
            )
            for _, action in BUTTONS
        ]
        return own + super().get_urls()

    def press(self, request: HttpRequest, pk: UUID, *, action: ConfirmedAction) -> HttpResponse:
        """Run a confirmed action: GET says what it does, POST does it."""
        row = self.get_object(request, str(pk))
        if row is None or not has_permission(request, HANDLE):
            return HttpResponse(status=403)
        if request.method != "POST":
            audit.record("support.account-viewed", by=request.user, dod_id=row.patient)
        return confirmed_actions.confirm(request, self.admin_site, action, row, admin_page(row))
