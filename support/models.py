"""Messages to the service center, the search of the help center, opinions on its articles, and dated notices."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core import policy
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

    Everything that a person typed is encrypted. Staff and people quote the reference.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=11, unique=True, editable=False)
    name = EncryptedTextField()
    email = EncryptedTextField()
    topic = models.CharField(max_length=16, choices=Topic.choices)
    body = EncryptedTextField("message")
    created_at = models.DateTimeField("received", default=timezone.now)
    answered_at = models.DateTimeField("answered", null=True, blank=True)

    class Meta:
        default_permissions = ("view", "change")
        indexes = [
            models.Index(fields=["created_at"], condition=Q(answered_at__isnull=True), name="contact_unanswered"),
            models.Index(fields=["-created_at"], name="contact_newest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="contact_topic_known"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=models.F("created_at")),
                name="contact_answered_after_received",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


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
