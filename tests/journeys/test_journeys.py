"""The main job in a real browser: both registrations, the upgrade and the session's clock, by mouse and keyboard."""

import re
from base64 import b32decode

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Account
from accounts.second_factors import authenticator_apps
from idproofing.models import Fact
from idproofing.questions import word_question
from tests import people, walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(page: Page, option: str) -> None:
    page.locator("label").filter(has_text=re.compile(rf"^\s*{re.escape(option)}")).first.click()


def choose_account(page: Page, level: str, route: str) -> None:
    """Answer the first two pages, which ask one thing each."""
    for option in (level, route):
        choose(page, option)
        page.get_by_role("button", name="Continue").click()


def fill_date(page: Page | Locator, born) -> None:
    page.get_by_label("Month").select_option(str(born.month))
    page.get_by_label("Day").fill(str(born.day))
    page.get_by_label("Year").fill(str(born.year))


def fill_details(page: Page, person) -> None:
    name = person.name
    page.get_by_label("First name").fill(name.first)
    page.get_by_label("Middle name").fill(name.middle)
    page.get_by_label("Last name").fill(name.last)
    page.get_by_label("Suffix").select_option(name.suffix)
    fill_date(page, person.born)
    page.get_by_label("Social Security number").fill(person.ssn)
    page.get_by_label("Email address").fill(person.email)
    page.get_by_role("button", name="Continue").click()


def answer_questions(page: Page, person, count: int) -> None:
    """Read each question and choose what the person's papers say."""
    answers = dict(word_question(fact) for fact in Fact.objects.filter(dod_id=person.dod_id))
    page.get_by_role("button", name="Start the questions").click()
    for number in range(1, count + 1):
        expect(page.get_by_text(f"Question {number} of {count}")).to_be_visible()
        question = page.get_by_role("heading", level=1).inner_text()
        labels = [label.strip() for label in page.locator("#question label").all_inner_texts()]
        choose(page, answers[question] if answers[question] in labels else "None of the above")
        page.get_by_role("button", name="Continue").click()


def choose_credentials(page: Page, username: str, button: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(walk.PASSWORD)
    page.get_by_label("Confirm your password").fill(walk.PASSWORD)
    page.get_by_role("button", name=button).click()


def enter_token(page: Page, button: str) -> str:
    """Read the key that the page shows, as an authenticator app would from the picture, and type its code."""
    shown = re.sub(r"\s", "", page.locator("#authenticator-key").inner_text())
    key = base32_to_hex(shown)
    page.get_by_label(re.compile("digit code")).fill(walk.token_for(key))
    page.get_by_role("button", name=button).click()
    return key


def base32_to_hex(text: str) -> str:
    key = b32decode(text).hex()
    assert authenticator_apps.base32(key) == text
    return key


def sign_in(page: Page, username: str, password: str = walk.PASSWORD) -> None:
    """Read the notice and agree if it shows, then sign in."""
    page.goto("/sign-in/")
    if page.get_by_role("button", name="I agree").is_visible():
        page.get_by_role("button", name="I agree").click()
    give_credentials(page, username, password)


def give_credentials(page: Page, username: str, password: str = walk.PASSWORD) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    press(page, "Sign in")


def press(page: Page, button: str) -> None:
    """Press a button and wait for the page that answers it.

    A click alone comes back before the answer, and the next `goto` would cut the request off.
    """
    with page.expect_event("load"):
        page.get_by_role("button", name=button).first.click()


def test_a_veteran_registers_at_basic_with_a_code_on_the_screen(page):
    person = people.load("rosa")
    page.goto("/")
    page.get_by_role("link", name="Register").first.click()
    choose_account(page, "Basic", "Answer questions online")
    fill_details(page, person)
    answer_questions(page, person, 3)
    choose(page, "On the screen")
    page.get_by_role("button", name="Get my code").click()
    page.get_by_label("Activation code").fill(page.locator("#activation-code").inner_text().lower())
    page.get_by_role("button", name="Continue").click()
    choose_credentials(page, "rosa.basic", "Open my account")
    expect(page.get_by_role("heading", name="Your account is open, and you are signed in")).to_be_visible()
    page.get_by_role("link", name="Go to your health portal").click()
    expect(page).to_have_url(re.compile("/portal/$"))
    page.goto("/portal/labs/")
    expect(page.get_by_role("link", name="Upgrade to Premium").first).to_be_visible()


def test_a_phone_shows_the_way_on_without_scrolling_twice(page):
    """One screen for the level. At most one more, after one scroll, for the route."""
    page.set_viewport_size({"width": 360, "height": 740})
    for address, screens in (("/register/", 1), ("/register/route/?level=1", 2)):
        page.goto(address)
        box = page.get_by_role("button", name="Continue").bounding_box()
        assert box
        assert box["y"] + box["height"] <= screens * 740


def test_somebody_checks_the_social_security_number_before_sending_it(page):
    page.goto("/register/route/?level=1")
    page.get_by_role("button", name="Continue").click()
    number = page.get_by_label("Social Security number")
    number.fill("900114021")
    expect(number).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show number").click()
    expect(number).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide number").click()
    expect(number).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show number").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("We have kept the number that ends in 4021.")).to_be_visible()
    assert "900114021" not in page.content()


def test_a_veteran_registers_at_premium_with_a_code_by_email_and_signs_in_again(page):
    person = people.load("rosa")
    page.goto("/register/")
    choose_account(page, "Premium", "Answer questions online")
    fill_details(page, person)
    answer_questions(page, person, 4)
    choose(page, "By email")
    page.get_by_role("button", name="Get my code").click()
    expect(page.get_by_role("heading", name="Enter your activation code")).to_be_visible()
    page.get_by_label("Activation code").fill(walk.code_in_mail())
    page.get_by_role("button", name="Continue").click()
    choose_credentials(page, "rosa.premium", "Continue")
    key = enter_token(page, "Check the code")
    expect(page.get_by_role("heading", name="Your account is open, and you are signed in")).to_be_visible()
    expect(page.locator("#backup-codes li")).to_have_count(10)
    backup_code = page.locator("#backup-codes li").first.inner_text()
    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    sign_in(page, "ROSA.premium")
    page.get_by_label("Code").fill(walk.token_for(key, drift=1))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/portal/$"))
    press(page, "Sign out")
    sign_in(page, "rosa.premium")
    page.get_by_label("Code").fill(backup_code)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/portal/$"))


def test_a_basic_account_is_upgraded_and_comes_back_to_the_page_that_asked(page, client):
    person = people.load("rosa")
    walk.register_basic(client, person, "rosa.rises")
    sign_in(page, "rosa.rises")
    page.goto("/portal/labs/")
    page.get_by_role("link", name="Upgrade to Premium").first.click()
    page.get_by_role("button", name="Start the upgrade").click()
    page.get_by_label("Social Security number").fill(person.ssn)
    fill_date(page, person.born)
    page.get_by_label("Street address").fill(person.address.street)
    page.get_by_label("ZIP or postal code").fill(person.address.postal_code)
    page.get_by_role("button", name="Continue").click()
    answer_questions(page, person, 4)
    page.get_by_label("Activation code").fill(walk.code_in_mail())
    page.get_by_role("button", name="Continue").click()
    enter_token(page, "Check the code")
    expect(page.get_by_role("heading", name="Your account is now Premium")).to_be_visible()
    page.get_by_role("button", name="I have saved my codes").click()
    expect(page).to_have_url(re.compile("/portal/labs/$"))
    assert Account.objects.get().level == 2
