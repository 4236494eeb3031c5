"""One page view for every journey. A journey is a tuple of steps; the draft says how far a person has come."""

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


@dataclass(frozen=True)
class Refused:
    """A step was not passed: the sentence for the person, and the field it stands beside (none: the whole form)."""

    message: str
    field: str | None = None
    aside: str = ""
    """A template for the page: what the person can do now."""
    status: int = 200
    """503 where the step could not even be judged, so that it may be sent again as it is."""


def actor(request: HttpRequest) -> object:
    """By whom an event is: the person signed in, or a visitor."""
    return request.user if request.user.is_authenticated else "visitor"


def always(draft: Any) -> bool:
    return True


def nothing(request: HttpRequest, draft: Any) -> dict:
    return {}


@dataclass(frozen=True)
class Step:
    """One page of a journey.

    `form(data, draft)` makes its form; `save(request, draft, form, asked)` judges and keeps the answer, under a lock
    on the draft's row, and returns None or what was refused. `ask(request, draft, form)` does before that what must
    not happen under the lock: it counts the try, so that no rollback forgets it, and asks DEERS. What it returns goes
    to `save` as `asked`; a Refused ends there. `ready` says whether the page may be opened, `done` whether the journey
    may go on past it, `applies` whether this draft has the step at all, `again` whether it may be answered again after
    it is done. `forgets` names the fields of the draft that a changed answer clears. A step without a `label` is a turn
    in the road and not counted.
    """

    name: str
    label: str
    template: str
    form: Callable[[Any, Any], forms.Form | None]
    save: Callable[[HttpRequest, Any, Any, Any], Refused | None]
    done: Callable[[Any], bool]
    ask: Callable[[HttpRequest, Any, Any], Any] | None = None
    ready: Callable[[Any], bool] = always
    applies: Callable[[Any], bool] = always
    again: bool = False
    forgets: tuple[str, ...] = ()
    context: Callable[[HttpRequest, Any], dict] = nothing


@dataclass(frozen=True)
class Journey:
    """A tuple of steps over one kind of draft. `begin` is the name of the address that starts it anew."""

    title: str
    begin: str
    page: str
    model: type[Draft]
    first_label: str
    steps: tuple[Step, ...]
    finish: str
    ended: dict[str, str] = field(default_factory=dict)
    """Templates for the reasons why a draft cannot go on."""
    belongs: Callable[[HttpRequest, Any], bool] = lambda request, draft: True

    def steps_of(self, draft: Draft) -> list[Step]:
        return [step for step in self.steps if step.applies(draft)]

    def present(self, draft: Draft) -> Step | None:
        """The first step that is not done; None when all are."""
        return next((step for step in self.steps_of(draft) if not step.done(draft)), None)

    def address(self, draft: Draft) -> str:
        """Where this draft goes on."""
        step = self.present(draft)
        name = self.finish if draft.finished_at or draft.ended or step is None else step.name
        return reverse(self.page, args=[draft.pk, name])


@dataclass(frozen=True)
class Progress:
    """What the step indicator shows: the labels of the steps that have one, and the place of this one, from 0."""

    steps: list[str]
    position: int


def progress(journey: Journey, draft: Draft, name: str) -> Progress:
    steps = journey.steps_of(draft)
    before = takewhile(lambda step: step.name != name, steps)
    position = 1 + sum(bool(step.label) for step in before)
    labels = [journey.first_label, *(step.label for step in steps if step.label)]
    return Progress(labels, min(position, len(labels) - 1))


def beginning(journey: Journey, **fields: Any) -> Progress:
    """The steps of a draft with these fields, seen from the page where it does not exist yet."""
    return Progress(progress(journey, journey.model(**fields), "").steps, 0)


def clear_answers(draft: Draft, names: tuple[str, ...]) -> None:
    """Clear what later steps had set, because an earlier answer changed."""
    for name in names:
        setattr(draft, name, cast(models.Field, draft._meta.get_field(name)).get_default())


def keep_answers(draft: Draft, answers: dict[str, str], forgets: tuple[str, ...]) -> None:
    """Store answers in the draft's fields; when one differs from before, all that was built on it is forgotten."""
    if any(getattr(draft, name) != value for name, value in answers.items()):
        clear_answers(draft, forgets)
    for name, value in answers.items():
        setattr(draft, name, value)


def page(request: HttpRequest, journey: Journey, draft_id: UUID, name: str) -> HttpResponse:
    """Show or judge one step. Whatever the browser asks for, the answer is this draft's own next page."""
    if request.method != "POST":
        return no_store(show(request, journey, drafts.find(journey.model, draft_id, request), name))
    asked = ask(request, journey, draft_id, name)
    with transaction.atomic():
        draft = drafts.find(journey.model, draft_id, request, lock=True)
        return no_store(answer(request, journey, draft, name, asked))


def ask(request: HttpRequest, journey: Journey, draft_id: UUID, name: str) -> Any:
    """What the step's `ask` returns, if the step has one, is open and is filled in; otherwise None."""
    if not any(step.name == name and step.ask for step in journey.steps):
        return None
    draft = drafts.find(journey.model, draft_id, request)
    step = step_for(request, journey, draft, name)
    if not isinstance(step, Step) or step.ask is None:
        return None
    form = step.form(request.POST, draft)
    return step.ask(request, draft, form) if form is None or form.is_valid() else None


def no_store(response: HttpResponse) -> HttpResponse:
    """Nothing of a journey stays in the browser's or anyone's cache."""
    response["Cache-Control"] = "no-store"
    return response


def step_for(request: HttpRequest, journey: Journey, draft: Draft | None, name: str) -> Step | HttpResponse:
    """The step to work on, or the page that stands in its place."""
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
    """The last page. New backup codes stand on it until the person has saved them, and not for long."""
    if "saved" in request.POST:
        draft.backup_codes = ""
        draft.save(update_fields=["backup_codes"])
        return redirect(getattr(draft, "next", "") or "portal")
    context = {"journey": journey, "draft": draft, "codes": drafts.backup_codes(draft)}
    context["here"] = reverse(journey.page, args=[draft.pk, journey.finish])
    return render(request, journey.ended[draft.ended or ""], context)


def gone(request: HttpRequest, journey: Journey) -> HttpResponse:
    return render(request, "accounts/draft_gone.html", {"journey": journey}, status=404)


def not_theirs(request: HttpRequest, journey: Journey, draft: Draft) -> HttpResponse:
    """The draft's account is not signed in here. After a double click it is, as soon as the page is asked for anew."""
    if request.user.is_authenticated:
        return gone(request, journey)
    here = journey.address(draft)
    return redirect(here) if request.method == "POST" else redirect_to_login(here)


def open_now(step: Step, draft: Draft) -> bool:
    """Whether this draft may work on the step: it has it, has come so far, and may still answer it."""
    return step.applies(draft) and step.ready(draft) and (step.again or not step.done(draft))


def show(request: HttpRequest, journey: Journey, draft: Draft | None, name: str) -> HttpResponse:
    """The page of a step, as it stands."""
    step = step_for(request, journey, draft, name)
    if isinstance(step, HttpResponse):
        return step
    return page_of(request, journey, draft, step, step.form(None, draft))


def answer(request: HttpRequest, journey: Journey, draft: Draft | None, name: str, asked: Any) -> HttpResponse:
    """Judge what was sent; a failed attempt is counted and committed like any other answer."""
    step = step_for(request, journey, draft, name)
    if isinstance(step, HttpResponse):
        return step
    assert draft is not None
    form = step.form(request.POST, draft)
    if form is not None and not form.is_valid():
        return page_of(request, journey, draft, step, form)
    if step.ask and asked is None:  # another tab has opened the step in this very moment
        return redirect(journey.address(draft))
    refused = asked if isinstance(asked, Refused) else step.save(request, draft, form, asked)
    drafts.touch(draft, went_on=refused is None and bool(step.label))
    if refused is None:
        return redirect(journey.address(draft))
    if form is not None:
        form.add_error(refused.field, refused.message)
    return page_of(request, journey, draft, step, form, refused=refused)


def page_of(
    request: HttpRequest, journey: Journey, draft: Any, step: Step, form: forms.Form | None, **more: Any
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
