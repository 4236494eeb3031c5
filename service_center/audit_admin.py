"""The audit trail in the admin."""

from django.contrib import admin

from safeguards.models import AuditEvent
from service_center.read_only import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit trail, for the roles that may read it."""

    list_display = ("at", "event", "done_by", "actor_id", "account_id", "address", "device")
    list_filter = ("event", "actor_kind")
    list_per_page = 50
    ordering = ("-pk",)

    @admin.display(description="By", ordering="actor_kind")
    def done_by(self, event: AuditEvent) -> str:
        return event.get_actor_kind_display()
