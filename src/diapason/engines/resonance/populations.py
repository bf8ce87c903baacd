"""Of which population each target is: the core, or one that was shown to be an error."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from diapason.engines.resonance.constants import Constant, find_constant
from diapason.engines.resonance.exchange import Exchange, find_exchange
from diapason.engines.resonance.gross import Gross, find_gross
from diapason.engines.resonance.lines import Line, find_line
from diapason.engines.resonance.residuals import Residuals

__all__ = ["Population", "examine", "wrongness"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LINES = 3


Population = Line | Exchange | Constant | Gross


def examine(r: Residuals) -> tuple[Population, ...]:
    """Populations of wrong targets that are shown, not only suspected; empty on data whose tail is its own."""
    left = np.ones(len(r), bool)
    found: list[Population] = []
    constant = find_constant(r)
    if constant is not None:
        left &= r.given != constant.value
        found += [constant] if constant.shown else []
    for _ in range(_LINES):
        line = find_line(r, left)
        if line is None:
            break
        found.append(line)
        left &= ~line.on(r)
    exchange = find_exchange(r, left) if left.sum() > 50 else None
    if exchange is not None:
        return (*found, exchange)
    gross = find_gross(r, left)
    return (*found, gross) if gross is not None and gross.shown else tuple(found)


def wrongness(r: Residuals, populations: Sequence[Population]) -> tuple[Array, dict[str, Any]]:
    """Probability of each row to be of a population of errors, shape (n,), and the share of each population.

    The core is a Student distribution with 5 degrees of freedom around the expectation; only the shares are fitted,
    by expectation-maximisation.
    """
    if not populations:
        return np.zeros(len(r)), {}
    core = stats.t.pdf(r.z, 5) / r.scale
    density = np.array([core, *(p.density(r) for p in populations)])
    share = np.array([0.0, *(p.share for p in populations)])
    share[0] = max(1 - share.sum(), 0.3)
    share /= share.sum()
    belongs = density
    for _ in range(30):
        belongs = density * share[:, None]
        total = belongs.sum(0)
        belongs = np.where(total > 0, belongs / np.where(total > 0, total, 1), 0)
        belongs[0, total <= 0] = 1
        share = belongs.mean(1)
    kinds = [type(p).__name__.lower() for p in populations]
    return np.asarray(1 - belongs[0]), dict(zip(kinds, share[1:].tolist(), strict=True))
