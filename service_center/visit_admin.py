"""Visits in the admin: an agent opens a slip by its reference, compares documents with DEERS, and accepts or refuses.

An agent sees no list of slips, and reaches a slip only by its reference, which is in no URL. The agent's session
remembers which slip is open. Supervisors see the list, without references, and settle held slips.
"""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.journeys.steps.visit import documents_to_bring
from accounts.models import Account
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from core.masks import mask_email, mask_number
from core.policy import Level
from core.words import try_again_in
from deers import lookup
from deers.registry import Unavailable
from idproofing import visits
from idproofing.document_reader import NotRead
from idproofing.models import Visit
from safeguards import audit, limits
from service_center import reasons
from service_center.confirmed_actions import ConfirmedAction, ConfirmingAdmin, Outcome, say_always
from service_center.conflicts import Conflicted
from service_center.person.keys import page_of_person
from service_center.visit_forms import (
    DocumentForm,
    ReferenceForm,
    RefusalForm,
    document_forms,
    find_problem,
)
from service_center.visits import (
    NoWayToSend,
    TooMany,
    refuse_visit,
    refuse_visit_of_close,
    settle_visit,
    verify_documents,
)

OPENED = "visit"
CHECKED = (
    "Accepted. For Premium a second staff member has to look at the same documents: please ask a colleague to open the "
    "slip by its reference while the person is still there. The code is sent after that."
)
NOT_THE_SAME = "These are not the documents that your colleague entered. Check kind, state and number, or refuse them."
MISTYPED = "You have entered other documents than your colleague several times."
YOURS = "You have looked at these documents already. The second look is for a colleague."
OVER = "This slip can no longer be used: somebody has just used, replaced or settled it, or it has expired."
NO_WAY_TO_SEND = (
    "Nothing was changed: the person gave no email address, and no letter can be sent now. Either DEERS has no address "
    "for one, or a letter was sent within the last day. Have the address corrected, or ask the person to make a slip "
    "with an email address."
)
SHIELDED = "This record is shielded, so nothing of it is shown and no documents are compared. Tell a supervisor."
SILENT = "DEERS does not answer right now. Nothing was changed. Please try again in a few minutes."


def settle(visit: Visit, *, by: Account, again: bool) -> Outcome:
    """Reopen or end a held slip, for a supervisor who did not attend the visit."""
    outcome = settle_visit(visit, again=again, by=by)
    if isinstance(outcome, Conflicted):
        return outcome
    return actions.NotAllowed() if isinstance(outcome, visits.Over) else actions.Done()


SETTLING = partial(
    ConfirmedAction,
    permission="idproofing.settle_visit",
    refused="That is not possible: the visit is not held, or you attended it yourself.",
)
SETTLED = (
    SETTLING(
        name="use-again",
        question="Was it a mistake?",
        button="The slip is good again",
        follows=say_always("The person can use the slip again, and hears of it by email."),
        act=partial(settle, again=True),
        done="The slip can be used again.",
        why=reasons.GOOD_AGAIN,
    ),
    SETTLING(
        name="reject",
        question="Refuse the visit?",
        button="Refuse the visit",
        follows=say_always("The slip ends without a code, and the person hears of it by email."),
        act=partial(settle, again=False),
        done="The visit is refused.",
        why=reasons.NOT_GOOD,
    ),
)


@admin.register(Visit)
class VisitAdmin(ConfirmingAdmin):
    """Slips for visits: agents attend them one at a time, supervisors list and settle them."""

    confirmed = SETTLED
    list_display = ("made_at", "state", "level", "route", "reason", "expires_at", "changed_at")
    list_filter = ("state", "route", "level")
    list_per_page = 25
    ordering = ("-changed_at",)
    fields = readonly_fields = (
        "person", "level", "route", "state", "reason", "attended_by", "second_look", "made_at", "expires_at",
        "changed_at",
    )  # fmt: skip
    change_list_template = "admin/idproofing/visit/change_list.html"
    change_form_template = "admin/idproofing/visit/change_form.html"

    def has_view_permission(self, request: HttpRequest, obj: Visit | None = None) -> bool:
        """Show visits in the menu to agents who attend them, but nothing more."""
        return super().has_view_permission(request, obj) or (obj is None and may(request, "attend_visit"))

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        if may(request, "attend_visit") and not may(request, "view_visit"):
            return redirect("admin:idproofing_visit_attend")
        return super().changelist_view(
            request, {**(extra_context or {}), "title": "Visits", "can_attend": may(request, "attend_visit")}
        )

    @admin.display(description="DoD ID number")
    def person(self, visit: Visit) -> str:
        """Return the number masked. It is shown whole on the person's page alone, for a reason."""
        return mask_number(visit.dod_id)

    @admin.display(description="Attended by")
    def attended_by(self, visit: Visit) -> str:
        return name_of(visit.agent)

    @admin.display(description="Second look by")
    def second_look(self, visit: Visit) -> str:
        return "A document reader" if visit.reading else name_of(visit.second_agent)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        visit = self.get_object(request, object_id)
        if visit is not None and self.has_view_permission(request, visit):
            held = visit.state == Visit.State.HELD
            settles = held and may(request, "settle_visit")
            mine = settles and visit.agent == request.user.pk
            extra_context = {**(extra_context or {}), "can_settle": settles and not mine, "attended_by_me": mine}
            extra_context["person"] = page_of_person(visit.dod_id, request.user)  # type: ignore[arg-type]
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(address, self.admin_site.admin_view(view), name=f"idproofing_visit_{name}")
            for address, name, view in (
                ("attend/", "attend", self.attend),
                ("attend/slip/", "slip", self.slip),
                ("attend/refuse/", "refuse", require_POST(self.refuse)),
            )
        ]
        return pages + super().get_urls()

    @method_decorator(never_cache)
    def attend(self, request: HttpRequest) -> HttpResponse:
        """Ask for the reference and open its slip. Every lookup is counted, including successful ones."""
        if not may(request, "attend_visit"):
            raise PermissionDenied
        form = ReferenceForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            wrong = self.open_slip(request, form.cleaned_data["reference"])
            if not wrong:
                return redirect("admin:idproofing_visit_slip")
            form.add_error("reference", wrong)
        return self.page(request, "attend", title="Attend a visit", form=form, forms=[form])

    def open_slip(self, request: HttpRequest, reference: str) -> str:
        """Remember the slip with this reference as the open one. Return the sentence that says why not, or ""."""
        try:
            wait = limits.hit(policy.VISIT_LOOKUPS, str(request.user.pk))
        except limits.CountersUnavailable as failure:
            return str(failure)
        if wait:
            return f"You have looked for many slips. {try_again_in(wait)}"
        visit = visits.find(reference, by=request.user)
        if visit is None:
            return "No open slip has this reference. Check it, or ask the person to make another slip."
        if visit.state == Visit.State.CHECKED and visit.agent == request.user.pk:
            return YOURS
        if conflict := refuse_visit_of_close(visit, request.user):  # type: ignore[arg-type]
            return conflict.sentence
        request.session[OPENED] = str(visit.pk)
        return ""

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def slip(self, request: HttpRequest) -> HttpResponse:
        """Show the person whom DEERS has for the open slip, and judge the documents that were entered.

        The second step is asked for before anything is entered, because the documents' numbers are kept nowhere.
        """
        visit = opened(request)
        if visit is None:
            return redirect("admin:idproofing_visit_attend")
        age = policy.FRESH_FOR_VISITS if request.method == "POST" else policy.FRESH_FOR_DECISIONS
        if proof := ask_for_second_step(request, age):
            return proof
        filled = document_forms(request.POST if request.method == "POST" else None)
        if request.method != "POST":
            audit.record("support.account-viewed", by=request.user, dod_id=visit.dod_id)
            return self.slip_page(request, visit, filled)
        has_problem = find_problem(filled, Level(visit.level))
        return self.slip_page(request, visit, filled) if has_problem else self.accept(request, visit, filled)

    def accept(self, request: HttpRequest, visit: Visit, filled: list[DocumentForm]) -> HttpResponse:
        shown = {form.shown(): form.scanned() for form in filled}
        outcome = verify_documents(visit, list(shown), scans=shown, by=request.user)  # type: ignore[arg-type]
        match outcome:
            case Unavailable():
                return redirect("admin:idproofing_visit_slip")  # which says why
            case NotRead(sentence, unread):
                for form in filled:
                    if form.shown() == unread:
                        form.add_error("scan", sentence)
                return self.slip_page(request, visit, filled)
            case visits.NotTheSame():
                filled[0].add_error("kind", NOT_THE_SAME)
                return self.slip_page(request, visit, filled)
            case TooMany(wait):
                filled[0].add_error("kind", f"{MISTYPED} {try_again_in(wait)}")
                return self.slip_page(request, visit, filled)
            case visits.CheckedByYou():
                messages.error(request, YOURS)
            case Conflicted() as conflict:
                messages.error(request, conflict.sentence)
            case visits.Checked():
                messages.success(request, CHECKED)
            case visits.Verified():
                where = "to the person’s email address" if outcome.email else "by letter, to the address in DEERS"
                messages.success(request, f"Accepted. The activation code is on its way {where}.")
            case NoWayToSend():
                messages.error(request, NO_WAY_TO_SEND)
                return redirect("admin:idproofing_visit_slip")
            case visits.DocumentOfAnother():
                messages.error(request, "Not accepted: a supervisor has to look at this visit. The person is notified.")
            case visits.Over():
                messages.error(request, OVER)
        del request.session[OPENED]
        return redirect("admin:idproofing_visit_attend")

    def refuse(self, request: HttpRequest) -> HttpResponse:
        visit = opened(request)
        if visit is None:
            return redirect("admin:idproofing_visit_attend")
        if proof := ask_for_second_step(request, policy.FRESH_FOR_VISITS, back=reverse("admin:idproofing_visit_slip")):
            return proof
        form = RefusalForm(request.POST, label_suffix="")
        if not form.is_valid():
            return self.slip_page(request, visit, document_forms(None), refusal=form)
        outcome = refuse_visit(visit, form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        if isinstance(outcome, visits.Over):
            messages.error(request, OVER)
        elif isinstance(outcome, Conflicted):
            messages.error(request, outcome.sentence)
        else:
            messages.success(request, "Refused. The person is notified by email, with the reason.")
        del request.session[OPENED]
        return redirect("admin:idproofing_visit_attend")

    def slip_page(
        self, request: HttpRequest, visit: Visit, filled: list[DocumentForm], *, refusal: RefusalForm | None = None
    ) -> HttpResponse:
        person = lookup.person(visit.dod_id)
        if person is None or person.is_shielded:
            messages.error(request, SHIELDED if person else SILENT)
            person = None
        refusal = refusal or RefusalForm(label_suffix="")
        return self.page(
            request,
            "slip",
            title="Compare the documents",
            visit=visit,
            person=person,
            documents=filled,
            refusal=refusal,
            forms=[*filled, refusal],
            mailbox=mask_email(visit.email or ""),
            second_look=visit.state == Visit.State.CHECKED,
            takes_two=Level(visit.level) in policy.VISIT_TWICE_AT,
            **documents_to_bring(Level(visit.level)),
        )

    def page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        everywhere = {**self.admin_site.each_context(request), "opts": Visit._meta}
        return render(request, f"admin/idproofing/visit/{name}.html", everywhere | context)


def may(request: HttpRequest, what: str) -> bool:
    return request.user.has_perm(f"idproofing.{what}")  # type: ignore[union-attr]


def opened(request: HttpRequest) -> Visit | None:
    """Return the slip that this agent opened by its reference, or None if it is no longer open."""
    if not may(request, "attend_visit"):
        raise PermissionDenied
    pk = request.session.get(OPENED)
    visit = Visit.objects.filter(pk=pk).first() if pk else None
    return visit if visit and visits.is_attended(visit) else None


def name_of(pk: int | None) -> str:
    """Return the name of a staff member by account ID, or "-"."""
    agent = Account.objects.filter(pk=pk).first() if pk else None
    return agent.get_full_name() if agent else "-"
