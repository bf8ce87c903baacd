"""Which products, differences and ratios of columns help: a small model tries many and keeps few."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.learning.widening import Pair, numbers, pair_columns
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["choose_pairs"]

Array = NDArray[np.float64]

_MOST_ROWS = 4000
_MOST_PARENTS = 10


def choose_pairs(examples: Examples, names: tuple[str, ...], most: int, seed: int) -> tuple[Pair, ...]:
    """At most `most` pairs of number columns, those with the largest gain in a small boosted model.

    Parents are the ten columns with the largest gain alone; rows are a fixed sample of 4,000.
    """
    if most <= 0 or len(names) < 2:
        return ()
    keep = _sample(examples, seed)
    examples = examples.take(keep)
    x, y = numbers(examples, names), examples.target
    parents = np.sort(np.argsort(-_gain(x, y, examples, seed), kind="stable")[:_MOST_PARENTS]).tolist()
    tried = [(i, j, o) for a, i in enumerate(parents) for j in parents[a + 1 :] for o in "*-/"]
    gain = _gain(np.hstack([x, pair_columns(x, tried)]), y, examples, seed)[len(names) :]
    best = [int(i) for i in np.argsort(-gain, kind="stable")[:most] if gain[i] > 0]
    return tuple(tried[i] for i in sorted(best))


def _sample(examples: Examples, seed: int) -> NDArray[np.int64]:
    """Rows to look at: all, or 4,000 at random with every class kept in proportion, the rare ones whole."""
    n = len(examples)
    if n <= _MOST_ROWS:
        return np.arange(n)
    draw = np.random.default_rng(seed)
    if examples.task is not Task.CLASSIFICATION:
        return np.sort(draw.permutation(n)[:_MOST_ROWS])
    codes, of, count = np.unique(examples.target, return_inverse=True, return_counts=True)
    share = np.maximum(_MOST_ROWS / n, np.minimum(1.0, _MOST_ROWS / len(codes) / 4 / count))
    return np.flatnonzero(draw.random(n) < share[of])


def _gain(x: Array, y: Array, examples: Examples, seed: int) -> Array:
    """Total gain of each column in a small model."""
    import lightgbm

    k = len(examples.classes)
    asked = {
        "objective": "regression_l1",
        "num_leaves": 15,
        "learning_rate": 0.1,
        "min_data_in_leaf": 5,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    if examples.task is Task.CLASSIFICATION:
        asked |= {"objective": "binary"} if k == 2 else {"objective": "multiclass", "num_class": k}
    elif examples.task in (Task.REGRESSION, Task.REMAINING_LIFE):
        asked["objective"] = "huber"
        y = (y - np.median(y)) / (float(np.subtract(*np.quantile(y, (0.75, 0.25)))) / 1.349 or 1.0)
    table = lightgbm.Dataset(x, y, weight=examples.weight, params={"verbose": -1, "max_bin": 63, "num_threads": 1})
    model = lightgbm.train(asked, table, num_boost_round=40 if k <= 2 else 25)
    return np.asarray(model.feature_importance("gain"), np.float64)
