"""The forms of the agents' side."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import Account
from core import policy
from service_center.chat.desk import CLOSING
from support.chat.forms import LineField, WordsForm


class AnswerForm(WordsForm):
    """An agent's answer."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["words"].label = "Your answer"
        self.fields["words"].error_messages["required"] = "Write an answer."


class NoteForm(WordsForm):
    """An internal note."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, prefix="note", **options)
        self.fields["words"].label = "Internal note"
        self.fields["words"].help_text = "The visitor never sees it."
        self.fields["words"].error_messages["required"] = "Write a note."


class CloseForm(forms.Form):
    """Why a chat is closed."""

    reason = forms.ChoiceField(
        label="Why do you close it?",
        choices=[("", "Choose"), *((reason.value, reason.label) for reason in CLOSING)],
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose a reason from the list."},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class AgentForm(forms.Form):
    """The colleague who goes on with a chat."""

    agent = forms.ChoiceField(
        label="Colleague",
        error_messages={
            "required": "Choose a colleague.",
            "invalid_choice": "Choose a colleague who is signed in now.",
        },
    )

    def __init__(self, data: Any = None, *, agents: Iterable[Account]) -> None:
        super().__init__(data, label_suffix="")
        self.agents = {str(agent.pk): agent for agent in agents}
        self.fields["agent"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *((key, agent.get_full_name()) for key, agent in self.agents.items()),
        ]


class TextForm(forms.Form):
    """A text that chats are often answered with."""

    title = forms.CharField(
        label="Title",
        max_length=policy.MESSAGE_SUBJECT_MAX,
        error_messages={
            "required": "Enter a title.",
            "max_length": "Shorten this to %(limit_value)d characters. It has %(show_value)d.",
        },
    )
    body = LineField(label="Text", missing="Write the text.", rows=6)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
