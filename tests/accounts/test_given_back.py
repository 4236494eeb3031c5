"""A frozen account is given back to the one who proves again who they are, as it was before the thief came."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.utils import timezone

from accounts import actions, giving_back
from accounts.changes import changes_of
from accounts.mail import links, notices
from accounts.models import Account, AuthenticatorApp, BackupCode, CredentialChange, Link, Passkey, State
from accounts.models.mail import Purpose
from accounts.second_factors import authenticator_apps, backup_codes, factors
from core.policy import Level
from deers.models import Person as Registered
from demo.people import PEOPLE
from demo.people.person import Person
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.frozen import THIEF, add_app, first_not_me, link_in, mails_to, newest
from tests.accounts.holders import (
    KEY,
    address,
    give_password,
    give_token,
    holder,
    is_signed_in,
    premium,
    proven,
    signed_in,
    staff,
)
from tests.accounts.passkey_steps import add_passkey, alone, enrolled
from tests.authenticator import Authenticator
from tests.parallel import in_parallel
from tests.service_center.callers import known_to
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a long walk on the Platte"


def prove_again(browser: Client, person: Person, level: Level) -> str:
    """Register as anybody does, with questions and a code; the address of the page after the code comes back."""
    here = walk.answer_all(browser, walk.to_questions(browser, person, level, "email"), person)
    return walk.send(browser, here, {"code": walk.code_in_mail()})


def choose_password(email: str) -> None:
    link = newest(email, "/recover/password/")
    said = Client().post(link, {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
    assert "password" in walk.text_of(said).lower()
    assert said.status_code == 200


def given_back(account: Account, person: Person, level: Level, answer: dict[str, str]) -> str:
    """Prove again who one is, say what was not oneself, and read the last page."""
    browser = Client()
    here = prove_again(browser, person, level)
    assert here.endswith("/give-back/")
    done = walk.send(browser, here, answer)
    assert done.endswith("/done/")
    account.refresh_from_db()
    return walk.text_of(browser.get(done))


def test_a_soldier_whose_session_was_stolen_gets_in_again_and_the_thiefs_passkey_does_not():
    """The walk in one piece: stolen session, factor added, holder's link, freeze, new proof, holder in, thief out."""
    person = people.load("grace")
    account = premium(person)
    stolen, device = signed_in(account), Authenticator()
    add_passkey(stolen, device, name="Phone")

    assert "Your account is frozen" in walk.text_of(Client().post(newest(person.email, "/not-me/")))
    assert not is_signed_in(stolen)
    assert alone(Client(), device).status_code != 302
    assert not Passkey.objects.filter(confirmed=True).exists()

    agent = signed_in(staff("Service center agent"))
    known_to("works.here", account)
    answer = agent.post(f"/admin/accounts/account/{account.pk}/unlock/", WHY["unlock"], follow=True)
    assert "A frozen account is not unlocked by staff" in walk.text_of(answer)
    account.refresh_from_db()
    assert account.state == State.FROZEN

    said = given_back(account, person, Level.PREMIUM, {"first": str(added_passkey(account).pk)})
    assert "Your account is yours again" in said
    assert account.state == State.ACTIVE
    assert not check_password(walk.PASSWORD, account.password)
    assert not Passkey.objects.exists()
    assert alone(Client(), device).status_code != 302

    choose_password(person.email)
    mine = Client()
    AuthenticatorApp.objects.update(last_t=-1)
    give_password(mine, account.username, NEW_PASSWORD)
    give_token(mine, walk.token_for(KEY))
    assert is_signed_in(mine)
    assert AuditEvent.objects.filter(event="account.given-back", account_id=account.pk).count() == 1


def added_passkey(account: Account) -> CredentialChange:
    return changes_of(account).filter(factor__contains="webauthn").get()


def test_a_soldier_at_basic_is_not_asked_for_the_thiefs_app_and_the_thiefs_backup_codes_are_gone():
    person = people.load("rosa")
    account = holder(person)
    stolen = signed_in(account)
    add_app(stolen)
    codes = backup_codes.make_backup_codes(account, by=account)
    Client().post(newest(person.email, "/not-me/"))
    given_back(account, person, Level.BASIC, first_not_me(account, "factor-added"))
    assert not AuthenticatorApp.objects.exists()
    assert not BackupCode.objects.exists()
    assert backup_codes.verify_backup_code(account, codes[0]) is None
    choose_password(person.email)
    mine = Client()
    assert give_password(mine, account.username, NEW_PASSWORD)["Location"] == "/portal/"


def test_an_email_address_that_a_thief_changed_and_confirmed_gives_way_to_the_one_from_before():
    person = people.load("rosa")
    account = holder(person)
    stolen = signed_in(account)
    stolen.post("/account/email/", {"email": THIEF})
    stolen.post(newest(THIEF, "/account/email/confirm/"))
    account.refresh_from_db()
    assert account.email == THIEF
    stolen.post("/account/phone/", {"phone": "202 555 0199"})
    # The link of the later change is used. It alone does not know of the earlier one; the holder does.
    Client().post(next(link_in(t, "/not-me/") for t in mails_to(person.email) if "phone number" in t))
    sent = len(mails_to(THIEF))
    given_back(account, person, Level.BASIC, first_not_me(account, "email"))
    assert (account.email, account.phone) == (person.email, person.phone)
    assert account.email_confirmed_at is not None
    choose_password(person.email)
    assert len(mails_to(THIEF)) == sent
    assert THIEF not in notices.addresses_of(account)


def test_what_a_thief_removed_is_given_back():
    person = people.load("grace")
    account = premium(person)
    printed = backup_codes.make_backup_codes(account, by=account)
    stolen = signed_in(account)
    app = AuthenticatorApp.objects.get()
    key = add_app(stolen)
    stolen.post(f"/account/security/factors/app/{app.pk}/", {"action": "remove"})
    assert [one.key for one in factors.all_of(account)] == [key]  # type: ignore[union-attr]
    backup_codes.make_backup_codes(account, by=account)
    actions.freeze(account, by="visitor")
    first = changes_of(account).filter(kind="factor-added").last()
    given_back(account, person, Level.PREMIUM, {"first": str(first.pk)})  # type: ignore[union-attr]
    assert [one.key for one in factors.all_of(account)] == [KEY]  # type: ignore[union-attr]
    assert AuthenticatorApp.objects.count() == 1
    assert backup_codes.verify_backup_code(account, printed[0])


def test_a_removed_app_does_not_keep_its_name_from_a_new_one():
    account = premium(people.load("grace"))
    with factors.lock_factors(account):
        factors.remove_all(account)
    again = authenticator_apps.enroll(account, KEY, step_used=-1, by=account)
    assert again.name == authenticator_apps.APP_NAME
    assert [one.pk for one in factors.all_of(account)] == [again.pk]


def test_a_passkey_that_was_removed_signs_nobody_in():
    account = holder(people.load("rosa"))
    device = enrolled(account)
    assert alone(Client(), device).status_code == 302
    passkey = Passkey.objects.get()
    factors.remove(account, "passkey", str(passkey.pk), by=account)
    assert alone(Client(), device).status_code != 302
    assert not Passkey.objects.get().confirmed


def test_who_proves_only_basic_does_not_get_a_premium_account_back():
    person = people.load("grace")
    account = premium(person)
    actions.freeze(account, by="visitor")
    browser = Client()
    here = prove_again(browser, person, Level.BASIC)
    assert here.endswith("/done/")
    said = walk.text_of(browser.get(here))
    assert "Your account is Premium" in said
    account.refresh_from_db()
    assert account.state == State.FROZEN
    given_back(account, person, Level.PREMIUM, {"first": "none"})
    assert account.state == State.ACTIVE


def test_a_holder_who_did_it_all_keeps_it_all():
    """Somebody who reads an old mail froze the account; the holder has moved to another mailbox since."""
    person = people.load("rosa")
    account = holder(person)
    mine = signed_in(account)
    mine.post("/account/email/", {"email": "rosa.new@mail.example"})
    mine.post(newest("rosa.new@mail.example", "/account/email/confirm/"))
    key = add_app(mine)
    Client().post(link_in(mails_to(person.email)[-1], "/not-me/"))
    assert factors.all_of(account) == []
    given_back(account, person, Level.BASIC, {"first": "none"})
    assert account.email == "rosa.new@mail.example"
    assert [one.key for one in factors.all_of(account)] == [key]  # type: ignore[union-attr]
    choose_password("rosa.new@mail.example")


def test_somebody_who_reads_an_old_mailbox_cannot_freeze_the_account_again_and_again():
    account = holder(people.load("rosa"))
    actions.set_email(account, "rosa.second@mail.example", by=account)
    actions.set_email(account, "rosa.new@mail.example", by=account)
    actions.freeze(account, by="visitor")
    before = len(mails_to("rosa.second@mail.example"))
    giving_back.give_back(account, since=None, by="visitor")
    (last,) = mails_to("rosa.second@mail.example")[before:]
    assert "tell the service center" in last.lower()
    assert "/not-me/" not in last
    assert notices.addresses_of(account) == ["rosa.new@mail.example", PEOPLE["rosa"].email]


def test_an_address_that_was_given_up_and_is_the_accounts_again_hears_of_changes_like_any_other():
    account = holder(people.load("rosa"), email="rosa.second@mail.example")
    actions.set_email(account, "rosa.third@mail.example", by=account, gives_up=True)
    assert "rosa.second@mail.example" not in notices.addresses_of(account)
    actions.set_email(account, "rosa.second@mail.example", by=account)
    actions.set_email(account, THIEF, by=account)
    assert "rosa.second@mail.example" in notices.addresses_of(account)


def test_an_account_that_a_thief_opened_keeps_nothing_of_the_thiefs():
    person = people.load("rosa")
    account = premium(person, email=THIEF)
    notices.tell(account, "account-opened", to=[THIEF, person.email], since=account.created_at)
    Client().post(newest(person.email, "/not-me/"))
    given_back(account, person, Level.PREMIUM, {"first": "opened"})
    assert account.email == person.email
    assert not AuthenticatorApp.objects.exists()
    assert notices.addresses_of(account) == [person.email]
    choose_password(person.email)
    mine = Client()
    assert give_password(mine, account.username, NEW_PASSWORD)["Location"] == "/sign-in/second-factor/"
    assert "authenticator app" in walk.text_of(mine.get("/sign-in/second-factor/"))  # one's own is set up now


def test_a_widow_without_email_in_deers_gets_her_account_back_at_the_address_that_her_code_went_to():
    person = people.load("nora")
    Registered.objects.filter(pk=person.dod_id).update(email="")
    account = holder(person, email=THIEF)
    actions.freeze(account, by="visitor", since=account.created_at)
    browser, mailbox = Client(), "nora.new@mail.example"
    here = walk.send(browser, walk.begin(browser, 1, "email"), walk.details_of(person, email=mailbox))
    here = walk.answer_all(browser, here, person)
    here = walk.send(browser, here, {"code": walk.code_in_mail()})
    walk.send(browser, here, {"first": "opened"})
    account.refresh_from_db()
    assert (account.email, bool(account.email_confirmed_at)) == (mailbox, True)
    choose_password(mailbox)


def test_a_holder_whose_mail_is_read_by_somebody_else_gets_the_link_at_the_address_of_record():
    person = people.load("rosa")
    account = holder(person, email="rosa.second@mail.example")
    actions.freeze(account, by="visitor")
    given_back(account, person, Level.BASIC, {"first": "none", "reads_along": "on"})
    assert account.email == person.email
    assert not [text for text in mails_to("rosa.second@mail.example") if "/recover/password/" in text]
    choose_password(person.email)


def test_where_no_address_is_known_to_be_hers_the_page_says_how_one_comes_into_deers():
    person = people.load("nora")
    account = holder(person, email=person.email)
    actions.freeze(account, by="visitor")
    browser = Client()
    draft = proven(browser, person, gives_back=True)
    here = walk.send(browser, address(draft, "give-back"), {"first": "none", "reads_along": "on"})
    assert "An ID card office can put your email address into DEERS" in walk.text_of(browser.get(here))
    account.refresh_from_db()
    assert (account.email, account.state) == ("", State.ACTIVE)


def test_a_member_of_staff_is_given_the_account_back_by_staff_as_it_was():
    agent = staff("Service center agent", "agent.one")
    stolen = signed_in(agent)
    actions.freeze(agent, by="visitor", since=timezone.now())
    assert not is_signed_in(stolen)
    authenticator_apps.enroll(agent, "ab" * 20, step_used=-1, name="Thief", by="visitor")
    assert isinstance(giving_back.unlock_staff(agent, by="system"), actions.Done)
    assert [one.name for one in factors.all_of(agent)] == [authenticator_apps.APP_NAME]


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_give_an_account_back_at_once_one_does():
    account = premium(PEOPLE["grace"])
    since = timezone.now()
    actions.set_email(account, THIEF, by=account)
    actions.freeze(account, by="visitor", since=since)
    outcomes = in_parallel(lambda number: giving_back.give_back(account, since=since, by="visitor"))
    assert sum(isinstance(outcome, actions.Done) for outcome in outcomes) == 1
    assert AuditEvent.objects.filter(event="account.given-back").count() == 1
    assert Account.objects.get(pk=account.pk).email == PEOPLE["grace"].email


def test_every_link_from_before_ends_when_the_account_is_given_back():
    person = people.load("rosa")
    account = holder(person)
    for purpose in Purpose:
        links.make(account, purpose, data=THIEF)
    actions.freeze(account, by="visitor")
    before = set(Link.objects.values_list("pk", flat=True))
    giving_back.give_back(account, since=None, by="visitor")
    assert not Link.objects.filter(pk__in=before, used_at=None).exists()
    assert Link.objects.filter(purpose=Purpose.NOT_ME, used_at=None).exists()


@pytest.mark.parametrize("level", Level)
def test_the_page_for_frozen_accounts_leads_into_the_proof_at_the_accounts_level(client, level):
    page = client.get("/recover/frozen/").content.decode()
    assert f'href="/register/route/?level={level.value}">My account is {level.label}</a>' in page


def test_a_person_with_a_frozen_account_finds_the_way_on_every_page_that_they_come_to(client):
    account = holder(people.load("rosa"))
    link = links.make(account, Purpose.NOT_ME, data="password-changed").removeprefix(settings.SITE_ADDRESS)
    frozen = Client().post(link)
    refused = give_password(Client(), account.username)
    walk.agree(client)
    for page in (frozen, refused, client.get("/sign-in/")):
        assert 'href="/recover/frozen/"' in page.content.decode()
    assert "1-800-555-0142" in walk.text_of(frozen)
    assert "/recover/frozen/" in mails_to(account.email)[-1]
