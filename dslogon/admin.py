"""The support staff's site: nobody gets in without a second factor, and signing in happens at /sign-in/."""

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect


class StaffSite(admin.AdminSite):
    """Django's admin for active staff whose second factor was checked in this session."""

    site_header = "DS Logon service center"
    site_title = "DS Logon service center"
    index_title = "What would you like to look at?"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and user.is_verified())

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:  # type: ignore[override]
        return redirect_to_login(request.GET.get("next", "/admin/"))

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponseBase:  # type: ignore[override]
        return redirect("sign-out")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponseBase:
        return redirect("change-password")
