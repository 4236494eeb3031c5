"""The form in which a message is written."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from core import policy
from core.fields import PlainText
from core.typed import clean_typed
from portal.messages.drafts import Typed
from portal.messages.models import CareTeam, Message, Thread, Topic
from portal.messages.teams import is_out_of_office

TOO_LONG = {"max_length": "Shorten this to %(limit_value)d characters. It has %(show_value)d."}


class SubjectField(forms.CharField):
    """One line without invisible marks and marks of direction, which could make it look like another one."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return clean_typed(text.replace("\x00", ""), longest=policy.UNSAVED_FORM_MAX)


def subject_field() -> SubjectField:
    """Return the field for the subject of a conversation, which either side begins."""
    return SubjectField(
        label="Subject",
        max_length=policy.MESSAGE_SUBJECT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter a subject.", **TOO_LONG},
    )


def topic_field() -> forms.ChoiceField:
    """Return the list of what a conversation can be about."""
    return forms.ChoiceField(
        label="What is it about?",
        choices=[("", "- Select -"), *Topic.choices],
        error_messages={
            "required": "Choose what your message is about.",
            "invalid_choice": "Choose what your message is about from the list.",
        },
    )


class FilesInput(forms.FileInput):
    """An input for several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return files.getlist(name) if hasattr(files, "getlist") else []


class FilesField(forms.Field):
    """Any number of files. What is in them is judged when they are kept."""

    widget = FilesInput

    def clean(self, value: list[UploadedFile]) -> list[UploadedFile]:
        return value or []


class MessageForm(forms.Form):
    """A message to a care team. A draft may be unfinished. Only when it is sent must each part be there.

    `teams` are those to choose from, or None in an answer to the team of the conversation. `draft` and `version` say
    which draft the form shows, and as of which save.
    """

    draft = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0, min_value=0, max_value=2_000_000_000)
    team = forms.ChoiceField(
        label="To",
        error_messages={
            "required": "Choose a care team.",
            "invalid_choice": "You cannot write to this care team any more. Choose another one.",
        },
    )
    topic = topic_field()
    subject = subject_field()
    body = PlainText(
        label="Message",
        max_length=policy.MESSAGE_BODY_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={"required": "Write your message.", **TOO_LONG},
    )
    upload = FilesField(label="Attach files", required=False, widget=FilesInput(attrs={"multiple": True}))

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        teams: Iterable[CareTeam] | None,
        sends: bool = False,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, files, initial=dict(initial or {}), label_suffix="")
        self.teams = {str(team.pk): team for team in teams or ()}
        if teams is None:
            for name in ("team", "topic", "subject"):
                del self.fields[name]
        else:
            choices = [(pk, name_of(team)) for pk, team in self.teams.items()]
            self.fields["team"].choices = [("", "- Select -"), *choices]  # type: ignore[attr-defined]
        for name in {"team", "topic", "subject", "body"} & self.fields.keys():
            self.fields[name].required = sends

    def clean_body(self) -> str:
        """Refuse a message of blanks when it is sent."""
        body = self.cleaned_data["body"]
        if self.fields["body"].required and not body.strip():
            raise forms.ValidationError("Write your message.", "required")
        return body

    def typed(self, thread: Thread | None = None, draft: uuid.UUID | None = None) -> Typed:
        """Return what the form says. An answer has the team, the topic and the subject of its conversation."""
        said = self.cleaned_data
        kept: dict[str, Any]
        if thread is not None and "team" not in self.fields:
            kept = {"team": thread.team, "topic": thread.topic, "subject": thread.subject}
        else:
            kept = {"team": self.teams.get(said["team"]), "topic": said["topic"], "subject": said["subject"]}
        return Typed(draft or said["draft"], said["version"], body=said["body"], **kept)


def name_of(team: CareTeam) -> str:
    """Return what the list of teams says of a team."""
    return f"{team} (out of office)" if is_out_of_office(team) else str(team)


def initial_of(message: Message) -> dict[str, Any]:
    """Return the values of the form that shows a draft."""
    return {
        "draft": message.pk,
        "version": message.version,
        "team": str(message.team_id or ""),
        "topic": message.topic,
        "subject": message.subject,
        "body": message.body,
    }
