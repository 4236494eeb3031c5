"""A backup each night."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from dslogon.up.backups.kept import NAME, backups_in, first_segment, manifest, segments, taken_at, verify
from dslogon.up.backups.place import CURRENT, LOG, UNFINISHED, Place
from dslogon.up.errors import UserFacingError

FIGURE = "dslogon_backup_taken_timestamp_seconds"
"""What monitoring is told, by a file that the node exporter of the machine reads: when the last backup was whole."""


def take(place: Place) -> Path:
    """Take a backup, verify it, and delete those that are too old. Return its folder."""
    current = place.backups / CURRENT
    unfinished, kept = current / UNFINISHED, number_kept(place)
    shutil.rmtree(unfinished, ignore_errors=True)
    place.run(
        *("pg_basebackup", "-D", unfinished, "--wal-method=stream", "--checkpoint=fast", "--no-password"),
        failure="The backup was not taken:",
    )
    verify(place, unfinished)
    require_one_database(unfinished, current)
    backup = unfinished.rename(current / datetime.now(UTC).strftime(NAME))
    os.sync()
    prune(current, kept)
    if "FIGURES" in place.values:  # an older backup.env has none
        write_figure(Path(place.values["FIGURES"]), taken_at(backup))
    return backup


def write_figure(folder: Path, moment: datetime) -> None:
    """Say in FIGURES when the last backup was whole, in Prometheus' text format. A reader never finds half a file."""
    text = f"# HELP {FIGURE} When the last backup was whole.\n# TYPE {FIGURE} gauge\n"
    unfinished = folder / "dslogon.unfinished"
    unfinished.write_text(f"{text}{FIGURE} {moment.timestamp():.0f}\n")
    unfinished.chmod(0o644)
    unfinished.rename(folder / "dslogon.prom")


def number_kept(place: Place) -> int:
    """Return how many backups are kept. Raise UserFacingError unless that is a number from 1 on."""
    said = place.values["BACKUPS_KEPT"]
    if not said.isdecimal() or int(said) < 1:
        raise UserFacingError(f"BACKUPS_KEPT is {said!r}, and has to be a number from 1 on.")
    return int(said)


def require_one_database(backup: Path, current: Path) -> None:
    """Raise UserFacingError if a folder holds backups of another database, and delete this one then.

    Otherwise a new and empty database would be what `latest` restores, and drive out what was lost.
    """
    ours = manifest(backup).get("System-Identifier")
    if any(manifest(other).get("System-Identifier") != ours for other in backups_in(current)):
        shutil.rmtree(backup)
        raise UserFacingError(
            f"{current} holds backups of another database, so none was added. Move that folder away, beside it, and "
            "begin again (docs/deploying.md)."
        )


def prune(current: Path, number: int) -> None:
    """Delete all backups but the newest ones, so many, and the log from before the oldest of those."""
    taken = backups_in(current)
    kept = taken[-number:]
    for backup in taken[: -len(kept)]:
        shutil.rmtree(backup)
    first = first_segment(kept[0])
    for number, file in segments(current / LOG):
        if number < first:
            file.unlink()
