"""What was counted, without persons. No row can be joined to one, because it is written long after what it counts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core import policy


class Counted(models.Model):
    """How many people or things of one group (`of`) a figure counts.

    Where a figure tells whether they went well, it is known of `rated` of them, among whom are `good`. These may be of
    earlier days than those in `count`. `spread` is how many took how long, by the times of `counting.TIMES`. It is
    empty where no time is counted.
    """

    figure = models.CharField(max_length=16)
    of = models.CharField(max_length=24)
    count = models.PositiveIntegerField()
    rated = models.PositiveIntegerField(default=0, db_default=0)
    good = models.PositiveIntegerField(default=0)
    spread = ArrayField(models.PositiveIntegerField(), default=list)

    class Meta:
        abstract = True


class Tally(Counted):
    """A count of at least `policy.FIGURES_FROM` that was released on a day. Nothing smaller is ever shown.

    Of those that are rated, at least as many went well, and as many did not.
    """

    day = models.DateField()

    class Meta:
        default_permissions = ()
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["day", "figure", "of"], name="figures_tally_once"),
            models.CheckConstraint(condition=Q(count__gte=policy.FIGURES_FROM), name="figures_tally_tells_no_one"),
            models.CheckConstraint(
                condition=Q(rated=0, good=0)
                | Q(good__gte=policy.FIGURES_FROM, rated__gte=F("good") + policy.FIGURES_FROM),
                name="figures_tally_parts_tell_no_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.figure} of {self.of}, {self.day}"


class Remainder(Counted):
    """What is too few to be released yet. It waits for the next days."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["figure", "of"], name="figures_remainder_once")]

    def __str__(self) -> str:
        return f"{self.figure} of {self.of}"


class CountedDay(models.Model):
    """A day that was counted, so that none is counted twice."""

    day = models.DateField(primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day}"
