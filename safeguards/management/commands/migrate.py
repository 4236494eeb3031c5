"""Django's own command, which tries again where a table was in use (docs/migrations.md)."""

from typing import Any

from django.core.management.commands import migrate

from safeguards.postgres.base import until_locks_are_free


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate. What was done stays done, and a migration that did not get its lock was taken back as a whole."""
        usual = super().handle
        until_locks_are_free(lambda: usual(*args, **options))
