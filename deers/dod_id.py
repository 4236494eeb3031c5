"""DoD ID numbers (EDIPI): ten digits that stand on an ID card and tell nothing about the person."""

import re
import unicodedata


def clean(text: str) -> str:
    """The ten digits of what a person typed; dashes, blanks and full-width digits are forgiven.

    Anything that is not ten digits then comes back as "" (never raises).
    """
    if len(text) == 10 and text.isascii() and text.isdecimal():  # millions of them in an import
        return text
    plain = re.sub(r"[\s\u00ad\u2010-\u2015\u2212-]+", "", unicodedata.normalize("NFKC", text[:100]))
    return plain if re.fullmatch(r"[0-9]{10}", plain) else ""
