"""Plug-ins are found by name in entry point groups; ours have no side door."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal

from diapason.errors import NotFound

__all__ = ["find", "names", "reader_of"]

Group = Literal["connectors", "stores", "recipes", "treatments", "plants"]


def names(group: Group) -> tuple[str, ...]:
    """Names in the group `diapason.<group>`, in alphabetical order."""
    return tuple(sorted({point.name for point in entry_points(group=f"diapason.{group}")}))


def reader_of(source: str) -> str:
    """The connector that a source such as `plant:history` or `sqlite:///mes.db` asks for by name; files otherwise."""
    scheme, colon, _ = source.partition(":")
    return scheme if colon and scheme in names("connectors") and not _is_there(source) else "files"


def _is_there(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):
        return False


def find(group: Group, name: str) -> Any:
    """Load the plug-in of that name.

    Raises:
        NotFound: no installed package offers it.
    """
    for point in entry_points(group=f"diapason.{group}", name=name):
        return point.load()
    raise NotFound(
        f"no {group.rstrip('s')} '{name}' is installed",
        at=f"entry point group diapason.{group}",
        fix="choose one of: " + (", ".join(names(group)) or "(none installed)"),
    )
