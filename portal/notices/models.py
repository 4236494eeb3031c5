"""What a person wants to be told of. Warnings about the account itself are not among it: nobody can turn them off."""

from django.db import models

from accounts.models import Account


class Kind(models.TextChoices):
    """What an email may be about."""

    REMINDERS = "reminders", "Reminders of my appointments"
    REQUESTS = "requests", "News about what I asked for"


class How(models.TextChoices):
    """How a person is told."""

    EMAIL = "email", "By email"
    NOT = "not", "Not at all"


class Preference(models.Model):
    """What an account chose for a kind of notice. Without a row, `telling.USUAL` counts."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    how = models.CharField(max_length=10, choices=How)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="notices_one_choice")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.how}"
