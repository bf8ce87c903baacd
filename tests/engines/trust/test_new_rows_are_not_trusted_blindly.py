"""Rows like those that were learnt on are good; others say why not."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.engines.trust import judge, learnt, suspicions
from diapason.vocabulary.conversions import CHANGES
from diapason.vocabulary.trust import Trust

UNITS = [(c.name, c.factor, c.offset) for c in CHANGES]


@pytest.fixture(scope="module")
def halves(data: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Inputs of a real plant, in two halves at random."""
    file = next((data / "ccpp").glob("*.csv.gz"))
    table = (
        pl.read_csv(file)
        .select("temperature", "vacuum", "pressure", "humidity")
        .cast(pl.Float64)
        .sample(fraction=1, shuffle=True, seed=4)
    )
    return table[: table.height // 2], table[table.height // 2 :]


def test_rows_like_the_learnt_ones_are_good(halves: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """And no unit is suspected, also not in small pieces."""
    first, second = halves
    ranges = learnt(first)
    levels, reasons = judge(second, ranges)
    assert np.mean([level is Trust.GOOD for level in levels]) > 0.995
    assert all((level is Trust.GOOD) == (not why) for level, why in zip(levels, reasons, strict=True))
    pieces = (second[i : i + 20] for i in range(0, 4000, 20))
    assert sum(bool(suspicions(piece, ranges, UNITS)) for piece in pieces) == 0


WRONG = {
    "temperature in °F": (pl.col("temperature") * 1.8 + 32, "°C → °F"),
    "temperature in K": (pl.col("temperature") + 273.15, "°C → K"),
    "pressure in kPa instead of mbar": (pl.col("pressure") / 10, "÷ 10"),
    "vacuum a thousand times": (pl.col("vacuum") * 1000, "× 1000"),
    "humidity as a share": (pl.col("humidity") / 100, "÷ 100"),
}


@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize("rows", [30, 4000])
def test_a_column_in_another_unit_is_suspected(halves: tuple[pl.DataFrame, pl.DataFrame], how: str, rows: int) -> None:
    """By the right change, and no other column is."""
    first, second = halves
    change, name = WRONG[how]
    ranges = learnt(first)
    features = second.head(rows).with_columns(change)
    found = suspicions(features, ranges, UNITS)
    assert [s.column for s in found] == [how.partition(" ")[0]]
    assert found[0].change == name
    levels, reasons = judge(features, ranges, found)
    assert set(levels) == {Trust.BAD}
    assert all(f"unit {name}" in why for why in reasons)


def test_each_oddity_has_its_level_and_its_reason() -> None:
    """A little outside, far outside, missing, never seen, all of it missing, a column that isn't there."""
    seen = learnt(pl.DataFrame({"x": [0.0, 10.0, 5.0], "y": [1.0, 2.0, 3.0], "grade": ["A", "B", "A"]}))
    new = pl.DataFrame({
        "x": [5.0, 10.5, 99.0, None, 5.0, None, -0.1, float("nan")],
        "y": [2.0, 2.0, 2.0, 2.0, 2.0, None, 2.0, 2.0],
        "grade": ["A", "B", "A", "A", "Z", None, "A", "A"],
    })  # fmt: skip
    levels, reasons = judge(new, seen)
    assert [str(level) for level in levels] == [
        "good", "doubtful", "bad", "doubtful", "doubtful", "bad", "doubtful", "doubtful"
    ]  # fmt: skip
    assert reasons[:5] == ["", "x 10.5 > 10", "x 99 > 10", "x missing", "grade new: Z"]
    assert judge(new.drop("x"), seen)[1][0] == "x missing"


def test_a_constant_that_moves_is_doubtful() -> None:
    """How far is far, nobody knows."""
    seen = learnt(pl.DataFrame({"x": [518.67] * 9}))
    assert judge(pl.DataFrame({"x": [518.67, 518.68]}), seen)[0] == [Trust.GOOD, Trust.DOUBTFUL]


@pytest.mark.parametrize("values", [[], [None, None], [float("nan")], [3.0, 3.0, 3.0]])
def test_odd_training_columns_do_no_harm(values: list[float | None]) -> None:
    """Empty, all missing, or constant: nothing is suspected that has no range."""
    seen = learnt(pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)}))
    new = pl.DataFrame({"x": [3.0] * 8})
    assert suspicions(new, seen, UNITS) == ()
    assert set(judge(new, seen)[0]) == {Trust.GOOD}
