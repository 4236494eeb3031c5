"""What the load balancer and the people on call ask, answered before anything of the site is."""

import json

from safeguards import readiness

ALIVE = 200, b'{"status": "ok"}'


def answer(path: str) -> tuple[int, bytes] | None:
    """Return status and body for the address of a probe, and None for any other.

    This never waits for anything. /healthz says that the process lives, and /readyz whether it can serve people.
    /readyz/all is stricter: it also fails for what is late on every server, such as the worker.
    """
    if path == "/healthz":
        return ALIVE
    if path not in ("/readyz", "/readyz/all"):
        return None
    seen = readiness.now()
    status = "not ready" if seen.wrong else "degraded" if seen.late else "ready"
    fails = seen.wrong or (seen.late and path == "/readyz/all")
    return 503 if fails else 200, json.dumps({"status": status, "wrong": seen.wrong, "late": seen.late}).encode()
