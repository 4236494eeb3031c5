"""A checker of International Patient Summaries: the rules of HL7 IPS 2.0.0 and of R4 documents that need no server.

The names of rules are those of the specifications: bdl-* and cmp-* of R4, bdl-ips-1, ips-comp-1, ips-pat-1 of the IPS.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from portal.record.checks import BadError
from portal.record.validating import validate

XHTML = "{http://www.w3.org/1999/xhtml}div"
REQUIRED = {"48765-2", "10160-0", "11450-4"}
# What the entries of each section may be.
TYPES = {
    "48765-2": {"AllergyIntolerance"},
    "10160-0": {"MedicationStatement", "MedicationRequest"},
    "11450-4": {"Condition"},
    "11348-0": {"Condition"},
    "11369-6": {"Immunization"},
    "30954-2": {"Observation", "DiagnosticReport"},
    "8716-3": {"Observation"},
    "29762-2": {"Observation"},
    "47519-4": {"Procedure"},
    "18776-5": {"CarePlan"},
}
EMPTY = {"nilknown", "notasked", "withheld", "unavailable", "notstarted", "closed"}


def problems(bundle: dict[str, Any]) -> list[str]:
    """Return what is wrong with a summary, in words."""
    return [*wrong_resources(bundle), *wrong_bundle(bundle), *wrong_composition(bundle), *wrong_references(bundle)]


def section(bundle: dict[str, Any], code: str) -> dict[str, Any]:
    """The section of this LOINC code, {} if there is none."""
    sections = bundle["entry"][0]["resource"]["section"]
    return next((one for one in sections if one["code"]["coding"][0]["code"] == code), {})


def entries(bundle: dict[str, Any], code: str) -> list[dict[str, Any]]:
    """The resources in a section."""
    known = by_url(bundle)
    return [known[one["reference"]] for one in section(bundle, code).get("entry", ())]


def by_url(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}


def wrong_resources(bundle: dict[str, Any]) -> Iterator[str]:
    """By the models of FHIR R4B."""
    try:
        validate(bundle)
    except BadError as bad:
        yield f"not R4: {'.'.join(bad.path)}: {bad}"


def wrong_bundle(bundle: dict[str, Any]) -> Iterator[str]:
    types = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    urls = [entry.get("fullUrl") for entry in bundle["entry"]]
    patients = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Patient"]
    if bundle["type"] != "document" or types[0] != "Composition":
        yield "bdl-11: a document begins with a Composition"
    if types.count("Composition") != 1:
        yield "bdl-ips-1: there is one Composition"
    if not (bundle.get("identifier", {}).get("system") and bundle["identifier"].get("value")):
        yield "bdl-9: a document has an identifier with a system"
    if not bundle.get("timestamp"):
        yield "bdl-10: a document has a timestamp"
    if None in urls or len(set(urls)) != len(urls):
        yield "bdl-7: each entry has a full URL of its own"
    if len(patients) != 1:
        yield "there is one Patient"
    for patient in patients:
        if not any(name.get(part) for name in patient.get("name", ()) for part in ("family", "given", "text")):
            yield "ips-pat-1: the Patient has a name"
        if not (patient.get("birthDate") or patient.get("_birthDate")):
            yield "the Patient has a birth date or says why not"


def wrong_composition(bundle: dict[str, Any]) -> Iterator[str]:
    made, known = bundle["entry"][0]["resource"], by_url(bundle)
    for element in ("status", "type", "subject", "date", "author", "title", "section"):
        if not made.get(element):
            yield f"the Composition has no {element}"
    if made["type"]["coding"][0] != {"system": "http://loinc.org", "code": "60591-5"}:
        yield "the Composition is no patient summary"
    if known.get(made["subject"]["reference"], {}).get("resourceType") != "Patient":
        yield "the Composition is not about the Patient"
    codes = [one["code"]["coding"][0]["code"] for one in made["section"]]
    if REQUIRED - set(codes) or len(set(codes)) != len(codes):
        yield "each required section is there, and none twice"
    for code, one in zip(codes, made["section"], strict=True):
        yield from (f"{code}: {said}" for said in wrong_section(code, one, known))


def wrong_section(code: str, one: dict[str, Any], known: dict[str, dict[str, Any]]) -> Iterator[str]:
    if not one.get("title") or code not in TYPES:
        yield "no title, or no code of the IPS"
    if bool(one.get("entry")) == bool(one.get("emptyReason")):
        yield "ips-comp-1, cmp-2: there is an entry or a reason why not"
    for coding in one.get("emptyReason", {}).get("coding", ()):
        if coding["code"] not in EMPTY:
            yield "the reason is not of the value set"
    types = {known.get(entry["reference"], {}).get("resourceType") for entry in one.get("entry", ())}
    if types - TYPES.get(code, set()):
        yield f"an entry is none of the section: {types}"
    text = one.get("text", {})
    root = ElementTree.fromstring(text.get("div", "<none/>"))  # noqa: S314 - our own
    if text.get("status") != "generated" or root.tag != XHTML or not "".join(root.itertext()).strip():
        yield "no narrative"
    if {part.tag.rpartition("}")[2] for part in root.iter()} - {"div", "p", "ul", "li"}:
        yield "markup in the narrative"


def wrong_references(bundle: dict[str, Any]) -> Iterator[str]:
    known = by_url(bundle)
    for entry in bundle["entry"]:
        for said in references(entry["resource"]):
            if not said.startswith("#") and said not in known:
                yield f"{entry['resource']['resourceType']} refers to what is not there"


def references(value: Any) -> Iterator[str]:
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(one)
    if isinstance(value, dict) and isinstance(value.get("reference"), str):
        yield value["reference"]
