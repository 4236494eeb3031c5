"""The desk's pages in the admin. Django imports this module, and each page registers itself when it is imported.

Everything is read-only except the actions of confirmed_actions.py and the forms for visits and cases. No page shows a
Social Security number: its last four digits can be searched for, by blind index, and are never shown.
"""

from service_center import (
    account_admin,
    audit_admin,
    print_room,
    proofing_admin,
    surrogates,
    visit_admin,
)
from service_center.care_team import admin as care_team_admin
from service_center.cases import admin as case_admin
from service_center.contact import admin as contact_admin
from service_center.requests import pharmacy, scheduling

__all__ = [
    "account_admin",
    "audit_admin",
    "care_team_admin",
    "case_admin",
    "contact_admin",
    "pharmacy",
    "print_room",
    "proofing_admin",
    "scheduling",
    "surrogates",
    "visit_admin",
]
