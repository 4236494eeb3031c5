"""The status page of a review, for anybody who has its reference and continuation code. No account is needed."""

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.journeys import drafts
from accounts.journeys.reviews import messages, resume
from core import center, policy
from core.fields import CodeField
from core.words import try_again_in
from idproofing import cases
from idproofing.case_states import State
from idproofing.models import Case
from safeguards import client

COOKIE = "__Host-case" if settings.SESSION_COOKIE_SECURE else "case"
SALT = "case"
NOT_FOUND = (
    "We could not find a request with this reference and continuation code. Check both. Each has "
    f"{policy.CODE_LENGTH} letters and digits."
)


def code_field(label: str, missing: str) -> forms.CharField:
    """Return a field for a reference or a code.

    idproofing.cases ignores spaces, dashes and case, and reads look-alikes as the right character.
    """
    return CodeField(
        lengths=[policy.CODE_LENGTH],
        has=f"{label}: it has {policy.CODE_LENGTH} letters and digits.",
        label=label,
        max_length=40,
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "code-input"}
        ),
        error_messages={"required": missing, "max_length": f"{label}: that is too long."},
    )


class StatusForm(forms.Form):
    """The form that opens the status page."""

    reference = code_field("Reference", "Enter the reference of your request.")
    continuation_code = code_field("Continuation code", "Enter the continuation code of your request.")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask for reference and code. An unknown reference and a wrong code get the same answer."""
    form = StatusForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "support/cases.html", {"form": form})
    typed = form.cleaned_data
    found = cases.find(typed["reference"], typed["continuation_code"], address=client.address(request))
    if isinstance(found, Case):
        response = redirect("case-status")
        remember(response, found)
        return response
    if isinstance(found, cases.Wait):
        form.add_error(None, f"There were too many tries. {try_again_in(found.time)}")
        return render(request, "support/cases.html", {"form": form}, status=429)
    form.add_error("reference", NOT_FOUND)
    return render(request, "support/cases.html", {"form": form})


def remember(response: HttpResponse, case: Case) -> None:
    """Note in this browser, for policy.CASE_PAGE_OPEN, that it has shown the code."""
    response.set_signed_cookie(
        COOKIE,
        case.reference,
        salt=SALT,
        max_age=int(policy.CASE_PAGE_OPEN.total_seconds()),
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def opened_here(request: HttpRequest) -> Case | None:
    """Return the case whose code this browser has shown recently, or None."""
    max_age = int(policy.CASE_PAGE_OPEN.total_seconds())
    reference = request.get_signed_cookie(COOKIE, default=None, salt=SALT, max_age=max_age)
    return Case.objects.filter(reference=reference).first() if reference else None


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Show where the request stands. A POST resumes the journey after an approval, or closes the page."""
    case = opened_here(request)
    if case is None or request.POST.get("action") == "close":
        response = redirect("cases")
        response.delete_cookie(COOKIE, path="/", samesite="Lax")
        return response
    if request.method != "POST":
        return shown(request, case)
    outcome = resume.resume_journey(request, case)
    if isinstance(outcome, resume.Resumed):
        response = redirect(outcome.address)
        drafts.remember(response, outcome.token)
        return response
    if isinstance(outcome, resume.SignIn) and not request.user.is_authenticated:
        return redirect_to_login(reverse("case-status"))
    case.refresh_from_db()
    return shown(request, case, problem=PROBLEMS[type(outcome)])


PROBLEMS = {
    resume.SignIn: "Sign in with the account that asked for this review. The upgrade can only continue there.",
    resume.SignOut: "You are signed in to an account. Sign out first, then continue from this page.",
    resume.NotNow: "You cannot continue from here right now. If your request is still approved, try again in a few "
    "minutes.",
}


def shown(request: HttpRequest, case: Case, *, problem: str = "") -> HttpResponse:
    """Return the page. Nothing on it is personal."""
    context = {
        "case": case,
        "reference": case.shown_reference,
        "timeline": messages.timeline(case),
        "now": messages.WORDS[case.state],
        "waits": case.state in (State.OPEN, State.REPEATED, State.TAKEN, State.PROPOSED),
        "approved": case.state == State.APPROVED,
        "problem": problem,
        "center": center,
    }
    return render(request, "support/case_status.html", context)
