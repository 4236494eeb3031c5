"""Sealing everything again with the newest key, while the site runs.

The first bytes of a value say which key it is under, so there is no other state to keep or to lose. A rotation that was
killed goes on where it was. Two at once share the work. One that has nothing to do says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from safeguards.cipher import DecryptionError, decrypt_bytes, encrypt_bytes, key_header
from safeguards.fields import EncryptedTextField
from safeguards.probe import newest_key

# Rows in one transaction: a few milliseconds of work, so that others who want one of them hardly wait.
BATCH = 500


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with encrypted fields."""

    model: type[models.Model]
    fields: tuple[EncryptedTextField, ...]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> models.Field:
        assert self.model._meta.pk is not None
        return self.model._meta.pk

    @property
    def columns(self) -> list[sql.Composable]:
        return [column(field) for field in self.fields]

    def statement(self, text: str, **more: sql.Composable) -> sql.Composed:
        """Return SQL about this table. {old} is true for a row with a value that is not under the newest key."""
        head = key_header(newest_key())
        old = [sql.SQL("substr({}, 1, {}) <> {}").format(name, len(head), head) for name in self.columns]
        return sql.SQL(text).format(
            table=sql.Identifier(self.name),
            key=column(self.key),
            columns=sql.SQL(", ").join(self.columns),
            old=sql.SQL(" OR ").join(list[sql.Composable](old)),
            **more,
        )


def column(field: models.Field) -> sql.Composable:
    """Return the name of a field's column, quoted."""
    assert field.column is not None
    return sql.Identifier(field.column)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation has done.

    `rows` were sealed again. `left` are rows still under older keys. `unopened` are values that no key opened.
    """

    rows: int
    left: int
    unopened: int


def sealed_tables() -> list[SealedTable]:
    """Return every table in the database that has encrypted fields, of any app."""
    there = connection.introspection.table_names()
    found = []
    for model in apps.get_models(include_auto_created=True):
        fields = tuple(field for field in model._meta.local_fields if isinstance(field, EncryptedTextField))
        if fields and not model._meta.proxy and model._meta.db_table in there:
            found.append(SealedTable(model, fields))
    return found


def rows_under_older_keys(table: SealedTable) -> int:
    """Return how many rows of the table hold a value that is not under the newest key."""
    with connection.cursor() as cursor:
        cursor.execute(table.statement("SELECT count(*) FROM {table} WHERE {old}"))
        return cursor.fetchone()[0]


def rotate(advance: Callable[[int], object] = lambda rows: None, *, batch: int = BATCH) -> Rotated:
    """Seal again every value that is not under the newest key.

    `advance` is called with the number of rows of each batch. A row that somebody else is changing is left to them, and
    tried again in another round.
    """
    rows = left = unopened = 0
    for table in sealed_tables():
        done = 1
        while done:
            done = unopened_here = 0
            for sealed, failed in rounds(table, batch):
                done += sealed
                unopened_here += failed
                advance(sealed)
            rows += done
        unopened += unopened_here
        left += rows_under_older_keys(table)
    return Rotated(rows, left, unopened)


def rounds(table: SealedTable, batch: int) -> Iterator[tuple[int, int]]:
    """Walk through the table once by primary key.

    For each batch, yield how many rows were sealed again and how many values did not open.
    """
    after: Any = None
    while True:
        with transaction.atomic():
            rows = take(table, after, batch)
            again = [reseal_row(table, row) for row in rows]
            write(table, [new for new, old in zip(again, rows, strict=True) if new != old])
        if not rows:
            return
        after = rows[-1][0]
        still_old = [sum(not is_new(value) for value in row[1:]) for row in again]
        yield still_old.count(0), sum(still_old)


def take(table: SealedTable, after: Any, batch: int) -> list[tuple]:
    """Return the next rows (key, then sealed values) under older keys, locked.

    Rows that somebody else has locked are skipped.
    """
    beyond = sql.SQL("{} > {}").format(column(table.key), sql.Literal(after))
    statement = table.statement(
        "SELECT {key}, {columns} FROM {table} WHERE {beyond} AND ({old}) "
        "ORDER BY {key} LIMIT {batch} FOR NO KEY UPDATE SKIP LOCKED",
        beyond=sql.SQL("true") if after is None else beyond,
        batch=sql.Literal(batch),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def reseal_row(table: SealedTable, row: tuple) -> tuple:
    """Return the row with its values under the newest key. A value that does not open stays as it is."""
    key = table.key.to_python(row[0])
    values = zip(table.fields, row[1:], strict=True)
    return (row[0], *(value if is_new(value) else reseal_value(value, field.context(key)) for field, value in values))


def reseal_value(value: bytes, context: str) -> bytes:
    try:
        return encrypt_bytes(decrypt_bytes(value, context=context), context=context)
    except DecryptionError:
        return value


def is_new(value: bytes | None) -> bool:
    """Return whether a value is under the newest key, or is None."""
    return value is None or value.startswith(key_header(newest_key()))


def write(table: SealedTable, rows: list[tuple]) -> None:
    """Write the whole batch in one statement."""
    if not rows:
        return
    types = [f"%s::{table.key.rel_db_type(connection)}[]", *("%s::bytea[]" for _ in table.fields)]
    statement = table.statement(
        "UPDATE {table} SET {assigned} FROM unnest({arrays}) AS new(of_row, {columns}) WHERE {table}.{key} = of_row",
        assigned=sql.SQL(", ").join([sql.SQL("{} = new.{}").format(name, name) for name in table.columns]),
        arrays=sql.SQL(", ".join(types)),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(values) for values in zip(*rows, strict=True)])
