"""What every eligibility registry must do: the mock, and a client of the real DEERS.

A test class inherits `RegistryContract` and makes `registry` a fixture of its own: a registry that knows the people of
CAST as they are described here, and no one else. The contract uses only the interface.
"""

from dataclasses import replace
from datetime import date

import pytest

from deers.registry import (
    Beneficiary,
    EligibilityRegistry,
    Ineligible,
    Match,
    NearMatch,
    NoMatch,
    Outcome,
    PersonQuery,
    Reason,
    Record,
    TimeTogether,
)

TODAY = date(2026, 11, 23)


def somebody(
    number: int, first: str, last: str, born: date = date(1958, 3, 14), *, middle: str = "", is_shielded: bool = False
) -> Beneficiary:
    dod_id = f"20000000{number:02}"
    return Beneficiary(
        dod_id, first, middle, last, "", born, f"{first.lower()}@example.org", "210-555-0101", "4 Elm Street",
        "San Antonio", "TX", "78201", "US", is_shielded=is_shielded,
    )  # fmt: skip


# All but ENDED are covered from 2000 on. JENNY was Johnson until 1990. SPOUSE is married to ADA, whom she came to the
# system through; KIM has no Social Security number. The number of the n-th is 900-45-10nn.
ADA = somebody(1, "Ada", "Winters", middle="May")
SPOUSE = somebody(2, "Ruth", "Winters")
JENNY = somebody(3, "Jenny", "Baker")
MINOR = somebody(4, "Cole", "Reed", date(2015, 5, 5))
DEAD = somebody(5, "Walter", "Hughes")
ENDED = somebody(6, "Kyle", "Stone")
PROTECTED = somebody(7, "Judith", "Vance", is_shielded=True)
KIM = somebody(8, "Kim", "Tanaka")
CAST = (ADA, SPOUSE, JENNY, MINOR, DEAD, ENDED, PROTECTED, KIM)
HINDERED = {Reason.MINOR: MINOR, Reason.DECEASED: DEAD, Reason.ENDED: ENDED, Reason.PROTECTED: PROTECTED}
FORMER_LAST_NAME = {JENNY.dod_id: "Johnson"}


def ssn_of(person: Beneficiary) -> str:
    return "" if person is KIM else f"9004510{person.dod_id[-2:]}"


def typed(person: Beneficiary, **differently: object) -> PersonQuery:
    """What the person types with the Social Security number: all of it right, but for what is said."""
    right = PersonQuery(
        person.first_name, person.middle_name, person.last_name, person.suffix, person.date_of_birth, ssn_of(person)
    )
    return replace(right, **differently)  # type: ignore[arg-type]


class RegistryContract:
    """The tests; see above."""

    @staticmethod
    def found(registry: EligibilityRegistry, person: Beneficiary, **differently: object) -> Outcome:
        return registry.find_person(typed(person, **differently), today=TODAY)

    @pytest.mark.parametrize("person", [ADA, KIM], ids=str)
    def test_a_registry_says_the_number_that_it_holds_and_none_of_nobody(
        self, registry: EligibilityRegistry, person: Beneficiary
    ) -> None:
        assert registry.ssn_of(person.dod_id) == ssn_of(person)
        assert registry.ssn_of("9999999999") == ""

    @pytest.mark.parametrize("person", [ADA, SPOUSE, JENNY], ids=str)
    def test_who_types_everything_right_is_matched(self, registry: EligibilityRegistry, person: Beneficiary) -> None:
        assert self.found(registry, person) == Match(person)

    def test_the_dod_id_number_does_alone_and_beside_the_other(self, registry: EligibilityRegistry) -> None:
        assert self.found(registry, KIM, dod_id=KIM.dod_id) == Match(KIM)
        assert self.found(registry, ADA, dod_id=ADA.dod_id) == Match(ADA)
        assert self.found(registry, ADA, dod_id=SPOUSE.dod_id) == NoMatch()

    @pytest.mark.parametrize(
        "differently",
        [{"first_name": "Adda"}, {"last_name": "Wintres"}, {"date_of_birth": date(1985, 3, 14)}],
    )
    def test_one_small_difference_is_near(self, registry: EligibilityRegistry, differently: dict) -> None:
        assert self.found(registry, ADA, **differently) == NearMatch()

    def test_a_former_name_is_near(self, registry: EligibilityRegistry) -> None:
        assert self.found(registry, JENNY, last_name=FORMER_LAST_NAME[JENNY.dod_id]) == NearMatch()

    @pytest.mark.parametrize(
        "differently",
        [
            {"first_name": "Adda", "date_of_birth": date(1985, 3, 14)},
            {"first_name": "Robert"},
            {"date_of_birth": date(1971, 1, 1)},
            {"ssn": "900459999"},
            {"ssn": "", "dod_id": "2000000099"},
            {"ssn": ""},
        ],
    )
    def test_anything_else_is_no_match(self, registry: EligibilityRegistry, differently: dict) -> None:
        assert self.found(registry, ADA, **differently) == NoMatch()

    @pytest.mark.parametrize("reason", HINDERED)
    def test_a_hindrance_is_told_only_when_all_is_right(self, registry: EligibilityRegistry, reason: Reason) -> None:
        person = HINDERED[reason]
        assert self.found(registry, person) == Ineligible(reason, person.dod_id)
        assert self.found(registry, person, last_name=person.last_name + "x") == NearMatch()
        assert self.found(registry, person, first_name="Robert") == NoMatch()

    def test_a_minor_comes_of_age(self, registry: EligibilityRegistry) -> None:
        day = date(2033, 5, 5)
        assert registry.find_person(typed(MINOR), today=date(2033, 5, 4)) == Ineligible(Reason.MINOR, MINOR.dod_id)
        assert registry.find_person(typed(MINOR), today=day) == Match(MINOR)

    @pytest.mark.parametrize("odd", ["\x00", "x" * 10_000, "\u202e", "\ud800", "🙂"], ids=range(5))
    @pytest.mark.parametrize("field", ["first_name", "middle_name", "last_name", "ssn", "dod_id"])
    def test_odd_input_finds_nobody_and_does_no_harm(self, registry: EligibilityRegistry, field: str, odd: str) -> None:
        assert isinstance(self.found(registry, ADA, **{field: odd}), NoMatch | NearMatch | Match)
        assert self.found(registry, ADA) == Match(ADA)

    def test_a_person_is_known_by_dod_id_number(self, registry: EligibilityRegistry) -> None:
        assert registry.person(ADA.dod_id) == ADA
        for number in ("", "1", "2000000099", "\x00" * 10, "x" * 10_000):
            assert registry.person(number) is None
            assert registry.coverage(number, today=TODAY) is None

    def test_a_number_is_known_by_the_other_one(self, registry: EligibilityRegistry) -> None:
        for one in CAST:
            assert registry.ssn_of(one.dod_id) == ssn_of(one)
        for nobody in ("2999999999", "", "x", "\x00"):
            assert registry.ssn_of(nobody) == ""

    def test_a_reviewer_sees_former_names_and_what_hinders(self, registry: EligibilityRegistry) -> None:
        jenny = registry.record(ssn=ssn_of(JENNY), dod_id="", today=TODAY)
        assert jenny == registry.record(ssn="", dod_id=JENNY.dod_id, today=TODAY)
        assert jenny == Record(JENNY, ("Jenny Johnson",), None)
        for reason, person in HINDERED.items():
            found = registry.record(ssn="", dod_id=person.dod_id, today=TODAY)
            assert found == Record(person, (), reason)

    @pytest.mark.parametrize(("ssn", "dod_id"), [("", ""), ("900451099", ""), ("", "2000000099"), ("", "\x00" * 10)])
    def test_a_reviewer_is_shown_nobody_for_a_number_that_is_nobodys(
        self, registry: EligibilityRegistry, ssn: str, dod_id: str
    ) -> None:
        assert registry.record(ssn=ssn, dod_id=dod_id, today=TODAY) is None
        assert registry.record(ssn=ssn_of(ADA), dod_id=JENNY.dod_id, today=TODAY) is None

    def test_every_answer_about_somebody_shielded_says_so(self, registry: EligibilityRegistry) -> None:
        number = PROTECTED.dod_id
        record = registry.record(ssn="", dod_id=number, today=TODAY)
        assert record
        for found in (registry.person(number), record.person, *registry.search("vance", most=9)):
            assert found
            assert (found.is_shielded, found.staff_name) == (True, "A shielded record")
        assert (ADA.is_shielded, ADA.staff_name) == (False, "Ada May Winters")

    def test_coverage_shows_sponsor_family_and_periods(self, registry: EligibilityRegistry) -> None:
        own, hers = (registry.coverage(person.dod_id, today=TODAY) for person in (ADA, SPOUSE))
        assert own is not None
        assert hers is not None
        assert (own.sponsor, own.relationship, [member.name for member in own.family]) == (None, "", ["Ruth Winters"])
        assert (hers.sponsor, hers.relationship, hers.family) == (ADA, "Spouse", ())
        assert own.plan
        assert [period.begin for period in own.periods] == [date(2000, 1, 1)]

    def test_a_family_knows_each_other_and_nobody_else(self, registry: EligibilityRegistry) -> None:
        assert registry.kin(ADA.dod_id) == [SPOUSE.dod_id]
        assert registry.kin(SPOUSE.dod_id) == [ADA.dod_id]
        assert registry.kin(JENNY.dod_id) == registry.kin("2000000099") == registry.kin("x") == []

    def test_a_couple_lives_together_from_the_wedding_on_and_nobody_else_does(
        self, registry: EligibilityRegistry
    ) -> None:
        together = [TimeTogether(date(2000, 1, 1), None)]
        for one in (ADA, SPOUSE):
            assert set(registry.times_together(one.dod_id, today=TODAY)) == set(together)
        for other in (JENNY.dod_id, DEAD.dod_id, "2000000099", "x"):
            assert registry.times_together(other, today=TODAY) == []

    def test_coverage_that_ended_has_no_plan(self, registry: EligibilityRegistry) -> None:
        ended = registry.coverage(ENDED.dod_id, today=TODAY)
        assert ended is not None
        assert ended.plan == ""
        assert ended.periods

    def test_staff_find_people_by_name_number_and_last_four(self, registry: EligibilityRegistry) -> None:
        assert {person.dod_id for person in registry.search("winters", most=9)} == {ADA.dod_id, SPOUSE.dod_id}
        assert registry.search(JENNY.dod_id, most=9) == [JENNY]
        assert registry.search(ssn_of(JENNY)[-4:], most=9) == [JENNY]
        assert registry.search(ssn_of(JENNY), most=9) == [JENNY]
        assert registry.search(f"***-**-{ssn_of(JENNY)[-4:]}", most=9) == [JENNY]
        assert len(registry.search("winters", most=1)) == 1
        assert registry.search("", most=9) == []
