"""The forms of notices to everybody: what they say, when and where they are shown, and why one is withdrawn."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from core import policy
from core.fields import PlainText
from support import guides
from support.checks import dead_links
from support.models import DatedNotice, NoticeKind

PLACES = {"on_help": "The help pages", "on_home": "The home page", "on_sign_in": "The sign-in page"}
WHEN = {"type": "datetime-local"}


def moment_field(label: str, missing: str, help_text: str = "") -> forms.DateTimeField:
    """Return a field for a day and time, by the site's clock."""
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(WHEN, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": missing, "invalid": f"{missing} Write it such as 2027-01-30 14:30."},
    )


class NoticeForm(forms.Form):
    """A notice to everybody. Its text is Markdown, and each of its links has to lead somewhere."""

    kind = forms.ChoiceField(
        label="What it is about",
        choices=[("", "Choose"), *NoticeKind.choices],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose what it is about."),
    )
    title = PlainText(
        label="Title",
        max_length=policy.DATED_NOTICE_TITLE_MAX,
        error_messages={
            "required": "Enter a title.",
            "max_length": "Use no more than %(limit_value)d characters for the title. It has %(show_value)d.",
        },
    )
    text = PlainText(
        label="Text",
        help_text="Markdown: **bold**, lists, and links such as [the help](/support/). Name no person.",
        max_length=policy.DATED_NOTICE_TEXT_MAX,
        widget=forms.Textarea({"rows": 6, "cols": 60}),
        error_messages={
            "required": "Enter the text.",
            "max_length": "Shorten the text to %(limit_value)d characters. It has %(show_value)d.",
        },
    )
    begins_at = moment_field("Shown from (Eastern time)", "Enter from when on it is shown.")
    ends_at = moment_field("Shown until (Eastern time)", "Enter until when it is shown.")
    places = forms.MultipleChoiceField(
        label="Where it is shown",
        choices=list(PLACES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("required", "invalid_choice", "invalid_list"), "Choose where it is shown."),
    )

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        if "<img" in guides.MARKDOWN.render(text):
            raise ValidationError("A notice has no pictures. Take the picture out.")
        if dead := dead_links(text):
            raise ValidationError(f"The link {dead[0]} leads nowhere. Use an address of this site, or a known one.")
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        begins, ends, now = cleaned.get("begins_at"), cleaned.get("ends_at"), timezone.now()
        if begins and begins > now + policy.DATED_NOTICE_AHEAD:
            self.add_error("begins_at", "Check the year. This is far ahead.")
        if ends and ends <= now:
            self.add_error("ends_at", "Enter a time in the future.")
        elif begins and ends and ends <= begins:
            self.add_error("ends_at", "Enter a time after the first one.")
        elif begins and ends and ends - begins > policy.DATED_NOTICE_LONGEST:
            self.add_error("ends_at", f"A notice lasts {policy.DATED_NOTICE_LONGEST.days} days at most.")
        return cleaned

    def notice(self) -> DatedNotice:
        """Return the notice that was typed, not saved."""
        typed = dict(self.cleaned_data)
        places = typed.pop("places")
        return DatedNotice(**typed, **{place: place in places for place in PLACES})


def typed_before(notice: DatedNotice) -> dict[str, Any]:
    """Return what a form shows that begins with a notice from before."""
    same = {name: getattr(notice, name) for name in ("kind", "title", "text", "begins_at", "ends_at")}
    return {**same, "places": [place for place in PLACES if getattr(notice, place)]}


class WithdrawalForm(forms.Form):
    """Why a notice is not shown any longer. It has no free text."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[("", "Choose"), ("over", "It is over sooner"), ("wrong", "It is wrong"), ("other", "Something else")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose why."),
    )

    def __init__(self, data: Any, subject: Any) -> None:
        super().__init__(data)
