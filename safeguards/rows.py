"""One row by a condition in SQL, for what every request asks.

The ORM takes longer to write such a query than PostgreSQL takes to answer it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)
NOTHING: Mapping[str, str] = {}


def first(
    model: type[M], where: str, values: Sequence[Any], *, lock: bool = False, also: Mapping[str, str] = NOTHING
) -> M | None:
    """Return a row of `model` for which the condition holds, or None. With `lock`, the row is locked.

    `where` is SQL of ours, with a %s for each of `values`. `also` maps the names of further attributes to the SQL of
    each. The columns of the model must need no conversion, as JSON does.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{select(model, *also.values())} WHERE {where} LIMIT 1{' FOR UPDATE' if lock else ''}", values)
        row = cursor.fetchone()
    if row is None:
        return None
    columns = names(model)
    found = model.from_db(connection.alias, columns, row[: len(columns)])
    vars(found).update(zip(also, row[len(columns) :], strict=True))
    return found


@cache
def names(model: type[Model]) -> list[str]:
    """Return the attributes of a model's columns. Raise AssertionError if a column needs conversion."""
    fields = model._meta.concrete_fields
    assert not any(hasattr(field, "from_db_value") for field in fields), f"{model} has columns that need conversion."
    return [field.attname for field in fields]


@cache
def select(model: type[Model], *also: str) -> str:
    """Return the statement up to its condition: the columns in the order of `names`, and then `also`."""
    columns = ", ".join([*(f'"{field.column}"' for field in model._meta.concrete_fields), *also])
    return f'SELECT {columns} FROM "{model._meta.db_table}"'  # noqa: S608
