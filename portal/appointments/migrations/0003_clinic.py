from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

ENDED = ("booked", "refused", "withdrawn", "closed")


def find_clinics(apps, schema_editor):
    """Give each open request the clinic that its place or visit names, else that of the patient's care team."""
    Request, Who = apps.get_model("appointments", "Request"), apps.get_model("record", "Who")
    Appointment = apps.get_model("record", "Appointment")
    CareTeam = apps.get_model("secure_messages", "CareTeam")
    PatientTeam = apps.get_model("secure_messages", "PatientTeam")
    clinics = CareTeam.objects.filter(until=None).exclude(clinic="")
    for row in Request.objects.filter(clinic="").exclude(state__in=ENDED).defer("why").iterator():
        named = [
            *Who.objects.filter(patient=row.patient, resource=row.place_id).values_list("display", flat=True),
            *Appointment.objects.filter(patient=row.patient, resource=row.appointment_id).values_list(
                "location", flat=True
            ),
        ]
        treated = PatientTeam.objects.filter(patient=row.patient, until=None, team__in=clinics)
        clinic = (
            clinics.filter(clinic__in=named).values_list("clinic", flat=True).first()
            or treated.values_list("team__clinic", flat=True).first()
        )
        if clinic:
            Request.objects.filter(pk=row.pk).update(clinic=clinic)


class Migration(migrations.Migration):
    atomic = False  # an index is made beside the traffic

    dependencies = [
        ("appointments", "0002_helpers"),
        ("record", "0009_next_appointments"),
        ("secure_messages", "0002_copy_conversations"),
    ]

    operations = [
        migrations.AddField("request", "clinic", models.CharField(blank=True, db_default="", default="", max_length=120)),
        migrations.RunPython(find_clinics, migrations.RunPython.noop),
        AddIndexConcurrently(
            "request",
            models.Index(condition=~Q(state__in=ENDED), fields=["clinic", "made_at"], name="wish_of_clinic"),
        ),
    ]
