"""A whole conversation in two browsers: the patient's, and the nurse's at the desk."""

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from accounts.models import Account
from portal.messages.models import Message
from tests import people
from tests.accounts.holders import premium, signed_in, staff
from tests.journeys.windows import DESK, contexts, look_at, opens
from tests.portal.messages.conversations import team, treats, works_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["contexts", "opens"]
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of an arm"


def five_minutes_go_by() -> None:
    gone_by = timedelta(minutes=6)
    Message.objects.filter(sent_at=None).update(held_at=F("held_at") - gone_by, send_due_at=F("send_due_at") - gone_by)


def write(page: Page) -> None:
    """Begin a message with a file. The draft is saved by itself some seconds after the last key."""
    page.clock.install()
    page.goto("/portal/messages/compose/")
    page.get_by_label("What is it about?").select_option("medication")
    page.get_by_label("Subject").fill("A rash")
    page.get_by_label("Message", exact=True).fill("My arm is red since Tuesday.")
    page.clock.fast_forward(11_000)
    expect(page.get_by_text("Draft saved at")).to_be_visible()
    page.get_by_label("Attach files").set_input_files(
        {"name": "Arm.PNG", "mimeType": "application/octet-stream", "buffer": PNG}
    )
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.get_by_role("link", name="Arm.PNG")).to_be_visible()
    look_at(page)


def test_grace_writes_takes_back_and_sends_and_the_nurse_answers(opens):
    grace: Account = premium(people.load("grace"))
    nurse = works_in(treats(team(), grace.dod_id or ""), staff("Care team"))
    page = opens(signed_in(grace))
    write(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Take back and change").click()
    page.get_by_label("Message", exact=True).fill("My arm is red since Monday.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Written. Goes out at")).to_be_visible()

    desk = opens(signed_in(nurse), size=DESK)
    desk.goto("/admin/secure_messages/thread/")
    expect(desk.get_by_text("Nothing here.")).to_be_visible()
    five_minutes_go_by()
    desk.reload()
    desk.get_by_role("link", name="A rash").click()
    expect(desk.get_by_text("My arm is red since Monday.")).to_be_visible()
    expect(desk.get_by_role("link", name="Arm.PNG")).to_be_visible()
    desk.get_by_role("button", name="Take up").click()
    desk.get_by_label("Your answer").fill("Please stop using the cream.")
    desk.get_by_role("button", name="Send the answer").click()
    expect(desk.get_by_text("The answer was sent.")).to_be_visible()

    page.goto("/portal/messages/")
    expect(page.get_by_text("Unread", exact=True)).to_be_visible()
    page.get_by_role("link", name="A rash").click()
    expect(page.get_by_text("Please stop using the cream.")).to_be_visible()
    expect(page.get_by_text("Answered on")).to_be_visible()
    assert Message.objects.count() == 2
