"""The web server of every deployment: `python -m dslogon.web`. Few processes, and a new one for each that dies."""

import logging
import socket
import sys

from django.core.exceptions import ImproperlyConfigured
from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import Multiprocess

from core import policy
from dslogon.settings import environment
from dslogon.start import refuse_in_a_sentence
from dslogon.web.connections import Connection


class Processes(Multiprocess):
    """The processes of the server, and the end of them: nobody new is let in while they finish what runs."""

    def terminate_all(self) -> None:
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def bind() -> socket.socket:
    """Return the socket of the server, at HOST and PORT. Raise ImproperlyConfigured if it cannot be there.

    It listens once a process is ready, so that a proxy is refused until then and asks elsewhere.
    """
    host, port = environment.text("HOST", "127.0.0.1"), environment.whole("PORT", 8000, most=65_535)
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as trouble:
        found.close()
        raise ImproperlyConfigured(f"It cannot listen at {host}, port {port}: {trouble.strerror}.") from None
    found.set_inheritable(True)
    return found


def serve(site: str) -> int:
    """Serve until the end is asked for. Return STARTUP_FAILURE if the site cannot start. Its process has said why."""
    config = Config(
        site,
        workers=environment.whole("WEB_CONCURRENCY", 2, most=256),
        http=Connection,
        ws="none",
        lifespan="on",
        loop="asyncio",
        # The front writes the lines of the log, and nobody needs to be told in every answer what serves it.
        log_config=None,
        access_log=False,
        server_header=False,
        # Settings say which proxies are believed.
        proxy_headers=False,
        h11_max_incomplete_event_size=policy.HEAD_MAX,
        timeout_keep_alive=int(policy.KEEP_ALIVE.total_seconds()),
        timeout_graceful_shutdown=int(policy.END_WAIT.total_seconds()),
        timeout_worker_healthcheck=30,
    )
    logging.basicConfig(level=logging.WARNING)
    server = Processes(config, sockets=[bind()])
    server.run()
    return STARTUP_FAILURE if any(process.exitcode == STARTUP_FAILURE for process in server.processes) else 0


if __name__ == "__main__":
    with refuse_in_a_sentence():
        sys.exit(serve(sys.argv[1] if len(sys.argv) > 1 else "dslogon.web.front:site"))
