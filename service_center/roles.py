"""The roles of staff: what each may see and do in the admin. Permissions come only through a role."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS

from accounts.models import Account

PRINT_ROOM = "Print room"
ROLES: dict[str, tuple[str, ...]] = {
    "Service center agent": (
        "accounts.view_account",
        "accounts.reveal_details",
        "accounts.unlock_account",
        # A caller who says that somebody else is in the account does not wait for a supervisor.
        "accounts.freeze_account",
        "idproofing.view_proofing",
        "idproofing.view_letter",
        "idproofing.attend_visit",
        "accounts.resend_code",
        "calls.take_call",
        "family.view_surrogacy",
        "family.stop_surrogacy",
        "support.view_contactmessage",
        "support.change_contactmessage",
        "chat.answer_chat",
    ),
    "Supervisor": (
        "accounts.view_account",
        "accounts.reveal_details",
        "accounts.unlock_account",
        "accounts.freeze_account",
        "accounts.assist_account",
        "accounts.view_figures",
        "idproofing.view_proofing",
        "idproofing.view_letter",
        "idproofing.void_letter",
        "idproofing.attend_visit",
        "idproofing.settle_visit",
        "idproofing.view_visit",
        "idproofing.view_case",
        "family.view_surrogacy",
        "family.stop_surrogacy",
        "accounts.resend_code",
        "calls.take_call",
        "calls.view_call",
        "safeguards.view_auditevent",
        "safeguards.export_auditevent",
        "support.view_contactmessage",
        "support.change_contactmessage",
        "chat.answer_chat",
        "chat.supervise_chat",
        "chat.edit_texts",
        "support.change_answertext",
        "support.see_load",
    ),
    "Proofing reviewer": (
        "accounts.view_account",
        "idproofing.view_proofing",
        "idproofing.view_case",
        "idproofing.decide_case",
        "family.view_surrogacy",
        "family.decide_surrogacy",
        "family.stop_surrogacy",
    ),
    "Care team": ("secure_messages.answer_thread",),
    "Auditor": (
        "accounts.view_account",
        "accounts.view_figures",
        "safeguards.view_auditevent",
        "safeguards.export_auditevent",
    ),
    # Nothing of people: jobs, emails, imports and seals as counts and times (operations.py).
    "Operator": ("procrastinate.view_procrastinatejob", "procrastinate.change_procrastinatejob"),
    # Writes what everybody reads, and sees nobody.
    "Editor": (
        "support.view_datednotice",
        "support.publish_datednotice",
        "support.view_rating",
        "support.change_answertext",
    ),
    "Pharmacy": ("medications.view_request", "medications.handle_request"),
    "Scheduling": ("appointments.view_request", "appointments.handle_request", "appointments.view_checkin"),
    # Who reads the codes in letters must not see the details with which a code opens an account (only_prints).
    PRINT_ROOM: (
        "idproofing.view_letter",
        "idproofing.view_batch",
        "idproofing.print_letter",
        "idproofing.void_letter",
    ),
}

# Who watches over whom, by role. Nobody acts on the account of somebody who watches over them, so that a watcher cannot
# be shut out by those who are watched. The accounts of auditors are changed by `manage.py change_staff_account`.
WATCHED_BY: dict[str, tuple[str, ...]] = {
    "Service center agent": ("Supervisor", "Auditor"),
    "Proofing reviewer": ("Supervisor", "Auditor"),
    "Editor": ("Supervisor", "Auditor"),
    "Care team": ("Supervisor", "Auditor"),
    "Pharmacy": ("Supervisor", "Auditor"),
    "Scheduling": ("Supervisor", "Auditor"),
    PRINT_ROOM: ("Supervisor", "Auditor"),
    "Operator": ("Supervisor", "Auditor"),
    "Supervisor": ("Auditor",),
}


def only_prints(account: Account) -> bool:
    """Return whether this staff member has the role of the print room, and no other role or permission.

    Every other role sees details of people somewhere, or may see them one day, so none goes together with printing.
    """
    names = set(account.groups.values_list("name", flat=True))
    return names == {PRINT_ROOM} and account.get_all_permissions() <= set(ROLES[PRINT_ROOM])


def keep_groups(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Make the groups match ROLES after every migrate, once the last app has its permissions."""
    from django.contrib.auth.models import Group, Permission

    if sender.label != list(apps.get_app_configs())[-1].label:
        return
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for role, names in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set([known[name] for name in names])
