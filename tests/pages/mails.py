"""Every mail that the site sends, as HTML."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.mail import notices
from accounts.models import Notice
from tests.pages.visitors import by_hand

# Whatever a mail may want to know; what it does not name stays blank.
SAID: dict[str, Any] = {
    "first_name": "Ruth",
    "username": "ruth.h",
    "level": "Basic",
    "code": "ABCDE-F0123",
    "reference": "C-7F3K-9Q2M",
    "topic": "My account",
    "device": "Firefox on Windows",
    "when": "March 2, 2026, at 12:00 PM",
    "happened": "We have your request. A reviewer will look at it.",
    "next": "You do not have to do anything now.",
    "lines": [["New messages from your care team: 2", "/portal/messages/"]],
} | dict.fromkeys(
    ("link", "not_me", "cancel", "undo", "confirm", "go_on", "begin", "stop"), "https://dslogon.example/a-link/of-once/"
)


def reads_mail() -> Iterator[Any]:
    for file in sorted(Path(settings.BASE_DIR, "templates/mail").glob("*.md")):
        if file.read_text().startswith("# "):  # the others are parts of these
            yield by_hand(f"/mail/{file.stem}/", partial(mail, file.stem))


def mail(kind: str, request: HttpRequest) -> HttpResponse:
    message = notices.message(Notice(kind=kind, to="ruth@mail.example", context=json.dumps(SAID)))
    return HttpResponse(str(message.alternatives[0][0]))


SCENES = (reads_mail,)
