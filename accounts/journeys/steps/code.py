"""The step of the activation code."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys.wizard import Refused, Step, actor
from accounts.mail import notices
from accounts.mail.words import greet
from accounts.models import Draft
from core import policy
from core.words import minutes
from idproofing import codes
from safeguards import limits

Data = Mapping[str, Any] | None
Save = Callable[[HttpRequest, Any, Any, Any], Refused | None]


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


def send_code(draft: Draft, by: object, *, first: bool = False) -> None:
    """Issue an activation code (the earlier one is void from here on) and hand it over as the person chose."""
    begun_at = draft.created_at if first else None
    level = policy.Level(draft.level)
    issued = codes.issue(draft.dod_id, level, draft.code_delivery, draft.email, by=by, begun_at=begun_at)
    draft.screen_code = issued.text if draft.code_delivery == "screen" else ""
    if draft.code_delivery == "email":
        notices.send("activation-code", to=draft.email, first_name=greet(draft), code=issued.text)


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


def code_form(data: Data, draft: Draft) -> forms.Form:
    form = CodeForm(data)
    form.fields["code"].required = not data or data.get("action") != "again"
    return form


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
