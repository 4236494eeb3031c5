"""What the site will say of a new password, told before it is sent: the same judge and the same sentences.

Each view that asks here lets in only a person who may set a password. Nothing is kept, and the password stands in no
address and no log.
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
    """Let a view be asked by POST alone, keep its answer nowhere, and keep the password out of error reports."""

    @wraps(view)
    @require_POST
    @never_cache
    @sensitive_post_parameters("password")
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, *args, **kwargs)

    return guarded


def judge_typed_password(request: HttpRequest, whose: object, key: str, account_id: int | None = None) -> HttpResponse:
    """Return the sentences as JSON, none if the password is good; 429 without any after too many questions."""
    wait = limits.hit(policy.PASSWORD_JUDGEMENTS, key, account_id=account_id)
    if wait:
        return JsonResponse({}, status=429, headers={"Retry-After": str(int(wait.total_seconds()))})
    typed = request.POST.get("password", "")
    try:
        TYPED.clean(typed)
    except ValidationError as refused:
        return JsonResponse({"problems": refused.messages})
    return JsonResponse({"problems": validation.problems(typed, whose)})
