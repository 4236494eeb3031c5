"""The Django app of the audit viewer, which keeps the results of checks of the chain."""

from django.apps import AppConfig


class AuditViewerConfig(AppConfig):
    name = "service_center.audit_viewer"
    label = "audit_viewer"
    verbose_name = "Audit viewer"
