"""Commands and servers in their own processes, on the database of the running test."""

import base64
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, "manage.py"]


def environment(folder: Path, field_keys: Mapping[str, bytes], index_key: bytes | None = None) -> dict[str, str]:
    """The environment of a process of the site with these keys; their file is written to `folder`."""

    def text(key: bytes) -> str:
        return base64.b64encode(key).decode()

    keys = {
        "secret_key": "only-for-tests",
        "field_keys": {key_id: text(key) for key_id, key in field_keys.items()},
        "index_key": text(index_key or settings.INDEX_KEY),
    }
    file = folder / "keys.json"
    file.write_text(json.dumps(keys))
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "dslogon.settings.local",
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])
        ._replace(path=f"/{connection.settings_dict['NAME']}")
        .geturl(),
        "DSLOGON_KEYS_FILE": str(file),
        "DSLOGON_DEMO": "0",
    }
