"""An email to the holder when somebody signs in to the account from a device for the first time.

The audit trail holds each sign-in with its kind of device, so signing in does no extra work for this: the worker reads
what is new there. "Chrome on Windows" is all that we know of a device. A stranger with the same kind of device as the
holder is not noticed here. A new network address sends no email, because addresses change with every trip.
"""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from procrastinate.contrib.django import app

from accounts.mail import notices
from accounts.models import KnownDevice, State
from core import policy
from safeguards import clock

# If two workers look at once, each device is new to only one of them: the other one finds it known.
REMEMBER = """
    INSERT INTO accounts_knowndevice (account_id, device, first_at)
    SELECT account_id, device, min(at) FROM safeguards_auditevent
    WHERE event = 'sign-in.succeeded' AND at > %s AND device <> ''
        AND account_id IN (SELECT id FROM accounts_account)
    GROUP BY account_id, device
    ON CONFLICT (account_id, device) DO NOTHING
    RETURNING id
"""


def notify_of_new_devices(now: datetime | None = None) -> int:
    """Remember the devices of the latest sign-ins, and email the holders who had other devices before.

    Return how many emails there were.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [since(now or clock.now())])
            new = [pk for (pk,) in cursor.fetchall()]
        found = KnownDevice.objects.filter(pk__in=new, account__state=State.ACTIVE).select_related("account")
        strange = [device for device in found if had_others_before(device)]
        for device in strange:
            when = date_format(timezone.localtime(device.first_at), r"F j, Y, \a\t g:i A")
            notices.tell(device.account, "new-device", since=device.first_at, device=device.device, when=when)
    return len(strange)


def had_others_before(device: KnownDevice) -> bool:
    """Return whether the account had earlier devices. The first one opened the account, and an email reported that."""
    return device.account.known_devices.filter(first_at__lt=device.first_at).exists()


def since(now: datetime) -> datetime:
    """Return how far back to look: to shortly before the newest known device, but at most a day."""
    known = KnownDevice.objects.aggregate(newest=Max("first_at"))["newest"]
    day = now - policy.NEW_DEVICES_WITHIN
    return max(day, known - policy.NEW_DEVICES_OVERLAP) if known else day


@app.task(name="accounts.tasks.look_for_new_devices", queue="housekeeping")
def look_for_new_devices(timestamp: int) -> None:
    """Email holders about sign-ins from devices that their account was never signed in from before."""
    notify_of_new_devices()
