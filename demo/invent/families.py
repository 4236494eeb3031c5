"""Any number of invented people, in consistent families, for demonstrations and for measuring.

No real person can have their numbers: Social Security numbers are from areas 960 to 999 (never issued; the hand-made
people keep to lower areas), phone numbers are 555-01xx, and mail goes to example.org, .com and .net. The same arguments
give the same people.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from django.utils import timezone

from deers import names
from deers.models import Eligibility, LegalName, Person, Plan, Region, Relationship, ServiceStatus, Sponsorship
from demo.invent.words import BACKGROUNDS, POST_OFFICES, STREET_KINDS, STREETS, TOWNS, Names, Town

# Area 987 is left out, because 987-65-4320 to -4329 are reserved for advertisements and refused.
AREAS = [*range(960, 987), *range(988, 1000)]
GROUPS, SERIALS = 99, 9999
MOST = len(AREAS) * GROUPS * SERIALS
FIRST_DOD_ID, DOD_IDS = 1_100_000_000, 800_000_000
# A stride that has no common factor with the total reaches each number once, and keeps neighbors far apart.
SSN_STRIDE, DOD_ID_STRIDE = 23_859_907, 494_427_191
DAY = timedelta(days=1)
# Ages in years: when TRICARE For Life begins, when a child's coverage and Young Adult's end, and from when people have
# their own mailbox and phone.
MEDICARE_AGE = 65
CHILD_AGE, CHILD_AGE_LIMIT = 21, 26
AGE_OF_OWN_MAIL = 13
# Each number of children is as frequent as it is here.
CHILDREN = (0, 0, 1, 2, 2, 3, 4)
LATIN_AMERICAN = BACKGROUNDS[1]


@dataclass(slots=True)
class Family:
    """Unsaved rows of one family. Save them in this order. `names` and `eligibilities` are of all its persons."""

    persons: list[Person] = field(default_factory=list)
    names: list[LegalName] = field(default_factory=list)
    sponsorships: list[Sponsorship] = field(default_factory=list)
    eligibilities: list[Eligibility] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of sponsor: how many of 100 households, which ages (in years), how often married, and the plan."""

    share: int
    status: ServiceStatus
    ages: tuple[int, int]
    married: float
    plan: Plan
    survivors: bool = False


SERVICES = [
    Service(30, ServiceStatus.ACTIVE, (19, 47), 0.6, Plan.PRIME),
    Service(7, ServiceStatus.RESERVE, (20, 56), 0.5, Plan.RESERVE_SELECT),
    Service(8, ServiceStatus.GUARD, (20, 56), 0.5, Plan.RESERVE_SELECT),
    Service(28, ServiceStatus.RETIRED, (52, 92), 0.75, Plan.SELECT),
    Service(20, ServiceStatus.VETERAN, (34, 95), 0, Plan.VA),
    Service(7, ServiceStatus.RETIRED, (56, 92), 1, Plan.SELECT, survivors=True),
]
SHARES = list(accumulate(service.share for service in SERVICES))
BACKGROUND_SHARES = list(accumulate(background.share for background in BACKGROUNDS))


@dataclass(slots=True)
class Home:
    """What the people of one household share while the household is being made.

    `number` is the next person's. `ended` is the day when the whole family's coverage ended, if it did.
    """

    rng: random.Random
    today: date
    number: int
    background: Names
    town: Town
    street: str
    postal_code: str
    ended: date | None
    family: Family


def families(n: int, seed: int, *, first: int = 0, today: date | None = None) -> Iterator[Family]:
    """Yield families of exactly `n` people in total. `seed` decides who they are, and `today` how old they are.

    Numbers are counted from `first`: a second call for the same registry starts where the first one stopped.
    """
    if first + n > MOST:
        raise ValueError(f"There are numbers for {MOST:,} invented people, not for more.")
    rng, today, made = random.Random(seed), today or timezone.localdate(), 0  # noqa: S311 (nothing secret)
    while made < n:
        family = household(rng, today, first + made, room=n - made)
        made += len(family.persons)
        yield family


def household(rng: random.Random, today: date, number: int, room: int) -> Family:
    """Return one family of at most `room` people: a sponsor, possibly a spouse, possibly children."""
    service = rng.choices(SERVICES, cum_weights=SHARES)[0]
    if service.survivors and room == 1:
        service = SERVICES[0]
    background = rng.choices(BACKGROUNDS, cum_weights=BACKGROUND_SHARES)[0]
    abroad = service.status == ServiceStatus.ACTIVE and rng.random() < 0.08
    town = rng.choice(POST_OFFICES if abroad else TOWNS)
    home = Home(
        rng,
        today,
        number,
        background,
        town,
        street=street(rng, abroad=abroad),
        postal_code=f"{town.zip_start}{rng.randrange(1, 100):02}",
        ended=today - 30 * DAY if service.plan == Plan.RESERVE_SELECT and rng.random() < 0.1 else None,
        family=Family(),
    )
    born = some_day(rng, years_later(today, -service.ages[1]), years_later(today, -service.ages[0]))
    died = some_day(rng, years_later(today, -15), today) if service.survivors else None
    last = surname(rng, background)
    sponsor = add_person(home, born=born, sex="F" if rng.random() < 0.2 else "M", last=last, service=service, died=died)
    joined = serve(home, sponsor, service)
    if room > 1 and rng.random() < service.married:
        spouse, wedding = add_spouse(home, sponsor, service, joined)
        add_children(home, (sponsor, spouse), service, max(wedding, joined), most=min(room - 2, rng.choice(CHILDREN)))
    return home.family


def add_person(
    home: Home,
    *,
    born: date,
    sex: str,
    last: str,
    service: Service | None = None,
    died: date | None = None,
    email: str = "",
) -> Person:
    """Add a person to the household, with the name given at birth."""
    rng, number, town, family = home.rng, home.number, home.town, home.family
    home.number += 1
    given = (home.background.older if born.year < 1970 else home.background.younger)[sex]
    taken = {name.first for name in family.names}
    first, middle = rng.sample([name for name in given if name not in taken], 2)
    grown = born <= years_later(home.today, -AGE_OF_OWN_MAIL)
    person = Person(
        dod_id=dod_id(number),
        date_of_birth=born,
        date_of_death=died,
        sex=sex,
        email=(email or mail_address(rng, first, last)) if grown else "",
        phone=f"{town.area_code}-555-01{rng.randrange(100):02}" if grown else "",
        street=home.street,
        city=town.city,
        state=town.state,
        postal_code=home.postal_code,
        service_status=service.status if service else ServiceStatus.CIVILIAN,
    )
    person.set_ssn(social_security_number(number))
    family.persons.append(person)
    family.names.append(
        LegalName(person_id=person.dod_id, first=first, middle=middle if rng.random() < 0.8 else "", last=last)
    )
    return person


def serve(home: Home, sponsor: Person, service: Service) -> date:
    """Enter the sponsor's own coverage. Return the day on which the sponsor joined."""
    rng, born = home.rng, sponsor.date_of_birth
    joined = some_day(rng, years_later(born, 18), min(years_later(born, 25), home.today - 60 * DAY))
    if service.status == ServiceStatus.RETIRED:
        retired = years_later(joined, rng.randrange(20, 27))
        cover(home, sponsor, Plan.PRIME, joined, retired - DAY)
        cover(home, sponsor, service.plan, retired)
    elif service.status == ServiceStatus.VETERAN:
        cover(home, sponsor, service.plan, years_later(joined, rng.randrange(3, 9)))
    else:
        cover(home, sponsor, service.plan, joined)
    return joined


def add_spouse(home: Home, sponsor: Person, service: Service, joined: date) -> tuple[Person, date]:
    """Add a spouse, and return the spouse and the wedding day.

    The spouse may have taken the sponsor's surname and may share the mailbox.
    """
    rng, today, sponsor_name = home.rng, home.today, home.family.names[0]
    born = min(sponsor.date_of_birth + DAY * rng.randrange(-2500, 2500), years_later(today, -19))
    grown = years_later(max(born, sponsor.date_of_birth), 19)
    wedding = some_day(rng, grown, min(years_later(grown, 8), today))
    other = "M" if sponsor.sex == "F" else "F"
    spouse = add_person(
        home,
        born=born,
        sex=other if rng.random() < 0.96 else sponsor.sex,
        last=surname(rng, home.background),
        email=sponsor.email if rng.random() < 0.08 else "",
    )
    if rng.random() < 0.7:
        maiden = home.family.names[-1]
        maiden.until = wedding - DAY
        home.family.names.append(
            LegalName(
                person_id=spouse.dod_id,
                first=maiden.first,
                middle=maiden.middle,
                last=sponsor_name.last,
                since=wedding,
            )
        )
    relationship = Relationship.SURVIVING_SPOUSE if service.survivors else Relationship.SPOUSE
    depend(home, sponsor, spouse, relationship, max(wedding, joined))
    cover(home, spouse, service.plan, max(wedding, joined))
    return spouse, wedding


def add_children(home: Home, parents: tuple[Person, Person], service: Service, since: date, most: int) -> None:
    """Add up to `most` children, all young enough to be on record.

    Each is born a year or more after the one before, or is a twin.
    """
    rng, today = home.rng, home.today
    begin = max(since + 200 * DAY, years_later(today, -CHILD_AGE_LIMIT) + DAY)
    end = min(*(years_later(parent.date_of_birth, 44) for parent in parents), parents[0].date_of_death or today, today)
    last = home.family.names[0].last
    for _ in range(most):
        if begin > end:
            return
        born = some_day(rng, begin, min(end, begin + 1200 * DAY))
        child = add_person(home, born=born, sex=rng.choice("FM"), last=last)
        depend(home, parents[0], child, Relationship.CHILD, born)
        grown = years_later(born, CHILD_AGE)
        cover(home, child, service.plan, born, grown - DAY if grown <= today else None)
        if grown <= today and rng.random() < 0.6:
            cover(home, child, Plan.YOUNG_ADULT, grown)
        begin = born if rng.random() < 0.04 else born + 400 * DAY
        end = born if begin == born else end


def depend(home: Home, sponsor: Person, dependent: Person, relationship: Relationship, begin: date) -> None:
    """Enter a dependent's tie to the sponsor."""
    home.family.sponsorships.append(
        Sponsorship(sponsor_id=sponsor.dod_id, dependent_id=dependent.dod_id, relationship=relationship, begin=begin)
    )


def cover(home: Home, person: Person, plan: Plan, begin: date, end: date | None = None) -> None:
    """Enter a period of `plan`. Death ends it, and at 65 TRICARE Select becomes TRICARE For Life."""
    end = end or home.ended
    died, old = person.date_of_death, years_later(person.date_of_birth, MEDICARE_AGE)
    if plan == Plan.SELECT and old <= home.today:
        cover(home, person, Plan.FOR_LIFE, max(begin, old), end)
        end = old - DAY
    if died:
        end = min(end or died, died)
    if end is None or begin <= end:
        home.family.eligibilities.append(
            Eligibility(person_id=person.dod_id, plan=plan, region=Region(home.town.region), begin=begin, end=end)
        )


def social_security_number(number: int) -> str:
    """Return the `number`-th invented Social Security number. No two are alike for numbers below MOST."""
    place = number * SSN_STRIDE % MOST
    area, rest = divmod(place, GROUPS * SERIALS)
    group, serial = divmod(rest, SERIALS)
    return f"{AREAS[area]}{group + 1:02}{serial + 1:04}"


def dod_id(number: int) -> str:
    """Return the `number`-th invented DoD ID number. No two are alike for numbers below MOST."""
    return str(FIRST_DOD_ID + number * DOD_ID_STRIDE % DOD_IDS)


def some_day(rng: random.Random, first: date, last: date) -> date:
    """Return a day from `first` to `last`, both included. Return `first` if `last` is before it."""
    return first + DAY * rng.randrange(max((last - first).days, 0) + 1)


def years_later(day: date, years: int) -> date:
    """Return the same day `years` later (or earlier). For February 29, it is March 1 if the year has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def surname(rng: random.Random, background: Names) -> str:
    """Return one surname, or two with a hyphen. Families from Latin America have two side by side."""
    last = rng.choice(background.surnames)
    if rng.random() >= 0.06:
        return last
    return f"{last}{' ' if background is LATIN_AMERICAN else '-'}{rng.choice(background.surnames)}"


def street(rng: random.Random, *, abroad: bool) -> str:
    if abroad:
        return f"PSC {rng.randrange(1, 900)} Box {rng.randrange(1, 9000)}"
    apartment = f" Apt {rng.randrange(1, 60)}" if rng.random() < 0.2 else ""
    return f"{rng.randrange(1, 9900)} {rng.choice(STREETS)} {rng.choice(STREET_KINDS)}{apartment}"


def mail_address(rng: random.Random, first: str, last: str) -> str:
    local = f"{''.join(names.words(first))}.{''.join(names.words(last))}{rng.randrange(1, 1000)}"
    return f"{local}@example.{rng.choice(('org', 'com', 'net'))}"
