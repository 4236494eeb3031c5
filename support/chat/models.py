"""Chats, their lines, and the texts that agents often answer with.

What happened to a chat is kept as a time for each fact. The state follows from them (states.py).
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import policy
from safeguards.fields import EncryptedTextField
from support.models import Topic


class Chat(models.Model):
    """A conversation between a visitor and the service center.

    `browser` is the keyed hash of the cookie that binds the chat to the visitor's browser. `account` is there only
    while its holder wants the agent to know it, and is signed in. After that it is `account_before`, and the lines up
    to `named_until` are for nobody else in that browser. `waiting_since` is the visitor's place in line. `agent` has
    the chat now. `last_line` is the number of the newest line, and `last_line_at` its time. A side has `seen` the
    lines up to that number, and was last `here` and last `typing` at a time.
    """

    class Reason(models.TextChoices):
        """Why a chat ended."""

        ANSWERED = "answered", "The question was answered"
        ACCOUNT = "account", "The person is back in the account"
        REFERRED = "referred", "Another place has to help, such as an ID card office"
        CALL = "call", "It goes on by phone"
        SILENT = "silent", "The visitor did not answer any more"
        ABUSE = "abuse", "The visitor was abusive"
        VISITOR = "visitor", "The visitor ended it"
        ABANDONED = "abandoned", "The visitor was gone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    browser = models.BinaryField(max_length=32)
    topic = models.CharField(max_length=16, choices=Topic.choices)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    account_before = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    named_until = models.PositiveIntegerField(default=0, db_default=0)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    opened_at = models.DateTimeField()
    waiting_since = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    last_line = models.PositiveIntegerField(default=0)
    last_line_at = models.DateTimeField(null=True, blank=True)
    visitor_seen = models.PositiveIntegerField(default=0)
    visitor_here_at = models.DateTimeField()
    visitor_typing_at = models.DateTimeField(null=True, blank=True)
    agent_seen = models.PositiveIntegerField(default=0)
    agent_here_at = models.DateTimeField(null=True, blank=True)
    agent_typing_at = models.DateTimeField(null=True, blank=True)

    place: int | None
    """Which one of those that wait it is, counted from 1, if the query asked for that."""
    agent_name: str | None
    """The first name of the agent, if the query asked for that."""

    class Meta:
        default_permissions = ()
        permissions = [
            ("answer_chat", "Can take up chats and answer them"),
            ("supervise_chat", "Can read the chats of colleagues and put them back in line"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="chat_topic_known"),
            models.CheckConstraint(
                condition=Q(agent=None, taken_at=None) | Q(agent__isnull=False, taken_at__isnull=False),
                name="chat_taken_by_an_agent",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, reason="") | Q(ended_at__isnull=False) & ~Q(reason=""),
                name="chat_ends_with_a_reason",
            ),
            models.UniqueConstraint(fields=["browser"], condition=Q(ended_at=None), name="chat_one_open_per_browser"),
        ]
        indexes = [
            models.Index(fields=["waiting_since", "id"], condition=Q(agent=None, ended_at=None), name="chat_waiting"),
            models.Index(
                fields=["agent", "taken_at"], condition=Q(agent__isnull=False, ended_at=None), name="chat_of_agent"
            ),
            models.Index(F("browser"), F("opened_at").desc(), name="chat_by_browser"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="chat_ended"),
            models.Index(
                F("account"), F("opened_at").desc(), condition=Q(account__isnull=False), name="chat_by_account"
            ),
        ]

    def __str__(self) -> str:
        return f"chat {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


class Line(models.Model):
    """What one side wrote, an internal note, or a fact between them. Its id is that of the form that was sent.

    The text is encrypted, and personal numbers in it were masked before. A fact has none. `agent` wrote the line or
    took part in the fact.
    """

    class Kind(models.TextChoices):
        """Who wrote a line, or which fact it is."""

        VISITOR = "visitor", "The visitor"
        AGENT = "agent", "The agent"
        NOTE = "note", "Internal note"
        TAKEN = "taken", "An agent took up the chat"
        PUT_BACK = "put-back", "The chat was put back in line"
        HANDED_OVER = "handed-over", "The chat was handed over"
        ENDED = "ended", "The chat ended"
        AGAIN = "again", "The visitor took the chat up again"
        SHOWN = "shown", "The visitor showed the account"
        HIDDEN = "hidden", "The visitor no longer shows the account"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    text = EncryptedTextField(null=True)
    at = models.DateTimeField()

    fact: str
    """What a line that nobody wrote says to the side that reads it."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["chat", "number"], name="chat_line_number_once")]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"line {self.pk}"

    @property
    def is_written(self) -> bool:
        """Return whether one side wrote it to the other."""
        return self.kind in (self.Kind.VISITOR, self.Kind.AGENT)


class Text(models.Model):
    """A text that agents often answer with. Who may do so keeps them at the desk."""

    title = models.CharField(max_length=policy.MESSAGE_SUBJECT_MAX, unique=True)
    body = models.CharField(max_length=policy.CHAT_LINE_MAX)

    class Meta:
        default_permissions = ()
        permissions = [("edit_texts", "Can keep the texts that agents answer chats with")]
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
