"""Lists of the desk go on from a row. Nothing counts how many rows there are, or reads over those that come before.

The address names the row by its key alone. By what the list is sorted is read from that row, so that no name or time
stands in an address.
"""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from safeguards.rows import planned_for_values

AFTER, BEFORE = "after", "before"
Keys = list[tuple[str, bool]]
"""The fields by which a list is sorted, and whether each one is sorted from the greatest down."""


class PagedList(ChangeList):
    """A page of a list, with the links to the rows before and after it. It is always sorted in one way."""

    why_empty: str = ""
    previous: str = ""
    next: str = ""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Return the rows that fit search and filters. Which page it is stays out of the links of filters."""
        for given in (self.params, self.filter_params):
            for name in (AFTER, BEFORE):
                given.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    @planned_for_values()
    def get_results(self, request: HttpRequest) -> None:
        """Read the page that the address names, and one row more, which tells whether there is another page."""
        keys = [(name.removeprefix("-"), name.startswith("-")) for name in map(str, self.queryset.query.order_by)]
        place = self.find_place(request.GET.get(BEFORE) or request.GET.get(AFTER, ""), keys)
        back = place is not None and bool(request.GET.get(BEFORE))
        rows = self.queryset.filter(beyond(keys, place, back=back)) if place else self.queryset
        found = list((rows.reverse() if back else rows)[: self.list_per_page + 1])
        more, found = len(found) > self.list_per_page, found[: self.list_per_page]
        if back:
            found.reverse()
        self.result_list, self.result_count, self.full_result_count = found, len(found), None
        self.show_all = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(found)
        if found and (more or back):
            self.next = self.get_query_string({AFTER: found[-1].pk})
        if found and place and (more or not back):
            self.previous = self.get_query_string({BEFORE: found[0].pk})

    def find_place(self, key: str, keys: Keys) -> tuple[Any, ...] | None:
        """Return what the row with this key is sorted by, or None if there is no such row."""
        if not key or not self.model_admin.is_key(key):  # type: ignore[attr-defined]
            return None
        row = self.root_queryset.filter(pk=key).order_by()
        return row.values_list(*(name for name, _ in keys)).first()


def beyond(keys: Keys, place: tuple[Any, ...], *, back: bool) -> Q:
    """Return the condition of the rows that come after a place in the list, or with `back` before it.

    The first of the two conditions says nothing new. It lets an index by the first field begin at the place.
    """
    (first, first_down), equal, condition = keys[0], Q(), Q()
    for (name, down), value in zip(keys, place, strict=True):
        condition |= equal & Q(**{f"{name}__{'lt' if down != back else 'gt'}": value})
        equal &= Q(**{name: value})
    return Q(**{f"{first}__{'lte' if first_down != back else 'gte'}": place[0]}) & condition
