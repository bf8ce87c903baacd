"""Above what is counted, distinct values are estimated; the error holds for readings as historians store them."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.scan import Scan, Shape, lines


def _told(values: np.ndarray) -> tuple[float, float]:
    frame = pl.DataFrame({"x": values})
    scan = Scan.new(Shape.of(dict(frame.schema)))
    for part in frame.iter_slices(10_000):
        scan.update(part)
    told = next(line for line in lines(scan) if line["name"] == "x")["distinct"]
    return told["value"], told["error"]


@pytest.mark.parametrize("different", [3_000, 4_300, 5_700, 9_500, 16_000, 26_000])
@pytest.mark.parametrize("step", [1.0, 0.1, 0.25, 0.001, 7.0])
def test_even_steps_are_counted_like_any_other_values(different: int, step: float) -> None:
    """A digest that leaves even steps too even told up to a seventh too many."""
    draw = np.random.default_rng(different)
    for begin in (0.0, 437.0, -12_000.0):
        pool = np.round(begin + step * np.arange(different), 6)
        value, error = _told(draw.permutation(np.concatenate([pool, draw.choice(pool, different)])))
        assert value == different if different < 4_096 else abs(value - different) < 4 * error
