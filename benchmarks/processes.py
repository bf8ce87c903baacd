"""Processes whose truth is known: public test functions, classes, fleets, monitored series and plants that drift.

A process is fixed by its name; a seed draws rows from it. Functions and their ranges are those of the public library
of simulation experiments (Surjanovic & Bingham, sfu.ca/~ssurjano) and of Friedman, Annals of Statistics 19 (1991).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import norm, qmc

from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["FUNCTIONS", "Pair", "Process", "examples_of", "fleet", "function", "labelled", "monitored", "plant"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows to learn from, and rows that nothing but the last judgement may touch."""

    train: Examples
    test: Examples


@dataclass(frozen=True, slots=True)
class Process:
    """A public function: `f` takes (n, d) in natural units, `low` and `high` are (d,)."""

    f: Callable[[Array], Array]
    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def examples_of(task: Task, frame: pl.DataFrame, target: Array, **more: object) -> Examples:
    """Numbers as Float64, everything else as String; rows numbered from 0 unless `rows` are given."""
    made = [c.cast(pl.Float64) if c.dtype.is_numeric() else c.cast(pl.String) for c in frame]
    rows = more.pop("rows", None)
    index = np.arange(frame.height) if rows is None else np.asarray(rows, np.int64)
    return Examples(task, pl.DataFrame(made), np.asarray(target, np.float64), index, **more)  # type: ignore[arg-type]


def drawn(name: str, seed: int) -> tuple[Rng, Rng]:
    """What fixes the process, and what draws rows from it."""
    return np.random.default_rng(crc32(name.encode())), np.random.default_rng([crc32(name.encode()), seed + 1])


# --- public functions -------------------------------------------------------------------------------------------------


def _borehole(x: Array) -> Array:
    rw, r, tu, hu, tl, hl, length, kw = x.T
    log = np.log(r / rw)
    return 2 * np.pi * tu * (hu - hl) / (log * (1 + 2 * length * tu / (log * rw**2 * kw) + tu / tl))


def _otl(x: Array) -> Array:
    rb1, rb2, rf, rc1, rc2, beta = x.T
    vb1, b = 12 * rb2 / (rb1 + rb2), beta * (rc2 + 9)
    return (vb1 + 0.74) * b / (b + rf) + 11.35 * rf / (b + rf) + 0.74 * rf * b / ((b + rf) * rc1)


def _piston(x: Array) -> Array:
    m, s, v0, k, p0, ta, t0 = x.T
    a = p0 * s + 19.62 * m - k * v0 / s
    v = s / (2 * k) * (np.sqrt(a**2 + 4 * k * p0 * v0 / t0 * ta) - a)
    return 2 * np.pi * np.sqrt(m / (k + s**2 * p0 * v0 / t0 * ta / v**2))


def _wing(x: Array) -> Array:
    sw, wfw, a, lam, q, taper, tc, nz, wdg, wp = x.T
    sweep = np.cos(np.deg2rad(lam))
    body = 0.036 * sw**0.758 * wfw**0.0035 * (a / sweep**2) ** 0.6 * q**0.006 * taper**0.04
    return body * (100 * tc / sweep) ** -0.3 * (nz * wdg) ** 0.49 + sw * wp


def _arm(x: Array) -> Array:
    angle, length = np.cumsum(x[:, :4], axis=1), x[:, 4:]
    return np.hypot((length * np.cos(angle)).sum(1), (length * np.sin(angle)).sum(1))


def _ishigami(x: Array) -> Array:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def _environmental(x: Array) -> Array:
    """A spill at place 0 and a second one at L after tau; concentration at place 1.5 and time 40."""
    m, d, length, tau = x.T
    place, time = 1.5, 40.0
    first = m / np.sqrt(4 * np.pi * d * time) * np.exp(-(place**2) / (4 * d * time))
    second = m / np.sqrt(4 * np.pi * d * (time - tau)) * np.exp(-((place - length) ** 2) / (4 * d * (time - tau)))
    return np.sqrt(4 * np.pi) * (first + second)


def _sulfur(x: Array) -> Array:
    """Forcing by sulphate aerosols, but for a constant factor; the library's log-normal inputs are uniform here."""
    tr, ac, rs, beta, psi, f, q, y, length = x.T
    return -1e-3 * ac * tr**2 * rs**2 * beta * psi * f * q * y * length


def _g(x: Array) -> Array:
    a = (np.arange(x.shape[1]) - 1) / 2
    return np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1)


_HART_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_HART_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def _hartmann(x: Array) -> Array:
    inner = (_HART_A * (x[:, None, :] - _HART_P) ** 2).sum(2)
    return -np.log(np.exp(-inner) @ np.array([1.0, 1.2, 3.0, 3.2]))


def _ackley(x: Array) -> Array:
    far, wave = np.sqrt((x**2).mean(1)), np.cos(2 * np.pi * x).mean(1)
    return -20 * np.exp(-0.2 * far) - np.exp(wave) + 20 + np.e


def _friedman1(x: Array) -> Array:
    return 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]


def _reactance(x: Array) -> Array:
    return x[:, 1] * x[:, 2] - 1 / (x[:, 1] * x[:, 3])


def _friedman2(x: Array) -> Array:
    return np.hypot(x[:, 0], _reactance(x))


def _friedman3(x: Array) -> Array:
    return np.arctan(_reactance(x) / x[:, 0])


def _names(n: int) -> tuple[str, ...]:
    return tuple(f"x{i + 1}" for i in range(n))


_CIRCUIT = (_names(4), (0.1, 40 * np.pi, 0.0, 1.0), (100.0, 560 * np.pi, 1.0, 11.0))

FUNCTIONS: Mapping[str, Process] = {
    "friedman-1": Process(_friedman1, _names(10), (0.0,) * 10, (1.0,) * 10),
    "friedman-2": Process(_friedman2, *_CIRCUIT),
    "friedman-3": Process(_friedman3, *_CIRCUIT),
    "borehole": Process(
        _borehole,
        ("rw", "r", "Tu", "Hu", "Tl", "Hl", "L", "Kw"),
        (0.05, 100, 63070, 990, 63.1, 700, 1120, 9855),
        (0.15, 50000, 115600, 1110, 116, 820, 1680, 12045),
    ),
    "otl-circuit": Process(
        _otl, ("Rb1", "Rb2", "Rf", "Rc1", "Rc2", "beta"), (50, 25, 0.5, 1.2, 0.25, 50), (150, 70, 3, 2.5, 1.2, 300)
    ),
    "piston": Process(
        _piston,
        ("M", "S", "V0", "k", "P0", "Ta", "T0"),
        (30, 0.005, 0.002, 1000, 90000, 290, 340),
        (60, 0.020, 0.010, 5000, 110000, 296, 360),
    ),
    "wing-weight": Process(
        _wing,
        ("Sw", "Wfw", "A", "sweep", "q", "taper", "tc", "Nz", "Wdg", "Wp"),
        (150, 220, 6, -10, 16, 0.5, 0.08, 2.5, 1700, 0.025),
        (200, 300, 10, 10, 45, 1, 0.18, 6, 2500, 0.08),
    ),
    "robot-arm": Process(
        _arm,
        ("angle1", "angle2", "angle3", "angle4", "L1", "L2", "L3", "L4"),
        (0.0,) * 8,
        (2 * np.pi,) * 4 + (1.0,) * 4,
    ),
    "ishigami": Process(_ishigami, _names(3), (-np.pi,) * 3, (np.pi,) * 3),
    "environmental": Process(_environmental, ("M", "D", "L", "tau"), (7, 0.02, 0.01, 30.01), (13, 0.12, 3, 30.295)),
    "sulfur": Process(
        _sulfur,
        ("Tr", "Ac", "Rs", "beta", "psi", "f", "Q", "Y", "L"),
        (0.69, 0.36, 0.72, 0.2, 2.5, 1.2, 50, 0.33, 3.6),
        (0.84, 0.44, 0.88, 0.4, 7.5, 2.3, 100, 0.75, 8.4),
    ),
    "g-function": Process(_g, _names(5), (0.0,) * 5, (1.0,) * 5),
    "hartmann": Process(_hartmann, _names(6), (0.0,) * 6, (1.0,) * 6),
    "ackley": Process(_ackley, _names(4), (-3.0,) * 4, (3.0,) * 4),
}


def function(name: str, seed: int, *, n: int, noise: str, level: float = 0.1, extras: tuple[str, ...] = ()) -> Pair:
    """Rows of a public function with noise, and what real tables have besides.

    Args:
        n: rows to learn from; half as many to judge on.
        noise: "even", "level" (grows with the value), "heavy" (Student 3) or "skewed" (log-normal).
        level: standard deviation of the noise over that of the signal.
        extras: of "related" (correlated inputs), "category" (a line that adds its own level), "missing" (4 % of the
            cells of every other column), "idle" (two columns without effect).
    """
    process = FUNCTIONS[name]
    fixed, rng = drawn(name, seed)
    total, d = n + n // 2, len(process.names)
    u = rng.random((total, d))
    if "related" in extras:
        mixed = fixed.normal(size=(d, d)) * 0.5 + np.eye(d)
        z = rng.normal(size=(total, d)) @ mixed
        u = norm.cdf(z / np.sqrt((mixed**2).sum(0)))
    x = qmc.scale(u, process.low, process.high)
    signal = process.f(x)
    frame = pl.DataFrame({c: x[:, i] for i, c in enumerate(process.names)})
    spread = float(signal.std())
    if "category" in extras:
        code = rng.integers(4, size=total)
        signal = signal + spread * fixed.normal(size=4)[code]
        frame = frame.with_columns(pl.Series("line", np.array(["A", "B", "C", "D"])[code]))
    if "idle" in extras:
        frame = frame.with_columns(pl.Series(f"idle{i}", rng.normal(size=total)) for i in (1, 2))
    target = signal + level * spread * _noise(rng, noise, signal)
    if "missing" in extras:
        frame = frame.with_columns(_holed(rng, frame[c]) for c in process.names[::2])
    return _cut(examples_of(Task.REGRESSION, frame, target), n)


def _noise(rng: Rng, kind: str, signal: Array) -> Array:
    n = len(signal)
    if kind == "heavy":
        return rng.standard_t(3, size=n) / np.sqrt(3)
    if kind == "skewed":
        drawn_ = rng.lognormal(0, 0.6, size=n)
        return (drawn_ - np.exp(0.18)) / np.sqrt((np.exp(0.36) - 1) * np.exp(0.36))
    even = rng.normal(size=n)
    if kind == "level":
        rank = signal.argsort().argsort() / n
        return even * (0.4 + 1.2 * rank)
    return even


def _holed(rng: Rng, column: pl.Series) -> pl.Series:
    hole = rng.random(len(column)) < 0.04
    return pl.Series(column.name, [None if h else v for h, v in zip(hole, column.to_list(), strict=True)], pl.Float64)


def _cut(examples: Examples, n: int) -> Pair:
    return Pair(examples.take(np.arange(n)), examples.take(np.arange(n, len(examples))))


# --- classes ----------------------------------------------------------------------------------------------------------


def labelled(
    name: str, seed: int, *, n: int, shares: tuple[float, ...], overlap: float, extras: tuple[str, ...] = ()
) -> Pair:
    """Classes made of two Gaussian clusters each in 6 dimensions, 4 columns that repeat them and 2 that say nothing.

    Args:
        shares: of the classes.
        overlap: standard deviation of a cluster, where centres are a unit apart per dimension.
        extras: of "category", "missing".
    """
    fixed, rng = drawn(name, seed)
    k, total = len(shares), n + n // 2
    centre = fixed.normal(size=(k, 2, 6))
    code = rng.choice(k, size=total, p=np.asarray(shares) / sum(shares))
    side = rng.integers(2, size=total)
    base = centre[code, side] + overlap * rng.normal(size=(total, 6))
    echo = base @ fixed.normal(size=(6, 4)) + 0.3 * rng.normal(size=(total, 4))
    x = np.hstack([base, echo, rng.normal(size=(total, 2))]) * fixed.uniform(0.5, 20, 12) + fixed.uniform(0, 100, 12)
    frame = pl.DataFrame({f"m{i + 1}": x[:, i] for i in range(12)})
    if "category" in extras:
        chance = fixed.dirichlet(np.full(3, 1.5), size=k)
        sort = np.array([rng.choice(3, p=chance[c]) for c in code])
        frame = frame.with_columns(pl.Series("supplier", np.array(["north", "south", "west"])[sort]))
    if "missing" in extras:
        frame = frame.with_columns(_holed(rng, frame[f"m{i}"]) for i in (1, 4, 7))
    return _cut(examples_of(Task.CLASSIFICATION, frame, code, classes=tuple(f"class {i}" for i in range(k))), n)


# --- fleets -----------------------------------------------------------------------------------------------------------


def fleet(name: str, seed: int, *, assets: int, shape: float, modes: int = 1, step: int = 2) -> Pair:
    """Machines run to failure; two thirds of them are learnt from, the others judged.

    Wear grows as (age / life) ** shape in one of `modes` ways; sensors see it through load, levels of their own per
    machine, and noise. Remaining life is in cycles, capped at 100; every `step`-th row is kept.
    """
    fixed, rng = drawn(name, seed)
    effect = fixed.normal(size=(modes, 8)) * (fixed.random((modes, 8)) < 0.6) * 3
    pull = fixed.normal(size=8)
    parts, target, code, time = [], [], [], []
    for a in range(assets):
        life = int(rng.integers(70, 220))
        age = np.arange(int(rng.integers(step)), life, step)
        wear = (age / life) ** shape
        load = lfilter([0.4], [1, -0.6], rng.normal(size=len(age)))
        level = 0.4 * rng.normal(size=8)
        seen = level + wear[:, None] * effect[rng.integers(modes)] + load[:, None] * pull
        parts.append(np.column_stack([load, seen + 0.7 * rng.normal(size=seen.shape)]))
        target.append(np.minimum(life - 1 - age, 100.0))
        code.append(np.full(len(age), a))
        time.append(age.astype(np.float64))
    x = np.vstack(parts)
    frame = pl.DataFrame({"load": x[:, 0]} | {f"s{i}": x[:, i] for i in range(1, 9)})
    owner, names = np.concatenate(code), tuple(f"M{a + 1:02d}" for a in range(assets))
    whole = examples_of(
        Task.REMAINING_LIFE,
        frame,
        np.concatenate(target),
        asset=owner,
        time=np.concatenate(time),
        assets=names,
        target_unit="cycle",
        time_unit="",
    )
    learnt = owner < assets * 2 // 3
    return Pair(whole.take(np.flatnonzero(learnt)), whole.take(np.flatnonzero(~learnt)))


# --- monitored series -------------------------------------------------------------------------------------------------


def monitored(name: str, seed: int, *, columns: int, fault: str) -> Pair:
    """A multivariate series with faults: 900 normal rows first, then episodes that are labelled.

    Args:
        fault: "shift" (levels move), "spread" (noise grows) or "break" (a column leaves the others).
    """
    fixed, rng = drawn(name, seed)
    n, first = 2700, 900
    hidden = np.column_stack([lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], rng.normal(size=n)) for _ in range(3)])
    mix = fixed.normal(size=(3, columns))
    x = hidden @ mix + 0.4 * rng.normal(size=(n, columns))
    bad = np.zeros(n, bool)
    at = first + 60
    while at < n - 120:
        length = int(rng.integers(40, 110))
        here = slice(at, at + length)
        hit = rng.choice(columns, size=max(2, columns // 3), replace=False)
        if fault == "shift":
            x[here, hit] += rng.choice([-1, 1], size=len(hit)) * rng.uniform(2, 4)
        elif fault == "spread":
            x[here, hit] += rng.uniform(1.5, 3) * rng.normal(size=(length, len(hit)))
        else:
            x[here, hit[:2]] = lfilter([0.45], [1, -0.9], rng.normal(size=(length, 2)), axis=0) * x[
                :first, hit[:2]
            ].std(0)
        bad[here] = True
        at += length + int(rng.integers(60, 200))
    x = x * fixed.uniform(0.5, 30, columns) + fixed.uniform(-50, 300, columns)
    frame = pl.DataFrame({f"t{i + 1}": x[:, i] for i in range(columns)})
    whole = examples_of(Task.MONITORING, frame, bad, time=np.arange(n) * 60.0, normal=np.arange(n) < first)
    pair = _cut(whole, 1800)
    return replace(pair, test=replace(pair.test, normal=np.zeros(len(pair.test), bool)))


# --- plants in time ---------------------------------------------------------------------------------------------------


def plant(name: str, seed: int, *, n: int, way: str) -> Pair:
    """A soft sensor on a plant that moves by itself: the first two thirds are learnt from, the rest judged.

    Args:
        way: "regimes" (grades with their own law), "fouling" (a coefficient sinks and is restored by cleanings, and a
            column shows it), "seasons" (cooling follows the weather), "lots" (raw material lots of differing level,
            seen in a column). All of it is the process: nothing is to be repaired.
    """
    fixed, rng = drawn(name, seed)
    total = n + n // 2
    load = lfilter([0.2], [1, -0.8], rng.normal(size=total)) + np.repeat(rng.normal(size=total // 60 + 1), 60)[:total]
    other = np.column_stack([lfilter([0.4], [1, -0.6], rng.normal(size=total)) for _ in range(4)])
    weights = fixed.normal(size=4)
    columns: dict[str, object] = {"load": load} | {f"tag{i + 1}": other[:, i] for i in range(4)}
    y = 2 * load + other @ weights + 0.8 * np.tanh(load * other[:, 0])
    batch = None
    if way == "regimes":
        grade = np.repeat(rng.integers(3, size=total // 80 + 1), 80)[:total]
        y = y + fixed.normal(size=3)[grade] * 3 + fixed.normal(size=3)[grade] * other[:, 1]
        columns["grade"] = np.array(["A", "B", "C"])[grade]
    elif way == "fouling":
        since = np.arange(total) % 420
        foul = since / 420 * (1 + 0.1 * rng.normal(size=total))
        y = y - 3 * since / 420 * (1 + 0.3 * load)
        columns["pressure_drop"] = 1.5 + 2 * foul + 0.2 * load
    elif way == "seasons":
        air = np.sin(2 * np.pi * np.arange(total) / (total / 2.5)) * 2 + lfilter(
            [0.1], [1, -0.95], rng.normal(size=total)
        )
        y = y + 1.2 * air + 0.4 * air * load
        columns["ambient"] = 18 + 5 * air + 0.3 * rng.normal(size=total)
    else:
        batch = np.arange(total) // 50
        level = rng.normal(size=int(batch.max()) + 1)[batch] * 2
        y = y + level
        columns["purity"] = 95 + level + 0.2 * rng.normal(size=total)
    y = 50 + 4 * (y + 0.25 * y.std() * rng.normal(size=total))
    more: dict[str, object] = {"time": np.arange(total) * 900.0} if batch is None else {"batch": batch}
    return _cut(examples_of(Task.REGRESSION, pl.DataFrame(columns), y, target_unit="kg/h", **more), n)
