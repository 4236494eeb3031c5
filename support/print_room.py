"""Staff print letters here, in batches, and note what became of each. No page of it shows a name or an address.

Only the PDF of a batch has them, for as long as nobody has said that its letters are in the mail.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.admin import ReadOnlyAdmin
from accounts.sign_in.fresh import fresh
from deers import lookup
from dslogon import policy
from idproofing import letter_states, letters
from idproofing.models import Batch, Letter
from safeguards import audit
from support.letters import pdf

State = Letter.State
# What a button on a letter asks for: where it leads the letter, what it says, what does it, what is said then.
BUTTONS: dict[str, tuple[State, str, Callable[..., bool], str]] = {
    "again": (State.QUEUED, "The page was spoiled: print it again", letters.print_again, "It is in the next batch."),
    "returned": (State.RETURNED, "The letter came back", letters.returned, "The letter and its code are void."),
    "void": (State.VOID, "Make it void", letters.void, "The letter and its code are void."),
}


def may_print(request: HttpRequest) -> bool:
    return request.user.has_perm("idproofing.print_letter")  # type: ignore[union-attr]


def buttons_of(letter: Letter) -> list[tuple[str, str, str]]:
    """Name, address and words of each button that this letter's state allows."""
    return [
        (name, reverse(f"admin:idproofing_letter_{name}", args=[letter.pk]), words)
        for name, (to, words, _, _) in BUTTONS.items()
        if (letter.state, to) in letter_states.MOVES
    ]


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """The batches: make one, fetch its PDF, say that it is mailed."""

    list_display = ("__str__", "made_at", "letters_in_it", "mailed_at")
    list_filter = (("mailed_at", admin.EmptyFieldListFilter),)
    list_per_page = 25
    show_full_result_count = False
    ordering = ("-pk",)
    fields = readonly_fields = ("made_at", "mailed_at")
    change_list_template = "admin/idproofing/batch/change_list.html"
    change_form_template = "admin/idproofing/batch/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return super().get_queryset(request).annotate(count=Count("letters"))

    @admin.display(description="Letters")
    def letters_in_it(self, batch: Any) -> int:
        return batch.count

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        waiting = Letter.objects.filter(state=State.QUEUED).count()
        more = {"waiting": waiting, "may_print": may_print(request), "most": policy.LETTERS_IN_BATCH}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        more: dict[str, Any] = {"may_print": may_print(request)}
        if batch is not None:
            more["letters"] = list(batch.letters.order_by("made_at", "pk"))
            more["to_print"] = sum(letter.state == State.PRINTED for letter in more["letters"])
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def get_urls(self) -> list[URLPattern]:
        staff = self.admin_site.admin_view
        pdf_after_proof = never_cache(fresh(policy.FRESH_FOR_EXPORTS)(self.pdf))
        return [
            path("make/", staff(require_POST(self.make)), name="idproofing_batch_make"),
            path("<int:pk>/pdf/", staff(require_GET(pdf_after_proof)), name="idproofing_batch_pdf"),
            path("<int:pk>/mailed/", staff(require_POST(self.mailed)), name="idproofing_batch_mailed"),
            *super().get_urls(),
        ]

    def make(self, request: HttpRequest) -> HttpResponse:
        """Take the letters that wait into a new batch, and lead to it."""
        if not may_print(request):
            return HttpResponse(status=403)
        batch = letters.make_batch(by=request.user)
        if batch is None:
            messages.info(request, "No letter waits to be printed.")
            return HttpResponseRedirect(reverse("admin:idproofing_batch_changelist"))
        return to_batch(batch.pk)

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The letters of the batch to print, a sheet each."""
        batch = self.get_object(request, str(pk))
        if batch is None or not may_print(request):
            return HttpResponse(status=403)
        sheets = letters.to_print(batch)
        if not sheets:
            messages.error(request, "This batch has no letter to print any more.")
            return to_batch(pk)
        audit.record("letters.batch-opened", by=request.user, batch=pk, letters=len(sheets))
        response = HttpResponse(pdf(sheets, title=str(batch), made=batch.made_at), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="letters-{pk}.pdf"'
        return response

    def mailed(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything of the batch is in the mail, so nobody needs to read it any more."""
        batch = self.get_object(request, str(pk))
        if batch is None or not may_print(request):
            return HttpResponse(status=403)
        count = letters.mailed(batch, by=request.user)
        if count is None:
            messages.info(request, "That was noted before.")
        else:
            messages.success(
                request, f"{count} letter{'' if count == 1 else 's'} mailed. Codes and addresses are gone."
            )
        return to_batch(pk)


def to_batch(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:idproofing_batch_change", args=[pk]))


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Single letters: what became of each, found by its reference or its person."""

    list_display = ("reference", "kind", "level", "state", "made_at", "changed_at", "batch")
    list_filter = ("state", "kind", "level")
    list_select_related = ("batch",)
    list_per_page = 25
    show_full_result_count = False
    ordering = ("-changed_at",)
    search_fields = ("reference",)
    search_help_text = "The letter's number such as L-7F3K-9Q2M, a DoD ID number, or a name"
    fields = readonly_fields = (
        "reference", "kind", "level", "dod_id", "state", "made_at", "changed_at", "expires_at", "batch",
    )  # fmt: skip
    change_form_template = "admin/idproofing/letter/change_form.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Letter], search_term: str
    ) -> tuple[QuerySet[Letter], bool]:
        text = search_term.replace("\x00", "").strip()[:100]
        if not text:
            return queryset, False
        named = queryset.filter(reference=text.upper())
        if named.exists():
            return named, False
        audit.record("support.person-searched", by=request.user)
        return queryset.filter(dod_id__in=[person.dod_id for person in lookup.search(text)]), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        letter = self.get_object(request, object_id)
        buttons = buttons_of(letter) if letter is not None and may_print(request) else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "buttons": buttons})

    def get_urls(self) -> list[URLPattern]:
        press = self.admin_site.admin_view(require_POST(self.press))
        own = [
            path(f"<uuid:pk>/{name}/", press, {"button": name}, name=f"idproofing_letter_{name}") for name in BUTTONS
        ]
        return own + super().get_urls()

    def press(self, request: HttpRequest, pk: Any, button: str) -> HttpResponse:
        """Do what a button says, if the letter's state still allows it."""
        letter = self.get_object(request, str(pk))
        if letter is None or not may_print(request):
            return HttpResponse(status=403)
        _, _, act, done = BUTTONS[button]
        if act(letter, by=request.user):
            messages.success(request, done)
        else:
            messages.error(request, "That is not possible now. Look at the letter's state.")
        return HttpResponseRedirect(reverse("admin:idproofing_letter_change", args=[pk]))
