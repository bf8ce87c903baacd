"""A dense design for linear and distance models: encoded columns, windows and products; centred, scaled, clipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.encoding import Encoding, learn_encoding
from diapason.engines.learning.widening import Widening, learn_widening
from diapason.vocabulary.examples import Examples

__all__ = ["CLIP", "Design", "learn_design"]

Array = NDArray[np.float64]

CLIP = 8.0
_MOST_MULTIPLIED = 16


@dataclass(frozen=True, slots=True)
class Design:
    """How examples become a matrix without holes; JSON by `plain`."""

    encoding: Encoding
    widening: Widening
    raw: bool  # windows of single columns too, not of indices only
    multiplied: int  # the first so many dense columns are multiplied with one another; 0 = none
    centre: tuple[float, ...]  # of what the widening adds
    spread: tuple[float, ...]

    def matrix(self, examples: Examples) -> Array:
        """Shape (n, d); missing values stand at the centre."""
        dense = self.encoding.dense(examples.features, clip=CLIP)
        return self.joined(dense, self.widening.widen(examples, raw=self.raw))

    def joined(self, dense: Array, added: Array) -> Array:
        """The matrix from encoded columns, clipped at `CLIP`, and what the widening adds."""
        added = np.nan_to_num(np.clip((added - np.asarray(self.centre)) / np.asarray(self.spread), -CLIP, CLIP))
        return np.hstack([dense, _products(dense[:, : self.multiplied]), added])

    def owners(self) -> Array:
        """Whose each column of the matrix is, shape (d, columns): rows sum to 1, or to 0 where it is nobody's."""
        columns, own = self.encoding.columns, np.eye(len(self.encoding.columns))
        numbers = own[[i for i, name in enumerate(columns) if name not in self.encoding.levels]]
        wide = [own[[columns.index(n)] * self.encoding.hot_width(n)] for n in self.encoding.levels]
        dense = np.vstack([numbers, numbers[list(self.encoding.holes)], *wide])
        left, right = np.triu_indices(self.multiplied)
        products = (dense[left] + dense[right]) / 2
        return np.vstack([dense, products, self.widening.owners(columns, raw=self.raw)])

    def plain(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "encoding": self.encoding.plain(),
            "widening": self.widening.plain(),
            "raw": self.raw,
            "multiplied": self.multiplied,
            "centre": self.centre,
            "spread": self.spread,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Design":
        """From the JSON form."""
        columns = Encoding.of(plain["encoding"]), Widening.of(plain["widening"])
        return cls(*columns, plain["raw"], plain["multiplied"], tuple(plain["centre"]), tuple(plain["spread"]))


def learn_design(examples: Examples, *, products: bool = False, robust: bool = False, raw: bool = True) -> Design:
    """Learn the design from training rows.

    Args:
        products: multiply number columns (16 at most) with one another and themselves.
        robust: fuse the indices with Huber's weights.
        raw: windows of single columns too.
    """
    encoding = learn_encoding(examples.features)
    widening = learn_widening(examples, robust=robust)
    count = len(encoding.centre)
    multiplied = count if products and count <= _MOST_MULTIPLIED else 0
    added = widening.widen(examples, raw=raw)
    if not added.shape[1]:
        return Design(encoding, widening, raw, multiplied, (), ())
    low, middle, high = np.nanquantile(np.where(np.isfinite(added), added, np.nan), (0.25, 0.5, 0.75), axis=0)
    spread = (high - low) / 1.349
    spread = np.where(spread > 1e-12 * np.maximum(1, np.abs(middle)), spread, np.nanstd(added, axis=0))
    spread = np.where(spread > 0, spread, 1.0)
    return Design(encoding, widening, raw, multiplied, tuple(middle.tolist()), tuple(spread.tolist()))


def _products(x: Array) -> Array:
    """All products of two columns, each with itself too, clipped like the columns."""
    left, right = np.triu_indices(x.shape[1])
    return np.asarray(np.clip(x[:, left] * x[:, right], -CLIP, CLIP))
