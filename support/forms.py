"""The contact form, and the forms for opinions on articles."""

import re
import unicodedata
import uuid

from django import forms
from django.core.exceptions import ValidationError

from core import policy
from core.fields import CodeField, PlainText, TypedField, email_field
from core.typed import clean_typed
from support.models import Reason, Topic
from support.reading import read_reference

# Nine digits in a row, or 3-2-4 with something between: how people write a Social Security number.
# A ZIP code with its four extra digits (5-4) and phone numbers (3-3-4) pass.
GAP = r"[\s._/\-\u2010-\u2015\u2212]{1,3}"
SSN_LOOKALIKE = re.compile(rf"(?<!\d)(?:\d{{9}}|\d{{3}}{GAP}\d{{2}}{GAP}\d{{4}})(?!\d)")


def refuse_ssn(text: str) -> None:
    """Raise ValidationError if `text` holds what looks like a Social Security number, in the digits of any script."""
    plain = unicodedata.normalize("NFKC", text)
    if SSN_LOOKALIKE.search(clean_typed(plain, longest=len(plain))):
        raise ValidationError(
            "This contains a number that looks like a Social Security number. For your safety, remove it. "
            "We never need it in a message."
        )


def form_id_field() -> forms.UUIDField:
    """Return the field whose value is new in each form shown, so that a form that is sent twice counts once."""
    return forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        required=False,
        error_messages={"invalid": "Something went wrong with this form. Open the page again."},
    )


def name_field() -> PlainText:
    """Return the field for the name of who writes to us or wants to be called."""
    return PlainText(
        label="Your name",
        max_length=100,
        validators=[refuse_ssn],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Enter your name.",
            "max_length": "Use no more than %(limit_value)d characters for your name. It has %(show_value)d.",
        },
    )


def topic_field(what: str) -> forms.ChoiceField:
    """Return the list of what people write or call about. `what` is what a sentence calls it: "your message"."""
    missing = f"Select what {what} is about"
    return forms.ChoiceField(
        label="What is it about?",
        choices=[("", "- Select -"), *Topic.choices],
        error_messages={"required": f"{missing}.", "invalid_choice": f"{missing} from the list."},
    )


class ContactForm(forms.Form):
    """A message to the service center. If a form is sent twice, it is one message."""

    form_id = form_id_field()
    name = name_field()
    email = email_field("Your email address", missing="Enter your email address, so that we can answer.")
    topic = topic_field("your message")
    message = PlainText(
        label="Your message",
        max_length=policy.MESSAGE_BODY_MAX,
        validators=[refuse_ssn],
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={
            "required": "Enter your message.",
            "max_length": "Shorten your message to %(limit_value)d characters. It has %(show_value)d.",
        },
    )


class RatingForm(forms.Form):
    """Whether an article was helpful."""

    helpful = forms.TypedChoiceField(
        label="Was this article helpful?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose yes or no.",
            "invalid_choice": "Choose yes or no.",
        },
    )


class ReasonForm(forms.Form):
    """Why an article was not helpful."""

    reason = forms.ChoiceField(
        label="What was wrong?",
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose what was wrong.",
            "invalid_choice": "Choose what was wrong from the list.",
        },
    )
    remark = PlainText(
        label="What were you looking for?",
        required=False,
        max_length=policy.HELP_REMARK_MAX,
        validators=[refuse_ssn],
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": "Shorten this to %(limit_value)d characters. It has %(show_value)d."},
    )


class AnswerCodeForm(forms.Form):
    """The form that opens the answer to a message."""

    reference = TypedField(
        label="Reference",
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={
            "required": "Enter the reference of your message.",
            "max_length": "Reference: that is too long.",
        },
    )
    code = CodeField(
        lengths=[policy.CODE_LENGTH],
        has=f"Code: it has {policy.CODE_LENGTH} letters and digits.",
        label="Code from our email",
        max_length=40,
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "code-input"}
        ),
        error_messages={"required": "Enter the code from our email.", "max_length": "Code: that is too long."},
    )

    def clean_reference(self) -> str:
        reference = read_reference(self.cleaned_data["reference"])
        if not reference:
            raise ValidationError("A reference has the letter C and eight letters and digits, such as C-7F3K-9Q2M.")
        return reference


class ReplyForm(forms.Form):
    """What the writer of a message replies to an answer. `reply_id` is new in each form shown."""

    reply_id = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages=dict.fromkeys(("required", "invalid"), "Something went wrong with this form. Send it again."),
    )
    message = PlainText(
        label="Your reply",
        max_length=policy.MESSAGE_BODY_MAX,
        validators=[refuse_ssn],
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": "Enter your reply.",
            "max_length": "Shorten your reply to %(limit_value)d characters. It has %(show_value)d.",
        },
    )
