"""The answer to a request that met something of ours that does not answer: 503, and what was typed is not lost."""

import re
import sys

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import Error, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from psycopg.errors import ReadOnlySqlTransaction
from redis.exceptions import RedisError

from core import policy, views

UNREADABLE = (
    *(BadRequest, MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, UnreadablePostError),
)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that nobody handled: 503 if something does not answer now, and 500 for a fault of ours.

    Neither page asks for anything that may have failed.
    """
    if not does_not_answer(sys.exc_info()[1]):
        return views.server_error(request)
    retry = str(int(policy.UNAVAILABLE_RETRY.total_seconds()))
    if "text/html" not in request.headers.get("Accept", "text/html"):
        answer: HttpResponse = JsonResponse(
            {"problem": "Something on our side does not answer right now. Please try again."}, status=503
        )
    else:
        typed, passwords, files = typed_in(request)
        # Without the request, because context processors would look for the session.
        page = {"path": request.path, "posted": request.method == "POST"}
        page |= {"typed": typed, "passwords": passwords, "files": files, "retry": policy.UNAVAILABLE_RETRY}
        answer = render(None, "errors/unavailable.html", page, status=503)  # type: ignore[arg-type]
    answer["Retry-After"], answer["Cache-Control"] = retry, "no-store"
    return answer


def does_not_answer(failure: BaseException | None) -> bool:
    """Return whether the failure is that of a database or of counters that cannot be reached, are full or too slow.

    So is that of a database that may no longer be written to, because another has taken its place. The connection to
    such a one is not used again (safeguards/postgres/base.py), so the next request finds the new one.
    """
    if isinstance(failure, Error) and isinstance(failure.__cause__, ReadOnlySqlTransaction):
        return True
    if isinstance(failure, InternalError):
        # With no code of the server's, its answer was cut off by its end. XX is a failure of its own, as when a file
        # may not grow. All other codes are about what we asked.
        code = getattr(failure.__cause__, "sqlstate", "")
        return code is None or code.startswith("XX")
    return isinstance(failure, OperationalError | InterfaceError | RedisError)


def typed_in(request: HttpRequest) -> tuple[list[tuple[str, str]], list[tuple[str, str]], bool]:
    """Return what a form sent: names with their values, passwords with their labels, and whether there were files.

    Only the sender sees it, and it goes back with the token that it came with. Passwords are typed again.
    """
    try:
        pairs = [(name, value) for name, values in request.POST.lists() for value in values]
        files = bool(request.FILES)
    except UNREADABLE:
        return [], [], False
    passwords = [name for name, _ in pairs if "password" in name]
    labels = [(name, re.sub(r"[-_0-9]+", " ", name).strip().capitalize()) for name in passwords]
    return [pair for pair in pairs if pair[0] not in passwords], labels, files
