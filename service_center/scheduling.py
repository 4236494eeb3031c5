"""The scheduling desk: requests for appointments, those that wait longest first, and what people said before a visit.

Each button is a move of portal/appointments/states.py. Nobody answers the requests of people who are close to them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.timesince import timesince

from accounts import actions
from accounts.models import Account
from core.fields import PlainText, text_field
from deers import lookup
from portal.appointments import asking, booking
from portal.appointments.models import ENDED, CheckIn, Request
from portal.appointments.states import State, TransitionRefused, can_move, change_state
from portal.record import moments
from portal.record.models import Appointment, Who
from safeguards import audit
from service_center import confirmed_actions
from service_center.confirmed_actions import ConfirmedAction, Outcome, say_always
from service_center.conflicts import refuse_close
from service_center.read_only import ReadOnlyAdmin, admin_page, has_permission

HANDLE = "appointments.handle_request"
PERSON_HEARS = "The person gets an email that something has changed, without saying what."
MINUTES = (15, 20, 30, 40, 45, 60, 90)


class RefusalForm(forms.Form):
    """Why it is not possible, as the person reads it."""

    reason = forms.ChoiceField(label="Why", choices=[("", "Choose"), *Request.Reason.choices])

    def __init__(self, data: Any, subject: Any) -> None:
        super().__init__(data)


class SlotForm(forms.Form):
    """When and where the visit is. What is empty for another time stays as it is."""

    title = text_field("What kind of visit", autocomplete="off")
    day = forms.DateField(
        label="Day",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages=dict.fromkeys(("required", "invalid"), "Enter the day, such as 2027-01-30."),
    )
    clock = forms.TimeField(
        label="Time at the place",
        input_formats=["%H:%M", "%I:%M %p", "%I:%M%p"],
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "invalid"), "Enter the time, such as 14:30 or 2:30 PM."),
    )
    minutes = forms.TypedChoiceField(
        label="How long", coerce=int, initial=30, choices=[(one, f"{one} minutes") for one in MINUTES]
    )
    place = forms.ChoiceField(label="Place", required=False)
    where = text_field("Another place", autocomplete="off")
    clinician = text_field("With whom", autocomplete="off")
    prepare = PlainText(
        label="How to prepare", required=False, max_length=500, widget=forms.Textarea({"rows": 3, "cols": 30})
    )

    def __init__(self, data: Any, subject: Request) -> None:
        self.subject, self.is_new = subject, subject.kind == Request.Kind.NEW
        first = subject.wishes[0][0] if subject.wishes else None
        super().__init__(data, initial={"place": str(subject.place_id or ""), "day": first, "minutes": 30})
        places = [(str(place), name) for place, name in booking.places_of(subject.patient)]
        none = "No place, or another one below" if self.is_new else "The same as before"
        self.fields["place"].choices = [("", none), *places]  # type: ignore[attr-defined]
        if not self.is_new:
            for name in ("title", "clinician", "prepare"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if self.is_new and not cleaned.get("title"):
            self.add_error("title", "Say what kind of visit it is.")
        if "day" in cleaned and "clock" in cleaned and "place" in cleaned:
            cleaned["start"] = self.start_of(cleaned)
        return cleaned

    def start_of(self, cleaned: dict[str, Any]) -> datetime:
        """Return the start in the time zone of the place. Add an error if it is past, or the clock skips it."""
        place = cleaned["place"]
        zone = booking.zone_at(UUID(place)) if place else booking.zone_of_visit(self.subject)
        clock: time = cleaned["clock"]
        start = datetime.combine(cleaned["day"], clock, zone)
        if start <= timezone.now():
            self.add_error("day", ValidationError("Enter a day and time in the future."))
        elif start.astimezone(UTC).astimezone(zone).time() != clock:
            self.add_error("clock", ValidationError("The clocks go forward over this time. Enter another one."))
        return start

    @property
    def slot(self) -> booking.Slot:
        """Return what a valid form says."""
        said = self.cleaned_data
        place = UUID(said["place"]) if said["place"] else None
        more = {name: said.get(name, "") for name in ("title", "clinician", "prepare")}
        return booking.Slot(said["start"], said["minutes"], place=place, where=said["where"], **more)


def moving(to: str) -> Callable[..., Outcome]:
    """Return the act of a button that moves a request to this state, with what its form says."""

    def act(request: Request, *, by: Account, form: forms.Form | None = None) -> Outcome:
        if conflicted := refuse_close(by, request.patient):
            return conflicted
        try:
            if isinstance(form, SlotForm):
                booking.book(request, form.slot, by=by)
            else:
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
        follows=say_always(*follows),
        act=moving(to),
        done=done,
        refused="That is not possible now. Look at the request's state.",
        form=form,
    )


BUTTONS = (
    button(State.RECEIVED, "Have you received this request?", "Received", "The request is received.", PERSON_HEARS),
    button(
        State.BOOKED,
        "When is the visit?",
        "Book it",
        "The visit is booked.",
        "The visit stands in the person's record, and their calendar can have it.",
        PERSON_HEARS,
        form=SlotForm,
    ),
    button(
        State.REFUSED,
        "Is it not possible?",
        "Not possible",
        "The request is refused.",
        "The person reads why. They can ask again.",
        PERSON_HEARS,
        form=RefusalForm,
    ),
    button(
        State.CLOSED,
        "Does the clinic know that the visit is canceled?",
        "The clinic knows",
        "The cancellation is done.",
        "The visit is canceled for the person already.",
    ),
)


def describe_person(dod_id: str) -> str:
    """Return name and birth date, as far as DEERS answers."""
    person = lookup.person(dod_id)
    return f"{person.full_name}, born {person.date_of_birth:%B %-d, %Y}" if person else "DEERS does not answer now"


def describe_visit(patient: str, appointment: UUID | None) -> str:
    """Return an appointment in words, or "" if there is none."""
    visit = Appointment.objects.filter(patient=patient, resource=appointment).first()
    if visit is None or visit.at is None:
        return ""
    zone = moments.zone_of(visit.zone)
    place = f", {visit.location}" if visit.location else ""
    return f"{visit.display}, {timezone.localtime(visit.at, zone):%B %-d, %Y, %-I:%M %p %Z}{place} ({visit.status})"


@admin.register(Request)
class RequestAdmin(ReadOnlyAdmin):
    """Requests that nobody has ended, the oldest first."""

    list_display = ("__str__", "kind", "state", "made_at", "waits")
    list_filter = ("state", "kind")
    list_per_page = 25
    show_full_result_count = False
    ordering = ("made_at",)
    fields = readonly_fields = (
        "person", "kind", "visit", "clinic", "way", "days", "about", "state", "made_at", "changed_at", "reason",
        "what_happened",
    )  # fmt: skip
    change_form_template = "admin/idproofing/letter/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Request]:
        rows = super().get_queryset(request).select_related("account")
        is_list = request.resolver_match and request.resolver_match.url_name == "appointments_request_changelist"
        return rows.exclude(state__in=ENDED) if is_list and "state__exact" not in request.GET else rows

    @admin.display(description="Waits")
    def waits(self, row: Request) -> str:
        late = " (overdue)" if asking.is_overdue(row, timezone.now()) else ""
        return f"{timesince(row.made_at)}{late}" if row.is_open else "ended"

    @admin.display(description="Person")
    def person(self, row: Request) -> str:
        return describe_person(row.patient)

    @admin.display(description="Visit")
    def visit(self, row: Request) -> str:
        return describe_visit(row.patient, row.appointment_id) or "None yet"

    @admin.display(description="Clinic")
    def clinic(self, row: Request) -> str:
        found = Who.objects.filter(patient=row.patient, resource_id=row.place_id).first() if row.place_id else None
        return found.display if found else "The clinic that fits"

    @admin.display(description="Days that would do")
    def days(self, row: Request) -> str:
        return "\n".join(row.wishes_in_words)

    @admin.display(description="About")
    def about(self, row: Request) -> str:
        return row.why or ""

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
            (action.name, reverse(f"admin:appointments_request_{action.name}", args=[row.pk]), action.button)
            for to, action in BUTTONS
            if can_move(row, to)
        ]

    def get_urls(self) -> list[URLPattern]:
        staff = self.admin_site.admin_view
        own = [
            path(
                f"<uuid:pk>/{action.name}/",
                staff(partial(self.press, action=action)),
                name=f"appointments_request_{action.name}",
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


@admin.register(CheckIn)
class CheckInAdmin(ReadOnlyAdmin):
    """What people said before visits that are still to come, the next one first."""

    list_display = ("__str__", "starts_at", "changed_at")
    list_per_page = 25
    show_full_result_count = False
    ordering = ("starts_at",)
    fields = readonly_fields = (
        "person", "visit", "said_by", "phone_number", "what_changed", "to_talk_about", "changed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckIn]:
        rows = super().get_queryset(request).select_related("account", "helper")
        is_list = request.resolver_match and request.resolver_match.url_name == "appointments_checkin_changelist"
        return rows.filter(starts_at__gte=timezone.now()) if is_list else rows

    @admin.display(description="Person")
    def person(self, row: CheckIn) -> str:
        return describe_person(row.patient)

    @admin.display(description="Visit")
    def visit(self, row: CheckIn) -> str:
        return describe_visit(row.patient, row.appointment_id)

    @admin.display(description="Said by")
    def said_by(self, row: CheckIn) -> str:
        return f"{row.helper.get_full_name()}, for the patient" if row.helper else "The patient"

    @admin.display(description="Phone number")
    def phone_number(self, row: CheckIn) -> str:
        whose = "the account" if row.account.dod_id == row.patient else "the account of the parent"
        return row.phone or f"{row.account.phone or 'None'} (as in {whose})"

    @admin.display(description="Medications")
    def what_changed(self, row: CheckIn) -> str:
        return row.medications or "No change"

    @admin.display(description="To talk about")
    def to_talk_about(self, row: CheckIn) -> str:
        return row.topics or "Nothing said"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row):
            audit.record("support.account-viewed", by=request.user, dod_id=row.patient)
        return super().change_view(request, object_id, form_url, extra_context)
