"""Accounts in the admin: find one, see its events, help its holder."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.changes import live_freeze
from accounts.mail import shared_mailboxes
from accounts.models import Account, Assistance
from accounts.sign_in import pauses
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from core.masks import mask_email, mask_number
from safeguards import audit
from service_center import account_buttons, account_search, assistance, conflicts, resend_code
from service_center.changes import changes_shown
from service_center.confirmed_actions import ConfirmingAdmin
from service_center.paging import PagedList
from service_center.read_only import admin_page, as_get, has_permission


class HelpForm(forms.Form):
    """What two staff members are to do with an account, and why. It has no free text, so it holds no personal data."""

    kind = forms.TypedChoiceField(
        label="What to do",
        choices=Assistance.Kind.choices,
        coerce=Assistance.Kind,
        error_messages={"required": "Choose what to do.", "invalid_choice": "Choose what to do."},
    )
    reason = forms.TypedChoiceField(
        label="Why",
        choices=Assistance.Reason.choices,
        coerce=Assistance.Reason,
        error_messages={"required": "Choose why.", "invalid_choice": "Choose why."},
    )
    mailboxes = forms.MultipleChoiceField(
        label="Somebody else reads the mail? These former addresses are read too, or the person does not know them "
        "(the address of today counts anyway)",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Choose addresses from the list."},
    )

    def __init__(self, data: Any = None, *, account: Account) -> None:
        super().__init__(data, label_suffix="")
        kinds = assistance.kinds_for(account)
        reasons = dict.fromkeys(reason for kind in kinds for reason in assistance.REASONS[kind])
        for name, offered in (("kind", kinds), ("reason", reasons)):
            choices = [("", "Choose one"), *((one.value, one.label) for one in offered)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.former = assistance.former_addresses(account) if Assistance.Kind.EMAIL_OF_RECORD in kinds else {}
        self.fields["mailboxes"].choices = [  # type: ignore[attr-defined]
            (key, f"{mask_email(row.email)}, until {date_format(timezone.localtime(row.until_at), 'F j, Y, g:i A')}")
            for key, row in self.former.items()
        ]
        if not self.former:
            del self.fields["mailboxes"]

    def clean_mailboxes(self) -> list[str]:
        """Return the addresses that were chosen. The page has only masked ones."""
        return [self.former[key].email for key in self.cleaned_data["mailboxes"]]

    def clean(self) -> dict:
        """Refuse a reason that belongs to something else than what is to be done."""
        kind, reason = self.cleaned_data.get("kind"), self.cleaned_data.get("reason")
        if kind and reason and reason not in assistance.REASONS[kind]:
            fitting = ", or: ".join(one.label for one in assistance.REASONS[kind])
            self.add_error("reason", f"This reason does not go with “{kind.label}”. Choose: {fitting}.")
        return self.cleaned_data


class SharedMailbox(admin.SimpleListFilter):
    """The accounts whose mailbox is flagged (accounts/mail/shared_mailboxes.py)."""

    title = parameter_name = "mailbox"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("shared", "Shared by many households")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        return queryset.exclude(mailbox_shared_at=None) if self.value() == "shared" else queryset


class AccountList(PagedList):
    """The list of accounts, whose search box is sent by POST and shows what was typed."""

    by_post = True

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.query = account_search.shown(account_search.unseal(self.query, request.user))  # type: ignore[arg-type]

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
            return "No mailbox is shared by many households now."
        return "Nobody is listed before you search. Enter above what the person can tell you."


@admin.register(Account)
class AccountAdmin(ConfirmingAdmin):
    """Accounts, found by what a person who calls can say. The list masks what the page of one account shows whole."""

    list_display = ("username", "name", "masked_email", "masked_phone", "masked_dod_id", "level", "state", "is_staff")
    list_filter = ("state", "level", "is_staff", SharedMailbox)
    list_per_page = 25
    ordering = ("last_name", "first_name", "pk")
    confirmed = account_buttons.OF_ACCOUNTS
    search_fields = ("username",)
    search_help_text = (
        "Search for somebody: name, username or part of it, email address, phone number, DoD ID number, or Social "
        "Security number, whole or only its last four digits."
    )
    change_form_template = "admin/accounts/account/change_form.html"
    fieldsets = (
        (
            "Who",
            {
                "fields": (
                    *("first_name", "last_name", "dod_id", "email", "email_confirmed_at", "mailbox_shared_at", "phone"),
                )
            },
        ),
        ("Account", {"fields": ("username", "level", "proofed_at", "state", "failures_in_a_row", "is_staff")}),
        ("When", {"fields": ("created_at", "last_login")}),
    )

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return the filters next to search results. Before a search there are only the shared mailboxes to list."""
        return self.list_filter if request.GET.get("q") else (SharedMailbox,)

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

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """List the accounts that a search finds. POST leads to the list, without what was typed in its address."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.POST.get("q", "").strip()
        asked = f"?{urlencode({'q': account_search.seal(text, request.user)})}" if text else ""  # type: ignore[arg-type]
        return HttpResponseRedirect(f"{request.path}{asked}")

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[AccountList]:
        return AccountList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        """Search by everything that account_search knows.

        Without a search, list nobody but the accounts whose mailbox is flagged, if the filter asks for them.
        """
        text = account_search.unseal(search_term, request.user).strip()  # type: ignore[arg-type]
        if not text and request.GET.get(SharedMailbox.parameter_name) == "shared":
            return queryset, False
        if not text:
            return queryset.none(), False
        audit.record("support.person-searched", by=request.user)
        return queryset.filter(pk__in=account_search.accounts_matching(text)), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        if account is not None and self.has_view_permission(request, account):
            sent = (extra_context or {}).get("sent")
            extra_context = {**(extra_context or {}), **self.history_of(request, account, sent)}
        return super().change_view(request, object_id, form_url, extra_context)

    def history_of(self, request: HttpRequest, account: Account, sent: HelpForm | None) -> dict:
        """Return the account's events, and what this staff member may do with the account.

        `sent` is a form that came back with errors.
        """
        return {
            "title": account.get_full_name(),
            "sharing": shared_mailboxes.accounts_of(account.email).count() if account.mailbox_shared_at else 0,
            "events": list(audit.for_account(account.pk)[:50]),
            **self.allowed_with(request, account, sent),
        }

    def allowed_with(self, request: HttpRequest, account: Account, sent: HelpForm | None) -> dict:
        """Return the buttons and the form for this account, or the sentence that says why there are none."""
        helps = has_permission(request, "accounts.assist_account")
        acts = helps or has_permission(request, "accounts.unlock_account")
        conflict = conflicts.conflict_with_account(request.user, account) if acts else None  # type: ignore[arg-type]
        if conflict:
            return {"conflict": conflicts.SENTENCES[conflict]}
        alone = not account.is_staff
        return {
            "takes_two": account.is_staff and acts,
            "can_unlock": alone
            and account.state in ("locked", "dormant")
            and has_permission(request, "accounts.unlock_account"),
            "can_freeze": alone
            and account.state in ("active", "locked")
            and has_permission(request, "accounts.freeze_account"),
            "pauses": pauses.of(account),
            "can_lift": alone and has_permission(request, "accounts.unlock_account"),
            "needs_proof": account_buttons.NEEDS_PROOF if account.state == "frozen" and account.dod_id else "",
            "freeze": live_freeze(account),
            "changes": changes_shown(account),
            "can_resend": has_permission(request, "accounts.resend_code")
            and bool(resend_code.waiting_for(account.dod_id)),
            **(self.help_for(request, account, sent) if helps else {}),
        }

    def help_for(self, request: HttpRequest, account: Account, sent: HelpForm | None) -> dict:
        """Return whether this staff member may request help for the account, or approve a colleague's request."""
        asked = assistance.waiting(account)
        if not asked and not assistance.kinds_for(account):
            return {}
        form = sent or HelpForm(account=account)
        return {
            "asked": asked,
            "asked_by_me": asked and asked.asked_by_id == request.user.pk,
            "help_form": form,
            "forms": [] if asked else [form],
        }

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
            return self.show_again(request, account, form)
        match assistance.ask(account, **form.cleaned_data, by=request.user):  # type: ignore[arg-type]
            case actions.Done():
                messages.success(request, "Requested. A second staff member has to approve.")
            case conflicts.Conflicted() as conflict:
                messages.error(request, conflict.sentence)
            case _:
                messages.error(request, "That is not possible now. Look at the account's state.")
        return HttpResponseRedirect(admin_page(account))

    def show_again(self, request: HttpRequest, account: Account, form: HelpForm) -> HttpResponse:
        """Show the account's page with a form that came back with errors."""
        return self.change_view(as_get(request), str(account.pk), extra_context={"sent": form})
