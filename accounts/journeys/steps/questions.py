"""The step of the identity questions."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys.steps import route
from accounts.journeys.steps.code import delivery_of, forget_tries, send_code
from accounts.journeys.steps.details import refuse_while_deers_is_silent
from accounts.journeys.wizard import Refused, Step, actor
from accounts.models import Draft
from idproofing import asking, quiz
from idproofing.models import Question
from idproofing.routes import Route

Data = Mapping[str, Any] | None


class StartForm(forms.Form):
    """A form with nothing to fill in: only the button that starts the questions."""


class QuestionForm(forms.Form):
    """One question with its options in their fixed order. The value of an option is its position.

    The form names its quiz: a form from an earlier attempt, sent again, must not answer a question of this one.
    """

    quiz = forms.CharField(required=False, widget=forms.HiddenInput)
    position = forms.IntegerField(widget=forms.HiddenInput)
    choice = forms.TypedChoiceField(
        label="", coerce=int, widget=forms.RadioSelect, error_messages={"required": "Choose one of the answers."}
    )

    def __init__(self, data: Data, asked: Question) -> None:
        super().__init__(data, initial={"quiz": asked.quiz_id, "position": asked.position})
        self.fields["choice"].label = asked.prompt
        self.fields["choice"].choices = list(enumerate(asked.options))  # type: ignore[attr-defined]


def question_form(data: Data, draft: Draft) -> forms.Form:
    asked = quiz.question(draft.quiz) if draft.quiz else None
    action = data.get("action") if data else None
    if asked is None or action:
        return StartForm(data)
    return QuestionForm(data, asked)


def question_context(request: HttpRequest, draft: Draft) -> dict:
    """Return what the page shows: the current question, how the last attempt ended, or the invitation to begin."""
    known = {"strength": draft.strength, "offers": route.other_offers()}
    if draft.quiz is None:
        return known
    asked = quiz.question(draft.quiz)
    if asked is None:
        return known | {"outcome": quiz.grade(draft.quiz.pk, by="visitor")}
    assert asked.deadline is not None  # question() has just shown it
    left = (asked.deadline - timezone.now()).total_seconds()
    return known | {
        "question": asked,
        "question_number": asked.position + 1,
        "seconds_left": max(0, int(left)),
    }


def ask_around(request: HttpRequest, draft: Draft, form: forms.Form) -> asking.Known | Refused | bool:
    """Return what DEERS and the other sources know of the person, before the questions begin.

    They are asked while nobody waits for a lock.
    """
    under_way = draft.quiz and quiz.question(draft.quiz)
    if request.POST.get("action") != "start" or under_way:
        return True
    if not draft.email:
        return Refused(route.NO_EMAIL)
    return asking.known_of(draft.dod_id) or refuse_while_deers_is_silent(actor(request))


def answer_questions(
    request: HttpRequest, draft: Draft, form: forms.Form, known: asking.Known | bool
) -> Refused | None:
    """Begin, extend, leave or answer, as the button says. After the last answer the quiz is graded."""
    action = request.POST.get("action")
    by = actor(request)
    asked = quiz.question(draft.quiz) if draft.quiz else None
    if action == "leave" and draft.quiz:
        quiz.abandon(draft.quiz.pk, by=by)
        draft.blocked = Draft.Blocked.LEFT
        return None
    if asked is None:
        return start_quiz(draft, known, by) if isinstance(known, asking.Known) else None
    assert draft.quiz is not None
    if action == "more-time":
        quiz.more_time(draft.quiz.pk, asked.position)
    elif isinstance(form, QuestionForm) and form.cleaned_data["quiz"] != str(draft.quiz.pk):
        messages.warning(request, OLD_PAGE)
    elif isinstance(form, QuestionForm):
        quiz.answer(draft.quiz.pk, form.cleaned_data["position"], form.cleaned_data["choice"], by=by)
    if quiz.question(draft.quiz) is None and isinstance(quiz.grade(draft.quiz.pk, by=by), quiz.Passed):
        draft.quiz_passed_at = timezone.now()
        forget_tries(request, draft)
        if delivery_of(draft):
            send_code(draft, by, first=True)
    return None


OLD_PAGE = (
    "That answer was for a question from an earlier attempt, so it did not count. Here is the question to answer now."
)


def start_quiz(draft: Draft, known: asking.Known, by: object) -> Refused | None:
    outcome = quiz.start(draft.dod_id, draft.strength, shown=shown(draft), known=known, by=by)
    match outcome:
        case quiz.Started():
            draft.quiz = outcome.quiz
        case quiz.ThinFile():
            draft.blocked = Draft.Blocked.THIN_FILE
        case quiz.Unavailable():
            return refuse_while_deers_is_silent(by)
        case quiz.CoolingDown():
            draft.blocked = Draft.Blocked.COOLING_DOWN
        case quiz.Closed():
            draft.blocked = Draft.Blocked.CLOSED
    return None


def shown(draft: Draft) -> set[str]:
    """Return what the person has typed or seen in this journey. No question may ask for it."""
    names = ("first_name", "last_name", "date_of_birth", "email", "phone", "postal_code")
    return {value for name in names if (value := getattr(draft, name, ""))}


QUESTIONS = Step(
    name="questions",
    label=route.LABEL,
    template="accounts/questions.html",
    form=question_form,
    ask=ask_around,
    save=answer_questions,
    ready=lambda draft: bool(draft.dod_id) and not draft.blocked,
    done=lambda draft: bool(draft.quiz_passed_at),
    applies=lambda draft: draft.route == Route.QUESTIONS and not draft.has_code,
    context=question_context,
)
