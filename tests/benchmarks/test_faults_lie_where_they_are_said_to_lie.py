"""What `benchmarks.marring` plants is where its truth says, and nowhere else."""

import numpy as np
import polars as pl
import pytest

from benchmarks.marring import KINDS, mar
from benchmarks.planting import MADE
from diapason.vocabulary.tables import ROW

CELLS = ("missing", "infinite", "range", "spike", "stuck", "saturation", "unit_stretch", "unit_asset", "relation")


@pytest.fixture(scope="module")
def tables():
    """Small ones, with and without assets."""
    return [MADE["made_fleet"](seed=5, assets=6, n=400), MADE["made_white"](seed=6, n=2_000)]


@pytest.mark.parametrize("kind", CELLS)
def test_only_the_cells_of_the_truth_were_changed(tables, kind):
    """At moderate strength; a reading at the limit that already was there is one at the limit."""
    for table in tables:
        case = mar(table, kind, KINDS[kind].strengths[KINDS[kind].moderate], seed=3)
        if case is None:
            assert kind == "unit_asset"
            continue
        before, after = (
            f[case.columns[0]].cast(pl.Float64).fill_null(np.nan).to_numpy() for f in (table.frame, case.frame)
        )
        changed = set(np.flatnonzero(~np.isclose(before, after, rtol=1e-12, atol=0, equal_nan=True)).tolist())
        assert changed <= case.cells
        assert len(changed) >= 0.8 * case.count > 0
        assert table.frame.drop(case.columns[0]).equals(case.frame.drop(case.columns[0]))


@pytest.mark.parametrize("kind", ["clock_gaps", "clock_backwards", "clock_repeated"])
def test_steps_of_the_clock_are_where_the_truth_says(tables, kind):
    """Told by a plain difference of times."""
    times = {"made_fleet": ("minute", "machine", 1.0), "made_white": ("second", None, 2.0)}
    holds = {"clock_gaps": lambda s: s > 3, "clock_backwards": lambda s: s < 0, "clock_repeated": lambda s: s == 0}[
        kind
    ]
    for table in tables:
        time, asset, step = times[table.name]
        case = mar(table, kind, KINDS[kind].strengths[1], seed=4)
        moved = pl.col(time).diff() if asset is None else pl.col(time).diff().over(asset)
        told = case.frame.select(holds(moved / step).fill_null(value=False)).to_series().to_numpy()
        assert set(np.flatnonzero(told).tolist()) == set(case.cells)
        assert case.count == len(case.cells) > 0


def test_the_same_seed_plants_the_same(tables):
    """Another one does not."""
    one, same, other = (mar(tables[1], "missing", 0.01, seed) for seed in (1, 1, 2))
    assert one.frame.equals(same.frame)
    assert one.cells != other.cells
    assert one.frame[ROW].equals(tables[1].frame[ROW])
