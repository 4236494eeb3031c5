"""People without an email address finish by letter or with a visit; and mailboxes that many people share."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import actions
from accounts.mail import shared_mailboxes
from accounts.models import Account, LostFactor, Notice, RegistrationDraft
from core import policy
from deers.models import Person as Registered
from demo.people.person import Person
from idproofing import visits
from idproofing.models import ActivationCode, Letter, Visit
from safeguards.models import AuditEvent
from service_center.visits import NoWayToSend, verify_documents
from tests import people, walk
from tests.accounts.holders import give_password, holder, premium, signed_in, staff
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

LOST = "/recover/factor/"
DOCUMENTS = (visits.Shown("passport", "X1234567"), visits.Shown("state-id", "D7654321", "TN"))


@pytest.fixture
def nora(db: None) -> Person:
    """A widow whom DEERS has no email address for either."""
    nora = people.load("nora")
    Registered.objects.filter(pk=nora.dod_id).update(email="")
    return nora


def begin(client: Client, route: str) -> str:
    return walk.send(client, "/register/route/?level=1", {"level": 1, "route": route})


def code_in_letter() -> str:
    return Letter.objects.get(kind="code").secret or ""


def with_the_letter(nora: Person) -> str:
    """What Nora's last page says, after she came back with the code in the letter."""
    client = Client()
    here = walk.send(client, "/register/with-code/", {"level": 1})
    here = walk.send(client, here, walk.details_of(nora, email=""))
    here = walk.send(client, here, {"code": code_in_letter()})
    here = walk.send(client, here, walk.credentials("nora.widow"))
    assert client.get("/portal/").status_code == 200
    assert "None" in walk.text_of(client.get("/account/"))
    assert "None given" in walk.text_of(client.get("/portal/contact/"))
    return walk.text_of(client.get(here))


def test_a_widow_without_an_email_address_registers_by_letter(client, nora):
    here = walk.send(client, begin(client, "letter"), walk.details_of(nora, email=""))
    assert walk.send(client, here, {}).endswith("/done/")
    page = with_the_letter(nora)
    assert "Your account has no email address" in page
    assert "Confirm your email address" not in page
    account = Account.objects.get()
    assert (account.email, account.email_confirmed_at) == ("", None)
    assert not Notice.objects.exists()
    assert Letter.objects.filter(kind="notice", dod_id=nora.dod_id).count() == 1


@pytest.mark.parametrize("route", ["in_person", "agent"])
def test_a_widow_without_an_email_address_registers_with_a_visit_and_her_code_comes_by_letter(client, nora, route):
    here = walk.send(client, begin(client, route), walk.details_of(nora, email=""))
    assert "by letter" in walk.text_of(client.get(here))
    walk.send(client, here, {"action": "slip"})
    slip = walk.text_of(client.get(here))
    assert "We cannot send it to you by email." in slip
    assert not Notice.objects.exists()
    visit = Visit.objects.get()
    verify_documents(visit, DOCUMENTS, by=staff("Service center agent"))
    assert "comes by letter" in walk.text_of(client.get(here))
    assert ActivationCode.objects.get().route == route
    with_the_letter(nora)
    assert AuditEvent.objects.filter(event="account.opened", details__route=route).count() == 1


def test_an_agent_learns_before_anything_changes_that_no_letter_can_reach_a_visitor(client, nora):
    Registered.objects.filter(pk=nora.dod_id).update(street="")
    here = walk.send(client, begin(client, "in_person"), walk.details_of(nora, email=""))
    walk.send(client, here, {"action": "slip"})
    visit = Visit.objects.get()
    assert isinstance(verify_documents(visit, DOCUMENTS, by=staff("Service center agent")), NoWayToSend)
    visit.refresh_from_db()
    assert visit.state == "open"
    assert not ActivationCode.objects.exists()


def test_a_person_who_wants_the_questions_is_asked_for_an_email_address(client, nora):
    here = begin(client, "questions")
    page = client.post(here, walk.details_of(nora, email=""))
    assert page.context["form"].errors == {"email": ["Enter your email address."]}
    assert 'href="/register/route/?level=1"' in page.content.decode()


def test_a_person_without_an_email_address_is_not_offered_the_questions_later(client, nora):
    here = walk.send(client, begin(client, "letter"), walk.details_of(nora, email=""))
    way = here.replace("/letter/", "/way/")
    assert "Answer the questions" not in walk.text_of(client.get(way))
    page = client.post(way, {"route": "questions"})
    assert "you need an email address" in walk.text_of(page)
    assert RegistrationDraft.objects.get().route == "letter"


def test_somebody_without_an_email_address_adds_one_later(nora):
    account = holder(nora)
    Account.objects.update(email="", email_confirmed_at=None)
    account.refresh_from_db()
    browser = signed_in(account)
    assert 'href="/account/email/">Add' in browser.get("/account/").content.decode()
    page = browser.post("/account/email/", {"email": "nora@mail.example"})
    assert "Check your email for a link" in walk.text_of(page)


def test_somebody_without_an_email_address_does_not_wait_for_a_link_that_cannot_come(nora):
    account = premium(nora)
    Account.objects.update(email="", email_confirmed_at=None)
    browser = Client()
    give_password(browser, account.username)
    for page in (browser.get(LOST), browser.post(LOST)):
        assert "Your account has no email address" in walk.text_of(page)
    assert not LostFactor.objects.exists()


def test_two_people_without_an_email_address_share_no_mailbox():
    accounts = [holder(people.load(key)) for key in ("rosa", "grace", "nora", "owen", "kyle")]
    Account.objects.update(email="")
    assert shared_mailboxes.flag(accounts[0].pk) == 0


def sharing(*keys: str) -> list[Account]:
    return [holder(people.load(key), email="Shared@mail.example") for key in keys]


STRANGERS = ("rosa", "grace", "nora", "owen")


def test_a_mailbox_of_many_strangers_is_shown_to_staff():
    accounts = sharing(*STRANGERS)
    shared_mailboxes.flag(accounts[-1].pk)
    flagged = Account.objects.exclude(mailbox_shared_at=None)
    assert set(flagged) == set(accounts)
    assert AuditEvent.objects.filter(event="account.mailbox-shared").count() == policy.SHARED_MAILBOX_HOUSEHOLDS
    desk = signed_in(staff("Service center agent"))
    page = walk.text_of(desk.get(f"/admin/accounts/account/{accounts[0].pk}/change/"))
    assert "4 open accounts use this mailbox" in page
    found = walk.text_of(desk.get("/admin/accounts/account/?mailbox=shared"))
    assert all(account.username in found for account in accounts)
    for address in ("", "?mailbox=", "?mailbox=other"):
        assert "rosa.holder" not in walk.text_of(desk.get(f"/admin/accounts/account/{address}", follow=True))


def test_a_family_with_one_mailbox_is_no_matter_for_staff():
    couple = sharing("walter", "june")
    assert shared_mailboxes.households(account.dod_id or "" for account in couple) == 1
    more = sharing("rosa", "grace")
    assert shared_mailboxes.flag(more[-1].pk) == 0
    assert not Account.objects.exclude(mailbox_shared_at=None).exists()


def test_closed_accounts_do_not_count():
    accounts = sharing(*STRANGERS)
    actions.close(accounts[0], by="mock")
    assert shared_mailboxes.flag(accounts[-1].pk) == 0


def test_the_worker_is_asked_to_look_as_soon_as_enough_accounts_share_a_mailbox():
    jobs = ProcrastinateJob.objects.filter(task_name="accounts.tasks.look_at_mailbox")
    sharing(*STRANGERS[:3])
    assert not jobs.exists()
    last = holder(people.load(STRANGERS[3]), email="shared@MAIL.example")
    assert [job.args for job in jobs] == [{"account_id": last.pk}]


def test_a_person_who_moves_to_another_mailbox_is_no_longer_flagged():
    accounts = sharing(*STRANGERS)
    shared_mailboxes.flag(accounts[0].pk)
    actions.set_email(accounts[0], "own@mail.example", by=accounts[0])
    accounts[0].refresh_from_db()
    assert accounts[0].mailbox_shared_at is None


def test_while_deers_is_silent_the_worker_tries_again(settings):
    accounts = sharing(*STRANGERS)
    settings.DEERS_FAULT = "unavailable"
    with pytest.raises(shared_mailboxes.DeersSilentError):
        shared_mailboxes.flag(accounts[0].pk)


@pytest.mark.django_db(transaction=True)
def test_thirty_workers_flag_each_account_once():
    pk = sharing(*STRANGERS)[0].pk
    now = timezone.now() - timedelta(minutes=1)
    flagged = in_parallel(lambda _: shared_mailboxes.flag(pk, now))
    assert sum(flagged) == len(STRANGERS)
    assert AuditEvent.objects.filter(event="account.mailbox-shared").count() == len(STRANGERS)
