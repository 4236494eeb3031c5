"""The life behind an invented record: age, conditions, clinic, and the visits that everything else follows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from core.dates import age_on
from portal.models import resource_id

# The chance of each condition from ages 18, 45, 65 and 80 on.
CHANCES: dict[str, tuple[float, float, float, float]] = {
    "hypertension": (0.03, 0.3, 0.6, 0.72),
    "diabetes": (0.01, 0.1, 0.24, 0.26),
    "lipids": (0.02, 0.28, 0.5, 0.5),
    "knee": (0.02, 0.14, 0.35, 0.45),
    "back": (0.12, 0.22, 0.2, 0.2),
    "reflux": (0.05, 0.15, 0.2, 0.2),
    "hearing": (0.02, 0.1, 0.35, 0.6),
    "sleep": (0.03, 0.14, 0.18, 0.15),
    "asthma": (0.08, 0.06, 0.05, 0.04),
    "rhinitis": (0.18, 0.15, 0.1, 0.08),
    "migraine": (0.1, 0.08, 0.03, 0.01),
    "rhythm": (0.0, 0.01, 0.07, 0.14),
    "cataract": (0.0, 0.01, 0.15, 0.4),
}
THEMES: dict[str, tuple[str, ...]] = {
    "healthy": (),
    "heart": ("hypertension", "lipids", "rhythm"),
    "diabetes": ("diabetes", "hypertension", "lipids"),
    "asthma": ("asthma", "rhinitis"),
    "joints": ("knee", "back"),
}
CHRONIC = {"hypertension", "diabetes", "lipids", "rhythm"}

DOCTORS = (
    "Dr. Miriam Oakes",
    "Dr. Daniel Ferreira",
    "Dr. Ruth Adeyemi",
    "Dr. Paul Lindqvist",
    "Dr. Hannah Castellano",
    "Dr. Samuel Whitlock",
)
CLINICS = (
    ("Cedar Hollow Military Treatment Facility", "1400 Parade Road, Cedar Hollow, VA", "540-555-0140"),
    ("Fort Larkspur Army Health Clinic", "22 Infirmary Street, Fort Larkspur, TX", "254-555-0122"),
    ("Naval Clinic Port Amity", "7 Harbor Loop, Port Amity, WA", "360-555-0107"),
    ("Juniper Field Air Force Clinic", "310 Runway Avenue, Juniper Field, NM", "575-555-0131"),
)
VISIT_YEARS = 5


@dataclass(frozen=True)
class Clinic:
    name: str
    address: str
    phone: str
    doctor: str
    nurse: str = "Carol Nguyen, RN"

    @property
    def pharmacy(self) -> str:
        return f"{self.name} Pharmacy"


@dataclass(frozen=True)
class Life:
    """One invented person as a clinic knows them. `visits` are the past ones, oldest first."""

    dod_id: str
    born: date
    sex: str
    rng: Random
    today: date
    troubles: frozenset[str]
    clinic: Clinic
    visits: list[datetime] = field(default_factory=list)
    _made: Counter[str] = field(default_factory=Counter)

    @property
    def age(self) -> int:
        return age_on(self.born, self.today)

    def new(self, kind: str) -> UUID:
        """Return the id of this person's next resource of a kind."""
        self._made[kind] += 1
        return resource_id(self.dod_id, kind, self._made[kind])

    def birthday(self, age: int, days_after: int = 0) -> date:
        """Return the day on which this person reached `age`, or some days after it."""
        leap_safe = min(self.born.day, 28)
        return self.born.replace(year=self.born.year + age, day=leap_safe) + timedelta(days=days_after)


def lead(dod_id: str, born: date, sex: str, rng: Random, today: date, theme: str) -> Life:
    """Return a life with its visits up to today. Its conditions are drawn by age, or set by the theme."""
    clinic = Clinic(*rng.choice(CLINICS), doctor=rng.choice(DOCTORS))
    troubles = frozenset(THEMES[theme]) if theme else draw_troubles(age_on(born, today), rng)
    person = Life(dod_id, born, sex, rng, today, troubles, clinic)
    person.visits.extend(visits(person))
    return person


def draw_troubles(age: int, rng: Random) -> frozenset[str]:
    """Return the lasting conditions that a person of this age happens to have. Children have few."""
    if age < 18:
        return frozenset(name for name in ("asthma", "rhinitis") if rng.random() < 0.12)
    bracket = sum(age >= since for since in (45, 65, 80))
    return frozenset(name for name, chances in CHANCES.items() if rng.random() < chances[bracket])


def visits(person: Life) -> list[datetime]:
    """Return the past visits, oldest first, for up to five years.

    People with a chronic condition have two a year, and others have one.
    """
    apart = 182 if person.troubles & CHRONIC else 365
    day = person.today - timedelta(days=person.rng.randint(12, min(apart, 150)))
    first = max(person.today - timedelta(days=365 * VISIT_YEARS), person.born + timedelta(days=20))
    found = []
    while day > first:
        found.append(at_clinic(day, person.rng))
        day -= timedelta(days=apart + person.rng.randint(-20, 20))
    return found[::-1]


def at_clinic(day: date, rng: Random) -> datetime:
    """Return a time of that day at which clinics see people. For a weekend, it is on the next Monday."""
    if day.weekday() >= 5:
        day += timedelta(days=7 - day.weekday())
    return timezone.make_aware(datetime.combine(day, time(rng.randint(8, 15), rng.choice((0, 15, 30, 45)))))
