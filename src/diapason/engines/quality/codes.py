"""Numbers and words that stand for "missing"."""

import numpy as np
from numpy.typing import NDArray

from diapason.engines.quality.census import Census
from diapason.engines.quality.layout import Floats
from diapason.engines.quality.thresholds import Thresholds

__all__ = ["KNOWN", "WORDS", "found"]

KNOWN = np.array(
    sorted(
        {
            *(s * float("9" * n) for n in range(2, 8) for s in (1, -1)),
            *(s * (float("9" * n) / 10) for n in range(4, 7) for s in (1, -1)),
            *(-999.25, -1.0, 9998.0, -9998.0, 8888.0, 88888.0, -8888.0),
            *(32767.0, -32768.0, 65535.0, 65534.0, 6553.5, 3276.7, -3276.8),
            *(2147483647.0, -2147483648.0, 4294967295.0, 1e10, 1e20, 1e30, -1e30, 1e31, 3.4028234663852886e38),
        }
    )
)
"""Numbers that loggers, historians and statistics packages write for "no value"."""

WORDS = frozenset(
    [
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "#n/a",
        "#na",
        "nan",
        "null",
        "none",
        "nil",
        "-",
        "--",
        "---",
        ".",
        "?",
        "??",
        "missing",
        "unknown",
        "undefined",
        "empty",
        "blank",
        "void",
        "tbd",
        "#value!",
        "#ref!",
        "#div/0!",
        "bad",
        "i/o timeout",
        "no data",
        "not available",
        "not applicable",
        "bad input",
        "comm fail",
        "\\n",
        "n\\a",
        "/",
        "无",
        "空",
        "空值",
        "缺失",
        "缺省",
        "未知",
        "不详",
        "未填",
        "暂无",
        "无数据",
        "未检",
        "未测",
        "坏点",
    ]
)
"""Words for "no value", in lower case."""


def found(census: Census, column: int, sample: Floats, limits: Thresholds) -> Floats:
    """The numbers that stand for "missing" in one column.

    A known code counts as one where it lies apart from the rest (by `code_gap` 5-95 % ranges), or where, among values
    that look like it, it alone is met many times.
    """
    values = sample[np.isfinite(sample)]
    low, high = census.low[column], census.high[column]
    ends = np.concatenate((low.values, -high.values))
    counts = np.concatenate((low.counts, high.counts))
    known = np.isin(ends, KNOWN)
    rest = values[~np.isin(values, KNOWN)]
    if rest.size < 20:
        return np.empty(0)
    q05, q95 = np.quantile(rest, [0.05, 0.95])
    reach = max(q95 - q05, 1e-9 * abs(q95), 1e-12)
    apart = np.maximum(q05 - ends, ends - q95) / reach
    often = counts >= limits.code_count
    outside = known & (((apart > limits.code_gap) & often) | (apart > 10 * limits.code_gap))
    outside &= (ends != -1.0) | ((q05 > 0) & often & (apart > 2 * limits.code_gap))
    outside &= ~np.isin(np.abs(ends), (99.0, 9.9, 99.9)) | (often & _lonely(ends, rest, reach))
    return np.union1d(ends[outside], _within(values, rest))


def _lonely(ends: Floats, rest: Floats, reach: float) -> NDArray[np.bool_]:
    """Whether nothing else lies between the bulk and the value, nor beyond it."""
    low, high = rest.min(), rest.max()
    return np.asarray((ends > high + 0.2 * reach) | (ends < low - 0.2 * reach))


def _within(values: Floats, rest: Floats) -> Floats:
    """Codes inside the range of values: far more frequent than any value near them."""
    found, counts = np.unique(values, return_counts=True)
    inside = np.isin(found, KNOWN) & (np.abs(found) >= 99) & (counts >= 20)
    usual = np.unique(rest, return_counts=True)[1]
    if not inside.any() or usual.size < 50:
        return np.empty(0)
    return np.asarray(found[inside & (counts > max(6 * np.quantile(usual, 0.99), 3 * usual.max()))])
