"""What is left of a request when the site does nothing: the measure for everything that it does."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse

from bench import lookups
from deers.registry import Match

PASSWORD = "correct horse battery staple"  # noqa: S105


@cache
def hashed() -> str:
    """The hash of PASSWORD, as the site's own hasher makes it."""
    return make_password(PASSWORD)


@login_not_required
def empty(request: HttpRequest) -> HttpResponse:
    """Nothing, behind all of the site's middleware."""
    return HttpResponse()


@login_not_required
def one_hash(request: HttpRequest) -> HttpResponse:
    """One password verified: the least that a sign-in can cost. 403 if it is wrong."""
    return HttpResponse(status=200 if check_password(request.POST["password"], hashed()) else 403)


@login_not_required
def lookup(request: HttpRequest) -> HttpResponse:
    """One person looked up in the registry, each time another one. 404 if not found."""
    return HttpResponse(status=200 if isinstance(next(asked())(), Match) else 404)


@cache
def asked() -> Iterator[Callable[[], object]]:
    return cycle(lookups.hits())
