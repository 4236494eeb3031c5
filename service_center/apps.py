"""The Django app of the desk, and its admin site: Django's own, with our sign-in and its second factor."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class StaffAdminConfig(AdminConfig):
    """Configuration of Django's admin app, with StaffSite as its site."""

    default_site = "service_center.site.StaffSite"


class ServiceCenterConfig(AppConfig):
    """Configuration of the service center app."""

    name = "service_center"
    verbose_name = "Service center"

    def ready(self) -> None:
        from service_center import roles

        post_migrate.connect(roles.keep_groups)
