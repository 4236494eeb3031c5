"""Personal numbers in what people write: masked before anything is stored, so that nobody has to be told to leave them.

Social Security numbers, DoD ID and benefits numbers, cards, and dates of birth that stand beside such a number or are
called one. In the digits of any script, however they are grouped, and with marks between them that nobody sees.
A phone number in groups and a ZIP code with its four extra digits stay. Ten digits in a row do not: nobody can tell a
phone number from a DoD ID number there.
"""

import re
from collections.abc import Iterator

from core.typed import plain_sign

GAP = r"[\s._/\-]{1,3}"
ONE_GAP = r"[ ._\-]"
# From the longest to the shortest, so that no part of a longer number is taken for one of its own.
CARD = re.compile(r"(?<!\d)\d(?:[ \-]?\d){12,18}(?!\d)")
NUMBER = re.compile(
    rf"(?<!\d)(?:(?P<long>\d{{11,}})"
    rf"|(?P<dod_id>\d{{10}}|\d{{5}}{GAP}\d{{5}}|\d{{4}}{GAP}\d{{3}}{GAP}\d{{3}})"
    rf"|(?P<benefits>\d{{9}}{GAP}\d{{2}})"
    rf"|(?P<ssn>\d{{9}}|\d{{3}}{GAP}\d{{2}}{GAP}\d{{4}}|\d{{3}}{GAP}\d{{3}}{GAP}\d{{3}}|\d(?:{ONE_GAP}\d){{8}}))(?!\d)"
)
WORDS = {
    "ssn": "[Social Security number hidden]",
    "dod_id": "[ten digits hidden]",
    "benefits": "[benefits number hidden]",
    "long": "[long number hidden]",
    "card": "[card number hidden]",
    "born": "[date hidden]",
}
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATE = (
    r"(?:\d{4}[./\- ]\d{1,2}[./\- ]\d{1,2}|\d{1,2}[./\- ]\d{1,2}[./\- ](?:\d{4}|\d{2})"
    rf"|{MONTH} ?\d{{1,2}}(?:st|nd|rd|th)?,? ?\d{{2,4}}|\d{{1,2}}(?:st|nd|rd|th)? ?{MONTH},? ?\d{{2,4}}|\d{{8}})"
)
ANY_DATE = re.compile(rf"(?<!\w)(?P<born>{DATE})(?!\w)", re.IGNORECASE)
CALLED_BIRTH = re.compile(
    r"\b(?:born|birth ?da(?:y|te)|date of birth|d\.?o\.?b\b\.?)[\s:=,;]*(?:is|was|on|of)?[\s:=,;]*"
    rf"(?P<born>{DATE})(?!\w)",
    re.IGNORECASE,
)
Span = tuple[int, int, str]


def mask_numbers(text: str) -> str:
    """Return `text` with words in place of every personal number."""
    plain, places = flattened(text)
    spans = sorted(spans_in(plain), reverse=True)
    for begin, end, kind in spans:
        text = text[: places[begin]] + WORDS[kind] + text[places[end - 1] + 1 :]
    return text


def flattened(text: str) -> tuple[str, list[int]]:
    """Return the text as a plain keyboard would have typed it, and where in `text` each of its characters stands."""
    signs = [(sign, place) for place, one in enumerate(text) for sign in plain_sign(one)]
    return "".join(sign for sign, _ in signs), [place for _, place in signs]


def spans_in(plain: str) -> list[Span]:
    """Return where personal numbers begin and end, and of which kind they are. None overlaps another."""
    found: list[Span] = []
    for span in (*cards(plain), *matches(NUMBER, plain), *matches(CALLED_BIRTH, plain)):
        if is_free(span, found):
            found.append(span)
    if any(kind != "born" for _, _, kind in found):
        found += [span for span in matches(ANY_DATE, plain) if is_free(span, found)]
    return found


def is_free(span: Span, found: list[Span]) -> bool:
    return all(span[1] <= begin or end <= span[0] for begin, end, _ in found)


def cards(plain: str) -> Iterator[Span]:
    for found in CARD.finditer(plain):
        if has_check_digit([int(sign) for sign in found[0] if sign.isdecimal()]):
            yield found.start(), found.end(), "card"


def has_check_digit(digits: list[int]) -> bool:
    """Return whether the last digit is right for a card: ISO/IEC 7812-1, annex B."""
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def matches(pattern: re.Pattern[str], plain: str) -> Iterator[Span]:
    for found in pattern.finditer(plain):
        kind = found.lastgroup or ""
        yield found.start(kind), found.end(kind), kind
