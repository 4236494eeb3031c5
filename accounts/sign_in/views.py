"""The pages for signing in and out, and the session's clock."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Account, Factor
from accounts.passwords import hashing
from accounts.second_factors import authenticator_apps, enrollment, factors, locks
from accounts.second_factors.forms import FactorForm, FirstFactorForm
from accounts.sessions.store import Ended
from accounts.sign_in import consent, judge, session, trusted_devices
from accounts.sign_in.forms import PasswordForm
from accounts.sign_in.repeated_forms import may_begin_session
from core.words import try_again_in
from safeguards import client
from safeguards.limits import CountersUnavailable

ENROL_KEY = "enrol_key"
WRONG = (
    "The username or the password is not right. Check both and try again. After many wrong tries in a row, only a new "
    "password opens an account: choose one with the link below."
)
OR_RECOVER = "Or choose a new password with the link below, which ends the wait."


def safe_next(request: HttpRequest, wanted: str | None) -> str:
    """Return `wanted` if it is a page of this site, otherwise "", so that there is no open redirect."""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if wanted and ours and wanted.startswith("/") and wanted.isprintable() else ""


def home_of(account: Account) -> str:
    """Return the address of the account's start page."""
    return "/admin/" if account.is_staff else "/portal/"


@may_begin_session()
@login_not_required
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for username and password, then for the second factor if one is needed.

    A half-finished sign-in resumes at its second factor. A person who is signed in goes on.
    """
    next_page = safe_next(request, request.POST.get("next") or request.GET.get("next"))
    if request.method == "GET" and is_in(request):
        return redirect(next_page or home_of(request.user))  # type: ignore[arg-type]
    if not consent.given(request):
        return consent.ask(request, next_page)
    if request.method == "GET" and "other" not in request.GET and session.half(request):
        return redirect("second-factor")
    if request.method != "POST":
        context = {"form": PasswordForm(), "next": next_page, "ended": why_ended(request)}
        context["staff_only"] = "staff_only" in request.GET
        return render(request, "accounts/sign_in.html", context)
    form, status = PasswordForm(request.POST), 200
    if form.is_valid():
        try:
            with transaction.atomic():
                response = judged(request, form, next_page)
            if response:
                return response
        except hashing.TooBusy:
            form.add_error(None, hashing.BUSY)
            status = 503
        except CountersUnavailable as failure:
            form.add_error(None, str(failure))
            status = 503
    return render(request, "accounts/sign_in.html", {"form": form, "next": next_page}, status=status)


def is_in(request: HttpRequest) -> bool:
    """Return whether the person is signed in well enough for the pages of this zone. Staff need their second factor."""
    user: Any = request.user
    return user.is_authenticated and (not user.is_staff or user.is_verified())


def why_ended(request: HttpRequest) -> str:
    """Return the slug of why the last session ended, or "". The page has a fixed sentence for each.

    The page's script says only that the time is over. The session that it had says more.
    """
    if "timed_out" in request.GET:
        found = request.session.ended  # type: ignore[attr-defined]
        return found if found in (Ended.IDLE, Ended.OLD) else "timed-out"
    told = request.GET.get("ended")
    return told if told in list(Ended) else ""


def judged(request: HttpRequest, form: PasswordForm, next_page: str) -> HttpResponse | None:
    """Return the response for a judged password, or None after adding the reason to the form."""
    typed = form.cleaned_data
    staff: bool = request.session.for_staff  # type: ignore[attr-defined]
    address, device = client.address(request), trusted_devices.token_of(request)
    outcome = judge.judge_password(typed["username"], typed["password"], address, device=device, staff=staff)
    match outcome:
        case judge.RightPassword(account):
            if judge.needs_factor(account):
                session.begin_half(request, account, next_page)
                return redirect("second-factor")
            return finish_sign_in(request, account, None, next_page)
        case judge.StaffOnly():
            return redirect(f"{reverse('sign-in', settings.STAFF_URLCONF)}?staff_only=1")
        case judge.Wait(wait):
            form.add_error(None, f"There were too many tries. {try_again_in(wait)} {OR_RECOVER}")
        case judge.NotActive(state):
            return render(request, "accounts/not_active.html", {"state": state}, status=403)
        case _:
            form.add_error("password", WRONG)  # the box that is empty now, so the link at the top leads there
    return None


def finish_sign_in(request: HttpRequest, account: Account, factor: Factor | None, next_page: str) -> HttpResponse:
    """Begin the session, record the sign-in, and redirect to the page where the person was going."""
    session.begin(request, account, factor)
    judge.count_success(account, factor)
    return redirect(next_page or home_of(account))


@may_begin_session()
@login_not_required
@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor. New staff, who have none yet, enroll one here."""
    half = session.half(request)
    if half is None:
        return redirect("sign-in")
    if not half.kinds:
        return enroll_at_sign_in(request, half)
    only_passkey = judge.takes_passkeys_only(half.account)
    form = FactorForm(request.POST or None, only_passkey=only_passkey)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            outcome = judge.judge_given(request, half.account, form.cleaned_data)
            if isinstance(outcome, judge.RightFactor):
                return finish_sign_in(request, half.account, outcome.factor, half.next)
        refuse_factor(form, outcome)
    context = {"form": form, "kinds": half.kinds, "only_passkey": only_passkey}
    return render(request, "accounts/second_factor.html", context)


def refuse_factor(form: forms.Form, outcome: judge.WrongFactor | judge.PasskeyOnly | judge.Wait) -> None:
    """Add to the form why the second factor was not accepted."""
    sentence, field = refusal_for(outcome, with_passkey=bool(form.cleaned_data["passkey"]))
    form.add_error(field, sentence)


def refusal_for(
    outcome: judge.WrongFactor | judge.PasskeyOnly | judge.Wait, *, with_passkey: bool
) -> tuple[str, str | None]:
    """Return the sentence for a second factor that was not accepted, and the form field it belongs to."""
    if isinstance(outcome, judge.Wait):
        sentence = f"There were too many wrong codes. {try_again_in(outcome.wait)}"
    elif isinstance(outcome, judge.PasskeyOnly):
        sentence = "Staff use their passkey here. Codes are not accepted for your account."
    elif with_passkey:
        sentence = "That passkey was not accepted. Try again, or use another method."
    else:
        sentence = (
            "That code is not right, or it was already used. Try the next one. If codes from your app keep failing, "
            "have your phone set its clock automatically."
        )
    return sentence, None if with_passkey else "otp_token"


def enroll_at_sign_in(request: HttpRequest, half: session.Half) -> HttpResponse:
    """Enroll a passkey or an app at the first sign-in of a staff member, before anything else."""
    key = request.session.setdefault(ENROL_KEY, authenticator_apps.new_key())
    form = FirstFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with locks.lock_factors(half.account):
            if factors.has_factor(half.account):
                return redirect("second-factor")
            first = enrollment.judge_first_factor(request, half.account, key, form.cleaned_data)
            if not isinstance(first, enrollment.NotAccepted):
                request.session.pop(ENROL_KEY)
                return finish_sign_in(
                    request, half.account, enrollment.keep(half.account, first, by=half.account), half.next
                )
        form.add_error(first.field, first.message)
    context = {"form": form, "at_sign_in": True, **enrollment.key_context(key, half.account.username)}
    return render(request, "accounts/enrol_at_sign_in.html", context)


@login_not_required
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on POST. A GET asks first, so that a link elsewhere cannot sign anybody out."""
    if request.method == "POST":
        session.end(request)
        response = render(request, "accounts/signed_out.html")
        # Not "cookies": that would delete the cookies of drafts and of the other zone's session.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
    if not request.user.is_authenticated:
        return redirect("sign-in")
    return render(request, "accounts/sign_out.html")


@login_not_required
@require_GET
@never_cache
def session_left(request: HttpRequest) -> HttpResponse:
    """Return the seconds until the session ends, by the server's clock. Asking does not extend it."""
    return JsonResponse({"seconds_left": session.seconds_left(request) if request.user.is_authenticated else 0})


@require_POST
@never_cache
def session_extend(request: HttpRequest) -> HttpResponse:
    """Extend the session's idle limit, never its total limit: the person is still there."""
    session.touch(request, every=0)
    return JsonResponse({"seconds_left": session.seconds_left(request)})
