"""Put files with FHIR R4 resources into a person's health record."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from portal.record.importing import Imported, Progress, Refused, Unchanged, import_file

LONGEST_SOURCE = 60


class Command(BaseCommand):
    help = "Put files with FHIR R4 (Bundle, NDJSON or one resource) into a person's record. Safe to repeat and to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--person", required=True, metavar="DOD_ID", help="whose record it is: a DoD ID number")
        parser.add_argument("--source", default="", help='whom the file is from (default: "import", or what it says)')
        parser.add_argument(
            "--other-name", action="store_true", help="the file is meant, though DEERS has another name or birth date"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        paths: list[Path] = options["paths"]
        source: str = options["source"]
        if len(source) > LONGEST_SOURCE or "\x00" in source:
            raise CommandError(f"The source may have at most {LONGEST_SOURCE} characters.")
        refused = 0
        for path in paths:
            with show_progress(path) as progress:
                done = import_file(path, options["person"], source, other_name=options["other_name"], progress=progress)
            if isinstance(done, Refused):
                refused += 1
                self.stderr.write(str(done))
            else:
                self.say(done)
        if refused:
            raise CommandError(
                "It was refused, and nothing was changed."
                if len(paths) == 1
                else f"{refused} of {len(paths)} files were refused, and nothing of them was stored."
            )

    def say(self, done: Imported | Unchanged) -> None:
        """Say what became of a file."""
        if isinstance(done, Unchanged):
            self.stdout.write(f"{done.file}: unchanged.")
            return
        self.stdout.write(
            f"{done.file}: {done.added:,} resources added, {done.changed:,} replaced, {done.unchanged:,} unchanged."
        )
        self.say_counts(done.types)
        if done.without_page:
            self.stdout.write('Kept under "Other papers", without a page of their own:')
            self.say_counts(done.without_page)

    def say_counts(self, counts: dict[str, int]) -> None:
        self.stdout.write("\n".join(f"{number:>9,}  {type_}" for type_, number in counts.items()))


@contextmanager
def show_progress(path: Path) -> Iterator[Progress]:
    """Show on the screen how much of a file is read, and yield the function that advances it."""
    size = path.stat().st_size if path.is_file() else None
    with tqdm(desc=path.name, total=size, unit="B", unit_scale=True, leave=False) as bar:

        def progress(done: int) -> None:
            bar.update(done - bar.n)

        yield progress
