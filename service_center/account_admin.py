"""Accounts in the admin: find one, see its events, help its holder."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.urls.resolvers import URLPattern
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.models import Account
from accounts.models.account import State
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from core.masks import mask_email, mask_number
from safeguards import audit
from service_center import account_buttons, account_search, assistance, conflicts
from service_center.confirmed_actions import ConfirmingAdmin
from service_center.person import views
from service_center.person.helping import HelpForm
from service_center.read_only import admin_page, has_permission


class SharedMailbox(admin.SimpleListFilter):
    """The accounts whose mailbox is flagged (accounts/mail/shared_mailboxes.py)."""

    title = parameter_name = "mailbox"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("shared", "Shared by many households")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        return queryset.exclude(mailbox_shared_at=None) if self.value() == "shared" else queryset


# What is listed without a search: flagged mailboxes, and the frozen accounts that the opening page counts.
LISTED = {
    (SharedMailbox.parameter_name, "shared"): "No mailbox is shared by many households now.",
    ("state__exact", State.FROZEN.value): "No account is frozen now.",
}


def listed(request: HttpRequest) -> str:
    """Return what an empty list says if the filters ask for accounts that are listed without a search, or else ""."""
    asked = (says for (name, value), says in LISTED.items() if request.GET.getlist(name) == [value])
    return next(asked, "")


class AccountList(account_search.SearchedList):
    """The list of accounts, which says why it is empty."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.says = listed(request) or "Search for somebody first. Without a search, filters find nobody."

    @property
    def why_empty(self) -> str:  # type: ignore[override]
        """Return why the list is empty, if it is: nobody was searched for, or nobody fits."""
        if self.query and self.has_active_filters:
            return "No account fits your search with these filters. Clear the filters, or search for something else."
        if self.query:
            return (
                "No account fits your search. Check the spelling, or search for something else that the person can "
                "tell you. A person who has not finished registering has no account yet: look under “Proofings”."
            )
        if self.has_active_filters:
            return self.says
        return "Nobody is listed before you search. Enter above what the person can tell you."


@admin.register(Account)
class AccountAdmin(account_search.SearchedByPost, ConfirmingAdmin):
    """Accounts, found by what a person who calls can say. The page of one account is that of its holder (person/)."""

    list_display = ("username", "name", "masked_email", "masked_phone", "masked_dod_id", "level", "state", "of_staff")
    list_filter = ("state", "level", "is_staff", SharedMailbox)
    list_per_page = 25
    ordering = ("last_name", "first_name", "pk")
    confirmed = account_buttons.OF_ACCOUNTS
    search_fields = ("username",)
    search_help_text = (
        "Search for somebody: name, username or part of it, email address, phone number, DoD ID number, or Social "
        "Security number, whole or only its last four digits."
    )

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return the filters next to search results. Before a search there is only what LISTED names."""
        return self.list_filter if request.GET.get("q") or listed(request) else (SharedMailbox,)

    @admin.display(description="staff", boolean=True)
    def of_staff(self, account: Account) -> bool:
        return account.is_staff

    @admin.display(ordering="last_name")
    def name(self, account: Account) -> str:
        return f"{account.last_name}, {account.first_name}" if account.last_name else account.first_name

    @admin.display(description="email")
    def masked_email(self, account: Account) -> str:
        return mask_email(account.email)

    @admin.display(description="phone")
    def masked_phone(self, account: Account) -> str:
        return mask_number(account.phone)

    @admin.display(description="DoD ID number")
    def masked_dod_id(self, account: Account) -> str:
        return mask_number(account.dod_id or "")

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[AccountList]:
        return AccountList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        """Search by everything that account_search knows.

        Without a search, list nobody but those of LISTED, if the filter asks for them.
        """
        text = account_search.unseal(search_term, request.user).strip()  # type: ignore[arg-type]
        if not text and listed(request):
            return queryset, False
        if not text:
            return queryset.none(), False
        audit.record("support.person-searched", by=request.user)
        return queryset.filter(pk__in=account_search.accounts_matching(text)), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Show the page of the account's holder."""
        account = self.get_object(request, object_id)
        if request.method in ("GET", "HEAD") and account is not None and self.has_view_permission(request, account):
            return views.show_account(request, account.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.ask_for_help))
        return [path("<int:pk>/help/", view, name="accounts_account_help"), *super().get_urls()]

    def ask_for_help(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Request what was chosen in the form. It waits for a second staff member."""
        account = self.get_object(request, str(pk))
        if account is None or not has_permission(request, "accounts.assist_account"):
            return HttpResponse(status=403)
        if proof := ask_for_second_step(request, policy.FRESH_FOR_DECISIONS, back=admin_page(account)):
            return proof
        form = HelpForm(request.POST, account=account)
        if not form.is_valid():
            return views.show_account(request, account.pk, sent=form)
        match assistance.ask(account, **form.cleaned_data, by=request.user):  # type: ignore[arg-type]
            case actions.Done():
                messages.success(request, "Requested. A second staff member has to approve.")
            case conflicts.Conflicted() as conflict:
                messages.error(request, conflict.sentence)
            case _:
                messages.error(request, "That is not possible now. Look at the account's state.")
        return HttpResponseRedirect(admin_page(account))
