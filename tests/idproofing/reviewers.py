"""Two reviewers, and Emily, who asks for a review under the name before her marriage."""

from dataclasses import dataclass
from typing import Any

from core.policy import Level
from deers import lookup
from demo.people import PEOPLE
from idproofing import cases, reviewing
from idproofing.cases import Moved, Opened, Typed
from idproofing.models import Case
from idproofing.second_reviews import doubts_about


@dataclass(frozen=True)
class Reviewer:
    """All that idproofing wants to know of a member of staff."""

    pk: int
    is_staff: bool = True


ANN, BOB = Reviewer(7_001), Reviewer(7_002)


def emily_typed() -> Typed:
    emily = PEOPLE["emily"]
    return Typed(
        first_name="Emily",
        middle_name="Mai",
        last_name="Tran",
        date_of_birth=emily.born.isoformat(),
        ssn=emily.ssn,
        email="emily.tran@mail.example",
        code_delivery="screen",
    )


def open_case(
    typed: Typed | None = None, *, journey: str = Case.Journey.REGISTRATION, level: Level = Level.BASIC, **more: Any
) -> Opened:
    return cases.open_case(journey, level, typed or emily_typed(), by="visitor", **more)


def taken(case: Case, by: object = ANN) -> Case:
    outcome = reviewing.take(case.number, by=by)
    assert isinstance(outcome, Moved)
    return outcome.case


def approve(case: Case, *, by: object = ANN, take: bool = True) -> Any:
    """Take the case up and approve it for Emily; at Premium, and where there is a doubt, this proposes."""
    if take:
        taken(case, by)
    record = lookup.record(dod_id=PEOPLE["emily"].dod_id)
    approved = reviewing.Decision.APPROVE, reviewing.Reason.FORMER_NAME
    doubts = doubts_about(case, record) if record else None
    return reviewing.decide(case.number, *approved, record, by=by, doubts=doubts)
