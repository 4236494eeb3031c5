"""What all desks that answer requests share: the list of those that wait, the page of one, and its buttons.

Each button is a move in the state table of its desk. Nobody answers the requests of people who are close to them.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince

from accounts import actions
from accounts.models import Account
from deers import lookup
from idproofing.transitions import TransitionRefused
from service_center.confirmed_actions import ConfirmedAction, MovingAdmin, Outcome, say_always
from service_center.conflicts import refuse_close
from service_center.reasons import THE_REQUEST

PERSON_HEARS = "The person is told by email, if they want to be, that something has changed, but not what."


class RefusalForm(forms.Form):
    """Why it is not possible, as the person reads it."""

    reason = forms.ChoiceField(
        label="Why", error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose why it is not possible.")
    )

    def __init__(self, data: Any, subject: Any) -> None:
        super().__init__(data)
        self.fields["reason"].choices = [("", "Choose"), *subject.Reason.choices]  # type: ignore[attr-defined]


def move_button(
    to: str,
    words: str,
    *follows: str,
    question: str,
    done: str,
    move: Callable[..., None],
    permission: str,
    form: Callable[[Any, Any], forms.Form] | None = None,
    known: Callable[[Any], list[tuple[str, str]]] | None = None,
) -> tuple[str, ConfirmedAction]:
    """Return the button that moves a request to a state.

    `move` gets the request, the state, `by`, and what the form says. It raises TransitionRefused if it is too late. The
    question stands with the name of the person, or with what `known` returns.
    """
    return to, ConfirmedAction(
        name=str(to),
        permission=permission,
        question=question,
        button=words,
        follows=say_always(*follows),
        act=answering(to, move),
        done=done,
        refused="That is not possible now. Look at the request's state.",
        form=form,
        why=() if form is RefusalForm else THE_REQUEST,
        known=known or know_person,
    )


def know_person(request: Any) -> list[tuple[str, str]]:
    """Return who asked for it, as the page of a button shows it."""
    return [("Person", describe_person(request.patient))]


def answering(to: str, move: Callable[..., None]) -> Callable[..., Outcome]:
    """Return the act of a button, unless the person is close to the one who presses it."""

    def act(request: Any, *, by: Account, form: forms.Form | None = None) -> Outcome:
        if conflicted := refuse_close(by, request.patient):
            return conflicted
        try:
            move(request, to, by=by, **(form.cleaned_data if form else {}))
        except TransitionRefused:
            return actions.NotAllowed()
        return actions.Done()

    return act


def describe_person(dod_id: str) -> str:
    """Return name and birth date, as far as DEERS answers."""
    person = lookup.person(dod_id)
    if person is None:
        return "DEERS does not answer now"
    born = "" if person.is_shielded else f", born {person.date_of_birth:%B %-d, %Y}"
    return f"{person.staff_name}{born}"


class OpenOrOneState(admin.ChoicesFieldListFilter):
    """The filter of a list that leaves out what has ended, until one state is chosen."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the choices. The first is what the list shows of itself, and not all."""
        first, *states = super().choices(changelist)
        yield {**first, "display": "All that are open"}
        yield from states


class WaitingAdmin(MovingAdmin):
    """A list of what nobody has ended, the oldest first, unless a filter asks for a state."""

    ended: tuple[str, ...]
    late: Callable[[datetime], Q]
    list_display: tuple[str, ...] = ("__str__", "kind", "state", "made_at", "waits")
    list_filter = (("state", OpenOrOneState), "kind")
    list_per_page = 25
    ordering = ("made_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("account").annotate(is_overdue=self.late(timezone.now()))
        waits = is_list(request) and "state__exact" not in request.GET
        return rows.exclude(state__in=self.ended) if waits else rows

    @admin.display(description="Waits")
    def waits(self, row: Any) -> str:
        late = " (overdue)" if row.is_overdue else ""
        return f"{timesince(row.made_at)}{late}" if row.is_open else "ended"

    @admin.display(description="Person")
    def person(self, row: Any) -> str:
        return describe_person(row.patient)

    @admin.display(description="What happened")
    def what_happened(self, row: Any) -> str:
        return "\n".join(map(describe_step, row.steps.order_by("at", "pk").select_related("staff", "helper")))


def is_list(request: HttpRequest) -> bool:
    """Return whether this is the page of a list, and not that of a row."""
    return bool(request.resolver_match and str(request.resolver_match.url_name).endswith("_changelist"))


def describe_step(step: Any) -> str:
    """Return when a request came to a state, and who of the staff, or who for the patient, did it."""
    staff = f" ({step.staff.get_full_name()})" if step.staff else ""
    helper = f" (by {step.helper.get_full_name()} for the patient)" if step.helper else ""
    return f"{step.get_state_display()}: {date_format(timezone.localtime(step.at), 'DATETIME_FORMAT')}{staff}{helper}"
