"""A matching record that allows no account: the next step comes by mail, and strangers see only a mismatch."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.journeys import next_steps
from accounts.journeys.steps.details import NO_MATCH
from accounts.models import Notice, RegistrationDraft
from deers import lookup
from deers.models import Eligibility, Sponsorship
from deers.registry import Ineligible, Reason
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import holder, signed_in

pytestmark = pytest.mark.django_db

# Who is typed in, what is typed otherwise, and which mail goes to whom.
MISMATCHES: dict[str, tuple[str, dict[str, str], str, str]] = {
    "a number that nobody has": ("rosa", {"ssn": "900-12-3456"}, "", ""),
    "a number and a name that nobody has": ("rosa", {"ssn": "900-12-3456", "last_name": "X"}, "", ""),
    "the number of somebody else": ("rosa", {"ssn": "grace"}, "", ""),
    "a letter wrong": ("rosa", {"last_name": "Hernandes"}, "", ""),
    "another birth date": ("rosa", {"date_of_birth": "1971-01-01"}, "", ""),
    "a child": ("mateo", {}, "next-step-minor", "rosa"),
    "a child, with a letter wrong": ("mateo", {"first_name": "Matteo"}, "", ""),
    "someone who has died": ("thomas", {}, "", ""),
    "someone whose coverage ended": ("kyle", {}, "next-step-ended", "kyle"),
    "a child grown too old": ("sofia", {}, "next-step-ended", "sofia"),
    "a protected record": ("judith", {}, "next-step-protected", "judith"),
    "a locked record": ("victor", {}, "next-step-protected", "victor"),
}


@pytest.fixture(autouse=True)
def no_other_jobs(db: None) -> None:
    """Tests with connections of their own leave jobs behind."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_events")
        cursor.execute("DELETE FROM procrastinate_jobs")


def details(key: str, other: dict[str, str]) -> dict[str, str]:
    person = people.load(key)
    other = {name: people.load(value).ssn if value == "grace" else value for name, value in other.items()}
    return walk.details_of(person, **{"email": "someone@mail.example", **other})


def jobs() -> list[tuple[str, str]]:
    """Each job that waits: its task, and its arguments."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args::text FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def work() -> None:
    """Do what the worker does with the newest job."""
    next_steps.tell(re.findall(r'"sealed": "([0-9a-f]+)"', jobs()[-1][1])[0])


def try_out(client: Client, key: str, other: dict[str, str], address: str = "203.0.113.1") -> Any:
    client.defaults["REMOTE_ADDR"] = address
    return client.post(walk.begin(client), details(key, other))


@pytest.mark.parametrize(("key", "other", "kind", "whose"), MISMATCHES.values(), ids=MISMATCHES)
def test_the_next_step_goes_to_the_address_that_deers_has_and_nowhere_else(client, key, other, kind, whose):
    assert NO_MATCH in walk.text_of(try_out(client, key, other))
    assert not Notice.objects.exists()
    work()
    told = [(notice.kind, notice.to) for notice in Notice.objects.all()]
    assert told == ([(kind, people.load(whose).email)] if kind else [])


def test_text_status_queries_and_jobs_are_the_same_for_every_mismatch():
    """Whatever differs here could tell a stranger whether a Social Security number is in DEERS, and why it is shut."""
    seen = set()
    for place, (key, other, _, _) in enumerate(MISMATCHES.values()):
        cache.clear()  # each number is counted as for the first time
        client = Client(REMOTE_ADDR=f"203.0.113.{place}")
        here, typed = walk.begin(client), details(key, other)
        before = len(jobs())
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(here, typed)
        new = jobs()[before:]
        work()
        seen.add(
            (
                answer.status_code,
                walk.text_of(answer),
                tuple(shape(query["sql"]) for query in queries),
                tuple((task, len(args)) for task, args in new),
            )
        )
    ((status, _, statements, deferred),) = seen
    assert status == 200
    assert len(statements) > 5
    assert [task for task, _ in deferred] == ["accounts.tasks.tell_next_step"]


def shape(sql: str) -> str:
    """A statement without its values."""
    return re.sub(r"'[^']*'|\b\d+\b|s\d+_x\d+", "?", sql)


def test_the_job_tells_nobody_who_reads_the_queue_whom_it_is_about(client):
    try_out(client, "kyle", {})
    kyle = people.load("kyle")
    ((_, args),) = jobs()
    assert not [word for word in (kyle.dod_id, kyle.ssn, kyle.name.last, kyle.email, Reason.ENDED) if word in args]


def test_nobody_is_written_to_more_often_than_once_a_day(client):
    for place in range(3):
        try_out(client, "kyle", {}, f"203.0.113.{place}")
        work()
    assert Notice.objects.count() == 1
    assert AuditEvent.objects.filter(event="registration.ineligible").count() == 1


def test_staff_see_that_the_dead_were_tried_and_nobody_is_written_to(client):
    try_out(client, "thomas", {})
    work()
    (event,) = AuditEvent.objects.filter(event="registration.ineligible")
    assert event.details == {"reason": "deceased"}
    assert people.load("thomas").dod_id not in str(vars(event))
    assert not Notice.objects.exists()


def test_a_minor_without_a_sponsor_is_nobodys_mail(client):
    people.load("mateo")
    Sponsorship.objects.all().delete()
    try_out(client, "mateo", {})
    work()
    assert not Notice.objects.exists()


@pytest.mark.parametrize("key", ["kyle", "mateo"])
def test_while_deers_is_silent_the_mail_waits_for_another_try(client, settings, key):
    try_out(client, key, {})
    settings.DEERS_FAULT = "unavailable"
    with pytest.raises(next_steps.DeersSilentError):
        work()
    settings.DEERS_FAULT = ""
    lookup.breaker.reset()
    work()
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("reason", Reason)
def test_each_mail_says_what_to_do_and_names_nobody_but_its_reader(reason):
    key = {"minor": "mateo", "deceased": "thomas", "ended": "kyle", "protected": "judith"}[reason]
    person = people.load(key)
    next_steps.pass_on(Ineligible(reason, person.dod_id))
    work()
    for sent in walk.deliver_mail():
        said = f"{sent.subject} {sent.body}"
        assert reason == Reason.MINOR or person.name.first in said
        personal = (person.name.last, person.ssn, person.dod_id, person.born.isoformat())
        assert not [word for word in personal if word in said]
        assert reason != Reason.MINOR or person.name.first not in said


def test_the_upgrade_passes_it_on_too():
    rosa = people.load("rosa")
    browser = signed_in(holder(rosa))
    here = walk.send(browser, "/upgrade/", {"code_delivery": "screen"})
    Eligibility.objects.update(end="2020-01-01")
    assert NO_MATCH in walk.text_of(browser.post(here, walk.upgrade_details_of(rosa)))
    work()
    assert Notice.objects.get(kind="next-step-ended").to == rosa.email


def test_a_person_who_can_register_leaves_no_such_job(client):
    try_out(client, "rosa", {})
    assert RegistrationDraft.objects.get().dod_id
    assert jobs() == []
