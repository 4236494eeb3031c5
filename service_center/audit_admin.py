"""The audit trail in the admin."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from safeguards.models import AuditEvent
from service_center.read_only import ReadOnlyAdmin, record_row_view


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit trail, for the roles that may read it."""

    list_display = ("at", "event", "done_by", "actor_id", "account_id", "address", "device")
    list_filter = ("event", "actor_kind")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-pk",)

    @admin.display(description="By", ordering="actor_kind")
    def done_by(self, event: AuditEvent) -> str:
        return event.get_actor_kind_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """Record that an event was looked at, on the trail of the account that it is about."""
        response = super().change_view(request, object_id, form_url, extra_context)
        record_row_view(request, self.get_object(request, object_id))
        return response
