"""The calls desk in the admin. Only who may take calls sees that it is there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.urls.resolvers import URLPattern

from accounts.sign_in import unsaved_forms
from service_center.calls import views
from service_center.calls.models import Call
from service_center.read_only import ReadOnlyAdmin, has_permission

KEPT = ("_changelist", "_add", "_delete")


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    """The list of calls is the desk itself. No call is opened by itself: it shows on the page of its person."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_permission(request, views.PERMISSION)

    @unsaved_forms.keeps_unsaved_form
    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return views.desk(request)

    def get_urls(self) -> list[URLPattern]:
        """Return of Django's pages the list, and the two that nobody may use."""
        return [url for url in super().get_urls() if str(url.name).endswith(KEPT)]

    def get_site_urls(self) -> list[URLPattern]:
        """Return the pages beside the list, which are not about one call."""
        view = self.admin_site.admin_view
        return [
            path("calls/pin/", view(views.pin), name="calls_pin"),
            path("calls/compare/", view(views.compare), name="calls_compare"),
            path("calls/call-backs/<uuid:pk>/", view(views.call_back), name="calls_call_back"),
        ]
