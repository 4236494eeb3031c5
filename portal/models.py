"""Secure messages: conversations between a patient and a care team. The health record is in portal/record/.

A patient is a DoD ID number, as everywhere outside `accounts`.
"""

import uuid

from django.db import models

from core import policy

CONVERSATIONS = uuid.UUID("6f0c2ab4-9f0e-5c0f-8a43-0d51f1a5a0e6")


def resource_id(patient: str, kind: str, which: str | int) -> uuid.UUID:
    """Return the id of `patient`'s row `which` of this `kind`. The same arguments always give the same id."""
    return uuid.uuid5(CONVERSATIONS, f"{patient}:{kind}:{which}")


class Thread(models.Model):
    """A conversation between a patient and a care team.

    `unread_since` is when the first message came that the patient has not opened. It is None if there is none, and
    whoever writes a message of the care team sets it.
    """

    id = models.UUIDField(primary_key=True)
    patient = models.CharField("DoD ID number", max_length=10)
    subject = models.CharField(max_length=policy.MESSAGE_SUBJECT_MAX)
    care_team = models.CharField(max_length=120)
    last_sent_at = models.DateTimeField()
    unread_since = models.DateTimeField(null=True, blank=True)

    lines: "list[Message]"
    """Its messages, if the query fetched them too."""

    class Meta:
        indexes = [
            models.Index("patient", models.F("last_sent_at").desc(), name="thread_newest"),
            models.Index(
                fields=["patient", "unread_since"], condition=models.Q(unread_since__isnull=False), name="thread_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"thread {self.pk}"


class Message(models.Model):
    """One secure message of a thread. If the author is "", the patient wrote it."""

    id = models.UUIDField(primary_key=True)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="messages")
    sent_at = models.DateTimeField()
    author = models.CharField(max_length=120, blank=True)
    body = models.CharField(max_length=policy.MESSAGE_BODY_MAX)

    class Meta:
        indexes = [models.Index(fields=["thread", "sent_at"], name="message_in_order")]

    def __str__(self) -> str:
        return f"message {self.pk}"
