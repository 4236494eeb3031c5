"""Care teams by date: who may write to whom, which staff see whose messages, and when an answer is due."""

from datetime import date, datetime, timedelta

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Account, State
from core import policy
from core.holidays import is_federal_holiday
from portal.messages.models import CareTeam, Membership, PatientTeam

# No team works on fewer days than one in a week, and two of them in a row can be holidays: Christmas and New Year.
LONGEST_GAP = 21


def current(on: date, prefix: str = "") -> Q:
    """Return the condition of rows with `since` and `until` that hold on a day, below a relation if `prefix` names it.

    Every judgment about who treats, answers or works with whom is made with this one.
    """
    begun = Q(**{f"{prefix}since__lte": on})
    return begun & (Q(**{f"{prefix}until": None}) | Q(**{f"{prefix}until__gte": on}))


def links(on: date | None = None) -> QuerySet[PatientTeam]:
    """Return which patients may write to which care teams on a day, and be answered by them."""
    on = on or timezone.localdate()
    return PatientTeam.objects.filter(current(on) & current(on, "team__"))


def teams_of(patient: str | None, on: date | None = None) -> list[CareTeam]:
    """Return the care teams to which a patient may write on a day, by name."""
    found = links(on).filter(patient=patient or "").select_related("team").order_by("team__name", "team__clinic")
    return list({link.team_id: link.team for link in found}.values())


def teams_of_member(account: Account, on: date | None = None) -> QuerySet[CareTeam]:
    """Return the care teams whose messages a member of staff may read and answer on a day."""
    on = on or timezone.localdate()
    memberships = Membership.objects.filter(current(on), account=account)
    return CareTeam.objects.filter(current(on), pk__in=memberships.values("team"))


def members_of(team: CareTeam, on: date | None = None) -> QuerySet[Account]:
    """Return the active accounts of the members of a team on a day whose role answers messages."""
    memberships = Membership.objects.filter(current(on or timezone.localdate()), team=team)
    answers = Permission.objects.filter(content_type__app_label="secure_messages", codename="answer_thread")
    rows = Account.objects.filter(pk__in=memberships.values("account"), state=State.ACTIVE, is_staff=True)
    return rows.filter(groups__permissions__in=answers).distinct()


def is_out_of_office(team: CareTeam, on: date | None = None) -> bool:
    """Return whether the team has said that it is away on a day."""
    return team.out_of_office_until is not None and team.out_of_office_until >= (on or timezone.localdate())


def answer_due(team: CareTeam, sent_at: datetime) -> datetime:
    """Return when an answer to a message is due: at the end of a working day of the team, by its own clock.

    The days are policy.MESSAGE_ANSWER_DAYS. The first one is the working day after the one on which the team gets the
    message. What comes after hours is there on the next working day. On federal holidays no team works.
    """
    here = sent_at.astimezone(team.clock)
    day = here.date()
    if not works_on(team, day) or here.time() > team.closes_at:
        day = next_working_day(team, day)
    for _ in range(policy.MESSAGE_ANSWER_DAYS):
        day = next_working_day(team, day)
    return datetime.combine(day, team.closes_at, team.clock)


def works_on(team: CareTeam, day: date) -> bool:
    """Return whether the team works on a day of its own calendar."""
    return day.weekday() in team.working_days and not is_federal_holiday(day)


def next_working_day(team: CareTeam, day: date) -> date:
    """Return the first working day of the team after a day."""
    days = (day + timedelta(days=ahead) for ahead in range(1, LONGEST_GAP + 1))
    return next(later for later in days if works_on(team, later))
