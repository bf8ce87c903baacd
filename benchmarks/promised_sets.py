"""Tables on which promises are made and kept: made ones with known noise, public functions, bundled and real sets."""

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["SETS", "Made", "Set"]

Make = Callable[[int, Path], "Made"]


@dataclass(frozen=True, slots=True)
class Made:
    """A table; `noise` is the noise floor where it is known: rmse, or share of labels that nothing can tell."""

    examples: Examples
    noise: float | None = None


@dataclass(frozen=True, slots=True)
class Set:
    """One source of tables."""

    name: str
    part: str  # "tune" or "check"
    sizes: tuple[int, ...]  # rows (or assets) of the first part
    make: Make
    units: str = "rows"


def _examples(X: np.ndarray, y: np.ndarray, classes: int = 0, **more: object) -> Examples:
    task = Task.CLASSIFICATION if classes else Task.REGRESSION
    names = tuple(str(c) for c in range(classes))
    frame = pl.DataFrame({f"x{i}": X[:, i].astype(np.float64) for i in range(X.shape[1])})
    return Examples(task, frame, y.astype(np.float64), np.arange(len(y)), classes=names, **more)


def _function(f: Callable[[np.ndarray], np.ndarray], d: int, noise: float, tail: float = 0.0) -> Make:
    """A function of uniform inputs in 0..1 plus noise, as a share of the function's standard deviation."""

    def make(seed: int, _data: Path) -> Made:
        draw = np.random.default_rng(1000 + seed)
        X = draw.uniform(size=(9000, d))
        right = f(X)
        sigma = noise * float(right.std())
        e = draw.standard_t(tail, len(X)) / np.sqrt(tail / (tail - 2)) if tail else draw.normal(size=len(X))
        return Made(_examples(X, right + sigma * e), sigma)

    return make


def _friedman1(X: np.ndarray) -> np.ndarray:
    return 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]


def _friedman2(X: np.ndarray) -> np.ndarray:
    a, b, c, d = X[:, 0] * 100, 40 * np.pi + X[:, 1] * 520 * np.pi, X[:, 2], 1 + X[:, 3] * 10
    return np.sqrt(a**2 + (b * c - 1 / (b * d)) ** 2)


def _friedman3(X: np.ndarray) -> np.ndarray:
    a, b, c, d = X[:, 0] * 100, 40 * np.pi + X[:, 1] * 520 * np.pi, X[:, 2], 1 + X[:, 3] * 10
    return np.arctan((b * c - 1 / (b * d)) / np.maximum(a, 1e-3))


def _borehole(X: np.ndarray) -> np.ndarray:
    low = np.array([0.05, 100, 63070, 990, 63.1, 700, 1120, 9855])
    high = np.array([0.15, 50000, 115600, 1110, 116, 820, 1680, 12045])
    rw, r, tu, hu, tl, hl, length, kw = (low + X[:, :8] * (high - low)).T
    log = np.log(r / rw)
    return 2 * np.pi * tu * (hu - hl) / (log * (1 + 2 * length * tu / (log * rw**2 * kw) + tu / tl))


def _circuit(X: np.ndarray) -> np.ndarray:
    low, high = np.array([50, 25, 0.5, 1.2, 0.25, 50]), np.array([150, 70, 3, 2.5, 1.2, 300])
    b1, b2, f, c1, c2, beta = (low + X[:, :6] * (high - low)).T
    vb, load = 12 * b2 / (b1 + b2), beta * (c2 + 9)
    return (vb + 0.74) * load / (load + f) + 11.35 * f / (load + f) + 0.74 * f * load / ((load + f) * c1)


def _piston(X: np.ndarray) -> np.ndarray:
    low = np.array([30, 0.005, 0.002, 1000, 90000, 290, 340])
    high = np.array([60, 0.02, 0.01, 5000, 110000, 296, 360])
    m, s, v0, k, p0, ta, t0 = (low + X[:, :7] * (high - low)).T
    a = p0 * s + 19.62 * m - k * v0 / s
    v = s / (2 * k) * (np.sqrt(a**2 + 4 * k * p0 * v0 / t0 * ta) - a)
    return 2 * np.pi * np.sqrt(m / (k + s**2 * p0 * v0 / t0 * ta / v**2))


def _ishigami(X: np.ndarray) -> np.ndarray:
    a, b, c = (np.pi * (2 * X[:, :3] - 1)).T
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def _wing(X: np.ndarray) -> np.ndarray:
    low = np.array([150, 220, 6, -10, 16, 0.5, 0.08, 2.5, 1700, 0.025])
    high = np.array([200, 300, 10, 10, 45, 1, 0.18, 6, 2500, 0.08])
    s, wf, a, sweep, q, lam, tc, nz, wd, wp = (low + X[:, :10] * (high - low)).T
    cos = np.cos(np.deg2rad(sweep))
    body = 0.036 * s**0.758 * wf**0.0035 * (a / cos**2) ** 0.6 * q**0.006 * lam**0.04
    return body * (100 * tc / cos) ** -0.3 * (nz * wd) ** 0.49 + s * wp


def _arm(X: np.ndarray) -> np.ndarray:
    angle, length = np.cumsum(2 * np.pi * X[:, :4], axis=1), X[:, 4:8]
    return np.hypot((length * np.cos(angle)).sum(1), (length * np.sin(angle)).sum(1))


def _linear(X: np.ndarray) -> np.ndarray:
    return X @ np.arange(1, X.shape[1] + 1, dtype=np.float64)


def _steps(X: np.ndarray) -> np.ndarray:
    return np.floor(4 * X[:, 0]) * np.floor(3 * X[:, 1]) + 2.0 * (X[:, 2] > 0.7)


def _machines(spread: float) -> Make:
    """Assets with a level of their own that no column tells."""

    def make(seed: int, _data: Path) -> Made:
        draw = np.random.default_rng(2000 + seed)
        asset = np.repeat(np.arange(240), 40)
        X = draw.uniform(size=(len(asset), 6)) + 0.3 * draw.normal(size=(240, 6))[asset]
        y = _friedman1(np.clip(X, 0, 1)) + spread * draw.normal(size=240)[asset] + draw.normal(size=len(asset))
        return Made(_examples(X, y, asset=asset, assets=tuple(f"m{i}" for i in range(240))))

    return make


def _clouds(classes: int, apart: float, wrong: float) -> Make:
    """Normal clouds around corners in four of eight inputs, some labels flipped to any other class."""

    def make(seed: int, _data: Path) -> Made:
        draw = np.random.default_rng(3000 + seed)
        centre = apart * np.random.default_rng(5).normal(size=(classes, 4))
        true = draw.integers(0, classes, 9000)
        X = draw.normal(size=(9000, 8))
        X[:, :4] += centre[true]
        given = np.where(draw.random(9000) < wrong, (true + draw.integers(1, classes, 9000)) % classes, true)
        logs = -0.5 * np.square(X[:, None, :4] - centre[None]).sum(2)
        p = np.exp(logs - logs.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        p = (1 - wrong) * p + wrong * (1 - p) / (classes - 1)
        return Made(_examples(X, given, classes), float(1 - p.max(1).mean()))

    return make


def _moons(wrong: float) -> Make:
    def make(seed: int, _data: Path) -> Made:
        draw = np.random.default_rng(4000 + seed)
        true, turn = draw.integers(0, 2, 9000), np.pi * draw.random(9000)
        X = np.column_stack(
            [np.where(true, 1 - np.cos(turn), np.cos(turn)), np.where(true, 0.5 - np.sin(turn), np.sin(turn))]
        )
        X = np.hstack([X + 0.1 * draw.normal(size=X.shape), draw.normal(size=(9000, 3))])
        return Made(_examples(X, np.where(draw.random(9000) < wrong, 1 - true, true), 2), wrong)

    return make


def _bundled(name: str) -> Make:
    def make(_seed: int, _data: Path) -> Made:
        from sklearn import datasets

        got = getattr(datasets, f"load_{name}")()
        return Made(_examples(got.data, got.target, 0 if name == "diabetes" else len(np.unique(got.target))))

    return make


def _csv(path: Path, **options: object) -> pl.DataFrame:
    frame = pl.read_csv(io.BytesIO(gzip.decompress(path.read_bytes())), infer_schema_length=None, **options)
    return frame.rename({c: c.strip().strip("\ufeff") for c in frame.columns})


def _ccpp(_seed: int, data: Path) -> Made:
    frame = _csv(data / "ccpp" / "Folds5x2_pp.csv.gz").to_numpy()
    return Made(_examples(frame[:, :4], frame[:, 4]))


def _plates(_seed: int, data: Path) -> Made:
    frame = _csv(data / "steel-plates" / "SteelPlatesFaults.csv.gz")
    return Made(_examples(frame[:, :-7].to_numpy(), frame[:, -7:].to_numpy().argmax(1), 7))


def _ai4i(_seed: int, data: Path) -> Made:
    frame = _csv(data / "ai4i2020" / "ai4i2020.csv.gz")
    target = next(c for c in frame.columns if "failure" in c.lower())
    kept = [
        c
        for c in frame.columns
        if frame[c].dtype.is_numeric() and c.upper() not in ("UDI", "TWF", "HDF", "PWF", "OSF", "RNF")
    ]
    X = frame.select([c for c in kept if c != target]).to_numpy()
    return Made(_examples(X, frame[target].to_numpy(), 2))


def _energy(_seed: int, data: Path) -> Made:
    """Whole days come and go together."""
    frame = _csv(data / "steel-energy" / "Steel_industry_data.csv.gz")
    use = frame["Usage_kWh"].to_numpy()
    at = np.arange(len(use))
    X = np.column_stack(
        [at % 96, at // 96 % 7, np.roll(use, 96), np.roll(use, 96 * 7), np.roll(use, 97), at // 96 // 30]
    )
    keep = at >= 96 * 7
    return Made(_examples(X[keep], use[keep], batch=(at // 96)[keep] - 7))


def _engines(_seed: int, data: Path) -> Made:
    frame = np.loadtxt(io.BytesIO(gzip.decompress((data / "cmapss-fd001" / "train_FD001.txt.gz").read_bytes())))
    unit, cycle = frame[:, 0].astype(int) - 1, frame[:, 1]
    life = np.minimum(np.array([cycle[unit == u].max() for u in range(100)])[unit] - cycle, 125.0)
    X = frame[:, 2:]
    columns = {f"s{i}": X[:, i] for i in range(X.shape[1]) if np.ptp(X[:, i]) > 0}
    names = tuple(str(u + 1) for u in range(100))
    made = Examples(
        Task.REMAINING_LIFE, pl.DataFrame(columns), life, np.arange(len(life)), asset=unit, time=cycle, assets=names
    )
    return Made(made)


SETS: tuple[Set, ...] = (
    Set("friedman1", "tune", (300, 1500), _function(_friedman1, 10, 0.2)),
    Set("friedman2", "tune", (250, 1000), _function(_friedman2, 4, 0.3)),
    Set("ishigami", "tune", (300, 1500), _function(_ishigami, 5, 0.1)),
    Set("borehole", "tune", (300, 1200), _function(_borehole, 8, 0.05)),
    Set("linear", "tune", (300, 1200), _function(_linear, 12, 0.5)),
    Set("steps-tails", "tune", (400, 1500), _function(_steps, 4, 0.5, tail=3)),
    Set("machines-1", "tune", (30, 60), _machines(1.0), "assets"),
    Set("clouds-3", "tune", (300, 1500), _clouds(3, 0.8, 0.0)),
    Set("moons-10", "tune", (300, 1200), _moons(0.1)),
    Set("friedman3", "check", (300, 1200), _function(_friedman3, 4, 0.4)),
    Set("circuit", "check", (300, 1200), _function(_circuit, 6, 0.1)),
    Set("piston", "check", (300, 1200), _function(_piston, 7, 0.1)),
    Set("wing", "check", (300, 1200), _function(_wing, 10, 0.2)),
    Set("arm", "check", (400, 1800), _function(_arm, 8, 0.1)),
    Set("piston-tails", "check", (400,), _function(_piston, 7, 0.6, tail=3)),
    Set("machines-3", "check", (30, 60), _machines(3.0), "assets"),
    Set("clouds-6", "check", (400, 1500), _clouds(6, 1.2, 0.1)),
    Set("moons-25", "check", (300, 1200), _moons(0.25)),
    Set("ccpp", "check", (300, 1500), _ccpp),
    Set("plates", "check", (300, 700), _plates),
    Set("ai4i", "check", (1000, 2500), _ai4i),
    Set("energy", "check", (40, 90), _energy, "batches"),
    Set("fd001", "check", (20, 35), _engines, "assets"),
    Set("diabetes", "check", (150,), _bundled("diabetes")),
    Set("digits", "check", (300, 600), _bundled("digits")),
    Set("cancer", "check", (160,), _bundled("breast_cancer")),
)
"""Every set with the sizes of its first part."""
