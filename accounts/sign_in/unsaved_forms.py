"""Unsaved forms: what a person had typed when the session ended, restored after the next sign-in.

The page's script sends it before the session ends, while it is still valid. It is encrypted, and only the same account
gets it back, on the same page, once. A view has to opt in, and a view whose form holds a secret never does. Journeys do
not need this, because their drafts outlive sessions.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core import policy
from safeguards import limits
from safeguards.cipher import DecryptionError, blind_index, decrypt, encrypt

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
PAGE = "kept_page"
# A Social Security number is typed again.
NOT_KEPT = (PAGE, "csrfmiddlewaretoken", "ssn")


def keeps_unsaved_form(view: View) -> View:
    """Mark a view whose unsaved form may be kept: it holds no secrets, and its form has the attribute `data-keep`."""
    view.may_be_kept = True  # type: ignore[attr-defined]
    return view


@require_POST
@never_cache
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the contents of the unsaved form on the page that the script names."""
    page = request.POST.get(PAGE, "")
    return HttpResponse(status=204 if keep_typed(request, page) else 400)


def keep_typed(request: HttpRequest, page: str, only: str = "") -> bool:
    """Keep what this request sent for the page at the address `page`, if its view opted in, and return whether it was.

    The caller knows that the request comes from our own page. `only` is the name of the one field to keep.
    """
    try:
        may = hasattr(resolve(page, getattr(request, "urlconf", None)).func, "may_be_kept")
    except Http404:
        may = False
    typed = json.dumps(
        {name: texts for name, texts in request.POST.lists() if name not in NOT_KEPT and only in ("", name)}
    )
    if not may or len(typed) > policy.UNSAVED_FORM_MAX:
        return False
    place = place_of(request, page)
    with limits.reaching_counters():
        cache.set(place, encrypt(typed, context=place).hex(), policy.UNSAVED_FORM_LIFE.total_seconds())
    return True


def take(request: HttpRequest) -> MultiValueDict[str, str]:
    """Return the unsaved form of this page for the signed-in user, once, and tell the user about it.

    A name has as many values as were sent of it, such as those of the boxes that were ticked.
    """
    nothing: MultiValueDict[str, str] = MultiValueDict()
    if request.method != "GET" or not request.user.is_authenticated:
        return nothing
    place, sealed = place_of(request, request.path), None
    with suppress(limits.CountersUnavailable), limits.reaching_counters():  # the page is more than what was kept
        sealed = cache.get(place)
    if sealed is None:
        return nothing
    forget(request)
    try:
        typed = json.loads(decrypt(bytes.fromhex(sealed), context=place))
    except DecryptionError:  # its key is gone
        return nothing
    request.holds_typed = True  # type: ignore[attr-defined]  # so that the page's script keeps it once more
    messages.info(request, "We kept what you typed here before.")
    return MultiValueDict(typed)


def restore(request: HttpRequest, form: forms.BaseForm) -> None:
    """Put what was kept of this page into its form, once. Each field reads its own part, as a date of its three boxes.

    What was not kept stays as the form has it.
    """
    typed = take(request)
    for name, field in form.fields.items() if typed else ():
        if not field.widget.value_omitted_from_data(typed, {}, form.add_prefix(name)):
            form.initial[name] = field.widget.value_from_datadict(typed, {}, form.add_prefix(name))


def forget(request: HttpRequest) -> None:
    """Delete the unsaved form, because it was sent."""
    if request.user.is_authenticated:
        with suppress(limits.CountersUnavailable), limits.reaching_counters():
            cache.delete(place_of(request, request.path))


def place_of(request: HttpRequest, page: str) -> str:
    """Return the cache key of an unsaved form. It reveals neither the account nor the page."""
    return f"kept-typed:{blind_index(f'{request.user.pk}:{page}', purpose='kept-form').hex()}"
