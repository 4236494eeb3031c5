"""Import people of record from a file into the registry."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from deers.loading import files
from deers.loading.columns import ParseError
from deers.loading.progress import show_progress
from deers.loading.staging import Busy
from deers.loading.workers import count_cores


class Command(BaseCommand):
    help = "Import people from a CSV or NDJSON file (docs/deers-import.md). Safe to repeat and to interrupt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=[files.CSV, files.NDJSON], help="default: by the file's name")
        parser.add_argument("--report", type=Path, help="where problems are written (default: FILE.problems.csv)")
        parser.add_argument(
            "--processes", type=int, default=count_cores(), help="that validate and encrypt (0: only this one)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = options["format"] or files.KINDS.get(path.suffix.lower())
        if kind is None:
            raise CommandError("The file's name ends neither in .csv nor in .ndjson: add --format csv or ndjson.")
        report = options["report"] or path.with_name(f"{path.name}.problems.csv")
        try:
            with show_progress("Importing") as advance:
                found = files.import_file(path, kind, report, processes=options["processes"], advance=advance)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None
        except ParseError as bad:
            raise CommandError(str(bad)) from None
        except Busy:
            raise CommandError("Another import is running. Run this one again when it has ended.") from None
        except IntegrityError:
            raise CommandError("Somebody else has just added the same people. Run the same command again.") from None
        told = f", {found.problems:,} problems: see {report}" if found.problems else ", no problem"
        self.stdout.write(f"{found.people:,} people{told}.")
