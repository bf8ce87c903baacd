"""The share of new truths inside the interval is the level, small and large predictions alike."""

import numpy as np
import pytest

from diapason.engines.trust import margins


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("rows", [60, 400, 5000])
def test_new_truths_lie_inside_as_often_as_promised(level: float, rows: int) -> None:
    """Errors that grow with the prediction and lean to one side; on average over 40 draws within 3 points."""
    shares, large = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        p = rng.uniform(0, 100, rows + 4000)
        t = p + rng.gumbel(0, 0.02 * p + 0.1)
        low, high = margins(t[:rows], p[:rows], level=level).around(p[rows:])
        inside = (t[rows:] >= low) & (t[rows:] <= high)
        shares.append(inside.mean())
        large.append(inside[p[rows:] > 80].mean())
    assert abs(np.mean(shares) - level) < 0.03
    assert abs(np.mean(large) - level) < (0.03 if rows > 1000 else 0.06)


def test_too_little_known_gives_no_interval() -> None:
    """Not a narrow one."""
    nothing = margins(np.arange(19.0), np.zeros(19))
    assert np.isnan(nothing.around([1.0, 2.0])).all()
    assert np.isnan(margins([], []).around([1.0])).all()
    gaps = np.where(np.arange(60) % 2, np.nan, 1.0)
    assert np.isfinite(margins(gaps, np.zeros(60)).around([0.0])).all()
