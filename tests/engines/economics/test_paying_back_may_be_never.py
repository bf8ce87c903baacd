"""Months with limits; never is a result; nothing is divided by what may be zero without saying so."""

import numpy as np
import pytest

from diapason.engines.economics.payback import Item, Per, State, payback
from diapason.errors import DataError
from diapason.vocabulary.estimates import Estimate


def yearly(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half, n=90, unit="CNY/a", level=0.9)


CASES = [
    # items, yearly value, state, months, low, high
    ([Item(120.0)], yearly(60, 20), State.PAYS, 24, 18, 36),
    ([Item(120.0), Item(2.0, Per.MONTH)], yearly(84, 20), State.PAYS, 24, 18, 36),
    ([Item(120.0)], yearly(60, 80), State.MAY_NEVER, 24, 12 * 120 / 140, None),
    ([Item(120.0)], yearly(60, 60), State.MAY_NEVER, 24, 12, None),
    ([Item(120.0)], yearly(-10, 40), State.NEVER, None, 48, None),
    ([Item(120.0), Item(90.0, Per.YEAR)], yearly(60, 20), State.NEVER, None, None, None),
    ([Item(90.0, Per.YEAR)], yearly(120, 10), State.PAYS, 0, 0, 0),
]


@pytest.mark.parametrize(("items", "value", "state", "months", "low", "high"), CASES)
def test_months_have_limits_or_there_are_none(items, value, state, months, low, high) -> None:
    made = payback(items, value)
    assert made.state is state
    for found, wanted in ((made.months, months), (made.low, low), (made.high, high)):
        assert found is None if wanted is None else found == pytest.approx(wanted)


def test_limits_hold_nine_in_ten_when_cost_and_value_are_both_in_doubt() -> None:
    """Drawn a thousand times; and wider than with a cost that is known."""
    draw, z = np.random.default_rng(1), 1.645
    held = 0
    for _ in range(1000):
        once, value = draw.normal(100, 10), draw.normal(50, 6)
        made = payback([Item(once, half=z * 10)], yearly(value, z * 6))
        held += made.low <= 24 <= (made.high or np.inf)
    assert 870 <= held <= 930
    wide, narrow = payback([Item(100, half=30)], yearly(50, 10)), payback([Item(100)], yearly(50, 10))
    assert wide.low < narrow.low
    assert wide.high > narrow.high


def test_the_net_present_value_is_given_at_a_stated_rate_only() -> None:
    assert payback([Item(100)], yearly(50, 10)).worth is None
    flat = payback([Item(100)], yearly(50, 10), rate=0.0, years=3).worth
    assert (flat.value, flat.low, flat.high) == pytest.approx((50, 20, 80))
    monthly = sum(50 / 12 / 1.1 ** (m / 12) for m in range(1, 37)) - 100
    assert payback([Item(100)], yearly(50, 10), rate=0.1, years=3).worth.value == pytest.approx(monthly)


@pytest.mark.parametrize(
    ("item", "options", "says"),
    [
        (Item(-1), {}, "a cost cannot be -1"),
        (Item(float("nan")), {}, "a cost cannot be nan"),
        (Item(1), {"rate": -1.0}, "a yearly rate cannot be -1"),
        (Item(1), {"rate": 0.1, "years": 0.0}, "0 years are no span"),
    ],
)
def test_what_is_no_cost_is_refused(item, options, says) -> None:
    with pytest.raises(DataError, match=says):
        payback([item], yearly(10, 1), **options)
