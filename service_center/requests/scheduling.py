"""The desk that plans visits: requests for appointments, and what people said before a visit.

Each button is a move of portal/appointments/states.py.
"""

from datetime import UTC, datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Account
from core import policy
from core.fields import PlainText, text_field
from portal.appointments import asking, booking
from portal.appointments.clinics import answered_by, clinics_of, prepared_by
from portal.appointments.models import ENDED, CheckIn, Request
from portal.appointments.states import State, can_move, change_state
from portal.record import moments
from portal.record.models import Appointment, Who
from service_center.paging import PagedList
from service_center.read_only import ReadOnlyAdmin
from service_center.requests.desk import (
    PERSON_HEARS,
    RefusalForm,
    WaitingAdmin,
    describe_person,
    is_list,
    know_person,
    move_button,
)

NO_CLINIC = "You do not belong to a clinic today, so you see nothing here. Ask your supervisor."
MINUTES = (15, 20, 30, 40, 45, 60, 90)


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
        help_text="Such as 14:30 or 2:30 PM.",
        input_formats=["%H:%M", "%I:%M %p", "%I:%M%p"],
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "invalid"), "Enter the time, such as 14:30 or 2:30 PM."),
    )
    minutes = forms.TypedChoiceField(
        label="How long", coerce=int, initial=30, choices=[(one, f"{one} minutes") for one in MINUTES]
    )
    place = forms.ChoiceField(label="Place", required=False)
    where = text_field("Another place, if it is not in the list", autocomplete="off")
    clinician = text_field("With whom", autocomplete="off")
    prepare = PlainText(
        label="How to prepare", required=False, max_length=500, widget=forms.Textarea({"rows": 3, "cols": 30})
    )

    def __init__(self, data: Any, subject: Request) -> None:
        self.subject, self.is_new = subject, subject.kind == Request.Kind.NEW
        first = subject.wishes[0][0] if subject.wishes else None
        super().__init__(data, initial={"place": str(subject.place_id or ""), "day": first, "minutes": 30})
        self.fields["day"].help_text = f"Asked for: {'; '.join(subject.wishes_in_words)}." if first else ""
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
        """Return the start in the time zone of the place. Add an error if it is past or far, or the clock skips it."""
        place = cleaned["place"]
        zone = booking.zone_at(UUID(place)) if place else booking.zone_of_visit(self.subject)
        clock: time = cleaned["clock"]
        start = datetime.combine(cleaned["day"], clock, zone)
        if start <= timezone.now():
            self.add_error("day", ValidationError("Enter a day and time in the future."))
        elif cleaned["day"] > timezone.localdate() + policy.VISIT_BOOKED_AHEAD:
            self.add_error("day", ValidationError("Check the year. This day is more than ten years ahead."))
        elif start.astimezone(UTC).astimezone(zone).time() != clock:
            self.add_error("clock", ValidationError("The clocks go forward over this time. Enter another one."))
        return start


def book(request: Request, to: str, *, by: Account, **said: Any) -> None:
    """Book the visit that the form says."""
    place = UUID(said["place"]) if said["place"] else None
    more = {name: said.get(name, "") for name in ("title", "clinician", "prepare")}
    slot = booking.Slot(said["start"], said["minutes"], place=place, where=said["where"], **more)
    booking.book(request, slot, by=by)


def know_request(row: Request) -> list[tuple[str, str]]:
    """Return what the desk has to know of a request to answer it."""
    asked = {
        "Visit": describe_visit(row.patient, row.appointment_id),
        "Place wished for": describe_place(row),
        "How": row.get_way_display(),
        "Days that would do": "\n".join(row.wishes_in_words),
        "About": row.why or "",
    }
    return [*know_person(row), *((name, said) for name, said in asked.items() if said)]


button = partial(move_button, move=change_state, permission="appointments.handle_request", known=know_request)
BUTTONS = (
    button(
        State.RECEIVED,
        "Received",
        PERSON_HEARS,
        question="Have you received this request?",
        done="The request is received.",
    ),
    button(
        State.BOOKED,
        "Book it",
        "The visit stands in the person's record, and their calendar can have it.",
        PERSON_HEARS,
        question="When is the visit?",
        done="The visit is booked.",
        move=book,
        form=SlotForm,
    ),
    button(
        State.REFUSED,
        "Not possible",
        "The person reads why. They can ask again.",
        PERSON_HEARS,
        question="Is it not possible?",
        done="The request is refused.",
        form=RefusalForm,
    ),
    button(
        State.CLOSED,
        "The clinic knows",
        "The visit is canceled for the person already.",
        question="Does the clinic know that the visit is canceled?",
        done="The cancellation is done.",
    ),
)


def describe_visit(patient: str, appointment: UUID | None) -> str:
    """Return an appointment in words, or "" if there is none."""
    visit = Appointment.objects.filter(patient=patient, resource=appointment).first()
    if visit is None or visit.at is None:
        return ""
    place = f", {visit.location}" if visit.location else ""
    return f"{visit.display}, {describe_moment(visit.at, visit.zone)}{place} ({visit.status})"


def describe_place(row: Request) -> str:
    """Return the name of the place that was wished for, or "" if none was."""
    found = Who.objects.filter(patient=row.patient, resource_id=row.place_id).first() if row.place_id else None
    return found.display if found else ""


def describe_moment(at: datetime, zone: str | None) -> str:
    """Return a time by the clock of a visit's place, with the name of its zone."""
    return date_format(timezone.localtime(at, moments.zone_of(zone)), "M j, Y, g:i A T")


class ClinicList(PagedList):
    """A list of what the clinics of a member of staff see. Who belongs to none reads why it is empty."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.why_empty = "" if clinics_of(request.user) else NO_CLINIC  # type: ignore[arg-type]


@admin.register(Request)
class RequestAdmin(WaitingAdmin):
    """Requests for appointments that the clinics of this member of staff answer, and nobody else's."""

    list_display = ("__str__", "kind", "answering", "state", "made_at", "waits")

    moves, can_move = BUTTONS, staticmethod(can_move)
    ended, late = ENDED, staticmethod(asking.late)
    fields = readonly_fields = (
        "person", "kind", "visit", "place_wished", "answering", "way", "days", "about", "state", "made_at",
        "changed_at", "reason", "what_happened",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Request]:
        return super().get_queryset(request).filter(answered_by(request.user))  # type: ignore[arg-type]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedList]:
        return ClinicList

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Show the list, under a warning of cancellations that nobody has passed on in time."""
        late = asking.overdue(timezone.now()).filter(answered_by(request.user), state=State.CANCELLED)  # type: ignore[arg-type]
        if self.has_view_permission(request) and (untold := late.count()):
            said = f"{untold} cancellation has" if untold == 1 else f"{untold} cancellations have"
            messages.warning(request, f"{said} waited too long. The clinic may still expect the person. Tell it now.")
        return super().changelist_view(request, extra_context)

    @admin.display(description="Visit")
    def visit(self, row: Request) -> str:
        return describe_visit(row.patient, row.appointment_id) or "None yet"

    @admin.display(description="Place wished for")
    def place_wished(self, row: Request) -> str:
        return describe_place(row) or "None"

    @admin.display(description="Clinic", ordering="clinic")
    def answering(self, row: Request) -> str:
        return row.clinic or "Not known"

    @admin.display(description="Days that would do")
    def days(self, row: Request) -> str:
        return "\n".join(row.wishes_in_words) or "-"

    @admin.display(description="About")
    def about(self, row: Request) -> str:
        return row.why or "-"


@admin.register(CheckIn)
class CheckInAdmin(ReadOnlyAdmin):
    """What people said before visits that are still to come, the next one first."""

    list_display = ("__str__", "begins", "changed_at")
    list_per_page = 25
    ordering = ("starts_at",)
    fields = readonly_fields = (
        "person", "visit", "said_by", "phone_number", "what_changed", "to_talk_about", "changed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckIn]:
        zone = Appointment.objects.filter(resource=OuterRef("appointment")).values("zone")
        rows = super().get_queryset(request).select_related("account", "helper").annotate(zone=Subquery(zone))
        mine = rows.filter(prepared_by(request.user))  # type: ignore[arg-type]
        return mine.filter(starts_at__gte=timezone.now()) if is_list(request) else mine

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedList]:
        return ClinicList

    @admin.display(description="Visit", ordering="starts_at")
    def begins(self, row: Any) -> str:
        return describe_moment(row.starts_at, row.zone)

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
