"""Several models at work on the same assets, their predictions blended."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from diapason.roles.recipe import Stream

__all__ = ["Blended"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Blended:
    """A weighted mean of streams.

    Args:
        members: weight and stream of each.
        assets: how many.
        finish: what happens to the mean, such as calibration.
    """

    def __init__(self, members: Sequence[tuple[float, Stream]], assets: int, finish: Callable[[Array], Array]) -> None:
        self._members, self._assets, self._finish = tuple(members), assets, finish
        names = [s.columns for _, s in members]
        self.columns = tuple(dict.fromkeys(c for each in names for c in each))
        self.levels: Mapping[str, tuple[str, ...]] = {n: v for _, s in members for n, v in s.levels.items()}
        self._places = [[self.columns.index(c) for c in each] for each in names]
        self._same = [each == self.columns for each in names]

    def step(self, x: Array, who: Index | None = None, at: Array | None = None) -> Array:
        """As `Blend.predict` for one more row of these assets."""
        total: Array | float = 0.0
        for (weight, stream), own, same in zip(self._members, self._places, self._same, strict=True):
            total = total + weight * stream.step(x if same else x[:, own], who, at)
        return self._finish(np.asarray(total))

    def contributions(self, who: Index) -> Array | None:
        """Weighted parts per column; None where a member can't say."""
        total = np.zeros((len(who), len(self.columns)))
        for (weight, stream), own in zip(self._members, self._places, strict=True):
            said = stream.contributions(who)
            if said is None:
                return None
            total[:, own] += weight * said
        return total

    def state(self) -> dict[str, Array]:
        """What is remembered, the first axis over assets."""
        return {f"{i}/{n}": a for i, (_, s) in enumerate(self._members) for n, a in s.state().items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take up a state."""
        for i, (_, stream) in enumerate(self._members):
            stream.restore({n.partition("/")[2]: a for n, a in state.items() if n.startswith(f"{i}/")})
