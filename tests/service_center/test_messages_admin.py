"""Staff and the messages: who can read them, and the trace that a reader leaves."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from safeguards.models import AuditEvent
from support import contact
from support.models import ContactMessage
from tests.accounts import holders

pytestmark = pytest.mark.django_db

LIST = "admin:support_contactmessage_changelist"


@pytest.fixture
def message() -> ContactMessage:
    return contact.receive(
        uuid.uuid4(), name="Opal Marchetti", email="opal@example.com", topic="other", body="Where is my ID card office?"
    )


def signed_in(role: str) -> Client:
    """A browser in which a member of staff in `role` is signed in, second factor and all."""
    return holders.signed_in(holders.staff(role))


def test_an_agent_reads_a_message_and_the_reading_is_on_record(message: ContactMessage) -> None:
    agent = signed_in("Service center agent")
    page = agent.get(reverse("admin:support_contactmessage_change", args=[message.pk]))
    assert "Where is my ID card office?" in page.content.decode()
    event = AuditEvent.objects.get(event="support.message-read")
    assert event.details == {"reference": message.reference.lower()}


def test_the_list_shows_no_personal_data(message: ContactMessage) -> None:
    page = signed_in("Service center agent").get(reverse(LIST)).content.decode()
    assert message.reference in page
    assert "Opal" not in page


def test_an_agent_finds_a_message_by_its_reference(message: ContactMessage) -> None:
    agent = signed_in("Service center agent")
    assert message.reference in agent.get(reverse(LIST), {"q": message.reference.lower()}).content.decode()
    assert message.reference not in agent.get(reverse(LIST), {"q": "C-0000-0000"}).content.decode()


def test_nobody_changes_or_deletes_a_message(message: ContactMessage) -> None:
    agent = signed_in("Supervisor")
    agent.post(reverse("admin:support_contactmessage_change", args=[message.pk]), {"body": "Changed", "topic": "other"})
    answer = agent.post(reverse("admin:support_contactmessage_delete", args=[message.pk]), {"post": "yes"})
    assert answer.status_code == 403
    assert ContactMessage.objects.get().body == "Where is my ID card office?"


@pytest.mark.parametrize("role", ["Auditor", "Proofing reviewer", "Care team"])
def test_other_roles_do_not_see_messages(message: ContactMessage, role: str) -> None:
    staff = signed_in(role)
    assert staff.get(reverse(LIST)).status_code == 403
    assert staff.get(reverse("admin:support_contactmessage_change", args=[message.pk])).status_code == 403
    assert not AuditEvent.objects.filter(event="support.message-read").exists()


@pytest.mark.parametrize("year", ["9" * 20, "-1", "two", "1e9", "9999", "2026"])
def test_no_year_can_be_asked_for_because_that_would_read_all_messages(message: ContactMessage, year: str) -> None:
    assert signed_in("Service center agent").get(reverse(LIST), {"created_at__year": year}).status_code == 400


def test_an_empty_name_of_a_field_in_the_address_is_no_error(message: ContactMessage) -> None:
    page = reverse("admin:support_contactmessage_change", args=[message.pk])
    assert signed_in("Service center agent").get(page, {"_to_field": ""}).status_code == 200


def test_a_message_is_not_handed_to_a_colleague_who_is_close_to_its_writer(message: ContactMessage) -> None:
    ann, bob = (holders.staff("Service center agent", name) for name in ("ann.agent", "bob.close"))
    Account.objects.filter(pk=bob.pk).update(email=message.email)
    fields = {"do": "hand-over", "colleague": str(bob.pk)}
    page = holders.signed_in(ann).post(f"/admin/support/contactmessage/{message.pk}/change/", fields)
    assert "This colleague may not answer this message." in page.content.decode()
    message.refresh_from_db()
    assert message.taken_by is None


def test_a_note_that_is_sent_twice_is_kept_once_and_another_one_is_not_lost(message: ContactMessage) -> None:
    ann, page = signed_in("Service center agent"), f"/admin/support/contactmessage/{message.pk}/change/"
    key = str(uuid.uuid4())
    for note in ("Called back.", "Called back.", "Called twice."):
        ann.post(page, {"do": "note", "key": key, "note": note})
    assert sorted(entry.body for entry in message.entries.all()) == ["Called back.", "Called twice."]
