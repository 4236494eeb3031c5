"""Seal the personal numbers in health records that were stored before they were sealed at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from portal.record import unsealed


class Command(BaseCommand):
    help = (
        "Seal the Social Security numbers and other personal numbers in health records that older versions stored in "
        "the clear, while the site runs. Run it as the owner of the tables. It is safe to interrupt and to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tqdm(desc="Sealing", unit=" resources") as bar:
                done = unsealed.seal_stored(bar.update)
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing is lost. Run it again to go on.", returncode=130) from None
        self.stdout.write(f"{done:,} {'resource was' if done == 1 else 'resources were'} sealed.")
