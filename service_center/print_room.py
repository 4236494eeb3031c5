"""The print room: staff print letters in batches and note what became of each. No page shows a name or an address.

Only the PDF of a batch has them, until somebody notes that its letters are in the mail. It has the codes too, so who
prints sees nothing else of people, and who sees other details of people does not print (roles.only_prints).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from core.masks import mask_number
from deers import lookup
from idproofing import letter_states, letters
from idproofing.models import Batch, Letter
from safeguards import audit
from service_center import account_search, batches, confirmed_actions, reasons
from service_center.confirmed_actions import ConfirmedAction, MovingAdmin, Outcome, WhyForm, say_always
from service_center.conflicts import Conflicted, refuse_close
from service_center.letters import letters_pdf
from service_center.person.keys import page_of_person
from service_center.read_only import ReadOnlyAdmin, admin_page, as_get, has_permission
from service_center.roles import only_prints

State = Letter.State
PRINT = "idproofing.print_letter"
VOID = "idproofing.void_letter"
SEE_PEOPLE = "accounts.view_account"
LOOK_AT_IT = "That is not possible now. Look at the letter's state."


def outcome(act: Callable[..., bool]) -> Callable[..., Outcome]:
    """Return an action for a ConfirmedAction from a function that returns whether it did anything to a letter.

    It does nothing to letters to people who are close to the staff member.
    """

    def act_unless_close(letter: Letter, *, by: Any) -> Outcome:
        if conflicted := refuse_close(by, letter.dod_id):
            return conflicted
        return actions.Done() if act(letter, by=by) else actions.NotAllowed()

    return act_unless_close


def may_print(request: HttpRequest) -> bool:
    """Return whether this staff member prints letters and sees nothing else of people."""
    return has_permission(request, PRINT) and only_prints(request.user)  # type: ignore[arg-type]


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
            why=reasons.PRINTING_AGAIN,
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
            why=reasons.CAME_BACK,
            done="The letter and its code are void.",
            refused=LOOK_AT_IT,
        ),
    ),
    (
        State.VOID,
        ConfirmedAction(
            name="void",
            permission=VOID,
            question="Void this letter?",
            button="Void the letter",
            follows=say_always(
                "A code in it no longer works, and a letter that is waiting is not printed.",
                "The person is not notified, and can ask for another letter.",
                "If the page is printed, shred it.",
            ),
            act=outcome(letters.void),
            why=reasons.VOIDING,
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
    follows=say_always(
        "Their codes and addresses are wiped, so that nobody can read or print them again.",
        "Delete the file that you downloaded.",
    ),
    act=batches.mail,
    why=reasons.MAILING,
    done="The letters are mailed. Their codes and addresses are gone.",
    refused="That was already recorded.",
)


def left_for_a_colleague(left: int) -> str:
    """Return the sentence that says how many letters somebody else has to print."""
    return (
        f"Letters left for a colleague: {left}. By our records, they go to you, to somebody of your household or to "
        "somebody at your address."
    )


def follows_mailing(share: batches.Share | Conflicted) -> list[str]:
    """Return what noting a batch as mailed does, for the member of staff whose share of it this is."""
    if isinstance(share, Conflicted):
        return [share.sentence]
    left = [f"{left_for_a_colleague(share.left)} They go into the next batch."] if share.left else []
    return [f"Letters that count as mailed from now on: {len(share.letters)}.", *left, *MAILED.follows(None)]


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Batches of letters: make one, download its PDF, note that it is mailed."""

    list_display = ("__str__", "made_at", "letters_in_it", "mailed_at")
    empty_value_display = "not yet"
    list_per_page = 25
    ordering = ("-pk",)
    fields = readonly_fields = ("made_at", "mailed_at")
    change_list_template = "admin/idproofing/batch/change_list.html"
    change_form_template = "admin/idproofing/batch/change_form.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and only_prints(request.user)  # type: ignore[arg-type]

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
            "may_print": may_print(request),
            "most": policy.LETTERS_IN_BATCH,
            "why": WhyForm(why=reasons.MAKING_BATCH),
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        more: dict[str, Any] = {"may_print": may_print(request), "why": WhyForm(why=reasons.OPENING_BATCH)}
        if batch is not None:
            more["letters"] = list(batch.letters.order_by("made_at", "pk"))
            more["to_print"] = sum(letter.state == State.PRINTED for letter in more["letters"])
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        staff = self.admin_site.admin_view
        return [
            path("make/", staff(require_POST(self.make)), name="idproofing_batch_make"),
            path("<int:pk>/pdf/", staff(require_POST(never_cache(self.pdf))), name="idproofing_batch_pdf"),
            path("<int:pk>/mailed/", staff(self.mailed), name="idproofing_batch_mailed"),
            *super().get_urls(),
        ]

    def make(self, request: HttpRequest) -> HttpResponse:
        """Take the waiting letters into a new batch, and redirect to it."""
        if not may_print(request):
            return HttpResponse(status=403)
        here = reverse("admin:idproofing_batch_changelist")
        if proof := ask_for_second_step(request, policy.FRESH_FOR_DECISIONS, back=here):
            return proof
        why = WhyForm(request.POST, why=reasons.MAKING_BATCH)
        if not why.is_valid():
            return self.changelist_view(as_get(request), {"why": why, "forms": [why]})
        with audit.because(why.cleaned_data["reason"]):
            made = batches.make(by=request.user)  # type: ignore[arg-type]
        if isinstance(made, Conflicted):
            messages.error(request, made.sentence)
            return HttpResponseRedirect(here)
        if made.left:
            messages.warning(request, left_for_a_colleague(made.left))
        elif made.batch is None:
            messages.info(request, "No letters are waiting to be printed.")
        return HttpResponseRedirect(admin_page(made.batch) if made.batch else here)

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the batch's letters as a PDF to print, one sheet each, without those to people close to the reader."""
        batch = self.get_object(request, str(pk))
        if batch is None or not may_print(request):
            return HttpResponse(status=403)
        if proof := ask_for_second_step(request, policy.FRESH_FOR_DECISIONS, back=admin_page(batch)):
            return proof
        why = WhyForm(request.POST, why=reasons.OPENING_BATCH)
        if not why.is_valid():
            return self.change_view(as_get(request), str(pk), extra_context={"why": why, "forms": [why]})
        share = batches.share_of(batch, by=request.user)  # type: ignore[arg-type]
        if isinstance(share, Conflicted):
            messages.error(request, share.sentence)
            return HttpResponseRedirect(admin_page(batch))
        if share.left:
            messages.warning(request, left_for_a_colleague(share.left))
        if not share.letters:
            messages.error(request, "This batch has no more letters to print.")
            return HttpResponseRedirect(admin_page(batch))
        sheets = share.letters
        audit.record(
            "letters.batch-opened",
            by=request.user,
            batch=pk,
            letters=len(sheets),
            reason=why.cleaned_data["reason"],
        )
        response = HttpResponse(
            letters_pdf(sheets, title=str(batch), made=batch.made_at), content_type="application/pdf"
        )
        response["Content-Disposition"] = f'attachment; filename="letters-{pk}.pdf"'
        return response

    def mailed(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the whole batch is in the mail, so that nobody needs to read it again."""
        batch = self.get_object(request, str(pk))
        if batch is None or not may_print(request):
            return HttpResponse(status=403)
        share = batches.share_of(batch, by=request.user)  # type: ignore[arg-type]
        action = replace(MAILED, follows=lambda batch: follows_mailing(share))
        return confirmed_actions.confirm(request, self.admin_site, action, batch, admin_page(batch))


@admin.register(Letter)
class LetterAdmin(account_search.SearchedByPost, MovingAdmin):
    """Single letters: what became of each, found by its reference or by its person."""

    list_display = ("reference", "kind", "level", "state", "made_at", "changed_at", "batch")
    list_filter = ("state", "kind", "level")
    list_select_related = ("batch",)
    list_per_page = 25
    ordering = ("-changed_at",)
    search_fields = ("reference",)
    search_help_text = "The letter's number such as L-7F3K-9Q2M. Outside the print room, also a DoD ID number or a name"
    fields = readonly_fields = (
        "reference", "kind", "level", "person", "state", "made_at", "changed_at", "expires_at", "batch",
    )  # fmt: skip
    moves = BUTTONS

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the fields without the number of the person for those who see nothing of people."""
        return tuple(name for name in self.fields if name != "person" or has_permission(request, SEE_PEOPLE))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Letter], search_term: str
    ) -> tuple[QuerySet[Letter], bool]:
        text = account_search.unseal(search_term, request.user).replace("\x00", "").strip()[:100]  # type: ignore[arg-type]
        if not text:
            return queryset, False
        named = queryset.filter(reference=text.upper())
        if named.exists() or not has_permission(request, SEE_PEOPLE):
            return named, False
        audit.record("support.person-searched", by=request.user)
        return queryset.filter(dod_id__in=[person.dod_id for person in lookup.search(text)]), False

    @admin.display(description="DoD ID number")
    def person(self, letter: Letter) -> str:
        """Return the number masked. It is shown whole on the person's page alone, for a reason."""
        return mask_number(letter.dod_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        letter = self.get_object(request, object_id)
        more = {}
        if letter is not None and has_permission(request, SEE_PEOPLE):
            more["person"] = page_of_person(letter.dod_id, request.user)  # type: ignore[arg-type]
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def finds_people(self, request: HttpRequest) -> bool:
        """Return whether letters are found by their person, too. The print room finds them by reference alone."""
        return has_permission(request, SEE_PEOPLE)

    def may_press(self, request: HttpRequest, action: ConfirmedAction) -> bool:
        return may_print(request) if action.permission == PRINT else super().may_press(request, action)

    @staticmethod
    def can_move(letter: Letter, to: str) -> bool:
        return (letter.state, to) in letter_states.TRANSITIONS
