"""Two clicks on one button in a real browser, with the page's script and without it."""

import pytest
from playwright.sync_api import expect

from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import KEY, premium
from tests.journeys.test_journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_grace_double_clicks_at_the_second_step_and_is_signed_in(browser, live_server, script):
    premium(people.load("grace"), username="grace.clicks")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=script)
    page = context.new_page()
    sign_in(page, "grace.clicks")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Code").fill(walk.token_for(KEY))
    page.get_by_role("button", name="Sign in").dblclick()
    expect(page).to_have_url(f"{live_server.url}/portal/")
    page.goto("/account/")
    expect(page).to_have_url(f"{live_server.url}/account/")
    assert AuditEvent.objects.filter(event="sign-in.succeeded").count() == 1
    assert not AuditEvent.objects.filter(event="second-factor.failed").exists()
    if script:
        assert len(sent) == 1
    context.close()


def test_a_page_that_is_come_back_to_can_be_sent_again(page):
    page.goto("/sign-in/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_label("Username").fill("nobody.here")
    page.get_by_label("Password", exact=True).fill("four quiet otters")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name="The username or the password is not right")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Sign in", exact=True)).not_to_have_attribute("aria-disabled", "true")
