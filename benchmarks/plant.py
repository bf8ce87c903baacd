"""The embedded plant: how fast, how exact, and whether its learning tables teach what real ones teach.

The learner here is plain LightGBM with fixed settings; nothing is chosen on the rows it is judged on.
"""

import time

import lightgbm as lgb
import numpy as np
import polars as pl

from benchmarks.frame import Result, main
from diapason.engines.plant import (
    Cell,
    Settings,
    plant_defects,
    pump_life,
    simulate,
    soft_sensor,
    soft_sensor_menu,
)
from diapason.engines.plant.cell import LOOPS

SEEDS = (7, 8, 9)
QUIET = [15.0, 20.0, 179.9, 14.0, *[0.0] * len(LOOPS)]


def _fit(X: np.ndarray, y: np.ndarray, objective: str = "l2") -> lgb.LGBMRegressor:
    settings = {"n_estimators": 200, "learning_rate": 0.06, "num_leaves": 15, "min_child_samples": 15}
    settings |= {"subsample": 0.8, "subsample_freq": 1, "colsample_bytree": 0.5, "random_state": 0, "n_jobs": 1}
    return lgb.LGBMRegressor(**settings, objective=objective, verbose=-1).fit(X, y)


def _year(days: int) -> float:
    """CPU seconds for a year of minutes, all tables."""
    begin = time.process_time()
    simulate(Settings(seed=7, days=days))
    return (time.process_time() - begin) * 365 / days


def _leak() -> float:
    """Largest mass that a step gains or loses over ten days, kg of some 11,000."""
    cell, worst = Cell(), 0.0
    for minute in range(14_400):
        if minute % 1440 == 0:
            cell.fic101.release(3.5 + 1.5 * (minute // 1440 % 2))
        cell.tank.filling = 12.0 if minute % 900 < 90 else 0.0
        before = cell.mass()
        cell.advance(QUIET, 60.0)
        net = cell.feed + cell.reactor.uptake * 2.016 - cell.product - cell.flash.vapour
        worst = max(worst, abs(cell.mass() - before - 60.0 * net))
    return worst


def _matrix(table: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    grade = table["grade"].cast(pl.Enum(sorted(set(table["grade"])))).to_physical().to_numpy()
    numbers = table.select(pl.col(pl.Float64).exclude("residual")).to_numpy()
    return np.column_stack([numbers, grade]), table["residual"].to_numpy()


def _r2(X: np.ndarray, y: np.ndarray, folds: np.ndarray, *, past: bool = False) -> float:
    """Out of fold; with `past`, only what lies before a fold is learnt from, and the first fold is not judged."""
    guess = np.full(len(y), np.nan)
    for fold in range(int(past), 5):
        test = folds == fold
        train = folds < fold if past else ~test
        guess[test] = _fit(X[train], y[train]).predict(X[test])
    seen = ~np.isnan(guess)
    return float(1 - np.mean((y - guess)[seen] ** 2) / y[seen].var())


def _sensor(seed: int, days: int) -> dict[str, float]:
    """Scores of one plant: clean by three splits, and what damage and its undoing do to the last third's error."""
    plant = simulate(Settings(seed=seed, days=days))
    clean = soft_sensor(plant)
    dirty = soft_sensor(plant_defects(plant, soft_sensor_menu(days), seed)[0])
    X, y = _matrix(clean)
    n = len(y)
    blocks = np.arange(n) * 5 // n
    late, early = np.arange(int(0.7 * n), n), np.arange(int(0.66 * n))
    Xd, yd = _matrix(dirty)
    right = early[yd[early] == y[early]]

    def error(model: lgb.LGBMRegressor) -> float:
        return float(np.sqrt(np.mean((model.predict(X[late]) - y[late]) ** 2)))

    return {
        "blocks": _r2(X, y, blocks),
        "past": _r2(X, y, blocks, past=True),
        "random": _r2(X, y, np.random.default_rng(0).integers(0, 5, n)),
        "clean": error(_fit(X[early], y[early])),
        "dirty": error(_fit(Xd[early], yd[early])),
        "robust": min(error(_fit(Xd[early], yd[early], loss)) for loss in ("l1", "huber")),
        "mended": error(_fit(Xd[right], yd[right])),
    }


def _life(wrong: float) -> float:
    """RMSE (h, capped at 1000 h) on pumps held out, judged by true failure times."""
    table, truth = pump_life(7, wrong=wrong)[0], pump_life(7)[0]
    smooth = [pl.col(c).rolling_mean(8, min_samples=1).over("asset").alias(f"{c}_8") for c in ("vibration", "current")]
    X = table.with_columns(smooth).drop("asset", "remaining").to_numpy()
    y, true = (np.minimum(t["remaining"].to_numpy(), 1000.0) for t in (table, truth))
    pump = table["asset"].rank("dense").to_numpy().astype(int) % 5
    guess = np.empty(len(y))
    for fold in range(5):
        test = pump == fold
        guess[test] = _fit(X[~test], y[~test]).predict(X[test])
    return float(np.sqrt(np.mean((guess - true) ** 2)))


def measure(quick: bool) -> list[Result]:
    """Everything once; `quick` takes two seeds and half a year."""
    seeds, days = (SEEDS[:2], 180) if quick else (SEEDS, 365)
    year, leak = _year(120 if quick else 365), _leak()
    scores = [_sensor(seed, days) for seed in seeds]
    mean = {key: float(np.mean([s[key] for s in scores])) for key in scores[0]}
    least, most = min(s["blocks"] for s in scores), max(s["blocks"] for s in scores)
    back = (mean["dirty"] - mean["mended"]) / (mean["dirty"] - mean["clean"])
    return [
        Result("plant.year", "CPU time for a year of minutes", year, "<= 10", "s", year <= 10),
        Result("plant.mass", "mass lost by a step, at most", leak, "<= 1e-6", "kg", leak <= 1e-6),
        Result(
            "plant.r2.blocks",
            "soft sensor, blocks of time held out",
            mean["blocks"],
            "0.7-0.95",
            "1",
            least >= 0.7 and most <= 0.95,
        ),
        Result("plant.r2.past", "the same, learning from the past only", mean["past"], "", "1", None),
        Result(
            "plant.r2.random",
            "the same, random folds",
            mean["random"],
            "> blocks",
            "1",
            mean["random"] > mean["blocks"] + 0.03,
        ),
        Result("plant.rmse.clean", "last third, trained on clean rows", mean["clean"], "", "%", None),
        Result("plant.rmse.dirty", "last third, trained on damaged rows", mean["dirty"], "", "%", None),
        Result("plant.rmse.robust", "the same, best robust loss in hindsight", mean["robust"], "", "%", None),
        Result(
            "plant.rmse.mended",
            "the same, wrong lab values left out",
            mean["mended"],
            "< robust",
            "%",
            mean["mended"] < mean["robust"],
        ),
        Result("plant.back", "share of the loss won back", back, ">= 0.7", "1", back >= 0.7),
        Result("plant.life.right", "remaining life of pumps, right failure times", _life(0.0), "", "h", None),
        Result("plant.life.wrong", "the same, 15 % of pumps recorded late", _life(0.15), "", "h", None),
    ]


if __name__ == "__main__":
    main("plant", measure, seeds=SEEDS)
