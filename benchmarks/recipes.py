"""The learner out of the box on real public sets: one default, no tuning per set.

Run: python -m benchmarks.recipes [--quick] [--json]. In full, the learner races anew inside every fold's training
rows; --quick races on the first fold's training rows only and keeps those members for the other folds.
Sets: FD001 (train file to test file, truth capped at 125), CCPP (5 folds; 5x2 in full), steel plates (10 folds),
AI4I (10 folds, mode flags left out), TEP (normal run to test runs, alarms matched at 1 %), SKAB part (first 400 rows
of each file, the rest pooled).
"""

import gzip
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.frame import Result, cell, data_folder, main
from diapason.engines.learning import metrics
from diapason.engines.learning.crossing import judge
from diapason.engines.learning.recipes.robust import recipe as robust
from diapason.engines.learning.splits import honest, random
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task

SEED = 0
CAP = 125.0


def _examples(task: Task, frame: pl.DataFrame, target: np.ndarray, **more: object) -> Examples:
    made = [c.cast(pl.Float64) if c.dtype.is_numeric() else c.cast(pl.String) for c in frame]
    return Examples(task, pl.DataFrame(made), np.asarray(target, np.float64), np.arange(frame.height), **more)


def _bytes(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def _crossed(examples: Examples, folds: tuple[Fold, ...], quick: bool) -> tuple[np.ndarray, np.ndarray]:
    """Positions judged and predictions, fold after fold."""
    settings = robust.settings(examples.task)[0]
    index, made = [], []
    for fold in folds:
        model = robust.fit(examples.take(fold.train), settings, SEED)
        if quick and "members" not in settings:
            settings = {**settings, "members": model.chosen()}
        index.append(fold.test)
        made.append(judge(model, examples, fold))
    return np.concatenate(index), np.concatenate(made)


def ccpp(data: Path, quick: bool) -> list[Result]:
    """Published: RMSE 3.79 over 5x2 folds (Tufekci 2014)."""
    frame = pl.read_csv(_bytes(data / "ccpp" / "Folds5x2_pp.csv.gz"))
    frame = frame.rename({c: c.strip().strip("\ufeff") for c in frame.columns})
    examples = _examples(Task.REGRESSION, frame[:, :4], frame[:, 4].to_numpy())
    index, made = _crossed(examples, random(examples, seed=SEED, folds=5).folds, quick)
    value = metrics.score("rmse", examples.target[index], made)
    rows = [Result("recipes.ccpp", "CCPP, random 5 folds, RMSE", value, "<= 3.1", "MW", value <= 3.1)]
    twice = []
    for seed in range(1 if quick else 5):
        index, made = _crossed(examples, random(examples, seed=seed, folds=2).folds, quick)
        twice.append(metrics.score("rmse", examples.target[index], made))
    what = f"CCPP, {len(twice)}x2 folds, RMSE (published 3.79)"
    return [*rows, Result("recipes.ccpp-5x2", what, float(np.mean(twice)), "none", "MW", None)]


def _classified(name: str, examples: Examples, measure: str, bar: float, what: str, quick: bool) -> Result:
    index, made = _crossed(examples, honest(examples, seed=SEED, folds=10).folds, quick)
    value = metrics.score(measure, examples.target[index], made)
    return Result(name, what, value, f">= {bar}", "1", value >= bar)


def steel(data: Path, quick: bool) -> list[Result]:
    """Published: accuracy 0.793, gradient boosting, 10 folds."""
    frame = pl.read_csv(_bytes(data / "steel-plates" / "SteelPlatesFaults.csv.gz"))
    flags = frame.columns[-7:]
    target = frame.select(flags).to_numpy().argmax(axis=1)
    examples = _examples(Task.CLASSIFICATION, frame.drop(flags), target, classes=tuple(flags))
    what = "steel plates, stratified 10 folds, accuracy (published 0.793)"
    return [_classified("recipes.steel-plates", examples, "accuracy", 0.80, what, quick)]


def ai4i(data: Path, quick: bool) -> list[Result]:
    """Published: macro F1 0.895 without leaks."""
    frame = pl.read_csv(_bytes(data / "ai4i2020" / "ai4i2020.csv.gz"))
    frame = frame.rename({c: c.strip().strip("\ufeff") for c in frame.columns})
    target = frame["Machine.failure"].to_numpy()
    left = ["UDI", "Product_ID", "Machine.failure", "TWF", "HDF", "PWF", "OSF", "RNF"]
    examples = _examples(Task.CLASSIFICATION, frame.drop(left), target, classes=("0", "1"))
    what = "AI4I without leak columns, stratified 10 folds, macro F1 (published 0.895)"
    return [_classified("recipes.ai4i", examples, "macro_f1", 0.90, what, quick)]


def _turbofan(path: Path) -> pl.DataFrame:
    rows = np.loadtxt(path)
    return pl.DataFrame({f"c{i + 1}": rows[:, i] for i in range(rows.shape[1])})


def fd001(data: Path, _quick: bool) -> list[Result]:
    """Published: RMSE 12.6 (2018), 10.6 (2024); 100 test engines give a standard error."""
    folder = data / "cmapss-fd001"
    train, test = _turbofan(folder / "train_FD001.txt.gz"), _turbofan(folder / "test_FD001.txt.gz")
    truth = np.minimum(np.loadtxt(folder / "RUL_FD001.txt.gz"), CAP)

    def made(frame: pl.DataFrame, target: np.ndarray) -> Examples:
        unit = frame["c1"].to_numpy().astype(np.int64) - 1
        names = tuple(str(i + 1) for i in range(int(unit.max()) + 1))
        inputs = frame.drop("c1", "c2")
        return _examples(
            Task.REMAINING_LIFE, inputs, target, asset=unit, time=frame["c2"].to_numpy(), assets=names, time_unit=""
        )

    unit, cycle = train["c1"].to_numpy(), train["c2"].to_numpy()
    last = np.array([cycle[unit == u].max() for u in np.unique(unit)])[unit.astype(int) - 1]
    learnt = made(train, np.minimum(last - cycle, CAP))
    model = robust.fit(learnt, robust.settings(Task.REMAINING_LIFE)[0], SEED)
    asked = made(test, np.full(test.height, np.nan))
    ends = np.flatnonzero(np.append(np.diff(asked.asset) != 0, True))
    error = np.minimum(model.predict(asked)[ends], CAP) - truth
    value = float(np.sqrt(np.mean(error**2)))
    doubt = float(np.std(error**2) / np.sqrt(len(error)) / (2 * value))
    what = f"FD001, test capped at 125, RMSE (standard error {doubt:.2f}; best published 10.6)"
    return [Result("recipes.fd001", what, value, "<= 10.9", "cycle", value <= 10.9)]


def tep(data: Path, _quick: bool) -> list[Result]:
    """Faults 1, 2, 4, 5, 8, 10; the alarm limit is set at 1 % false alarms on the normal test run, for all alike."""

    def read(name: str) -> np.ndarray:
        rows = np.loadtxt(data / "tep" / name)
        return rows.T if rows.shape[0] == 52 else rows

    def made(rows: np.ndarray, normal: bool) -> Examples:
        frame = pl.DataFrame({f"x{i + 1}": rows[:, i] for i in range(52)})
        target = np.zeros(len(rows)) if normal else np.full(len(rows), np.nan)
        return _examples(Task.MONITORING, frame, target, time=np.arange(len(rows)) * 180.0)

    model = robust.fit(made(read("d00.dat.gz"), True), robust.settings(Task.MONITORING)[0], SEED)
    limit = float(np.quantile(model.predict(made(read("d00_te.dat.gz"), False)), 0.99))
    rates = [
        float(np.mean(model.predict(made(read(f"d{f:02d}_te.dat.gz"), False))[160:] > limit))
        for f in (1, 2, 4, 5, 8, 10)
    ]
    shown = " ".join(f"{r:.2f}" for r in rates)
    value = float(np.mean(rates))
    what = f"TEP faults 1 2 4 5 8 10 ({shown}) at matched 1 % false alarms, mean detection"
    return [Result("recipes.tep", what, value, ">= 0.93", "1", value >= 0.93)]


def skab(data: Path, _quick: bool) -> list[Result]:
    """Fit on the first 400 rows of each file, predict the rest, pool; the default alarm limit."""
    truth, alarm = [], []
    for path in sorted([*(data / "skab" / "valve2").glob("*.gz"), *(data / "skab" / "other").glob("*.gz")]):
        frame = pl.read_csv(_bytes(path), separator=";")
        inputs = frame.drop("datetime", "anomaly", "changepoint", strict=False)
        first = np.arange(frame.height) < 400
        time = np.arange(frame.height) * 1.0
        examples = _examples(Task.MONITORING, inputs, np.where(first, 0.0, np.nan), time=time, normal=first)
        model = robust.fit(examples.take(np.flatnonzero(first)), robust.settings(Task.MONITORING)[0], SEED)
        alarm.append((model.predict(examples) >= metrics.ALARM)[~first])
        truth.append(frame["anomaly"].to_numpy()[~first])
    y, p = np.concatenate(truth), np.concatenate(alarm).astype(np.float64)
    f1, misses, false = (metrics.score(m, y, p) for m in ("f1", "misses", "false_alarms"))
    return [
        Result("recipes.skab-f1", "SKAB part, pooled, F1", f1, ">= 0.80", "1", f1 >= 0.80),
        Result("recipes.skab-far", "SKAB part, false alarms", false, "<= 0.20", "1", false <= 0.20),
        Result("recipes.skab-mar", "SKAB part, misses", misses, "<= 0.25", "1", misses <= 0.25),
    ]


SETS: tuple[Callable[[Path, bool], list[Result]], ...] = (ccpp, tep, skab, steel, ai4i, fd001)


def measure(quick: bool) -> list[Result]:
    """Every set in turn."""
    data, rows = data_folder(), []
    for one in SETS:
        made = cell("recipes", (one.__name__, quick), partial(_plain, one, data, quick))
        rows += [Result(**r) for r in made]
    return rows


def _plain(one: Callable[[Path, bool], list[Result]], data: Path, quick: bool) -> list[dict[str, object]]:
    return [asdict(row) for row in one(data, quick)]


if __name__ == "__main__":
    main("recipes", measure, seeds=(SEED,))
