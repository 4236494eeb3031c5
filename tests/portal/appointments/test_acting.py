"""Appointments, from the wish to the visit: asking, booking, moving, canceling, check-in and who sees it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone
from icalendar import Calendar

from accounts.models import Account
from core import policy
from core.policy import Level
from portal.appointments import asking, booking, gates
from portal.appointments.asking import Asked
from portal.appointments.gates import No, Why
from portal.appointments.models import ENDED, CheckIn, Reminder, Request, Step
from portal.appointments.reminding import remind
from portal.appointments.states import START, TRANSITIONS, State, TransitionRefused, change_state
from portal.notices import telling
from portal.record import exporting, validating
from portal.record.importing import store_resources
from portal.record.models import Appointment, Resource
from safeguards.events import EVENTS
from service_center.requests.desk import describe_person
from tests import walk
from tests.accounts.holders import signed_in, staff
from tests.parallel import in_parallel
from tests.portal.appointments.test_visits import CLINIC, agreed, store
from tests.portal.conftest import OTIS, RUTH, open_account
from tests.portal.messages.conversations import plans_visits

pytestmark = pytest.mark.django_db

PAGE = "/portal/appointments/"
NOW = datetime(2026, 11, 28, 15, tzinfo=UTC)
NAMED = CLINIC | {"telecom": [{"system": "phone", "value": "(206) 555-0100"}]}


def booked(patient: str = RUTH, ahead: timedelta = timedelta(days=10), **more: Any) -> UUID:
    """An appointment that a clinic sent. Return its id."""
    store(patient, NAMED, agreed(1, (timezone.now() + ahead).replace(microsecond=0)) | more)
    return Appointment.objects.get(patient=patient).resource_id


def wish(days: int = 7, **more: Any) -> dict[str, Any]:
    """What somebody types who asks for a new appointment on one day."""
    day = (timezone.localdate() + timedelta(days=days)).isoformat()
    return {"way": "person", "day1": day, "part1": "morning", "why": "My knee hurts."} | more


def asked(account: Account) -> Request:
    days = [(timezone.localdate() + timedelta(days=7), "morning")]
    outcome = asking.ask_new(account, days, place=None, way="person", why="My knee hurts.")
    assert isinstance(outcome, Asked)
    return outcome.request


def judged(kind: str = "cancel", **fields: Any) -> str:
    visit = Appointment(**({"status": "booked", "at": NOW + timedelta(days=5)} | fields))
    outcome = gates.judge(visit, kind, NOW, None)
    return outcome.why.value if isinstance(outcome, No) else "yes"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "yes"),
        ({"at": NOW + policy.CANCEL_UNTIL}, "late"),
        ({"at": NOW + policy.CANCEL_UNTIL + timedelta(minutes=1)}, "yes"),
        ({"at": NOW}, "started"),
        ({"at": NOW - timedelta(days=1)}, "started"),
        ({"at": None}, "not-known"),
        ({"status": "proposed"}, "not-known"),
        ({"status": ""}, "not-known"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "fulfilled"}, "over"),
    ],
    ids=str,
)
def test_each_no_has_its_reason(fields, expected):
    assert judged("cancel", **fields) == judged("move", **fields) == expected


def test_every_no_has_a_sentence():
    assert set(gates.SENTENCES) == set(Why)
    assert str(No(Why.LATE)).startswith("It begins in less than 24 hours.")


def test_who_asked_for_another_time_may_still_cancel_and_not_ask_twice():
    visit, waiting = Appointment(status="booked", at=NOW + timedelta(days=5)), Request(kind="move")
    assert gates.judge(visit, "move", NOW, waiting) == No(Why.ASKED, waiting)
    assert gates.judge(visit, "cancel", NOW, waiting) == gates.Yes()


def test_ruth_asks_priya_books_and_the_visit_stands_in_page_calendar_and_export(client, ruth):
    telling.choose(ruth, {"requests": "email"})
    store(RUTH, NAMED)
    place = booking.places_of(RUTH)[0][0]
    client.force_login(ruth)
    sent = client.post(f"{PAGE}new/", wish(place=str(place)), follow=True)
    request = Request.objects.get()
    assert "Submitted" in walk.text_of(sent)
    assert "New appointment: Harbor Clinic" in walk.text_of(client.get(PAGE))
    desk, base = signed_in(plans_visits()), f"/admin/appointments/request/{request.pk}/"
    assert str(request) in desk.get("/admin/appointments/request/").content.decode()
    shown = walk.text_of(desk.get(f"{base}change/"))
    assert "My knee hurts." in shown
    assert "in the morning" in shown
    assert desk.post(f"{base}received/").status_code == 302
    assert f"Asked for: {request.wishes_in_words[0]}." in walk.text_of(desk.get(f"{base}booked/"))
    bad = walk.text_of(desk.post(f"{base}booked/", {"clock": "25:99", "minutes": "30"}))
    assert "Enter the time" in bad
    assert "Say what kind of visit it is." in bad
    slot = {"title": "Knee examination", "day": "2031-07-04", "clock": "2:30 PM", "minutes": "30", "place": str(place)}
    assert desk.post(f"{base}booked/", slot).status_code == 302
    visit = Appointment.objects.get()
    assert "July 4, 2031, 2:30 PM (Pacific time)" in walk.text_of(client.get(f"{PAGE}{visit.resource_id}/"))
    resource = Resource.objects.get(type="Appointment")
    assert (resource.source, resource.reference, resource.pk) == ("portal", str(request.pk), visit.resource_id)
    validating.validate(resource.raw)
    assert '"Knee examination"' in "".join(exporting.bundle_of(RUTH))
    assert event_of(client, visit)["STATUS"] == "CONFIRMED"
    walk.deliver_mail()
    assert len(mail.outbox) == 2
    assert not any("nee" in str(message.body) + message.subject for message in mail.outbox)


def event_of(client, visit: Appointment) -> Any:
    shown = client.get(f"{PAGE}{visit.resource_id}/calendar.ics")
    return next(iter(Calendar.from_ical(shown.content).walk("VEVENT")))


def test_a_move_and_a_cancellation_reach_the_calendar_under_one_uid(client, ruth):
    item = booked()
    visit = Appointment.objects.get()
    client.force_login(ruth)
    first = event_of(client, visit)
    client.post(f"{PAGE}{item}/move/", wish(), follow=True)
    request = Request.objects.get()
    desk = signed_in(plans_visits())
    slot = {"day": "2031-07-04", "clock": "14:30", "minutes": "45"}
    assert desk.post(f"/admin/appointments/request/{request.pk}/booked/", slot).status_code == 302
    moved = event_of(client, visit)
    assert moved["DTSTART"].dt.isoformat() == "2031-07-04T14:30:00-07:00"
    assert "Harbor Clinic" in moved["LOCATION"]
    assert "Visit canceled" not in walk.text_of(client.get(f"{PAGE}{item}/cancel/"))
    shown = walk.text_of(client.post(f"{PAGE}{item}/cancel/", follow=True))
    assert "Your visit is canceled." in shown
    canceled = event_of(client, visit)
    assert canceled["STATUS"] == "CANCELLED"
    assert {first["UID"], moved["UID"], canceled["UID"]} == {first["UID"]}
    assert int(first["SEQUENCE"]) < int(moved["SEQUENCE"]) < int(canceled["SEQUENCE"])
    resource = Resource.objects.get(type="Appointment")
    assert (resource.source, resource.raw["status"]) == ("clinic", "cancelled")
    validating.validate(resource.raw)
    cancellation = Request.objects.get(kind="cancel")
    desk.post(f"/admin/appointments/request/{cancellation.pk}/closed/")
    cancellation.refresh_from_db()
    assert cancellation.state == State.CLOSED


def test_an_appointment_without_a_name_keeps_its_place_in_the_record_when_it_is_canceled(ruth):
    raw = agreed(1, (timezone.now() + timedelta(days=5)).replace(microsecond=0))
    del raw["id"]
    store_resources(RUTH, "clinic", [("", raw)])
    item = Appointment.objects.get().resource_id
    assert isinstance(asking.cancel(ruth, item), Asked)
    assert Appointment.objects.get().status == "cancelled"
    assert Appointment.objects.get().resource_id == item


def test_a_canceled_visit_that_the_clinic_sends_as_booked_keeps_its_cancellation_on_the_desk(client, ruth):
    item = booked()
    assert isinstance(asking.cancel(ruth, item), Asked)
    booked(ahead=timedelta(days=11))
    client.force_login(ruth)
    assert "Cancellation: canceled" in walk.text_of(client.get(f"{PAGE}{item}/"))
    outcome = asking.cancel(ruth, item)
    assert isinstance(outcome, No)
    assert outcome.why == Why.ASKED
    assert "Cancellation" in signed_in(plans_visits()).get("/admin/appointments/request/").content.decode()


def test_who_cancels_takes_the_wish_for_another_time_back(ruth):
    item = booked()
    moved = asking.ask_move(ruth, item, [(timezone.localdate() + timedelta(days=9), "any")])
    assert isinstance(moved, Asked)
    assert isinstance(asking.cancel(ruth, item), Asked)
    moved.request.refresh_from_db()
    assert moved.request.state == State.WITHDRAWN
    assert asking.cancel(ruth, item) == No(Why.CANCELLED)


def test_a_day_before_it_the_page_says_to_call_the_clinic_with_its_number(client, ruth):
    item = booked(ahead=timedelta(hours=20))
    client.force_login(ruth)
    for address in ("", "move/", "cancel/"):
        shown = walk.text_of(client.get(f"{PAGE}{item}/{address}"))
        assert "It begins in less than 24 hours." in shown
        assert "(206) 555-0100" in shown
    client.post(f"{PAGE}{item}/cancel/")
    client.post(f"{PAGE}{item}/move/", wish())
    assert not Request.objects.exists()
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day1": ""}, "Enter a day that would do for you."),
        ({"day1": "2020-01-01"}, "Enter a day from"),
        ({"day2": "2099-01-01"}, "Enter a day from"),
        ({"why": ""}, "Say in a few words what it is about."),
        pytest.param({"why": "x" * 501}, "Shorten this to 500 characters. It has 501.", id="long"),
        ({"way": "fax"}, "Choose how you want to be seen."),
        ({"place": "11111111-1111-1111-1111-111111111111"}, "Choose a clinic of the list."),
        ({"part1": "night"}, "Select a valid choice."),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_is_kept(client, ruth, typed, said):
    client.force_login(ruth)
    response = client.post(f"{PAGE}new/", wish(**({"why": "My <b>knee</b>"} | typed)))
    assert said in walk.text_of(response)
    assert ("My &lt;b&gt;knee" in response.content.decode()) == ("why" not in typed)
    assert not Request.objects.exists()


def test_a_second_wish_for_one_place_leads_to_the_first(client, ruth):
    request = asked(ruth)
    client.force_login(ruth)
    shown = client.post(f"{PAGE}new/", wish(why="Again"))
    assert f"/requests/{request.pk}/" in shown.content.decode()
    assert "You have already asked for an appointment there." in walk.text_of(shown)
    client.post(f"{PAGE}requests/{request.pk}/")
    assert asked(ruth).is_open


@pytest.mark.parametrize("rest", ["move/", "cancel/", "questions/"])
def test_nobody_sees_or_changes_what_is_anothers(client, ruth, otis, rest):
    item = booked(OTIS)
    request = asked(otis)
    client.force_login(ruth)
    for address in (f"{PAGE}{item}/{rest}", f"{PAGE}requests/{request.pk}/"):
        assert client.get(address).status_code == client.post(address, wish()).status_code == 404
    assert asking.cancel(ruth, item) == No(Why.GONE)
    assert asking.ask_move(ruth, item, []) == No(Why.GONE)
    assert Request.objects.get() == request


def test_a_basic_account_reads_what_premium_opens_and_does_nothing(client, ruth_basic):
    item = booked(ahead=timedelta(days=2))
    client.force_login(ruth_basic)
    assert "With Premium, you can ask for one here" in walk.text_of(client.get(PAGE))
    assert "With Premium, you can do it here" in walk.text_of(client.get(f"{PAGE}{item}/"))
    for rest in ("new/", "requests/", f"{item}/move/", f"{item}/cancel/", f"{item}/questions/"):
        shown = client.get(f"{PAGE}{rest}")
        assert shown.status_code == 200
        assert "Upgrade to Premium" in walk.text_of(shown)
        assert "form" not in shown.context
        assert client.post(f"{PAGE}{rest}", wish()).status_code in (403, 405)
    assert not Request.objects.exists()
    assert Appointment.objects.get().status == "booked"


def test_ruth_answers_the_questions_before_her_visit_and_changes_them(client, ruth):
    item = booked(ahead=timedelta(days=2))
    client.force_login(ruth)
    address = f"{PAGE}{item}/questions/"
    unfinished = walk.text_of(client.post(address, {"is_phone": "no", "is_changed": "yes", "topics": "Sleep"}))
    assert "Enter the number at which the clinic reaches you." in unfinished
    assert "Say what changed." in unfinished
    assert "Sleep" in unfinished
    client.post(address, {"is_phone": "no", "phone": "206 555 0188", "is_changed": "no", "topics": "Sleep"})
    changed = {"is_phone": "yes", "is_changed": "yes", "medications": "No aspirin", "topics": "Sleep"}
    client.post(address, changed | {"seen": client.get(address).context["form"].initial["seen"]})
    said = CheckIn.objects.get()
    assert (said.phone, said.medications, said.topics) == (None, "No aspirin", "Sleep")
    assert b"aspirin" not in bytes(CheckIn.objects.values_list("medications", flat=True).get())  # type: ignore[arg-type]
    assert "No aspirin" in client.get(address).content.decode()
    desk = signed_in(plans_visits())
    assert str(said) in desk.get("/admin/appointments/checkin/").content.decode()
    assert "No aspirin" in walk.text_of(desk.get(f"/admin/appointments/checkin/{said.pk}/change/"))


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), policy.CHECK_IN_FROM + timedelta(hours=1)])
def test_the_questions_are_open_from_three_days_before_until_the_start(client, ruth, ahead):
    item = booked(ahead=ahead)
    client.force_login(ruth)
    assert "form" in client.get(f"{PAGE}{item}/questions/").context
    client.post(f"{PAGE}{item}/questions/", {"is_phone": "yes", "is_changed": "no"})
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    "role", ["Service center agent", "Auditor", "Care team", "Proofing reviewer", "Print room", "Pharmacy"]
)
def test_other_roles_see_no_requests_and_no_answers(ruth, role):
    request = asked(ruth)
    desk = signed_in(staff(role))
    for kind in ("request", "checkin"):
        assert desk.get(f"/admin/appointments/{kind}/").status_code == 403
    assert desk.get(f"/admin/appointments/request/{request.pk}/change/").status_code in (302, 403)
    assert desk.post(f"/admin/appointments/request/{request.pk}/received/").status_code == 403


def test_a_booking_that_comes_after_the_wish_was_withdrawn_changes_nothing(ruth):
    request = asked(ruth)
    seen = Request.objects.get()
    change_state(request, State.WITHDRAWN, by=ruth)
    with pytest.raises(TransitionRefused):
        booking.book(seen, booking.Slot(timezone.now(), 30, "Visit"), by=staff("Scheduling"))
    assert not Resource.objects.filter(type="Appointment").exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2207-01-30"])
def test_a_slip_of_the_year_books_nothing(ruth, day):
    request, desk = asked(ruth), signed_in(plans_visits())
    slot = {"title": "Knee examination", "day": day, "clock": "23:59", "minutes": "30"}
    shown = walk.text_of(desk.post(f"/admin/appointments/request/{request.pk}/booked/", slot))
    assert "more than ten years ahead" in shown or "in the future" in shown
    assert not Appointment.objects.exists()


def test_a_refusal_needs_a_reason_that_ruth_reads(client, ruth):
    request = asked(ruth)
    desk = signed_in(plans_visits())
    address = f"/admin/appointments/request/{request.pk}/refused/"
    assert "Choose why it is not possible." in walk.text_of(desk.post(address, {"reason": ""}))
    request.refresh_from_db()
    assert request.state == State.SUBMITTED
    desk.post(address, {"reason": "referral"})
    client.force_login(ruth)
    assert "You need a referral for this." in walk.text_of(client.get(f"{PAGE}requests/{request.pk}/"))


def test_after_two_days_without_an_answer_both_sides_are_told_once(client, ruth):
    request = asked(ruth)
    late = request.made_at + policy.VISIT_ANSWERED_WITHIN
    assert asking.tell_of_waiting(late - timedelta(minutes=1)) == 0
    assert [asking.tell_of_waiting(late) for _ in range(2)] == [1, 0]
    walk.deliver_mail()
    assert len(mail.outbox) == 2
    Request.objects.update(made_at=timezone.now() - policy.VISIT_ANSWERED_WITHIN)
    client.force_login(ruth)
    assert "No one has answered yet" in walk.text_of(client.get(f"{PAGE}requests/{request.pk}/"))
    assert "overdue" in walk.text_of(signed_in(plans_visits()).get("/admin/appointments/request/"))


def test_of_a_visit_of_tomorrow_nobody_waits_a_day_to_hear_that_it_is_canceled(client, ruth):
    asking.cancel(ruth, booked(ahead=timedelta(hours=25)))
    now = timezone.now()
    assert asking.tell_of_waiting(now + timedelta(minutes=50)) == 0
    assert asking.tell_of_waiting(now + timedelta(minutes=61)) == 1
    Appointment.objects.update(at=now + timedelta(hours=20))
    desk = walk.text_of(signed_in(plans_visits()).get("/admin/appointments/request/"))
    assert "1 cancellation has waited too long." in desk
    assert "(overdue)" in desk


def test_the_desk_reads_who_asked_for_what_where_it_books_and_nothing_is_asked_too_late(ruth):
    request, desk = asked(ruth), signed_in(plans_visits())
    where = f"/admin/appointments/request/{request.pk}"
    shown = walk.text_of(desk.get(f"{where}/booked/"))
    for known in ("My knee hurts.", request.wishes_in_words[0], describe_person(RUTH)):
        assert known in shown
    assert "That is not possible now." in walk.text_of(desk.get(f"{where}/closed/", follow=True))
    assert desk.get(f"{where}/closed/")["Location"] == f"{where}/change/"


def test_a_cancellation_that_nobody_passes_on_alarms_the_desk_and_then_ruth(client, ruth):
    cancelled = asking.cancel(ruth, booked())
    assert isinstance(cancelled, Asked)
    request = cancelled.request
    late = request.made_at + policy.CANCELLATION_KNOWN_WITHIN
    assert asking.tell_of_waiting(late - timedelta(minutes=1)) == 0
    assert [asking.tell_of_waiting(late) for _ in range(2)] == [1, 0]
    walk.deliver_mail()
    to_ruth, to_staff = sorted(mail.outbox, key=lambda sent: sent.to != [ruth.email])
    assert f"/portal/appointments/requests/{request.pk}/" in to_ruth.body.replace("\\", "")
    assert "may still expect the person" in to_staff.body
    Request.objects.update(made_at=timezone.now() - policy.CANCELLATION_KNOWN_WITHIN)
    desk = signed_in(plans_visits())
    assert "1 cancellation has waited too long." in walk.text_of(desk.get("/admin/appointments/request/"))
    client.force_login(ruth)
    page = f"{PAGE}requests/{request.pk}/"
    assert "The clinic may not know yet" in walk.text_of(client.get(page))
    desk.post(f"/admin/appointments/request/{request.pk}/closed/")
    assert "The clinic may not know yet" not in walk.text_of(client.get(page))
    assert "waited too long" not in walk.text_of(desk.get("/admin/appointments/request/"))


def test_ruth_is_reminded_twice_of_a_visit_and_once_more_when_it_is_moved(ruth):
    booked(ahead=timedelta(days=10))
    start = Appointment.objects.get().at
    assert start
    for days, expected in ((7.1, 0), (7, 1), (6.9, 0), (3, 0), (1, 1), (0.5, 0), (-1, 0)):
        assert remind(start - timedelta(days=days)) == expected, days
    walk.deliver_mail()
    assert len(mail.outbox) == 2
    assert not any("Harbor" in str(message.body) + message.subject for message in mail.outbox)
    store(RUTH, agreed(1, start + timedelta(days=1)))
    assert remind(start) == 1
    assert Reminder.objects.count() == 3


@pytest.mark.parametrize("more", [{"status": "cancelled"}, {"status": "proposed"}, {"start": "2031-07-04"}], ids=str)
def test_nobody_is_reminded_of_what_is_not_booked_or_has_no_time(ruth, more):
    booked(ahead=timedelta(days=7), **more)
    assert remind(timezone.now()) == remind(datetime(2031, 7, 3, 12, tzinfo=UTC)) == 0


def test_ruth_turns_reminders_off(ruth):
    booked(ahead=timedelta(days=7))
    telling.choose(ruth, {"reminders": "not"})
    assert remind(timezone.now()) == 0


def test_each_page_takes_few_queries(client, ruth, records, django_assert_max_num_queries):
    records(RUTH)
    item = booked_in(RUTH)
    request = asked(ruth)
    asking.ask_move(ruth, item, [(timezone.localdate() + timedelta(days=9), "any")])
    client.force_login(ruth)
    client.get(PAGE)
    places = ["", "new/", "requests/", f"requests/{request.pk}/", f"{item}/"]
    places += [f"{item}/{rest}/" for rest in ("move", "cancel", "questions")]
    for rest in places:
        with django_assert_max_num_queries(8):
            assert client.get(f"{PAGE}{rest}").status_code == 200


def booked_in(patient: str) -> UUID:
    """A booked appointment of an invented record, two days ahead and with its place."""
    store(patient, NAMED, agreed(1, (timezone.now() + timedelta(days=2)).replace(microsecond=0)))
    return Appointment.objects.get(patient=patient, display="Check-up 1").resource_id


@pytest.mark.django_db(transaction=True)
def test_of_thirty_wishes_and_thirty_cancellations_at_once_one_comes_of_each():
    ruth = open_account("ruth.p", RUTH, Level.PREMIUM)
    item = booked()
    day = [(timezone.localdate() + timedelta(days=9), "any")]
    for act in (
        lambda number: asking.ask_move(ruth, item, day),
        lambda number: asking.cancel(ruth, item),
        lambda number: asking.ask_new(ruth, day, place=None, way="phone", why="Sleep"),
    ):
        outcomes = in_parallel(act)
        assert sum(isinstance(outcome, Asked) for outcome in outcomes) == 1
    assert Request.objects.count() == 3
    assert Step.objects.count() == 5
    assert Resource.objects.get(type="Appointment").version == 2


@pytest.mark.django_db(transaction=True)
def test_of_thirty_workers_one_reminds():
    open_account("ruth.p", RUTH, Level.PREMIUM)
    booked(ahead=timedelta(days=7))
    now = timezone.now()
    assert sum(in_parallel(lambda number: remind(now))) == 1


def test_every_state_can_be_reached_and_every_move_has_a_sentence():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert set(TRANSITIONS.values()) <= set(EVENTS)
    assert set(State) - {before for before, _ in TRANSITIONS} == set(ENDED)
