"""How a verb reaches its service: by name, imported when it is first asked for."""

import asyncio
import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from diapason.services.workspace import Workspace

__all__ = ["Answer", "Asking", "story_of"]

Answer = dict[str, Any]
"""What `--json` prints."""


class Asking:
    """An open workspace, and the way from a verb to its service."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def _do(self, verb: str, *values: Any, **options: Any) -> Answer:
        return self._answer(verb, "run", *values, **options)

    def _answer(self, service: str, story: str, *values: Any, **options: Any) -> Answer:
        made: Answer = self._call(service, story, *values, **options)
        return made

    def _call(self, service: str, story: str, *values: Any, **options: Any) -> Any:
        done = story_of(service, story)(self.workspace, *values, **options)
        return asyncio.run(done) if inspect.iscoroutine(done) else done


def story_of(service: str, story: str) -> Callable[..., Any]:
    """One story of a service, found by name."""
    found: Callable[..., Any] = getattr(import_module(f"diapason.services.{service}"), story)
    return found
