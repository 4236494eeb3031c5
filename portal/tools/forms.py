"""The forms of the health tools."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms

from core import policy
from core.fields import DateField
from core.typed import clean_typed
from portal.tools.measures import Doubt, Measure, Numbers, judge, with_unit
from portal.tools.models import OwnGoal, Tracker
from portal.tools.typed_values import Moment, read_moment, read_number

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class LineField(forms.CharField):
    """One line of a person's own words, without invisible marks."""

    def to_python(self, value: Any) -> str:
        return clean_typed((super().to_python(value) or "").replace("\x00", ""))


def line_field(label: str, most: int, missing: str = "") -> LineField:
    """Return a field for one line. `missing` is the error for an empty one; without it the field is optional."""
    return LineField(
        label=label,
        max_length=most,
        required=bool(missing),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": missing, "max_length": f"{label}: use at most {most} characters."},
    )


def number_field(label: str, *, required: bool = True) -> LineField:
    return LineField(
        label=label,
        max_length=40,
        required=required,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": "Enter a number."},
    )


def unit_field(measure: Measure) -> forms.ChoiceField:
    choices = [(unit.ucum, unit.words) for unit in measure.units]
    return forms.ChoiceField(
        label="Unit", choices=choices, required=False, error_messages={"invalid_choice": "Choose a unit from the list."}
    )


class ReadingForm(forms.Form):
    """One reading: `at` (empty means now), `number`, `second` where there are two, and a note.

    `numbers`, `ucum` and `moment` are what was typed, once the form is valid. `doubt` says what is odd about it.
    """

    number = number_field("")
    second = number_field("")
    unit = forms.ChoiceField(required=False)
    at = LineField(label="When", max_length=40, required=False, widget=forms.TextInput({"type": "datetime-local"}))
    note = line_field("Note", policy.READING_NOTE_MAX)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        measure: Measure,
        zone: str = "",
        now: datetime | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        if data is not None and measure.is_pair:
            data = with_pair(data)
        super().__init__(data, initial=dict(initial or {}), label_suffix="")
        self.measure, self.zone, self.now = measure, zone, now
        self.numbers: Numbers = ()
        self.ucum = measure.units[0].ucum
        self.doubt: Doubt | None = None
        self.moment: Moment
        for name, about in zip(("number", "second"), measure.numbers, strict=False):
            has_choice = len(measure.units) > 1
            self.fields[name].label = about.label if has_choice else measure.titled(about.label, self.ucum)
        if not measure.is_pair:
            del self.fields["second"]
        if len(measure.units) > 1:
            self.fields["unit"] = unit_field(measure)
        else:
            del self.fields["unit"]

    def clean(self) -> dict[str, Any]:
        """Read the numbers and the time, and judge them."""
        cleaned = self.cleaned_data
        self.ucum = cleaned.get("unit") or self.ucum
        assert self.now is not None, "only a form that was sent is cleaned"
        try:
            self.moment = read_moment(cleaned.get("at", ""), self.zone, self.now)
        except ValueError as error:
            self.add_error("at", str(error))
        names = ("number", "second")[: len(self.measure.numbers)]
        found = [self.read(name) for name in names]
        if None in found:
            return cleaned
        self.numbers = tuple(value for value in found if value is not None)
        self.doubt = judge(self.measure, self.numbers, self.ucum)
        if self.doubt and self.doubt.is_impossible:
            self.add_error(names[self.doubt.place], f"{self.doubt.sentence}{did_you_mean(self.measure, self.doubt)}")
            if self.doubt.also:
                place, sentence = self.doubt.also
                self.add_error(names[place], sentence)
        return cleaned

    def read(self, name: str) -> Decimal | None:
        """Return a number that was typed. If there is none, note why beside its field."""
        if name not in self.cleaned_data:
            return None
        try:
            return read_number(self.cleaned_data[name], is_whole=self.measure.is_whole)
        except ValueError as error:
            self.add_error(name, str(error))
            return None


def with_pair(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of a form in which "120/80" in the first box fills both."""
    first, slash, second = str(data.get("number", "")).partition("/")
    if not slash or str(data.get("second", "")).strip():
        return data
    changed = data.copy()  # type: ignore[attr-defined]
    changed["number"], changed["second"] = first, second
    return changed  # type: ignore[no-any-return]


def did_you_mean(measure: Measure, doubt: Doubt) -> str:
    """Return the question that follows what is wrong, or "" if there is no guess."""
    return f" Did you mean {written(measure, *doubt.instead)}?" if doubt.instead else ""


def written(measure: Measure, numbers: Numbers, ucum: str) -> str:
    """Return numbers with their unit: "120 over 80 mm Hg"."""
    return with_unit(" over ".join(f"{value:f}" for value in numbers), measure.unit(ucum).words)


class TrackerForm(forms.Form):
    """Something of a person's own to keep track of."""

    name = line_field(
        "What do you want to keep track of?", policy.TRACKER_NAME_MAX, "Enter a name, for example “Knee bend”."
    )
    unit = line_field("Unit", policy.TRACKER_UNIT_MAX)


class TargetForm(forms.Form):
    """Where a person wants a measure to be. Each bound may be left out; with none at all there is no target."""

    low = number_field("", required=False)
    high = number_field("", required=False)
    second_low = number_field("", required=False)
    second_high = number_field("", required=False)
    unit = forms.ChoiceField(required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        measure: Measure,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), label_suffix="")
        self.measure = measure
        for prefix, about in zip(("", "second_"), measure.numbers, strict=False):
            self.fields[f"{prefix}low"].label = f"{about.label}: at least"
            self.fields[f"{prefix}high"].label = f"{about.label}: at most"
        if not measure.is_pair:
            del self.fields["second_low"], self.fields["second_high"]
        if len(measure.units) > 1:
            self.fields["unit"] = unit_field(measure)
        else:
            del self.fields["unit"]

    @property
    def ucum(self) -> str:
        return self.cleaned_data.get("unit") or self.measure.units[0].ucum

    def clean(self) -> dict[str, Any]:
        """Read the bounds. The lower one must not be above the upper one, and both must be possible."""
        cleaned = self.cleaned_data
        for place, prefix in enumerate(("", "second_")[: len(self.measure.numbers)]):
            low, high = (self.read(f"{prefix}{end}", place) for end in ("low", "high"))
            if low is not None and high is not None and low > high:
                self.add_error(f"{prefix}high", "Enter a number that is not below the one before.")
        return cleaned

    def read(self, name: str, place: int) -> Decimal | None:
        """Put a bound in the place of what was typed, or None if nothing was."""
        typed = self.cleaned_data.get(name, "")
        self.cleaned_data[name] = None
        if not typed:
            return None
        try:
            value = read_number(typed, is_whole=self.measure.is_whole)
        except ValueError as error:
            self.add_error(name, str(error))
            return None
        possible, first = self.measure.numbers[place].possible, self.measure.units[0].ucum
        if not possible.holds(self.measure.changed(value, self.ucum, first)):
            self.add_error(name, "Nobody can measure this number. Enter another one.")
            return None
        self.cleaned_data[name] = value
        return value


class ReminderForm(forms.Form):
    """On which days and at what time a person wants to be reminded."""

    days = forms.TypedMultipleChoiceField(
        label="On which days?",
        coerce=int,
        choices=list(enumerate(DAYS)),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one day.",
            "invalid_choice": "Choose days from the list.",
        },
    )
    at = forms.TimeField(
        label="At what time?",
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I %p"],
        error_messages={"required": "Enter a time.", "invalid": "Enter a time, for example 7:30 AM."},
    )


class GoalForm(forms.Form):
    """A goal in words, and what its progress is measured by, if it is."""

    text = line_field("Your goal", policy.GOAL_TEXT_MAX, "Enter your goal, for example “Walk more”.")
    tracker = forms.ChoiceField(
        label="Measured by",
        required=False,
        error_messages={"invalid_choice": "Choose what measures it from the list."},
    )
    wants = forms.ChoiceField(
        label="The number should be",
        required=False,
        choices=[("", "- Select -"), *OwnGoal.Wants.choices],
        error_messages={"invalid_choice": "Choose on which side of the number you want to be."},
    )
    number = number_field("Number", required=False)
    due = DateField(label="Until this day", required=False)

    def __init__(self, data: Any = None, *, trackers: list[Tracker], initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}), label_suffix="")
        self.trackers = {tracker.slug: tracker for tracker in trackers}
        known = [(slug, label_of(tracker.about)) for slug, tracker in self.trackers.items()]
        self.fields["tracker"].choices = [("", "Nothing that I measure"), *known]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A number needs to be of something, and on a side. It is one that can be measured."""
        cleaned = self.cleaned_data
        typed, tracker = cleaned.get("number", ""), self.trackers.get(cleaned.get("tracker", ""))
        cleaned["number"] = None
        if not tracker:
            if typed:
                self.add_error("tracker", "Choose what the number is of.")
            return cleaned
        if "wants" in cleaned and not cleaned["wants"]:
            self.add_error("wants", "Choose on which side of the number you want to be.")
        try:
            cleaned["number"] = read_number(typed, is_whole=tracker.about.is_whole) if typed else None
        except ValueError as error:
            self.add_error("number", str(error))
            return cleaned
        if not typed:
            self.add_error("number", "Enter the number that you want to reach.")
        elif not tracker.about.numbers[0].possible.holds(cleaned["number"]):
            self.add_error("number", "Nobody can measure this number. Enter another one.")
        return cleaned


def label_of(measure: Measure) -> str:
    """Return what the number of a goal is of."""
    name = f"{measure.title}, upper number" if measure.is_pair else measure.title
    return with_unit(name, f"(in {measure.units[0].words})") if measure.units[0].words else name
