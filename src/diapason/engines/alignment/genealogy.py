"""Batch genealogy: what a coil is made of, through slabs and heats, and what it inherits from them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity

from diapason.engines.alignment.keys import key_texts
from diapason.engines.alignment.matching import need
from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW

__all__ = ["Ancestry", "Inheritance", "Links", "ancestry", "inherit"]

Array = NDArray[np.float64]
MOST_LEVELS = 5  # tables of links that are put in order
TOLERANCE = 0.02  # by which the shares of one child may miss 1


@dataclass(frozen=True, slots=True)
class Links:
    """A table of parents and children, one line per pair.

    `mass` is the mass of the parent's material in the child; `share` the part of the child that comes from the
    parent. With neither, all parents of a child count alike.
    """

    table: pl.DataFrame
    parent: str
    child: str
    mass: str = ""
    share: str = ""
    name: str = "links"


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Shares (descendants × ancestors) by mass: rows add up to what is known of each descendant."""

    descendants: tuple[str, ...]
    ancestors: tuple[str, ...]
    shares: csr_matrix
    merged: int  # children with several parents
    split: int  # parents with several children
    unequal: tuple[str, ...]  # children whose given shares do not add up to 1
    conflicting: tuple[str, ...]  # pairs given more than once
    sides: bool  # the shares add up per parent instead of per child: they say where the parent went


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What descendants inherit, and how much of each descendant is accounted for."""

    table: pl.DataFrame  # one row per descendant asked for: the inherited columns
    known: Array  # share of each descendant's mass with known ancestors, 0..1
    parents: NDArray[np.int64]  # number of ancestors of each
    used: int  # rows of the table that something was inherited from


def ancestry(chain: Sequence[Links], about: Collection[str] = ()) -> Ancestry:
    """Multiply the links of a chain (heat → slab, slab → coil); one table may hold several generations.

    Args:
        chain: in any order; they are put in a row by the names that they share.
        about: ancestors that something is known about. The oldest generation among them counts; where it has none, the
            next younger.

    Raises:
        DataError: a column is absent, a mass is negative, or a batch is its own ancestor.
    """
    if not chain:
        raise DataError(Text("no links given", "未给出谱系表"), fix=Text("--genealogy FILE", "--genealogy 文件"))
    wanted = frozenset(about)
    steps = _in_a_row([_step(links, wanted) for links in chain])
    totals = [_through_all(steps[k:]) for k in range(len(steps))]
    total = next((t for t in totals if not wanted.isdisjoint(t.ancestors)), totals[0])
    return Ancestry(
        total.descendants,
        total.ancestors,
        total.shares,
        sum(s.merged for s in steps),
        sum(s.split for s in steps),
        tuple(c for s in steps for c in s.unequal),
        tuple(c for s in steps for c in s.conflicting),
        any(s.sides for s in steps),
    )


def _in_a_row(steps: Sequence[Ancestry]) -> Sequence[Ancestry]:
    """The steps, oldest first: the order in which most children of one are parents in the next."""

    def shared(row: Sequence[Ancestry]) -> int:
        return sum(len({*older.descendants} & {*younger.ancestors}) for older, younger in pairwise(row))

    return max(permutations(steps), key=shared) if len(steps) <= MOST_LEVELS else steps


def _through_all(steps: Sequence[Ancestry]) -> Ancestry:
    total = steps[-1]
    for older in reversed(steps[:-1]):
        total = _joined(older, total)
    return total


def _step(links: Links, about: frozenset[str]) -> Ancestry:
    """Shares of one table of links, followed through as many generations as it holds."""
    edges = _edges(links)
    pairs = edges.group_by("parent", "child", maintain_order=True).agg(pl.col("weight").sum(), pl.len().alias("times"))
    conflicting = pairs.filter(pl.col("times") > 1).select(pl.col("child")).to_series().unique(maintain_order=True)
    sums = pairs.group_by("child", maintain_order=True).agg(pl.col("weight").sum().alias("total"), pl.len().alias("k"))
    by_parent = pairs.group_by("parent").agg(pl.col("weight").sum().alias("total"), pl.len().alias("k"))
    off = (sums["total"] - 1).abs() > TOLERANCE
    whole = (by_parent["total"] - 1).abs() <= TOLERANCE
    sides = bool(links.share) and off.to_numpy().mean() > 0.2 and whole.to_numpy().mean() > 0.8
    given = bool(links.share) and not sides  # what is missing to 1 stays unknown
    scale = pl.max_horizontal("total", pl.lit(1.0)) if given else pl.col("total")
    shares = pairs.join(sums, on="child", maintain_order="left").with_columns(pl.col("weight") / scale)
    unequal = sums.filter(off)["child"].to_list() if links.share else []
    matrix, children, parents = _through(shares, links.name, about)
    merged, split = int((sums["k"] > 1).sum()), int((by_parent["k"] > 1).sum())
    return Ancestry(children, parents, matrix, merged, split, tuple(unequal), tuple(conflicting), sides)


def _edges(links: Links) -> pl.DataFrame:
    wanted = [links.parent, links.child, *filter(None, (links.mass, links.share))]
    need(links.table, wanted, links.name)
    weight = links.mass or links.share
    given = links.table[weight].cast(pl.Float64) if weight else pl.Series([1.0] * links.table.height)
    if (given < 0).any():
        raise DataError(
            Text(f"{weight} is negative", f"{weight} 出现负值"),
            at=links.name,
            fix=Text("correct the masses", "请更正质量数据"),
        )
    parts = [key_texts(links.table, [n]).alias(a) for n, a in ((links.parent, "parent"), (links.child, "child"))]
    return pl.DataFrame([*parts, given.alias("weight")]).drop_nulls().filter(pl.col("weight") > 0)


def _through(
    shares: pl.DataFrame, name: str, about: frozenset[str]
) -> tuple[csr_matrix, tuple[str, ...], tuple[str, ...]]:
    """Follow parents that are children in the same table up to those that are not, or to those that are known."""
    nodes = pl.concat([shares["parent"], shares["child"]]).unique(maintain_order=True)
    at = {n: i for i, n in enumerate(nodes.to_list())}
    child = np.array([at[c] for c in shares["child"]], dtype=np.int64)
    parent = np.array([at[p] for p in shares["parent"]], dtype=np.int64)
    step = csr_matrix((shares["weight"].to_numpy(), (child, parent)), shape=(len(at), len(at)))
    inner = np.zeros(len(at), dtype=bool)
    inner[child] = True
    roots = ~inner
    known = np.array([n in about for n in at], dtype=bool)
    if not (roots & known).any():
        roots = roots | known
    reach, total = identity(len(at), format="csr")[inner], None
    for _ in range(len(at) + 1):
        reach = reach @ step
        ended = reach.multiply(roots[None, :]).tocsr()
        total = ended if total is None else total + ended
        reach = reach.multiply(~roots[None, :]).tocsr()
        reach.eliminate_zeros()
        if reach.nnz == 0:
            break
    else:
        raise DataError(
            Text("a batch is its own ancestor", "有批次成为自身的祖先"),
            at=name,
            fix=Text("remove the circle from the links", "请去除谱系中的环"),
        )
    names, total = np.array(nodes.to_list(), dtype=object), csr_matrix(total)
    reached = np.asarray(total.sum(axis=0)).ravel() > 0
    return total[:, reached], tuple(names[inner]), tuple(names[reached])


def _joined(older: Ancestry, younger: Ancestry) -> Ancestry:
    """Ancestors of the younger step's ancestors; one that the older step does not know is left unknown."""
    at = {n: i for i, n in enumerate(older.descendants)}
    rows = np.array([at.get(n, -1) for n in younger.ancestors], dtype=np.int64)
    lift = csr_matrix(
        (np.ones(int((rows >= 0).sum())), (np.flatnonzero(rows >= 0), rows[rows >= 0])),
        shape=(len(rows), len(older.descendants)),
    )
    shares = younger.shares @ lift @ older.shares
    return Ancestry(younger.descendants, older.ancestors, csr_matrix(shares), 0, 0, (), (), False)


def inherit(family: Ancestry, keys: pl.Series, table: pl.DataFrame, key: str, *, least: float = 0.9) -> Inheritance:
    """What each of these descendants inherits from a table about the ancestors.

    Numbers are means weighted by mass, everything else is that of the greatest share. A value is missing where less
    than `least` of the descendant's mass has ancestors with that value.

    Args:
        keys: descendants asked for, as text.
        table: one row per ancestor.
        key: its column of ancestors.
    """
    need(table, [key], "ancestors")
    lift = _rows_of(table, key, family)
    row = {name: i for i, name in enumerate(family.descendants)}
    at = np.array([row.get(k, -1) for k in keys.to_list()], dtype=np.int64)
    shares = csr_matrix(family.shares @ lift)  # descendants x rows of the table
    chosen = shares[np.maximum(at, 0)].multiply((at >= 0)[:, None]).tocsr()
    columns = [_inherited(chosen, table[name], least) for name in table.columns if name not in (key, ROW)]
    known = np.clip(np.asarray(chosen.sum(axis=1)).ravel(), 0.0, 1.0)
    ancestors = family.shares[np.maximum(at, 0)].getnnz(axis=1) * (at >= 0)
    used = int((chosen.sum(axis=0) > 0).sum())
    return Inheritance(pl.DataFrame(columns), known, np.asarray(ancestors, dtype=np.int64), used)


def _rows_of(table: pl.DataFrame, key: str, family: Ancestry) -> csr_matrix:
    """Ancestors x rows of the table, one where a row is about an ancestor."""
    at = {name: i for i, name in enumerate(family.ancestors)}
    rows = np.array([at.get(k, -1) for k in key_texts(table, [key]).to_list()], dtype=np.int64)
    good = rows >= 0
    return csr_matrix(
        (np.ones(int(good.sum())), (rows[good], np.flatnonzero(good))), shape=(len(family.ancestors), table.height)
    )


def _inherited(shares: csr_matrix, column: pl.Series, least: float) -> pl.Series:
    if column.dtype.is_numeric():
        value = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        good = np.isfinite(value)
        weight = np.asarray(shares @ good.astype(np.float64)).ravel()
        total = np.asarray(shares @ np.where(good, value, 0.0)).ravel()
        mean = np.divide(total, weight, out=np.full(len(weight), np.nan), where=weight >= max(least, 1e-9))
        return pl.Series(column.name, mean).fill_nan(None)
    good = column.is_not_null().to_numpy()
    weighed = shares.multiply(good[None, :]).tocsr()
    enough = np.asarray(weighed.sum(axis=1)).ravel() >= max(least, 1e-9)
    at = pl.Series(np.asarray(weighed.argmax(axis=1)).ravel()).set(pl.Series(~enough), None)
    return column.gather(at)
