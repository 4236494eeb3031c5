"""The demo's pages: whom one can be here, and what mail they got. Scripts get both as JSON."""

from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from demo import letters, people_page
from demo.models import SentMail
from idproofing.letter_states import IN_THE_HOUSE
from idproofing.models import Letter
from service_center.letters import letters_pdf

NEWEST = 200


@login_not_required
def demo(request: HttpRequest) -> HttpResponse:
    """Show the ready-made accounts and the people to register as. `q` keeps people whose cards have all its words."""
    query = request.GET.get("q", "")[:100].replace("\0", "").strip()
    groups = people_page.groups(query)
    shown = sum(len(cards) for _, cards in groups)
    found = {"query": query, "groups": groups, "shown": shown, "ready": people_page.ready()}
    return render(request, "demo/people.html", found)


@login_not_required
def people_json(request: HttpRequest) -> JsonResponse:
    """Return everyone on the page, in the form that the design fixes.

    Staff come last and have only an account.
    """
    return JsonResponse(people_page.everyone(), safe=False)


def all_mail() -> list[Any]:
    """Return the mail that the site sent and the letters that wait to be printed, newest first."""
    found: list[Any] = [*SentMail.objects.all()[:NEWEST], *letters.waiting(NEWEST)]
    return sorted(found, key=lambda one: one.sent_at, reverse=True)[:NEWEST]


@login_not_required
def mail(request: HttpRequest) -> HttpResponse:
    """Show the mail that the site sent and the letters that wait to be printed, newest first."""
    return render(request, "demo/mail.html", {"mails": all_mail(), "newest": NEWEST})


@login_not_required
def letter_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return one letter as it would be printed, until it is mailed."""
    letter = get_object_or_404(Letter, pk=pk, state__in=IN_THE_HOUSE)
    made = letters_pdf([letter], title=f"Letter {letter.reference}", made=letter.made_at)
    return HttpResponse(made, content_type="application/pdf")


@csp_replace({"style-src": ["'unsafe-inline'"], "script-src": ["'none'"], "sandbox": True})  # type: ignore[arg-type]
@login_not_required
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one mail as a mail program does. Its inline styles apply, but nothing in it can run or send anything."""
    return HttpResponse(get_object_or_404(SentMail, pk=pk).html)


@login_not_required
def mail_json(request: HttpRequest) -> JsonResponse:
    """Return the mail to scripts."""
    fields = ("to", "subject", "text", "html", "sent_at")
    return JsonResponse([{field: getattr(one, field) for field in fields} for one in all_mail()], safe=False)
