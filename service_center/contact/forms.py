"""The forms of the desk for messages to the service center."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import Account
from core import policy
from core.fields import PlainText
from support.forms import refuse_ssn
from support.models import AnswerText, ContactMessage

TOO_LONG = {"max_length": "Shorten this to %(limit_value)d characters. It has %(show_value)d."}
LOST = dict.fromkeys(("required", "invalid"), "Something went wrong with this form. Send it again.")


class AnswerForm(forms.Form):
    """An answer. `answer` becomes the key of what is sent, and `round` says which state of the message was read."""

    answer = forms.UUIDField(widget=forms.HiddenInput, error_messages=LOST)
    round = forms.IntegerField(widget=forms.HiddenInput, error_messages=LOST)
    body = PlainText(
        label="Your answer",
        max_length=policy.MESSAGE_BODY_MAX,
        validators=[refuse_ssn],
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={"required": "Write an answer.", **TOO_LONG},
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)


def new_answer(message: ContactMessage, **initial: Any) -> AnswerForm:
    """Return an empty form for an answer to a message as it is now, with what was typed if something was."""
    return AnswerForm(initial={"answer": uuid.uuid4(), **initial, "round": message.round})


class NoteForm(forms.Form):
    """An internal note. `key` becomes that of what is kept, so that a form that is sent twice is one note."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    note = PlainText(
        label="Internal note",
        help_text="The writer never sees it.",
        max_length=policy.MESSAGE_NOTE_MAX,
        validators=[refuse_ssn],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write a note.", **TOO_LONG},
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.initial["key"] = uuid.uuid4()


class CloseForm(forms.Form):
    """Why a message is closed without an answer, as its writer reads it."""

    reason = forms.ChoiceField(
        label="Why it needs no answer",
        choices=[("", "Choose"), *ContactMessage.Reason.choices],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose why it needs no answer."),
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)


class ColleagueForm(forms.Form):
    """The choice of one colleague."""

    colleague = forms.ChoiceField(
        label="Colleague",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a colleague from the list."),
    )

    def __init__(self, data: Any = None, *, colleagues: Iterable[Account], **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.colleagues = {str(one.pk): one for one in colleagues}
        choices = [(pk, one.get_full_name()) for pk, one in self.colleagues.items()]
        self.fields["colleague"].choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]

    def chosen(self) -> Account:
        """Return the colleague who was chosen."""
        return self.colleagues[self.cleaned_data["colleague"]]


class TextForm(forms.Form):
    """A text with which staff often answer."""

    title = forms.CharField(label="Title", max_length=100, error_messages={"required": "Enter a title.", **TOO_LONG})
    body = PlainText(
        label="Text",
        max_length=policy.MESSAGE_BODY_MAX,
        validators=[refuse_ssn],
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write the text.", **TOO_LONG},
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)


def text_chosen(typed: str) -> AnswerText | None:
    """Return the text that a form names by its key, or None."""
    is_key = typed.isascii() and typed.isdecimal() and len(typed) < 10
    return AnswerText.objects.filter(pk=int(typed)).first() if is_key else None
