"""What all pages of the desk share: nothing is added, changed or deleted by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from safeguards import audit


class ReadOnlyAdmin(admin.ModelAdmin):
    """Nothing is added, changed or deleted by hand."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """A list tells who is in it, so looking through one is on record, like looking at a page."""
        if self.has_view_permission(request):
            audit.record("support.list-viewed", by=request.user, list=str(self.opts.model_name))
        return super().changelist_view(request, extra_context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the page's own filters ask. Django allows every field of the model in a list's address, and so a
        hash of a password could be guessed letter by letter."""
        field, _, how = lookup.partition("__")
        entries = [entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter]
        offered = [getattr(entry, "parameter_name", entry) for entry in entries]
        return field in [*offered, self.date_hierarchy] and how in FILTERS_ASK


def has_permission(request: HttpRequest, permission: str) -> bool:
    """Whether the role of this member of staff says so."""
    return request.user.has_perm(permission)  # type: ignore[union-attr]


def admin_page(row: Model) -> str:
    """The page of an account or a person in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


# How the filters of the lists here, and the one by date, ask about their field.
FILTERS_ASK = ("", "exact", "isnull", "isempty", "year", "month", "day")
