"""A chat in two browsers, from the question to the copy: the visitor's, who is not signed in, and the agent's."""

import pytest
from playwright.sync_api import Page, expect

from support.chat.models import Chat
from tests import walk
from tests.accounts.holders import signed_in, staff
from tests.journeys.windows import DESK, contexts, look_at, opens
from tests.support.chat.chats import texts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["contexts", "opens"]


def hears(page: Page, text: str) -> None:
    """Let the page ask what is new, and see this there without a new page."""
    page.clock.fast_forward(16_000)
    expect(page.get_by_text(text)).to_be_visible()


def test_a_visitor_and_an_agent_chat_to_the_copy(opens):
    page = opens()
    page.clock.install()
    page.goto("/support/chat/")
    page.get_by_label("What is it about?").select_option("sign-in")
    page.get_by_label("Your question").fill("I cannot sign in. My number is 910-12-4567.")
    page.get_by_role("button", name="Start the chat").click()
    expect(page.get_by_text("You are next in line.")).to_be_visible()
    expect(page.get_by_text("[Social Security number hidden]")).to_be_visible()

    desk = opens(signed_in(staff("Service center agent")), size=DESK)
    desk.clock.install()
    desk.goto("/admin/chat/chat/")
    desk.get_by_role("button", name="Take the next chat").click()
    expect(desk.get_by_text("The visitor is here.")).to_be_visible()
    hears(page, "Sam is here to help you.")
    expect(page.get_by_text("Delivered", exact=True)).to_be_visible()

    desk.get_by_label("Your answer").press_sequentially("What do")
    hears(page, "Sam is typing …")
    desk.get_by_label("Your answer").press_sequentially("es the page say?\n")
    expect(desk.get_by_label("Your answer")).to_have_value("")
    hears(page, "What does the page say?")
    page.get_by_label("Your message").fill("That my account is locked.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_label("Your message")).to_have_value("")
    hears(desk, "That my account is locked.")
    look_at(page)
    look_at(desk)
    assert texts(Chat.objects.get())[1:] == ["What does the page say?", "That my account is locked."]

    desk.get_by_label("Why do you close it?").select_option("referred")
    desk.get_by_role("button", name="Close the chat").click()
    expect(desk.get_by_text("The chat is closed.")).to_be_visible()
    hears(page, "This chat has ended.")
    page.get_by_label("Your email address").fill("ruth@mail.example")
    page.get_by_role("button", name="Send me the code").click()
    page.get_by_label("Code from the email").fill(walk.code_in_mail())
    page.get_by_role("button", name="Mail the copy").click()
    expect(page.get_by_text("The copy is on its way to your mailbox.")).to_be_visible()
    assert "What does the page say?" in walk.deliver_mail()[-1].body
