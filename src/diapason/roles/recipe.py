"""A way to learn a model from examples, and the model that comes out."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["Model", "Recipe", "Stream", "Streaming"]

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


@runtime_checkable
class Stream(Protocol):
    """A model at work on many assets at once, row by row; what `predict` says of the whole history, bit by bit."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What a row holds, in order."""
        ...

    @property
    def levels(self) -> Mapping[str, tuple[str, ...]]:
        """Columns that are categories: a row holds the place of its level among these, nan for any other."""
        ...

    def step(self, x: Array, who: NDArray[np.int64] | None = None, at: Array | None = None) -> Array:
        """One more row of assets.

        Args:
            x: shape (n, columns), nan = missing.
            who: position of the asset of each row, each at most once; None = row i is of asset i, all of them.
            at: shape (n,), time of each row in the unit of `Examples.time`; None where the model needs none.

        Returns:
            Shape and meaning as `Model.predict`, for these rows.
        """
        ...

    def contributions(self, who: NDArray[np.int64]) -> Array | None:
        """What each column made of the last prediction of these assets, shape (n, columns); None = can't be said."""
        ...

    def state(self) -> dict[str, Array]:
        """What is remembered of each asset, the first axis over assets: copies, to be stored."""
        ...

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state of as many assets."""
        ...


@runtime_checkable
class Streaming(Protocol):
    """A recipe whose models can work row by row; one that cannot is given the last rows again and again."""

    def stream(self, model: Any, assets: Sequence[str]) -> Stream:
        """The model at work on these assets, none of which has had a row yet."""
        ...
