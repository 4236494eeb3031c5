"""A forgotten username or password: one page for everyone, mail only to the right people, links that work once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.mail import links
from accounts.models import Account, Link, RecoveryRequest, State
from accounts.models.mail import Purpose
from accounts.recovery import password as recovery
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import KEY, give_password, give_token, holder, is_signed_in, premium, signed_in
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

NEW = "a brand new long password"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


def work() -> None:
    """Do what the worker does: find out who is meant, and send the mail."""
    for request in RecoveryRequest.objects.filter(answered_at=None):
        recovery.answer(str(request.pk))
    walk.deliver_mail()


def link_for(account: Account, client: Client | None = None) -> str:
    """The path of the link in the newest mail after asking for a new password."""
    (client or Client()).post("/recover/password/", {"username": account.username})
    work()
    found = re.search(r"http://localhost:8000(/recover/password/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def choose(client: Client, link: str, password: str = NEW) -> int:
    return client.post(link, {"password": password, "password_again": password}).status_code


FORMS = {"username": ("/recover/username/", "email"), "password": ("/recover/password/", "username")}


def typed_by(account: Account, wanted: str) -> str:
    return account.email if wanted == "username" else account.username


@pytest.mark.parametrize("wanted", FORMS)
def test_known_and_unknown_get_the_same_page_at_the_same_price(rosa, wanted):
    address, field = FORMS[wanted]
    seen = []
    for number, typed in enumerate((typed_by(rosa, wanted), "nobody.here@mail.example")):
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        with CaptureQueriesContext(connection) as queries:
            page = walk.text_of(client.post(address, {field: typed}))
        seen.append((page, [query["sql"].split()[0] for query in queries]))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("wanted", FORMS)
def test_mail_goes_to_those_who_exist_and_to_nobody_else(client, rosa, wanted):
    address, field = FORMS[wanted]
    client.post(address, {field: typed_by(rosa, wanted).upper()})
    client.post(address, {field: "nobody.here@mail.example"})
    work()
    assert [message.to for message in mail.outbox] == [[rosa.email]]
    assert set(RecoveryRequest.objects.values_list("answered_at", flat=True)) != {None}
    assert {request.typed for request in RecoveryRequest.objects.all()} == {""}


def test_a_couple_with_one_address_gets_a_mail_for_each(client):
    walter, june = holder(PEOPLE["walter"]), holder(PEOPLE["june"])
    client.post("/recover/username/", {"email": june.email})
    work()
    bodies = [str(message.body) for message in mail.outbox]
    assert len(bodies) == 2
    assert sorted((walter.username in body, june.username in body) for body in bodies) == [(False, True), (True, False)]


def test_a_request_is_answered_once(client, rosa):
    client.post("/recover/username/", {"email": rosa.email})
    request = str(RecoveryRequest.objects.get().pk)
    recovery.answer(request)
    recovery.answer(request)
    walk.deliver_mail()
    assert len(mail.outbox) == 1


def test_ten_requests_an_hour_from_one_address(client, rosa):
    for _ in range(policy.RECOVERY_PER_ADDRESS.times):
        client.post("/recover/username/", {"email": rosa.email})
    page = client.post("/recover/username/", {"email": rosa.email})
    assert "There were too many requests." in walk.text_of(page)
    assert RecoveryRequest.objects.count() == policy.RECOVERY_PER_ADDRESS.times


def test_what_was_typed_is_sealed_until_it_is_answered(client, rosa):
    client.post("/recover/username/", {"email": rosa.email})
    sealed: object = RecoveryRequest.objects.values_list("typed", flat=True).get()
    assert rosa.email.encode() not in bytes(sealed)  # type: ignore[call-overload]


def test_the_link_sets_a_new_password_and_signs_nobody_in(client, rosa):
    elsewhere = signed_in(rosa)
    link = link_for(rosa)
    assert client.get(link).status_code == 200
    assert choose(client, link) == 200
    assert not is_signed_in(client)
    assert not is_signed_in(elsewhere)
    rosa.refresh_from_db()
    assert check_password(NEW, rosa.password)
    walk.deliver_mail()
    assert mail.outbox[-1].subject == "Your DS Logon password was changed"


def test_the_link_works_once(client, rosa):
    link = link_for(rosa)
    choose(client, link)
    for response in (client.get(link), client.post(link, {"password": "x" * 20, "password_again": "x" * 20})):
        assert response.status_code == 410
        assert response.templates[0].name == "accounts/link_used.html"


@pytest.mark.django_db(transaction=True)
def test_of_thirty_uses_of_a_link_at_once_one_sets_the_password():
    link = link_for(holder(PEOPLE["rosa"]))
    token = link.rstrip("/").rsplit("/", 1)[1]
    outcomes = in_parallel(lambda number: recovery.set_password(token, f"brand new password {number}"))
    assert sum(outcomes) == 1
    assert check_password(f"brand new password {outcomes.index(True)}", Account.objects.get().password)
    assert AuditEvent.objects.filter(event="recovery.password-set").count() == 1


def test_the_link_ends_after_half_an_hour(client, rosa):
    link = link_for(rosa)
    Link.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(link).status_code == 410
    assert choose(client, link) == 410


def test_a_link_that_is_on_its_way_to_rosa_stays_good_when_a_stranger_asks_for_another(client, rosa):
    """A new request used to end the link before it, so that a stranger who asked every minute kept her out."""
    hers, other = link_for(rosa), link_for(rosa, Client(REMOTE_ADDR="198.51.100.66"))
    assert client.get(other).status_code == 200
    assert choose(client, hers) == 200
    assert choose(Client(), other, "chosen by somebody else") == 410


def test_however_many_strangers_ask_one_mailbox_gets_five_mails_a_day(rosa):
    for number in range(52):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post("/recover/password/", {"username": rosa.username})
        Client(REMOTE_ADDR=f"198.51.100.{number}").post("/recover/username/", {"email": rosa.email.upper()})
    work()
    assert len(mail.outbox) == policy.RECOVERY_PER_MAILBOX.times
    assert Link.objects.filter(used_at=None).count() <= policy.RECOVERY_PER_MAILBOX.times


def test_strangers_do_not_use_up_the_mails_of_rosas_own_phone(rosa):
    phone = signed_in(rosa)
    for number in range(policy.RECOVERY_PER_MAILBOX.times + 1):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post("/recover/password/", {"username": rosa.username})
    work()
    before = len(mail.outbox)
    assert choose(Client(), link_for(rosa, phone)) == 200
    for _ in range(policy.RECOVERY_PER_MAILBOX.times + 3):
        phone.post("/recover/password/", {"username": rosa.username})
    work()
    assert len([one for one in mail.outbox[before:] if "password" in one.subject.lower()]) <= 6


def test_the_page_says_the_same_when_the_mailbox_gets_no_more(rosa):
    said = set()
    for number in range(policy.RECOVERY_PER_MAILBOX.times + 2):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        said.add(walk.text_of(client.post("/recover/password/", {"username": rosa.username})))
        work()
    assert len(said) == 1
    assert "at most 5 of these emails to a mailbox in 24 hours, and somebody else may have asked" in said.pop()


@pytest.mark.django_db(transaction=True)
def test_of_thirty_requests_answered_at_once_five_reach_the_mailbox():
    rosa = holder(PEOPLE["rosa"])
    requests = [RecoveryRequest.objects.create(wanted="password", typed=rosa.username) for _ in range(30)]
    in_parallel(lambda number: recovery.answer(str(requests[number].pk)))
    walk.deliver_mail()
    assert len(mail.outbox) == policy.RECOVERY_PER_MAILBOX.times
    assert Link.objects.filter(used_at=None).count() == policy.RECOVERY_PER_MAILBOX.times


@pytest.mark.django_db(transaction=True)
def test_of_thirty_links_that_each_replace_the_one_before_at_once_one_is_live():
    rosa = holder(PEOPLE["rosa"])
    in_parallel(lambda number: links.replace(rosa, Purpose.CONFIRM_EMAIL, data="rosa@new.example"))
    assert Link.objects.filter(used_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_links_used_at_once_one_sets_the_password_and_none_is_left():
    rosa = holder(PEOPLE["rosa"])
    made = [links.make(rosa, Purpose.NEW_PASSWORD).rstrip("/").rsplit("/", 1)[1] for _ in range(30)]
    outcomes = in_parallel(lambda number: recovery.set_password(made[number], f"brand new password {number}"))
    assert sum(outcomes) == 1
    assert not Link.objects.filter(purpose=Purpose.NEW_PASSWORD, used_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_no_link_is_left_for_an_account_that_is_frozen_while_thirty_ask():
    rosa = holder(PEOPLE["rosa"])

    def act(number: int) -> None:
        if number == 15:
            actions.freeze(rosa, by="system")
        else:
            recovery.send_link(rosa.username)

    in_parallel(act)
    assert not Link.objects.filter(purpose=Purpose.NEW_PASSWORD, used_at=None).exists()


def test_a_link_ends_when_the_password_was_changed_in_another_way(client, rosa):
    link = link_for(rosa)
    actions.set_password(rosa, "chosen on the account page", by=rosa)
    assert choose(client, link) == 410


@pytest.mark.parametrize("action", [actions.freeze, actions.close])
def test_a_link_ends_with_the_account(client, rosa, action):
    link = link_for(rosa)
    action(rosa, by="system")
    assert client.get(link).status_code == 410
    assert choose(client, link) == 410


@pytest.mark.parametrize("action", [actions.freeze, actions.close])
def test_a_stopped_account_gets_no_link(client, rosa, action):
    action(rosa, by="system")
    walk.deliver_mail().clear()
    client.post("/recover/password/", {"username": rosa.username})
    client.post("/recover/username/", {"email": rosa.email})
    work()
    assert mail.outbox == []


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "%00", "%ff", "..%2f", "٣"])
def test_a_made_up_link_is_refused(client, db, token):
    assert client.get(f"/recover/password/{token}/").status_code in (404, 410)


def test_a_new_password_does_not_go_around_the_second_factor(client):
    grace = premium(PEOPLE["grace"])
    choose(client, link_for(grace))
    assert give_password(client, grace.username, NEW)["Location"] == "/sign-in/second-factor/"
    assert not is_signed_in(client)
    assert give_token(client, walk.token_for(KEY)).status_code == 302
    assert is_signed_in(client)


def test_the_link_is_built_from_our_own_address_and_never_from_the_visitors(settings, rosa):
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    link_for(rosa, client)
    assert "evil.example" not in str(mail.outbox[-1].body)


def test_a_new_password_unlocks_a_locked_account(client, rosa):
    Account.objects.update(failures_in_a_row=99)
    actions.lock(rosa, by="system")
    choose(client, link_for(rosa))
    rosa.refresh_from_db()
    assert (rosa.state, rosa.failures_in_a_row) == (State.ACTIVE, 0)
    assert {"account.unlocked", "recovery.password-set"} <= set(AuditEvent.objects.values_list("event", flat=True))


def test_a_weak_new_password_is_refused_and_the_link_stays_good(client, rosa):
    link = link_for(rosa)
    assert "at least 15 characters" in walk.text_of(client.post(link, {"password": "short", "password_again": "short"}))
    page = client.post(link, {"password": "rosa.holder is mine", "password_again": "rosa.holder is mine"})
    assert "Leave your " in walk.text_of(page)
    assert choose(client, link) == 200


def test_the_token_of_a_link_is_kept_as_a_hash(rosa):
    token = link_for(rosa).rstrip("/").rsplit("/", 1)[1]
    assert len(token) >= 43
    assert token.encode() not in bytes(Link.objects.get().digest)


def test_nothing_is_kept_when_the_request_fails_half_way(rosa, monkeypatch):
    monkeypatch.setattr("accounts.recovery.password.answer_recovery.defer", lambda **job: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recovery.ask("username", rosa.email, "203.0.113.1")
    assert not RecoveryRequest.objects.exists()
