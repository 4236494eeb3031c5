"""What a clinic marked as sensitive, and all that is a part of it, stays closed to a teen's parents on every way."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.policy import Level
from portal.medications import asking
from portal.medications.models import Request
from portal.record.importing import store_resources
from portal.record.models import Attachment, Dispense, Resource, Result
from portal.record.projecting import project_patient
from tests import walk
from tests.portal.conftest import RUTH, open_account
from tests.portal.family.conftest import Family, given
from tests.portal.family.test_parents import SENSITIVE
from tests.portal.medications.test_refills import prescribed

pytestmark = pytest.mark.django_db

MARKED: dict[str, Any] = {**SENSITIVE[1]}
SECRET = ("Chlamydia", "Contraceptive", "Pregnancy")


def observed(name: str, code: str, category: str = "laboratory", **more: Any) -> tuple[str, dict[str, Any]]:
    raw = {
        "resourceType": "Observation",
        "id": name.lower(),
        "status": "final",
        "category": [{"coding": [{"code": category}]}],
        "code": {"text": name, "coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": "2026-01-02T10:00:00Z",
        "valueQuantity": {"value": 7, "unit": "mg/dL", "code": "mg/dL", "system": "http://unitsofmeasure.org"},
        "referenceRange": [{"low": {"value": 1}, "high": {"value": 2 if "Chl" in name or "Pre" in name else 9}}],
    } | more
    return f"urn:uuid:{raw['id']}", raw


def reported(name: str, results: tuple[str, ...], **more: Any) -> tuple[str, dict[str, Any]]:
    raw = {
        "resourceType": "DiagnosticReport",
        "id": name.lower(),
        "status": "final",
        "category": [{"coding": [{"code": "LAB"}]}],
        "code": {"text": name},
        "effectiveDateTime": "2026-01-02T10:00:00Z",
        "result": [{"reference": f"urn:uuid:{one.lower()}"} for one in results],
        "presentedForm": [{"contentType": "text/plain", "data": "U2VlbiBieSB0aGUgbGFi", "title": name}],
    } | more
    return f"urn:uuid:{raw['id']}", raw


def stored(patient: str) -> None:
    """A record with one result that is marked, one in a marked report, and one in a marked and in another report."""
    store_resources(
        patient,
        "clinic",
        [
            observed("Glucose", "2345-7"),
            observed("Chlamydia", "21613-5", **MARKED),
            observed("Pregnancy", "2106-3"),
            observed("Pregnancy-two", "2106-3"),
            reported("Panel", ("Glucose", "Chlamydia", "Pregnancy-two")),
            reported("Clinic", ("Pregnancy", "Pregnancy-two"), **MARKED),
            ("", {"resourceType": "Consent", "id": "consent", "status": "active", **MARKED}),
        ],
    )
    project_patient(patient)


@pytest.fixture
def mother(client: Client, family: Family) -> Client:
    stored(family.teen.dod_id)
    client.force_login(family.mother)
    return client


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return walk.text_of(response)


def test_no_list_search_count_or_copy_of_the_results_tells_of_them(mother, family):
    for path in ("labs/", "labs/single/", "labs/other/", "vitals/", "record/", "record/papers/", "record/people/"):
        shown = page(mother, family.address(family.teen, path))
        assert not [word for word in SECRET if word in shown], path
    for word in ("chlamydia", "pregnancy"):
        found = page(mother, family.address(family.teen, f"labs/?words={word}"))
        assert "Panel" not in found.partition("main")[2] or "Glucose" not in found
        assert "1 of" not in found
    listed = page(mother, family.address(family.teen, "labs/"))
    assert "The result is in the usual range." in listed
    assert "3 results" not in listed
    assert "Consent" not in page(mother, family.address(family.teen, "record/papers/"))


def test_no_address_of_one_item_opens_them(mother, family):
    teen = family.teen.dod_id
    closed = Result.objects.filter(patient=teen).exclude(display="Glucose").values_list("resource_id", flat=True)
    assert len(closed) == 3
    for item in closed:
        for path in ("labs/test/{}/0/", "vitals/test/{}/0/", "labs/test/{}/0/results.csv", "record/papers/{}/"):
            assert mother.get(family.address(family.teen, path.format(item))).status_code == 404, path
    report = Resource.objects.get(patient=teen, reference="clinic").pk
    for path in ("labs/{}/", "labs/more/{}/", "notes/file/{}/0/", "notes/file/{}/0/download/", "record/papers/{}/"):
        assert mother.get(family.address(family.teen, path.format(report))).status_code == 404, path


def test_the_trend_of_a_test_has_only_what_is_open(mother, family):
    store_resources(family.teen.dod_id, "other", [observed("Later", "2106-3", effectiveDateTime="2026-03-02")])
    project_patient(family.teen.dod_id)
    free = Result.objects.get(patient=family.teen.dod_id, panel=None)
    for path in ("labs/test/{}/0/", "labs/test/{}/0/results.csv"):
        response = mother.get(family.address(family.teen, path.format(free.resource_id)))
        assert "March 2, 2026" in response.content.decode()
        assert "January 2, 2026" not in response.content.decode()


def test_a_refill_that_the_teen_asked_for_and_its_fills_are_closed_and_cannot_be_withdrawn(mother, family):
    teen = open_account("sam", family.teen.dod_id, Level.PREMIUM)
    item = prescribed(family.teen.dod_id, "Contraceptive", **MARKED)
    fill = Dispense.objects.get(patient=family.teen.dod_id).resource_id
    now = timezone.now()
    asked = Request.objects.create(
        account=teen, patient=teen.dod_id or "", prescription_id=item, kind="refill", made_at=now, changed_at=now
    )
    assert asking.of(teen.dod_id).get() == asked
    here = family.address(family.teen, "medications/")
    assert "no longer in your record" not in page(mother, f"{here}requests/")
    for path in (f"{here}requests/{asked.pk}/", f"{here}{item}/", f"{here}{item}/fills/"):
        assert mother.get(path).status_code == 404
    assert mother.post(f"{here}requests/{asked.pk}/").status_code == 404
    assert mother.get(family.address(family.teen, f"record/papers/{fill}/")).status_code == 404


def test_the_teen_and_the_parents_of_a_small_child_see_all_of_it(client, family):
    stored(family.small.dod_id)
    stored(family.teen.dod_id)
    client.force_login(family.mother)
    assert "Clinic" in page(client, family.address(family.small, "labs/"))
    client.force_login(open_account("sam", family.teen.dod_id, Level.PREMIUM))
    assert "Clinic" in page(client, "/portal/labs/")
    assert "Panel" in page(client, "/portal/labs/?words=chlamydia")


def test_a_delegate_opens_no_item_of_another_part_at_the_address_of_an_open_one(client, ruth, otis):
    stored(RUTH)
    store_resources(RUTH, "clinic", [observed("Weight", "29463-7", "vital-signs")])
    project_patient(RUTH)
    result = Result.objects.get(patient=RUTH, display="Glucose").resource_id
    weight = Result.objects.get(patient=RUTH, display="Weight").resource_id
    file = Attachment.objects.filter(patient=RUTH).first()
    assert file
    client.force_login(otis)
    vitals, notes, labs = (given(ruth, otis, [slug]).pk for slug in ("vitals", "notes", "labs"))
    assert client.get(f"/portal/of/{vitals}/vitals/test/{result}/0/").status_code == 404
    assert client.get(f"/portal/of/{vitals}/vitals/test/{result}/0/results.csv").status_code == 404
    assert client.get(f"/portal/of/{vitals}/vitals/test/{weight}/0/").status_code == 200
    assert client.get(f"/portal/of/{labs}/labs/test/{weight}/0/").status_code == 404
    assert client.get(f"/portal/of/{labs}/labs/test/{result}/0/").status_code == 200
    for path in ("", "download/"):
        assert client.get(f"/portal/of/{notes}/notes/file/{file.resource_id}/{file.place}/{path}").status_code == 404
