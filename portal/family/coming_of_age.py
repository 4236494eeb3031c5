"""Telling parents and children ahead that a parent's access ends on the 18th birthday."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from procrastinate.contrib.django import app

from accounts.mail import notices
from core import policy
from deers import lookup
from portal.family.models import Parenthood
from portal.family.patients import Patient
from safeguards import audit, clock


def remember_child(patient: Patient) -> None:
    """Note that a parent opened this child's record, so that both can be told when that ends."""
    Parenthood.objects.update_or_create(
        parent=patient.reader, child=str(patient.dod_id), defaults={"comes_of_age": patient.ends}
    )


def tell_of_adulthood(now: datetime | None = None) -> int:
    """Tell each parent who opened the record, and the child, that this ends soon, once. Return how many were told.

    The parent is told at every address, and the child at the one that DEERS has unless it is the parent's. Where DEERS
    does not answer, the next day tries again.
    """
    now, told = now or clock.now(), 0
    today = timezone.localdate(now)
    soon = Parenthood.objects.filter(
        told_at=None, comes_of_age__gt=today, comes_of_age__lte=today + policy.PARENT_TOLD_BEFORE
    )
    for row in soon.select_related("parent"):
        children = lookup.minors(row.parent.dod_id or "", today=today)
        child = next((one for one in children or () if one.dod_id == row.child), None)
        if child is None:
            continue
        with transaction.atomic():
            if not Parenthood.objects.filter(pk=row.pk, told_at=None).update(told_at=now):
                continue
            is_first = not Parenthood.objects.filter(child=row.child, told_at__isnull=False).exclude(pk=row.pk).exists()
            audit.record("family.adulthood-told", by="system", account_id=row.parent_id)
            account, day = row.parent, date_format(row.comes_of_age, "F j, Y")
            notices.inform(account, "child-comes-of-age", day=day)
            of_parent = [address.lower() for address in notices.addresses_of(account)]
            if is_first and child.email.lower() not in of_parent:
                notices.send("you-come-of-age", to=child.email, first_name=child.first_name, day=day)
            told += 1
    return told


@app.task(name="portal.family.tell_of_coming_of_age", queue="housekeeping")
def tell_of_coming_of_age(timestamp: int) -> None:
    """Tell parents and children whose access ends soon."""
    tell_of_adulthood()
