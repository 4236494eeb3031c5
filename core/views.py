"""The home page and the error pages."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """Show what DS Logon is, and the ways in."""
    return render(request, "home.html")


@login_not_required
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show the page for a request that we cannot understand (400)."""
    return render(request, "errors/400.html", status=400)


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show the page for a request that is not allowed (403)."""
    return render(request, "errors/403.html", status=403)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show the page for a form that came from elsewhere, or from a page that was open for too long (403)."""
    return render(request, "errors/csrf.html", status=403)


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show the page for an address that does not exist (404)."""
    return render(request, "errors/404.html", status=404)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Show the page for a failure of ours (500).

    It is rendered without context processors, because they may need the thing that failed.
    """
    return render(None, "errors/500.html", status=500)  # type: ignore[arg-type]
