"""The loop on damaged sets, judged on untouched clean rows: how much of what the damage took comes back?

Run: python -m benchmarks.resonance [--quick] [--json]. Cells (set, damage, strength, seed) are frozen in grid.toml and
resumable; one process per core. In each cell the best robust learner learns from clean, from damaged, and from rows
that an oracle has mended who is told every bad cell; the loop mends the damaged rows told nothing, and again after a
person has answered for min(100, 5 %) of the labelled units; peers mend them on the ground they were made for.

- Recovered share = (damaged - repaired) / (damaged - clean), of the deployment error, both over the best robust
  learner; cells count where the damage exceeds three standard errors of that difference.
- Told: median over sets of the medians of their cells. Every kind of damage is printed.
- Peers: difference of recovered shares in the same cells, loop less peer, median over sets; in points of percent.
- Placebo: recovered share of a matched placebo of what was adopted, by the same learner, less that of the learner alone.
- Promises: how often the interval of the adopted gain holds what clean rows show, over the very learner that it was
  confirmed against: the best of the trials on the rows as they are, learnt from all of them.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from benchmarks.frame import Result, cells, main
from benchmarks.grid import GridCell, grid_id
from benchmarks.grid import cells as grid
from benchmarks.peers import GROUND
from benchmarks.trying import tried

SEEN = 3.0
"""Standard errors by which the damage must show, for a cell to count."""
AHEAD = {"cleanlab-drop": 10.0, "cleanlab-relabel": 10.0}
"""Points of percent by which a peer is to be beaten on its own ground; others are to be matched."""

Found = dict[str, Any]
Row = tuple[GridCell, Found]


def one(name: str, kind: str, strength: float, seed: int) -> Found:
    """One cell of the grid."""
    return tried(GridCell(name, kind, strength, seed), peers=True)


def share(found: Found, error: float) -> float:
    """What of the damage came back, in percent."""
    return float(100 * (found["damaged"] - error) / (found["damaged"] - found["clean"]))


def over_sets(rows: Iterable[Row], what: Callable[[Found], float | None]) -> float:
    """Median over sets of the medians of their cells; nan where there is none."""
    by: dict[str, list[float]] = {}
    for cell, found in rows:
        value = what(found)
        if value is not None:
            by.setdefault(cell.set, []).append(value)
    return float(np.median([np.median(v) for v in by.values()])) if by else float("nan")


def _counted(rows: list[Row]) -> list[Row]:
    return [r for r in rows if r[1]["damaged"] - r[1]["clean"] > SEEN * r[1]["noise"]]


def _shares(rows: list[Row], of: int) -> list[Result]:
    told, audit, oracle = (
        over_sets(rows, lambda f, k=k: share(f, f[k]))  # type: ignore[misc]
        for k in ("nothing", "audit", "oracle")
    )
    said = f"{len(rows)} of {of} cells show their damage, {len({c.set for c, _ in rows})} sets, {grid_id()}"
    ratio = 100 * told / oracle
    checked = [r for r in rows if r[0].checked]
    held = over_sets(checked, lambda f: share(f, f["nothing"]))
    seen = over_sets(checked, lambda f: share(f, f["audit"]))
    return [
        Result("resonance.told-nothing", f"recovered share, told nothing ({said})", told, ">= 60", "%", told >= 60),
        Result("resonance.of-oracle", "of what an oracle recovers who is told", ratio, ">= 80", "%", ratio >= 80),
        Result("resonance.audit", "recovered share, after an audit", audit, ">= 80", "%", audit >= 80),
        Result("resonance.oracle", "recovered share of the oracle", oracle, "", "%", None),
        Result("resonance.told-nothing-check", "told nothing, sets nobody tuned on", held, ">= 60", "%", held >= 60),
        Result("resonance.audit-check", "after an audit, sets nobody tuned on", seen, ">= 80", "%", seen >= 80),
    ]


def _kinds(rows: list[Row]) -> list[Result]:
    made = []
    for kind in sorted({c.damage for c, _ in rows}):
        own = [r for r in rows if r[0].damage == kind]
        told, seen = (over_sets(own, lambda f, k=k: share(f, f[k])) for k in ("nothing", "audit"))  # type: ignore[misc]
        what = f"told nothing, {len(own)} cells; after an audit {seen:.0f} %"
        made.append(Result(f"resonance.kind-{kind}", what, told, "", "%", None))
    worst = min(made, key=lambda r: r.value)
    name = worst.id.removeprefix("resonance.kind-")
    return [*made, Result("resonance.worst-kind", f"the worst kind: {name}", worst.value, "", "%", None)]


def _peers(rows: list[Row]) -> list[Result]:
    made = []
    for peer in GROUND:
        own = [r for r in rows if peer in r[1]["peers"]]
        if not own:
            continue
        lead = over_sets(own, lambda f: share(f, f["nothing"]) - share(f, f["peers"][peer]))  # noqa: B023
        theirs = over_sets(own, lambda f: share(f, f["peers"][peer]))  # noqa: B023
        bar = AHEAD.get(peer, 0.0)
        what = f"ahead of {peer} on its ground, {len(own)} cells; it recovers {theirs:.0f} %"
        made.append(Result(f"resonance.over-{peer}", what, lead, f">= {bar:.0f}", "points", lead >= bar))
    return made


def _placebo(rows: list[Row]) -> Result:
    own = [r for r in rows if r[1]["placebo"] is not None]
    value = over_sets(own, lambda f: share(f, f["placebo"]) - share(f, f["unmended"]))
    what = f"recovered share of matched placebos, {len(own)} adopted"
    return Result("resonance.placebo", what, value, "within 10 of 0", "%", bool(abs(value) <= 10) if own else None)


def _promises(rows: list[Row]) -> list[Result]:
    """Over all cells, also those whose damage does not show: a promise is a promise."""
    inside, kept = [], []
    for _, f in rows:
        if f["promised"] is None:
            continue
        _, low, high, unit = f["promised"]
        real = f["rival"] - f["nothing"]
        real = 100 * real / f["rival"] if unit == "%" else real
        inside.append(low <= real <= high)
        kept.append(low <= real)
    held, least = (100 * float(np.mean(x)) if x else float("nan") for x in (inside, kept))
    what = f"{len(inside)} adopted gains inside their simultaneous intervals"
    good = bool(85 <= held <= 95) if inside else None
    return [
        Result("resonance.promises", what, held, "85-95", "%", good),
        Result("resonance.promises-kept", "adopted gains above the lower end of their intervals", least, "", "%", None),
    ]


def measure(quick: bool) -> list[Result]:
    """The grid, or its quick part."""
    chosen = grid(quick=quick)
    found = cells("resonance", [(c.set, c.damage, c.strength, c.seed) for c in chosen], one)
    rows = list(zip(chosen, found, strict=True))
    counted = _counted(rows)
    spent = float(np.mean([f["seconds"] for _, f in rows]))
    results = [*_shares(counted, len(rows)), *_kinds(counted), *_peers(counted), _placebo(counted), *_promises(rows)]
    return [*results, Result("resonance.seconds", "of one loop, mean", spent, "", "s", None)]


if __name__ == "__main__":
    main("resonance", measure, seeds=(0, 1, 2))
