"""Drafts: the Back button, double clicks, two tabs, other browsers, deep links, long pauses, changed answers."""

import uuid
from copy import copy
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.journeys import drafts
from accounts.models import Account, RegistrationDraft
from core import policy
from deers import lookup
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import KEY, address, holder, is_signed_in, proven, registering
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

STEPS = ["details", "questions", "code", "credentials", "second-factor", "done"]
GONE = "This page is no longer open"


def same_browser(client: Client) -> Client:
    """A second request of this browser that left it before the answer to the first came back."""
    twin = Client()
    twin.cookies = copy(client.cookies)
    twin.cookies.load({name: cookie.value for name, cookie in client.cookies.items()})
    return twin


def test_a_finished_registration_stays_finished_however_one_goes_back(client):
    draft = proven(client, people.load("rosa"))
    walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    for step in STEPS[:-1]:
        assert client.get(address(draft, step))["Location"] == address(draft, "done")
        assert client.post(address(draft, step), walk.credentials("rosa.two"))["Location"] == address(draft, "done")
    assert Account.objects.count() == 1


def test_a_double_click_on_the_last_button_opens_one_account_and_ends_well(client):
    draft = proven(client, people.load("rosa"))
    twin = same_browser(client)
    walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    response = twin.post(address(draft, "credentials"), walk.credentials("rosa.h"))
    assert response["Location"] == address(draft, "done")
    assert Account.objects.count() == 1
    assert "Your account is" in walk.text_of(client.get(response["Location"]))


def test_the_last_page_asks_a_browser_without_the_session_to_sign_in_first(client):
    draft = proven(client, people.load("rosa"), backup_codes="")
    twin = same_browser(client)
    walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    done = address(draft, "done")
    assert twin.get(done)["Location"] == f"/sign-in/?next={done}"


def test_the_last_page_is_not_shown_to_another_person_at_the_same_computer(client):
    rosa, grace = people.load_all("rosa", "grace")
    draft = proven(client, rosa)
    walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    client.post("/sign-out/")
    client.force_login(holder(grace))
    page = client.get(address(draft, "done"))
    assert page.status_code == 404
    assert GONE in walk.text_of(page)


def test_every_step_sent_twice_is_a_clear_page_each_time(client):
    person = people.load("rosa")
    here = walk.begin(client, level=2)
    for step in ("details", "questions", "code", "credentials", "second-factor"):
        twin = same_browser(client)
        data = {
            "details": lambda: walk.details_of(person),
            "questions": lambda: {"action": "start"},
            "code": lambda: {"code": walk.code_on(client, here)},  # noqa: B023 - used in this round only
            "credentials": lambda: walk.credentials("rosa.h"),
            "second-factor": lambda: {"otp_token": walk.token_for(RegistrationDraft.objects.get().authenticator_key)},
        }[step]()
        first = client.post(here, data)
        second = twin.post(here, data)
        assert (first.status_code, second.status_code) == (302, 302), step
        here = walk.answer_all(client, here, person) if step == "questions" else first["Location"]
    assert Account.objects.count() == 1
    assert here.endswith("/done/")


@pytest.mark.django_db(transaction=True)
def test_thirty_clicks_at_once_open_one_account():
    client = Client()
    draft = proven(client, people.load("rosa"))
    browsers = [same_browser(client) for _ in range(30)]

    def click(number: int) -> int:
        return browsers[number].post(address(draft, "credentials"), walk.credentials("rosa.h")).status_code

    assert set(in_parallel(click)) == {302}
    assert Account.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_thirty_people_who_want_one_username_one_gets_it():
    person = people.load("rosa")
    clients = [Client() for _ in range(30)]
    made = [proven(client, person, dod_id=f"90000000{number:02d}") for number, client in enumerate(clients)]
    entry = lookup.record(dod_id=person.dod_id)

    def choose(number: int) -> str:
        """Return where the answer leads. The form already tells people who come later that the name is taken."""
        here = address(made[number], "credentials")
        answer = clients[number].post(here, walk.credentials("WANTED.one"))
        if answer.status_code == 200:
            assert "This username is taken" in walk.text_of(answer)
        return answer.get("Location", here)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("accounts.journeys.steps.details.lookup.record", lambda dod_id: entry)
        ends = in_parallel(choose)
    assert sum(end.endswith("/done/") for end in ends) == 1
    assert sum(end.endswith("/credentials/") for end in ends) == 29
    assert Account.objects.get().username == "WANTED.one"


def test_a_person_who_lost_the_race_for_a_username_reads_why(client):
    rosa, grace = people.load_all("rosa", "grace")
    draft = proven(client, rosa, level=2, username="wanted.one", password_hash="x", authenticator_key=KEY)
    holder(grace, username="Wanted.One")
    response = client.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)}, follow=True)
    assert "Somebody else has just taken this username." in walk.text_of(response)
    assert response.redirect_chain[-1][0] == address(draft, "credentials")
    assert not is_signed_in(client)


def test_two_tabs_are_two_drafts(client):
    first, second = walk.begin(client), walk.begin(client)
    assert first != second
    rosa, grace = people.load_all("rosa", "grace")
    walk.send(client, first, walk.details_of(rosa))
    walk.send(client, second, walk.details_of(grace))
    assert rosa.email in client.get(first).content.decode()
    assert grace.email in client.get(second).content.decode()
    assert grace.email not in client.get(first).content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_draft_of_another_browser_is_gone_as_if_it_never_was(client, method):
    person = people.load("rosa")
    draft = registering(client, person)
    thief = Client()
    registering(thief, person)
    for browser in (thief, Client()):
        page = getattr(browser, method)(address(draft, "details"))
        nothing = getattr(browser, method)(f"/register/{uuid.uuid4()}/details/")
        assert page.status_code == 404
        assert GONE in walk.text_of(page)
        assert walk.text_of(page) == walk.text_of(nothing)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_past_the_present_step_leads_back_to_it(client, method):
    draft = registering(client, people.load("rosa"))
    for step in ("code", "credentials", "second-factor", "done"):
        response = getattr(client, method)(address(draft, step), walk.credentials("rosa.h"))
        assert response["Location"] == address(draft, "questions"), step
    assert not Account.objects.exists()


def test_a_step_that_does_not_exist_is_a_404(client):
    draft = registering(client, people.load("rosa"))
    assert client.get(address(draft, "no-such-step")).status_code == 404
    assert client.get("/register/not-a-number/details/").status_code == 404


def test_a_basic_registration_has_no_second_factor_step(client):
    draft = proven(client, people.load("rosa"), username="rosa.h", password_hash="x")
    assert client.get(address(draft, "second-factor")).status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_draft_left_for_an_hour_is_gone(client, method):
    draft = registering(client, people.load("rosa"))
    RegistrationDraft.objects.update(touched_at=timezone.now() - policy.DRAFT_IDLE)
    assert getattr(client, method)(address(draft, "details")).status_code == 404


def test_the_purge_deletes_idle_drafts_with_all_that_was_typed_and_no_others(client):
    person = people.load("rosa")
    idle, fresh = registering(client, person), registering(client, person)
    RegistrationDraft.objects.filter(pk=idle.pk).update(touched_at=timezone.now() - policy.DRAFT_IDLE)
    assert drafts.purge() == 1
    assert RegistrationDraft.objects.get() == fresh
    assert AuditEvent.objects.latest("id").event == "registration.draft-purged"
    assert drafts.purge(now=timezone.now() - timedelta(minutes=1)) == 0


def test_each_answer_keeps_a_draft_for_another_hour(client):
    draft = registering(client, people.load("rosa"))
    almost = timezone.now() - policy.DRAFT_IDLE + timedelta(minutes=1)
    RegistrationDraft.objects.update(touched_at=almost)
    walk.send(client, address(draft, "questions"), {"action": "start"})
    draft.refresh_from_db()
    assert draft.touched_at > almost


def test_nobody_can_swap_in_another_person_after_the_questions(client):
    rosa, grace = people.load_all("rosa", "grace")
    draft = proven(client, rosa, username="rosa.h", password_hash="x", level=2, authenticator_key=KEY)
    assert walk.send(client, address(draft, "details"), walk.details_of(grace)) == address(draft, "questions")
    draft.refresh_from_db()
    assert draft.dod_id == grace.dod_id
    assert (draft.quiz, draft.quiz_passed_at, draft.code_redeemed_at) == (None, None, None)
    assert (draft.username, draft.password_hash, draft.screen_code) == ("", "", "")
    for step in ("code", "credentials", "second-factor"):
        assert client.post(address(draft, step), {})["Location"] == address(draft, "questions")


@pytest.mark.parametrize(
    "change", [{"email": "thief@mail.example"}, {"middle_name": ""}, {"ssn": "900-11-2222"}, {"last_name": "Nobody"}]
)
def test_any_changed_detail_forgets_that_the_questions_were_passed(client, change):
    rosa = people.load("rosa")
    draft = proven(client, rosa, middle_name=rosa.name.middle or "Maria")
    client.post(address(draft, "details"), walk.details_of(rosa, **change))
    draft.refresh_from_db()
    assert (draft.quiz_passed_at, draft.code_redeemed_at) == (None, None)


def test_a_number_that_means_somebody_else_by_now_forgets_the_questions(client):
    """Were DEERS to be corrected in that hour, what was proven about one person would not serve another."""
    rosa, grace = people.load_all("rosa", "grace")
    draft = proven(client, rosa, dod_id=grace.dod_id)
    client.post(address(draft, "details"), walk.details_of(rosa))
    draft.refresh_from_db()
    assert (draft.dod_id, draft.quiz_passed_at, draft.code_redeemed_at) == (rosa.dod_id, None, None)


def test_the_same_details_once_more_forget_nothing(client):
    rosa = people.load("rosa")
    draft = proven(client, rosa)
    assert walk.send(client, address(draft, "details"), walk.details_of(rosa)) == address(draft, "credentials")


def test_everything_typed_is_sealed_in_the_database(client):
    rosa = people.load("rosa")
    registering(client, rosa)
    (row,) = RegistrationDraft.objects.values()
    bare = rosa.ssn.replace("-", "")
    kept = b" ".join(
        bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode() for value in row.values()
    )
    secrets = (rosa.name.first, rosa.name.last, rosa.email, bare, rosa.ssn, rosa.born.isoformat())
    assert not [secret for secret in secrets if secret.encode() in kept]


def test_no_page_of_a_journey_is_kept_in_any_cache(client):
    draft = registering(client, people.load("rosa"))
    for step in STEPS:
        assert "no-store" in client.get(address(draft, step))["Cache-Control"]
    assert "no-store" in client.post(address(draft, "details"), {})["Cache-Control"]


def test_the_cookie_of_a_draft_is_out_of_reach_for_scripts_and_other_sites(client):
    walk.begin(client)
    cookie = client.cookies[drafts.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert len(cookie.value) >= 43


def test_a_page_of_a_journey_asks_the_database_once(client, django_assert_num_queries):
    draft = registering(client, people.load("rosa"))
    with django_assert_num_queries(1):
        client.get(address(draft, "details"))
