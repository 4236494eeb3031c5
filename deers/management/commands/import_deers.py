"""People of record, from a file into the registry."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from deers.loading import files
from deers.loading.columns import Bad
from deers.loading.workers import cores
from deers.models import Import


class Command(BaseCommand):
    help = "Import people from a CSV or NDJSON file (docs/deers-import.md). Safe to repeat and to interrupt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=[files.CSV, files.NDJSON], help="else told by the file's name")
        parser.add_argument("--report", type=Path, help="where bad lines are told (default: FILE.problems.csv)")
        parser.add_argument(
            "--processes", type=int, default=cores(), help="that validate and encrypt; 0: none beside us"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = options["format"] or files.KINDS.get(path.suffix.lower())
        if kind is None:
            raise CommandError("The file's name ends neither in .csv nor in .ndjson: say --format csv or ndjson.")
        report = options["report"] or path.with_name(f"{path.name}.problems.csv")
        try:
            run = self.imported(path, kind, report, options["processes"])
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None
        except Bad as bad:
            raise CommandError(str(bad)) from None
        except files.Busy:
            raise CommandError("Another import is running; this one can go on when it has ended.") from None
        told = f", {run.problems:,} problems: see {report}" if run.problems else ", no problem"
        self.stdout.write(f"{run.people:,} people from {run.line:,} lines{told}.")

    def imported(self, path: Path, kind: str, report: Path, processes: int) -> Import:
        with tqdm(total=path.stat().st_size, desc="Importing", unit="B", unit_scale=True) as bar:
            bar.initial = -1

            def advance(run: Import) -> None:
                if bar.initial < 0:  # no credit for what an interrupted run had done, so that the rate is this one's
                    bar.initial = bar.n = run.position
                bar.set_postfix_str(f"{run.people:,} people", refresh=False)
                bar.update(run.position - bar.n)

            return files.import_file(path, kind, report, processes=processes, advance=advance)
