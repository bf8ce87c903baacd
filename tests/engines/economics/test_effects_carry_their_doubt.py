"""Intervals hold as often as they say, nothing is shown where nothing was changed, and every doubt has its number."""

from collections.abc import Callable

import numpy as np
import pytest

from diapason.engines.economics.comparing import adjusted, matched
from diapason.engines.economics.effect import Days, Effect
from diapason.engines.economics.groups import Cells, side_by_side
from diapason.engines.economics.judging import before_after, matched_days
from diapason.engines.economics.spread import spread
from diapason.errors import DataError


def ar(draw: np.random.Generator, n: int, rho: float) -> np.ndarray:
    """A series whose days resemble the day before, with variance one."""
    noise, out = draw.normal(size=n), np.zeros(n)
    out[0] = noise[0]
    for i in range(1, n):
        out[i] = rho * out[i - 1] + np.sqrt(1 - rho**2) * noise[i]
    return out


def plant(  # a plant's days: load moves the metric, load itself moves at the date
    seed: int, *, before: int = 120, after: int = 45, rho: float = 0.5, effect: float = 0.0, trend: float = 0.0
) -> Days:
    draw, n = np.random.default_rng(seed), before + after
    late = np.arange(n) >= before
    load = ar(draw, n, 0.5) + 0.5 * late
    value = 100 + 2 * load + ar(draw, n, rho) + effect * late + trend * np.arange(n)
    return Days(np.arange(n), value, load[:, None], ("load",), n, "kW")


WAYS: list[Callable[[Days, int], Effect]] = [before_after, matched_days]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("rho", "plants", "fewest"), [(0.0, 30, 22), (0.6, 60, 48)])
def test_nine_in_ten_intervals_hold_the_truth(
    way: Callable[[Days, int], Effect], rho: float, plants: int, fewest: int
) -> None:
    """Where days resemble one another too, with twice the plants; fewer would be luck in 1 of 200 at most."""
    held = [way(plant(seed, rho=rho, effect=1.5), 120).value for seed in range(plants)]
    assert sum(e.low <= 1.5 <= e.high for e in held) >= fewest
    assert abs(np.mean([e.value for e in held]) - 1.5) < 0.25, "the load that moved with the date is taken off"


@pytest.mark.parametrize("way", WAYS)
def test_a_large_effect_is_shown_and_none_is_not(way: Callable[[Days, int], Effect]) -> None:
    assert all(way(plant(seed, effect=-4), 120).shown for seed in range(10))
    assert sum(way(plant(seed), 120).shown for seed in range(30)) <= 7


def test_a_trend_that_was_there_before_is_no_effect() -> None:
    """It is named with what it alone would have given, and nothing is shown; the declared trend takes it off."""
    days = plant(3, before=200, after=60, rho=0.0, trend=0.03)
    found = before_after(days, 200)
    assert found.value.value > 3, "the difference of the means is large"
    assert not found.shown
    doubt = next(d for d in found.doubts if d.id == "trend-before")
    assert doubt.value == pytest.approx(0.03 * 130, rel=0.4)
    assert "+" in doubt.said.en


def test_dates_before_show_as_much_where_the_past_was_restless() -> None:
    """A level that wanders: the placebo dates say how often chance gives as much."""
    draw = np.random.default_rng(8)
    value = 50 + np.repeat(draw.normal(scale=3, size=15), 20)[:280] + draw.normal(size=280) * 0.2
    found = before_after(Days(np.arange(280), value, np.zeros((280, 0))), 220)
    assert found.placebo is not None
    assert found.placebo.share > 0.1 or found.placebo.wider > 1
    assert not found.shown


@pytest.mark.parametrize("way", [adjusted, matched])
def test_the_effect_is_a_sum_that_anybody_can_recount(way: Callable[..., object]) -> None:
    """Weights add up to one after and to minus one before; so does what was expected."""
    days = plant(1)
    late = days.day >= 120
    found = way(days, late)
    assert found.weights[late].sum() == pytest.approx(1)
    assert found.weights[~late].sum() == pytest.approx(-1)
    assert found.base.sum() == pytest.approx(1)
    held = late & (found.weights > 0)
    assert (found.weights + found.base) @ days.value == pytest.approx(days.value[held].mean())
    assert np.isnan(found.baseline[late & ~held]).all()


def test_matching_leaves_out_days_that_have_no_like() -> None:
    """And counts them; the order of equal days means nothing."""
    days = plant(2)
    days.covariates[-5:] += 40
    found = matched_days(days, 120)
    assert found.left_out == 5
    assert next(d.value for d in found.doubts if d.id == "unmatched") == pytest.approx(5 / 45)
    grade = (np.arange(165) % 2).astype(float)[:, None]
    value = 10 * grade[:, 0] + np.arange(165) * 0.0
    value[:10] += 100  # early days are odd; equal days count equally, so that three of them do not decide
    one = matched_days(Days(np.arange(165), value, grade, ("grade",)), 120)
    assert one.expected == pytest.approx(value[:120].mean() + 10 * (grade[120:].mean() - 0.5), abs=1.0)


def test_few_days_and_a_season_not_seen_are_said() -> None:
    found = before_after(plant(4, before=40, after=16), 40)
    told = {d.id: d for d in found.doubts}
    assert told["few-days"].value == 16
    assert "season" not in told, "sixteen days on, it is still the same season"
    later = {d.id: d for d in before_after(plant(4), 120).doubts}
    assert later["season"].value == pytest.approx(15 / 45)
    assert "no-placebo" in {d.id for d in before_after(plant(4, before=15, after=16), 15).doubts}
    year = before_after(plant(4, before=400, after=60), 400)
    assert "season" not in {d.id for d in year.doubts}


def test_a_baseline_is_not_stretched_to_where_it_never_was() -> None:
    days = plant(5, effect=5.0)
    days.covariates[120:] += 30
    found = before_after(days, 120)
    assert not found.shown
    assert next(d.value for d in found.doubts if d.id == "extrapolated") == 1.0


@pytest.mark.parametrize(("before", "after"), [(13, 60), (60, 13)])
def test_fewer_than_fourteen_days_on_a_side_are_refused(before: int, after: int) -> None:
    with pytest.raises(DataError, match="there are 13 days"):
        before_after(plant(0, before=before, after=after), before)


def test_too_many_covariates_are_refused() -> None:
    draw = np.random.default_rng(0)
    days = Days(np.arange(60), draw.normal(size=60), draw.normal(size=(60, 8)), tuple("abcdefgh"))
    with pytest.raises(DataError, match="no 8 covariates"):
        before_after(days, 30)


def test_percent_and_value_leave_zero_out_together() -> None:
    for seed in range(20):
        found = matched_days(plant(seed, effect=0.7), 120)
        assert (found.value.low > 0) == (found.percent.low > 0)
        assert (found.value.high < 0) == (found.percent.high < 0)


def cells(seed: int, *, effect: float, run: int = 1, rho: float = 0.4, n: int = 84) -> Cells:
    """Days treated by lot, in runs of so many, with a covariate that says most."""
    draw = np.random.default_rng(seed)
    on = np.repeat(draw.permutation(np.arange(n // run) % 2 == 1), run)
    before = draw.normal(size=n)
    value = 20 + 3 * before + ar(draw, n, rho) + effect * on
    return Cells(np.arange(n), on, value, before[:, None], ("before",), n)


@pytest.mark.parametrize("run", [1, 6])
def test_side_by_side_holds_nine_in_ten(run: int) -> None:
    """Treated by the day or in runs of days that resemble one another."""
    held = [side_by_side(cells(seed, effect=1.0, run=run)).value for seed in range(80)]
    assert sum(e.low <= 1 <= e.high for e in held) >= 65


def test_a_covariate_narrows_the_interval() -> None:
    """By as much as it explains: three parts of noise of four are its own."""
    whole = cells(1, effect=1.0)
    bare = Cells(whole.cluster, whole.treated, whole.value, np.zeros((84, 0)), (), 84)
    wide, narrow = (side_by_side(c).value for c in (bare, whole))
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)


def test_rows_of_one_cluster_are_not_counted_as_many() -> None:
    """Each shift held four batches that are all alike: the interval is that of the shifts."""
    one = cells(2, effect=0.0, rho=0.0, n=60)
    four = Cells(*(np.repeat(x, 4, axis=0) for x in (one.cluster, one.treated, one.value, one.covariates)), ("b",), 240)
    a, b = (side_by_side(c).value for c in (one, four))
    assert b.clusters == 60
    assert (b.high - b.low) == pytest.approx(a.high - a.low, rel=0.1)


def test_groups_that_were_not_alike_are_said() -> None:
    made = cells(3, effect=0.0)
    made.covariates[made.treated] += 2
    told = {d.id: d for d in side_by_side(made).doubts}
    assert told["unbalanced"].value > 1
    assert "before" in told["unbalanced"].said.zh


def test_a_covariate_that_is_the_treatment_is_refused() -> None:
    made = cells(3, effect=0.0)
    same = Cells(made.cluster, made.treated, made.value, made.treated.astype(float)[:, None], ("x",))
    with pytest.raises(DataError, match="which group"):
        side_by_side(same)


def test_the_error_of_a_mean_is_that_of_the_textbook() -> None:
    """sigma² / n (1 + rho) / (1 - rho) for days that resemble the one before."""
    n, half = 4000, np.arange(4000) >= 2000
    series = ar(np.random.default_rng(0), n, 0.6)
    found = spread(np.full(n, 1 / n), series - series.mean(), half, 1)
    assert found.error == pytest.approx(np.sqrt(1.6 / 0.4 / n), rel=0.12)
    assert found.correlation == pytest.approx(0.6, abs=0.05)
