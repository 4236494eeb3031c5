"""What the pages of copies show and do. Every query starts from the account whose copies they are."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.models import Account
from core import policy
from core.words import try_again_in
from portal.export import archive, making
from portal.export.contents import TITLES
from portal.export.forms import ExportForm
from portal.export.models import Export, Piece
from portal.export.states import State, TransitionRefused, change_state
from safeguards import audit, limits

Context = dict[str, Any]
TITLE = "Take it with you"
NEWEST = 10


def ask(account: Account, query: QueryDict) -> Context:
    """Return the form that asks for a copy, and the copies of the last time."""
    return asking(account, ExportForm())


def asking(account: Account, form: ExportForm) -> Context:
    mine = Export.objects.filter(account=account).order_by("-asked_at")[:NEWEST]
    return {"form": form, "copies": list(mine), "all_sections": len(TITLES), "item_title": TITLE}


def begin(account: Account, request: HttpRequest) -> Context | HttpResponse:
    """Have the worker make the copy that the form asks for, and lead to its page."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return asking(account, form)
    working = Export.objects.filter(account=account, state__in=(State.WAITING, State.MAKING)).first()
    if working:
        return redirect("record-copy", working.pk)
    try:
        wait = limits.hit(policy.EXPORTS_PER_ACCOUNT, str(account.pk), account_id=account.pk)
    except limits.CountersUnavailable as failure:
        form.add_error(None, str(failure))
        return asking(account, form)
    if wait:
        form.add_error(None, f"You asked for many copies today. {try_again_in(wait)}")
        return asking(account, form)
    try:
        return redirect("record-copy", create_export(account, form).pk)
    except IntegrityError:  # another form of the same person was first
        limits.take_back(policy.EXPORTS_PER_ACCOUNT, str(account.pk))
        return redirect("record-copies")


def create_export(account: Account, form: ExportForm) -> Export:
    """Write down what is asked for, with its job. Raise IntegrityError if one of this account is not done yet."""
    now = timezone.now()
    with transaction.atomic():
        export = Export.objects.create(
            account=account,
            patient=account.dod_id or "",
            sections=form.cleaned_data["sections"],
            since=form.cleaned_data["since"],
            until=form.cleaned_data["until"],
            asked_at=now,
            changed_at=now,
        )
        audit.record("export.asked", by=account, sections=len(export.sections))
        making.make_copy.defer(export_id=str(export.pk))
    return export


def find(account: Account, item: UUID) -> Export:
    """Return the account's copy. Raise Http404 for anyone else's."""
    export = Export.objects.filter(account=account, pk=item).first()
    if export is None:
        raise Http404
    return export


def copy(account: Account, query: QueryDict, item: UUID) -> Context:
    """Return one copy: how far it is, what is in it, or why it is not there."""
    export = find(account, item)
    titles = [TITLES[slug] for slug in export.sections if slug in TITLES]
    return {
        "copy": export,
        "titles": titles,
        "is_whole": len(titles) == len(TITLES),
        "shown": export.counts.get("record.html", 0),
        "item_title": "Your copy",
    }


def stop(account: Account, request: HttpRequest, item: UUID) -> HttpResponse:
    """Stop a copy that is being made, or delete one that is ready. One that has ended stays as it is."""
    export = find(account, item)
    try:
        with transaction.atomic():
            change_state(export, State.STOPPED, by=account)
            Piece.objects.filter(export=export).delete()
    except TransitionRefused:
        pass
    return redirect("record-copy", export.pk)


def download(account: Account, query: QueryDict, item: UUID) -> HttpResponse | StreamingHttpResponse:
    """Return the ZIP, and leave an event. A copy that is not ready leads to its page, which says why."""
    export = find(account, item)
    now = timezone.now()
    with transaction.atomic():
        ready = Export.objects.filter(pk=export.pk, state=State.READY, expires_at__gt=now)
        if not ready.update(fetched=F("fetched") + 1):
            return redirect("record-copy", export.pk)
        audit.record("export.fetched", by=account)
    answer = StreamingHttpResponse(archive.read_pieces(export), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="health-record-{timezone.localdate():%Y-%m-%d}.zip"'
    answer["Content-Length"] = str(export.size)
    return answer
