"""Freeze or unlock a staff account, or let its holder set up a new second step, from the command line.

Supervisors do this together in the admin. Nobody there acts on those who watch over them, so for auditors this command
is the way. It needs access to the server, and the trail says that the system did it.
"""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions, giving_back
from accounts.models import Account
from accounts.recovery import lost_factor

ACTIONS: dict[str, Callable[..., object]] = {
    "freeze": actions.freeze,
    "unlock": giving_back.unlock_staff,
    "lost-factor": lost_factor.start,
}


class Command(BaseCommand):
    help = "Freeze or unlock a staff account, or start the wait for a new second step (lost-factor)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("action", choices=list(ACTIONS))

    def handle(self, username: str, action: str, **options: Any) -> None:
        account = Account.objects.filter(username__lower=username.lower(), is_staff=True).first()
        if account is None:
            raise CommandError("No staff account has this username.")
        outcome = ACTIONS[action](account, by="system")
        if not isinstance(outcome, actions.Done | lost_factor.Waiting):
            raise CommandError(f"That is not possible: the account is {account.get_state_display().lower()}.")
        self.stdout.write("Done. The holder is notified by email.")
