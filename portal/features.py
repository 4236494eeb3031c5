"""The table of the portal's features: address, place in the menu, level, content and sample of each.

URLs, the menu, the gate, the previews and the tests all read this table. A feature that names no level is Premium.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.models import Account
from core import policy
from core.policy import Level
from portal import certificate, health_card, history, papers, personal
from portal.appointments import pages as appointments
from portal.appointments import visits
from portal.export import pages as copies
from portal.family import pages as family
from portal.family import surrogate_pages as acting
from portal.medications import pages as medications
from portal.messages import pages as messages
from portal.messages import writing
from portal.notices import pages as notices
from portal.results import labs, over_time, vitals
from portal.samples import family as sample_family
from portal.samples import history as sample_history
from portal.samples import messages as sample_messages
from portal.samples import papers as sample_papers
from portal.samples import results as sample_results
from portal.tools import file_pages, goals, reminders, visit
from portal.tools import pages as tools

Context = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """An address below a feature's own, behind the same gate: /portal/<feature>/<pattern>.

    `content` gets the account, the query of the address and the parts of the address. It returns the context of
    `template` or, for a file, the response itself. `act` is for pages with a form: it gets the request in place of the
    query, does what was sent, and returns a redirect, or the context with what is wrong. Without it, a POST is refused.
    `asks_again` is the greatest age of the last proof of who the person is, and `level` the level that opens the page,
    if they are stricter than the feature's. `keeps` is true if the form has the attribute `data-keep`: what was kept of
    it is forgotten once it is sent. `is_noted` is true if the look itself changes something: a code is shown once, or a
    message counts as read. `is_for_all` is true if the page opens at each level, although its feature does not.
    """

    name: str
    pattern: str
    content: Callable[..., Context | HttpResponseBase]
    template: str = ""
    act: Callable[..., Context | HttpResponseBase] | None = None
    asks_again: timedelta | None = None
    level: Level = Level.BASIC
    keeps: bool = False
    is_noted: bool = False
    is_for_all: bool = False


def methods(act: Callable[..., Any] | None, *, is_noted: bool = False) -> list[str]:
    """Return the methods of HTTP that an address takes, which has this `act`. One whose look is noted takes no HEAD."""
    return ["GET", *([] if is_noted else ["HEAD"]), *(["POST"] if act else [])]


@dataclass(frozen=True)
class Feature:
    """A page of the portal.

    `content` returns the template's context for an account and the query of the address. `detail`, if there is one,
    returns the context of one item. `pages` are further addresses. `sample` returns the context of the preview that an
    account of a lower level gets instead. `asks_again` is the greatest age of the last proof of who the person is. If
    the proof is older, the person is asked again. `is_health` is false for the few that show nothing of the health
    record, so that a look at them leaves no event. `act` does what a form at the feature's own address sends.
    `by_own_clock` says that times on its pages are those of the reader's clock. `above_sample` returns what a preview
    shows of the account's own, which the person must be able to stop at each level.
    """

    slug: str
    title: str
    summary: str
    icon: str
    group: str
    content: Callable[[Account, QueryDict], Context]
    detail: Callable[[Account, str], Context] | None = None
    sample: Callable[[], Context] = dict
    level: Level = Level.PREMIUM
    asks_again: timedelta | None = None
    is_health: bool = True
    pages: tuple[Page, ...] = ()
    act: Callable[[Account, HttpRequest], Context | HttpResponseBase] | None = None
    by_own_clock: bool = False
    above_sample: Callable[[Account], Context] | None = None

    @cached_property
    def url(self) -> str:
        return reverse("feature", args=[self.slug])

    @property
    def template(self) -> str:
        return f"portal/{self.slug}.html"

    @property
    def detail_template(self) -> str:
        return f"portal/{self.slug}_item.html"

    @property
    def has_items(self) -> bool:
        """Return whether the feature's items have pages of their own.

        Templates ask this, because they would call `detail`.
        """
        return self.detail is not None or any(page.pattern == "<uuid:item>/" for page in self.pages)

    def opens_for(self, account: Account, level: Level = Level.BASIC) -> bool:
        """Return whether the account's level is high enough, also for a page that takes this `level`.

        An account without a level opens nothing.
        """
        return account.level is not None and account.level >= max(self.level, level)


def results_of_a_test() -> tuple[Page, ...]:
    """Return the page of one test or measurement, and its file. Lab results and vitals both have them."""
    return (
        Page("test", "test/<uuid:item>/<int:place>/", over_time.test, "portal/test.html"),
        Page("csv", "test/<uuid:item>/<int:place>/results.csv", over_time.test_file),
    )


def acting_on_appointments() -> tuple[Page, ...]:
    """Return the pages of asking for, moving and canceling appointments. To read them is Basic, to act is Premium."""

    def acting(name: str, pattern: str, content: Callable[..., Context], act: Callable[..., Any] | None = None) -> Page:
        template, keeps = f"portal/appointments_{name}.html", name in ("new", "move", "questions")
        return Page(name, pattern, content, template, act, level=Level.PREMIUM, keeps=keeps)

    return (
        acting("new", "new/", appointments.new, appointments.ask),
        acting("requests", "requests/", appointments.requests),
        acting("request", "requests/<uuid:item>/", appointments.request, appointments.withdraw),
        acting("move", "<uuid:item>/move/", appointments.moving, appointments.move),
        acting("cancel", "<uuid:item>/cancel/", appointments.canceling, appointments.cancel),
        acting("questions", "<uuid:item>/questions/", appointments.questions, appointments.check_in),
    )


CARE, RECORD, SELF, WELL = "Your care", "Your health record", "About you", "Staying well"

FEATURES = (
    Feature(
        "appointments",
        "Appointments",
        "Your upcoming and past visits.",
        "event",
        CARE,
        visits.appointments,
        visits.appointment,
        level=Level.BASIC,
        pages=(
            Page("visits", "visits/", visits.visits, "portal/appointments_visits.html"),
            Page("calendar", "<uuid:item>/calendar.ics", visits.calendar),
            *acting_on_appointments(),
        ),
    ),
    Feature(
        "messages",
        "Messages",
        "Secure messages between you and your care team.",
        "mail",
        CARE,
        messages.inbox,
        sample=sample_messages.messages,
        by_own_clock=True,
        pages=(
            Page("sent", "sent/", messages.sent, "portal/messages_sent.html"),
            Page("drafts", "drafts/", messages.drafts, "portal/messages_drafts.html"),
            Page("archive", "archive/", messages.archive, "portal/messages.html"),
            Page("search", "search/", messages.search, "portal/messages_search.html"),
            Page("compose", "compose/", writing.compose, "portal/messages_write.html", writing.write_new),
            Page("draft", "draft/<uuid:item>/", writing.draft, "portal/messages_write.html", writing.write_draft),
            Page("message", "message/<uuid:item>/", messages.message),
            Page("file", "file/<uuid:item>/", messages.file),
            Page(
                "thread",
                "<uuid:item>/",
                messages.thread,
                "portal/messages_thread.html",
                messages.act_on_thread,
                is_noted=True,
            ),
            Page("reply", "<uuid:item>/reply/", writing.reply, "portal/messages_write.html", writing.write_reply),
        ),
    ),
    Feature(
        "medications",
        "Medications",
        "What you take and how, and asking for refills and renewals.",
        "local_pharmacy",
        CARE,
        medications.medications,
        medications.medication,
        sample_history.medications,
        act=medications.ask,
        pages=(
            Page("fills", "<uuid:item>/fills/", medications.fills, "portal/medications_fills.html"),
            Page("asked", "asked/", medications.asked, "portal/medications_asked.html"),
            Page("requests", "requests/", medications.requests, "portal/medications_requests.html"),
            Page(
                "request",
                "requests/<uuid:item>/",
                medications.request,
                "portal/medications_request.html",
                act=medications.withdraw,
            ),
        ),
    ),
    Feature(
        "allergies",
        "Allergies",
        "What you are allergic to, as far as your care team knows.",
        "warning",
        RECORD,
        history.allergies,
        level=Level.BASIC,
    ),
    Feature(
        "conditions",
        "Conditions",
        "The health conditions that you have now or had before.",
        "topic",
        RECORD,
        history.conditions,
        sample=sample_history.conditions,
    ),
    Feature(
        "immunizations",
        "Immunizations",
        "The vaccines that you have been given, with dates and doses.",
        "verified_user",
        RECORD,
        history.immunizations,
        level=Level.BASIC,
        pages=(
            Page("certificate", "certificate.pdf", certificate.certificate, "portal/immunizations_certificate.html"),
            Page("card", "card/", health_card.card, "portal/immunizations_card.html"),
            Page("card-file", "card.smart-health-card", health_card.download),
        ),
    ),
    Feature(
        "labs",
        "Lab results",
        "Results of blood and other tests, each beside its usual range.",
        "science",
        RECORD,
        labs.labs,
        labs.lab_panel,
        sample_results.labs,
        pages=(
            Page("single", "single/", labs.single_results, "portal/labs_single.html"),
            Page("other", "other/", labs.other_observations, "portal/labs_single.html"),
            Page("more", "more/<uuid:item>/", labs.more_of_panel, "portal/lab_more.html"),
            *results_of_a_test(),
        ),
    ),
    Feature(
        "vitals",
        "Vitals",
        "Blood pressure, heart rate, weight and other measurements from your visits.",
        "favorite",
        RECORD,
        vitals.vitals,
        sample=sample_results.vitals,
        pages=results_of_a_test(),
    ),
    Feature(
        "notes",
        "Notes and documents",
        "What your care team wrote after your visits.",
        "file_present",
        RECORD,
        history.notes,
        history.note,
        sample_history.notes,
        pages=(
            Page("file", "file/<uuid:item>/<int:place>/", history.note_file, "portal/notes_file.html"),
            Page("download", "file/<uuid:item>/<int:place>/download/", history.download),
        ),
    ),
    Feature(
        "procedures",
        "Procedures",
        "Operations, screenings and other procedures that you have had.",
        "medical_services",
        RECORD,
        history.procedures,
        sample=sample_history.procedures,
    ),
    Feature(
        "record",
        "Complete record",
        "Each part of your health record, the papers that no other page lists, and a copy to take with you.",
        "folder_open",
        RECORD,
        papers.record,
        sample=sample_papers.record,
        asks_again=policy.FRESH_FOR_EXPORTS,
        pages=(
            Page("papers", "papers/", papers.papers, "portal/record_papers.html"),
            Page("people", "people/", papers.people, "portal/record_people.html"),
            Page("paper", "papers/<uuid:item>/", papers.paper, "portal/record_paper.html"),
            Page("copies", "copy/", copies.ask, "portal/export/ask.html", act=copies.begin),
            Page("copy", "copy/<uuid:item>/", copies.copy, "portal/export/copy.html", act=copies.stop),
            Page("download", "copy/<uuid:item>/download/", copies.download),
        ),
    ),
    Feature(
        "library",
        "Health library",
        "Short articles on common health questions, in plain language.",
        "local_library",
        WELL,
        personal.library,
        personal.library_article,
        level=Level.BASIC,
        is_health=False,
    ),
    Feature(
        "tools",
        "Health tools",
        "What you measure yourself, your goals, and reminders of what is due.",
        "flag",
        WELL,
        tools.tools,
        sample=sample_history.tools,
        pages=(
            Page("new", "new/", tools.new_tracker, "portal/tools/new.html", act=tools.add_tracker, keeps=True),
            Page("visit", "visit/", visit.prepare, "portal/tools/visit.html", act=visit.save_note, keeps=True),
            Page("visit-pdf", "visit.pdf", visit.paper),
            Page(
                "new-goal", "goals/new/", goals.new_goal, "portal/tools/goal_new.html", act=goals.add_goal, keeps=True
            ),
            Page("goal", "goals/<uuid:item>/", goals.goal, "portal/tools/goal.html", act=goals.change_goal),
            Page(
                "measure",
                "<slug:measure>/",
                tools.measure,
                "portal/tools/measure.html",
                act=tools.add_reading,
                keeps=True,
            ),
            Page(
                "reading",
                "<slug:measure>/<uuid:item>/",
                tools.reading,
                "portal/tools/reading.html",
                act=tools.change_reading,
                keeps=True,
            ),
            Page(
                "target",
                "<slug:measure>/target/",
                tools.target,
                "portal/tools/target.html",
                act=tools.set_target,
                keeps=True,
            ),
            Page(
                "file",
                "<slug:measure>/file/",
                file_pages.ask_file,
                "portal/tools/file.html",
                act=file_pages.take_file,
                keeps=True,
            ),
            Page("download", "<slug:measure>/readings.csv", file_pages.download),
            Page(
                "reminder",
                "<slug:measure>/reminder/",
                reminders.reminder,
                "portal/tools/reminder.html",
                act=reminders.set_reminder,
                keeps=True,
            ),
            Page(
                "delete",
                "<slug:measure>/delete/",
                tools.asked_to_delete,
                "portal/tools/delete.html",
                act=tools.delete_tracker,
            ),
        ),
    ),
    Feature(
        "eligibility",
        "Eligibility and plan",
        "Your status in DEERS and your TRICARE plan.",
        "account_balance",
        SELF,
        personal.eligibility,
        level=Level.BASIC,
        is_health=False,
    ),
    Feature(
        "contact",
        "Contact details",
        "How we reach you, and the address that DEERS has for you.",
        "contact_page",
        SELF,
        personal.contact,
        level=Level.BASIC,
        is_health=False,
        pages=(Page("notices", "notices/", notices.show, "portal/contact_notices.html", act=notices.save, keeps=True),),
    ),
    Feature(
        "family",
        "Family access",
        "Your family in DEERS, and who can see or manage whose health record.",
        "people",
        SELF,
        family.family,
        sample=sample_family.family,
        above_sample=acting.list_surrogates,
        asks_again=policy.FRESH_FOR_EXPORTS,
        is_health=False,
        pages=(
            Page("offer", "offer/", family.offer, "portal/family/offer.html", act=family.make_offer, keeps=True),
            Page("code", "code/", family.code, "portal/family/code.html", act=family.use_code),
            Page("share", "share/", family.share, "portal/family/share.html", act=family.make_share, keeps=True),
            Page(
                "shared",
                "share/<uuid:item>/",
                family.shared,
                "portal/family/shared.html",
                act=family.stop_share,
                is_noted=True,
            ),
            Page(
                "surrogate",
                "surrogate/",
                acting.ask,
                "portal/family/surrogate.html",
                act=acting.make_request,
                keeps=True,
            ),
            Page(
                "surrogacy",
                "surrogate/<uuid:item>/",
                acting.surrogacy,
                "portal/family/surrogacy.html",
                act=acting.stop,
                is_for_all=True,
            ),
            Page(
                "access",
                "access/<uuid:item>/",
                family.access,
                "portal/family/access.html",
                act=family.stop,
                is_noted=True,
            ),
        ),
    ),
    Feature(
        "access",
        "Access history",
        "When and how your account was used.",
        "history",
        SELF,
        personal.access,
        level=Level.BASIC,
        is_health=False,
    ),
)
BY_SLUG = {feature.slug: feature for feature in FEATURES}


def menu_groups() -> list[tuple[str, list[Feature]]]:
    """Return the features by their headings in the menu."""
    return [(group, list(some)) for group, some in groupby(FEATURES, key=lambda feature: feature.group)]
