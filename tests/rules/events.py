"""Which events of the audit trail the code records, read from the code and not from a run of it."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.rules.imports import name_of, nodes_in, parse

Modules = Mapping[str, ast.Module]
Function = ast.FunctionDef | ast.AsyncFunctionDef

# A function that only passes on to audit.record what its caller names as the event is called record_event.
PASSES_ON = "record_event"
TABLE = "TRANSITIONS"


def read_modules(root: Path, rooms: set[str]) -> Modules:
    """Return the modules of `rooms` below `root` by name, parsed; migrations are left out."""
    paths = [path for room in sorted(rooms) for path in sorted((root / room).rglob("*.py"))]
    return {
        name_of(path.relative_to(root)): parse(path.read_text()) for path in paths if "migrations" not in path.parts
    }


def recorded_events(modules: Modules) -> dict[str, set[str]]:
    """Return each event that some code records, with the modules in which that stands.

    An event may be named in the call, as one of two ("a" if … else "b"), or by a local name that was given it before.
    It may come from a table TRANSITIONS, of the same module or another, or from an attribute that a dataclass was
    given by keyword, as the kinds of second factor have them.
    """
    found: dict[str, set[str]] = {}
    for module, function, call in recording_calls(modules):
        for event in events_of(call, function, module, modules):
            found.setdefault(event, set()).add(module)
    return found


def unread_calls(modules: Modules) -> set[tuple[str, str]]:
    """Return the calls that record something of which this module cannot tell what: their module and their code."""
    return {
        (module, ast.unparse(call))
        for module, function, call in recording_calls(modules)
        if function.name != PASSES_ON and not list(events_of(call, function, module, modules))
    }


def recording_calls(modules: Modules) -> Iterator[tuple[str, Function, ast.Call]]:
    """Yield the calls that record an event, with the functions that they stand in."""
    for module, tree in modules.items():
        recorders = {"audit.record", PASSES_ON, *names_of_record(tree)}
        for function in (node for node in nodes_in(tree) if isinstance(node, Function)):
            for call in (node for node in nodes_in(function) if isinstance(node, ast.Call)):
                if dotted_name(call.func) in recorders:
                    yield module, function, call


def dotted_name(node: ast.expr) -> str:
    """Return a name as the code spells it, such as "audit.record"; "" of what is no name."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(inner, attr=name):
            return f"{dotted_name(inner)}.{name}"
    return ""


def names_of_record(tree: ast.Module) -> Iterator[str]:
    """Yield what a module calls the function that records events, if it imports that by name."""
    for node in nodes_in(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "safeguards.audit":
            yield from (alias.asname or alias.name for alias in node.names if alias.name == "record")


def events_of(call: ast.Call, function: Function, module: str, modules: Modules) -> Iterator[str]:
    """Yield the events that a call may record; a function that passes one on takes it in whatever place."""
    for argument in call.args if dotted_name(call.func) == PASSES_ON else call.args[:1]:
        yield from values_of(argument, function, module, modules)


def values_of(node: ast.expr, function: Function, module: str, modules: Modules) -> Iterator[str]:
    """Yield the events that an expression of this function may stand for."""
    match node:
        case ast.Constant(str(event)):
            yield event
        case ast.IfExp(body=first, orelse=second):
            yield from values_of(first, function, module, modules)
            yield from values_of(second, function, module, modules)
        case ast.Name(name):
            for value in assigned_to(name, function):
                yield from values_of(value, function, module, modules)
        case ast.Attribute(attr=name):
            yield from given_as(name, modules)
        case ast.Call():
            yield from looked_up(node, module, modules)


def assigned_to(name: str, function: Function) -> Iterator[ast.expr]:
    """Yield what a function assigns to a local name."""
    for node in nodes_in(function):
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == name for target in node.targets):
            yield node.value


def given_as(name: str, modules: Modules) -> Iterator[str]:
    """Yield the strings that a class, which has a capital letter, is given under this name."""
    for tree in modules.values():
        for call in (node for node in nodes_in(tree) if isinstance(node, ast.Call)):
            if dotted_name(call.func).rpartition(".")[2][:1].isupper():
                for keyword in call.keywords:
                    value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                    if keyword.arg == name and isinstance(value, str) and value:
                        yield value


def looked_up(call: ast.Call, module: str, modules: Modules) -> Iterator[str]:
    """Yield the events of the table of transitions in which a call looks something up."""
    for node in nodes_in(call):
        if isinstance(node, ast.Name) and node.id == TABLE:
            yield from events_of_table(modules[module])
        elif isinstance(node, ast.Attribute) and node.attr == TABLE and isinstance(node.value, ast.Name):
            yield from events_of_table(modules[imported_as(node.value.id, modules[module])])


def imported_as(name: str, tree: ast.Module) -> str:
    """Return the module that a module means by a name that it imports."""
    return next(
        f"{node.module}.{alias.name}"
        for node in nodes_in(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if name in (alias.asname, alias.name)
    )


def events_of_table(tree: ast.Module) -> Iterator[str]:
    """Yield the events of a module's own table of transitions."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == TABLE and isinstance(node.value, ast.Dict):
            yield from (str(value.value) for value in node.value.values if isinstance(value, ast.Constant))
