"""The desk as a Django app, and the admin site behind it: Django's own, with our sign-in and its second factor."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class StaffAdminConfig(AdminConfig):
    default_site = "service_center.site.StaffSite"


class ServiceCenterConfig(AppConfig):
    name = "service_center"
    verbose_name = "Service center"

    def ready(self) -> None:
        from service_center import roles

        post_migrate.connect(roles.keep_groups)
