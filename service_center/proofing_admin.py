"""People who do not have an account yet, in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core.masks import mask_number
from deers import lookup
from idproofing import codes
from idproofing.models import Proofing
from safeguards import audit
from service_center import account_buttons, account_search, resend_code
from service_center.confirmed_actions import ConfirmingAdmin
from service_center.person.keys import page_of_person
from service_center.read_only import has_permission


@admin.register(Proofing)
class ProofingAdmin(account_search.SearchedByPost, ConfirmingAdmin):
    """People who do not have an account yet: where each stands, and a new code for those who wait for one."""

    list_display = ("person", "level", "state", "attempts", "changed_at")
    list_filter = ("state", "level")
    list_per_page = 25
    ordering = ("-changed_at",)
    search_fields = ("dod_id",)
    fields = readonly_fields = ("person", "level", "state", "attempts", "attempts_forgotten_at", "changed_at")
    search_help_text = "DoD ID number, name, or the last four digits of the Social Security number."
    confirmed = (account_buttons.RESEND,)
    change_form_template = "admin/idproofing/proofing/change_form.html"

    @admin.display(description="DoD ID number")
    def person(self, proofing: Proofing) -> str:
        """Return the number masked. It is shown whole on the person's page alone, for a reason."""
        return mask_number(proofing.dod_id)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Proofing], search_term: str
    ) -> tuple[QuerySet[Proofing], bool]:
        text = account_search.unseal(search_term, request.user).replace("\x00", "").strip()[:100]  # type: ignore[arg-type]
        if not text:
            return queryset, False
        audit.record("support.person-searched", by=request.user)
        return queryset.filter(dod_id__in=[person.dod_id for person in lookup.search(text)]), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        proofing = self.get_object(request, object_id)
        waits = proofing is not None and bool(resend_code.waiting_for(proofing.dod_id))
        can_resend = waits and has_permission(request, "accounts.resend_code")
        person = page_of_person(proofing.dod_id, request.user) if proofing else ""  # type: ignore[arg-type]
        more: dict = {
            "person": person,
            "can_resend": can_resend,
            "proofs": list(codes.proofs(proofing.dod_id)) if proofing else [],
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})
