"""The web server of every deployment: few processes, several threads each, one line a request without its query."""

import os
import re

from gunicorn.glogging import Logger
from gunicorn.http.wsgi import Response

wsgi_app = "dslogon.wsgi"
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# A database connection lives as long as its thread, so threads are few and kept.
threads = 4
keepalive = 75
timeout = 30
graceful_timeout = 5
control_socket_disable = True
accesslog = "-"
# No address, no referrer, no agent: those are personal, and the audit trail has what is needed of them.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(b)s %(L)s"

# Nobody needs to be told in every answer what serves it.
headers_of = Response.default_headers
Response.default_headers = lambda answer: [line for line in headers_of(answer) if not line.startswith("Server:")]

SECRET_LOOKING = re.compile(r"[^/]{20,}")
"""Parts of an address that may be a one-time link or the id of someone's draft."""


class DiscreetLogger(Logger):
    """Gunicorn's logger, with long parts of the address left out, and what it says of requests that it refuses."""

    def warning(self, msg, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Gunicorn names the client's address here, and repeats what was sent."""
        if str(msg).startswith("Invalid request from"):
            msg, args = "An invalid request was refused.", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Gunicorn names the whole address of the page here, with its query."""
        if str(msg).startswith("Error handling request"):
            msg, args = "A request could not be answered.", ()
        super().exception(msg, *args, **kwargs)

    def atoms(self, resp, req, environ, request_time):  # type: ignore[no-untyped-def]
        """The values of one access line."""
        from safeguards.redaction import redact  # this file is read before the site can be imported

        atoms = super().atoms(resp, req, environ, request_time)
        path = SECRET_LOOKING.sub("~", redact(environ.get("PATH_INFO") or ""))
        # A line feed in an address would begin a line of the log that nobody but the sender wrote.
        atoms["U"] = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in path)
        return atoms


logger_class = DiscreetLogger
