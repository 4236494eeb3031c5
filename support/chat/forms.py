"""The forms of a chat, for both sides."""

import re
import unicodedata
import uuid
from typing import Any

from django import forms

from core import policy
from core.fields import CodeField, PlainText, email_field
from core.typed import strip_blanks
from support.forms import topic_field

MANY_LINES = re.compile(r"\n{3,}")


class LineField(PlainText):
    """What is written in a chat: plain text without control characters, and never more than one empty line on end."""

    def __init__(self, *, label: str, missing: str, rows: int = 3, most: int = policy.CHAT_LINE_MAX) -> None:
        super().__init__(
            label=label,
            max_length=most,
            strip=False,
            widget=forms.Textarea(attrs={"rows": rows}),
            error_messages={
                "required": missing,
                "max_length": "Shorten this to %(limit_value)d characters. It has %(show_value)d.",
            },
        )

    def to_python(self, value: object) -> str:
        text = "".join(sign for sign in super().to_python(value) if is_kept(sign))
        return strip_blanks(MANY_LINES.sub("\n\n", text))


def is_kept(sign: str) -> bool:
    return sign in "\n\t" or unicodedata.category(sign) != "Cc"


class WordsForm(forms.Form):
    """One line. `line` becomes its id, so that a form that is sent twice is one line."""

    line = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={
            "required": "Something went wrong with this form. Load the page again.",
            "invalid": "Something went wrong with this form. Load the page again.",
        },
    )
    words = LineField(label="Your message", missing="Write a message.")

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)


class StartForm(WordsForm):
    """The beginning of a chat. `shows` is asked of a person who is signed in."""

    topic = topic_field("your question")
    shows = forms.BooleanField(label="Show the agent who I am", required=False)
    field_order = ("line", "topic", "words", "shows")

    def __init__(self, *args: Any, signed_in: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["words"].label = "Your question"
        self.fields["words"].error_messages["required"] = "Write your question."
        if not signed_in:
            del self.fields["shows"]


class AddressForm(forms.Form):
    """The mailbox to which a person who is not signed in wants a copy."""

    email = email_field("Your email address", missing="Enter your email address.")


class MailedCodeForm(forms.Form):
    """The code that shows that the mailbox is the visitor's."""

    code = CodeField(
        label="Code from the email",
        lengths=(policy.CODE_LENGTH,),
        has=f"The code has {policy.CODE_LENGTH} letters and digits.",
        max_length=40,
        error_messages={"required": "Enter the code from the email."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
