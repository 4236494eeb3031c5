"""The one clean-up for numbers, codes, phone numbers and addresses that people type or paste, whatever their keyboard.

What is copied from a PDF, a chat or a phone brings marks that nobody sees: zero-width spaces, direction marks, soft
hyphens, no-break spaces. Keyboards of other scripts have digits, wide letters and dashes of their own. Every form field
for such a value cleans with these functions, so that what looks the same is the same. Names have rules of their own
(deers/names.py), and so have passwords (accounts/passwords/hashing.py).
"""

import re
import unicodedata

# No field is longer. A text beyond that is refused by its field, and cleaning it would be work for nothing.
LONGEST = 1000
# Signs that are dashes by their look, though not by their category in Unicode: minus signs and a bullet of hyphens.
DASHES = "\u2212\u2043\u02d7"
SPACES = re.compile(r"\s+")
SEPARATORS = re.compile(r"[\s.\-_]+")
EXTENSION = re.compile(r"(?:\bext(?:ension)?\b\.?|x|#)[ .:]*([0-9]{1,8})\Z", re.IGNORECASE)
DSN = re.compile(r"\A(?:DSN\b|\(DSN\))[ .:]*", re.IGNORECASE)


def clean_typed(text: str, *, longest: int = LONGEST) -> str:
    """Return `text` as a plain keyboard would have typed it: ASCII digits and dashes, single spaces, nothing invisible.

    Wide and narrow letters become the usual ones, and letters keep their case. A raised 2 is no digit, and neither is a
    circled one. A text of more than `longest` characters stays as it is.
    """
    if len(text) > longest or (text.isascii() and text.isalnum()):
        return text
    plain = "".join(map(plain_sign, text))
    return SPACES.sub(" ", unicodedata.normalize("NFC", plain)).strip()


def plain_sign(sign: str) -> str:
    """Return one character as a plain keyboard has it: any script's digit as ASCII, any dash as "-".

    Soft hyphens, zero-width signs and direction marks are of category Cf. Variation selectors only say how to draw a
    sign. Nothing is left of either.
    """
    if sign.isascii():
        return sign
    if is_selector(sign) or unicodedata.category(sign) == "Cf":
        return ""
    if unicodedata.decomposition(sign).startswith(("<wide>", "<narrow>")):
        sign = unicodedata.normalize("NFKC", sign)
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if sign.isspace():
        return " "
    return "-" if sign in DASHES or unicodedata.category(sign) == "Pd" else sign


def is_selector(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f"


def strip_blanks(text: str) -> str:
    """Return `text` without the blanks and invisible marks around it. What is between stays as it is."""
    blank = [c.isspace() or unicodedata.category(c) == "Cf" for c in text]
    if all(blank):
        return ""
    return text[blank.index(False) : len(text) - blank[::-1].index(False)]


def clean_joined(text: str) -> str:
    """Return what was typed, cleaned and without the spaces, dots, dashes and underscores that group it."""
    return SEPARATORS.sub("", clean_typed(text))


def clean_digits(text: str, count: int) -> str:
    """Return the `count` digits that were typed, however they are grouped, or "" if that is not what was typed."""
    if len(text) == count and text.isascii() and text.isdecimal():  # millions of them in an import
        return text
    joined = clean_joined(text[:LONGEST])
    return joined if re.fullmatch(r"[0-9]+", joined) and len(joined) == count else ""


def phone_digits(text: str) -> str:
    """Return the digits of a phone number, without its extension."""
    return re.sub(r"[^0-9]", "", EXTENSION.sub("", clean_typed(text)))
