"""A way to learn a model from examples, and the model that comes out."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Model", "Recipe"]

Array = NDArray[np.float64]


@runtime_checkable
class Model(Protocol):
    """Something that predicts, and that is stored without pickle."""

    def predict(self, examples: Examples) -> Array:
        """Predict each row.

        Returns:
            Shape (n,) for regression, remaining life and monitoring (a score, 1.0 = alarm limit);
            shape (n, k) probabilities for classification. Rows in the order of `examples`.
        """
        ...

    def parts(self) -> dict[str, bytes]:
        """The files it consists of: JSON, text, or npz without objects; never pickle."""
        ...


@runtime_checkable
class Recipe(Protocol):
    """A family of learners with its settings."""

    @property
    def name(self) -> str:
        """The name in the entry point group `diapason.recipes`."""
        ...

    @property
    def family(self) -> str:
        """Recipes of one family fail alike: "trees", "linear", "distance", "subspace"."""
        ...

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The task types it can learn."""
        ...

    def settings(self, task: Task) -> tuple[Mapping[str, Any], ...]:
        """Settings to choose among, the default first, the most robust last; JSON only."""
        ...

    def fit(self, examples: Examples, settings: Mapping[str, Any], seed: int) -> Model:
        """Learn from examples; the same call gives the same model."""
        ...

    def load(self, parts: Mapping[str, bytes]) -> Model:
        """The inverse of `Model.parts`."""
        ...
