"""Keys: read from the environment in production, made once and kept in a private file on one's own machine."""

import base64
import json
import os
import secrets
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
    return kept["secret_key"], decoded(kept["field_keys"]), base64.b64decode(kept["index_key"])


def decoded(keys: dict[str, str]) -> dict[str, bytes]:
    """Field keys as bytes, by key id; the last one encrypts, all of them decrypt."""
    return {key_id: base64.b64decode(text) for key_id, text in keys.items()}
