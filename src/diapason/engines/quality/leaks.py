"""Columns that tell the target too well, and rules between flags that some rows break."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from diapason.engines.quality.layout import Floats, Layout, Longs
from diapason.engines.quality.place import Place
from diapason.engines.quality.report import harm
from diapason.engines.quality.sample import Part
from diapason.engines.quality.thresholds import Thresholds
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tables import Role

__all__ = ["FlagRule", "flag_rules", "leaks"]

AFTER = (
    "failure", "fault", "defect", "result", "outcome", "reason", "cause", "repair", "downtime", "reject", "verdict",
    "diagnos", "remaining", "rul", "ttf", "故障", "失效", "缺陷", "结果", "原因", "维修", "停机", "不合格", "剩余",
)  # fmt: skip
"""Parts of names of things that are known only after the fact."""


@dataclass(frozen=True, slots=True)
class FlagRule:
    """Rows with `flag` = 1 have target `value`; or, with an empty flag, rows with target `value` have some flag."""

    flag: str
    flags: tuple[str, ...]
    target: str
    value: float
    odd: bool = False  # its sisters imply the target, it does not


def leaks(place: Place, limits: Thresholds) -> Iterator[Finding]:
    """Single columns from which the target follows, exactly or nearly."""
    layout, part = place.layout, place.part
    if layout.target is None or len(part) < 50:
        return
    y, classes = _target(layout, part)
    if y is None:
        return
    for j, name in enumerate(layout.numbers):
        if name != layout.target and layout.roles.get(name) not in (Role.LEAK, Role.IGNORED, Role.TARGET):
            sign = _number(part.X[j], y, classes, limits)
            if sign is not None:
                yield _said(name, *sign, place)
    for name in layout.words:
        if name != layout.target and layout.roles.get(name) not in (Role.LEAK, Role.IGNORED, Role.TARGET):
            sign = _category(part.words[name], y, classes, limits)
            if sign is not None:
                yield _said(name, *sign, place)


def _said(name: str, how: str, left: float, sure: float, place: Place) -> Finding:
    late = any(p in name.lower() for p in AFTER)
    where = Where((name,), (), place.rows, place.rows)
    facts: dict[str, float | str] = {"how": how, "left": left, "target": place.layout.target or "", "late": float(late)}
    return Finding("leak", where, min(0.99, sure + 0.1 * late), "act" if sure + 0.1 * late > 0.85 else "look", facts)


def _target(layout: Layout, part: Part) -> tuple[Floats | None, bool]:
    """The target as numbers, and whether they are classes."""
    target = layout.target
    if target in layout.numbers:
        y = part.X[layout.numbers.index(target)]
        return y, np.unique(y[np.isfinite(y)]).size <= 20
    if target in layout.words:
        column = part.words[target]
        y = column.rank("dense").cast(pl.Float64).to_numpy()
        return np.where(column.is_null().to_numpy(), np.nan, y), True
    return None, False


Sign = tuple[str, float, float]  # how, what is left unexplained, how sure


def _number(x: Floats, y: Floats, classes: bool, limits: Thresholds) -> Sign | None:
    known = np.isfinite(x) & np.isfinite(y)
    a, b = x[known], y[known]
    if known.sum() < 50 or np.unique(a).size < 2 or np.unique(b).size < 2:
        return None
    if classes:
        return _flag(a, b, limits) or _cut(a, b, limits)
    return _function(a, b, limits)


def _flag(a: Floats, b: Floats, limits: Thresholds) -> Sign | None:
    """A two-valued column whose rarer value goes with one class only, which is not the usual one."""
    values, counts = np.unique(a, return_counts=True)
    if values.size != 2:
        return None
    rare = a == values[counts.argmin()]
    inside, inside_n = np.unique(b[rare], return_counts=True)
    top = inside[inside_n.argmax()]
    pure = inside_n.max() / rare.sum()
    usual = float((b == top).mean())
    if rare.sum() < 5 or pure < limits.flag_implies or usual > 0.5 or pure < 3 * usual:
        return None
    covered = float((rare & (b == top)).sum() / (b == top).sum())
    enough = rare.sum() * np.log(usual) < np.log(1e-6)
    return ("part of the target", 1 - covered, 0.97 if pure == 1 and enough else 0.8) if enough else None


def _cut(a: Floats, b: Floats, limits: Thresholds) -> Sign | None:
    """Classes that lie side by side without overlap along one column of numbers."""
    values, counts = np.unique(a, return_counts=True)
    if values.size > a.size / 5:
        ranked = b[np.argsort(a, kind="stable")]
        wrong = (int((ranked[1:] != ranked[:-1]).sum()) - np.unique(b).size + 1) / 2
    else:
        pairs = np.unique(np.column_stack((a, b)), axis=0, return_counts=True)
        most = np.maximum.reduceat(pairs[1], np.flatnonzero(np.diff(pairs[0][:, 0], prepend=np.nan) != 0))
        wrong = float((counts - most).sum())
    blind = a.size - int(np.unique(b, return_counts=True)[1].max())
    left = max(wrong, 0.0) / blind if blind else 1.0
    return ("classes do not overlap", left, 0.9 if left == 0 else 0.75) if left <= limits.leak_error else None


def _function(a: Floats, b: Floats, limits: Thresholds) -> Sign | None:
    """A target that is a smooth function of the column, or a column that is the rounded target."""
    left = min(_left(a, b), _left(b, a) if np.unique(a).size >= 5 else 1.0)
    linear = 1 - float(np.corrcoef(a, b)[0, 1] ** 2)
    if linear < 1e-6:
        return "copy of the target", linear, 0.99
    if left < 0.1 and _rounded(a, b):
        return "rounded from the target", left, 0.9
    return ("function of the target", left, 0.8) if left <= limits.leak_error / 2 else None


def _left(a: Floats, b: Floats) -> float:
    """Share of b's variance left inside narrow slices of a, after a line in each slice."""
    order = np.argsort(a, kind="stable")
    parts = np.array_split(order, max(min(a.size // 20, 200), 1))
    inside = 0.0
    for p in parts:
        da, db = a[p] - a[p].mean(), b[p] - b[p].mean()
        slope = float(da @ db) / float(da @ da) if float(da @ da) > 0 else 0.0
        inside += float(((db - slope * da) ** 2).sum())
    total = float(((b - b.mean()) ** 2).sum())
    return inside / total if total > 0 else 1.0


def _rounded(a: Floats, b: Floats) -> bool:
    """Whether the column's few values cut the target into pieces that do not overlap."""
    values = np.unique(a)
    if not 5 <= values.size <= min(200, a.size / 10):
        return False
    low = np.array([np.quantile(b[a == v], 0.01) for v in values])
    high = np.array([np.quantile(b[a == v], 0.99) for v in values])
    if np.corrcoef(values, low)[0, 1] < 0:
        low, high = low[::-1], high[::-1]
    overlap = np.maximum(high[:-1] - low[1:], 0.0)
    return bool(overlap.sum() < 0.05 * (high[-1] - low[0]))


def _category(column: pl.Series, y: Floats, classes: bool, limits: Thresholds) -> Sign | None:
    """A category with repeated values from which the class follows."""
    known = np.isfinite(y) & ~column.is_null().to_numpy()
    a = column.fill_null("").rank("dense").to_numpy().astype(np.float64)[known]
    b = y[known]
    groups = np.unique(a).size
    if not classes or known.sum() < 50 or groups > known.sum() / 5 or groups < 2:
        return None
    return _flag(a, b, limits) or _cut(a, b, limits) if groups > 2 else _flag(a, b, limits)


def flag_rules(place: Place, limits: Thresholds) -> tuple[FlagRule, ...]:
    """Flags that are parts of a two-valued target: each implies it, and together they are it.

    Neighbouring flags are a family; one that does not imply the target while most of its sisters do is odd.
    """
    layout, part = place.layout, place.part
    target = layout.target
    if target not in layout.numbers:
        return ()
    y = part.X[layout.numbers.index(target)]
    if not np.isin(y[np.isfinite(y)], (0.0, 1.0)).all() or not (y == 1).any():
        return ()
    for family in _families(layout, part):
        found = _family(family, y, part, layout, limits)
        if found:
            return found
    return ()


def _families(layout: Layout, part: Part) -> Iterator[tuple[str, ...]]:
    """Runs of neighbouring columns with values 0 and 1 only, without the target."""
    run: list[str] = []
    for j, name in enumerate(layout.numbers):
        x = part.X[j][np.isfinite(part.X[j])]
        flag = bool(x.size) and np.isin(x, (0.0, 1.0)).all() and bool((x == 1).any())
        if flag and name != layout.target:
            run.append(name)
        elif name != layout.target:
            yield tuple(run)
            run = []
    yield tuple(run)


def _family(family: tuple[str, ...], y: Floats, part: Part, layout: Layout, limits: Thresholds) -> tuple[FlagRule, ...]:
    target = layout.target or ""
    columns = {f: part.X[layout.numbers.index(f)] == 1 for f in family}
    implied = {f: float((y[on] == 1).mean()) for f, on in columns.items()}
    base = float((y == 1).mean())
    parts = tuple(f for f in family if implied[f] >= 1 - limits.rule_breaks and base < 0.5)
    if len(parts) < 2 or len(parts) < limits.family * len(family):
        return ()
    some = np.any([columns[f] for f in parts], axis=0)
    rules = [FlagRule(f, (f,), target, 1.0, odd=f not in parts) for f in family]
    if (y == 1).sum() and float(some[y == 1].mean()) >= 1 - limits.rule_breaks:
        rules.append(FlagRule("", family, target, 1.0))
    return tuple(rules)


def breaks(rule: FlagRule, X: Floats, layout: Layout) -> NDArray[np.bool_]:
    """(n,) rows that break a rule."""
    y = X[layout.numbers.index(rule.target)]
    on = np.any([X[layout.numbers.index(f)] == 1 for f in rule.flags], axis=0)
    return np.asarray((y == rule.value) & ~on if not rule.flag else on & np.isfinite(y) & (y != rule.value))


def rule_finding(rule: FlagRule, rows: Longs, count: int, place: Place) -> Finding:
    """Rows that break a rule, as a finding."""
    where = Where((*rule.flags, rule.target), tuple(int(r) for r in rows[: place.named]), count, place.rows)
    weight = harm(count, place.rows, act=0.005)
    if not rule.flag:
        return Finding("label_without_cause", where, 0.9, weight, {"target": rule.target})
    kind = "cause_without_label"
    return Finding(kind, where, 0.8 if rule.odd else 0.95, weight, {"target": rule.target, "flag": rule.flag})
