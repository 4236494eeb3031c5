"""Thirty workers or members of staff at once: a day is counted once, and one check is under way."""

from datetime import date

import pytest

from accounts.models import Account
from safeguards.models import AuditEvent
from service_center.audit_viewer import chain
from service_center.audit_viewer.models import AuditCheck
from service_center.figures.counting import Sum, release
from service_center.figures.models import CountedDay, Tally
from tests.accounts.holders import staff
from tests.parallel import in_parallel

DAY = date(2026, 3, 4)


@pytest.mark.django_db(transaction=True)
def test_thirty_at_once_count_a_day_once_and_begin_one_check() -> None:
    auditor = Account.objects.get(pk=staff("Auditor").pk)
    counted = in_parallel(lambda _: release(DAY, {("begun", "letter"): Sum(7)}))
    assert sum(counted) == 1
    assert (Tally.objects.get().count, CountedDay.objects.count()) == (7, 1)
    checks = in_parallel(lambda _: chain.ask_for_check(DAY, DAY, auditor))
    assert len([check for check in checks if check]) == AuditCheck.objects.count() == 1
    assert AuditEvent.objects.filter(event="support.trail-checked").count() == 1
