"""The Global Service Center, and how to reach it: one table of its regions, and when each answers the phone.

Its numbers are invented, from the range reserved for fiction (555-01xx).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.holidays import is_federal_holiday
from core.zones import show_zone

NAME = "DS Logon Global Service Center"
PHONE = "1-800-555-0142"
TTY = "1-800-555-0143"
FROM_ABROAD = "+1-202-555-0142"

# Numbers that the telephone companies of the United States put through by themselves; these are real.
EMERGENCY = "911"
CRISIS_LINE = "988, then press 1"
# The relay service of every state and territory, for people who are deaf or do not speak: 47 CFR 64.603.
RELAY = "711"

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# No region is closed for longer than a weekend with holidays on both sides.
LONGEST_CLOSED = 8


@dataclass(frozen=True)
class Region:
    """Where people call from: the number for them, and when it is answered, by the clock of `zone`.

    `weekdays` are days of the week from Monday, 0, on. `places` are the first parts of the time zones from which people
    are taken to be here.
    """

    slug: str
    name: str
    phone: str
    zone: str
    weekdays: tuple[int, ...]
    opens: time
    closes: time
    places: tuple[str, ...] = ()

    @property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def hours_in_words(self) -> str:
        """Return the hours in the region's own zone: "Monday to Friday, 8 a.m. to 8 p.m. Eastern time"."""
        first, last = WEEKDAYS[self.weekdays[0]], WEEKDAYS[self.weekdays[-1]]
        return f"{first} to {last}, {hour(self.opens)} to {hour(self.closes)} {show_zone(self.zone)}"

    def works_on(self, day: date) -> bool:
        """Return whether the phone is answered on a day of the region's calendar. On federal holidays it is not."""
        return day.weekday() in self.weekdays and not is_federal_holiday(day)

    def hours_of(self, day: date) -> tuple[datetime, datetime]:
        """Return when a day's hours begin and end, in UTC, so that adding to them is right on every day of the year."""
        begin, end = (datetime.combine(day, at, self.clock) for at in (self.opens, self.closes))
        return begin.astimezone(UTC), end.astimezone(UTC)

    def is_open(self, now: datetime) -> bool:
        """Return whether somebody answers the phone now."""
        day = now.astimezone(self.clock).date()
        begin, end = self.hours_of(day)
        return self.works_on(day) and begin <= now < end

    def opens_at(self, now: datetime) -> datetime:
        """Return when the phone is answered next, in UTC. It is closed now."""
        today = now.astimezone(self.clock).date()
        days = (today + timedelta(days=ahead) for ahead in range(LONGEST_CLOSED + 1))
        return next(begin for day in days if self.works_on(day) and (begin := self.hours_of(day)[0]) > now)

    def closes_at(self, now: datetime) -> datetime:
        """Return when today's hours end, in UTC. It is open now."""
        return self.hours_of(now.astimezone(self.clock).date())[1]


def hour(at: time) -> str:
    """Return a full hour as guides and letters write it: "8 a.m."."""
    return f"{at.hour % 12 or 12} {'a.m.' if at.hour < 12 else 'p.m.'}"


WORKDAYS = (0, 1, 2, 3, 4)
REGIONS = {
    region.slug: region
    for region in (
        Region("conus", "United States", PHONE, "America/New_York", WORKDAYS, time(8), time(20)),
        Region(
            "europe", "Europe, Africa and the Middle East", "+1-202-555-0146", "Europe/Berlin", WORKDAYS,
            time(8), time(18), ("Europe", "Africa", "Atlantic", "Asia/Bahrain", "Asia/Qatar", "Asia/Kuwait"),
        ),
        Region(
            "pacific", "Pacific and Asia", "+1-202-555-0147", "Asia/Tokyo", WORKDAYS,
            time(8), time(18), ("Asia", "Australia", "Pacific/Guam", "Indian"),
        ),
        Region("elsewhere", "Anywhere else", FROM_ABROAD, "America/New_York", WORKDAYS, time(8), time(20)),
    )
}  # fmt: skip
# Of the first number, for pages that name only that one.
HOURS = REGIONS["conus"].hours_in_words


def region_of(zone: str) -> Region:
    """Return the region of somebody in a time zone, such as "Asia/Seoul". The longest name that fits decides."""
    fits = [
        (len(place), region)
        for region in REGIONS.values()
        for place in region.places
        if zone == place or zone.startswith(f"{place}/")
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else REGIONS["conus"]
