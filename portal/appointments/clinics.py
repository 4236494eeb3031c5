"""Which clinic answers what people ask for, and which members of staff plan its visits.

A clinic is known by its name, as places in records and care teams have it. Staff belong to a clinic on a day if they
belong to one of its care teams. Their role says what they do there.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Account
from portal.messages.models import CareTeam
from portal.messages.teams import current, links, teams_of, teams_of_member
from portal.record.models import Appointment, Who

# Nobody knows which clinic answers.
UNKNOWN = ""


def clinics() -> QuerySet[CareTeam]:
    """Return the care teams that name a clinic today."""
    return CareTeam.objects.filter(current(timezone.localdate())).exclude(clinic="")


def find_clinic(patient: str, *, place: Any = None, visit: Any = None) -> str:
    """Return the clinic that answers a request of a patient for a place, or about a visit.

    It is the one that is named, if it has care teams here, and else that of the patient's care team, or UNKNOWN.
    """
    named = [
        *Who.objects.filter(patient=patient, resource=place).values_list("display", flat=True),
        *Appointment.objects.filter(patient=patient, resource=visit).values_list("location", flat=True),
    ]
    if found := clinics().filter(clinic__in=named).values_list("clinic", flat=True).first():
        return found
    return next((team.clinic for team in teams_of(patient) if team.clinic), UNKNOWN)


def clinics_of(account: Account) -> list[str]:
    """Return the clinics to which a member of staff belongs today."""
    return list(teams_of_member(account).exclude(clinic="").values_list("clinic", flat=True).distinct())


def answered_by(account: Account) -> Q:
    """Return the condition of the requests that a member of staff may see.

    They are those of the member's clinics, and those for which nobody knows the clinic. Who belongs to no clinic today
    sees none.
    """
    mine = clinics_of(account)
    return Q(clinic__in=[*mine, UNKNOWN]) if mine else Q(pk__in=[])


def prepared_by(account: Account) -> Q:
    """Return the condition of the check-ins that a member of staff may see: those for visits to the member's clinics.

    A visit at no clinic with care teams here, such as one by video, belongs to the clinic of the patient's care team.
    """
    mine, visits = clinics_of(account), Appointment.objects.filter(resource=OuterRef("appointment"))
    here, somewhere = (visits.filter(location__in=names) for names in (mine, clinics().values("clinic")))
    treated = links().filter(patient=OuterRef("patient"), team__clinic__in=mine)
    return Q(Exists(here)) | (~Q(Exists(somewhere)) & Q(Exists(treated)))
