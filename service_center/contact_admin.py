"""Messages to the service center in the admin. Staff can only read them and mark them as answered."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from safeguards import audit
from service_center import reasons
from service_center.read_only import ReadOnlyAdmin
from support import contact
from support.models import ContactMessage


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnlyAdmin):
    """Messages to the service center. The list shows no personal data, and opening a message is recorded."""

    list_display = ("reference", "topic", "created_at", "answered_at")
    list_filter = (("answered_at", admin.EmptyFieldListFilter), "topic")
    search_fields = ("reference",)
    search_help_text = "The reference of a message, such as C-7F3K-9Q2M"
    ordering = ("-created_at",)
    fields = readonly_fields = ("reference", "topic", "name", "email", "body", "created_at", "answered_at")
    actions = ("answered",)
    why = reasons.ANSWERED

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ContactMessage], search_term: str
    ) -> tuple[QuerySet[ContactMessage], bool]:
        """Search for a whole reference, which is what people can quote, and what an index serves."""
        text = search_term.replace("\x00", "").strip().upper()
        return (queryset.filter(reference=text) if text else queryset), False

    def has_answer_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may mark messages as answered. The admin asks this for the action below."""
        return request.user.has_perm("support.change_contactmessage")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        opened = self.get_object(request, object_id)
        if opened and response.status_code == 200:
            audit.record("support.message-read", by=request.user, reference=opened.reference.lower())
        return response

    @admin.action(description="Mark as answered", permissions=["answer"])
    def answered(self, request: HttpRequest, queryset: QuerySet[ContactMessage]) -> None:
        with audit.because(request.POST["reason"]):
            marked = sum(contact.mark_answered(message, by=request.user) for message in queryset)
        messages.success(request, f"{marked} message{'' if marked == 1 else 's'} marked as answered.")
