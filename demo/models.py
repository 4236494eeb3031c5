"""The mail that the demo keeps instead of sending it."""

from django.db import models
from django.utils import timezone


class SentMail(models.Model):
    """One mail as its recipient would get it, unencrypted. Only invented people write and receive mail here."""

    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=998)  # the longest line that RFC 5322 section 2.1.1 allows
    text = models.TextField()
    html = models.TextField(blank=True)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "sent mail"
        ordering = ["-sent_at", "-pk"]
        indexes = [models.Index(fields=["-sent_at", "-id"], name="mail_newest_first")]

    def __str__(self) -> str:
        return self.subject
