"""The store itself: imports, resources with their versions, and what of them is sealed."""

import uuid

from django.db import models
from django.db.models import F

from portal.record.canonical import DecimalDecoder, DecimalEncoder
from safeguards.fields import EncryptedTextField

RECORD = uuid.UUID("6f0c2ab4-9f0e-5c0f-8a43-0d51f1a5a0e6")


def resource_id(patient: str, source: str, type_: str, reference: str) -> uuid.UUID:
    """Return the id of a resource. The same arguments give the same id, so that addresses of pages stay valid."""
    return uuid.uuid5(RECORD, f"{patient}|{source}|{type_}|{reference}")


def sealed_id(resource: uuid.UUID, version: int) -> uuid.UUID:
    """Return the id of what is sealed of a version of a resource. By it, the sealed value is bound to that version."""
    return uuid.uuid5(resource, str(version))


class Import(models.Model):
    """One file that was imported, or was found unchanged. `counts` is the number of resources by type."""

    id = models.BigAutoField(primary_key=True)
    patient = models.CharField("DoD ID number", max_length=10)
    source = models.CharField(max_length=60)
    digest = models.BinaryField("keyed digest of the file", max_length=32)
    counts = models.JSONField(default=dict)
    ended_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index("patient", F("id").desc(), name="record_import_newest"),
            models.Index(fields=["patient", "ended_at"], name="record_import_since"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"


class Resource(models.Model):
    """One FHIR resource, in its present version. A trigger writes the version before to `Version` and refuses DELETE.

    `reference` is the resource's own id or, if it has none, what stands for it in its file. `full_url` is what other
    entries of its bundle call it. `raw` is the resource. jsonb keeps the digits of a decimal but writes out an
    exponent, so `written` holds the canonical text of the few resources that `raw` alone would not give back as they
    came. Personal numbers are in neither, but in `Sealed`. `digest` is that of the canonical text with them. It is
    keyed if there are any (`sealing.digest_with`).
    """

    id = models.UUIDField(primary_key=True)
    patient = models.CharField("DoD ID number", max_length=10)
    source = models.CharField(max_length=60)
    type = models.CharField("resource type", max_length=40)
    reference = models.CharField(max_length=300)
    full_url = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    raw = models.JSONField(encoder=DecimalEncoder, decoder=DecimalDecoder)
    written = models.TextField(null=True, blank=True)
    digest = models.BinaryField(max_length=32)
    imported = models.ForeignKey(Import, models.PROTECT, related_name="resources", db_index=False)

    class Meta:
        # What an import brought, by its types: "new since your last visit".
        indexes = [models.Index(fields=["imported", "type"], name="record_resource_came")]
        constraints = [
            models.UniqueConstraint(fields=["patient", "source", "type", "reference"], name="record_resource_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class Version(models.Model):
    """A version of a resource that a later import replaced. A trigger refuses UPDATE and DELETE."""

    id = models.BigAutoField(primary_key=True)
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    raw = models.JSONField(encoder=DecimalEncoder, decoder=DecimalDecoder)
    written = models.TextField(null=True, blank=True)
    digest = models.BinaryField(max_length=32)
    imported = models.ForeignKey(Import, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "version"], name="record_version_once")]

    def __str__(self) -> str:
        return f"version {self.version} of {self.resource_id}"


class Sealed(models.Model):
    """The personal numbers of one version of a resource, which its `raw` and `written` lack.

    `numbers` is JSON: a list of [path, text]. A trigger refuses DELETE, and UPDATE of all but `numbers`.
    """

    id = models.UUIDField(primary_key=True)
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="sealed")
    version = models.PositiveIntegerField()
    numbers = EncryptedTextField()

    class Meta:
        verbose_name_plural = "sealed"
        constraints = [models.UniqueConstraint(fields=["resource", "version"], name="record_sealed_once")]

    def __str__(self) -> str:
        return f"what is sealed of version {self.version} of {self.resource_id}"
