"""Seal every encrypted value again, with the newest key."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from safeguards import audit, probe, rotation


class Command(BaseCommand):
    help = (
        "Seal every encrypted value with the newest key of FIELD_KEYS, while the site runs. It is safe to interrupt, "
        "to repeat and to run twice at once. The exit status is 1 while anything is left under an older key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only count what is under older keys")
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="rows in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            probe.require_fitting_keys()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        due = {table.name: rotation.rows_under_older_keys(table) for table in rotation.sealed_tables()}
        if options["check"]:
            for name, rows in due.items():
                self.stdout.write(f"{rows:>12,}  {name}")
            self.conclude(rotation.Rotated(0, sum(due.values()), 0))
            return
        try:
            with tqdm(total=sum(due.values()), desc=f"To key {probe.newest_key()}", unit=" rows") as bar:
                done = rotation.rotate(bar.update, batch=options["batch"])
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing is lost. Run it again to go on.", returncode=130) from None
        if not done.left:
            self.finish(done)
        self.stdout.write(f"{done.rows:,} rows were sealed again.")
        self.conclude(done)

    def finish(self, done: rotation.Rotated) -> None:
        """Forget the older keys, which may be dropped from now on, and record the rotation."""
        with transaction.atomic():
            probe.forget_older_keys()
            if done.rows:
                audit.record("keys.rotated", by="system")

    def conclude(self, done: rotation.Rotated) -> None:
        """Say what is left. Raise CommandError, and so exit with status 1, if anything is."""
        if not done.left:
            self.stdout.write(f"No row is under an older key than {probe.newest_key()}: the older ones may be dropped.")
            return
        why = f" They hold {done.unopened:,} values that no key opens." if done.unopened else " Run it again."
        raise CommandError(f"{done.left:,} rows are still under older keys.{why}")
