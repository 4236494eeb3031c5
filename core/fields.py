"""Form fields that every room shares: one-line text, email, phone, and a date in three boxes.

They accept what people usually write.
"""

import re
from calendar import month_name, monthrange
from collections.abc import Callable, Container, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils import timezone

from core import typed

MONTHS = [("", "Select"), *((str(number), month_name[number]) for number in range(1, 13))]
# Nobody who is alive was born earlier, and no record of ours begins earlier.
FIRST_YEAR = 1900

# The boxes of a date, in the order of the page.
PARTS = ("month", "day", "year")

F = TypeVar("F", bound=type[forms.Form])


class Shared(dict[str, forms.Field]):
    """Fields that a form uses without copying them.

    Django usually copies every field for every request, in case one is changed.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, forms.Field]:
        return dict(self)


def shared_fields(form: F) -> F:
    """Let all instances of a form class share its fields.

    Use it for a form on a page that everybody passes, if nobody changes its fields. Copying the fields costs as much as
    drawing them.
    """
    form.base_fields = Shared(form.base_fields)  # type: ignore[misc]
    return form


class MemorableDate(forms.MultiWidget):
    """A date in three inputs: month (a list), day and year.

    The inputs are named `<name>_month`, `<name>_day` and `<name>_year`. A single ISO date in `<name>` is read too.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = {"inputmode": "numeric"}
        super().__init__(
            {
                "month": forms.Select(choices=MONTHS),
                "day": forms.TextInput(attrs={**number, "maxlength": 2}),
                "year": forms.TextInput(attrs={**number, "maxlength": 4}),
            },
            attrs,
        )

    def decompress(self, value: date | None) -> list[str]:
        return [str(value.month), str(value.day), str(value.year)] if value else ["", "", ""]

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        """Return [month, day, year] as typed.

        A `<name>` that is not an ISO date is returned in place of the year.
        """
        parts = [str(data.get(f"{name}_{part}") or "").strip() for part in PARTS]
        whole = str(data.get(name) or "").strip()
        if any(parts) or not whole:
            return [_listed(parts[0]), *parts[1:]]
        iso = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", typed.clean_typed(whole))
        return [_listed(iso[2]), iso[3], iso[1]] if iso else ["", "", whole]


class HiddenNumberInput(forms.PasswordInput):
    """A number that nobody should read over a shoulder: masked, with a button that shows it.

    Like a password it is never sent back to the browser.
    """

    what = "number"


class DateField(forms.Field):
    """A date typed in three boxes.

    It cleans to a `date`, or to None if it is optional and empty. With `past`, a date after today is refused. With
    `autocomplete="bday"`, browsers fill in a birth date. The code of an error is the first part that is wrong: "month",
    "day" or "year".
    """

    widget = MemorableDate
    default_error_messages = {"required": "Enter the month, the day and the year."}

    def __init__(
        self,
        *,
        past: bool = False,
        autocomplete: str = "",
        today: Callable[[], date] = timezone.localdate,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.past = past
        self.today = today
        if autocomplete:
            self.widget.attrs["autocomplete"] = autocomplete

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, date):
            return value
        month, day, year = map(typed.clean_typed, value or ("", "", ""))
        if not (month or day or year):
            return None
        missing = [name for name, part in (("month", month), ("day", day), ("year", year)) if not part]
        if missing:
            raise ValidationError(f"Enter the {' and the '.join(missing)} too.", missing[0])
        return self.checked(_number(year, 4), _number(month, 2), _number(day, 2))

    def checked(self, year: int | None, month: int | None, day: int | None) -> date:
        """Return the date, or raise ValidationError with a sentence about the part that is wrong.

        None stands for a part that is not a number.
        """
        if year is None or year < FIRST_YEAR:
            raise ValidationError(f"Enter the year with four digits, {FIRST_YEAR} or later.", "year")
        if month is None or not 1 <= month <= 12:
            raise ValidationError("Choose a month from January to December.", "month")
        if day is None or not 1 <= day <= 31:
            raise ValidationError("Enter the day as a number from 1 to 31.", "day")
        last = monthrange(year, month)[1]
        if day > last:
            raise ValidationError(f"{month_name[month]} {year} has only {last} days.", "day")
        meant = date(year, month, day)
        today = self.today()
        if self.past and meant > today:
            later = "year" if year > today.year else "month" if month > today.month else "day"
            raise ValidationError("Enter a date in the past. This one is in the future.", later)
        return meant


def _listed(month: str) -> str:
    """Return a month as it is in the list of months: "6" for "06"."""
    return month.removeprefix("0") or month


def _number(text: str, most: int) -> int | None:
    """Return the number that 1 to `most` ASCII digits say, or None.

    int() alone would also accept the digits of other scripts.
    """
    return int(text) if re.fullmatch(rf"[0-9]{{1,{most}}}", text) else None


class PlainText(forms.CharField):
    """Text as typed, with one kind of line end, and without marks that turn the order of its letters around.

    A new line then counts as one character, both here and in the browser. Scripts that run from right to left need
    marks and isolates, which stay. With an override, "take 01" stands there for others as "take 10".
    """

    def to_python(self, value: object) -> str:
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\x00", "\N{REPLACEMENT CHARACTER}")
        return text.translate(OVERRIDES)


# LRE, RLE, PDF, LRO and RLO, of which Unicode says itself to use isolates in their place (UAX #9, 2.7).
OVERRIDES = dict.fromkeys(range(0x202A, 0x202F))


class SeenField(forms.Field):
    """Which save a form shows, in a hidden field, so that nobody overwrites what they have not seen.

    Its value is `save_shown` of the time of that save. Any other value is that of no save.
    """

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)


def save_shown(changed_at: datetime | None) -> str:
    """Return what a SeenField says of the save of that time, or of nothing saved."""
    return changed_at.isoformat() if changed_at else ""


class TypedField(forms.CharField):
    """A one-line text for a number, a code or an address. It cleans to what a plain keyboard would have typed."""

    def to_python(self, value: Any) -> str:
        return typed.clean_typed(super().to_python(value) or "")


class CodeField(TypedField):
    """A code of a known number of letters and digits, however they are grouped.

    `lengths` are the lengths that a code may have, and `has` is the sentence that says so. A code of another length can
    only be a slip, so it is refused here, before anything judges it and counts a try.
    """

    def __init__(self, *, lengths: Container[int], has: str, **options: Any) -> None:
        super().__init__(**options)
        self.lengths, self.has = lengths, has

    def clean(self, value: Any) -> str:
        code = super().clean(value)
        count = sum(map(str.isalnum, code))
        if code and count not in self.lengths:
            raise ValidationError(f"{self.has} You entered {count}.")
        return code


def text_field(
    label: str, *, autocomplete: str, most: int = 100, missing: str = "", is_name: bool = False
) -> forms.CharField:
    """Return a one-line text field that tells the browser what it holds.

    `missing` is the error for an empty field. Without it the field is optional. A name is kept as typed. `is_name` says
    that it is one where the browser is not to fill in its owner's.
    """
    return (forms.CharField if is_name or "name" in autocomplete else TypedField)(
        label=label,
        max_length=most,
        required=bool(missing),
        error_messages={"required": missing, "max_length": f"{label}: use at most {most} characters."},
        widget=forms.TextInput({"autocomplete": autocomplete, "spellcheck": "false"}),
    )


class ReachableEmail(EmailValidator):
    """Accept an email address only at a domain that mail can reach.

    Django lets `localhost`, addresses such as [127.0.0.1] and domains that end in a number pass. No person is there,
    and mail to one of our own machines is a way to reach it.
    """

    def validate_domain_part(self, domain_part: str) -> bool:
        last = domain_part.rpartition(".")[2]
        named = not domain_part.startswith("[") and any(char.isalpha() for char in last)
        return named and super().validate_domain_part(domain_part)


class EmailField(TypedField, forms.EmailField):
    """An email address without invisible marks, at a domain that mail can reach."""

    default_validators = [ReachableEmail(allowlist=[])]


def email_field(
    label: str = "Email address", *, missing: str = "Enter your email address.", required: bool = True
) -> forms.EmailField:
    """Return the field for an email address. `missing` is the error for an empty one."""
    return EmailField(
        label=label,
        max_length=254,
        required=required,
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "required": missing,
            "invalid": "Enter an email address in the form name@example.com.",
            "max_length": f"{label}: use at most 254 characters.",
        },
    )


class PhoneField(TypedField):
    """A phone number in any usual notation, with an extension or of the DSN. It may be empty. The notation is kept."""

    def __init__(self) -> None:
        super().__init__(
            label="Phone number",
            max_length=32,
            required=False,
            widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
            error_messages={"max_length": "Phone number: use at most 32 characters."},
        )

    def clean(self, value: Any) -> str:
        given = super().clean(value)
        number = typed.DSN.sub("", typed.EXTENSION.sub("", given))
        if not re.fullmatch(r"[0-9+(). /-]*", number):
            raise ValidationError(
                "Use only digits, spaces and + ( ) . / - in the phone number. Write an extension as “ext. 12” at its "
                "end, and “DSN” before a DSN number."
            )
        if given and sum(char.isdigit() for char in number) < FEWEST_DIGITS:
            raise ValidationError("Enter the whole phone number, with its area code.")
        return given


# No number with its area code or country code has fewer digits, and a DSN number has seven.
FEWEST_DIGITS = 7
