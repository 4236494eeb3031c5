"""Import people of record from a file into the registry."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from core import policy
from deers.loading import files
from deers.loading.columns import ParseError
from deers.loading.difference import SENTENCES, Loss
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

        parser.add_argument("--whole", action="store_true", help="columns that the file does not have are empty")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, as counts; change nothing")
        parser.add_argument("--yes", action="store_true", help="agree to what would be lost, without being asked")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = options["format"] or files.KINDS.get(path.suffix.lower())
        if kind is None:
            raise CommandError("The file's name ends neither in .csv nor in .ndjson: add --format csv or ndjson.")
        report = options["report"] or path.with_name(f"{path.name}.problems.csv")
        with told_in_a_sentence():
            if options["dry_run"]:
                with show_progress("Comparing") as advance:
                    counts = files.preview_file(
                        path, kind, whole=options["whole"], processes=options["processes"], advance=advance
                    )
                self.stdout.write("\n".join(f"{number:>12,}  {what}" for what, number in counts))
                self.stdout.write("Nothing was changed.")
                return
            with show_progress("Importing") as advance:
                found = files.import_file(
                    path,
                    kind,
                    report,
                    whole=options["whole"],
                    agree=(lambda losses: True) if options["yes"] else self.agree,
                    processes=options["processes"],
                    advance=advance,
                )
        told = f", {found.problems:,} problems: see {report}" if found.problems else ", no problem"
        self.stdout.write(f"{found.people:,} people{told}.")

    def agree(self, losses: Sequence[Loss]) -> bool:
        """Say what would be lost, and ask at the terminal whether to go on. Without a terminal, the answer is no."""
        for loss in losses:
            if loss.people:
                self.stdout.write(f"{loss.people:,} of {loss.of:,}: {SENTENCES[loss.name]}.")
        return sys.stdin.isatty() and input("Import this file all the same? Type yes: ").strip().lower() == "yes"


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Turn errors that may be expected into one sentence each."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}.") from None
    except ParseError as bad:
        raise CommandError(str(bad)) from None
    except Busy:
        raise CommandError("Another import is running. Run this one again when it has ended.") from None
    except files.StoppedError:
        raise CommandError(
            f"This file would end protection, a death or coverage for more than {policy.IMPORT_LOSSES_SHARE:.0%} of"
            " those who have it. Nothing was changed. Look at it with --dry-run. To import it, say yes at a terminal or"
            " give --yes."
        ) from None
    except IntegrityError:
        raise CommandError("Somebody else has just added the same people. Run the same command again.") from None
