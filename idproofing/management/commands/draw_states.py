"""Draw every table of allowed transitions as a diagram in docs/states/, so that the pages say what the code does.

An app's own table is in its states.py. That of a thing in it is in <thing>_states.py, in any folder of the app. Each
module has TRANSITIONS, State and START.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Draw the tables of allowed transitions (TRANSITIONS in an app's states.py and *_states.py) into docs/states/."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("modules", nargs="*", help="such as idproofing.states; all apps' tables without")
        parser.add_argument("--check", action="store_true", help="write nothing; fail if a diagram is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        stale = []
        for module in map(import_module, options["modules"] or tables()):
            page, drawn = page_of(module), diagram(module)
            if page.exists() and page.read_text() == drawn:
                continue
            stale.append(page.name)
            if not options["check"]:
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(drawn)
        if stale and options["check"]:
            raise CommandError(f"Out of date in docs/states/: {', '.join(stale)}. Run `manage.py draw_states`.")
        self.stdout.write(f"Redrawn: {', '.join(stale) or 'nothing'}.")


def tables() -> list[str]:
    """Return the modules of the installed apps that have a table of transitions, such as accounts.states."""
    names = [
        ".".join([app.name, *file.relative_to(app.path).with_suffix("").parts])
        for app in apps.get_app_configs()
        for file in sorted(Path(app.path).rglob("*states.py"))
    ]
    return [name for name in names if hasattr(import_module(name), "TRANSITIONS")]


def page_of(module: ModuleType) -> Path:
    """Return where the diagram of this module's table is: idproofing.case_states in idproofing-case.md."""
    app, thing = place(module)
    return Path(settings.BASE_DIR) / "docs" / "states" / f"{'-'.join(filter(None, [app, thing]))}.md"


def place(module: ModuleType) -> tuple[str, str]:
    """Return the app's label, and the thing in it whose table this is, or "" if it is the app's own."""
    app = apps.get_containing_app_config(module.__name__)
    assert app is not None
    return app.label, module.__name__.rpartition(".")[2].removesuffix("states").removesuffix("_")


def diagram(module: ModuleType) -> str:
    """Return a page with the module's TRANSITIONS as a Mermaid state diagram, labeled by its State."""
    labels = [f"    {state.value}: {state.label}" for state in module.State]
    arrows = [f"    {before} --> {after}{event_on(events)}" for (before, after), events in module.TRANSITIONS.items()]
    app, thing = place(module)
    title = str(apps.get_app_config(app).verbose_name)
    lines = [f"# {': '.join(filter(None, [title, thing]))}", "", *(module.__doc__ or "").strip().splitlines(), ""]
    lines += [f"Generated from `{module.__name__.replace('.', '/')}.py` by `manage.py draw_states`.", ""]
    lines += ["```mermaid", "stateDiagram-v2", *labels, f"    [*] --> {module.START}", *arrows, "```", ""]
    return "\n".join(lines)


def event_on(events: str | tuple[str, ...]) -> str:
    """Return the label of an arrow: the event of the transition, or the events of which it leaves one, if any."""
    named = " or ".join([events] if isinstance(events, str) else events)
    return f": {named}" if named else ""
