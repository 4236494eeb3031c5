"""Which module of the house imports which, also inside functions, and the circles that follow from it."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

Graph = Mapping[str, set[str]]


def packages_in(root: Path) -> set[str]:
    """Return the names of the folders below `root` that hold Python modules and are part of the product."""
    beside = {"tests", "bench", "docs", "var", "node_modules"}
    folders = {path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")}
    return {name for name in folders - beside if any((root / name).rglob("*.py"))}


def read_imports(root: Path, rooms: set[str]) -> dict[str, set[str]]:
    """Return, for each module of `rooms` below `root` but migrations, the modules of `rooms` that it imports."""
    paths = {
        name_of(path.relative_to(root)): path
        for room in sorted(rooms)
        for path in sorted((root / room).rglob("*.py"))
        if "migrations" not in path.parts
    }
    return {module: imported_by(path, paths.keys()) - {module} for module, path in paths.items()}


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def parse(text: str) -> ast.Module:
    """Return the tree of a module's text. Several tests read the whole house, and it is parsed once for all."""
    return ast.parse(text)


@cache
def nodes_in(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return a tree and all that is in it. Each question that a test asks looks at all of it."""
    return tuple(ast.walk(tree))


def imported_by(path: Path, known: object) -> set[str]:
    found: set[str] = set()
    for node in nodes_in(parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in found if name in known}  # type: ignore[operator]


def imports_upwards(graph: Graph, floor: Mapping[str, int]) -> set[tuple[str, str]]:
    """Return each import of a room on the same or a higher floor; `floor` counts from the top, 0, down."""
    return {
        (module, other)
        for module, others in graph.items()
        for other in others
        if room_of(other) != room_of(module) and floor[room_of(other)] <= floor[room_of(module)]
    }


def room_of(module: str) -> str:
    return module.partition(".")[0]


def circles(graph: Graph) -> list[set[str]]:
    """Return the groups of modules that import each other in a circle."""
    reach = {module: reachable(graph, module) for module in graph}
    groups = {frozenset(other for other in reach[module] if module in reach[other]) for module in graph}
    return [set(group) for group in groups if group]


def reachable(graph: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    ahead = set(graph[start])
    while ahead:
        module = ahead.pop()
        seen.add(module)
        ahead |= graph[module] - seen
    return seen
