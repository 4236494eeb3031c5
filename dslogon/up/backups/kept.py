"""What is kept: backups, and the files of the log since the oldest of them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dslogon.up.backups.place import Place
from dslogon.up.errors import UserFacingError

NAME = "%Y-%m-%dT%H%M%SZ"
"""How a backup is named: by the time (UTC) at which it was whole."""
SEGMENT = 16 * 2**20
"""Bytes in a file of the log, as initdb has them."""
PER_HIGH = 2**32 // SEGMENT
"""A file of the log is named by its timeline and its number, and the number in two parts: one file in so many."""


def backups_in(folder: Path) -> list[Path]:
    """Return the finished backups of a folder, the oldest first."""
    return sorted(path for path in folder.iterdir() if re.fullmatch(r"[\d-]{10}T\d{6}Z", path.name))


def taken_at(backup: Path) -> datetime:
    """Return when a backup was whole."""
    return datetime.strptime(backup.name, NAME).replace(tzinfo=UTC)


def choose(folder: Path, moment: datetime | None) -> Path:
    """Return the last backup that was whole at a moment, or the last of all."""
    taken = backups_in(folder) if folder.is_dir() else []
    if not taken:
        raise UserFacingError(f"There is no backup in {folder}.")
    if moment and moment > datetime.now(UTC):
        raise UserFacingError(f"{moment:%Y-%m-%d %H:%M:%S %Z} is still to come.")
    early = [backup for backup in taken if moment is None or taken_at(backup) <= moment]
    if not early:
        raise UserFacingError(
            f"Nothing is kept from before {taken_at(taken[0]):%Y-%m-%d %H:%M:%S %Z}, when the oldest backup was taken."
        )
    return early[-1]


def verify(place: Place, backup: Path) -> None:
    """Compare a backup with its manifest, file by file. Raise UserFacingError unless it is whole."""
    done = place.attempt("pg_verifybackup", "--quiet", "--exit-on-error", backup)
    if done.returncode:
        trouble = (done.stderr.strip() or "pg_verifybackup failed").splitlines()[0].removeprefix("pg_verifybackup: ")
        raise UserFacingError(f"The backup {backup.name} is not whole, so it is not used: {trouble}")


def manifest(backup: Path) -> dict[str, Any]:
    """Return what PostgreSQL says of a backup: its files, its part of the log, and which database it is of."""
    try:
        said: dict[str, Any] = json.loads((backup / "backup_manifest").read_text())
    except (OSError, ValueError):
        raise UserFacingError(f"The backup {backup.name} is not whole: its manifest cannot be read.") from None
    return said


def first_segment(backup: Path) -> int:
    """Return the number of the first file of the log that a backup needs."""
    return min(position(one["Start-LSN"]) for one in manifest(backup)["WAL-Ranges"]) // SEGMENT


def position(lsn: str) -> int:
    """Return a position in the log as a number of bytes."""
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)


def segments(folder: Path) -> list[tuple[int, Path]]:
    """Return the files of a log with their numbers, in their order."""
    files = [file for file in folder.iterdir() if re.fullmatch(r"[0-9A-F]{24}(\.partial)?", file.name)]
    return sorted((int(file.name[8:16], 16) * PER_HIGH + int(file.name[16:24], 16), file) for file in files)


def missing_segments(backup: Path, log: Path) -> str:
    """Return the sentence about the first file that the log lacks since a backup, or "" if it has no gap."""
    files = dict([*segments(backup / "pg_wal"), *segments(log)])
    for number in range(first_segment(backup), max(files, default=0)):
        if number not in files:
            high, low = divmod(number, PER_HIGH)
            return f"The file {high:08X}{low:08X} of the log is missing in {log}."
    return ""


def end_of(log: Path) -> int:
    """Return the position behind the last byte of a log. Where nothing was received yet, its newest file has zeros."""
    for number, file in segments(log)[-1:]:
        return number * SEGMENT + len(file.read_bytes().rstrip(b"\0"))
    return 0
