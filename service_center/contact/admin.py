"""The messages to the service center in the admin: the list of those that wait, and the page of one."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone

from accounts.sign_in import unsaved_forms
from core import policy
from service_center.contact import desk, page, texts
from service_center.read_only import ReadOnlyAdmin, has_permission
from support.models import ContactMessage
from support.reading import read_reference

Messages = QuerySet[ContactMessage]


class Queue(admin.SimpleListFilter):
    """A filter that shows only messages that wait unless another choice is made."""

    title = parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "Overdue"), ("mine", "Taken by me"), ("all", "All, including answered")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Waiting"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Messages) -> Messages:
        if self.value() == "all" or (self.value() is None and request.GET.get(SEARCH_VAR)):
            return queryset  # a search for one message finds it in any state
        waiting = queryset.filter(state__in=ContactMessage.WAITING)
        if self.value() == "late":
            return waiting.filter(waits_since__lte=timezone.now() - policy.CONTACT_ANSWERED_WITHIN)
        return waiting.filter(taken_by=request.user.pk) if self.value() == "mine" else waiting


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnlyAdmin):
    """Messages to the service center. The list shows no personal data, and opening a message is recorded."""

    list_display = ("reference", "topic", "state", "waits", "with_whom", "created_at")
    list_filter = (Queue, "topic")
    list_per_page = 25
    show_full_result_count = False
    search_fields = ("reference",)
    search_help_text = "The reference of a message, such as C-7F3K-9Q2M"

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the oldest of those that wait first, and of all the newest first."""
        return ("-created_at",) if request.GET.get(Queue.parameter_name) == "all" else ("waits_since", "pk")

    def get_queryset(self, request: HttpRequest) -> Messages:
        return super().get_queryset(request).select_related("taken_by", "account")

    def get_search_results(self, request: HttpRequest, queryset: Messages, search_term: str) -> tuple[Messages, bool]:
        typed = search_term.strip()
        return (queryset.filter(reference=read_reference(typed)) if typed else queryset), False

    @admin.display(description="Waits since", ordering="waits_since")
    def waits(self, message: ContactMessage) -> str:
        if message.state not in ContactMessage.WAITING:
            return "ended"
        late = " (overdue)" if page.is_overdue(message, timezone.now()) else ""
        return f"{timezone.localtime(message.waits_since):%b %-d, %-I:%M %p}{late}"

    @admin.display(description="With", empty_value="")
    def with_whom(self, message: ContactMessage) -> str | None:
        return message.taken_by.get_full_name() if message.taken_by else None

    @unsaved_forms.keeps_unsaved_form
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show a message, and do what a button of its page asks."""
        message = self.get_object(request, object_id)
        if message is None or not self.has_view_permission(request, message):
            return super().change_view(request, object_id, form_url, extra_context)
        if conflict := page.find_conflict(message, request.user):  # type: ignore[arg-type]
            return page.page(request, "conflict", title=f"Message {message.reference}", sentence=conflict.sentence)
        if request.method != "POST":
            return page.show(request, message)
        if not has_permission(request, desk.CHANGE):
            raise PermissionDenied
        answer = page.act(request, request.user, message)  # type: ignore[arg-type]
        if answer is None:
            raise PermissionDenied
        return answer

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(texts.page)
        return [path("texts/", view, name="support_contactmessage_texts"), *super().get_urls()]
