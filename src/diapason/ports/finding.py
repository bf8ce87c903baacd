"""Plug-ins are found by name in entry point groups; ours have no side door."""

import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal

from diapason.errors import NotFound

__all__ = ["find", "names", "reader_of"]

Group = Literal["connectors", "stores", "recipes", "treatments", "plants"]


def names(group: Group) -> tuple[str, ...]:
    """Names in the group `diapason.<group>`, in alphabetical order."""
    return tuple(sorted(_points(group, tuple(sys.path))))


@lru_cache(maxsize=32)
def _points(group: Group, path: tuple[str, ...]) -> Mapping[str, EntryPoint]:
    """What is installed on this path, the first of a name; read once, since reading it takes a quarter of a second."""
    del path
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=f"diapason.{group}"):
        found.setdefault(point.name, point)
    return found


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
    point = _points(group, tuple(sys.path)).get(name)
    if point is not None:
        return point.load()
    raise NotFound(
        f"no {group.rstrip('s')} '{name}' is installed",
        at=f"entry point group diapason.{group}",
        fix="choose one of: " + (", ".join(names(group)) or "(none installed)"),
    )
