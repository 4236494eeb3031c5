"""Make the lists of health records again from what was received, or check them."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from portal.record import projecting
from portal.record.models import Resource


class Command(BaseCommand):
    help = (
        "Make the lists of health records again. One person is one transaction, so it is safe to interrupt and repeat."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail if a list is not as it should be"
        )
        parser.add_argument("--person", metavar="DOD_ID", help="only this person")

    def handle(self, *args: Any, **options: Any) -> None:
        resources = Resource.objects.all()
        if options["person"]:
            resources = resources.filter(patient=options["person"])
        patients = list(resources.order_by("patient").values_list("patient", flat=True).distinct())
        if options["person"] and not patients:
            raise CommandError("Nothing was imported for this person.")
        doing, done, found = "Checking" if options["check"] else "Projecting", 0, list[str]()
        try:
            with tqdm(desc=doing, unit=" resources", unit_scale=True, total=resources.count()) as bar:
                for patient in patients:
                    if options["check"]:
                        found += projecting.check_patient(patient, bar.update)
                    else:
                        projecting.project_patient(patient, bar.update)
                    done += 1
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped. {done} of {len(patients)} people are done; the others are as before."
            ) from None
        self.stdout.writelines(shown(found))
        if found:
            raise CommandError(
                f"{len(found):,} differences. Run project_record without --check to make the lists again."
            )
        self.stdout.write(
            f"{done:,} {'person' if done == 1 else 'people'}{', no difference' if options['check'] else ''}."
        )


def shown(found: list[str], most: int = 50) -> Iterator[str]:
    """Yield the first differences, a line each."""
    yield from (f"{one}\n" for one in found[:most])
    if len(found) > most:
        yield f"... and {len(found) - most:,} more\n"
