"""Telling people that a clinic has sent results or documents to their record."""

from django.urls import reverse

from accounts.models import Account
from accounts.models.account import State
from core.policy import Level
from portal.notices.models import Kind
from portal.notices.telling import tell
from portal.record.models import Resource

# Results and measurements, their reports, and notes and documents.
TYPES = ("DiagnosticReport", "DocumentReference", "Observation")


def tell_of_import(patient: str, imported: int) -> None:
    """Tell the person as they chose, if an import brought or changed results or documents. Basic opens none of them."""
    account = Account.objects.filter(dod_id=patient, state=State.ACTIVE, level=Level.PREMIUM).first()
    if account and Resource.objects.filter(imported=imported, type__in=TYPES).exists():
        tell(account, Kind.RECORD, "new-in-record", page=reverse("portal"))
