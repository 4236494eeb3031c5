"""What a person wants to be told of, and what waits for the one email of the day.

Warnings about the account and about who opens the record are not among it: nobody can turn them off.
"""

from django.db import models

from accounts.models import Account


class Kind(models.TextChoices):
    """What an email may be about."""

    MESSAGES = "messages", "New messages from your care team"
    REQUESTS = "requests", "News about what you asked for"
    REMINDERS = "reminders", "Reminders of your appointments"
    MEASURING = "measuring", "Reminders to measure"
    RECORD = "record", "New results and documents"


class How(models.TextChoices):
    """How a person is told."""

    EMAIL = "email", "At once"
    DAILY = "daily", "In one email a day, with all that is new"
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


class Waiting(models.Model):
    """That something waits for the one email of the day. `page` is the address of what it is, without the site."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    page = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["account", "at"], name="notices_by_account")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.account_id}"


class Summary(models.Model):
    """The last morning for which an account got its email of the day. There is one for each morning at most."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="+", primary_key=True)
    morning = models.DateField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.account_id}, {self.morning}"
