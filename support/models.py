"""What people ask of the service center, and what they read: messages, calls back, PINs, help and dated notices."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Account
from core import center, policy
from safeguards.fields import EncryptedTextField


class Topic(models.TextChoices):
    """What a message is about. Staff sort by it."""

    REGISTRATION = "registration", "Creating an account"
    SIGN_IN = "sign-in", "Signing in"
    DETAILS = "details", "My details do not match DEERS"
    PROOFING = "proofing", "Identity questions or activation code"
    UPGRADE = "upgrade", "Upgrading to Premium"
    FAMILY = "family", "A family member, or a sponsor who has died"
    ACCESSIBILITY = "accessibility", "Using the site with a disability"
    OTHER = "other", "Something else"


class ContactMessage(models.Model):
    """One message from the contact form.

    Everything that a person typed is encrypted. Staff and people quote the reference. `account` is the writer's, if
    they were signed in. Nobody else is known to have written it: anybody can type any email address.

    `waits_since` is when it came, or came again with a reply. `round` counts how often it did, so that an answer to
    what is no longer the whole message is not sent. `code` is the keyed hash of the code by which a writer who was not
    signed in reads the answer (support/reading.py).
    """

    class State(models.TextChoices):
        NEW = "new", "New"
        TAKEN = "taken", "Taken by a colleague"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed without an answer"

    class Reason(models.TextChoices):
        """Why a message was closed without an answer, as its writer reads it."""

        PHONE = "phone", "We answered it by phone"
        TWICE = "twice", "We answer another message of yours about the same"
        CARE = "care", "It is about health care. Please ask your care team"
        NO_QUESTION = "no-question", "It asks us nothing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=11, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    name = EncryptedTextField()
    email = EncryptedTextField()
    topic = models.CharField(max_length=16, choices=Topic.choices)
    body = EncryptedTextField("message")
    created_at = models.DateTimeField("received", default=timezone.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW, db_default=State.NEW)
    waits_since = models.DateTimeField("waits since", default=timezone.now, db_default=Now())
    round = models.PositiveSmallIntegerField(default=1, db_default=1)
    taken_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField("answered", null=True, blank=True)
    ended_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField("ended", null=True, blank=True)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="", db_default="")
    code = models.BinaryField(max_length=32, null=True)
    code_ends_at = models.DateTimeField(null=True)

    WAITING = (State.NEW, State.TAKEN)

    class Meta:
        verbose_name = "message to the service center"
        verbose_name_plural = "messages to the service center"
        default_permissions = ("view", "change")
        permissions = [
            ("see_load", "Can see how much work each colleague has, and hand it over"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(answered_at__isnull=True), name="contact_unanswered"),
            models.Index(fields=["-created_at"], name="contact_newest"),
            models.Index(fields=["waits_since"], condition=Q(state__in=["new", "taken"]), name="contact_waiting"),
            models.Index(fields=["taken_by", "waits_since"], condition=Q(state="taken"), name="contact_taken"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="contact_ended"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="contact_topic_known"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=models.F("created_at")),
                name="contact_answered_after_received",
            ),
            models.CheckConstraint(condition=Q(state="closed") | Q(reason=""), name="contact_reason_when_closed"),
        ]

    def __str__(self) -> str:
        return self.reference


class ContactEntry(models.Model):
    """An answer to a message, a reply of its writer, or a note that only staff read. What it says is encrypted.

    `author` is the member of staff; None for the writer.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer", "Answer"
        REPLY = "reply", "Reply"
        NOTE = "note", "Note"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(ContactMessage, on_delete=models.CASCADE, related_name="entries", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    author = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    body = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["message", "at"], name="contact_entries")]
        constraints = [
            models.CheckConstraint(condition=~Q(kind="reply") | Q(author__isnull=True), name="contact_reply_of_writer")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class AnswerText(models.Model):
    """A text that staff often answer with. It names no person."""

    title = models.CharField(max_length=100, unique=True)
    body = models.TextField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("change",)
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title


class IndexedPage(models.Model):
    """An article or guide as the search finds it. `manage.py fill_help_index` writes these rows from the sources.

    `place` says what it is and its slug: "article/passwords". `digest` changes whenever a text does.
    """

    place = models.CharField(primary_key=True, max_length=80)
    title = models.TextField()
    summary = models.TextField()
    keywords = models.TextField()
    body = models.TextField()
    digest = models.CharField(max_length=64)
    vector = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("keywords", weight="B", config="english")
        + SearchVector("summary", weight="C", config="english")
        + SearchVector("body", weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        default_permissions = ()
        indexes = [GinIndex(fields=["vector"], name="help_vector")]

    def __str__(self) -> str:
        return self.place


class HelpWord(models.Model):
    """A word of the indexed pages, with what PostgreSQL makes of it in English. Mistyped words are likened to it."""

    word = models.CharField(primary_key=True, max_length=40)
    stem = models.CharField(max_length=40)

    class Meta:
        default_permissions = ()
        indexes = [
            GinIndex(fields=["word"], name="help_word_trigrams", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["stem"], name="help_word_stem"),
        ]

    def __str__(self) -> str:
        return self.word


class Reason(models.TextChoices):
    """Why an article was not helpful."""

    NOT_MY_QUESTION = "not-my-question", "It does not answer my question"
    UNCLEAR = "unclear", "It is hard to understand"
    DID_NOT_WORK = "did-not-work", "I did what it says, and it did not work"
    WRONG = "wrong", "Something in it is wrong or missing"
    OTHER = "other", "Something else"


class Rating(models.Model):
    """What one browser said on one day about one article. It names no person, and its last answer of a day counts.

    `id` is made of article, day and a secret of the browser, so that two rows of one browser look like two browsers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    article = models.SlugField(max_length=60, db_index=False)
    day = models.DateField()
    helpful = models.BooleanField()
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    remark = EncryptedTextField(null=True)

    class Meta:
        verbose_name = "opinion on an article"
        verbose_name_plural = "opinions on articles"
        default_permissions = ("view",)
        indexes = [models.Index(fields=["-day", "article", "helpful"], name="rating_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=["", *Reason.values]), name="rating_reason_known"),
            models.CheckConstraint(condition=Q(helpful=False) | Q(reason=""), name="rating_reason_if_not_helpful"),
        ]

    def __str__(self) -> str:
        return f"{self.article}, {self.day:%B %-d, %Y}"


class NoticeKind(models.TextChoices):
    """What a notice to everybody is about. Pages draw each in another color."""

    OUTAGE = "outage", "Something does not work"
    CHANGE = "change", "Something changes"
    INFORMATION = "information", "Good to know"


class DatedNotice(models.Model):
    """What staff tell everybody for some days: an outage, a change. It is shown while it lasts, and kept afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    title = models.CharField(max_length=policy.DATED_NOTICE_TITLE_MAX)
    text = models.TextField(max_length=policy.DATED_NOTICE_TEXT_MAX)
    begins_at = models.DateTimeField("shown from")
    ends_at = models.DateTimeField("shown until")
    on_help = models.BooleanField("on the help pages", default=True)
    on_home = models.BooleanField("on the home page", default=False)
    on_sign_in = models.BooleanField("on the sign-in page", default=False)
    published_at = models.DateTimeField("published", default=timezone.now)
    withdrawn_at = models.DateTimeField("withdrawn", null=True, blank=True)

    class Meta:
        verbose_name = "notice to everybody"
        verbose_name_plural = "notices to everybody"
        default_permissions = ("view",)
        permissions = [("publish_datednotice", "Can publish and withdraw notices to everybody")]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(withdrawn_at__isnull=True), name="dated_notice_lasting"),
            models.Index(fields=["-published_at"], name="dated_notice_newest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="dated_notice_kind"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("begins_at")), name="dated_notice_ends_later"),
            models.CheckConstraint(
                condition=Q(on_help=True) | Q(on_home=True) | Q(on_sign_in=True), name="dated_notice_shown_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CallBack(models.Model):
    """A wish to be called, in a slot of half an hour that begins at `starts_at`.

    `place` is one of the places of the slot in its region. Name and number are encrypted, and are gone some days after
    it is over. `zone` is that of the person, for what we write about the time. `staff` is who has taken it or ended it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        TAKEN = "taken", "Taken by an agent"
        REACHED = "reached", "Reached"
        NOT_REACHED = "missed", "Not reached"
        CANCELED = "canceled", "Canceled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=11, unique=True, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="call_backs")
    name = EncryptedTextField(null=True)
    number = EncryptedTextField("phone number", null=True)
    topic = models.CharField(max_length=16, choices=Topic)
    region = models.CharField(max_length=10)
    starts_at = models.DateTimeField("time")
    place = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    staff = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField("asked for")
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["starts_at", "id"], condition=Q(state__in=("waiting", "taken")), name="call_back_due"),
            models.Index(fields=["account", "-made_at"], condition=Q(account__isnull=False), name="call_back_account"),
            models.Index(
                fields=["changed_at"],
                condition=Q(number__isnull=False) & ~Q(state__in=("waiting", "taken")),
                name="call_back_to_purge",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "starts_at", "place"],
                condition=Q(state__in=("waiting", "taken")),
                name="call_back_one_in_a_place",
            ),
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="call_back_topic_known"),
            models.CheckConstraint(
                condition=~Q(state__in=("waiting", "taken")) | Q(number__isnull=False), name="call_back_has_number"
            ),
            models.CheckConstraint(
                condition=~Q(state="taken") | Q(staff__isnull=False), name="call_back_taken_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def of_region(self) -> center.Region:
        return center.REGIONS[self.region]


class SupportPin(models.Model):
    """Six digits that a person reads to an agent. Only a keyed hash is kept.

    A PIN is live until it ends: because it was used, another one was made, or its time is over. Two live ones are never
    equal, so a PIN means one person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["expires_at"], name="support_pin_expiry")]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=Q(ended_at__isnull=True), name="support_pin_means_one"
            ),
            models.UniqueConstraint(fields=["account"], condition=Q(ended_at__isnull=True), name="support_pin_of_one"),
            models.CheckConstraint(
                condition=Q(used_by__isnull=True) | Q(ended_at__isnull=False), name="support_pin_used_is_over"
            ),
        ]

    def __str__(self) -> str:
        return f"Support PIN of account {self.account_id}"
