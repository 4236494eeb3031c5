"""FHIR files for tests: the real ones beside the repository, and small ones about Ada Winters."""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from deers.models import Person
from portal.record import checks
from portal.record.canonical import write_canonical
from portal.record.exporting import bundle_of
from portal.record.models import Resource
from tests.deers.registered import registered

ADA: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "ada",
    "name": [{"family": "Winters", "given": ["Ada"]}],
    "birthDate": "1958-03-14",
}
# `pytest --collect-only` names tests by them, so they are here and not read from the folder, which may be absent.
REAL = (
    "pysynthea_Jeffry_Pacocha",
    "pysynthea_Julieann_Hilll",
    "synthea2019_Adán_Portillo",
    "synthea2019_Cary_O'Hara",
    "synthea2019_Chet_Thompson",
    "synthea2019_Clemente_Kreiger",
    "synthea2019_Enda_Schaefer",
    "synthea2019_Evelyn_McCullough",
    "synthea2019_Sydney_Oberbrunner",
    "synthea2019_Versie_Botsford",
    "synthea2021_Bethanie176",
    "synthea2021_Ramona980",
)


def real_file(folder: Path, name: str) -> Path:
    (path,) = (each for each in folder.glob("*.json") if each.name.startswith(name))
    return path


def read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=checks.read_integer)


def person_in(path: Path) -> Person:
    """Register the person whom a file is about, under the name that it has."""
    entries = read(path.read_text())["entry"]
    (patient,) = (entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Patient")
    name = patient["name"][0]
    return registered(name["given"][0], name["family"], born=date.fromisoformat(patient["birthDate"]))


def weight(id_: str = "weight", value: str = "70.50", **more: Any) -> dict[str, Any]:
    """Ada's weight, with the digits given."""
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": "Body weight"},
        "subject": {"reference": "Patient/ada"},
        "valueQuantity": {"value": Decimal(value), "unit": "kg"},
        **more,
    }


def bundle(*resources: dict[str, Any], kind: str = "collection") -> str:
    entries = [{"resource": resource} for resource in resources]
    return write_canonical({"resourceType": "Bundle", "type": kind, "entry": entries})


def lines(*resources: dict[str, Any]) -> str:
    return "".join(write_canonical(resource) + "\n" for resource in resources)


def write(folder: Path, text: str | bytes, name: str = "file.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def exported(patient: str, **chosen: Any) -> dict[str, Any]:
    return read("".join(bundle_of(patient, **chosen)))


def texts_of(entries: Iterable[dict[str, Any]]) -> list[str]:
    """The canonical texts of the resources of a bundle's entries, sorted."""
    return sorted(write_canonical(entry["resource"]) for entry in entries)


def digests(patient: str) -> set[bytes]:
    return {bytes(digest) for digest in Resource.objects.filter(patient=patient).values_list("digest", flat=True)}
