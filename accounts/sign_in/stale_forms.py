"""Forms that were open in another tab while the person signed in: their CSRF token is the one from before.

Nothing is done with such a form: it may have been opened for somebody else's session. Its page is shown again, with a
sentence and, where that page allows it, with what was typed. Only a form that the browser says is ours gets that. A
form of another site gets the page of refusal, as ever.
"""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.sign_in import unsaved_forms
from core import views

SENT_TOO_LATE = "You signed in after this page was opened, so we did not accept what you sent. Please send it again."


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show the form's page again to a person who is signed in, and the page of refusal (403) to everybody else."""
    if not request.user.is_authenticated or not is_our_page(request):
        return views.csrf_failure(request, reason)
    if request.path.startswith(reverse("sign-in")):
        return redirect("sign-in")  # which leads on
    page = page_of_form(request)
    unsaved_forms.keep_typed(request, page.partition("?")[0])
    messages.warning(request, SENT_TOO_LATE)
    return redirect(page)


def is_our_page(request: HttpRequest) -> bool:
    """Return whether a browser says that a person sent this from a page of ours.

    No page or script of another site can say so.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    site, mode = request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode == "navigate" and (site == "same-origin" if site else request.headers.get("Origin") == origin)


def page_of_form(request: HttpRequest) -> str:
    """Return the address of the page with the form, which is often but not always the one that it was sent to."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    ours = came_from.netloc == request.get_host() and came_from.path.startswith("/")
    page = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    return page if ours and not page.startswith("//") else request.path
