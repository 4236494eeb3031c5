"""What FHIR R4 has and the R4B models of the library have not is taken all the same, and no more than that."""

from typing import Any

import pytest

from portal.record import validating
from portal.record.checks import BadError
from tests.portal.record.fhir import ADA, weight

META = {"versionId": "1", "lastUpdated": "2019-03-04T10:00:00Z", "tag": [{"code": "x"}]}
VERSION_1 = "urn:uuid:c757873d-ec9a-1326-a141-556f43239520"


def extended(**value: Any) -> dict[str, Any]:
    return ADA | {"extension": [{"url": "urn:x", **value}]}


def contained(*inside: Any) -> dict[str, Any]:
    return weight(contained=[*inside])


def element(**more: Any) -> dict[str, Any]:
    differential = {"element": [{"path": "Patient", **more}]}
    names = {"url": "urn:x", "name": "X", "status": "draft", "kind": "resource", "abstract": False, "type": "Patient"}
    return {"resourceType": "StructureDefinition", **names, "differential": differential}


@pytest.mark.parametrize(
    "resource",
    [
        extended(valueMeta=META),
        extended(valueUuid=VERSION_1),
        extended(extension=[{"url": "urn:y", "valueUuid": VERSION_1}, {"url": "urn:z", "valueMeta": META}]),
        element(defaultValueMeta=META),
        element(fixedMeta=META),
        element(patternMeta=META),
        element(example=[{"label": "x", "valueMeta": META}]),
        contained({"resourceType": "Evidence", "id": "e", "exposureBackground": {"reference": "#x"}}),
        contained({"resourceType": "MedicinalProduct", "name": [{"productName": "x"}]}, ADA),
        {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": {"resourceType": "SubstancePolymer"}}]},
        *({"resourceType": type_, "status": "active"} for type_ in sorted(validating.ONLY_R4)),
    ],
)
def test_valid_r4_is_not_refused(resource: dict[str, Any]) -> None:
    before = str(resource)
    validating.validate(resource)
    assert str(resource) == before


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (extended(valueMeta={"versionId": 5}), "Patient.extension[0].valueMeta.versionId"),
        (extended(valueMeta={"lastUpdated": "soon"}), "Patient.lastUpdated"),
        (extended(valueMeta={"smith": 1}), "Patient.extension[0].valueMeta"),
        (extended(valueMeta=META, valueString="two values"), "Patient"),
        (extended(valueUuid="urn:uuid:smith"), "Patient.extension[0].valueUuid"),
        (extended(valueMeta=META) | {"birthDate": "soon"}, "Patient.birthDate"),
        (ADA | {"valueMeta": META}, "Patient"),
        (contained({"resourceType": "Evidence", "id": "e"}) | {"code": None}, "Observation"),
        (contained({"resourceType": "Smith"}), "Observation.contained[0]"),
        (contained({"resourceType": ["Evidence"]}), "Observation.contained[0]"),
    ],
)
def test_what_r4_has_not_either_is_refused(resource: dict[str, Any], path: str) -> None:
    with pytest.raises(BadError) as bad:
        validating.validate(resource)
    assert ".".join(bad.value.path).startswith(path)
    assert "smith" not in f"{bad.value.path}{bad.value.reason}".lower()
