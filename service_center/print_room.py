"""The print room: staff print letters in batches and note what became of each. No page shows a name or an address.

Only the PDF of a batch has them, until somebody notes that its letters are in the mail.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import actions
from accounts.sign_in.fresh import require_fresh_sign_in
from core import policy
from deers import lookup
from idproofing import letter_states, letters
from idproofing.models import Batch, Letter
from safeguards import audit
from service_center import confirmed_actions
from service_center.confirmed_actions import ConfirmedAction, say_always
from service_center.letters import letters_pdf
from service_center.read_only import ReadOnlyAdmin, admin_page, has_permission

State = Letter.State
PRINT = "idproofing.print_letter"
LOOK_AT_IT = "That is not possible now. Look at the letter's state."


def outcome(act: Callable[..., bool]) -> Callable[..., actions.Done | actions.NotAllowed]:
    """Return an action for a ConfirmedAction from a function that returns whether it did anything."""
    return lambda subject, *, by: actions.Done() if act(subject, by=by) else actions.NotAllowed()


# The buttons for a letter, each with the state that it leads to.
BUTTONS: tuple[tuple[State, ConfirmedAction], ...] = (
    (
        State.QUEUED,
        ConfirmedAction(
            name="again",
            permission=PRINT,
            question="Print this letter again?",
            button="Print it again",
            follows=say_always(
                "The letter leaves its batch and is printed in the next one, with the same code.",
                "Shred what is left of the page that was spoiled.",
            ),
            act=outcome(letters.print_again),
            done="It is in the next batch.",
            refused=LOOK_AT_IT,
        ),
    ),
    (
        State.RETURNED,
        ConfirmedAction(
            name="returned",
            permission=PRINT,
            question="Did this letter come back from the post office?",
            button="It came back",
            follows=say_always(
                "A code in it no longer works.",
                "The person can ask for another letter once the address in DEERS is right.",
                "Shred the letter unopened.",
            ),
            act=outcome(letters.returned),
            done="The letter and its code are void.",
            refused=LOOK_AT_IT,
        ),
    ),
    (
        State.VOID,
        ConfirmedAction(
            name="void",
            permission=PRINT,
            question="Void this letter?",
            button="Void the letter",
            follows=say_always(
                "A code in it no longer works, and a letter that is waiting is not printed.",
                "The person is not notified, and can ask for another letter.",
                "If the page is printed, shred it.",
            ),
            act=outcome(letters.void),
            done="The letter and its code are void.",
            refused=LOOK_AT_IT,
        ),
    ),
)
MAILED = ConfirmedAction(
    name="mailed",
    permission=PRINT,
    question="Is every letter of this batch in the mail?",
    button="Printed and mailed",
    follows=lambda batch: [
        f"Letters that count as mailed from now on: {len(letters.to_print(batch))}.",
        "Their codes and addresses are wiped, so that nobody can read or print them again.",
        "Delete the file that you downloaded.",
    ],
    act=outcome(lambda batch, *, by: letters.mailed(batch, by=by) is not None),
    done="The letters are mailed. Their codes and addresses are gone.",
    refused="That was already recorded.",
)


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Batches of letters: make one, download its PDF, note that it is mailed."""

    list_display = ("__str__", "made_at", "letters_in_it", "mailed_at")
    empty_value_display = "not yet"
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
        more = {
            "title": "Batches of letters",
            "waiting": waiting,
            "may_print": has_permission(request, PRINT),
            "most": policy.LETTERS_IN_BATCH,
        }
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        more: dict[str, Any] = {"may_print": has_permission(request, PRINT)}
        if batch is not None:
            more["letters"] = list(batch.letters.order_by("made_at", "pk"))
            more["to_print"] = sum(letter.state == State.PRINTED for letter in more["letters"])
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def get_urls(self) -> list[URLPattern]:
        staff = self.admin_site.admin_view
        pdf_after_proof = never_cache(require_fresh_sign_in(policy.FRESH_FOR_EXPORTS)(self.pdf))
        return [
            path("make/", staff(require_POST(self.make)), name="idproofing_batch_make"),
            path("<int:pk>/pdf/", staff(require_GET(pdf_after_proof)), name="idproofing_batch_pdf"),
            path("<int:pk>/mailed/", staff(self.mailed), name="idproofing_batch_mailed"),
            *super().get_urls(),
        ]

    def make(self, request: HttpRequest) -> HttpResponse:
        """Take the waiting letters into a new batch, and redirect to it."""
        if not has_permission(request, PRINT):
            return HttpResponse(status=403)
        batch = letters.make_batch(by=request.user)
        if batch is None:
            messages.info(request, "No letters are waiting to be printed.")
            return HttpResponseRedirect(reverse("admin:idproofing_batch_changelist"))
        return HttpResponseRedirect(admin_page(batch))

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the batch's letters as a PDF to print, one sheet each."""
        batch = self.get_object(request, str(pk))
        if batch is None or not has_permission(request, PRINT):
            return HttpResponse(status=403)
        sheets = letters.to_print(batch)
        if not sheets:
            messages.error(request, "This batch has no more letters to print.")
            return HttpResponseRedirect(admin_page(batch))
        audit.record("letters.batch-opened", by=request.user, batch=pk, letters=len(sheets))
        response = HttpResponse(
            letters_pdf(sheets, title=str(batch), made=batch.made_at), content_type="application/pdf"
        )
        response["Content-Disposition"] = f'attachment; filename="letters-{pk}.pdf"'
        return response

    def mailed(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the whole batch is in the mail, so that nobody needs to read it again."""
        batch = self.get_object(request, str(pk))
        if batch is None or not has_permission(request, PRINT):
            return HttpResponse(status=403)
        return confirmed_actions.confirm(request, self.admin_site, MAILED, batch, admin_page(batch))


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Single letters: what became of each, found by its reference or by its person."""

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
        buttons = buttons_of(letter) if letter is not None and has_permission(request, PRINT) else []
        if letter is not None and self.has_view_permission(request, letter):
            audit.record("support.account-viewed", by=request.user, dod_id=letter.dod_id)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "buttons": buttons})

    def get_urls(self) -> list[URLPattern]:
        staff = self.admin_site.admin_view
        own = [
            path(
                f"<uuid:pk>/{action.name}/",
                staff(partial(self.press, action=action)),
                name=f"idproofing_letter_{action.name}",
            )
            for _, action in BUTTONS
        ]
        return own + super().get_urls()

    def press(self, request: HttpRequest, pk: UUID, *, action: ConfirmedAction) -> HttpResponse:
        """Run a confirmed action, if the letter's state still allows it: GET says what it does, POST does it."""
        letter = self.get_object(request, str(pk))
        if letter is None or not has_permission(request, action.permission):
            return HttpResponse(status=403)
        if request.method != "POST":
            audit.record("support.account-viewed", by=request.user, dod_id=letter.dod_id)
        return confirmed_actions.confirm(request, self.admin_site, action, letter, admin_page(letter))


def buttons_of(letter: Letter) -> list[tuple[str, str, str]]:
    """Return the name, URL and text of each button that this letter's state allows."""
    return [
        (action.name, reverse(f"admin:idproofing_letter_{action.name}", args=[letter.pk]), action.button)
        for to, action in BUTTONS
        if (letter.state, to) in letter_states.TRANSITIONS
    ]
