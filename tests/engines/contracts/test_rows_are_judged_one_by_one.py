"""A row breaks a rule by itself: any split of a table sets the same rows aside; the pass over it counts the same."""

import math
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.contracts import BECAUSE, Judge
from diapason.engines.scan import Scan, Shape, lines
from diapason.vocabulary.policy import Act, Policy
from diapason.vocabulary.tables import ROW, Column, Contract

CONTRACT = Contract(
    "line",
    (
        Column("T", "number", low=0.0, high=100.0, missing=0.0),
        Column("n", "number", high=5.0),
        Column("grade", "category", values=("A", "B")),
        Column("p", "number", missing=0.2),
    ),
    relations=("T >= n",),
    policy=Policy(missing=Act.QUARANTINE),
)
SCHEMA = {"T": pl.Float64(), "n": pl.Int64(), "grade": pl.String(), "p": pl.Float64()}
NUMBER = st.none() | st.floats(width=32) | st.sampled_from([0.0, 100.0, -0.0, math.nan])
ROWS = st.lists(
    st.tuples(NUMBER, st.none() | st.integers(-9, 9), st.none() | st.sampled_from(["A", "B", "Z", ""]), NUMBER),
    min_size=1,
    max_size=40,
)


def frame(rows: list[Any]) -> pl.DataFrame:
    made = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return made.with_columns(pl.int_range(made.height).alias(ROW))


def breaks(row: tuple[Any, ...]) -> set[str]:
    """The same rules, written out slowly."""
    t, n, grade, _ = row
    found = {"T:missing"} if t is None or math.isnan(t) else {"T:range"} if not 0 <= t <= 100 else set()
    if t is not None and not math.isnan(t) and n is not None and t < n:
        found.add("T >= n:relation")
    found |= {"n:range"} if n is not None and n > 5 else set()
    return found | ({"grade:values"} if grade is not None and grade not in ("A", "B") else set())


@settings(max_examples=60, deadline=None)
@given(ROWS, st.lists(st.integers(0, 40), max_size=5))
def test_any_split_sets_the_same_rows_aside_and_none_is_lost(rows: list[Any], cuts: list[int]) -> None:
    table, judge = frame(rows), Judge.of(CONTRACT, SCHEMA)
    edges = [0, *sorted(min(c, len(rows)) for c in cuts), len(rows)]
    parts = [judge.take(table.slice(a, b - a)) for a, b in pairwise(edges)]
    aside = pl.concat([bad for _, bad in parts])
    good = pl.concat([kept for kept, _ in parts])
    said = {number: set(why.split("; ")) for number, why in aside.select(ROW, BECAUSE).rows()}
    assert said == {i: found for i, row in enumerate(rows) if (found := breaks(row))}
    assert sorted([*good[ROW], *aside[ROW]]) == list(range(len(rows)))
    assert judge.rows == len(rows)
    for b in judge.broken():
        if b["rule"] != "missing" or b["column"] == "T":
            assert b["count"] == sum(f"{b['column']}:{b['rule']}" in breaks(row) for row in rows)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_the_pass_over_the_table_counts_the_same_cells(rows: list[Any]) -> None:
    """`diapason scan` and the guard say the same of the same rows; the scan tells infinite ones apart."""
    table, judge = frame(rows), Judge.of(CONTRACT, SCHEMA)
    judge.take(table)
    limits = {"T": (0.0, 100.0), "n": (-math.inf, 5.0)}
    scan = Scan.new(Shape.of(SCHEMA, allowed=limits))
    scan.update(table.drop(ROW))
    for line in lines(scan):
        outside = line["outside"] + line["infinite"] if "outside" in line else 0
        assert judge.counts.get(f"{line['name']}:range", 0) == outside
        if f"{line['name']}:missing" in judge.counts:
            assert judge.counts[f"{line['name']}:missing"] == line["missing"]


def test_what_cannot_be_asked_is_untested_and_never_kept() -> None:
    """A range of words, texts of a number, a column that is not there."""
    odd = Contract(
        "x", (Column("w", "text", low=0.0), Column("v", "number", values=("A",)), Column("gone", "number", missing=0))
    )
    judge = Judge.of(odd, {"w": pl.String(), "v": pl.Float64()})
    assert judge.rules == ()
    assert [r.id for r in judge.untested] == ["w:range", "v:values", "gone:missing"]


@pytest.mark.parametrize(
    ("missing", "of", "sure"), [(3, 10, False), (9, 10, True), (230, 1000, False), (280, 1000, True)]
)
def test_a_small_batch_does_not_break_a_share_by_chance(missing: int, of: int, sure: bool) -> None:
    """A fifth may be missing: three of ten says nothing, 280 of a thousand does."""
    table = frame([(1.0, 1, "A", None if i < missing else 1.0) for i in range(of)])
    judge = Judge.of(CONTRACT, SCHEMA)
    assert [r.id for r in judge.surely(judge.look(table), of)] == (["p:missing"] if sure else [])
