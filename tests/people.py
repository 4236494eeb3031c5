"""The invented people by name: `people.load("rosa")` puts her into the mocks, and returns her.

They are the demo's own people (demo/people/), so a test about June and the page about June agree.
"""

from deers.models import Person as Registered
from demo import population
from demo.people import PEOPLE
from demo.people.person import Person


def load(key: str, *, record: bool = False) -> Person:
    """Put one person (and the sponsor, if there is one) into the registry, with all facts for the quiz.

    `record=True` adds the health record, which most tests do not need. Accounts are left for the test to open.
    """
    person = PEOPLE[key]
    if person.kin:
        load(person.kin.sponsor, record=record)
    if not Registered.objects.filter(pk=person.dod_id).exists():
        population.load(person, record=record, account=False)
    return person


def load_all(*keys: str) -> list[Person]:
    """Several people at once, in the order given."""
    return [load(key) for key in keys]
