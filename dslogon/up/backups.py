"""Backups of a deployment, restores to a point in time, and the drill that proves both (docs/deploying.md).

PostgreSQL's own programs copy, verify and recover. What is here chooses, refuses and compares. The user of the
database, who has no keys, touches its files. What needs the keys runs as the user of the site.

`python -m dslogon.up.backups SITE take`, `... SITE restore TIME [FOLDER]` and `... SITE drill` are the commands.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import IsolationLevel, sql

from dslogon.up import postgres
from dslogon.up.assets import ROOT
from dslogon.up.errors import DISK_FULL, UserFacingError, end_with_parent_command, sentence_for, sentence_for_os_error
from dslogon.up.units import read_environment

CURRENT, LOG, UNFINISHED = "current", "wal", "unfinished"
"""The folder of what the present primary writes; in it the folder of its log, and that of a backup on its way."""
RESTORED, DRILL = "postgres/restored", "drill"
"""Where a restore goes, below SITE, and where a drill goes, below BACKUPS."""
NAME = "%Y-%m-%dT%H%M%SZ"
"""How a backup is named: by the time (UTC) at which it was whole."""
LATEST = "latest"
SEGMENT = 16 * 2**20
"""Bytes in a file of the log, as initdb has them."""
RECORD = 2**20
"""Bytes that one record of the log has at most (own). The largest, of building an index, have a quarter of that."""
PER_HIGH = 2**32 // SEGMENT
"""A file of the log is named by its timeline and its number, and the number in two parts: one file in so many."""
PATIENCE = 60
"""Seconds that a drill waits for a moment without writing, and for the log to arrive (own)."""
PAUSE = 0.01
FIGURE = "dslogon_backup_taken_timestamp_seconds"
"""What monitoring is told, by a file that the node exporter of the machine reads: when the last backup was whole."""
END_SECONDS = 3600
"""How long a restored server may take to write everything to its disk (own)."""
TABLES = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace
    ORDER BY relname
"""
# The sum does not depend on the order of the rows.
CONTENT = "SELECT count(*), coalesce(sum(hashtextextended(whole_row::text, 0)), 0) FROM {} AS whole_row"
ENDED = "recovery ended before configured recovery target was reached"
TOO_EARLY = "requested recovery stop point is before consistent recovery point"


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and a number that another content would hardly have as well."""

    rows: int
    digest: int


class Place:
    """A deployment: the values of its backup.env."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.values = read_environment(site / "etc/backup.env")
        self.backups = Path(self.values["BACKUPS"])

    def as_user(self, name: str) -> list[str]:
        """Return what runs a command as DB or SITE. Who is not root runs everything already as that user."""
        return shlex.split(self.values[f"AS_{name}"]) if os.geteuid() == 0 else []

    def attempt(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL's, or of the system if it has none of that name, as the user of the database."""
        of_postgres = Path(self.values["PGBIN"]) / program
        command = [*self.as_user("DB"), of_postgres if of_postgres.exists() else program, *arguments]
        env = without_secrets() | {name: value for name, value in self.values.items() if name.startswith("PG")}
        return subprocess.run(
            list(map(str, command)), cwd="/", env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def run(self, program: str, *arguments: object, failure: str) -> None:
        """Do the same, and raise UserFacingError with a sentence that starts with `failure` if that fails."""
        done = self.attempt(program, *arguments)
        if done.returncode:
            raise UserFacingError(sentence_for(done.stdout + done.stderr, failure))

    def manage(self, url: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the site's on another database, as the site and with its keys."""
        env = without_secrets() | read_environment(self.site / "etc/site.env") | {"DATABASE_URL": url}
        command = [*self.as_user("SITE"), sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def url(self, file: str, sockets: Path | None = None) -> str:
        """Return the address of the database that site.env or owner.env names, or the same role's on another server."""
        url = read_environment(self.site / "etc" / file)["DATABASE_URL"]
        if sockets is None:
            return url
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@", query=f"host={quote(str(sockets), safe='')}"))


def without_secrets() -> dict[str, str]:
    """Return an environment that holds nothing of the site's."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}


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


def verify(place: Place, backup: Path) -> None:
    """Compare a backup with its manifest, file by file. Raise UserFacingError unless it is whole."""
    done = place.attempt("pg_verifybackup", "--quiet", "--exit-on-error", backup)
    if done.returncode:
        trouble = (done.stderr.strip() or "pg_verifybackup failed").splitlines()[0].removeprefix("pg_verifybackup: ")
        raise UserFacingError(f"The backup {backup.name} is not whole, so it is not used: {trouble}")


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


def first_segment(backup: Path) -> int:
    """Return the number of the first file of the log that a backup needs."""
    return min(position(one["Start-LSN"]) for one in manifest(backup)["WAL-Ranges"]) // SEGMENT


def manifest(backup: Path) -> dict[str, Any]:
    """Return what PostgreSQL says of a backup: its files, its part of the log, and which database it is of."""
    try:
        said: dict[str, Any] = json.loads((backup / "backup_manifest").read_text())
    except (OSError, ValueError):
        raise UserFacingError(f"The backup {backup.name} is not whole: its manifest cannot be read.") from None
    return said


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


def restore(place: Place, until: str, folder: Path | None = None) -> None:
    """Restore the database as it was at a time, or at the end of what is kept, into a folder beside the live one.

    `folder` is one with backups of an earlier primary, by its path or by its name among the backups.
    Raise UserFacingError if that cannot be done, and then leave nothing behind. If the keys do not fit what was
    restored, raise it too, but keep the folder.
    """
    began, target = time.monotonic(), place.site / RESTORED
    moment = None if until == LATEST else read_time(until)
    source = place.backups / (folder or CURRENT)
    if target.exists():
        raise UserFacingError(f"{target} exists: move it away, and then restore again.")
    backup = choose(source, moment)
    goal = {"recovery_target_time": moment.isoformat(sep=" ")} if moment else {}
    if not moment and (gap := missing_segments(backup, source / LOG)):
        raise UserFacingError(f"{gap} A time before that can still be restored.")
    with recovered(place, backup, source / LOG, target, goal) as sockets:
        if not moment:
            require_end(place, sockets, source / LOG)
        complaint = unfit_keys(place, sockets)
    if complaint:
        raise UserFacingError(f"The database is restored in {target}, but the keys of the site do not fit. {complaint}")
    print(f"The database is restored in {target}, and the keys fit. It took {time.monotonic() - began:.0f} seconds.")


def read_time(text: str) -> datetime:
    """Return a time that was typed. Raise UserFacingError about one that is none, or that may mean several."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UserFacingError(
        f'{text!r} is not a time with its zone, such as "2026-11-29 08:00:00+00:00", and not {LATEST!r}.'
    )


@contextmanager
def recovered(place: Place, backup: Path, log: Path, target: Path, goal: Mapping[str, str]) -> Iterator[Path]:
    """Make `target` of a backup and the log up to a goal, and run a server on it for the length of the block.

    Nobody reaches it but by a socket in the folder that is yielded, with the passwords of the live one. Until recovery
    has succeeded, `target` has another name.
    """
    verify(place, backup)
    unfinished = target.with_name(f"{target.name}.{UNFINISHED}")
    if unfinished.exists():
        postgres.end_leftovers(unfinished)
        shutil.rmtree(unfinished)
    require_room(backup, target.parent)
    try:
        place.run("cp", "-a", backup, unfinished, failure=f"{backup.name} could not be copied:")
        place.run("touch", unfinished / "recovery.signal", failure="The copy cannot be written to:")
        with served(place, unfinished, log, goal, missing_segments(backup, log)) as sockets:
            yield sockets
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def require_room(backup: Path, folder: Path) -> None:
    """Raise UserFacingError if a copy of the backup would fill the disk of a folder."""
    needed = sum(path.stat().st_size for path in backup.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserFacingError(f"{DISK_FULL} The backup has {needed:,} bytes, and {folder} has {free:,} free.")


@contextmanager
def served(place: Place, data: Path, log: Path, goal: Mapping[str, str], gap: str) -> Iterator[Path]:
    """Let a server recover `data`, and yield the folder of its socket once it has."""
    # What it says goes to a file without a name. In a folder of the user of the database, that user could put a link in
    # its place, and root would write to where that leads.
    with tempfile.TemporaryDirectory(prefix="dslogon-") as name, tempfile.TemporaryFile() as said:
        sockets = Path(name)
        hba = sockets / "pg_hba.conf"
        hba.write_text("local dslogon dslogon,dslogon_web scram-sha-256\n")
        for path, mode in ((hba, 0o600), (sockets, 0o755)):
            path.chmod(mode)
            os.chown(path, data.stat().st_uid, -1)
        # The last file of a log is partial for as long as its server writes it.
        fetch = f"cp {shlex.quote(str(log))}/%f %p || cp {shlex.quote(str(log))}/%f.partial %p"
        settings = {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": sockets,
            "hba_file": hba,
            "primary_conninfo": "",
            "restore_command": fetch,
            "recovery_target_action": "promote",
            # So it answers nobody before recovery has reached its goal.
            "hot_standby": "off",
            **goal,
        }
        server = [*end_with_parent_command("INT"), Path(place.values["PGBIN"]) / "postgres", "-D", data]
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        process = subprocess.Popen(
            [*place.as_user("DB"), *map(str, server), *words],
            cwd="/",
            env=without_secrets(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            process_group=0,
        )
        try:
            while not is_ready(place, sockets):
                if process.poll() is not None:
                    said.seek(0)
                    raise UserFacingError(why(said.read().decode(errors="replace"), gap))
                time.sleep(0.1)
            yield sockets
        finally:
            if process.poll() is None:
                place.run(
                    "pg_ctl",
                    "stop",
                    "-D",
                    data,
                    "--mode=fast",
                    f"--timeout={END_SECONDS}",
                    failure="The server did not end:",
                )
                process.wait()


def is_ready(place: Place, sockets: Path) -> bool:
    """Return whether a server answers in the folder of its socket."""
    command = [Path(place.values["PGBIN"]) / "pg_isready", "--quiet", "-h", sockets, "-p", "5432"]
    return subprocess.run(list(map(str, command)), env=without_secrets()).returncode == 0


def why(said: str, gap: str) -> str:
    """Return why a server did not recover, in a sentence."""
    if ENDED in said:
        last = re.findall(r"last completed transaction was at log time (\S+ \S+ \S+)", said)
        ends = f"What is kept ends at {last[-1]}" if last else "What is kept has nothing after the backup"
        return f"{ends}, before the time that was asked for. {gap}".strip()
    if TOO_EARLY in said:
        return "The backup was not yet whole at the time that was asked for: ask for a later one."
    return sentence_for(said, "PostgreSQL could not recover:")


def require_end(place: Place, sockets: Path, log: Path) -> None:
    """Raise UserFacingError if recovery without a goal stopped before the end of the log, as at a damaged file.

    At the end there may stand the beginning of a record that was still on its way, and no more.
    """
    with connected(place, sockets) as restored:
        (reached,) = restored.execute("SELECT pg_last_wal_replay_lsn()::text").fetchone() or ("0/0",)
    if end_of(log) - position(reached) > RECORD:
        raise UserFacingError(f"The log in {log} is damaged at {reached}. A time before that can still be restored.")


def connected(place: Place, sockets: Path) -> psycopg.Connection:
    """Return a connection to a restored database. Raise UserFacingError if its passwords are not those of the site."""
    try:
        return psycopg.connect(place.url("owner.env", sockets))
    except psycopg.OperationalError as error:
        otherwise = "The restored database is not open to us. Is etc/secrets the file that goes with it?"
        raise UserFacingError(sentence_for(str(error), otherwise)) from None


def end_of(log: Path) -> int:
    """Return the position behind the last byte of a log. Where nothing was received yet, its newest file has zeros."""
    for number, file in segments(log)[-1:]:
        return number * SEGMENT + len(file.read_bytes().rstrip(b"\0"))
    return 0


def unfit_keys(place: Place, sockets: Path) -> str:
    """Return what is wrong with the site's keys for a restored database, in sentences, or ""."""
    done = place.manage(place.url("site.env", sockets), "check", "--database", "default")
    if done.returncode == 0:
        return ""
    sentences = re.findall(r"\(safeguards\.E006\) (.+)", done.stderr)
    return " ".join(sentences) or sentence_for(done.stderr, "They could not be tried:")


def drill(place: Place) -> None:
    """Restore the last backup to this moment, compare it with the live database, and delete it again.

    Raise UserFacingError if anything differs, if the audit trail is not as it was sealed, or if the keys do not fit.
    """
    began, current = time.monotonic(), place.backups / CURRENT
    backup, target = choose(current, None), place.backups / DRILL
    shutil.rmtree(target, ignore_errors=True)
    lsn, live = content_of_live(place)
    counted = time.monotonic()
    goal = {"recovery_target_lsn": lsn, "recovery_target_inclusive": "off"}
    try:
        with recovered(place, backup, current / LOG, target, goal) as sockets:
            restored = time.monotonic()
            with connected(place, sockets) as connection:
                found = differences(live, content(connection))
            trail = place.manage(place.url("site.env", sockets), "verify_audit")
            found += [trail.stderr.strip()] if trail.returncode else []
            found += [keys] if (keys := unfit_keys(place, sockets)) else []
    finally:
        shutil.rmtree(target, ignore_errors=True)
    if found:
        raise UserFacingError("\n".join(["The restored database is not what it should be.", *found]))
    ended = time.monotonic()
    print(
        f"The backup {backup.name} and the log, restored to {lsn}: all {len(live)} tables with "
        f"{sum(table.rows for table in live.values()):,} rows are as in the live database at that point.\n"
        f"{trail.stdout.strip()}\nThe keys fit.\n"
        f"It took {ended - began:.0f} seconds: {counted - began:.0f} to read the live database, "
        f"{restored - counted:.0f} to restore, {ended - restored:.0f} to compare."
    )


def content_of_live(place: Place) -> tuple[str, dict[str, Content]]:
    """Return a position in the log and what the live database held there. Nobody has to wait for it.

    A position in the log and a snapshot show the same only while nobody writes: who is about to commit may stand in the
    log already and not yet in a snapshot. So it looks for such a moment, a few milliseconds long.
    """
    url, deadline = place.url("owner.env"), time.monotonic() + PATIENCE
    with psycopg.connect(url) as live, psycopg.connect(url, autocommit=True) as other:
        live.isolation_level, live.read_only = IsolationLevel.REPEATABLE_READ, True
        while (lsn := position_of_snapshot(live, other)) is None:
            live.rollback()
            if time.monotonic() > deadline:
                raise UserFacingError(f"In {PATIENCE} seconds there was no moment without writing. Try again later.")
            time.sleep(PAUSE)
        # Recovery stops at the first record behind the position, so there has to be one, and it has to arrive.
        (written,) = other.execute("SELECT pg_logical_emit_message(false, 'drill', '', true)::text").fetchone() or ("",)
        found, deadline = content(live), time.monotonic() + PATIENCE
        arrived = "SELECT restart_lsn >= %s::pg_lsn FROM pg_replication_slots WHERE slot_name = 'wal' AND active"
        while other.execute(arrived, [written]).fetchone() != (True,):
            if time.monotonic() > deadline:
                raise UserFacingError("The log does not arrive among the backups: look at dslogon-wal.")
            time.sleep(PAUSE)
    return lsn, found


def position_of_snapshot(live: psycopg.Connection, other: psycopg.Connection) -> str | None:
    """Return the position at which recovery shows what a new snapshot of `live` does, or None if somebody writes."""
    ((shown, lsn),) = live.execute("SELECT pg_current_snapshot()::text, pg_current_wal_insert_lsn()::text").fetchall()
    # Who writes holds this lock from the first row until all others see the commit.
    ((writing,),) = other.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid'").fetchall()
    ((shown_after,),) = other.execute("SELECT pg_current_snapshot()::text").fetchall()
    oldest, next_one, _ = shown.split(":")
    return lsn if oldest == next_one and shown == shown_after and writing == 0 else None


def content(connection: psycopg.Connection) -> dict[str, Content]:
    """Return what every table of a database holds, but for those that a crash empties (UNLOGGED)."""
    tables = [name for (name,) in connection.execute(TABLES).fetchall()]
    return {
        name: Content(*connection.execute(sql.SQL(CONTENT).format(sql.Identifier(name))).fetchone() or (0, 0))
        for name in tables
    }


def differences(live: Mapping[str, Content], restored: Mapping[str, Content]) -> list[str]:
    """Return a sentence for each table that is not the same, and one if there is nothing to compare."""
    if not live:
        return ["The live database has no tables."]
    return [
        f"{name} differs: {told(live.get(name))} in the live database, {told(restored.get(name))} restored."
        for name in sorted(live.keys() | restored.keys())
        if live.get(name) != restored.get(name)
    ]


def told(table: Content | None) -> str:
    return f"{table.rows:,} rows (digest {table.digest})" if table else "no table"


def main(site: str, verb: str = "", *words: str) -> None:
    """Do what one command line says."""
    place = Place(Path(site))
    match verb, words:
        case "take", []:
            print(f"The backup {take(place).name} is whole.")
        case "restore", [until]:
            restore(place, until)
        case "restore", [until, folder]:
            restore(place, until, Path(folder))
        case "drill", []:
            drill(place)
        case _:
            raise UserFacingError('The commands are: restore "2026-11-29 08:00:00+00:00", restore latest, and drill.')


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except UserFacingError as trouble:
        sys.exit(str(trouble))
    except OSError as error:
        sys.exit(sentence_for_os_error(error))
    except psycopg.OperationalError as error:
        sys.exit(sentence_for(str(error), "The live database does not answer:"))
