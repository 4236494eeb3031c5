"""Help from the service center in two browsers: the person's, on a phone, and the desk's."""

import re
from dataclasses import replace

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import Account
from core import policy
from idproofing.models import Case
from tests import people, walk
from tests.accounts.frozen import add_app
from tests.accounts.holders import WRONG, give_password, holder, is_signed_in, signed_in, staff
from tests.journeys.test_axe import PHONE
from tests.journeys.test_journeys import (
    answer_questions,
    choose,
    choose_credentials,
    fill_details,
    give_credentials,
    press,
)
from tests.journeys.test_recovery import NEW, follow
from tests.journeys.windows import DESK, WIDER, contexts, cookies_of, opens

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["contexts", "opens"]


def desk_of(opens, role: str, username: str = "works.here") -> Page:
    """The opening page of the desk, in the browser of a member of staff with this role."""
    desk = opens(signed_in(staff(role, username)), size=DESK)
    desk.goto("/admin/")
    return desk


def leave_desk_to(desk: Page, colleague: Account) -> None:
    """The opening page of the desk once more, for a colleague who takes over the browser."""
    desk.context.clear_cookies()
    desk.context.add_cookies(cookies_of(signed_in(colleague), desk.url.partition("/admin/")[0]))
    desk.goto("/admin/")


def open_case(desk: Page) -> None:
    """Open the only case, from the opening page of a reviewer."""
    desk.get_by_role("link", name="near matches").click()
    desk.get_by_role("link", name=str(Case.objects.get().number), exact=True).click()


def open_person(desk: Page, account: Account) -> None:
    """Search for the person by username, from any page of the desk, and open the page."""
    desk.get_by_label("Search for a person or a reference").fill(account.username)
    press(desk, "Search")
    desk.get_by_role("link", name=f"{account.last_name}, {account.first_name}").click()
    expect(desk.get_by_role("heading", name=account.get_full_name(), level=1)).to_be_visible()


def at_sign_in(opens) -> Page:
    """The sign-in page on the phone of somebody who has agreed to the notice before."""
    client = Client()
    walk.agree(client)
    page = opens(client, size=PHONE)
    page.goto("/sign-in/")
    return page


def pair(page: Page, name: str) -> str:
    """What a page says beside this name."""
    return page.locator("dt", has_text=name).locator("+ dd").inner_text()


def test_rosa_whom_strangers_kept_out_reads_her_pin_to_an_agent_and_gets_in(opens):
    rosa = holder(people.load("rosa"))
    tablet, phone = opens(signed_in(rosa), size=PHONE), at_sign_in(opens)
    for _ in range(policy.SIGN_IN_PER_ACCOUNT.times):
        give_password(Client(), rosa.username, WRONG)
    give_credentials(phone, rosa.username)
    expect(phone.get_by_text("Too many tries")).to_be_visible()

    tablet.goto("/support/contact/")
    tablet.get_by_role("link", name="support PIN").click()
    press(tablet, "Show a PIN")
    shown = tablet.get_by_role("status").filter(has_text="Your support PIN")
    [digits] = re.findall(r"\d{3} \d{3}", shown.inner_text())
    assert tablet.evaluate(WIDER) <= 0

    desk = desk_of(opens, "Service center agent")
    open_person(desk, rosa)
    expect(desk.get_by_text("In this call nobody has shown to be this person.")).to_be_visible()
    desk.get_by_role("link", name="End the waits").first.click()
    expect(desk.get_by_text("First find out in a call that it is this person.")).to_be_visible()
    desk.get_by_role("link", name="Enter a support PIN").click()
    desk.get_by_label("Support PIN").fill(digits)
    desk.get_by_label("Last name or username").fill(rosa.last_name.lower())
    press(desk, "Check the PIN")
    expect(desk.get_by_text("In this call the caller showed with a support PIN to be this person.")).to_be_visible()
    desk.get_by_role("link", name="End the waits").first.click()
    expect(desk.get_by_role("heading", name="End the waits after too many tries?")).to_be_visible()
    desk.get_by_label("Why").select_option("pin")
    press(desk, "End the waits")
    expect(desk.get_by_text("The person can try again now.")).to_be_visible()
    expect(desk.get_by_role("heading", name="What has to wait now")).to_have_count(0)

    give_credentials(phone, rosa.username)
    expect(phone).to_have_url(re.compile("/portal/$"))
    phone.goto("/account/activity/")
    expect(phone.get_by_text("You showed our staff who you are")).to_be_visible()


def test_rosa_whose_session_was_stolen_has_her_account_frozen_by_phone_and_gets_it_back(opens):
    person = people.load("rosa")
    rosa = holder(person)
    stolen = signed_in(rosa)
    add_app(stolen)

    desk = desk_of(opens, "Service center agent")
    open_person(desk, rosa)
    desk.get_by_role("link", name="Freeze the account").first.click()
    expect(desk.get_by_role("heading", name="Freeze this account?")).to_be_visible()
    desk.get_by_label("Why").select_option("account-taken")
    choose(desk, "Authenticator app added")
    press(desk, "Freeze the account")
    expect(desk.get_by_text("The account is frozen.", exact=True)).to_be_visible()
    expect(desk.get_by_text("On the sign-in page choose “My account is frozen”")).to_be_visible()
    assert not is_signed_in(stolen)

    page = at_sign_in(opens)
    page.get_by_role("link", name="My account is frozen").click()
    page.get_by_role("link", name="My account is Basic").click()
    press(page, "Continue")
    fill_details(page, person)
    answer_questions(page, person, 3)
    choose(page, "By email")
    press(page, "Get my code")
    page.get_by_label("Activation code").fill(walk.code_in_mail())
    press(page, "Continue")
    expect(page.get_by_role("heading", name="What was not you?")).to_be_visible()
    choose(page, "Authenticator app added")
    assert page.evaluate(WIDER) <= 0
    press(page, "Get my account back")
    expect(page.get_by_role("heading", name="Your account is yours again")).to_be_visible()
    follow(page, "Choose a new password")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("Confirm your new password").fill(NEW)
    press(page, "Set my password")
    page.goto("/sign-in/")
    give_credentials(page, rosa.username, NEW)
    expect(page).to_have_url(re.compile("/portal/$"))

    desk.reload()
    expect(desk.get_by_text("The account is Basic, and no upgrade is under way.")).to_be_visible()


def test_emily_who_mistyped_her_birth_date_registers_after_two_reviewers_agree_who_she_is(opens):
    person = people.load("emily")
    swapped = person.born.replace(month=person.born.day, day=person.born.month)
    page = opens(size=PHONE)
    page.goto("/register/route/?level=1")
    press(page, "Continue")
    fill_details(page, replace(person, born=swapped))
    expect(page.get_by_text("We could not match these details with a DEERS record")).to_be_visible()
    press(page, "Ask for a review")
    expect(page.get_by_role("heading", name="You asked for a review")).to_be_visible()
    reference, code = (pair(page, name) for name in ("Reference", "Continuation code"))
    assert page.evaluate(WIDER) <= 0

    desk = desk_of(opens, "Proofing reviewer", "ann.reviewer")
    open_case(desk)
    press(desk, "Take up this case")
    expect(desk.get_by_role("row", name="Date of birth")).to_contain_text("Nearly the same")
    expect(desk.get_by_text("A second reviewer has to confirm it if you approve this record.")).to_be_visible()
    desk.get_by_label("Reason to approve").select_option("slip")
    press(desk, "Approve")
    expect(desk.get_by_text("Another reviewer has to confirm what you proposed.")).to_be_visible()

    page.goto("/support/cases/")
    page.get_by_label("Reference").fill(reference)
    page.get_by_label("Continuation code").fill(code)
    press(page, "See the status")
    expect(page.get_by_role("heading", name="A second reviewer is checking what the first one found.")).to_be_visible()

    leave_desk_to(desk, staff("Proofing reviewer", "bob.reviewer"))
    open_case(desk)
    desk.get_by_role("link", name="Confirm the decision").click()
    expect(desk.get_by_role("heading", name="Confirm what your colleague proposes?")).to_be_visible()
    desk.get_by_label("Why").select_option("compared")
    press(desk, "Confirm the decision")
    expect(desk.get_by_text("Confirmed.")).to_be_visible()

    page.reload()
    expect(page.get_by_role("heading", name="Your request is approved")).to_be_visible()
    press(page, "Continue your registration")
    answer_questions(page, person, 3)
    choose(page, "On the screen")
    press(page, "Get my code")
    page.get_by_label("Activation code").fill(page.locator("#activation-code").inner_text())
    press(page, "Continue")
    choose_credentials(page, "emily.c", "Open my account")
    expect(page.get_by_role("heading", name="Your account is open, and you are signed in")).to_be_visible()
    assert Account.objects.get(username="emily.c").dod_id == person.dod_id


def test_a_visitor_reads_the_answer_of_an_agent_with_reference_and_code(opens):
    page = opens(size=PHONE)
    page.goto("/support/contact/")
    page.get_by_label("Your name").fill("Opal Quist")
    page.get_by_label("Email address").fill("opal@mail.example")
    page.get_by_label("What is it about?").select_option("other")
    page.get_by_label("Your message").fill("Where is the ID card office in Norfolk?")
    press(page, "Send message")
    expect(page.get_by_role("heading", name="We have your message")).to_be_visible()
    reference = page.get_by_role("heading", level=1).inner_text().removeprefix("Your message ")
    assert page.evaluate(WIDER) <= 0

    desk = desk_of(opens, "Service center agent")
    desk.get_by_role("link", name="Messages to the service center").first.click()
    desk.get_by_role("link", name=reference).click()
    expect(desk.get_by_text("Where is the ID card office in Norfolk?")).to_be_visible()
    desk.get_by_label("Your answer").fill("On the second floor of building 12.")
    press(desk, "Send the answer")
    expect(desk.get_by_text("The answer was sent.")).to_be_visible()
    assert desk.evaluate(WIDER) <= 0

    page.reload()
    expect(page.get_by_role("heading", name="We have answered it")).to_be_visible()
    page.get_by_role("link", name="Enter the reference and the code").click()
    page.get_by_label("Reference").fill(reference)
    page.get_by_label("Code").fill(walk.code_in_mail())
    press(page, "Read the answer")
    expect(page.get_by_text("On the second floor of building 12.")).to_be_visible()
    expect(page.get_by_text("Where is the ID card office in Norfolk?")).to_have_count(0)
    page.get_by_label("Your reply").fill("And when is it open?")
    assert page.evaluate(WIDER) <= 0
    press(page, "Send the reply")
    desk.reload()
    expect(desk.get_by_text("And when is it open?")).to_be_visible()
    expect(desk.get_by_label("Your answer")).to_have_value("")


def test_rosa_reads_in_her_history_which_detail_an_agent_looked_at_and_why(opens):
    rosa = holder(people.load("rosa"))
    desk = desk_of(opens, "Service center agent")
    desk.clock.install()
    open_person(desk, rosa)
    email = desk.locator("dt", has_text="Email address").first.locator("+ dd")
    expect(email).to_have_text("r•••@example.org")
    press(desk, "Show the email address")
    expect(desk.get_by_text("Choose why you have to see it.").first).to_be_visible()
    expect(email).to_have_text("r•••@example.org")
    desk.get_by_label("Why do you have to see it?").select_option("mail-came-back")
    press(desk, "Show the email address")
    expect(email).to_have_text(rosa.email)
    assert desk.evaluate(WIDER) <= 0
    desk.clock.fast_forward(int(policy.REVEALED_FOR.total_seconds() + 2) * 1000)
    expect(email).to_have_text("r•••@example.org")

    page = opens(signed_in(rosa), size=PHONE)
    page.goto("/account/")
    page.get_by_role("link", name="Activity").first.click()
    expect(page.get_by_text("Our staff looked at your email address, because mail to you came back.")).to_be_visible()
    assert page.evaluate(WIDER) <= 0
