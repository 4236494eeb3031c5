"""The texts with which the demo's agents often answer chats."""

from accounts.models import Account
from service_center.chat import desk

TEXTS = {
    "Greeting": "Hello, and thank you for waiting. How can I help you?",
    "Show me your account": (
        "To help with your account I need to see it. Sign in in another tab, come back to this page, and choose “Show "
        "the agent who I am”."
    ),
    "Where details are corrected": (
        "We cannot change what DEERS has about you. An ID card office can. Bring two documents, such as your ID card "
        "and a marriage or birth certificate."
    ),
    "No numbers, please": (
        "Please do not send personal numbers, passwords or codes. I do not need them, and what looks like such a "
        "number is hidden before it is stored."
    ),
    "Goodbye": "I am glad that I could help. You can come back to this chat for a day.",
}


def keep_texts(by: Account) -> None:
    """Keep the texts, in the name of a supervisor."""
    for title, body in TEXTS.items():
        desk.save_text(title, body, by=by)
