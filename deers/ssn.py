"""Social Security numbers: which can exist, by the rules of the Social Security Administration.

A number is area (3 digits), group (2), serial (4). Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never
issued. The invented people of the mock registry have areas 900 to 999.
"""

import re

from core import typed

# Printed in advertisements, wallets and pamphlets, and for that reason never valid again (SSA history).
PRINTED = {
    "002281852",
    "042103580",
    "062360749",
    "078051120",
    "095073645",
    "128036045",
    "135016629",
    "141186941",
    "165167999",
    "165187999",
    "165207999",
    "165227999",
    "165247999",
    "189092294",
    "212097694",
    "212099999",
    "219099999",
    "306302348",
    "308125070",
    "457555462",
    "468288779",
    "549241889",
}
# Reserved for advertisements: 987-65-4320 to 987-65-4329.
PRINTED |= {f"98765{serial}" for serial in range(4320, 4330)}

MISSHAPEN = "A Social Security number has nine digits, such as 123-45-6789."
IMPOSSIBLE = "That Social Security number cannot exist. Please check it against your card."


def clean(text: str) -> str:
    """Return the nine digits of what a person typed, however they are grouped and whatever the keyboard.

    Return "" if that is not nine digits. This never raises.
    """
    return typed.clean_digits(text, 9)


def problem(digits: str, *, mock_serves: bool) -> str | None:
    """Return why no person can have the number `digits` (as clean() gives it), as a sentence. Return None if one can.

    With `mock_serves`, the mock registry answers, so areas 900 to 999 are its invented people's.
    """
    if not re.fullmatch(r"[0-9]{9}", digits):
        return MISSHAPEN
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    never_issued = area in ("000", "666") or group == "00" or serial == "0000" or digits in PRINTED
    if never_issued or (area >= "900" and not mock_serves):
        return IMPOSSIBLE
    return None


def masked_last_four(text: str) -> str:
    """Return the last four digits of a Social Security number that is typed as it is shown: ***-**-6789, xxx-xx-6789.

    Return "" for anything else.
    """
    plain = re.sub(r"[\s\u2010-\u2015-]+", "", typed.clean_typed(text[:100]))
    found = re.fullmatch(r"[*xX•#]{5}([0-9]{4})", plain)
    return found[1] if found else ""


def mask(last_four: str) -> str:
    """Return a Social Security number as it may be shown: ***-**-6789. Give it the last four digits, or all nine."""
    return f"***-**-{last_four[-4:]}"
