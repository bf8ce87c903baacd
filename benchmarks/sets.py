"""Clean learning sets: real ones, public functions, and generated classes, fleets, series and plants.

`load(name, seed)` gives rows to learn from and an untouched clean part to judge on. For real sets the seed draws which
rows, files, engines or months go where; for the others it draws new rows of the same process.

Every set is marked "tune" (thresholds may be looked at on it) or "check" (it is only measured). Real sets that were
looked at while methods were made are "tune": CCPP, FD001, steel energy, SKAB; the other real ones are "check". Sets of
one `family` share rows or a process: intervals over sets are to be clustered by it.
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.frame import data_folder
from benchmarks.processes import Pair, examples_of, fleet, function, labelled, monitored, plant
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["SETS", "CleanSet", "Pair", "load", "named", "tep_rows"]

Index = NDArray[np.int64]
CAP = 125.0


@dataclass(frozen=True, slots=True)
class CleanSet:
    """What a set is, and how its rows are drawn."""

    name: str
    kind: str  # "real", "function" or "made"
    task: Task
    role: str  # "tune" or "check"
    family: str
    make: Callable[[int], Pair]


def load(name: str, seed: int) -> Pair:
    """The set's rows to learn from and its clean rows to judge on."""
    return SETS[name].make(seed)


def named(*, role: str = "", kind: str = "", task: Task | None = None) -> tuple[str, ...]:
    """Names of the sets of that role, kind and task."""
    return tuple(
        s.name for s in SETS.values() if role in ("", s.role) and kind in ("", s.kind) and task in (None, s.task)
    )


# --- real sets ---------------------------------------------------------------------------------------------------------


@cache
def _csv(path: str, separator: str = ",") -> pl.DataFrame:
    raw = gzip.decompress((data_folder() / path).read_bytes())
    frame = pl.read_csv(raw, separator=separator, infer_schema_length=100_000)
    return frame.rename({c: c.strip().strip("\ufeff") for c in frame.columns})


@cache
def _rows(path: str) -> NDArray[np.float64]:
    with gzip.open(data_folder() / path) as file:
        rows: NDArray[np.float64] = np.loadtxt(file)
    return rows


def _drawn(examples: Examples, seed: int, train: int, test: int) -> Pair:
    """Independent rows, parted at random within classes; each part in the file's order."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(examples))
    if examples.task is Task.CLASSIFICATION:
        place = np.empty(len(order))
        for c in np.unique(examples.target):
            mine = order[examples.target[order] == c]
            place[mine] = (np.arange(len(mine)) + rng.random()) / len(mine)
        order = np.argsort(place, kind="stable")
    train = min(train, len(order) * 2 // 3)
    part = order[:train], order[train : train + test]
    return Pair(*(examples.take(np.sort(p)) for p in part))


def _ccpp(seed: int, *, where: str = "") -> Pair:
    frame = _csv("ccpp/Folds5x2_pp.csv.gz").unique(maintain_order=True)
    cold = frame["temperature"] < frame["temperature"].median()
    frame = frame.filter({"cold": cold, "warm": ~cold}[where]) if where else frame
    examples = examples_of(Task.REGRESSION, frame[:, :4], frame[:, 4].to_numpy(), target_unit="MW")
    return _drawn(examples, seed, 2400, 2400)


def _plates(seed: int, *, part: str = "") -> Pair:
    frame = _csv("steel-plates/SteelPlatesFaults.csv.gz")
    flags = frame.columns[-7:]
    if part == "a300":  # of one steel, defects that it has at least 20 times
        frame = frame.filter(pl.col("TypeOfSteel_A300") == 1)
        flags = [c for c in flags if frame[c].sum() >= 20]
        frame = frame.filter(pl.max_horizontal(flags) == 1)
    if part == "named":
        flags, frame = flags[:-1], frame.filter(pl.col("Other_Faults") == 0)
    target = frame.select(flags).to_numpy().argmax(axis=1)
    inputs = frame[:, :27].drop("TypeOfSteel_A300", "TypeOfSteel_A400") if part == "a300" else frame[:, :27]
    return _drawn(examples_of(Task.CLASSIFICATION, inputs, target, classes=tuple(flags)), seed, 1300, 641)


def _ai4i(seed: int, *, kind: str = "") -> Pair:
    """Without the columns that are the label itself, and without the 27 rows whose label contradicts them."""
    frame = _csv("ai4i2020/ai4i2020.csv.gz")
    modes = ["TWF", "HDF", "PWF", "OSF", "RNF"]
    frame = frame.filter(pl.max_horizontal(modes) == pl.col("Machine.failure"))
    frame = frame.filter(pl.col("Type") == kind).drop("Type") if kind else frame
    inputs = frame.drop("UDI", "Product_ID", "Machine.failure", *modes)
    target = frame["Machine.failure"].to_numpy()
    return _drawn(examples_of(Task.CLASSIFICATION, inputs, target, classes=("runs", "fails")), seed, 3000, 5000)


def _fd001(seed: int, *, engines: int, step: int) -> Pair:
    """Engines of the train file: `engines` of them to learn from, 30 others to judge; every `step`-th cycle."""
    rows = _rows("cmapss-fd001/train_FD001.txt.gz")
    unit = rows[:, 0].astype(np.int64) - 1
    last = np.array([rows[unit == u, 1].max() for u in range(100)])
    order = np.random.default_rng(seed).permutation(100)
    names = ["set1", "set2", "set3", *(f"s{i}" for i in range(1, 22))]

    def part(chosen: Index) -> Examples:
        keep = np.flatnonzero(np.isin(unit, chosen) & ((last[unit] - rows[:, 1]) % step == 0))
        kept, code = np.unique(unit[keep], return_inverse=True)
        life = np.minimum(last[unit[keep]] - rows[keep, 1], CAP)
        frame = pl.DataFrame({c: rows[keep, 2 + i] for i, c in enumerate(names)})
        return examples_of(
            Task.REMAINING_LIFE,
            frame,
            life,
            rows=keep,
            asset=code.astype(np.int64),
            time=rows[keep, 1],
            target_unit="cycle",
            assets=tuple(str(u + 1) for u in kept),
            time_unit="",
        )

    return Pair(part(order[:engines]), part(order[-30:]))


def _energy(seed: int, *, load_type: str = "") -> Pair:
    """Day-ahead use: calendar and what was used a day, two days and a week before; the months after are judged."""
    frame = _csv("steel-energy/Steel_industry_data.csv.gz").with_columns(
        pl.col("date").str.to_datetime("%d/%m/%Y %H:%M").alias("at")
    )
    use = pl.col("Usage_kWh")
    honest = frame.select(
        pl.col("NSM").cast(pl.Float64),
        "WeekStatus",
        "Day_of_week",
        *(use.shift(96 * d).alias(f"use_{d}d_before") for d in (1, 2, 7)),
        use.shift(96).rolling_mean(96).alias("mean_day_before"),
        use.shift(96).rolling_mean(672).alias("mean_week_before"),
    )
    time = (np.arange(frame.height) + 1) * 900.0 + 1514764800.0
    target = frame["Usage_kWh"].to_numpy()
    whole = examples_of(Task.REGRESSION, honest, target, time=time, target_unit="kW.h")
    begin = 96 * 15 + 96 * 28 * (seed % 5)
    chosen = np.arange(begin, begin + 96 * 196)
    kinds = frame["Load_Type"].to_numpy()
    if load_type:
        chosen = chosen[kinds[chosen] == load_type]
    learnt = chosen[whole.time[chosen] < time[begin + 96 * 140]]  # type: ignore[index]
    judged = chosen[len(learnt) :]
    step = -(-len(learnt) // 3000) | 1  # an odd step meets every quarter of the hour
    return Pair(whole.take(learnt[::step]), whole.take(judged[::step]))


_LOOP = ("Accelerometer1RMS", "Accelerometer2RMS", "Current", "Pressure", "Temperature", "Thermocouple", "Voltage")


def _skab(seed: int, *, folder: str) -> Pair:
    """Three files: the first 400 rows of each are its normal part; of the rest the first half is known, the last judged."""
    files = sorted((data_folder() / "skab" / folder).glob("*.csv.gz"))
    chosen = np.sort(np.random.default_rng(seed).choice(len(files), 3, replace=False))
    frames = [_csv(f"skab/{folder}/{files[i].name}", ";") for i in chosen]
    whole = pl.concat([f.with_row_index("row").with_columns(asset=pl.lit(k)) for k, f in enumerate(frames)])
    row = whole["row"].to_numpy().astype(np.int64)
    middle = np.array([400 + (f.height - 400) // 2 for f in frames])[whole["asset"].to_numpy()]
    examples = examples_of(
        Task.MONITORING,
        whole.select(*_LOOP, "Volume Flow RateRMS"),
        whole["anomaly"].to_numpy(),
        asset=whole["asset"].to_numpy().astype(np.int64),
        time=row * 1.0,
        assets=tuple(files[i].name.split(".")[0] for i in chosen),
        normal=row < 400,
    )
    return Pair(examples.take(np.flatnonzero(row < middle)), examples.take(np.flatnonzero(row >= middle)))


def tep_rows(name: str) -> NDArray[np.float64]:
    """One run of the Tennessee Eastman process, (rows, 52)."""
    rows = _rows(f"tep/{name}.dat.gz")
    return rows.T if rows.shape[0] == 52 else rows


_TEP = tuple([f"XMEAS{i}" for i in range(1, 42)] + [f"XMV{i}" for i in range(1, 12)])


def _tep_watch(seed: int, *, faults: tuple[int, ...]) -> Pair:
    """The normal run is learnt from; training runs of the faults are known, the test runs judged.

    The normal test run is known in one half, judged in the other; the seed says which, and which 300 rows of a fault.
    """
    begin = int(np.random.default_rng(seed).integers(150))
    calm = np.array_split(tep_rows("d00_te"), 2)
    early = seed % 2
    known = [(tep_rows("d00"), 0, True), (calm[early], 0, False)]
    known += [(tep_rows(f"d{f:02d}")[begin : begin + 300], 1, False) for f in faults]
    judged = [(calm[1 - early], 0, False)]
    judged += [(tep_rows(f"d{f:02d}_te")[60:460], -1, False) for f in faults]

    def part(runs: list[tuple[NDArray[np.float64], int, bool]]) -> Examples:
        x = np.vstack([r for r, _, _ in runs])
        code = np.repeat(np.arange(len(runs)), [len(r) for r, _, _ in runs])
        target = np.concatenate([np.arange(len(r)) >= 100 if bad < 0 else np.full(len(r), bad) for r, bad, _ in runs])
        time = np.concatenate([np.arange(len(r)) * 180.0 for r, _, _ in runs])
        return examples_of(
            Task.MONITORING,
            pl.DataFrame(x, schema=list(_TEP)),
            target,
            asset=code,
            time=time,
            assets=tuple(f"run {i + 1}" for i in range(len(runs))),
            normal=np.repeat([n for _, _, n in runs], [len(r) for r, _, _ in runs]),
        )

    return Pair(part(known), part(judged))


def _tep_sort(seed: int) -> Pair:
    """Which fault it is: training runs to learn from in pieces of 20 rows, test runs after the fault began to judge."""
    sorts = (0, 1, 2, 4, 5, 8, 10)
    rng = np.random.default_rng(seed)

    def part(runs: list[NDArray[np.float64]], count: int) -> Examples:
        pieces = [(c, r[p : p + 20]) for c, r in enumerate(runs) for p in range(0, len(r) - 19, 20)]
        chosen = np.sort(rng.choice(len(pieces), min(count, len(pieces)), replace=False))
        x = np.vstack([pieces[i][1] for i in chosen])
        target = np.repeat([pieces[i][0] for i in chosen], 20)
        return examples_of(
            Task.CLASSIFICATION,
            pl.DataFrame(x, schema=list(_TEP)),
            target,
            classes=tuple(f"IDV{s}" for s in sorts),
            batch=np.repeat(np.arange(len(chosen)), 20),
        )

    return Pair(
        part([tep_rows(f"d{s:02d}") for s in sorts], 110), part([tep_rows(f"d{s:02d}_te")[160:] for s in sorts], 120)
    )


def _shipped(seed: int, *, name: str) -> Pair:
    """A real set that comes inside scikit-learn."""
    from sklearn import datasets

    made = getattr(datasets, f"load_{name}")()
    names = [str(c) for c in made.feature_names]
    frame = pl.DataFrame(np.asarray(made.data, np.float64), schema=names)
    if name == "diabetes":
        return _drawn(examples_of(Task.REGRESSION, frame, made.target), seed, 300, 142)
    classes = tuple(str(c) for c in made.target_names)
    return _drawn(examples_of(Task.CLASSIFICATION, frame, made.target, classes=classes), seed, 1000, 797)


# --- the list ----------------------------------------------------------------------------------------------------------

_REG, _CLS, _RUL, _MON = Task.REGRESSION, Task.CLASSIFICATION, Task.REMAINING_LIFE, Task.MONITORING


def _real() -> list[CleanSet]:
    made = [("ccpp", _REG, "tune", "ccpp", _ccpp)]
    made += [(f"ccpp-{w}", _REG, "tune", "ccpp", partial(_ccpp, where=w)) for w in ("cold", "warm")]
    made += [
        (f"steel-plates{s}", _CLS, "check", "steel-plates", partial(_plates, part=s.strip("-")))
        for s in ("", "-a300", "-named")
    ]
    made += [("ai4i", _CLS, "check", "ai4i", _ai4i), ("ai4i-low", _CLS, "check", "ai4i", partial(_ai4i, kind="L"))]
    made += [("fd001", _RUL, "tune", "fd001", partial(_fd001, engines=70, step=5))]
    made += [("fd001-few", _RUL, "tune", "fd001", partial(_fd001, engines=25, step=3))]
    made += [("steel-energy", _REG, "tune", "steel-energy", _energy)]
    made += [
        (f"steel-energy-{w}", _REG, "tune", "steel-energy", partial(_energy, load_type=f"{w.title()}_Load"))
        for w in ("light", "medium", "maximum")
    ]
    made += [(f"skab-{w}", _MON, "tune", "skab", partial(_skab, folder=w)) for w in ("valve2", "other")]
    made += [
        (f"tep-watch-{'-'.join(map(str, f))}", _MON, "check", "tep", partial(_tep_watch, faults=f))
        for f in ((1, 5, 10), (2, 4, 8))
    ]
    made += [("tep-faults", _CLS, "check", "tep", _tep_sort)]
    made += [
        (n.replace("_", "-"), _CLS, "check", n, partial(_shipped, name=n)) for n in ("wine", "breast_cancer", "digits")
    ]
    made += [("diabetes", _REG, "check", "diabetes", partial(_shipped, name="diabetes"))]
    return [CleanSet(n, "real", t, r, f, m) for n, t, r, f, m in made]


_FUNCTION_SETS: tuple[tuple[str, str, int, str, float, tuple[str, ...]], ...] = (
    ("friedman-1", "tune", 1200, "even", 0.20, ()),
    ("friedman-2", "check", 1000, "heavy", 0.15, ("idle",)),
    ("friedman-3", "tune", 1000, "even", 0.15, ()),
    ("borehole", "check", 900, "level", 0.15, ("related",)),
    ("otl-circuit", "tune", 800, "level", 0.20, ("category",)),
    ("piston", "check", 1000, "even", 0.10, ("missing",)),
    ("wing-weight", "tune", 700, "heavy", 0.20, ("missing", "category")),
    ("robot-arm", "check", 2000, "even", 0.10, ()),
    ("ishigami", "tune", 1500, "skewed", 0.15, ("idle",)),
    ("environmental", "check", 1200, "skewed", 0.15, ("category",)),
    ("sulfur", "tune", 1500, "heavy", 0.25, ("related",)),
    ("g-function", "check", 1500, "level", 0.15, ("idle", "category")),
    ("hartmann", "tune", 1200, "even", 0.10, ()),
    ("ackley", "check", 1500, "heavy", 0.10, ("related", "missing")),
)

_CLASS_SETS: tuple[tuple[str, str, int, tuple[float, ...], float, tuple[str, ...]], ...] = (
    ("classes-overlap", "tune", 1200, (0.4, 0.35, 0.25), 0.9, ()),
    ("classes-rare", "check", 2000, (0.94, 0.06), 0.7, ()),
    ("classes-many", "tune", 2000, (0.2, 0.18, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07), 0.6, ()),
    ("classes-mixed", "check", 1000, (0.5, 0.3, 0.2), 0.8, ("category", "missing")),
    ("classes-two", "tune", 800, (0.6, 0.4), 1.0, ("category",)),
    ("classes-apart", "check", 900, (0.3, 0.3, 0.2, 0.2), 0.5, ()),
)


def _made() -> list[CleanSet]:
    made: list[tuple[str, Task, str, str, Callable[[int], Pair]]] = []
    for n, r, size, shares, overlap, extras in _CLASS_SETS:
        made.append((n, _CLS, r, n, partial(labelled, n, n=size, shares=shares, overlap=overlap, extras=extras)))
    for n, r, facts in (
        ("fleet-slow", "tune", {"assets": 60, "shape": 1.0, "step": 3}),
        ("fleet-late", "check", {"assets": 60, "shape": 3.0, "step": 3}),
        ("fleet-two-ways", "check", {"assets": 75, "shape": 2.0, "step": 4, "modes": 2}),
    ):
        made.append((n, _RUL, r, n, partial(fleet, n, **facts)))  # type: ignore[arg-type]
    for n, r, columns, fault in (
        ("watch-shift", "tune", 8, "shift"),
        ("watch-spread", "check", 10, "spread"),
        ("watch-break", "check", 12, "break"),
    ):
        made.append((n, _MON, r, n, partial(monitored, n, columns=columns, fault=fault)))
    for way, r in (("regimes", "tune"), ("fouling", "check"), ("seasons", "check"), ("lots", "tune")):
        made.append((f"plant-{way}", _REG, r, f"plant-{way}", partial(plant, f"plant-{way}", n=1500, way=way)))
    return [CleanSet(n, "made", t, r, f, m) for n, t, r, f, m in made]


def _functions() -> list[CleanSet]:
    return [
        CleanSet(n, "function", _REG, r, n, partial(function, n, n=size, noise=noise, level=level, extras=extras))
        for n, r, size, noise, level, extras in _FUNCTION_SETS
    ]


SETS: Mapping[str, CleanSet] = {s.name: s for s in (*_real(), *_functions(), *_made())}
