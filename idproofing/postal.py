"""The address on a letter: the lines in the window of the envelope, and how far the mail has to go."""

import unicodedata

from core.countries import countries
from deers.registry import Beneficiary
from idproofing.models import ActivationCode

Delivery = ActivationCode.Delivery

# The 48 contiguous states and the District of Columbia, by the Postal Service's letters. Everywhere else is far:
# Alaska, Hawaii, Puerto Rico and the other territories, the military post offices (AA, AE, AP), and all other
# countries.
CONTIGUOUS = (
    "AL AR AZ CA CO CT DC DE FL GA IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA "
    "RI SC SD TN TX UT VA VT WA WI WV WY"
)
# Countries by ISO 3166 that the Postal Service of the United States serves like states.
TERRITORIES = ("AS", "GU", "MP", "PR", "VI")


def lines(person: Beneficiary) -> list[str] | None:
    """Return the name and the address of record as they are written on a letter.

    Return None if no letter would arrive. Then something is missing, or is in a script that the printer's fonts do not
    have.
    """
    country = person.country or "US"
    parts = [person.full_name, person.street, person.city]
    if country == "US" or country in TERRITORIES:
        state = person.state or (country if country in TERRITORIES else "")
        written = [person.full_name, person.street, f"{person.city}, {state} {person.postal_code}"]
        parts += [state, person.postal_code]
    else:
        town = " ".join(part for part in (person.postal_code, person.city, person.state) if part)
        parts.append(countries().get(country, ""))
        written = [person.full_name, person.street, town, parts[-1].upper()]
    written = [plain(line) for line in written]
    return written if all(map(plain, parts)) and all(map(printable, written)) else None


def delivery(person: Beneficiary) -> Delivery:
    """Return how the code in a letter to this person is delivered.

    A letter that has to go far may take longer, so its code lives longer.
    """
    near = person.country in ("", "US") and person.state.strip().upper() in CONTIGUOUS.split()
    return Delivery.LETTER if near else Delivery.LETTER_ABROAD


def plain(text: str) -> str:
    """Return one line without odd spaces, in the usual form of its characters."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def printable(line: str) -> bool:
    """Return whether our fonts have every character: Latin with all its marks, Greek and Cyrillic."""
    return all(c.isprintable() and (c < "\u0530" or "\u1e00" <= c < "\u2000" or "\u2010" <= c < "\u2028") for c in line)
