"""The precision that is promised for a sheet of so many rows is the one that answers then have."""

import numpy as np

from diapason.engines.resonance.audit import sheet
from diapason.services.resonate.precision import precision


def test_the_stated_half_width_holds_in_about_95_of_100_sheets():
    """Rows are wrong with the chance that their doubt says; 300 sheets of 100 rows among 4,000."""
    draw, inside, stated = np.random.default_rng(3), 0, []
    for seed in range(300):
        doubt = np.where(draw.random(4000) < 0.1, draw.uniform(0.3, 0.95, 4000), draw.uniform(0.0, 0.06, 4000))
        wrong = draw.random(4000) < doubt
        rows = sheet(np.arange(4000), doubt, np.zeros(4000), 100, seed=seed)
        told = [{"inclusion": r.inclusion, "doubt": r.doubt} for r in rows]
        half = next(p["half"] for p in precision(told) if p["rows"] == len(rows))
        weight = 1 / np.array([r.inclusion for r in rows])
        share = float(weight @ wrong[[r.position for r in rows]] / weight.sum())
        inside += abs(share - wrong.mean()) <= half
        stated.append(half)
    assert 0.90 <= inside / 300 <= 0.995
    assert 0.005 < np.median(stated) < 0.1


def test_more_rows_tell_more_closely():
    """Half-widths fall with the size of the sheet; more rows than there are, are not offered."""
    halves = [p["half"] for p in precision([{"inclusion": 0.5, "doubt": 0.2}] * 60)]
    assert halves == sorted(halves, reverse=True)
    assert [p["rows"] for p in precision([{"inclusion": 0.5, "doubt": 0.2}] * 60)] == [25, 50, 60, 100]


def test_no_sheet_no_promise():
    assert precision([]) == []
