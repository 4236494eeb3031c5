"""The reviewers' queue, and the page on which they decide a case."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.journeys.reviews.messages import act_and_notify
from accounts.mail import notices
from accounts.models import Account
from accounts.sign_in.fresh import ask_for_second_step
from core import policy
from deers import dod_id as dod_ids
from deers import lookup
from deers.registry import Record
from idproofing import cases, reviewing
from idproofing.case_states import State
from idproofing.cases import read_typed
from idproofing.models import Case
from idproofing.reviewing import Decision
from idproofing.second_reviews import doubts_about
from safeguards import audit
from service_center import account_search, conflicts, reasons
from service_center.cases import comparing
from service_center.cases.finding import is_named
from service_center.confirmed_actions import ConfirmedAction, ConfirmingAdmin, say_always

Reviews = QuerySet[Case]
DECIDE = "idproofing.decide_case"


class Queue(admin.SimpleListFilter):
    """A filter that shows only waiting cases unless another choice is made."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("late", "Overdue"),
            ("mine", "Taken by me"),
            ("second", "For me to confirm"),
            ("all", "All, including closed"),
        ]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Waiting"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Reviews) -> Reviews:
        if self.value() is None and request.GET.get(SEARCH_VAR):
            return queryset  # a search for one case finds it in any state
        waiting, me = queryset.filter(state__in=Case.WAITING), request.user.pk
        match self.value():
            case "late":
                return waiting.filter(due_at__lt=timezone.now())
            case "mine":
                return waiting.filter(state=State.TAKEN, taken_by=me)
            case "second":
                return waiting.filter(state=State.PROPOSED).exclude(decided_by=me)
            case "all":
                return queryset
        return waiting


REFUSALS: dict[type, str] = {
    cases.NotNow: "That is not possible now: somebody else was faster. Check the case's present state.",
    reviewing.NotYours: "Another reviewer has to do that.",
    reviewing.NotFitting: "That is not possible: DEERS does not allow it or does not answer, or the reason is for "
    "another decision.",
}
# What each decision does, in words for the reviewer. The person never reads the reason (accounts/journeys/reviews).
FOLLOWS: dict[str, str] = {
    Decision.APPROVE: "The person can continue as the person on record. They hear of it by email, and so does the "
    "address in DEERS.",
    Decision.DECLINE: "The review ends. The person hears by email that we could not settle it remotely, but not why.",
    Decision.IN_PERSON: "The review ends. The person is asked by email to come with documents, or to call us.",
}


class ReasonForm(forms.Form):
    """A decision, its reason from the list, and, for an approval, the record that is meant."""

    decision = forms.ChoiceField(choices=Decision.choices, widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose a reason from the list."}
    )
    dod_id = forms.CharField(
        required=False,
        max_length=10,
        widget=forms.HiddenInput,
        error_messages={"max_length": "Choose the record again."},
    )

    def __init__(self, data: Any = None, *, decision: str, dod_id: str = "") -> None:
        super().__init__(
            data, initial={"decision": decision, "dod_id": dod_id}, auto_id=f"{decision}-%s", label_suffix=""
        )
        reasons = [(reason.value, reason.label) for reason in reviewing.REASONS[decision]]
        self.label, self.follows = Decision(decision).label, FOLLOWS[decision]
        self.fields["reason"].label = f"Reason to {self.label.partition(':')[0].lower()}"
        self.fields["reason"].choices = [("", "- Select -"), *reasons]  # type: ignore[attr-defined]


def act_and_notify_record(action: Callable[[], object], record: Record | None) -> object:
    """Run an action. If it approves a case, email the address that DEERS has for the record, so that its owner knows.

    The address that was typed gets its own email. If it is the same, one email is enough.
    """
    outcome = action()
    if record and isinstance(outcome, cases.Moved) and outcome.case.state == State.APPROVED:
        person = record.person
        if person.email.lower() not in ("", outcome.email.lower()):
            notices.send("review-approved", to=person.email, first_name=person.first_name)
    return outcome


def refuse_case(by: Account, pk: int, chosen: str = "", *, needs_deers: bool = True) -> conflicts.Conflicted | None:
    """Return why this reviewer may not decide: anybody whom the case may be about counts."""
    case = Case.objects.filter(pk=pk, state__in=Case.WAITING).first()
    typed = read_typed(case) if case else None
    if case is None or typed is None:
        return None
    owner = comparing.owner_of_number(typed)
    about = {case.holder, case.dod_id, chosen, owner.person.dod_id if owner else ""} - {""}
    found = (
        conflicts.refuse_close(by, dod_id, mailbox=typed.email, needs_deers=needs_deers)
        for dod_id in sorted(about) or [""]
    )
    return next(filter(None, found), None)


def settle(case: Case, *, by: Account, move: Callable[..., Any]) -> Any:
    """Move a case, unless the reviewer is close to somebody whom it may be about, and notify the person."""
    if conflicted := refuse_case(by, case.pk):
        return conflicted
    record = lookup.record(dod_id=case.dod_id) if case.dod_id else None
    outcome = act_and_notify(partial(act_and_notify_record, partial(move, case.pk, record, by=by), record))
    return actions.Done() if isinstance(outcome, cases.Moved) else outcome


def put_back(case: Case, *, by: Account) -> Any:
    outcome = reviewing.put_back(case.pk, by=by)
    return actions.Done() if isinstance(outcome, cases.Moved) else outcome


def without_record(move: Callable[..., Any]) -> Callable[..., Any]:
    """Return a move that is told the record of a case, for one that does not ask for it."""
    return lambda pk, record, *, by: move(pk, by=by)


OF_CASES = (
    ConfirmedAction(
        name="confirm",
        permission=DECIDE,
        question="Confirm what your colleague proposes?",
        button="Confirm the decision",
        follows=lambda case: [
            f"The decision: {case.get_decision_display()}. {case.get_reason_display()}.",
            FOLLOWS.get(case.decision, ""),
        ],
        act=partial(settle, move=reviewing.confirm),
        done="Confirmed.",
        why=reasons.CONFIRMING,
        reasons=REFUSALS,
    ),
    ConfirmedAction(
        name="send-back",
        permission=DECIDE,
        question="Send this case back?",
        button="Send it back",
        follows=say_always("The proposal is deleted. The case waits for a reviewer again."),
        act=partial(settle, move=without_record(reviewing.send_back)),
        done="The case is back in the queue.",
        why=reasons.SENDING_BACK,
        reasons=REFUSALS,
    ),
    ConfirmedAction(
        name="put-back",
        permission=DECIDE,
        question="Put this case back into the queue?",
        button="Back into the queue",
        follows=say_always("The case waits for a reviewer again. Nothing changes for the person."),
        act=put_back,
        done="The case is back in the queue.",
        why=reasons.PUTTING_BACK,
        reasons=REFUSALS,
    ),
)


@admin.register(Case)
class CaseAdmin(ConfirmingAdmin):
    """Cases by due date. Opening one is recorded. No list shows what was typed."""

    list_display = ("number", "due", "where", "level", "journey", "opened_at", "with_whom")
    list_display_links = ("number",)
    confirmed = OF_CASES
    list_filter = (Queue, "level", "journey")
    list_per_page = 25
    ordering = ("due_at", "number")
    search_fields = ("reference",)
    search_help_text = "The number of a case, or the reference that the person has."

    def get_queryset(self, request: HttpRequest) -> Reviews:
        reviewer = Account.objects.filter(pk=OuterRef("taken_by"))
        name = reviewer.values_list(Concat("first_name", Value(" "), "last_name"))
        return super().get_queryset(request).exclude(state=State.REPEATED).annotate(reviewer=Subquery(name))

    def get_search_results(self, request: HttpRequest, queryset: Reviews, search_term: str) -> tuple[Reviews, bool]:
        typed = search_term.strip()
        return (queryset.filter(is_named(typed)) if typed else queryset), False

    @admin.display(description="State", ordering="state")
    def where(self, case: Case) -> str:
        return case.get_state_display()

    @admin.display(description="Due", ordering="due_at")
    def due(self, case: Case) -> str:
        day = timezone.localtime(case.due_at).strftime("%b %-d, %Y")
        late = case.state in Case.WAITING and case.due_at < timezone.now()
        return f"{day} (overdue)" if late else day

    @admin.display(description="With", empty_value="")
    def with_whom(self, case: Case) -> str | None:
        return getattr(case, "reviewer", None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        case = self.get_object(request, object_id)
        if case is None or not self.has_view_permission(request, case) or request.method == "POST":
            return super().change_view(request, object_id, form_url, extra_context)
        return self.page(request, case)

    def page(
        self, request: HttpRequest, case: Case, *, found: Any = None, chosen: str = "", sent: ReasonForm | None = None
    ) -> HttpResponse:
        """Show the case with everything needed to decide it.

        That is: who it may be, the details side by side, and what this reviewer may do. `sent` is a decision that came
        back with errors.
        """
        audit.record("case.viewed", by=request.user, account_id=case.account_id, case=case.number)
        typed, names = read_typed(case), names_of_reviewers()
        context = {
            **self.admin_site.each_context(request),
            "title": str(case),
            "opts": self.opts,
            "case": case,
            "reference": case.shown_reference,
            "overdue": case.state in Case.WAITING and case.due_at < timezone.now(),
            "history": [(past, names.get(past.by or 0, "")) for past in case.history.all()],
            "holder": names.get(case.taken_by or 0, "") if case.state == State.TAKEN else "",
            "proposer": names.get(case.decided_by or 0, ""),
            "found": found,
            **self.buttons(request, case),
        }
        if typed:
            context |= self.comparison(request, case, typed, chosen, sent)
        return render(request, "admin/idproofing/case/review.html", context)

    def comparison(
        self, request: HttpRequest, case: Case, typed: cases.Typed, chosen: str, sent: ReasonForm | None
    ) -> dict:
        """Return the candidates, the one that is compared, and the decisions that fit it."""
        candidates = comparing.candidates(case, typed)
        chosen = chosen or case.dod_id or (candidates[0].person.dod_id if candidates else "")
        record = lookup.record(dod_id=chosen) if chosen else None
        if record:
            audit.record("case.compared", by=request.user, dod_id=chosen, case=case.number)
        ineligibility, silent = record.ineligibility if record else None, record is None and not lookup.answers()
        fitting = () if silent else reviewing.fitting(record)
        beside = None if record and record.person.is_shielded else record
        if sent and sent.data["decision"] not in fitting:
            messages.error(request, REFUSALS[reviewing.NotFitting])
        return {
            "typed": typed,
            "candidates": candidates,
            "silent": silent,
            "record": record,
            "beside": beside,
            "lines": comparing.lines(case, typed, beside) if beside else comparing.alone(typed),
            "ineligibility": comparing.INELIGIBILITIES[ineligibility] if ineligibility else "",
            "doubts": [doubt.label for doubt in sorted(doubts_about(case, beside))] if beside else [],
            "forms": [
                sent
                if sent and sent.data["decision"] == one
                else ReasonForm(decision=one, dod_id=chosen if one == Decision.APPROVE else "")
                for one in fitting
            ],
        }

    def buttons(self, request: HttpRequest, case: Case) -> dict[str, bool]:
        """Return what this staff member may do with the case in its present state."""
        may, me = self.may_decide(request), request.user.pk
        return {
            "can_take": may and case.state == State.OPEN,
            "can_decide": may and case.state == State.TAKEN and case.taken_by == me,
            "can_put_back": may and case.state == State.TAKEN,
            "can_confirm": may and case.state == State.PROPOSED and case.decided_by != me,
            "can_take_back": may and case.state == State.PROPOSED and case.decided_by == me,
            "can_search": may and case.state == State.TAKEN and case.taken_by == me and not case.is_upgrade,
        }

    def may_decide(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DECIDE)  # type: ignore[union-attr]

    def get_urls(self) -> list[URLPattern]:
        moves: dict[str, Callable[..., HttpResponse]] = {
            "take": self.take,
            "compare": self.compare,
            "decide": self.decide,
        }
        named = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(require_POST(view)), name=f"idproofing_case_{name}")
            for name, view in moves.items()
        ]
        return named + super().get_urls()

    def take(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.may_decide(request) and (conflict := refuse_case(request.user, pk, needs_deers=False)):  # type: ignore[arg-type]
            return self.say(request, pk, conflict.sentence)
        return self.act(request, pk, partial(reviewing.take, pk, by=request.user), "The case is yours.")

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.may_decide(request):
            return HttpResponse(status=403)
        if request.POST.get("decision") not in Decision.values:
            return self.say(request, pk, "Choose a decision.")
        form = ReasonForm(request.POST, decision=request.POST["decision"])
        chosen = form.cleaned_data["dod_id"] if form.is_valid() else ""
        if answer := self.before_deciding(request, pk, chosen):
            return answer
        if not form.is_valid():
            return self.show_again(request, pk, form)
        given = form.cleaned_data
        record = lookup.record(dod_id=given["dod_id"]) if given["dod_id"] else None
        case = Case.objects.filter(pk=pk).first()
        doubts = doubts_about(case, record) if case and record else None
        decision = partial(
            reviewing.decide, pk, given["decision"], given["reason"], record, by=request.user, doubts=doubts
        )
        return self.act(request, pk, decision, "Decided.", record=record)

    def show_again(self, request: HttpRequest, pk: int, form: ReasonForm) -> HttpResponse:
        """Show the case with a decision that came back with errors, and with the record that was compared."""
        case = self.get_object(request, str(pk))
        if case is None or not self.buttons(request, case)["can_decide"]:
            return self.say(request, pk, REFUSALS[cases.NotNow])
        may_choose = self.buttons(request, case)["can_search"]
        return self.page(
            request, case, chosen=dod_ids.clean(form.data.get("dod_id", "")) if may_choose else "", sent=form
        )

    def before_deciding(self, request: HttpRequest, pk: int, chosen: str = "") -> HttpResponse | None:
        """Return the answer to a reviewer who may not decide now: without permission or second step, or close to it."""
        if not self.may_decide(request):
            return HttpResponse(status=403)
        back = reverse("admin:idproofing_case_change", args=[pk])
        if proof := ask_for_second_step(request, policy.FRESH_FOR_DECISIONS, back=back):
            return proof
        conflict = refuse_case(request.user, pk, chosen)  # type: ignore[arg-type]
        return self.say(request, pk, conflict.sentence) if conflict else None

    def say(self, request: HttpRequest, pk: int, sentence: str) -> HttpResponseRedirect:
        messages.error(request, sentence)
        return self.back_to(pk)

    def act(
        self, request: HttpRequest, pk: int, action: Callable[[], object], done: str, *, record: Record | None = None
    ) -> HttpResponse:
        """Run the action of a button, and notify the person, at an approval also at the address of record."""
        if not self.may_decide(request):
            return HttpResponse(status=403)
        outcome = act_and_notify(partial(act_and_notify_record, action, record))
        if isinstance(outcome, cases.Moved):
            waits = outcome.case.state == State.PROPOSED
            messages.success(request, "Proposed. A second reviewer has to confirm it." if waits else done)
        else:
            messages.error(request, REFUSALS[type(outcome)])
        return self.back_to(pk)

    def back_to(self, pk: int) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:idproofing_case_change", args=[pk]))

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show another record next to what was typed, or search for one. This is a POST so that no name is in a URL.

        Only the reviewer who has taken the case may do this, so that it is no way to browse DEERS.
        """
        case = self.get_object(request, str(pk))
        if case is None or not self.buttons(request, case)["can_search"]:
            return HttpResponse(status=403)
        text = request.POST.get("search", "").replace("\x00", "").strip()[:100]
        chosen = dod_ids.clean(request.POST.get("dod_id", ""))
        if not text:
            return self.page(request, case, chosen=chosen)
        refused, _ = account_search.refuse_search(request.user)  # type: ignore[arg-type]
        if refused:
            messages.error(request, refused)
            return self.page(request, case, chosen=chosen)
        audit.record("support.person-searched", by=request.user)
        return self.page(request, case, found={"text": text, "people": lookup.search(text, most=MOST_FOUND)})


MOST_FOUND = 20


def names_of_reviewers() -> dict[int, str]:
    """Return the names of staff by account ID, in one query. There are few of them."""
    return {account.pk: account.get_full_name() for account in Account.objects.filter(is_staff=True)}
