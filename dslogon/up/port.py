"""The port of the site, checked before anything slow is done.

It uses only the standard library, because it runs before .venv is made.
"""

import errno
import os
import socket
import sys

NO_IPV6 = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)


def chosen() -> int:
    """Return the port that PORT names, or 8000 without it. Exit with one sentence if PORT is not a port."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        sys.exit(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def claim() -> int:
    """Return the chosen port if it is free now. Exit with one sentence if it is not."""
    port = chosen()
    # The site listens at 127.0.0.1. But browsers try ::1 first for localhost, so another program must not be there.
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        error = refused(family, address, port)
        if error == errno.EACCES:
            sys.exit(f"You may not open port {port}; choose one above 1023: PORT=8001 ./run")
        if error and not (family == socket.AF_INET6 and error in NO_IPV6):
            sys.exit(f"Port {port} is in use by another program; choose another one: PORT={port % 60000 + 1} ./run")
    return port


def refused(family: socket.AddressFamily, address: str, port: int) -> int | None:
    """Return the number of the error that keeps us from listening at an address, or None if we can."""
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            probe.listen(1)
    except OSError as error:
        return error.errno
    return None


if __name__ == "__main__":
    claim()
