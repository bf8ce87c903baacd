"""A declared sample of rows that keeps together what belongs together."""

import numpy as np
from numpy.typing import NDArray

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["sample"]


def sample(examples: Examples, most: int, seed: int) -> Examples:
    """At most about `most` rows: whole assets or batches; the latest rows of one series; else rows drawn at random.

    At least three assets (batches) are kept, however long. Random rows keep the proportions of classes, and of rare
    classes all rows up to a tenth of the sample each. The order of rows is kept.
    """
    n = len(examples)
    if n <= most:
        return examples
    draw = np.random.default_rng(seed)
    for codes in (examples.asset, examples.batch):
        if codes is not None and len(np.unique(codes)) >= 6:
            return examples.take(_whole(codes, most, draw))
    if examples.time is not None:
        latest = np.argsort(np.asarray(examples.time), kind="stable")[n - most :]
        return examples.take(np.sort(latest).astype(np.int64))
    if examples.task is not Task.CLASSIFICATION:
        return examples.take(np.sort(draw.permutation(n)[:most]).astype(np.int64))
    _, of, count = np.unique(examples.target, return_inverse=True, return_counts=True)
    share = np.maximum(most / n, np.minimum(1.0, most / 10 / count))
    return examples.take(np.flatnonzero(draw.random(n) < share[of]).astype(np.int64))


def _whole(codes: NDArray[np.int64], most: int, draw: np.random.Generator) -> NDArray[np.int64]:
    names, of, count = np.unique(codes, return_inverse=True, return_counts=True)
    order = draw.permutation(len(names))
    enough = max(3, int(np.searchsorted(np.cumsum(count[order]), most, side="right")))
    return np.flatnonzero(np.isin(of, order[:enough])).astype(np.int64)
