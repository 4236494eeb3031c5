"""The pages of the desk in the admin. Each registers itself when it is imported, and Django imports this module.

Everything is read-only but for the actions of confirmed_actions.py and the forms of visits and cases. No Social
Security number is on any page: the last four digits can be searched for, by blind index, and are never shown.
"""

from service_center import account_admin, audit_admin, contact_admin, print_room, proofing_admin, visit_admin
from service_center.cases import admin as case_admin

__all__ = [
    "account_admin",
    "audit_admin",
    "case_admin",
    "contact_admin",
    "print_room",
    "proofing_admin",
    "visit_admin",
]
