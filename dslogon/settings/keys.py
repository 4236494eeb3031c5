"""The keys: from the environment in production, or made once and kept in a private file on one's own machine.

`python -m dslogon.settings.keys var/keys.json` adds a field key to that file. docs/keys.md says what comes next.
"""

import base64
import fcntl
import json
import os
import secrets
import sys
from pathlib import Path

KEY_BYTES = 32


def new_keys() -> dict:
    """Return new random keys: Django's secret, field encryption keys by id (256 bits each), and the blind-index key."""
    return {
        "secret_key": secrets.token_urlsafe(50),
        "field_keys": {"1": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()},
        "index_key": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
    }


def local_keys(path: Path | str) -> tuple[str, dict[str, bytes], bytes]:
    """Return the keys in the file `path`: Django's secret, the field keys by id, and the blind-index key.

    The file is made on first use, and only its owner can read it. Two processes that start together use the same keys:
    the complete file is linked into place, and the first process wins.
    """
    file = Path(str(path))
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"{file.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(new_keys(), out)
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    kept = json.loads(file.read_text())
    return kept["secret_key"], decode_keys(kept["field_keys"]), base64.b64decode(kept["index_key"])


def add_field_key(path: Path | str) -> str:
    """Add a new field key to the file of local keys, and return its id.

    The key goes last, so it is the one that encrypts from now on. The file is replaced as a whole, so that a process
    reading it at the same time gets either the old keys or the new ones.
    """
    file = Path(str(path))
    # The lock is on the folder, because the file itself is replaced.
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        kept = json.loads(file.read_text())
        key_id = str(1 + max((int(known) for known in kept["field_keys"] if known.isdecimal()), default=0))
        kept["field_keys"][key_id] = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        fresh = file.with_name(f"{file.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(kept, out)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    finally:
        os.close(folder)
    return key_id


def decode_keys(keys: dict[str, str]) -> dict[str, bytes]:
    """Return field keys as bytes, by key id. The last one encrypts, and all of them decrypt."""
    return {key_id: base64.b64decode(text) for key_id, text in keys.items()}


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("Name the file of keys, such as var/keys.json.")
    print(
        f"Field key {add_field_key(sys.argv[1])} was added to {sys.argv[1]}. "
        "Restart the site, then run manage.py rotate_keys."
    )
