"""Stores resources as they are, without the importer: the tests here are about reading them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from portal.record.canonical import DecimalDecoder, digest_of, write_canonical
from portal.record.models import Import, Resource, resource_id

RUTH, OTIS = "1029384756", "5647382910"


def read_json(text: str) -> Any:
    return json.loads(text, cls=DecimalDecoder)


def resource_of(raw: dict[str, Any], *, patient: str = RUTH, source: str = "clinic", full_url: str = "") -> Resource:
    """Return a resource that is not stored."""
    reference = raw.get("id") or full_url
    type_ = raw["resourceType"]
    return Resource(
        id=resource_id(patient, source, type_, reference),
        patient=patient,
        source=source,
        type=type_,
        reference=reference,
        full_url=full_url,
        raw=raw,
        digest=digest_of(write_canonical(raw)),
    )


@pytest.fixture
def keep(db: None) -> Callable[..., list[Resource]]:
    """Stores resources of a patient and gives them back."""

    def stored(*raws: dict[str, Any], patient: str = RUTH, source: str = "clinic", urls: Any = ()) -> list[Resource]:
        imported = Import.objects.create(patient=patient, source=source, digest=b"1", ended_at=timezone.now())
        names = list(urls) or [""] * len(raws)
        made = [
            resource_of(raw, patient=patient, source=source, full_url=url) for raw, url in zip(raws, names, strict=True)
        ]
        for one in made:
            one.imported = imported
        return Resource.objects.bulk_create(made, batch_size=1000)

    return stored


@pytest.fixture
def keep_bundle(keep: Callable[..., list[Resource]]) -> Callable[..., list[Resource]]:
    """Stores the entries of a bundle."""

    def stored(path: Path, **options: Any) -> list[Resource]:
        entries = read_json(path.read_text())["entry"]
        urls = [entry.get("fullUrl", "") for entry in entries]
        return keep(*(entry["resource"] for entry in entries), urls=urls, **options)

    return stored
