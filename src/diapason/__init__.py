"""Diapason: every claim about AI in manufacturing is a run that a stranger can repeat."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["Plant", "__version__", "demo", "init", "open_plant", "restore", "scan", "verify"]  # handed on lazily

_LAZY = dict.fromkeys(("Plant", "demo", "init", "open_plant", "restore", "scan", "verify"), "diapason.faces.python")


def __getattr__(name: str) -> Any:
    """Hand a public name on when it is first asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module 'diapason' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
