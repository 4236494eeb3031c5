"""Acting for another: messages, visits and readings that one person sends for another, and who reads what of it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Notice
from portal.appointments.models import CheckIn, Step
from portal.appointments.models import Request as Wish
from portal.appointments.pages import keep_answers
from portal.appointments.states import State as VisitState
from portal.appointments.states import change_state
from portal.family import offering
from portal.family.access import ACTS, find_access
from portal.family.models import Delegation
from portal.messages.models import Attachment, Message, Thread
from portal.notices.models import How, Kind
from portal.notices.telling import choose
from portal.record.models import Appointment
from portal.tools.fhir import observations_of
from portal.tools.models import OwnGoal, Reading, Tracker, VisitNote
from portal.tools.visit import write_note
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import signed_in, staff
from tests.parallel import in_parallel
from tests.portal.appointments.test_acting import asked, booked, wish
from tests.portal.conftest import RUTH, proved
from tests.portal.family.conftest import given
from tests.portal.messages.conversations import answered, form, plans_visits, sent, team, treats, works_in
from tests.support.test_guides import words

pytestmark = pytest.mark.django_db

EVERYTHING = tuple(ACTS)
WEIGHT = {"number": "181.5", "unit": "[lb_av]", "at": "2026-03-14T07:30"}


def of(row: Delegation, path: str = "") -> str:
    return f"/portal/of/{row.pk}/{path}"


@pytest.fixture
def row(ruth: Account, otis: Account) -> Delegation:
    """What Ruth gave Otis: to act wherever one can."""
    return given(ruth, otis, EVERYTHING, EVERYTHING)


def browser(account: Account) -> Client:
    """Another browser, in which this person has just signed in."""
    client = Client()
    client.force_login(account)
    proved(client, seconds_ago=0)
    return client


def goes_out(message: Message) -> None:
    """Let the minutes pass in which it can be taken back."""
    now = timezone.now()
    times = {"held_at": now - timedelta(hours=1), "send_due_at": now - timedelta(minutes=1)}
    Message.objects.filter(pk=message.pk).update(**times)


def thread_of(message: Message) -> Thread:
    assert message.thread
    return message.thread


def only_sees(row: Delegation) -> None:
    Delegation.objects.filter(pk=row.pk).update(acts=[])


def reads(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return walk.text_of(response)


def main_of(client: Client, address: str) -> str:
    return client.get(address).content.decode().partition("<main")[2].partition("</main>")[0]


def is_for_ruth(event: str, row: Delegation) -> bool:
    """Whether the newest event of this kind is on Ruth's trail, by Otis, with the access."""
    found = AuditEvent.objects.filter(event=event).latest("id")
    by = (found.account_id, found.actor_id, found.actor_kind)
    return by == (row.owner_id, row.delegate_id, "person") and found.details.get("delegation") == str(row.pk)


def test_otis_writes_for_ruth_and_all_three_read_who_wrote(client, ruth, otis, row):
    primary = treats(team())
    client.force_login(otis)
    answer = client.post(of(row, "messages/compose/"), form(primary))
    message = Message.objects.get()
    assert answer["Location"] == of(row, f"messages/{message.pk}/")
    assert (message.patient, message.helper, message.author_name) == (RUTH, otis, otis.get_full_name())
    assert is_for_ruth("message.held", row)
    said = "Written by Otis.p Tester for"
    assert f"{said} Ruth.p Tester" in reads(client, answer["Location"])
    Message.objects.update(
        send_due_at=timezone.now() - timedelta(minutes=1), held_at=timezone.now() - timedelta(hours=1)
    )
    assert f"{said} you" in reads(browser(ruth), f"/portal/messages/{message.pk}/")
    nurse = signed_in(works_in(primary, staff("Care team", "nurse.teresa")))
    desk = reads(nurse, f"/admin/secure_messages/thread/{message.thread_id}/change/")
    assert f"{said} Ruth.p Tester" in desk
    assert "by Otis.p Tester, for you" in reads(browser(ruth), "/portal/access/")
    assert client.get(f"/portal/messages/{message.pk}/").status_code == 404


def test_a_draft_is_seen_by_who_writes_it_and_by_nobody_else(client, ruth, otis, row):
    primary = treats(team())
    hers, his = browser(ruth), client
    his.force_login(otis)
    hers.post("/portal/messages/compose/", form(primary, do="save", subject="Between us"))
    mine = Message.objects.get()
    saved = his.post(of(row, "messages/compose/"), form(primary, do="save", subject="For her"))
    draft = Message.objects.exclude(pk=mine.pk).get()
    assert saved["Location"] == of(row, f"messages/draft/{draft.pk}/")
    file = SimpleUploadedFile("a.txt", b"some words")
    his.post(
        of(row, f"messages/draft/{draft.pk}/"),
        form(primary, do="attach", draft=draft.pk, version=1, subject="For her", upload=file),
    )
    attached = Attachment.objects.get()
    for who, before, other, own in ((his, of(row), mine, draft), (hers, "/portal/", draft, mine)):
        assert other.subject not in reads(who, f"{before}messages/drafts/")
        assert own.subject in reads(who, f"{before}messages/drafts/")
        assert "No message has these words" in reads(who, f"{before}messages/search/?q={other.subject}")
        assert who.get(f"{before}messages/draft/{other.pk}/").status_code == 404
        assert who.get(f"{before}messages/message/{other.pk}/").status_code == 404
        typed = form(primary, do="save", draft=other.pk, version=1, body="Mine now")
        assert who.post(f"{before}messages/draft/{other.pk}/", typed).status_code == 200
        who.post(f"{before}messages/draft/{other.pk}/", {"do": "discard"})
    assert hers.get(f"/portal/messages/file/{attached.pk}/").status_code == 404
    assert his.get(of(row, f"messages/file/{attached.pk}/")).status_code == 200
    assert not Message.objects.filter(body="Mine now").exists()
    assert Message.objects.count() == 2


def test_only_who_wrote_a_message_takes_it_back(client, ruth, otis, row):
    primary = treats(team())
    client.force_login(otis)
    client.post(of(row, "messages/compose/"), form(primary))
    message = Message.objects.get()
    hers, back = browser(ruth), {"do": "unsend", "message": str(message.pk)}
    assert "Take back" not in reads(hers, f"/portal/messages/{message.pk}/")
    hers.post(f"/portal/messages/{message.pk}/", back)
    assert Message.objects.get().held_at
    assert "Take back" in reads(client, of(row, f"messages/{message.pk}/"))
    taken = client.post(of(row, f"messages/{message.pk}/"), back)
    assert taken["Location"] == of(row, f"messages/draft/{message.pk}/")
    assert is_for_ruth("message.unsent", row)


def test_an_answer_stays_new_for_ruth_and_both_get_a_link_of_their_own(client, ruth, otis, row):
    primary = treats(team())
    client.force_login(otis)
    client.post(of(row, "messages/compose/"), form(primary))
    Message.objects.update(
        send_due_at=timezone.now() - timedelta(minutes=1), held_at=timezone.now() - timedelta(hours=1)
    )
    message = Message.objects.get()
    nurse = signed_in(works_in(primary, staff("Care team", "nurse.teresa")))
    page = f"/admin/secure_messages/thread/{message.thread_id}/change/"
    nurse.get(page)
    Notice.objects.all().delete()
    nurse.post(page, {"do": "answer", "answer": str(uuid4()), "seen": str(message.pk), "body": "Better not."})
    new = Message.objects.get(author="staff")
    links = {notice.account_id: notice.context for notice in Notice.objects.filter(kind__startswith="new-message")}
    assert f"/portal/messages/message/{new.pk}/" in links[ruth.pk]
    assert of(row, f"messages/message/{new.pk}/") in links[otis.pk]
    assert "Better not." in reads(client, of(row, f"messages/{message.thread_id}/"))
    new.refresh_from_db()
    assert new.opened_at is None
    assert "Unread" in reads(browser(ruth), "/portal/messages/")
    offering.stop(ruth, row)
    assert find_access(otis, RUTH, "messages") is None


def test_who_only_sees_reads_and_opens_no_form(client, ruth, otis, row):
    only_sees(row)
    thread = sent(ruth, treats(team())).thread
    visit, request = booked(), asked(ruth)
    browser(ruth).post("/portal/tools/weight/", WEIGHT)
    client.force_login(otis)
    for path in (f"messages/{thread.pk}/", f"appointments/{visit}/", f"appointments/requests/{request.pk}/"):
        assert '<form method="post"' not in main_of(client, of(row, path))
    for path in ("messages/", "appointments/", "tools/", "tools/weight/", "tools/visit/"):
        page = main_of(client, of(row, path))
        assert 'method="post"' not in page
        for form_of in ("compose/", "/new/", "/target/", "/file/", "goals/new/"):
            assert form_of not in page
    visits = (f"appointments/{visit}/move/", f"appointments/{visit}/cancel/", "appointments/new/")
    tools = ("tools/new/", "tools/weight/file/", "tools/goals/new/")
    for path in ("messages/compose/", f"messages/{thread.pk}/reply/", *visits, *tools):
        for send in (client.get, client.post):
            assert send(of(row, path)).status_code == 403, path
    for path in ("tools/weight/", "tools/visit/", f"messages/{thread.pk}/", f"appointments/requests/{request.pk}/"):
        assert client.post(of(row, path), {"number": "80"}).status_code == 403


def test_otis_asks_moves_cancels_and_checks_in_for_ruth_and_the_desk_reads_his_name(client, ruth, otis, row):
    Account.objects.filter(pk=ruth.pk).update(phone="2065550199")
    client.force_login(otis)
    visit = booked(ahead=timedelta(days=3))
    new = client.post(of(row, "appointments/new/"), wish())
    request = Wish.objects.get()
    assert new["Location"] == of(row, f"appointments/requests/{request.pk}/")
    assert (request.patient, request.account) == (RUTH, ruth)
    assert is_for_ruth("appointment.submitted", row)
    assert "by Otis.p Tester for you" in reads(browser(ruth), f"/portal/appointments/requests/{request.pk}/")
    desk = signed_in(plans_visits())
    assert "by Otis.p Tester for the patient" in reads(desk, f"/admin/appointments/request/{request.pk}/change/")
    assert client.post(new["Location"])["Location"] == new["Location"]
    assert is_for_ruth("appointment.withdrawn", row)

    said = {"is_phone": "yes", "is_changed": "no", "topics": "Her knee"}
    checked = client.post(of(row, f"appointments/{visit}/questions/"), said)
    assert checked["Location"] == of(row, f"appointments/{visit}/")
    check_in = CheckIn.objects.get()
    assert (check_in.account, check_in.helper) == (ruth, otis)
    assert "Otis.p Tester, for the patient" in reads(desk, f"/admin/appointments/checkin/{check_in.pk}/change/")
    assert "555" not in reads(client, of(row, f"appointments/{visit}/questions/"))
    moved = client.post(of(row, f"appointments/{visit}/move/"), wish())
    assert moved["Location"].startswith(of(row, "appointments/requests/"))
    assert client.get(of(row, f"appointments/{visit}/calendar.ics")).status_code == 200
    canceled = client.post(of(row, f"appointments/{visit}/cancel/"))
    assert canceled["Location"] == of(row, f"appointments/{visit}/")
    assert is_for_ruth("appointment.canceled", row)
    assert set(Step.objects.values_list("helper", flat=True)) == {otis.pk}


def test_otis_stores_readings_for_ruth_and_they_say_so_wherever_they_are_shown(client, ruth, otis, row):
    client.force_login(otis)
    stored = client.post(of(row, "tools/weight/"), WEIGHT)
    assert stored["Location"] == of(row, "tools/weight/")
    assert is_for_ruth("tools.reading-added", row)
    reading, tracker = Reading.objects.get(), Tracker.objects.get()
    assert (reading.patient, reading.account, tracker.account) == (RUTH, otis, ruth)
    for who, before in ((client, of(row)), (browser(ruth), "/portal/")):
        assert "Entered by Otis.p Tester" in reads(who, f"{before}tools/weight/")
    assert next(observations_of(RUTH))["performer"] == [{"type": "RelatedPerson", "display": "Otis.p Tester"}]
    file = {"text": "date,weight\n2026-03-01,80.5\n", "action": "store"}
    assert client.post(of(row, "tools/weight/file/"), file)["Location"] == of(row, "tools/weight/")
    assert client.post(of(row, "tools/weight/target/"), {"high": "90", "unit": "kg"})["Location"] == of(
        row, "tools/weight/"
    )
    assert client.post(of(row, "tools/goals/new/"), {"text": "Walk"})["Location"] == of(row, "tools/")
    assert "by Otis.p Tester" in reads(browser(ruth), f"/portal/tools/goals/{OwnGoal.objects.get().pk}/")
    assert client.post(of(row, "tools/visit/"), {"text": "Her knee hurts"})["Location"] == of(row, "tools/visit/")
    assert "Otis.p Tester wrote" in reads(browser(ruth), "/portal/tools/visit/")
    assert {is_for_ruth(f"tools.{event}", row) for event in ("target-set", "goal-set", "visit-note-saved")} == {True}
    assert VisitNote.objects.get().patient == RUTH


def test_of_ruth_and_otis_who_write_notes_for_one_visit_nobody_overwrites_the_other(client, ruth, otis, row):
    hers, page = browser(ruth), "/portal/tools/visit/"
    client.force_login(otis)
    seen = hers.get(page).context["form"].initial.get("seen", "")
    assert client.post(of(row, "tools/visit/"), {"text": "Her knee hurts", "seen": seen}).status_code == 302
    refused = hers.post(page, {"text": "My <knee> is fine", "seen": seen})
    said = walk.text_of(refused)
    assert "Not saved: there is something newer" in said
    assert "Otis.p Tester saved this on" in said
    assert "Her knee hurts" in said
    assert "My &lt;knee&gt; is fine" in refused.content.decode()
    assert VisitNote.objects.get().text == "Her knee hurts"
    again = {"text": "My <knee> is fine", "seen": refused.context["form"].initial["seen"]}
    assert hers.post(page, again).status_code == 302
    assert VisitNote.objects.get().text == "My <knee> is fine"
    assert "Ruth.p Tester saved this on" in walk.text_of(
        client.post(of(row, "tools/visit/"), {"text": "It hurts a lot", "seen": seen})
    )
    assert hers.post(page, {"text": "My <knee> is fine", "seen": seen}).status_code == 302  # the same is no other


def test_of_ruth_and_otis_who_answer_the_questions_before_one_visit_nobody_overwrites_the_other(
    client, ruth, otis, row
):
    visit, hers = booked(ahead=timedelta(days=2)), browser(ruth)
    page = f"appointments/{visit}/questions/"
    client.force_login(otis)
    typed = {"is_phone": "yes", "is_changed": "no", "seen": ""}
    assert client.post(of(row, page), typed | {"topics": "Her knee"}).status_code == 302
    refused = hers.post(f"/portal/{page}", typed | {"topics": "My sleep"})
    assert "Otis.p Tester saved this on" in walk.text_of(refused)
    assert "To talk about: Her knee" in walk.text_of(refused)
    assert "My sleep" in refused.content.decode()
    assert CheckIn.objects.get().topics == "Her knee"
    again = typed | {"topics": "My sleep", "seen": refused.context["form"].initial["seen"]}
    assert hers.post(f"/portal/{page}", again).status_code == 302
    assert (CheckIn.objects.get().topics, CheckIn.objects.get().helper) == ("My sleep", None)
    assert "Ruth.p Tester answered on" in reads(client, of(row, page))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["notes", "answers"])
def test_of_thirty_who_write_for_one_visit_at_once_one_is_saved_and_the_others_read_that(ruth, what):
    visit = Appointment.objects.get(resource=booked(ahead=timedelta(days=2)))

    def write(number: int) -> Any:
        said = f"Knee {number}"
        if what == "notes":
            return write_note(ruth, said, "")
        return keep_answers(ruth, visit, {"phone": None, "medications": None, "topics": said}, "")

    newer = [row for row in in_parallel(write) if row]
    assert len(newer) == 29
    assert {row.pk for row in newer} == {(VisitNote if what == "notes" else CheckIn).objects.get().pk}


def test_the_paper_for_a_visit_has_only_what_is_open(client, ruth, otis, records):
    records(RUTH)
    row = given(ruth, otis, ["tools"], ["tools"])
    client.force_login(otis)
    page = reads(client, of(row, "tools/visit/"))
    assert "My medications" not in page
    paper = client.get(of(row, "tools/visit.pdf"), {"section": ["medications", "allergies", "notes"]})
    told = words(paper.content)
    assert "My notes" in told
    assert "My medications" not in told
    assert "My allergies" not in told
    assert "What is due" not in reads(client, of(row, "tools/"))


def ids_of(account: Account) -> dict[str, Any]:
    """Something of each kind that is in a person's record."""
    client, patient = browser(account), account.dod_id or ""
    client.post("/portal/tools/weight/", WEIGHT)
    client.post("/portal/tools/goals/new/", {"text": "Walk"})
    thread = sent(account, treats(team(), patient)).thread
    return {
        "visit": booked(patient),
        "request": asked(account).pk,
        "reading": Reading.objects.get(patient=patient).resource_id,
        "goal": OwnGoal.objects.get(patient=patient).pk,
        "thread": thread.pk,
    }


PAGES = (
    *("appointments/{visit}/move/", "appointments/{visit}/cancel/", "appointments/{visit}/questions/"),
    *("appointments/requests/{request}/", "messages/{thread}/", "messages/{thread}/reply/", "tools/goals/{goal}/"),
    "tools/weight/{reading}/",
)


def test_ids_of_one_person_are_not_found_under_the_access_to_another(client, ruth, otis, row):
    own = ids_of(otis)
    client.force_login(otis)
    for page in PAGES:
        for send in (client.get, client.post):
            assert send(of(row, page.format(**own))).status_code == 404, page
    for path in (f"messages/message/{own['thread']}/", f"messages/draft/{own['thread']}/"):
        assert client.get(of(row, path)).status_code == 404


def test_access_that_ends_in_the_middle_of_a_form_does_nothing_and_shows_what_was_typed(client, ruth, otis, row):
    hers = ids_of(ruth)
    client.force_login(otis)
    offering.stop(ruth, row)
    kinds = (Wish, Step, Message, Reading, OwnGoal, VisitNote, CheckIn, Tracker)
    before = [kind.objects.order_by("pk").values_list().count() for kind in kinds]
    typed = {
        "subject": "Plaster",
        "body": "May she swim?",
        "number": "80.5",
        "text": "Knee",
        "do": "send",
        "version": "3",
    }
    for page in (*PAGES, "messages/compose/", "appointments/new/", "tools/new/", "tools/weight/", "tools/visit/"):
        refused = client.post(of(row, page.format(**hers)), typed)
        assert refused.status_code == 403
        shown = walk.text_of(refused)
        assert "What you sent was not done." in shown
        for text in ("Subject Plaster", "May she swim?", "80.5", "Knee"):
            assert text in shown
        assert "Version" not in shown
    assert before == [kind.objects.order_by("pk").values_list().count() for kind in kinds]
    told = client.post(of(row, "messages/compose/"), typed | {"do": "autosave"}, headers={"Accept": "application/json"})
    assert told.status_code == 403
    assert "still on this page" in told.json()["said"]


def test_a_mother_writes_and_asks_for_her_child_and_hears_of_it_by_links_into_its_record(client, family):
    child, mother = family.small.dod_id, family.mother
    primary = treats(team(), child)
    choose(mother, {Kind.REQUESTS: How.EMAIL})
    client.force_login(mother)
    client.post(family.address(family.small, "messages/compose/"), form(primary))
    message = Message.objects.get()
    assert (message.patient, message.helper) == (child, mother)
    Message.objects.update(
        send_due_at=timezone.now() - timedelta(minutes=1), held_at=timezone.now() - timedelta(hours=1)
    )
    new = answered(thread_of(message))
    assert "Better not." in reads(client, family.address(family.small, f"messages/{message.thread_id}/"))
    new.refresh_from_db()
    assert new.opened_at
    client.post(family.address(family.small, "appointments/new/"), wish())
    request = Wish.objects.get()
    assert (request.patient, request.account) == (child, mother)
    change_state(request, VisitState.RECEIVED, by=staff("Scheduling"))
    told = Notice.objects.filter(kind="appointment-changed").latest("pk")
    assert family.address(family.small, "appointments/requests/") in told.context
    assert find_access(mother, child, "messages")


def test_from_13_on_parents_see_the_conversations_that_a_parent_began(client, family):
    teen, primary = family.teen.dod_id, treats(team(), family.teen.dod_id)
    client.force_login(family.mother)
    client.post(family.address(family.teen, "messages/compose/"), form(primary, subject="The plaster of Sam"))
    begun = Message.objects.get()
    now = timezone.now() - timedelta(minutes=5)
    Message.objects.update(send_due_at=now, held_at=now)
    answered(thread_of(begun))
    other = Message.objects.create(id=uuid4(), patient=teen, subject="Alone", author="patient", saved_at=now)
    thread = Thread.objects.create(
        id=other.pk, patient=teen, team=primary, subject="Something private", last_sent_at=now, last_answer_at=now
    )
    Message.objects.filter(pk=other.pk).update(thread=thread, team=primary, held_at=now, send_due_at=now)
    private = answered(thread, body="Between Sam and us")
    for parent in (family.mother, family.father):
        client.force_login(parent)
        page = family.address(family.teen, "messages/", parent)
        inbox = reads(client, page)
        assert "The plaster of Sam" in inbox
        assert "Something private" not in inbox
        assert client.get(f"{page}{thread.pk}/").status_code == 404
        assert client.get(f"{page}message/{private.pk}/").status_code == 404
        assert "No message has these words" in reads(client, f"{page}search/?q=between")
        assert client.get(f"{page}{begun.pk}/").status_code == 200


def test_each_page_of_the_acts_asks_few_queries(client, ruth, otis, row, django_assert_max_num_queries):
    hers = ids_of(ruth)
    answered(thread_of(Message.objects.get()))
    client.force_login(otis)
    folders = ("", "sent/", "drafts/", "archive/", "search/?q=plaster", "compose/")
    paths = (
        *PAGES,
        *(f"messages/{folder}" for folder in folders),
        *("appointments/", "appointments/new/", "appointments/requests/", "appointments/{visit}/"),
        *("tools/", "tools/weight/", "tools/weight/target/", "tools/weight/file/", "tools/visit/", "tools/goals/new/"),
    )
    for path in paths:
        address = of(row, path.format(**hers))
        client.get(address)
        with django_assert_max_num_queries(2 + 8, info=path):
            assert client.get(address).status_code == 200, path


def test_the_band_names_ruth_on_every_page_of_the_acts(client, ruth, otis, row):
    hers = ids_of(ruth)
    client.force_login(otis)
    for path in (
        *PAGES,
        "messages/",
        "messages/compose/",
        "appointments/",
        "appointments/new/",
        "tools/",
        "tools/new/",
    ):
        assert "This is the health record of Ruth.p Tester, not yours." in reads(client, of(row, path.format(**hers)))
    assert reverse("of-portal", args=[row.pk]) == of(row)


def test_the_file_of_readings_says_who_entered_each(client, ruth, otis, row):
    client.force_login(otis)
    client.post(of(row, "tools/weight/"), WEIGHT)
    hers = browser(ruth)
    hers.post("/portal/tools/weight/", WEIGHT | {"number": "180", "at": "2026-03-15T07:30"})
    for who, before in ((client, of(row)), (hers, "/portal/")):
        lines = who.get(f"{before}tools/weight/readings.csv").content.decode().splitlines()
        assert [line.rpartition(",")[2] for line in lines] == ["Entered by", "The patient", "Otis.p Tester"]
