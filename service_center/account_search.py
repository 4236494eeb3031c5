"""What staff may know of a person who calls, and the accounts that it may mean.

What is searched for is personal. So it is sent by POST, and the address of the results holds it only sealed, for the
one member of staff. Every search of people is counted, wherever it is made, so that nobody tries numbers one by one.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Lookup, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import Account
from core import policy
from core.phones import PhoneDigits, searched_phone
from core.words import try_again_in
from deers import lookup, ssn
from deers.registry import Beneficiary
from safeguards import cipher, limits
from service_center.paging import PagedList

MOST_FOUND = 50
"""For each kind of detail. Nobody reads through more, and a search that finds so many should say more: own."""
LONGEST_TEXT = 100
SHORTEST_PART = 3
"""Letters of a username that find it. An index of trigrams serves no fewer."""
SEALED = "~"


@CharField.register_lookup
class HasPart(Lookup):
    """A text column that holds the other side somewhere, regardless of case. An index of trigrams serves it."""

    lookup_name = "has_part"

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        column, before = self.process_lhs(compiler, connection)
        part, after = self.process_rhs(compiler, connection)
        return f"{column} ILIKE {part}", [*before, *after]

    def get_db_prep_lookup(self, value, connection):  # type: ignore[no-untyped-def]
        return "%s", [f"%{connection.ops.prep_for_like_query(value)}%"]


def accounts_matching(text: str, people: list[Beneficiary] | None = None) -> list[int]:
    """Return the keys of accounts that `text` may mean: by username or part of it, name, email, phone or number.

    People whom DEERS finds by it are found too, by what DEERS has of them. `people` are those, if it was asked before.
    A DoD ID number finds its account even if DEERS does not answer, or no longer has it.
    """
    plain = text.replace("\x00", "").strip()[:LONGEST_TEXT]
    if not plain:
        return []
    accounts, lower, phone = Account.objects.all(), plain.lower(), searched_phone(plain)
    found = lookup.search(plain, most=MOST_FOUND) if people is None else people
    searches = [accounts.filter(dod_id__in=[person.dod_id for person in found]), accounts.filter(username__lower=lower)]
    if dod_id := dod_id_in(plain):
        searches.append(accounts.filter(dod_id=dod_id))
    if phone:
        searches.append(accounts.alias(digits=PhoneDigits("phone")).filter(digits=phone))
    elif "@" in plain:
        searches.append(accounts.alias(lower=Lower("email")).filter(lower=lower))
    elif not is_number(plain):
        searches += [accounts.filter(first_name__lower=lower), accounts.filter(last_name__lower=lower)]
        if len(plain) >= SHORTEST_PART:
            searches.append(accounts.filter(username__has_part=plain))
    return keys_of(searches)


def keys_of(searches: list[QuerySet[Account]]) -> list[int]:
    """Return the keys of some accounts of each search. Each is a query of its own with an index of its own, in one.

    In no order: to find the first of many by key, PostgreSQL would rather read along the keys than use the index.
    """
    first, *rest = (search.order_by().values_list("pk", flat=True)[:MOST_FOUND] for search in searches)
    return list(first.union(*rest))


def dod_id_in(text: str) -> str:
    """Return the DoD ID number that was typed, or "". It has ten digits."""
    digits = digits_of(text)
    return digits if len(digits) == 10 else ""


def digits_of(text: str) -> str:
    """Return the digits of a number that was typed with spaces and hyphens, or "" if something else was."""
    digits = "".join(character for character in text if character not in " -")
    return digits if digits.isascii() and digits.isdecimal() else ""


def is_number(text: str) -> bool:
    """Return whether a number was typed: a Social Security number, whole, masked or its end, or a DoD ID number."""
    return bool(ssn.clean(text) or ssn.masked_last_four(text)) or len(digits_of(text)) in (4, 10)


def is_of_one_person(text: str) -> bool:
    """Return whether hardly two people have what was typed: a whole number, a phone number or an email address.

    By a name, or the end of a number, only those are found who have begun something. So DEERS cannot be browsed.
    """
    whole = ssn.clean(text) or searched_phone(text) or dod_id_in(text)
    return bool(whole) or "@" in text


def refuse_search(staff: Account) -> tuple[str, int]:
    """Count a search of people. Return why there is none now, with the status of the answer, or ("", 200)."""
    try:
        wait = limits.hit(policy.SEARCHES_PER_STAFF, str(staff.pk))
    except limits.CountersUnavailable as failure:
        return str(failure), 503
    return (f"You searched very often in the last hour. {try_again_in(wait)}", 429) if wait else ("", 200)


def seal(text: str, staff: Account) -> str:
    """Return what stands for the text in the address of the results."""
    sealed = cipher.encrypt(text[:LONGEST_TEXT], context=context_of(staff))
    return SEALED + urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(typed: str, staff: Account) -> str:
    """Return the text that was searched for. Return "" for a seal that is broken, or another person's."""
    if not typed.startswith(SEALED):
        return typed
    try:
        blob = urlsafe_b64decode(typed[1:] + "=" * (-len(typed[1:]) % 4))
        return cipher.decrypt(blob, context=context_of(staff))
    except (ValueError, cipher.DecryptionError):
        return ""


def context_of(staff: Account) -> str:
    return f"staff-search:{staff.pk}"


def shown(text: str) -> str:
    """Return the text as the search box may show it again: a Social Security number only masked."""
    whole = ssn.clean(text)
    return ssn.mask(whole) if whole else text


class SearchedList(PagedList):
    """A list of people, whose search box is sent by POST and shows what was typed."""

    by_post = True

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.query = shown(unseal(self.query, request.user))  # type: ignore[arg-type]


class SearchedByPost:
    """An admin of people: what is searched for in its list is counted, and sealed in the address of what is found."""

    def finds_people(self, request: HttpRequest) -> bool:
        """Return whether this member of staff finds people in this list, and not only references."""
        return True

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[PagedList]:
        return SearchedList

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Show the list. POST leads to it, without what was typed in its address."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        by, is_sent = request.user, request.method == "POST"
        text = (request.POST if is_sent else request.GET).get("q", "").strip()
        if text and (is_sent or not text.startswith(SEALED)) and self.finds_people(request):
            refused, _ = refuse_search(by)  # type: ignore[arg-type]
            if refused:
                messages.error(request, refused)
                return redirect(request.path)
        if not is_sent:
            return super().changelist_view(request, extra_context)  # type: ignore[misc, no-any-return]
        filters = {name: value for name, value in request.POST.items() if name not in ("q", "csrfmiddlewaretoken")}
        asked = filters | ({"q": seal(text, by)} if text else {})  # type: ignore[arg-type]
        return redirect(f"{request.path}?{urlencode(asked)}" if asked else request.path)
