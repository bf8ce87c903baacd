"""What a historian keeps of a tag: swinging door and deadband."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diapason.engines.alignment.series import Series

__all__ = ["deadband", "swinging_door"]

Positions = NDArray[np.int64]


def swinging_door(tag: Series, deviation: float, longest: float = np.inf) -> Series:
    """The records that a straight line from kept record to kept record needs, to stay within `deviation`.

    Args:
        tag: every record.
        deviation: half the width of the door, in the unit of the tag.
        longest: a record is kept at least this often.

    >>> from diapason.engines.alignment.series import series
    >>> swinging_door(series(range(7), [0, 1, 2, 3, 3, 3, 3]), 0.1).time
    array([0., 3., 6.])

    Source: Bristol, ISA 1990, "Swinging door trending".
    """
    time, value = tag.time.tolist(), tag.value.tolist()
    if len(time) < 3:
        return tag
    kept, (t0, v0) = [0], (time[0], value[0])
    steepest, flattest = np.inf, -np.inf
    for i in range(1, len(time)):
        gap = time[i] - t0
        slope = (value[i] - v0) / gap
        if i > 1 and (not flattest <= slope <= steepest or gap > longest) and kept[-1] != i - 1:
            kept.append(i - 1)
            t0, v0, steepest, flattest = time[i - 1], value[i - 1], np.inf, -np.inf
            gap = time[i] - t0
        steepest = min(steepest, (value[i] + deviation - v0) / gap)
        flattest = max(flattest, (value[i] - deviation - v0) / gap)
    return _kept(tag, [*kept, len(time) - 1] if kept[-1] != len(time) - 1 else kept)


def deadband(tag: Series, deviation: float, longest: float = np.inf) -> Series:
    """The records that differ by more than `deviation` from the one kept before; between them the value holds.

    >>> from diapason.engines.alignment.series import series
    >>> deadband(series(range(5), [0, 0.4, 1.2, 1.5, 3]), 1).value
    array([0. , 1.2, 3. ])
    """
    kept: list[int] = []
    last, at = np.inf, -np.inf
    for i, (t, v) in enumerate(zip(tag.time.tolist(), tag.value.tolist(), strict=True)):
        if abs(v - last) > deviation or t - at >= longest:
            kept.append(i)
            last, at = v, t
    thinned = _kept(tag, kept)
    return Series(thinned.time, thinned.value, stepped=True)


def _kept(tag: Series, index: ArrayLike) -> Series:
    at = np.asarray(index, dtype=np.int64)
    return Series(tag.time[at], tag.value[at], tag.stepped)
