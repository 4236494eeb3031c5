"""The demo's people are loaded once, no matter how often or how roughly the command runs."""

from io import StringIO

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import call_command
from django.db.models import Model
from django.utils import timezone

from accounts.models import Account, AuthenticatorApp
from accounts.second_factors import authenticator_apps, factors
from core import policy
from core.policy import Level
from deers.models import Eligibility, LegalName, Person, Sponsorship
from demo import people_page, population
from demo.people import PEOPLE, STAFF
from demo.people.person import FULL_FILE, Staff
from demo.people.person import Person as DemoPerson
from idproofing import quiz
from idproofing.models import Fact
from portal.messages.models import Message, Thread
from portal.record.models import Resource
from service_center.roles import ROLES
from tests import people

TABLES: tuple[type[Model], ...] = (
    *(Person, LegalName, Eligibility, Sponsorship, Fact),
    *(Resource, Thread, Message, Account, AuthenticatorApp),
)


def counts() -> dict[str, int]:
    return {table.__name__: table._default_manager.count() for table in TABLES}


@pytest.mark.django_db
def test_loading_twice_leaves_everybody_there_once_and_the_second_time_is_quick(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    call_command("load_population")
    once = counts()
    assert once["Person"] == len(PEOPLE)
    ready = sum(person.account is not None for person in PEOPLE.values()) + len(STAFF)
    assert once["Account"] == ready + len(("oscar", "pearl", "quentin", "renata"))  # whose stories begin with one
    with django_assert_num_queries(3):
        call_command("load_population")
    assert counts() == once


@pytest.mark.django_db(transaction=True)
def test_on_several_cores_everybody_is_loaded_too() -> None:
    call_command("load_population")
    assert not population.missing()
    with_record = Resource.objects.filter(type="Patient").values_list("patient", flat=True)
    assert {person.dod_id for person in PEOPLE.values() if person.theme != "empty"} == set(with_record)


@pytest.mark.django_db
def test_a_load_that_was_interrupted_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    load, calls = population.load, iter(range(1000))

    def load_until_ctrl_c(who: DemoPerson | Staff) -> None:
        load(who, record=False)
        if next(calls) == 12:
            raise KeyboardInterrupt

    monkeypatch.setattr(population, "load", load_until_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        call_command("load_population")
    assert Person.objects.count() == 13
    call_command("load_population")
    assert Person.objects.count() == len(PEOPLE)
    assert not population.missing()


@pytest.mark.django_db
def test_a_person_is_loaded_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(person: object) -> list[Model]:
        raise KeyboardInterrupt

    monkeypatch.setattr(population, "record_of", break_down)
    with pytest.raises(KeyboardInterrupt):
        population.load(PEOPLE["raymond"])
    assert not Person.objects.exists()
    assert not Fact.objects.exists()


@pytest.mark.django_db
def test_generated_people_join_the_hand_made_ones_once() -> None:
    for person in population.missing():
        population.load(person, record=False)  # most of the time is for records, and this is not about them
    call_command("load_population", generated=25, seed=7)
    assert Person.objects.count() == len(PEOPLE) + 25
    call_command("load_population", generated=25, seed=7)
    assert Person.objects.count() == len(PEOPLE) + 25


@pytest.mark.django_db
def test_a_longer_crowd_takes_in_the_shorter_one() -> None:
    call_command("generate_population", 23, no_records=True, stdout=StringIO())
    first = set(LegalName.objects.values_list("person_id", "first", "last"))
    said = StringIO()
    call_command("generate_population", 60, no_records=True, stdout=said)
    assert Person.objects.count() == 60
    assert first <= set(LegalName.objects.values_list("person_id", "first", "last"))
    assert "37 new of 60" in said.getvalue()
    grown = Person.objects.filter(date_of_birth__year__lt=2000).values_list("pk", flat=True)
    assert set(grown) <= set(Fact.objects.values_list("dod_id", flat=True))


FULL_FILES = [key for key, person in PEOPLE.items() if person.facts_known >= FULL_FILE]


@pytest.mark.django_db
@pytest.mark.parametrize("key", FULL_FILES)
def test_a_full_file_lasts_for_all_attempts_in_a_row(key: str) -> None:
    """Two are for Basic and, after the wait, one is for Premium. Each is about other papers."""
    dod_id, now = people.load(key).dod_id, timezone.now()
    asked: set[str] = set()
    for level in (Level.BASIC, Level.BASIC, Level.PREMIUM):
        started = quiz.start(dod_id, policy.STRENGTH[level], by="visitor", now=now)
        assert isinstance(started, quiz.Started)
        prompts = set(started.quiz.questions.values_list("prompt", flat=True))
        assert len(prompts) == policy.STRENGTH[level].questions
        assert not prompts & asked
        asked |= prompts
        quiz.abandon(started.quiz.pk, by="visitor", now=now)
        now += policy.QUIZ_WAIT


@pytest.mark.django_db
def test_lucia_who_lives_with_her_parents_is_asked_about_what_is_in_her_own_name() -> None:
    person = people.load("lucia")
    started = quiz.start(person.dod_id, policy.STRENGTH[Level.BASIC], by="visitor")
    assert isinstance(started, quiz.Started)
    assert set(started.quiz.questions.values_list("kind", flat=True)) <= {
        "card_bank",
        "student_lender",
        "benefit",
        "benefit_bank",
    }


def test_all_but_a_few_adults_have_a_full_file() -> None:
    without = {key for key, person in PEOPLE.items() if key not in FULL_FILES}
    assert without == {"mateo", "clara", "theo", "thomas", "leonard", "lucia", "noah", "meiling", "owen"}


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["meiling", "owen"])
def test_a_thin_file_is_told_so(key: str) -> None:
    person = people.load(key)
    assert isinstance(quiz.start(person.dod_id, policy.STRENGTH[Level.BASIC], by="visitor"), quiz.ThinFile)


@pytest.mark.django_db
def test_everyone_invents_the_same_facts_each_time() -> None:
    first, second = ([str(fact.value) for fact in population.facts_of(PEOPLE["carl"])] for _ in range(2))
    assert first == second


@pytest.mark.django_db
def test_the_ready_accounts_are_what_the_page_says() -> None:
    for member in STAFF:
        population.load(member)
    population.load(PEOPLE["grace"])
    population.load(PEOPLE["rosa"])
    grace = Account.objects.get(username="premium.grace")
    assert (grace.level, grace.is_staff) == (Level.PREMIUM, False)
    assert Account.objects.get(username="basic.rosa").level == Level.BASIC
    staff = Account.objects.filter(is_staff=True)
    assert {group.name for account in staff for group in account.groups.all()} == set(ROLES)
    assert not staff.exclude(level=None, dod_id=None).exists()


def test_the_ready_passwords_meet_the_rules_that_people_must_meet() -> None:
    for entry in people_page.ready():
        name = entry.who.name
        holder = Account(
            username=entry.account.username, first_name=name.first, last_name=name.last, email=entry.who.email
        )
        validate_password(entry.account.password, holder)


@pytest.mark.django_db
def test_the_code_that_the_page_shows_signs_in_once() -> None:
    population.load(PEOPLE["grace"])
    ready = PEOPLE["grace"].account
    assert ready is not None
    account = Account.objects.get(username=ready.username)
    assert account.check_password(ready.password)
    assert authenticator_apps.base32(ready.authenticator_key) == ready.totp_secret
    code = people_page.present_code(ready)
    assert isinstance(factors.verify(account, code), AuthenticatorApp)
    assert factors.verify(account, code) is None


@pytest.mark.django_db
def test_the_persona_to_try_fits_on_a_few_lines_with_address_and_password(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SITE_ADDRESS = "http://127.0.0.1:8123"
    said = StringIO()
    call_command("load_population", persona=True, stdout=said)
    assert "http://127.0.0.1:8123/sign-in/" in said.getvalue()
    assert "premium.grace" in said.getvalue()
    assert "http://127.0.0.1:8123/demo/" in said.getvalue()
    assert len(said.getvalue().splitlines()) <= 5
