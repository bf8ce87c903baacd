"""A batch in which all is as agreed is read in one go; its rows, kinds and refusals are those of line by line."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.services.guard.parsing import Parser
from diapason.services.guard.seen import Seen
from diapason.vocabulary.policy import Policy

SCHEMA = {
    "time": pl.Datetime("us"), "there": pl.Datetime("us", "UTC"), "n": pl.Int64(), "x": pl.Float64(),
    "on": pl.Boolean(), "grade": pl.String(),
}  # fmt: skip
GOOD = {"time": "2024-01-01T00:00:00Z", "there": "2024-01-01T00:00:00Z", "n": 1, "x": 0.5, "on": True, "grade": "A"}
TIMES = (
    "2024-01-01T00:00:00", "2024-01-01T00:00:00.25", "2024-01-01T00:00:00.25Z", "2024-01-01T01:00:00+01:00",
    "2024-01-01 00:00:00", "2024-01-01T23:59:60Z", "2024-02-30T00:00:00Z", "2024-01-01T24:00:00Z", "", "NA", None, 7,
)  # fmt: skip
CELLS = {
    "time": TIMES, "there": TIMES, "n": (0, -3, 4.0, 4.5, "7", 2**62, 2**70, True, None, "x"),
    "x": (1, -2.5, 1e300, "3.5", "nan", "", None, False, [1], 2**70), "on": (False, None, 1, "yes", "maybe"),
    "grade": ("", "Ä", 3, True, None, {"a": 1}, '"', "a\nb"),
}  # fmt: skip


def _read(lines: list[bytes]) -> list[tuple[Any, ...]]:
    """Each row that is kept, and the reason of each that is refused."""
    told = Parser.of(SCHEMA, Policy(), "here", lines[0]).read(lines)
    return [*told.rows.rows(), *told.refused.select("reason").rows()]


@pytest.mark.parametrize(("column", "cell"), [(c, cell) for c, cells in CELLS.items() for cell in cells])
def test_a_cell_is_read_alike_with_others_and_beside_a_line_that_is_no_json(column: str, cell: Any) -> None:
    """The broken line makes the reader go line by line; it is refused, and nothing else changes."""
    line = json.dumps({**GOOD, column: cell}).encode() + b"\n"
    quick, slow = _read([line]), _read([line, b"{broken\n"])
    assert quick == slow[: len(quick)]
    assert len(slow) == 2


def test_the_quick_way_is_taken() -> None:
    """Where all is as agreed no line is read on its own."""
    parser = Parser.of(SCHEMA, Policy(), "here", b"{")
    parser._decode = None  # type: ignore[assignment]  # nobody may call it
    assert parser.read([json.dumps(GOOD).encode()] * 3).rows.height == 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6) | st.none()), min_size=1, max_size=30),
    st.integers(1, 30),
)
def test_late_rows_are_counted_as_one_by_one_however_they_are_split(
    rows: list[tuple[str, int | None]], size: int
) -> None:
    """Older than one before them of the same asset; a missing time is neither late nor an end."""
    last: dict[str, float] = {}
    late = 0
    for asset, at in rows:
        if at is not None:
            late += at < last.get(asset, -np.inf)
            last[asset] = max(at, last.get(asset, -np.inf))
    seen = Seen("t", "a")
    shape = {"a": pl.String(), "t": pl.Int64()}
    for begin in range(0, len(rows), size):
        seen.count(pl.DataFrame(rows[begin : begin + size], schema=shape, orient="row"))
    assert seen.late == late
    assert seen.duplicates == len(rows) - len(set(rows))
