"""The Django app of the calls that the desk notes."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "service_center.calls"
    label = "calls"
    verbose_name = "Calls"
