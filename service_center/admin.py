"""The desk's pages in the admin. Django imports this module, and each page registers itself when it is imported.

Everything is read-only except the actions of confirmed_actions.py and the forms for visits and cases. No page shows a
Social Security number. Its last four digits can be searched for, by blind index, and are shown on a person's page for a
reason (person/reveal.py).
"""

from django.contrib import admin
from django.contrib.auth.models import Group
from procrastinate.contrib.django.models import ProcrastinateJob

from service_center import (
    account_admin,
    editing,
    print_room,
    proofing_admin,
    surrogates,
    visit_admin,
)
from service_center.audit_viewer import admin as audit_admin
from service_center.calls import admin as calls_admin
from service_center.care_team import admin as care_team_admin
from service_center.cases import admin as case_admin
from service_center.chat import admin as chat_admin
from service_center.contact import admin as contact_admin
from service_center.requests import pharmacy, scheduling

# Both would show more than any role may see: who is in a group, and the arguments of jobs (operations.py).
for shown_by_others in (Group, ProcrastinateJob):
    if admin.site.is_registered(shown_by_others):
        admin.site.unregister(shown_by_others)

__all__ = [
    "account_admin",
    "audit_admin",
    "calls_admin",
    "care_team_admin",
    "case_admin",
    "chat_admin",
    "contact_admin",
    "editing",
    "pharmacy",
    "print_room",
    "proofing_admin",
    "scheduling",
    "surrogates",
    "visit_admin",
]
