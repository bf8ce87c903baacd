"""Gathers the commands: every file of this folder that has a function named after itself."""

import os
import pkgutil
from importlib import import_module

import typer

from diapason.faces import cli
from diapason.faces.cli.face import ORDER, Command
from diapason.vocabulary.language import Text

__all__ = ["app", "commands"]

ABOUT = Text(
    "Every claim about AI in manufacturing is a run that a stranger can repeat.\n\nStart with: diapason demo",
    "制造业人工智能的每一个结论，都是他人可以重复的一次运行。\n\n从这里开始：diapason demo",
)


def _app() -> typer.Typer:
    """All commands, in the order in which a user meets them."""
    chinese = os.environ.get("DIAPASON_LANG", os.environ.get("LANG", ""))[:2] == "zh"
    gathered = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help=ABOUT("zh" if chinese else "en"),
    )
    gathered.callback()(lambda: None)
    for command in commands():
        command.join(gathered, "zh" if chinese else "en")
    return gathered


def commands() -> list[Command]:
    """Every command, in the order in which a user meets them."""
    found: list[Command] = []
    for info in pkgutil.iter_modules(cli.__path__):
        module = import_module(f"diapason.faces.cli.{info.name}")
        found += [x for x in vars(module).values() if isinstance(x, Command) and x.module == module.__name__]
    return sorted(found, key=lambda c: ORDER.index(c.name))


app = _app()
