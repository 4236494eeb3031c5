"""The speed of bringing FHIR into a record and taking it out again, beside what the work has to cost at least.

The least that an import costs is reading the JSON and validating it with the models of fhir.resources. Both are done
in turns in one run. Each import goes into a person's empty record. The files are the real bundles beside the
repository, so that no invented shape decides.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from fhir.resources.R4B import get_fhir_model_class

from bench.goals import at_most
from bench.imports import MIB, watched
from deers.models import LegalName, Person
from portal.record.exporting import bundle_of
from portal.record.importing import Imported, Unchanged, import_file

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "fhir"
ROUNDS = 7
SMALL, LARGE = 10 * MIB, 100 * MIB
numbers = count(1)


def verdicts() -> Iterator[str]:
    """Yield what imports and exports reached, with their goals."""
    files = sorted(FOLDER.glob("*.json"))
    if not files:
        yield f"no import was measured: there is no {FOLDER}"
        return
    for path in files:  # makes the models once
        validate(path)
    ratios, rates, out, again = [], [], [], []
    for _ in range(ROUNDS):
        least = sum(timed(lambda path=path: validate(path)) for path in files)
        patients = [new_person() for _ in files]
        took = sum(timed(lambda to=to, path=path: store(path, to)) for path, to in zip(files, patients, strict=True))
        resources = sum(len(json.loads(path.read_bytes())["entry"]) for path in files)
        ratios.append(took / least)
        rates.append(resources / took)
        again.append(
            sum(timed(lambda to=to, path=path: store(path, to)) for path, to in zip(files, patients, strict=True))
        )
        out.append(resources / sum(timed(lambda to=to: [None for _ in bundle_of(to)]) for to in patients))
    yield f"an import: {statistics.median(rates):,.0f} resources/s"
    yield f"an export: {statistics.median(out):,.0f} resources/s"
    yield f"the same {len(files)} files once more, unchanged: {statistics.median(again):.3f} s"
    yield at_most("health records", "an import beside reading and validating alone", statistics.median(ratios), 1.3)
    yield from memory()


def memory() -> Iterator[str]:
    """Yield how much memory NDJSON of two sizes takes, beside each other."""
    with TemporaryDirectory() as folder:
        used = []
        for size in (SMALL, LARGE):
            path = Path(folder) / "file.ndjson"
            write(path, size)
            patient = new_person()
            began = time.perf_counter()
            with watched() as seen:
                assert isinstance(import_file(path, patient, other_name=True), Imported)
            took = time.perf_counter() - began
            used.append(seen.memory / MIB)
            yield f"NDJSON of {size / MIB:.0f} MiB: {size / MIB / took:.1f} MiB/s, {used[-1]:.0f} MiB of memory"
        yield at_most("health records", "MiB of memory more for ten times the file", used[1] - used[0], 16)


def validate(path: Path) -> None:
    """Do the least that an import has to."""
    for entry in json.loads(path.read_bytes())["entry"]:
        resource = entry["resource"]
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def store(path: Path, patient: str) -> None:
    assert isinstance(import_file(path, patient, other_name=True), Imported | Unchanged)


def timed(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


def new_person() -> str:
    """Register somebody with an empty record."""
    number = next(numbers)
    person = Person(dod_id=f"20000{number:05}", date_of_birth=date(1960, 1, 1))
    person.set_ssn(f"90112{number:04}")
    person.save()
    LegalName.objects.create(person=person, first="Ada", last="Bench")
    return person.dod_id


def write(path: Path, size: int) -> None:
    """Write one Patient and as many observations as `size` bytes have room for."""
    entries = json.loads(next(FOLDER.glob("pysynthea*")).read_bytes())["entry"]
    resources = [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Observation"]
    with path.open("w") as file:
        written = file.write(json.dumps({"resourceType": "Patient", "id": "p"}) + "\n")
        for number in count():
            resource = resources[number % len(resources)] | {"id": str(number), "subject": {"reference": "Patient/p"}}
            written += file.write(json.dumps(resource) + "\n")
            if written > size:
                return
