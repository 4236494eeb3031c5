"""The hand-made people, grouped by what they are there to try. Each one is invented and has a reason to exist."""

from demo.people import abroad, closed_doors, families, names, serving, staff, stopped, veterans
from demo.people.person import Person, Staff

GROUPS: dict[str, tuple[Person, ...]] = {
    "Those who have served": veterans.PEOPLE,
    "Families": families.PEOPLE,
    "Those who serve today": serving.PEOPLE,
    "Names that software gets wrong": names.PEOPLE,
    "Addresses around the world": abroad.PEOPLE,
    "When the questions cannot help": closed_doors.PEOPLE,
    "Those who got no further: look them up at the service center": stopped.PEOPLE,
}
PEOPLE: dict[str, Person] = {person.key: person for group in GROUPS.values() for person in group}
STAFF: tuple[Staff, ...] = staff.PEOPLE
