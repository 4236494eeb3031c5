"""The database as it was at a time, beside the live one."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from dslogon.up import postgres
from dslogon.up.backups.kept import choose, end_of, missing_segments, position, verify
from dslogon.up.backups.place import CURRENT, LOG, UNFINISHED, Place, without_secrets
from dslogon.up.errors import DISK_FULL, UserFacingError, end_with_parent_command, sentence_for

RESTORED = "postgres/restored"
"""Where a restore goes, below SITE."""
LATEST = "latest"
RECORD = 2**20
"""Bytes that one record of the log has at most (own). The largest, of building an index, have a quarter of that."""
END_SECONDS = 3600
"""How long a restored server may take to write everything to its disk (own)."""
ENDED = "recovery ended before configured recovery target was reached"
TOO_EARLY = "requested recovery stop point is before consistent recovery point"


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


def unfit_keys(place: Place, sockets: Path) -> str:
    """Return what is wrong with the site's keys for a restored database, in sentences, or ""."""
    done = place.manage(place.url("site.env", sockets), "check", "--database", "default")
    if done.returncode == 0:
        return ""
    sentences = re.findall(r"\(safeguards\.E006\) (.+)", done.stderr)
    return " ".join(sentences) or sentence_for(done.stderr, "They could not be tried:")
