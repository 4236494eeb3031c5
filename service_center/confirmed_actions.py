"""Actions of staff that are confirmed: each one first explains on its own page what it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, UUIDField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import capfirst
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from accounts import actions
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from safeguards import audit
from service_center.calls import calling
from service_center.conflicts import Conflicted
from service_center.read_only import ReadOnlyAdmin, admin_page, has_permission, reason_field, record_row_view
from service_center.reasons import Reasons

Outcome = actions.Done | actions.NotAllowed | actions.NeedsProof | Conflicted


@dataclass(frozen=True)
class ConfirmedAction:
    """One button: who may press it, what it asks, what follows, and what it does to the account or person.

    `why` are the reasons to choose from, which the audit trail keeps. `form`, if there is one, is filled in on the page
    that explains, and `act` then gets it as `form`. A form that has a field `reason` of its own needs no `why`.
    `refused` is said for an outcome that is not among `reasons` and has no sentence of its own. `known` are facts about
    the subject, each with its name, that the page shows with the question.
    """

    name: str
    permission: str
    question: str
    button: str
    follows: Callable[[Any], list[str]]
    act: Callable[..., Outcome]
    done: str
    refused: str = "That is not possible now. Look at the account's state."
    reasons: Mapping[type, str] = field(default_factory=dict)
    form: Callable[[Any, Any], forms.Form] | None = None
    why: Reasons = ()
    known: Callable[[Any], list[tuple[str, str]]] = lambda subject: []

    @property
    def only_reason(self) -> str:
        """Return the words of the one reason that there can be, or ""."""
        return self.why[0][1] if len(self.why) == 1 else ""

    @property
    def asks(self) -> bool:
        """Return whether something is filled in or chosen on the page that explains."""
        return bool(self.form) or len(self.why) > 1


def say_always(*sentences: str) -> Callable[[Any], list[str]]:
    """Return a `follows` that gives the same sentences for every subject."""
    return lambda subject: list(sentences)


def confirm(
    request: HttpRequest, site: admin.AdminSite, action: ConfirmedAction, subject: Any, back: str
) -> HttpResponse:
    """Explain what follows on GET. On POST do it and redirect to `back`. The caller has checked the permission.

    What opens something takes a caller who has shown who they are (service_center/calls/calling.py).
    Doing it takes a second step that is fresh, so that nobody decides at a desk that its owner has left. Where a form
    is to be filled in, the step comes before it, so that nothing that was entered is lost.
    """
    if (request.method == "POST" or action.asks) and (
        proof := ask_for_second_step(request, policy.FRESH_FOR_DECISIONS)
    ):
        return proof
    missing = calling.is_identity_missing(request.user, action.permission, subject)  # type: ignore[arg-type]
    if request.method == "POST" and missing:
        messages.error(request, calling.SHOW_FIRST)
        return HttpResponseRedirect(request.path)
    form = form_of(action, request.POST if request.method == "POST" else None, subject)
    if request.method == "POST" and form.is_valid():
        with audit.because(form.cleaned_data.get("reason") or (action.why[0][0] if action.why else "")):
            outcome = action.act(subject, by=request.user, **({"form": form} if action.form else {}))
        if isinstance(outcome, actions.Done):
            messages.success(request, action.done)
        else:
            messages.error(request, refusal_of(action, outcome))
        return HttpResponseRedirect(back)
    context = {
        "title": action.question,
        "action": action,
        "follows": action.follows(subject),
        "known": action.known(subject),
        "back": back,
        "missing": missing,
        "form": form,
        "forms": [form],
    }
    context |= {"subject": subject, "opts": subject._meta, "named": name_with_kind(subject)}
    return TemplateResponse(request, "admin/confirm.html", {**site.each_context(request), **context})


def name_with_kind(subject: Model) -> str:
    """Return what a row is called with what it is, such as "Account rosa". Many names say what it is by themselves."""
    name, kind = str(subject), str(subject._meta.verbose_name)
    return capfirst(name if kind.lower() in name.lower().split() else f"{kind} {name}")


def form_of(action: ConfirmedAction, data: Any, subject: Any) -> forms.Form:
    """Return the form of a button, with the choice of reasons first, if there is a choice."""
    form = action.form(data, subject) if action.form else forms.Form(data)
    if len(action.why) > 1:
        form.fields["reason"] = reason_field(action.why)
        form.order_fields(["reason"])
    form.label_suffix = ""
    return form


class WhyForm(forms.Form):
    """The reason for a button that stands on another page, without one that explains."""

    def __init__(self, data: Any = None, *, why: Reasons) -> None:
        super().__init__(data, label_suffix="", auto_id="why-%s")
        self.fields["reason"] = reason_field(why)


def refusal_of(action: ConfirmedAction, outcome: Outcome) -> str:
    """Return what is said of an outcome that did nothing."""
    return outcome.sentence if isinstance(outcome, Conflicted) else action.reasons.get(type(outcome), action.refused)


class ConfirmingAdmin(ReadOnlyAdmin):
    """An admin whose rows have confirmed actions, each on a page of its own."""

    confirmed: tuple[ConfirmedAction, ...] = ()

    def may_press(self, request: HttpRequest, action: ConfirmedAction) -> bool:
        """Return whether this staff member may use this action."""
        return self.has_view_permission(request) and has_permission(request, action.permission)

    def get_urls(self) -> list[URLPattern]:
        key = "uuid" if isinstance(self.opts.pk, UUIDField) else "int"
        pages = [
            path(
                f"<{key}:pk>/{action.name}/",
                self.admin_site.admin_view(partial(self.press, action=action)),
                name=self.name_of(action),
            )
            for action in self.confirmed
        ]
        return pages + super().get_urls()

    def name_of(self, action: ConfirmedAction) -> str:
        """Return the name that the address of an action has."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{action.name}"

    def press(self, request: HttpRequest, pk: int | UUID, *, action: ConfirmedAction) -> HttpResponse:
        """Run a confirmed action: GET says what it does, POST does it."""
        row = self.get_object(request, str(pk))
        if row is None or not self.may_press(request, action):
            return HttpResponse(status=403)
        if request.method != "POST":
            record_row_view(request, row)
            if not self.is_possible(request, row, action):
                messages.error(request, action.refused)
                return HttpResponseRedirect(admin_page(row))
        return confirm(request, self.admin_site, action, row, admin_page(row))

    def is_possible(self, request: HttpRequest, row: Any, action: ConfirmedAction) -> bool:
        """Return whether it makes sense to ask the question of an action now. The action itself judges once more."""
        return True


class MovingAdmin(ConfirmingAdmin):
    """An admin whose rows move from state to state. A row's page offers the moves that are possible now.

    `moves` are the states and the action that leads to each. `can_move` says whether a row can come to one.
    """

    moves: tuple[tuple[str, ConfirmedAction], ...] = ()
    can_move: Callable[[Any, str], bool]

    @property
    def confirmed(self) -> tuple[ConfirmedAction, ...]:  # type: ignore[override]
        return tuple(action for _, action in self.moves)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        more = {"buttons": self.buttons_of(request, row) if row else []}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def is_possible(self, request: HttpRequest, row: Any, action: ConfirmedAction) -> bool:
        return any(one is action and self.can_move(row, to) for to, one in self.moves)

    def buttons_of(self, request: HttpRequest, row: Model) -> list[tuple[str, str, str]]:
        """Return the name, address and words of each action that the row's state and the role allow."""
        return [
            (action.name, reverse(f"admin:{self.name_of(action)}", args=[row.pk]), action.button)
            for to, action in self.moves
            if self.can_move(row, to) and self.may_press(request, action)
        ]
