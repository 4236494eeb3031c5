"""Draws every table of allowed moves as a diagram in docs/states/, so that the pages never lie about the code."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Draw the tables of allowed moves (MOVES in an app's states.py) into docs/states/."

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
        self.stdout.write(f"Drawn anew: {', '.join(stale) or 'nothing'}.")


def tables() -> list[str]:
    """The states modules of the installed apps that have a table of moves."""
    names = [f"{config.name}.states" for config in apps.get_app_configs() if find_spec(f"{config.name}.states")]
    return [name for name in names if hasattr(import_module(name), "MOVES")]


def page_of(module: ModuleType) -> Path:
    """Where the diagram of this module's table stands."""
    return Path(settings.BASE_DIR) / "docs" / "states" / f"{module.__name__.split('.')[0]}.md"


def diagram(module: ModuleType) -> str:
    """A page with the module's MOVES as a Mermaid state diagram; START and the labels of State are the module's."""
    labels = [f"    {state.value}: {state.label}" for state in module.State]
    moves = [f"    {before} --> {after}: {event}" for (before, after), event in module.MOVES.items()]
    title = apps.get_app_config(module.__name__.split(".")[0]).verbose_name
    lines = [f"# {title}", "", *(module.__doc__ or "").strip().splitlines(), ""]
    lines += [f"Generated from `{module.__name__.replace('.', '/')}.py` by `manage.py draw_states`.", ""]
    lines += ["```mermaid", "stateDiagram-v2", *labels, f"    [*] --> {module.START}", *moves, "```", ""]
    return "\n".join(lines)
