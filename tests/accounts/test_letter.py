"""The route by letter: a letter requested one day, its code entered on another, and a notice of a level on paper."""

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client, override_settings
from django.utils import timezone

from accounts import tasks
from accounts.journeys.steps import letter
from accounts.models import Account, RegistrationDraft, State
from core import policy
from deers import lookup
from deers.models import Person as Registered
from demo.people.person import Person
from idproofing import letters
from idproofing.models import ActivationCode, Letter, Quiz
from safeguards.models import AuditEvent
from tests import people, tripwire, walk
from tests.accounts.holders import BY_LETTER, address, holder, registering, signed_in, upgrading

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Person:
    return people.load("rosa")


def to_letter(client: Client, person: Person, level: int = 1) -> str:
    return walk.send(client, walk.begin(client, level, "letter"), walk.details_of(person))


def wanted(client: Client, person: Person, level: int = 1) -> Letter:
    """The letter that somebody has just asked for."""
    end = walk.send(client, to_letter(client, person, level), {})
    assert "We will mail your letter" in walk.text_of(client.get(end))
    return Letter.objects.latest("made_at")


def come_back(person: Person, level: int = 1) -> tuple[Client, str]:
    """Another browser, on another day, where the code is asked for."""
    client = Client()
    here = walk.send(client, "/register/with-code/", {"level": level})
    return client, walk.send(client, here, walk.details_of(person))


def by(time: timedelta) -> None:
    """Let so much time pass for all letters."""
    Letter.objects.update(made_at=F("made_at") - time)


def test_somebody_registers_by_letter_and_never_sees_a_question(client, rosa):
    code = wanted(client, rosa).secret
    batch = letters.make_batch(by="system")
    assert batch
    letters.mailed(batch, by="system")
    client, here = come_back(rosa)
    here = walk.send(client, here, {"code": code})
    walk.send(client, here, walk.credentials("rosa.by.mail"))
    assert client.get("/portal/").status_code == 200
    assert not Quiz.objects.exists()


def test_somebody_upgrades_by_letter(rosa):
    account = holder(rosa)
    client = signed_in(account)
    here = walk.send(client, "/upgrade/", {"code_delivery": "letter"})
    here = walk.send(client, here, walk.upgrade_details_of(rosa))
    end = walk.send(client, here, {})
    assert "/upgrade/with-code/" in client.get(end).content.decode()
    wanted = Letter.objects.get()
    assert (wanted.level, wanted.enter_at) == (2, "upgrade-with-code")
    here = walk.send(client, "/upgrade/with-code/", {})
    here = walk.send(client, here, walk.upgrade_details_of(rosa))
    here = walk.send(client, here, {"code": wanted.secret})
    assert here.endswith("/second-factor/")


def test_no_page_of_the_route_tells_the_address_the_code_or_how_far_it_is(client, rosa):
    shown = ["Sawmill", "Clarksville", "37042"]
    here = to_letter(client, rosa)
    seen = client.get(here).content.decode()
    with tripwire.no_secret_is_written([*shown, rosa.name.last]):
        end = walk.send(client, here, {})
    seen += client.get(end).content.decode() + client.get(to_letter(Client(), rosa)).content.decode()
    written = Letter.objects.get()
    day = timezone.localtime(written.expires_at)
    secrets = [*shown, written.secret or "", written.reference, f"{day:%B} {day.day}"]
    assert not [word for word in secrets if word in seen]


def test_somebody_abroad_sees_the_same_pages(client, rosa):
    pages = []
    for person in (rosa, people.load("gregory")):
        client = Client()
        here = to_letter(client, person)
        pages.append((walk.text_of(client.get(here)), walk.text_of(client.get(walk.send(client, here, {})))))
    assert pages[0] == pages[1]


def test_somebody_without_an_address_is_told_and_may_go_another_way(client, rosa):
    Registered.objects.filter(pk=rosa.dod_id).update(street="")
    way = walk.send(client, to_letter(client, rosa), {})
    assert way.endswith("/way/")
    page = walk.text_of(client.get(way))
    assert "DEERS does not have a mailing address where a letter would reach you" in page
    assert "Send me a letter" not in page
    assert not ActivationCode.objects.exists()
    assert walk.send(client, way, {"route": "questions"}).endswith("/questions/")


def test_while_deers_is_silent_no_letter_is_written_and_nothing_is_lost(client, rosa):
    here = to_letter(client, rosa)
    with override_settings(DEERS_FAULT="unavailable"):
        page = client.post(here)
    assert "DEERS does not answer right now" in walk.text_of(page)
    assert not Letter.objects.exists()
    walk.send(client, here, {})


def test_who_asked_a_short_while_ago_is_told_when_the_next_letter_can_be_asked_for(client, rosa):
    wanted(client, rosa)
    other = Client()
    here = to_letter(other, rosa)
    until = timezone.localtime(Letter.objects.get().made_at + policy.LETTER_GAP)
    page = walk.text_of(other.get(here))
    assert "You already asked for a letter" in page
    assert f"{until:%A, %B} {until.day}" in page
    assert "Answer the questions" in page
    assert "You cannot ask for another letter yet." in walk.text_of(other.post(here))
    assert Letter.objects.count() == 1


def test_a_double_click_asks_for_one_letter(client, rosa):
    here = to_letter(client, rosa)
    assert walk.send(client, here, {}) == walk.send(client, here, {})
    assert Letter.objects.count() == 1


def test_nobody_gets_a_letter_before_deers_has_matched(client, rosa):
    here = walk.begin(client, 1, "letter")
    assert client.post(here.replace("/details/", "/letter/"))["Location"] == here
    assert not Letter.objects.exists()


def test_who_took_the_questions_has_no_letter_step(client, rosa):
    draft = registering(client, rosa)
    assert client.post(address(draft, "letter"))["Location"] == address(draft, "questions")
    assert not Letter.objects.exists()


def test_from_the_questions_one_may_turn_to_a_letter(client, rosa):
    here = walk.to_questions(client, rosa)
    there = walk.send(client, here.replace("/questions/", "/way/"), {"route": "letter"})
    walk.send(client, there, {})
    assert Letter.objects.count() == 1


def test_after_a_second_letter_the_code_in_the_first_opens_nothing(client, rosa):
    old = wanted(client, rosa).secret
    by(policy.LETTER_GAP)
    new = wanted(Client(), rosa).secret
    client, here = come_back(rosa)
    assert "not right, or it can no longer be used" in walk.text_of(client.post(here, {"code": old}))
    assert walk.send(client, here, {"code": new}).endswith("/credentials/")


def test_the_code_in_somebody_elses_letter_opens_nothing(client, rosa):
    theirs = wanted(client, people.load("grace")).secret
    wanted(Client(), rosa)
    client, here = come_back(rosa)
    assert "not right, or it can no longer be used" in walk.text_of(client.post(here, {"code": theirs}))
    assert not RegistrationDraft.objects.exclude(code_redeemed_at=None).exists()


def test_asking_for_a_letter_writes_nothing_about_the_person(client, rosa):
    with tripwire.no_secret_is_written([rosa.ssn, rosa.dod_id, rosa.name.last, rosa.email]):
        asked_for = wanted(client, rosa)
    about = {"letter": asked_for.reference.lower(), "kind": "code", "level": 1}
    assert AuditEvent.objects.get(event="letter.queued").details == about


def told_on_paper(person: Person, **of_record: str) -> Letter | None:
    """The notice that goes on paper when this person's account is opened, DEERS having these details."""
    Registered.objects.filter(pk=person.dod_id).update(**of_record)
    account, known = holder(person), lookup.person(person.dod_id)
    assert known
    letter.tell_of_level(account, known, "account-opened", since=account.created_at, by=account)
    return Letter.objects.filter(kind="notice").first()


def test_a_new_account_is_told_on_paper_where_deers_has_no_email(client, rosa):
    Registered.objects.filter(pk=rosa.dod_id).update(email="")
    walk.register_basic(client, rosa, "rosa.opens")
    notice = Letter.objects.get()
    assert notice.expires_at - notice.made_at == policy.NOT_ME_LINK_LIFE_LETTER
    assert re.search(r"/not-me/[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}/$", notice.secret or "")


@pytest.mark.parametrize("of_record", [{}, {"email": "", "city": ""}])
def test_with_an_email_address_or_without_any_address_no_notice_goes_on_paper(rosa, of_record):
    assert told_on_paper(rosa, **of_record) is None


def test_a_raised_account_is_told_on_paper_where_deers_has_no_email(rosa):
    Registered.objects.filter(pk=rosa.dod_id).update(email="")
    account = holder(rosa)
    client = signed_in(account)
    walk.upgrade(client, rosa)
    assert Letter.objects.get().level == 2


@pytest.mark.parametrize("typed", [str, str.lower, lambda token: token.replace("-", ""), lambda t: t.replace("0", "o")])
def test_the_link_on_paper_freezes_the_account_however_it_is_typed(rosa, typed):
    notice = told_on_paper(rosa, email="")
    assert notice
    token = (notice.secret or "").split("/")[-2]
    stranger = Client()
    here = f"/not-me/{typed(token)}/"
    assert "Freeze my account" in walk.text_of(stranger.get(here))
    assert Account.objects.get().state == State.ACTIVE
    stranger.post(here)
    assert Account.objects.get().state == State.FROZEN
    assert stranger.get(here).status_code == 410


def test_the_letter_of_an_upgrade_is_for_its_own_account_only(rosa):
    account = holder(rosa)
    draft = upgrading(signed_in(account), account, dod_id=rosa.dod_id, **BY_LETTER)
    other = signed_in(holder(people.load("grace")))
    assert other.post(address(draft, "letter")).status_code == 404
    assert not Letter.objects.exists()


def test_the_worker_makes_void_what_is_over(client, rosa):
    wanted(client, rosa)
    by(policy.CODE_LIFE_LETTER)
    Letter.objects.update(expires_at=timezone.now())
    tasks.void_letters(timestamp=0)
    assert Letter.objects.get().state == Letter.State.VOID
