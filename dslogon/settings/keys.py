"""Keys: read from the environment in production, made once and kept in a private file on one's own machine.

`python -m dslogon.settings.keys var/keys.json` adds a field key to that file; docs/keys.md says what comes next.
"""

import base64
import fcntl
import json
import os
import secrets
import sys
from pathlib import Path


def new_keys() -> dict:
    """Fresh random keys: Django's secret, field encryption keys by id (256 bits each), the blind-index key."""
    return {
        "secret_key": secrets.token_urlsafe(50),
        "field_keys": {"1": base64.b64encode(secrets.token_bytes(32)).decode()},
        "index_key": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def local_keys(path: Path | str) -> tuple[str, dict[str, bytes], bytes]:
    """The keys kept in `path` (made there on first use, readable by the owner alone).

    Two processes that start together agree: the file is linked into place whole, and the first one wins.
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
    """Add a fresh field key to the file of local keys, as its last and so the one that seals; returns its id.

    The file is replaced whole, so that whoever reads it meanwhile has the keys of before or of after.
    """
    file = Path(str(path))
    # Of the folder, since the file itself does not stay the same one.
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        kept = json.loads(file.read_text())
        key_id = str(1 + max((int(known) for known in kept["field_keys"] if known.isdecimal()), default=0))
        kept["field_keys"][key_id] = base64.b64encode(secrets.token_bytes(32)).decode()
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
    """Field keys as bytes, by key id; the last one encrypts, all of them decrypt."""
    return {key_id: base64.b64decode(text) for key_id, text in keys.items()}


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("Name the file of keys, such as var/keys.json.")
    print(
        f"Field key {add_field_key(sys.argv[1])} was added to {sys.argv[1]}. "
        "Start the site anew, then run manage.py rotate_keys."
    )
