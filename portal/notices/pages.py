"""The page on which people choose what they are told of."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from accounts.models import Account
from core import policy
from portal.notices import telling
from portal.notices.models import Kind

Context = dict[str, Any]
TITLE = "What we tell you by email"
HINTS = {
    Kind.MESSAGES: "The link leads to the message itself.",
    Kind.REQUESTS: "Refills, renewals and appointments. If nobody answers in time, or tells your clinic of a visit "
    "that you canceled, we tell you at once, unless you choose “Not at all”.",
    Kind.REMINDERS: "A week and a day before.",
    Kind.MEASURING: "At the times that you set in your health tools. Nothing comes unless you set one.",
    Kind.RECORD: "When a clinic has sent something new to your health record.",
}


class NoticesForm(forms.Form):
    """How to be told of each kind of notice that the account's level can bring."""

    def __init__(self, account: Account, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for kind in telling.kinds_for(account):
            self.fields[kind.value] = forms.ChoiceField(
                label=kind.label,
                help_text=HINTS[kind],
                choices=[(how.value, how.label) for how in telling.ways_of(kind)],
                widget=forms.RadioSelect,
                error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of these."),
            )


def show(account: Account, query: QueryDict) -> Context:
    """Return the form with what is chosen now."""
    return page_of(NoticesForm(account, initial=telling.choices_of(account)))


def page_of(form: NoticesForm) -> Context:
    return {"form": form, "item_title": TITLE, "morning": f"{policy.SUMMARY_HOUR}:00 AM"}


def save(account: Account, http: HttpRequest) -> Context | HttpResponse:
    """Keep what was chosen."""
    form = NoticesForm(account, http.POST)
    if not form.is_valid():
        return page_of(form)
    telling.choose(account, form.cleaned_data)
    messages.success(http, "Saved. We tell you as you chose.")
    return redirect("contact-notices")
