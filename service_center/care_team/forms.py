"""The forms of the care teams' desk."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone

from core import policy
from core.fields import PlainText
from portal.messages.forms import TOO_LONG, FilesField, FilesInput, subject_field, topic_field
from portal.messages.models import CareTeam, Template
from portal.messages.writing import FILE_HINT

TEXT = ("topic", "subject", "body")


class WritingForm(forms.Form):
    """What is written to a patient. `answer` becomes the id of the message. A draft may be unfinished."""

    answer = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    body = PlainText(
        label="Message",
        max_length=policy.MESSAGE_BODY_MAX,
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={"required": "Write your message.", **TOO_LONG},
    )
    upload = FilesField(
        label="Attach files", help_text=FILE_HINT, required=False, widget=FilesInput(attrs={"multiple": True})
    )

    def __init__(self, data: Any = None, files: Any = None, *, sends: bool = True, **options: Any) -> None:
        super().__init__(data, files, label_suffix="", **options)
        for name in {*TEXT} & self.fields.keys():
            self.fields[name].required = sends

    @property
    def text(self) -> dict[str, str]:
        """Return the parts of the text that can be kept."""
        return {name: self.cleaned_data[name] for name in TEXT if name in self.cleaned_data}


class AnswerForm(WritingForm):
    """An answer to a patient. `seen` is the newest message that was read."""

    seen = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["body"].label = "Your answer"
        self.fields["body"].error_messages["required"] = "Write an answer."


class FirstForm(WritingForm):
    """The message with which a care team begins a conversation."""

    topic = topic_field()
    subject = subject_field()
    field_order = ("answer", "topic", "subject", "body", "upload")


class PatientForm(forms.Form):
    """The search for a patient of one's own teams."""

    words = forms.CharField(
        label="Patient",
        help_text="A first name, a last name or both, or the DoD ID number. Found are the patients of your care teams "
        "who can read messages here.",
        max_length=policy.MESSAGE_SUBJECT_MAX,
        error_messages={"required": "Enter a name or a number.", **TOO_LONG},
    )


class NoteForm(forms.Form):
    """An internal note."""

    note = PlainText(
        label="Internal note",
        help_text="The patient never sees it.",
        max_length=policy.MESSAGE_NOTE_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write a note.", **TOO_LONG},
    )


class TeamForm(forms.Form):
    """The choice of one of some teams."""

    team = forms.ChoiceField(
        label="Care team", error_messages={"required": "Choose a team.", "invalid_choice": "Choose a team."}
    )

    def __init__(self, data: Any = None, *, teams: Iterable[CareTeam], **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.teams = {str(team.pk): team for team in teams}
        choices = [(pk, str(team)) for pk, team in self.teams.items()]
        self.fields["team"].choices = choices if len(choices) == 1 else [("", "Choose"), *choices]  # type: ignore[attr-defined]

    def chosen(self) -> CareTeam:
        """Return the team that was chosen."""
        return self.teams[self.cleaned_data["team"]]


class OutOfOfficeForm(TeamForm):
    """Until when a team is out of office. Without a date it is back."""

    until = forms.DateField(
        label="Out of office until",
        required=False,
        help_text="The last day on which the team is away. Leave it empty if the team is back.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a date."},
    )
    text = PlainText(
        label="What patients are told",
        max_length=policy.OUT_OF_OFFICE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=TOO_LONG,
    )

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until and until < timezone.localdate():
            raise forms.ValidationError("Enter today or a later day.", "past")
        return until


class TemplateForm(TeamForm):
    """A text that a team often answers with."""

    title = forms.CharField(
        label="Title",
        max_length=policy.MESSAGE_SUBJECT_MAX,
        error_messages={"required": "Enter a title.", **TOO_LONG},
    )
    body = PlainText(
        label="Text",
        max_length=policy.MESSAGE_BODY_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write the text.", **TOO_LONG},
    )


def template_chosen(typed: str, some: Iterable[Template]) -> Template | None:
    """Return the template that a form names by its key, or None."""
    return next((template for template in some if str(template.pk) == typed), None)
