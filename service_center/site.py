"""The staff's admin site. Nobody gets in without a second factor, which may have to be a passkey.

Staff sign in on the site's own pages, in the session zone of /admin/.
"""

from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.text import slugify

from accounts.models import Account
from accounts.sign_in import session
from safeguards import audit
from service_center import opening, searching, workload

# The pages that show nobody: they hold only links, an empty form, counts of everybody, or what a list of nobody's name
# that was looked at shows a few seconds later.
SHOW_NOBODY = (
    *("index", "app_list", "jsi18n", "figures", "figures-file", "operations", "idproofing_visit_attend"),
    "chat_chat_queue",
)


def record_page_view(request: HttpRequest) -> None:
    """Record that this page was looked at, unless its view has recorded something or it shows nobody."""
    name = request.resolver_match.url_name if request.resolver_match else None
    if name not in SHOW_NOBODY and not hasattr(request, "left_event"):
        audit.record("support.page-viewed", by=request.user, page=slugify(name or "unnamed")[:40])


class StaffSite(admin.AdminSite):
    """Django's admin, for active staff whose second factor was checked in this session."""

    site_header = "DS Logon service center"
    site_title = "DS Logon service center"
    index_title = "The desk"
    # Signing in and the profile are under /admin/ too, after Django's URLs.
    final_catch_all_view = False
    # Four lists need no second menu next to them, and the filter in that menu has no visible label.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.is_verified())

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Refuse a NUL in the query string. Filters would pass it on, and PostgreSQL cannot read it.

        A page that was looked at leaves an event. Pages that show one person name that person in theirs. A page that
        left none leaves a general one, so that a page which is added later is never looked at without a trace.
        """
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest("A NUL in the address.")
            response = inner(request, *args, **kwargs)
            if request.method in ("GET", "HEAD") and response.status_code == 200:
                record_page_view(request)
            return response

        return checked

    def get_urls(self) -> list[Any]:
        """Return Django's URLs without `view_on_site`, after our own and the pages that an app has beside its tables.

        `view_on_site` redirects from any row of any table to that row's public page, and no row here has one.
        """
        from service_center import operations
        from service_center.person import views as person

        ours = [
            path("person/<str:key>/", self.admin_view(person.page), name="person"),
            path("person/<str:key>/reveal/", self.admin_view(person.show_detail), name="person-reveal"),
            path("search/", self.admin_view(searching.page), name="search"),
            path("workload/", self.admin_view(workload.page), name="workload"),
            path("workload/<int:pk>/", self.admin_view(workload.one), name="workload-of-one"),
        ]
        beside = [url for one in self._registry.values() for url in getattr(one, "get_site_urls", list)()]
        urls = [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]
        return [*ours, *operations.addresses(self), *beside, *urls]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add what the header needs: whether this role has the search."""
        return {**super().each_context(request), "may_search": bool(searching.kinds_for(request))}

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:  # type: ignore[override]
        """Show what waits, what this member of staff has taken, and where everything is."""
        shown = opening.context(request, self.get_app_list(request))
        return super().index(request, {**shown, **(extra_context or {})})

    def app_index(  # type: ignore[override]
        self, request: HttpRequest, app_label: str, extra_context: dict | None = None
    ) -> HttpResponse:
        """Lead to the desk. Lists stand there by what they are for, and not by the room of the code that has them."""
        return redirect("admin:index")

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:  # type: ignore[override]
        if self.has_permission(request):
            return redirect("admin:index")
        if isinstance(request.user, Account) and session.owes_passkey(request, request.user):
            messages.info(
                request, "Staff sign in with a passkey. Set one up first: then everything here is open to you."
            )
            return redirect("add-passkey")
        return redirect_to_login(request.GET.get("next", "/admin/"))

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:  # type: ignore[override]
        return redirect("sign-out")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponseBase:
        return redirect("change-password")
