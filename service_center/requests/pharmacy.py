"""The pharmacy's desk: requests for refills and renewals. Each button is a move of portal/medications/states.py."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin

from core.fields import text_field
from portal.medications import asking
from portal.medications.models import Request
from portal.medications.states import State, can_move, change_state
from portal.record.models import Prescription
from service_center.requests.desk import PERSON_HEARS, RefusalForm, WaitingAdmin, move_button


class ShipmentForm(forms.Form):
    """How a medication is on its way."""

    carrier = forms.ChoiceField(
        label="Carrier",
        choices=[("", "Choose"), *Request.Carrier.choices],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose who carries it."),
    )
    tracking = text_field("Tracking number", autocomplete="off", most=40, missing="Enter the tracking number.")

    def __init__(self, data: Any, subject: Any) -> None:
        super().__init__(data)


button = partial(move_button, move=change_state, permission="medications.handle_request")
BUTTONS = (
    button(
        State.RECEIVED,
        "Received",
        PERSON_HEARS,
        question="Have you received this request?",
        done="The request is received.",
    ),
    button(
        State.FILLING,
        "Begin to fill it",
        "The person can no longer withdraw it.",
        PERSON_HEARS,
        question="Is it being filled?",
        done="It is being filled.",
    ),
    button(
        State.SHIPPED,
        "Shipped",
        "The person sees carrier and tracking number.",
        PERSON_HEARS,
        question="Is it on its way?",
        done="It is shipped.",
        form=ShipmentForm,
    ),
    button(State.READY, "Ready to pick up", PERSON_HEARS, question="Can it be picked up?", done="It is ready."),
    button(
        State.DONE,
        "Done",
        "Another refill or renewal can be asked for.",
        PERSON_HEARS,
        question="Is it done?",
        done="The request is done.",
    ),
    button(
        State.REFUSED,
        "Not possible",
        "The person reads why. Another one can be asked for.",
        PERSON_HEARS,
        question="Is it not possible?",
        done="The request is refused.",
        form=RefusalForm,
    ),
)


@admin.register(Request)
class RequestAdmin(WaitingAdmin):
    """Requests for refills and renewals."""

    moves, can_move = BUTTONS, staticmethod(can_move)
    ended, late = asking.ENDED, staticmethod(asking.late)
    fields = readonly_fields = (
        "person", "medication", "kind", "state", "made_at", "changed_at", "reason", "carrier", "tracking_number",
        "what_happened",
    )  # fmt: skip

    @admin.display(description="Medication")
    def medication(self, row: Request) -> str:
        found = Prescription.objects.filter(patient=row.patient, resource_id=row.prescription_id).first()
        if found is None:
            return "No longer in the record"
        left = "not recorded" if found.refills_left is None else found.refills_left
        by = found.prescriber or "nobody recorded"
        lines = (found.display, found.sig, f"Refills left: {left}", f"Prescribed by: {by}")
        # A browser may show it all in one line.
        return "\n".join(f"{line.rstrip('.')}." for line in lines if line)

    @admin.display(description="Tracking number")
    def tracking_number(self, row: Request) -> str:
        return row.tracking or "-"
