"""The first look is a monoid: whatever the batches were, the same is known at the end."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.quality import THRESHOLDS
from diapason.engines.quality.layout import Layout, Rows
from diapason.engines.quality.survey import Survey
from diapason.engines.quality.thresholds import Thresholds
from diapason.engines.quality.twins import groups
from diapason.vocabulary.tables import ROW, Column, Contract, Role

SMALL = Thresholds(sample_rows=64, stretch=8, word_values=6, twin_rows=40)
CONTRACT = Contract(
    "mixed",
    (
        Column("machine", "category", Role.ASSET),
        Column("t", "number", Role.TIME),
        Column("y", "number", Role.TARGET),
    ),
)


def _frame(seed: int, rows: int) -> pl.DataFrame:
    """Several assets mixed by time, values that hold, repeat, miss and blow up."""
    rng = np.random.default_rng(seed)
    held = np.repeat(rng.integers(0, 4, rows), rng.integers(1, 9, rows))[:rows].astype(float)
    held[rng.random(rows) < 0.1] = np.nan
    wild = rng.normal(size=rows).round(1)
    wild[rng.random(rows) < 0.05] = np.inf
    words = rng.choice(["a", "b ", "", "c", "d", "e", "f", "g", "h"], rows)
    return pl.DataFrame(
        {
            "machine": rng.choice(["M1", "M2", "M3"], rows),
            "t": np.cumsum(rng.choice([1.0, 1.0, 1.0, 0.0, -2.0, 7.0], rows)),
            "held": held,
            "wild": wild,
            "word": pl.Series([None if w == "c" else w for w in words], dtype=pl.String),
            "y": rng.integers(0, 3, rows).astype(float),
            ROW: np.arange(rows),
        }
    )


def _known(survey: Survey) -> dict[str, Any]:
    """Everything a survey knows, in an order that does not depend on how it came to know it."""
    counts, longest = survey.runs.finish()
    part = survey.sample.finish()
    clock, census, twins = survey.clock, survey.census, survey.twins
    return {
        "rows": survey.rows,
        "missing": census.missing.tolist(),
        "infinite": census.infinite.tolist(),
        "ends": [(e.values.tolist(), e.counts.tolist()) for e in (*census.low, *census.high)],
        "words": [t.sort("value").rows() for t in survey.words.counts],
        "blank": survey.words.blank.tolist(),
        "runs": counts.tolist(),
        "longest": [np.sort(r, order=("asset", "first")).tolist() for r in longest],
        "steps": dict(zip(clock.steps.tolist(), clock.counts.tolist(), strict=True)),
        "clock": (clock.back, clock.repeat, clock.backwards["row"].tolist(), clock.largest["row"].tolist()),
        "twins": [np.sort(np.concatenate(p), order=("digest", "row")).tolist() for p in (twins.whole, twins.keys)],
        "doubles": [len(groups(p)[1]) for p in (twins.whole, twins.keys, twins.inputs)],
        "sample": None if part is None else (part.row.tolist(), np.nan_to_num(part.X).tolist()),
        "names": sorted(survey.names.values()),
    }


def _survey(frame: pl.DataFrame, layout: Layout, limits: Thresholds) -> Survey:
    return Survey.of(Rows.of(frame, layout), layout, limits)


@pytest.mark.parametrize("limits", [THRESHOLDS, SMALL], ids=["roomy", "thinned"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_cut_into_pieces_gives_the_survey_of_the_whole(data: st.DataObject, limits: Thresholds) -> None:
    """Runs that cross seams, clocks, digests, samples, thinned words: all come out the same, in any bracketing."""
    frame = _frame(data.draw(st.integers(0, 50)), data.draw(st.integers(3, 160)))
    layout = Layout.of(frame, CONTRACT)
    cuts = sorted(data.draw(st.sets(st.integers(1, frame.height - 1), max_size=6)))
    edges = [0, *cuts, frame.height]
    pieces = [_survey(frame[a:b], layout, limits) for a, b in itertools.pairwise(edges)]
    while len(pieces) > 1:
        i = data.draw(st.integers(0, len(pieces) - 2))
        pieces[i : i + 2] = [pieces[i].merge(pieces[i + 1])]
    assert _known(pieces[0]) == _known(_survey(frame, layout, limits))


ORDER_FREE: dict[str, Callable[[Survey], object]] = {
    "census": lambda s: [(e.values.tolist(), e.counts.tolist()) for e in (*s.census.low, *s.census.high)],
    "words": lambda s: [t.sort("value").rows() for t in s.words.counts],
    "twins": lambda s: np.sort(np.concatenate(s.twins.whole), order=("digest", "row")).tolist(),
    "sample": lambda s: s.sample.finish().row.tolist(),  # type: ignore[union-attr]
}


@pytest.mark.parametrize("part", ORDER_FREE)
@given(seed=st.integers(0, 30), shuffle=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_what_does_not_depend_on_order_can_be_merged_in_any_order(part: str, seed: int, shuffle: Any) -> None:
    """Counts, words, digests and the kept part: rows dealt out at random to three workers."""
    frame = _frame(seed, 120)
    layout = Layout.of(frame, CONTRACT)
    dealt: list[list[int]] = [[], [], []]
    for row in range(frame.height):
        dealt[shuffle.randrange(3)].append(row)
    pieces = [_survey(frame[rows], layout, SMALL) for rows in dealt if rows]
    shuffle.shuffle(pieces)
    joined = pieces[0]
    for piece in pieces[1:]:
        joined = joined.merge(piece)
    assert ORDER_FREE[part](joined) == ORDER_FREE[part](_survey(frame, layout, SMALL))


def test_the_kept_part_of_a_long_table_stays_bounded_and_whole_in_its_stretches() -> None:
    """Neighbours stay neighbours, whatever the length."""
    frame = pl.DataFrame({"x": np.arange(50_000.0), ROW: np.arange(50_000)})
    limits = Thresholds(sample_rows=4_000, stretch=100)
    part = _survey(frame, Layout.of(frame, Contract("long", ())), limits).sample.finish()
    assert part is not None
    assert len(part) <= 4_000
    rows, size = np.unique(part.row // 100, return_counts=True)
    assert len(rows) > 10
    assert (size == 100).all()
