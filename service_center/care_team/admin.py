"""The conversations in the admin: a care team's own, and nobody else's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.urls.resolvers import URLPattern

from portal.messages.models import Thread
from service_center.care_team import desk, first_message, office, views
from service_center.read_only import ReadOnlyAdmin, has_permission

KEPT = ("_changelist", "_add", "_delete")


@admin.register(Thread)
class ThreadAdmin(ReadOnlyAdmin):
    """The desk of the care teams. Only who has the role sees that it is there, and only members see a conversation."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_permission(request, views.PERMISSION)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        return desk.threads_of(views.member(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return views.inbox(request)

    def get_urls(self) -> list[URLPattern]:
        """Return the desk's own pages, and of Django's the list, and the two that nobody may use."""
        pages = (
            ("<uuid:pk>/change/", views.conversation, "change"),
            ("<uuid:pk>/file/<uuid:item>/", views.file, "file"),
            ("patients/", first_message.patients, "patients"),
            ("write/<int:link>/", first_message.write, "write"),
            ("out-of-office/", office.out_of_office, "out-of-office"),
            ("templates/", office.templates, "templates"),
        )
        named = [
            path(address, self.admin_site.admin_view(view), name=f"secure_messages_thread_{name}")
            for address, view, name in pages
        ]
        return named + [url for url in super().get_urls() if str(url.name).endswith(KEPT)]
