"""Does the loop harm clean data? What it adopts on sets without planted errors, judged on untouched clean rows.

Run: python -m benchmarks.harm [--quick] [--json]. Every set of `benchmarks.sets` (real ones, public functions, generated
classes, fleets, series and plants), six draws each (--quick: without the dearest, one draw). A run whose diagnosis
proposes nothing on the screening folds adopts nothing, whatever follows: there the trial ends, as it does for a user.
Else the whole trial runs, and what it adopts is learnt from and judged against the robust learner on all given rows.

- Harmful: an adoption whose error on the untouched rows is more than 1 % above that of the robust learner.
- The upper limit of the rate is one-sided, 95 %: runs of one family of sets are not independent, so that the count of
  runs is divided by the design effect of the families before the exact binomial limit (Clopper and Pearson 1934) is
  taken; Korn and Graubard, Survey Methodology 24 (1998).
- By chance alone a twentieth of the runs may adopt: level 10 % to two sides.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.frame import Result, cells, main
from benchmarks.sets import SETS, load
from benchmarks.trying import BUDGET, error, learnt, learnt_mended, player_of, raced
from diapason.services.resonate.planning import SIZES, choose, flagger

SEEDS = tuple(range(50, 56))
QUICK_SEEDS = SEEDS[:1]
DEAR = (
    "digits",
    "tep-faults",
    "fd001",
    "steel-plates",
    "classes-many",
    "plant-seasons",
    "plant-regimes",
    "steel-energy",
)
"""Sets left out of the quick run for their cost."""
HARM = 0.01
"""Of the held-out error."""
SIZE = SIZES[1]

Found = dict[str, Any]


def one(name: str, seed: int) -> Found:
    """One clean run."""
    pair = load(name, seed)
    player = player_of(pair.train, (), flagger(pair.train.task), SIZE, seed)
    proposed = len([c for c in player.screening() if not c.ask])
    if not proposed:
        return {"proposed": 0, "adopted": "", "harm": 0.0}
    model = learnt(pair.train, seed)
    planned = choose(pair.train, raced(model, pair.train), BUDGET, seed=seed)
    player = replace(player, learners=planned.learners)
    played = player.play()
    if played.ending.adopted is None:
        return {"proposed": proposed, "adopted": "", "harm": 0.0}
    alone = error(model.predict, pair.test)
    mended = learnt_mended(player, played, seed)
    return {"proposed": proposed, "adopted": mended.adopted, "harm": error(mended.predict, pair.test) / alone - 1}


def limit(harmful: np.ndarray, family: np.ndarray) -> float:
    """Upper 95 % limit of a rate, clustered.

    Args:
        harmful: shape (n,), whether each run did harm.
        family: shape (n,), codes of what is not independent.
    """
    n, k, rate = len(harmful), int(harmful.sum()), float(harmful.mean())
    effect = 1.0
    if 0 < k < n:
        sums = np.bincount(family, weights=harmful - rate)
        m = len(sums)
        effect = max(1.0, float(m / (m - 1) * (sums @ sums) / (n * rate * (1 - rate))))
    runs = n / effect
    return float(stats.beta.ppf(0.95, rate * runs + 1, runs - rate * runs)) if k < n else 1.0


def measure(quick: bool) -> list[Result]:
    """All sets, or the quick part."""
    names = [n for n in SETS if not (quick and n in DEAR)]
    facts = [(n, s) for s in (QUICK_SEEDS if quick else SEEDS) for n in names]
    found = cells("harm", facts, one)
    harmful = np.array([f["harm"] > HARM for f in found])
    adopted = np.array([bool(f["adopted"]) for f in found])
    families = [SETS[n].family for n, _ in facts]
    code = np.unique(families, return_inverse=True)[1]
    high = limit(harmful, code)
    helped = [f["harm"] for f in found if f["adopted"]]
    tried = float(np.mean([f["proposed"] > 0 for f in found]))
    worst = max(found, key=lambda f: f["harm"])
    said = f"{len(found)} clean runs, {len(names)} sets, {len(set(families))} families"
    return [
        Result("harm.limit", f"harmful adoptions, upper 95 % limit ({said})", 100 * high, "<= 3", "%", high <= 0.03),
        Result("harm.rate", f"harmful adoptions, {int(harmful.sum())}", 100 * float(harmful.mean()), "", "%", None),
        Result("harm.adopted", f"adoptions, {int(adopted.sum())}", 100 * float(adopted.mean()), "", "%", None),
        Result("harm.tried", "runs in which any repair was tried", 100 * tried, "", "%", None),
        Result(
            "harm.mean",
            "mean change of the error by what was adopted",
            100 * float(np.mean(helped or [0])),
            "",
            "%",
            None,
        ),
        Result("harm.worst", f"the worst: {worst['adopted'] or 'none'}", 100 * worst["harm"], "", "%", None),
    ]


if __name__ == "__main__":
    main("harm", measure, seeds=SEEDS)
