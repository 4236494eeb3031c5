"""Phone numbers as staff search them: by their last ten digits, however they are written."""

import re

from django.db.models import Func, TextField

from core.typed import clean_typed

# A number of the United States has ten digits with its area code. Elsewhere the last ten tell as much.
DIGITS_COMPARED = 10
LIKE_A_PHONE = re.compile(r"\+?[\s0-9().\-/\u00a0\u2010-\u2015]{10,25}")


class PhoneDigits(Func):
    """The last ten digits of a column with a phone number, in SQL.

    The pattern is part of the SQL and no parameter, so that an index on the same expression is found.
    """

    template = f"right(regexp_replace(%(expressions)s, '[^0-9]', '', 'g'), {DIGITS_COMPARED})"
    arity = 1
    output_field = TextField()


def searched_phone(text: str) -> str:
    """Return the last ten digits of what somebody typed as a phone number, or "" if it is none."""
    plain = clean_typed(text[:100])
    digits = re.sub(r"[^0-9]", "", plain)
    if not LIKE_A_PHONE.fullmatch(plain) or not DIGITS_COMPARED <= len(digits) <= 15:
        return ""
    return digits[-DIGITS_COMPARED:]


def plain_phone(typed: str) -> str:
    """Return a phone number as staff dial it: without what nobody sees, and with one space where there were several."""
    return clean_typed(typed[:100])
