"""Other ways to deal with dirty rows, each with the same learner on top, so that repairs are compared and not learners.

`PEERS[name](dirty, fit, seed)` gives a function that predicts; `fit(examples)` is the learner. `GROUND[name]` are the
kinds of damage that a peer was made for: there it is to be compared. A peer sees what a user has: dirty rows, no truth.
It trains a small model at most six times before the learner runs. Rows to predict are left as they are.

- cleanlab-drop, cleanlab-relabel: confident learning; Northcutt, Jiang & Chuang, JAIR 70 (2021), by cleanlab itself on
  out-of-fold probabilities of a forest (whole assets or batches held out together).
- isolation-forest: Liu, Ting & Zhou, ICDM 2008; a tenth of the rows, the usual default (PyOD), because the limit that
  scikit-learn calls "auto" takes half of some clean sets; the target is one of the columns if it is a value.
- mad: modified z score above 3.5; Iglewicz & Hoaglin, How to Detect and Handle Outliers (1993).
- comet-like: which column to clean next; after COMET, EDBT 2025 (arXiv 2503.11366), with our cleaner in place of a person.
- boostclean-like: after BoostClean (Krishnan et al., arXiv 1711.01299), two rounds over a small library of repairs.
- random-drop: a tenth of the rows, at random; what dropping is worth in itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.damages import DAMAGES
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task

__all__ = ["GROUND", "PEERS", "Fit", "Peer", "Predict", "peers_for"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
Predict = Callable[[Examples], Array]
Fit = Callable[[Examples], Predict]
Peer = Callable[[Examples, Fit, int], Predict]

LIMIT = 3.5
"""Modified z score (0.6745 deviations over the median absolute deviation) above which a number is called an outlier."""

ISOLATED = 0.1
"""Share of rows that the isolation forest drops."""

FOLDS, TREES, ROUNDS, STILL, COLUMNS = 5, 100, 80, 10, 3
"""Folds and trees of out-of-fold probabilities; rounds of a small model; rows that stand still; columns COMET tries."""


def peers_for(kind: str) -> tuple[str, ...]:
    """The peers that a kind of damage is the ground of."""
    return tuple(name for name, kinds in GROUND.items() if kind in kinds)


# --- what several peers share ------------------------------------------------------------------------------------------


def _coded(examples: Examples) -> Array:
    """Numbers as they are (nan = missing), categories as codes; (n, d)."""
    frame = examples.features
    made = [c.rank("dense") if c.dtype == pl.String else c for c in frame]
    return np.column_stack([c.cast(pl.Float64).to_numpy().astype(np.float64) for c in made])


def _filled(x: Array) -> Array:
    middle = np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else 0.0 for c in x.T])
    return np.where(np.isfinite(x), x, middle)


def _valued(examples: Examples) -> bool:
    return examples.task in (Task.REGRESSION, Task.REMAINING_LIFE)


def _learnt(examples: Examples) -> Index:
    """Rows that are learnt from and can be dropped: all, or the normal part."""
    return np.arange(len(examples)) if examples.normal is None else np.flatnonzero(examples.normal)


def _groups(examples: Examples) -> Index:
    made = examples.asset if examples.asset is not None else examples.batch
    return np.arange(len(examples)) if made is None else made


def _without(examples: Examples, rows: Index) -> Examples:
    keep = np.ones(len(examples), bool)
    keep[rows] = False
    return examples.take(np.flatnonzero(keep))


def _far(x: Array) -> Array:
    """Modified z scores of one column; 0 where it has no spread or a value is missing."""
    known = x[np.isfinite(x)]
    spread = float(np.median(np.abs(known - np.median(known)))) if len(known) else 0.0
    if spread == 0:
        return np.zeros(len(x))
    return np.nan_to_num(0.6745 * np.abs(x - np.median(known)) / spread)


# --- dropping rows -----------------------------------------------------------------------------------------------------


def _random_drop(dirty: Examples, fit: Fit, seed: int) -> Predict:
    pool = _learnt(dirty)
    return fit(_without(dirty, np.random.default_rng(seed).choice(pool, len(pool) // 10, replace=False)))


def _mad(dirty: Examples, fit: Fit, seed: int) -> Predict:
    """Drops rows with an outlier in any number column or the target, at most half of them, the farthest first."""
    del seed
    return fit(_without(dirty, _outlying(dirty)))


def _outlying(dirty: Examples) -> Index:
    pool = _learnt(dirty)
    numbers = [c for c in dirty.features.columns if dirty.features[c].dtype.is_numeric()]
    columns = [dirty.features[c].to_numpy().astype(np.float64) for c in numbers]
    columns += [dirty.target] if _valued(dirty) else []
    worst = np.max([_far(c[pool]) for c in columns], axis=0) if columns else np.zeros(len(pool))
    order = np.argsort(-worst, kind="stable")[: len(pool) // 2]
    return np.sort(pool[order[worst[order] > LIMIT]])


def _forest(dirty: Examples, fit: Fit, seed: int) -> Predict:
    return fit(_without(dirty, _isolated(dirty, seed)))


def _isolated(dirty: Examples, seed: int) -> Index:
    from sklearn.ensemble import IsolationForest

    pool = _learnt(dirty)
    x = np.column_stack([_coded(dirty), dirty.target]) if _valued(dirty) else _coded(dirty)
    x = _filled(x[pool])
    return pool[IsolationForest(contamination=ISOLATED, random_state=seed).fit(x).predict(x) < 0]


# --- labels ------------------------------------------------------------------------------------------------------------


def _out_of_fold(dirty: Examples, seed: int) -> Array:
    """(n, k) probabilities of classes by a forest that has not learnt from the row, nor from its asset or batch."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    x, y = _filled(_coded(dirty)), dirty.target.astype(np.int64)
    alone = dirty.asset is None and dirty.batch is None
    sort = StratifiedKFold if alone else StratifiedGroupKFold
    made = np.zeros((len(y), len(dirty.classes)))
    groups = None if alone else _groups(dirty)
    folds = FOLDS if groups is None else min(FOLDS, len(np.unique(groups)))
    for train, test in sort(folds, shuffle=True, random_state=seed).split(x, y, groups):
        model = RandomForestClassifier(TREES, random_state=seed).fit(x[train], y[train])
        made[np.ix_(test, model.classes_)] = model.predict_proba(x[test])
    return made


def _cleanlab(dirty: Examples, fit: Fit, seed: int, *, relabel: bool) -> Predict:
    """Rows that confident learning calls mislabelled (pruned by noise rate, its default) dropped, or given the likeliest class."""
    from cleanlab.filter import find_label_issues

    if dirty.task is not Task.CLASSIFICATION:
        return fit(dirty)
    present, own = np.unique(dirty.target.astype(np.int64), return_inverse=True)
    chance = _out_of_fold(dirty, seed)[:, present] + 1e-12
    chance /= chance.sum(axis=1, keepdims=True)
    wrong = np.asarray(find_label_issues(own, chance, n_jobs=1))
    if not relabel:
        return fit(_without(dirty, np.flatnonzero(wrong)))
    return fit(replace(dirty, target=np.where(wrong, present[chance.argmax(axis=1)], dirty.target)))


# --- cells: a simple cleaner, and a small model that judges it on rows held out ------------------------------------------


def _suspects(examples: Examples) -> dict[str, Mask]:
    """Cells a simple cleaner would take out: outliers, and stretches in which a column that moves stands still."""
    found = {}
    for name in examples.features.columns:
        column = examples.features[name]
        if not column.dtype.is_numeric() or column.n_unique() <= 10:
            continue
        x = column.to_numpy().astype(np.float64)
        bad = (_far(x) > LIMIT) | _still(x)
        if bad.any():
            found[name] = bad
    return found


def _still(x: Array) -> Mask:
    """Rows of runs of the same value, ten or more, in a column that otherwise hardly repeats itself."""
    begin = np.append(True, x[1:] != x[:-1])
    size = np.bincount(np.cumsum(begin) - 1)
    if np.median(size) > 1:
        return np.zeros(len(x), bool)
    return np.asarray(np.repeat(size >= STILL, size) & np.isfinite(x))


def _cleaned(examples: Examples, cells: Mapping[str, Mask], *, fill: bool = False) -> Examples:
    """Those cells missing, or with the median of the column's other cells."""
    made = []
    for name, bad in cells.items():
        x = examples.features[name].to_numpy().astype(np.float64).copy()
        rest = x[~bad & np.isfinite(x)]
        x[bad] = float(np.median(rest)) if fill and len(rest) else np.nan
        made.append(pl.Series(name, x, nan_to_null=True))
    return replace(examples, features=examples.features.with_columns(made))


def _held_out(examples: Examples, seed: int) -> Mask:
    """Three tenths of the rows, of whole assets or batches where there are enough of them."""
    rng, groups = np.random.default_rng(seed), _groups(examples)
    codes = np.unique(groups)
    if len(codes) < 10:
        return np.asarray(rng.random(len(examples)) < 0.3)
    return np.isin(groups, rng.choice(codes, round(0.3 * len(codes)), replace=False))


def _small(examples: Examples, learnt: Mask, seed: int) -> Array:
    """Every row predicted by a small model of the learnt ones: values, class codes, or a score of strangeness."""
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        IsolationForest,
    )

    x, y = _coded(examples), examples.target
    if examples.task is Task.MONITORING:
        mine = learnt & (examples.normal if examples.normal is not None else y == 0)
        return -np.asarray(IsolationForest(random_state=seed).fit(_filled(x)[mine]).score_samples(_filled(x)))
    sort = HistGradientBoostingRegressor if _valued(examples) else HistGradientBoostingClassifier
    more: dict[str, Any] = {"loss": "absolute_error"} if _valued(examples) else {}
    model = sort(max_iter=ROUNDS, max_leaf_nodes=15, early_stopping=False, random_state=seed, **more)
    return np.asarray(model.fit(x[learnt], y[learnt]).predict(x), np.float64)


def _worth(examples: Examples, made: Array, judged: Mask) -> float:
    """Larger is better: minus the mean absolute error, macro F1, or the area under the curve of known rows (else 0)."""
    from sklearn.metrics import f1_score, roc_auc_score

    y = examples.target
    use = judged & np.isfinite(y)
    if _valued(examples):
        return -float(np.abs(y - made)[use].mean())
    if examples.task is Task.CLASSIFICATION:
        return float(f1_score(y[use], made[use], average="macro", zero_division=0))
    return float(roc_auc_score(y[use], made[use])) if len(np.unique(y[use])) == 2 else 0.0


def _comet(dirty: Examples, fit: Fit, seed: int) -> Predict:
    """Which column to clean next: what more dirt would cost says what less would bring; per cell cleaned; then tried.

    The three columns with most suspected cells are dirtied further, by as much as they seem to have; the loss per cell
    is the gain to be hoped for. In that order two of them are cleaned, each kept if the held-out rows do not get worse.
    """
    cells = _suspects(dirty)
    judged, rng = _held_out(dirty, seed), np.random.default_rng(seed)
    tried = sorted(cells, key=lambda c: -int(cells[c].sum()))[:COLUMNS]
    best = _worth(dirty, _small(dirty, ~judged, seed), judged) if tried else 0.0
    hoped = {}
    for name in tried:
        worse = _dirtier(dirty, name, cells[name], rng)
        hoped[name] = (best - _worth(worse, _small(worse, ~judged, seed), judged)) / int(cells[name].sum())
    current = dirty
    for name in sorted(tried, key=lambda c: -hoped[c])[:2]:
        other = _cleaned(current, {name: cells[name]})
        worth = _worth(other, _small(other, ~judged, seed), judged)
        if worth >= best:
            current, best = other, worth
    return fit(current)


def _dirtier(examples: Examples, name: str, bad: Mask, rng: np.random.Generator) -> Examples:
    """As many cells again of that column get values drawn from the suspected ones."""
    x = examples.features[name].to_numpy().astype(np.float64).copy()
    good = np.flatnonzero(~bad)
    at = rng.choice(good, min(int(bad.sum()), len(good)), replace=False)
    x[at] = rng.choice(x[bad], len(at))
    return replace(examples, features=examples.features.with_columns(pl.Series(name, x, nan_to_null=True)))


def _boostclean(dirty: Examples, fit: Fit, seed: int) -> Predict:
    """The two repairs that boosting picks on held-out rows, as dirty as they are; their learners' weighted mean.

    Library: nothing, suspected cells missing, suspected cells filled, rows with outliers dropped, isolated rows dropped.
    Rounds reweigh held-out rows by AdaBoost.R2 (Drucker, ICML 1997), which for a loss of 0 or 1 is AdaBoost.
    """
    cells, judged, nothing = _suspects(dirty), _held_out(dirty, seed), np.zeros(0, np.int64)
    library: list[tuple[Examples, Index]] = [(dirty, nothing)]
    library += [(_cleaned(dirty, cells, fill=fill), nothing) for fill in (False, True)] if cells else []
    library += [(dirty, rows) for rows in (_outlying(dirty), _isolated(dirty, seed)) if len(rows)]
    loss = np.stack([_loss(e, ~judged & ~np.isin(np.arange(len(e)), drop), judged, seed) for e, drop in library])
    weight, chosen = np.full(loss.shape[1], 1 / max(loss.shape[1], 1)), {}
    for _ in range(2):
        each = loss @ weight
        i = int(each.argmin())
        odds = np.clip(each[i], 1e-3, 0.499) / (1 - np.clip(each[i], 1e-3, 0.499))
        chosen[i] = chosen.get(i, 0.0) - float(np.log(odds))
        weight = weight * odds ** (1 - loss[i])
        weight /= weight.sum()
    whole = sum(chosen.values())
    models = [(w / whole, fit(_without(*library[i]))) for i, w in chosen.items()]
    return lambda rows: np.asarray(sum(w * np.asarray(model(rows)) for w, model in models))


def _loss(examples: Examples, learnt: Mask, judged: Mask, seed: int) -> Array:
    """Loss of each held-out row with a known target, 0..1: wrong or right; error over two spreads of the target; misplaced."""
    use, made = judged & np.isfinite(examples.target), _small(examples, learnt, seed)
    y = examples.target[use]
    if examples.task is Task.CLASSIFICATION:
        return (made[use] != y).astype(np.float64)
    if examples.task is Task.MONITORING:
        rank = np.argsort(np.argsort(made[use], kind="stable")) / max(len(y) - 1, 1)
        return np.asarray(np.abs(rank - y), np.float64)
    error = np.abs(made[use] - y)
    return np.asarray(np.clip(error / (2 * float(np.std(y)) or 1.0), 0, 1))


PEERS: Mapping[str, Peer] = {
    "cleanlab-drop": partial(_cleanlab, relabel=False),
    "cleanlab-relabel": partial(_cleanlab, relabel=True),
    "isolation-forest": _forest,
    "mad": _mad,
    "comet-like": _comet,
    "boostclean-like": _boostclean,
    "random-drop": _random_drop,
}

_LABELS = tuple(k for k in DAMAGES if k.startswith("label_"))
_INPUTS = tuple(k for k in DAMAGES if k.startswith("input_"))
_GROSS = ("target_gross", "target_unit", "input_spike", "contaminated_normal")

GROUND: Mapping[str, tuple[str, ...]] = {
    "cleanlab-drop": _LABELS,
    "cleanlab-relabel": _LABELS,
    "isolation-forest": _GROSS,
    "mad": _GROSS,
    "comet-like": _INPUTS,
    "boostclean-like": _INPUTS,
    "random-drop": tuple(DAMAGES),
}
