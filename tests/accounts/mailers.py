"""Email backends for tests: mail servers that fail."""

import os
import signal
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend


class KillsTheWorker(BaseEmailBackend):
    """The machine loses its power while the mail is being sent."""

    def send_messages(self, email_messages: Any) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")
