"""The same verbs from Python: `import diapason; plant = diapason.init("plant-a")`."""

import asyncio
import inspect
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from diapason.services.workspace import Workspace, open_workspace
from diapason.services.workspace import init as make
from diapason.vocabulary.language import Language

__all__ = ["Plant", "init", "open_plant"]


class Plant:
    """A workspace whose verbs are methods; each returns what `--json` prints.

    Example:
        plant = diapason.init("plant-a")
        plant.ingest("engines.csv", name="turbofan", asset="unit", time="cycle", target="rul")
        plant.learn("turbofan", task="remaining_life")
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def ingest(self, source: str, *, name: str, **options: Any) -> dict[str, Any]:
        """Read files into a new version of a dataset."""
        return self._do("ingest", source, name=name, **options)

    def join(self, left: str, other: str, **options: Any) -> dict[str, Any]:
        """Join another table to a dataset: by key, as-of, or by genealogy."""
        return self._do("join", left, other, **options)

    def assess(self, name: str, **options: Any) -> dict[str, Any]:
        """Find what is wrong with a dataset."""
        return self._do("assess", name, **options)

    def mend(self, name: str, *, least: float = 0.8) -> dict[str, Any]:
        """Find wrong cells with nothing but the table; nothing is changed."""
        return self._do("mend", name, least=least)

    def learn(self, name: str, *, task: str, **options: Any) -> dict[str, Any]:
        """Learn and evaluate on an honest split, the random one beside it."""
        return self._do("learn", name, task, **options)

    def evaluate(self, name: str, *, task: str, **options: Any) -> dict[str, Any]:
        """Judge a model made elsewhere: predictions=FILE.csv or onnx=FILE.onnx."""
        return self._do("evaluate", name, task, **options)

    def resonate(self, name: str, *, budget: str = "10m", **options: Any) -> dict[str, Any]:
        """Try repairs against nothing, placebo and a better learner."""
        return self._do("resonate", name, budget=budget, **options)

    def adopt(self, name: str, *, candidate: str = "") -> dict[str, Any]:
        """Adopt a proved repair in the name of whoever opened the plant."""
        return self._do("adopt", name, candidate=candidate)

    def publish(self, model: str, *, accept: Sequence[str] = (), waive: str = "") -> dict[str, Any]:
        """Publish a model if data, score, evidence and a second person allow it."""
        return self._do("publish", model, accept=accept, waive=waive)

    def predict(self, source: str, *, model: str, **options: Any) -> dict[str, Any]:
        """Predict new rows with a published model."""
        return self._do("predict", source, model=model, **options)

    def report(self, name: str, *, to: str | Path = "", language: Language = "en") -> dict[str, Any]:
        """Write one self-contained HTML file."""
        return self._do("report", name, to=Path(to) if to else None, language=language)

    def _do(self, verb: str, *values: Any, **options: Any) -> dict[str, Any]:
        done = import_module(f"diapason.services.{verb}").run(self.workspace, *values, **options)
        if inspect.iscoroutine(done):
            done = asyncio.run(done)
        result: dict[str, Any] = done
        return result


def init(folder: str | Path, *, person: str = "") -> Plant:
    """Make a workspace and open it."""
    make(Path(folder), person=person)
    return open_plant(folder, person=person)


def open_plant(folder: str | Path = ".", *, person: str = "", language: Language = "en") -> Plant:
    """Open the workspace in that folder or above it."""
    return Plant(open_workspace(Path(folder), person=person, language=language))
