"""Filters that put the rows of a health record into words."""

from typing import Any

from django import template

from portal import codes
from portal.record import moments, words
from portal.record.models import Projected, Result

register = template.Library()


@register.filter
def when(row: Projected, own: str = "") -> str:
    """Return when it was, as it was said, with the time if there is one, and beside it that of the `own` zone."""
    return moments.show(row.said, row.zone, own) or "Date not recorded"


@register.filter
def day(row: Projected) -> str:
    """Return the day, month or year of a row, as it was said."""
    return moments.show_day(row.said, row.zone) or "Date not recorded"


@register.filter
def moment(said: str) -> str:
    """Return any other date of a row, as it was said."""
    return moments.show(said)


@register.filter
def meaning(row: Any) -> str:
    """Return the code of a row in everyday words, or "" if we have none."""
    return codes.MEANINGS.get((row.code_system, row.code), "")


@register.filter
def status(row: Projected, of: str = "") -> str:
    """Return the status of a row in words, or "" where it says only what one expects."""
    return "" if words.is_plain(row.status) else words.status(row.status, of)


@register.filter
def number(row: Result) -> str:
    """Return the value of a result with its digits as written, in words if it is no number, or why there is none."""
    if row.value_said:
        return f"{words.COMPARATORS[row.comparator]} {row.value_said}" if row.comparator else row.value_said
    return row.text or row.absent or "No value recorded"


@register.filter
def unit(row: Result) -> str:
    """Return the unit of a result as people read it."""
    return words.unit(row.unit, row.unit_said) if row.value_said else ""


@register.filter
def verdict(row: Result) -> str:
    """Return what a laboratory or a range says of a result. What nobody judged is no good news and no bad.

    It is "" for an answer in words: only a number can have a range.
    """
    if row.verdict == Result.Verdict.NONE and not row.value_said:
        return words.interpretation(row.interpretation)
    return words.interpretation(row.interpretation) or words.verdict(row.verdict)


@register.filter
def short_verdict(row: Result) -> str:
    """Return the same in a word or two, for places with little room."""
    return words.short_interpretation(row.interpretation) or ("unusual" if row.verdict == "unusual" else "")


@register.filter
def usual(row: Result) -> str:
    """Return the reference range as people say it: "70 to 99", "200 or less", "40 or more"."""
    if row.low is not None and row.high is not None:
        return f"{row.low:f} to {row.high:f}"
    if row.high is not None:
        return f"{row.high:f} or less"
    return f"{row.low:f} or more" if row.low is not None else row.range_said


@register.filter
def said_status(row: Projected, of: str = "") -> str:
    """Return the status of a row in words, whatever it is."""
    return words.status(row.status, of) or "Status not recorded"


@register.filter
def type_words(type_: str) -> str:
    """Return what a resource of this type is, in words."""
    return words.type_of(type_)


@register.filter
def status_code(code: str) -> str:
    """Return any status in words."""
    return words.status(code)
