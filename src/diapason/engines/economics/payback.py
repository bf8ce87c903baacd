"""What it costs and what it is worth: months until it has paid for itself, with their doubt."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from diapason.errors import DataError
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

__all__ = ["Item", "PayBack", "Per", "State", "payback"]


class Per(StrEnum):
    """How often a cost comes."""

    ONCE = "once"
    MONTH = "month"
    YEAR = "year"


class State(StrEnum):
    """How sure it is that it pays."""

    PAYS = "pays"
    MAY_NEVER = "may-never"  # the interval of what is left each year reaches zero
    NEVER = "never"  # what is left each year is most likely nothing, or less


@dataclass(frozen=True, slots=True)
class Item:
    """One cost, in the currency of all."""

    amount: float
    per: Per = Per.ONCE
    half: float = 0.0  # half width of its interval, at the level of the value

    @property
    def yearly(self) -> float:
        """What it comes to in a year; nothing for what is paid once."""
        return {Per.ONCE: 0.0, Per.MONTH: 12.0, Per.YEAR: 1.0}[self.per] * self.amount


@dataclass(frozen=True, slots=True)
class PayBack:
    """When what was paid is back; None stands for never."""

    state: State
    months: float | None
    low: float | None
    high: float | None
    once: float  # paid at the start
    running: float  # paid each year
    net: Estimate  # value of a year less what runs
    worth: Estimate | None = None  # net present value over `years` at `rate`
    rate: float | None = None
    years: float = 0.0


def payback(items: Iterable[Item], yearly: Estimate, *, rate: float | None = None, years: float = 5.0) -> PayBack:
    """Months until the net value of the years has paid what was paid once.

    The limits are Fieller's: where what is left of a year may be nothing, there is no upper limit, and the state says
    so; nothing is divided by a value whose interval reaches zero without it.

    Args:
        items: costs, in the currency of the value.
        yearly: what the effect is worth in a year, positive = gained.
        rate: yearly discount rate, such as 0.08; without it no net present value is given.
        years: over which the net present value goes.

    Raises:
        DataError: a cost is negative or no number, or the rate is -100 % or less.

    >>> made = payback([Item(120_000)], Estimate(60_000, 40_000, 80_000, n=90, unit="CNY/a"))
    >>> made.state.value, made.months, made.low, made.high
    ('pays', 24.0, 18.0, 36.0)

    Source: Fieller, JRSS B 16 (1954).
    """
    listed = list(items)
    for item in listed:
        if not (0 <= item.amount < np.inf and 0 <= item.half < np.inf):
            raise DataError(Text(f"a cost cannot be {item.amount:g}", f"费用不能是 {item.amount:g}"), at="--amount")
    _terms(rate, years)
    once = sum(i.amount for i in listed if i.per is Per.ONCE)
    half = float(np.sqrt(sum(i.half**2 for i in listed if i.per is Per.ONCE)))
    running = sum(i.yearly for i in listed)
    more = float(np.sqrt(sum((i.half * Item(1.0, i.per).yearly) ** 2 for i in listed if i.per is not Per.ONCE)))
    net = _net(yearly, running, more)
    state, months, low, high = _months(once, half, net)
    worth = None if rate is None else _worth(once, half, net, rate, years)
    return PayBack(state, months, low, high, once, running, net, worth, rate, years if rate is not None else 0.0)


def _net(yearly: Estimate, running: float, more: float) -> Estimate:
    value = yearly.value - running
    low = value - float(np.hypot(yearly.value - yearly.low, more))
    high = value + float(np.hypot(yearly.high - yearly.value, more))
    return Estimate(value, low, high, yearly.n, yearly.unit, level=yearly.level, clusters=yearly.clusters)


def _months(once: float, half: float, net: Estimate) -> tuple[State, float | None, float | None, float | None]:
    """State, months, and Fieller's limits; half widths stand for the quantile times the standard error."""
    if net.value <= 0:
        soonest = 12 * max(once - half, 0.0) / net.high if net.high > 0 else None
        return State.NEVER, None, soonest, None
    months = 12 * once / net.value
    below, above = net.value - net.low, net.high - net.value
    low = 12 * _root(once, half, net.value, above, upper=False)
    if net.low <= 0:
        return State.MAY_NEVER, months, low, None
    return State.PAYS, months, low, 12 * _root(once, half, net.value, below, upper=True)


def _root(once: float, half: float, net: float, doubt: float, *, upper: bool) -> float:
    """One end of the years r with |once - r net| <= sqrt(half² + r² doubt²)."""
    a, b, c = net**2 - doubt**2, once * net, once**2 - half**2
    under = float(np.sqrt(max(b * b - a * c, 0.0)))
    if upper:
        return (b + under) / a
    return max(c / (b + under), 0.0) if b + under > 0 else 0.0


def _worth(once: float, half: float, net: Estimate, rate: float, years: float) -> Estimate:
    """Net present value of what is left at the end of each month."""
    count = round(12 * years)
    factor = float(np.sum((1 + rate) ** (-np.arange(1, count + 1) / 12))) / 12
    value = net.value * factor - once
    low = value - float(np.hypot((net.value - net.low) * factor, half))
    high = value + float(np.hypot((net.high - net.value) * factor, half))
    unit = net.unit.partition("/")[0]
    return Estimate(value, low, high, net.n, unit, level=net.level, clusters=net.clusters)


def _terms(rate: float | None, years: float) -> None:
    if rate is not None and not -1 < rate < 10:
        raise DataError(
            Text(f"a yearly rate cannot be {rate:g}", f"年贴现率不能是 {rate:g}"),
            at="--rate",
            fix=Text("write 0.08 for 8 %", "8 % 请写作 0.08"),
        )
    if not 0 < years <= 100:
        raise DataError(
            Text(f"{years:g} years are no span", f"年限不能是 {years:g}"),
            at="--years",
            fix=Text("give 1 to 100", "请给出 1 到 100"),
        )
