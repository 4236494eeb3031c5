"""Every button of the desk asks why, with closed choices, and each choice is a slug that the audit trail may keep."""

import gc
import re
from functools import partial
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin

from safeguards import audit
from service_center import reasons
from service_center.confirmed_actions import ConfirmedAction
from service_center.read_only import ReadOnlyAdmin
from tests.rules.addresses import every

# Addresses that take a POST, are no ConfirmedAction, and ask for a reason in a form of their own.
ASK = {
    "accounts/account/<int:pk>/help/": "HelpForm",
    "chat/chat/<uuid:pk>/change/": "CloseForm",
    "idproofing/batch/make/": "WhyForm",
    "idproofing/batch/<int:pk>/pdf/": "WhyForm",
    "idproofing/case/<int:pk>/decide/": "ReasonForm",
    "idproofing/visit/attend/refuse/": "RefusalForm",
    "person/<str:key>/reveal/": "RevealForm",
    "safeguards/auditevent/export/": "ExportForm",
}
# Addresses that need none, and why.
NEED_NONE = {
    "idproofing/case/<int:pk>/take/": "takes up work, and changes nothing for the person",
    "idproofing/case/<int:pk>/compare/": "shows a record; the trail has it",
    "idproofing/visit/attend/": "opens a slip by its reference; the trail has it",
    "idproofing/visit/attend/slip/": "the documents that were entered and checked are the reason",
    "secure_messages/thread/": "what is written to a patient stands in the conversation",
    "operations/": "only shows",
    "figures/": "only shows",
    "person/<str:key>/": "only shows",
    "safeguards/auditevent/chain/": "only reads the trail",
    "calls/": "a call is noted with what it was about and how it ended",
    "chat/chat/queue/poll/": "only shows",
    "chat/chat/texts/": "what is written for answers is the reason",
    "chat/chat/<uuid:pk>/poll/": "only shows",
    "chat/chat/<uuid:pk>/typing/": "says that somebody types",
    "support/datednotice/publish/": "the notice is the reason",
    "support/rating/articles/": "only shows",
    "search/": "only shows; the trail has it",
    "workload/": "gives work to a colleague, and changes nothing for the person",
    "support/contactmessage/texts/": "changes what staff can say, and nothing for a person",
}
# Django's own pages. Nothing is added, changed or deleted by hand (read_only.py), and lists are asked below.
DJANGO = re.compile(
    r"^(|\^?\(\?P<app_label>.*|login/|logout/|password_change/(done/)?|autocomplete/|jsi18n/|r/.*"
    r"|\w+/\w+/(add/|<path:object_id>/(history/|delete/|change/)?)?|\(\?P<url>.*)$"
)
BUTTONS = [one for one in gc.get_objects() if isinstance(one, ConfirmedAction)]
OWN_DOOR = re.compile(r"^(sign-in|sign-out|session|account)/")


def form_class(form: Any) -> Any:
    return form_class(form.func) if isinstance(form, partial) else form


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: f"{button.permission}:{button.name}")
def test_every_button_asks_why_and_says_so_in_a_slug(button):
    form = form_class(button.form) if button.form else forms.Form
    assert button.why or "reason" in form.base_fields
    for slug, words in button.why:
        audit._refuse_personal_data("reason", slug)
        assert words


def test_every_other_address_that_changes_something_asks_why_or_says_here_why_it_need_not():
    pressed = re.compile(rf"/({'|'.join(button.name for button in BUTTONS)})/$")
    unknown = []
    for pattern, _ in every(settings.STAFF_URLCONF):
        if not pattern.startswith("admin/"):
            continue
        rest = pattern.removeprefix("admin/")
        told = rest in ASK or any(rest.startswith(known) for known in NEED_NONE)
        if not (DJANGO.match(rest) or OWN_DOOR.match(rest) or pressed.search(rest) or told):
            unknown.append(rest)
    assert unknown == []


def test_what_is_done_with_lines_of_a_list_asks_why():
    silent = [
        type(shown).__name__
        for shown in admin.site._registry.values()
        if shown.actions and not (isinstance(shown, ReadOnlyAdmin) and shown.why)
    ]
    assert silent == []


def test_no_reason_stands_in_two_words_for_the_same_button():
    lists = [value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, tuple)]
    assert len(lists) > 10
    for choices in lists:
        assert len({slug for slug, _ in choices}) == len(choices)
