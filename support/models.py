"""Messages to the service center."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

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
