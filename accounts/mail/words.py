"""Words that go into mails."""

from accounts.models import Draft
from deers import names


def greet(draft: Draft) -> str:
    """How a mail greets the person. Of what was typed only the letters of two words.

    In brackets anything may stand, and any words after a first name may be middle names that DEERS does not have: our
    mail would carry them to whatever address was typed beside them.
    """
    account = getattr(draft, "account", None)
    return account.first_name if account else " ".join(names.letters_of(getattr(draft, "first_name", "")).split()[:2])
