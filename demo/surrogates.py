"""What the demo's guardian asks of the desk: to act for her brother."""

from accounts.models import Account
from demo.people.person import Person
from idproofing.cases import Typed
from portal.family import surrogates
from portal.family.models import Surrogacy


def ask_to_act(account: Account, patient: Person) -> None:
    """Ask to act for this person, as the form of the portal does."""
    born, name = patient.born.isoformat(), patient.name
    typed = Typed(born, "", name.first, last_name=name.last, dod_id=patient.dod_id)
    surrogates.ask(account, typed, Surrogacy.Ground.GUARDIAN, Surrogacy.Showing.PERSON)
