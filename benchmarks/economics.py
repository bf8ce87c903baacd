"""Effects and pay-back: intervals that hold, nothing shown where nothing was changed, on made plants and on a real one.

Run: python -m benchmarks.economics [--quick] [--json]
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.frame import Result, cells, data_folder, main
from diapason.engines.economics.effect import LEVEL, Days, Effect
from diapason.engines.economics.groups import Cells, side_by_side
from diapason.engines.economics.judging import before_after, matched_days
from diapason.engines.economics.payback import Item, payback
from diapason.vocabulary.estimates import Estimate

Array = NDArray[np.float64]

SEEDS = (0,)
ALIKE = (0.0, 0.5, 0.8)
LONG = ((90, 30), (200, 60), (365, 90))
RUNS = (1, 7)
WINDOW, FIRST, EACH, QUICK_EACH = 45, 90, 3, 9
"""On the real plant: days after a placebo date, days before the first one, days between two of them."""
METRICS = ("Usage_kWh", "Lagging_Current_Reactive.Power_kVarh", "Lagging_Current_Power_Factor")
WAYS: dict[str, Callable[[Days, int], Effect]] = {"before-after": before_after, "matched": matched_days}


@dataclass(frozen=True, slots=True)
class World:
    """A kind of made plant, in standard deviations of what its days scatter by."""

    rho: float = 0.5  # correlation with the day before
    before: int = 200
    after: int = 60
    effect: float = 0.0
    season: float = 0.0  # of the year, moving the metric by itself
    trend: float = 0.0  # a hundred days' worth of it, moving the metric by itself


def plant(seed: int, world: World) -> Days:
    """Load (which moves at the date too) and outside temperature (with the year's season) are declared."""
    draw, n = np.random.default_rng([71, seed]), world.before + world.after
    day, late = np.arange(n), np.arange(n) >= world.before
    year = np.sin(2 * np.pi * (day + draw.integers(365)) / 365)
    load, warm = _alike(draw, n, 0.5) + 0.4 * late, 2 * year + _alike(draw, n, 0.7)
    weekly = 0.8 * (day % 7 >= 5)
    value = 100 + 1.5 * load - 0.7 * warm + weekly + _alike(draw, n, world.rho) + world.effect * late
    value = value + world.season * year + world.trend * day / 100
    weekend = (day % 7 >= 5).astype(float)
    return Days(day, value, np.column_stack([load, warm, weekend]), ("load", "outside", "weekend"), n, "kW")


def trial(seed: int, rho: float, run: int, effect: float) -> Cells:
    """Days treated by lot in runs of so many, 90 of them, with the metric of the day before as covariate."""
    draw, n = np.random.default_rng([72, seed]), 90 - 90 % run
    on = np.repeat(draw.permutation(np.arange(n // run) % 2 == 1), run)
    noise = _alike(draw, n + 1, rho)
    early = draw.normal(size=n)
    value = 50 + 2 * early + noise[1:] + effect * on
    return Cells(np.arange(n), on, value, early[:, None], ("early",), n)


def measure(quick: bool) -> list[Result]:
    """Coverage, false effects, and placebo dates on real data."""
    count = 16 if quick else 400
    return [
        *_covered(count),
        *_shown(count),
        *_side_by_side(5 * count),
        *_real(QUICK_EACH if quick else EACH),
        _paid(count),
    ]


def _covered(count: int) -> Iterator[Result]:
    """Each way over worlds that differ in likeness and length, with an effect of half a standard deviation."""
    worlds = [World(rho, *long, effect=0.5) for rho in ALIKE for long in LONG]
    for way in WAYS:
        got = cells("economics", [("made", way, _facts(w), count) for w in worlds], _made)
        held = [g["held"] for g in got]
        what = f"{way}: 90 % intervals that hold the truth, {len(worlds)} worlds x {count} plants"
        yield _at_least(f"economics.cover.{way}", what, float(np.mean(held)), 0.88)
        yield _at_least(f"economics.worst.{way}", f"{way}: the same in the worst world", min(held), _worst(count))
        power = [g["shown"] for g in got]
        yield Result(
            f"economics.power.{way}",
            f"{way}: shown, where the effect is half the scatter of a day",
            float(np.mean(power)),
            "none",
            "1",
            None,
        )


def _shown(count: int) -> Iterator[Result]:
    """Where nothing was changed: in calm worlds, with a trend nobody declared, with a season nobody declared."""
    calm = [World(rho, *long) for rho in ALIKE for long in LONG]
    odd = {
        "none": (calm, "where nothing was changed"),
        "trend": ([World(r, 200, 60, trend=t) for r in (0.0, 0.5) for t in (0.5, 1.5)], "with a trend not declared"),
        "season": ([World(r, 300, 60, season=s) for r in (0.0, 0.5) for s in (0.5, 1.5)], "with a season not declared"),
    }
    for way in WAYS:
        for name, (worlds, words) in odd.items():
            got = cells("economics", [("made", way, _facts(w), count) for w in worlds], _made)
            share = float(np.mean([g["shown"] for g in got]))
            what = f"{way}: an effect shown {words}, {len(worlds)} worlds x {count}"
            yield _at_most(f"economics.false.{way}.{name}", what, share, 0.1)


def _side_by_side(count: int) -> Iterator[Result]:
    asked = [("trial", rho, run, count) for rho in ALIKE for run in RUNS]
    got = cells("economics", asked, _tried)
    held, false = [g["held"] for g in got], [g["shown"] for g in got]
    what = f"ab: 90 % intervals that hold the truth, {len(asked)} worlds x {count}"
    yield _at_least("economics.cover.ab", what, float(np.mean(held)), 0.88)
    yield _at_least("economics.worst.ab", "ab: the same in the worst world", min(held), _worst(count))
    yield _at_most("economics.false.ab.none", "ab: an effect shown where there is none", float(np.mean(false)), 0.12)


def _real(each: int) -> Iterator[Result]:
    """Dates of a real year on which nothing is known to have been changed."""
    for way in WAYS:
        got = cells("economics", [("steel", way, m, each) for m in METRICS], _steel)
        share = sum(g["shown"] for g in got) / sum(g["dates"] for g in got)
        bare = sum(g["apart"] for g in got) / sum(g["dates"] for g in got)
        what = f"steel-energy, {way}: placebo dates with an effect shown, {len(METRICS)} metrics (interval alone: {bare:.2f})"
        yield _at_most(f"economics.placebo.{way}", what, share, 1 - LEVEL)


def _paid(count: int) -> Result:
    """Fieller's limits of months, cost and value both in doubt."""
    draw, held, z = np.random.default_rng(73), 0, 1.6449
    tried = 10 * count
    for _ in range(tried):
        once, value = draw.normal(100, 15), draw.normal(40, 10)
        made = payback(
            [Item(max(once, 0.0), half=z * 15)], Estimate(value, value - z * 10, value + z * 10, 90, "CNY/a")
        )
        held += (made.low or 0.0) <= 30 <= (np.inf if made.high is None else made.high)
    what = f"pay-back: 90 % limits of months that hold the truth, {tried} draws"
    return _at_least("economics.cover.payback", what, held / tried, 0.88)


def _made(_: str, way: str, facts: Sequence[float], count: int) -> dict[str, float]:
    world = World(facts[0], int(facts[1]), int(facts[2]), *facts[3:])
    found = [WAYS[way](plant(seed, world), world.before) for seed in range(count)]
    held = np.mean([f.value.low <= world.effect <= f.value.high for f in found])
    return {"held": float(held), "shown": float(np.mean([f.shown for f in found]))}


def _tried(_: str, rho: float, run: int, count: int) -> dict[str, float]:
    one = [side_by_side(trial(seed, rho, run, 0.7)).value for seed in range(count)]
    none = [side_by_side(trial(seed, rho, run, 0.0)).shown for seed in range(count)]
    return {"held": float(np.mean([e.low <= 0.7 <= e.high for e in one])), "shown": float(np.mean(none))}


def _steel(_: str, way: str, metric: str, each: int) -> dict[str, Any]:
    days = _year(metric)
    shown = apart = dates = 0
    for since in range(FIRST, len(days.day) - WINDOW, each):
        found = WAYS[way](days.until(since + WINDOW), int(days.day[since]))
        dates += 1
        shown += found.shown
        apart += found.value.low > 0 or found.value.high < 0
    return {"dates": dates, "shown": int(shown), "apart": int(apart)}


def _year(metric: str) -> Days:
    """A year of a steel plant by the day; the day of the week is declared."""
    frame = pl.read_csv(data_folder() / "steel-energy" / "Steel_industry_data.csv.gz", infer_schema_length=None)
    frame = frame.with_columns(pl.col("date").str.slice(0, 10).str.to_date("%d/%m/%Y").alias("day"))
    told = frame.group_by("day").agg(pl.col(metric).mean()).sort("day")
    day = np.array([d.toordinal() for d in told["day"]], dtype=np.int64)
    week = np.column_stack([((day - 1) % 7 == i).astype(float) for i in range(6)])
    return Days(day, told[metric].to_numpy(), week, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat"), frame.height, "1")


def _facts(world: World) -> tuple[float, ...]:
    return (world.rho, world.before, world.after, world.effect, world.season, world.trend)


def _alike(draw: np.random.Generator, n: int, rho: float) -> Array:
    """A series of variance one in which a day resembles the day before."""
    noise, out = draw.normal(size=n), np.zeros(n)
    out[0] = noise[0]
    for i in range(1, n):
        out[i] = rho * out[i - 1] + np.sqrt(1 - rho**2) * noise[i]
    return out


def _worst(count: int) -> float:
    """What the worst of a dozen worlds may hold by luck alone, where each holds 0.9: three standard errors below."""
    return float(LEVEL - 3 * np.sqrt(LEVEL * (1 - LEVEL) / count))


def _at_least(name: str, what: str, value: float, bar: float) -> Result:
    return Result(name, what, value, f">= {bar:.3g}", "1", value >= bar)


def _at_most(name: str, what: str, value: float, bar: float) -> Result:
    return Result(name, what, value, f"<= {bar:.2g}", "1", round(value, 9) <= round(bar, 9))


if __name__ == "__main__":
    main("economics", measure, seeds=SEEDS)
