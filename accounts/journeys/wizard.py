"""One page view for every journey. A journey is a tuple of steps, and the draft says how far a person has come."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.journeys import drafts
from accounts.models import Draft
from safeguards.limits import CountersUnavailable


@dataclass(frozen=True)
class Refused:
    """The step was not passed: the sentence for the person, and the form field it belongs to (None: the whole form)."""

    message: str
    field: str | None = None
    aside: str = ""
    """A template for the page that says what the person can do now."""
    status: int = 200
    """503 if the step could not even be judged. The same form may then be sent again."""


def actor(request: HttpRequest) -> object:
    """Return whom an event is recorded for: the signed-in user, or "visitor"."""
    return request.user if request.user.is_authenticated else "visitor"


def always(draft: Any) -> bool:
    """Return True for every draft."""
    return True


def nothing(request: HttpRequest, draft: Any) -> dict:
    return {}


@dataclass(frozen=True)
class Step:
    """One page of a journey.

    `form(data, draft)` makes its form. `save(request, draft, form, asked)` judges and keeps the answer, under a lock on
    the draft's row, and returns None or a Refused. `ask(request, draft, form)` runs before that and does what must not
    happen under the lock: it counts the try, so that no rollback forgets it, and asks DEERS. Its result is passed to
    `save` as `asked`; a Refused ends the request there. The form too is made and validated before the lock. Another tab
    may change the draft in between, so `save` checks again everything in the form that depends on the draft's state.

    `ready` says whether the page may be opened, `done` whether the journey may continue past it, `applies` whether this
    draft has the step at all, and `again` whether it may be answered again after it is done. `forgets` names the
    draft's fields that a changed answer clears. `keep(form)` returns, by the draft's fields, what to keep of a form
    that is not valid, because the page must not send it back to the browser. A step without a `label` is a detour, and
    the step indicator does not count it.
    """

    name: str
    label: str
    template: str
    form: Callable[[Any, Any], forms.Form]
    save: Callable[[HttpRequest, Any, Any, Any], Refused | None]
    done: Callable[[Any], bool]
    ask: Callable[[HttpRequest, Any, Any], Any] | None = None
    keep: Callable[[Any], dict[str, str]] | None = None
    ready: Callable[[Any], bool] = always
    applies: Callable[[Any], bool] = always
    again: bool = False
    forgets: tuple[str, ...] = ()
    context: Callable[[HttpRequest, Any], dict] = nothing


@dataclass(frozen=True)
class Journey:
    """A tuple of steps over one kind of draft. `begin` is the name of the URL that starts a new journey."""

    title: str
    begin: str
    page: str
    model: type[Draft]
    first_label: str
    steps: tuple[Step, ...]
    finish: str
    ended: dict[str, str] = field(default_factory=dict)
    """The template of the last page for each reason why a journey ended; "" is for a finished one."""
    belongs: Callable[[HttpRequest, Any], bool] = lambda request, draft: True

    def steps_of(self, draft: Draft) -> list[Step]:
        return [step for step in self.steps if step.applies(draft)]

    def present(self, draft: Draft) -> Step | None:
        """Return the first step that is not done, or None when all are."""
        return next((step for step in self.steps_of(draft) if not step.done(draft)), None)

    def address(self, draft: Draft) -> str:
        """Return the URL where this draft continues."""
        step = self.present(draft)
        name = self.finish if draft.finished_at or draft.ended or step is None else step.name
        return reverse(self.page, args=[draft.pk, name])


@dataclass(frozen=True)
class Progress:
    """What the step indicator shows: the labels of the labeled steps, and the position of this one, from 0."""

    steps: list[str]
    position: int


def progress(journey: Journey, draft: Draft, name: str) -> Progress:
    steps = journey.steps_of(draft)
    before = takewhile(lambda step: step.name != name, steps)
    position = 1 + sum(bool(step.label) for step in before)
    labels = [journey.first_label, *(step.label for step in steps if step.label)]
    return Progress(labels, min(position, len(labels) - 1))


def beginning(journey: Journey, **fields: Any) -> Progress:
    """Return the progress on the first page, where a draft with these fields does not exist yet."""
    return Progress(progress(journey, journey.model(**fields), "").steps, 0)


def clear_answers(draft: Draft, names: tuple[str, ...]) -> None:
    """Clear what later steps had set, because an earlier answer changed."""
    for name in names:
        setattr(draft, name, cast(models.Field, draft._meta.get_field(name)).get_default())


def keep_answers(draft: Draft, answers: dict[str, str], forgets: tuple[str, ...]) -> None:
    """Store answers in the draft's fields. If one differs from before, clear everything that was built on it."""
    if any(getattr(draft, name) != value for name, value in answers.items()):
        clear_answers(draft, forgets)
    for name, value in answers.items():
        setattr(draft, name, value)


def page(request: HttpRequest, journey: Journey, draft_id: UUID, name: str) -> HttpResponse:
    """Show or judge one step. The answer to any address of a draft is that draft's own next page."""
    if request.method != "POST":
        return no_store(show(request, journey, drafts.find(journey.model, draft_id, request), name))
    asked = ask(request, journey, draft_id, name) if name != journey.finish else None
    if isinstance(asked, HttpResponse):
        return no_store(asked)
    try:
        with transaction.atomic():
            draft = drafts.find(journey.model, draft_id, request, lock=True)
            return no_store(answer(request, journey, draft, name, asked))
    except CountersUnavailable as failure:
        return no_store(not_judged(request, journey, draft_id, name, failure))


def not_judged(
    request: HttpRequest, journey: Journey, draft_id: UUID, name: str, failure: CountersUnavailable
) -> HttpResponse:
    """Show the step again, with what was typed, because the counters cannot be reached and nothing was judged."""
    draft = drafts.find(journey.model, draft_id, request)
    step = step_for(request, journey, draft, name)
    if isinstance(step, HttpResponse):
        return step
    form = step.form(request.POST, draft)
    form.add_error(None, str(failure))
    return page_of(request, journey, draft, step, form, refused=Refused(str(failure), status=503))


@dataclass(frozen=True)
class Asked:
    """An answer before the draft is locked: its valid form, and the result of the step's `ask`.

    `outcome` is None if the step has no `ask`.
    """

    form: forms.Form
    outcome: Any


def ask(request: HttpRequest, journey: Journey, draft_id: UUID, name: str) -> Asked | HttpResponse:
    """Validate what was sent, and do what must not happen under the lock.

    Return a page instead if the step is not open or its form is not valid. Nothing is saved then.
    """
    draft = drafts.find(journey.model, draft_id, request)
    step = step_for(request, journey, draft, name)
    if isinstance(step, HttpResponse):
        return step
    form = step.form(request.POST, draft)
    if not form.is_valid():
        kept = step.keep(form) if step.keep else {}
        if kept:
            keep(request, journey, draft_id, kept)
        return page_of(request, journey, draft, step, form)
    try:
        return Asked(form, step.ask(request, draft, form) if step.ask else None)
    except CountersUnavailable as failure:
        return not_judged(request, journey, draft_id, name, failure)


def keep(request: HttpRequest, journey: Journey, draft_id: UUID, kept: dict[str, str]) -> None:
    """Keep these values in the draft, under the lock on its row."""
    with transaction.atomic():
        draft = drafts.find(journey.model, draft_id, request, lock=True)
        if draft is not None and not (draft.ended or draft.finished_at):
            for name, value in kept.items():
                setattr(draft, name, value)
            drafts.touch(draft)


def no_store(response: HttpResponse) -> HttpResponse:
    """Return the response, marked so that no cache keeps anything of a journey."""
    response["Cache-Control"] = "no-store"
    return response


def step_for(request: HttpRequest, journey: Journey, draft: Draft | None, name: str) -> Step | HttpResponse:
    """Return the step to work on, or the page that is shown instead."""
    if draft is None:
        return gone(request, journey)
    if not journey.belongs(request, draft):
        return not_theirs(request, journey, draft)
    if name == journey.finish and journey.address(draft).endswith(f"/{journey.finish}/"):
        return the_end(request, journey, draft)
    step = next((step for step in journey.steps if step.name == name), None)
    if step is None and name != journey.finish:
        raise Http404
    if step is None or draft.finished_at or draft.ended or not open_now(step, draft):
        return HttpResponseRedirect(journey.address(draft))
    return step


def the_end(request: HttpRequest, journey: Journey, draft: Draft) -> HttpResponse:
    """Show the last page. It shows new backup codes until the person has saved them, but not for long."""
    if "saved" in request.POST:
        draft.backup_codes = ""
        draft.save(update_fields=["backup_codes"])
        return redirect(getattr(draft, "next", "") or "portal")
    context = {"journey": journey, "draft": draft, "codes": drafts.backup_codes(draft)}
    context["here"] = reverse(journey.page, args=[draft.pk, journey.finish])
    return render(request, journey.ended[draft.ended or ""], context)


def gone(request: HttpRequest, journey: Journey) -> HttpResponse:
    """Return the page that says that the draft does not exist any more."""
    return render(request, "accounts/draft_gone.html", {"journey": journey}, status=404)


def not_theirs(request: HttpRequest, journey: Journey, draft: Draft) -> HttpResponse:
    """Answer a request for a draft whose account is not signed in here.

    After a double click it is signed in by the time the page is requested again.
    """
    if request.user.is_authenticated:
        return gone(request, journey)
    here = journey.address(draft)
    return redirect(here) if request.method == "POST" else redirect_to_login(here)


def open_now(step: Step, draft: Draft) -> bool:
    """Return whether this draft may work on the step: it has it, has come that far, and may still answer it."""
    return step.applies(draft) and step.ready(draft) and (step.again or not step.done(draft))


def show(request: HttpRequest, journey: Journey, draft: Draft | None, name: str) -> HttpResponse:
    """Return the page of a step in its present state."""
    step = step_for(request, journey, draft, name)
    if isinstance(step, HttpResponse):
        return step
    return page_of(request, journey, draft, step, step.form(None, draft))


def answer(request: HttpRequest, journey: Journey, draft: Draft | None, name: str, asked: Asked | None) -> HttpResponse:
    """Judge what was sent, under the lock. A failed attempt is counted and committed like any other answer."""
    step = step_for(request, journey, draft, name)
    if isinstance(step, HttpResponse):
        return step
    assert draft is not None
    assert asked is not None  # only the last page has nothing to ask, and it is no step
    form, outcome = asked.form, asked.outcome
    refused = outcome if isinstance(outcome, Refused) else step.save(request, draft, form, outcome)
    drafts.touch(draft, went_on=refused is None and bool(step.label))
    if refused is None:
        return redirect(journey.address(draft))
    form.add_error(refused.field, refused.message)
    return page_of(request, journey, draft, step, form, refused=refused)


def page_of(
    request: HttpRequest, journey: Journey, draft: Any, step: Step, form: forms.Form, **more: Any
) -> HttpResponse:
    status = more["refused"].status if "refused" in more else 200
    context = {
        "journey": journey,
        "progress": progress(journey, draft, step.name),
        "step": step,
        "draft": draft,
        "form": form,
        "here": reverse(journey.page, args=[draft.pk, step.name]),
        **step.context(request, draft),
        **more,
    }
    return render(request, step.template, context, status=status)
