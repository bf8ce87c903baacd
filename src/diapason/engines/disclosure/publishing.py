"""Which counts may be told together, and together with all that were told before."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diapason.engines.disclosure.auditing import holds, near
from diapason.engines.disclosure.groups import Group, Rules, Shown, objection

__all__ = ["publish"]

Index = NDArray[np.int64]


def publish(groups: Sequence[Group], earlier: Sequence[Index], rules: Rules) -> tuple[Shown, ...]:
    """Tell as many counts as can be told; withhold the others and say why.

    A count is told if its group is safe by itself, differs from every other group told, now or before, by none or by at
    least `k` rows, and sums and differences of all counts told leave every group of fewer than `k` rows open. Where not
    all can be told together, the largest go first: what falls out is the secondary suppression.

    Args:
        groups: what is to be told now; rows by numbers that mean the same row in every release.
        earlier: rows of each group whose count was told in an earlier release, to whomever.
        rules: how small is too small.

    Returns:
        One per group, in their order.

    >>> rows = np.arange(100)
    >>> [s.why for s in publish([Group("all", rows), Group("most", rows[:97])], [], Rules(k=5))]
    ['', 'near']
    """
    why = {g.name: objection(g, rules) for g in groups}
    protected = [g.rows for g in groups if why[g.name] == "dominated"]
    told: list[Index] = []
    safe = sorted((g for g in groups if not why[g.name]), key=lambda g: (-len(g.rows), g.name))
    for group in safe:
        if any(near(group.rows, other, rules.k) for other in [*earlier, *told]):
            why[group.name] = "near"
        else:
            told.append(group.rows)
    if not holds([*earlier, *told], protected, rules.k):
        _one_by_one([g for g in safe if not why[g.name]], earlier, protected, rules, why)
    return tuple(Shown(g.name, None if why[g.name] else len(g.rows), why[g.name]) for g in groups)


def _one_by_one(
    groups: Sequence[Group], earlier: Sequence[Index], protected: Sequence[Index], rules: Rules, why: dict[str, str]
) -> None:
    """Let each in that leaves everything open, the largest first."""
    told = list(earlier)
    for group in groups:
        if holds([*told, group.rows], protected, rules.k):
            told.append(group.rows)
        else:
            why[group.name] = "derivable"
