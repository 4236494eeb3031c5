"""Email backends for tests: mail servers that fail."""

import os
import signal
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend


class KillsTheWorkerBefore(BaseEmailBackend):
    """The machine loses its power while it looks for the mail server."""

    def open(self) -> bool:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")


class KillsTheWorker(BaseEmailBackend):
    """The machine loses its power while the mail is being sent."""

    def send_messages(self, email_messages: Any) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")
