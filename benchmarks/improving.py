"""What learning again does to a model by the draw of its rows alone: where the tenth test of qualification has its line.

Thirty models are learnt, each from sixty fresh rows of the narrow window, and all are judged on the same 4,000 old
rows. Nothing changes between them but the draw: a line that asks a changed model to keep more of its worth than 95 of
100 of these pairs keep would judge luck. Then the change itself, over several seeds.

Run: python -m benchmarks.improving [--quick] [--json]
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from benchmarks.frame import Result, main
from diapason.ports.workspace import Workspace
from diapason.services.qualify.improved import FEW, KEEP, OLD, error_on, kept_share, learnt_from, mill
from diapason.services.workspace import init, open_workspace

SEEDS = (99,)
CHANGES = (1, 2, 3, 4, 5, 6)


@contextmanager
def _place() -> Iterator[Workspace]:
    with TemporaryDirectory(prefix="diapason-improving-") as place:
        folder = Path(place) / "bench"
        init(folder, person="owner")
        yield open_workspace(folder, person="owner")


def again(draws: int, seed: int) -> tuple[np.ndarray, float]:
    """Errors on the same old rows of models that differ by the draw of their rows alone; and that of no model."""
    rng = np.random.default_rng(seed)
    old = mill(rng, 2 * OLD, wide=False)
    with _place() as ws:
        models = (learnt_from(ws, mill(rng, FEW, wide=False), f"draw {k}") for k in range(draws))
        errors = np.array([error_on(ws, m, old).mean() for m in models])
    y = old["y"].to_numpy()
    return errors, float(np.abs(y - np.median(y)).mean())


def changed(seed: int) -> tuple[float, float, float]:
    """Share of the first model's worth that is kept on old rows once ten times as many rows are learnt from."""
    rng = np.random.default_rng(seed)
    first, old = mill(rng, FEW, wide=False), mill(rng, OLD, wide=False)
    rows = pl.concat([first, mill(rng, 300, wide=False), mill(rng, 300, wide=True)])
    none = np.abs(old["y"].to_numpy() - float(np.median(first["y"].to_numpy())))
    with _place() as ws:
        few, many = (error_on(ws, learnt_from(ws, r, n), old) for r, n in ((first, "first"), (rows, "more")))
    return kept_share(few, many, none, rng)


def measure(quick: bool) -> list[Result]:
    """The noise that the line must stand clear of, and the changes themselves."""
    errors, none = again(8 if quick else 30, SEEDS[0])
    moved = 100 * np.array([abs(a - b) / (none - min(a, b)) for a, b in combinations(errors, 2)])
    luck = float(np.quantile(moved, 0.95))
    n = f"{len(errors)} draws of {FEW} rows"
    made = [
        Result("improving.error", f"mean error of {n}", float(errors.mean()), "", "", None),
        Result("improving.spread", f"standard deviation of the error, {n}", float(errors.std(ddof=1)), "", "", None),
        Result(
            "improving.luck", "worth that 95 of 100 pairs differ by at most", luck, "< 10", "%", luck < 100 * (1 - KEEP)
        ),
    ]
    for seed in CHANGES[: 2 if quick else None]:
        share, low, high = changed(seed)
        what = f"worth kept on old rows after the change ({100 * low:.1f}-{100 * high:.1f})"
        made.append(Result(f"improving.kept-{seed}", what, 100 * share, "low end >= 90", "%", low >= KEEP))
    return made


if __name__ == "__main__":
    main("improving", measure, seeds=SEEDS)
