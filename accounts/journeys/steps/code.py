"""The step of the activation code.

The page says where the code went. In a registration the address can be corrected there and another way of delivery
chosen. In an upgrade it cannot: the code of an upgrade only goes to an address that was known before.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.journeys.steps import route
from accounts.journeys.wizard import Refused, Step, actor
from accounts.mail import notices
from accounts.mail.words import greet
from accounts.models import Draft, RegistrationDraft, UpgradeDraft
from core import policy
from core.fields import CodeField, email_field
from core.masks import mask_email
from core.words import try_again_in
from deers import lookup
from idproofing import codes
from safeguards import audit, client, limits

Data = Mapping[str, Any] | None
CodeDelivery = Draft.CodeDelivery
Save = Callable[[HttpRequest, Any, Any, Any], Refused | None]


class CodeForm(forms.Form):
    """The activation code. idproofing.codes ignores spaces, dashes and case, and reads look-alikes as the right one."""

    code = CodeField(
        label="Activation code",
        lengths=[policy.CODE_LENGTH],
        has=f"An activation code has {policy.CODE_LENGTH} letters and digits.",
        max_length=40,
        help_text=f"{policy.CODE_LENGTH} letters and digits. Capital letters, dashes and spaces do not matter.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "code-input",
            }
        ),
        error_messages={"required": "Enter the activation code.", "max_length": "No code is that long."},
    )


class CodeOfRegistrationForm(CodeForm):
    """The activation code, or how and where another one is delivered. A button that sends neither changes neither."""

    code_delivery = forms.ChoiceField(
        label="How would you like to get the new code?",
        choices=route.DELIVERIES,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": route.NOT_ON_THIS_PAGE},
    )
    email = email_field(required=False)

    def __init__(self, data: Data, draft: Draft) -> None:
        super().__init__(data, initial={"code_delivery": draft.code_delivery})


def asks_again(data: Data) -> bool:
    """Return whether a new code is requested, and none is entered."""
    return bool(data) and (data or {}).get("action") == "again"


def delivery_of(draft: Draft) -> str:
    """Return how codes of this draft are delivered. "" is not chosen yet.

    The code of an upgrade shows that mail still reaches the account's holder. On the screen it would show nothing.
    """
    return CodeDelivery.EMAIL if isinstance(draft, UpgradeDraft) else draft.code_delivery


def send_code(draft: Draft, by: object, *, first: bool = False) -> None:
    """Issue an activation code, which voids the earlier one, and deliver it as the person chose."""
    begun_at = draft.created_at if first else None
    level, delivery = policy.Level(draft.level), delivery_of(draft)
    issued = codes.issue(draft.dod_id, level, delivery, draft.email, by=by, begun_at=begun_at)
    draft.screen_code = issued.text if delivery == CodeDelivery.SCREEN else ""
    if delivery == CodeDelivery.EMAIL:
        notices.send("activation-code", to=draft.email, first_name=greet(draft), code=issued.text)


def tries_of(request: HttpRequest, draft: Draft) -> list[tuple[policy.Limit, str]]:
    """Return the limits of tries at a code, each with its key: who tries has to wait, and nobody else."""
    here = f"{limits.household(client.address(request))} {draft.dod_id}"
    return [(policy.CODE_TRIES, str(draft.pk)), (policy.CODE_TRIES, here), (policy.CODE_TRIES_LONG, here)]


def forget_tries(request: HttpRequest, draft: Draft) -> None:
    """Forget the wrong codes of this draft, and of its person from here.

    Call it for who has just passed the questions, asked for another code after them, or typed the right one. None of
    them guesses, and slips at one code must not count at the next, in this journey or in the upgrade after it.
    """
    for limit, key in tries_of(request, draft):
        limits.clear(limit, key)


def count_code(request: HttpRequest, draft: Draft, form: forms.Form) -> int | Refused:
    """Count a try at the code, or a request for another one, and return how many tries are left.

    Refuse it if there were too many.
    """
    if request.POST.get("action") != "again":
        tries = tries_of(request, draft)
        wait = next(filter(None, (limits.hit(*one) for one in tries)), None)
        if wait:
            return Refused(f"There were too many wrong codes. {try_again_in(wait)}", "code")
        return min(limits.left(*one) for one in tries)
    if not draft.quiz_passed_at:
        return Refused("To get a new code, choose a way to prove your identity.")
    wait = limits.hit(policy.CODES_AGAIN, draft.dod_id)
    if wait:
        return Refused(f"You have asked for several codes. {try_again_in(wait)}")
    return 0


def redeem_code(request: HttpRequest, draft: Draft, form: forms.Form, left: int) -> Refused | None:
    """Judge the typed code, or send another one if the person asks for it. `left` tries are left after this one."""
    if asks_again(request.POST):
        return send_another(request, draft, form)
    outcome = codes.redeem(draft.dod_id, policy.Level(draft.level), form.cleaned_data["code"], by=actor(request))
    if isinstance(outcome, codes.Redeemed):
        draft.code_redeemed_at, draft.screen_code = timezone.now(), ""
        forget_tries(request, draft)
        return None
    if isinstance(outcome, codes.Void) and outcome.just_now:
        tell_of_void(draft.dod_id)
    if draft.has_code:
        return Refused("That code is not right, or it can no longer be used.", "code")
    match outcome:
        case codes.Wrong() if left:
            tries = "1 try" if left == 1 else f"{left} tries"
            return Refused(f"That code is not right. Check it and try again. You have {tries} left.", "code")
        case codes.Wrong():
            wait = limits.longest_wait(tries_of(request, draft)) or policy.CODE_TRIES.period
            return Refused(f"That code is not right. {try_again_in(wait)} Your code stays valid.", "code")
    draft.screen_code = ""
    match outcome:
        case codes.Expired():
            return Refused("That code has expired. Ask for a new one below.", "code")
    return Refused("That code can no longer be used. Ask for a new one below.", "code")


def tell_of_void(dod_id: str) -> None:
    """Tell the person, at the address that DEERS has, that wrong codes have made theirs void: it may be a stranger."""
    person = lookup.person(dod_id)
    if person:
        notices.send("code-void", to=person.email, first_name=person.first_name)


def send_another(request: HttpRequest, draft: Draft, form: forms.Form) -> Refused | None:
    """Send another code, in a registration to a corrected address or in the other way, if the person says so."""
    by = actor(request)
    if isinstance(draft, RegistrationDraft):
        corrected = form.cleaned_data["email"]
        if corrected and corrected != draft.email:
            draft.email = corrected
            audit.record("registration.email-corrected", by=by, dod_id=draft.dod_id)
        draft.code_delivery = form.cleaned_data["code_delivery"] or draft.code_delivery
    send_code(draft, by)
    forget_tries(request, draft)
    by_email = delivery_of(draft) == CodeDelivery.EMAIL
    messages.success(
        request, f"A new code is on its way to {mask_email(draft.email)}." if by_email else "You have a new code."
    )
    return None


def code_form(data: Data, draft: Draft) -> forms.Form:
    form = CodeOfRegistrationForm(data, draft) if isinstance(draft, RegistrationDraft) else CodeForm(data)
    form.fields["code"].required = not asks_again(data)
    return form


def code_context(request: HttpRequest, draft: Draft) -> dict:
    """Return where the code went, masked, and whether that can be changed on this page."""
    came = bool(draft.quiz_passed_at)
    by_email = came and delivery_of(draft) == CodeDelivery.EMAIL
    return {
        "sent_to": mask_email(draft.email) if by_email else "",
        "can_change": came and isinstance(draft, RegistrationDraft),
        "same_address": f"Leave this empty if {mask_email(draft.email)} is right.",
    }


def may_redeem(draft: Draft) -> bool:
    """Return whether there may be a code to redeem: after the questions, or because the person says so."""
    return bool(draft.dod_id) and bool((draft.quiz_passed_at and delivery_of(draft)) or draft.has_code)


def code_step(save: Save = redeem_code) -> Step:
    """Return the step of the activation code. A journey may have more to do after the right code."""
    return Step(
        name="code",
        label="Activation code",
        template="accounts/code.html",
        form=code_form,
        ask=count_code,
        save=save,
        ready=lambda draft: may_redeem(draft) and not draft.blocked,
        done=lambda draft: bool(draft.code_redeemed_at),
        context=code_context,
    )
