"""The port of the site, looked at before anything slow is done. Standard library only: it runs before .venv is made."""

import errno
import os
import socket
import sys


def chosen() -> int:
    """The port that PORT names, 8000 without it; SystemExit with one sentence when it cannot be one."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        sys.exit(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def claim() -> int:
    """The chosen port if it is free now; SystemExit with one sentence otherwise."""
    port = chosen()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EACCES:
                sys.exit(f"You may not open port {port}; choose one above 1023: PORT=8001 ./run")
            sys.exit(f"Port {port} is in use by another program; choose another one: PORT={port % 60000 + 1} ./run")
    return port


if __name__ == "__main__":
    claim()
