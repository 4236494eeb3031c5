"""Prove the audit trail against its seals."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Sum
from tqdm import tqdm

from core import policy
from safeguards import clock, verification
from safeguards.models import AuditSeal


class Command(BaseCommand):
    help = (
        "Prove that no audit event was edited, deleted or inserted since its day was sealed. "
        "The exit status is 1 if any was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted", action="append", default=[], metavar="DIGEST", help="a digest from the log; it must be there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        events = AuditSeal.objects.aggregate(events=Sum("count"))["events"] or 0
        with tqdm(total=events, desc="Verifying", unit=" events", unit_scale=True) as bar:
            noted = tuple(options["noted"])
            try:
                found = list(verification.findings(clock.now(), noted=noted, advance=bar.update))
            except clock.ClocksDifferError as differ:
                raise CommandError(str(differ)) from None
        if found:
            raise CommandError("\n".join(map(str, found)))
        for seal in AuditSeal.objects.order_by("day"):
            late = seal.sealed_at.date() - seal.day
            if late > policy.AUDIT_SEALED_WITHIN:
                self.stdout.write(f"{seal.day}: sealed {late.days} days later; was the job worker away?")
        latest = AuditSeal.objects.order_by("-day").first()
        if latest is None:
            self.stdout.write("Nothing is sealed yet: the first day's seal is made after midnight UTC.")
            return
        self.stdout.write(
            f"{AuditSeal.objects.count():,} days with {events:,} events are as they were sealed.\n"
            f"The last is {latest.day}, digest {bytes(latest.digest).hex()}"
        )
