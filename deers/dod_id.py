"""DoD ID numbers (EDIPI): ten digits that are on an ID card and tell nothing about the person."""

import re
import unicodedata


def clean(text: str) -> str:
    """Return the ten digits of what a person typed. Dashes, spaces and full-width digits are accepted.

    Return "" if that is not ten digits. This never raises.
    """
    if len(text) == 10 and text.isascii() and text.isdecimal():  # millions of them in an import
        return text
    plain = re.sub(r"[\s\u00ad\u2010-\u2015\u2212-]+", "", unicodedata.normalize("NFKC", text[:100]))
    return plain if re.fullmatch(r"[0-9]{10}", plain) else ""
