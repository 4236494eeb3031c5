"""Personal numbers are not in the JSON of the store, but sealed beside it (ADR 33).

What has such numbers has a keyed digest, since from a plain one and the rest of the resource nine digits are guessed
in minutes.
"""

import json
from collections.abc import Iterable
from uuid import UUID

from django.db.models import OuterRef, Subquery

from portal.record.canonical import digest_of
from portal.record.models import Sealed, sealed_id
from portal.record.personal_numbers import Numbers
from safeguards.cipher import blind_index

SEALED = Subquery(Sealed.objects.filter(resource=OuterRef("pk"), version=OuterRef("version")).values("numbers"))
"""What is sealed of a Resource's present version, to annotate one with and to give to `open_numbers`."""


def digest_with(text: str, numbers: object) -> bytes:
    """Return the digest of a resource's canonical text: a keyed one if it has personal numbers, else its SHA-256."""
    return blind_index(text, purpose="record-resource") if numbers else digest_of(text)


def digest_of_import(digest: bytes) -> bytes:
    """Return what is kept of the digest of a file: that of a short one would tell the numbers in it.

    It is half of an HMAC. By its length it differs from the SHA-256 that was kept once.
    """
    return blind_index(digest.hex(), purpose="record-import")[:16]


def keep_numbers(found: Iterable[tuple[UUID, int, Numbers]]) -> None:
    """Seal the personal numbers of resources, each given with its id and version."""
    rows = (
        Sealed(id=sealed_id(id_, version), resource_id=id_, version=version, numbers=json.dumps(numbers))
        for id_, version, numbers in found
    )
    Sealed.objects.bulk_create(rows, batch_size=1_000)  # a statement has at most 65,535 values


def open_numbers(resource: UUID, version: int, sealed: bytes | None) -> Numbers:
    """Return the personal numbers of a version of a resource, from what `SEALED` gave of it."""
    if sealed is None:
        return []
    row = Sealed(id=sealed_id(resource, version))
    vars(row)["numbers"] = bytes(sealed)  # opens itself when it is read
    return [(path, said) for path, said in json.loads(row.numbers)]
