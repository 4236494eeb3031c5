"""What somebody had typed when the session ended, kept for a while and there again after signing in.

The page's script sends it before the end, while the session is still good; it is sealed, and only the same account
gets it back, on the same page, once. Only for views that say so: nothing is kept of a form that holds a secret.
Journeys need none of this: their drafts outlive sessions by themselves.
"""

import json
from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core import policy
from safeguards.cipher import DecryptionError, blind_index, decrypt, encrypt

View = TypeVar("View", bound=Callable[..., HttpResponse])
PAGE = "kept_page"


def keeps_unsaved_form(view: View) -> View:
    """For a view whose form may be kept: text that is no secret, sent by a form with `data-keep`."""
    view.form_is_kept = True  # type: ignore[attr-defined]
    return view


@require_POST
@never_cache
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what stands in the form of the page that the script names."""
    page = request.POST.get(PAGE, "")
    try:
        may = hasattr(resolve(page).func, "form_is_kept")
    except Http404:
        may = False
    typed = json.dumps({name: text for name, text in request.POST.items() if name not in (PAGE, "csrfmiddlewaretoken")})
    if not may or len(typed) > policy.KEPT_FORM_MAX:
        return HttpResponse(status=400)
    place = place_of(request, page)
    cache.set(place, encrypt(typed, context=place).hex(), policy.KEPT_FORM_LIFE.total_seconds())
    return HttpResponse(status=204)


def take(request: HttpRequest) -> dict[str, str]:
    """What was kept of this page's form for whoever is signed in, for the only time; the page says so."""
    if request.method != "GET" or not request.user.is_authenticated:
        return {}
    place = place_of(request, request.path)
    sealed = cache.get(place)
    if sealed is None:
        return {}
    forget(request)
    try:
        typed = json.loads(decrypt(bytes.fromhex(sealed), context=place))
    except DecryptionError:  # its key is gone
        return {}
    messages.info(request, "What you had typed here before is kept.")
    return typed


def forget(request: HttpRequest) -> None:
    """The form was sent."""
    if request.user.is_authenticated:
        cache.delete(place_of(request, request.path))


def place_of(request: HttpRequest, page: str) -> str:
    """Where it is kept: names neither the account nor the page."""
    return f"kept-form:{blind_index(f'{request.user.pk}:{page}', purpose='kept-form').hex()}"
