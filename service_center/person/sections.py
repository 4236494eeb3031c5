"""The lists on a person's page: each is one plain function that returns rows, and a line of SECTIONS.

A room that has something about a person adds its list here, such as chats or calls: a function of the subject, the
heading, the permission that opens it, and what stands there if the list is empty.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Notice
from idproofing.models import ActivationCode, Case, Letter, Quiz, Visit
from idproofing.routes import Route
from portal.features import FEATURES
from service_center.person.keys import page_of_account
from service_center.person.subject import Step, Subject, level_word
from service_center.read_only import admin_page, has_permission
from support.chat.states import state_of
from support.models import CallBack


@dataclass(frozen=True)
class Row:
    """One line of a list: when, what, what has become of it, and the address of its own page ("": none)."""

    at: datetime | None
    what: str
    state: str = ""
    address: str = ""


@dataclass(frozen=True)
class Section:
    """A list on the page: its name in the address, its heading, what it says when it is empty, and who may see it.

    `opens` is the permission for the rows' own pages, without which they have no links. `more` is said below it.
    """

    name: str
    title: str
    rows: Callable[[Subject], Iterable[Row]]
    empty: str
    permission: str
    opens: str = ""
    more: str = ""


@dataclass(frozen=True)
class Shown:
    """A section with its rows, for the template."""

    section: Section
    rows: list[Row]
    has_links: bool


def sections_of(subject: Subject, request: HttpRequest) -> list[Shown]:
    """Return the lists that this member of staff may see."""
    return [
        Shown(section, list(section.rows(subject)), not section.opens or has_permission(request, section.opens))
        for section in SECTIONS
        if has_permission(request, section.permission)
    ]


def day(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "M j, Y, g:i A") if moment else ""


def of_level(step: Step) -> str:
    return level_word(step.level)


def quizzes(subject: Subject) -> Iterable[Row]:
    """Return how the identity questions ended. What they were about, and which answer was right, nobody sees."""
    for step in subject.steps_of_kind("quiz"):
        ended = f", {day(step.changed_at)}" if step.changed_at else ""
        yield Row(step.at, f"Questions for {of_level(step)}", f"{Quiz.State(step.state).label}{ended}")


CODE_STATES = {
    "live": "Works until {until}",
    "used": "Used {changed}",
    "void": "Canceled",
    "expired": "Over on {until}",
}


def codes(subject: Subject) -> Iterable[Row]:
    """Return the activation codes: how each was sent, when, and until when it works. The codes are not kept."""
    for step in subject.steps_of_kind("code"):
        state = CODE_STATES[step.state].format(until=day(step.until), changed=day(step.changed_at))
        yield Row(step.at, f"{of_level(step)}, {ActivationCode.Delivery(step.detail).label.lower()}", state)


def letters(subject: Subject) -> Iterable[Row]:
    for step in subject.steps_of_kind("letter"):
        state = f"{Letter.State(step.state).label}, {day(step.changed_at)}"
        yield Row(step.at, step.detail, state, reverse("admin:idproofing_letter_change", args=[step.pk]))


def visits(subject: Subject) -> Iterable[Row]:
    for step in subject.steps_of_kind("visit"):
        reason = f": {Visit.Reason(step.detail).label}" if step.detail else ""
        until = f", good until {day(step.until)}" if step.state == Visit.State.OPEN else ""
        address = reverse("admin:idproofing_visit_change", args=[step.pk])
        yield Row(step.at, f"Slip for {of_level(step)}", f"{Visit.State(step.state).label}{reason}{until}", address)


def cases(subject: Subject) -> Iterable[Row]:
    for step in subject.steps_of_kind("case"):
        due = f", due {day(step.until)}" if step.state in Case.WAITING else ""
        what = f"Case {step.pk}, {Case.Journey(step.detail).label.lower()}, {of_level(step)}"
        address = reverse("admin:idproofing_case_change", args=[step.pk])
        yield Row(step.at, what, f"{Case.State(step.state).label}{due}", address)


def proofs(subject: Subject) -> Iterable[Row]:
    for step in subject.steps_of_kind("proof"):
        yield Row(step.at, of_level(step), Route(step.detail).label)


def mails(subject: Subject) -> Iterable[Row]:
    """Return the emails about the account: which, when, and whether the mail server took them. None has its words."""
    for notice in subject.lists.get("mails", ()):
        yield Row(notice.created_at, notice.kind.replace("-", " ").capitalize(), state_of_mail(notice))


def state_of_mail(notice: Notice) -> str:
    """Return what is known of an email. Nobody knows whether it was read."""
    if notice.sent_at:
        return f"Taken by the mail server, {day(notice.sent_at)}"
    if notice.given_up_at:
        return "It is not known whether it went out. It is not sent again"
    return "Being sent" if notice.handed_over_at else "Waits to be sent"


def family(subject: Subject) -> Iterable[Row]:
    """Return who may see or act in whose health record today. What is in a record, nobody sees here."""
    titles = {feature.slug: str(feature.title) for feature in FEATURES}
    for one in subject.lists.get("family", ()):
        is_owner = subject.account is not None and one.owner_id == subject.account.pk
        other = one.delegate_id if is_owner else one.owner_id
        acts = ", ".join(titles.get(slug, slug) for slug in one.acts)
        what = f"{one.delegate_name} may see" if is_owner else f"May see the record of {one.owner_name}"
        more = f"{len(one.sees)} parts until {date_format(one.ends, 'M j, Y')}. "
        more += f"May act in: {acts}." if acts else "May not act."
        yield Row(one.offered_at, what, more, page_of_account(other))


def calls(subject: Subject) -> Iterable[Row]:
    """Return the calls about the person: how the caller was identified, what it was about, and how it ended."""
    for call in subject.lists["calls"]:
        about = call.get_about_display() if call.about else "Going on now"
        outcome = f". {call.get_outcome_display()}" if call.outcome else ""
        note = f". Note: {call.note}" if call.note else ""
        yield Row(call.began_at, about, f"{call.get_identity_display()}{outcome}{note}")


def call_backs(subject: Subject) -> Iterable[Row]:
    """Return the calls that the person asked for while signed in."""
    for one in subject.lists.get("call_backs", ()):
        address = reverse("admin:calls_call_back", args=[one.pk])
        yield Row(one.made_at, f"For {day(one.starts_at)}", CallBack.State(one.state).label, address)


def chats(subject: Subject) -> Iterable[Row]:
    """Return the chats in which the person let the agent see whose account it is."""
    for chat in subject.lists.get("chats", ()):
        reason = f". {chat.get_reason_display()}" if chat.reason else ""
        what = chat.get_topic_display()
        yield Row(
            chat.opened_at, what, f"{state_of(chat).label}{reason}", reverse("admin:chat_chat_change", args=[chat.pk])
        )


def messages(subject: Subject) -> Iterable[Row]:
    """Return the messages by the contact form that were sent while signed in."""
    for one in subject.lists.get("messages", ()):
        what = f"{one.reference}, {one.get_topic_display().lower()}"
        yield Row(one.created_at, what, one.get_state_display(), admin_page(one))


PROOFING, ACCOUNT = "idproofing.view_proofing", "accounts.view_account"
SECTIONS = (
    Section("codes", "Codes", codes, "No code was made.", PROOFING, more="Nobody can read a code, staff included."),
    Section("letters", "Letters", letters, "No letter was asked for.", PROOFING, "idproofing.view_letter"),
    Section("visits", "Visits", visits, "No slip for a visit was made.", PROOFING, "idproofing.view_visit"),
    Section("reviews", "Reviews", cases, "No review is known to be about them.", PROOFING, "idproofing.view_case"),
    Section("questions", "Identity questions", quizzes, "No questions were asked.", PROOFING),
    Section("proofs", "Proven so far", proofs, "Nothing yet.", PROOFING),
    Section(
        "mail", "Emails", mails, "No email about an account is known.", ACCOUNT,
        more="Emails to a person who has no account yet are not listed.",
    ),
    Section("calls", "Calls", calls, "No call about them was noted.", "calls.take_call"),
    Section("call-backs", "Calls asked for", call_backs, "They asked for no call while signed in.", "calls.take_call"),
    Section(
        "messages", "Messages to us", messages, "They sent no message while signed in.", "support.view_contactmessage"
    ),
    Section("chats", "Chats", chats, "They showed no agent of a chat who they are.", ACCOUNT, "chat.answer_chat"),
    Section("family", "Family access", family, "Nobody has access for another person.", ACCOUNT),
)  # fmt: skip
