"""The admin site of the support staff: Django's own, behind our sign-in and its second factor."""

from django.contrib.admin.apps import AdminConfig


class DSLogonAdminConfig(AdminConfig):
    default_site = "dslogon.admin.StaffSite"
