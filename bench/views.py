"""Views that do as little as possible. They show what a request costs when the site does nothing."""

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
    """Return the hash of PASSWORD, as the site's own hasher makes it."""
    return make_password(PASSWORD)


@login_not_required
def empty(request: HttpRequest) -> HttpResponse:
    """Return an empty response, behind all of the site's middleware."""
    return HttpResponse()


@login_not_required
def one_hash(request: HttpRequest) -> HttpResponse:
    """Verify one password, which is the least that a sign-in can cost. Return 403 if it is wrong."""
    return HttpResponse(status=200 if check_password(request.POST["password"], hashed()) else 403)


@login_not_required
def lookup(request: HttpRequest) -> HttpResponse:
    """Look up one person in the registry, another one each time. Return 404 if the person is not found."""
    return HttpResponse(status=200 if isinstance(next(asked())(), Match) else 404)


@cache
def asked() -> Iterator[Callable[[], object]]:
    return cycle(lookups.hits())
