"""The staff's admin site. Nobody gets in without a second factor.

Staff sign in on the site's own pages, in the session zone of /admin/.
"""

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator


class StaffSite(admin.AdminSite):
    """Django's admin, for active staff whose second factor was checked in this session."""

    site_header = "DS Logon service center"
    site_title = "DS Logon service center"
    index_title = "What would you like to look at?"
    # Signing in and the profile are under /admin/ too, after Django's URLs.
    final_catch_all_view = False
    # Four lists need no second menu next to them, and the filter in that menu has no visible label.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.is_verified())

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Refuse a NUL in the query string. Filters would pass it on, and PostgreSQL cannot read it."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest("A NUL in the address.")
            return inner(request, *args, **kwargs)

        return checked

    def get_urls(self) -> list[Any]:
        """Return Django's URLs without `view_on_site`.

        It redirects from any row of any table to that row's public page, and no row here has one.
        """
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:  # type: ignore[override]
        if self.has_permission(request):
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next", "/admin/"))

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:  # type: ignore[override]
        return redirect("sign-out")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponseBase:
        return redirect("change-password")
