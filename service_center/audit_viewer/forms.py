"""The forms of the audit viewer: what to look for, why it is downloaded, and which days to check."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Account
from core import policy
from safeguards.audit import index_of
from service_center import conflicts
from service_center.account_search import LONGEST_TEXT, refuse_search
from service_center.audit_viewer import searching
from service_center.audit_viewer.searching import Candidate, Search

YEARS = (2000, 2100)
MINUTE = timedelta(minutes=1)
FORMAT = "%Y-%m-%dT%H:%M"
NOT_A_TIME = "Enter a date and a time, such as 2026-11-20 14:30."
NOBODY = {
    "who": "No one fits that. Check the spelling, or enter something else that you know of the person.",
    "staff": "No member of staff fits that. Check the spelling, or enter the email address.",
}
SEVERAL = {"who": "Several people fit that. Choose one below.", "staff": "Several staff fit that. Choose one below."}


def kind_choices() -> list[Any]:
    """Return every kind of event for a list to choose from, in groups, each of which can be chosen whole."""
    groups = [
        (
            words(family),
            [(f"{family}.", f"{words(family)}: everything"), *((event, in_words(event)) for event in events)],
        )
        for family, events in searching.families().items()
    ]
    return [("", "Everything"), *groups]


def in_words(event: str) -> str:
    """Return the name of a kind of event as people read it: "quiz.attempts-used" is "Quiz: attempts used".

    A whole family, "quiz.", is "Quiz: everything".
    """
    family, _, what = event.partition(".")
    return f"{words(family)}: {words(what or 'everything').lower()}"


def words(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def time_field(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        error_messages={"invalid": NOT_A_TIME},
        widget=forms.DateTimeInput(format=FORMAT, attrs={"type": "datetime-local"}),
    )


class SearchForm(forms.Form):
    """What to look for. `person` and `by` are keys; `who` and `staff` are what is typed in place of them.

    A form from an address has only keys. A form that was sent (`is_sent`) has what was typed, which goes before the key
    of the search before, and what was picked among several, which goes before both. What is typed is a search of
    people, so it is counted. What happened to people close to `reader` is not searched.
    """

    who = forms.CharField(
        label="Person",
        help_text="Username, name, email address, phone number, Social Security number or DoD ID number. By number, "
        "people without an account are found too.",
        max_length=LONGEST_TEXT,
        required=False,
    )
    staff = forms.CharField(
        label="Done by (staff)", help_text="Username, name or email address.", max_length=LONGEST_TEXT, required=False
    )
    kind = forms.ChoiceField(
        label="What happened",
        choices=kind_choices,
        required=False,
        error_messages={"invalid_choice": "Choose a kind of event from the list."},
    )
    since = time_field("From")
    until = time_field("To")
    person = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    by = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, reader: Account, is_sent: bool = False) -> None:
        super().__init__(data, label_suffix="")
        self.reader, self.is_sent = reader, is_sent
        self.people: list[Candidate] = []
        self.colleagues: list[Candidate] = []
        self.search = Search()

    def clean_person(self) -> str:
        key = self.data.get("pick-person") or self.cleaned_data["person"]
        if key and not searching.KEY.fullmatch(key):
            raise ValidationError("The address of this page is damaged. Search again.")
        return key

    def clean(self) -> dict[str, Any]:
        """Find out whom the keys and texts mean, and make the search of it."""
        cleaned = super().clean() or self.cleaned_data
        typed = [name for name in ("who", "staff") if cleaned.get(name)]
        if not self.is_sent:
            cleaned |= dict.fromkeys(typed, "")
        elif typed and (refused := refuse_search(self.reader)[0]):
            raise ValidationError({typed[0]: refused})
        person, by = self.chosen_person(cleaned), self.chosen_actor(cleaned)
        since, until = cleaned.get("since"), cleaned.get("until")
        for name in ("since", "until"):
            if cleaned.get(name) and not YEARS[0] <= cleaned[name].year < YEARS[1]:
                self.add_error(name, NOT_A_TIME)
        if since and until and until < since:
            self.add_error("until", "“To” is before “From”.")
        if not self.errors:
            account = searching.account_of(person[2:]) if person.startswith("a-") else None
            index = bytes.fromhex(person[2:]) if person.startswith("i-") else None
            if account and account.dod_id:
                index = index_of(account.dod_id)
            actor = searching.account_of(by)
            if person.startswith("a-") and account is None:
                self.add_error("who", "There is no such account.")
            if by and actor is None:
                self.add_error("staff", "There is no such account.")
            kinds, close = searching.kinds_of(cleaned.get("kind", "")), searching.close_to(self.reader)
            found = Search(account, index, actor, kinds, since, until + MINUTE if until else None, close)
            self.refuse_close(found)
            self.search = Search() if self.errors else found
        return cleaned | {"person": person, "by": by}

    def refuse_close(self, search: Search) -> None:
        """Add an error if who is searched is close to who reads, as far as an account or a keyed hash tells."""
        for field, account in (("who", search.account), ("staff", search.actor)):
            if account and not account.is_staff and (conflict := conflicts.refuse_account(self.reader, account)):
                self.add_error(field, conflict.sentence)
        if search.index in search.without.indexes and not self.errors:
            self.add_error("who", conflicts.SENTENCES[conflicts.Conflict.CLOSE])

    def chosen_person(self, cleaned: dict[str, Any]) -> str:
        """Return the key of the person who is meant, or "". Add an error if it is nobody or one of several."""
        if self.data.get("pick-person") or not cleaned.get("who"):
            return cleaned.get("person", "")
        found = searching.people_meant(cleaned["who"])
        close = conflicts.conflicts_with_people(self.reader, [one.dod_id for one in found if one.dod_id])
        self.people = [one for one in found if one.dod_id not in close]
        if found and not self.people:
            self.add_error("who", conflicts.SENTENCES[next(iter(close.values()))])
            return ""
        return self.only(self.people, "who")

    def chosen_actor(self, cleaned: dict[str, Any]) -> str:
        """Return the key of the member of staff who is meant, in the same way."""
        if picked := self.data.get("pick-by"):
            return picked
        if not cleaned.get("staff"):
            return cleaned.get("by", "")
        self.colleagues = searching.staff_meant(cleaned["staff"])
        return self.only(self.colleagues, "staff")

    def only(self, candidates: list[Candidate], field: str) -> str:
        if len(candidates) == 1:
            return candidates[0].key
        self.add_error(field, SEVERAL[field] if candidates else NOBODY[field])
        return ""

    def address(self) -> dict[str, str]:
        """Return what stands for a valid form in an address. Nothing that was typed about a person is in it."""
        cleaned = self.cleaned_data
        times = {
            name: timezone.localtime(cleaned[name]).strftime(FORMAT) for name in ("since", "until") if cleaned[name]
        }
        return {name: cleaned[name] for name in ("person", "by", "kind") if cleaned[name]} | times


class ExportForm(forms.Form):
    """Why a part of the trail is downloaded. It has no free text, so it holds no personal data."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[
            ("", "Choose one"),
            ("audit", "A planned audit"),
            ("incident", "An incident is looked into"),
            ("asked-by-person", "The person asked who looked at their data"),
            ("authority", "An authority or a court asked"),
            ("complaint", "A complaint about our staff"),
        ],
        error_messages={"required": "Choose why.", "invalid_choice": "Choose why."},
    )

    def __init__(self, data: Any, search: Search, events: int | None) -> None:
        super().__init__(data, label_suffix="")
        self.search, self.events = search, events

    def clean(self) -> dict[str, Any]:
        """Refuse a span that is open or too long, and more events than a spreadsheet opens."""
        if sentence := why_not(self.search, self.events):
            raise ValidationError(sentence)
        return super().clean() or self.cleaned_data


def why_not(search: Search, events: int | None) -> str:
    """Return why what a search finds cannot be downloaded, or "". `events` is None if they are too many."""
    if not search.since or not search.until:
        return "Choose from when to when. A download needs both."
    if search.until - search.since > timedelta(days=policy.AUDIT_EXPORT_DAYS):
        return f"Choose a shorter time. A download covers {policy.AUDIT_EXPORT_DAYS} days at most."
    if events is None:
        return f"These are more than {policy.AUDIT_EXPORT_EVENTS:,} events. Choose a shorter time, or one kind."
    return "" if events else "No event fits, so there is nothing to download."


def day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        error_messages={"required": "Enter a day.", "invalid": "Enter a day, such as 2026-11-20."},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class CheckForm(forms.Form):
    """Which sealed days are to be checked."""

    first = day_field("From")
    last = day_field("To")

    def __init__(self, data: Any, sealed: tuple[date, date]) -> None:
        super().__init__(data, label_suffix="", initial={"first": sealed[0], "last": sealed[1]})
        self.sealed = sealed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "“To” is before “From”.")
        elif first and last and (first > self.sealed[1] or last < self.sealed[0]):
            self.add_error("first", "None of these days is sealed.")
        return cleaned
