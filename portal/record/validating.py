"""Whether a resource is FHIR R4, by the models of fhir.resources. What they make of it is thrown away (ADR 30).

The models take "5" for a number, "yes" for a boolean, text with JSON in it for an element, and their own names of
fields for FHIR's. So `check_kinds` first compares each value's JSON type with what the element has.
"""

import re
import types
import typing
from decimal import Decimal
from functools import cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from portal.record.checks import DEEPEST, BadError, check_values, too_deep, why_unfit

# R4 4.0.1 has them, R4B 4.3.0 has none of these names, or has another thing under the name. They are about products,
# substances and evidence, never about a person, and are kept with their JSON checked and their elements not, also where
# another resource contains them.
ONLY_R4 = frozenset(
    {
        *("EffectEvidenceSynthesis", "Evidence", "EvidenceVariable", "RiskEvidenceSynthesis"),
        *("MedicinalProduct", "MedicinalProductAuthorization", "MedicinalProductContraindication"),
        *("MedicinalProductIndication", "MedicinalProductIngredient", "MedicinalProductInteraction"),
        *("MedicinalProductManufactured", "MedicinalProductPackaged", "MedicinalProductPharmaceutical"),
        *("MedicinalProductUndesirableEffect", "SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein"),
        *("SubstanceReferenceInformation", "SubstanceSourceMaterial", "SubstanceSpecification"),
    }
)
# The library's types for any value lack Meta, which R4 has there, and its UUIDs have to be of version 4.
OPEN_METAS = ("valueMeta", "defaultValueMeta", "fixedMeta", "patternMeta")
WITHOUT_META = ("Extension", "ElementDefinition", "ElementDefinitionExample")
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_VERSION_4 = "urn:uuid:00000000-0000-4000-8000-000000000000"
NUMBER = Decimal
# What an element may refuse, by the kind of pydantic's error; its own message would repeat the value.
REASONS = {
    "missing": "An element that has to be there is missing.",
    "model_field_validation.missing": "An element that has to be there is missing.",
    "extra_forbidden": "There is an element that FHIR R4 does not have there.",
    "list_type": "There is one value where FHIR R4 has a list, or nothing in a list.",
    "too_short": "A list is empty.",
    "string_pattern_mismatch": "The text is not written as FHIR R4 has it.",
    "value_error": "The value is not one that FHIR R4 allows.",
}
OTHERWISE = "The value is not what FHIR R4 has there."


class Plan(dict):  # type: ignore[type-arg]
    """The elements of a type of FHIR, and what JSON each of them is: str, bool, int, NUMBER, or again a Plan.

    Each element is looked up in the model once, when it is first seen: together the models have thousands.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.is_resource = model.has_resource_base()

    def __missing__(self, name: str) -> Any:
        if name == "resourceType" and self.is_resource:
            self[name] = str
            return str
        if name in OPEN_METAS and self.model.__name__ in WITHOUT_META:
            self[name] = plan_of(get_fhir_model_class("Meta"))
            return self[name]
        for field_name, field in self.model.model_fields.items():
            if (field.alias or field_name) == name and name != "fhir_comments":
                self[name] = kind_of(field.annotation)
                return self[name]
        raise BadError(REASONS["extra_forbidden"])


class AnyResource(Plan):
    """Where any resource may stand."""


@cache
def plan_of(model: Any) -> Plan:
    return AnyResource(model) if model.__name__ == "Resource" else Plan(model)


def kind_of(annotation: Any) -> Any:
    """Return what JSON a field takes, by its type: that of its values, if it is a list."""
    if isinstance(annotation, type) and hasattr(annotation, "get_model_klass"):
        return plan_of(annotation.get_model_klass())
    if annotation in (bool, int):
        return annotation
    if annotation is Decimal:
        return NUMBER
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, list, typing.Annotated):
        inner = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
        return kind_of(inner[0])
    return str


def is_type(name: object) -> bool:
    """Return whether FHIR R4 or R4B has resources of this type."""
    return isinstance(name, str) and (name in ONLY_R4 or model_of(name) is not None)


@cache
def model_of(name: str) -> Any:
    """Return the model of a type of resources, or None if the library has none."""
    try:
        model = get_fhir_model_class(name)
    except (ValueError, AttributeError):
        return None
    abstract = name in ("Resource", "DomainResource")
    return model if model.has_resource_base() and not abstract else None


def validate(resource: dict[str, Any]) -> None:
    """Raise BadError unless this is a resource of FHIR R4. Nothing of it is changed."""
    type_ = resource.get("resourceType")
    if not is_type(type_):
        raise BadError("It has no resourceType that FHIR R4 knows.")
    assert isinstance(type_, str)
    try:
        if type_ in ONLY_R4:
            check_values(resource)
            return
        model = model_of(type_)
        check_kinds(resource, plan_of(model), 1)
        ask_model(model, resource)
    except BadError as bad:
        bad.path.insert(0, type_)
        raise
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise BadError(REASONS.get(first["type"], OTHERWISE), type_, *places(first["loc"])) from None
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        raise BadError(OTHERWISE, type_) from None


def ask_model(model: Any, resource: dict[str, Any]) -> None:
    """Raise what the model has against a resource, if that is not something in which R4 differs from it."""
    try:
        model.model_validate(resource)
    except (ValueError, TypeError, LookupError):
        as_known = in_r4b(resource)
        if as_known == resource:
            raise
        model.model_validate(as_known)


def in_r4b(value: Any) -> Any:
    """Return a copy in which the library's own takes the place of what R4 has and the library has not."""
    if isinstance(value, list):
        return [in_r4b(item) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get("resourceType")
    if isinstance(name, str) and name in ONLY_R4:
        return {"resourceType": "Basic", "code": {"text": "R4"}} | {key: value[key] for key in ("id",) if key in value}
    copy: dict[str, Any] = {}
    for key, item in value.items():
        if key in OPEN_METAS:
            get_fhir_model_class("Meta").model_validate(item)
            copy[f"{key.removesuffix('Meta')}Coding"] = {"code": "R4"}
        elif key.endswith("Uuid") and isinstance(item, str) and UUID.fullmatch(item):
            copy[key] = OF_VERSION_4
        else:
            copy[key] = in_r4b(item)
    return copy


def places(loc: tuple[int | str, ...]) -> list[str]:
    """Return a place as pydantic has it in the way that `check_kinds` has it: an index belongs to its list."""
    path: list[str] = []
    for part in loc:
        if isinstance(part, int) and path:
            path[-1] += f"[{part}]"
        elif isinstance(part, str) and part.replace("_", "").isalnum():
            path.append(part)
    return path


def check_kinds(value: dict[str, Any], plan: Plan, depth: int) -> None:
    """Raise BadError where the JSON type of a value is not that of its element, or an element is unknown."""
    if depth > DEEPEST:
        raise BadError(too_deep())
    key, number = "", None
    try:
        for key, item in value.items():
            kind, given, number = plan[key], type(item), None
            if given is kind:
                continue
            if given is list:
                for number, each in enumerate(item):  # noqa: B007 - the path needs it
                    given = type(each)
                    if given is dict and type(kind) is Plan:
                        check_kinds(each, kind, depth + 1)
                    elif given is not kind and (each is not None or (type(kind) is Plan and key[:1] != "_")):
                        check_kind(each, kind, depth)
            elif given is dict and type(kind) is Plan:
                check_kinds(item, kind, depth + 1)
            else:
                check_kind(item, kind, depth)
    except BadError as bad:
        if key in plan:  # other keys are the file's own words
            bad.path.insert(0, key if number is None else f"{key}[{number}]")
        raise


def check_kind(item: Any, kind: Any, depth: int) -> None:
    """Check what is no plain match: numbers, resources in resources, and what does not fit."""
    if kind is NUMBER and type(item) is int:
        return
    if isinstance(kind, AnyResource) and type(item) is dict:
        name = item.get("resourceType")
        if isinstance(name, str) and name in ONLY_R4:
            check_values(item, depth)
            return
        model = model_of(name) if isinstance(name, str) else None
        if model is None:
            raise BadError("It has no resourceType that FHIR R4 knows.")
        check_kinds(item, plan_of(model), depth + 1)
        return
    raise BadError(why_unfit(item) or misfit(kind))


def misfit(kind: Any) -> str:
    if kind is bool:
        return "There has to be true or false, without quotation marks."
    if kind is NUMBER:
        return "There has to be a number, without quotation marks."
    if kind is int:
        return "There has to be a whole number, without quotation marks."
    return "There has to be text." if kind is str else "There has to be an object."
