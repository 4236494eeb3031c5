"""Care teams, conversations and messages. A patient is a DoD ID number, as everywhere outside `accounts`.

What happened to a message is kept as a time for each fact. The state follows from them (message_states.py).
"""

import uuid
from datetime import time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q

from core import policy
from safeguards.fields import EncryptedBytesField


class Topic(models.TextChoices):
    """What a conversation is about."""

    GENERAL = "general", "A question about my health"
    MEDICATION = "medication", "Medications and refills"
    TEST = "test", "Tests and results"
    APPOINTMENT = "appointment", "Appointments"
    REFERRAL = "referral", "Referrals to other clinics"
    PAPERS = "papers", "Forms and papers"
    OTHER = "other", "Something else"


def monday_to_friday() -> list[int]:
    return [0, 1, 2, 3, 4]


class CareTeam(models.Model):
    """A team of a clinic that answers messages, and when it works. Monday is 0.

    A team that ended has `until`, its last day. While it is out of office, `out_of_office_text` stands beside its name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    clinic = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    zone = models.CharField("time zone", max_length=40, default="America/New_York")
    working_days = ArrayField(models.SmallIntegerField(), default=monday_to_friday)
    opens_at = models.TimeField(default=time(7, 30))
    closes_at = models.TimeField(default=time(16, 30))
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    out_of_office_until = models.DateField(null=True, blank=True)
    out_of_office_text = models.CharField(max_length=policy.OUT_OF_OFFICE_MAX, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(working_days=[]), name="team_works_on_some_day"),
            models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="team_closes_later"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.clinic}" if self.clinic else self.name

    @property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Membership(models.Model):
    """A member of staff who belongs to a care team, from `since` to `until` (both included)."""

    team = models.ForeignKey(CareTeam, models.CASCADE, related_name="memberships")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "team", "since"], name="member_since_once")]

    def __str__(self) -> str:
        return f"membership {self.pk}"


class PatientTeam(models.Model):
    """A care team that treats a patient, from `since` to `until` (both included)."""

    patient = models.CharField("DoD ID number", max_length=10)
    team = models.ForeignKey(CareTeam, models.CASCADE, related_name="patients")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "team", "since"], name="patient_since_once")]

    def __str__(self) -> str:
        return f"patient of team {self.pk}"


class Thread(models.Model):
    """A conversation between a patient and a care team. It is there once its first message is on its way.

    Its id is that of its first message, if no other one has that. `continues` is the older conversation that it goes on
    with.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    patient = models.CharField("DoD ID number", max_length=10)
    team = models.ForeignKey(CareTeam, models.PROTECT, related_name="+")
    topic = models.CharField(max_length=12, choices=Topic.choices, default=Topic.GENERAL)
    subject = models.CharField(max_length=policy.MESSAGE_SUBJECT_MAX)
    continues = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="continued_by")
    last_sent_at = models.DateTimeField()
    last_answer_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    lines: "list[Message]"
    """Its messages, if the query fetched them too."""

    class Meta:
        verbose_name = "conversation"
        permissions = [("answer_thread", "Can answer the messages of the patients of one's own care teams")]
        indexes = [
            models.Index(
                F("patient"),
                F("last_answer_at").desc(),
                F("id").desc(),
                name="thread_inbox",
                condition=Q(archived_at=None, last_answer_at__isnull=False),
            ),
            models.Index(
                F("patient"),
                F("archived_at").desc(),
                F("id").desc(),
                name="thread_archive",
                condition=Q(archived_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Message(models.Model):
    """One message. A draft of a new conversation has no thread yet.

    `author` says which side wrote it. `author_name` is the name of the member of staff, or of `helper`: who wrote it
    for the patient, if another person did. A draft belongs to who writes it, and nobody else sees it. `version` grows
    with each save of the draft, so that a page that has grown old overwrites nothing. A message counts as sent once
    `send_due_at` has passed; the worker then notes `sent_at`. `opened_at` is the time at which the other side first
    read it. `assigned_to` is the member of staff who has taken up a patient's message, or who writes a draft of the
    care team.
    """

    class Author(models.TextChoices):
        PATIENT = "patient", "The patient"
        STAFF = "staff", "The care team"

    id = models.UUIDField(primary_key=True, editable=False)
    patient = models.CharField("DoD ID number", max_length=10)
    thread = models.ForeignKey(Thread, models.CASCADE, null=True, blank=True, related_name="messages")
    team = models.ForeignKey(CareTeam, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    topic = models.CharField(max_length=12, choices=Topic.choices, blank=True)
    subject = models.CharField(max_length=policy.MESSAGE_SUBJECT_MAX, blank=True)
    body = models.CharField(max_length=policy.MESSAGE_BODY_MAX, blank=True)
    author = models.CharField(max_length=8, choices=Author.choices, default=Author.PATIENT)
    author_name = models.CharField(max_length=120, blank=True)
    helper = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True, blank=True)
    send_due_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer_due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    assigned_at = models.DateTimeField(null=True, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    search = models.GeneratedField(
        expression=SearchVector("subject", "body", config="english"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_at=None, send_due_at=None)
                | Q(held_at__isnull=False, send_due_at__gte=F("held_at"), thread__isnull=False, team__isnull=False),
                name="message_held_has_thread",
            ),
            models.CheckConstraint(
                condition=Q(
                    Q(held_at__isnull=False)
                    | Q(sent_at=None, opened_at=None, assigned_at=None, answered_at=None, closed_at=None)
                ),
                name="message_draft_is_not_sent",
            ),
            models.CheckConstraint(condition=Q(answered_at=None) | Q(closed_at=None), name="message_ends_in_one_way"),
        ]
        indexes = [
            models.Index(fields=["thread", "send_due_at", "id"], name="message_by_thread"),
            models.Index(
                F("patient"),
                F("held_at").desc(),
                F("id").desc(),
                name="message_sent",
                condition=Q(author="patient", held_at__isnull=False),
            ),
            models.Index(
                F("patient"), F("saved_at").desc(), F("id").desc(), name="message_drafts", condition=Q(held_at=None)
            ),
            models.Index(
                F("patient"),
                F("send_due_at").desc(),
                name="message_unread",
                condition=Q(author="staff", opened_at=None),
            ),
            models.Index(
                fields=["team", "answer_due_at", "id"],
                name="message_waiting",
                condition=Q(author="patient", held_at__isnull=False, answered_at=None, closed_at=None),
            ),
            models.Index(
                F("team"),
                F("held_at").desc(),
                F("id").desc(),
                name="message_of_team",
                condition=Q(author="patient", held_at__isnull=False),
            ),
            models.Index(
                F("team"),
                F("held_at").desc(),
                F("id").desc(),
                name="message_begun_by_team",
                condition=Q(author="staff", held_at__isnull=False, id=F("thread_id")),
            ),
            models.Index(
                fields=["assigned_to", "saved_at"],
                name="message_drafts_of_staff",
                condition=Q(author="staff", held_at=None),
            ),
            models.Index(
                fields=["send_due_at"], name="message_to_note", condition=Q(sent_at=None, held_at__isnull=False)
            ),
            GinIndex(fields=["patient", "search"], name="message_words"),
            # For the staff's figures, which time the answers of a day that is over.
            models.Index(
                fields=["answered_at"],
                include=["send_due_at"],
                condition=Q(author="patient", answered_at__isnull=False),
                name="message_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def is_own(self) -> bool:
        """Return whether the patient wrote it, or somebody for the patient."""
        return self.author == self.Author.PATIENT


class Attachment(models.Model):
    """A file of a message. Its content is in pieces, each sealed by itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=policy.ATTACHMENT_NAME_MAX)
    kind = models.CharField(max_length=8, choices=[(key, kind.label) for key, kind in policy.FILE_KINDS.items()])
    size = models.PositiveIntegerField(help_text="bytes")
    digest = models.BinaryField(max_length=32, help_text="HMAC-SHA256 of the content, to know a file that comes twice")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "digest"], name="attachment_once")]

    def __str__(self) -> str:
        return f"attachment {self.pk}"


class Piece(models.Model):
    """A piece of an attachment's content."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="pieces", db_index=False)
    place = models.PositiveSmallIntegerField()
    data = EncryptedBytesField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attachment", "place"], name="piece_place_once")]

    def __str__(self) -> str:
        return f"piece {self.pk}"


class Note(models.Model):
    """An internal note about a conversation. The patient never sees it."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="notes")
    author_name = models.CharField(max_length=120)
    body = models.CharField(max_length=policy.MESSAGE_NOTE_MAX)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return f"note {self.pk}"


class Template(models.Model):
    """A text that a care team often answers with."""

    team = models.ForeignKey(CareTeam, models.CASCADE, related_name="templates")
    title = models.CharField(max_length=policy.MESSAGE_SUBJECT_MAX)
    body = models.CharField(max_length=policy.MESSAGE_BODY_MAX)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "title"], name="template_title_once")]
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
