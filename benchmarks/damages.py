"""Damage of known place and size, done to training rows only; and decoys, which look alike and harm nothing.

`damage(train, kind, strength, seed)` gives the damaged rows, which of them are wrong, which cells are wrong, and the
truth row for row. A strength is a share: of the rows, of the assets (`false_life`), of the rare class
(`label_missed`), of the normal part (`contaminated_*`), or of the rows of each column hit (`input_*`). How far off the
wrong ones are is drawn by the seed from the ranges named beside each kind; a spread is 1.4826 median absolute
deviations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.processes import Pair
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["DAMAGES", "DECOYS", "Damaged", "damage", "decoy", "decoys_for", "kinds_for"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rng = np.random.Generator

UNITS: tuple[tuple[float, float], ...] = (
    (0.1, 0),
    (10, 0),
    (0.001, 0),
    (1000, 0),
    (2.20462, 0),
    (0.145038, 0),
    (1.8, 32),
)
"""Conversions that happen: decimal prefixes, kg to lb, kPa to psi, Cel to [degF]."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """Damaged training rows and what is known about them."""

    examples: Examples
    bad_rows: Mask  # (n,) whose target, label, life or normality is wrong
    bad_cells: Mapping[str, Mask]  # input column -> (n,) cells that are wrong
    truth: Examples  # the same rows as they should be


def damage(train: Examples, kind: str, strength: float, seed: int) -> Damaged:
    """The rows with one kind of damage in them; the same arguments give the same damage.

    Raises:
        ValueError: the kind does not apply to these rows.
    """
    if kind not in kinds_for(train):
        raise ValueError(f"{kind} does not apply to these rows; what does: {', '.join(kinds_for(train))}")
    return DAMAGES[kind](train, strength, np.random.default_rng([seed, len(kind), sum(kind.encode())]))


def kinds_for(examples: Examples) -> tuple[str, ...]:
    """Kinds of damage that can befall these rows."""
    alone = examples.asset is None and examples.time is None and examples.batch is None
    inputs = [k for k in DAMAGES if k.startswith("input_")] if _measured(examples) else []
    own = {
        Task.REGRESSION: [k for k in DAMAGES if k.startswith("target_")],
        Task.CLASSIFICATION: [k for k in DAMAGES if k.startswith("label_")],
        Task.REMAINING_LIFE: ["false_life"],
        Task.MONITORING: ["contaminated_normal", "contaminated_faults"],
    }[examples.task]
    repeated = ["duplicates"] if alone and examples.task in (Task.REGRESSION, Task.CLASSIFICATION) else []
    return (*own, *inputs, *repeated, *(["mixed"] if inputs else []))


# --- where and how much ------------------------------------------------------------------------------------------------


def _some(rng: Rng, pool: Index, share: float) -> Index:
    """That share of the pool, at least 1, in order."""
    return np.sort(rng.choice(pool, min(len(pool), max(1, round(share * len(pool)))), replace=False))


def _spread(x: Array) -> float:
    known = x[np.isfinite(x)]
    size = 1.4826 * float(np.median(np.abs(known - np.median(known)))) if len(known) else 0.0
    return size or float(known.std()) or 1.0


def _mask(n: int, at: Index) -> Mask:
    out = np.zeros(n, bool)
    out[at] = True
    return out


def _column(examples: Examples, name: str) -> Array:
    return examples.features[name].cast(pl.Float64).to_numpy().astype(np.float64).copy()


def _measured(examples: Examples) -> list[str]:
    """Number columns with more than ten values."""
    frame = examples.features
    return [c for c in frame.columns if frame[c].dtype.is_numeric() and frame[c].n_unique() > 10]


def _telling(examples: Examples, rng: Rng, count: int) -> list[str]:
    """Columns drawn among the half of the measured ones that says most about the target (by correlation ratio in tenths)."""
    names = _measured(examples)
    said = {c: _says(_column(examples, c), examples.target) for c in names}
    best = sorted(names, key=lambda c: -said[c])[: max(1, -(-len(names) // 2))]
    return [str(c) for c in rng.choice(best, min(count, len(best)), replace=False)]


def _says(x: Array, y: Array) -> float:
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < 20 or np.ptp(y[known]) == 0:
        return 0.0
    tenth = np.searchsorted(np.quantile(x[known], np.arange(1, 10) / 10), x[known])
    size = np.bincount(tenth, minlength=10)
    mean = np.bincount(tenth, y[known], minlength=10) / np.maximum(size, 1)
    return float(size @ (mean - y[known].mean()) ** 2 / (len(y[known]) * y[known].var()))


def _block(rng: Rng, examples: Examples, share: float) -> Index:
    """Neighbouring rows: of one asset after another where there are assets, else of the file's order."""
    n, length = len(examples), max(2, round(share * len(examples)))
    begin = int(rng.integers(max(1, n - length)))
    return np.arange(begin, min(begin + length, n))


def _targets(train: Examples, target: Array) -> Damaged:
    """Rows whose target differs from the truth are bad."""
    return Damaged(replace(train, target=target), target != train.target, {}, train)


# --- wrong targets -----------------------------------------------------------------------------------------------------


def _target_unit(train: Examples, s: float, rng: Rng) -> Damaged:
    """In another unit: one conversion out of UNITS for all of them."""
    at = _some(rng, np.arange(len(train)), s)
    factor, offset = UNITS[int(rng.integers(len(UNITS)))]
    y = train.target.copy()
    y[at] = y[at] * factor + offset
    return _targets(train, y)


def _target_swap(train: Examples, s: float, rng: Rng) -> Damaged:
    """Exchanged among themselves: each gets the value of another row."""
    at = rng.permutation(_some(rng, np.arange(len(train)), max(s, 2 / len(train))))
    y = train.target.copy()
    y[at] = train.target[np.roll(at, 1)]
    return _targets(train, y)


def _target_constant(train: Examples, s: float, rng: Rng) -> Damaged:
    """All of them one value: 0, or a value that the record holds."""
    at = _some(rng, np.arange(len(train)), s)
    y = train.target.copy()
    y[at] = 0.0 if rng.random() < 0.5 else float(rng.choice(train.target))
    return _targets(train, y)


def _target_gross(train: Examples, s: float, rng: Rng) -> Damaged:
    """Off by 3 to 10 spreads, either way."""
    at = _some(rng, np.arange(len(train)), s)
    y = train.target.copy()
    y[at] += rng.choice([-1, 1], len(at)) * rng.uniform(3, 10, len(at)) * _spread(y)
    return _targets(train, y)


def _target_offset_batch(train: Examples, s: float, rng: Rng) -> Damaged:
    """Whole batches, or else one block of rows, off by 1 to 3 spreads the same way."""
    n = len(train)
    if train.batch is not None:
        codes = rng.permutation(np.unique(train.batch))
        at = np.flatnonzero(np.isin(train.batch, codes[: max(1, round(s * len(codes)))]))
    else:
        at = _block(rng, train, s)
    y = train.target.copy()
    y[at] += rng.choice([-1, 1]) * rng.uniform(1, 3) * _spread(y)
    return Damaged(replace(train, target=y), _mask(n, at), {}, train)


def _target_drift(train: Examples, s: float, rng: Rng) -> Damaged:
    """The laboratory is slowly off over the last share of the rows, in the end by 2 to 4 spreads."""
    n = len(train)
    at = np.arange(n - max(2, round(s * n)), n)
    y = train.target.copy()
    y[at] += rng.choice([-1, 1]) * rng.uniform(2, 4) * _spread(y) * np.linspace(1 / len(at), 1, len(at))
    return Damaged(replace(train, target=y), _mask(n, at), {}, train)


# --- wrong labels ------------------------------------------------------------------------------------------------------


def _label_uniform(train: Examples, s: float, rng: Rng) -> Damaged:
    """Any other class, each as likely."""
    at, k = _some(rng, np.arange(len(train)), s), len(train.classes)
    y = train.target.copy()
    y[at] = (y[at] + rng.integers(1, k, len(at))) % k
    return _targets(train, y)


def _label_pair(train: Examples, s: float, rng: Rng) -> Damaged:
    """Always the class that lies nearest (by the means of the scaled columns), as likely for rows of every class."""
    at, centre = _some(rng, np.arange(len(train)), s), _centres(train)
    far = ((centre[:, None] - centre) ** 2).sum(2)
    np.fill_diagonal(far, np.inf)
    y = train.target.copy()
    y[at] = far.argmin(1)[y[at].astype(np.int64)]
    return _targets(train, y)


def _centres(train: Examples) -> Array:
    x = np.column_stack([_column(train, c) for c in _measured(train)])
    x = (x - np.nanmean(x, 0)) / np.maximum(np.nanstd(x, 0), 1e-12)
    codes = range(len(train.classes))
    mine = [x[train.target == c] for c in codes]
    return np.stack([np.nanmean(m, 0) if len(m) else np.full(x.shape[1], np.inf) for m in mine])


def _label_hard(train: Examples, s: float, rng: Rng) -> Damaged:
    """The class that a forest holds for second best, likelier where it is less sure (out of bag): near the boundary."""
    from sklearn.ensemble import RandomForestClassifier

    x = _coded(train)
    forest = RandomForestClassifier(150, oob_score=True, random_state=int(rng.integers(2**31))).fit(x, train.target)
    p = np.zeros((len(train), len(train.classes)))
    p[:, forest.classes_.astype(np.int64)] = np.nan_to_num(forest.oob_decision_function_)
    own = train.target.astype(np.int64)
    rival = p.copy()
    rival[np.arange(len(p)), own] = -1
    chance = rival.max(1).clip(0) + 1e-3
    count = max(1, round(s * len(p)))
    at = rng.choice(len(p), count, replace=False, p=chance / chance.sum())
    y = train.target.copy()
    y[at] = rival.argmax(1)[at]
    return _targets(train, y)


def _coded(train: Examples) -> Array:
    made = [c.cast(pl.Categorical).to_physical() if c.dtype == pl.String else c for c in train.features]
    return np.nan_to_num(np.column_stack([c.cast(pl.Float64).to_numpy() for c in made]), nan=-1e6)


def _label_missed(train: Examples, s: float, rng: Rng) -> Damaged:
    """Rows of the rarest class recorded as the most frequent one: nobody noticed."""
    count = np.bincount(train.target.astype(np.int64), minlength=len(train.classes))
    rare = int(np.where(count > 0, count, count.max() + 1).argmin())
    at = _some(rng, np.flatnonzero(train.target == rare), s)
    y = train.target.copy()
    y[at] = int(count.argmax())
    return _targets(train, y)


# --- wrong lives and normal parts --------------------------------------------------------------------------------------


def _false_life(train: Examples, s: float, rng: Rng) -> Damaged:
    """Assets with a wrong failure time.

    Half of them were taken out at 40 to 80 % of their life, which was booked as a failure: later rows are not there.
    The others' failure was booked late, by 20 to 60 % of their life.
    """
    assert train.asset is not None
    assert train.time is not None
    y, keep, bad = train.target.copy(), np.ones(len(train), bool), np.zeros(len(train), bool)
    cap = float(y.max())
    codes = np.unique(train.asset)
    for turn, a in enumerate(rng.permutation(_some(rng, codes, s))):
        mine = np.flatnonzero(train.asset == a)
        time = train.time[mine]
        life = time[-1] + train.target[mine[-1]] - time[0]
        if turn % 2 == 0:
            end = time[0] + rng.uniform(0.4, 0.8) * life
            keep[mine[time > end]] = False
        else:
            end = time[0] + (1 + rng.uniform(0.2, 0.6)) * life
        y[mine] = np.clip(end - time, 0, cap)
        bad[mine] = True
    kept = np.flatnonzero(keep)
    bad &= y != train.target
    return Damaged(replace(train, target=y).take(kept), bad[kept], {}, train.take(kept))


def _contaminated_normal(train: Examples, s: float, rng: Rng) -> Damaged:
    """Spikes of 6 to 15 spreads in one to three columns of rows declared normal."""
    at = _some(rng, np.flatnonzero(_normal(train)), s)
    x, cells = {c: _column(train, c) for c in _measured(train)}, {}
    for row in at:
        for c in rng.choice(list(x), min(len(x), int(rng.integers(1, 4))), replace=False):
            x[c][row] += rng.choice([-1, 1]) * rng.uniform(6, 15) * _spread(_column(train, c)[_normal(train)])
            cells.setdefault(str(c), np.zeros(len(train), bool))[row] = True
    frame = train.features.with_columns(pl.Series(c, v, nan_to_null=True) for c, v in x.items())
    return Damaged(replace(train, features=frame), _mask(len(train), at), cells, train)


def _contaminated_faults(train: Examples, s: float, rng: Rng) -> Damaged:
    """A fault that nobody noticed: a stretch of the normal part holds rows of known faults instead."""
    normal, faults = np.flatnonzero(_normal(train)), np.flatnonzero((train.target == 1) & ~_normal(train))
    length = min(max(2, round(s * len(normal))), len(faults))
    begin, source = int(rng.integers(len(normal) - length + 1)), int(rng.integers(len(faults) - length + 1))
    at = normal[begin : begin + length]
    index = np.arange(len(train))
    index[at] = faults[source : source + length]
    return Damaged(replace(train, features=train.features[index]), _mask(len(train), at), {}, train)


def _normal(train: Examples) -> Mask:
    return np.asarray(train.target == 0) if train.normal is None else train.normal


# --- wrong inputs ------------------------------------------------------------------------------------------------------


def _inputs(train: Examples, rng: Rng, wrong: Callable[[Array, str], tuple[Index, Array]], count: int) -> Damaged:
    """Set cells of some telling columns; bad are the cells that changed."""
    cells, columns = {}, []
    for name in _telling(train, rng, count):
        x = _column(train, name)
        at, values = wrong(x.copy(), name)
        new = x.copy()
        new[at] = values
        cells[name] = _mask(len(x), at) & ~((new == x) | (np.isnan(new) & np.isnan(x)))
        columns.append(pl.Series(name, new, nan_to_null=True))
    return Damaged(
        replace(train, features=train.features.with_columns(columns)), np.zeros(len(train), bool), cells, train
    )


def _input_unit(train: Examples, s: float, rng: Rng) -> Damaged:
    """One column in another unit in a share of its rows."""
    factor, offset = UNITS[int(rng.integers(len(UNITS)))]

    def wrong(x: Array, _: str) -> tuple[Index, Array]:
        at = _some(rng, np.arange(len(x)), s)
        return at, x[at] * factor + offset

    return _inputs(train, rng, wrong, 1)


def _input_spike(train: Examples, s: float, rng: Rng) -> Damaged:
    """Two columns with single values that are off by 6 to 15 spreads."""

    def wrong(x: Array, _: str) -> tuple[Index, Array]:
        at = _some(rng, np.arange(len(x)), s)
        return at, x[at] + rng.choice([-1, 1], len(at)) * rng.uniform(6, 15, len(at)) * _spread(x)

    return _inputs(train, rng, wrong, 2)


def _input_stuck(train: Examples, s: float, rng: Rng) -> Damaged:
    """One column that stands still over a stretch of neighbouring rows."""

    def wrong(x: Array, _: str) -> tuple[Index, Array]:
        at = _block(rng, train, s)
        known = x[at][np.isfinite(x[at])]
        return at, np.full(len(at), known[0] if len(known) else np.nan)

    return _inputs(train, rng, wrong, 1)


def _input_missing_code(train: Examples, s: float, rng: Rng) -> Damaged:
    """Two columns in which -999 stands for "not measured"."""

    def wrong(x: Array, _: str) -> tuple[Index, Array]:
        at = _some(rng, np.arange(len(x)), s)
        return at, np.full(len(at), -999.0)

    return _inputs(train, rng, wrong, 2)


def _input_drift(train: Examples, s: float, rng: Rng) -> Damaged:
    """One sensor slowly off over the last share of the rows, in the end by 2 to 4 spreads."""

    def wrong(x: Array, _: str) -> tuple[Index, Array]:
        at = np.arange(len(x) - max(2, round(s * len(x))), len(x))
        return at, x[at] + rng.choice([-1, 1]) * rng.uniform(2, 4) * _spread(x) * np.linspace(1 / len(at), 1, len(at))

    return _inputs(train, rng, wrong, 1)


# --- both --------------------------------------------------------------------------------------------------------------


def _duplicates(train: Examples, s: float, rng: Rng) -> Damaged:
    """Some rows are there 21 times more, each copy with the same wrong target; the copies are added at the end.

    The strength is the share of copies added, in rows as they were. Wrong by 2 to 5 spreads, or another class.
    """
    count = max(1, round(s * len(train) / 20))
    chosen = np.sort(rng.choice(len(train), min(count, len(train)), replace=False))
    y = train.target[chosen]
    if train.task is Task.CLASSIFICATION:
        wrong = (y + rng.integers(1, len(train.classes), len(y))) % len(train.classes)
    else:
        wrong = y + rng.choice([-1, 1], len(y)) * rng.uniform(2, 5, len(y)) * _spread(train.target)
    index = np.concatenate([np.arange(len(train)), np.repeat(chosen, 20)])
    more = len(index) - len(train)
    truth = replace(train.take(index), rows=np.concatenate([train.rows, train.rows.max() + 1 + np.arange(more)]))
    target = np.concatenate([train.target, np.repeat(wrong, 20)])
    return Damaged(replace(truth, target=target), np.arange(len(index)) >= len(train), {}, truth)


_PARTS = {
    Task.REGRESSION: ("target_swap", "input_spike"),
    Task.CLASSIFICATION: ("label_uniform", "input_missing_code"),
    Task.REMAINING_LIFE: ("false_life", "input_spike"),
    Task.MONITORING: ("contaminated_normal", "input_stuck"),
}


def _mixed(train: Examples, s: float, rng: Rng) -> Damaged:
    """Wrong targets and wrong inputs at once, each of that strength."""
    own, other = _PARTS[train.task]
    first = DAMAGES[own](train, s, rng)
    second = DAMAGES[other](first.examples, s, rng)
    n = len(first.bad_rows)
    names = {*first.bad_cells, *second.bad_cells}
    none = np.zeros(n, bool)
    cells = {c: first.bad_cells.get(c, none) | second.bad_cells.get(c, none) for c in sorted(names)}
    return Damaged(second.examples, first.bad_rows, cells, first.truth)


DAMAGES: Mapping[str, Callable[[Examples, float, Rng], Damaged]] = {
    "target_unit": _target_unit,
    "target_swap": _target_swap,
    "target_constant": _target_constant,
    "target_gross": _target_gross,
    "target_offset_batch": _target_offset_batch,
    "target_drift": _target_drift,
    "label_uniform": _label_uniform,
    "label_pair": _label_pair,
    "label_hard": _label_hard,
    "label_missed": _label_missed,
    "false_life": _false_life,
    "contaminated_normal": _contaminated_normal,
    "contaminated_faults": _contaminated_faults,
    "input_unit": _input_unit,
    "input_spike": _input_spike,
    "input_stuck": _input_stuck,
    "input_missing_code": _input_missing_code,
    "input_drift": _input_drift,
    "duplicates": _duplicates,
    "mixed": _mixed,
}


# --- decoys ------------------------------------------------------------------------------------------------------------


def decoy(pair: Pair, kind: str, seed: int) -> Pair:
    """A change that looks like damage and is none; the judged rows change only by a column that says nothing."""
    return DECOYS[kind](pair, np.random.default_rng([seed, len(kind), sum(kind.encode())]))


def decoys_for(examples: Examples) -> tuple[str, ...]:
    """Decoys that make sense for these rows."""
    alone = examples.asset is None and examples.time is None and examples.batch is None
    return tuple(k for k in DECOYS if not k.startswith("repeated_") or alone)


def _repeated(pair: Pair, rng: Rng) -> Pair:
    """A tenth of the rows is there twice, as it was."""
    return _again(pair, _some(rng, np.arange(len(pair.train)), 0.1))


def _repeated_extremes(pair: Pair, rng: Rng) -> Pair:
    """The rows with the most extreme targets (or of the rarest class) are there twice, and they are right."""
    y = pair.train.target
    if pair.train.task is Task.CLASSIFICATION:
        count = np.bincount(y.astype(np.int64))
        rare = int(np.where(count > 0, count, len(y) + 1).argmin())
        return _again(pair, _some(rng, np.flatnonzero(y == rare), 0.5))
    return _again(pair, np.sort(np.argsort(-np.abs(y - np.median(y)), kind="stable")[: len(y) // 20]))


def _again(pair: Pair, chosen: Index) -> Pair:
    train = pair.train
    made = train.take(np.concatenate([np.arange(len(train)), chosen]))
    rows = np.concatenate([train.rows, train.rows.max() + 1 + np.arange(len(chosen))])
    return replace(pair, train=replace(made, rows=rows))


def _odd_column(pair: Pair, rng: Rng) -> Pair:
    """A column that has nothing to do with the target, in both parts: it spikes, stands still and drifts."""

    def made(n: int) -> Array:
        x = 20 + rng.normal(size=n) + np.linspace(0, 3, n)
        begin = int(rng.integers(max(1, n - n // 10)))
        x[begin : begin + n // 10] = x[begin]
        hit = rng.random(n) < 0.02
        x[hit] += rng.choice([-1, 1], int(hit.sum())) * rng.uniform(8, 20, int(hit.sum()))
        return x

    return Pair(
        *(
            replace(p, features=p.features.with_columns(pl.Series("spare", made(len(p)))))
            for p in (pair.train, pair.test)
        )
    )


def _coarse(pair: Pair, rng: Rng) -> Pair:
    """One telling column is written with fewer digits (a fifth of its spread); it looks stuck here and there."""
    name = _telling(pair.train, rng, 1)[0]
    x = _column(pair.train, name)
    step = _spread(x) / 5
    column = pl.Series(name, np.round(x / step) * step, nan_to_null=True)
    return replace(pair, train=replace(pair.train, features=pair.train.features.with_columns(column)))


def _holes(pair: Pair, rng: Rng) -> Pair:
    """3 % of the cells of two columns are missing, and say so."""
    frame = pair.train.features
    for name in _telling(pair.train, rng, 2):
        x = _column(pair.train, name)
        x[_some(rng, np.arange(len(x)), 0.03)] = np.nan
        frame = frame.with_columns(pl.Series(name, x, nan_to_null=True))
    return replace(pair, train=replace(pair.train, features=frame))


DECOYS: Mapping[str, Callable[[Pair, Rng], Pair]] = {
    "repeated_rows": _repeated,
    "repeated_extremes": _repeated_extremes,
    "odd_column": _odd_column,
    "coarse_column": _coarse,
    "said_holes": _holes,
}
