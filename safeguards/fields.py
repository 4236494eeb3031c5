"""A model field whose text is sealed in the database and opened only when somebody reads it."""

from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from safeguards.cipher import DecryptionError, decrypt, decrypt_bytes, encrypt, encrypt_bytes


class LazilyDecrypted(DeferredAttribute):
    """The attribute on instances. Bytes from the database become text on the first look."""

    field: "EncryptedTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, bytes):
            value = instance.__dict__[self.field.attname] = self.field.opened(instance, value)
        return value

    def __set__(self, instance: models.Model, value: str | bytes | None) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.Field):
    """Text (or None), stored as bytea by `cipher.encrypt` for its own table, column and primary key.

    The primary key must be known before the row is saved: use a UUID or a natural key. Only `save`, `create` and
    `bulk_create` can write the field, because `update` does not know the row. The field cannot be searched: keep a
    `cipher.blind_index` beside it to search by. `.values()` gives the sealed bytes. dumpdata does not serialize the
    field.
    """

    _pyi_private_set_type: str
    _pyi_private_get_type: str

    descriptor_class = LazilyDecrypted
    empty_strings_allowed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "BinaryField"

    def opened(self, instance: models.Model, blob: bytes) -> str:
        """Return the text of a sealed value of this instance's row."""
        try:
            return decrypt(blob, context=self.context(instance.pk))
        except DecryptionError as error:
            raise DecryptionError(f"{self}: {error}") from None

    def context(self, pk: object) -> str:
        """Return what binds a sealed value to its place, in the row with this primary key."""
        return f"{self.model._meta.db_table}:{self.column}:{pk}"

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        text = getattr(model_instance, self.attname)
        if text is None:
            return None
        if model_instance.pk is None:
            raise ValueError(f"{self} needs a primary key before saving: use a UUID or a natural key.")
        return encrypt(text, context=self.context(model_instance.pk))

    def get_prep_value(self, value: Any) -> bytes | None:
        if value is None or isinstance(value, bytes):
            return value
        raise TypeError(f"{self} is sealed for one row: set the attribute and save() instead of update().")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self} is encrypted and cannot be searched: keep a blind index beside it.")

    def value_from_object(self, obj: models.Model) -> Any:
        raise TypeError(f"{self} is never serialized: its text would leave the database in clear text.")


class Sealed(bytes):
    """Bytes as the database has them, which nobody has opened yet."""


class BytesLazilyDecrypted(LazilyDecrypted):
    """The attribute of a field for bytes. What is sealed is known by its class, because what is open is bytes too."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = DeferredAttribute.__get__(self, instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = self.field.opened(instance, value)
        return value


class EncryptedBytesField(EncryptedTextField):
    """Bytes (or None), stored as EncryptedTextField stores text."""

    _pyi_private_set_type: bytes  # type: ignore[assignment]
    _pyi_private_get_type: bytes  # type: ignore[assignment]

    descriptor_class = BytesLazilyDecrypted

    def from_db_value(self, value: bytes | None, *args: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def opened(self, instance: models.Model, blob: bytes) -> bytes:  # type: ignore[override]
        """Return the bytes of a sealed value of this instance's row."""
        try:
            return decrypt_bytes(bytes(blob), context=self.context(instance.pk))
        except DecryptionError as error:
            raise DecryptionError(f"{self}: {error}") from None

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        data = getattr(model_instance, self.attname)
        return None if data is None else encrypt_bytes(data, context=self.context(model_instance.pk))
