"""How PostgreSQL finds the rows of a page: which indexes it uses, and which tables it has to read completely."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

GROWING = ("accounts_account", "accounts_authenticatorapp")
"""The tables that have rows for each account."""


@dataclass(frozen=True)
class Found:
    """Names of indexes, and of tables that are read from end to end."""

    indexes: list[str]
    whole_tables: list[str]


def found(statements: Iterable[str], explain: Callable[[str], Any]) -> Found:
    """Return how the growing tables are searched. `explain` runs a statement and returns its single value."""
    nodes = [node for statement in statements for node in nodes_of(statement, explain)]
    ours = [node for node in nodes if node.get("Relation Name") in GROWING]
    return Found(
        sorted({node["Index Name"] for node in nodes if str(node.get("Index Name")).startswith("account")}),
        sorted({node["Relation Name"] for node in ours if node["Node Type"] == "Seq Scan"}),
    )


def nodes_of(statement: str, explain: Callable[[str], Any]) -> Iterator[dict[str, Any]]:
    """Yield all parts of the plan of a statement that looks for rows of a growing table."""
    if not any(f'"{table}"' in statement for table in GROWING) or statement.startswith("INSERT"):
        return
    plan = explain(f"EXPLAIN (FORMAT JSON) {statement}")
    plans = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while plans:
        node = plans.pop()
        yield node
        plans += node.get("Plans", [])
