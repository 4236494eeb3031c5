"""What the mock sources know about a person, to ask about."""

from django.db import models
from django.db.models import Q


class Category(models.TextChoices):
    """Kinds of fact. A quiz draws on several, so that one stolen statement is not enough to pass it."""

    MORTGAGE = "mortgage", "Home loans"
    LOAN = "loan", "Car and student loans"
    CARD = "card", "Credit cards"
    ADDRESS = "address", "Former addresses"
    VEHICLE = "vehicle", "Vehicles"
    UTILITY = "utility", "Household bills"
    PHARMACY = "pharmacy", "Pharmacy fills"
    BENEFIT = "benefit", "Benefit payments"


class Source(models.TextChoices):
    """Who knows a fact."""

    BUREAU = "bureau", "Credit bureau"
    TRANSACTIONS = "transactions", "Transactions"


class Fact(models.Model):
    """One thing that the person knows and a stranger does not, as the mock sources hold it.

    `kind` names the question's template (idproofing/questions.py). `value` is what the right answer says: a name as
    listed there, or a whole number of dollars. `qualifier` is what the question itself names, usually the year. Make
    facts with `questions.make_fact`, which fills in category and source.
    """

    dod_id = models.CharField("DoD ID number", max_length=10)
    category = models.CharField(max_length=10, choices=Category.choices)
    kind = models.CharField(max_length=24)
    value = models.CharField(max_length=100)
    qualifier = models.CharField(max_length=60)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dod_id", "kind", "qualifier"], name="fact_question_once"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="fact_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.qualifier}"
