"""Chats in the admin. Only who answers them, or keeps the texts for answers, sees that they are there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.urls.resolvers import URLPattern

from service_center.chat import views
from service_center.read_only import ReadOnlyAdmin, has_permission
from support.chat.models import Chat

KEPT = ("_changelist", "_add", "_delete")


@admin.register(Chat)
class ChatAdmin(ReadOnlyAdmin):
    """The desk of the agents who chat."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_permission(request, views.PERMISSION)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return views.queue(request)

    def get_urls(self) -> list[URLPattern]:
        """Return the desk's own pages, and of Django's the list, and the two that nobody may use."""
        pages = (
            ("<uuid:pk>/change/", views.conversation, "change"),
            ("<uuid:pk>/poll/", views.poll, "poll"),
            ("<uuid:pk>/typing/", views.typing, "typing"),
            ("texts/", views.texts, "texts"),
            ("queue/poll/", views.queue_poll, "queue"),
        )
        named = [
            path(address, self.admin_site.admin_view(view), name=f"chat_chat_{name}") for address, view, name in pages
        ]
        return named + [url for url in super().get_urls() if str(url.name).endswith(KEPT)]
