"""The pages of the audit viewer, in the place of the admin's list of events."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.models import Account
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from safeguards import audit
from safeguards.models import AuditEvent
from service_center import conflicts
from service_center.audit_viewer import chain, export, searching, wording
from service_center.audit_viewer.forms import FORMAT, CheckForm, ExportForm, SearchForm, in_words, why_not
from service_center.read_only import ReadOnlyAdmin, has_permission, record_row_view

LIST = "admin:safeguards_auditevent_changelist"
CHAIN = "admin:safeguards_auditevent_chain"
NEAR = timedelta(minutes=5)
BUSY = "Another check is under way. Wait until it is done."


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit trail, for the roles that may read it."""

    list_display = ("at", "event")

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"safeguards_auditevent_{name}")
            for name, view in (("export", self.export_view), ("chain", self.chain_view))
        ]
        return pages + super().get_urls()

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Show the newest events that fit. POST leads to a page whose address does not hold what was typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        is_sent = request.method == "POST"
        form = search_form(request, is_sent=is_sent)
        found = form.is_valid()
        if is_sent and found:
            return redirect(address(LIST, form.address()))
        if is_sent:
            audit.record("support.person-searched", by=request.user)
            return self.list_page(request, form, [], None)
        events, older = searching.page_of(form.search, before_of(request), policy.AUDIT_PAGE) if found else ([], None)
        self.record_look(request, form.search)
        return self.list_page(request, form, events, older)

    def record_look(self, request: HttpRequest, search: searching.Search) -> None:
        """Record that the list was looked through, on the trail of the person whom it is about, if it is about one."""
        audit.record("support.list-viewed", by=request.user, list="auditevent")
        if search.account or search.index:
            audit.record(
                "support.account-viewed",
                by=request.user,
                account_id=search.account.pk if search.account else None,
                dod_id=search.index,
            )

    def list_page(
        self, request: HttpRequest, form: SearchForm, events: list[AuditEvent], older: int | None
    ) -> HttpResponse:
        asked = form.address() if form.is_valid() else {}
        return self.page(
            request,
            "list",
            title="Audit trail",
            form=form,
            forms=[form],
            told=wording.tell(events),
            asked=urlencode(asked),
            chips=chips_of(form, asked),
            older=address(LIST, {**asked, "before": str(older)}) if older else "",
            newest=address(LIST, asked) if before_of(request) else "",
            may_export=has_permission(request, "safeguards.export_auditevent"),
            left_out=bool(form.search.without),
        )

    @method_decorator(never_cache)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show one event in words, and record whose it is. Nothing can be sent to this page."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        event = self.get_object(request, object_id) if self.is_key(object_id) else None
        if event is None:
            raise Http404
        if conflict := refuse_close(request, event):
            return self.page(request, "conflict", title="An event of somebody close to you", sentence=conflict.sentence)
        record_row_view(request, event)
        return self.page(
            request,
            "event",
            title=event.staff_sentence.rstrip("."),
            event=event,
            told=wording.tell([event])[0],
            sealed=chain.is_sealed(event.at),
            around=around(event),
        )

    @method_decorator(never_cache)
    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Ask why, then send what a search finds as a file. The download is recorded before its first line."""
        if not has_permission(request, "safeguards.export_auditevent"):
            raise PermissionDenied
        searched = search_form(request)
        if not searched.is_valid():
            return redirect(f"{reverse(LIST)}?{request.GET.urlencode()}")
        if proof := ask_for_second_step(request, policy.FRESH_FOR_EXPORTS):
            return proof
        search = searched.search
        spans = search.since and search.until
        count = export.count_events(search) if spans and not why_not(search, 1) else 0
        form = ExportForm(request.POST if request.method == "POST" else None, search, count)
        if form.is_valid():
            self.record_export(request, search, form.cleaned_data["reason"], count or 0)
            return csv_answer(search)
        asked = searched.address()
        return self.page(
            request,
            "export",
            title="Download events",
            form=form,
            forms=[form],
            refused=why_not(search, count),
            count=count,
            left_out=bool(search.without),
            chips=chips_of(searched, asked),
            back=address(LIST, asked),
        )

    def record_export(self, request: HttpRequest, search: searching.Search, reason: str, count: int) -> None:
        audit.record(
            "support.trail-exported",
            by=request.user,
            account_id=search.account.pk if search.account else None,
            dod_id=search.index,
            reason=reason,
            events=count,
        )

    @method_decorator(never_cache)
    def chain_view(self, request: HttpRequest) -> HttpResponse:
        """Say how far the trail is sealed and what the last check found. POST asks for a check of some days."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        sealed = chain.read_state()
        form = None
        if sealed.first and sealed.last:
            form = CheckForm(request.POST if request.method == "POST" else None, (sealed.first, sealed.last))
            if form.is_valid():
                first, last = max(form.cleaned_data["first"], sealed.first), min(form.cleaned_data["last"], sealed.last)
                if chain.ask_for_check(first, last, request.user) is None:  # type: ignore[arg-type]
                    messages.warning(request, BUSY)
                return redirect(CHAIN)
        return self.page(
            request,
            "chain",
            title="Does the chain hold?",
            sealed=sealed,
            check=chain.latest_check(),
            running=chain.check_under_way(),
            form=form,
            forms=[form] if form else [],
        )

    def page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/safeguards/auditevent/{name}.html", context)


def search_form(request: HttpRequest, *, is_sent: bool = False) -> SearchForm:
    """Return the form of a search: from what was sent, or from the address."""
    return SearchForm(request.POST if is_sent else request.GET, reader=request.user, is_sent=is_sent)  # type: ignore[arg-type]


def refuse_close(request: HttpRequest, event: AuditEvent) -> conflicts.Conflicted | None:
    """Return why this member of staff does not read an event: it is about somebody close to them, or done by one."""
    by: Account = request.user  # type: ignore[assignment]
    people = Account.objects.filter(pk__in=[event.account_id, event.actor_id], dod_id__isnull=False)
    refused = (conflicts.refuse_account(by, account) for account in people)
    if conflict := next(filter(None, refused), None):
        return conflict
    return conflicts.Conflicted(conflicts.Conflict.CLOSE) if searching.close_to(by).has(event) else None


def csv_answer(search: searching.Search) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(export.csv_lines(search), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def address(page: str, query: dict[str, str]) -> str:
    return f"{reverse(page)}?{urlencode(query)}" if query else reverse(page)


def before_of(request: HttpRequest) -> int | None:
    """Return the event that a page ends before, or None for anything that is not the number of one."""
    typed = request.GET.get("before", "")
    return int(typed) if searching.NUMBER.fullmatch(typed) else None


def chips_of(form: SearchForm, asked: dict[str, str]) -> list[dict[str, str]]:
    """Return what is asked in words, each with the address of the same search without it."""
    search = form.search
    words = {
        "person": wording_of_person(search),
        "by": f"Done by {search.actor.username}" if search.actor else "",
        "kind": in_words(asked["kind"]) if "kind" in asked else "",
        "since": f"From {asked.get('since', '').replace('T', ' ')}",
        "until": f"To {asked.get('until', '').replace('T', ' ')}",
    }
    without = {name: {key: value for key, value in asked.items() if key != name} for name in asked}
    return [{"label": words[name], "without": address(LIST, without[name])} for name in asked]


def wording_of_person(search: searching.Search) -> str:
    if search.account:
        return f"About {search.account.username}"
    return "About one person, by number only"


def around(event: AuditEvent) -> str:
    """Return the address of everything that happened a few minutes before and after an event."""
    at = timezone.localtime(event.at)
    times = {"since": at - NEAR, "until": at + NEAR}
    return address(LIST, {name: time.strftime(FORMAT) for name, time in times.items()})
