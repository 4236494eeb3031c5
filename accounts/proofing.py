"""The steps that registration and upgrade share: identity questions and the activation code."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from accounts import next_steps, notices, way
from accounts.models import Draft
from accounts.wizard import Refused, Step, actor
from deers import lookup, names
from deers.registry import Beneficiary, Ineligible
from dslogon import policy
from idproofing import asking, codes, quiz
from idproofing.models import Question
from idproofing.routes import Route
from safeguards import audit, limits

Data = Mapping[str, Any] | None
Save = Callable[[HttpRequest, Any, Any, Any], Refused | None]


FORGOTTEN = (
    "dod_id", "mismatched_at", "blocked", "visit", "quiz", "quiz_passed_at", "screen_code", "code_redeemed_at",
)  # fmt: skip
"""What a draft forgets of its proofing when the details change on which that was built."""

NO_MATCH = "We could not match these details with a DEERS record that can have an account here."
DEERS_SILENT = "DEERS does not answer right now. What you typed is kept. Please try again in a few minutes."


class StartForm(forms.Form):
    """Nothing to fill in: the button that starts the questions."""


class QuestionForm(forms.Form):
    """One question with its options in their fixed order; the value of an option is its place.

    It names the quiz it is of: a form of an earlier attempt, sent once more, must not answer a question of this one.
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


class CodeForm(forms.Form):
    """The activation code; blanks, dashes, case and look-alikes are forgiven by idproofing.codes."""

    code = forms.CharField(
        label="Activation code",
        max_length=40,
        help_text=f"{policy.CODE_LENGTH} letters and digits. Capitals, dashes and blanks do not matter.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code-input",
            }
        ),
        error_messages={"required": "Enter the activation code.", "max_length": "That is longer than any code."},
    )


def person_of_record(request: HttpRequest, draft: Any, form: forms.Form) -> Beneficiary | Refused:
    """The draft's person as DEERS has them now: the name of the account, and an address that must hear of it.

    DEERS may have locked the record since the details matched. Then nothing more comes of the draft, in the words that
    stand where details do not match, for not everybody who gets here has proven who they are.
    """
    record = lookup.record(dod_id=draft.dod_id)
    if record is None:
        return silent(actor(request))
    if record.hindrance is None:
        return record.person
    audit.record("registration.not-matched", by=actor(request))
    next_steps.pass_on(Ineligible(record.hindrance, draft.dod_id))
    return Refused(f"{NO_MATCH} The service center can help you further.")


def question_form(data: Data, draft: Draft) -> forms.Form:
    asked = quiz.question(draft.quiz) if draft.quiz else None
    action = data.get("action") if data else None
    if asked is None or action:
        return StartForm(data)
    return QuestionForm(data, asked)


def question_context(request: HttpRequest, draft: Draft) -> dict:
    """What the page shows: the question now due, how the last attempt ended, or the invitation to begin."""
    known = {"strength": draft.strength, "ways": way.off_the_questions()}
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
    """Before questions begin: what DEERS and the sources know of the person, asked while nobody waits for a lock."""
    under_way = draft.quiz and quiz.question(draft.quiz)
    if request.POST.get("action") != "start" or under_way:
        return True
    return asking.known_of(draft.dod_id) or silent(actor(request))


def silent(by: object) -> Refused:
    """What a step says when DEERS does not answer."""
    audit.record("deers.unavailable", by=by)
    return Refused(DEERS_SILENT, aside="accounts/deers_silent.html")


def answer_questions(
    request: HttpRequest, draft: Draft, form: forms.Form, known: asking.Known | bool
) -> Refused | None:
    """Begin, extend, leave or answer, as the button says; after the last answer the quiz is graded."""
    action = request.POST.get("action")
    by = actor(request)
    asked = quiz.question(draft.quiz) if draft.quiz else None
    if action == "leave" and draft.quiz:
        quiz.abandon(draft.quiz.pk, by=by)
        draft.blocked = "left"
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
        send_code(draft, by, first=True)
    return None


OLD_PAGE = (
    "That answer was to a question of an earlier attempt, so it was not taken. Here is the question to answer now."
)


def start_quiz(draft: Draft, known: asking.Known, by: object) -> Refused | None:
    outcome = quiz.start(draft.dod_id, draft.strength, shown=shown(draft), known=known, by=by)
    match outcome:
        case quiz.Started():
            draft.quiz = outcome.quiz
        case quiz.ThinFile():
            draft.blocked = "thin-file"
        case quiz.Unavailable():
            return silent(by)
        case quiz.CoolingDown():
            draft.blocked = "cooling-down"
    return None


def shown(draft: Draft) -> set[str]:
    """What the person has typed or seen in this journey; no question may ask for it."""
    names = ("first_name", "last_name", "date_of_birth", "email", "phone", "postal_code")
    return {value for name in names if (value := getattr(draft, name, ""))}


def send_code(draft: Draft, by: object, *, first: bool = False) -> None:
    """Issue an activation code (the earlier one is void from here on) and hand it over as the person chose."""
    begun_at = draft.created_at if first else None
    level = policy.Level(draft.level)
    issued = codes.issue(draft.dod_id, level, draft.code_delivery, draft.email, by=by, begun_at=begun_at)
    draft.screen_code = issued.text if draft.code_delivery == "screen" else ""
    if draft.code_delivery == "email":
        notices.send("activation-code", to=draft.email, first_name=greeting(draft), code=issued.text)


def greeting(draft: Draft) -> str:
    """How a mail greets the person. Of what was typed only the letters of two words.

    In brackets anything may stand, and any words after a first name may be middle names that DEERS does not have: our
    mail would carry them to whatever address was typed beside them.
    """
    account = getattr(draft, "account", None)
    return account.first_name if account else " ".join(names.letters_of(getattr(draft, "first_name", "")).split()[:2])


def count_code(request: HttpRequest, draft: Draft, form: forms.Form) -> bool | Refused:
    """Before another code is sent: this person may have had enough of them."""
    if request.POST.get("action") != "again":
        return True
    if not draft.quiz_passed_at:
        return Refused("To get a new code, choose a way to prove your identity.")
    wait = limits.hit(policy.CODES_AGAIN, draft.dod_id)
    if wait:
        return Refused(f"You have asked for several codes. Wait {minutes(wait)} before you ask for another.")
    return True


def redeem_code(request: HttpRequest, draft: Draft, form: forms.Form, counted: bool) -> Refused | None:
    """Judge the typed code, or send another when the person asks for one."""
    if request.POST.get("action") == "again":
        send_code(draft, actor(request))
        messages.success(request, NEW_CODE[draft.code_delivery])
        return None
    outcome = codes.redeem(draft.dod_id, policy.Level(draft.level), form.cleaned_data["code"], by=actor(request))
    if isinstance(outcome, codes.Redeemed):
        draft.code_redeemed_at, draft.screen_code = timezone.now(), ""
        return None
    if draft.code_delivery == "have":
        return Refused("That code is not right, or it can no longer be used.", "code")
    match outcome:
        case codes.Wrong():
            tries = "1 try" if outcome.tries_left == 1 else f"{outcome.tries_left} tries"
            return Refused(f"That code is not right. Check it and try again. You have {tries} left.", "code")
    draft.screen_code = ""
    match outcome:
        case codes.Expired():
            return Refused("That code has expired. Ask for a new one below.", "code")
    return Refused("That code can no longer be used. Ask for a new one below.", "code")


NEW_CODE = {"email": "A new code is on its way to your email address.", "screen": "You have a new code."}


def minutes(wait: Any) -> str:
    """A wait in words, rounded up to whole minutes."""
    count = max(1, -(-int(wait.total_seconds()) // 60))
    return "1 minute" if count == 1 else f"{count} minutes"


def code_form(data: Data, draft: Draft) -> forms.Form:
    form = CodeForm(data)
    form.fields["code"].required = not data or data.get("action") != "again"
    return form


QUESTIONS = Step(
    name="questions",
    label=way.LABEL,
    template="accounts/questions.html",
    form=question_form,
    ask=ask_around,
    save=answer_questions,
    ready=lambda draft: bool(draft.dod_id) and not draft.blocked,
    done=lambda draft: bool(draft.quiz_passed_at),
    applies=lambda draft: draft.route == Route.QUESTIONS and draft.code_delivery != "have",
    context=question_context,
)


def has_code(draft: Draft) -> bool:
    """Whether there may be a code to redeem: after the questions, or because the person says so."""
    return bool(draft.dod_id) and bool(draft.quiz_passed_at or draft.code_delivery == "have")


def code_step(save: Save = redeem_code) -> Step:
    """The activation code's step; a journey may have more to do once the code was right."""
    return Step(
        name="code",
        label="Activation code",
        template="accounts/code.html",
        form=code_form,
        ask=count_code,
        save=save,
        ready=lambda draft: has_code(draft) and not draft.blocked,
        done=lambda draft: bool(draft.code_redeemed_at),
    )
