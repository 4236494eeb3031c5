"""The life behind an invented record: age, conditions, clinics, and the visits that everything else follows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from core.dates import age_on
from demo.invent.records.fhir import Json, without_empty

INVENTED = UUID("5b1f5d4e-0c55-5ad5-9a5f-3b6a2f0e8c11")

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
NURSE = "Carol Nguyen, RN"
VISIT_YEARS = 5
# The record of someone with the theme "diabetes" goes back this far.
LONG_YEARS = 20
# Days after birth of the visits of a small child, as the CDC's schedule and the pediatricians have them.
WELL_CHILD = (4, 61, 122, 183, 274, 370, 460, 550, 735, 915)

# Which of CLINICS, from east to west, is nearest in the states where it is not the first.
NEAREST = {
    **dict.fromkeys(["AL", "AR", "IA", "IL", "KS", "LA", "MN", "MO"], 1),
    **dict.fromkeys(["MS", "ND", "NE", "OK", "SD", "TN", "TX", "WI"], 1),
    **dict.fromkeys(["AZ", "CO", "ID", "MT", "NM", "UT", "WY"], 2),
    **dict.fromkeys(["AK", "CA", "NV", "OR", "WA"], 3),
    **dict.fromkeys(["AP", "AS", "GU", "HI", "MP"], 4),
}
# Days before and after a birth on which all visits are about it.
EXPECTING, AFTER = timedelta(days=290), timedelta(days=60)


class Clinic(NamedTuple):
    name: str
    street: str
    city: str
    state: str
    phone: str
    zone: str

    @property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def pharmacy(self) -> str:
        return f"{self.name} Pharmacy"

    @property
    def laboratory(self) -> str:
        return f"Laboratory, {self.name}"


CLINICS = (
    Clinic(
        "Cedar Hollow Military Treatment Facility",
        "1400 Parade Road",
        "Cedar Hollow",
        "VA",
        "540-555-0140",
        "America/New_York",
    ),
    Clinic(
        "Fort Larkspur Army Health Clinic",
        "22 Infirmary Street",
        "Fort Larkspur",
        "TX",
        "254-555-0122",
        "America/Chicago",
    ),
    Clinic(
        "Juniper Field Air Force Clinic", "310 Runway Avenue", "Juniper Field", "NM", "575-555-0131", "America/Denver"
    ),
    Clinic("Naval Clinic Port Amity", "7 Harbor Loop", "Port Amity", "WA", "360-555-0107", "America/Los_Angeles"),
    Clinic("Navy Clinic Plumeria Bay", "18 Anchor Road", "Plumeria Bay", "HI", "808-555-0116", "Pacific/Honolulu"),
)


class Named(Protocol):
    """A legal name, of the registry or of a hand-made person."""

    @property
    def first(self) -> str: ...
    @property
    def middle(self) -> str: ...
    @property
    def last(self) -> str: ...
    @property
    def suffix(self) -> str: ...


class Visit(NamedTuple):
    """A visit that took place: its beginning, where it was, and the reference to its Encounter."""

    at: datetime
    clinic: Clinic
    encounter: Json

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(frozen=True)
class Life:
    """One invented person as the clinics know them. `visits` are the past ones, oldest first.

    The person changed from the `former` clinic to the present one on the day `moved`. `births` are the days on which
    she gave birth. `known` are the practitioners, organizations and places that the record has named so far, and
    `troubles_known` the references to the conditions.
    """

    dod_id: str
    born: date
    sex: str
    rng: Random
    today: date
    theme: str
    troubles: frozenset[str]
    doctor: str
    clinic: Clinic
    former: Clinic
    moved: date
    name: Named | None = None
    died: date | None = None
    births: tuple[date, ...] = ()
    visits: list[Visit] = field(default_factory=list)
    known: dict[tuple[str, str], Json] = field(default_factory=dict)
    troubles_known: dict[str, Json] = field(default_factory=dict)
    _made: Counter[str] = field(default_factory=Counter)

    @property
    def age(self) -> int:
        return age_on(self.born, self.today)

    @property
    def patient(self) -> Json:
        """Return the reference to the person's Patient."""
        return {"reference": f"urn:uuid:{self.id_of('Patient', 1)}"}

    def id_of(self, type_: str, which: int) -> UUID:
        return uuid5(INVENTED, f"{self.dod_id}:{type_}:{which}")

    def new(self, type_: str) -> UUID:
        """Return the id of this person's next resource of a type."""
        self._made[type_] += 1
        return self.id_of(type_, self._made[type_])

    def make(self, type_: str, **elements: Any) -> Json:
        """Return a new resource. Elements that hold nothing are left out."""
        return {"resourceType": type_, "id": str(self.new(type_)), **without_empty(elements)}

    def clinic_on(self, day: date) -> Clinic:
        """Return the clinic to which the person went at that time."""
        return self.former if day < self.moved else self.clinic

    def birthday(self, age: int, days_after: int = 0) -> date:
        """Return the day on which this person reached `age`, or some days after it."""
        leap_safe = min(self.born.day, 28)
        return self.born.replace(year=self.born.year + age, day=leap_safe) + timedelta(days=days_after)

    def visit_on(self, day: date) -> Visit | None:
        """Return the visit within two weeks of a day, if there was one."""
        near = [visit for visit in self.visits if abs(visit.day - day) <= timedelta(days=14)]
        return min(near, key=lambda visit: abs(visit.day - day), default=None)


def refer(raw: Json, display: str = "") -> Json:
    """Return a reference to a resource of the same record."""
    return without_empty({"reference": f"urn:uuid:{raw['id']}", "display": display})


def lead(
    dod_id: str,
    born: date,
    sex: str,
    rng: Random,
    today: date,
    theme: str,
    *,
    name: Named | None = None,
    died: date | None = None,
    births: tuple[date, ...] = (),
    state: str = "",
) -> Life:
    """Return a life with its visits up to today. Its conditions are drawn by age, or set by the theme.

    With a `state` the present clinic is the nearest.
    """
    clinic, former = rng.sample(CLINICS, 2)
    if state:
        clinic = CLINICS[NEAREST.get(state, 0)]
        former = former if former is not clinic else CLINICS[NEAREST.get(state, 0) - 1]
    person = Life(
        dod_id,
        born,
        sex,
        rng,
        today,
        theme,
        frozenset(THEMES[theme]) if theme else draw_troubles(age_on(born, today), rng),
        rng.choice(DOCTORS),
        clinic,
        former,
        today - timedelta(days=rng.randint(500, 1_400)),
        name=name,
        died=died,
        births=births,
    )
    person.new("Patient")
    person.visits.extend(visits(person))
    return person


def draw_troubles(age: int, rng: Random) -> frozenset[str]:
    """Return the lasting conditions that a person of this age happens to have. Children have few."""
    if age < 18:
        return frozenset(name for name in ("asthma", "rhinitis") if age >= 3 and rng.random() < 0.12)
    bracket = sum(age >= since for since in (45, 65, 80))
    return frozenset(name for name, chances in CHANCES.items() if rng.random() < chances[bracket])


def visits(person: Life) -> list[Visit]:
    """Return the past visits, oldest first."""
    days = sorted(day for day in visit_days(person) if person.born < day)
    found = [(at_clinic(day, person.rng, person.clinic_on(day)), person.clinic_on(day)) for day in days]
    # A visit of the weekend moves to Monday, and that may be after today.
    past = [(at, clinic) for at, clinic in found if at.date() <= person.today]
    return [
        Visit(at, clinic, {"reference": f"urn:uuid:{person.id_of('Encounter', n)}"})
        for n, (at, clinic) in enumerate(past, 1)
    ]


def visit_days(person: Life) -> set[date]:
    """Return the days of the visits.

    Small children come by schedule. People with a chronic condition have two visits a year, and others have one.
    """
    apart = 182 if person.troubles & CHRONIC else 365
    day = person.today - timedelta(days=person.rng.randint(12, min(apart, 150)))
    since = person.today - timedelta(days=365 * VISIT_YEARS)
    small = person.born + timedelta(days=WELL_CHILD[-1])
    found = {person.born + timedelta(days=after) for after in WELL_CHILD if person.born > since}
    while day > max(since, small + timedelta(days=120)):
        found.add(day)
        day -= timedelta(days=apart + person.rng.randint(-20, 20))
    if person.theme == "diabetes":
        since = max(person.today - timedelta(days=365 * LONG_YEARS + 60), small)
        while day > since:
            found.add(day)
            day -= timedelta(days=300 + person.rng.randint(-20, 20))
    return {day for day in found if not any(born - EXPECTING < day < born + AFTER for born in person.births)}


def at_clinic(day: date, rng: Random, clinic: Clinic) -> datetime:
    """Return a time of that day, by the clinic's clock, at which it sees people. After a weekend it is on Monday."""
    if day.weekday() >= 5:
        day += timedelta(days=7 - day.weekday())
    return datetime.combine(day, time(rng.randint(8, 15), rng.choice((0, 15, 30, 45))), clinic.clock)
