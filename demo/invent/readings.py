"""Invented readings of people who measure at home: a month of blood pressure, a target and a goal."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import Account
from portal.tools import readings
from portal.tools.measures import BY_SLUG
from portal.tools.models import OwnGoal, Reading, Tracker
from portal.tools.typed_values import moment_of

DAYS = 30
UPPER, LOWER = Decimal(130), Decimal(80)


def store_month(account: Account, zone: str, luck: Random, now: datetime) -> None:
    """Store a month of blood pressure, which falls slowly, as if the account's holder had typed it each morning."""
    about, today = BY_SLUG["blood-pressure"], now.astimezone(ZoneInfo(zone)).date()
    entries = []
    for back in range(DAYS, 0, -1):
        clock = time(7, luck.randrange(15, 50))
        moment = moment_of(datetime.combine(today - timedelta(days=back), clock, ZoneInfo(zone)), zone)
        upper, lower = 126 + back // 2 + luck.randrange(-4, 5), 78 + back // 4 + luck.randrange(-3, 4)
        entries.append(readings.Entry(moment, (Decimal(upper), Decimal(lower)), about.units[0].ucum))
    tracker = readings.begin_tracker(account, about, now)
    readings.store_readings(account, tracker, entries, zone, now, Reading.Source.FORM)
    Tracker.objects.filter(pk=tracker.pk).update(high=UPPER, second_high=LOWER, target_unit=about.units[0].ucum)
    OwnGoal.objects.create(
        patient=tracker.patient,
        account=account,
        text="Bring my blood pressure down without a second pill",
        tracker=tracker,
        wants=OwnGoal.Wants.AT_MOST,
        number=UPPER,
        unit=about.units[0].ucum,
        start=entries[0].numbers[0],
        created_at=entries[0].moment.at,
    )
