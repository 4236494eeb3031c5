"""Generated people in any number, for trying the site and for measuring it at size."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from deers.loading.progress import show_progress
from deers.loading.workers import count_cores
from demo import generated
from demo.invent import registry


class Command(BaseCommand):
    help = "Make sure that there are N generated people, in families. Safe to repeat and to interrupt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, metavar="N", help="how many generated people there should be")
        parser.add_argument("--seed", type=int, default=1, help="who they are")
        parser.add_argument(
            "--registry-only", action="store_true", help="fill only DEERS, for measuring: millions in minutes"
        )
        parser.add_argument("--no-records", action="store_true", help="leave out the health records, most of the rows")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["registry_only"]:
            with show_progress("Inventing people") as advance:
                new = registry.enter(options["count"], options["seed"], processes=count_cores(), advance=advance)
        else:
            with tqdm(total=options["count"], desc="Inventing people", unit=" people") as bar:
                records = not options["no_records"]
                new = generated.enter(options["count"], options["seed"], records=records, advance=bar.update)
        self.stdout.write(f"{new:,} new of {options['count']:,} generated people.")
