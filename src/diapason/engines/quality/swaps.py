"""Rows in which two columns have changed places."""

import numpy as np

from diapason.engines.quality.layout import Floats, Longs
from diapason.engines.quality.normal import Normal
from diapason.engines.quality.relation import Relation

__all__ = ["exchanges"]

MOST = 4_000
"""Rows of a batch that are tried."""
LEAST = 6.0
"""Fall of the squared distance from which an exchange may be one, if the same pair is plainly exchanged elsewhere."""
FREE = 8.0
"""How much more one wrong cell must explain than an exchange does: any value would do for it."""
PLAIN = 25.0
"""Fall from which it is plain."""


def exchanges(
    X: Floats, Z: Floats, offset: Floats | None, rows: Longs, normal: Normal, relation: Relation
) -> tuple[Longs, Floats]:
    """For each suspicious row the pair of columns whose exchange makes the row fit best, or -1, and by how much.

    A row fits if its squared distance from the joint distribution falls, by `LEAST` and more, to what rows have, and
    one wrong cell does not explain more. Half of the fall is the log of how much more likely the row is with the
    exchange.

    Args:
        X: (k, n) values.
        Z: (k, n) standardised values.
        offset: (k, n) levels, None where all are alike.
        rows: positions of suspicious rows.

    Returns:
        (rows, 2) columns, -1 where no exchange helps, and (rows,) falls.
    """
    out = np.full((rows.size, 2), -1, dtype=np.int64)
    rows = rows[:MOST]
    among, P = relation.among, relation.precision
    part, values = relation.fill(Z[np.ix_(among, rows)]), X[np.ix_(among, rows)]
    pull = P @ part
    before = (part * pull).sum(axis=0)
    alone = (pull * pull / np.diag(P)[:, None]).max(axis=0)
    best, fit = -np.maximum(alone - FREE, LEAST), relation.usual_distance
    level = None if offset is None else offset[:, rows]
    other = [normal.standard_as(int(i), values, None if level is None else level[i]) for i in among]
    judged = np.flatnonzero(normal.judged[among])
    for i in judged:
        for j in judged[judged > i]:
            a, b = other[i][j] - part[i], other[j][i] - part[j]
            gain = 2 * (a * pull[i] + b * pull[j]) + a * a * P[i, i] + b * b * P[j, j] + 2 * a * b * P[i, j]
            better = np.isfinite(gain) & (gain < best) & (before + gain < fit)
            best = np.where(better, gain, best)
            out[: rows.size][better] = among[i], among[j]
    return out, np.append(-best, np.zeros(out.shape[0] - rows.size))
