"""A fleet of equal pumps, each run until its bearing fails: the table for remaining life."""

from math import log

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.signal import lfilter

from diapason.engines.plant.machines import Pump
from diapason.engines.plant.wear import FLOORED
from diapason.engines.plant.workshop import vibration
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["pump_life"]

Array = NDArray[np.float64]

_UNITS = 60


def pump_life(
    seed: int = 7, *, pumps: int = _UNITS, every: float = 6.0, wrong: float = 0.0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Run-to-failure records of pumps like P-301, and the truth about wrong failure times.

    Each pump has its own load, life and sensors. Columns: asset, time (h since its start), flow (t/h), discharge (bar),
    current (A), vibration (mm/s), bearing_temperature and ambient (Cel), remaining (h until its recorded failure).

    Args:
        pumps: how many.
        every: h between two rows.
        wrong: share of pumps whose failure was recorded too late: nobody looked, so the last readings repeat.

    Returns:
        The table; and per wrong pump: asset, hours by which its failure is late, rows.
    """
    if pumps < 1 or every <= 0 or not 0 <= wrong < 1:
        what = Text(
            f"{pumps} pumps every {every:g} h, {wrong:g} wrong", f"{pumps} 台泵，每 {every:g} 小时，错误 {wrong:g}"
        )
        raise DataError(what, at="pump_life", fix="pumps >= 1, every > 0, 0 <= wrong < 1")
    made, truth = [], []
    late = set(np.random.default_rng([seed, 8]).permutation(pumps)[: round(wrong * pumps)].tolist())
    for number in range(pumps):
        rng = np.random.default_rng([seed, 9, number])
        table = _one(f"P-{401 + number}", every, rng)
        if number in late:
            hours = float(rng.uniform(0.25, 0.6)) * table.height * every
            truth.append((table["asset"][0], round(hours, 1), table.height))
            table = table.with_columns((pl.col("remaining") + hours).round(1))
        made.append(table)
    schema = {"asset": pl.String, "late": pl.Float64, "rows": pl.Int64}
    return pl.concat(made), pl.DataFrame(truth, schema=schema, orient="row")


def _one(name: str, every: float, rng: np.random.Generator) -> pl.DataFrame:
    """One pump from new to failed."""
    pump = Pump(7.0, 1.5, 0.62)
    life = 48.0 * 24 * float(np.exp(0.3 * rng.standard_normal()))
    n = int(4 * life / every)
    keep = np.exp(-every / 72.0)
    wander = lfilter([1.0], [1.0, -keep], rng.standard_normal(n) * 0.12 * np.sqrt(1 - keep * keep))
    load = np.clip(rng.uniform(0.75, 1.1) + wander, 0.35, 1.35)
    rate = load**1.5 * np.exp(0.25 * rng.standard_normal(n)) * log(1 / FLOORED + 1) / life
    wear = FLOORED * (np.exp(np.cumsum(rate) * every) - 1.0)
    end = int(np.searchsorted(wear, 1.0))
    return _readings(name, pump, load[:end], wear[:end], every, rng)


def _readings(name: str, pump: Pump, load: Array, wear: Array, every: float, rng: np.random.Generator) -> pl.DataFrame:
    n = len(load)
    flow, hours = load * pump.best, np.arange(n) * every
    on = np.ones(n)
    power = pump.power(flow, wear, on)
    ambient = 18.0 + 6.0 * np.sin(2 * np.pi * (hours / 24 - 0.4)) + rng.uniform(-8, 8) + 0.6 * rng.standard_normal(n)
    mount = float(rng.uniform(0.85, 1.2))  # how stiff its foundation is
    shake = mount * vibration(wear, load) * (1 + 0.06 * rng.standard_normal(n))
    warm = ambient + 16.0 * load + 18.0 * wear**2 + 0.5 * rng.standard_normal(n)
    values = {
        "flow": (flow * 3.6 * (1 + 0.008 * rng.standard_normal(n)), 3),
        "discharge": (0.5 + pump.rise(flow, wear, on) + 0.03 * rng.standard_normal(n), 2),
        "current": (np.hypot(1.6, 2.6 * power) + 0.03 * rng.standard_normal(n), 2),
        "vibration": (shake, 2),
        "bearing_temperature": (warm, 1),
        "ambient": (ambient, 1),
        "remaining": ((n - np.arange(n)) * every, 1),
    }
    columns = {key: np.round(value, digits) for key, (value, digits) in values.items()}
    return pl.DataFrame({"asset": pl.Series([name] * n, dtype=pl.String), "time": hours, **columns})
