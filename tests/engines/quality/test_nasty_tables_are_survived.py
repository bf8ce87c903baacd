"""Whatever a table is like, the examination ends with a report that adds up."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.quality import Report, examine
from diapason.engines.quality.report import KINDS
from diapason.vocabulary.tables import ROW, Column, Contract, Role

NOTHING = Contract("nothing", ())


def _proper(report: Report, rows: int) -> None:
    """Every finding is of a known kind, sure between 0 and 1, about rows that exist."""
    assert report.rows == rows
    for finding in report.findings:
        assert finding.kind in KINDS
        assert 0 <= finding.sure <= 1
        assert finding.where.count >= 0
        assert all(0 <= r < max(rows, 1) for r in finding.where.rows)
    for score in report.scores.values():
        assert 0 <= score.low <= score.value <= score.high <= 1


NASTY: dict[str, pl.DataFrame] = {
    "no rows": pl.DataFrame({"a": pl.Series([], dtype=pl.Float64)}),
    "one row": pl.DataFrame({"a": [1.0], "b": ["x"]}),
    "all null": pl.DataFrame({"a": [None] * 40, "b": [None] * 40}, schema={"a": pl.Float64, "b": pl.String}),
    "all nan": pl.DataFrame({"a": [float("nan")] * 40, "b": np.arange(40.0)}),
    "infinite": pl.DataFrame({"a": [float("inf"), float("-inf")] * 50, "b": np.arange(100.0) ** 3}),
    "huge numbers": pl.DataFrame({"a": np.logspace(-300, 300, 200), "b": np.random.default_rng(0).normal(size=200)}),
    "whole numbers": pl.DataFrame({"a": np.arange(200), "b": np.arange(200)[::-1] % 7}),
    "true and false": pl.DataFrame({"a": [True, False, None] * 50, "b": [True] * 150}),
    "only texts": pl.DataFrame({"a": ["", " ", "x", "无", "null"] * 20, "b": ["é", "ｅ", "E", "e ", "e"] * 20}),
    "a list": pl.DataFrame({"a": [[1, 2], [3]] * 30, "b": np.arange(60.0)}),
    "dates only": pl.DataFrame({"a": pl.date_range(pl.date(2025, 1, 1), pl.date(2025, 3, 1), eager=True)}),
    "copies": pl.DataFrame({c: np.random.default_rng(1).normal(size=300) for c in "abcdef"}),
    "constant": pl.DataFrame({c: [7.0] * 300 for c in "abc"}),
    "hostile names": pl.DataFrame(
        {"{columns}": np.arange(99.0), "at": ["x", "y", "z"] * 33, "": np.ones(99), "%s\n": np.arange(99),
         "expected": ["a", "b", "c"] * 33, "value": ["1", "2", "3"] * 33, "count": [1, 2, 3] * 33}
    ),
    "wide": pl.DataFrame(np.random.default_rng(2).normal(size=(60, 200))),
    "one long word": pl.DataFrame({"a": ["x" * 200_000, "y"] * 30}),
    "numbers as text": pl.DataFrame({"a": [f"{i / 7:.3f}" for i in range(300)] + ["oops", "12,5", ""]}),
}  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_table_gives_a_proper_report(name: str) -> None:
    """Empty, null, infinite, hostile, wide: a report, and no exception."""
    frame = NASTY[name]
    _proper(examine([frame], NOTHING), frame.height)


@pytest.mark.parametrize("role", [Role.TIME, Role.ASSET, Role.TARGET, Role.BATCH, Role.IGNORED, Role.LEAK])
@pytest.mark.parametrize("name", ["all null", "infinite", "only texts", "whole numbers", "true and false", "one row"])
def test_any_column_may_have_any_role(name: str, role: Role) -> None:
    """A time that is text, an asset that is null, a target that is constant."""
    frame = NASTY[name]
    contract = Contract(name, (Column(frame.columns[0], "number", role),))
    _proper(examine([frame], contract), frame.height)


VALUES = st.one_of(
    st.none(), st.floats(width=64), st.integers(-(10**12), 10**12), st.sampled_from([0.0, -9999.0, 1e308, float("nan")])
)


@given(
    columns=st.lists(st.lists(VALUES, min_size=0, max_size=60), min_size=1, max_size=4),
    words=st.lists(st.one_of(st.none(), st.text(max_size=6)), min_size=60, max_size=60),
    cut=st.integers(1, 59),
)
@settings(max_examples=60, deadline=None)
def test_no_values_break_it(columns: list[list[object]], words: list[str | None], cut: int) -> None:
    """Random numbers and texts, read in two batches, with times and assets among them."""
    height = max(len(c) for c in columns)
    if not height:
        return
    data = {
        f"c{i}": pl.Series([*c, *[None] * (height - len(c))], dtype=pl.Float64, strict=False)
        for i, c in enumerate(columns)
    }
    frame = pl.DataFrame(data | {"w": pl.Series(words[:height], dtype=pl.String)})
    contract = Contract("random", (Column("c0", "number", Role.TIME), Column("w", "category", Role.ASSET)))
    _proper(examine([frame[:cut], frame[cut:]], contract), height)


def test_a_source_that_is_read_once_says_the_same_as_one_that_is_read_again() -> None:
    """A generator is held in memory; a list is read twice."""
    rng = np.random.default_rng(3)
    frame = pl.DataFrame({"a": rng.normal(size=500), "b": rng.normal(size=500), ROW: np.arange(500)})
    frame[7, "a"] = None

    def once() -> Iterator[pl.DataFrame]:
        yield from (frame[i : i + 100] for i in range(0, 500, 100))

    assert examine(once(), NOTHING).findings == examine([frame], NOTHING).findings


def test_missing_cells_are_told_before_the_table_is_read_to_its_end() -> None:
    """What is certain is said at once."""
    told: list[str] = []
    read: list[int] = []

    class Slow:
        def __iter__(self) -> Iterator[pl.DataFrame]:
            for i in range(5):
                read.append(len(told))
                yield pl.DataFrame({"a": [1.0, None, 3.0], "b": [1.0, 2.0, 3.0 + i]})

    report = examine(Slow(), NOTHING, on_finding=lambda f: told.append(f.kind))
    assert read[1] == 1
    assert told[0] == "missing"
    assert [f.where.count for f in report.findings if f.kind == "missing"] == [5]
