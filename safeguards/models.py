"""The tables of the safeguards: audit events and their seals, probes of the keys, and the cache."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from safeguards.events import COUNTED, sentence_of, staff_sentence_of


class ActorKind(models.TextChoices):
    """Who did it, seen from the account that the event is about, in words for staff.

    The holder's own pages say "you" for the person.
    """

    SELF = "self", "the person"
    STAFF = "staff", "a member of our staff"
    PERSON = "person", "another person"
    VISITOR = "visitor", "not signed in yet"
    SYSTEM = "system", "DS Logon"
    MOCK = "mock", "DEERS"


class AuditEvent(models.Model):
    """One thing that happened.

    Only `audit.record` writes events. A trigger refuses UPDATE, DELETE and TRUNCATE. An event holds no personal data:
    people are account ids and blind indexes, and details are numbers and slugs.
    """

    id = models.BigAutoField(primary_key=True)
    event = models.CharField(max_length=60)
    at = models.DateTimeField(db_default=Now())
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    person_index = models.BinaryField(null=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=40, blank=True)
    session = models.CharField(max_length=16, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="audit_by_account"),
            # Auditors search by person, by who acted, and by kind. A page of a search reads an index from its end. Kind
            # and time stand in the index too, so that a rare event among many is found without reading the many.
            models.Index(
                fields=["person_index", "-id"],
                include=["event", "at"],
                condition=models.Q(person_index__isnull=False),
                name="audit_by_person",
            ),
            models.Index(
                fields=["actor_id", "-id"],
                include=["event", "at"],
                condition=models.Q(actor_id__isnull=False),
                name="audit_by_actor",
            ),
            models.Index(fields=["event", "-id"], name="audit_by_event"),
            # Events are written in the order of time, so a few kilobytes of block ranges find a day.
            BrinIndex(fields=["at"], name="audit_by_time", autosummarize=True),
            # The staff's figures count a few kinds of event by their details, over a whole quarter.
            models.Index(
                fields=["at"],
                include=["event", "details"],
                condition=models.Q(event__in=COUNTED),
                name="audit_counted",
            ),
            # The worker looks each minute for accounts at which a try had to wait.
            models.Index(
                fields=["at"],
                include=["account_id"],
                condition=models.Q(event="limit.reached", account_id__isnull=False),
                name="audit_limits_reached",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(actor_kind__in=ActorKind.values), name="audit_known_actor_kind"),
        ]
        permissions = [("export_auditevent", "Can download a part of the audit trail")]

    def __str__(self) -> str:
        return f"{self.event} #{self.pk}"

    @property
    def sentence(self) -> str:
        """Return what happened, in words for the account holder."""
        return sentence_of(self.event, self.details)

    @property
    def staff_sentence(self) -> str:
        """Return what happened, in words for staff, who read of the person."""
        return staff_sentence_of(self.event, self.details)


class AuditSeal(models.Model):
    """The seal of one day (UTC), which proves that its events are these and no others.

    safeguards/seal.py writes it, and nothing changes it.
    """

    day = models.DateField(primary_key=True)
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    count = models.BigIntegerField()
    digest = models.BinaryField()
    previous = models.BinaryField()
    sealed_at = models.DateTimeField()
    mac = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.day}"


class KeyProbe(models.Model):
    """A known text under one of our keys, so that a wrong key is noticed at the start. See safeguards/probe.py."""

    name = models.CharField(max_length=40, primary_key=True)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class CacheEntry(models.Model):
    """The table of safeguards/cache.py, which alone uses it, in SQL.

    It is a model so that `flush` empties it too.
    """

    key = models.TextField(primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField()

    class Meta:
        db_table = "safeguards_cache"
        indexes = [models.Index(fields=["expires"], name="safeguards_cache_expires")]

    def __str__(self) -> str:
        return self.key
