"""Refills and renewals, from the wish to the parcel: what can be asked for, what comes of it, and who sees it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Account
from core import policy
from core.policy import Level
from portal.medications import asking, gates
from portal.medications.asking import Asked
from portal.medications.gates import No, Why, Yes
from portal.medications.models import Request, Step
from portal.medications.states import START, TRANSITIONS, State, TransitionRefused, change_state
from portal.notices import telling
from portal.record.importing import store_resources
from portal.record.models import Prescription, Resource
from portal.record.projecting import project_patient
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import signed_in, staff
from tests.parallel import in_parallel
from tests.portal.conftest import OTIS, RUTH, open_account

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 28)
PAGE = "/portal/medications/"
MOST = 8


def prescribed(patient: str = RUTH, name: str = "Lisinopril 10 MG", **more: Any) -> UUID:
    """A prescription in a record, as a clinic sends it, with its first fill long ago. Return its id."""
    raw = {
        "resourceType": "MedicationRequest",
        "id": name.split()[0].lower(),
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": name},
        "authoredOn": (timezone.localdate() - timedelta(days=100)).isoformat(),
        "dispenseRequest": {"numberOfRepeatsAllowed": 3},
    } | more
    first_fill = {
        "resourceType": "MedicationDispense",
        "id": f"fill-of-{raw['id']}",
        "status": "completed",
        "medicationCodeableConcept": raw["medicationCodeableConcept"],
        "authorizingPrescription": [{"reference": f"urn:uuid:{raw['id']}"}],
        "whenHandedOver": raw["authoredOn"],
        "daysSupply": {"value": 90},
    }
    store_resources(patient, "clinic", [(f"urn:uuid:{raw['id']}", raw), ("", first_fill)])
    project_patient(patient)
    return Resource.objects.get(patient=patient, reference=raw["id"]).pk


def row(**fields: Any) -> Prescription:
    """A prescription as the store has it, not saved: one that can be refilled, but for what is given."""
    usual: dict[str, Any] = {
        "is_current": True,
        "intent": "order",
        "refills_left": 2,
        "last_filled": date(2026, 8, 20),
        "days_supply": 90,
        "at": datetime(2026, 5, 1, tzinfo=UTC),
    }
    type_ = fields.pop("type", "MedicationRequest")
    return Prescription(resource=Resource(type=type_), **(usual | fields))


def judged(kind: str, **fields: Any) -> str:
    outcome = gates.judge(row(**fields), kind, TODAY, None, ())
    return outcome.why.value if isinstance(outcome, No) else "yes"


@pytest.mark.parametrize(
    ("fields", "refill", "renewal"),
    [
        ({}, "yes", "left"),
        ({"refills_left": 0}, "none-left", "yes"),
        ({"refills_left": None}, "not-known", "yes"),
        ({"is_current": False}, "ended", "yes"),
        ({"is_current": False, "last_filled": date(2025, 1, 1), "at": None}, "ended", "long-ago"),
        ({"is_current": False, "last_filled": None, "at": None}, "ended", "long-ago"),
        ({"last_filled": date(2026, 10, 1)}, "early", "left"),
        ({"last_filled": None}, "yes", "left"),
        ({"days_supply": None}, "yes", "left"),
        ({"intent": "plan"}, "no-order", "no-order"),
        ({"type": "MedicationStatement"}, "no-order", "no-order"),
    ],
    ids=str,
)
def test_each_no_has_its_reason(fields, refill, renewal):
    assert judged("refill", **fields) == refill
    assert judged("renew", **fields) == renewal


def test_a_refill_is_possible_from_the_day_on_which_three_quarters_are_used():
    early = row(last_filled=date(2026, 11, 1), days_supply=30)
    for today, expected in ((date(2026, 11, 23), No(Why.EARLY, date(2026, 11, 24))), (date(2026, 11, 24), Yes())):
        assert gates.judge(early, "refill", today, None, ()) == expected
    assert str(No(Why.EARLY, date(2026, 11, 24))) == (
        "It is too early for the next fill. You can ask from November 24, 2026 on."
    )


def test_an_old_prescription_is_not_renewed_while_another_one_for_the_same_is_active(client, ruth):
    prescribed(status="completed")
    prescribed(id="newer", authoredOn=timezone.localdate().isoformat())
    client.force_login(ruth)
    assert "Ask for a renewal" not in walk.text_of(client.get(PAGE))
    old = Prescription.objects.get(is_current=False).resource_id
    assert asking.ask(ruth, old, "renew") == No(Why.REPLACED)


def test_every_no_has_a_sentence():
    assert set(gates.SENTENCES) == set(Why)


def test_ruth_asks_for_two_refills_and_reads_what_came_of_each(client, ruth):
    one = prescribed()
    other = prescribed(name="Warfarin 5 MG", dispenseRequest={"numberOfRepeatsAllowed": 0})
    client.force_login(ruth)
    page = walk.text_of(client.get(PAGE))
    assert "No refills are left." in page
    response = client.post(PAGE, {"prescription": [one, other], "action": "refill"}, follow=True)
    shown = walk.text_of(response)
    assert "Refill asked for on" in shown
    assert "Not asked for. No refills are left. You can ask for a renewal." in shown
    assert [request.prescription_id for request in Request.objects.all()] == [one]
    assert AuditEvent.objects.filter(event="refill.submitted", account_id=ruth.pk).count() == 1


def test_asking_again_leads_to_the_request_that_is_open(client, ruth):
    item = prescribed()
    client.force_login(ruth)
    for _ in range(2):
        response = client.post(PAGE, {"prescription": item, "action": "refill"}, follow=True)
    request = Request.objects.get()
    assert f"/portal/medications/requests/{request.pk}/" in response.content.decode()
    assert asking.ask(ruth, item, "renew") == No(Why.ASKED, request=request)


def test_a_prescription_that_was_cancelled_between_page_and_click_is_not_refilled(client, ruth):
    item = prescribed()
    client.force_login(ruth)
    client.get(PAGE)
    prescribed(status="cancelled")
    shown = walk.text_of(client.post(PAGE, {"prescription": item, "action": "refill"}, follow=True))
    assert "Not asked for. This prescription is not active any more." in shown
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    "sent", [{}, {"action": "refill"}, {"action": "steal"}, {"action": "refill", "prescription": "x"}]
)
def test_a_form_without_a_choice_says_so(client, ruth, sent):
    client.force_login(ruth)
    assert "Choose at least one prescription." in walk.text_of(client.post(PAGE, sent, follow=True))


def test_nobody_asks_for_sees_or_withdraws_what_is_anothers(client, ruth, otis):
    item = prescribed(OTIS)
    client.force_login(ruth)
    shown = client.post(PAGE, {"prescription": item, "action": "refill"}, follow=True)
    assert "Not asked for: 1 that is not in your record any more." in walk.text_of(shown)
    assert asking.ask(ruth, item, "refill") == No(Why.GONE)
    outcome = asking.ask(otis, item, "refill")
    assert isinstance(outcome, Asked)
    address = f"{PAGE}requests/{outcome.request.pk}/"
    assert client.get(address).status_code == client.post(address).status_code == 404
    assert outcome.request.is_open


def test_a_basic_account_asks_for_nothing(client, ruth_basic):
    item = prescribed()
    client.force_login(ruth_basic)
    assert client.post(PAGE, {"prescription": item, "action": "refill"}).status_code == 403
    assert not Request.objects.exists()


def asked(account: Account) -> Request:
    outcome = asking.ask(account, prescribed(), "refill")
    assert isinstance(outcome, Asked)
    return outcome.request


def test_ruth_withdraws_and_may_ask_again(client, ruth):
    request = asked(ruth)
    client.force_login(ruth)
    shown = walk.text_of(client.post(f"{PAGE}requests/{request.pk}/", follow=True))
    assert "Withdrawn" in shown
    assert isinstance(asking.ask(ruth, request.prescription_id, "refill"), Asked)


def test_what_is_being_filled_can_no_longer_be_withdrawn(client, ruth):
    request = asked(ruth)
    omar = staff("Pharmacy")
    change_state(request, State.RECEIVED, by=omar)
    change_state(request, State.FILLING, by=omar)
    client.force_login(ruth)
    assert "can no longer be withdrawn" in walk.text_of(client.post(f"{PAGE}requests/{request.pk}/", follow=True))


def test_omar_ships_a_refill_and_ruth_follows_it(client, ruth):
    telling.choose(ruth, {"requests": "email"})
    request = asked(ruth)
    desk = signed_in(staff("Pharmacy"))
    base = f"/admin/medications/request/{request.pk}/"
    listed = walk.text_of(desk.get("/admin/medications/request/"))
    assert str(request) in listed
    assert "By state All that are open Submitted" in listed
    assert "Lisinopril 10 MG" in walk.text_of(desk.get(f"{base}change/"))
    for name in ("received", "filling"):
        assert desk.post(f"{base}{name}/").status_code == 302
    for sent, said in (
        ({"tracking": "1Z9"}, "Choose who carries it."),
        ({"carrier": "ups"}, "Enter the tracking number."),
    ):
        assert said in walk.text_of(desk.post(f"{base}shipped/", sent))
    assert desk.post(f"{base}shipped/", {"carrier": "ups", "tracking": "1Z999AA1"}).status_code == 302
    client.force_login(ruth)
    shown = walk.text_of(client.get(f"{PAGE}requests/{request.pk}/"))
    assert "Sent with UPS. Tracking number: 1Z999AA1" in shown
    assert [
        word for word in ("Submitted", "Received by the pharmacy", "Being filled", "Shipped") if word not in shown
    ] == []
    assert desk.post(f"{base}done/").status_code == 302
    assert isinstance(asking.ask(ruth, request.prescription_id, "refill"), Asked)
    walk.deliver_mail()
    assert len(mail.outbox) == 4
    assert not any("Lisinopril" in str(message.body) + message.subject for message in mail.outbox)


def test_a_refusal_needs_a_reason_that_ruth_reads(client, ruth):
    request = asked(ruth)
    desk = signed_in(staff("Pharmacy"))
    address = f"/admin/medications/request/{request.pk}/refused/"
    assert "Choose why it is not possible." in walk.text_of(desk.post(address, {"reason": ""}))
    request.refresh_from_db()
    assert request.state == State.SUBMITTED
    desk.post(address, {"reason": "early"})
    client.force_login(ruth)
    assert "It is too early for the next fill." in walk.text_of(client.get(f"{PAGE}requests/{request.pk}/"))


def test_a_renewal_is_done_without_a_parcel(ruth):
    item = prescribed(dispenseRequest={"numberOfRepeatsAllowed": 0})
    outcome = asking.ask(ruth, item, "renew")
    assert isinstance(outcome, Asked)
    omar = staff("Pharmacy")
    change_state(outcome.request, State.RECEIVED, by=omar)
    page = walk.text_of(signed_in(omar).get(f"/admin/medications/request/{outcome.request.pk}/change/"))
    assert "Not possible" in page
    assert "Begin to fill it" not in page
    with pytest.raises(TransitionRefused):
        change_state(outcome.request, State.FILLING, by=omar)
    change_state(outcome.request, State.DONE, by=omar)


@pytest.mark.parametrize("role", ["Service center agent", "Auditor", "Care team", "Proofing reviewer", "Print room"])
def test_other_roles_see_no_requests(ruth, role):
    request = asked(ruth)
    desk = signed_in(staff(role))
    assert desk.get("/admin/medications/request/").status_code == 403
    assert desk.get(f"/admin/medications/request/{request.pk}/change/").status_code in (302, 403)
    assert desk.post(f"/admin/medications/request/{request.pk}/received/").status_code == 403


def test_after_a_day_without_an_answer_both_sides_are_told_once(client, ruth):
    request = asked(ruth)
    late = request.made_at + policy.REFILL_ANSWERED_WITHIN
    assert asking.tell_of_waiting(late - timedelta(minutes=1)) == 0
    assert [asking.tell_of_waiting(late) for _ in range(2)] == [1, 0]
    walk.deliver_mail()
    assert len(mail.outbox) == 2
    Request.objects.update(made_at=timezone.now() - policy.REFILL_ANSWERED_WITHIN)
    client.force_login(ruth)
    assert "No one has answered yet" in walk.text_of(client.get(f"{PAGE}requests/{request.pk}/"))
    assert "overdue" in walk.text_of(signed_in(staff("Pharmacy")).get("/admin/medications/request/"))


def test_a_tracking_number_is_sealed(ruth):
    request = asked(ruth)
    omar = staff("Pharmacy")
    for to in (State.RECEIVED, State.FILLING):
        change_state(request, to, by=omar)
    change_state(request, State.SHIPPED, by=omar, carrier="usps", tracking="9400111")
    sealed = Request.objects.values_list("tracking", flat=True).get()
    assert b"9400111" not in bytes(sealed)  # type: ignore[arg-type]
    assert Request.objects.get().tracking == "9400111"


def test_many_requests_have_pages(client, ruth, django_assert_max_num_queries):
    item = prescribed()
    start = timezone.now() - timedelta(days=30)
    Request.objects.bulk_create(
        Request(
            patient=RUTH, account=ruth, prescription_id=item, kind="refill", state=State.DONE,
            made_at=start + timedelta(hours=number), changed_at=start,
        )
        for number in range(25)
    )  # fmt: skip
    client.force_login(ruth)
    client.get(PAGE)
    seen, address = 0, f"{PAGE}requests/"
    while address:
        with django_assert_max_num_queries(MOST + 2):  # beside the session and the account
            response = client.get(address)
        seen += len(response.context["listing"]["rows"])
        older = response.context["listing"]["older"]
        address = f"{PAGE}requests/?before={older.replace('+', '%2B')}" if older else ""
    assert seen == 25
    with django_assert_max_num_queries(MOST + 2):  # beside the session and the account
        client.get(PAGE)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_wishes_at_once_one_request_comes():
    ruth = open_account("ruth.p", RUTH, Level.PREMIUM)
    item = prescribed()
    outcomes = in_parallel(lambda number: asking.ask(ruth, item, "refill"))
    assert sum(isinstance(outcome, Asked) for outcome in outcomes) == 1
    assert Request.objects.count() == Step.objects.count() == 1


def test_every_state_can_be_reached_and_every_move_has_a_sentence():
    reached: set[str] = {START}
    while new := {after for before, after in TRANSITIONS if before in reached} - reached:
        reached |= new
    assert reached == set(State)
    assert set(TRANSITIONS.values()) <= set(EVENTS)
    assert set(State) - {before for before, _ in TRANSITIONS} == set(asking.ENDED)


def test_what_runs_out_leads_from_the_health_tools_to_where_it_can_be_asked_for(client, ruth):
    supply = {"numberOfRepeatsAllowed": 3, "expectedSupplyDuration": {"value": 90, "code": "d"}}
    item = prescribed(dispenseRequest=supply)
    client.force_login(ruth)
    shown = client.get("/portal/tools/").content.decode()
    assert f'href="{PAGE}{item}/"' in shown
    assert "3 refills left." in shown
