"""Which clinic answers a request, and which staff see it: those of that clinic, on that day, and nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from portal.appointments import asking, booking
from portal.appointments.asking import Asked
from portal.appointments.clinics import UNKNOWN, find_clinic
from portal.appointments.models import CheckIn, Request
from portal.messages.models import Membership
from portal.messages.teams import members_of
from portal.record.models import Appointment
from safeguards.cipher import blind_index
from safeguards.models import AuditEvent
from service_center.requests import load
from tests import walk
from tests.accounts.holders import signed_in, staff
from tests.portal.appointments.test_visits import CLINIC, agreed, store
from tests.portal.conftest import OTIS, RUTH
from tests.portal.messages.conversations import plans_visits, team, treats, works_in

pytestmark = pytest.mark.django_db

REQUESTS, CHECK_INS = "/admin/appointments/request/", "/admin/appointments/checkin/"
INN = {"resourceType": "Location", "id": "clinic", "name": "Inland Clinic"}


def wished(account: Account, *, at_a_place: bool = True) -> Request:
    """What somebody asked for: a visit to the place of their record, or to any clinic."""
    days = [(timezone.localdate() + timedelta(days=7), "morning")]
    place = booking.places_of(account.dod_id)[0][0] if at_a_place else None
    outcome = asking.ask_new(account, days, place=place, way="person", why="My knee hurts.")
    assert isinstance(outcome, Asked)
    return outcome.request


def checked_in(account: Account) -> CheckIn:
    """What somebody said before a visit at the place of their record."""
    soon, now = timezone.now() + timedelta(days=2), timezone.now()
    store(account.dod_id or "", agreed(1, soon))
    visit = Appointment.objects.get(patient=account.dod_id).resource_id
    return CheckIn.objects.create(
        account=account, patient=account.dod_id or "", appointment_id=visit, starts_at=soon, changed_at=now
    )


def sees(desk: Client, row: Request | CheckIn) -> bool:
    """Whether a member of staff sees a row: in the list, and on its page."""
    here = CHECK_INS if isinstance(row, CheckIn) else REQUESTS
    listed = str(row) in desk.get(here).content.decode()
    assert (desk.get(f"{here}{row.pk}/change/").status_code == 200) == listed
    return listed


def test_each_clinic_sees_its_own_requests_and_check_ins_and_no_others(ruth, otis):
    priya, walter = (signed_in(plans_visits(f"{name} Clinic", f"of.{name}")) for name in ("Harbor", "Inland"))
    store(RUTH, CLINIC)
    store(OTIS, INN)
    for account, hers, his in ((ruth, True, False), (otis, False, True)):
        for row in (wished(account), checked_in(account)):
            assert (sees(priya, row), sees(walter, row)) == (hers, his)
    request = Request.objects.get(patient=RUTH)
    assert walter.post(f"{REQUESTS}{request.pk}/received/").status_code == 403
    assert walter.get(f"{REQUESTS}{request.pk}/history/").status_code == 302
    assert priya.post(f"{REQUESTS}{request.pk}/received/").status_code == 302


@pytest.mark.parametrize(("since", "until"), [(-9, -1), (1, None), (1, 9)])
def test_who_belonged_to_the_clinic_or_will_sees_nothing_and_reads_why(ruth, since, until):
    store(RUTH, CLINIC)
    request, today = wished(ruth), timezone.localdate()
    last = today + timedelta(days=until) if until else None
    desk = signed_in(plans_visits(since=today + timedelta(days=since), until=last))
    assert not sees(desk, request)
    assert not sees(desk, wished(ruth, at_a_place=False))
    assert not sees(desk, checked_in(ruth))
    for page in (REQUESTS, CHECK_INS):
        assert "You do not belong to a clinic today" in walk.text_of(desk.get(page))
    Membership.objects.update(since=today, until=today)
    assert sees(desk, request)


def test_a_member_of_no_clinic_sees_not_even_what_no_clinic_is_known_for(ruth):
    assert not sees(signed_in(staff("Scheduling")), wished(ruth, at_a_place=False))


def test_who_names_no_clinic_is_answered_by_the_clinic_of_the_care_team(ruth):
    treats(team(), RUTH)
    request = wished(ruth, at_a_place=False)
    assert request.clinic == "Fort Larkspur"
    assert sees(signed_in(plans_visits("Fort Larkspur", "of.larkspur")), request)
    assert not sees(signed_in(plans_visits()), request)


def test_a_place_without_staff_here_is_left_to_the_care_team_or_to_all_who_plan_visits(ruth):
    store(RUTH, CLINIC)
    place = booking.places_of(RUTH)[0][0]
    assert find_clinic(RUTH, place=place) == UNKNOWN
    request = wished(ruth)
    assert all(sees(signed_in(plans_visits(name, name.lower())), request) for name in ("Larkspur", "Juniper"))
    treats(team(), RUTH)
    assert find_clinic(RUTH, place=place) == "Fort Larkspur"
    assert find_clinic(OTIS, place=place) == UNKNOWN


def test_a_check_in_for_a_visit_by_video_is_seen_by_the_clinic_of_the_care_team(ruth):
    treats(team(), RUTH)
    larkspur, harbor = (signed_in(plans_visits(name, name.split()[0])) for name in ("Fort Larkspur", "Harbor Clinic"))
    store(RUTH, CLINIC)
    said = checked_in(ruth)
    assert (sees(larkspur, said), sees(harbor, said)) == (False, True)
    Appointment.objects.update(location="")
    assert (sees(larkspur, said), sees(harbor, said)) == (True, False)


def test_the_pages_of_the_desk_ask_few_questions(ruth, django_assert_max_num_queries):
    store(RUTH, CLINIC)
    desk, request, said = signed_in(plans_visits()), wished(ruth), checked_in(ruth)
    for page in (REQUESTS, CHECK_INS, f"{REQUESTS}{request.pk}/change/", f"{CHECK_INS}{said.pk}/change/"):
        with django_assert_max_num_queries(12):
            desk.get(page)


def test_a_look_at_what_a_mother_asked_for_her_child_is_on_the_trail_of_the_child(ruth):
    desk, request = signed_in(plans_visits()), wished(ruth, at_a_place=False)
    Request.objects.update(patient=OTIS)
    for page in ("change", "history", "received"):
        assert desk.get(f"{REQUESTS}{request.pk}/{page}/").status_code == 200
    looks = AuditEvent.objects.filter(event="support.account-viewed", account_id=None)
    assert looks.filter(person_index=blind_index(OTIS, purpose="audit-person")).count() == 3


def test_the_supervisor_sees_what_waits_where_and_no_person(ruth):
    store(RUTH, CLINIC)
    plans_visits()
    named, other = wished(ruth), wished(ruth, at_a_place=False)
    Request.objects.filter(pk=other.pk).update(clinic="Inland Clinic", made_at=other.made_at - timedelta(days=9))
    assert load.loads() == [load.Load("Harbor Clinic", None, 0, 1), load.Load("Inland Clinic", 0, None, 0)]
    Request.objects.filter(pk=named.pk).update(state="withdrawn")
    shown = walk.text_of(signed_in(staff("Supervisor", "a.supervisor")).get("/admin/figures/"))
    assert "Inland Clinic No one answers here 0 1 to 4" in shown
    assert not [word for word in ("Harbor", "Ruth", str(other)) if word in shown]


def test_who_plans_visits_counts_as_a_member_of_a_care_team_but_answers_no_messages(db):
    nurse, planner = staff("Care team", "the.nurse"), plans_visits()
    some = Membership.objects.get(account=planner).team
    assert not members_of(some).exists()
    works_in(some, nurse)
    assert list(members_of(some)) == [nurse]
