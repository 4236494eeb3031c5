"""The page on which people choose what they are told of."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from accounts.models import Account
from portal.notices import telling
from portal.notices.models import How, Kind

Context = dict[str, Any]
TITLE = "What we tell you by email"


class NoticesForm(forms.Form):
    """How to be told of each kind of notice."""

    reminders = forms.ChoiceField(label=Kind.REMINDERS.label, choices=How, widget=forms.RadioSelect)
    requests = forms.ChoiceField(label=Kind.REQUESTS.label, choices=How, widget=forms.RadioSelect)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        for field in self.fields.values():
            field.error_messages |= dict.fromkeys(("required", "invalid_choice"), "Choose one of the two.")


def show(account: Account, query: QueryDict) -> Context:
    """Return the form with what is chosen now."""
    return {"form": NoticesForm(initial=telling.choices_of(account)), "item_title": TITLE}


def save(account: Account, http: HttpRequest) -> Context | HttpResponse:
    """Keep what was chosen."""
    form = NoticesForm(http.POST)
    if not form.is_valid():
        return {"form": form, "item_title": TITLE}
    telling.choose(account, form.cleaned_data)
    messages.success(http, "Saved. We tell you as you chose.")
    return redirect("contact-notices")
