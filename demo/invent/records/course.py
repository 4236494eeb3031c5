"""What happened to an invented person over the years: vaccines, allergies, conditions, prescriptions, procedures."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from demo.invent.records.life import Life
from portal.codes import ALLERGIES, CONDITIONS, FLU, MEDICATIONS, PROCEDURES, VACCINES, Concept
from portal.models import Allergy, Condition, Immunization, Medication, Procedure, Resource

# The present doctor found the conditions of at most this many years ago.
KNOWN_YEARS = 8
LOTS = "ABCDEFGHJKLMNPRSTUVWXYZ"

# Days after birth, CVX code and dose: the CDC's childhood schedule, with one line for each vaccine of a visit.
CHILDHOOD = (
    (1, "08", "1 of 3"),
    (61, "20", "1 of 5"),
    (61, "10", "1 of 4"),
    (62, "08", "2 of 3"),
    (122, "20", "2 of 5"),
    (122, "10", "2 of 4"),
    (183, "20", "3 of 5"),
    (183, "08", "3 of 3"),
    (270, "10", "3 of 4"),
    (370, "03", "1 of 2"),
    (370, "21", "1 of 2"),
    (380, "83", "1 of 2"),
    (480, "20", "4 of 5"),
    (570, "83", "2 of 2"),
    (1_500, "20", "5 of 5"),
    (1_500, "10", "4 of 4"),
    (1_500, "03", "2 of 2"),
    (1_500, "21", "2 of 2"),
    (4_050, "115", "1 of 1"),
    (4_050, "114", "1 of 2"),
    (4_060, "165", "1 of 2"),
    (4_250, "165", "2 of 2"),
    (5_900, "114", "2 of 2"),
)

# The first full year in which each was available in the United States. The others are older than any record here.
LICENSED = {
    "03": 1972,
    "08": 1987,
    "20": 1992,
    "21": 1996,
    "33": 1984,
    "43": 1982,
    "52": 1996,
    "83": 1996,
    "101": 1995,
    "114": 2006,
    "115": 2006,
    "135": 2010,
    "165": 2015,
    "187": 2018,
}


class Course(NamedTuple):
    """A lasting condition: its code, the earliest age at which it shows, and what is taken for it."""

    condition: str
    from_age: int
    medications: tuple[tuple[str, str], ...] = ()


COURSES = {
    "hypertension": Course("59621000", 34, (("314076", "Take 1 tablet by mouth once a day"),)),
    "diabetes": Course("44054006", 40, (("861007", "Take 1 tablet by mouth twice a day with meals"),)),
    "lipids": Course("55822004", 38, (("617310", "Take 1 tablet by mouth once a day in the evening"),)),
    "knee": Course("239873007", 44, (("313782", "Take 2 tablets by mouth every 6 hours when needed for pain"),)),
    "back": Course("278860009", 22, (("197806", "Take 1 tablet by mouth with food when needed for pain"),)),
    "reflux": Course("235595009", 30, (("198051", "Take 1 capsule by mouth before breakfast"),)),
    "hearing": Course("60862001", 24),
    "sleep": Course("78275009", 32),
    "asthma": Course("195967001", 6, (("745679", "Breathe in 2 puffs when needed for wheezing"),)),
    "rhinitis": Course("446096008", 5, (("311372", "Take 1 tablet by mouth once a day when needed"),)),
    "migraine": Course("37796009", 16, (("197806", "Take 1 tablet by mouth with food when a headache starts"),)),
    "rhythm": Course("49436004", 58, (("855332", "Take 1 tablet by mouth once a day at the same time"),)),
    "cataract": Course("193570009", 63),
}
PASSING = (("10509002", 21), ("195662009", 9), ("43878008", 12), ("65363002", 14), ("44465007", 35))
ALLERGY_KINDS = (
    ("91936005", "medication", "Hives", "moderate", "high"),
    ("91939003", "medication", "Skin rash", "mild", "low"),
    ("91935009", "food", "Swelling of the lips", "severe", "high"),
    ("300916003", "environment", "Skin rash", "mild", "low"),
    ("424213003", "environment", "Swelling and trouble breathing", "severe", "high"),
    ("418689008", "environment", "Sneezing and itchy eyes", "mild", "low"),
    ("232347008", "environment", "Sneezing", "mild", "low"),
)


def coded(concept: Concept) -> dict[str, str]:
    """Return the code fields of a resource."""
    return {"code_system": concept.code_system, "code": concept.code, "display": concept.display}


def immunizations(person: Life) -> Iterator[Resource]:
    """Yield vaccines by schedule: for children, for adults in the services, for older people, and flu shots."""
    for day, cvx, dose in given(person):
        if person.born < day <= person.today and day.year >= LICENSED.get(cvx, 0):
            yield Immunization(
                id=person.new("immunization"),
                patient=person.dod_id,
                status="completed",
                occurrence=day,
                dose=f"Dose {dose}" if dose[:1].isdigit() else dose,
                site=person.rng.choice(("Left upper arm", "Right upper arm")),
                lot_number=f"{person.rng.choice(LOTS)}{person.rng.choice(LOTS)}{person.rng.randint(1000, 9999)}",
                location=person.clinic.name,
                **coded(VACCINES[cvx]),
            )


def given(person: Life) -> Iterator[tuple[date, str, str]]:
    """Yield the day, CVX code and dose of each vaccine. The caller leaves out days after the record's end."""
    rng = person.rng
    if person.born.year >= 1985:
        yield from ((person.born + timedelta(days=day), cvx, dose) for day, cvx, dose in CHILDHOOD)
    if person.age >= 18:
        yield person.birthday(18, 40), "43", "Booster"
        yield person.birthday(18, 45), "52", "1 of 2"
        yield person.birthday(19, 10), "101", ""
    for age in range(28, person.age + 1, 10):
        day = person.birthday(age, rng.randint(10, 300))
        yield day, "115" if age == 28 and day.year >= LICENSED["115"] else "113", "Booster"
    for year in range(person.today.year - 4, person.today.year + 1):
        if rng.random() < (0.85 if person.age >= 60 else 0.6):
            old = year - person.born.year >= 66
            yield date(year, 10, rng.randint(1, 28)), FLU[0] if old else FLU[1], "Yearly"
    if person.age >= 17:
        first = date(2021, rng.randint(2, 5), rng.randint(1, 28))
        maker = rng.choice(("207", "208"))
        yield first, maker, "1 of 2"
        yield first + timedelta(days=28), maker, "2 of 2"
        yield date(2023, 10, rng.randint(1, 28)), "309", "Booster"
    if person.age >= 51 and person.birthday(50).year >= 2018:
        yield person.birthday(50, 100), "187", "1 of 2"
        yield person.birthday(50, 190), "187", "2 of 2"
    elif person.age >= 58:
        yield date(2019, 4, rng.randint(1, 28)), "187", "1 of 2"
        yield date(2019, 8, rng.randint(1, 28)), "187", "2 of 2"
    if person.age >= 66:
        yield person.birthday(65, 60), "33", "1 of 1"


def allergies(person: Life) -> Iterator[Resource]:
    """Yield no allergies for most people, and one or two for others. Hay fever comes with its own allergy."""
    kinds = [kind for kind in ALLERGY_KINDS if person.rng.random() < 0.07]
    if "rhinitis" in person.troubles and not kinds:
        kinds = [ALLERGY_KINDS[5]]
    for snomed, category, reaction, severity, criticality in kinds[:2]:
        yield Allergy(
            id=person.new("allergy"),
            patient=person.dod_id,
            status="active",
            category=category,
            criticality=criticality,
            reaction=reaction,
            severity=severity,
            recorded=past_day(person, years=min(12, max(person.age - 1, 0))),
            **coded(ALLERGIES[snomed]),
        )


def conditions(person: Life) -> Iterator[Resource]:
    """Yield the lasting conditions of this life, and one or two that passed."""
    for trouble in sorted(person.troubles):
        course = COURSES[trouble]
        yield _condition(person, CONDITIONS[course.condition], onset(person, course))
    for snomed, days in PASSING:
        if person.age >= 2 and person.rng.random() < 0.3:
            began = past_day(person, years=min(6, person.age))
            ended = min(began + timedelta(days=days), person.today)
            yield _condition(person, CONDITIONS[snomed], began, ended)


def _condition(person: Life, concept: Concept, onset: date, abatement: date | None = None) -> Condition:
    return Condition(
        id=person.new("condition"),
        patient=person.dod_id,
        status="resolved" if abatement else "active",
        onset=onset,
        abatement=abatement,
        asserter=person.clinic.doctor if onset > person.today - timedelta(days=365 * KNOWN_YEARS) else "",
        **coded(concept),
    )


def medications(person: Life) -> Iterator[Resource]:
    """Yield the treatment of each lasting condition, last filled within three months.

    Sometimes there is a completed prescription too.
    """
    for trouble in sorted(person.troubles):
        course = COURSES[trouble]
        for rxnorm, sig in course.medications:
            began = max(onset(person, course), person.today - timedelta(days=person.rng.randint(90, 330)))
            filled = max(began, person.today - timedelta(days=person.rng.randint(5, 88)))
            reason = CONDITIONS[course.condition].display
            twice = "twice" in sig
            yield _medication(person, rxnorm, sig, reason, began, filled, days=90, quantity=180 if twice else 90)
    if person.age >= 3 and person.rng.random() < 0.25:
        began = past_day(person, years=2)
        sig = "Take 1 tablet by mouth every 8 hours until all are gone"
        yield _medication(person, "308192", sig, "Infection", began, began, days=10, quantity=30)


def _medication(
    person: Life, rxnorm: str, sig: str, reason: str, began: date, filled: date, *, days: int, quantity: int
) -> Medication:
    lasting = days > 30
    return Medication(
        id=person.new("medication"),
        patient=person.dod_id,
        status="active" if lasting else "completed",
        authored_on=began,
        sig=sig,
        reason=reason,
        quantity=quantity,
        days_supply=days,
        refills_left=person.rng.randint(0, 3) if lasting else 0,
        last_filled=filled,
        prescriber=person.clinic.doctor,
        pharmacy=person.clinic.pharmacy,
        pharmacy_phone=person.clinic.phone,
        **coded(MEDICATIONS[rxnorm]),
    )


def procedures(person: Life) -> Iterator[Resource]:
    """Yield screenings that are due at an age, and procedures that follow from the conditions."""
    for snomed, day, reason, note in done(person):
        if person.born < day <= person.today:
            yield Procedure(
                id=person.new("procedure"),
                patient=person.dod_id,
                status="completed",
                performed=day,
                performer=person.clinic.doctor,
                location=person.clinic.name,
                reason=reason,
                note=note,
                **coded(PROCEDURES[snomed]),
            )


def done(person: Life) -> Iterator[tuple[str, date, str, str]]:
    """Yield the SNOMED code, day, reason and outcome of each procedure."""
    rng, has = person.rng, person.troubles.__contains__
    if person.age >= 47:
        day = max(person.birthday(46), past_day(person, years=6))
        yield "73761001", day, "Screening", "No polyps were found. The next one is due in ten years."
    if person.sex == "F" and person.age >= 42:
        yield "71651007", past_day(person, years=2), "Screening", "Nothing unusual was seen."
    if person.sex == "F" and person.age >= 66:
        yield "312681000", past_day(person, years=3), "Screening", "Bone density is usual for the age."
    if has("cataract") and person.age >= 70:
        yield "54885007", past_day(person, years=4), "Cataract", "The new lens sits well. Sight has improved."
    if has("knee") and person.age >= 68 and rng.random() < 0.5:
        yield "609588000", past_day(person, years=5), "Osteoarthritis of knee", "Walking unaided after six weeks."
    if has("asthma"):
        yield "23426006", past_day(person, years=2), "Asthma", "Mild narrowing that improved after the inhaler."
    if 17 <= person.age <= 45 and rng.random() < 0.4:
        yield "19490002", past_day(person, years=3), "Sprain of ankle", "No broken bone was seen."
    if person.age < 17 and rng.random() < 0.2:
        yield "288086009", past_day(person, years=2), "Cut on the hand", "Three stitches, removed after ten days."


def onset(person: Life, course: Course) -> date:
    """Return the day on which a lasting condition was found.

    That is at its usual age, but at least a year ago, or recently in young people.
    """
    found = person.birthday(min(course.from_age, max(person.age - 1, 0)), 120)
    return min(found, person.today)


def past_day(person: Life, *, years: int) -> date:
    """Return a day in the last `years` years that is not before birth."""
    back = person.rng.randint(20, max(21, 365 * years - 5))
    return max(person.today - timedelta(days=back), person.born)
