"""Whether the web server and its database answer. `python -m dslogon.up.health` exits with 0 or 1."""

import sys
import urllib.error
import urllib.request

from dslogon.up import port

PATIENCE = 10
"""Seconds to wait for an answer."""


def answer() -> int | None:
    """Return the HTTP status of the site's readiness page, or None if nothing answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port.chosen()}/readyz", timeout=PATIENCE) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(answer() != 200)
