"""The tables of the eligibility registry: who a beneficiary is, and what they are entitled to.

A person is known everywhere by the DoD ID number. The Social Security number is kept encrypted. A query can only ask
for blind indexes (keyed hashes) of it and of its last four digits.
"""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.db.models.functions import Lower

from core.phones import PhoneDigits
from deers import names
from safeguards.cipher import blind_index
from safeguards.fields import EncryptedTextField

models.CharField.register_lookup(Lower)


class DodIdField(models.CharField):
    """A DoD ID number (EDIPI): ten digits, stored as char(10) and compared byte by byte.

    It has a type of its own, because Django gives each unique varchar a second index for LIKE, and each foreign key to
    it another. Nobody asks for part of a DoD ID number. The type is called by PostgreSQL's own name, because
    bulk_create casts to the type without its length, and "char" alone would be one letter.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_length": 10, "db_collation": "C", **options})

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bpchar(10)"


class Sex(models.TextChoices):
    FEMALE = "F", "Female"
    MALE = "M", "Male"
    UNKNOWN = "X", "Not on record"


class ServiceStatus(models.TextChoices):
    ACTIVE = "active", "Active duty"
    RESERVE = "reserve", "Reserve"
    GUARD = "guard", "National Guard"
    RETIRED = "retired", "Retired"
    VETERAN = "veteran", "Veteran"
    CIVILIAN = "civilian", "Civilian"


class Relationship(models.TextChoices):
    """What the dependent is to the sponsor."""

    SPOUSE = "spouse", "Spouse"
    SURVIVING_SPOUSE = "surviving", "Surviving spouse"
    FORMER_SPOUSE = "former", "Former spouse"
    CHILD = "child", "Child"
    STEPCHILD = "stepchild", "Stepchild"
    WARD = "ward", "Ward"
    PARENT = "parent", "Parent"


class Plan(models.TextChoices):
    PRIME = "prime", "TRICARE Prime"
    SELECT = "select", "TRICARE Select"
    FOR_LIFE = "for-life", "TRICARE For Life"
    YOUNG_ADULT = "young-adult", "TRICARE Young Adult"
    RESERVE_SELECT = "reserve-select", "TRICARE Reserve Select"
    RETIRED_RESERVE = "retired-reserve", "TRICARE Retired Reserve"
    VA = "va", "VA health care"


class Region(models.TextChoices):
    EAST = "east", "East"
    WEST = "west", "West"
    OVERSEAS = "overseas", "Overseas"


class Person(models.Model):
    """A beneficiary, or a sponsor of beneficiaries. Names, sponsorships and eligibilities refer to it."""

    dod_id = DodIdField("DoD ID number", primary_key=True)
    date_of_birth = models.DateField()
    date_of_death = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    # People do not have to have a Social Security number. A spouse from abroad may have none.
    ssn = EncryptedTextField("Social Security number", default="", blank=True)
    ssn_index = models.BinaryField(max_length=32, null=True, unique=True)
    ssn_last4_index = models.BinaryField(max_length=32, null=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    street = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=40, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, default="US", help_text="ISO 3166, two letters")
    service_status = models.CharField(max_length=8, choices=ServiceStatus.choices, default=ServiceStatus.CIVILIAN)
    protected = models.BooleanField(default=False, help_text="Shielded, such as a witness: no self-service")
    locked = models.BooleanField(default=False, help_text="Locked by the personnel office")

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(condition=Q(dod_id__regex=r"^[0-9]{10}$"), name="person_dod_id_ten_digits"),
            models.CheckConstraint(
                condition=Q(date_of_death__isnull=True) | Q(date_of_death__gte=F("date_of_birth")),
                name="person_dies_after_birth",
            ),
            models.CheckConstraint(
                condition=Q(ssn_index__isnull=True, ssn_last4_index__isnull=True)
                | Q(ssn_index__isnull=False, ssn_last4_index__isnull=False),
                name="person_ssn_indexed_twice_or_never",
            ),
        ]
        indexes = [
            models.Index(fields=["ssn_last4_index"], name="person_ssn_last4"),
            models.Index(Lower("email"), name="person_email"),
            models.Index(PhoneDigits("phone"), name="person_phone"),
        ]

    def __str__(self) -> str:
        return self.dod_id

    def set_ssn(self, digits: str) -> None:
        """Give the person a Social Security number (nine digits), or none (""), with its blind indexes."""
        self.ssn = digits
        self.ssn_index = ssn_index(digits) if digits else None
        self.ssn_last4_index = ssn_last4_index(digits[-4:]) if digits else None


def ssn_index(digits: str) -> bytes:
    """Return what a whole Social Security number (nine digits) is looked up by."""
    return blind_index(digits, purpose="deers:ssn")


def ssn_last4_index(digits: str) -> bytes:
    """Return what the last four digits are looked up by."""
    return blind_index(digits, purpose="deers:ssn-last4")


class SearchKeyField(models.CharField):
    """What staff search a name by. Every write computes it from the name, bulk_create's too.

    Its collation is C, so that a plain index serves prefixes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        fixed = {"max_length": names.SEARCH_KEY_LENGTH, "db_collation": "C", "editable": False}
        super().__init__(*args, **{**fixed, **options})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = names.search_key(model_instance.as_name())  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


class LegalName(models.Model):
    """A name that the person has or had. An empty `since` is from birth, and an empty `until` is to this day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="names", db_index=False)
    first = models.CharField(max_length=100, blank=True, help_text="Empty for people with one name only")
    middle = models.CharField(max_length=100, blank=True)
    last = models.CharField(max_length=100)
    suffix = models.CharField(max_length=10, blank=True)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    key = SearchKeyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(until__isnull=True), name="name_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=F("since")),
                name="name_ends_after_it_began",
            ),
        ]
        indexes = [
            models.Index(fields=["person"], name="name_person"),
            models.Index(fields=["key"], name="name_key"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.first, self.middle, self.last, self.suffix) if part)

    def as_name(self) -> names.Name:
        return names.Name(self.first, self.middle, self.last, self.suffix)


class Sponsorship(models.Model):
    """A dependent who is a beneficiary through a sponsor. An empty `end` is to this day."""

    sponsor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="dependents", db_index=False)
    dependent = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sponsors", db_index=False)
    relationship = models.CharField(max_length=9, choices=Relationship.choices)
    begin = models.DateField()
    end = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(sponsor=F("dependent")), name="sponsorship_of_another"),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("begin")), name="sponsorship_ends_after_it_began"
            ),
            models.UniqueConstraint(
                fields=["dependent", "sponsor"], condition=Q(end__isnull=True), name="sponsorship_once"
            ),
            models.UniqueConstraint(
                fields=["sponsor"],
                condition=Q(end__isnull=True, relationship__in=["spouse", "surviving"]),
                name="sponsorship_one_spouse",
            ),
        ]
        indexes = [
            models.Index(fields=["sponsor"], name="sponsorship_sponsor"),
            models.Index(fields=["dependent"], name="sponsorship_dependent"),
        ]

    def __str__(self) -> str:
        return f"{self.dependent_id}, {self.relationship} of {self.sponsor_id}"


class Eligibility(models.Model):
    """A period in which the person may use a plan, with both days included. An empty `end` is without end."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="eligibilities", db_index=False)
    plan = models.CharField(max_length=15, choices=Plan.choices)
    region = models.CharField(max_length=8, choices=Region.choices)
    begin = models.DateField()
    end = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "eligibilities"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "plan", "begin"], include=["end"], name="eligibility_period_once"
            ),
            models.UniqueConstraint(
                fields=["person", "plan"], condition=Q(end__isnull=True), name="eligibility_one_open_period"
            ),
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gte=F("begin")), name="eligibility_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.plan} from {self.begin}"
