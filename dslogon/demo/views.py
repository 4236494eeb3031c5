"""The demo's pages: who one can be here, and what mail they got. As JSON too, so that scripts can walk the journeys."""

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from dslogon.demo import cast
from dslogon.demo.models import SentMail

NEWEST = 200


@login_not_required
def demo(request: HttpRequest) -> HttpResponse:
    """The ready-made accounts, and everyone to register as; `q` keeps those whose card holds all its words."""
    query = request.GET.get("q", "")[:100].replace("\0", "").strip()
    groups = cast.groups(query)
    shown = sum(len(cards) for _, cards in groups)
    found = {"query": query, "groups": groups, "shown": shown, "ready": cast.ready()}
    return render(request, "demo/people.html", found)


@login_not_required
def people_json(request: HttpRequest) -> JsonResponse:
    """Everyone on the page, as the design fixes the form; staff come last and have an account only."""
    return JsonResponse(cast.everyone(), safe=False)


@login_not_required
def mail(request: HttpRequest) -> HttpResponse:
    """The mail that the site has sent, newest first."""
    return render(request, "demo/mail.html", {"mails": SentMail.objects.all()[:NEWEST], "newest": NEWEST})


@csp_replace({"style-src": ["'unsafe-inline'"], "script-src": ["'none'"], "sandbox": True})  # type: ignore[arg-type]
@login_not_required
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as a mail program shows it: its own inline styles count, and nothing in it can run or be sent."""
    return HttpResponse(get_object_or_404(SentMail, pk=pk).html)


@login_not_required
def mail_json(request: HttpRequest) -> JsonResponse:
    """The same mail to scripts."""
    fields = ("to", "subject", "text", "html", "sent_at")
    return JsonResponse(list(SentMail.objects.values(*fields)[:NEWEST]), safe=False)
