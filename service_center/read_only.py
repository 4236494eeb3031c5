"""What all pages of the desk share: nothing is added, changed or deleted by hand."""

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import Account
from safeguards import audit
from service_center.paging import PagedList
from service_center.person.keys import page_of_account
from service_center.reasons import Reasons


class LinesForm(forms.Form):
    """The lines of a list that something is to be done with. Its field has the id of the box that chooses them all."""

    def __init__(self, chosen: list[str], reason: str, why: Reasons) -> None:
        super().__init__({CHOOSE_ALL: chosen, "reason": reason}, auto_id="%s")
        self.fields["reason"] = reason_field(why)
        self.fields[CHOOSE_ALL] = forms.MultipleChoiceField(
            choices=[(one, one) for one in chosen], error_messages={"required": "Choose lines of the list."}
        )


def reason_field(why: Reasons, **attributes: str) -> forms.ChoiceField:
    """Return the field in which staff choose why they press a button. Nothing is chosen for them."""
    wrong = dict.fromkeys(("required", "invalid_choice"), "Choose why.")
    return forms.ChoiceField(
        label="Why", choices=[("", "Choose"), *why], widget=forms.Select(attributes), error_messages=wrong
    )


class ReadOnlyAdmin(admin.ModelAdmin):
    """An admin in which nothing is added, changed or deleted by hand. So Django's history of changes has no button."""

    actions: Any = None
    # Lists are sorted in one way, by an index, and count nothing (paging.py).
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    # Why something is done with lines of the list.
    why: Reasons = ()
    change_form_template = "admin/moves.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Record that the list was viewed, because a list shows who is in it, like a page."""
        if self.has_view_permission(request):
            audit.record("support.list-viewed", by=request.user, list=str(self.opts.model_name))
        if not all(map(self.is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            messages.error(request, "Choose lines of the list.")
            return redirect(request.get_full_path())
        reason = request.POST.get("reason", "")
        chosen = LinesForm(request.POST.getlist(ACTION_CHECKBOX_NAME), reason, self.why)
        if self.actions and request.method == "POST" and not chosen.is_valid():
            return super().changelist_view(as_get(request), {**(extra_context or {}), "forms": [chosen]})
        return super().changelist_view(request, extra_context)

    @property
    def action_form(self) -> type[ActionForm]:  # type: ignore[override]
        """Return the form in which it is chosen what is done with the lines, and why."""
        return type("WhyActionForm", (ActionForm,), {"reason": reason_field(self.why, id="reason")})

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[PagedList]:
        return PagedList

    def get_action_choices(self, request: HttpRequest, default_choices: Any = ()) -> list[tuple[str, str]]:
        """Return what can be done with the lines of a list, without "nothing"."""
        return super().get_action_choices(request, list(default_choices))

    def is_key(self, text: str) -> bool:
        """Return whether a text could be the key of a row. Django asks the database, which refuses what is none."""
        try:
            self.opts.pk.run_validators(self.opts.pk.to_python(text))
        except ValidationError:
            return False
        return True

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row of a page, which a page that only shows it reads once.

        An empty `_to_field` in its address names no field.
        """
        if request.method not in ("GET", "HEAD"):
            return super().get_object(request, object_id, from_field or None)
        key, rows = (self.opts.label, object_id, from_field or None), request.__dict__.setdefault("rows_read", {})
        if key not in rows:
            rows[key] = super().get_object(request, *key[1:])
        return rows[key]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Record whose row it is."""
        row = self.get_object(request, object_id)
        if row is not None and self.has_view_permission(request, row):
            record_row_view(request, row)
        return super().change_view(request, object_id, form_url, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        """Record whose row it is. The page is empty here, but it names the row."""
        response = super().history_view(request, object_id, extra_context)
        record_row_view(request, self.get_object(request, object_id))
        return response

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only the lookups of the page's own filters.

        Django allows every field of the model in a list's URL, so a password hash could be guessed letter by letter.
        """
        field, _, how = lookup.partition("__")
        entries = [entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter]
        return field in [getattr(entry, "parameter_name", entry) for entry in entries] and how in FILTERS_ASK


def as_get(request: HttpRequest) -> HttpRequest:
    """Return a request for the same page by GET, to show it again with a form that came back with errors.

    Django's pages of rows and lists take a POST for a change of theirs.
    """
    shown = copy(request)
    shown.method = "GET"
    return shown


def record_row_view(request: HttpRequest, row: Model | None) -> None:
    """Record that the page of a row was looked at that is about a person, by account or by DoD ID number.

    What somebody asked for a patient is about the patient. An event of the trail knows a person without an account by
    blind index.
    """
    account_id: int | None = None
    dod_id: str | bytes | None = None
    if isinstance(row, Account):
        account_id = row.pk
    elif patient := getattr(row, "patient", None):
        dod_id = patient
    else:
        account_id, dod_id = getattr(row, "account_id", None), getattr(row, "dod_id", None) or None
        dod_id = dod_id or bytes(getattr(row, "person_index", None) or b"") or None
    if account_id or dod_id:
        audit.record("support.account-viewed", by=request.user, account_id=account_id, dod_id=dod_id)


def has_permission(request: HttpRequest, permission: str) -> bool:
    """Return whether this staff member has a permission through their role."""
    return request.user.has_perm(permission)  # type: ignore[union-attr]


def admin_page(row: Model) -> str:
    """Return the address of a row's page in the admin."""
    if isinstance(row, Account):
        return page_of_account(row.pk)
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


CHOOSE_ALL = "action-toggle"
# The lookups that the lists' own filters use on their field.
FILTERS_ASK = ("", "exact", "isnull", "isempty")
