"""What a caller says, compared with what DEERS and the account have. The agent never sees the latter, nor what fits.

Nobody learns details by asking: the answer is that enough fits, or not enough. Strangers who call in somebody's name
shut nobody out: after some calls that did not fit, everything that is said has to fit.
"""

from dataclasses import dataclass
from datetime import date

from accounts.models import Account, State
from core import policy
from core.phones import searched_phone
from deers import lookup, names
from deers.registry import Beneficiary
from safeguards import audit, limits
from support.pins import TryLater


@dataclass(frozen=True)
class Said:
    """What a caller says. Only the name and the date of birth are always asked."""

    first_name: str
    last_name: str
    born: date
    dod_id: str = ""
    last_four: str = ""
    postal_code: str = ""
    email: str = ""
    phone: str = ""
    username: str = ""


@dataclass(frozen=True)
class Fits:
    """Enough fits one person, with an account or without."""

    account: Account | None
    dod_id: str


@dataclass(frozen=True)
class NotEnough:
    """Not enough fits, or there is nobody like that."""


@dataclass(frozen=True)
class Silent:
    """DEERS does not answer, so nothing could be compared and nothing was counted."""


# People of one name, or with one end of a Social Security number, among whom the one who calls is looked for: own. Of
# ten million people a thousand share an end.
NAMESAKES = 2_000
Compared = Fits | NotEnough | Silent | TryLater


def compare(said: Said, *, by: Account) -> Compared:
    """Return whether enough fits. What does not fit is counted, for the agent and for the person who was meant."""
    if wait := limits.hit(policy.CALLER_NOT_FITTING, str(by.pk)):
        return TryLater(wait)
    meant = people_meant(said)
    if not meant and not lookup.answers():
        limits.take_back(policy.CALLER_NOT_FITTING, str(by.pk))
        return Silent()
    found = [(person, account_of(person)) for person in meant]
    fitting = [(person, account) for person, account in found if enough_fits(said, person, account)]
    if len(fitting) != 1:
        for person, account in found:
            note_failure(person, account, by)
        if not found:
            audit.record("support.caller-not-fitting", by=by)
        return NotEnough()
    limits.take_back(policy.CALLER_NOT_FITTING, str(by.pk))
    person, account = fitting[0]
    audit.record("support.caller-fitting", by=by, account_id=account.pk if account else None, dod_id=person.dod_id)
    return Fits(account, person.dod_id)


def people_meant(said: Said) -> list[Beneficiary]:
    """Return the people of this name and date of birth. Twins and namesakes are all of them."""
    found = lookup.search(f"{said.last_name}, {said.first_name}", most=NAMESAKES)
    by_number = lookup.person(said.dod_id) if said.dod_id else None
    every = {person.dod_id: person for person in (*found, *([by_number] if by_number else []))}
    return [one for one in every.values() if one.date_of_birth == said.born and has_name(said, one)]


def has_name(said: Said, person: Beneficiary) -> bool:
    """Return whether first and last name are the person's, whatever case, accents and punctuation."""
    return all(
        names.words(typed) == names.words(of_record)
        for typed, of_record in ((said.first_name, person.first_name), (said.last_name, person.last_name))
    )


def account_of(person: Beneficiary) -> Account | None:
    return Account.objects.filter(dod_id=person.dod_id).exclude(state=State.CLOSED).first()


def enough_fits(said: Said, person: Beneficiary, account: Account | None) -> bool:
    """Return whether so many details are right, and so few wrong, as policy asks."""
    judged = details_judged(said, person, account)
    right, wrong = judged.count(True), judged.count(False)
    if limits.full([(policy.CALLER_NOT_FITTING_OF_PERSON, person.dod_id)]):
        return right >= policy.CALLER_DETAILS_STRICT and not wrong
    return right >= policy.CALLER_DETAILS and wrong <= policy.CALLER_DETAILS_WRONG


def details_judged(said: Said, person: Beneficiary, account: Account | None) -> list[bool]:
    """Return for each detail that was said whether it is right."""
    emails = {person.email.lower(), account.email.lower() if account else ""} - {""}
    phones = {searched_phone(person.phone), searched_phone(account.phone) if account else ""} - {""}
    judged = [
        (said.dod_id, lambda: said.dod_id == person.dod_id),
        (
            said.last_four,
            lambda: any(one.dod_id == person.dod_id for one in lookup.search(said.last_four, most=NAMESAKES)),
        ),
        (said.postal_code, lambda: said.postal_code[:5] == person.postal_code.strip()[:5]),
        (said.email, lambda: said.email.lower() in emails),
        (said.phone, lambda: searched_phone(said.phone) in phones),
        (said.username, lambda: account is not None and said.username.lower() == account.username.lower()),
    ]
    return [is_right() for text, is_right in judged if text]


def note_failure(person: Beneficiary, account: Account | None, by: Account) -> None:
    """Count a comparison that did not fit for the person who was meant, and put it on their trail."""
    limits.hit(policy.CALLER_NOT_FITTING_OF_PERSON, person.dod_id, account_id=account.pk if account else None)
    audit.record("support.caller-not-fitting", by=by, account_id=account.pk if account else None, dod_id=person.dod_id)
