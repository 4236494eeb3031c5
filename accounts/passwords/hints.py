"""Hints about a new password before it is sent, from the same judge and in the same sentences as after.

Each view that calls this lets in only a person who may set a password. Nothing is kept, and the password is in no URL
and no log.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.passwords import validation
from accounts.passwords.forms import new_password_field
from core import policy
from safeguards import limits

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
TYPED = new_password_field()


def password_hint_view(view: View[P]) -> View[P]:
    """Let a view accept only POST, forbid caching of its response, and keep the password out of error reports."""

    @wraps(view)
    @require_POST
    @never_cache
    @sensitive_post_parameters("password")
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, *args, **kwargs)

    return guarded


def judge_typed_password(request: HttpRequest, whose: object, key: str, account_id: int | None = None) -> HttpResponse:
    """Return the problems of the typed password as JSON, or a 429 without any after too many questions.

    A good password has no problems.
    """
    wait = limits.hit(policy.PASSWORD_JUDGEMENTS, key, account_id=account_id)
    if wait:
        return JsonResponse({}, status=429, headers={"Retry-After": str(int(wait.total_seconds()))})
    typed = request.POST.get("password", "")
    try:
        TYPED.clean(typed)
    except ValidationError as refused:
        return JsonResponse({"problems": refused.messages})
    return JsonResponse({"problems": validation.problems(typed, whose)})
