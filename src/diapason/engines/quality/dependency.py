"""Categories that follow from other categories, and the cells that break the rule."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import polars as pl

from diapason.engines.quality import codes
from diapason.engines.quality.layout import AT, EXPECTED, Layout, Longs
from diapason.engines.quality.sample import Part
from diapason.engines.quality.thresholds import Thresholds

__all__ = ["Broken", "Dependency", "broken", "learn_dependencies", "worded"]


@dataclass(frozen=True, slots=True)
class Dependency:
    """`by` decides `what`: the table gives each group's value where most of the group agrees."""

    by: str
    what: str
    table: pl.DataFrame  # columns: by, expected
    exceptions: float  # share of rows that break it in the kept rows
    exempt: tuple[tuple[str, tuple[str, ...]], ...] = ()  # values of other columns with which it does not hold


Objection = tuple[str, str, str]  # by, what, expected


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that is not what its row implies."""

    column: str
    row: int
    value: str
    expected: str
    votes: int
    rival: str = ""  # the column that may as well be the wrong one


STATE = 8
"""Rows of one value from which a rule may be found not to hold for it."""


def worded(part: Part, layout: Layout) -> pl.DataFrame:
    """Text columns, and whole-number columns that may name things, as text; nothing in a table without text."""
    if not part.words.width:
        return part.words
    out = [part.words[c] for c in part.words.columns]
    for j, name in enumerate(layout.numbers):
        x = part.X[j][np.isfinite(part.X[j])]
        few = 2 < np.unique(x).size <= max(len(part) / 3, 3) if x.size and (x == np.round(x)).all() else False
        if few and name not in layout.flags and name not in layout.counters:
            out.append(pl.Series(name, part.X[j]).cast(pl.Int64, strict=False).cast(pl.String))
    return pl.DataFrame(out)


def learn_dependencies(words: pl.DataFrame, limits: Thresholds) -> tuple[Dependency, ...]:
    """Pairs of columns where knowing one removes most of the doubt about the other.

    Source: Goodman and Kruskal's lambda, on groups of three and more.
    """
    coded = {c: _codes(words[c]) for c in words.columns}
    usable = [c for c, v in coded.items() if 2 <= len(np.unique(v[v >= 0])) <= 0.6 * max((v >= 0).sum(), 1)]
    found = []
    for by, what in permutations(usable[: limits.depends_columns], 2):
        rule = _rule(words, by, what, (coded[by], coded[what]), limits)
        if rule is not None:
            found.append(replace(rule, exempt=_unless(words, rule, usable)))
    return tuple(found)


def _unless(words: pl.DataFrame, rule: Dependency, columns: list[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Values of other columns whose rows nearly all break a rule: it does not hold for them."""
    at = _against(words, rule)
    if at.size < STATE:
        return ()
    out = []
    for column in columns:
        if column in (rule.by, rule.what):
            continue
        broke = words[column][at].drop_nulls().value_counts(name=AT).filter(pl.col(AT) >= STATE)
        rows = words[column].drop_nulls().value_counts(name=EXPECTED)
        values = broke.join(rows, on=column).filter(pl.col(AT) >= 0.7 * pl.col(EXPECTED))[column].to_list()
        if values:
            out.append((column, tuple(values)))
    return tuple(out)


def _codes(column: pl.Series) -> Longs:
    """Values as 0..k-1, -1 for missing and for words that mean missing."""
    text = column.str.strip_chars().str.to_lowercase()
    gone = (column.is_null() | (text == "") | text.is_in(list(codes.WORDS))).fill_null(value=True).to_numpy()
    ranks = column.fill_null("").rank("dense").to_numpy().astype(np.int64) - 1
    return np.where(gone, -1, ranks)


def _rule(words: pl.DataFrame, by: str, what: str, coded: tuple[Longs, Longs], limits: Thresholds) -> Dependency | None:
    a, b = coded
    known = np.flatnonzero((a >= 0) & (b >= 0))
    if known.size < 30:
        return None
    width = int(b.max()) + 1
    pairs, first, counts = np.unique(a[known] * width + b[known], return_index=True, return_counts=True)
    group = pairs // width
    starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    size = np.add.reduceat(counts, starts)
    most = np.maximum.reduceat(counts, starts)
    large = size >= limits.depends_group
    n = int(size[large].sum())
    if n < 0.3 * known.size or large.sum() < 3:
        return None
    inside = np.isin(a[known], group[starts[large]])
    blind = n - int(np.bincount(b[known][inside]).max())
    missed = n - int(most[large].sum())
    if blind < 0.05 * n or missed > 0.1 * n or 1 - missed / blind < limits.depends:
        return None
    agreed = large & (most >= limits.depends_share * size)
    top = np.array([s + counts[s:e].argmax() for s, e in zip(starts, np.append(starts[1:], counts.size), strict=True)])
    where = known[first[top[agreed]]]
    table = pl.DataFrame({by: words[by][where], EXPECTED: words[what][where]})
    return Dependency(by, what, table, missed / n)


def broken(words: pl.DataFrame, row: Longs, rules: tuple[Dependency, ...]) -> list[Broken]:
    """Cells of a batch that break rules, each row's blame laid on the fewest cells.

    A cell that as many rules bear out as object to is an exception that has its reason.
    """
    at = np.unique(np.concatenate([_against(words, rule) for rule in rules])) if rules else np.empty(0, np.int64)
    few = words[at]
    objections: list[list[Objection]] = [[] for _ in range(few.height)]
    backed: list[dict[str, int]] = [{} for _ in range(few.height)]
    for rule in rules:
        told = few.select(rule.by, rule.what).with_row_index(AT).join(rule.table, on=rule.by, how="inner")
        free = set(_exempt(few, rule).tolist())
        for i, value, expected in told.select(AT, rule.what, EXPECTED).iter_rows():
            if value == expected:
                backed[i][rule.what] = backed[i].get(rule.what, 0) + 1
            elif value is not None and not _means_missing(value) and i not in free:
                objections[i].append((rule.by, rule.what, expected))
    out: list[Broken] = []
    for i, said in enumerate(objections):
        out += _blamed(few.row(i, named=True), int(row[at[i]]), said, backed[i])
    return out


def _against(words: pl.DataFrame, rule: Dependency) -> Longs:
    """Positions of the rows that break one rule."""
    told = words.select(rule.by, rule.what).with_row_index(AT).join(rule.table, on=rule.by, how="inner")
    bad = told.filter((pl.col(rule.what) != pl.col(EXPECTED)) & ~_absent(pl.col(rule.what)))[AT]
    return bad.to_numpy().astype(np.int64)


def _exempt(words: pl.DataFrame, rule: Dependency) -> Longs:
    """Positions of rows of groups in which the rule does not hold."""
    free = np.zeros(words.height, dtype=bool)
    for column, values in rule.exempt:
        free |= words[column].is_in(values).fill_null(value=False).to_numpy()
    return np.flatnonzero(free)


def _means_missing(value: str) -> bool:
    text = value.strip().lower()
    return not text or text in codes.WORDS


def _absent(value: pl.Expr) -> pl.Expr:
    text = value.str.strip_chars().str.to_lowercase()
    return (text == "") | text.is_in(list(codes.WORDS))


def _blamed(values: dict[str, str], row: int, objections: list[Objection], backed: dict[str, int]) -> Iterator[Broken]:
    """The cell named by most objections first; objections that name it are then answered."""
    while objections:
        named: dict[str, int] = {}
        for by, what, _ in objections:
            named[by] = named.get(by, 0) + 1
            named[what] = named.get(what, 0) + 1
        weight = {c: (n, any(c == what for _, what, _ in objections), -backed.get(c, 0)) for c, n in named.items()}
        worst = max(weight, key=lambda c: weight[c])
        said = [e for _, what, e in objections if what == worst]
        if named[worst] > backed.get(worst, 0):
            expected = max(set(said), key=said.count) if said else ""
            yield Broken(worst, row, values[worst], expected, named[worst], _rival(worst, weight, objections))
        objections = [o for o in objections if worst not in o[:2]]


def _rival(worst: str, weight: dict[str, tuple[int, bool, int]], objections: list[Objection]) -> str:
    """The column that contradicts the blamed one, with as much against it; "" for none."""
    against = {by if what == worst else what for by, what, _ in objections if worst in (by, what)}
    equal = sorted(c for c in against if weight[c] == weight[worst])
    return equal[0] if len(equal) == 1 else ""
