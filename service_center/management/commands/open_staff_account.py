"""Open an account for a staff member.

There are no superusers: everybody who works in the admin has a role.
"""

import sys
from getpass import getpass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions
from accounts.models import Account
from service_center.roles import ROLES


class Command(BaseCommand):
    help = "Open an account for a staff member. The password is asked for, or read from the standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--first-name", required=True)
        parser.add_argument("--last-name", required=True)
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=list(ROLES))

    def handle(self, username: str, **options: Any) -> None:
        person = {name: options[name] for name in ("first_name", "last_name", "email")}
        password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password, Account(username=username, **person))
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from None
        outcome = actions.open_staff_account(
            username=username, password_hash=make_password(password), role=options["role"], by="system", **person
        )
        if isinstance(outcome, actions.UsernameTaken):
            raise CommandError("This username is taken.")
        if isinstance(outcome, actions.StaffHasAccount):
            raise CommandError("A staff member with this email address already has an account. Nobody gets two.")
        self.stdout.write("Opened. The second step is set up at the first sign-in.")
